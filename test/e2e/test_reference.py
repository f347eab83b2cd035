# SPDX-License-Identifier: MIT
"""The reference of the C interface: a page for every exported function, and programs that print what they say they print."""
import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

import support
from support import BUILD, SOURCE

# What people need first: each has a program on its page.
FIRST = """og_json_loads og_json_dumps og_json_write og_json_pointer og_pickle_loads og_pickle_dumps og_repr og_doc_new og_doc_free
og_pack og_unpack og_dict_sets og_dict_gets og_list_append og_iter_of og_data og_connect og_send og_recv og_call og_close og_listen
og_accept og_server_new og_server_listen og_server_start og_server_stop og_policy_parse""".split()


class Reference(support.Case):
    @classmethod
    def setUpClass(cls):
        cls.public = {line.split()[-1].split("@")[0] for line in subprocess.run(
            ["nm", "-D", "--defined-only", os.path.join(BUILD, "libonggi.so")], capture_output=True, text=True, check=True).stdout.splitlines()
            if " A " not in line}
        for path in glob.glob(os.path.join(SOURCE, "include", "onggi", "*.h")):
            with open(path, encoding="utf-8") as file:
                cls.public.update(re.findall(r"^static inline .*?\b(og_\w+)\(", file.read(), re.M))

    def setUp(self):
        self.place = self.folder()
        self.run_program(sys.executable, os.path.join(SOURCE, "tools", "make-reference"), self.place)

    def page(self, kind, name):
        with open(os.path.join(self.place, kind, name), encoding="utf-8") as file:
            return file.read()

    def test_every_public_function_has_its_pages(self):
        self.assertGreater(len(self.public), 200)
        for kind, end in (("html", ".html"), ("man3", ".3")):
            pages = {name[:-len(end)] for name in os.listdir(os.path.join(self.place, kind))} - {"index"}
            self.assertEqual(pages, self.public)
        index = self.page("html", "index.html")
        for name in self.public:
            self.assertIn(f'href="{name}.html"', index)
            text = self.page("html", name + ".html")
            self.assertRegex(text, rf"<pre>#include &lt;onggi/\w+\.h&gt;[^$]*?\b{name}\b[^$]*?</pre>\n<p>\S", name)
            for link in re.findall(r'href="?([\w.]+html)', text):
                self.assertTrue(os.path.exists(os.path.join(self.place, "html", link)), f"{name}: {link}")

    def test_manual_pages_are_well_formed(self):
        if not shutil.which("man"):
            self.skipTest("needs man")
        pages = [name for name in sorted(os.listdir(os.path.join(self.place, "man3"))) if ".so " not in self.page("man3", name)]
        for name in pages[::40] + ["og_json_loads.3", "og_server_new.3"]:
            done = self.run_program("man", "--warnings", "-l", os.path.join(self.place, "man3", name))
            self.assertEqual(done.err.replace("troff: <standard input>", ""), "", name)
            self.assertIn(name[:-2], done.out)

    def test_manual_pages_are_read_in_ascii(self):
        """And what is ASCII in them is shown as such, by every troff."""
        for name in os.listdir(os.path.join(self.place, "man3")):
            page = self.page("man3", name)
            self.assertTrue(page.isascii(), name)
            self.assertNotRegex(page.split("\n", 2)[-1], r"(?m)^[^.\n].*[~^`]|(?<!\\)-\d", name)

    def test_what_people_need_first_has_a_program(self):
        self.assertGreater(len(FIRST), 20)
        for name in FIRST:
            self.assertIn("<h2>Example</h2>", self.page("html", name + ".html"), name)

    @unittest.skipUnless(glob.glob(os.path.join(BUILD, "examples", "reference", "reference_json")), "needs the examples")
    def test_programs_print_what_they_say(self):
        for path in sorted(glob.glob(os.path.join(SOURCE, "examples", "reference", "*.c"))):
            with open(path, encoding="utf-8") as file:
                says = re.search(r"/\* Prints: (.*?) \*/", file.read(), re.S)[1]
            name = os.path.basename(path)[:-2]
            done = self.run_program(os.path.join(BUILD, "examples", "reference", "reference_" + name))
            self.assertEqual(done.out.strip(), says, name)


if __name__ == "__main__":
    support.main()

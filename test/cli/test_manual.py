# SPDX-License-Identifier: MIT
"""The manual as its reader sees it: every command of the rendered page is run, with ports of the test's own."""
import json
import os
import pickle
import re
import shlex
import shutil
import subprocess
import unittest

import support
from support import ONGGI, SOURCE

RENDERERS = [words for words in (
    ["man", "-P", "cat", "-l"], ["mandoc", "-T", "utf8", "-O", "width=78"], ["mandoc", "-T", "ascii"],
    ["groff", "-Tutf8", "-P-c", "-mandoc"], ["groff", "-Tascii", "-P-c", "-mandoc"]) if shutil.which(words[0])]


def rendered(words):
    """The page as text, as the renderer shows it at a width of 80."""
    env = dict(support.ENV, MANWIDTH="80", LC_ALL="C.UTF-8")
    page = subprocess.run([*words, os.path.join(SOURCE, "man", "onggi.1")], capture_output=True, env=env, check=True).stdout.decode()
    return re.sub(r".\x08|\x1b\[[\d;]*m", "", page)


def commands(page):
    """The commands of the page: lines that begin with a dollar sign."""
    return [line.strip()[2:] for line in page.splitlines() if re.match(r" +\$ ", line)]


@unittest.skipUnless(RENDERERS, "needs man, mandoc or groff")
class Manual(support.Case):
    def test_all_renderers_show_the_same_commands(self):
        with open(os.path.join(SOURCE, "man", "onggi.1"), encoding="utf-8") as file:
            count = sum(line.startswith("$ ") for line in file)
        self.assertGreater(count, 10)
        for words in RENDERERS:
            with self.subTest(renderer=words):
                shown = commands(rendered(words))
                self.assertEqual(shown, commands(rendered(RENDERERS[0])))
                self.assertEqual(len(shown), count)

    def test_nothing_is_lost_in_ascii(self):
        for words in RENDERERS:
            with self.subTest(renderer=words):
                page = [*words, "--warnings", "-E", "ascii"] if words[0] == "man" else words
                done = subprocess.run([*page, os.path.join(SOURCE, "man", "onggi.1")], capture_output=True, check=True,
                                      env=dict(support.ENV, LC_ALL="C"))
                self.assertNotRegex(done.stderr.decode(), "special character|invalid input")
        with open(os.path.join(SOURCE, "man", "onggi.1"), "rb") as file:
            self.assertTrue(file.read().isascii())

    def setUp(self):
        self.place = self.folder()
        os.mkdir(os.path.join(self.place, "models"))
        for name in ("john.pickle", "models/one.pickle"):
            with open(os.path.join(self.place, name), "wb") as file:
                pickle.dump({"name": "John", "age": 30}, file)
        with open(os.path.join(self.place, "log.json"), "w", encoding="utf-8") as file:
            file.write('{"request": {"path": "/a"}}\n{"request": {"path": "/b"}}\n')
        self.answering = self.serve("--reply", '{"ok": true}')
        self.greeting = self.serve("--greet", '{"name": "John"}', "--codec", "pickle")

    def run_serve(self, words):
        words = [re.sub(r":\d+$", ":0", word) if "://" in word else word for word in words]
        server = self.listening(ONGGI, *words[1:])
        if "udp" in server.endpoint:
            self.assertEqual(self.onggi("call", server.endpoint, "--codec", "text", "hi").out, "You said: hi\n")
        elif "--reply" in words:
            self.assertEqual(json.loads(self.onggi("call", server.endpoint, "[1]").out), {"message": "Hello from server"})
        elif "--greet" in words:
            self.assertEqual(json.loads(self.onggi("recv", server.endpoint).out), {"name": "John", "age": 30})
        elif "--format" in words:
            self.onggi("send", server.endpoint, '{"name": "John"}')
            self.assertRegex(server.wait_lines(1)[0], r"^\S+Z 127\.0\.0\.1:\d+ John$")
        elif "wc" in " ".join(words):
            self.assertEqual(self.onggi("call", server.endpoint, "--codec", "text", "one two").out.strip(), "2")
        self.assertEqual(server.stop(), 0, server.err)

    def run_other(self, words):
        if words[1] == "bench":
            words += ["--count", "500"]  # rather than for seconds
        if words[1] in ("call", "send", "recv", "bench"):
            peer = self.greeting if words[1] == "recv" else self.answering
            words = [peer.endpoint if "://" in word else word for word in words]
        done = subprocess.run([ONGGI, *words[1:]], cwd=self.place, env=support.ENV, capture_output=True, timeout=support.WAIT,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr.decode()}")
        self.assertNotEqual(done.stdout, b"")

    def test_every_example_works_as_it_is_shown(self):
        page = rendered(RENDERERS[0])
        examples = commands(page[page.index("\nEXAMPLES"):page.index("\nDIAGNOSTICS")])
        self.assertGreater(len(examples), 10)
        for command in examples:
            with self.subTest(command=command):
                words = shlex.split(command)
                self.assertEqual(words[0], "onggi")
                (self.run_serve if words[1] == "serve" else self.run_other)(words)

    def test_the_short_object_is_what_the_page_says(self):
        page = rendered(RENDERERS[0])
        section = page[page.index("\nSHORT OBJECTS"):page.index("\nPROMPT")]
        server = self.serve("--echo")
        words = [server.endpoint if "://" in word else word for word in shlex.split(commands(section)[0])]
        self.assertIn(re.search(r"sends (\{.*?\]\})", " ".join(section.split()))[1],
                      self.onggi(*words[1:]).out.replace(":", ": ").replace(",", ", "))

    def test_every_command_is_in_a_section_that_is_run(self):
        page = rendered(RENDERERS[0])
        run = [page[page.index("\n" + first):page.index("\n" + end)] for first, end in
               (("SHORT OBJECTS", "PROMPT"), ("EXAMPLES", "DIAGNOSTICS"), ("DIAGNOSTICS", "SECURITY"))]
        self.assertEqual(sorted(commands(page)), sorted(c for section in run for c in commands(section)))

    def test_commands_within_a_sentence_work(self):
        quoted = re.findall(r"‘((?:source <\()?onggi [^’]*)’", " ".join(rendered(RENDERERS[0]).split()))
        self.assertGreater(len(quoted), 2)
        for command in quoted:
            path = f"PATH={os.path.dirname(ONGGI)}:$PATH; "
            self.assertEqual(self.run_program("bash", "-c", path + command).err, "", command)

    def test_what_is_tried_in_the_manual_works(self):
        page = rendered(RENDERERS[0])
        shown = [line.strip() for line in page[page.index("\nDIAGNOSTICS"):].splitlines() if re.match(r" +(\$ )?onggi ", line)]
        self.assertEqual(len(shown), 3)
        for command, better in zip(shown, shown[1:]):
            port = str(self.answering.port)
            words = shlex.split(command.replace("$ ", "").replace("8080", port))
            done = self.onggi(*words[1:], status=None)
            self.assertIn(f"try: {better.replace('8080', port)}\n", done.err)
        self.onggi(*shlex.split(shown[2].replace("8080", port))[1:])


if __name__ == "__main__":
    support.main()

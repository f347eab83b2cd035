# SPDX-License-Identifier: MIT
"""What the docs show works: links lead somewhere, commands have the options that are shown. Their C: test_snippets.py."""
import glob
import os
import re

import support
from support import SOURCE

PAGES = ["README.md", "README.ko.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"] + sorted(
    os.path.relpath(path, SOURCE) for path in glob.glob(os.path.join(SOURCE, "doc", "*.md")))
COMMANDS = "serve|call|send|recv|proxy|convert|inspect|bench|policy"


def page(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def code_of(text):
    """Without its comments, which are translated."""
    return [re.sub(r"(?m)\s*/\*.*?\*/|(?:^|\s+)# .*$", "", code) for code in re.findall(r"```\w+\n(.*?)```", text, re.S)]


def commands_of(text):
    """The commands that are alone on a line, without their comments, and those within a line."""
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return [re.sub(r"\s+#.*", "", line).strip() for line in re.findall(r"^    (\S.*)$", text, re.M)] + re.findall(r"`(onggi [^`]*)`", text)


ADDED = "따로 적지 않은 문서는 영어로 되어 있습니다.\n\n"  # what only the translation needs to say


def outline(text):
    """A line for each block of a page: what it is made of, what is bold, and where its links lead."""
    found = []
    for block in re.split(r"\n\n+", re.sub(r"```(\w*)\n.*?```", r"code \1", text.replace(ADDED, ""), flags=re.S)):
        kinds = re.findall(r"^(?:#+ |- |\| |    |code \w*)", block, re.M) or ["text"]
        links = sorted(re.sub(r"#.*", "", target) for target in re.findall(r"\]\(([^)\s]+)\)", block.replace(".ko.md", ".md")))
        found.append(" ".join([*kinds, f"bold {block.count('**') // 2}", *links]))
    return found


class Docs(support.Case):
    def test_links_lead_somewhere(self):
        for name in PAGES:
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page(name)):
                path = os.path.normpath(os.path.join(SOURCE, os.path.dirname(name), target))
                self.assertTrue(os.path.exists(path), f"{name}: nothing at {target}")

    def test_commands_have_the_options_that_are_shown(self):
        helps = {}
        for name in PAGES:
            text = re.sub(r"\\\n\s*", "", page(name))  # a command over several lines
            for command, rest in re.findall(rf"(?:^|[`$|] ?|^ +)onggi ({COMMANDS})\b([^\n`|]*)", text, re.M):
                if command not in helps:
                    helps[command] = self.onggi(command, "--help").out
                for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest):
                    self.assertRegex(helps[command], re.escape(option) + r"\b", f"{name}: onggi {command}{rest}")
        self.assertEqual(len(helps), COMMANDS.count("|") + 1, "the docs do not show every subcommand")

    def test_a_command_over_several_lines_is_one(self):
        """A backslash before the end of a line, not two: the shell would take the first for a word."""
        for name in PAGES:
            for line in re.findall(r"^.*\\$", page(name), re.M):
                self.assertRegex(line, r"[^\\]\\$", name)

    def test_translations_show_the_same_code_and_commands(self):
        for name in ("README", "doc/tutorial", "doc/recipes"):
            english, korean = page(f"{name}.md"), page(f"{name}.ko.md")
            self.assertEqual(code_of(korean), code_of(english), name)
            self.assertEqual(commands_of(korean), commands_of(english), name)

    def test_translations_have_the_same_sections(self):
        for name in ("README", "doc/tutorial", "doc/recipes"):
            english, korean = outline(page(f"{name}.md")), outline(page(f"{name}.ko.md"))
            self.assertEqual(korean, english, name)

    def test_each_tool_says_what_it_does(self):
        """And does nothing then: it takes --help for no folder, no number of rounds and no name."""
        for path in [*glob.glob(os.path.join(SOURCE, "tools", "*")), os.path.join(SOURCE, "bench", "run"), os.path.join(SOURCE, ".ci", "run")]:
            if os.path.isfile(path) and os.access(path, os.X_OK):
                name = os.path.relpath(path, SOURCE)
                with self.subTest(name):
                    self.assertIn(name, self.run_program(path, "--help").out)
        self.assertIn(".ci/run takes no 'fast'", self.run_program(os.path.join(SOURCE, ".ci", "run"), "fast", status=2).err)

    def test_examples_are_short_and_listed(self):
        listed = page("examples/README.md")
        for path in glob.glob(os.path.join(SOURCE, "examples", "*.c")) + glob.glob(os.path.join(SOURCE, "examples", "python", "*.py")):
            with open(path, encoding="utf-8") as file:
                self.assertLess(len(file.readlines()), 100, path)
            self.assertIn(f"({os.path.relpath(path, os.path.join(SOURCE, 'examples'))})", listed)


if __name__ == "__main__":
    support.main()

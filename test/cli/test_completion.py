# SPDX-License-Identifier: MIT
"""Completions for bash, zsh and fish: what each offers is what the help lists."""
import re
import shutil
import subprocess
import tempfile
import unittest

import support
from support import ONGGI

COMMANDS = ("serve", "call", "send", "recv", "proxy", "convert", "inspect", "bench", "policy")


def script(shell):
    return subprocess.run([ONGGI, "completion", shell], capture_output=True, text=True, check=True, env=support.ENV).stdout


def options_in_help(command):
    text = subprocess.run([ONGGI, "help", command], capture_output=True, text=True, check=True, env=support.ENV).stdout
    return set(re.findall(r"^ {2}(?:-\w, | {4})(--[\w-]+)", text, re.M))


class Completion(support.Case):
    def setUp(self):
        self.place = self.folder()
        for name in ("ours.policy", "plain.json"):
            with open(f"{self.place}/{name}", "wb"):
                pass

    def bash(self, *words):
        """What bash offers for the last of the words."""
        listed = " ".join(f"'{word}'" for word in words)
        run = f"{script('bash')}\nCOMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; _onggi; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", run], capture_output=True, text=True, check=True, env=support.ENV, cwd=self.place)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def fish(self, line):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        with tempfile.NamedTemporaryFile("w", suffix=".fish", encoding="utf-8") as file:
            file.write(script("fish"))
            file.flush()
            done = subprocess.run(["fish", "--no-config", "-c", f"source {file.name}; complete -C '{line}'"], capture_output=True,
                                  text=True, check=True, env=support.ENV, cwd=self.place)
        self.assertEqual(done.stderr, "")
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    def test_bash(self):
        self.assertEqual(self.bash("onggi", ""), [*COMMANDS, "completion", "help"])
        for command in COMMANDS:
            self.assertEqual(set(self.bash("onggi", command, "--")), options_in_help(command))
        self.assertEqual(self.bash("onggi", "serve", "--codec", "p"), ["pickle"])
        self.assertEqual(self.bash("onggi", "call", "-i", "l"), ["lossless"])
        for command in ("inspect", "bench"):  # what they print is no object
            self.assertEqual(self.bash("onggi", command, "-o", ""), ["json", "text"])
            self.assertIn("--output takes text or json, not 'pretty'", self.onggi(command, "-o", "pretty", status=2).err)
        self.assertEqual(self.bash("onggi", "call", "u"), ["udp://", "unix://", "unixgram://"])
        self.assertEqual(self.bash("onggi", "help", "fr"), ["framings"])
        self.assertEqual(self.bash("onggi", "policy", ""), ["check", "explain", "test"])
        for command in ("serve", "send", "recv", "proxy", "bench"):
            self.assertEqual(self.bash("onggi", command, "tc"), ["tcp://"])
        for words in (("=", "p"), ("=",)):  # as bash takes --codec=p apart
            self.assertIn("pickle", self.bash("onggi", "serve", "--codec", *words))
        self.assertIn("u32be", self.bash("onggi", "serve", "--framing", ""))
        self.assertEqual(self.bash("onggi", "serve", "--max-message", ""), [])
        for option, words in (("--when-full", "wait drop stop"), ("--when-crowded", "wait refuse"),
                              ("--log-format", "text json"), ("--log-level", "debug info warning error"),
                              ("--color", "auto always never"), ("--nested", "0 1 2 3 4 5 6 7 8"), ("--encoding", "ascii latin1 utf-8 bytes")):
            self.assertEqual(self.bash("onggi", "serve", option, ""), words.split())

    def zsh(self, line, offered):
        """Types `line` and a tab at zsh's prompt, and waits for what is offered, in whichever order."""
        shell = support.Terminal(["zsh", "-f"], HOME=self.place, ZDOTDIR=self.place)
        self.addCleanup(shell.close)
        shell.type(f"cd {self.place}; PS1='READY''> '; autoload -Uz compinit; compinit -u -D; source <({ONGGI} completion zsh)\r")
        shell.wait_text("READY> ")
        shell.type(line + "\t")
        shell.wait_text("".join(rf"(?=[\s\S]*\s{re.escape(word)}(?:\s|onggi))" for word in offered))  # the line comes again at once

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_as_a_user_types(self):
        policies = ["plain-data", "numpy-data", "torch-data", "pandas-data"]
        for words, offered in (
                (("serve", "--policy"), ["ours.policy", "plain.json", *policies]), (("policy", "check"), ["ours.policy", "plain.json"]),
                (("proxy", "--on-refuse"), ["close", "drop", "reply:"]), (("proxy", "--reader"), ["stream", "whole", "recv:"]),
                (("proxy", "--rewrite"), ["anew", "verbatim"]), (("serve", "--to"), ["tcp://", "udp://", "unix://", "unixgram://", "tls://"]),
                (("proxy",), ["tcp://", "udp://", "unix://", "unixgram://", "tls://"]),
                (("serve", "--as"), ["json", "jsonl", "pickle", "text", "digits", "logging", "multiprocessing", "carbon"]),
                (("help",), [*COMMANDS, "completion", "help", "recipes", "codecs", "framings", "peers"])):
            with self.subTest(words):
                self.assertEqual(sorted(self.bash("onggi", *words, "")), sorted(offered))
                self.assertEqual(sorted(self.fish(f"onggi {' '.join(words)} ")), sorted(offered))
                self.zsh(f"onggi {' '.join(words)} ", offered)
        self.zsh("onggi proxy --rewrite=", ["anew", "verbatim"])
        self.assertEqual(self.fish("onggi proxy --rewrite="), ["--rewrite=anew", "--rewrite=verbatim"])
        self.assertEqual(self.bash("onggi", "serve", "--policy", "pl"), ["plain.json", "plain-data"])
        self.assertEqual(self.bash("onggi", "serve", "--policy", "=", "n"), ["numpy-data"])
        self.assertEqual(self.bash("onggi", "-"), ["--help", "--version"])
        self.assertEqual(self.fish("onggi --"), ["--help", "--version"])

    def test_fish(self):
        for command in COMMANDS:
            self.assertEqual(set(self.fish(f"onggi {command} --")), options_in_help(command))
        self.assertEqual(self.fish("onggi serve --codec p"), ["pickle"])
        self.assertEqual(self.fish("onggi policy "), ["check", "explain", "test"])
        self.assertIn("serve", self.fish("onggi s"))

    def test_zsh(self):
        text = script("zsh")
        for command in COMMANDS:
            self.assertIn(f"    {command})\n", text)
        self.assertLessEqual(set.union(*map(options_in_help, COMMANDS)), set(re.findall(r"'(--[\w-]+)=?\[", text)))
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        done = subprocess.run(["zsh", "-n"], input=text, capture_output=True, text=True, check=False, env=support.ENV)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_zsh_reads_it_in_a_start_file(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        line = f"autoload -Uz compinit; compinit -u -D; source <({ONGGI} completion zsh); print $_comps[onggi]"
        done = subprocess.run(["zsh", "-f", "-c", line], capture_output=True, text=True, check=False, env=support.ENV)
        self.assertEqual((done.stdout, done.stderr), ("_onggi\n", ""))

    def test_help_says_where_it_goes(self):
        text = self.onggi("help", "completion").out
        for shell in ("bash", "zsh", "fish"):
            self.assertIn(f"onggi completion {shell}", text)

    def test_another_shell(self):
        for words in (["tcsh"], [], ["bash", "zsh"]):
            self.assertIn("bash, zsh or fish", self.onggi("completion", *words, status=2).err)


if __name__ == "__main__":
    unittest.main()

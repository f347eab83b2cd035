# SPDX-License-Identifier: MIT
"""Colours, and the progress of long transfers, on a terminal; neither in a pipe."""
import json
import os
import re
import subprocess

import support
from support import ONGGI

VALUE = {"name": "a \"b\": 1", "n": [1, -2.5e+30, True, False, None], "이름": {"k": "\x1b[31m"}}
BARE = re.compile(r"\x1b\[[\d;]*m")


class Colours(support.Case):
    def convert(self, *words, value=VALUE, env=None):
        done = subprocess.run([ONGGI, "convert", *words], input=json.dumps(value).encode(), env=dict(support.ENV, **(env or {})),
                              capture_output=True, timeout=support.WAIT, check=True)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    def on_terminal_(self, *words, **env):
        terminal = self.on_terminal("convert", *words, stdin=subprocess.DEVNULL, **env)
        self.assertEqual(terminal.wait(), 0)
        return terminal.raw.decode().replace("\r\n", "\n")

    def test_nothing_but_colours_is_added(self):
        for form in ("json", "pretty", "lossless", "repr", "envelope"):
            plain, coloured = self.convert("-o", form), self.convert("-o", form, "--color", "always")
            if form == "envelope":  # it says when
                plain, coloured = (re.sub(r'"\d{4}-[^"]*Z"', "", text) for text in (plain, coloured))
            self.assertNotIn("\x1b", plain)
            self.assertEqual(BARE.sub("", coloured), plain)
            self.assertNotEqual(coloured, plain)
        for words in (["-o", "text"], ["-o", "log"], ["--format", "{value}"]):
            self.assertEqual(self.convert(*words, "--color", "always"), self.convert(*words))

    def test_each_kind_has_its_own(self):
        self.assertEqual(self.convert("--color=always", value={"a": ["b", 1, None]}),
                         '{\x1b[1;34m"a"\x1b[0m:[\x1b[32m"b"\x1b[0m,\x1b[36m1\x1b[0m,\x1b[35mnull\x1b[0m]}\n')
        self.assertEqual(self.convert("-i", "lossless", "-o", "repr", "--color=always", value={"py/dict": [[1, {"py/b64": "eA=="}]]}),
                         "{\x1b[1;34m1\x1b[0m: \x1b[32mb'x'\x1b[0m}\n")

    def test_when(self):
        place = os.path.join(self.folder(), "value.json")
        with open(place, "w", encoding="utf-8") as file:
            file.write("[1]")
        plain, coloured = "[1]\n", "[\x1b[36m1\x1b[0m]\n"
        for words, env, out in (([], {}, coloured), (["--color", "never"], {}, plain), ([], {"NO_COLOR": "1"}, plain),
                                ([], {"TERM": "dumb"}, plain), ([], {"TERM": None}, plain),
                                (["--color", "always"], {"NO_COLOR": "1", "TERM": "dumb"}, coloured)):
            self.assertEqual(self.on_terminal_(place, *words, **env), out, (words, env))
        self.assertEqual(self.convert("--color", "auto", value=[1], env={"NO_COLOR": ""}), plain)

    def test_answers_and_errors(self):
        server = self.serve("--exec", "cat", "--color", "always", "-o", "json")
        done = self.onggi("call", server.endpoint, "[1]", "--color", "always")
        self.assertEqual(done.out, "[\x1b[36m1\x1b[0m]\n")
        self.assertEqual(server.wait_lines(1), ["[\x1b[36m1\x1b[0m]"])  # and what --exec reads is plain
        err = self.onggi("convert", "--color=always", stdin="{", status=1).stderr.decode()
        self.assertTrue(err.startswith("\x1b[31monggi:\x1b[0m "), err)
        self.assertIn("auto, always or never, not 'blue'", self.onggi("convert", "--color", "blue", status=2).err)

    def test_inspect(self):
        data = b"\x80\x04K\x01."
        for words in ([], ["--verdict"], ["-o", "json"]):
            done = self.onggi("inspect", *words, "--color", "always", stdin=data)
            self.assertIn("\x1b[", done.out)
            self.assertEqual(BARE.sub("", done.out), self.onggi("inspect", *words, stdin=data).out)


class Progress(support.Case):
    LINE = r"([\d.]+) ([KM]iB)( of (?:about )?[\d.]+ [KM]iB, \d+:\d\d left)? \([\d.]+ [KM]iB/s\)"

    def test_of_what_is_received(self):
        listener, port = self.listen()
        terminal = self.on_terminal("recv", f"tcp://127.0.0.1:{port}")
        peer = listener.accept()[0]
        with peer:
            peer.sendall(b'"' + b"x" * 2000000)
            self.assertFalse(terminal.wait_text(self.LINE)[3])
            self.assertEqual(terminal.text.count("\n"), 0)
            peer.sendall(b'"\n')
        self.assertEqual(terminal.wait(), 0)
        before, after = terminal.raw.split(b"\r\x1b[K", 1)  # erased before the object is printed
        self.assertNotIn(b"xxx", before)
        self.assertNotRegex(after.decode(), self.LINE)

    def test_of_a_file(self):
        place = os.path.join(self.folder(), "many.json")
        with open(place, "w", encoding="utf-8") as file:
            file.write('{"a": "' + "x" * 90000 + '"}\n' * 1 + ('["' + "y" * 90000 + '"]\n') * 40)
        for words in (["convert", place], ["convert"]):
            ours, theirs = os.pipe()
            with open(place, "rb") as file:
                terminal = self.on_terminal(*words, stdin=file, stdout=theirs)
            os.close(theirs)
            self.assertTrue(terminal.wait_text(self.LINE)[3])  # nobody reads the pipe yet
            with open(ours, "rb") as pipe:
                self.assertEqual(len(pipe.read().splitlines()), 41)
            self.assertEqual(terminal.wait(), 0)

    def test_of_what_is_sent(self):
        listener, port = self.listen()
        place = os.path.join(self.folder(), "big.json")
        with open(place, "w", encoding="utf-8") as file:
            file.write('["' + "x" * 30000000 + '"]')
        with open(place, "rb") as file:
            terminal = self.on_terminal("send", f"tcp://127.0.0.1:{port}", stdin=file)
        peer = listener.accept()[0]
        with peer:
            terminal.wait_text("of about 28.6 MiB")  # nobody reads yet
            self.assertEqual(len(support.recv_until_large(peer, b"\n")), 30000005)
        self.assertEqual(terminal.wait(), 0)

    def test_none_where_nobody_sees_it(self):
        for words, env in ((["--quiet"], {}), ([], {"TERM": "dumb"})):
            listener, port = self.listen()
            terminal = self.on_terminal("recv", f"tcp://127.0.0.1:{port}", *words, stdout=subprocess.DEVNULL, **env)
            peer = listener.accept()[0]
            with peer:
                peer.sendall(b'"' + b"x" * 2000000 + b'"\n')
            self.assertEqual(terminal.wait(), 0)
            self.assertEqual(terminal.raw, b"")


class Help(support.Case):
    def test_within_80_columns(self):
        listed = self.onggi("help").out.split("\nEndpoints")[0]
        topics = re.findall(r"^ {2}(\w+) ", listed, re.M)
        self.assertGreater(len(topics), 8)
        for words in (["help"], *(["help", topic] for topic in topics),
                      *(["help", topic] for topic in ("recipes", "codecs", "framings", "peers"))):
            for line in self.onggi(*words).out.splitlines():
                self.assertLessEqual(len(line), 80, f"{words}: {line}")


if __name__ == "__main__":
    support.main()

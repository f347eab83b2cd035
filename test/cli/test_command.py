# SPDX-License-Identifier: MIT
"""The command without a peer: help, usage, exit statuses, limits, and converting files and pipes."""
import collections
import json
import os
import pickle
import pty
import re
import subprocess
import tempfile
import unittest

ONGGI = os.environ["ONGGI"]
COMMANDS = ("serve", "call", "send", "recv", "convert", "inspect", "bench", "policy")


class Case(unittest.TestCase):
    maxDiff = None

    def onggi(self, *words, stdin=b"", status=0, env=None):
        done = subprocess.run([ONGGI, *words], input=stdin.encode() if isinstance(stdin, str) else stdin, capture_output=True,
                              timeout=600, check=False, env=env)
        done.out, done.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        self.assertEqual(done.returncode, status, f"{words}: {done.err}")
        return done

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name


class Help(Case):
    def test_overview_names_every_command(self):
        for words in (["help"], ["--help"], ["-h"]):
            done = self.onggi(*words)
            for name in COMMANDS:
                self.assertRegex(done.out, rf"(?m)^  {name} ")
            self.assertEqual(done.err, "")

    def test_each_command_shows_its_options_and_an_example(self):
        for name in COMMANDS:
            for words in ([name, "--help"], [name, "-h"], ["help", name]):
                done = self.onggi(*words)
                self.assertIn("Example", done.out)
                self.assertRegex(done.out.split("Example")[1], rf"onggi {name} ")
                self.assertIn("--help", done.out)
                self.assertNotRegex(done.out, r"\bcli_")

    def test_only_options_of_the_command(self):
        self.assertIn("--echo", self.onggi("serve", "--help").out)
        self.assertNotIn("--echo", self.onggi("call", "--help").out)
        self.assertNotIn("--threads", self.onggi("convert", "--help").out)

    def test_what_does_not_exist_is_not_listed(self):
        for name in ("proxy", "bench"):
            self.assertNotIn(f"onggi {name}", self.onggi("help").out)

    def test_codecs_and_framings(self):
        self.assertIn("pickle", self.onggi("help", "codecs").out)
        out = self.onggi("help", "framings").out
        for name in ("raw", "eof", "line", "nul", "seq", "u8", "u64le", "varint", "netstring", "digits:N", "header", "mp"):
            self.assertIn(f"  {name} ", out)

    def test_version(self):
        self.assertRegex(self.onggi("--version").out, r"^onggi \d+\.\d+\.\d+\n$")

    def test_help_fits_80_columns(self):
        for words in (["help"], *(["help", listing] for listing in ("codecs", "framings", "peers")), *([name, "--help"] for name in COMMANDS)):
            for line in self.onggi(*words).out.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_every_option_is_in_the_man_page(self):
        with open(os.path.join(os.environ["ONGGI_SOURCE"], "man", "onggi.1"), encoding="utf-8") as file:
            page = file.read()
        for name in COMMANDS:
            for line in self.onggi(name, "--help").out.splitlines():
                if re.match(r"  (-\w, |    )--", line):
                    option = line.split("--")[1].split()[0]
                    self.assertRegex(page, rf"\.It Fl (\w , )?-{option}\b", option)


class Usage(Case):
    def refuses(self, words, *patterns):
        done = self.onggi(*words, status=2)
        self.assertEqual(done.out, "")
        for pattern in patterns:
            self.assertRegex(done.err, pattern)

    def test_commands(self):
        self.refuses([], r"onggi help")
        self.refuses(["srve"], r"did you mean 'serve'")
        self.refuses(["frobnicate"], r"no command 'frobnicate'")
        self.refuses(["--echo"], r"before its options")
        self.refuses(["help", "everything"], r"'everything'")

    def test_options(self):
        self.refuses(["serve", "tcp://:0", "--repyl", "1"], r"--repyl: did you mean --reply\?")
        self.refuses(["call", "tcp://:0", "--echo"], r"--echo is no option of 'onggi call'")
        self.refuses(["call", "tcp://:0", "-z"], r"-z")
        self.refuses(["serve", "tcp://:0", "--reply"], r"--reply needs an argument: OBJECT")
        self.refuses(["serve", "tcp://:0", "--echo=1"], r"--echo takes no argument")
        self.refuses(["serve", "tcp://:0", "--echo", "--reply", "1"], r"only one of")
        self.refuses(["serve", "tcp://:0", "--threads", "0"], r"from 1 to 256")
        self.refuses(["proxy", "tcp://:0", "tcp://:1", "--busy-poll", "1001"], r"from 1 to 1000")
        self.refuses(["serve", "tcp://:0", "--count", "-3x"], r"'-3x'")
        self.refuses(["serve", "tcp://:0", "--count", "99999999999999999999999"], r"a number from 1 on")
        self.refuses(["serve", "tcp://:0", "--reply", "{"], r"--reply: ")
        self.refuses(["serve", "tcp://:0", "--to", "nowhere"], r"nowhere")
        self.refuses(["convert", "-o", "xml"], r"json, pretty, lossless, repr, pickle, canonical, text, envelope or log")
        self.refuses(["convert", "-i", "pretty"], r"json, lossless, repr, pickle or text, not 'pretty'")
        self.refuses(["convert", "--protocol", "6"], r"from 0 to 5")
        self.refuses(["convert", "--encoding", "cp437"], r"ascii, latin1, utf-8 or bytes, not 'cp437'")

    def test_sizes_and_times(self):
        for size in ("", "x", "0", "-1", "10X", "1KK", "99999999999999999999", "9999999999G"):
            self.refuses(["convert", f"--max-message={size}"], r"a size such as")
        for size in ("1", "10K", "10k", "64M", "2G", "1KiB", "5B"):
            self.onggi("convert", f"--max-message={size}")
        for time in ("", "x", "-1", "1.", ".5", "1x", "1.5ms", "99999999999999999999"):
            self.refuses(["recv", "tcp://:0", f"--timeout={time}"], r"a time such as")

    def test_names(self):
        codecs = re.findall(r"^  (\S+) ", self.onggi("help", "codecs").out, re.MULTILINE)
        self.refuses(["serve", "tcp://:0", "--codec", "xml"], ", ".join(codecs[:-1]) + " or " + codecs[-1])
        self.refuses(["serve", "tcp://:0", "--framing", "u31be"], r"u32be")
        self.refuses(["serve", "tcp://:0", "--framing", "digits"], r"digits:10")
        self.refuses(["call", "tcp://:0?codec=xml", "1"], r"xml")
        self.refuses(["call", "tcp://:0?framing=u31be", "1"], r"u31be")

    def test_endpoints(self):
        for words in (["serve"], ["call"], ["send"], ["recv"]):
            self.refuses(words, r"needs an endpoint")
        self.refuses(["call", "gopher://127.0.0.1:70", "1"], r"gopher", r"\^")
        self.refuses(["call", "tcp://127.0.0.1:99999", "1"], r"65535", r"\n +\^")
        self.refuses(["recv", "tcp://:1", "tcp://:2"], r"'tcp://:2' is one argument too many")
        self.refuses(["recv", "udp://127.0.0.1:1"], r"onggi serve")

    def test_options_end(self):
        done = self.onggi("convert", "--", "--not-an-option.json", status=3)
        self.assertIn("--not-an-option.json", done.err)


class Convert(Case):
    def test_forms_are_told_apart(self):
        value = {"a": [1, "둘", None]}
        text = '{"a":[1,"둘",null]}\n'
        for protocol in range(6):
            self.assertEqual(self.onggi("convert", stdin=pickle.dumps(value, protocol)).out, text)
        self.assertEqual(self.onggi("convert", stdin=" \n" + text).out, text)
        for plain in (b"0", b"-1", b'"x"', b"true", b"null", b"[]"):
            self.assertEqual(self.onggi("convert", stdin=plain).stdout, plain + b"\n")

    def test_nothing(self):
        for form in ("json", "pickle", "repr", "text", "lossless"):
            self.assertEqual(self.onggi("convert", "-i", form).out, "")

    def test_several_one_after_the_other(self):
        self.assertEqual(self.onggi("convert", stdin='1 "a"[2]{"b":3}\n\n4').out, '1\n"a"\n[2]\n{"b":3}\n4\n')

    def test_lines(self):
        self.assertEqual(self.onggi("convert", "-i", "text", stdin='a "b"\n\n다').out, '"a \\"b\\""\n""\n"다"\n')
        self.assertEqual(self.onggi("convert", "-i", "repr", stdin="(1, 'a')\n\n  \nset()").out, '[1,"a"]\n[]\n')
        self.assertEqual(self.onggi("convert", "-o", "text", stdin='"a\\nb" [1] "다"').out, "a\nb\n[1]\n다\n")

    def test_protocol(self):
        for protocol in range(6):
            data = self.onggi("convert", "-o", "pickle", "--protocol", str(protocol), stdin='{"a":[1,2.5]}').stdout
            self.assertEqual(pickle.loads(data), {"a": [1, 2.5]})
            if protocol >= 2:
                self.assertEqual(data[1], protocol)
        self.assertEqual(self.onggi("convert", "-o", "pickle", stdin="1").stdout[1], 4)

    def test_encoding(self):
        data = b"U\x02\xc3\xa9."
        self.assertRegex(self.onggi("convert", stdin=data, status=1).err, "opcode SHORT_BINSTRING: .* choose latin1, utf-8 or bytes as encoding")
        for encoding, want in (("latin1", '"Ã©"\n'), ("utf-8", '"é"\n'), ("bytes", '"w6k="\n')):
            self.assertEqual(self.onggi("convert", "--encoding", encoding, stdin=data).out, want)

    def test_errors_name_the_place(self):
        done = self.onggi("convert", stdin='{"a":1}\n{"이름" 2}\n', status=1)
        self.assertEqual(done.out, '{"a":1}\n')
        self.assertRegex(done.err, r"standard input: .*\(byte 18, line 2, column 7\)\n  \{\"이름\" 2\}\n {10}\^\n$")
        done = self.onggi("convert", stdin='{"a":1} [1,}', status=1)
        self.assertRegex(done.err, r"expected a value but found '}' \(0x7d\) \(byte 11, line 1, column 12\)\n"
                                   r"  \{\"a\":1\} \[1,\}\n {13}\^\n$")

    def refused(self, text, *words):
        """What is said of it, and the line and the caret below."""
        done = self.onggi("convert", *words, stdin=text, status=1)
        said, line, caret = done.stderr.decode().split("\n")[-4:-1]
        return said, line, caret

    def test_errors_say_what_was_expected(self):
        self.assertIn("bytes ed a0 80 are half of a surrogate pair, which is not UTF-8; onggi without --strict would take it",
                      self.refused(b'["\xed\xa0\x80"]', "--strict")[0])
        for text, said in ((b'{"a" 1}', "expected ':' after a key but found '1' (0x31) (byte 5, line 1, column 6)"),
                           (b"[1\n,\n,2]", "expected a value but found ',' (0x2c) (byte 5, line 3, column 1)"),
                           (b'\n\n ["abc', "(byte 8, line 3, column 7)"),
                           (b"[1 2]", "expected ',' or ']' after an array item but found '2' (0x32) (byte 3, line 1, column 4)"),
                           (b'["\xff"]', "byte 0xff is not UTF-8 here (byte 2, line 1, column 3)"),
                           ("[\"가나\" 다]".encode(), "found U+B2E4 (byte 10, line 1, column 7)")):
            self.assertIn(said, self.refused(text)[0])

    def test_the_caret_stands_under_the_place(self):
        for before, columns in (("[1, ", 4), ("[\t\t", 3), ('["가나다", ', 11), ('["é", "e\u0301", ', 11), ('["😀", ', 7),
                                ('["\u1112\u1161\u11ab", ', 7), ("[" + "\r", 2)):
            said, line, caret = self.refused(before + "x]")
            self.assertEqual(caret, " " * (columns + 2) + "^", before)
            self.assertTrue(line.endswith("x]"), line)
            self.assertIn(f"(byte {len(before.encode())}, line 1, column {len(before) + 1})", said)

    def test_the_place_in_a_long_line(self):
        for filler in ("1,", '"가나다",', '"😀e\u0301",'):
            said, line, caret = self.refused("[" + filler * 30000 + "x" + ("," + filler * 3000)[:-1] + "]")
            self.assertLess(len(line), 120)
            self.assertTrue(line.startswith("  ...") and line.endswith("..."), line)
            columns = sum(0 if c == "\u0301" else 2 if c in "가나다😀" else 1 for c in line[:line.index("x")])
            self.assertEqual(caret, " " * columns + "^")
            self.assertIn(f"line 1, column {len(filler) * 30000 + 2})", said)

    def test_the_place_in_a_file(self):
        path = os.path.join(self.folder(), "a.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write("{\n" + '  "a": 1,\n' * 20000 + '  "b": tru\n}\n')
        done = self.onggi("convert", path, status=1)
        self.assertRegex(done.err, r"a\.json: expected .* \(byte 200012, line 20002, column 11\)\n    \"b\": tru\n {12}\^\n$")
        for name in ("no\x1bsuch", "no\udcffsuch"):
            self.assertIn("no?such: No such file", self.onggi("convert", os.fsencode(name), status=3).err)

    def test_errors_name_the_place_far_on(self):
        lines = "".join(f"[{n}]\n" for n in range(50000))
        done = self.onggi("convert", stdin=lines + "[x]\n", status=1)
        self.assertEqual(done.out, lines)
        self.assertRegex(done.err, rf"\(byte {len(lines) + 1}, line 50001, column 2\)\n  \[x\]\n   \^\n$")

    def test_errors_in_pickles_name_the_byte(self):
        good = pickle.dumps([1])
        done = self.onggi("convert", "-i", "pickle", stdin=good + b"\x80\x04\xff.", status=1)
        self.assertEqual(done.out, "[1]\n")
        self.assertRegex(done.err, rf"byte {len(good) + 2}\b")
        self.onggi("convert", "-i", "pickle", stdin=good[:-1], status=1)

    def test_long_lines_are_shown_in_part(self):
        done = self.onggi("convert", stdin="[" + "1," * 5000 + "x]", status=1)
        self.assertLess(max(map(len, done.err.splitlines())), 200)
        line, caret = done.err.splitlines()[1:]
        self.assertEqual(line[caret.index("^")], "x")

    def test_control_characters_do_not_reach_the_terminal(self):
        for evil in ("\x1b[31m", "\x9b31m", "\x7f", "\b\b", "\x00", "\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041", "\x85"):
            done = self.onggi("convert", stdin=f'["{evil}", x]', status=1)
            for char in evil:
                if char not in "[31m":
                    self.assertNotIn(char, done.err)
        done = self.onggi("convert", stdin=b'["\xc3\xff\x80"]', status=1)
        done.stderr.decode()

    def test_limits(self):
        self.onggi("convert", "--max-message", "10", stdin="[1,2,3,4]")
        self.assertRegex(self.onggi("convert", "--max-message", "10", stdin="[1,2,3,4,5]", status=1).err, r"limit of 10 bytes")
        self.onggi("convert", "--max-depth", "3", stdin="[[[]]]")
        self.onggi("convert", "--max-depth", "3", stdin="[[[[]]]]", status=1)
        deep = "[" * 1500 + "]" * 1500
        self.assertRegex(self.onggi("convert", stdin=deep, status=1).err, r"more than 1000 ")
        self.assertEqual(self.onggi("convert", "--max-depth", "1500", stdin=deep).out, deep + "\n")

    def test_files(self):
        folder = self.folder()
        a, b = os.path.join(folder, "a.json"), os.path.join(folder, "b.pickle")
        with open(a, "w", encoding="utf-8") as file:
            file.write("[1]")
        with open(b, "wb") as file:
            pickle.dump((2, b"x"), file)
        self.assertEqual(self.onggi("convert", "-o", "repr", a, "-", b, stdin="3").out, "[1]\n3\n(2, b'x')\n")
        done = self.onggi("convert", a, os.path.join(folder, "missing"), b, status=3)
        self.assertEqual(done.out, '[1]\n[2,"eA=="]\n')
        self.assertIn("missing", done.err)
        self.onggi("convert", folder, status=3)

    def test_a_reader_that_goes_away(self):
        done = subprocess.run(f'yes "[1]" | head -200000 | "{ONGGI}" convert | head -1; echo ${{PIPESTATUS[2]}}', shell=True,
                              executable="/bin/bash", capture_output=True, timeout=600, check=True)
        self.assertEqual(done.stdout, b"[1]\n0\n")
        self.assertEqual(done.stderr, b"")

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([ONGGI, "convert"], input=b"1", stdout=full, stderr=subprocess.PIPE, timeout=600, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output", done.stderr)

    def test_texts_on_a_full_disk(self):
        """Whatever prints says so; and nothing where the reader has gone."""
        for words in (["help"], ["help", "serve"], ["help", "recipes"], ["help", "codecs"], ["help", "framings"], ["help", "peers"],
                      ["--help"], ["--version"], ["convert", "--help"], ["completion", "bash"], ["policy", "explain", "os.system"]):
            with self.subTest(words):
                with open("/dev/full", "wb") as full:
                    done = subprocess.run([ONGGI, *words], stdout=full, stderr=subprocess.PIPE, timeout=600, check=False)
                self.assertEqual((done.returncode, done.stderr), (3, b"onggi: standard output: No space left on device\n"))
                reading, writing = os.pipe()
                os.close(reading)
                done = subprocess.run([ONGGI, *words], stdout=writing, stderr=subprocess.PIPE, timeout=600, check=False)
                os.close(writing)
                self.assertEqual((done.returncode, done.stderr), (1 if "explain" in words else 0, b""))

    def test_values_come_as_they_are_read(self):
        with subprocess.Popen([ONGGI, "convert"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            for number in range(3):
                process.stdin.write(b"[%d]\n" % number)
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), b"[%d]\n" % number)
            process.stdin.close()
            self.assertEqual(process.wait(600), 0)


class Get(Case):
    """--get: one value out of each object, by JSON Pointer."""

    VALUE = {"users": [{"name": "홍길동", "a/b": 1, "m~n": 2}], "": 3, "list": [[], {}, None]}

    def get(self, pointer, *words, value=None, status=0):
        return self.onggi("convert", "--get", pointer, *words, stdin=json.dumps(value or self.VALUE), status=status)

    def test_found(self):
        for pointer, want in (("/users/0/name", "홍길동"), ("/users/0/a~1b", 1), ("/users/0/m~0n", 2), ("/", 3), ("/list/2", None),
                              ("/list", self.VALUE["list"]), ("", self.VALUE)):
            self.assertEqual(self.get(pointer).out, json.dumps(want, ensure_ascii=False, separators=(",", ":")) + "\n")

    def test_in_any_form(self):
        self.assertEqual(self.get("/users/0/name", "-o", "text").out, "홍길동\n")
        self.assertEqual(self.get("/list", "-o", "repr").out, "[[], {}, None]\n")
        self.assertEqual(self.get("/list", "-o", "pretty").out, "[\n  [],\n  {},\n  null\n]\n")
        self.assertEqual(pickle.loads(self.get("/list", "-o", "pickle").stdout), self.VALUE["list"])
        self.assertEqual(pickle.loads(self.get("/list", "-o", "canonical").stdout), self.VALUE["list"])

    def test_what_pickles_hold(self):
        data = pickle.dumps({1: "int", True: "bool", (1, 2): [b"x"], "date": collections.OrderedDict(a={"b": 5}), "set": {7}})
        for pointer, want in (("/true", None), ("/1", '"bool"'), ("/(1, 2)/0", '"eA=="'), ("/date/a/b", "5"), ("/set/0", "7")):
            done = self.onggi("convert", "--get", pointer, stdin=data, status=1 if want is None else 0)
            self.assertEqual(done.out, want + "\n" if want else "")

    def test_not_there(self):
        done = self.get("/users/0/nam", status=1)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err, 'onggi: --get: no key "nam" in the dict at "/users/0", which has "name", "a/b", "m~n" (byte 9)\n'
                                   '  /users/0/nam\n           ^\n')
        self.assertRegex(self.get("/users/1", status=1).err, r'no item "1" in the list at "/users", which has 1 \(byte 7\)\n')
        self.assertRegex(self.get("/users/0/name/x", status=1).err, r'cannot reach into the str at "/users/0/name"')

    def test_the_others_are_printed(self):
        done = self.onggi("convert", "--get", "/a", stdin='{"a":1}{"b":2}{"a":3}', status=1)
        self.assertEqual(done.out, "1\n3\n")
        self.assertEqual(done.err.count("--get"), 1)

    def test_malformed(self):
        for pointer, place in (("users", 0), ("#/users", 0), ("/a~2", 2), ("/~", 1)):
            done = self.get(pointer, status=2)
            self.assertEqual(done.out, "")
            self.assertRegex(done.err, rf"--get: .*\(byte {place}\)\n  {pointer}\n {{{place + 2}}}\^\n$")
        self.assertRegex(self.onggi("send", "tcp://:1", "--get", "/a", status=2).err, r"no option of 'onggi send'")

    def test_keys_do_not_steer_the_terminal(self):
        done = self.get("/b", value={"\x1b[31m\n": 1, "\u009b31m": 2}, status=1)
        self.assertNotIn("\x1b", done.err)
        self.assertNotIn("\x9b", done.err)
        self.assertEqual(done.err.count("\n"), 3)


class Colour(Case):
    def on_a_terminal(self, **env):
        ours, theirs = pty.openpty()
        subprocess.run([ONGGI, "frobnicate"], stderr=theirs, timeout=600, check=False, env={**os.environ, "TERM": "xterm", **env})
        os.close(theirs)
        text = os.read(ours, 4096)
        os.close(ours)
        return text

    def test_only_on_a_terminal_and_only_if_wanted(self):
        self.assertIn(b"\x1b[", self.on_a_terminal(NO_COLOR=""))
        self.assertNotIn(b"\x1b[", self.on_a_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.onggi("frobnicate", status=2).err)


class Terminal(Case):
    """Values from elsewhere do not steer the terminal that they are printed on; pipes get them as they are."""

    def on_a_terminal(self, *words, stdin):
        ours, theirs = pty.openpty()
        subprocess.run([ONGGI, "convert", *words], input=stdin, stdout=theirs, timeout=600, check=True, env={**os.environ, "NO_COLOR": "1"})
        os.close(theirs)
        text = os.read(ours, 65536)
        os.close(ours)
        return text.replace(b"\r\n", b"\n").decode()

    def test_json(self):
        value = {"\x7f": "\x9b31m\x80한글\u00a0\x85", "b": "\x1b]0;x\x07"}
        for form in ("json", "pretty", "lossless"):
            text = self.on_a_terminal("-o", form, stdin=json.dumps(value).encode())
            self.assertFalse(any(ord(c) < 0x20 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in text), text)
            self.assertIn("한글\u00a0", text)
            self.assertEqual(json.loads(text), value)
        piped = self.onggi("convert", stdin=json.dumps(value)).out
        self.assertIn("\x7f", piped)
        self.assertIn("\x9b", piped)

    def test_text(self):
        text = b'"a\\u001b[31m\\t\\r\\u0000\\n\xed\x95\x9c\\u009b"'
        self.assertEqual(self.on_a_terminal("-o", "text", stdin=text), "a\\u001b[31m\t\\u000d\\u0000\n한\\u009b\n")
        self.assertEqual(self.onggi("convert", "-o", "text", stdin=text).stdout, b"a\x1b[31m\t\r\0\n\xed\x95\x9c\xc2\x9b\n")



class Objects(Case):
    """What is wrong with an object is said before anything is connected."""

    def test_words(self):
        done = self.onggi("call", "tcp://127.0.0.1:1", '{"name": nonsense}', status=1)
        self.assertRegex(done.err, r"the object: .*\(byte 10\)\n  \{\"name\": nonsense\}\n {12}\^")

    def test_negative_numbers_are_objects(self):
        self.assertRegex(self.onggi("call", "tcp://127.0.0.1:1", "-5", status=3).err, r"127\.0\.0\.1:1")

    def test_json_of_a_reply(self):
        self.assertRegex(self.onggi("serve", "tcp://:0", "--greet", "{'a': 1}", status=2).err, r"--greet: ")


if __name__ == "__main__":
    unittest.main()

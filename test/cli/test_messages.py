# SPDX-License-Identifier: MIT
"""What the command says to people: the command that would work, options and not members of C structs."""
import os
import pickle
import re
import shlex
import subprocess
import unittest

import support
from support import ONGGI, SOURCE


class Suggestions(support.Case):
    """What people type instead of an endpoint or an object is refused with the command that works."""

    def setUp(self):
        self.server = self.serve("--echo")

    def tried(self, *words, status=None, cwd=None):
        """The command that the refusal of `words` tells to try."""
        done = subprocess.run([ONGGI, *words], stdin=subprocess.DEVNULL, capture_output=True, env=support.ENV, cwd=cwd,
                              timeout=support.WAIT, check=False)
        err = done.stderr.decode()
        self.assertIn(done.returncode, (1, 2), err)
        match = re.search(r"^onggi: try: (onggi .*)$", err, re.M)
        self.assertTrue(match, err)
        return match.group(1)

    def works(self, command, out, cwd=None):
        done = subprocess.run(command.replace("onggi", shlex.quote(ONGGI), 1), shell=True, stdin=subprocess.DEVNULL,
                              capture_output=True, env=support.ENV, cwd=cwd, timeout=support.WAIT, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, out), f"{command}\n{done.stderr.decode()}")

    def test_an_endpoint_without_a_transport(self):
        port = self.server.port
        for text in (f"localhost:{port}", f"127.0.0.1:{port}", f"{port}", f":{port}", f"http://localhost:{port}",
                     f"http://127.0.0.1:{port}/path?query", f"tcp:localhost:{port}", f"tcp:/localhost:{port}"):
            with self.subTest(text=text):
                self.works(self.tried("call", text, '{"a": [1]}'), '{"a":[1]}\n')

    def test_urls_of_secure_protocols_become_tls(self):
        for text in ("https://127.0.0.1:1/x", "wss://127.0.0.1:1", "ssl://127.0.0.1:1", "tls:127.0.0.1:1"):
            self.assertEqual(self.tried("call", text, "1"), "onggi call tls://127.0.0.1:1 1")

    def test_schemes_that_say_more_become_plain(self):
        for text, better in (("tcp4://127.0.0.1:1", "tcp://127.0.0.1:1"), ("udp6://[::1]:5", "'udp://[::1]:5'"), ("telnet://h", "tcp://h:23")):
            self.assertEqual(self.tried("call", text, "1"), f"onggi call {better} 1")

    def test_nobody_listens(self):
        port = support.free_port()
        for endpoint in (f"tcp://127.0.0.1:{port}", f"unix://{self.folder()}/x"):
            done = self.onggi("call", endpoint, "1", status=3)
            self.assertIn(f"onggi serve '{endpoint}' --echo", done.err)

    def test_an_object_instead_of_a_file(self):
        done = self.onggi("convert", '{"a": 1}', status=3)
        command = re.search("try: (.*)", done.err).group(1)
        works = subprocess.run(command.replace("onggi", shlex.quote(ONGGI), 1), shell=True, capture_output=True, env=support.ENV,
                               timeout=support.WAIT, check=False)
        self.assertEqual(works.stdout, b'{"a":1}\n')
        self.assertIn("-i repr", self.onggi("convert", "{'a': 1}", status=3).err)
        self.assertNotIn("try:", self.onggi("convert", "no-such-file.json", status=3).err)

    def test_a_port_to_serve_on(self):
        port = support.free_port()
        self.assertEqual(self.tried("serve", str(port), "--echo"), f"onggi serve tcp://127.0.0.1:{port} --echo")
        self.assertEqual(self.tried("serve", f"0.0.0.0:{port}"), f"onggi serve tcp://0.0.0.0:{port}")
        self.assertEqual(self.tried("serve", f"*:{port}"), f"onggi serve 'tcp://*:{port}'")

    def test_a_port_after_its_host_or_transport(self):
        for words, better in ((["call", "localhost", "8080", "1"], "onggi call tcp://localhost:8080 1"),
                              (["serve", "127.0.0.1", "8080", "--echo"], "onggi serve tcp://127.0.0.1:8080 --echo"),
                              (["serve", "udp:8080"], "onggi serve udp://127.0.0.1:8080")):
            self.assertIn(f"try: {better}\n", self.onggi(*words, status=2).err)
        self.assertNotIn("try:", self.onggi("send", "hello", "1", status=2).err)

    def test_a_host_and_its_port_apart(self):
        """As nc takes them, with and without a transport, in every place of every command."""
        port = str(self.server.port)
        host, other, tcp = "127.0.0.1", "[::1]", "tcp://127.0.0.1"
        for words in ([host, port], [tcp, port], [tcp, f":{port}"], [f"{host}:", port], [f"{tcp}:", port], [port, host],
                      ["tcp", host, port], ["tcp", f"{host}:{port}"], [f"TCP://{host}", port], [f"{host}/{port}"], [f"{tcp}/{port}"],
                      [f"{host},{port}"], [f"{tcp}:{port}/path"]):
            with self.subTest(words=words):
                self.assertEqual(self.tried("call", *words, "[1]"), f"onggi call {tcp}:{port} '[1]'")
                self.assertEqual(self.tried("recv", *words), f"onggi recv {tcp}:{port}")
                self.assertEqual(self.tried("serve", "-v", "udp://localhost:1", *words), f"onggi serve -v udp://localhost:1 {tcp}:{port}")
                self.assertEqual(self.tried("proxy", "8080", *words), f"onggi proxy {tcp}:8080 {tcp}:{port}")
                self.assertEqual(self.tried(*words, "[1]"), f"onggi call {tcp}:{port} '[1]'")
        self.works(self.tried("call", host, "-v", port, "[1]"), "[1]\n")
        for words in ([other, "8080"], ["::1", "8080"], ["tcp://::1", "8080"], ["::1:8080"], ["tcp://::1:8080"], ["::1"], ["tcp://[::1]"]):
            with self.subTest(words=words):
                self.assertEqual(self.tried("send", *words, "x=1"), "onggi send 'tcp://[::1]:8080' x=1")

    def test_a_port_that_may_be_an_object(self):
        for host in "tcp://127.0.0.1", "127.0.0.1":
            err = self.onggi("call", host, "9", status=2).err
            self.assertIn("try: onggi call tcp://127.0.0.1:9\n", err)
            self.assertIn("or, if 9 is the object: onggi call tcp://127.0.0.1:8080 9\n", err)
        self.assertNotIn("is the object", self.onggi("serve", "localhost", "9", status=2).err)

    def test_a_host_without_a_port(self):
        for text in "localhost", "tcp://localhost", "tcp://localhost:", "tcp://localhost:http", "tcp://localhost:99999", "tcp:localhost":
            with self.subTest(text=text):
                self.assertEqual(self.tried("call", text, "[1]"), "onggi call tcp://localhost:8080 '[1]'")
                self.assertEqual(self.tried("serve", "tcp://localhost:1", "--to", text), "onggi serve tcp://localhost:1 --to tcp://localhost:8080")

    def test_an_endpoint_in_the_place_of_a_file(self):
        for text in "tcp://127.0.0.1:80", "127.0.0.1:80":
            self.assertIn("try: onggi recv tcp://127.0.0.1:80\n", self.onggi("convert", text, status=3).err)
            self.assertIn("try: onggi recv tcp://127.0.0.1:80 -o pickle | onggi inspect\n", self.onggi("inspect", text, status=3).err)
        self.assertNotIn("try:", self.onggi("convert", "folder/name:80", status=3).err)

    def test_names_of_framings(self):
        for name, better in ("lines", "line"), ("newline", "line"), ("\\n", "line"), ("4", "u32be"), ("u32", "u32be"), ("netstrings", "netstring"):
            self.assertIn(f"did you mean '{better}'?", self.onggi("serve", "tcp://127.0.0.1:0", "--framing", name, status=2).err)
        self.assertIn("there are raw, eof", self.onggi("serve", "tcp://127.0.0.1:0", "--framing", "wrong", status=2).err)

    def test_a_port_as_an_option(self):
        for option in ("--port", "--host", "-p"):
            self.assertIn("onggi serve tcp://127.0.0.1:8080", self.onggi("serve", option, "8080", status=2).err)
        self.assertNotIn("did you mean", self.onggi("convert", "--port", "1", status=2).err)

    def test_a_path_of_a_socket(self):
        path = os.path.join(self.folder(), "jar.sock")
        self.serve("--echo", endpoint=f"unix://{path}")
        self.works(self.tried("call", path, "[1]"), "[1]\n")

    def test_no_subcommand(self):
        self.works(self.tried(f"localhost:{self.server.port}", "[1]"), "[1]\n")
        self.works(self.tried(f"tcp://localhost:{self.server.port}", "[1]"), "[1]\n")

    def test_an_endpoint_after_its_object(self):
        self.works(self.tried("call", '{"a": 1}', self.server.endpoint), '{"a":1}\n')
        self.assertIn("tcp://127.0.0.1:8080", self.tried("call", '{"a": 1}'))

    def test_a_file_instead_of_an_object_or_an_endpoint(self):
        folder = self.folder()
        with open(os.path.join(folder, "data.json"), "w", encoding="utf-8") as file:
            file.write('{"a": 1}')
        with open(os.path.join(folder, "my data"), "wb") as file:
            pickle.dump((1, "x"), file)
        for name, out in (("data.json", '{"a":1}\n'), ("my data", '[1,"x"]\n')):
            self.works(self.tried("call", self.server.endpoint, name, cwd=folder), out, cwd=folder)
            self.works(self.tried("recv", name, cwd=folder), out, cwd=folder)
            self.works(self.tried(name, cwd=folder), out, cwd=folder)
        self.assertRegex(self.tried("call", "data.json", cwd=folder), r"^onggi call tcp://\S+ < data\.json$")
        self.assertEqual(self.tried("serve", "not-there.json", cwd=folder), "onggi convert not-there.json")

    def test_json_as_people_write_it(self):
        for text, out in (("{name: John}", '{"name":"John"}'), ("{name: John Smith, age: 30}", '{"name":"John Smith","age":30}'),
                          ("{'name': \"it's\",}", '{"name":"it\'s"}'), ("[True, None, 1.5]", "[true,null,1.5]"), ("hello", '"hello"'),
                          ('{"a": 1,}', '{"a":1}'), ("{'a': [1, 2}", None), ("{이름: 홍길동}", '{"이름":"홍길동"}')):
            with self.subTest(text=text):
                if out:
                    self.works(self.tried("call", self.server.endpoint, text), out + "\n")
                else:
                    self.assertNotIn("try:", self.onggi("call", self.server.endpoint, text, status=1).err)

    def test_quotes_of_editors_and_wide_characters(self):
        """What copying from a text, or another keyboard, makes of JSON."""
        for text, out in (("“a”", '"a"'), ("{“a”: [‘b’, „c“]}", '{"a":["b","c"]}'), ("“it’s”", '"it’s"'), ("«a»", '"a"'),
                          ('{"a"：［1，2］}', '{"a":[1,2]}'), ('{"a":\u00a01}', '{"a":1}'), ("{“a”: “say \\“hi”, now”}", None)):
            with self.subTest(text=text):
                if out:
                    self.works(self.tried("call", self.server.endpoint, text), out + "\n")
                else:
                    self.onggi("call", self.server.endpoint, text, status=1)
        self.works(self.tried("call", self.server.endpoint, "{“a”:", "1}"), '{"a":1}\n')
        self.assertEqual(self.tried("call", self.server.endpoint, "{“a”: 1}", "[2]"), f"onggi call {self.server.endpoint} '{{\"a\": 1}}' '[2]'")
        self.assertIn("found U+201C, a curly quote", self.onggi("call", self.server.endpoint, "“a”", status=1).err)
        self.assertIn("echo '{\"a\": 1}' | onggi convert\n", self.onggi("convert", "{“a”: 1}", status=3).err)
        command = shlex.split(self.tried("serve", "tcp://127.0.0.1:0", "--reply", "{“a”: 1}"))
        self.assertEqual(command[-1], '{"a": 1}')

    def test_objects_in_one_word_and_members_in_many(self):
        self.works(self.tried("call", self.server.endpoint, '{"a":1} {"b":2}[3]'), '{"a":1}\n{"b":2}\n[3]\n')
        self.works(self.tried("call", self.server.endpoint, "a:1", "b:x y"), '{"a":1,"b":"x y"}\n')
        self.works(self.tried("call", self.server.endpoint, "name:John"), '{"name":"John"}\n')
        self.assertNotIn("try:", self.onggi("call", self.server.endpoint, '{"a":1}x"', status=1).err)

    def test_input_as_other_commands_take_it(self):
        self.assertEqual(self.tried("call", self.server.endpoint, "-"), f"onggi call {self.server.endpoint} < FILE")
        self.assertEqual(self.tried("call", self.server.endpoint, "@x.json"), f"onggi call {self.server.endpoint} < x.json")

    def test_json_that_the_shell_took_apart(self):
        self.works(self.tried("call", self.server.endpoint, "{name:", "John}"), '{"name":"John"}\n')
        self.works(self.tried("call", self.server.endpoint, "{'name':", "'John'}", "-v"), '{"name":"John"}\n')

    def test_python_as_an_object(self):
        self.works(self.tried("call", self.server.endpoint, "{'name': 'John'}"), '{"name":"John"}\n')
        self.works(self.tried("call", "--codec", "pickle", "-o", "repr", self.server.endpoint, "{'a': (1, b'x', None)}"),
                   "{'a': (1, b'x', None)}\n")

    def test_python_as_a_reply(self):
        for words in (["--reply", "{'a': (1, None)}"], ["--reply={'a': (1, None)}"], ["--greet", "{a: [1, null]}"]):
            command = shlex.split(self.tried("serve", "tcp://127.0.0.1:0", *words, status=2))
            server = self.listening(ONGGI, *command[1:])
            with self.connect(server.port) as s:
                s.sendall(b"1\n")
                self.assertEqual(support.recv_json(s), {"a": [1, None]})

    def test_python_on_standard_input(self):
        self.assertIn("add -i repr\n", self.onggi("convert", stdin="{'a': 1}\n[2]\n", status=1).err)
        self.assertNotIn("add -i repr", self.onggi("convert", stdin="{'a': nothing}\n", status=1).err)
        for text in (b'"\\ud800"', b'"\xed\xb3\xa9"'):
            self.assertNotIn("add -i repr", self.onggi("convert", "--strict", stdin=text, status=1).err)

    def test_a_limit_is_no_other_form(self):
        """JSON over a limit is still JSON: the message names the option, and no other way to read it."""
        for option, value, text in ("--max-digits", "3", "[1000]\n"), ("--max-depth", "2", "[[[1]]]\n"):
            for form in "json", "lossless", "repr":
                err = self.onggi("convert", "-i", form, option, value, stdin=text, status=1).err
                self.assertIn(option, err)
                self.assertNotIn("-i repr", err)

    def test_max_digits_of_what_is_printed(self):
        for protocol in range(6):
            for form in "json", "pretty", "lossless", "repr":
                err = self.onggi("convert", "-i", "pickle", "-o", form, "--max-digits", "3", stdin=pickle.dumps([1000], protocol), status=1).err
                self.assertIn("--max-digits", err)
                self.onggi("convert", "-i", "pickle", "-o", form, "--max-digits", "4", stdin=pickle.dumps([1000], protocol))


def members():
    """The names of members of public structs that no message may hold: those that are no words of their own."""
    found = set()
    folder = os.path.join(SOURCE, "include", "onggi")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            code = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        for body in re.findall(r"typedef (?:struct|union)[^{};]*\{(.*?)\n\}", code, re.S):
            found |= set(re.findall(r"\b(\w+_\w+)(?:\[[^\]]*\])?(?=[;,)])", body))
    return {name for name in found if not name.startswith(("og_", "uint", "int"))}


class Members(support.Case):
    """People who type a command know its options; members of C structs are for people who write C."""

    def test_members_are_found(self):
        self.assertLessEqual({"max_message", "allow_nan", "max_depth", "idle_timeout_ms"}, members())

    def test_texts_of_the_command_name_none(self):
        words = members()
        for name in sorted(os.listdir(os.path.join(SOURCE, "src", "cli"))):
            if not name.endswith(".c"):
                continue
            with open(os.path.join(SOURCE, "src", "cli", name), encoding="utf-8") as file:
                code = re.sub(r"/\*.*?\*/|#\s*include[^\n]*", "", file.read(), flags=re.S)
            code = re.sub(r"(?s)\} members\[\] = \{.*?\n\};", "", code)  # the table that translates them
            for text in re.findall(r'"((?:\\.|[^"\\\n])*)"', code):
                if re.fullmatch(r"\w+", text):  # a key of the command's own JSON
                    continue
                self.assertEqual(words & set(re.findall(r"\w+", text)), set(), f"{name}: {text}")

    def test_members_in_texts_of_the_library_are_translated(self):
        """All that it says, besides what only programs in C can do wrong, comes to people by the command's table."""
        with open(os.path.join(SOURCE, "src", "cli", "say.c"), encoding="utf-8") as file:
            table = re.search(r"(?s)\} members\[\] = \{(.*?)\n\};", file.read()).group(1)
        words = members() - set(re.findall(r'\{"(\w+)"', table))
        only_c = {"on_message", "sort_keys"}
        for folder, _, names in os.walk(os.path.join(SOURCE, "src")):
            for name in names:
                if not name.endswith((".c", ".h")) or os.path.basename(folder) == "cli":
                    continue
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    code = re.sub(r"/\*.*?\*/|#\s*include[^\n]*", "", file.read(), flags=re.S)
                for text in re.findall(r'"((?:\\.|[^"\\\n])*)"', code):
                    if " " in text:  # a sentence
                        self.assertLessEqual(words & set(re.findall(r"\w+", text)), only_c, f"{name}: {text}")

    def said(self):
        """What the command says of many things that are wrong."""
        deep, nan = "[" * 1001 + "]" * 1001, "[NaN]"
        rows = [(["convert"], text) for text in (
            nan, "[1e400]", "[1", "{\"a\":1,\"a\":2}", "[1,]", "/* c */1", "'x'", "\"\\ud800\"", "9" * 5000, deep, "\x00", "tru",
            "[1] x", "{1:2}", "\"a\nb\"", "+1", "01", ".5", "[1 2]")]
        rows += [(["convert", "-i", "pickle"], data) for data in (
            pickle.dumps(2 ** 20000), pickle.dumps([1])[:-1], b"\x80\x09.", b"c", b"cos\nsystem\n(S'x'\ntR.", b"Lx\n.", b"\xff",
            b"I" + b"9" * 5000 + b"\n.", pickle.dumps("x" * 100), b"\x80\x04\x8a\xff.", b"(((((.", b"0.", b"P1\n.", b"\x82\x01.")]
        rows += [(["convert", "--max-message", "10", *more], data) for more, data in (
            ([], '["long enough"]'), (["-i", "pickle"], pickle.dumps("long enough")))]
        rows += [(["convert", "--max-depth", "2"], "[[[]]]"), (["convert", "-i", "lossless"], '{"py/tuple": 1}'),
                 (["convert", "-i", "repr"], "{'a': x}"), (["convert", "--policy", "plain-data"], b"cos\nsystem\n(S'x'\ntR."),
                 (["convert", "--encoding", "ascii"], b"U\x01\xff."), (["convert", "-o", "text"], "[1]"),
                 (["convert", "-o", "canonical"], b"P1\n."), (["inspect", "--verdict"], b"cos\nsystem\n(S'x'\ntR.")]
        for words, data in rows:
            yield words, self.onggi(*words, stdin=data, status=None).err
        server = self.serve("--echo", "--max-message", "1K", "--max-depth", "5")
        for data in (b"[NaN]\n", b"[1e400]\n", b"\0\0\xff\xff[", b"[" * 10, b"zzzz", b"\x80\x04" + b"]" * 10, b"GET / HTTP/1.1\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01", b"99999 {", b"x" * 2000, b"0000000009[]", b"7:[1,2,3];", b"{'a': 1}\n", b"\xff\xfe[", b"HELLO\n{}\n", b"\1\2\3{}", b"---\na: 1\n",
                     b"\x89PNG\r\n\x1a\n", b"0\0001\0", b"[1]<END>[2]<END>", b"1\n\0\0\0\2[]", b"\xac\xed\0\5", b"\0\0\0\1\0\0\0\2", b"[", b"\x80"):
            with self.connect(server.port) as s:
                s.sendall(data)
                s.shutdown(support.socket.SHUT_WR)
                try:
                    support.recv_all(s)
                except ConnectionResetError:
                    pass
        for framing in ("u8", "u32be", "digits:4", "netstring", "header", "seq", "line", "mp"):
            yield framing, self.onggi("send", f"tcp://127.0.0.1:{server.port}", "--framing", framing, "--max-message", "300",
                                      '"' + "x" * 400 + '"', status=None).err
        server.stop()
        yield "serve", server.err

    def test_options_of_layers_have_their_dashes(self):
        """Also where the log says why a connection ended."""
        for what, text in self.said():
            self.assertNotRegex(text, r"option (cert|key|ca|authkey-file)\b", what)

    def test_options_are_said_once(self):
        """The library says "framing=line (--framing line)"; the command, what people type."""
        for what, text in self.said():
            self.assertNotRegex(text, r"\b(codec|framing|skip|skip_bytes|as)=", what)
            self.assertNotRegex(text, r"--\w[\w-]*=", what)

    def test_one_thing_is_no_plural(self):
        nouns = "answer|buffer|byte|character|client|connection|item|line|message|object|time|value"
        for what, text in self.said():
            self.assertNotRegex(text, rf"(?<![\d.:-])1 ({nouns})s\b", what)

    def test_a_limit_of_one_is_no_plural(self):
        nested = pickle.dumps([[1]])
        for data, words in ((b"[[1]]", ["--max-depth", "1"]), (b"[[1]]", ["--max-message", "1"]), (b"12", ["--max-digits", "1"]),
                            (nested, ["--max-depth", "1"]), (nested, ["--max-message", "1"]), (pickle.dumps(12), ["--max-digits", "1"]),
                            (pickle.dumps(10 ** 40), ["--max-digits", "1"]), (pickle.dumps(10 ** 40), ["--max-digits", "1", "-o", "repr"]),
                            (b"[[1]]", ["--max-depth", "1", "--framing", "line"]), (b"[[1]]", ["--max-message", "1", "--framing", "line"])):
            with self.subTest(data=data, words=words):
                done = self.onggi("convert", *words, stdin=data, status=None)
                self.assertNotRegex(done.err, r"\b1 (more )?[a-z]+s\b")

    def test_a_second_byte_order_mark(self):
        err = self.onggi("convert", stdin=b"\xef\xbb\xbf\xef\xbb\xbf[1]", status=1).err
        self.assertIn("expected a value after the byte order mark but found U+FEFF", err)
        self.assertNotIn("--strict", err)

    def test_one_position_is_said(self):
        """And what it belongs to: a byte of what was read."""
        for what, text in self.said():
            for line in text.splitlines():
                numbers = re.findall(r"\b(?:at|byte) \d+|opcode \S+ at", re.sub(r"pickle \d+ at byte \d+|0x[0-9a-f]+|opened at byte \d+", "", line))
                self.assertLessEqual(len(numbers), 1, f"{what}: {line}")
                self.assertNotRegex(line, r"\b[A-Z_]{3,} at \d")

    def test_names_that_are_nearly_right(self):
        """The same is said of an option, of an endpoint's query, and by the library."""
        for what, wrong, right in (("framing", "lines", "'line'"), ("framing", "u32", "'u32be'"), ("framing", "LINE", "'line'"),
                                   ("framing", "netstrings", "'netstring'"), ("codec", "picle", "'pickle'"), ("codec", "JSON", "'json'"),
                                   ("as", "multiprocesing", "'multiprocessing'"), ("as", "carbom", "'carbon'")):
            for words in (("tcp://127.0.0.1:9", f"--{what}", wrong), (f"tcp://127.0.0.1:9?{what}={wrong}",)):
                self.assertIn(f"did you mean {right}?", self.onggi("call", *words, "1", status=2).err, words)
        done = self.onggi("call", "tcp://127.0.0.1:9?framng=line", "1", status=2)
        self.assertIn("unknown option 'framng': did you mean framing=?", done.err)
        self.assertNotIn("8080", done.err)
        self.assertIn("did you mean 'plain-data'?", self.onggi("inspect", "--policy", "plain-dta", "-", stdin=b"N.", status=None).err)

    def test_what_a_policy_refuses_is_said_with_the_way_on(self):
        evil = b"cos\nsystem\n(S'x'\ntR."
        done = self.onggi("convert", "--policy", "plain-data", stdin=evil, status=1)
        self.assertIn("opcode GLOBAL: names os.system, which the policy does not allow (byte 0)", done.err)
        self.assertIn("'onggi policy explain NAME --policy FILE' says which row to write", done.err)
        told = self.onggi("policy", "explain", "builtins.ValueError", "--policy", "plain-data", status=1)
        self.assertIn("add the line: allow builtins.ValueError", told.out)
        done = self.onggi("inspect", "--verdict", stdin=b"N." + evil, status=1)
        self.assertIn("pickle 2 at byte 2: not harmless: opcode GLOBAL: names os.system, which the policy does not allow (byte 2)", done.out)

    def test_what_is_said_names_none(self):
        words = members()
        for what, text in self.said():
            self.assertEqual(words & set(re.findall(r"\w+", text)), set(), f"{what}: {text}")


if __name__ == "__main__":
    unittest.main(verbosity=2)

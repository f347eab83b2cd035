# SPDX-License-Identifier: MIT
"""Every piece of Python that a page shows is run as a reader runs it, with the other program of its section at the other end:
the command, and in the tutorial the piece of C. doc/layers.md and doc/tls.md are followed by test_guides.py. A page with Python
that nothing runs fails. The translations show the same code: test_docs.py."""
import ast
import glob
import json
import os
import re
import shutil
import socket
import sys
import unittest
import warnings

import pages
import snippets
import support
from support import SOURCE

FOLLOWED = ["doc/layers.md", "doc/tls.md"]  # test_guides.py fails for what it does not look at
# Pages that name Python's functions and values within their sentences, and what tests that they are as they say.
NAMING = {
    "CHANGELOG.md": "tells what was",
    "bench/README.md": "names what was measured",
    "doc/detection.md": "names a way to write; test_detect.c has such messages",
    "doc/firewall.md": "says what the code of a service looks like; test/firewall/readers.py has services that read so",
    "doc/framings.md": "says what the code of a program looks like; test_framings.py has programs that frame so",
    "doc/pickle.md": "names what pickles call; test_pickle_types.py compares its tables",
    "doc/safety.md": "names calls that are refused; test_pickle_harmless.py has them",
    "doc/tls.md": "a line for the program beside it, with which test_guides.py runs it once more",
    "doc/types.md": "values as Python shows them; test_pickle_types.py compares its tables",
}
NO_PYTHON = {"find_package(onggi)", "recv(1024)"}  # CMake's; a name in a sentence
A_LINE = r"(?m)^\s*(?:>>> |import \w+|from \w[\w.]* import |def \w+\(.*\):|class \w+.*:$|with .*:$|print\(|\w+ = \w+\.\w+\()"

CONNECTED = 'import json, pickle, socket, struct\ns = socket.create_connection(("127.0.0.1", {port}))\n'
ACCEPTED = ('import json, pickle, socket, struct\nserver = socket.create_server(("127.0.0.1", {port}))\n'
            "conn, addr = server.accept()\nclientsocket = conn\n")
PERSON = 'd = {"name": "John", "age": 30}\n'
LOGGING = "import logging, logging.handlers\nlogging.getLogger().addHandler({row})\nlogging.warning('full')\n"
STREAMS = """import asyncio
async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
    writer.write(b'{"n": 1}\\n')
    print(await reader.readline())
asyncio.run(main())
"""
# Rows of tables: the program that has the row's Python in it, and what is printed by it or by the command beside it.
ROWS = {
    "d = pickle.loads(s.recv(1024))": (CONNECTED + "{row}\nprint(d)\n", "{'name': 'John', 'age': 30}\n"),
    "clientsocket.send(pickle.dumps(d))": (ACCEPTED + PERSON + "{row}\n", '{"name":"John","age":30}\n'),
    "s.sendall(pickle.dumps(d))": (CONNECTED + PERSON + "{row}\n", '{"name":"John","age":30}\n'),
    "d = pickle.loads(conn.recv(4096))": (ACCEPTED + "{row}\nprint(d)\n", "{'name': 'John'}\n"),
    "logging.handlers.SocketHandler('127.0.0.1', 9020)": (LOGGING, '"msg":"full"'),
    "logging.handlers.DatagramHandler('127.0.0.1', 9021)": (LOGGING, '"msg":"full"'),
    "multiprocessing.connection.Client(('127.0.0.1', 6000))":
        ("import multiprocessing.connection\nwith {row} as c:\n    c.send([1])\n    print(c.recv())\n", "[1]\n"),
    "multiprocessing.connection.Listener(('127.0.0.1', 6000))":
        ("import multiprocessing.connection\nwith {row}.accept() as c:\n    c.send(c.recv())\n", '{"n":1}\n'),
    "asyncio": (STREAMS, "b'{\"ok\":true}\\n'\n"),
    "struct.pack('!I', len(body)) + body":
        (ACCEPTED + 'body = conn.recv(struct.unpack("!I", conn.recv(4))[0])\nconn.sendall({row})\n', '{"n":1}\n'),
    "f'{len(body):<10}'":
        (CONNECTED + "body = pickle.dumps([1])\ns.sendall({row}.encode() + body)\nprint(pickle.loads(s.recv(int(s.recv(10)))))\n", "[1]\n"),
}


def calls(text):
    """True for Python that calls something with arguments, or formats something."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is no Python
        try:
            nodes = list(ast.walk(ast.parse(text)))
        except (SyntaxError, ValueError):
            return False
    return any((isinstance(n, ast.Call) and n.args and not getattr(n.func, "id", "").startswith("og_")) or isinstance(n, ast.FormattedValue)
               for n in nodes)


def blocks(text):
    return [s for s in pages.shown_in(text) if s.kind.startswith("py") or (s.kind in ("sample", "plain") and re.search(A_LINE, s.text))]


def rows(name):
    """Python and command of each row of the tables that have Python in their first column."""
    found, inside = [], False
    for line in pages.read(name).splitlines():
        cells = re.findall(r"`([^`]+)`", line) if line.startswith("|") else []
        inside = line.startswith("|") and (inside or re.match(r"\| (Python|the Python side|파이썬|파이썬 쪽) \|", line) is not None)
        if inside and len(cells) > 1 and cells[1].startswith("onggi "):
            found.append((cells[0], cells[1]))
    return found


def named(name):
    """Python within sentences, and in tables that have none in their first column."""
    text = re.sub(r"```.*?```", "", pages.read(name), flags=re.S)
    return [t for t in re.findall(r"`([^`\n]+)`", text) if calls(t) and t not in NO_PYTHON and t not in ROWS]


class Sections(pages.Reader):
    """Runs the pieces of a page, each with what else its page shows."""

    def begin_python(self, source):
        """Starts a program that serves, and waits until it does."""
        text = self.replaced(source)
        port = int(re.search(r"127\.0\.0\.1[\"'], (\d+)", text)[1])
        kind = socket.SOCK_DGRAM if "SOCK_DGRAM" in text else socket.SOCK_STREAM
        program = self.start(sys.executable, "-c", text)
        support.wait_for(lambda: support.is_bound(port, kind) or program.process.poll() is not None, "the program to listen")
        return program

    def with_server(self, server, source):
        """What a program prints while the command `server` runs; and that command."""
        self.ports.clear()
        running = self.begin(server)
        return self.python(source).out, running

    def with_client(self, source, client):
        """What the command `client` prints that asks a program."""
        self.ports.clear()
        program = self.begin_python(source)
        done = self.type(client)
        if "while True" not in source:
            self.assertEqual(program.wait(), 0, program.err)
        return done.out + program.out

    def take(self, name, checks):
        """Gives each piece of a page to what looks at it; a piece that nothing looks at fails, and so does a check without one."""
        left = dict(checks)
        for piece in blocks(pages.read(name)):
            with self.subTest(f"{name}:{piece.line}: {piece.text}"):
                check = left.pop(next((part for part in left if part in piece.text), None), None)
                self.assertIsNotNone(check, "nothing runs this")
                check(piece.text)
        self.assertEqual(list(left), [], "the page does not show this any more")

    def take_rows(self, name):
        for row, command in rows(name):
            with self.subTest(f"{name}: {row}"):
                source, expected = ROWS[row]
                port = re.search(r":(\d+)", command)[1]
                source = source.replace("{row}", row).replace("{port}", port)
                if " serve " in command:
                    seen, server = self.with_server(command, source)
                    self.assertEqual(seen, expected if "print(" in source else "")
                    if not seen:
                        server.wait_text("out", re.escape(expected))
                else:
                    self.assertEqual(self.with_client(source, command), expected)


class FirstPage(Sections):
    def test_pieces(self):
        found = pages.typed("README.md")
        serve, datagrams = (next(c for c in found if part in c and "--reply" in c) for part in ("tcp:", "udp:"))
        logged = next(c for c in found if c.endswith("-o log"))

        def log(source):
            server = self.with_server(logged, source)[1]
            self.assertEqual(server.wait_lines(1), ["WARNING:root:the disk is full"])
        answer = '{"message":"Hello from server"}\n'
        self.take("README.md", {
            "s.sendall(pickle.dumps(": lambda source: self.assertIn('"John"', self.with_server("onggi serve tcp://127.0.0.1:1234", source)[1]
                                                                    .wait_lines(1)[0]),  # and in C: test_pages.py
            "s.send(json.dumps(": lambda source: self.assertEqual(self.with_server(serve, source)[0], "{'message': 'Hello from server'}\n"),
            "create_server": lambda source: self.assertEqual(
                self.with_client(source, next(c for c in found if c.startswith("onggi call"))), answer),
            "SOCK_DGRAM": lambda source: self.assertEqual(self.with_server(datagrams, source)[0], "서버로부터 응답: 안녕하세요\n"),
            "SocketHandler": log,
        })

    def test_rows(self):
        self.assertEqual(len(rows("README.md")), 4)
        self.take_rows("README.md")


class Pieces(Sections):
    """Those of the tutorial: the first one comes before each of the others."""

    def setUp(self):
        super().setUp()
        self.pieces = [s.text for s in blocks(pages.read("doc/tutorial.md"))]
        self.first = self.pieces[0] + "\n"
        self.commands = pages.typed("doc/tutorial.md")

    def command(self, *parts):
        return next(c for c in self.commands if all(part in c for part in parts))

    def piece(self, part):
        return self.first + next(text for text in self.pieces if part in text)


class Tutorial(Pieces):
    def asks(self, expected, *server):
        """A check of a program that asks the command."""
        return lambda source: self.assertEqual(self.with_server(self.command(*server), self.first + source)[0], expected)

    def answers(self, expected, *client):
        """A check of a program that the command asks."""
        return lambda source: self.assertEqual(self.with_client(self.first + source, self.command(*client)), expected)

    def types(self, source):
        server = self.with_server("onggi serve tcp://127.0.0.1:1234", self.first + source)[1]
        seen = json.loads(server.wait_lines(1)[0])
        self.assertEqual(list(seen), ["when", "price", "data"])
        self.assertEqual((seen["price"], seen["data"]), ("12.50", [float(n) for n in range(1000)]))

    def many(self, source):
        self.ports.clear()
        self.begin_python(self.first + source)
        for number in range(3):
            self.assertEqual(self.type(f"onggi call tcp://127.0.0.1:8080 n:={number}").out, f'{{"n":{number}}}\n')

    def test_pieces(self):
        values = []

        def both(source):
            done = self.python(self.first + "\n".join(values) + "\n" + source + "\nprint(text, person)\n")
            self.assertEqual(done.out.splitlines()[-1], """{"name": "John", "age": 30} {'name': 'John', 'age': 30}""")

        def alone(source):
            values.append(source)
            self.assertEqual(self.python(self.first + source).out, "John 30\n")
        self.take("doc/tutorial.md", {
            "import numpy": lambda source: self.assertEqual(self.python(source).out, ""),
            "person['name'], person['age']": alone,
            "text = json.dumps(person)": both,
            "received = json.loads": self.answers('{"message":"Hello from server"}\n', "onggi call", '"city"'),
            "s.send(json.dumps": self.asks("{'message': 'Hello from server'}\n", "onggi serve", "Hello from server"),
            "# the server": self.answers('{"name":"John","age":30}\n', "onggi recv"),
            "# the client": self.asks("John\n", "--greet"),
            "decimal.Decimal": self.types,
            "data = client_socket.recv": self.answers("서버로부터 응답: 안녕하세요\n", "onggi call tcp", "--codec text"),
            "recvfrom": self.answers("서버로부터 응답: 안녕하세요\n", "onggi call udp"),
            "threading.Thread": self.many,
        })

    def test_python_at_both_ends(self):
        for server, client, expected in (("received = json.loads", "s.send(json.dumps", "{'message': 'Hello from server'}\n"),
                                         ("# the server", "# the client", "John\n")):
            self.ports.clear()
            self.begin_python(self.piece(server))
            self.assertEqual(self.python(self.piece(client)).out, expected)

    def test_rows(self):
        self.assertEqual(len(rows("doc/tutorial.md")), 7)
        self.take_rows("doc/tutorial.md")


@unittest.skipIf(support.is_sanitized() or not shutil.which("cc"), "needs a compiler, and a library without sanitizers")
class TutorialWithC(Pieces):
    """Its pieces of C at the other end."""

    def compiled(self, part):
        """The program of the piece of C that has `part` in it."""
        snippet = next(s for s in snippets.in_pages(SOURCE, ["doc/tutorial.md"]) if part in s.code)
        self.ports.clear()
        shown = re.search(r'"((?:tcp|udp)://127\.0\.0\.1:\d+)"', snippet.code)[1]
        real = self.replaced(shown)
        self.write("piece.c", snippets.program(snippet, {"SENDER": real, "TEXTER": real, "LISTEN": real, shown: real}))
        return snippets.compiled(self, self.place, "c", self.path("piece.c"))

    def serving(self, part, kind=socket.SOCK_STREAM):
        program = self.start(self.compiled(part))
        port = next(iter(self.ports.values()))
        support.wait_for(lambda: support.is_bound(port, kind) or program.process.poll() is not None, "the piece of C to listen")
        return program

    def test_a_server_in_c(self):
        server = self.serving("og_value received;")
        self.assertEqual(self.python(self.piece("s.send(json.dumps")).out, "{'message': 'Hello from server'}\n")
        self.assertEqual(server.wait(), 0, server.err)

    def test_a_client_in_c(self):
        client = self.compiled('"city", "New York"')
        self.begin_python(self.piece("received = json.loads"))
        self.assertEqual(self.run_program(client).out, "Hello from server\n")

    def test_datagrams_to_c(self):
        server = self.serving("udp://", socket.SOCK_DGRAM)
        source = next(s.text for s in blocks(pages.read("README.md")) if "SOCK_DGRAM" in s.text)
        self.assertEqual(self.python(source).out, "reply\n")
        self.assertEqual(server.wait(), 0, server.err)

    def test_a_server_for_thousands(self):
        server = self.serving("og_server_run")
        self.assertEqual(self.python(self.piece("s.send(json.dumps")).out, "{'name': 'John', 'age': 30, 'city': 'New York'}\n")
        self.assertEqual(server.stop(), 0, server.err)


class Everything(unittest.TestCase):
    def test_no_page_has_python_that_is_not_run(self):
        places = [path for path in glob.glob(os.path.join(SOURCE, "**", "*.md"), recursive=True) if "/build" not in path[len(SOURCE):]]
        names = {os.path.relpath(path, SOURCE) for path in places}
        self.assertIn("doc/tutorial.ko.md", names)
        for name in sorted(names):
            english = name.replace(".ko.md", ".md")
            if english not in ("README.md", "doc/tutorial.md", *FOLLOWED):
                self.assertEqual([s.text for s in blocks(pages.read(name))], [], f"{name}: nothing runs this")
            self.assertEqual(rows(name), rows(english), name)
            if english not in NAMING:
                self.assertEqual(named(name), [], f"{name}: nothing runs this, and no reason is given")
        for name in NAMING:
            self.assertNotEqual(named(name), [], f"{name} names no Python any more")

    def test_the_manual_and_the_helps_show_none(self):
        texts = {"man/onggi.1": re.sub(r"(?m)^\.(?:Dl|D1) ", "", pages.read("man/onggi.1"))}
        for path in glob.glob(os.path.join(SOURCE, "src", "cli", "*.c")) + glob.glob(os.path.join(SOURCE, "include", "onggi", "*.h")):
            name = os.path.relpath(path, SOURCE)
            texts[name] = re.sub(r"(?m)^ \* ?|^ *\"|\\n\"?", "", pages.read(name))
        for name, text in texts.items():
            found = [line for line in text.splitlines() if re.match(r"\s*(?:>>> |import \w+$|from \w[\w.]* import )|.*\bpython3? -c\b", line)]
            self.assertEqual(found, [], f"{name}: nothing runs this")

    def test_each_python_program_of_the_examples_is_run(self):
        tests = "".join(pages.read(os.path.relpath(path, SOURCE)) for path in glob.glob(os.path.join(SOURCE, "test", "**", "test_*.py"), recursive=True))
        for path in glob.glob(os.path.join(SOURCE, "examples", "python", "*.py")):
            self.assertRegex(tests, rf'(?:script|python_server)\("{os.path.basename(path)[:-3]}"')


if __name__ == "__main__":
    support.main()

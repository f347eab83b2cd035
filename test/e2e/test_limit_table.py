# SPDX-License-Identifier: MIT
"""The table of limits in doc/operations.md: each limit of the options and of the C headers has a row, each row has an
option, a member, a default that the program has, and a place in the manual; and each limit is reached once. The manual's
table has the same rows, and quotes the log as the sources write it."""
import glob
import os
import re

import support
from support import recv_all, recv_until

COMMANDS = ("serve", "call", "send", "recv")
IS_LIMIT = r"max-[a-z]+|(?:[a-z]+-)?timeout|grace|when-[a-z]+"
IS_MEMBER = r"\b(max_\w+|\w+_timeout_ms|when_\w+);"
# Those that take a busy machine, minutes or gigabytes to reach, and the tests that do so elsewhere.
ELSEWHERE = {"max-queued": "test_limits", "max-total": "test_server_limits", "grace": "test_holds", "when-full": "test_holds",
             "answer-timeout": "test_holds", "connect-timeout": "test_socket", "send_timeout_ms": "test_server_limits",
             "when-crowded": "test_limits", "max-amplification": "test_datagrams", "max-rate": "test_datagrams"}

# Where the defaults are in the sources.
DEFAULTS = {"conn.max_message": ("include/onggi/base.h", "OG_MAX_MESSAGE_DEFAULT"),
            "conn.max_growth": ("include/onggi/base.h", "OG_MAX_GROWTH_DEFAULT"),
            "max-depth": ("include/onggi/base.h", "OG_MAX_DEPTH_DEFAULT"),
            "max-digits": ("include/onggi/base.h", "OG_MAX_DIGITS_DEFAULT"),
            "server.max_connections": ("src/peer/server.c", "MAX_CONNECTIONS"),
            "server.max_queued": ("src/peer/server.c", "MAX_QUEUED"),
            "server.max_amplification": ("src/peer/server.c", "MAX_AMPLIFICATION"),
            "server.max_rate": ("src/peer/server.c", "MAX_RATE"),
            "server.message_timeout_ms": ("src/peer/server.c", "MESSAGE_TIMEOUT_MS"),
            "server.stop_timeout_ms": ("src/peer/server.c", "STOP_TIMEOUT_MS"),
            "grace": ("src/cli/cli.h", "CLI_GRACE_MS"),
            "conn.send_timeout_ms": ("include/onggi/base.h", "OG_SEND_TIMEOUT_DEFAULT"),
            "conn.connect_timeout_ms": ("include/onggi/base.h", "OG_CONNECT_TIMEOUT_DEFAULT"),
            "conn.handshake_timeout_ms": ("src/peer/setup.c", "DEFAULT_HANDSHAKE_MS"),
            "answer-timeout": ("src/cli/cli.h", "CLI_ANSWER_MS")}


def read(path):
    with open(os.path.join(support.SOURCE, path), encoding="utf-8") as file:
        return file.read()


def rows():
    """What is limited, options, members, default and consequence of each row."""
    section = read("doc/operations.md").split("## Limits\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and not set(cells[0]) <= set("- ") and cells[1] != "option":
            yield (cells[0], re.findall(r"`--([a-z-]+)", line), re.findall(r"`(conn|server)\.([\w.]+)", line), cells[3], cells[4])


def structs():
    """The members of the two structs of options that are limits."""
    header = read("include/onggi/peer.h")
    found = {}
    for name in ("conn", "server"):
        body = re.search(rf"typedef struct og_{name}_options {{(.*?)\n}} og_{name}_options;", header, re.DOTALL).group(1)
        found[name] = set(re.findall(IS_MEMBER, re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)))
    return found


def in_source(path, name):
    """The number that `name` stands for."""
    source = re.sub(r"OG_CAST\(\w+, (\w+)\)", r"\1", read(path))
    text = re.search(rf"\b{name}(?: =|\s)\s*([^,}}/\n]+)", source).group(1).replace("(size_t)", "")
    return eval(text, {"__builtins__": {}})  # e.g. 64 << 20


def in_table(default):
    """The number of bytes, of milliseconds or of others that the table's cell begins with; all that it may mean."""
    digits, unit = re.match(r"(\d+)([MK]?)", default).groups()
    number = int(digits) << {"M": 20, "K": 10, "": 0}[unit]
    return number, number * 1000


def manual_rows():
    """Options, members, default and quoted log of each item of the manual's list."""
    section = read("man/onggi.1").split(".Sh LIMITS\n")[1].split("\n.Sh ")[0]
    for item in section.split("\n.It ")[1:]:
        yield (re.findall(r"^\.Fl (?:\w , )?-([a-z-]+)", item, re.MULTILINE), re.findall(r"^\.Va (conn|server)\.([\w.]+)", item, re.MULTILINE),
               re.search(r"^default: (.*)\.$", item, re.MULTILINE).group(1), re.findall(r"^\.Ql (.*?)(?: [.,])?$", item, re.MULTILINE))


def said_by_sources():
    """All texts of the library and the command: literals that are cut put together, what is filled in as …"""
    whole = "\n".join(read(os.path.relpath(path, support.SOURCE)) for folder in ("peer", "cli", "layer", "codec", "frame", "base")
                      for path in glob.glob(os.path.join(support.SOURCE, "src", folder, "**", "*.[ch]"), recursive=True))
    whole = re.sub(r"(?<=[a-z])%s", "s", whole)  # the ending of a plural
    whole = re.sub(r"%[a-z0-9.*]+", "…", re.sub(r'"\s*\n\s*"', "", whole))
    for member, words in re.findall(r'{"(\w+)", "(.*?)"},', read("src/cli/say.c")):
        whole = re.sub(rf"\b{member}\b", words, whole)
    return whole


class Table(support.Case):
    def test_defaults(self):
        """Those of the table are those of the program."""
        found = set()
        for what, options, members, default, _ in rows():
            for name in [*options, *map(".".join, members)]:
                if name in DEFAULTS:
                    found.add(name)
                    with self.subTest(name):
                        self.assertIn(in_source(*DEFAULTS[name]), in_table(default))
        self.assertEqual(found, set(DEFAULTS))

    def test_the_manual_has_the_same_table(self):
        ours = list(rows())
        theirs = list(manual_rows())
        self.assertEqual(len(theirs), len(ours))
        for (what, options, members, default, _), (their_options, their_members, their_default, _) in zip(ours, theirs):
            with self.subTest(what):
                self.assertEqual(set(their_options), {o for o in options if not o.startswith("exec")} - {"to"})
                self.assertEqual(set(their_members), set(members))
                self.assertEqual(re.match(r"\w+", their_default).group(), re.match(r"\w+", default).group())

    def test_the_manual_quotes_the_log(self):
        """Piece by piece: what is filled in, and what is said before it for all refusals, is left out."""
        sources = said_by_sources()
        for _, _, _, quotes in manual_rows():
            for quote in quotes:
                text = quote.replace("\\-", "-").replace("\\&", "")
                for piece in re.split(r"\.\.\.|\d+|raise --[a-z-]+|refused a message: |ended after", text):
                    self.assertTrue(piece.strip(" :;().") in sources, f"nothing says {piece!r} of {quote!r}")

    def test_each_limit_has_a_row(self):
        options = set()
        for command in COMMANDS:
            options |= set(re.findall(rf"--({IS_LIMIT})\b", self.onggi(command, "--help").out))
        self.assertEqual(options - {o for _, names, _, _, _ in rows() for o in names}, set())
        members = {(struct, m) for struct, names in structs().items() for m in names}
        self.assertEqual(members - {m for _, _, ms, _, _ in rows() for m in ms}, set())

    def test_each_row_is_a_limit(self):
        help_text = " ".join(" ".join(self.onggi(c, "--help").out for c in COMMANDS).split())
        manual = read("man/onggi.1")
        found = structs()
        for what, options, members, default, then in rows():
            with self.subTest(what):
                self.assertTrue(then and default)
                for option in options:
                    self.assertIn(f"--{option} ", help_text)
                    self.assertRegex(manual, rf"\.It Fl (?:\w , )?-{option} ")
                for struct, member in members:
                    if member != "codecs":
                        self.assertIn(member, found[struct])
                said = re.search(rf"--{options[0]} [^-].*?\(default: ([^;,)]*)", help_text) if options else None
                if said and options[0].startswith(("max-", "connect", "handshake", "answer", "grace")):
                    self.assertIn(said.group(1), default)

    def test_each_limit_is_reached_somewhere(self):
        own = {name.removeprefix("test_").replace("_", "-") for name in dir(Reached) if name.startswith("test_")}
        for what, options, _, _, _ in rows():
            if options:
                self.assertTrue(own.union(ELSEWHERE) & set(options), what)


class Reached(support.Case):
    def refuses(self, text, sentence, *words):
        """A server with these options refuses the text, says why with the option, and serves others."""
        server = self.serve("--echo", *words)
        with self.connect(server.port) as s:
            s.sendall(text)
            server.wait_text("err", sentence)
        with self.connect(server.port) as s:
            s.sendall(b"1\n")
            self.assertEqual(recv_until(s, b"\n"), b"1\n")
        return server

    def test_max_message(self):
        self.refuses(b'"' + b"x" * 1000 + b'"\n', r"refused.*--max-message", "--max-message", "500")

    def test_max_growth(self):
        server = self.serve("--echo", "--max-growth", "1")
        with self.connect(server.port) as s:
            s.sendall(doubling(18))
            server.wait_text("err", r"--max-growth")

    def test_max_depth(self):
        self.refuses(b"[" * 20 + b"]" * 20 + b"\n", r"refused.*--max-depth", "--max-depth", "10")

    def test_max_digits(self):
        self.refuses(b"1" * 100 + b"\n", r"refused.*--max-digits", "--max-digits", "50")
        self.refuses(b"1000\n", r"refused.*--max-digits", "--max-digits", "3")

    def test_max_connections(self):
        server = self.serve("--echo", "--max-connections", "1", "--when-crowded", "refuse")
        with self.connect(server.port) as first:
            first.sendall(b"1\n")
            self.assertEqual(recv_until(first, b"\n"), b"1\n")
            with self.connect(server.port) as second:
                self.assertEqual(recv_all(second), b"")
        server.wait_text("err", r"as many connections are open as may be \(--max-connections: 1\)")

    def test_timeout(self):
        """Of half a message; and of a client that waits for an answer."""
        server = self.serve("--echo", "--timeout", "100ms")
        with self.connect(server.port) as s:
            s.sendall(b"[1,")
            server.wait_text("err", r"refused.* \(--timeout\)")
            self.assertEqual(recv_all(s), b"")
        listener, port = self.listen()
        with listener:
            self.onggi("call", f"tcp://127.0.0.1:{port}", "--timeout", "100ms", "1", status=4)

    def test_idle_timeout(self):
        server = self.serve("--echo", "--idle-timeout", "100ms")
        with self.connect(server.port) as s:
            self.assertEqual(recv_all(s), b"")
        server.wait_text("err", r"nothing has arrived for 100 ms \(--idle-timeout\)")

    def test_a_client_that_waits_for_the_server_to_begin(self):
        """multiprocessing's Client with authkey= sends nothing before the challenge: the line says what it may want."""
        server = self.serve("--echo", "--idle-timeout", "1s")
        with self.connect(server.port) as s:
            self.assertEqual(recv_all(s), b"")
        server.wait_text("err", r"ended [^\n]*--idle-timeout\); if it waits for the server to begin, it may want a key \(--authkey-file\)")

    def test_handshake_timeout(self):
        key = os.path.join(self.folder(), "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("secret\n")
        os.chmod(key, 0o600)
        server = self.serve("--echo", "--authkey-file", key, "--handshake-timeout", "100ms")
        with self.connect(server.port) as s:
            recv_all(s)  # the challenge, and the end
        server.wait_text("err", r"handshake .*\(--handshake-timeout\)")


def doubling(levels):
    """A pickle of lists, each of which holds the one before twice."""
    data = b"\x80\x04]q\x00"
    for i in range(levels):
        data += b"0](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1])
    return data + b"."


if __name__ == "__main__":
    support.main()

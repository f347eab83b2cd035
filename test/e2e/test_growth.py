# SPDX-License-Identifier: MIT
"""What a message may become when it is written again: at most 64 bytes for each of its own and 64 KiB, wherever that is."""
import pickle
import types
import unittest

import support
from support import HOST, recv_until


def twice(build, levels=20):
    """A value that holds the previous value twice."""
    value = []
    for _ in range(levels):
        value = build(value)
    return pickle.dumps(value, 4)


LAUGHS = {
    "list": twice(lambda inner: [inner, inner]),
    "tuple": twice(lambda inner: (inner, inner)),
    "dict": twice(lambda inner: {"a": inner, "b": inner}),
    "object": twice(lambda inner: types.SimpleNamespace(a=inner, b=inner)),
    "str": pickle.dumps(["x" * 100000] * 1000, 4),
    "bytes": pickle.dumps([b"x" * 100000] * 1000, 4),
}
WHY = r"would be longer than \d+ bytes, the most for a message of \d+ bytes; raise --max-growth"


def most(data):
    return 64 * len(data) + 65536


class Served(support.Case):
    def send_all(self, port):
        """Sends each of them, then one that is none, whose answer comes."""
        with self.connect(port) as s:
            for data in LAUGHS.values():
                s.sendall(data)
            s.sendall(pickle.dumps("done"))
            return pickle.loads(recv_until(s, b"."))

    def test_printed(self):
        values = list(LAUGHS.values())
        for form in ("json", "pretty", "repr", "envelope", "text"):
            for some in (values[:3], values[3:]):  # of more the log has no line each
                with self.subTest(form):
                    server = self.serve("--reply", '"ok"', "-o", form)
                    with self.connect(server.port) as s:
                        for data in some:
                            s.sendall(data)
                            s.recv(1000)
                    server.wait_text("err", f"(?s)(a value cannot be printed: [^\n]*{WHY}.*){{3}}")
                    server.stop()
                    self.assertEqual(server.out, "")

    def test_answered_to_a_peer_that_reads_json(self):
        """--to a server that reads JSON: what is sent there is bounded."""
        upstream = self.serve("--reply", '"ok"', "-o", "json")
        server = self.serve("--to", f"tcp://{HOST}:{upstream.port}", "-o", "lossless")
        self.assertEqual(self.send_all(server.port), "ok")
        # Objects and bytes are nothing that JSON carries.
        server.wait_text("err", f"(?s)(no answer was sent: [^\n]*{WHY}.*)" + "{%d}" % (len(LAUGHS) - 2))
        self.assertEqual(upstream.wait_lines(1), ['"done"'])

    def test_echoed(self):
        server = self.serve("--echo", "-o", "lossless")
        with self.connect(server.port) as s:
            for data in LAUGHS.values():
                s.sendall(data)
            s.sendall(pickle.dumps("done"))
            # Pickles keep shared what is shared.
            received = b""
            while b"done" not in received:
                received += s.recv(1 << 20)
            self.assertLess(len(received), sum(map(len, LAUGHS.values())) + 1000)

    def test_given_to_commands(self):
        for option in (["--exec", "wc -c"], ["--exec-pool", "1", "while read -r line; do echo ${#line}; done"]):
            with self.subTest(option[0]):
                server = self.serve(*option, "-o", "lossless")
                with self.connect(server.port) as s:
                    for data in LAUGHS.values():
                        s.sendall(data)
                    s.sendall(pickle.dumps("done"))
                    received = b""
                    while not received.endswith((pickle.dumps(6, 4)[-3:], pickle.dumps(7, 4)[-3:])):
                        received += s.recv(1 << 20)
                server.wait_text("err", WHY)


class Command(support.Case):
    def test_convert(self):
        for name, data in LAUGHS.items():
            for form in ("json", "pretty", "repr", "text"):
                with self.subTest(name, form=form):
                    done = self.onggi("convert", "-o", form, stdin=data, status=1)
                    self.assertEqual(done.out, "")
                    self.assertRegex(done.err, WHY)
            for form in ("pickle", "canonical", "lossless"):
                with self.subTest(name, form=form):
                    done = self.onggi("convert", "-o", form, stdin=data, status=None)
                    self.assertLessEqual(len(done.stdout), most(data))

    def test_parts_of_it(self):
        for options in (["--get", "/0"], ["--format", "{value[1]}"]):
            done = self.onggi("convert", *options, stdin=LAUGHS["list"], status=1)
            self.assertRegex(done.err, WHY)

    def test_the_option_raises_it(self):
        data = twice(lambda inner: [inner, inner], 14)
        self.assertRegex(self.onggi("convert", "-o", "json", "--max-growth", "100", stdin=data, status=1).err, WHY)
        done = self.onggi("convert", "-o", "json", "--max-growth", "2000", stdin=data)
        self.assertGreater(len(done.out), most(data))

    def test_received(self):
        """What a server sends is bounded in the same way where a client prints it."""
        listener, port = self.listen()
        for command in (["recv"], ["call"]):
            program = self.start(support.ONGGI, *command, f"tcp://{HOST}:{port}", *(["1"] if command == ["call"] else []))
            peer = listener.accept()[0]
            with peer:
                peer.sendall(LAUGHS["tuple"])
            self.assertEqual(program.wait(), 1)
            self.assertEqual(program.out, "")
            self.assertRegex(program.err, WHY)


if __name__ == "__main__":
    support.main()

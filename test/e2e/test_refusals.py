# SPDX-License-Identifier: MIT
"""What onggi refuses, what it says, and its exit status: 0 done, 1 the data or the peer said no, 2 usage, 3 could not connect, bind or
read, 4 timed out."""
import json
import os
import pickle
import socket

import support
from support import HOST, ONGGI, recv_all


class Exits(support.Case):
    def test_0_done(self):
        server = self.serve("--echo", "--count", "1")
        self.assertEqual(self.onggi("call", server.endpoint, "[1]").out, "[1]\n")
        self.assertEqual(server.wait(), 0)

    def test_1_the_peer_closes_without_an_answer(self):
        listener, port = self.listen()
        client = self.start(ONGGI, "call", f"tcp://{HOST}:{port}", "[1]")
        with listener.accept()[0] as s:
            s.recv(1024)
        self.assertEqual(client.wait(), 1)
        self.assertRegex(client.err, r"(?i)clos.*without|without.*answer|no answer")
        self.assertEqual(client.out, "")

    def test_1_the_peer_answers_half(self):
        listener, port = self.listen()
        client = self.start(ONGGI, "call", f"tcp://{HOST}:{port}", "[1]")
        with listener.accept()[0] as s:
            s.recv(1024)
            s.sendall(b'{"answer": [1, 2')
        self.assertEqual(client.wait(), 1)
        self.assertRegex(client.err, r"(?i)byte \d+|\d+ bytes")

    def test_1_the_peer_answers_nonsense(self):
        listener, port = self.listen()
        client = self.start(ONGGI, "call", f"tcp://{HOST}:{port}", "[1]")
        with listener.accept()[0] as s:
            s.recv(1024)
            s.sendall(b'{"answer": yes}')
        self.assertEqual(client.wait(), 1)
        self.assertRegex(client.err, r"(?i)byte 1[12]")

    def test_2_usage(self):
        for words in ([], ["frobnicate"], ["serve"], ["call"], ["serve", "--nonsense", "tcp://127.0.0.1:0"],
                      ["serve", "tcp://127.0.0.1:0", "--codec", "xml"], ["serve", "tcp://127.0.0.1:0", "--count", "-3x"],
                      ["call", "gopher://127.0.0.1:70", "1"], ["call", "tcp://127.0.0.1:99999", "1"],
                      ["serve", "tcp://127.0.0.1:0", "--reply"], ["serve", "tcp://127.0.0.1:0", "--echo", "--reply", "1"]):
            with self.subTest(words=words):
                done = self.onggi(*words, status=2)
                self.assertEqual(done.out, "")
                self.assertNotEqual(done.err, "")

    def test_3_nobody_there(self):
        port = support.free_port()
        for command in (["call", "[1]"], ["send", "[1]"], ["recv"]):
            done = self.onggi(command[0], f"tcp://{HOST}:{port}", *command[1:], status=3)
            self.assertIn(f"127.0.0.1:{port}", done.err)
            self.assertRegex(done.err, r"(?i)refused")

    def test_3_no_such_socket(self):
        path = os.path.join(self.folder(), "nobody.sock")
        self.assertIn(path, self.onggi("call", f"unix://{path}", "[1]", status=3).err)

    def test_3_no_such_host(self):
        self.assertIn("nowhere.invalid", self.onggi("call", "tcp://nowhere.invalid:1", "[1]", status=3).err)

    def test_3_a_port_in_use(self):
        _, port = self.listen()
        self.assertIn(str(port), self.onggi("serve", f"tcp://{HOST}:{port}", status=3).err)

    def test_3_a_file_that_is_not_there(self):
        self.assertIn("not-there.json", self.onggi("convert", "not-there.json", status=3).err)

    def test_4_no_answer_in_time(self):
        _, port = self.listen()
        done = self.onggi("call", f"tcp://{HOST}:{port}", "--timeout", "200ms", "[1]", status=4)
        self.assertRegex(done.err, r"(?i)time")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((HOST, 0))
            self.onggi("call", f"udp://{HOST}:{s.getsockname()[1]}", "--timeout", "200ms", "[1]", status=4)


class NothingIsSent(support.Case):
    """A value that the wire cannot carry is refused before a byte of it leaves."""

    def refuses(self, *words, stdin=None, pattern):
        listener, port = self.listen()
        words = [word.replace("PORT", str(port)) for word in words]
        done = self.onggi(*words, stdin=stdin, status=1)
        self.assertRegex(done.err, pattern)
        listener.settimeout(0.1)
        try:
            with listener.accept()[0] as s:
                s.settimeout(support.WAIT)
                self.assertEqual(recv_all(s), b"")
        except TimeoutError:
            pass

    def test_bytes_to_strict_json(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--codec", "json", "-i", "pickle", stdin=pickle.dumps({"b": b"\0\1"}),
                     pattern=r"bytes")

    def test_a_set_to_strict_json(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--codec", "json", "-i", "pickle", stdin=pickle.dumps({1, 2}),
                     pattern=r"set")

    def test_nan_to_strict_json(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--codec", "json", "--strict", "-i", "pickle", stdin=pickle.dumps(float("nan")),
                     pattern=r"(?i)nan")

    def test_half_a_surrogate_pair_to_strict_json(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--codec", "json", "--strict", "-i", "pickle", stdin=pickle.dumps("\udce9"),
                     pattern=r"surrogate")

    def test_300_bytes_behind_one_byte(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--framing", "u8", json.dumps("x" * 300), pattern=r"30[0-9].*|255")

    def test_a_line_break_in_a_line(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--codec", "text", "--framing", "line", "one\ntwo", pattern=r"(?i)line")

    def test_not_json(self):
        listener, port = self.listen()
        done = self.onggi("send", f"tcp://{HOST}:{port}", '{"a": nonsense}', status=None)
        self.assertIn(done.returncode, (1, 2))
        self.assertRegex(done.err, r"nonsense")
        self.assertIn("^", done.err)

    def test_70000_bytes_in_a_datagram(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((HOST, 0))
            port = s.getsockname()[1]
            done = self.onggi("send", f"udp://{HOST}:{port}", stdin=json.dumps("x" * 70000), status=1)
            self.assertRegex(done.err, r"70,?00\d|65,?507")
            s.setblocking(False)
            self.assertRaises(BlockingIOError, s.recv, 1)

    def test_longer_than_the_limit(self):
        self.refuses("send", "tcp://127.0.0.1:PORT", "--max-message", "1K", stdin=json.dumps("x" * 2000), pattern=r"(?i)1,?024|1K|limit")


class TheServerSays(support.Case):
    def test_who_what_and_where(self):
        server = self.serve("--echo", "--codec", "json", "--framing", "line")
        with self.connect(server.port) as s:
            mine = "%s:%d" % s.getsockname()
            s.sendall(b'{"name": "John", "age": }\n')
            line = server.wait_text("err", r".*byte \d+.*").group()
        self.assertIn(mine, line)
        self.assertRegex(line, r"byte 24\b")
        self.assertRegex(line, r"'?\}'?")
        self.assertRegex(line, r"(?i)expect")
        self.assertRegex(line, r"(?i)goes on")

    def test_a_message_past_the_limit(self):
        server = self.serve("--echo", "--max-message", "1K")
        with self.connect(server.port) as s:
            s.sendall(b'["' + b"x" * 3000)
            self.assertEqual(recv_all(s), b"")
        server.wait_text("err", r"(?i)1,?024|1 ?K")

    def test_the_server_refuses_what_it_cannot_answer(self):
        """Bytes that came in a pickle cannot be forwarded as strict JSON; the server lives on."""
        server = self.serve("--echo", "--codec", "pickle", endpoint="udp://127.0.0.1:0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(support.WAIT)
            s.sendto(b"nonsense", (HOST, server.port))
            server.wait_text("err", r"(?i)byte \d+")
            s.sendto(pickle.dumps((1, b"\0")), (HOST, server.port))
            self.assertEqual(pickle.loads(s.recv(1024)), (1, b"\0"))


if __name__ == "__main__":
    support.main()

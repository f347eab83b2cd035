# SPDX-License-Identifier: MIT
"""What peers do to a server beside what tutorials teach: odd cuts, several objects in one packet, half objects, nonsense,
silence, resets. In all of it the server goes on for everyone else."""
import contextlib
import json
import os
import pickle
import signal
import socket
import struct
import time

import support
from support import recv_all, recv_json, recv_until, reset

VALUE = {"이름": "홍길동", "n": [1, 2.5, None, True], "s": "a\"b\\c\n"}


class Cuts(support.Case):
    """One object in single bytes, many in one packet."""

    def setUp(self):
        self.server = self.serve("--echo")
        self.s = self.connect(self.server.port)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send_single_bytes(self, data):
        for i in range(len(data)):
            self.s.sendall(data[i:i + 1])
            time.sleep(0.001)  # so that each byte is a packet of its own

    def test_json_in_single_bytes(self):
        self.send_single_bytes(json.dumps(VALUE).encode())
        self.assertEqual(recv_json(self.s), VALUE)

    def test_json_that_only_python_writes(self):
        for text in (b"[NaN, Infinity]", b'{"a": "\\udce9.txt"}', b"-Infinity\n", b"NaN\n"):
            with self.connect(self.server.port) as s:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(recv_all(s).strip(), text.strip().replace(b", ", b",").replace(b": ", b":"))
        self.server.wait_lines(4)
        self.assertEqual(self.server.objects(), [[None, None], {"a": "\udce9.txt"}, None, None])

    def test_json_that_only_python_writes_is_refused_strictly(self):
        server = self.serve("--echo", "--strict")
        for text in (b"[NaN, Infinity]", b'{"a": "\\udce9.txt"}'):
            with self.connect(server.port) as s:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(recv_all(s), b"")
        server.wait_text("err", "onggi without --strict")

    def test_blanks_after_a_pickle(self):
        data = pickle.dumps(VALUE)
        for blanks in (b"\n", b"\r\n", b"\0" * 40):
            for message in (data + blanks, struct.pack(">I", len(data + blanks)) + data + blanks):
                with self.connect(self.server.port) as s:
                    for _ in range(2):
                        s.sendall(message)
                        with s.makefile("rb") as file:
                            if message[0] == 0:
                                file.read(4)
                            self.assertEqual(pickle.load(file), VALUE)

    def test_blanks_after_a_pickle_are_refused_strictly(self):
        data = pickle.dumps(VALUE) + b"\n"
        for words in (("--strict",), ("--policy", "plain-data")):
            server = self.serve("--echo", *words)
            with self.connect(server.port) as s:
                s.sendall(struct.pack(">I", len(data)) + data)
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(recv_all(s), b"")
            server.wait_text("err", "1 byte follows after the pickle")

    def test_a_byte_order_mark(self):
        for text in (b'\xef\xbb\xbf{"a":1}', b"\xef\xbb\xbf12\n", b"\0\0\0\x0a\xef\xbb\xbf{\"a\":1}"):
            with self.connect(self.server.port) as s:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                self.assertIn(recv_all(s).strip(b"\0\x07\n"), (b'{"a":1}', b"12"))

    def test_millions_of_spaces(self):
        self.s.sendall(b" " * 3_000_000 + b"[1]")
        self.assertEqual(recv_json(self.s), [1])

    def test_json_with_pauses_inside(self):
        data = json.dumps(VALUE, ensure_ascii=False).encode()
        for cut in (1, 3, len(data) - 1):  # within a key, within a character, before the last byte
            self.s.sendall(data[:cut])
            time.sleep(0.12)  # longer than the silence that ends a bare number
            self.s.sendall(data[cut:])
            self.assertEqual(recv_json(self.s), VALUE)

    def test_pickles_in_single_bytes(self):
        for protocol in range(6):
            self.send_single_bytes(pickle.dumps(VALUE, protocol))
            self.assertEqual(support.recv_pickle(self.s), VALUE)

    def test_several_json_objects_in_one_packet(self):
        self.s.sendall(b'{"n":1}{"n":2} [3]\n{"n":4}')
        self.server.wait_lines(4)
        self.assertEqual(self.server.objects(), [{"n": 1}, {"n": 2}, [3], {"n": 4}])

    def test_several_pickles_in_one_packet(self):
        self.s.sendall(b"".join(pickle.dumps({"n": n}) for n in range(20)))
        answers = self.s.makefile("rb")
        self.assertEqual([pickle.load(answers) for _ in range(20)], [{"n": n} for n in range(20)])

    def test_json_lines_are_answered_in_lines(self):
        self.s.sendall(b"".join(json.dumps({"n": n}).encode() + b"\n" for n in range(100)))
        lines = self.s.makefile()
        self.assertEqual([json.loads(lines.readline()) for _ in range(100)], [{"n": n} for n in range(100)])

    def test_one_and_a_half_objects(self):
        self.s.sendall(b'{"n":1}\n{"n":')
        self.assertEqual(recv_until(self.s, b"\n"), b'{"n":1}\n')
        self.s.sendall(b"2}\n")
        self.assertEqual(recv_until(self.s, b"\n"), b'{"n":2}\n')

    def test_a_bare_number_ends_with_silence(self):
        self.s.sendall(b"42")
        self.assertEqual(recv_json(self.s), 42)
        self.s.sendall(b" 43 ")
        self.assertEqual(recv_json(self.s), 43)

    def test_a_peer_that_shuts_its_side_still_gets_its_answer(self):
        self.s.sendall(b"[7]")
        self.s.shutdown(socket.SHUT_WR)
        self.assertEqual(json.loads(recv_all(self.s)), [7])


class Guests(support.Case):
    """Peers that misbehave, and one that does not and must not notice."""

    def setUp(self):
        self.server = self.serve("--echo")
        self.good = self.connect(self.server.port)

    def tearDown(self):
        self.good.sendall(b'{"still":"here"}\n')
        self.assertEqual(json.loads(recv_until(self.good, b"\n")), {"still": "here"})
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.server.objects()[-1], {"still": "here"})

    def refused(self, data, pattern):
        """Sends `data`, expects that the connection ends and that what the server says holds `pattern`."""
        with self.connect(self.server.port) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(recv_all(s), b"")
        return self.server.wait_text("err", pattern)

    def test_half_a_json_object(self):
        self.refused(b'{"name": "Jo', r"(?i)byte \d+.*(ends|end|unfinished|truncated)")

    def test_half_a_pickle(self):
        self.refused(pickle.dumps(VALUE)[:-3], r"(?i)byte \d+.*(ends|end|unfinished|truncated)")

    def test_half_a_frame(self):
        self.refused(b"\0\0\1\0" + b'{"a":1', r"(?i)(byte \d+|of 25[6])")

    def test_half_an_object_and_a_reset(self):
        s = self.connect(self.server.port)
        s.sendall(b'{"name": "Jo')
        reset(s)

    def test_json_that_goes_wrong(self):
        match = self.refused(b'{"a": 1, "b": nonsense}', r"(?i)byte (\d+)[^\n]*")
        self.assertIn(int(match.group(1)), (14, 15, 16))

    def test_a_pickle_that_goes_wrong(self):
        self.refused(b"\x80\x04\x95\x05\0\0\0\0\0\0\0ab\xff\xff.", r"(?i)byte \d+")

    def test_noise(self):
        self.refused(b"\xde\xad\xbe\xef" * 20, r"(?i)(byte|position) \d+")

    def test_a_browser(self):
        self.refused(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", r"127\.0\.0\.1:\d+.*")

    def test_nothing_at_all(self):
        for _ in range(5):
            self.connect(self.server.port).close()
        reset(self.connect(self.server.port))

    def test_a_length_that_lies(self):
        with self.connect(self.server.port) as s:
            s.sendall(b"\x7f\xff\xff\xff" + pickle.dumps(1))
            self.assertEqual(recv_all(s), b"")

    def test_too_deep(self):
        self.refused(b"[" * 100000, r"(?i)deep|depth|1,?000")

    def test_a_bad_line_does_not_end_a_connection_with_lines(self):
        server = self.serve("--echo", "--framing", "line", "--codec", "json")
        with self.connect(server.port) as s:
            s.sendall(b'{"n":1}\n{"n":nonsense}\n{"n":3}\n')
            lines = s.makefile()
            self.assertEqual([json.loads(lines.readline()) for _ in range(2)], [{"n": 1}, {"n": 3}])
        server.wait_text("err", r"(?i)byte \d+")

    def test_a_bad_record_does_not_end_a_connection_with_lengths(self):
        server = self.serve("--echo", "--framing", "u32be", "--codec", "pickle")
        with self.connect(server.port) as s:
            for body in (pickle.dumps(1), b"nonsense", pickle.dumps(3)):
                s.sendall(len(body).to_bytes(4, "big") + body)
            for number in (1, 3):
                length = int.from_bytes(support.recv_exactly(s, 4), "big")
                self.assertEqual(pickle.loads(support.recv_exactly(s, length)), number)
        server.wait_text("err", r"(?i)byte \d+")

    def test_a_hundred_clients_and_a_silent_one(self):
        silent = self.connect(self.server.port)
        clients = [self.connect(self.server.port) for _ in range(100)]
        for number, s in enumerate(clients):
            s.sendall(b'{"n":%d}\n' % number)
        for number, s in enumerate(clients):
            self.assertEqual(json.loads(recv_until(s, b"\n")), {"n": number})
        silent.sendall(b'"awake"\n')
        self.assertEqual(recv_until(silent, b"\n"), b'"awake"\n')


class Endings(support.Case):
    def test_ctrl_c_finishes_what_is_in_hand(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(how=how):
                go = os.path.join(self.folder(), "go")
                server = self.serve("--exec", f"until test -e {go}; do sleep 0.01; done; cat")
                with self.connect(server.port) as s:
                    s.sendall(b'{"n":1}\n')
                    server.wait_lines(1)
                    server.process.send_signal(how)
                    with open(go, "w", encoding="ascii"):
                        pass
                    self.assertEqual(recv_all(s), b'{"n":1}\n')
                self.assertEqual(server.wait(), 0)

    def test_a_message_that_takes_too_long(self):
        server = self.serve("--echo", "--timeout", "300ms")
        with self.connect(server.port) as s:
            s.sendall(b'{"n":')
            self.assertEqual(recv_all(s), b"")

    def test_idle_clients_are_closed_when_asked_for(self):
        server = self.serve("--echo", "--idle-timeout", "200ms")
        with self.connect(server.port) as silent, self.connect(server.port) as s:
            self.assertEqual(recv_all(silent), b"")
            with contextlib.suppress(ConnectionError):  # this one was idle for as long, or nearly
                s.sendall(b"[1]\n")
                self.assertIn(recv_all(s), (b"", b"[1]\n"))


if __name__ == "__main__":
    support.main()

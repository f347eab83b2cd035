# SPDX-License-Identifier: MIT
"""Sizes and memory: an object of 100 MB in one piece, peers that claim, hoard or never read. Run alone, since it measures."""
import hashlib
import json
import pickle
import socket
import threading
import time
import unittest

import support
from support import HOST, recv_all, recv_exactly, recv_until

MIB = 1 << 20


def flood(s, data, enough):
    """Sends `data` over and over until `enough()` is true."""
    s.setblocking(False)
    left = data
    while not enough():
        try:
            left = left[s.send(left):] or data
        except BlockingIOError:
            time.sleep(0.001)


class Large(support.Case):
    """100 MB in one piece, both codecs, as server and as client."""
    SIZE = (20 if support.is_sanitized() else 100) * 1000 * 1000

    def value(self):
        return {"rows": [f"{n:08d}" + "x" * 992 for n in range(self.SIZE // 1000)], "end": True}

    def test_served(self):
        server = self.serve("--reply", '"got it"', "--max-message", "200M", "-o", "json")
        value = self.value()
        wanted = hashlib.sha256(json.dumps(value, separators=(",", ":")).encode() + b"\n").digest()
        for data in (json.dumps(value).encode(), pickle.dumps(value)):
            self.assertGreater(len(data), self.SIZE)
            with self.connect(server.port) as s:
                s.settimeout(4 * support.WAIT)
                s.sendall(data)
                answer = s.recv(1024)
            self.assertEqual(pickle.loads(answer) if data[0] == 0x80 else json.loads(answer), "got it")
        self.assertEqual(server.stop(), 0)
        for line in server.out.splitlines(keepends=True):
            self.assertEqual(hashlib.sha256(line.encode()).digest(), wanted)

    def test_called(self):
        value = self.value()
        listener, port = self.listen()
        listener.settimeout(4 * support.WAIT)
        digest = []

        def answer():
            with listener.accept()[0] as s:
                data = support.recv_until_large(s, b"\n")
                digest.append(json.loads(data) == value)
                s.sendall(data)
        thread = threading.Thread(target=answer)
        thread.start()
        done = self.onggi("call", f"tcp://{HOST}:{port}", "--max-message", "200M", stdin=json.dumps(value), limit=6 * support.WAIT)
        thread.join()
        self.assertEqual(digest, [True])
        self.assertEqual(json.loads(done.out), value)

    def test_refused_without_raising_the_limit(self):
        server = self.serve("--echo")
        with self.connect(server.port) as s:
            s.settimeout(4 * support.WAIT)
            try:
                s.sendall(b'["' + b"x" * (70 * MIB))
                self.assertEqual(recv_all(s), b"")
            except (BrokenPipeError, ConnectionResetError):
                pass
        server.wait_text("err", r"(?i)67,?108,?864|64 ?M")


@unittest.skipIf(support.is_sanitized(), "a sanitizer's own memory hides the program's")
class Memory(support.Case):
    def never_reads_its_answers(self, most, *options):
        """What a peer costs that sends and sends and never reads: at most `most` bytes, and nobody else waits."""
        server = self.serve("--echo", "-o", "json", "-v", "--timeout", "1h", *options)
        with self.connect(server.port) as s:
            s.sendall(b'"warm"\n')
            recv_until(s, b"\n")
        before = server.memory("VmHWM")
        greedy = self.connect(server.port)
        flood(greedy, (json.dumps("x" * 100000) + "\n").encode(), lambda: "not read for now" in server.err)
        with self.connect(server.port) as s:
            s.sendall(b'"hello"\n')
            self.assertEqual(recv_until(s, b"\n"), b'"hello"\n')
        self.assertLess(server.memory("VmHWM") - before, most)

    def test_a_peer_that_never_reads_its_answers(self):
        self.never_reads_its_answers(8 * MIB)
        self.never_reads_its_answers(40 * MIB, "--max-queued", "16M")

    def test_a_peer_that_reads_late_gets_all(self):
        server = self.serve("--echo", "-o", "json", "-v", "--max-queued", "64K")
        s = self.connect(server.port)
        message, sent = (json.dumps("y" * 50000) + "\n").encode(), []

        def send():
            while "not read for now" not in server.err:
                s.sendall(message)
                sent.append(message)
            s.shutdown(socket.SHUT_WR)
        received = s.dup()
        sender = threading.Thread(target=send)
        sender.start()
        server.wait_text("err", "not read for now")
        digest = hashlib.sha256()
        while data := received.recv(1 << 16):
            digest.update(data)
        received.close()
        sender.join()
        self.assertEqual(digest.digest(), hashlib.sha256(b"".join(sent)).digest())

    def test_a_thousand_claims(self):
        server = self.serve("--echo", "--framing", "u32be")
        before = server.memory()
        peers = [self.connect(server.port) for _ in range(500)]
        for s in peers:
            s.sendall((60 * MIB).to_bytes(4, "big") + b'["a')
        with self.connect(server.port) as s:
            s.sendall(b"\0\0\0\3[1]")
            self.assertEqual(recv_exactly(s, 7), b"\0\0\0\3[1]")
        self.assertLess(server.memory() - before, 60 * MIB)

    def test_idle_clients_cost_little(self):
        server = self.serve("--echo")
        first = [self.connect(server.port) for _ in range(50)]
        for s in first:
            s.sendall(b"1\n")
            recv_until(s, b"\n")
        before = server.memory()
        peers = [self.connect(server.port) for _ in range(400)]
        for s in peers:
            s.sendall(b'{"n":1}\n')
            recv_until(s, b"\n")
        self.assertLess((server.memory() - before) / len(peers), 16 * 1024)

    def test_what_one_pickle_may_cost(self):
        """64 bytes a byte received and 64 KiB, whatever it claims: here a megabyte of empty tuples."""
        server = self.serve("--reply", "1", "--codec", "pickle")
        with self.connect(server.port) as s:
            s.sendall(pickle.dumps(0))
            s.recv(100)
            before = server.memory("VmHWM")
            data = b"\x80\x04]" + b"(" + b")" * MIB + b"e."
            s.sendall(data)
            s.recv(100)
        self.assertLess(server.memory("VmHWM") - before, 64 * len(data) + 8 * MIB)


class Connections(support.Case):
    def test_more_clients_than_allowed_wait_their_turn(self):
        server = self.serve("--echo", "--max-connections", "2")
        a, b, c = (self.connect(server.port) for _ in range(3))
        for s in (a, b, c):
            s.sendall(b"[1]\n")
        self.assertEqual(recv_until(a, b"\n"), b"[1]\n")
        self.assertEqual(recv_until(b, b"\n"), b"[1]\n")
        c.settimeout(0.2)
        self.assertRaises(TimeoutError, c.recv, 1)
        a.close()
        c.settimeout(support.WAIT)
        self.assertEqual(recv_until(c, b"\n"), b"[1]\n")

    def test_more_clients_than_allowed_are_refused_when_told_so(self):
        server = self.serve("--echo", "--max-connections", "1", "--when-crowded", "refuse")
        with self.connect(server.port) as a:
            a.sendall(b"[1]\n")
            self.assertEqual(recv_until(a, b"\n"), b"[1]\n")
            with self.connect(server.port) as b:
                b.sendall(b"[2]\n")
                self.assertEqual(recv_all(b), b"")
            server.wait_text("err", r"a client is turned away: as many connections are open as may be \(--max-connections: 1\)")
            a.sendall(b"[3]\n")
            self.assertEqual(recv_until(a, b"\n"), b"[3]\n")

    def test_depth(self):
        server = self.serve("--echo", "--max-depth", "10")
        with self.connect(server.port) as s:
            s.sendall(b"[" * 10 + b"]" * 10 + b"\n")
            self.assertEqual(recv_until(s, b"\n"), b"[" * 10 + b"]" * 10 + b"\n")
        with self.connect(server.port) as s:
            s.sendall(b"[" * 11 + b"]" * 11 + b"\n")
            self.assertEqual(recv_all(s), b"")
        server.wait_text("err", r"(?i)deep|depth|10")


if __name__ == "__main__":
    support.main()

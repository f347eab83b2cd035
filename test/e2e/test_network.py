# SPDX-License-Identifier: MIT
"""What the network may do to a connection: delays, cuts at odd bytes, half-closes and resets by a relay of the test's own; and a
server that is killed at random times. Random choices come from a seed, which is printed: ONGGI_SEED repeats it."""
import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time

import support
from support import HOST

SEED = int(os.environ.get("ONGGI_SEED") or random.randrange(1 << 32))


class Relay:
    """Passes bytes on between clients and `port`: in pieces of odd sizes, with pauses. `fate(random)` says how a connection
    ends: None (as its ends want), or after how many bytes from the client, and how: "reset", "half" (nothing more goes to the
    server, the answers still come back)."""

    def __init__(self, case, port, rng, fate):
        self.port, self.rng, self.fate = port, rng, fate
        self.listener = socket.create_server((HOST, 0))
        self.listener.settimeout(support.WAIT)
        self.own_port = self.listener.getsockname()[1]
        case.addCleanup(self.listener.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection((HOST, self.port), timeout=support.WAIT)
            except OSError:
                return
            near.settimeout(support.WAIT)
            rng = random.Random(self.rng.random())
            back = threading.Thread(target=self._pump, args=(far, near, random.Random(rng.random()), None), daemon=True)
            back.start()
            threading.Thread(target=self._forth, args=(near, far, rng, back), daemon=True).start()

    def _forth(self, near, far, rng, back):
        end = self._pump(near, far, rng, self.fate(rng))
        if end == "reset":
            for s in (near, far):  # a thread that waits on a socket would keep it open
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RD)
            back.join(support.WAIT)
            support.reset(near)
            support.reset(far)
            return
        back.join(support.WAIT)
        near.close()
        far.close()

    @staticmethod
    def _pump(source, target, rng, fate):
        left, how = fate or (None, None)
        try:
            while left is None or left > 0:
                piece = source.recv(rng.choice((1, 3, 17, 1000, 65536)) if left is None else min(left, rng.choice((1, 7, 500))))
                if not piece:
                    how = how and "ended"
                    break
                if rng.random() < 0.05:
                    time.sleep(0.002)
                target.sendall(piece)
                left = None if left is None else left - len(piece)
        except OSError:
            pass
        if how != "reset":
            try:
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        return how


class Seeded(support.Case):
    def setUp(self):
        print(f"ONGGI_SEED={SEED}", file=sys.stderr)
        self.rng = random.Random(SEED)

    def objects(self, count):
        """Objects of odd lengths, each with its number first."""
        return [f'[{n},"{"x" * self.rng.choice((0, 1, 30, 3000))}"]' for n in range(count)]

    def numbers(self, lines):
        return [int(line[1:].split(",")[0]) for line in lines]

    def check_prefix(self, acknowledged, taken):
        """Once, in order, and all that was acknowledged."""
        self.assertEqual(taken, list(range(len(taken))))
        self.assertGreaterEqual(len(taken), len(acknowledged))
        self.assertEqual(acknowledged, list(range(len(acknowledged))))


class Impaired(Seeded):
    def server(self, way):
        words = {"echo": ["--echo"], "exec": ["--exec", "cat"], "pool": ["--exec-pool", "2", "while read n; do echo \"$n\"; done"]}
        return self.serve("--codec", "json", "--framing", "line", *words[way])

    def test_delays_and_odd_pieces(self):
        for way, count in (("echo", 300), ("pool", 60), ("exec", 10)):
            with self.subTest(way=way, seed=SEED):
                server = self.server(way)
                relay = Relay(self, server.port, self.rng, lambda rng: None)
                text = "\n".join(self.objects(count)).encode() + b"\n"
                done = self.run_program(support.ONGGI, "call", f"tcp://{HOST}:{relay.own_port}", stdin=text)
                self.assertEqual(self.numbers(done.out.splitlines()), list(range(count)))
                self.assertEqual(server.stop(), 0)
                self.assertEqual(self.numbers(server.lines()), list(range(count)))

    def test_cut_anywhere(self):
        """A client pipelines; the connection is reset or half-closed after any byte."""
        for round_ in range(20):
            way = self.rng.choice(("echo", "pool", "exec"))
            how = self.rng.choice(("reset", "half"))
            with self.subTest(round=round_, way=way, how=how, seed=SEED):
                server = self.server(way)
                lines = [line + "\n" for line in self.objects(12)]
                text = "".join(lines).encode()
                cut = self.rng.randrange(1, len(text))
                relay = Relay(self, server.port, self.rng, lambda rng, c=cut, h=how: (c, h))
                acknowledged = b""
                with self.connect(relay.own_port) as s:
                    try:
                        s.sendall(text)
                        while piece := s.recv(65536):
                            acknowledged += piece
                    except OSError:
                        pass
                server.wait_text("err", "ended after")
                self.assertEqual(server.stop(), 0)
                whole, at = 0, 0
                for line in lines:
                    at += len(line)
                    whole += at - 1 <= cut  # the end of the stream ends a line too
                got = self.numbers(acknowledged.decode().split("\n")[:-1])
                self.check_prefix(got, self.numbers(server.lines()))
                if how == "half":  # all that came whole is taken and answered
                    self.assertEqual(got, list(range(whole)))


class Killed(Seeded):
    """`kill -9` at random times."""

    def start_call(self, port, count):
        call = self.start(support.ONGGI, "call", f"tcp://{HOST}:{port}", stdin=subprocess.PIPE)
        call.process.stdin.write("".join(f"[{n}]\n" for n in range(count)).encode())
        call.process.stdin.close()
        return call

    def test_the_server(self):
        for _ in range(5):
            with self.subTest(seed=SEED):
                server = self.serve("--echo", "--codec", "json", "--framing", "line")
                call = self.start_call(server.port, 5000)
                call.wait_lines(self.rng.randrange(1, 1000))
                server.kill()
                status = call.wait()
                acknowledged = self.numbers_of(call.out)
                self.assertTrue(status in (1, 3) or (status, len(acknowledged)) == (0, 5000), call.err)
                self.assertEqual(acknowledged, list(range(len(acknowledged))))

    @staticmethod
    def numbers_of(text):
        return [int(line.strip("[]")) for line in text.split("\n")[:-1]]


if __name__ == "__main__":
    support.main()

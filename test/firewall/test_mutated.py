#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random bytes and mutated pickles through the proxy: all of Python's readers load what comes out, alike, and import and
call nothing that is not plain data. ONGGI_SEED and ONGGI_COUNT in the environment try others, and more."""
import os
import pickle
import random
import subprocess
import sys
import threading
import unittest

import firewall
import objects
import support

SEED = int(os.environ.get("ONGGI_SEED", "13"))
COUNT = int(os.environ.get("ONGGI_COUNT", "3000"))

# Pieces of programs: names, calls, states, and all that touches the memo.
PIECES = [b"cos\nsystem\n", b"\x8c\x02os\x8c\x06system\x93", b"S'true'\n", b"\x85R", b"R", b"\x81", b"b", b"}b", b"(", b"0", b"1", b"2", b"\x94",
          b"q\x00", b"q\x01", b"h\x00", b"h\x01", b"g0\n", b"p1\n", b"r\x02\x00\x00\x00", b"j\x02\x00\x00\x00", b"\x93", b"t", b"l", b"d", b"e", b"a",
          b"s", b"u", b"N", b"]", b"}", b")", b"\x8f", b"\x90", b"(K\x01\x91", b"o", b"ios\nsystem\n", b"Pid\n", b"Q", b"\x82\x01", b"\x97", b"\x98",
          b"\x95\x05\x00\x00\x00\x00\x00\x00\x00", b"\x80\x02", b"\x80\x05", b".", b"cbuiltins\nset\n", b"cbuiltins\ngetattr\n",
          b"ccollections\nOrderedDict\n", b"\x8c\x08builtins\x94\x8c\x04eval\x94\x93", b"C\x10cos\nsystem\n(S''\ntR", b"F1.5\n", b"I01\n", b"Vx\n"]


def evil():
    return firewall.evil_pickles(os.path.join(os.sep, "nonexistent", "evil"))


def mutated(rng, seeds):
    """A pickle with a few changes, or none."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        at = rng.randint(0, len(data))
        change = rng.randint(0, 5)
        if change == 0 and data:
            data[at % len(data)] = rng.getrandbits(8)
        elif change == 1:
            del data[at:at + rng.randint(1, 4)]
        elif change == 2:
            data[at:at] = rng.choice(PIECES)
        elif change == 3:
            data[at:at + rng.randint(0, 9)] = rng.choice(PIECES)
        elif change == 4:
            other = rng.choice(seeds)
            data[at:] = other[rng.randint(0, len(other)):]
        else:
            data[at:at] = data[rng.randint(0, at):at]
    return bytes(data)


def made(rng):
    seeds = [pickle.dumps(objects.random_object(rng, small=True), n % 6) for n in range(120)] + evil()
    for n in range(COUNT):
        if n % 20 == 0:
            yield rng.randbytes(rng.randint(1, 40)) + b"."
        elif n % 20 == 1:
            yield b"".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12))) + b"."
        else:
            yield mutated(rng, seeds)


class TestMutated(firewall.Case):
    def through(self, data, *words):
        """All that comes out behind."""
        server, port = self.listen()
        proxy = self.proxy(port, "--codec", "pickle", "--framing", "u32be", "--on-refuse", "drop", *words)
        front = self.connect(proxy.port)
        behind, _ = server.accept()
        behind.settimeout(support.WAIT)
        self.addCleanup(behind.close)

        def send():
            front.sendall(data)
            front.shutdown(1)
        sender = threading.Thread(target=send)
        sender.start()
        out = support.recv_all(behind)
        sender.join()
        behind.close()
        self.assertEqual(proxy.stop(), 0)
        return out

    def check(self, *words):
        rng = random.Random(SEED)
        out = self.through(b"".join(map(firewall.u32be, made(rng))), *words)
        done = subprocess.run([sys.executable, os.path.join(firewall.HERE, "readers.py")], input=out, stdout=subprocess.PIPE,
                              timeout=support.WAIT, check=False)
        text = done.stdout.decode()
        self.assertEqual(done.returncode, 0, text[-3000:])
        *unlike, last = text.splitlines()
        self.assertEqual(unlike, [])
        self.assertGreater(int(last.split()[1]), COUNT // 20)

    def test_anew(self):
        self.check()

    def test_verbatim(self):
        self.check("--rewrite", "verbatim")


if __name__ == "__main__":
    unittest.main()

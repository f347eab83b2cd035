#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Doubles against repr() and float(): random bits of all exponents, short and long decimals, what lies at and next to the
middle between two doubles. json_tool's path is the first argument; pickles carry the bits. ONGGI_SOAK: 10 million each way."""
import decimal
import math
import os
import pickle
import random
import struct
import subprocess
import sys
import unittest

TOOL = sys.argv.pop(1) if len(sys.argv) > 1 else "build/test/codec/json_tool"
SOAK = bool(os.environ.get("ONGGI_SOAK"))
COUNT = int(os.environ.get("ONGGI_DOUBLES", "10000000" if SOAK else "60000"))
BATCH = 20000
EXACT = decimal.Context(prec=1200, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def ask(flags, data):
    done = subprocess.run([TOOL], input=b"0 %s %d\n" % (flags, len(data)) + data, stdout=subprocess.PIPE, check=True).stdout
    head, _, answer = done.partition(b"\n")
    assert head == b"ok %d" % len(answer), head
    return answer


def random_bits(rng, count):
    """Finite doubles: any bits, which is mostly any exponent; some with few bits, some subnormal."""
    def one():
        kind = rng.randrange(8)
        bits = rng.getrandbits(64)
        if kind == 0:
            bits &= ~((1 << rng.randrange(53)) - 1)
        elif kind == 1:
            bits &= 1 << 63 | (1 << rng.randrange(1, 53)) - 1
        number = struct.unpack("<d", struct.pack("<Q", bits))[0]
        return number if math.isfinite(number) else math.copysign(sys.float_info.max, number)
    return [one() for _ in range(count)]


def digits(rng, count):
    return str(rng.randrange(10 ** (count - 1), 10 ** count))


def short_decimal(rng):
    number = rng.randrange(10 ** rng.randrange(1, 8))
    kind = rng.randrange(3)
    if kind == 0:
        return f"{number // 100}.{number % 100:02}"
    return f"{number}e{rng.randrange(-30, 30)}" if kind == 1 else f"-{number}.{rng.randrange(1000)}E+{rng.randrange(9)}"


def middle_decimal(rng):
    """17 to 25 digits, any exponent: more than a double tells apart."""
    text = digits(rng, rng.randrange(17, 26))
    return f"{text[0]}.{text[1:]}e{rng.randrange(-330, 310)}"


def middle_of(rng):
    """The exact decimal between a double and the next one."""
    low = abs(random_bits(rng, 1)[0])
    high = math.nextafter(low, math.inf)
    if math.isinf(high):
        return EXACT.create_decimal(2**1024 - 2**970)  # where infinity begins
    return EXACT.divide(EXACT.add(decimal.Decimal(low), decimal.Decimal(high)), decimal.Decimal(2))


def near_half(rng):
    """The middle, or one unit off in its last or in a later place, or cut after some digits."""
    middle = middle_of(rng)
    _, figures, exponent = middle.as_tuple()
    text = "".join(map(str, figures))
    kind = rng.randrange(5)
    if kind == 1:
        text, exponent = text + "0" * rng.randrange(30) + "1", None
    elif kind == 2:
        text = str(int(text) - 1)
    elif kind == 3:
        text, exponent = text[:rng.randrange(17, 26)], None
    elif kind == 4:
        text = str(int(text) + 1)
    if exponent is None:  # the first digit keeps its place
        exponent = middle.adjusted() + 1 - len(text)
    return f"{rng.choice(['', '-'])}{text}.0e{exponent}"


def long_decimal(rng):
    before, behind = digits(rng, rng.randrange(1, 400)), digits(rng, rng.randrange(1, 401))
    kind = rng.randrange(3)
    if kind == 0:
        return f"{before}.{behind}"
    if kind == 1:
        return f"0.{'0' * rng.randrange(330)}{before}{behind}"[:802]
    return f"-{before}.{behind}e{rng.randrange(-700, 400)}"


class Doubles(unittest.TestCase):
    def setUp(self):
        self.seed = random.randrange(2**32) if SOAK else 21
        self.rng = random.Random(self.seed)
        print(f"{self.id()}: seed {self.seed}", flush=True)

    def written(self, numbers):
        got = ask(b"k", pickle.dumps(numbers, 4))
        want = ("[" + ",".join(map(repr, numbers)) + "]").encode()
        if got != want:
            for number, ours in zip(numbers, got[1:-1].split(b",")):
                self.assertEqual(ours.decode(), repr(number), (number.hex(), self.seed))
            self.fail("the numbers are right, but not what is between them")

    def read(self, texts):
        numbers = pickle.loads(ask(b"K", ("[" + ",".join(texts) + "]").encode()))
        want = list(map(float, texts))
        if struct.pack(f"<{len(want)}d", *want) != struct.pack(f"<{len(numbers)}d", *numbers):
            for text, ours, theirs in zip(texts, numbers, want):
                self.assertEqual(struct.pack("<d", ours), struct.pack("<d", theirs), (text, self.seed))
        self.assertEqual(len(numbers), len(want))

    def many(self, count, check, make):
        done = 0
        while done < count:
            size = min(BATCH, count - done)
            check(make(size))
            done += size
        print(f"{self.id()}: {done:,} of {make.__name__}", flush=True)

    def test_written(self):
        def bits(size):
            return random_bits(self.rng, size)

        def decimals(size):
            return [round(self.rng.uniform(-1e4, 1e4), self.rng.randrange(7)) for _ in range(size)]

        def whole(size):
            return [float(self.rng.getrandbits(self.rng.randrange(1, 80))) for _ in range(size)]
        for make, share in ((bits, 0.8), (decimals, 0.1), (whole, 0.1)):
            self.many(int(COUNT * share), self.written, make)

    def test_read(self):
        def reprs(size):
            return [text if "e" in text or "." in text else text + ".0" for text in map(repr, random_bits(self.rng, size))]

        def each(one):
            def make(size):
                return [text if "." in text or "e" in text.lower() else text + ".0" for text in (one(self.rng) for _ in range(size))]
            make.__name__ = one.__name__
            return make
        for make, share in ((reprs, 0.5), (each(short_decimal), 0.2), (each(middle_decimal), 0.2), (each(near_half), 0.05),
                            (each(long_decimal), 0.05)):
            self.many(int(COUNT * share), self.read, make)


if __name__ == "__main__":
    unittest.main()

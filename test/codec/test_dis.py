# SPDX-License-Identifier: MIT
"""The listing, line for line as CPython's pickletools prints it: of what picklers write, and of random opcodes."""
import collections
import datetime
import io
import os
import pickle
import pickletools
import random
import subprocess
import sys
import tempfile
import unittest

ONGGI = os.environ.get("ONGGI", "build/onggi")
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "400"))


def theirs(data):
    """Lines, and whether all of it could be listed."""
    out = io.StringIO()
    try:
        pickletools.dis(data, out)
        return out.getvalue(), True
    except Exception:
        return out.getvalue(), False


def ours(files):
    """The same of many files at once, without their headings."""
    done = subprocess.run([ONGGI, "inspect", *files], capture_output=True, timeout=600)
    parts = (done.stdout.decode()).split("==> ")[1:]
    listings = {}
    for part in parts:
        heading, text = part.split(" <==\n", 1)
        listings.setdefault(heading, text)
    return listings


class Listings(unittest.TestCase):
    def compare(self, pickles):
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for number, data in enumerate(pickles + [b"N."]):
                files.append(os.path.join(folder, str(number)))
                with open(files[-1], "wb") as file:
                    file.write(data)
            listings = ours(files)
            for file, data in zip(files, pickles):
                want, whole = theirs(data)
                with self.subTest(data=data[:200]):
                    got = listings[file]
                    if not whole and got.startswith(want):
                        got = want  # theirs ended at an opcode that it cannot read and we can: an argument's text
                    self.assertEqual(got, want)

    def test_what_picklers_write(self):
        shared = [1, 2]
        values = [None, True, 0, -1, 255, 256, 65536, 2 ** 31, -2 ** 31, 2 ** 63, 2 ** 2100, -2 ** 2100, 0.0, -0.0, 1e300, float("inf"),
                  float("nan"), "", "a", "é한글😀", "\n\\'\"\t\x00\x7f", "\ud800", "x" * 300, b"", b"a\x00\xff'\"\\", b"y" * 300,
                  bytearray(b"z"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], list(range(2500)), {}, {"a": 1},
                  {i: str(i) for i in range(1500)}, set(), {1, 2}, frozenset("ab"), [shared, shared], complex(1, 2),
                  collections.OrderedDict(a=1), collections.deque([1]), datetime.datetime(2026, 1, 2, 3, 4), ValueError("x"),
                  range(3), Ellipsis, len, type, [[[[]]]], {"k": ({"a": [1, (2,)]}, [])}]
        cycle = []
        cycle.append((cycle,))
        values.append(cycle)
        pickles = []
        for value in values:
            for protocol in range(6):
                pickles.append(pickle.dumps(value, protocol))
                pickles.append(pickle._dumps(value, protocol))
                pickles.append(pickletools.optimize(pickles[-1]))
        self.compare(pickles)

    def test_by_hand(self):
        pickles = [b".", b"0.", b"N", b"NN.", b"(.", b"(0N.", b"0", b"(N0N.", b"N(NN.", b"(N1N.", b"1N.", b"t.", b"((tt.",
                   b"q\x00N.", b"(q\x00N.", b"Nq\x00q\x00.", b"h\x00.", b"g5\n.", b"Np5\ng5\n0.", b"Np00\ng00\n0.", b"\xff", b"N\xff",
                   b"I00\n.", b"I01\n.", b"I5\n.", b"I-7\n.", b"L5L\n.", b"L5\n.", b"L-123456789012345678901234567890L\n.",
                   b"F1.5\n.", b"F-inf\n.", b"F1e100\n.", b"S'abc'\n.", b'S"a\\x41\\n"\n.', b"Va\\u0041\xe9\n.", b"cos\nsystem\n.",
                   b"(ios\nsystem\n.", b"Pid\n.", b"c\\x6fs\nsystem\n.", b"(ia\\tb\nc'd\n.", b"Pa\\101\n.", b"c\na\n.", b"NQ.", b"\x82\x05.", b"\x83\x05\x01.", b"\x84\x05\x00\x01\x00.", b"\x84\xff\xff\xff\xff.",
                   b"T\x03\x00\x00\x00a\xe9b.", b"U\x02\x00\xff.", b"\x80\x09N.", b"\x95\x00\x00\x00\x00\x00\x00\x00\x00N.",
                   b"\x97.", b"\x97\x98.", b"N2.", b"N20.", b"(cos\nsystem\nNo.", b"]N\x81.", b"NN\x81.", b"NNN\x92.", b"NNb.", b"NNR.",
                   b"X\xff\xff\xff\xff", b"K", b"cos", b"J\xff\xff\xff\xff.", b"M\xff\xff.", b"\x8a\x00.", b"\x8a\x02\xff\xff.",
                   b"\x8b\x01\x00\x00\x00\x80.", b"}(NNu.", b"]NNa.", b"\x8f(N\x90.", b"(N\x91.", b"(NNd.", b"}NNs.", b"(\x85(.",
                   b"N(N\x860.", b"((\x86t.", b"N\x94\x94.", b"Np1\n\x94\x94.", b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff0."]
        self.compare(pickles)

    def test_random_opcodes(self):
        rng = random.Random(7)
        simple = [op for op in pickletools.opcodes if op.arg is None or op.arg.name in ("uint1", "uint2", "int4")]
        pickles = []
        for _ in range(COUNT):
            data = bytearray()
            for _ in range(rng.randrange(1, 30)):
                op = rng.choice(simple)
                if op.name == "STOP":
                    continue
                data += op.code.encode("latin1")
                size = {None: 0, "uint1": 1, "uint2": 2, "int4": 4}[op.arg.name if op.arg else None]
                data += bytes(rng.randrange(4) for _ in range(size))
                if rng.random() < 0.5:
                    data += rng.choice([b"N", b"(", b"]", b"K\x01", b"(N", b"NN"])
            pickles.append(bytes(data + b"."))
        self.compare(pickles)


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 11):
        sys.exit(77)  # other versions print some lines differently
    unittest.main()

# SPDX-License-Identifier: MIT
"""Random programs of opcodes, sane and insane: onggi and CPython's C reader take the same ones, and get the same
values. Only names of harmless things occur, and persistent ids are left out, for Python runs what it reads."""
import pickle
import random
import struct
import unittest

import pickle_peer as peer

TOOL = peer.TOOL
COUNT = peer.COUNT


def counted(op, size, data):
    return op + len(data).to_bytes(size, "little") + data


class Program:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        return self.random.choice([b"", b"a", b"b", b"key", "é".encode(), b"\xed\xa0\x80", b"\xff", b"x" * 20])

    def number(self):
        return self.random.choice([b"0", b"1", b"00", b"01", b"+0", b"-0", b"+1", b" 1", b"1 ", b"12", b"-7", b"010",
                                   b"0x1f", b"0X1F", b"0o17", b"0b11", b"1_0", b"_1", b"1_", b"1__0", b"", b"-",
                                   b"99999999999999999999", b"-99999999999999999999", b"0xfffffffffffffffffffff",
                                   b"089", b"00000000000000000000000000000", b"1\x00", b"\x00", b"1L", b"12L", b"L",
                                   b"-L", b"0_0", b"0x_1", b"0x", b"1.5", b"7\x00x", b"\t3\x0b", b"--1", b"+ 1"])

    def float(self):
        return self.random.choice([b"1.5", b"-0.0", b"1", b".5", b"5.", b"1e5", b"1.e5", b".", b"", b"inf", b"-inf",
                                   b"nan", b"+nan", b"Infinity", b"1e400", b"1e-400", b" 1", b"1 ", b"0x1p3", b"1_0",
                                   b"1.5\x00", b"0..0", b"1.5.", b"2x", b"e5", b"1e", b"1e+", b"infinit", b"NaN", b"12345678901234567890.5"])

    def index(self):
        return self.random.choice([b"0", b"1", b"2", b"3", b"300", b"100000", b"-1", b" 1", b"01", b"1_0", b"x", b""])

    def quoted(self):
        return self.random.choice([b"'a'", b'"b"', b"'", b"''", b"a", b"'a\"", b"'\\x41'", b"'\\101'", b"'\\q'", b"'\\'",
                                   b"'\\n\\t\\\\'", b"'\\x4'", b"'\\400'", b"'\\8'", b"' a '", b"'a' ", b"'\\\"'", b"'a'b'"])

    def unicode(self):
        return self.random.choice([b"", b"a", b"\\u0041", b"\\U0001f600", b"\\ud83d", b"\\\\u0041", b"\\x", b"\\u004",
                                   b"\\U00110000", b"\xe9", b"\\", b"\\\\", b"\\\\\\u0041", b"a\\u005cu"])

    def name(self):
        return self.random.choice([b"builtins\nset\n", b"__builtin__\nset\n", b"builtins\nlist\n", b"builtins\nbytearray\n",
                                   b"builtins\ncomplex\n", b"_codecs\nencode\n", b"builtins\nfrozenset\n",
                                   b"builtins\ntuple\n", b"builtins\ndict\n", b"builtins\nbytes\n", b"\nset\n",
                                   b"builtins\n\n", b"collections\nOrderedDict\n", b"pickle_peer\nPlain\n"])

    def opcode(self):
        r = self.random
        pick = r.randrange(100)
        if pick < 12:
            return r.choice([b"N", b"\x88", b"\x89", b"K" + r.randbytes(1), b"M" + r.randbytes(2), b"J" + r.randbytes(4)])
        if pick < 20:
            return b"("
        if pick < 28:
            return r.choice([b"]", b"}", b")", b"\x8f"])
        if pick < 36:
            return r.choice([b"\x94", b"q\x00", b"q\x01", b"r\x02\x00\x00\x00", b"r\x00\x00\x01\x00", b"p" + self.index() + b"\n"])
        if pick < 46:
            return r.choice([b"h\x00", b"h\x01", b"j\x02\x00\x00\x00", b"j\x00\x00\x01\x00", b"g" + self.index() + b"\n", b"h\x03"])
        if pick < 56:
            return r.choice([b"a", b"e", b"s", b"u", b"\x90", b"l", b"d", b"\x91"])
        if pick < 66:
            return r.choice([b"\x85", b"\x86", b"\x87", b"t"])
        if pick < 72:
            return r.choice([b"0", b"1", b"2", b"0"])
        if pick < 78:
            return r.choice([counted(b"\x8c", 1, self.text()), counted(b"X", 4, self.text()), counted(b"\x8d", 8, self.text()),
                             counted(b"U", 1, self.text()), counted(b"T", 4, self.text()), counted(b"C", 1, self.text()),
                             counted(b"B", 4, self.text()), counted(b"\x8e", 8, self.text()), counted(b"\x96", 8, self.text())])
        if pick < 82:
            return counted(b"\x8a", 1, r.randbytes(r.randrange(12))) if r.random() < .5 else counted(b"\x8b", 4, r.randbytes(r.randrange(12)))
        if pick < 85:
            return r.choice([b"I", b"L"]) + self.number() + b"\n"
        if pick < 87:
            return b"F" + self.float() + b"\n"
        if pick < 88:
            return b"G" + struct.pack(">d", r.random())
        if pick < 90:
            return b"S" + self.quoted() + b"\n"
        if pick < 92:
            return b"V" + self.unicode() + b"\n"
        if pick < 94:
            return b"c" + self.name()
        if pick < 96:
            return r.choice([b"R", b"b"])
        if pick < 97:
            return r.choice([b"\x80" + bytes([r.randrange(7)]), b"\x95" + r.choice([0, 1, 3, 1000]).to_bytes(8, "little")])
        if pick < 98:
            return b"\x8c\x08builtins\x8c\x03set\x93"
        if pick < 99:
            return r.choice([b"\x97", b"\x98", b"\x81"])
        return r.randbytes(1)

    def bytes(self):
        body = b"".join(self.opcode() for _ in range(self.random.randrange(1, 24)))
        return body + (b"." if self.random.random() < 0.95 else b"")


class Opcodes(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, seed, data):
        try:
            data = data[:self.tool.scan(data)]
        except peer.Refused:
            pass
        value = refusal = None
        try:
            value = pickle.loads(data)
        except Exception as error:
            refusal = error
        try:
            written = self.tool.rewrite(data, seed % 6)
        except peer.Refused as error:
            if refusal is None:
                self.fail(f"seed {seed}: Python reads {value!r:.100}, onggi says {error}\n{data!r}")
            return 0
        if refusal is not None:
            if any(op in data for op in b"cPQio\x82\x83\x84\x93\x97"):
                return 0  # what a name stands for is not onggi's to judge: it is inert
            self.fail(f"seed {seed}: Python says {refusal!r}, onggi wrote {written!r}\n{data!r}")
        different = peer.same(value, pickle.loads(written))
        self.assertIsNone(different, f"seed {seed}\n{data!r}\n{written!r}")
        return 1

    def test_programs(self):
        read = sum(self.check(seed, Program(seed).bytes()) for seed in range(COUNT * 20))
        self.assertGreater(read, COUNT // 2)


if __name__ == "__main__":
    unittest.main()

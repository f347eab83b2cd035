# SPDX-License-Identifier: MIT
"""The str of Python 2 (STRING, BINSTRING, SHORT_BINSTRING) under each encoding that pickle.loads may be given: the same value, or
refused by both; as a value, a key, an attribute, an argument, a date's bytes and a name. Strings are random, and written as
Python 2's repr wrote them and as it did not."""
import pickle
import random
import struct
import unittest

import pickle_peer as peer

TOOL = peer.TOOL
COUNT = peer.COUNT

PIECES = [b"a", b"key", b"'", b'"', b"\\", b"\n", b"\r", b"\t", b"\x00", b"\x7f", b"\x80", b"\xff", b"\xc3\xa9", "한".encode(), b"\xed\xa0\x80",
          b"\xc3", b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b" ", b"%s", b"\\x41", b"\\u0041", b"\x1b"]
ESCAPES = [b"\\n", b"\\'", b'\\"', b"\\\\", b"\\x41", b"\\xe9", b"\\xc3\\xa9", b"\\0", b"\\101", b"\\377", b"\\400", b"\\8", b"\\q", b"\\x4",
           b"\\xg1", b"\\a", b"\\b", b"\\f", b"\\v", b"\\r", b"\\t", b"\\u0041", b"\\N{DASH}", b"\\"]


class Strings:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def bytes(self):
        r = self.random
        if r.random() < 0.3:
            return r.randbytes(r.randrange(6))
        return b"".join(r.choice(PIECES) for _ in range(r.randrange(5)))

    def as_repr(self):
        """What Python 2's repr gives."""
        return repr(self.bytes())[1:].encode("ascii")

    def by_hand(self):
        """What somebody may write between quotes."""
        r = self.random
        quote = r.choice([b"'", b'"'])
        body = b"".join(r.choice(PIECES + ESCAPES) for _ in range(r.randrange(4))).replace(b"\n", b"")
        return r.choice([quote, quote, quote, b"", b" " + quote]) + body + r.choice([quote, quote, quote, b"", quote + b" "])

    def opcode(self):
        pick = self.random.randrange(4)
        if pick == 0:
            return b"S" + self.as_repr() + b"\n"
        if pick == 1:
            return b"S" + self.by_hand() + b"\n"
        data = self.bytes()
        return b"U" + bytes([len(data)]) + data if pick == 2 else b"T" + struct.pack("<i", len(data)) + data

    def program(self):
        one, two = self.opcode(), self.opcode()
        forms = [one, b"](" + one + two + b"e", b"}" + one + two + b"s", b"(" + one + b"p0\ng0\nt", b"(" + one + two + b"d",
                 b"cpickle_peer\nPlain\n)\x81}" + one + two + b"sb", b"(ipickle_peer\nPlain\np1\n(d" + one + two + b"sb",
                 b"cpickle_peer\nNewArgs\n" + one + b"\x85\x81", b"cbuiltins\nbytearray\n" + one + b"\x85R",
                 b"c__builtin__\nset\n](" + one + two + b"e\x85R", b"\x80\x04" + one + two + b"\x93",
                 b"cdatetime\ndate\n" + one + b"\x85R", b"cdatetime\ndate\nU\x04\x07\xe8\x01\x02\x85R", b"ccodecs\nencode\n" + one + two + b"\x86R"]
        return self.random.choice(forms) + b"."


class Encoding(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, data, encoding, by_text=False):
        """Whether both took it; then with equal results."""
        try:
            want = pickle.loads(data, encoding=encoding)
        except Exception as error:
            want = error
        try:
            written = self.tool.rewrite(data, 4, by_text, encoding)
        except peer.Refused as refused:
            self.assertIsInstance(want, Exception, (data, encoding, refused))
            return False
        try:
            got = pickle.loads(written)
        except Exception as error:
            self.assertIsInstance(want, Exception, (data, encoding, written, error))
            return False
        self.assertNotIsInstance(want, Exception, (data, encoding, written))
        self.assertIsNone(peer.same(want, got), (data, encoding, written))
        return True

    def test_random(self):
        taken = 0
        for seed in range(COUNT):
            data = Strings(seed).program()
            for encoding in peer.ENCODINGS:
                taken += self.check(data, encoding, seed % 2 == 0)
        self.assertGreater(taken, COUNT)

    def test_every_byte(self):
        for encoding in peer.ENCODINGS:
            for byte in range(256):
                for data in b"U\x01" + bytes([byte]), b"S" + repr(bytes([byte]))[1:].encode() + b"\n", b"S'\\x%02x'\n" % byte, b"S'\\%03o'\n" % byte:
                    self.assertEqual(self.check(data + b".", encoding), byte < 128 or encoding in ("latin1", "bytes"), (data, encoding))

    def test_dates_of_python_2(self):
        for data in (b"cdatetime\ndatetime\nU\x0a\x07\xe8\x02\x1d\x01\x02\x03\x00\x00\x04\x85R.",
                     b"cdatetime\ndatetime\np0\n(S'\\x07\\xe8\\x02\\x1d\\x01\\x02\\x03\\x00\\x00\\x04'\np1\ntp2\nRp3\n.",
                     b"cdatetime\ntime\nU\x06\x01\x02\x03\x00\x00\x04\x85R.", b"cdatetime\ndate\nU\x04\x07\xe8\x02\x1d\x85R."):
            self.assertTrue(self.check(b"\x80\x02" + data, "latin1"))
            self.assertTrue(self.check(b"\x80\x02" + data, "bytes"))
            self.assertEqual(self.check(b"\x80\x02" + data, "ASCII"), b"\ntime\nU" in data)  # a year has byte 0xe8


if __name__ == "__main__":
    unittest.main(warnings="ignore")

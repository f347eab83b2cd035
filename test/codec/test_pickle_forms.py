# SPDX-License-Identifier: MIT
"""The canonical form: one for all spellings of a value. Strict reading: refuses what Python's readers disagree about.
Codes of EXT by a registry. Cycles through calls, which were once written for ever."""
import io
import os
import pickle
import pickletools
import re
import unittest

import pickle_peer as peer

TOOL = peer.TOOL

# Pickles of the same value, spelled differently.
SPELLINGS = [
    [b"K\x01.", b"I1\n.", b"J\x01\x00\x00\x00.", b"M\x01\x00.", b"L1L\n.", b"\x8a\x01\x01.", b"\x8b\x02\x00\x00\x00\x01\x00.",
     b"N0K\x01.", b"K\x012 0.".replace(b" ", b""), b"\x80\x04K\x01q\x05."],
    [b"]N\x88e.".replace(b"]", b"](", 1), b"(N\x88l.", b"]NaI01\na.", b"](N\x88ep7\n.", b"(lp0\nNa\x88a."],
    [b"(K\x01K\x02t.", b"K\x01K\x02\x86.", b"cbuiltins\ntuple\n(K\x01K\x02l\x85R."],
    [b"C\x01a.", b"B\x01\x00\x00\x00a.", b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x06\x00\x00\x00latin1tR."],
    [b"c__builtin__\nset\n(K\x01lp0\n\x85R.", b"\x8f(K\x01\x90.", b"cbuiltins\nset\n(K\x01\x85tR."],
    [b"\x80\x04\x8c\x0bcollections\x8c\x0bOrderedDict\x93.", b"\x80\x04ccollections\nOrderedDict\n.", b"\x82\xc8."],
]

# What strict reading refuses, and reading otherwise takes.
DISAGREE = [b"I010\n.", b"I+0\n.", b"I-0\n.", b"I 1\n.", b"I1\x00\n.", b"L1\x00L\n.", b"L0x1F\n.", b"F1.5\x00\n.",
            b"N(e.", b"N(u.", b"N(\x90.", b"NN.", b"(N.", b"Np0\np0\n.", b"Np 1\n.", b"N\x80\x02.",
            b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00K\x01.", b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00M\x01\x02.", b"ca\x00b\nc\n.", b"ca\n.b\n.", b"}(e.", b"](\x90.",
            b"cm\xc3\xa9\nb\n.", b"(im\nb\\\n.", b"Pa\\x\n.", b"\x80\x04\x8c\x01m\x8c\x02a \x93."]

# Refused strictly although Python's readers agree: what no pickler writes, and what would leave tools room for mistakes.
REFUSED_ALL_THE_SAME = [b"N(u.", b"Np 1\n.", b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00K\x01.", b"N\x80\x02.", b"ca\n.b\n.", b"\x80\x04\x8c\x01m\x8c\x02a \x93."]
AGREE = [b"I0\n.", b"I00\n.", b"I01\n.", b"I-7\n.", b"L-7L\n.", b"F-1.5e3\n.", b"](e.", b"}(u.", b"Np0\n.", b"\x80\x04N.",
         b"ccollections\nOrderedDict\n."]


def outcome(load, data):
    try:
        value = load(data)
        return type(value).__name__, repr(value)
    except Exception:
        return "refused"


def by_pickletools(data):
    pickletools.dis(data, out=io.StringIO())


class Recorder(pickle._Unpickler):
    """Looks nothing up."""
    find_class = staticmethod(lambda module, name: (module, name))
    persistent_load = staticmethod(lambda pid: ("id", pid))


class CRecorder(pickle.Unpickler):
    find_class = staticmethod(lambda module, name: (module, name))

    def persistent_load(self, pid):
        return "id", pid


def shown(data):
    """The arguments that pickletools gives the last opcodes, or that it gives up."""
    out = io.StringIO()
    try:
        pickletools.dis(data, out=out)
    except Exception:
        return "refused"
    return [arg for _, arg, _ in pickletools.genops(data)]


def agree(data):
    """Whether all readers take the same from a pickle: value, names, or number."""
    c = outcome(lambda d: CRecorder(io.BufferedReader(io.BytesIO(d))).load(), data)
    python = outcome(lambda d: Recorder(io.BytesIO(d)).load(), data)
    seen = shown(data)
    if c != python or seen == "refused":
        return False
    if data[:1] in b"ILF":  # the listing shows the number itself
        return repr(seen[0]) == c[1]
    return data[:1] not in b"cPi" or all(part in str(seen) for part in re.findall("'(.*?)'", c[1].replace("\\x00", "\0")))


class Forms(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def test_canonical_is_one(self):
        for spellings in SPELLINGS:
            self.assertEqual(len({self.tool.canonical(data) for data in spellings}), 1, spellings)

    def test_canonical_is_one_for_all_protocols(self):
        value = {"text" * 30: ["text" * 30, 2**70, (1, 2.5, None)], b"bytes": {frozenset((1,)): bytearray(b"x")}, "c": 1j}
        value["self"] = value
        forms = {self.tool.canonical(dumps(value, protocol)) for protocol in range(6) for dumps in (pickle.dumps, pickle._dumps)}
        self.assertEqual(len(forms), 1)
        self.assertIsNone(peer.same(value, pickle.loads(forms.pop())))

    def test_strict(self):
        for data in DISAGREE:
            with self.subTest(data=data):
                self.tool.rewrite(data, 4)
                with self.assertRaisesRegex(peer.Refused, "OG_EPOLICY .* take for different"):
                    self.tool.rewrite(data, 4, strict=True)
        for data in AGREE:
            with self.subTest(data=data):
                self.tool.rewrite(data, 4, strict=True)
                by_pickletools(data)
                self.assertEqual(outcome(pickle.loads, data), outcome(pickle._loads, data))

    def test_what_is_refused_strictly_does_differ(self):
        for data in DISAGREE:
            with self.subTest(data=data):
                self.assertEqual(agree(data), data in REFUSED_ALL_THE_SAME)
        for data in AGREE:
            with self.subTest(data=data):
                self.assertTrue(agree(data))

    def test_frames_hold_whole_opcodes(self):
        """Strictly, a frame ends between two opcodes, however long the pickle is and whatever is read at once; then all read it."""
        value = [{"name": f"service number {i}", "numbers": [i / 3, i * 1000, -1], "blob": b"x" * 40, "at": (i, None)} for i in range(12)]
        data = pickle.dumps(value, 4)
        start = 11  # after PROTO and FRAME
        between = {position for _, _, position in pickletools.genops(data)}
        for end in range(start, len(data) + 1):
            cut = data[:3] + (end - start).to_bytes(8, "little") + data[start:]
            if end in between or end == len(data):
                self.assertEqual(self.tool.rewrite(cut, 4, strict=True), self.tool.rewrite(data, 4), end)
                self.assertEqual(pickle._loads(cut), value)
                self.assertEqual(pickle.Unpickler(io.BytesIO(cut)).load(), value)
            else:
                with self.assertRaisesRegex(peer.Refused, "beyond the end of its frame", msg=end):
                    self.tool.rewrite(cut, 4, strict=True)
                self.tool.rewrite(cut, 4)

    def test_extensions(self):
        self.assertEqual(pickle.loads(self.tool.rewrite(b"\x82\xc8)R.", 4)), {})
        self.assertIn(b"\x83\x41\x9c", self.tool.rewrite(b"\x83\x41\x9c.", 4))  # not registered: inert

    def test_cycles_end(self):
        data = (b"ccopy_reg\n_reconstructor\np0\n(cpickle_peer\nMyList\np1\nc__builtin__\nlist\np2\n(lp3\nI1\na((lp4\nVa\n"
                b"p5\nag0\n(g1\ng2\n(lp6\nI1\na(g4\ntp7\nag5\natp8\nRp9\na(g9\ntp10\na00g7\nag5\natp11\nR0g9\n.")
        for by_text in (False, True):
            for protocol in range(6):
                self.assertLess(len(self.tool.rewrite(data, protocol, by_text)), 1000)
        self.assertLess(len(self.tool.canonical(data)), 1000)


if __name__ == "__main__":
    unittest.main()

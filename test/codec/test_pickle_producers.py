# SPDX-License-Identifier: MIT
"""What other programs than today's CPython write: cloudpickle, dill, joblib, zodbpickle, pandas, torch and scikit-learn (the files
of tools/make-producers), and Python 2 (by hand). None of their packages is needed: an unpickler that only notes what it is asked
to make reads the original and what onggi wrote back, and the notes must be the same."""
import _compat_pickle
import _codecs
import glob
import io
import os
import pickle
import struct
import unittest

import pickle_peer as peer

import app  # noqa: F401: named by pickles

TOOL = peer.TOOL
DATA = os.path.join(os.environ.get("ONGGI_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..")), "test", "data", "pickle")

REAL = {("builtins", n): getattr(__import__("builtins"), n) for n in ("set", "frozenset", "bytearray", "bytes", "list", "complex")}
REAL["_codecs", "encode"] = _codecs.encode


class Noted:
    """A class, function or object that was asked for; `notes` says how it was made and what was done to it."""

    def __init__(self, *notes):
        self.notes = list(notes)

    def __hash__(self):
        return 5

    def append(self, item):
        self.notes.append(("append", item))

    def __setitem__(self, key, value):
        self.notes.append(("set", key, value))


class Persistent(Noted):
    pass


class Notes(pickle._Unpickler):
    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = {}

    def find_class(self, module, name):
        if self.proto < 3:
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name))
        return REAL.get((module, name)) or self.named(module, name)

    def named(self, module, name):
        return self.names.setdefault((module, name), Noted("name", module, name))

    def persistent_load(self, pid):
        return Persistent("persistent", pid)

    def made(self, how, callee, args, *more):
        out = Noted(how, callee, args, *more)
        for arg in args:
            if isinstance(arg, Noted) and arg.notes[0] not in ("name", "persistent"):
                arg.notes.append(("given to", callee))  # a call may change what it is given
        return out

    def load_reduce(self):
        args, func = self.stack.pop(), self.stack.pop()
        if not isinstance(func, Noted):
            self.stack.append(func(*args))
        elif func.notes[1:] == ["copyreg", "_reconstructor"] and args[2] is None and args[1].notes[1:] == ["builtins", "object"]:
            self.stack.append(Noted("bare", args[0]))
        elif func.notes[1:] == ["builtins", "getattr"] and len(args) == 2 and args[0].notes[0] == "name":
            self.stack.append(self.named(args[0].notes[1], args[0].notes[2] + "." + args[1]))
        elif func.notes[1:] == ["copyreg", "__newobj__"]:
            self.stack.append(self.made("new", args[0], args[1:]))
        else:
            self.stack.append(self.made("call", func, args))

    def load_newobj(self):
        args, cls = self.stack.pop(), self.stack.pop()
        self.stack.append(self.made("new", cls, args))

    def load_build(self):
        state = self.stack.pop()
        self.stack[-1].notes.append(("state", state))

    def load_old(self):
        args = self.pop_mark()
        self.stack.append(self.made("old", args[0], tuple(args[1:])))

    def load_inst(self):
        module, name = (self.readline()[:-1].decode("utf-8") for _ in "mn")
        args = tuple(self.pop_mark())
        self.stack.append(self.made("old", self.find_class(module, name), args))

    for code, function in (pickle.REDUCE, load_reduce), (pickle.NEWOBJ, load_newobj), (pickle.BUILD, load_build), (pickle.OBJ, load_old), \
            (pickle.INST, load_inst):
        dispatch[code[0]] = function


class Canonical(pickle._Pickler):
    def memoize(self, obj):
        if not isinstance(obj, (str, bytes)) and id(obj) not in self.memo:
            super().memoize(obj)


def notes_of(data, encoding="ASCII"):
    """All that has to be made, in one byte string; and where the pickle ends."""
    source, out = io.BytesIO(data), io.BytesIO()
    value = Notes(source, encoding=encoding).load()
    Canonical(out, 4).dump(value)
    return out.getvalue(), source.tell()


# By hand, as Python 2's pickle and cPickle wrote them; app stands for the module of the sender.
PYTHON_2 = [
    b"(iapp\nEmpty\np0\n(dp1\nS'x'\np2\nI1\nsb.",
    b"(capp\nEmpty\noq\x00}q\x01U\x01xq\x02K\x01sb.",
    b"ccopy_reg\n_reconstructor\np0\n(capp\nEmpty\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n(dp5\nS'x'\np6\n(lp7\nI1\naI2\nasb.",
    b"\x80\x02capp\nEmpty\nq\x00)\x81q\x01}q\x02(U\x01xq\x03]q\x04(K\x01K\x02eU\x01yq\x05G?\xf8\x00\x00\x00\x00\x00\x00ub.",
    b"Vcaf\xe9 \\u005cu \\U0001f600 \\ud83d\\ude00\np0\n.",
    b"\x80\x02X\x06\x00\x00\x00\xed\xa0\xbd\xed\xb8\x80q\x00.",
    b"L123456789012345678901234567890L\n.", b"L-1L\n.", b"I2147483648\n.", b"I01\n.", b"I00\n.", b"F1e+100\n.", b"F0.10000000000000001\n.",
    b"c__builtin__\nset\np0\n((lp1\nI1\naI2\natp2\nRp3\n.", b"\x80\x02c__builtin__\nset\nq\x00]q\x01(K\x01K\x02e\x85q\x02Rq\x03.",
    b"c__builtin__\nfrozenset\np0\n((lp1\nS'a'\np2\natp3\nRp4\n.",
    b"cexceptions\nValueError\np0\n(S'bad'\np1\ntp2\nRp3\n.", b"cexceptions\nStandardError\np0\n(tRp1\n.",
    b"c__builtin__\nunicode\np0\n.", b"c__builtin__\nlong\n.", b"c__builtin__\nxrange\np0\n(I0\nI10\nI3\ntp1\nRp2\n.", b"c__builtin__\nbytearray\n(Vab\nS'latin-1'\ntR.",
    b"ccollections\nOrderedDict\np0\n((lp1\n(lp2\nS'a'\np3\naI1\naa(lp4\nS'b'\np5\naI2\naatp6\nRp7\n.",
    b"ccollections\ndefaultdict\np0\n(c__builtin__\nlist\np1\ntp2\nRp3\nS'a'\n(lp4\nI1\nas.",
    b"cdecimal\nDecimal\np0\n(S'1.50'\np1\ntp2\nRp3\n.", b"cfractions\nFraction\np0\n(S'3/4'\ntR.", b"c__builtin__\ncomplex\np0\n(F1.0\nF2.0\ntp1\nRp2\n.",
    b"cUserDict\nUserDict\n.", b"ccStringIO\nStringIO\n.", b"cQueue\nQueue\n.", b"curllib2\nURLError\n.", b"ccopy_reg\n__newobj__\n.",
    b"(dp0\nS'it\\'s \"quoted\" \\\\ \\x00\\n\\t'\np1\nNs.", b"(lp0\n(dp1\nS'a'\np2\nI1\nsa(dp3\ng2\nI2\nsa.",
    b"\x80\x02(K\x00M\x00\x01J\x00\x00\x01\x00J\xff\xff\xff\xff\x8a\x05\x00\x00\x00\x80\x00U\x03abcNI01\nt.",
]


class Producers(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, data, encoding="ASCII", refused_to=()):
        want, end = notes_of(data, encoding)
        self.assertEqual(self.tool.scan(data), end)
        for protocol in range(6):
            for by_text in (False, True):
                try:
                    written = self.tool.rewrite(data[:end], protocol, by_text, encoding)
                except peer.Refused as refused:
                    self.assertIn(protocol, refused_to, refused)
                    continue
                self.assertNotIn(protocol, refused_to)
                self.assertEqual(notes_of(written)[0], want, (protocol, by_text, data, written))
        return data[end:]

    def test_files(self):
        names = sorted(glob.glob(os.path.join(DATA, "*.pkl")))
        self.assertGreater(len(names), 30)
        for name in names:
            with self.subTest(os.path.basename(name)), open(name, "rb") as file:
                data = file.read()
                if "joblib" in name:
                    continue
                # dill asks for __main__ of Python 2's builtins in every protocol: to Python 2 that would be another name
                dill = "dill-" in name and (b"__builtin__" in data) and data[:2] == b"\x80\x04"
                rest = self.check(data, refused_to=(0, 1, 2) if dill else ())
                while rest:
                    rest = self.check(rest)

    def test_joblib_is_named(self):
        with open(os.path.join(DATA, "joblib-array.pkl"), "rb") as file:
            with self.assertRaisesRegex(peer.Refused, "joblib"):
                self.tool.rewrite(file.read(), 4)

    def test_what_is_no_pickle_is_named(self):
        for name, word in ("joblib-array.gzip", "gzip"), ("joblib-array.zlib", "zlib"):
            with open(os.path.join(DATA, name), "rb") as file:
                data = file.read()
            with self.assertRaisesRegex(peer.Refused, f"not a pickle but {word}"):
                self.tool.rewrite(data, 4)
            with self.assertRaisesRegex(peer.Refused, f"not a pickle but {word}"):
                self.tool.scan(data)
        for data, word in (b'{"a": 1}', "perhaps JSON"), (b"[1]", "perhaps JSON"), (b"7z\xbc\xaf", "7z"), (b"\xfd7zXZ\0", "xz"), (b"PK\3\4\n\x14\0\0", "zip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x89HDF", "HDF5"), (b"", "ends"), (b"7", "damaged"):
            with self.assertRaisesRegex(peer.Refused, word):
                self.tool.rewrite(data, 4)

    def test_legacy_torch(self):
        """Five pickles, then the storages' bytes."""
        with open(os.path.join(DATA, "torch-legacy.pt"), "rb") as file:
            data = file.read()
        for _ in range(5):
            data = self.check(data)
        self.assertEqual(data, struct.pack("<q3f", 3, 1, 2, 3))

    def test_python_2(self):
        for data in PYTHON_2:
            with self.subTest(data=data):
                self.check(data)
                want = pickle.loads(data)
                for protocol in range(6):
                    got = pickle.loads(self.tool.rewrite(data, protocol))
                    self.assertEqual(type(got), type(want))
                    self.assertEqual(repr(getattr(got, "__dict__", got)), repr(getattr(want, "__dict__", want)))

    def test_one_pickler_for_several(self):
        """Pickles of one Pickler share its memo: the second cannot be read alone."""
        out = io.BytesIO()
        pickler = pickle.Pickler(out, 4)
        name = "shared"
        pickler.dump([name])
        end = out.tell()
        pickler.dump([name])
        self.check(out.getvalue()[:end])
        with self.assertRaisesRegex(peer.Refused, "nothing was stored in the memo"):
            self.tool.rewrite(out.getvalue()[end:], 4)


if __name__ == "__main__":
    unittest.main()

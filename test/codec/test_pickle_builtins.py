# SPDX-License-Identifier: MIT
"""The built-in policies: what Python, numpy, PyTorch and pandas write is allowed, and what only looks like it is not."""
import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import pickle
import pickletools
import unittest
import zoneinfo

import numpy

import pickle_peer as peer

try:
    import pandas
except ImportError:
    pandas = None  # its names are tried where it is installed

EVIL = b"cos\nsystem\n(S'echo PWNED'\ntR."
PROTO2 = b"\x80\x02"


class Call:
    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return self.parts


def body(value):
    """The opcodes of a value, without the memo, which would clash with that of others."""
    return pickletools.optimize(pickle.dumps(value, 2))[2:-1]


def dtype(text, state=None, copy=True):
    call = b"cnumpy\ndtype\nX" + len(text).to_bytes(4, "little") + text + b"\x89" + (b"\x88" if copy else b"\x89") + b"\x87R"
    return call + (state + b"b" if state is not None else b"")


def dtype_state(order="<", size=-1, flags=0, alignment=-1, version=3, metadata=()):
    return body((version, order, None, None, None, size, alignment, flags, *metadata))


def arrays(base, shape, size, flags=0, alignment=8):
    """The state of a type whose items are arrays."""
    return (b"(" + body(3) + body("|") + base + body(shape) + b"\x86NN" + body(size) + body(alignment) + body(flags) + b"t")


def structure(field, offset, size, flags=16, alignment=1):
    """The state of a type with one field."""
    return (b"(" + body(3) + body("|") + b"N" + body(("a",)) + b"}" + body("a") + field + body(offset) + b"\x86s" + body(size) +
            body(alignment) + body(flags) + b"t")


def titled(key):
    """The state of a type with one field that has a title, by which it is in the dict; by which its field says is another matter."""
    field = FLOATS + body(0) + body("a title") + b"\x87"
    return (b"(" + body(3) + body("|") + b"N" + body(("a",)) + b"}" + body("a") + field + b"q\x07s" + body(key) + b"h\x07s" + body(8) + body(1) +
            body(16) + b"t")


def from_buffer(kind, data, shape):
    return PROTO2 + b"cnumpy.core.numeric\n_frombuffer\n(" + body(data) + kind + body(shape) + body("C") + b"tR."


def tensor(storage, hooks=b"ccollections\nOrderedDict\n)R"):
    return PROTO2 + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + body((2, 3)) + body((3, 1)) + b"\x89" + hooks + b"tR."


STORAGE = b"(" + body("storage") + b"ctorch\nFloatStorage\n" + body("0") + body("cpu") + b"K\x06tQ"
OBJECTS = dtype(b"O8", dtype_state("|", flags=63))
FLOATS = dtype(b"f8", dtype_state())


class Builtins(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(peer.TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def allowed(self, policy, name, data):
        result = self.tool.check(data, policy=policy)
        self.assertEqual(result[1], "harmless", f"{name}: {result[3]}")

    def refused(self, policy, name, data):
        self.assertEqual(self.tool.check(data, policy=policy)[1], "not harmless", name)

    def test_plain_data(self):
        values = {
            "a datetime in a zone": datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")),
            "arrays": [array.array("d", [1, 2]), array.array("b"), array.array("u", "ab")],
            "addresses": [ipaddress.ip_address("1.2.3.4"), ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"),
                          ipaddress.ip_interface("::1/64"), ipaddress.ip_interface("1.2.3.4/8")],
            "numbers": [fractions.Fraction(1, 3), decimal.Decimal("1e9"), 1j, 2**100],
            "bytes": [bytearray(b"xyz"), b"\xff\x00", b""],
            "collections": [{1, 2}, frozenset("ab"), collections.deque([1, 2], 3), collections.Counter("abc"), collections.OrderedDict(a=1),
                            collections.defaultdict(list, {"a": [1]})],
            "others": [range(10**12), slice(1, 2), datetime.timedelta(1)],
        }
        for name, value in values.items():
            for protocol in range(6):
                self.allowed("plain-data", f"{name}, protocol {protocol}", pickle.dumps(value, protocol))

    def test_calls_that_are_too_much(self):
        calls = {
            "a bytearray of a terabyte": (bytearray, (10**12,)),
            "bytes of a terabyte": (bytes, (10**12,)),
            "a list of a range": (list, (range(10**12),)),
            "a deque of a range": (collections.deque, (range(10**12),)),
            "a list of a network": (list, (ipaddress.ip_network("0.0.0.0/0"),)),
            "an array of a range": (array.array, ("d", range(10**12))),
            "a fraction with an exponent": (fractions.Fraction, ("1e999999999",)),
            "an int of a decimal": (int, (decimal.Decimal("1e999999999"),)),
            "a str of a container": (str, ([[]],)),
            "a str by another codec": (str, (b"a", "rot13")),
            "getattr of a method": (getattr, (object, "__subclasses__")),
            "getattr of an object": (getattr, (datetime.timedelta(1), "days")),
            "getattr as an argument": (collections.defaultdict, (getattr,)),
        }
        for name, parts in calls.items():
            for protocol in (0, 2, 4):
                self.refused("plain-data", name, pickle.dumps(Call(*parts), protocol))
        self.refused("plain-data", "a base class", b"ccopyreg\n_reconstructor\n(cbuiltins\nlist\ncbuiltins\nbytearray\nI999999999999\ntR.")
        self.refused("plain-data", "an attribute that is called as append",
                     b"ccollections\nOrderedDict\n(tR(dVappend\ncbuiltins\nbytearray\nsbI5\na.")

    def test_nesting(self):
        data = pickle.dumps(1)
        for depth in range(3):
            data = pickle.dumps(data)
        self.allowed("plain-data", "three deep", data)
        data = EVIL
        for depth in range(4):
            data = pickle.dumps(data)
            self.refused("plain-data", f"{depth + 1} deep", data)

    def test_numpy_data(self):
        values = [numpy.arange(6.0).reshape(2, 3), numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)), numpy.array(["ab", "c"]), numpy.array([b"ab"]),
                  numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]), numpy.zeros(2, dtype=[("a", [("x", "i4"), ("y", "S3")])]),
                  numpy.array(["2024-01-01"], "M8[D]"), numpy.array([True]), numpy.array([1, "a", None], dtype=object), numpy.float64(3),
                  numpy.datetime64("2024-01-01"), numpy.zeros(3, complex), numpy.zeros((0, 3)), numpy.int8(3), numpy.zeros(2, "f2"), numpy.zeros(2, ">i4"),
                  numpy.dtype("f8"), numpy.zeros(2, dtype=numpy.dtype([("a", "i1"), ("b", "f8")], align=True)), numpy.zeros((2, 3, 4)).transpose(1, 0, 2),
                  numpy.str_("abc"), numpy.void(b"abc"), numpy.zeros(2, "g"), numpy.array(["ab"], ">U2"), numpy.zeros(1, "S0"),
                  numpy.zeros(1, [("a", [("b", "M8[s]"), ("c", "U2")])]), numpy.dtype([("a", "U2"), ("b", "i1")], align=True), numpy.dtype([]),
                  numpy.dtype("f8", metadata={"unit": "m"}), numpy.timedelta64(5, "25s"),
                  numpy.dtype({"names": ["a"], "formats": ["i4"], "offsets": [8], "itemsize": 16}), numpy.datetime64("NaT")]
        for value in values:
            for protocol in range(6):
                self.allowed("numpy-data", f"{value!r}, protocol {protocol}", pickle.dumps(value, protocol))
                self.refused("plain-data", f"{value!r}, protocol {protocol}", pickle.dumps(value, protocol))

    def test_arrays_in_structures_and_records(self):
        types = [[("a", "<i4", (2,)), ("b", "<f8")], [("m", ">f4", (3, 3))], [("s", "S3", (2,)), ("u", "U4", (2,))], [("p", [("x", "f4")], (2,))],
                 [("p", [("x", "f4", (2,))])], [("t", "M8[s]", (2,))], [("a", ("i4", (2,)), (3,))], [("a", "i4", (0,))], [("g", "g", (1,))],
                 [(("a title", "a"), "i4")], [(("a title", "a"), "i4", (2,)), ("b", "?")], [("v", "V5", (2,)), ("c", "c16", (1, 1))]]
        types += [numpy.dtype([("a", "u1"), ("b", "f8", (2,))], align=True), numpy.dtype([("p", numpy.dtype([("x", "U2")], align=True), (2,))])]
        values = [numpy.zeros(2, kind) for kind in types] + [numpy.zeros(2, kind).view(numpy.recarray) for kind in types]
        values += [value[0] for value in values] + [value.dtype for value in values] + [numpy.asfortranarray(numpy.zeros((2, 2), types[0]))]
        values += [numpy.dtype(("<i4", (2, 3))), numpy.matrix([[1, 2]]), numpy.rec.array([(1, (2.0, "x"))], dtype=[("n", "i4"), ("p", "f8,U3")])]
        for value in values:
            for protocol in range(6):
                self.allowed("numpy-data", f"{value!r}, protocol {protocol}", pickle.dumps(value, protocol))
        later = pickle.dumps(values[len(types)], 2).replace(b"numpy recarray", b"numpy.rec recarray").replace(b"numpy\nrecarray", b"numpy.rec\nrecarray")
        self.allowed("numpy-data", "numpy 2", later)

    def test_forged_arrays_in_structures_and_records(self):
        kind = dtype(b"V16", arrays(FLOATS, (2,), 16))
        self.allowed("numpy-data", "arrays", PROTO2 + kind + b".")
        self.allowed("numpy-data", "arrays in a structure", from_buffer(dtype(b"V16", structure(kind, 0, 16)), bytes(16), (1,)))
        texts = dtype(b"U2", dtype_state("<", 8, 8, 4))
        states = [arrays(FLOATS, shape, 16) for shape in ((3,), (1,), (-2,), (-1, -2), (2**32, 2**32), (2.0,), ("2",), 2, [2], (2, None))]
        states += [arrays(FLOATS, (2,), size) for size in (0, 8, 15, 17, -1, 1 << 40)]
        states += [arrays(FLOATS, (2,), 16, flags) for flags in (1, 8, 16, 27, 63, -1)]
        states += [arrays(FLOATS, (2,), 16, 0, alignment) for alignment in (0, -1, 3, 32, 1 << 20)]
        states += [arrays(OBJECTS, (2,), 16, flags) for flags in (0, 63, 27)] + [arrays(texts, (2,), 16, 0, 4)]
        states += [arrays(base, (2,), 16) for base in (b"N", body("f8"), body(b"f8"), b"cnumpy\ndtype\n")]
        states += [arrays(FLOATS, (1,) * 33 + (2,), 16)]
        states += [(b"(" + body(3) + body("|") + FLOATS + body((2,)) + b"\x86" + body(("a",)) + b"}" + body("a") + FLOATS + body(0) + b"\x86s" +
                    body(16) + body(8) + body(16) + b"t")]
        for state in states:
            made = dtype(b"V16", state)
            self.refused("numpy-data", state, PROTO2 + made + b".")
            self.refused("numpy-data", f"{state} in a structure", PROTO2 + dtype(b"V16", structure(made, 0, 16)) + b".")
        self.refused("numpy-data", "a number of arrays", PROTO2 + dtype(b"f8", arrays(FLOATS, (1,), 8)) + b".")
        self.refused("numpy-data", "arrays as items", from_buffer(kind, bytes(16), (1,)))
        self.refused("numpy-data", "a scalar", PROTO2 + b"cnumpy.core.multiarray\nscalar\n" + kind + body(bytes(16)) + b"\x86R.")
        self.refused("numpy-data", "a base that changes later",
                     PROTO2 + FLOATS + b"q\x050" + dtype(b"V16", arrays(b"h\x05", (2,), 16)) + b"0h\x05" + dtype_state("<") + b"b.")
        for name in b"numpy\nrecarray", b"numpy.rec\nrecarray", b"numpy\nrecord", b"numpy\nmatrix":
            self.refused("numpy-data", name, PROTO2 + b"c" + name + b"\n" + body((10**9,)) + b"\x85R.")
            self.refused("numpy-data", name, PROTO2 + b"c" + name + b"\n" + body((10**9,)) + b"\x81.")
        for name in b"numpy\nrecord", b"numpy\nmemmap", b"numpy\nchararray", b"collections\nOrderedDict":
            self.refused("numpy-data", name, PROTO2 + b"cnumpy.core.multiarray\n_reconstruct\n(c" + name + b"\n" + body((0,)) + body(b"b") + b"tR.")
        self.refused("numpy-data", "a title without a name", PROTO2 + dtype(b"V8", titled("other")) + b".")
        self.allowed("numpy-data", "a title", PROTO2 + dtype(b"V8", titled("a title")) + b".")

    def test_numpy_forged(self):
        self.allowed("numpy-data", "a buffer", from_buffer(FLOATS, b"x" * 16, (2,)))
        self.allowed("numpy-data", "a structure", from_buffer(dtype(b"V8", structure(FLOATS, 0, 8)), b"x" * 16, (2,)))
        small = dtype(b"V8", dtype_state("|", 8, alignment=1))
        forged = {
            "objects with no flags over raw data": from_buffer(dtype(b"O8", dtype_state("|")), b"x" * 16, (2,)),
            "objects over raw data": from_buffer(OBJECTS, b"x" * 16, (2,)),
            "another size": from_buffer(dtype(b"f8", dtype_state(size=16)), b"x" * 32, (2,)),
            "a shape beyond the data": from_buffer(FLOATS, b"x" * 16, (200,)),
            "a type that all share": from_buffer(dtype(b"f8", dtype_state(), copy=False), b"x" * 16, (2,)),
            "flags of objects": from_buffer(dtype(b"f8", dtype_state(flags=63)), b"x" * 16, (2,)),
            "a field of objects": from_buffer(dtype(b"V8", structure(OBJECTS, 0, 8)), b"x" * 16, (2,)),
            "a field beyond the item": from_buffer(dtype(b"V8", structure(FLOATS, 8, 8)), b"x" * 16, (2,)),
            "a type changed in use": PROTO2 + small + b"q\x050cnumpy.core.numeric\n_frombuffer\n(" + body(b"x" * 16) + b"h\x05" + body((2,)) + body("C") +
                                     b"tR0h\x05" + dtype_state("|", 800, alignment=1) + b"b.",
            "an array of any size": PROTO2 + b"cnumpy\nndarray\n" + body((10**9,)) + b"\x85R.",
        }
        for name, data in forged.items():
            self.refused("numpy-data", name, data)

    def test_states_that_numpy_does_not_write(self):
        """Each crashes numpy 1.24 at the load or at the first use, or could."""
        unit = ({}, (b"ns", 1, 1, 1))
        self.allowed("numpy-data", "a time", from_buffer(dtype(b"M8", dtype_state(version=4, metadata=(unit,))), bytes(8), (1,)))
        self.allowed("numpy-data", "aligned", from_buffer(dtype(b"V8", structure(FLOATS, 0, 8, -112, 8)), bytes(8), (1,)))
        self.allowed("numpy-data", "aligned, by numpy 2", from_buffer(dtype(b"V8", structure(FLOATS, 0, 8, 144, 8)), bytes(8), (1,)))
        texts = dtype(b"U2", dtype_state("<", 8, 8, 4))
        self.allowed("numpy-data", "texts in a structure", from_buffer(dtype(b"V8", structure(texts, 0, 8, 24)), bytes(8), (1,)))
        states = [(b"M8", dtype_state()), (b"m8", dtype_state("|")), (b"M8", dtype_state(version=4, metadata=({},))),
                  (b"M8", dtype_state(version=4, metadata=(None,))), (b"M8", dtype_state(version=3, metadata=(unit,)))]
        states += [(b"M8", dtype_state(version=4, metadata=(wrong,))) for wrong in
                   (({}, ()), ({}, (b"xx", 1, 1, 1)), ({}, (b"ns", 0, 1, 1)), ({}, (b"ns", 1, 0, 1)), ({}, (b"ns", 1, 1, 0)), ({}, (b"ns", 1, 1)),
                    (None, (b"ns", 1, 1, 1)), (*unit, 1))]
        states += [(b"S8", dtype_state("|", 8, alignment=wrong)) for wrong in (0, -1, 2, 3, 8, 1 << 40)]
        states += [(b"U2", dtype_state("<", 8, 8, wrong)) for wrong in (0, 1, 8)] + [(b"U2", dtype_state("<", 8, 0, 4)), (b"U2", dtype_state("|", 8, 8, 4))]
        states += [(b"V8", dtype_state("|", 8, alignment=wrong)) for wrong in (0, 3, 16)] + [(b"V8", dtype_state("|", 8, 16, 1))]
        states += [(b"V8", structure(FLOATS, 0, 8, 16, wrong)) for wrong in (0, -1, 3, 32, 1 << 20)]
        states += [(b"V8", structure(FLOATS, 0, 8, wrong)) for wrong in (0, 24, 27, 48, 16 + 256, 16 - 256, -1)] + [(b"V8", structure(texts, 0, 8, 16))]
        states += [(b"f8", dtype_state(alignment=wrong)) for wrong in (0, 1, 8)] + [(b"f8", dtype_state(size=8)), (b"f8", dtype_state("|"))]
        states += [(b"f8", dtype_state(version=wrong)) for wrong in (0, 1, 2, 4, 5)] + [(b"f8", dtype_state(version=4, metadata=(unit,)))]
        states += [(b"i1", dtype_state("<")), (b"b1", dtype_state("|", flags=8)), (b"O8", dtype_state("|", flags=27)), (b"O8", dtype_state("|", flags=0))]
        states += [(b"S8", dtype_state("|", -1, alignment=1)), (b"f8", body((3, "<", None, None, None, -1, -1)))]
        for text, state in states:
            kind = dtype(text, state)
            self.refused("numpy-data", f"{text} {state}", PROTO2 + kind + b".")
            self.refused("numpy-data", f"{text} {state} of a buffer", from_buffer(kind, bytes(8), (1,)))

    def test_torch_data(self):
        self.allowed("torch-data", "a tensor", tensor(STORAGE))
        self.refused("plain-data", "a tensor", tensor(STORAGE))
        self.refused("torch-data", "no storage", tensor(body([1])))
        self.refused("torch-data", "hooks", tensor(STORAGE, body([1])))
        for name in (b"torch\nload", b"torch.hub\nload", b"torch.jit\nload", b"torch\nTensor", b"torch._utils\n_rebuild_parameter", b"torch.nn\nLinear"):
            self.refused("torch-data", name, PROTO2 + b"c" + name + b"\n" + body(("a",)) + b"R.")

    @unittest.skipUnless(pandas, "pandas is not installed")
    def test_pandas_data(self):
        for value in self.frames():
            for protocol in range(6):
                self.allowed("pandas-data", f"{value!r}, protocol {protocol}", pickle.dumps(value, protocol))
                self.refused("numpy-data", f"{value!r}, protocol {protocol}", pickle.dumps(value, protocol))
        new_index = pandas.core.indexes.base._new_Index
        self.refused("pandas-data", "another class", pickle.dumps(Call(new_index, (str, {"object": b"a", "encoding": "rot13"}))))
        self.refused("pandas-data", "data", pickle.dumps(Call(pandas.DataFrame, ([1],))))
        self.refused("pandas-data", "a reader", pickle.dumps(Call(pandas.read_pickle, ("a",))))
        self.refused("pandas-data", "eval", pickle.dumps(Call(pandas.eval, ("1",))))

    @staticmethod
    def frames():
        stamps = pandas.to_datetime(["2024-01-01", "2024-01-02"])
        columns = [
            {"a": [1, 2], "b": [1.5, 2.5]},
            {"s": ["x", None], "d": stamps, "c": pandas.Categorical(["u", "v"]), "t": pandas.to_timedelta([1, 2], unit="s")},
            {"d": stamps.tz_localize("UTC")},
            {"d": stamps.tz_localize("Europe/Paris")},
            {"i": pandas.array([1, None], dtype="Int64"), "b": pandas.array([True, None], dtype="boolean"), "s": pandas.array(["a", None], dtype="string"),
             "f": pandas.array([1.0, None], dtype="Float64"), "u": pandas.array([1, None], dtype="UInt8")},
            {"p": pandas.period_range("2024-01", periods=2, freq="M")},
            {"p": pandas.interval_range(0, 2)},
            {"x": [pandas.Timestamp("2024-01-01"), pandas.NaT]},
            {"x": pandas.arrays.SparseArray([0, 1])},
        ]
        indexes = [pandas.Index([5, 6]), pandas.Index([1.5, 2]), pandas.Index([1, 2], dtype="uint64"), pandas.date_range("2024-01-01", periods=2),
                   pandas.MultiIndex.from_tuples([(1, "a"), (2, "b")]), pandas.CategoricalIndex(["a", "b"]), pandas.to_timedelta([1, 2], unit="s")]
        frames = [pandas.DataFrame(column) for column in columns] + [pandas.DataFrame({"a": [1, 2]}, index=index) for index in indexes]
        return frames + [pandas.DataFrame(), pandas.Series([1, 2]), pandas.Timestamp("2024-01-01"), pandas.Timedelta(1)]


if __name__ == "__main__":
    unittest.main()

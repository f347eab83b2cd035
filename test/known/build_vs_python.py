#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What og_datetime(), og_decimal(), og_ndarray() and their like build, loaded by Python in every protocol: the real
types, with the values that were asked for, and shown as plain JSON as Python's own pickles of them are. The paths of
known_tool and build_tool are the arguments."""
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import unittest
import uuid
import zoneinfo

import numpy as np

import known_vs_python as known
from known_vs_python import COUNT, Refused, expected, same

TOOL = sys.argv.pop(1) if len(sys.argv) > 1 else "build/test/build_tool"
PROTOCOLS = range(6)


class Builder(known.Tool):
    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def build(self, what, protocol, *args):
        """The pickle of what C makes of `args`."""
        data = pickle.dumps((what, protocol, args), 4)
        self.process.stdin.write(struct.pack("<I", len(data)) + data)
        self.process.stdin.flush()
        head = self.process.stdout.read(5)
        if len(head) < 5:
            raise AssertionError(f"the tool died on {what} {args!r:.300}: status {self.process.wait()}")
        body = self.process.stdout.read(struct.unpack("<I", head[1:])[0])
        if head[:1] == b"-":
            raise Refused(body.decode("utf-8", "replace"))
        return body


builder = None


def setUpModule():
    global builder
    known.setUpModule()
    builder = Builder()


def tearDownModule():
    assert builder.close() == 0
    known.tearDownModule()


Point = collections.namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1
    NAME = "name"
    NONE = None


class Level(enum.IntEnum):
    LOW = 10


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Outer:
    class Shape(enum.Enum):
        ROUND = 2.5

    Pair = collections.namedtuple("Pair", "a b")


Outer.Pair.__qualname__ = "Outer.Pair"


@dataclasses.dataclass
class User:
    name: str
    age: int = 0


class Slots:
    __slots__ = ("x", "y")


class Case(unittest.TestCase):
    def load(self, what, protocol, *args, **options):
        data = builder.build(what, protocol, *args)
        self.assertEqual(data[:1] == b"\x80", protocol >= 2)
        if protocol >= 2:
            self.assertEqual(data[1], protocol)
        return data, pickle.loads(data, **options)

    def check(self, value, what, *args, protocols=PROTOCOLS, equal=None, want=None):
        for protocol in protocols:
            data, got = self.load(what, protocol, *args)
            self.assertIs(type(got), type(value), f"protocol {protocol}: {what} {args!r:.200}")
            self.assertTrue((equal or same_value)(got, value), f"protocol {protocol}: {what} {args!r:.200}: {got!r:.200}")
            wanted = expected(value) if want is None else want
            shown = known.shown(data)
            self.assertTrue(same(shown, wanted), f"protocol {protocol}: {what} {args!r:.200}: {shown!r:.200} is not {wanted!r:.200}")

    def refuse(self, sentence, what, *args, status="OG_EVALUE"):
        with self.assertRaisesRegex(Refused, f"^{status} .*{sentence}", msg=f"{what} {args!r:.200}"):
            builder.build(what, 4, *args)


def same_value(a, b):
    return a == b and str(a) == str(b) and repr(a) == repr(b)


def parts(t, zone="offset"):
    """The arguments for a datetime, date or time of Python."""
    get = [getattr(t, name, 0) for name in ("year", "month", "day", "hour", "minute", "second", "microsecond", "fold")]
    tzinfo = getattr(t, "tzinfo", None)
    if tzinfo is None:
        return (*get, None, None)
    if isinstance(tzinfo, zoneinfo.ZoneInfo):
        return (*get, None, (tzinfo.key,))
    offset = split(tzinfo.utcoffset(None))
    return (*get, None, (*offset, None)) if zone == "zone" else (*get, offset, None)


def split(delta):
    return delta.days * 86400 + delta.seconds, delta.microseconds


def opcodes(data):
    """What a pickle does, whatever it keeps in the memo."""
    skip = "MEMOIZE", "FRAME", "BINGET", "STOP"
    return [(op.name, arg) for op, arg, _ in pickletools.genops(data) if op.name not in skip]


UTC = dt.timezone.utc
DAY = dt.timedelta(days=1)
TINY = dt.timedelta(microseconds=1)
ZONES = [None, UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(-dt.timedelta(hours=3)), dt.timezone(-TINY),
         dt.timezone(TINY), dt.timezone(DAY - TINY), dt.timezone(-(DAY - TINY)), zoneinfo.ZoneInfo("Europe/Paris")]


class Times(Case):
    def test_datetime(self):
        moments = [dt.datetime.min, dt.datetime.max, dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime(1970, 1, 1),
                   dt.datetime(2000, 12, 31, 23, 59, 59, 999999)]
        for t in moments:
            for zone in ZONES:
                self.check(t.replace(tzinfo=zone), "datetime", *parts(t.replace(tzinfo=zone)))
                self.check(t.replace(tzinfo=zone), "datetime", *parts(t.replace(tzinfo=zone), "zone"))
        rng = random.Random(11)
        for _ in range(COUNT):
            t = dt.datetime.min + dt.timedelta(days=rng.randrange(3652059), microseconds=rng.randrange(86400 * 10**6))
            t = t.replace(tzinfo=rng.choice(ZONES))
            self.check(t, "datetime", *parts(t), protocols=[rng.randrange(6)])

    def test_fold(self):
        for t in dt.datetime(2024, 10, 27, 2, 30, fold=1), dt.datetime(2024, 10, 27, 2, 30, tzinfo=ZONES[-1], fold=1):
            self.check(t, "datetime", *parts(t))
        for t in dt.time(2, 30, fold=1), dt.time(2, 30, tzinfo=UTC, fold=1):
            self.check(t, "time", *parts(t))

    def test_date_and_time(self):
        for d in dt.date.min, dt.date.max, dt.date(2024, 2, 29):
            self.check(d, "date", *parts(d))
        for zone in ZONES:
            for t in dt.time.min, dt.time.max, dt.time(1, 2, 3, 4):
                self.check(t.replace(tzinfo=zone), "time", *parts(t.replace(tzinfo=zone)))

    def test_a_date_takes_the_day_of_a_moment(self):
        self.check(dt.date(2024, 1, 2), "date", 2024, 1, 2, 99, 99, 99, -1, 7, (10**6, 0), None)

    def test_timedelta(self):
        for d in dt.timedelta(), dt.timedelta.min, dt.timedelta.max, TINY, -TINY, DAY, -DAY:
            self.check(d, "timedelta", d.days, d.seconds, d.microseconds)
        for args in (0, 86400, 0), (0, -1, 0), (1, -86401, 2 * 10**6), (0, 2**62 // 10**6, -2**62), (-1, 0, 10**15), \
                (10**9, -1, 0), (-999999999, 0, 0), (10**9 + 5, -86400 * 6, 0):
            self.check(dt.timedelta(*args), "timedelta", *args)

    def test_zones(self):
        for zone in ZONES[1:-1]:
            self.check(zone, "zone", *split(zone.utcoffset(None)), None)
        self.check(dt.timezone(dt.timedelta(hours=1), "CET"), "zone", 3600, 0, "CET")
        self.check(dt.timezone(-TINY, "조금"), "zone", -1, 999999, "조금")
        for key in "Europe/Paris", "UTC":
            self.check(zoneinfo.ZoneInfo(key), "zone", key)
        self.assertIs(self.load("zone", 4, 0, 0, None)[1], UTC)
        self.assertIs(self.load("zone", 4, "Asia/Seoul")[1], zoneinfo.ZoneInfo("Asia/Seoul"))

    def test_refused(self):
        good = [2024, 2, 28, 0, 0, 0, 0, 0, None, None]
        for i, bad in (0, 0), (0, 10000), (0, -1), (1, 0), (1, 13), (2, 0), (2, 30), (2, -28):
            args = good[:i] + [bad] + good[i + 1:]
            self.refuse("no such day", "datetime", *args)
            self.refuse("no such day", "date", *args)
        for i, bad in (3, 24), (3, -1), (4, 60), (4, -1), (5, 60), (5, -1), (6, 10**6), (6, -1):
            args = good[:i] + [bad] + good[i + 1:]
            self.refuse("no such time of day", "datetime", *args)
            self.refuse("no such time of day", "time", *args)
        self.refuse("no such day", "datetime", 1900, 2, 29, *good[3:])
        self.refuse("fold", "datetime", *good[:7], 2, None, None)
        for offset in (86400, 0), (-86400, 0), (0, 10**6), (0, -1), (2**31 - 1, 0), (-2**31, 0):
            self.refuse("offset", "datetime", *good[:8], offset, None)
            self.refuse("offset", "zone", *offset, None)
        self.refuse("another offset", "datetime", *good[:8], (3600, 0), (7200, 0, None))
        self.refuse("empty", "zone", "")
        for args in (10**9, 0, 0), (-10**9, 0, 0), (999999999, 86400, 0), (2**63 - 1, 2**63 - 1, 2**63 - 1), (-2**63, -2**63, -2**63):
            self.refuse("999,999,999 days", "timedelta", *args)


class Numbers(Case):
    def test_decimal(self):
        big, small = 999999999999999999, -1999999999999999997
        texts = ["0", "-0", "1.50", "+7", ".5", "5.", "00012.500", "1e5", "1E+3", "1E-7", "0.000001", "-0.00", "9" * 5000,
                 "Infinity", "-inf", "NaN", "-nan007", "sNaN", "-sNaN12", f"1E+{big}", f"1E{small}", f"0E+{big}", f"0E{small}",
                 f"9.99E+{big}", f"0.1E+{big + 1}", f"12E{small}", "1." + "0" * 100]
        for text in texts:
            self.check(decimal.Decimal(text), "decimal", text, equal=lambda a, b: a.compare_total(b) == 0 and str(a) == str(b))
        rng = random.Random(12)
        for _ in range(COUNT):
            value = decimal.Decimal((rng.randrange(2), [rng.randrange(10) for _ in range(rng.randrange(1, 40))], rng.randint(-60, 60)))
            self.check(value, "decimal", str(value), protocols=[rng.randrange(6)])

    def test_decimal_refused(self):
        for text in "", " 1", "1 ", "1_000", ".", "e5", "1e", "0x10", "one", "1,5", "--1", "nan x", "١":
            self.refuse("not a number", "decimal", text)
        for text in "1E+1000000000000000000", "10E+999999999999999999", "1E-1999999999999999998", "0E+1000000000000000000", \
                "0E-1999999999999999998":
            self.assertRaises(decimal.InvalidOperation, decimal.Decimal, text)
            self.refuse("exponent", "decimal", text)

    def test_fraction(self):
        for n, d in (0, 1), (1, 2), (-3, 4), (2**63 - 1, 2**63), (-2**63, 3), (10**1000 + 1, 10**999), (5, 1), (2**64, 2**64 - 1):
            self.check(fractions.Fraction(n, d), "fraction", n, d)
        self.assertEqual(self.load("fraction", 4, 6, 4)[1], fractions.Fraction(3, 2))
        for bad in 0, -1, -2**70:
            self.refuse("denominator", "fraction", 1, bad)
        for bad in (1.5, 2), (1, "2"), (True, 2), (None, 1):
            self.refuse("two ints", "fraction", *bad, status="OG_ETYPE")

    def test_uuid(self):
        for value in uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID(int=1), uuid.UUID(int=2**127), uuid.UUID(int=2**63), \
                uuid.uuid4(), uuid.uuid5(uuid.NAMESPACE_DNS, "python.org"):
            self.check(value, "uuid", value.bytes)

    def test_path(self):
        for number, cls in enumerate((pathlib.Path, pathlib.PurePath, pathlib.PurePosixPath)):
            for text in "/usr/bin", "", ".", "a//b/./c/..", "//net/x", "/", "경로/파일.txt", "a\\b":
                self.check(cls(text), "path", text, number)
        for text in "C:\\Users\\x", "c:/a", "\\\\host\\share\\x", "", "a/b", "C:", "경로":
            self.check(pathlib.PureWindowsPath(text), "path", text, 3)
        self.refuse("class of pathlib", "path", "a", 4)
        self.refuse("class of pathlib", "path", "a", -1)
        self.refuse("not UTF-8", "path", b"\xff", 0)


class Classes(Case):
    def test_named_tuple(self):
        for items in (1, 2), ("a", [1, {"b": None}]), (2**100, b"\0"):
            for cls in Point, Outer.Pair:
                self.check(cls(*items), "named_tuple", __name__, cls.__qualname__, items,
                           want={"py/object": f"{__name__}.{cls.__qualname__}", "py/args": expected(items)})

    def test_instance(self):
        for protocol in PROTOCOLS:
            for attributes in {"name": "John", "age": 30}, {"name": "", "age": 2**70}:
                data, got = self.load("instance", protocol, __name__, "User", attributes)
                self.assertEqual(got, User(**attributes))
                self.assertEqual(known.type_of(data), "instance")
                self.assertEqual(known.shown(data), {"py/object": f"{__name__}.User", **attributes})
            self.assertEqual(vars(self.load("instance", protocol, __name__, "User", {})[1]), {})
            slots = self.load("instance", protocol, __name__, "Slots", (None, {"x": 1, "y": [2]}))[1]
            self.assertEqual((type(slots), slots.x, slots.y), (Slots, 1, [2]))
        self.refuse("name of an attribute", "instance", __name__, "User", {1: 2})
        self.refuse("name of an attribute", "instance", __name__, "User", (None, {None: 2}))
        for bad in [1], None, (1, 2), ({}, {}, {}):
            self.refuse("dict of attributes", "instance", __name__, "User", bad, status="OG_ETYPE")

    def test_enum(self):
        for member in Colour.RED, Colour.NAME, Colour.NONE, Level.LOW, Access.READ, Access.READ | Access.WRITE, Access(0), Outer.Shape.ROUND:
            for protocol in PROTOCOLS:
                data, got = self.load("enum", protocol, __name__, type(member).__qualname__, member.value)
                self.assertIs(got, member)
                self.assertEqual(known.shown(data),
                                 {"py/object": f"{__name__}.{type(member).__qualname__}", "py/args": [member.value]})
                self.assertEqual(known.type_of(data), "enum member")


DTYPES = ["<f8", ">f8", "<f4", ">f4", "<f2", "|b1", "|i1", "|u1", "<i2", ">i2", "<i4", ">u4", "<i8", ">i8", "<u8", "<c8", ">c16",
          "|S1", "|S5", "<U1", ">U3", "|V3", "<M8[ns]", ">M8[D]", "<m8[25s]", "<m8"]
SHAPES = [(), (1,), (6,), (2, 3), (3, 1, 2), (0,), (0, 3), (3, 0), (1, 1, 1, 1), (2, 2, 2, 2)]


def array_of(dtype, shape, rng):
    """Bytes that are a value in any type: texts of ASCII, numbers without NaN, which differs from itself."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape, dtype=int))
    if dtype.kind in "SV":
        return np.array([bytes(rng.choices(b"abc", k=dtype.itemsize)) for _ in range(count)], dtype=dtype).reshape(shape)
    if dtype.kind == "U":
        return np.array(["".join(rng.choices("a한\U0001f600", k=dtype.itemsize // 4)) for _ in range(count)], dtype=dtype).reshape(shape)
    numbers = [rng.randrange(2) if dtype.kind == "b" else rng.randrange(120) for _ in range(count)]
    return np.array(numbers, dtype="i8" if dtype.kind in "mM" else dtype).astype(dtype).reshape(shape)


class Arrays(Case):
    def same_array(self, got, want):
        self.assertIs(type(got), np.ndarray)
        self.assertEqual((got.dtype, got.dtype.str, got.shape), (want.dtype, want.dtype.str, want.shape))
        self.assertEqual(got.tobytes(), want.tobytes())
        self.assertTrue(np.array_equal(got, want))
        return True

    def test_every_type_and_shape(self):
        rng = random.Random(13)
        for dtype in DTYPES:
            for shape in SHAPES:
                want = array_of(dtype, shape, rng)
                loaded = pickle.loads(pickle.dumps(want, 4))  # numpy brings it into the machine's order of bytes
                for order in "CF":
                    args = dtype, shape, order, want.tobytes(order)
                    protocols = PROTOCOLS if shape in ((2, 3), ()) else [rng.randrange(6)]
                    for protocol in protocols:
                        data, got = self.load("ndarray", protocol, *args)
                        self.same_array(got, loaded)
                        self.assertTrue(got.flags.writeable and got.flags.owndata)
                        self.assertEqual(got.flags.f_contiguous, order == "F" or want.flags.f_contiguous)
                        self.assertTrue(same(known.shown(data), expected(want)), (args, known.shown(data)))
                        self.assertEqual(known.type_of(data), "numpy.ndarray")

    def test_is_what_numpy_writes(self):
        for dtype in DTYPES + ["O"]:
            data = [1, "a", None] if dtype == "O" else bytes(3 * np.dtype(dtype).itemsize)
            ours, theirs = builder.build("ndarray", 4, dtype, (3,), "C", data), pickle.dumps(np.array(data, "O") if dtype == "O" else np.frombuffer(data, dtype), 4)
            self.assertEqual(opcodes(ours), opcodes(theirs))

    def test_names_of_types(self):
        for name in "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", \
                "complex64", "complex128", "datetime64[ms]", "timedelta64[D]", "datetime64", "f8", "=f8", "|f8", "?", "<?", "i4", "U2", \
                "=U2", "S2", "<S2", "m8[s]", "<O", "O8":
            dtype = np.dtype(name)
            count = 0 if dtype.kind == "O" else 2
            data = [] if dtype.kind == "O" else bytes(dtype.itemsize * count)
            self.same_array(self.load("ndarray", 4, name, (count,), "C", data)[1], np.frombuffer(bytes(data), dtype) if count else np.zeros(0, dtype))

    def test_bytearrays_are_shared(self):
        want = np.arange(6, dtype="<i4").reshape(2, 3)
        for order in "CF":
            for protocol in PROTOCOLS:
                data, got = self.load("ndarray", protocol, "<i4", (2, 3), order, bytearray(want.tobytes(order)))
                self.same_array(got, want)
                self.assertTrue(got.flags.writeable)
                self.assertTrue(same(known.shown(data), expected(want)))
        got = self.load("ndarray", 5, "<i4", (0,), "C", bytearray())[1]
        self.assertEqual(got.shape, (0,))

    def test_out_of_band_buffers(self):
        want = np.arange(6, dtype=">f8").reshape(3, 2)
        for order in "CF":
            memory = bytearray(want.tobytes(order))
            got = self.load("ndarray", 5, ">f8", (3, 2), order, None, buffers=[memory])[1]
            self.same_array(got, want)
            memory[:8] = struct.pack(">d", 99)
            self.assertEqual(got[0, 0], 99, "the array is not in the buffer")
        self.refuse("protocol 5", "ndarray", "<f8", (3, 2), "C", None)

    def test_values(self):
        values = [1, "a", None, [2], b"x", 2.5]
        for protocol in PROTOCOLS:
            data, got = self.load("ndarray", protocol, "O", (2, 3), "C", values)
            self.assertEqual((got.dtype, got.tolist()), (np.dtype("O"), [values[:3], values[3:]]))
            self.assertEqual(known.type_of(data), "numpy.ndarray")
        self.assertEqual(self.load("ndarray", 4, "O", (), "C", [5])[1].shape, ())

    def test_refused(self):
        for dtype in "", "<", "f", "f3", "f16", "c32", "i3", "b2", "S0", "U0", "V0", "M8[xs]", "M8[ns", "M8[]", "M8[0s]", "M8[99999999999s]", \
                "f8 ", "<<f8", "float", ">float64", "<object", "x8", "S99999999999", "i4,f8", "O4", "m8[s]x":
            self.refuse("its type", "ndarray", dtype, (1,), "C", b"12345678")
        self.refuse("need 16 bytes, its data have 8", "ndarray", "<f8", (2,), "C", b"12345678")
        self.refuse("need 8 bytes, its data have 0", "ndarray", "<f8", (), "C", b"")
        self.refuse("need 0 bytes, its data have 8", "ndarray", "<f8", (0, 5), "C", bytearray(8))
        self.refuse("64 dimensions", "ndarray", "<f8", (1,) * 65, "C", b"12345678")
        for shape in (2**63,), (2**62, 2), (2**31, 2**31, 2), (2**62, 0, 2**62):
            self.refuse("larger than memory", "ndarray", "<f8", shape, "C", b"")
        self.refuse("'C' nor 'F'", "ndarray", "<f8", (1,), "K", b"12345678")
        self.refuse("expected bytes", "ndarray", "<f8", (1,), "C", [1.5], status="OG_ETYPE")
        self.refuse("list of values", "ndarray", "O", (1,), "C", b"12345678", status="OG_ETYPE")
        self.refuse("as many values", "ndarray", "O", (2,), "C", [1])
        self.refuse("order 'C'", "ndarray", "O", (1, 1), "F", [1])


if __name__ == "__main__":
    unittest.main()

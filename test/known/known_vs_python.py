#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What Python's own types show as in plain JSON, against what Python says of them: every protocol, C and pure-Python
pickler, the forms of older and newer Pythons by hand, and damaged ones. known_tool's path is the first argument."""
import base64
import collections
import datetime as dt
import decimal
import enum
import fractions
import http
import importlib.util
import io
import ipaddress
import json
import math
import os
import pathlib
import pickle
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import types
import unittest
import uuid
import zoneinfo

import numpy as np

TOOL = sys.argv.pop(1) if len(sys.argv) > 1 else "build/test/known_tool"
SOAK = bool(os.environ.get("ONGGI_SOAK"))
COUNT = 20000 if SOAK else 150


class Refused(Exception):
    pass


class Tool:
    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what, data):
        self.process.stdin.write(what + struct.pack("<I", len(data)) + data)
        self.process.stdin.flush()
        head = self.process.stdout.read(5)
        if len(head) < 5:
            raise AssertionError(f"the tool died on {data!r}: status {self.process.wait()}")
        body = self.process.stdout.read(struct.unpack("<I", head[1:])[0])
        if head[:1] == b"-":
            raise Refused(body.decode("utf-8", "replace"))
        return body.decode("utf-8", "surrogatepass")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


tool = None


def setUpModule():
    global tool
    tool = Tool()


def tearDownModule():
    assert tool.close() == 0


def shown(data):
    return json.loads(tool.ask(b"j", data))


def type_of(data):
    return tool.ask(b"t", data)


class OtherError(Exception):
    pass


class Number(enum.Enum):
    ONE = 1
    TEXT = "text"


class Level(enum.IntEnum):
    LOW = 10


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Wrapper:
    """Any class that takes one argument."""


class Outer:
    class Colour(enum.Enum):
        RED = 1


Point = collections.namedtuple("Point", "x y")
Single = collections.namedtuple("Single", "x")


class Text(str):
    pass


class Whole(int):
    pass


class Real(float):
    pass


class Raw(bytes):
    pass


class Row(tuple):
    pass


class Items(list):
    pass


class Table(dict):
    pass


class Bag(set):
    pass


class Frozen(frozenset):
    pass


def call(cls, *args):
    """An object that pickles as a call of `cls` with `args`, whatever the class itself does."""
    class Call:
        def __reduce__(self):
            return cls, args
    return Call()


def all_pickles(value):
    for protocol in range(6):
        yield protocol, pickle.dumps(value, protocol)
        out = io.BytesIO()
        pickle._Pickler(out, protocol).dump(value)
        yield protocol, out.getvalue()


def split_windows(path):
    """Drive, root and rest, as Python 3.12 and later split."""
    path = path.replace("/", "\\")
    if path[:2] == "\\\\":
        start = 8 if path[:8].upper() == "\\\\?\\UNC\\" else 2
        host = path.find("\\", start)
        share = path.find("\\", host + 1) if host >= 0 else -1
        return (path, "", "") if share < 0 else (path[:share], "\\", path[share + 1:])
    drive, rest = (path[:2], path[2:]) if path[1:2] == ":" else ("", path)
    return (drive, "\\", rest[1:]) if rest[:1] == "\\" else (drive, "", rest)


def windows_path(*parts):
    """str(PureWindowsPath(*parts)), as Python 3.13 gives it; 3.11 loses names after some shares."""
    drive = root = rest = ""
    for part in parts:
        d, r, p = split_windows(part)
        if r:
            drive, root, rest = d or drive, r, p
        elif d and d.lower() != drive.lower():
            drive, root, rest = d, "", p
        else:
            drive, rest = d or drive, rest + "\\" + p
    if not root and drive[:1] == "\\" and drive[-1:] != "\\":
        pieces = drive.split("\\")
        if (len(pieces) == 4 and pieces[2] not in "?.") or len(pieces) == 6:
            root = "\\"
    names = [n for n in rest.split("\\") if n and n != "."]
    if not drive and not root and names and names[0][1:2] == ":":
        names = ["."] + names
    return drive + root + "\\".join(names) or "."


def moment(value):
    """numpy's datetime64 and timedelta64 as plain values."""
    if np.isnat(value):
        return None
    if value.dtype.kind == "M":
        return str(value)
    unit, count = np.datetime_data(value.dtype)
    number = int(value.astype("i8")) * count
    scale = {"W": 604800, "D": 86400, "h": 3600, "m": 60, "s": 1}
    small = {"ms": 3, "us": 6, "ns": 9, "ps": 12, "fs": 15, "as": 18}
    if unit in scale:
        return float(number * scale[unit])
    return float(fractions.Fraction(number, 10**small[unit])) if unit in small else number


def expected(value):
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "mM":
            return [expected(v) for v in value] if value.ndim else moment(value[()])
        return expected(value.tolist())
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return moment(value)
    if isinstance(value, np.generic):
        return expected(value.item())
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        zone = getattr(value, "tzinfo", None)
        if isinstance(zone, zoneinfo.ZoneInfo):
            return value.replace(tzinfo=None).isoformat() + f"[{zone.key}]"
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (ipaddress._IPAddressBase, decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath, dt.tzinfo, range, slice, complex)):
        return str(value)
    if isinstance(value, (list, tuple, collections.deque)):
        return [expected(v) for v in value]
    if isinstance(value, dict):
        return {str(k): expected(v) for k, v in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def same(a, b):
    """Equal to the bit for floats, and of one kind."""
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return a == b


class Case(unittest.TestCase):
    def check(self, value, want=None, kind=None):
        want = expected(value) if want is None else want
        for protocol, data in all_pickles(value):
            got = shown(data)
            self.assertTrue(same(got, want), f"protocol {protocol}: {value!r:.200}: {got!r:.200} is not {want!r:.200}")
            if kind:
                self.assertEqual(type_of(data), kind, f"protocol {protocol}: {value!r:.200}")

    def check_all(self, values, kind=None):
        for value in values:
            self.check(value, kind=kind)


UTC = dt.timezone.utc
ZONES = [None, UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(-dt.timedelta(hours=3)),
         dt.timezone(dt.timedelta(seconds=-1)), dt.timezone(dt.timedelta(hours=23, minutes=59, seconds=59, microseconds=999999)),
         dt.timezone(-dt.timedelta(hours=23, minutes=59, seconds=59, microseconds=999999)), dt.timezone(dt.timedelta(microseconds=-1)),
         dt.timezone(dt.timedelta(hours=1), "CET"), zoneinfo.ZoneInfo("Europe/Paris"), zoneinfo.ZoneInfo("UTC")]


class Times(Case):
    def test_datetime(self):
        rng = random.Random(1)
        for zone in ZONES:
            self.check(dt.datetime(2024, 1, 2, 3, 4, 5, 6, zone), kind="datetime.datetime")
            self.check(dt.datetime(2024, 2, 29, 23, 59, 59, 0, zone))
        self.check_all([dt.datetime.min, dt.datetime.max, dt.datetime(1970, 1, 1)])
        for _ in range(COUNT // 4):
            value = dt.datetime.min + dt.timedelta(days=rng.randrange(3652059), microseconds=rng.randrange(86400 * 10**6))
            self.check(value.replace(tzinfo=rng.choice(ZONES)))

    def test_fold(self):
        for value in dt.datetime(2024, 10, 27, 2, 30, fold=1), dt.time(2, 30, fold=1), dt.time(2, 30, fold=1, tzinfo=UTC):
            self.check(value)

    def test_date_and_time(self):
        self.check_all([dt.date(2024, 2, 29), dt.date.min, dt.date.max], "datetime.date")
        self.check_all([dt.time(1, 2, 3, 4), dt.time(), dt.time.max], "datetime.time")
        for zone in ZONES:
            self.check(dt.time(12, 30, 15, 500, zone))

    def test_timedelta(self):
        self.check_all([dt.timedelta(), dt.timedelta.min, dt.timedelta.max, dt.timedelta.resolution, -dt.timedelta.resolution],
                       "datetime.timedelta")
        rng = random.Random(2)
        for _ in range(COUNT // 4):
            days = rng.choice([0, 1, 1000, 10**6, 10**9 - 1])
            self.check(dt.timedelta(rng.randint(-days, days), rng.randrange(86400), rng.randrange(10**6)))

    def test_timezone(self):
        for zone in ZONES[1:]:
            self.check(zone, kind="zoneinfo.ZoneInfo" if isinstance(zone, zoneinfo.ZoneInfo) else "datetime.timezone")

    def test_calls_with_ints(self):
        self.check(call(dt.datetime, 2024, 1, 2), "2024-01-02T00:00:00")
        self.check(call(dt.datetime, 2024, 1, 2, 3, 4, 5, 6, UTC), "2024-01-02T03:04:05.000006+00:00")
        self.check(call(dt.date, 2024, 1, 2), "2024-01-02")
        self.check(call(dt.time, 1), "01:00:00")

    def test_python_2(self):
        data = b"cdatetime\ndatetime\np0\n(S'\\x07\\xe8\\x02\\x1d\\x01\\x02\\x03\\x00\\x00\\x04'\np1\ntp2\nRp3\n."
        self.assertEqual(shown(data), "2024-02-29T01:02:03.000004")
        data = b"cdatetime\ndate\nU\x04\x07\xe8\x02\x1d\x85R."
        self.assertEqual(shown(b"\x80\x02" + data), "2024-02-29")

    def test_damaged(self):
        for cls, good in (dt.datetime, bytes([7, 232, 2, 29, 1, 2, 3, 0, 0, 4])), (dt.date, bytes([7, 232, 2, 29])), \
                (dt.time, bytes([1, 2, 3, 0, 0, 4])):
            for i in range(len(good)):
                for byte in 0, 12, 13, 23, 24, 29, 30, 31, 59, 60, 99, 127, 128, 255:
                    bad = good[:i] + bytes([byte]) + good[i + 1:]
                    data = pickle.dumps(call(cls, bad), 4)
                    try:
                        value = cls(bad)
                        want = value.isoformat() if cls.fromisoformat(value.isoformat()) == value else None
                    except (ValueError, TypeError):
                        want = None
                    got = shown(data)
                    self.assertEqual(got if isinstance(got, str) else None, want, (cls, bad))
            for bad in good[:-1], good + b"\0", b"", None, 1.5, "text", [good]:
                got = shown(pickle.dumps(call(cls, bad), 4))
                self.assertIsInstance(got, dict, (cls, bad))
        for args in (1, 2, 3, 4), ("1",), (None,), (2**70,), (0, 2**63 - 1, 2**63 - 1), (10**9,), (-10**9,), (1.5,):
            self.assertIsInstance(shown(pickle.dumps(call(dt.timedelta, *args), 4)), (dict, float), args)
        for args in (dt.timedelta(1),), (dt.timedelta(-1),), (5,), (), (dt.timedelta(0), 5), (dt.timedelta(0), "a", "b"):
            self.assertIsInstance(shown(pickle.dumps(call(dt.timezone, *args), 4)), dict, args)
        for zone in 5, "UTC", call(dt.timezone, 5), call(dt.timezone, dt.timedelta(1)), Number.ONE:
            self.assertIsInstance(shown(pickle.dumps(call(dt.datetime, bytes([7, 232, 2, 29, 1, 2, 3, 0, 0, 4]), zone), 4)), dict)


class Numbers(Case):
    def test_decimal(self):
        texts = ["0", "-0", "1.50", "1E+3", "1E-7", "0.000001", "0.0000001", "1e5", "00012.500", "-0.00", "123456789.987654321",
                 "Infinity", "-inf", "NaN", "sNaN12", "-nan007", "1E+999999", "1E-999999", "+7", ".5", "5.", "0E+10", "0E-10",
                 "9" * 1000, "1." + "0" * 100]
        self.check_all(map(decimal.Decimal, texts), "decimal.Decimal")
        for text in texts:
            self.check(call(decimal.Decimal, text), str(decimal.Decimal(text)))
        rng = random.Random(3)
        for _ in range(COUNT):
            text = "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 12)))
            at = rng.randrange(len(text) + 1)
            text = text[:at] + "." + text[at:] + rng.choice(["", f"e{rng.randint(-20, 20)}", f"E+{rng.randrange(30)}"])
            self.check(call(decimal.Decimal, text), str(decimal.Decimal(text)))

    def test_decimal_damaged(self):
        for text in "", ".", "-", "e5", "1e", "1e+", "--1", "1.2.3", "0x10", "1E+9999999999999999999", "nan1x", "infinit", "١":
            self.assertIsInstance(shown(pickle.dumps(call(decimal.Decimal, text))), dict, text)

    def test_fraction(self):
        self.check_all([fractions.Fraction(*p) for p in [(0, 1), (3, 4), (-3, 4), (5, 1), (10**50, 7), (1, 10**50)]],
                       "fractions.Fraction")
        for args in ("3/4",), (3, 4), ("-7",), (10**40, 3), (-1, 2):  # before and from Python 3.12
            self.check(call(fractions.Fraction, *args), str(fractions.Fraction(*args)))
        for args in (1, 0), ("1/0",), (1, -2), ("a/b",), ("1/",), ("/1",), (1.5, 2), (1, 2, 3), (), (None,):
            self.assertIsInstance(shown(pickle.dumps(call(fractions.Fraction, *args))), (dict, str), args)

    def test_uuid(self):
        rng = random.Random(4)
        self.check_all([uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID(int=2**64), uuid.UUID(int=2**63),
                        uuid.UUID(int=5, is_safe=uuid.SafeUUID.safe)], "uuid.UUID")
        self.check_all(uuid.UUID(int=rng.getrandbits(128)) for _ in range(COUNT // 8))
        for bad in 2**128, -1, -2**127, "5", 1.0, None:
            value = uuid.UUID(int=0)
            object.__setattr__(value, "int", bad)
            self.assertIsInstance(shown(pickle.dumps(value)), dict, bad)

    def test_range_and_slice(self):
        self.check_all([range(3), range(1, 5), range(1, 9, 3), range(0, -10, -1), range(10**30)], "range")
        self.check_all([slice(3), slice(1, 2), slice(None, None, -1), slice(1, 10**30, True), slice(None)], "slice")
        for args in (1, 2, 0), ("a",), (), (1, 2, 3, 4), (1.5,):
            self.assertIsInstance(shown(pickle.dumps(call(range, *args))), dict, args)
        self.assertEqual(shown(b"c__builtin__\nxrange\n(I0\nI5\nI1\ntR."), "range(0, 5)")

    def test_path(self):
        texts = ["", ".", "/", "//", "///", "a", "a/b", "/a/b/", "./a", "a/../b", "a//b", "//a/b", "///a", "한글/é", "a/./b/."]
        for cls in pathlib.PurePosixPath, pathlib.PosixPath, pathlib.PurePath, pathlib.Path:
            self.check_all(map(cls, texts), "pathlib.PurePath")
        for parts in ("/", "usr", "bin"), ("a", "/b", "c"), ("a", "", "b/c"), ("//", "a"), ("a", ""), ():
            self.check(call(pathlib.PurePosixPath, *parts), str(pathlib.PurePosixPath(*parts)))
            self.check(call(pathlib.Path, *parts), str(pathlib.Path(*parts)))

    def test_windows_path(self):
        parts = ["C:\\", "c:", "D:/x", "a", "b\\c", "\\d", "\\\\host\\share", "\\\\host\\share\\", "\\\\host\\share\\e", "", ".", "/f/g",
                 "//host/share/z", "x:y", "\\\\.\\dev", "\\\\?\\UNC\\h\\s", "//?/c:/d", "C:q", "é\\한"]
        self.check_all(map(pathlib.PureWindowsPath, ["C:\\", "c:a", "\\\\host\\share\\e", "a/b", ""]), "pathlib.PurePath")
        rng = random.Random(5)
        for _ in range(COUNT):
            some = [rng.choice(parts) for _ in range(rng.randrange(4))]
            self.check(call(pathlib.PureWindowsPath, *some), windows_path(*some))
        self.assertEqual(shown(b"cpathlib\nWindowsPath\n(VC:\\u005c\nVUsers\ntR."), "C:\\Users")

    def test_python_3_13_path(self):
        data = pickle.dumps(pathlib.PurePosixPath("/usr/bin"), 2).replace(b"cpathlib\n", b"cpathlib._local\n")
        self.assertEqual(shown(data), "/usr/bin")

    def test_path_damaged(self):
        for parts in (b"a",), (5,), ("a", None):
            self.assertIsInstance(shown(pickle.dumps(call(pathlib.PurePosixPath, *parts))), dict, parts)


class Addresses(Case):
    def check_all(self, values):
        super().check_all(values, kind="ipaddress.IPv4Address")
        for value in values:
            for _, data in all_pickles(value):
                self.assertEqual(tool.ask(b"r", data), repr(value))

    def test_all(self):
        self.check_all([ipaddress.ip_address(t) for t in ("0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "1::", "fe80::1", "1:0:0:2::3",
                                                          "1:2:3:4:5:6:7:8", "0:1:0:1:0:1:0:1", "::ffff:1.2.3.4", "2001:db8::1:0:0:1", "1:0:2::",
                                                          "1:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:8", "ffff::ffff")])
        self.check_all([ipaddress.ip_network(t) for t in ("10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "192.168.1.5/32")])
        self.check_all([ipaddress.ip_interface(t) for t in ("10.1.2.3/8", "2001:db8::1/64")])
        rng = random.Random(10)
        groups = [0, 0, 0, 1, 0xffff, 0x10]
        self.check_all([ipaddress.IPv6Address(sum(rng.choice(groups) << 16 * i for i in range(8))) for _ in range(COUNT)])

    def test_damaged(self):
        for cls in ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network:
            for args in (-1,), (2**128,), (1.5,), (None,), (), (1, 2), ("",), ("a b",), ("x" * 65,), ('"',), ([],):
                self.assertIsInstance(shown(pickle.dumps(call(cls, *args))), dict, args)
        self.assertIsInstance(shown(pickle.dumps(call(ipaddress.IPv4Address, 2**32))), dict)


class Collections(Case):
    def test_dicts(self):
        some = {"a": 1, "b": [1, 2], "c": {"d": None}}
        self.check_all([collections.OrderedDict(), collections.OrderedDict(some)], "collections.OrderedDict")
        self.check_all([collections.defaultdict(int), collections.defaultdict(list, some), collections.defaultdict(None, some)],
                       "collections.defaultdict")
        self.check_all([collections.Counter(), collections.Counter("abracadabra")], "collections.Counter")
        self.check(collections.OrderedDict((str(i), i) for i in range(3000)))
        self.check(collections.OrderedDict(x=collections.OrderedDict(y=collections.deque([dt.date(2024, 1, 2)]))))

    def test_python_2_ordered_dict(self):
        data = b"ccollections\nOrderedDict\n((lp0\n(lp1\nVa\naI1\naa(lp2\nVb\naI2\naatR."
        self.assertEqual(shown(data), {"a": 1, "b": 2})

    def test_last_of_equal_keys_holds(self):
        data = b"ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00bK\x02X\x01\x00\x00\x00aK\x03u."
        self.assertEqual(tool.ask(b"j", b"\x80\x02" + data), '{"a":3,"b":2}')

    def test_deque(self):
        self.check_all([collections.deque(), collections.deque([1, 2, 3]), collections.deque([1, 2], 5), collections.deque(range(5), 2),
                        collections.deque([], 0), collections.deque(range(3000))], "collections.deque")
        for args in ([1, 2, 3],), ([1, 2, 3], 2), ([1, 2], None), ((1, 2), 0):
            self.check(call(collections.deque, *args), list(collections.deque(*args)))

    def test_damaged(self):
        for args in (5,), ([1, 2], -1), ([1], "x"), ([1], 2, 3), ([1], 2**64):
            self.assertIsInstance(shown(pickle.dumps(call(collections.deque, *args))), dict, args)
        for args in ([[1]],), (5,), ([[1, 2, 3]],), ({}, {}):
            self.assertIsInstance(shown(pickle.dumps(call(collections.OrderedDict, *args))), dict, args)
        # not hashable
        self.assertIsInstance(shown(b"\x80\x02ccollections\nOrderedDict\n)R]K\x01s."), dict)
        # a state, then pairs: not in the order in which Python does it
        self.assertIsInstance(shown(b"\x80\x02ccollections\nOrderedDict\n)R}bK\x01K\x02s."), dict)

    def test_cycles(self):
        value = collections.OrderedDict()
        value["self"] = value
        for _, data in all_pickles(value):
            self.assertEqual(tool.ask(b"j", data), '{"self":"{...}"}')
        ring = collections.deque([1])
        ring.append(ring)
        for _, data in all_pickles(ring):
            self.assertIn("...", tool.ask(b"j", data))
        both = collections.defaultdict(list)
        both["a"].append(both)
        self.assertEqual(tool.ask(b"j", pickle.dumps(both)), '{"a":["{...}"]}')
        # a Counter of the dict that it stands in, which is looked through
        data = b"\x80\x02}q\x00X\x01\x00\x00\x00accollections\nCounter\nh\x00\x85Rs."
        self.assertIn("...", tool.ask(b"j", data))
        # two OrderedDicts of one list of pairs, in which the second stands
        data = b"\x80\x02]q\x00ccollections\nOrderedDict\nq\x01h\x00\x85q\x02Rh\x00]X\x01\x00\x00\x00aah\x01h\x02Raa0."
        try:
            tool.ask(b"j", data)
        except Refused:
            pass

    def test_shared(self):
        one = collections.OrderedDict(a=dt.date(2024, 1, 2))
        self.check([one, one, {"x": one}], [{"a": "2024-01-02"}, {"a": "2024-01-02"}, {"x": {"a": "2024-01-02"}}])


class Users(Case):
    def test_enum(self):
        for value in Number.ONE, Number.TEXT, Level.LOW, Access.READ, Outer.Colour.RED:
            # Python 3.11 pickles the name, all others a call of the class, which may be any class
            cls = type(value)
            self.check(call(cls, value.value), {"py/object": f"__main__.{cls.__qualname__}", "py/args": [value.value]})
            self.check(value, f"__main__.{type(value).__qualname__}.{value.name}")

    def test_an_enum_of_the_standard_library_shows_its_value(self):
        for value in socket.AF_INET, socket.SOCK_STREAM, signal.SIGTERM, http.HTTPStatus.NOT_FOUND, re.I, uuid.SafeUUID.safe:
            self.check(call(type(value), value.value), value.value)

    def test_a_class_called_with_one_argument_is_shown(self):
        """Whatever it is named like: nothing says that it is an enum."""
        for argument in ("x", 5, 1.5, None, True, b"x"):
            for cls in (Wrapper, Number):
                got = shown(pickle.dumps(call(cls, argument)))
                self.assertEqual(got["py/object"], f"__main__.{cls.__name__}")
                self.assertEqual(len(got["py/args"]), 1)
        got = shown(pickle.dumps([call(Wrapper, "x"), {"k": call(Wrapper, "y")}]))
        self.assertEqual(got, [{"py/object": "__main__.Wrapper", "py/args": ["x"]}, {"k": {"py/object": "__main__.Wrapper", "py/args": ["y"]}}])

    def check_class(self, value, args, kind=None):
        """Its class shows, and what it was made from."""
        self.check(value, {"py/object": f"__main__.{type(value).__name__}", "py/args": args}, kind)

    def test_named_tuple(self):
        """Protocols 0 and 1 have the items in a tuple of their own."""
        for value in Point(1, 2), Point([1], "x"):
            for protocol, data in all_pickles(value):
                args = [list(value)] if protocol < 2 else list(value)
                self.assertEqual(shown(data), {"py/object": "__main__.Point", "py/args": args}, protocol)
                self.assertEqual(type_of(data), "named tuple", protocol)
        self.check_class(Row((1, 2)), [[1, 2]], "named tuple")
        self.check_class(Row(()), [[]], "named tuple")

    def test_derived(self):
        """A class that derives from a builtin shows, in every protocol: only its class says what the argument means."""
        self.check_class(Text("text"), ["text"], "derived scalar")
        self.check_class(Whole(5), [5], "derived scalar")
        self.check_class(Real(1.5), [1.5], "derived scalar")
        self.check_class(Raw(b"x"), ["eA=="], "derived scalar")
        self.check([Text("a"), {"k": Text("b")}],
                   [{"py/object": "__main__.Text", "py/args": ["a"]}, {"k": {"py/object": "__main__.Text", "py/args": ["b"]}}])

    def test_derived_container(self):
        """Those of lists and dicts too; protocols 2 to 5 fill them item by item."""
        for value, args, items in (Items([1, 2]), [[1, 2]], {"py/items": [1, 2]}), (Table(a=1), [{"a": 1}], {"py/pairs": [["a", 1]]}):
            for protocol, data in all_pickles(value):
                rest = {"py/args": args} if protocol < 2 else items
                self.assertEqual(shown(data), {"py/object": f"__main__.{type(value).__name__}", **rest}, protocol)
        self.check_class(Bag([1]), [[1]])
        self.check_class(Frozen([1]), [[1]])

    def test_derived_with_attributes(self):
        value = Text("text")
        value.size = 4
        self.check(value, {"py/object": "__main__.Text", "py/args": ["text"], "size": 4})

    def test_a_call_is_not_hidden(self):
        """A call of a function shows as such, however much it looks like an enum's."""
        for function in os.system, eval, print, subprocess.Popen, ValueError, OtherError:
            got = shown(pickle.dumps(call(function, "touch /nowhere")))
            self.assertIsInstance(got, dict, function)
            self.assertIn(function.__name__, got["py/object"])


class Repr(Case):
    def check_repr(self, value, want=None):
        for protocol, data in all_pickles(value):
            self.assertEqual(tool.ask(b"r", data), want or repr(pickle.loads(data)), f"protocol {protocol}")

    def test_times(self):
        for zone in ZONES:
            self.check_repr(dt.datetime(2024, 1, 2, 3, 4, 5, 6, zone))
            self.check_repr(dt.time(3, 4, 5, 6, zone))
            if zone:
                self.check_repr(zone)
        for value in [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4, 5), dt.datetime(2024, 1, 2, 3, 4, 0, 5), dt.date(2024, 1, 2), dt.time(),
                      dt.time(1, 2, 3), dt.time(1, 2, 0, 4), dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=UTC), dt.time(2, 30, fold=1),
                      dt.time(2, 30, fold=1, tzinfo=UTC), dt.time(2, 30, 1, 5, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")), dt.timedelta(), dt.timedelta(1), dt.timedelta(-1, 5, 6), dt.timedelta(0, 0, 7), dt.timezone(dt.timedelta(0), "x")]:
            self.check_repr(value)

    def test_numbers_and_names(self):
        for value in [decimal.Decimal("1.50"), decimal.Decimal("-Infinity"), fractions.Fraction(-3, 4), fractions.Fraction(5), uuid.UUID(int=5),
                      pathlib.PurePosixPath("/a'b"), pathlib.PosixPath("."), pathlib.PurePath("x"), pathlib.Path("/y"),
                      pathlib.PureWindowsPath("C:\\x\\y"), range(3), range(1, 9, 3), slice(3), slice(None, "a", (1, 2)), range(0)]:
            self.check_repr(value)

    def test_collections(self):
        some = {"a": 1, "b": [1, 2]}
        for value in [collections.OrderedDict(), collections.defaultdict(int), collections.defaultdict(list, some),
                      collections.defaultdict(None, some), collections.defaultdict(decimal.Decimal), collections.Counter(),
                      collections.Counter({"a": 5, "b": 2}), collections.deque(), collections.deque([1, "x"]), collections.deque([1, 2, 3], 2)]:
            self.check_repr(value)
        self.check_repr(collections.OrderedDict(some), "OrderedDict({'a': 1, 'b': [1, 2]})")  # as from Python 3.12
        self.check_repr([{"when": dt.date(2024, 1, 2), dt.date(2024, 1, 3): {1: collections.deque([decimal.Decimal(1)])}}, collections.deque([dt.time()])])
        ring = collections.deque()
        ring.append(ring)
        self.check_repr(ring, "deque([<...>])")

    def test_numpy(self):
        self.check_repr(np.arange(6).reshape(2, 3), "array([[0, 1, 2], [3, 4, 5]], dtype='<i8')")
        self.check_repr(np.array(["a", None], "O"), "array(['a', None], dtype='|O')")
        for value, want in [(np.float64(1.5), "np.float64(1.5)"), (np.uint8(5), "np.uint8(5)"), (np.str_("x"), "np.str_('x')"),
                            (np.bool_(True), "np.bool(True)"), (np.complex64(1j), "np.complex64(1j)"), (np.dtype("f8"), "dtype('<f8')"),
                            (np.datetime64("2024-01-02"), "np.datetime64('2024-01-02')")]:
            self.check_repr(value, want)

    def test_times_in_times(self):
        """A tzinfo that is a time with a tzinfo, and so on: no deeper than the limit."""
        value = dt.timezone.utc
        for _ in range(400):
            value = call(dt.time, b"\1\2\3\0\0\0", value)
        self.assertEqual(tool.ask(b"r", pickle.dumps(value, 4)).count("datetime.time("), 400)


class Numpy(Case):
    def check_array(self, array):
        for view in array, np.asfortranarray(array), array[::-1] if array.ndim else array, array.T:
            self.check(view, kind="numpy.ndarray")
        if array.ndim == 3:
            self.check(np.transpose(array, (1, 0, 2)))

    def test_arrays(self):
        rng = random.Random(6)
        codes = ["?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "F", "D", "S3", "U3", ">i4", ">f8", ">U2", ">c8", ">u2", "O"]
        for code in codes:
            for shape in (), (1,), (5,), (0,), (2, 3), (2, 0, 3), (2, 3, 4), (1, 1, 1, 2):
                count = math.prod(shape)
                if np.dtype(code).kind == "O":
                    items = [rng.choice([None, 1, "a", [1, 2]]) for _ in range(count)]
                    array = np.empty(count, "O")
                    array[:] = items
                elif np.dtype(code).kind in "SU":
                    array = np.array(["".join(rng.choice("ab\0") for _ in range(3)) for _ in range(count)]).astype(code)
                elif np.dtype(code).kind in "fc":
                    array = np.array([rng.choice([0.0, -0.0, 1.5, 1e-7, 65504, math.inf, math.nan, rng.random()]) for _ in range(count)], code)
                else:
                    array = np.frombuffer(rng.randbytes(count * np.dtype(code).itemsize), code) if code != "?" else \
                        np.array([rng.random() < 0.5 for _ in range(count)], "?")
                self.check_array(array.reshape(shape))

    def test_half(self):
        self.check(np.arange(65536, dtype="u2").view("e"))
        self.check(np.arange(0, 65536, 7, dtype="u2").view(">e"))

    def test_unicode(self):
        self.check(np.array(["한글", "naïve", "😀", "\0a", ""]))
        self.assertEqual(shown(pickle.dumps(np.str_("\udc80"))), "\udc80")
        bad = pickle.dumps(np.array(["a"])).replace(b"a\0\0\0", b"\0\0\x11\0")
        self.assertIsInstance(shown(bad), dict)

    def test_times(self):
        rng = random.Random(7)
        for unit in ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "25s", "7D", "generic"]:
            numbers = [0, 1, -1, 59, 60, 86399, 86400, -86400, 10**6, -10**6, 2**31, 719468, -719468, 146097, -146097]
            numbers += [rng.randint(-10**5, 10**5) for _ in range(50)] + [rng.getrandbits(58) - 2**57 for _ in range(30)]
            code = "" if unit == "generic" else f"[{unit}]"
            if unit == "25s":
                pass
            elif unit not in ("Y", "M", "W", "D", "7D", "h", "m"):
                numbers += [2**62, -2**62]
            else:
                numbers = [n for n in numbers if abs(n) < 10**11]
            deltas = np.array(numbers, "i8").view("m8" + code)
            self.check(deltas)
            self.check(deltas.astype(">m8" + code))
            if unit != "generic":
                self.check(np.array(numbers, "i8").view("M8" + code))
            self.check(np.array(["NaT"], "M8[s]"), [None])

    def test_scalars(self):
        values = [np.bool_(True), np.int8(-5), np.uint64(2**64 - 1), np.int64(-2**63), np.float16(1.5), np.float32(0.1), np.float64(0.1),
                  np.complex64(1 + 2j), np.complex128(1 - 2j), np.str_("한글"), np.bytes_(b"ab\0c"), np.datetime64("2024-01-02T03:04:05.678"),
                  np.timedelta64(5, "25s"), np.datetime64("NaT"), np.float64("nan"), np.str_(""), np.bytes_(b"")]
        for value in values:
            self.check(value, kind="numpy.generic") if expected(value) is not None else None
        self.assertEqual(tool.ask(b"j", pickle.dumps(np.datetime64("NaT"))), "null")

    def test_other_classes(self):
        self.check(np.matrix([[1, 2], [3, 4]]))

    def test_dtype(self):
        for code in "f8", ">i4", "U5", "S3", "M8[ns]", "m8[25s]", "?", "O", "V7":
            self.check(np.dtype(code), np.dtype(code).str, "numpy.dtype")

    def test_numpy_2(self):
        for value in np.arange(6).reshape(2, 3), np.float64(1.5), np.array(["a", None], "O"):
            for protocol in range(6):
                self.assertEqual(shown(renamed(pickle.dumps(value, protocol))), expected(value))

    def test_axis_order(self):
        """numpy 2.2 and later: order 'K' and the order of the axes."""
        base = np.arange(24, dtype="i2").reshape(2, 3, 4)
        for axes in (0, 1, 2), (1, 0, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1):
            got = shown(pickle.dumps(call(np.core.numeric._frombuffer, base.tobytes(), base.dtype, base.shape, "K", axes)))
            self.assertEqual(got, base.transpose(axes).tolist())
        for axes in (0, 1), (0, 0, 1), (0, 1, 3), (-1, 0, 1), 5, (0, 1, 2, 3):
            got = shown(pickle.dumps(call(np.core.numeric._frombuffer, base.tobytes(), base.dtype, base.shape, "K", axes)))
            self.assertIsInstance(got, dict)

    def test_structured(self):
        types = ["i4,f8", [("x", "i4"), ("y", "<f2"), ("n", "U3")], [("t", "M8[ms]"), ("d", "m8[s]"), ("b", "?"), ("s", "S4"), ("c", "c8")],
                 np.dtype([("a", "i1"), ("b", ">u8")], align=True), [(("title", "n"), ">i4")], [(f"f{i}", "u1") for i in range(40)],
                 np.dtype({"names": ["a", "b"], "formats": ["i4", "u1"], "offsets": [0, 2], "itemsize": 9}), [("s", "S3"), ("한", "f4")]]
        rng = random.Random(9)
        for dtype in types:
            dtype = np.dtype(dtype)
            for shape in (3,), (0,), (2, 2), ():
                for order in "CF":
                    value = np.zeros(shape, dtype, order)
                    for name in dtype.names:
                        if dtype[name].kind == "U":
                            value[name] = "é한"
                        elif dtype[name].kind in "Mm":
                            value[name] = rng.randrange(10**9)
                        else:
                            value[name] = rng.randrange(100)
                    self.check(value, records(value), kind="numpy.ndarray")
            self.check(value[()], records(value), kind="numpy.generic")
        self.check(np.rec.array([(1, 2.5), (3, 4.5)], dtype=[("x", "i4"), ("y", "f8")]), [{"x": 1, "y": 2.5}, {"x": 3, "y": 4.5}])
        self.check(np.zeros(100, "u1,u1,u1,u1,u1,u1,u1,u1"), [{f"f{i}": 0 for i in range(8)}] * 100)

    def test_arrays_in_structures(self):
        for dtype in ("(2,)f8,i4", [("m", ">i2", (2, 3))], [("u", "U2", (2,)), ("s", "S2", (1, 1)), ("c", "c8", (2,))], [("e", "i4", (0,))],
                      [("t", "M8[s]", (2,))], np.dtype([("a", "i1"), ("b", "f8", (2,))], align=True)):
            for order in "CF":
                value = np.zeros((2, 2), dtype, order)
                for name in value.dtype.names:
                    value[name] = 7
                want = [[{name: listed(item[name]) for name in value.dtype.names} for item in row] for row in value]
                self.check(value, want, kind="numpy.ndarray")
                self.check(value[0, 1], want[0][1], kind="numpy.generic")
        deep = np.dtype([("d", "u1", (1,) * 30)])  # it would take too much memory
        self.assertIsInstance(shown(pickle.dumps(np.zeros(10000, deep))), dict)

    def test_structures_that_are_inert(self):
        types = [[("a", [("b", "i4")])], [("a", [("b", "i4")], (2,))], [("a", ("i4", (2,)), (3,))], [("a", "g", (2,))], [("o", "O")], [(f"f{i}", "u1") for i in range(65)]]
        for dtype in types:
            for _, data in all_pickles(np.zeros(2, dtype)):
                self.assertEqual(shown(data).get("py/object", "")[:5], "numpy", dtype)
        wide = np.dtype({"names": [f"f{i}" for i in range(60)], "formats": ["u1"] * 60, "offsets": [0] * 60, "itemsize": 1})
        self.assertIsInstance(shown(pickle.dumps(np.zeros(100000, wide))), dict)  # it would take too much memory
        bad = [{"x": (np.dtype("i4"), 1)}, {"x": (np.dtype("i8"), 0)}, {"x": (np.dtype("i4"), -1)}, {"x": (np.dtype("i4"),)}, {"x": ("i4", 0)}, {},
               {"x": 5}, {"x": (np.dtype("i4"), 2**70)}]
        class Fake:
            def __init__(self, fields):
                self.fields = fields

            def __reduce__(self):
                return np.dtype, ("V4", False, True), (3, "|", None, ("x",), self.fields, 4, 1, 0)
        good = pickle.dumps(call(np.core.numeric._frombuffer, bytes(4), Fake({"x": (np.dtype("i4"), 0)}), (1,), "C"))
        self.assertEqual(shown(good), [{"x": 0}])
        for fields in bad:
            self.assertIsInstance(shown(pickle.dumps(call(np.core.numeric._frombuffer, bytes(4), Fake(fields), (1,), "C"))), dict, fields)

    def test_masked(self):
        for dtype in "i4", "f8", ">i2", "U3", "S2", "M8[s]", "O":
            for shape in (4,), (2, 3), (0,), ():
                for order in "CF":
                    value = np.ma.array(np.zeros(shape, dtype, order), mask=np.arange(int(np.prod(shape))).reshape(shape) % 3 == 1)
                    want = [expected(v) for v in value.tolist()] if shape and dtype != "M8[s]" else None
                    if dtype == "O" and order == "F" and len(shape) > 1:
                        self.assertIsInstance(shown(pickle.dumps(value)), dict)
                    elif want is not None:
                        self.check(value, want, kind="numpy.ma.MaskedArray")
                    self.assertIsNotNone(shown(pickle.dumps(value)))
        self.check(np.ma.array([1, 2, 3], mask=[0, 1, 0]), [1, None, 3])
        self.check(np.ma.array([[1, 2], [3, 4]], order="F", mask=[[0, 1], [0, 0]]), [[1, None], [3, 4]])
        self.check(np.ma.array(["2024-01-02", "NaT"], "M8[D]", mask=[1, 0]), [None, None])
        good = pickle.dumps(np.ma.array([1, 2, 3], "i4", mask=[0, 1, 0]), 4)
        self.assertEqual(good.count(b"C\x03\0\1\0"), 1)
        for mask in b"C\x03\0\1\0", b"C\x02\0\1", b"C\x00", b"\x8c\x01a", b"N", b"]", b"K\x05":
            data = good[:2] + good[11:].replace(b"C\x03\0\1\0", mask)
            self.assertIsInstance(shown(data), list if len(mask) == 5 else dict, mask)

    def test_long_double_is_inert(self):
        self.assertIsInstance(shown(pickle.dumps(np.longdouble(1.5))), dict)

    def test_damaged(self):
        f, t = np.core.numeric._frombuffer, np.dtype("i4")
        bad = [(b"1234", t, (2,), "C"), (b"", t, (1,), "C"), (b"1234", t, (-1,), "C"), (b"1234", t, (2**62, 2**62), "C"), (b"1234", t, 1, "C"),
               (b"1234", t, (1,), "X"), (b"1234", "i4", (1,), "C"), (None, t, (1,), "C"), (b"1234", t, (1,)), (b"1234", t, (1.0,), "C"),
               (b"", t, (2**63, 0), "C"), (b"1234", t, (1,) * 65, "C"), (b"", np.dtype("S0"), (10**18,), "C"), (b"", t, (10**9, 0), "C"),
               ("é" * 4, t, (2,), "C")]
        for args in bad:
            self.assertIsInstance(shown(pickle.dumps(call(f, *args))), dict, args)

    def test_damaged_dtypes(self):
        class Fake:
            def __init__(self, args, state):
                self.args, self.state = args, state

            def __reduce__(self):
                return np.dtype, self.args, self.state
        for args, state in [(("i4", False, True), (3, "<", None, None, None, 8, -1, 0)), (("i3", False, True), (3, "<", None, None, None, -1, -1, 0)),
                            (("", False, True), (3, "<", None, None, None, -1, -1, 0)), (("i99999999999", False, True), None),
                            (("i4", False, True), (3, "x", None, None, None, -1, -1, 0)), (("i4", False, True), 5),
                            (("i4", False, True), (3, "<", None, ("a",), None, -1, -1, 0)), (("U2", False, True), (3, "<", None, None, None, 7, 4, 8)),
                            (("S2", False, True), (3, "|", None, None, None, 2**40, 1, 0)), (("i4",), (3, "<")), ((), None), ((4,), None),
                            (("M8",), (4, "<", None, None, None, -1, -1, 0, ({}, (b"lightyears", 1, 1, 1)))),
                            (("M8",), (4, "<", None, None, None, -1, -1, 0, ({}, (b"s", 0, 1, 1)))),
                            (("M8",), (4, "<", None, None, None, -1, -1, 0, ({}, (b"s",)))),
                            (("M8",), (4, "<", None, None, None, -1, -1, 0, ({}, (b"", 1, 1, 1)))),
                            (("M8",), (4, "<", None, None, None, -1, -1, 0, ({}, (b"s ms", 1, 1, 1))))]:
            got = shown(pickle.dumps(Fake(args, state)))
            self.assertIsInstance(got, dict, (args, state))

    def test_every_byte_changed(self):
        """Nothing but an answer or a refusal may come of it."""
        rng = random.Random(8)
        values = [np.arange(6).reshape(2, 3), np.float64(1.5), np.array(["2024"], "M8[25s]"), np.array([None, 1], "O"), np.array(["ab"]),
                  dt.datetime(2024, 1, 2, 3, 4, 5, 6, dt.timezone(dt.timedelta(1 / 24), "CET")), zoneinfo.ZoneInfo("UTC"),
                  collections.OrderedDict(a=1), collections.deque([1], 2), uuid.UUID(int=5), fractions.Fraction(3, 4), decimal.Decimal("1.5"),
                  Point(1, 2), Number.ONE, pathlib.PurePath("a/b"), range(3), np.array([(1, 2.0)], "i4,f8")]
        for value in values:
            for protocol in range(6):
                data = pickle.dumps(value, protocol)
                for at in range(len(data)):
                    for byte in [rng.randrange(256)] if not SOAK else range(256):
                        try:
                            tool.ask(b"j", data[:at] + bytes([byte]) + data[at + 1:])
                            tool.ask(b"r", data[:at] + bytes([byte]) + data[at + 1:])
                        except Refused:
                            pass


def records(value):
    """A structured array or scalar as dicts of its fields."""
    if isinstance(value, np.ndarray) and value.ndim:
        return [records(v) for v in value]
    return {name: expected(value[name]) for name in value.dtype.names}


def listed(value):
    """An array within a structure as nested lists."""
    return [listed(v) for v in value] if isinstance(value, np.ndarray) and value.ndim else expected(value)


def renamed(data):
    """A pickle of numpy 1 as numpy 2 writes it."""
    for module in b"multiarray", b"numeric":
        old, new = b"numpy.core." + module, b"numpy._core." + module
        data = data.replace(b"c" + old + b"\n", b"c" + new + b"\n")
        old, new = b"\x8c" + bytes([len(old)]) + old, b"\x8c" + bytes([len(new)]) + new
        grown = data.count(old)
        data = data.replace(old, new)
        if data[2:3] == b"\x95":
            data = data[:3] + struct.pack("<Q", struct.unpack("<Q", data[3:11])[0] + grown) + data[11:]
    return data



class Psycopg2Zone(dt.tzinfo):
    """As psycopg2.tz.FixedOffsetTimezone pickles itself."""
    def __init__(self, offset=None, name=None):
        self.offset, self.label = offset, name

    def utcoffset(self, when):
        return self.offset if isinstance(self.offset, dt.timedelta) else dt.timedelta(minutes=self.offset)

    def __reduce__(self):
        return type(self), (self.offset, self.label)


class ZonesOfOthers(unittest.TestCase):
    """The offset is in the pickle: it is shown, by whichever class."""

    def check(self, zone, protocols=range(6)):
        for protocol in protocols:
            when = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=zone)
            self.assertEqual(shown(pickle.dumps(when, protocol)), when.isoformat())

    @unittest.skipUnless(importlib.util.find_spec("pytz"), "pytz is not installed")
    def test_pytz(self):
        import pytz
        for minutes in (330, -60, 0, 1, 1439, -1439):
            self.check(pytz.FixedOffset(minutes))

    @unittest.skipUnless(importlib.util.find_spec("dateutil"), "dateutil is not installed")
    def test_dateutil(self):
        from dateutil import tz
        for zone in (tz.tzutc(), tz.tzoffset("IST", 19800), tz.tzoffset(None, -3600), tz.tzoffset(None, 1)):
            self.check(zone)
            for protocol in range(6):
                value = [zone, dt.datetime(2024, 7, 1, tzinfo=zone), dt.time(1, tzinfo=zone)]
                self.assertEqual(tool.ask(b"r", pickle.dumps(value, protocol)), repr(value))

    @unittest.skipUnless(importlib.util.find_spec("dateutil"), "dateutil is not installed")
    def test_dateutil_files(self):
        """A tzfile carries the transitions of its zone: the offset is the one that dateutil finds by them."""
        from dateutil import tz
        for name in ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Casablanca", "Europe/Dublin"):
            zone = tz.gettz(name) if os.path.exists("/usr/share/zoneinfo/" + name) else None
            if not isinstance(zone, tz.tzfile):
                continue
            moments = [dt.datetime(year, month, 1, 12) for year in (1, 1883, 1900, 1945, 1999, 2024, 2037, 2100, 9999) for month in (1, 4, 7, 10)]
            turns = [dt.datetime(1970, 1, 1) + dt.timedelta(seconds=second) for second in zone._trans_list[-20:]]
            moments += [turn + dt.timedelta(seconds=step) for turn in turns for step in (-3601, -3600, -1800, -1, 0, 1, 1800, 3599, 3600, 7200)]
            for protocol in range(6):
                zoned = [moment.replace(tzinfo=zone, fold=fold) for moment in moments for fold in (0, 1)]
                data = pickle.dumps(zoned, protocol)  # those before 4 have no fold
                self.assertEqual(shown(data), [moment.isoformat() for moment in pickle.loads(data)], name)
            self.assertEqual(tool.ask(b"r", pickle.dumps([dt.datetime(2024, 7, 1, tzinfo=zone), zone, tz.tzlocal(), tz.tzutc(), tz.tzstr("EST5EDT")], 4)),
                             f"[datetime.datetime(2024, 7, 1, 0, 0, tzinfo={zone!r}), {zone!r}, tzlocal(), tzutc(), tzstr('EST5EDT')]")
            self.assertEqual(shown(pickle.dumps(dt.time(1, tzinfo=zone))), f"01:00:00[/usr/share/zoneinfo/{name}]")

    @unittest.skipUnless(importlib.util.find_spec("dateutil"), "dateutil is not installed")
    def test_dateutil_of_a_machine(self):
        """tzlocal has its offset where there is no daylight saving; else only the machine that wrote it knows it."""
        from dateutil import tz
        zone = tz.tzlocal()
        for offset in (0, 19800, -3600):
            zone._std_offset = zone._dst_offset = dt.timedelta(seconds=offset)
            zone._hasdst = False
            self.check(zone)
        zone._hasdst = True
        self.check(tz.tzrange("EST", -18000), range(2, 6))
        for zone, name in ((zone, "tzlocal"), (tz.tzrange("EST", -18000, "EDT"), "tzrange"), (tz.tzstr("EST5EDT"), "EST5EDT")):
            for protocol in range(2, 6):
                moment = dt.datetime(2024, 7, 1, tzinfo=zone)
                self.assertEqual(shown(pickle.dumps([moment, zone], protocol)), [f"2024-07-01T00:00:00[{name}]", name])

    def test_dateutil_forged(self):
        """What no dateutil writes stays an object, and its class is shown."""
        def zone(state):
            return b"cdateutil.tz.tz\ntzfile\n(NVx\ntR(" + state + b"db"
        when = b"\x80\x02cdatetime\ndatetime\n(U\x0a\x07\xe8\x07\x01\x0c\x00\x00\x00\x00\x00"
        info = b"cdateutil.tz.tz\n_ttinfo\n)\x81(Voffset\nI%b\nVdelta\ncdatetime\ntimedelta\n(I0\nI%b\nI0\ntRdb"
        good = info % (b"3600", b"3600")
        rows = {b"": None, b"V_ttinfo_std\nN": "+00:00", b"V_ttinfo_std\n" + good: "+01:00", b"V_ttinfo_std\nI5\n": None,
                b"V_ttinfo_std\n" + info % (b"1", b"90000"): None, b"V_ttinfo_std\n" + good + b"V_trans_list\n(Vx\nt": None,
                b"V_ttinfo_std\n" + good + b"V_trans_list\n(L9223372036854775807L\nt": None,
                b"V_ttinfo_std\n" + good + b"V_trans_list\n(I1\nI99999999999\nt": None,
                b"V_ttinfo_std\n" + good + b"V_trans_list\n(I99999999999\ntV_ttinfo_before\n" + good: "+01:00"}
        for state, offset in rows.items():
            got = shown(when + zone(state) + b"tR.")
            if offset:
                self.assertEqual(got, "2024-07-01T12:00:00" + offset)
            else:
                self.assertEqual(got["py/object"], "datetime.datetime", state)

    def test_psycopg2(self):
        module = sys.modules["psycopg2.tz"] = types.ModuleType("psycopg2.tz")
        sys.modules.setdefault("psycopg2", types.ModuleType("psycopg2"))
        module.FixedOffsetTimezone = Psycopg2Zone
        Psycopg2Zone.__module__, Psycopg2Zone.__qualname__ = "psycopg2.tz", "FixedOffsetTimezone"
        for zone in (Psycopg2Zone(dt.timedelta(minutes=330)), Psycopg2Zone(-60, "x"), Psycopg2Zone(0)):
            self.check(zone)


if __name__ == "__main__":
    unittest.main()

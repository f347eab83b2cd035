# SPDX-License-Identifier: MIT
"""Every class that plain-data lists, as values: in each protocol, by both of CPython's picklers, and as onggi writes what it has
read in another protocol. Whatever may be built of them is harmless, however it is written."""
import array
import collections
import datetime as dt
import decimal
import fractions
import ipaddress
import os
import pathlib
import pickle
import re
import unittest
import uuid
import zoneinfo

import pickle_peer as peer

TOOL = peer.TOOL
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "codec", "pickle", "judge", "policy_builtin.c")
PROTOCOLS = range(6)

# By the name that plain-data lists. What is None is named within others' pickles, or by other versions of Python.
ROWS = {
    "_codecs.encode": b"\xff\0",
    "array._array_reconstructor": array.array("d", [1.5]),
    "array.array": [array.array(code, [1, 2]) for code in "bBhHiIlLqQfd"] + [array.array("i"), array.array("u", "ab")],
    "builtins.Ellipsis": ...,
    "builtins.NotImplemented": NotImplemented,
    "builtins.bool": bool,
    "builtins.bytearray": [bytearray(b"ab"), bytearray(), bytearray(b"\xff" * 300), bytearray],
    "builtins.bytes": [b"", b"a", bytes],
    "builtins.complex": [1 + 2j, complex],
    "builtins.dict": [{"a": 1}, dict],
    "builtins.float": [1.5, float("inf"), float],
    "builtins.frozenset": [frozenset({1}), frozenset(), frozenset],
    "builtins.getattr": None,
    "builtins.int": [10 ** 40, int],
    "builtins.list": [[1], list],
    "builtins.object": [object(), object],
    "builtins.range": [range(0, 10, 3), range],
    "builtins.set": [{1}, set(), set],
    "builtins.slice": [slice(1, None), slice],
    "builtins.str": ["", "a", "\udc80", str],
    "builtins.tuple": [(1,), tuple],
    "collections.Counter": collections.Counter("aab"),
    "collections.OrderedDict": [collections.OrderedDict(a=1), collections.OrderedDict()],
    "collections.defaultdict": [collections.defaultdict(list, a=[1]), collections.defaultdict(None, a=1)],
    "collections.deque": [collections.deque([1, 2], 5), collections.deque()],
    "copyreg.__newobj__": None,
    "copyreg._reconstructor": None,
    "datetime.date": dt.date(2024, 1, 2),
    "datetime.datetime": [dt.datetime(2024, 1, 2, 3, 4, 5, 6), dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), dt.datetime(2024, 1, 2, fold=1)],
    "datetime.time": [dt.time(1, 2, 3, 4), dt.time(1, tzinfo=dt.timezone.utc)],
    "datetime.timedelta": dt.timedelta(1, 2, 3),
    "datetime.timezone": [dt.timezone.utc, dt.timezone(dt.timedelta(hours=1), "X")],
    "decimal.Decimal": [decimal.Decimal("1.5"), decimal.Decimal("NaN")],
    "fractions.Fraction": fractions.Fraction(1, 3),
    "ipaddress.IPv4Address": ipaddress.ip_address("1.2.3.4"),
    "ipaddress.IPv4Interface": ipaddress.ip_interface("10.0.0.1/8"),
    "ipaddress.IPv4Network": ipaddress.ip_network("10.0.0.0/8"),
    "ipaddress.IPv6Address": ipaddress.ip_address("fe80::1"),
    "ipaddress.IPv6Interface": ipaddress.ip_interface("::1/64"),
    "ipaddress.IPv6Network": ipaddress.ip_network("fe80::/10"),
    "pathlib.Path": pathlib.Path,
    "pathlib.PosixPath": pathlib.Path("/a/b"),
    "pathlib.PurePath": pathlib.PurePath,
    "pathlib.PurePosixPath": pathlib.PurePosixPath("a"),
    "pathlib.PureWindowsPath": pathlib.PureWindowsPath("c:/x"),
    "pathlib.WindowsPath": pathlib.WindowsPath,
    "uuid.SafeUUID": list(uuid.SafeUUID),
    "uuid.UUID": [uuid.UUID(int=5), uuid.uuid1(), uuid.UUID(int=6, is_safe=uuid.SafeUUID.safe)],
    "uuid:SafeUUID.safe": uuid.SafeUUID.safe,
    "uuid:SafeUUID.unknown": uuid.SafeUUID.unknown,
    "uuid:SafeUUID.unsafe": uuid.SafeUUID.unsafe,
    "zoneinfo.ZoneInfo": zoneinfo.ZoneInfo,
    "zoneinfo:ZoneInfo._unpickle": [zoneinfo.ZoneInfo("UTC"), zoneinfo.ZoneInfo.no_cache("UTC"), dt.datetime(2024, 1, 2, tzinfo=zoneinfo.ZoneInfo("UTC"))],
    **{f"pathlib._local.{name}": None for name in ("Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath")},
}


def listed():
    with open(SOURCE, encoding="utf-8") as file:
        table = re.search(r"plain_data\[\] = \{(.*?)\n\};", file.read(), re.S).group(1)
    return re.findall(r'"([^"]+)"', table)


class PlainData(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, data, what):
        status, verdict, failed, why, _ = self.tool.check(data)
        self.assertEqual((verdict, failed), ("harmless", -1), f"{what}: {status} {why}: {data!r}")

    def test_every_name_has_a_row(self):
        self.assertEqual(sorted(ROWS), sorted(listed()))

    def test_types_by_protocols(self):
        for name, values in ROWS.items():
            for value in values if isinstance(values, list) else [values]:
                for protocol in PROTOCOLS:
                    for dumps in pickle.dumps, pickle._dumps:
                        data = dumps(value, protocol)
                        self.check(data, f"{name}: {value!r} in protocol {protocol}")
                        for other in PROTOCOLS:
                            self.check(self.tool.rewrite(data, other), f"{name}: {value!r} in protocol {protocol} written in {other}")

    def test_together(self):
        values = [value for values in ROWS.values() for value in (values if isinstance(values, list) else [values])]
        for protocol in PROTOCOLS:
            self.check(pickle.dumps(values, protocol), f"all in protocol {protocol}")

    def test_newobj_calls_what_new_would(self):
        """copyreg.__newobj__ is NEWOBJ for protocols 0 and 1: what that may not be given, it may not either."""
        for data in (b"ccopy_reg\n__newobj__\n(cos\nsystem\nS'x'\ntR.", b"ccopy_reg\n__newobj__\n(tR.", b"ccopy_reg\n__newobj__\n(S'x'\ntR.",
                     b"ccopy_reg\n__newobj__\n(c__builtin__\nbytearray\nI1000000000000\ntR.",
                     b"(ccopy_reg\n__newobj__\nc__builtin__\nbytearray\nI1000000000000\no.",
                     b"(c__builtin__\nbytearray\nI1000000000000\nicopy_reg\n__newobj__\n."):
            self.assertNotEqual(self.tool.check(data)[1], "harmless", data)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""Random objects of all kinds that people pickle (hypothesis makes them and cuts failures down), in every protocol, by
both picklers: read and written again, as a pickle and by way of lossless JSON, they load back equal, types and
sharing included. The canonical form of what was written again is that of the original. ONGGI_SOAK=1: 100,000."""
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import os
import pathlib
import pickle
import typing
import unittest
import uuid

import pickle_peer as peer

try:
    from hypothesis import HealthCheck, given, settings, strategies as st
except ImportError:
    raise unittest.SkipTest("python3-hypothesis is not installed") if __name__ != "__main__" else SystemExit(77)

TOOL = peer.TOOL
SOAK = bool(os.environ.get("ONGGI_SOAK"))
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "100000" if SOAK else "2000"))


class Colour(enum.Enum):
    RED = 1
    GREEN = "g"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(typing.NamedTuple):
    x: object
    y: object


@dataclasses.dataclass
class Record:
    name: object
    value: object = None


class Text(str):
    pass


class Number(int):
    pass


class Items(list):
    pass


class Entries(dict):
    pass


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-2**600, 2**600), st.floats(), st.complex_numbers(),
    st.text(st.characters(), max_size=20), st.text("a\n\\\udc80\x00é'", max_size=6), st.binary(max_size=20),
    st.sampled_from([i for i in peer.INTS if i.bit_length() < 10000] + peer.FLOATS + peer.TEXTS), st.sampled_from([Colour.RED, Colour.GREEN, Level.HIGH]),
    st.datetimes(timezones=st.none() | st.just(datetime.timezone.utc)
                 | st.builds(datetime.timezone, st.timedeltas(datetime.timedelta(hours=-23), datetime.timedelta(hours=23)))),
    st.dates(), st.times(), st.timedeltas(), st.decimals(allow_nan=False), st.fractions(), st.uuids(),
    st.builds(pathlib.PurePosixPath, st.text("a/.b", max_size=6)), st.builds(range, st.integers(), st.integers()),
    st.builds(slice, st.none() | st.integers(), st.integers()),
    st.sampled_from([int, len, dict.fromkeys, peer.Plain, peer.Outer.Inner, collections.OrderedDict, ValueError]))

KEYS = st.recursive(SCALARS.filter(lambda v: v == v and not isinstance(v, slice)),
                    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)


def plain(attributes):
    out = peer.Plain()
    vars(out).update(attributes)
    return out


def defaults(pairs):
    return collections.defaultdict(list, pairs)


VALUES = st.recursive(SCALARS, lambda inner: st.one_of(
    st.lists(inner, max_size=5), st.tuples(inner), st.tuples(inner, inner, inner, inner), st.just(()),
    st.dictionaries(KEYS, inner, max_size=4), st.sets(KEYS, max_size=4), st.frozensets(KEYS, max_size=4),
    st.builds(bytearray, st.binary(max_size=9)), st.builds(Point, inner, inner), st.builds(Record, inner, inner),
    st.builds(plain, st.dictionaries(st.sampled_from(["a", "b", "naïve"]), inner, max_size=3)),
    st.builds(collections.OrderedDict, st.lists(st.tuples(KEYS, inner), max_size=3)),
    st.builds(defaults, st.lists(st.tuples(KEYS, inner), max_size=3)),
    st.builds(collections.Counter, st.lists(KEYS, max_size=4)),
    st.builds(collections.deque, st.lists(inner, max_size=3), st.none() | st.integers(3, 5)),
    st.builds(Items, st.lists(inner, max_size=3)), st.builds(Text, st.text(max_size=4)), st.builds(Number, st.integers()),
    st.builds(ValueError, inner), st.builds(peer.NewArgs, inner), st.builds(lambda v: [v, v, (v,)], inner)), max_leaves=12)


@st.composite
def graphs(draw):
    """Mutable things that hold one another, and themselves."""
    kinds = [list, dict, peer.Plain, set, Items, Entries, collections.OrderedDict, collections.deque, collections.defaultdict]
    nodes = [draw(st.sampled_from(kinds))() for _ in range(draw(st.integers(1, 5)))]
    part = st.sampled_from(nodes) | st.sampled_from(nodes).map(lambda n: (n,)) | SCALARS
    for node in nodes:
        for i, item in enumerate(draw(st.lists(part, max_size=4))):
            if isinstance(node, (list, collections.deque)):
                node.append(item)
            elif isinstance(node, dict):
                node[i] = item
            elif isinstance(node, peer.Plain):
                setattr(node, f"a{i}", item)
            elif isinstance(item, peer.Plain):
                node.add(item)
    return nodes[0] if draw(st.booleans()) else tuple(nodes)


class Objects(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, value, protocol, again, python, by_text):
        try:
            data = (pickle._dumps if python else pickle.dumps)(value, protocol)
            original = pickle.loads(data)
        except (RecursionError, TypeError, AttributeError, ValueError):
            return  # what CPython itself cannot pickle and load
        written = self.tool.rewrite(data, again, by_text)
        self.assertIsNone(peer.same(original, pickle.loads(written)), (data, written))
        canonical = self.tool.canonical(data)
        self.assertIsNone(peer.same(original, pickle.loads(canonical)), (data, canonical))
        self.assertEqual(self.tool.canonical(canonical), canonical)

    OPTIONS = settings(max_examples=COUNT // 2, deadline=None, database=None, derandomize=not SOAK,
                       suppress_health_check=list(HealthCheck))
    CHOICE = st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans())

    @OPTIONS
    @given(VALUES, CHOICE)
    def test_values(self, value, choice):
        self.check(value, *choice)

    @OPTIONS
    @given(graphs(), CHOICE)
    def test_graphs(self, value, choice):
        self.check(value, *choice)


if __name__ == "__main__":
    unittest.main()

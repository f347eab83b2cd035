# SPDX-License-Identifier: MIT
"""Classes as people write them, of each kind that pickles in a way of its own."""
import collections
import dataclasses
import enum
import typing

import numpy


class User:
    def __init__(self, name, age):
        self.name = name
        self.age = age


class Empty:
    pass


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


class SlotsAndMore(Slots):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z


@dataclasses.dataclass
class Order:
    id: int
    items: list


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


@dataclasses.dataclass(slots=True)
class Slotted:
    x: int
    y: int


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlotted:
    x: int


class Point(typing.NamedTuple):
    x: int
    y: int


Single = collections.namedtuple("Single", "x")


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 10


class Name(enum.StrEnum):
    A = "a"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Mode(enum.IntFlag):
    ON = 1
    FAST = 2


class Outer:
    class Inner:
        pass

    class Color(enum.Enum):
        BLUE = 3

    def method(self):
        return self


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


class Getstate:
    def __init__(self, value):
        self.value = value

    def __getstate__(self):
        return [self.value]

    def __setstate__(self, state):
        self.value = state[0]


class Reduce:
    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return Reduce, (self.value,)


class ReduceAll(list):
    """All five parts that __reduce__ may give."""

    def __init__(self, value=None):
        super().__init__()
        self.value = value
        self.pairs = {}

    def __setitem__(self, key, value):
        self.pairs[key] = value

    def __setstate__(self, state):
        self.value = state

    def __reduce__(self):
        return ReduceAll, (), self.value, iter(self[:]), iter(self.pairs.items())


def reduce_all():
    out = ReduceAll("state")
    out.extend([1, 2])
    out["key"] = 3
    return out


def restore(self, state):
    self.value = state


class StateSetter:
    """The sixth part, from Python 3.8: a function that sets the state."""

    def __init__(self, value=None):
        self.value = value

    def __reduce__(self):
        return StateSetter, (), self.value, None, None, restore


class NewArgs:
    def __new__(cls, x):
        self = object.__new__(cls)
        self.x = x
        return self

    def __getnewargs__(self):
        return (self.x,)


class Keywords:
    def __new__(cls, *, x):
        self = object.__new__(cls)
        self.x = x
        return self

    def __getnewargs_ex__(self):
        return (), {"x": self.x}


class Singleton:
    def __reduce__(self):
        return "THE_ONE"


THE_ONE = Singleton()


class OtherError(Exception):
    def __init__(self, message, code):
        super().__init__(message)
        self.code = code

    def __reduce__(self):
        return OtherError, (self.args[0], self.code)


def noted():
    error = ValueError("bad")
    error.add_note("see above")
    return error


def cycle():
    out = []
    out.append(out)
    return out


def shared():
    inner = [1]
    return [inner, inner]


class Vector(numpy.ndarray):
    pass


def function(x):
    return x

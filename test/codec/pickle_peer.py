# SPDX-License-Identifier: MIT
"""What the pickle tests share: the tool, comparison with identity, random values."""
import collections
import contextlib
import datetime
import decimal
import enum
import fractions
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import uuid


sys.dont_write_bytecode = True

# The first argument of a test program, or from the environment.
TOOL = sys.argv.pop(1) if len(sys.argv) > 1 and os.path.isfile(sys.argv[1]) else os.environ.get("ONGGI_PICKLE_TOOL", "")
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "2000"))
ENCODINGS = ("ASCII", "latin1", "utf-8", "bytes")


class Refused(Exception):
    pass


@contextlib.contextmanager
def memory_to_spare(size):
    """Python's readers ask for as much memory as a pickle tells them to: no more than this. Not for programs started within."""
    old, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (old, hard))


POLICIES = {"plain-data": "c", "numpy-data": "n", "torch-data": "t", "pandas-data": "d"}


class Tool:
    """The C side: reads a pickle and writes it again."""

    def __init__(self, path):
        self.path = path
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what, data):
        try:
            self.process.stdin.write(bytes([what]) + struct.pack("<I", len(data)) + data)
            self.process.stdin.flush()
            head = self.process.stdout.read(5)
        except BrokenPipeError:
            head = b""
        if len(head) < 5:
            status = self.process.wait()
            self.start()  # so that a shorter case can be looked for
            raise AssertionError(f"the tool died of request {what} with {data!r}: status {status}")
        body = self.process.stdout.read(struct.unpack("<I", head[1:])[0])
        if head[:1] == b"-":
            raise Refused(body.decode("utf-8", "replace"))
        return body

    def rewrite(self, data, protocol, by_text=False, encoding="ASCII", strict=False):
        """Read and written again; `by_text`: with lossless JSON in between."""
        return self.ask(protocol | 8 * by_text | ENCODINGS.index(encoding) << 4 | 128 * strict, data)

    def contained(self, data, protocol):
        """Read strictly and written again for an Unpickler that has read others before."""
        return self.ask(protocol | 64 | 128, data)

    def check_contained(self, data, fresh=False):
        """Whether it may go on as it is to an Unpickler that has read others before, or to a fresh one."""
        self.ask(ord("w" if fresh else "v"), data)

    def text(self, data):
        """The lossless JSON text."""
        return self.ask(7, data)

    def canonical(self, data, strict=False):
        return self.ask(6 | 128 * strict, data)

    def scan(self, data):
        return int(self.ask(ord("s"), data))

    def check(self, data, everything=False, policy="plain-data"):
        """By a built-in policy, or by what allows everything: status, verdict, where reading failed (-1: nowhere), why, and
        the uses: (how, depth, position, count, allowed, module, qualname)."""
        lines = self.ask(ord("a" if everything else POLICIES[policy]), data).decode("utf-8", "replace").split("\n")
        status, verdict, failed, why = lines[0].split("\t", 3)
        uses = []
        for line in lines[1:-1]:
            how, depth, position, count, allowed, module, qualname = line.split("\t")
            names = [bytes.fromhex(name).decode("utf-8", "surrogatepass") for name in (module, qualname)]
            uses.append((how, int(depth), int(position), int(count), allowed == "1", *names))
        return status, verdict, int(failed), why, uses

    def read_by_policy(self, data):
        self.ask(ord("p"), data)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


def show(value):
    try:
        return f"{value!r:.60}"
    except (ValueError, RecursionError):
        return f"a {type(value).__name__}"


LEAVES = (datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction,
          uuid.UUID, pathlib.PurePath, range, slice, enum.Enum)
IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), type)


def same(a, b):
    """Equal in value, type and sharing: mutable things must map one to one. Returns None or where they differ."""
    there, back = {}, {}
    keep = []
    todo = [(a, b, "value")]
    while todo:
        x, y, where = todo.pop()
        if isinstance(x, memoryview):  # a read-only view of a bytearray: to onggi that is bytes
            x = x.tobytes()
        if type(x) is not type(y):
            return f"{where}: {type(x)} {show(x)} became {type(y)} {show(y)}"
        if isinstance(x, LEAVES):
            if repr(x) != repr(y):
                return f"{where}: {show(x)} became {show(y)}"
            continue
        if isinstance(x, IMMUTABLE) or callable(x) and not hasattr(x, "__dict__"):
            if isinstance(x, float):
                if struct.pack("d", x) != struct.pack("d", y) and x == x:
                    return f"{where}: {x!r} became {y!r}"
            elif isinstance(x, complex):
                todo += [(x.real, y.real, where), (x.imag, y.imag, where)]
            elif x != y:
                return f"{where}: {show(x)} became {show(y)}"
            continue
        if x != () and x != frozenset():
            if there.setdefault(id(x), id(y)) != id(y) or back.setdefault(id(y), id(x)) != id(x):
                return f"{where}: sharing differs at {type(x)} {show(x)}"
            if (id(x), id(y)) in keep_set(keep):
                continue
            keep_set(keep).add((id(x), id(y)))
        if isinstance(x, (list, tuple)):
            if len(x) != len(y):
                return f"{where}: {len(x)} items became {len(y)}"
            todo += [(i, j, f"{where}[{n}]") for n, (i, j) in enumerate(zip(x, y))]
        elif isinstance(x, dict):
            if len(x) != len(y):
                return f"{where}: {len(x)} keys became {len(y)}"
            for (k, v), (l, w) in zip(x.items(), y.items()):
                todo += [(k, l, f"{where} key {show(k)}"), (v, w, f"{where}[{show(k)}]")]
        elif isinstance(x, (set, frozenset)):
            if len(x) != len(y):
                return f"{where}: {len(x)} items became {len(y)}"
            if all(isinstance(i, IMMUTABLE) for i in x) and x != y and sorted(map(repr, x)) != sorted(map(repr, y)):
                return f"{where}: {show(x)} became {show(y)}"
        elif isinstance(x, collections.deque):
            if len(x) != len(y) or x.maxlen != y.maxlen:
                return f"{where}: {show(x)} became {show(y)}"
            todo += [(i, j, f"{where}[{n}]") for n, (i, j) in enumerate(zip(x, y))]
        elif isinstance(x, bytearray):
            if x != y:
                return f"{where}: {show(x)} became {show(y)}"
        if isinstance(x, collections.defaultdict):
            todo.append((x.default_factory, y.default_factory, where + ".default_factory"))
        if hasattr(x, "__dict__"):
            todo.append((x.__dict__, y.__dict__, where + ".__dict__"))
        for name in getattr(type(x), "__slots__", ()):
            if hasattr(x, name) != hasattr(y, name):
                return f"{where}.{name}: missing on one side"
            if hasattr(x, name):
                todo.append((getattr(x, name), getattr(y, name), f"{where}.{name}"))
        if not hasattr(x, "__dict__") and not hasattr(x, "__slots__") and not isinstance(x, (list, tuple, dict, set, frozenset, bytearray, collections.deque)):
            if x != y:
                return f"{where}: {show(x)} became {show(y)}"
    return None


def keep_set(keep):
    if not keep:
        keep.append(set())
    return keep[0]


class Plain:
    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__


class Slots:
    __slots__ = ("one", "two")


class NewArgs:
    def __new__(cls, *args):
        self = object.__new__(cls)
        self.args = args
        return self

    def __getnewargs__(self):
        return self.args


class NewArgsEx(NewArgs):
    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.args = args
        self.kwargs = kwargs
        return self

    def __getnewargs_ex__(self):
        return self.args, self.kwargs


class MyList(list):
    pass


class MyDict(dict):
    pass


class Outer:
    class Inner:
        class Deepest:
            pass


TEXTS = ["", "a", "key", "name", "ключ", "옹기", "\U0001f600", "\ud83d", "a\nb", "back\\slash", "\\u0041", "\x00",
         "\x1a", "\r\n", "ÿ", "x" * 255, "y" * 256, "é" * 130, "'quote'", "\x7f", "\x80"]
INTS = [0, 1, -1, 127, 128, 255, 256, 65535, 65536, -129, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, 2**63,
        -2**63, -2**63 - 1, 2**64, -2**64, 10**40, -10**40, 256**255, 2**2040 - 1, 2**2039, -2**2039, 2**2047, 1 << 20000]
FLOATS = [0.0, -0.0, 1.5, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 0.1, 1e16, 123456789.123, 1e22]


class Maker:
    """Random values of all kinds, with sharing and cycles."""

    def __init__(self, seed, objects=True):
        self.random = random.Random(seed)
        self.made = []
        self.hashable = []
        self.objects = objects

    def scalar(self):
        r = self.random
        pick = r.randrange(9)
        if pick == 0:
            return None
        if pick == 1:
            return r.random() < 0.5
        if pick == 2:
            return r.choice(INTS)
        if pick == 3:
            return r.randrange(-300, 70000)
        if pick == 4:
            return r.choice(FLOATS)
        if pick == 5:
            return r.choice(TEXTS)
        if pick == 6:
            return r.choice(TEXTS).encode("utf-8", "surrogatepass")
        if pick == 7:
            return complex(r.choice(FLOATS), r.choice(FLOATS))
        return "".join(chr(r.choice([r.randrange(32, 127), r.randrange(0x80, 0x900), 10])) for _ in range(r.randrange(12)))

    def key(self, depth):
        r = self.random
        if depth > 0 and r.random() < 0.15:
            return tuple(self.key(depth - 1) for _ in range(r.randrange(4)))
        if depth > 0 and r.random() < 0.08:
            return frozenset(self.key(0) for _ in range(r.randrange(4)))
        if r.random() < 0.2 and self.hashable:
            return r.choice(self.hashable)
        while True:
            value = self.scalar()
            if value == value:
                return value

    def note(self, value):
        self.made.append(value)
        return value

    def value(self, depth):
        r = self.random
        if self.made and r.random() < 0.15:
            return r.choice(self.made)
        if depth == 0 or r.random() < 0.3:
            return self.scalar()
        pick = r.randrange(12 if self.objects else 7)
        size = r.choice([0, 1, 2, 3, 4, 5, 8])
        if pick == 0:
            out = self.note([])
            out.extend(self.value(depth - 1) for _ in range(size))
            return out
        if pick == 1:
            return self.note(tuple(self.value(depth - 1) for _ in range(size)))
        if pick in (2, 3):
            out = self.note({})
            for _ in range(size):
                out[self.key(2)] = self.value(depth - 1)
            return out
        if pick == 4:
            out = self.note(set())
            out.update(self.key(2) for _ in range(size))
            return out
        if pick == 5:
            return self.note(frozenset(self.key(2) for _ in range(size)))
        if pick == 6:
            return self.note(bytearray(r.randbytes(r.choice([0, 1, 5, 300]))))
        return self.object(pick, size, depth)

    def object(self, pick, size, depth):
        r = self.random
        if pick == 7:
            out = self.note(Plain())
            self.hashable.append(out)
            for i in range(size):
                setattr(out, f"a{i}", self.value(depth - 1))
            return out
        if pick == 8:
            out = self.note(Slots())
            out.one = self.value(depth - 1)
            return out
        if pick == 9:
            cls = r.choice([NewArgs, NewArgsEx])
            args = [self.value(depth - 1) for _ in range(size)]
            return self.note(cls(*args) if cls is NewArgs else cls(*args, key=self.value(depth - 1)))
        if pick == 10:
            out = self.note(r.choice([MyList, MyDict])())
            out.attr = self.value(depth - 1)
            if isinstance(out, list):
                out.extend(self.value(depth - 1) for _ in range(size))
            else:
                out.update((self.key(1), self.value(depth - 1)) for _ in range(size))
            return out
        return r.choice([Plain, Slots, Outer, Outer.Inner, Outer.Inner.Deepest, len, dict.fromkeys, int, OSError])

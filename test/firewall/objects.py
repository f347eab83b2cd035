# SPDX-License-Identifier: MIT
"""Random objects of plain data with shared and cyclic parts, and their shape: two objects with the same shape are equal
and share the same parts."""
import collections
import datetime
import decimal
import hashlib
import struct
import uuid

MUTABLE = (list, dict, set, bytearray, collections.OrderedDict, collections.deque)


def shape(value):
    """A digest of all that can be seen of `value`: kinds, values, the order of dicts, and which parts are the same."""
    seen, out, todo = {}, [], [value]
    while todo:
        v = todo.pop()
        kind = type(v)
        if isinstance(v, MUTABLE) or (kind in (tuple, frozenset) and v):
            if id(v) in seen:
                out.append(f"ref {seen[id(v)]}")
                continue
            seen[id(v)] = len(seen)
        out.append(kind.__name__)
        if isinstance(v, dict):
            out.append(str(len(v)))
            for key, item in reversed(v.items()):
                todo += [item, key]
        elif kind in (set, frozenset):
            out.append(repr(sorted(map(repr, v))))
        elif kind in (list, tuple, collections.deque):
            out.append(str(len(v)))
            todo += reversed(v)
        elif kind is memoryview:
            out.append(v.hex())
        elif kind is float:
            out.append(struct.pack(">d", v).hex())
        else:
            out.append(repr(v))
    return hashlib.sha256("\n".join(out).encode("utf-8", "surrogatepass")).hexdigest()[:32] + f" {len(out)}"


def some_bytes(rng, most):
    """Bytes that begin as no pickle does: those that may be one are judged as a pickle, by chance refused too."""
    return b"\xff" + rng.randbytes(rng.randint(0, most))


def scalar(rng):
    return rng.choice((
        lambda: None,
        lambda: rng.random() < 0.5,
        lambda: rng.randint(-300, 70000),
        lambda: rng.randint(-(1 << 200), 1 << 200),
        lambda: rng.choice((0.0, -0.0, 1.5, float("inf"), rng.random(), struct.unpack(">d", b"\x7f\xf8" + bytes(5) + b"\x07")[0])),
        lambda: "".join(rng.choice("ab \n'\"é한\U0001f600\udc80") for _ in range(rng.randint(0, 12))),
        lambda: some_bytes(rng, 300),
        lambda: bytearray(some_bytes(rng, 20)),
        lambda: complex(rng.randint(-3, 3), rng.random()),
        lambda: datetime.datetime(2026, rng.randint(1, 12), 3, 4, 5, 6, rng.randint(0, 999999)),
        lambda: datetime.timedelta(days=rng.randint(-5, 5), microseconds=3),
        lambda: decimal.Decimal(rng.randint(-1000, 1000)) / 8,
        lambda: uuid.UUID(int=rng.getrandbits(128)),
    ))()


def key(rng):
    return rng.choice((lambda: rng.randint(-5, 300), lambda: f"k{rng.randint(0, 30)}", lambda: (1, rng.randint(0, 9)), lambda: None))()


def container(rng, have):
    """One container of what there is and new scalars."""
    def item():
        return rng.choice(have) if have and rng.random() < 0.4 else scalar(rng)
    count = rng.choice((0, 1, 2, 3, 5, 12))
    return rng.choice((
        lambda: [item() for _ in range(count)],
        lambda: tuple(item() for _ in range(count)),
        lambda: {key(rng): item() for _ in range(count)},
        lambda: {rng.randint(0, 99) for _ in range(count)},
        lambda: frozenset(f"f{rng.randint(0, 99)}" for _ in range(count)),
        lambda: collections.OrderedDict((key(rng), item()) for _ in range(count)),
        lambda: collections.deque(item() for _ in range(count)),
    ))()


def random_object(rng, small=False):
    have = []
    for _ in range(rng.randint(1, 4 if small else 12)):
        have.append(container(rng, have))
    lists = [v for v in have if type(v) is list]
    if lists and rng.random() < 0.3:
        rng.choice(lists).append(rng.choice(lists))  # perhaps a cycle
    return have[-1] if rng.random() < 0.5 else have


def record(rng):
    """What a logging.SocketHandler sends."""
    return {"name": "root", "msg": f"message {rng.randint(0, 9999)}", "args": None, "levelname": "INFO", "levelno": 20,
            "pathname": "app.py", "filename": "app.py", "module": "app", "exc_info": None, "exc_text": None,
            "stack_info": None, "lineno": rng.randint(1, 999), "funcName": "run", "created": 1e9 + rng.random(),
            "msecs": rng.random() * 1000, "relativeCreated": rng.random(), "thread": rng.getrandbits(40),
            "threadName": "MainThread", "processName": "MainProcess", "process": rng.randint(1, 9999)}


def points(rng):
    """What a relay sends to carbon."""
    return [(f"servers.host{rng.randint(0, 9)}.load", (1e9 + rng.randint(0, 99), rng.random())) for _ in range(rng.randint(0, 9))]


def plain(rng):
    """What JSON carries."""
    return {f"k{i}": rng.choice((None, True, 1.5, -7, "한 text", [1, [2]], {"a": {}})) for i in range(rng.randint(0, 6))}

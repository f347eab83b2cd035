# SPDX-License-Identifier: MIT
"""Random pickles for the tests: programs of opcodes that mostly fit the stack, and damaged copies of what picklers
write. Each is made from its seed alone."""
import collections
import datetime
import decimal
import pickle
import random
import struct
import uuid

NAMES = [("collections", "OrderedDict"), ("collections", "deque"), ("builtins", "set"), ("builtins", "list"), ("builtins", "tuple"),
         ("__builtin__", "set"), ("__builtin__", "frozenset"), ("builtins", "bytearray"), ("_codecs", "encode"), ("copy_reg", "_reconstructor"),
         ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("datetime", "datetime"), ("decimal", "Decimal"),
         ("os", "system"), ("shop", "Order"), ("shop.orders", "Order"), ("shop", "Order.Status"), ("os", "path.os.system"),
         ("commands", "getoutput"), ("__builtin__", "execfile"), ("__builtin__", "getattr"), ("builtins", "getattr"), ("UserDict", "UserDict"),
         ("itertools", "izip"), ("anydbm", "open"), ("builtins", "object"), ("__builtin__", "object")]
ODD = ["", "a\0b", " os", "os\r", "\\x6fs", "ключ", "\udc80", "a..b", ".a", "a.", "os\t", "x" * 300, "a\x7f", "*", "a:b"]
TEXTS = ["", "a", "os", "system", "collections", "OrderedDict", "latin1", "latin-1", "hex", "shop", "Order", "Inner", "é", "\ud83d",
         "cos\nsystem\n)R.", "N", "x" * 70]
NUMBERS = [b"0", b"1", b"-1", b"00", b"01", b"-0", b"7", b"10", b"010", b"+0", b" 1", b"1 ", b"0x1f", b"0o7", b"1_0", b"2147483648", b"1L",
           b"-12L", b"L", b"", b"9" * 30, b"1\x00x", b"9" * 4400, b"9" * 4400 + b"L"]
FLOATS = [b"1.5", b"-0.0", b"1e5", b"1e400", b"nan", b"-inf", b"1_0", b" 1", b"1.5\x00", b"", b"0x1p3"]
QUOTED = [b"'a'", b'"b"', b"''", b"'", b"a", b"'a\"", b"'\\x41'", b"'\\q'", b"'\\'", b"'os'", b"'\xe9'", b"'\\xe9'"]
ESCAPED = [b"", b"a", b"os", b"\\u0041", b"\\ud83d", b"\\u004", b"\xe9", b"\\", b"\\\\u0041"]


def s1(text):
    raw = text.encode("utf-8", "surrogatepass")
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + struct.pack("<I", len(raw)) + raw


class Program:
    """A stack of kinds is kept, so that most opcodes find what they want."""

    def __init__(self, seed, names=NAMES, texts=TEXTS, odd=0.08):
        self.random = random.Random(seed)
        self.names = names
        self.texts = texts
        self.odd = odd
        self.out = bytearray()
        self.stack = []
        self.memo = {}

    # ---- What is where

    def above(self):
        """The kinds above the innermost mark."""
        if "mark" not in self.stack:
            return self.stack
        return self.stack[len(self.stack) - self.stack[::-1].index("mark"):]

    def put(self, data, *kinds):
        self.out += data
        self.stack += kinds

    def take(self, count):
        del self.stack[len(self.stack) - count:]

    def take_mark(self):
        if "mark" not in self.stack:
            return []
        items = self.above()[:]
        self.take(len(items) + 1)
        return items

    # ---- Opcodes

    def scalar(self):
        r = self.random
        pick = r.randrange(22)
        if pick < 4:
            return self.put(r.choice([b"N", b"\x88", b"\x89"]), "any")
        if pick < 8:
            return self.put(r.choice([b"K" + r.randbytes(1), b"M" + r.randbytes(2), b"J" + r.randbytes(4)]), "any")
        if pick < 9:
            return self.put(r.choice([b"I", b"L"]) + r.choice(NUMBERS) + b"\n", "any")
        if pick < 10:
            return self.put(r.choice([b"F" + r.choice(FLOATS) + b"\n", b"G" + r.randbytes(8)]), "any")
        if pick < 11:
            raw = r.randbytes(r.randrange(10))
            return self.put(r.choice([b"\x8a" + bytes([len(raw)]), b"\x8b" + struct.pack("<I", len(raw))]) + raw, "any")
        if pick < 12:
            return self.put(b"S" + r.choice(QUOTED) + b"\n", "str")
        if pick < 13:
            return self.put(b"V" + r.choice(ESCAPED) + b"\n", "str")
        raw = r.choice(self.texts).encode("utf-8", "surrogatepass")
        if pick < 15:
            form = r.choice([(b"C", "<B"), (b"B", "<I"), (b"\x8e", "<Q"), (b"\x96", "<Q")])
            return self.put(form[0] + struct.pack(form[1], len(raw)) + raw, "bytes")
        form = r.choice([(b"\x8c", "<B"), (b"X", "<I"), (b"\x8d", "<Q"), (b"U", "<B"), (b"T", "<I")])
        self.put(form[0] + struct.pack(form[1], len(raw)) + raw, "str")

    def container(self):
        r = self.random
        pick = r.randrange(12)
        if pick < 5:
            return self.put(*r.choice([(b"]", "list"), (b"}", "dict"), (b")", "tuple"), (b"\x8f", "set")]))
        above = self.above()
        if pick < 8 and above:
            count = r.randrange(1, min(3, len(above)) + 1)
            self.take(count)
            return self.put(bytes([0x84 + count]), "tuple")
        if "mark" in self.stack:
            op, kind = r.choice([(b"t", "tuple"), (b"t", "tuple"), (b"l", "list"), (b"d", "dict"), (b"\x91", "frozenset")])
            if kind == "dict" and len(above) % 2:
                op, kind = b"l", "list"
            self.take_mark()
            return self.put(op, kind)
        self.put(b"(", "mark")

    def fill(self):
        r = self.random
        above = self.above()
        into = {"list": b"a", "obj": b"a", "dict": b"s"}
        if len(above) >= 2 and above[-2] in ("list", "obj") and r.random() < .5:
            self.take(1)
            return self.put(into[above[-1] if False else "list"])
        if len(above) >= 3 and above[-3] in ("dict", "obj") and r.random() < .7:
            self.take(2)
            return self.put(b"s")
        if "mark" in self.stack and len(self.stack) > len(above) + 1:
            kind = self.stack[-len(above) - 2]
            op = {"list": b"e", "dict": b"u", "set": b"\x90", "obj": r.choice([b"e", b"u"])}.get(kind)
            if op and (op != b"u" or len(above) % 2 == 0):
                self.take_mark()
                return self.put(op)
        self.put(*r.choice([(b"](", "list", "mark"), (b"}(", "dict", "mark"), (b"\x8f(", "set", "mark")]))

    def memo_game(self):
        r = self.random
        above = self.above()
        if above and r.random() < .5:
            pick = r.randrange(4)
            index = r.choice([len(self.memo), r.randrange(6), r.choice([255, 256, 5000, 70000])])
            if pick == 0 or index > 255 and pick == 1:
                self.out += b"\x94"
                index = len(self.memo)
            elif pick == 1:
                self.out += b"q" + bytes([index])
            elif pick == 2:
                self.out += b"r" + struct.pack("<I", index)
            else:
                self.out += b"p%d\n" % index
            self.memo[index] = above[-1]
        elif self.memo and r.random() < .95:
            index = r.choice(list(self.memo))
            op = b"h" + bytes([index]) if index < 256 and r.random() < .6 else r.choice([b"j" + struct.pack("<I", index), b"g%d\n" % index])
            self.put(op, self.memo[index])
        elif above:
            r.choice([lambda: self.put(b"2", above[-1]), lambda: (self.put(b"0"), self.take(1))])()
        else:
            self.put(b"h" + r.randbytes(1), "any")

    def name(self):
        r = self.random
        module, qualname = r.choice(self.names)
        if r.random() < self.odd:
            module = r.choice(ODD)
        if r.random() < self.odd:
            qualname = r.choice(ODD)
        raw = [text.encode("utf-8", "surrogatepass") for text in (module, qualname)]
        pick = r.random()
        if pick < .4:
            return self.put(b"c" + raw[0] + b"\n" + raw[1] + b"\n", "class")
        if pick < .75:
            store = r.random()
            if store < .2:
                self.out += s1(module) + b"\x94" + s1(qualname) + b"\x94"
                self.memo[len(self.memo)] = self.memo[len(self.memo) + 1] = "str"
                return self.put(b"\x93", "class")
            if store < .3:
                index = r.randrange(4)
                self.out += s1(qualname) + b"q" + bytes([index]) + b"0" + s1(module) + b"h" + bytes([index])
                self.memo[index] = "str"
                return self.put(b"\x93", "class")
            return self.put(s1(module) + s1(qualname) + b"\x93", "class")
        if pick < .9:
            if "mark" not in self.stack and r.random() < .9:
                self.put(b"(", "mark")
            self.take_mark()
            return self.put(b"i" + raw[0] + b"\n" + raw[1] + b"\n", "obj")
        if not self.odd:
            return self.scalar()
        if pick < .95:
            return self.put(r.choice([b"\x82\xc8", b"\x83\x40\x9c", b"\x84\xa0\x86\x01\x00", b"\x82\x05", b"\x84\xff\xff\xff\xff", b"\x82\x00"]), "class")
        if r.random() < .5 and self.above():
            return self.put(b"Q")
        self.put(b"P" + r.choice([b"id", b"", b"a\\x", b"\xe9", b"os.system"]) + b"\n", "obj")

    def call(self):
        r = self.random
        above = self.above()
        if len(above) >= 2 and above[-2] in ("class", "obj"):
            if above[-1] == "tuple":
                self.take(2)
                return self.put(r.choice([b"R", b"R", b"\x81"]), "obj")
            if above[-2] == "obj" and r.random() < .5:
                self.take(1)
                return self.put(b"b")
            if r.random() < .6:
                self.take(1)
                return self.put(b"\x85R" if r.random() < .7 else b"\x85\x81")
        if len(above) >= 3 and above[-3:] == ["class", "tuple", "dict"]:
            self.take(3)
            return self.put(b"\x92", "obj")
        if above and above[-1] in ("class", "obj") and r.random() < .7:
            return r.choice([lambda: (self.take(1), self.put(b")R", "obj")), lambda: (self.take(1), self.put(b")\x81", "obj")),
                             lambda: (self.take(1), self.put(b")}\x92", "obj")), lambda: self.put(b"}" + s1(r.choice(self.texts)) + r.choice([b"N", b")"]) + b"sb")])()
        if "mark" in self.stack and above and above[0] == "class":
            self.take_mark()
            return self.put(b"o", "obj")
        if r.random() < .4:
            self.put(b"(", "mark")
            self.name()
            return None
        self.name()

    def step(self):
        r = self.random
        pick = r.random()
        if pick < .04:  # anything at all
            op = r.choice(b"(.012NKMJ]})aesulbdt\x85\x86\x87\x81\x88\x90\x91\x92\x93\x94\x95\x97\x98RQoi\x80")
            data = bytes([op]) + {0x4b: b"\x01", 0x4d: b"\x01\x02", 0x4a: b"abcd", 0x69: b"shop\nOrder\n", 0x80: b"\x02",
                                  0x95: struct.pack("<Q", r.randrange(40))}.get(op, b"")
            return self.put(data, "any")
        if pick < .25:
            return self.scalar()
        if pick < .42:
            return self.container()
        if pick < .55:
            return self.fill()
        if pick < .70:
            return self.memo_game()
        if pick < .82:
            return self.name()
        if pick < .97:
            return self.call()
        if self.above():
            self.take(1)
            return self.put(b"0")
        if "mark" in self.stack:
            self.take_mark()
            return self.put(b"1")
        self.put(b"(", "mark")

    def finish(self):
        r = self.random
        if r.random() < .9:  # what is left becomes one value
            while "mark" in self.stack:
                self.put(b"t", "tuple") if not self.take_mark() is None else None
            while len(self.stack) > 1:
                count = min(3, len(self.stack))
                self.take(count)
                self.put(bytes([0x84 + count]), "tuple")
            if not self.stack:
                self.out += b"N"
        if r.random() < .96:
            self.out += b"."
        elif r.random() < .5:
            self.out = self.out[:r.randrange(len(self.out) + 1)]

    def frame(self, body):
        """Frames as the pickler writes them, or a little off."""
        r = self.random
        cut = r.randrange(len(body) + 1) if r.random() < .2 else len(body)
        length = cut + (r.choice([-1, 1, 5, 1 << 40]) if r.random() < .1 else 0)
        return b"\x95" + struct.pack("<Q", max(0, length)) + body

    def bytes(self):
        r = self.random
        for _ in range(r.randrange(1, 30)):
            self.step()
        self.finish()
        body = bytes(self.out)
        protocol = r.choice([None, None, 2, 2, 3, 4, 4, 4, 5])
        if protocol is None:
            return body
        if protocol >= 4 and r.random() < .5:
            body = self.frame(body)
        return b"\x80" + bytes([protocol]) + body


class Plain:
    pass


def real_values():
    shared = ["x", 1]
    value = Plain()
    value.state = shared
    return [[1, "two", 3.0, None, True, b"four", {"five": [6, (7,)]}], collections.OrderedDict(a=shared, b=shared), {1, 2}, frozenset("ab"),
            datetime.datetime(2026, 1, 2, 3, 4), decimal.Decimal("1.5"), uuid.UUID(int=7), value, [value, value], bytearray(b"z"), 1j,
            collections.deque([1, 2], 5), 2 ** 70, range(3), "é\n\\", {"a" * 300: shared}, pickle.dumps([Plain])]


def damaged(seed):
    """A pickle that a pickler wrote, with a few bytes changed, dropped, doubled or moved."""
    r = random.Random(seed)
    value = r.choice(real_values())
    protocol = r.randrange(6)
    data = bytearray(r.choice([pickle.dumps, pickle._dumps])(value, protocol))
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(data))
        pick = r.randrange(6)
        if pick == 0:
            data[at] = r.randrange(256)
        elif pick == 1:
            del data[at:at + r.randrange(1, 4)]
        elif pick == 2:
            data[at:at] = data[at:at + r.randrange(1, 12)]
        elif pick == 3:
            data[at:at] = r.choice([b"(", b"0", b"2", b"N", b".", b"h\x00", b"q\x00", b"\x94", b"1", b"t", b"R", b"b"])
        elif pick == 4:
            data[at] ^= 1 << r.randrange(8)
        else:
            other = r.randrange(len(data))
            data[at:at] = data[other:other + r.randrange(1, 20)]
        if not data:
            return b"."
    return bytes(data)


def pickle_of(seed):
    return damaged(seed) if seed % 4 == 3 else Program(seed).bytes()

# SPDX-License-Identifier: MIT
"""Self-contained pickles: one Unpickler of Python's reads a whole stream of them, after memo tricks of all kinds, and each
loads as it would by itself, types and sharing included. Their form is what doc/pickle.md says."""
import io
import os
import pickle
import pickletools
import struct
import sys
import unittest

import pickle_graphs
import pickle_peer as peer

TOOL = peer.TOOL
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "100000" if "ONGGI_SOAK" in os.environ else "3000"))
SEED = int(os.environ.get("ONGGI_PICKLE_SEED", "0"))
TEXTS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
OUTSIDE = {"PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER", "MEMOIZE"}


def strange(data):
    """Where the form is not that of a self-contained pickle; None when it is."""
    put, before = set(), []
    for op, arg, position in pickletools.genops(data):
        if op.name in OUTSIDE:
            return f"{op.name} at {position}"
        if op.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            put.add(int(arg))
        if op.name in ("GET", "BINGET", "LONG_BINGET") and int(arg) not in put:
            return f"{op.name} {arg} at {position}, which was not put"
        if op.name == "STACK_GLOBAL" and (len(before) < 2 or not set(before[-2:]) <= TEXTS):
            return f"a name from the memo at {position}"
        before.append(op.name)
    return None


def dirty(count, what):
    """A pickle that leaves `what` in the first `count` entries of the memo, and as many that MEMOIZE makes."""
    puts = b"".join(b"r" + struct.pack("<I", number) for number in range(count))
    return b"\x80\x04" + what + puts + b"\x94" * count + b"."


# Strings that names would be made of, a class, a container, and nothing at all.
TRICKS = [dirty(600, b"\x8c\x05posix"), dirty(300, b"\x8c\x06system"), dirty(600, b"cbuiltins\nlist\n"), dirty(5, b"]"), dirty(1, b"N"),
          b"\x80\x04]r\xff\xff\x00\x00."]


class Stream(io.RawIOBase):
    """What a service's Unpickler reads from: messages that come one by one."""

    def __init__(self):
        super().__init__()
        self.rest = b""

    def readable(self):
        return True

    def read(self, size=-1):
        size = len(self.rest) if size < 0 else size
        out, self.rest = self.rest[:size], self.rest[size:]
        return out

    def readinto(self, into):
        out = self.read(len(into))
        into[:len(out)] = out
        return len(out)

    def readline(self, _size=-1):
        return self.read(self.rest.find(b"\n") + 1 or -1)


class Service:
    """One Unpickler for all that arrives."""

    def __init__(self, kind):
        self.stream = Stream()
        self.unpickler = kind(self.stream)

    def load(self, data):
        self.stream.rest += data
        out = self.unpickler.load()
        if self.stream.rest:
            raise AssertionError(f"{len(self.stream.rest)} bytes are left")
        return out


class Contained(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)
        self.services = [Service(pickle.Unpickler), Service(pickle._Unpickler)]
        self.limit = sys.getrecursionlimit()

    def tearDown(self):
        sys.setrecursionlimit(self.limit)
        self.assertEqual(self.tool.close(), 0)

    def check(self, value, protocol, seed=0):
        data = pickle.dumps(value, protocol)
        original = pickle.loads(data)
        written = self.tool.contained(data, protocol)
        self.assertIsNone(strange(written), written)
        self.tool.check_contained(written)
        self.assertEqual(written[:2], data[:2]) if protocol > 1 else self.assertNotEqual(written[:1], b"\x80")
        for service in self.services:
            service.load(TRICKS[seed % len(TRICKS)])
            self.assertIsNone(peer.same(original, service.load(written)), (data, written))

    def test_random_values(self):
        for seed in range(SEED, SEED + COUNT):
            protocol = seed % 6
            value = peer.Maker(seed).value(4)
            try:
                pickle.dumps(value, protocol)
            except (TypeError, ValueError, pickle.PicklingError, RecursionError):
                continue
            with self.subTest(seed=seed):
                self.check(value, protocol, seed // 6)

    def test_random_graphs(self):
        sys.setrecursionlimit(400)  # calls that take themselves, which CPython cannot pickle, are soon given up
        done = 0
        for seed in range(SEED, SEED + COUNT // 3):
            protocol = 4 + seed % 2
            try:
                data = pickle.dumps(pickle_graphs.Maker(seed).make(), protocol)
                original = pickle.loads(data)
            except (RecursionError, TypeError):
                continue
            with self.subTest(seed=seed):
                written = self.tool.contained(data, protocol)
                self.assertIsNone(strange(written), written)
                for service in self.services:
                    service.load(TRICKS[seed % len(TRICKS)])
                    self.assertIsNone(peer.same(original, service.load(written)), (data, written))
                done += 1
        self.assertGreater(done, COUNT // 6)

    def test_many_strings_and_names(self):
        words = [f"a longer word {i}" for i in range(700)]
        shared = [{"x": 1}]
        for protocol in range(6):
            with self.subTest(protocol=protocol):
                self.check([words, words, [bytes(word, "ascii") for word in words] * 2, shared, shared,
                            [peer.Plain() for _ in range(300)], peer.Outer.Inner.Deepest, peer.Outer.Inner], protocol)

    def test_the_usual_form_would_not_do(self):
        value = [peer.Plain(), peer.Plain(), peer.Slots()]
        for service in self.services:
            service.load(TRICKS[0])
            with self.assertRaises((pickle.UnpicklingError, AttributeError, ImportError, TypeError)):
                loaded = service.load(self.tool.rewrite(pickle.dumps(value, 4), 4))
                raise TypeError(loaded)

    def test_bits_and_order(self):
        nan = b"\x7f\xf8\x00\x00\x00\x00\xbe\xef"
        for protocol in range(1, 6):
            head = b"\x80" + bytes([protocol]) if protocol > 1 else b""
            written = self.tool.contained(head + b"]q\x00(G" + nan + b"G\x80" + bytes(7) + b"e.", protocol)
            first, second = pickle.loads(written)
            self.assertEqual(struct.pack(">d", first), nan)
            self.assertEqual(struct.pack(">d", second), b"\x80" + bytes(7))
            keys = {key: None for key in ("z", 3, "a", (1, 2), b"b")}
            self.assertEqual(list(pickle.loads(self.tool.contained(pickle.dumps(keys, protocol), protocol))), list(keys))
            some = {8, 0, 16, 3}
            order = [arg for op, arg, _ in pickletools.genops(self.tool.contained(pickle.dumps(some, protocol), protocol)) if op.name == "BININT1"]
            self.assertEqual(order, list(some))

    def test_as_they_arrived(self):
        """What may go on as it is, a used Unpickler loads as a fresh one does."""
        passed = 0
        for seed in range(SEED, SEED + COUNT):
            protocol = seed % 6
            try:
                data = (pickle._dumps if seed // 6 % 2 else pickle.dumps)(peer.Maker(seed).value(3), protocol)
            except (TypeError, ValueError, pickle.PicklingError, RecursionError):
                continue
            with self.subTest(seed=seed):
                try:
                    self.tool.check_contained(data)
                except peer.Refused as refused:
                    self.assertIn("OG_EPOLICY", str(refused))
                    self.assertGreater(protocol, 3)
                    continue
                passed += 1
                for service in self.services:
                    service.load(TRICKS[seed % len(TRICKS)])
                    self.assertIsNone(peer.same(pickle.loads(data), service.load(data)), data)
        self.assertGreater(passed, COUNT // 2)

    def test_what_may_not_go_on(self):
        for data, at in [(b"\x80\x04]\x94h\x00.", 4), (b"\x80\x04\x8c\x01aq\x00h\x00\x93.", 9), (b"\x80\x04\x8c\x01aq\x000\x8c\x01bh\x00\x93.", 13),
                         (b"\x80\x04\x8c\x01a2\x93.", 6), (b"\x80\x04]g0\n\x94.", 6)]:
            with self.subTest(data=data), self.assertRaises(peer.Refused) as refused:
                self.tool.check_contained(data)
            self.assertIn(f"OG_EPOLICY {at} ", str(refused.exception))
        for data, at in [(b"Pid\n.", 0), (b"\x80\x04N\x51.", 3), (b"\x80\x02\x82\x01.", 2), (b"\x80\x02\x83\x01\x01.", 2),
                         (b"\x80\x02\x84\x01\x00\x00\x01.", 2), (b"\x80\x05\x97.", 2)]:
            for fresh in (False, True):
                with self.subTest(data=data), self.assertRaises(peer.Refused) as refused:
                    self.tool.check_contained(data, fresh)
                self.assertIn(f"OG_EPOLICY {at} ", str(refused.exception))
        for data in (b"", b"N", b"\x80\x04\x8c\x05ab.", b"\xff."):
            with self.subTest(data=data), self.assertRaises(peer.Refused) as refused:
                self.tool.check_contained(data)
            self.assertIn("OG_ESYNTAX", str(refused.exception))
        for data in (b"\x80\x04]\x94.", b"\x80\x04\x8c\x01aq\x00\x8c\x01b\x94\x93.", b"\x80\x04]q\x00h\x00\x86."):
            self.tool.check_contained(data)

    def test_fresh_unpicklers(self):
        """All that CPython writes may go on to whoever makes one for each pickle, but for names from the memo."""
        for protocol in range(6):
            self.tool.check_contained(pickle.dumps([["shared"] * 2, ("a", 1.5), {"k": b"v"}], protocol), fresh=True)
        for data in (b"\x80\x04]\x94h\x00.", b"\x80\x04]g0\n\x94."):
            self.tool.check_contained(data, fresh=True)
        with self.assertRaises(peer.Refused):
            self.tool.check_contained(b"\x80\x04\x8c\x01a\x94h\x00\x93.", fresh=True)

    def test_what_is_refused(self):
        for data, why in [(b"\x80\x02U\x01\xe9.", "ASCII"), (b"S'\\xe9'\n.", "ASCII"), (b"Pid\n.", "a persistent id"),
                          (b"\x80\x04N\x51.", "a persistent id"), (b"\x80\x02\x82\x01.", "an extension code"),
                          (b"\x80\x05\x97.", "a buffer beside the pickle")]:
            for protocol in (0, 2, 5):
                with self.subTest(data=data, protocol=protocol), self.assertRaises(peer.Refused) as refused:
                    self.tool.contained(data, protocol)
                self.assertIn(why, str(refused.exception))
        self.assertEqual(pickle.loads(self.tool.contained(b"\x80\x02U\x02ab.", 2)), "ab")


if __name__ == "__main__":
    unittest.main()

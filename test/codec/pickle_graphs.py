# SPDX-License-Identifier: MIT
"""Random graphs of everything mutable that people pickle: containers, subclasses of them, instances, and objects that
__reduce__ makes by calls, with arguments, state, items and pairs; shared, and in cycles of all kinds. What a call sees
of its arguments is kept (`seen`), so that a container that is filled too late, or too early, shows."""
import collections
import random

import pickle_peer as peer


class Tagged:
    """Hashable by identity; told apart by `tag` when a set has lost the order."""
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


class Node(Tagged):
    pass


class Slotted(Tagged):
    __slots__ = ("tag", "one", "two")


class Items(list):
    pass


class Pairs(dict):
    pass


class Members(set):
    pass


class Ordered(collections.OrderedDict):
    pass


def contents(value):
    """What a call sees of an argument: how much is there yet, two levels of it."""
    def outline(item, depth):
        if isinstance(item, dict):
            item = list(item.values())
        if not isinstance(item, (list, tuple, set, frozenset, collections.deque)):
            return type(item).__name__
        if depth == 0 or isinstance(item, (set, frozenset)):
            return type(item).__name__, len(item)
        return type(item).__name__, [outline(inner, depth - 1) for inner in item]
    return outline(value, 2)


class Called(Tagged):
    """Made by a call, or by __new__ with arguments; all that a __reduce__ may give, after that."""

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.args = args
        self.kwargs = kwargs
        self.seen = [contents(arg) for arg in args]
        self.items = []
        self.pairs = {}
        return self

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def __setitem__(self, key, value):
        self.pairs[key] = value

    def __setstate__(self, state):
        self.state = state


class Reduced(Called):
    """`temporary` arguments are made anew each time, as those of list subclasses in protocol 0 are."""

    def __reduce__(self):
        args = self.args
        if getattr(self, "temporary", False):
            args = tuple(type(a)(a) if type(a) in (list, dict, set) else a for a in args)
        state = {"tag": self.tag, "temporary": getattr(self, "temporary", False), "more": getattr(self, "more", None)}
        parts = (type(self), args, state, iter(self.items), iter(self.pairs.items()))
        return parts[:self.parts] if hasattr(self, "parts") else parts

    def __setstate__(self, state):
        vars(self).update(state)


class NewArgs(Called):
    def __getnewargs__(self):
        return self.args

    def __getstate__(self):
        return {"tag": self.tag, "more": getattr(self, "more", None)}

    def __setstate__(self, state):
        vars(self).update(state)


class NewArgsEx(NewArgs):
    def __getnewargs_ex__(self):
        return self.args, self.kwargs


MUTABLE = (list, dict, set, Node, Slotted, Items, Pairs, Members, Ordered, collections.OrderedDict, collections.deque,
           collections.defaultdict, Reduced, NewArgs, NewArgsEx)


class Maker:
    def __init__(self, seed, kinds=MUTABLE):
        self.random = random.Random(seed)
        self.kinds = kinds
        self.nodes = []

    def make(self):
        r = self.random
        count = r.choice([1, 2, 2, 3, 3, 4, 5, 7])
        kinds = [r.choice(self.kinds) for _ in range(r.choice([1, 2, 3, len(self.kinds)]))]
        for tag in range(count):
            self.nodes.append(self.node(r.choice(kinds), tag))
        for node in self.nodes:
            self.fill(node)
        root = r.random()
        if root < 0.6:
            return self.nodes[0]
        return tuple(self.nodes) if root < 0.8 else list(self.nodes)

    def node(self, kind, tag):
        if kind is collections.defaultdict:
            return kind(list)
        out = kind()
        if isinstance(out, Tagged):
            out.tag = tag
        return out

    def part(self, depth=2):
        r = self.random
        pick = r.random()
        if pick < 0.6:
            return r.choice(self.nodes)
        if pick < 0.75 and depth:
            return tuple(self.part(depth - 1) for _ in range(r.randrange(4)))
        if pick < 0.8 and depth:
            return [self.part(depth - 1) for _ in range(r.randrange(3))]
        if pick < 0.83 and depth:
            return {self.key(): self.part(depth - 1)}
        if pick < 0.86:
            return frozenset(self.key() for _ in range(r.randrange(3)))
        return r.choice([None, 1, "a", "text", b"b", 2.5, 10**20, len, Node, bytearray(b"x")])

    def key(self):
        r = self.random
        hashable = [node for node in self.nodes if isinstance(node, Tagged)]
        if hashable and r.random() < 0.4:
            return r.choice(hashable)
        return r.choice([0, 1, 2, "a", "b", (1, 2), None])

    def fill(self, node):
        r = self.random
        size = r.choice([0, 1, 1, 2, 2, 3, 4])
        if isinstance(node, (list, collections.deque)):
            node.extend(self.part() for _ in range(size))
        elif isinstance(node, dict):
            for _ in range(size):
                node[self.key()] = self.part()
        elif isinstance(node, set):
            node.update(self.key() for _ in range(size))
        elif isinstance(node, Called):
            self.fill_called(node, size)
        elif isinstance(node, Slotted):
            node.one = self.part()
        else:
            for i in range(size):
                setattr(node, f"a{i}", self.part())
        if hasattr(node, "__dict__") and not isinstance(node, (Node, Called)) and r.random() < 0.3:
            node.attribute = self.part()

    def fill_called(self, node, size):
        r = self.random
        node.args = tuple(self.part() for _ in range(size))
        if isinstance(node, NewArgsEx) and r.random() < 0.5:
            node.kwargs = {"key": self.part()}
        if r.random() < 0.5:
            node.more = self.part()
        if not isinstance(node, Reduced):
            return
        node.temporary = r.random() < 0.5
        node.items = [self.part() for _ in range(r.choice([0, 0, 1, 2]))]
        node.pairs = {self.key(): self.part() for _ in range(r.choice([0, 0, 1, 2]))}
        if r.random() < 0.3:
            node.parts = r.choice([2, 3, 4])

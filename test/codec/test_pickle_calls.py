# SPDX-License-Identifier: MIT
"""What calls find in their arguments, where these stand in cycles or elsewhere too: the same after reading and writing
again as in the original. The callables copy what they are given, so that a list filled too late shows."""
import collections
import pickle
import unittest

import pickle_graphs
import pickle_peer as peer

TOOL = peer.TOOL


class Copies(list):
    """As list(argument)."""

    def __init__(self, argument=()):
        super().__init__(argument)

    def __reduce__(self):
        raise TypeError("made by hand")


class Joined:
    def __new__(cls, *lists):
        self = object.__new__(cls)
        self.joined = [tuple(one) if isinstance(one, list) else one for one in lists]
        self.tail = None
        return self

    def __setstate__(self, state):
        self.tail = tuple(state) if isinstance(state, list) else state


def takes(name):
    module, name = name.rsplit(".", 1)
    return f"c{module}\n{name}\n".encode()


# L = [1, K] and K = []: made, and in the memo as 0 and 1.
LISTS = b"]q\x00(K\x01]q\x01e"

# A pickle, and what it is about. `%s` is the callable.
CALLS = {
    "called before the list is filled": b"]q\x00(K\x01K\x02%sh\x00\x85Re.",
    "called before the list is filled, which stands elsewhere too": b"]q\x00(K\x01K\x02%sh\x00\x85Reh\x00\x86.",
    "the list whole, one in it late, with the result": LISTS + b"%sh\x00\x85Rq\x02h\x01h\x02a0\x86.",
    "the result first": LISTS + b"0%sh\x00\x85Rq\x02h\x01h\x02a0h\x00h\x02\x86.",
    "the result alone": LISTS + b"0%sh\x00\x85Rq\x02h\x01h\x02a00h\x02.",
    "the late one first": LISTS + b"0%sh\x00\x85Rq\x02h\x01h\x02a0h\x01h\x00\x86.",
    "a dict around": b"}q\x00X\x01\x00\x00\x00k]q\x01(K\x01K\x02es%sh\x01\x85Rq\x020X\x01\x00\x00\x00rh\x02sh\x01\x86.",
}

PLAIN = [takes("builtins." + name) for name in ("tuple", "bytes", "frozenset", "set", "list")]  # calls that are values
CALLABLES = [takes(f"{__name__}.Copies"), takes(f"{__name__}.Joined"), takes("collections.deque"), takes("pickle_graphs.Reduced")]

# Found in random graphs: Items (list subclasses) in protocol 0 whose list came back empty.
EMPTIED = (b"ccopy_reg\n_reconstructor\np0\n(cpickle_graphs\nNode\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n(dp5\nVa0\np6\ng0\n"
           b"(cpickle_graphs\nItems\np7\nc__builtin__\nlist\np8\n(lp9\ng0\n(g1\ng2\nNtp10\nRp11\n(dp12\nVa1\np13\ng0\n(g7\ng8\n"
           b"(lp14\n(g0\n(g7\ng8\n(lp15\ntp16\nRp17\ng0\n(g7\ng8\n(lp18\ng11\na(dp19\nN(g0\n(g7\ng8\n(lp20\n(g17\ng0\n(g7\ng8\n"
           b"(lp21\ng11\nag19\natp22\nRp23\n(g23\ng17\ntp24\ntp25\natp26\nRp27\ng1\ntp28\nsatp29\nR0g23\ng24\n0000g25\natp30\n"
           b"R0g27\nsbag19\natp31\nR0g23\nsb.")


class Calls(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def forms(self, data, protocols):
        """All that is made of a pickle: (name, bytes)."""
        yield "canonical", self.tool.canonical(data)
        for protocol in protocols:
            for by_text in (False, True):
                written = self.tool.rewrite(data, protocol, by_text)
                yield f"protocol {protocol}{' by JSON' * by_text}", written
                yield f"protocol {protocol}{' by JSON' * by_text}, again", self.tool.rewrite(written, protocol)

    def compare(self, data, protocols=range(1, 6)):
        original = pickle.loads(data)
        for form, written in self.forms(data, protocols):
            self.assertIsNone(peer.same(original, pickle.loads(written)), (form, data, written))

    def test_calls_find_what_they_found(self):
        for name, data in CALLS.items():
            for callable in CALLABLES + PLAIN[:1]:
                with self.subTest(name, callable=callable):
                    self.compare(data.replace(b"%s", callable))

    def test_plain_data_keeps_what_it_was_made_of(self):
        for callable in PLAIN:
            with self.subTest(callable=callable):
                self.compare(b"]q\x00(K\x01K\x02e" + callable + b"h\x00\x85Rq\x01h\x00K\x03a0h\x01\x86.", range(6))

    def test_batches(self):
        """A list of more than a batch, which a call in it finds filled up to its batch."""
        items = list(range(2500))
        items[1500] = shared = pickle_graphs.Reduced()
        shared.tag, shared.args = 0, (items,)
        for protocol in range(1, 6):
            data = pickle.dumps(items, protocol)
            self.assertEqual(len(pickle.loads(data)[1500].seen[0][1]), 1000)
            self.compare(data)

    def test_lists_came_back_empty(self):
        self.compare(EMPTIED, range(6))

    def test_done_once(self):
        """What is made within itself by a call is filled once, not again where it was begun."""
        made = pickle_graphs.Reduced()
        made.tag, made.args, made.items, made.pairs = 0, ([made],), [1], {1: 2}
        for protocol in range(6):
            data = pickle.dumps(made, protocol)
            self.compare(data, range(6))
            self.assertEqual(len(pickle.loads(self.tool.rewrite(data, 4)).items), 1)

    def test_impossible(self):
        """Sets are made by calls below protocol 4, so they cannot wait for what takes them."""
        data = b"\x8fq\x00(cpickle_graphs\nCalled\nh\x00\x85\x81\x90."
        self.assertEqual(len(pickle.loads(self.tool.rewrite(data, 4))), 1)
        with self.assertRaisesRegex(peer.Refused, "needs protocol 4"):
            self.tool.rewrite(data, 2)


if __name__ == "__main__":
    unittest.main()

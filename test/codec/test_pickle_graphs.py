# SPDX-License-Identifier: MIT
"""Random graphs of mutable things and calls, in cycles of all kinds (pickle_graphs.py), by both picklers, in every
protocol: written again (twice), by way of lossless JSON, and in canonical form, they load back the same, types and
sharing included, and the calls saw the same. ONGGI_SOAK=1: 100,000; ONGGI_PICKLE_SEED: the first seed."""
import os
import pickle
import sys
import unittest

import pickle_graphs
import pickle_peer as peer

TOOL = peer.TOOL
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "100000" if os.environ.get("ONGGI_SOAK") else "3000"))
SEED = int(os.environ.get("ONGGI_PICKLE_SEED", "0"))


class Graphs(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)
        self.limit = sys.getrecursionlimit()
        sys.setrecursionlimit(400)  # calls that take themselves, which CPython cannot pickle, are soon given up

    def tearDown(self):
        sys.setrecursionlimit(self.limit)
        self.assertEqual(self.tool.close(), 0)

    def same(self, original, data, written, seen):
        different = peer.same(original, pickle.loads(written))
        if different and not seen and (".__dict__['seen']" in different or ".__dict__['kwargs']" in different):
            return  # what a call finds half-filled is not the same by the item and by the batch
        self.assertIsNone(different, (data, written))

    def check(self, seed):
        """0: not to be pickled; 1: checked; 2: refused, for protocols below 4 make sets by calls."""
        value = pickle_graphs.Maker(seed).make()
        protocol, python, again = seed % 6, seed // 6 % 2, seed // 12 % 6
        try:
            data = (pickle._dumps if python else pickle.dumps)(value, protocol)
            original = pickle.loads(data)
        except (RecursionError, TypeError):
            return 0
        seen = protocol > 0 and (protocol > 3 or b"set\n" not in data)
        canonical = self.tool.canonical(data)
        self.same(original, data, canonical, seen)
        self.assertEqual(self.tool.canonical(canonical), canonical)
        try:
            for by_text in (False, True):
                written = self.tool.rewrite(data, again, by_text)
                self.same(original, data, written, seen and again > 3)
                self.same(original, written, self.tool.rewrite(written, again), seen and again > 3)
        except peer.Refused as refused:
            self.assertRegex(str(refused), "needs protocol 4")
            self.assertLess(again, 4)
            return 2
        return 1

    def test_graphs(self):
        done = [0, 0, 0]
        for seed in range(SEED, SEED + COUNT):
            with self.subTest(seed=seed):
                done[self.check(seed)] += 1
        self.assertGreater(done[1], COUNT // 2)
        self.assertLess(done[2], COUNT // 200 + 2)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""Values that Python pickles, read and written again by onggi, are the same values to Python: kind, value and
sharing; by the C pickler and the pure Python one; in every protocol."""
import pickle
import unittest

import pickle_peer as peer

TOOL = peer.TOOL
COUNT = peer.COUNT


class Random(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, seed, value, protocol, dumps, again):
        try:
            data = dumps(value, protocol)
        except (RecursionError, TypeError, ValueError):  # what CPython itself cannot pickle
            return 0
        original = pickle.loads(data)
        try:
            written = self.tool.rewrite(data, again)
        except peer.Refused as refused:
            self.fail(f"seed {seed}, protocol {protocol} to {again}: {refused}\n{data!r}")
        try:
            result = pickle.loads(written)
        except Exception as error:
            self.fail(f"seed {seed}, protocol {protocol} to {again}: {error!r}\n{data!r}\n{written!r}")
        different = peer.same(original, result)
        self.assertIsNone(different, f"seed {seed}, protocol {protocol} to {again}\n{data!r}\n{written!r}")
        return 1

    def run_all(self, objects, picklers):
        done = 0
        for seed in range(COUNT):
            value = peer.Maker(seed, objects).value(4)
            protocol = seed % 6
            for dumps in picklers:
                done += self.check(seed, value, protocol, dumps, (seed // 6) % 6)
        self.assertGreater(done, COUNT // 2)

    def test_plain_values(self):
        self.run_all(False, [pickle.dumps, pickle._dumps])

    def test_objects(self):
        self.run_all(True, [pickle.dumps, pickle._dumps])


if __name__ == "__main__":
    unittest.main()

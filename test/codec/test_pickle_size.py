# SPDX-License-Identifier: MIT
"""Pickles that onggi writes are not larger than CPython's of the same data."""
import functools
import glob
import json
import os
import pickle
import unittest

import pickle_peer as peer

TOOL = peer.TOOL
SHARED = os.environ.get("ONGGI_SHARED", "")

MADE = {
    "None": None,
    "one byte": b"x",
    "empty containers": [[], {}, (), set(), frozenset(), "", b""],
    "ints": list(range(-300, 70000, 7)) + [2**31, -2**31, 2**63, -2**64],
    "short strings": [chr(97 + i % 26) * (i % 5) for i in range(2000)],
    "same strings": ["the same"] * 500,
    "records": [{"name": f"n{i % 50}", "value": i, "tags": ("a", "b"), "set": {i % 3, "x"}} for i in range(500)],
    "bytes": [bytes([i]) * (i % 9) for i in range(256)] + [bytearray(b"abc")] * 9,
    "complex": [complex(i, -i) for i in range(100)],
    "large": ["x" * 70000, b"y" * 70000, "z" * 100],
    "deep": functools.reduce(lambda inner, _: [inner], range(100), []),
}


class Size(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def compare(self, name, value):
        data = pickle.dumps(value)
        for protocol in range(6):
            theirs = len(pickle.dumps(value, protocol))
            written = self.tool.rewrite(data, protocol)
            self.assertLessEqual(len(written), theirs, f"{name}, protocol {protocol}")
            self.assertEqual(pickle.loads(written), value)

    def test_made_up(self):
        for name, value in MADE.items():
            with self.subTest(name):
                self.compare(name, value)

    def test_corpora(self):
        for path in sorted(glob.glob(os.path.join(SHARED, "data", "json", "*.json")) if SHARED else []):
            with open(path, encoding="utf-8") as file:
                self.compare(os.path.basename(path), json.load(file))


if __name__ == "__main__":
    unittest.main()

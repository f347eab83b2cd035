# SPDX-License-Identifier: MIT
"""CPython's own tests of pickle (test.pickletester), with onggi between pickler and unpickler: every pickle that they
have or make is read and written again, once as a pickle and once by way of lossless JSON, before Python loads it."""
import io
import os
import pickle
import sys
import unittest

import pickle_peer as peer

try:
    from test import pickletester
except ImportError:
    pickletester = None

TOOL = peer.TOOL

def needs_5(data):
    return b"\x97" in data


class Between:
    """loads() that has onggi read and write what Python loads."""
    unpickler = pickle.Unpickler
    pickler = pickle.Pickler
    by_text = False
    bad_stack_errors = (pickle.UnpicklingError, IndexError)
    truncated_errors = (pickle.UnpicklingError, EOFError, AttributeError, ValueError, IndexError, ImportError)
    seen = 0

    @classmethod
    def setUpClass(cls):
        cls.tool = peer.Tool(TOOL)

    @classmethod
    def tearDownClass(cls):
        assert cls.tool.close() == 0
        if cls.least:
            assert cls.seen >= cls.least, f"{cls.seen} pickles seen, expected {cls.least} or more"

    def rewritten(self, data, encoding):
        type(self).seen += 1
        data = data[:self.tool.scan(data)]  # what follows is nothing to Python
        if encoding not in peer.ENCODINGS:
            encoding = "ASCII"
        return self.tool.rewrite(data, 5 if needs_5(data) else 4, self.by_text, encoding)

    def load(self, data, kwds):
        return self.unpickler(io.BytesIO(data), **kwds).load()

    def loads(self, data, **kwds):
        try:
            again = self.rewritten(bytes(data), kwds.get("encoding", "ASCII"))
        except peer.Refused as refused:
            value = self.load(data, kwds)  # must fail, as the test that came here expects
            raise AssertionError(f"onggi refuses ({refused}) what Python loads as {value!r:.100}: {bytes(data)!r:.200}")
        return self.load(again, kwds)

    def dumps(self, value, protocol=None, **kwds):
        out = io.BytesIO()
        self.pickler(out, protocol, **kwds).dump(value)
        return out.getvalue()


if pickletester:
    class Unpickle(Between, pickletester.AbstractUnpickleTests, unittest.TestCase):
        least = 150

    class UnpickleByText(Unpickle):
        by_text = True

    class Pickle(Between, pickletester.AbstractPickleTests, unittest.TestCase):
        least = 2000

    class PickleByText(Pickle):
        by_text = True

    class PicklePython(Pickle):
        pickler = pickle._Pickler
        unpickler = pickle._Unpickler

    class WithIds(Between):
        least = 6

        def dumps(self, value, protocol=None):
            test = self

            class Pickler(self.pickler):
                def persistent_id(self, value):
                    return test.persistent_id(value)
            out = io.BytesIO()
            Pickler(out, protocol).dump(value)
            return out.getvalue()

        def load(self, data, kwds):
            test = self

            class Unpickler(self.unpickler):
                def persistent_load(self, value):
                    return test.persistent_load(value)
            return Unpickler(io.BytesIO(data), **kwds).load()

    class Persistent(WithIds, pickletester.AbstractPersistentPicklerTests, unittest.TestCase):
        pass

    class PersistentByText(Persistent):
        by_text = True

    class PersistentIdentity(WithIds, pickletester.AbstractIdentityPersistentPicklerTests, unittest.TestCase):
        def test_return_correct_type(self):
            for protocol in range(6):
                # No classes: their names would be persistent ids too, and onggi refuses names that it cannot see.
                for value in ["abc"] if protocol == 0 else [b"abc\n", "abc\n", -1, -1.1 * 0.1]:
                    self._check_return_correct_type(value, protocol)

    class PersistentIdentityByText(PersistentIdentity):
        by_text = True

    class Dispatch(Between, pickletester.AbstractDispatchTableTests, unittest.TestCase):
        least = 0
        pickler_class = pickle.Pickler

        def get_dispatch_table(self):
            return pickle.dispatch_table.copy()
else:
    class Missing(unittest.TestCase):
        @unittest.skip("libpython3.11-testsuite is not installed")
        def test_cpython(self):
            pass


if __name__ == "__main__":
    unittest.main()

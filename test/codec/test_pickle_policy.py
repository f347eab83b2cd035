# SPDX-License-Identifier: MIT
"""The policy beside Python's three readers, which record what they would do: random programs of opcodes and damaged
pickles. What the checker says holds for whichever of them reads the pickle."""
import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import os
import pathlib
import pickle
import unittest
import uuid
import warnings
import zoneinfo

import pickle_peer as peer
import pickle_programs as programs
import pickle_readers as readers

TOOL = peer.TOOL
START = int(os.environ.get("ONGGI_PICKLE_SEED", "0"))
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "1000000" if "ONGGI_SOAK" in os.environ else "3000"))


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore")
        readers.register()

    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def rewrite(self, data, **how):
        try:
            return self.tool.rewrite(data, 4, **how), None
        except peer.Refused as refused:
            return None, str(refused)

    def check_plain(self, data, by_c, trailing, midway):
        """(a) What the C reader accepts, we read, and the value is the same."""
        written, why = self.rewrite(data)
        if not by_c.accepted or midway:
            return
        if written is None:
            self.assertTrue(self.is_known(data, why, by_c, trailing), f"C reads it, onggi: {why}")
            return
        again = readers.by_c(written)
        self.assertTrue(again.accepted, f"onggi wrote {written!r}: {again.error!r}")
        self.assertIsNone(peer.same(by_c.value, again.value), written)

    def is_known(self, data, why, by_c, trailing):
        """The second table of doc/pickle.md: where onggi is stricter than the C reader."""
        return (trailing and "OG_ETRAILING" in why
                or "expected a set below the mark but found object" in why
                or "expected a list below the items but found class" in why
                or "expected a dict below the keys but found class" in why
                or "expected an object below its state" in why
                or "expected a dict below the keys but found list" in why
                or "expected a list below the items but found bytearray" in why
                or "expected a dict below the keys but found bytearray" in why
                or "OG_ELIMIT" in why)

    def check_strict(self, data, outcomes, dis):
        """(b) Strictly, only what all readers take for the same."""
        written, why = self.rewrite(data, strict=True)
        if written is None:
            return why
        c, py, file = outcomes
        if "has no attribute '__dict__'" in str(c.error) or "state is not a dict" in str(c.error):
            return None  # BUILD with a state that counts as false: the reader in Python does nothing then
        self.assertEqual((py.accepted, file.accepted, dis), (c.accepted, c.accepted, True), f"strict accepts; C {c}\nfrom a file {file}\nPython {py}".replace("\n", " | "))
        for other in (py, file) if c.accepted else ():
            self.assertIsNone(peer.same(c.value, other.value), "strict accepts")
            self.assertEqual(c.log, other.log)
        return None

    def check_report(self, data, outcomes):
        """(c) Each class that any reader would look up is named, and so is each call."""
        status, verdict, failed, why, uses = self.tool.check(data)
        try:
            self.tool.read_by_policy(data)
            self.assertEqual(verdict, "harmless")
        except peer.Refused as refused:
            self.assertNotEqual(verdict, "harmless", refused)
        own = [use for use in uses if use[1] == 0]
        imported = [use[5:] for use in own if use[0] == "imported"]
        codes = [use[6] for use in own if use[0] == "extension"]
        imported += [name for code, name in readers.CODES.items() if str(code) in codes]
        unknown = ("", "") in imported  # a name put together after the place where we give up
        used = {(use[0], use[5:]) for use in own}
        for outcome in outcomes[:2]:
            for how, path in outcome.log:
                if how != "imported":
                    self.check_call(how, path, used, failed)
                elif ("called", ("builtins", "getattr")) in used and (path[0], path[1].rpartition(".")[0]) in imported:
                    pass  # by INST or OBJ: the call is reported, not what it gives
                elif path[0] and not unknown:
                    self.assertTrue(any(name in imported for name in readers.spellings(path)), f"{path} not in {imported}\n{outcome}\n{why}")
        if outcomes[0].accepted and failed < 0 and not codes:
            order = list(dict.fromkeys(path for how, path in outcomes[0].log if how == "imported"))
            found = [path for path in imported if path in order]
            self.assertEqual(found, [path for path in order if path in found])
        return status, verdict, own

    def check_call(self, how, path, used, failed):
        """What is done to objects that have no name of their own is said of no name; from where we give up on, only names are told."""
        if failed >= 0:
            return
        if how in ("new", "built", "filled") and ("called", ("copyreg", "__newobj__")) in used:
            return  # by INST or OBJ: what the call gives is known by the name of what was called
        names = readers.spellings(path) + [("", "")] if path and path[0] != "persistent" else [("", "")]
        hows = ("new", "called") if how == "new" else (how,)
        self.assertTrue(any((one, name) in used for one in hows for name in names), f"{how} {path} is not in {used}")

    def check_one(self, seed, data):
        encoding = "ASCII"
        outcomes = readers.by_c(data, encoding), readers.by_python(data, encoding), readers.by_c(data, encoding, buffered=False)
        if any(isinstance(outcome.error, MemoryError) for outcome in outcomes):
            return False, "unknown"
        dis = readers.by_pickletools(data)
        try:
            end = self.tool.scan(data)
        except peer.Refused:
            end = None
        trailing = end is not None and end < len(data)
        try:
            self.check_plain(data, outcomes[0], trailing, outcomes[1].midway)
            if not trailing:
                self.check_strict(data, outcomes, dis)
            status, verdict, uses = self.check_report(data, outcomes)
        except AssertionError as error:
            error.args = (f"{error.args[0]}\nseed {seed}: {data!r}",)
            raise
        return outcomes[0].accepted, verdict

    def test_numbers_of_the_memo(self):
        """The C reader has no memory for an array of so many; the one in Python has a dict."""
        for number, accepted in ((0, True), (1000000, True), (0x610a3336, False), (0xffffffff, False)):
            for data in (b"]r" + number.to_bytes(4, "little") + b".", b"]p%d\n." % number):
                written, why = self.rewrite(data, strict=True)
                self.assertEqual(written is not None, accepted, why)

    def test_states_of_plain_data(self):
        """Of classes without __setstate__, readers take a state that counts as false for different things."""
        objects = [collections.deque([1]), collections.Counter("a"), collections.OrderedDict(a=1), collections.defaultdict(list), object(),
                   datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1), datetime.time(1), datetime.timedelta(1), datetime.timezone.utc,
                   decimal.Decimal("1.5"), fractions.Fraction(1, 3), ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"),
                   ipaddress.ip_interface("10.0.0.1/8"), pathlib.PurePosixPath("a"), uuid.UUID(int=1), uuid.SafeUUID.safe, array.array("i", [1]),
                   range(3), slice(1), bytearray(b"a"), complex(1, 2), {1}, frozenset({1}), [1], (1,), {1: 2}, zoneinfo.ZoneInfo("UTC")]
        states = [b"}", b"N", b")", b"]", b"K\x00", b"\x89", b"C\x00", b"X\x00\x00\x00\x00", b"}X\x01\x00\x00\x00aK\x01s", b"N}\x86", b"}}\x86",
                  b"NN\x86", b"N)\x86", b"}N\x86", b")}\x86", b"NK\x00\x86", b"N}X\x01\x00\x00\x00aK\x01s\x86", b"}X\x01\x00\x00\x00aK\x01s}\x86"]

        def load(reader, data):
            try:
                return True, reader(data)
            except Exception:  # whatever a state does to an object
                return False, None

        alike = unlike = 0
        for value in objects:
            for state in states:
                data = pickle.dumps(value, 3)[:-1] + state + b"b."
                (c, by_c), (py, by_py) = load(pickle.loads, data), load(pickle._loads, data)  # pylint: disable=protected-access
                written, why = self.rewrite(data, strict=True)
                with self.subTest(value=value, state=state):
                    if written is not None:
                        self.assertEqual(c, py)
                        self.assertEqual(by_c if type(value) is not object else None, by_py if type(value) is not object else None)
                    elif state == b"N":
                        self.fail(why)
                alike += written is not None
                unlike += c != py
        self.assertGreater(alike, len(objects))
        self.assertGreater(unlike, len(objects))

    def test_programs(self):
        accepted = harmless = 0
        for seed in range(START, START + COUNT):
            data = programs.pickle_of(seed)
            with self.subTest(seed=seed), peer.memory_to_spare(128 << 20):
                one, verdict = self.check_one(seed, data)
                accepted += one
                harmless += verdict == "harmless"
        self.assertGreater(accepted, COUNT // 10)
        self.assertGreater(harmless, COUNT // 40)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""What plain-data calls harmless is loaded by Python itself, with its own find_class: under an audit hook, nothing is
imported, opened, compiled or run beyond the modules of the classes that the policy lists."""
import array
import builtins
import collections
import datetime
import decimal
import fractions
import io
import ipaddress
import os
import pathlib
import pickle
import signal
import sys
import unittest
import uuid
import warnings
import zoneinfo

import pickle_peer as peer
import pickle_programs as programs

TOOL = peer.TOOL
COUNT = int(os.environ.get("ONGGI_PICKLE_COUNT", "200000" if "ONGGI_SOAK" in os.environ else "3000"))
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "codec", "pickle", "judge", "policy_builtin.c")
WORDS = ["", "a", "latin1", "latin-1", "hex", "idna", "rot13", "1", "1/3", "UTC", "../../etc/passwd", "__setstate__", "__class__", "__new__", "__init__",
         "__reduce__", "extend", "append", "update", "add", "__dict__", "encoding", "int", "is_safe", "default_factory", "maxlen", "_unpickle", "no_cache", "from_file", "d", "10.0.0.0/8", "1.2.3.4", "::1"]
# Events of the audit hook that a load may cause: looking names up is what it is for, and they are compared with the policy's.
QUIET = {"pickle.find_class", "object.__setattr__", "object.__getattr__", "object.__delattr__", "array.__new__"}

events = []
listening = False


def hook(event, args):
    if listening and event not in QUIET:
        events.append((event, args))


def allowed_names():
    """The rows of plain-data, from its source."""
    text = open(SOURCE, encoding="utf-8").read()
    rows = text.split("plain_data[] = {")[1].split("NULL")[0]
    for row in rows.replace('"', "").replace(",", "").split():
        module, _, name = row.partition(":") if ":" in row else row.rpartition(".")
        yield module, name


def is_of_a_zone(event, args):
    """ZoneInfo reads the file of the zone that it is told, in the system's folder or in the package tzdata; no other."""
    if event == "import":
        return args[0].split(".")[0] == "tzdata"
    if event in ("open", "os.listdir", "os.scandir"):
        return any(word in str(args[0]) for word in ("zoneinfo", "tzdata")) and ".." not in str(args[0])
    return False


class Late(Exception):
    pass


def late(*_):
    raise Late


class Harmless(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sys.addaudithook(hook)
        signal.signal(signal.SIGALRM, late)
        warnings.simplefilter("ignore")
        try:
            zoneinfo.ZoneInfo("not/there")  # imports what looks for zones
        except zoneinfo.ZoneInfoNotFoundError:
            pass

    def setUp(self):
        self.tool = peer.Tool(TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def load(self, data):
        """The events of loading it; a value, or an error of Python's, is as good as any other."""
        global listening
        events.clear()
        with peer.memory_to_spare(1 << 30):
            signal.setitimer(signal.ITIMER_REAL, 2)
            listening = True
            try:
                pickle.Unpickler(io.BytesIO(data)).load()
            except (MemoryError, Late):
                pass
            except Exception:
                pass
            finally:
                listening = False
                signal.setitimer(signal.ITIMER_REAL, 0)
        return events[:]

    def test_programs(self):
        names = [name for name in allowed_names() if "_local" not in name[0] and "Windows" not in name[1]]
        self.assertGreater(len(names), 30)
        self.assertTrue(all(module in sys.modules for module, _ in names))
        harmless = 0
        for seed in range(COUNT):
            data = programs.Program(seed, names, WORDS, odd=0).bytes()
            if self.tool.check(data)[1] != "harmless":
                continue
            harmless += 1
            odd = [(event, str(args)[:100]) for event, args in self.load(data) if not is_of_a_zone(event, args)]
            self.assertEqual(odd, [], f"seed {seed}: {data!r}")
        self.assertGreater(harmless, COUNT // 20)

    def test_the_hook_hears(self):
        self.assertIn("os.system", [event for event, _ in self.load(b"cos\nsystem\n(Vtrue\ntR.")])
        self.assertIn("import", [event for event, _ in self.load(b"c_codecs\nencode\n(Va\nVmac_turkish\ntR.")])


if __name__ == "__main__":
    unittest.main()

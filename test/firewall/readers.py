# SPDX-License-Identifier: MIT
"""Loads pickles (a length of four bytes before each) from standard input with Python's readers, fresh ones and ones that
have read the pickles before, under an audit hook that ends the program when one does what plain data never does. A line
for each pickle that the readers do not agree on, then "read N"."""
import _compat_pickle
import io
import os
import pickle
import pickletools
import struct
import sys

import objects

PLAIN = {"builtins", "collections", "datetime", "decimal", "uuid", "fractions", "array", "pathlib", "_codecs", "copyreg",
         "encodings", "ipaddress", "enum", "types", "zoneinfo"}
RUNS = {"eval", "exec", "compile", "open", "__import__", "globals", "vars", "breakpoint", "setattr", "delattr"}
NEVER = ("os.", "subprocess.", "exec", "compile", "open", "socket.", "ctypes.", "import", "marshal.", "shutil.", "code.")

LONG = "ONGGI_COUNT" in os.environ
watching = False


def hook(event, args):
    if not watching:
        return
    named = False
    if event == "pickle.find_class":
        module = _compat_pickle.IMPORT_MAPPING.get(args[0], args[0])
        named = module.partition(".")[0] not in PLAIN or args[1].partition(".")[0] in RUNS
    if named or event.startswith(NEVER):
        print(f"{event} {args!r}", flush=True)
        os._exit(3)


class Same:
    """A reader that keeps its memo: what comes next is put in its file."""

    def __init__(self, kind):
        self.kind = kind
        self.renew()

    def renew(self):
        self.file = io.BytesIO()
        self.reader = self.kind(self.file)

    def __call__(self, data):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(data)
        self.file.seek(0)
        try:
            return self.reader.load()
        except Exception:  # it may be anywhere in a pickle that it has not read to its end
            self.renew()
            raise


def listed(data):
    """What pickletools makes of it is only that it does."""
    pickletools.dis(data, io.StringIO())


READERS = [pickle.loads, pickle._loads, Same(pickle.Unpickler), Same(pickle._Unpickler)]  # pylint: disable=protected-access


def outcome(reader, data):
    global watching
    watching = True
    try:
        return objects.shape(reader(data))
    except Exception:  # a date that is none, say: any may be, but all readers must have it
        return None
    finally:
        watching = False


def main():
    count = 0
    for module in (*PLAIN, "encodings.latin_1", "encodings.raw_unicode_escape", "encodings.ascii"):
        __import__(module)
    sys.addaudithook(hook)
    while len(head := sys.stdin.buffer.read(4)) == 4:
        data = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        count += 1
        outcomes = [outcome(reader, data) for reader in READERS]
        # A used reader does as a fresh one. Long runs look for what one kind takes and another one does not, as well.
        failed = outcomes[:2] != outcomes[2:] or len(set(outcomes) if LONG else {o for o in outcomes if o}) > 1
        if failed:
            print(f"not alike: {outcomes} {data!r}")
        try:
            listed(data)
        except Exception as error:
            print(f"not listed: {error} {data!r}")
    print("read", count)


main()

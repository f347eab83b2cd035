#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each Python type of type_rows.py in each protocol, by both picklers: what onggi takes it for, and that what it writes back,
in each protocol and by way of lossless JSON, is the same to CPython in value, type and sharing. The table in doc/pickle.md is
made here (`--write`), so that it cannot say what is not so. Arguments: known_tool and pickle_tool."""
import io
import os
import pickle
import pickletools
import re
import sys
import unittest

WRITE = "--write" in sys.argv and sys.argv.remove("--write") is None

import pickle_peer as peer  # takes the first argument

PICKLE_TOOL = sys.argv.pop(1)

import app
import numpy as np
import type_rows

# What the expressions of the rows name.
NAMES = {"app": app, "np": np, "pickle": pickle, "re": re, "os": os, "sys": sys, "io": io}
for line in """array ctypes functools http itertools logging operator random threading time typing weakref
        collections:ChainMap,Counter,OrderedDict,UserDict,UserList,UserString,defaultdict,deque datetime:date,datetime,timedelta,timezone
        decimal:Decimal fractions:Fraction ipaddress:ip_address,ip_network,ip_interface pathlib:PosixPath,PurePosixPath,PureWindowsPath
        types:MappingProxyType,SimpleNamespace uuid:UUID zoneinfo:ZoneInfo""".split():
    module, _, names = line.partition(":")
    found = __import__(module)
    NAMES.update({name: getattr(found, name) for name in names.split(",")} if names else {module: found})
NAMES["datetime_time"] = __import__("datetime").time

DOC = os.path.join(os.environ.get("ONGGI_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..")), "doc", "pickle.md")
BEGIN, END = "<!-- made by test/codec/test_pickle_types.py --write -->\n", "<!-- end -->\n"
HERE = sys.version_info[:2] == (3, 11) and np.__version__.startswith("1.")  # what the table was made with

PROTOCOLS = range(6)
STORES = {"PROTO", "FRAME", "STOP", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET", "MARK"}
MAKES = {"REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "POP"}


class Canonical(pickle._Pickler):
    """Does not care which equal strings are one, so that equal pickles mean equal value, type and sharing."""

    def memoize(self, obj):
        if not isinstance(obj, (str, bytes)) and id(obj) not in self.memo:
            super().memoize(obj)


def essence(value):
    out = io.BytesIO()
    Canonical(out, 4).dump(value)
    return out.getvalue()


def value_of(expression):
    return eval(expression, dict(NAMES))


def dumped(value, protocol, python=False):
    """The pickle, or None where CPython has none for it."""
    try:
        return (pickle._dumps if python else pickle.dumps)(value, protocol)
    except (TypeError, AttributeError, pickle.PicklingError):
        return None


def opcodes(data):
    """What makes the value: opcodes that only store and fetch are left out, and those of arguments."""
    names = [op.name for op, _, _ in pickletools.genops(data)]
    if {"REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD"} & set(names):
        names = [n for n in names if n in MAKES]
    else:
        names = [n for n in names if n not in STORES]
    return " ".join(n for i, n in enumerate(names) if i == 0 or names[i - 1] != n)


def in_runs(by_protocol):
    """{0: a, 1: a, 2: b} as [("0–1", a), ("2", b)]."""
    runs = []
    for protocol, text in by_protocol.items():
        if runs and runs[-1][2] == text and runs[-1][1] == protocol - 1:
            runs[-1][1] = protocol
        else:
            runs.append([protocol, protocol, text])
    return [(str(a) if a == b else f"{a}–{b}", text) for a, b, text in runs]


def joined(by_protocol, code=False):
    runs = in_runs(by_protocol)
    mark = "`" if code else ""
    if len(runs) == 1:
        return mark + runs[0][1] + mark
    return ", ".join(f"{mark}{text}{mark} ({span})" for span, text in runs)


def cell(text, most=72):
    text = text.encode("utf-8", "backslashreplace").decode()
    text = text if len(text) <= most else text[:most - 1] + "…"
    return "`" + text.replace("|", "\\|") + "`"


class Tools:
    def __init__(self):
        self.shower, self.writer = peer.Tool(peer.TOOL), peer.Tool(PICKLE_TOOL)

    def show(self, how, data):
        try:
            return self.shower.ask(ord(how), data).decode("utf-8", "surrogatepass")
        except peer.Refused as refused:
            return "refused: " + str(refused).split(" ", 1)[1].split(";")[0]

    def close(self):
        return self.shower.close(), self.writer.close()


def row_of(tools, expression):
    """One line of the table."""
    value = value_of(expression)
    pickles = {p: data for p in PROTOCOLS if (data := dumped(value, p))}
    if not pickles:
        return f"| {cell(expression)} | none: CPython does not pickle it | | | | |\n"
    data = pickles.get(4) or pickles[5]
    kinds = {p: tools.show("t", data) for p, data in pickles.items()}
    lossless = tools.show("l", data)
    tags = " ".join(f"`{tag}`" for tag in sorted(set(re.findall(r'"(py/[a-z0-9]+)":', lossless))))
    if "py/object" in tags or "py/callable" in tags:
        tags = "object form"
    plain, shown = tools.show("p", data), tools.show("r", data)
    span = "" if len(pickles) == 6 else f" (protocols {min(pickles)}–{max(pickles)})" if len(pickles) > 1 else " (protocol 5)"
    return " | ".join(["| " + cell(expression), joined({p: opcodes(d) for p, d in pickles.items()}, True) + span,
                       joined(kinds), cell(plain), tags or ("as plain" if plain == lossless else cell(lossless, 40)),
                       "Python's" if shown == repr(pickle.loads(data)) else cell(shown)]) + " |\n"


def table():
    tools = Tools()
    out = []
    for heading, rows in type_rows.ROWS:
        out.append(f"\n### {heading}\n\n| Python | opcodes (protocols) | read as | plain JSON | lossless JSON | repr |\n"
                   "| --- | --- | --- | --- | --- | --- |\n")
        out += [row_of(tools, expression) for expression, _ in rows]
    tools.close()
    return "".join(out) + "\n"


class Types(unittest.TestCase):
    def setUp(self):
        self.tools = Tools()

    def tearDown(self):
        self.assertEqual(self.tools.close(), (0, 0))

    def check(self, data):
        want = essence(pickle.loads(data))
        for protocol in PROTOCOLS:
            for by_text in (False, True):
                written = self.tools.writer.rewrite(data, protocol, by_text)
                self.assertEqual(essence(pickle.loads(written)), want, (data, protocol, by_text, written))
        canonical = self.tools.writer.canonical(data)
        self.assertEqual(essence(pickle.loads(canonical)), want, (data, canonical))
        self.assertEqual(self.tools.writer.canonical(canonical), canonical)

    def test_rows(self):
        for heading, rows in type_rows.ROWS:
            for expression, kind in rows:
                with self.subTest(expression):
                    value = value_of(expression)
                    kinds = {}
                    for protocol in PROTOCOLS:
                        for data in {dumped(value, protocol), dumped(value, protocol, True)} - {None}:
                            self.check(data)
                            kinds[protocol] = self.tools.show("t", data)
                    if HERE:
                        self.assertEqual(joined(kinds) if kinds else None, kind)

    @unittest.skipUnless(HERE, "the table tells of CPython 3.11 and numpy 1")
    def test_table(self):
        with open(DOC, encoding="utf-8") as file:
            text = file.read()
        before, rest = text.split(BEGIN)
        old, after = rest.split(END)
        new = table()
        if WRITE:
            with open(DOC, "w", encoding="utf-8") as file:
                file.write(before + BEGIN + new + END + after)
            return
        for a, b in zip(old.splitlines(), new.splitlines()):
            self.assertEqual(a, b, "run it with --write, and read what changed")
        self.assertEqual(old, new)


if __name__ == "__main__":
    unittest.main(warnings="ignore")

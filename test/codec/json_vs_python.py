#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What json.loads and json.dumps do, og_json_loads and og_json_dumps do: random values and all options, the edge
cases of doubles, byte for byte. json_tool's path is the first argument; ONGGI_SOAK asks for the long run."""
import fnmatch
import json
import math
import os
import pathlib
import pickle
import random
import re
import struct
import subprocess
import sys
import unittest

TOOL = sys.argv.pop(1) if len(sys.argv) > 1 else "build/test/json_tool"
SOAK = bool(os.environ.get("ONGGI_SOAK"))


def ask(cases):
    """cases: (indent, flags, bytes). Returns what the tool answers to each: bytes, or (code, position, sentence)."""
    stream = b"".join(b"%d %s %d\n%s" % (indent, flags.encode() or b"-", len(text), text) for indent, flags, text in cases)
    out = subprocess.run([TOOL], input=stream, stdout=subprocess.PIPE, check=True).stdout
    answers, at = [], 0
    for _ in cases:
        end = out.index(b"\n", at)
        head = out[at:end].split(b" ", 3)
        at = end + 1
        if head[0] == b"ok":
            answers.append(out[at:at + int(head[1])])
            at += int(head[1])
        else:
            answers.append((head[1].decode(), int(head[2]), head[3].decode()))
    assert at == len(out)
    return answers


TEXTS = ["", "a", "key", "한글", "naïve", "😀", "\x00\x1f\x7f", "\"\\/\b\f\n\r\t", "\u2028\u2029\ufeff", "\U0010ffff", "x" * 40,
         "y" * 15 + '"', "z" * 16 + "\\", "é" * 33, "long " * 50 + "\n"]
FLOATS = [0.0, -0.0, 1.0, -1.5, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308,
          2.2250738585072011e-308, 1e22, 1e23, 9007199254740993.0, 0.1, 1 / 3, 100.0, 1e100, 123e-7, 4.35, 299792458.0]
INTS = [0, 1, -1, 9, 10, 99, 100, 12345678, 99999999, 10**8, -10**8, 123456789, 10**16 - 1, 10**16, 2**31, 2**53, 2**63 - 1, -2**63, 2**63, 2**64 - 1, 2**64, -2**64,
        10**18, 10**19, -10**19, 10**20 - 1, 10**100, 7**900, 10**4299]


def random_text(rng):
    if rng.random() < 0.4:
        return rng.choice(TEXTS)
    pools = ["abcdefghij klmnop", "abc\"\\\n\t\x00/", "한국어 텍스트", "é€😀\u07ff\u0800\uffff"]
    return "".join(rng.choice(rng.choice(pools)) for _ in range(rng.choice([3, 14, 15, 16, 17, 31, 32, 33, 70])))


def random_float(rng):
    if rng.random() < 0.3:
        return rng.choice(FLOATS)
    while True:
        number = struct.unpack("<d", rng.randbytes(8))[0]
        if math.isfinite(number):
            return number


def random_value(rng, depth=0):
    kind = rng.randrange(10 if depth < 5 else 7)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind in (1, 2):
        return rng.choice(INTS) if rng.random() < 0.5 else rng.getrandbits(rng.randrange(1, 200)) - 2**60
    if kind in (3, 4):
        return random_float(rng)
    if kind in (5, 6):
        return random_text(rng)
    if kind == 7:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(6))]
    return {random_text(rng): random_value(rng, depth + 1) for _ in range(rng.randrange(7 if rng.random() < 0.9 else 40))}


def dumps(value, indent, flags):
    separators = None if "p" in flags else (",", ":" if not indent else ": ")
    text = json.dumps(value, indent=indent if indent > 0 else 0 if indent else None, sort_keys="s" in flags, ensure_ascii="a" in flags,
                      allow_nan="n" in flags, separators=separators)
    return text.encode()


# What json.dumps takes beyond JSON: other keys, tuples, halves of surrogate pairs, NaN.
KEYS = [None, True, False, 0, 1, -1, 7, 2**53 + 1, 2**63, 2**64, -2**70, 10**400, -10**400, 0.0, -0.0, 1.5, -2.5, 2.0**53, 2.0**63,
        -2.0**63, 2.0**64, 1e300, -1e300, math.inf, -math.inf, 5e-324, "", "1", "true", "null", "1.5", "a", "b", "\x7f", "한", "\U0001f600",
        "\uffff", "a" * 20, "a" * 20 + "b", "prefix12", "prefix1", "prefix123", "prefix\x00"]
ODD = ["\ud800", "a\udc00b", "\ud83d\ude00", "\udfff" * 17, "é\ud800" * 9, math.nan, math.inf, -math.inf]
INDENTS = [None, None, 0, 1, 2, 4, 7, "", "\t", " ", "--", "\t \t", "한", "x" * 70]
SEPARATORS = [None, None, (",", ":"), (", ", ": "), (" , ", " : "), ("", ""), (",", ": "), ("쉼표", " 한글 "), ("," * 40, ":" * 40)]


def random_keys(rng):
    kind = rng.randrange(6)
    if kind < 3:
        pool = [key for key in KEYS if isinstance(key, str)]
    elif kind == 3:
        pool = [key for key in KEYS if isinstance(key, (int, float))]
    else:
        pool = KEYS
    return rng.sample(pool, rng.randrange(min(len(pool), 20)))


def python_value(rng, odd, depth=0):
    """A value that json.dumps takes, or, if it should be odd, may refuse."""
    kind = rng.randrange(12 if depth < 4 else 5)
    if kind < 2:
        return rng.choice(ODD) if odd and rng.random() < 0.1 else random_text(rng)
    if kind < 5:
        return rng.choice([None, True, False, rng.choice(INTS), random_float(rng), rng.randrange(-1000, 1000)])
    if kind < 8:
        items = [python_value(rng, odd, depth + 1) for _ in range(rng.choice([0, 0, 1, 2, 3, 9]))]
        return tuple(items) if kind == 7 else items
    if kind < 10:
        keys = [random_text(rng) for _ in range(rng.randrange(6))]
    else:
        keys = random_keys(rng)
    if odd and rng.random() < 0.02:
        keys.append(rng.choice(ODD))
    return {key: python_value(rng, odd, depth + 1) for key in keys}


def random_options(rng):
    return {"indent": rng.choice(INDENTS), "separators": rng.choice(SEPARATORS), "sort_keys": rng.random() < 0.5,
            "ensure_ascii": rng.random() < 0.5, "allow_nan": rng.random() < 0.5}


def tool_case(value, options):
    """How the tool is asked for what json.dumps(value, **options) gives."""
    indent, separators = options["indent"], options["separators"]
    item, key = separators or (", " if indent is None else ",", ": ")
    number = 0 if indent is None or isinstance(indent, str) else indent or -1
    text = indent if isinstance(indent, str) else "none"
    flags = "kt" + "".join(flag for flag, name in zip("san", ("sort_keys", "ensure_ascii", "allow_nan")) if options[name])
    return number, flags, f"{text}\n{item}\n{key}\n".encode() + pickle.dumps(value)


def python_dumps(value, options):
    """The bytes, or the codes of which one is expected."""
    try:
        return json.dumps(value, **options).encode()
    except UnicodeEncodeError:
        return ("OG_EVALUE",)
    except TypeError:
        return ("OG_ETYPE", "OG_EVALUE")
    except ValueError:
        return ("OG_EVALUE", "OG_ETYPE")


class Python(unittest.TestCase):
    def compare(self, cases):
        answers = ask(cases)
        for (indent, flags, text), got in zip(cases, answers):
            want = dumps(json.loads(text), indent, flags)
            self.assertEqual(got, want, (indent, flags, text[:300]))

    def test_random_values(self):
        rng = random.Random(7)
        cases = []
        for _ in range(100000 if SOAK else 3000):
            text = json.dumps(random_value(rng), ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1, 3]),
                              separators=rng.choice([None, (",", ":"), (" , ", " : ")]))
            flags = "".join(f for f in "sap" if rng.random() < 0.5)
            cases.append((rng.choice([0, 0, 1, 2, 4, -1]), flags, text.encode()))
        self.compare(cases)

    def compare_options(self, cases):
        """cases: (value, options of json.dumps)."""
        for (value, options), got in zip(cases, ask([tool_case(*case) for case in cases])):
            want = python_dumps(value, options)
            if isinstance(want, bytes):
                self.assertEqual(got, want, (value, options))
            else:
                self.assertIsInstance(got, tuple, (value, options))
                self.assertIn(got[0], want, (value, options))

    def test_all_options(self):
        seed = random.randrange(2**32) if SOAK else 10
        print("seed of test_all_options:", seed, flush=True)
        rng = random.Random(seed)
        for _ in range(1000 if SOAK else 4):
            self.compare_options([(python_value(rng, rng.random() < 0.5), random_options(rng)) for _ in range(1000)])

    def test_each_combination(self):
        """One value with something of everything, all combinations of options."""
        value = {"b": [[], {}, (), [[]], {"": {}}, [{}, [[], [{}]]]], "a": {"é": "한\x7f\u2028😀\n\"\\/", "z": [1, -0.0, 5e-324, 2**80]},
                 "c": (None, True, False, 1e16, 1e-5), "": "", "\x00": ["\ud83d\ude00" * 3, "plain " * 20]}
        other = {2: {10: 1, 9: 2, 2**70: 3, -1.5: 4}, 1.5: [], True: "x", -10**30: {}}
        cases = []
        for indent in set(INDENTS):
            for separators in set(SEPARATORS):
                for bits in range(8):
                    options = {"indent": indent, "separators": separators, "sort_keys": bool(bits & 1), "ensure_ascii": bool(bits & 2),
                               "allow_nan": bool(bits & 4)}
                    cases += [(value, options), (other, options), ([value, other, []], options)]
        self.compare_options(cases)

    def test_keys(self):
        """Each key alone, each pair in both orders: what sorts and what does not, what becomes the same text."""
        options = [{"indent": indent, "separators": None, "sort_keys": sort, "ensure_ascii": True, "allow_nan": True}
                   for indent in (None, 1) for sort in (False, True)]
        keys = KEYS + ODD[:5]
        pairs = [(a, b) for a in keys for b in keys]
        self.compare_options([({a: 1, b: 2}, each) for a, b in pairs for each in options])
        self.compare_options([({key: 0}, {**each, "allow_nan": nan}) for key in KEYS + ODD for each in options for nan in (False, True)])

    def test_many_keys(self):
        """Sorting in earnest: few and many keys, alike at their beginning, dicts of many sizes in one another."""
        rng = random.Random(12)
        cases = []
        for count in (2, 15, 16, 17, 31, 32, 33, 64, 100, 1000):
            texts = {rng.choice(["", "key", "a key that is long ", "한글", "\x00"]) + str(rng.randrange(count * 10)) for _ in range(count)}
            numbers = {rng.choice([rng.randrange(-99, 99), rng.getrandbits(70), rng.uniform(-9, 9), 2.0**70, -1e300]) for _ in range(count)}
            inner = {text: {str(n): rng.random() for n in range(rng.randrange(20))} for text in texts}
            cases += [dict.fromkeys(texts, 1), dict.fromkeys(numbers, 2), inner, [inner, {"b": [inner], "a": {}}], dict.fromkeys(sorted(texts))]
        self.compare_options([(value, {"indent": indent, "separators": None, "sort_keys": True, "ensure_ascii": True, "allow_nan": False})
                              for value in cases for indent in (None, 1)])

    def test_deep_indentation(self):
        value = []
        for depth in range(300):
            value = [value, depth] if depth % 2 else {"k": value}
        for indent in (1, 4, "\t", "한글"):
            self.compare_options([(value, {"indent": indent, "separators": None, "sort_keys": False, "ensure_ascii": False,
                                           "allow_nan": False})])

    def test_doubles(self):
        rng = random.Random(8)
        for _ in range(1000 if SOAK else 2):
            numbers = [random_float(rng) for _ in range(10000)]
            numbers += [math.nextafter(n, d) for n in numbers[:2000] for d in (math.inf, -math.inf) if abs(n) < 1.7e308]
            numbers += [round(rng.uniform(-1000, 1000), rng.randrange(8)) for _ in range(2000)]
            numbers += [float(rng.getrandbits(rng.randrange(1, 70))) for _ in range(2000)]
            texts = [repr(n) for n in numbers] + ["%.*e" % (rng.randrange(25), n) for n in numbers]
            self.compare([(0, "n", ("[" + ",".join(texts) + "]").encode())])

    def test_powers_of_two_and_ten(self):
        numbers = [2.0**e for e in range(-1074, 1024)] + [float("1e%d" % e) for e in range(-323, 309)]
        numbers += [math.nextafter(n, d) for n in numbers for d in (math.inf, 0.0)]
        texts = [repr(n) for n in numbers if math.isfinite(n)]
        texts += ["%d.%de%d" % (d, d, e) for d in (1, 4, 5, 9) for e in range(-340, 308)]
        self.compare([(0, "n", ("[" + ",".join(texts) + "]").encode())])

    def test_nan_and_infinity(self):
        self.compare([(0, "n", b"[NaN,Infinity,-Infinity,1e400,-1e400]")])
        self.assertEqual(ask([(0, "", b"[1e400]")])[0][0], "OG_EVALUE")

    def test_surrogates(self):
        self.compare([(0, "ua", rb'["\ud800","a\udc00b","\ud83d\ude00","\udc00\ud800"]')])
        self.assertEqual(ask([(0, "u", rb'["\ud800"]')])[0][0], "OG_EVALUE")

    def test_raw_surrogates(self):
        """json.loads decodes bytes with 'surrogatepass': halves of pairs are there as three bytes, and stay halves."""
        self.compare([(0, "ua", text) for text in (
            b'["\xed\xa0\x80", "\xed\xbf\xbf"]', b'"\xed\xa0\xbd\xed\xb8\x80"', rb'"\ud83d' + b'\xed\xb8\x80"',
            b'"\xed\xa0\xbd' + rb'\ude00\n"', b'{"\xed\xa0\x80": 1, "' + rb'\ud800": 2}', b'"' + b"x" * 80 + b'\xed\xa0\x80"')])

    def test_duplicate_keys(self):
        self.compare([(0, "", b'{"a":1,"b":2,"a":3}'),
                      (0, "", b"{" + b",".join(b'"k%d":%d' % (i % 50, i) for i in range(500)) + b"}")])

    def test_what_python_refuses(self):
        """Texts that json.loads refuses are refused (it takes more than JSON elsewhere: NaN, lone surrogates, controls)."""
        rng = random.Random(9)
        cases = []
        for _ in range(20000 if SOAK else 3000):
            text = bytearray(json.dumps(random_value(rng, 2), ensure_ascii=False).encode())
            for _ in range(rng.randrange(1, 3)):
                if text:
                    at = rng.randrange(len(text))
                    what = rng.randrange(3)
                    if what == 0:
                        del text[at]
                    elif what == 1:
                        text[at] = rng.choice(b'{}[],:"\\0123456789.eE+-tfn x\x00\xff\xc3')
                    else:
                        text.insert(at, rng.choice(b'{}[],:"\\09.e-u \n'))
            cases.append((0, "nu", bytes(text)))
        for (_, _, text), got in zip(cases, ask(cases)):
            try:
                want = json.loads(text.decode())
            except ValueError:
                self.assertIsInstance(got, tuple, text)
                continue
            if isinstance(got, tuple) and "surrogate" in got[2]:  # UTF-8 cannot carry it
                continue
            self.assertEqual(got, dumps(want, 0, "n"), text)


class Docs(unittest.TestCase):
    def test_every_open_text_is_listed(self):
        """doc/json.md says of each i_ text of JSONTestSuite whether it is accepted, and that is so."""
        folder = pathlib.Path(os.environ.get("ONGGI_SHARED", "")) / "data" / "JSONTestSuite" / "test_parsing"
        names = sorted(folder.glob("i_*.json"))
        if not names:
            self.skipTest("JSONTestSuite is not here")
        page = (pathlib.Path(os.environ["ONGGI_SOURCE"]) / "doc" / "json.md").read_text(encoding="utf-8")
        accepted, refused = (re.findall(r"`(i_[^`]+)`", part) for part in page.split("- accepted are")[1].split("- refused are"))
        for path, got in zip(names, ask([(0, "-", path.read_bytes()) for path in names])):
            ours, theirs = (accepted, refused) if isinstance(got, bytes) or "inf is not JSON" in got[2] else (refused, accepted)
            self.assertTrue(any(fnmatch.fnmatch(path.stem, each) for each in ours), path.stem)
            self.assertFalse(any(fnmatch.fnmatch(path.stem, each) for each in theirs), path.stem)


if __name__ == "__main__":
    unittest.main()

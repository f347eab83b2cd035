# SPDX-License-Identifier: MIT
"""onggi inspect --verdict fails closed: whatever one of Python's loaders would run is judged or unreadable, in files, folders, archives and
arrays; only what is known to be something else is passed over."""
import base64
import bz2
import gzip
import importlib.util
import io
import json
import lzma
import marshal
import os
import pickle
import pickletools
import re
import shutil
import socket
import sqlite3
import struct
import tarfile
import tempfile
import unittest
import zipfile
import zlib

import support

EVIL = b"cos\nsystem\n(S'echo PWNED'\ntR."
GOOD = pickle.dumps([1, "two"])
HARMLESS, HARMFUL, UNREADABLE, NO_PICKLE = 0, 1, 5, 6
WORDS = {HARMLESS: ": harmless", HARMFUL: ": not harmless", UNREADABLE: ": unreadable", NO_PICKLE: ": not a pickle"}


def npy(descr, shape="(1,)", version=1, order="False"):
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header


def archive(*members, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def tar(*members, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as t:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def old_tar(*members):
    """Without the magic, as tar wrote before POSIX."""
    data = bytearray(tar(*members))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0"))
       + chunk(b"IEND", b""))
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\x08\1\1\0\0\x3f\0\x12\xff\0\x34\xff\xd9"


def safetensors(size=4, data=b"abcd"):
    header = json.dumps({"__metadata__": {"format": "pt"}, "a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + data


def elf():
    """A header, a program header of all of it, three sections: one of no bytes, numbers, one that takes no room in the file."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 128, 0, 64, 56, 1, 64, 3, 1)
    program = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 128, 128, 4096)
    section = "<IIQQQQIIQQ"
    sections = (struct.pack(section, *[0] * 10), struct.pack(section, 1, 1, 2, 0, 320, 12, 0, 0, 1, 0),
                struct.pack(section, 9, 8, 3, 0, 1 << 40, 1 << 40, 0, 0, 1, 0))
    return head + program + bytes(8) + b"".join(sections) + b"\1\2\3text\0\xff\xfe\xfd\xfc"


def small_elf():
    """As on processors of 32 bits, highest byte first, without sections."""
    head = b"\x7fELF\1\2\1" + bytes(9) + struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return head + struct.pack(">IIIIIIII", 1, 0, 0, 0, 90, 90, 5, 4096) + b"\xff\1\2\3\4\5"


def pe(certificate=b""):
    optional = struct.pack("<H", 0x20b) + bytes(106) + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<II", 512, len(certificate)) if i == 4 and certificate else bytes(8) for i in range(16))
    head = b"MZ\x90\0\3\0\0\0" + bytes(52) + struct.pack("<I", 64)
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x22) + optional
    head += b".text\0\0\0" + struct.pack("<IIIIIIHHI", 4, 4096, 112, 400, 0, 0, 0, 0, 0)
    return head.ljust(400, b"\0") + b"\xcc" * 112 + certificate


def mach_o():
    segment = struct.pack("<II16sQQQQIIII", 0x19, 72, b"__TEXT", 0, 4096, 0, 120, 5, 5, 0, 0)
    return struct.pack("<IIIIIIII", 0xfeedfacf, 0x100000c, 0, 2, 1, len(segment), 0, 0) + segment + b"\x90\1\2\3" * 4


def fat_mach_o():
    return struct.pack(">IIIIIII", 0xcafebabe, 1, 0x100000c, 0, 64, len(mach_o()), 6).ljust(64, b"\0") + mach_o()


def java_class():
    constants = b"\x07\0\2" + b"\1\0\1A" + b"\5" + bytes(8) + b"\1\0\6Source"
    method = struct.pack(">HHHH", 1, 2, 2, 1) + struct.pack(">HI", 5, 3) + b"abc"
    head = b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, 52, 6) + constants + struct.pack(">HHHH", 0x21, 1, 0, 0)
    return head + struct.pack(">HH", 0, 1) + method + struct.pack(">H", 0)


WASM = b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\3\2\1\0" + b"\x0a\4\1\2\0\x0b"


def font(version=b"\0\1\0\0"):
    head = struct.pack(">IIII", 0x10000, 0, 0, 0x5f0f3cf5) + bytes(38)
    return version + struct.pack(">HHHH", 2, 0, 0, 0) + struct.pack(">4sIII", b"head", 0, 44, 54) + struct.pack(">4sIII", b"glyf", 0, 100, 6) \
        + head + b"\0\0" + b"\xff\1\2\3\4\5"


def woff():
    return b"wOFF" + struct.pack(">IIHHIHHIIIII", 0x10000, 72, 1, 0, 99, 1, 0, 0, 0, 0, 0, 0) + struct.pack(">4sIIII", b"head", 64, 8, 54, 0) \
        + b"\xff" * 8


def woff2():
    return b"wOF2" + struct.pack(">IIHHIIHHIIIII", 0x10000, 60, 1, 0, 99, 11, 1, 0, 0, 0, 0, 0, 0) + b"\0" + b"\xfe" * 11


def ogg():
    def page(flags, number, data):
        head = b"OggS\0" + bytes([flags]) + struct.pack("<QII", 0, 7, number)
        rest = bytes([1, len(data)]) + data
        return head + struct.pack("<I", og_sum(head + bytes(4) + rest)) + rest
    return page(2, 0, b"\1vorbis\0") + page(4, 1, b"\xff\xfe\0")


def og_sum(data, bits=32, polynomial=0x04c11db7):
    value = 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value >> bits - 1 else 0)) & (1 << bits) - 1
    return value


def flac():
    frames = b""
    for number in range(2):
        frame = b"\xff\xf8\x69\x08" + bytes([number]) + b"\xaa\0\1\2\3\4"
        frames += frame + struct.pack(">H", og_sum(frame, 16, 0x8005))
    return b"fLaC\0\0\0\x22" + bytes(34) + b"\x84\0\0\2ab" + frames


MP3 = b"ID3\4\0\0\0\0\0\5\0\0\0\0\0" + (b"\xff\xfb\x14\xc4" + bytes(range(92))) * 5
WEBM = b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\1" + b"\x18\x53\x80\x67\x40\6" + b"\xec\x84\1\2\3\4"


def gguf():
    text = lambda s: struct.pack("<Q", len(s)) + s
    pairs = [text(b"general.alignment") + struct.pack("<II", 4, 64), text(b"a") + struct.pack("<I", 8) + text(b"llama"),
             text(b"b") + struct.pack("<IIQ", 9, 8, 2) + text(b"x") + text(b"yz"), text(b"c") + struct.pack("<IIQ", 9, 5, 2) + bytes(8)]
    tensors = text(b"w") + struct.pack("<IQQIQ", 2, 32, 2, 8, 0) + text(b"v") + struct.pack("<IQIQ", 1, 3, 0, 128)
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, len(pairs)) + b"".join(pairs) + tensors
    return head + bytes(-len(head) % 64) + b"\xfe" * 140


def onnx():
    field = lambda number, data: bytes([number << 3 | 2, len(data)]) + data
    node = field(1, b"x") + field(2, b"y") + field(4, b"Relu")
    graph = field(1, node) + field(2, b"main") + field(11, field(1, b"x")) + field(12, field(1, b"y"))
    return b"\x08\x08" + field(2, b"pytorch") + field(7, graph) + field(8, b"\x10\x11")


SOURCE = "def f(a, *b, c=(1, 2.5, 'x', b'y', 1 << 70, None, True, ...)):\n    return {a for a in b}\nclass A:\n    x = 1j\n"


def pyc():
    code = compile(SOURCE, "a.py", "exec")
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def shelf(table="Dict", encoding="UTF-8", kind="TABLE"):
    """As dbm.sqlite3 makes it, on which Python's shelve is built since 3.13."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.db")
        base = sqlite3.connect(path)
        base.execute(f"PRAGMA encoding = '{encoding}'")
        if kind == "VIEW":
            base.execute("CREATE TABLE x (key, value)")
            base.execute(f"CREATE VIEW {table} AS SELECT key, value FROM x")
        else:
            base.execute(f"CREATE TABLE IF NOT EXISTS {table} (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")
            base.execute(f"INSERT INTO {table} VALUES (?, ?)", (b"a", EVIL))
        base.commit()
        base.close()
        with open(path, "rb") as file:
            return file.read()


ICON = b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 1, 1, 0, 0, 1, 32, 44, 22) + struct.pack("<I", 40) + b"\xff" * 40


def zone():
    head = b"TZif2" + bytes(15) + struct.pack(">IIIIII", 1, 1, 0, 1, 1, 4)
    rest = b"CET\0\1\1"
    return head + struct.pack(">ibibb", 0, 0, 3600, 0, 0) + rest + head + struct.pack(">qbibb", 0, 0, 3600, 0, 0) + rest + b"\nCET-1\n"


def between(mark, schema=b""):
    return mark + b"\1\2\3\xff" + schema + struct.pack("<I", len(schema)) + mark


def tiff(order="<", wide=False):
    """Two images: one of two strips with a directory of its camera, one of a tile with a thumbnail."""
    head, count, entry, place = (16, "Q", 20, "Q") if wide else (8, "H", 12, "I")
    out = bytearray((b"II" if order == "<" else b"MM") + (struct.pack(order + "HHHQ", 43, 8, 0, head) if wide else struct.pack(order + "HI", 42, head)))

    def directory(fields, last):
        """Each field is its tag and its numbers, which go after the directory if they do not fit."""
        at = len(out) + struct.calcsize(order + count) + entry * len(fields) + struct.calcsize(order + place)
        extra, rows = b"", struct.pack(order + count, len(fields))
        for tag, numbers in fields:
            data = struct.pack(f"{order}{len(numbers)}I", *numbers)
            if len(data) > struct.calcsize(place):
                data, extra = struct.pack(order + place, at + len(extra)), extra + data
            rows += struct.pack(order + "HH" + place, tag, 4, len(numbers)) + data.ljust(struct.calcsize(place), b"\0")
        out.extend(rows + struct.pack(order + place, 0 if last else at + len(extra)) + extra)

    size = 2000
    directory([(256, [4]), (273, [size - 12, size - 6]), (279, [6, 6]), (34665, [1000])], False)
    directory([(256, [4]), (324, [size - 100]), (325, [80]), (513, [size - 20]), (514, [8])], True)
    out.extend(bytes(1000 - len(out)))
    directory([(33434, [1, 2, 3, 4])], True)
    return bytes(out).ljust(size, b"\xfe")


def ar(*members, padded=True):
    out = b"!<arch>\n"
    for name, data in members:
        out += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name, 0, 0, 0, 0o644, len(data)) + data + (b"\n" if len(data) % 2 and padded else b"")
    return out


SYMBOLS = struct.pack(">III", 2, 100, 200) + b"main\0other\0"


def crc32c(data):
    value = 0xffffffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value ^ 0xffffffff


def tfrecord(*records):
    def summed(data):
        value = crc32c(data)
        return data + struct.pack("<I", (value >> 15 | value << 17) + 0xa282ead8 & 0xffffffff)
    return b"".join(summed(struct.pack("<Q", len(data))) + summed(data) for data in records)


def flat(out, fields):
    """Puts a table, and after it what is in it. Fields are numbers, texts, bytes, lists of numbers or of tables, and tables."""
    layout, at = len(out), len(out) + 4 + 2 * (max(fields) + 1) + 2 * (max(fields) % 2 == 0)
    slots = {number: at + 4 + 4 * i for i, number in enumerate(fields)}
    table = struct.pack("<HH", 4 + 2 * (max(fields) + 1), 4 + 4 * len(fields))
    table += b"".join(struct.pack("<H", slots.get(number, at) - at) for number in range(max(fields) + 1))
    out += table.ljust(at - layout, b"\0") + struct.pack("<i", at - layout) + bytes(4 * len(fields))
    for number, value in fields.items():
        flat_field(out, slots[number], value)
    return at


def flat_field(out, slot, value):
    if isinstance(value, int):
        out[slot:slot + 4] = struct.pack("<I", value)
    elif isinstance(value, dict):
        out[slot:slot + 4] = struct.pack("<I", flat(out, value) - slot)
    else:
        out[slot:slot + 4] = struct.pack("<I", len(out) - slot)
        out += struct.pack("<I", len(value))
        if isinstance(value, str):
            out += value.encode() + b"\0"
        elif isinstance(value, bytes):
            out += value
        elif value and isinstance(value[0], dict):
            first = len(out)
            out += bytes(4 * len(value))
            for i, table in enumerate(value):
                flat_field(out, first + 4 * i, table)
        else:
            out += struct.pack(f"<{len(value)}I", *value)
        out += bytes(-len(out) % 4)


def tflite(data=b"\1\2\3\xfe"):
    tensor = {0: [1, 2], 2: 1, 3: "input", 4: {2: [1], 3: []}, 7: [1, 2]}
    graph = {0: [tensor, tensor], 1: [0], 2: [1], 3: [{0: 0, 1: [0], 2: [1], 4: {0: 1}, 5: b"ab"}], 4: "main"}
    out = bytearray(struct.pack("<I", 0) + b"TFL3")
    at = flat(out, {0: 3, 1: [{0: 32, 1: "Custom"}], 2: [graph], 3: "MLIR Converted.", 6: [{0: "version", 1: 2}],
                    7: [{0: [{0: "x"}], 1: [{0: "y"}], 2: "serving_default"}], 4: [{3: 0}, {0: data}]})
    out[:4] = struct.pack("<I", at)
    return bytes(out)


class Case(support.Case):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.root = self.folder()
        self.count = 0

    def write(self, name, data):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def verdict(self, status, *words):
        done = self.onggi("inspect", "--verdict", *words, status=status)
        return done.out, done.err

    def verdicts(self, status, *paths):
        """What is printed of each path; the status is that of them all."""
        out, _ = self.verdict(status, *paths)
        return ["".join(line for line in out.splitlines(True) if line.startswith(path)) for path in paths]

    def judge_all(self, status, files):
        """Each of the files is judged so, one process for all of them."""
        self.count += 1
        paths = [self.write(f"{self.count}/{i}.npy", data) for i, data in enumerate(files)]
        for text in self.verdicts(status, *paths):
            self.assertIn(WORDS[status], text)

    def judge(self, data, status, *texts, name="x.bin"):
        """The same by name, in a folder, in a zip of either kind, in a tar and packed by gzip."""
        self.count += 1
        top = os.path.join(self.root, f"{self.count}")
        path = self.write(f"{top}/p/{name}", data)
        self.write(f"{top}/f/{name}", data)
        self.write(f"{top}/z/a.zip", archive((name, data)))
        self.write(f"{top}/d/a.zip", archive((name, data), compression=zipfile.ZIP_DEFLATED))
        self.write(f"{top}/t/a.tar", tar((name, data)))
        self.write(f"{top}/g/{name}.gz", gzip.compress(data))
        printed = self.verdicts(status, path, os.path.join(top, "f"))
        self.assertTrue(WORDS[status] in printed[0] or status == NO_PICKLE, printed[0])
        printed += self.verdicts(HARMLESS if status == NO_PICKLE else status, *(os.path.join(top, kind) for kind in "zdtg"))
        for out in printed:
            self.assertEqual(": not harmless" in out, status == HARMFUL, out)
            for text in texts + (() if status == NO_PICKLE else (WORDS[status],)):
                self.assertIn(text, out)
            for line in out.splitlines():
                self.assertNotIn("PWNED", line)


class Arrays(Case):
    def test_types_of_objects_are_pickles_however_they_are_written(self):
        for descr in ("'object'", "'O'", "'|O'", "'|O8'", "'O8'", "'=O'", "'object_'", "[('a', '<i4'), ('b', '|O')]", "[('O', '|O', (2,))]",
                      "('|O', (2,))", "[('a', [('b', 'O')])]", "'i4,O'", "'u4, object'", "{'names': ['a'], 'formats': ['O']}"):
            self.judge_all(HARMFUL, [npy(descr, version=version) + EVIL for version in (1, 2, 3)])
        self.judge(npy("'object'") + EVIL, HARMFUL, "names os.system", name="a.npy")
        self.verdict(HARMFUL, self.write("a.npz", archive(("a.npy", npy("'object'") + EVIL))))
        self.verdict(HARMLESS, self.write("a.npy", npy("'|O'") + GOOD))

    def test_types_without_objects_are_numbers(self):
        for descr, size in (("'<i4'", 4), ("'|b1'", 1), ("'?'", 1), ("'>f8'", 8), ("'<c16'", 16), ("'|S7'", 7), ("'<U3'", 12), ("'|V8'", 8),
                            ("'<M8[ns]'", 8), ("'<m8[25s]'", 8), ("[('O', '<i4'), ('b', '|S3', (2,))]", 10), ("('<f4', (3,))", 12),
                            ("[('a', [('b', '<i2'), ('c', '<i2')])]", 4), ("'<f2'", 2)):
            arrays = [
                npy(descr, shape, order="True") + b"c" * (size * count)
                for shape, count in (("(2,)", 2), ("()", 1), ("(0,)", 0), ("(2L, 3L)", 6), ("(2, 0, 9)", 0))
            ]
            self.judge_all(HARMLESS, arrays)
            self.judge_all(HARMFUL, [data + EVIL for data in arrays])
        self.judge(npy("'<i4'") + bytes(4), HARMLESS, name="a.npy")

    def test_bytes_after_the_numbers_are_inspected(self):
        one = npy("'<i4'") + bytes(4)
        self.judge(one + EVIL, HARMFUL, "[after the array]", name="a.npy")
        self.verdict(HARMLESS, self.write("a.npy", one + one + one))
        self.verdict(HARMFUL, self.write("a.npy", one + one + npy("'|O'") + EVIL))
        self.verdict(HARMFUL, self.write("a.npy", one + npy("'|O'") + GOOD + EVIL))
        self.verdict(HARMFUL, self.write("a.npy", npy("'|O'") + GOOD + one + npy("'|O'") + EVIL))
        self.verdict(UNREADABLE, self.write("a.npy", one + b"\1\2\3"))

    def test_headers_that_lie_are_unreadable(self):
        for header in (b"__import__('os')", b"{'descr': '<i4'}", b"{'descr': '<i4', 'shape': (-1,), 'fortran_order': False}", b"[]",
                       b"{'descr': '<i4', 'shape': 'x', 'fortran_order': False}", b""):
            data = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + EVIL
            self.assertIn("header of a numpy file", self.verdict(UNREADABLE, self.write("a.npy", data))[0])
        for data in (npy("'<i4'", "(2,)") + bytes(7), npy("'<i4'", "(4000000000, 4000000000, 4000000000)"), npy("'<i4'")[:30],
                     b"\x93NUMPY", b"\x93NUMPY\2\0\xff\xff\xff\xff"):
            self.verdict(UNREADABLE, self.write("a.npy", data))

    def test_an_unknown_type_is_taken_for_objects(self):
        self.verdict(UNREADABLE, self.write("a.npy", npy("'int32'") + b"\xff" * 4))
        self.verdict(HARMFUL, self.write("a.npy", npy("'x'") + EVIL))


class Bytes(Case):
    def test_what_python_reads_past_does_not_hide_what_comes_after(self):
        for start in (b"]I5\naI0\nI1\ns0", b"(I1\nlI0\nI2\ns0", b"](NNu0", b"\x80\x05\x96\1\0\0\0\0\0\0\0aI0\nI5\ns0", b")Na0"):
            self.judge(start + EVIL, UNREADABLE, "it names os.system")
        self.judge(b"}Nb0" + EVIL, HARMFUL, "names os.system")

    def test_every_pickle_in_a_row_is_inspected(self):
        for first in (b"I1\n.", GOOD, b"N.", b"]q\0.", b"\x80\x02}."):
            self.judge(first + EVIL, HARMFUL, "pickle 2 at byte", "names os.system")
            self.judge(first * 3 + EVIL, HARMFUL, "pickle 4 at byte")
        self.judge(GOOD + GOOD, HARMLESS)

    def test_blanks_between_pickles_hide_none(self):
        """As programs write them that put a line feed after each."""
        for blanks in (b"\n", b"\r\n", b"\0\0\0", b" \t\n"):
            self.judge(GOOD + blanks + EVIL, HARMFUL, "pickle 2 at byte", "names os.system")
        self.judge(GOOD + b"\n" + GOOD + b"\n\n" + EVIL + b"\n", HARMFUL, "pickle 3 at byte")
        self.judge(GOOD + b"\n" + GOOD + b"\n", HARMLESS)
        self.judge(GOOD + b"\n\xff" + EVIL, UNREADABLE)

    def test_an_import_counts_although_an_error_follows(self):
        for data in (b"cantigravity\nfly\nX", b"cantigravity\nfly", b"N0cantigravity\nfly\n\xff", b"iantigravity\nfly\n",
                     b"\x8c\x0bantigravity\x8c\x03fly\x93X", b"(lp0\ncantigravity\nfly\n\0"):
            self.count += 1
            folder = os.path.dirname(self.write(f"{self.count}/x", data))
            done = self.run_program(support.ONGGI, "inspect", "--verdict", folder, status=None)
            self.assertIn(done.returncode, (HARMFUL, UNREADABLE), data)
            self.assertIn("antigravity.fl", done.out)

    def test_a_pickle_that_is_cut_is_unreadable(self):
        for data in (b"\x80\x04cut", GOOD[:-1], GOOD[:-4], b"(dp0\nS'a'\np1\nI1\n", b"(lp0\nI1\naI2\na", b"]q\0(K\1K\2"):
            self.judge(data, UNREADABLE)

    def test_text_is_no_pickle_whatever_it_begins_with(self):
        licence = "This is free software: you may use it.\n\nNo warranty.\n"
        for text in ("city,country\nParis,France\n", "id,name\n1,x\n", "name,age\n", "cats and dogs\nlive here\n", licence, "import os\nimport sys\n",
                     "class A:\n    pass\n", "# Title\n\ntext\n", "{\"a\": 1}", "[1, 2]", "(see below)\n", "\"a\",\"b\"\n", "Version 2", "I am", "V", "P6",
                     "Paris,London\n1,2\n", "Please\nread\nme\n", "K1,K2\n", "]]]]\n", "}\n", "https://example.org\n", "\ufeffa,b\n1,2\n",
                     "이름,나이\n홍길동,30\n", "\r\n", "l,m\n", "d: 1\n", "S: x\n", "F1,F2\n1.0,2.0\n", "L\n1\n"):
            self.judge(text.encode(), NO_PICKLE, name="a.csv")
        self.judge("Größe;Länge\n1;2\n".encode("latin-1"), NO_PICKLE, name="a.csv")
        self.judge("größe\r\n1\r\n".encode("utf-16"), NO_PICKLE, name="a.txt")

    def test_text_is_no_cut_pickle_because_a_letter_counts_more_bytes_than_there_are(self):
        """"T" says that as many bytes follow as the four characters after it are as a number; "g" is followed by a number."""
        more = "\n\nPermission is hereby granted, free of charge, to any person.\n"
        for text in ("(The MIT License)" + more, "(Boost)" + more, "(X11)" + more, "Copyright 1991, 1996, 1999, 2000, 2007 The authors. All rights are reserved by"
                     " them, and by nobody else in this world.\n\n" + more, "(Gold)", "(J1)", "((global,factory)=>{x})", "(g1\n", "(Summary", "]h", "(F(x)", "((Mb"):
            self.judge(text.encode(), NO_PICKLE, name="LICENSE")
        for data in (b"(V cut", b"(I12", b"(lp0\nS'cut", b"(lp0\nI1\nag0", b"(F1.5", b"(lp0", b"(T\1\0\0\0", b"(U\x05abc"):
            self.judge(data, UNREADABLE, name="cut")

    def test_text_that_names_a_module_is_a_pickle(self):
        """pickle.load would import it before it gives up."""
        for data in (b"cantigravity\nfly\nis what I do\n", b"iantigravity\nfly\n", b"cos \nsystem\n"):
            folder = os.path.dirname(self.write("t/a.txt", data))
            self.assertIn(self.run_program(support.ONGGI, "inspect", "--verdict", folder, status=None).returncode, (HARMFUL, UNREADABLE))

    def test_files_of_other_kinds_are_known_by_their_whole_structure(self):
        for name, data in (("a.png", PNG), ("a.gif", GIF), ("a.jpg", JPEG), ("a.safetensors", safetensors())):
            self.judge(data, NO_PICKLE, name=name)
            self.judge(data + b"\0\0\n", NO_PICKLE, name=name)
            self.judge(data + EVIL, HARMFUL, "[after the end]", "names os.system", name=name)
            self.judge(data + b"\1\2\3", UNREADABLE, name=name)
            self.judge(data + archive(("a", EVIL)), HARMFUL, name=name)
            self.judge(data[:-2], UNREADABLE, name=name)
        self.judge(PNG.replace(b"IDAT", b"IDAU"), UNREADABLE, name="a.png")
        self.judge(safetensors(9, b"abcd"), UNREADABLE, name="a.safetensors")

    def test_programs_fonts_sounds_and_models_are_known_by_their_whole_structure(self):
        for what, data in (("an ELF program", elf()), ("an ELF program", small_elf()), ("a Windows program", pe()), ("a Windows program", pe(b"\xee" * 8)),
                           ("a Mach-O program", mach_o()), ("a Mach-O program", fat_mach_o()), ("a Java class", java_class()),
                           ("a WebAssembly module", WASM), ("Python's byte code, which importing it runs", pyc()), ("a font", font()),
                           ("a font", font(b"OTTO")), ("a WOFF font", woff()), ("a WOFF2 font", woff2()), ("an Ogg file", ogg()), ("a FLAC file", flac()),
                           ("an MP3 file", MP3), ("a Matroska film", WEBM), ("a GGUF model", gguf()), ("an icon", ICON), ("a time zone", zone()), ("an ONNX model", onnx()),
                           ("a TIFF image", tiff()), ("a TIFF image", tiff(">")), ("a TIFF image", tiff("<", True)), ("a TIFF image", tiff(">", True)),
                           ("a TFLite model", tflite()), ("a TFRecord file", tfrecord(b"\n\5abcde", b"")),
                           ("a Feather table", between(b"FEA1")), ("a Parquet table", between(b"PAR1"))):
            with self.subTest(what):
                self.judge(data, NO_PICKLE)
                self.assertIn("not a pickle: " + what, self.verdict(NO_PICKLE, self.write("x", data))[0])
                if not what.startswith(("a FLAC", "an ONNX", "a Feather", "a Parquet")):
                    self.judge(data + EVIL, HARMFUL, "[after the end]", "names os.system")
                for cut in (len(data) - 1, len(data) - 2, len(data) // 2):
                    self.assertIn("unreadable", self.verdict(UNREADABLE, self.write("x", data[:cut]))[0], (cut, data[:cut]))

    def test_programs_that_run_or_were_built_here_are_no_pickles(self):
        self.assertIn("an ELF program", self.verdict(NO_PICKLE, support.ONGGI)[0])
        self.assertIn("Python's byte code", self.verdict(NO_PICKLE, importlib.util.cache_from_source(os.__file__))[0])

    def test_an_image_or_model_that_does_not_fit_its_file_is_none(self):
        for data in (tiff().replace(struct.pack("<I", 1988), struct.pack("<I", 1999)), tiff().replace(struct.pack("<HH", 256, 4), struct.pack("<HH", 256, 99)),
                     b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 256, 4, 1, 5) + struct.pack("<I", 8),  # a directory that follows itself
                     tflite().replace(b"TFL3", b"TFL4"), tflite().replace(b"main\0", b"main!")):
            self.judge(data, UNREADABLE)

    def test_records_are_passed_over_only_when_no_loader_takes_what_is_in_them(self):
        for data in (EVIL, GOOD, gzip.compress(EVIL), archive(("a", EVIL)) + b"\1" * 70000, tar(("a", EVIL))):
            self.assertIn("unreadable", self.verdict(UNREADABLE, self.write("x", tfrecord(b"\n\1a", data)))[0])
        for at in (0, 9, 12, 17):
            data = bytearray(tfrecord(b"\n\4abcd"))
            data[at] ^= 1
            self.assertIn("unreadable", self.verdict(UNREADABLE, self.write("x", bytes(data)))[0])

    def test_bytes_of_protocol_buffers_prove_nothing(self):
        for data in (b"\x08\1", b"\5", b"\x12\5hello", b"\x0a\3abc\x10\1"):
            self.judge(data, UNREADABLE)

    def test_tables_in_which_loaders_keep_pickles_are_unreadable(self):
        self.judge(shelf("stock"), NO_PICKLE)
        for data in (shelf(), shelf("dict"), shelf(encoding="UTF-16le"), shelf(encoding="UTF-16be"), shelf(kind="VIEW")):
            self.assertIn("unreadable", self.verdict(UNREADABLE, self.write("x", data))[0])
        for pad in range(3):
            schema = base64.b64encode(b"x" * pad + b"arrow.py_extension_type" + EVIL)
            for mark in (b"PAR1", b"FEA1"):
                self.assertIn("unreadable", self.verdict(UNREADABLE, self.write("x", between(mark, schema)))[0])
        self.assertIn("unreadable", self.verdict(UNREADABLE, self.write("x", between(b"FEA1", b"arrow.py_extension_type")))[0])

    def test_bytes_of_no_known_kind_are_unreadable(self):
        for data in (b"\0\1\2\3", b"\xff" * 100, b"\x7fELF" + bytes(range(60)), b"\0" + EVIL, b"\xcb\r\r\n" + bytes(12) + b"\xe3\0"):
            self.judge(data, UNREADABLE, "nothing else that is known here")
        self.judge(b"\0\1" + b"text" + bytes(9), UNREADABLE, name="a.pkl")

    def test_nothing(self):
        self.verdict(NO_PICKLE, self.write("e/empty.txt", b""))
        self.verdict(NO_PICKLE, os.path.join(self.root, "e"))
        self.assertIn("found nothing", self.verdict(UNREADABLE, self.write("p/empty.pkl", b""))[0])
        self.verdict(NO_PICKLE, self.write("e/blank.txt", b"\n\n \t\n"))
        self.verdict(NO_PICKLE, self.write("e/zeros", bytes(100)))

    def test_a_name_that_promises_a_pickle_is_not_enough_to_be_one(self):
        out, _ = self.verdict(NO_PICKLE, self.write("a.pkl", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n"))
        self.assertIn("not a pickle: text", out)


class Archives(Case):
    def test_what_zipfile_opens_is_looked_into(self):
        inner = archive(("a.bin", EVIL))
        for data in (b"abcd" + inner + b"abcd", b"#!/bin/sh\n" + inner, b"\0\1\2\3" + inner + b"\0\1\2\3", inner + b"\n", PNG + inner,
                     b"x" * 70000 + inner, inner + b"x" * 60000):
            self.judge(data, HARMFUL, "names os.system")
        self.judge(archive(("a.zip", b"#!/bin/sh\n" + inner)), HARMFUL, "[a.zip][a.bin]")
        self.judge(b"\0\1\2\3" + archive(("a.txt", b"x")), UNREADABLE, "[before the archive]")
        self.judge(EVIL + archive(("a.txt", b"x")), HARMFUL)
        self.judge(archive(("a.txt", b"x")) + EVIL, HARMFUL, "[after the archive]")
        self.judge(GOOD + archive(("a.bin", EVIL)), HARMFUL)

    def test_the_comment_of_a_zip_is_looked_at(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            z.writestr("a.pkl", GOOD)
            z.comment = EVIL
        self.judge(out.getvalue(), HARMFUL, name="a.zip")

    def test_members_of_zips_of_all_kinds(self):
        self.judge(archive(("a/", b""), ("a/b.txt", b"x")), HARMLESS)
        self.judge(archive(), HARMLESS, name="a.zip")
        self.judge(archive(("a", PNG), ("b", b"text")), HARMLESS)
        self.judge(archive(("a.bin", b"\1\2\3")), UNREADABLE, "[a.bin]")
        for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            self.judge(archive(("a", EVIL), compression=compression), UNREADABLE, "packed in a way")

    def test_tar_archives_with_and_without_magic(self):
        for data in (tar(("m.bin", EVIL)), old_tar(("m.bin", EVIL)), tar(("a" * 150, EVIL), form=tarfile.GNU_FORMAT),
                     tar(("한" * 80, EVIL), form=tarfile.PAX_FORMAT), tar(("m.bin", EVIL))[:1024], tar(("m.txt", b"x")) + tar(("m", EVIL)),
                     tar(("a.txt", b"x"), ("b.tar", old_tar(("m.bin", EVIL))))):
            self.judge(data, HARMFUL, "os.system")
        self.judge(tar(("a.txt", b"x"), ("b", GOOD)), HARMLESS)
        self.judge(tar(("a.bin", b"x" * 600))[:900], UNREADABLE, "it is cut")
        self.judge(tar(("cos\nsystem\n(S'echo PWNED'\ntR.", b"x")), HARMFUL)

    def test_libraries_and_packages_of_ar(self):
        library = ar((b"/", SYMBOLS), (b"//", b"a_long_name_of_a_file.o/\n"), (b"a.o/", elf()), (b"/0", elf()))
        for data in (library, ar((b"/SYM64/", struct.pack(">QQ", 1, 80) + b"main\0"), (b"a.o/", elf())), ar((b"#1/4", b"a.o\0" + elf())), ar(),
                     ar((b"a.txt/", b"x"), padded=False), ar((b"debian-binary", b"2.0\n"), (b"control.tar", tar(("control", b"Package: x\n"))))):
            self.judge(data, HARMLESS)
        for data in (ar((b"a.o/", elf()), (b"b/", EVIL)), ar((b"#1/4", b"abc\0" + EVIL)), ar((b"/", EVIL)), ar((b"//", EVIL)),
                     ar((b"data.tar.gz", gzip.compress(tar(("m", EVIL))))), library + EVIL, library + archive(("m", EVIL)), ar((b"a", ar((b"b", EVIL))))):
            self.judge(data, HARMFUL, "os.system")
        for data in (library[:-1], library + b"x" * 20, library + b"x" * 70, ar((b"a", b"x" * 9))[:-5], ar((b"#1/9", b"abc")), ar((b"#1/x", b"abc")),
                     ar((b"/", struct.pack(">I", 9) + b"\xff")), ar((b"a", b"xyz")).replace(b"3   ", b"3x  ")):
            self.judge(data, UNREADABLE)

    @unittest.skipUnless(shutil.which("ar") and shutil.which("cc"), "needs ar and a compiler")
    def test_a_library_that_was_built_here(self):
        source, library = self.write("l/a_source_with_a_long_name.c", b"int f(void) { return 1; }\n"), os.path.join(self.root, "l/liba.a")
        self.run_program("cc", "-c", source, "-o", source + ".o")
        self.run_program("ar", "rcs", library, source + ".o")
        os.remove(source + ".o")
        self.assertIn("1 harmless, 0 not harmless, 0 unreadable", self.verdict(HARMLESS, os.path.join(self.root, "l"))[1])

    def test_extended_headers_of_tars_have_a_member(self):
        for kind in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            info = tarfile.TarInfo("a")
            info.size, info.type = len(EVIL), kind
            self.judge(info.tobuf(tarfile.USTAR_FORMAT) + EVIL.ljust(512, b"\0") + bytes(1024), UNREADABLE)

    def test_what_is_packed_is_unpacked_or_unreadable(self):
        for level in (0, 1, 6, 9):
            self.judge(zlib.compress(EVIL, level), HARMFUL, "[unpacked]", name="model.z")
            self.judge(gzip.compress(EVIL, level), HARMFUL, name="x.gz")
        for level in (0, 1, 9):
            packed, length = zlib.compress(EVIL, level), hex(len(EVIL)).encode()
            self.judge(b"ZF" + length.ljust(19) + packed, HARMFUL, "[unpacked]", name="model.pkl.z")
            self.judge(b"ZF" + (length + b"L").ljust(20) + packed, HARMFUL, "[unpacked]", name="model.joblib")  # as on Python 2
        self.judge(b"ZF" + b"0x5".ljust(19) + zlib.compress(GOOD), HARMLESS, name="model.pkl")
        self.judge(b"ZF" + b"0x5".ljust(19) + zlib.compress(GOOD)[:-1], UNREADABLE, name="model.pkl")
        self.judge(b"ZF" + b"0x5".ljust(19) + b"\0\1\2", UNREADABLE)
        self.judge(gzip.compress(b"I1\n") + gzip.compress(b"0" + EVIL), HARMFUL, name="x.gz")
        self.judge(gzip.compress(GOOD) + EVIL, HARMFUL, name="x.gz")
        self.judge(gzip.compress(EVIL)[:-4], HARMFUL, name="x.gz")
        self.judge(gzip.compress(GOOD)[:-4], UNREADABLE, name="x.gz")
        self.judge(gzip.compress(GOOD), HARMLESS, name="x.pkl.gz")
        self.judge(gzip.compress(b"text"), HARMLESS, name="x.txt.gz")
        for size in (4096, 12345, 1 << 20, (1 << 20) + 7, 1 << 23):
            filters = [{"id": lzma.FILTER_LZMA1, "dict_size": size}]
            self.judge(lzma.compress(EVIL, lzma.FORMAT_ALONE, filters=filters), UNREADABLE, "packed by lzma")
        for data in (bz2.compress(EVIL), bz2.compress(b""), lzma.compress(EVIL), b"\x28\xb5\x2f\xfd" + bytes(9), b"\x04\x22\x4d\x18" + bytes(9),
                     b"LZIP\1" + bytes(9)):
            self.judge(data, UNREADABLE, "not unpacked here", name="x.pkl")

    def test_archives_in_one_another_end(self):
        data = EVIL
        for _ in range(12):
            data = archive(("a", data))
        self.assertIn("more than 4 deep", self.verdict(UNREADABLE, self.write("a.zip", data))[0])
        data = EVIL
        for _ in range(12):
            data = gzip.compress(data)
        self.verdict(UNREADABLE, self.write("a.gz", data))

    def test_bombs_are_not_unpacked(self):
        bomb = gzip.compress(bytes(20 << 20))
        out, _ = self.verdict(UNREADABLE, "--max-message", "1M", self.write("a.gz", bomb))
        self.assertIn("raise --max-message", out)
        many = archive(*((f"{i}", bytes(1 << 20)) for i in range(40)), compression=zipfile.ZIP_DEFLATED)
        self.verdict(UNREADABLE, "--max-message", "1M", self.write("a.zip", many))

    def test_tensors_of_torch_are_numbers(self):
        numbers = [b"c" + bytes(63), b"\x95" + bytes(63), struct.pack("<16f", *range(16)), b"i" + bytes(63)]
        members = [("m/data.pkl", pickle.dumps({"w": 1}, 2)), ("m/version", b"3\n"), ("m/byteorder", b"little"),
                   ("m/.data/serialization_id", b"0123456789")]
        data = archive(*members, *((f"m/data/{i}", one) for i, one in enumerate(numbers)))
        self.judge(data, HARMLESS, "[m/data.pkl]: harmless", name="m.pt")
        self.judge(archive(("m/data.pkl", EVIL), ("m/data/0", numbers[0])), HARMFUL, name="m.pt")
        self.judge(archive(*members, ("m/data/0", EVIL)), HARMFUL, name="m.pt")
        self.judge(archive(("m/other/0", b"\1\2\3")), UNREADABLE, name="m.pt")

    def test_files_of_keras_are_unreadable_where_they_hold_hdf5(self):
        self.judge(archive(("config.json", b"{}"), ("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(9))), UNREADABLE, "HDF5", name="m.keras")
        self.judge(b"\x89HDF\r\n\x1a\n" + bytes(9), UNREADABLE, "HDF5", name="m.h5")


class Folders(Case):
    def test_links_to_files_are_followed(self):
        """A hub's cache: snapshots of links into blobs."""
        self.write("blobs/0", EVIL)
        os.makedirs(os.path.join(self.root, "snapshots/1"))
        os.symlink("../../blobs/0", os.path.join(self.root, "snapshots/1/model.bin"))
        self.assertIn("names os.system", self.verdict(HARMFUL, os.path.join(self.root, "snapshots"))[0])
        os.symlink("snapshots/1/model.bin", os.path.join(self.root, "twice"))
        self.verdict(HARMFUL, os.path.join(self.root, "twice"))

    def test_links_that_lead_nowhere_or_elsewhere_are_unreadable(self):
        for target, text in (("nothing", "a link to nothing"), ("loop", "leads to itself"), ("/proc/version", "another file system, which is not followed; give that file as well"),
                             ("/dev/null", "no regular file"), ("/", "a folder elsewhere"), ("..", "a folder elsewhere")):
            self.count += 1
            folder = os.path.join(self.root, str(self.count))
            os.makedirs(folder)
            os.symlink(target, os.path.join(folder, "loop"))
            self.assertIn(text, self.verdict(UNREADABLE, folder)[0])

    def test_links_into_the_same_folder_are_passed_over(self):
        self.write("f/a/x.pkl", GOOD)
        os.symlink("a", os.path.join(self.root, "f/latest"))
        os.symlink(".", os.path.join(self.root, "f/a/self"))
        _, err = self.verdict(HARMLESS, os.path.join(self.root, "f"))
        self.assertIn("1 harmless", err)
        self.assertIn("passed over 2 (links into the same folder: 2)", err)

    def test_an_empty_folder_says_that_nothing_was_inspected(self):
        out, err = self.verdict(NO_PICKLE, self.root)
        self.assertEqual(out, "")
        self.assertIn("nothing was inspected", err)

    def test_pipes_sockets_and_devices_are_not_opened(self):
        os.mkfifo(os.path.join(self.root, "pipe"))
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(os.path.join(self.root, "socket"))
            out, _ = self.verdict(UNREADABLE, self.root)
        self.assertIn("it is a pipe", out)
        self.assertIn("it is a socket", out)

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_what_may_not_be_read_is_unreadable(self):
        os.chmod(self.write("a.pkl", GOOD), 0)
        self.assertIn("Permission denied", self.verdict(UNREADABLE, self.root)[0])

    def test_the_worst_counts(self):
        good, bad, cut, text = (self.write(name, data) for name, data in (("good", GOOD), ("bad", EVIL), ("cut", GOOD[:-1]), ("text", b"text")))
        for files, status in (([good], 0), ([bad], 1), ([cut], 5), ([text], 6), ([good, text], 0), ([good, cut], 5), ([bad, cut], 1),
                              ([cut, bad, good, text], 1), ([cut, text], 5), ([text, text], 6), ([], 6)):
            done = self.onggi("inspect", "--verdict", *files, status=status)
            self.assertIn(f"looked at {len(files) or 1}", done.err)

    def test_a_summary_counts_and_says_why(self):
        for name, data in (("a.pkl", GOOD), ("b.pkl", EVIL), ("c.pkl", GOOD[:-1]), ("d.png", PNG), ("e.txt", b"x"), ("f.txt", b"y"), ("g.md", b"z")):
            self.write("f/" + name, data)
        _, err = self.verdict(HARMFUL, "--exclude", "*.md", os.path.join(self.root, "f"), self.write("t.txt", b"text"))
        self.assertEqual(err, "onggi: looked at 4: 1 harmless, 1 not harmless, 1 unreadable, 1 not a pickle; "
                              "passed over 4 (a PNG image: 1, text: 2, excluded: 1)\n")
        self.assertEqual(self.verdict(HARMFUL, "--quiet", os.path.join(self.root, "f"))[1], "")

    def test_patterns_choose_files(self):
        self.write("f/a.pkl", GOOD)
        self.write("f/b.bin", EVIL)
        self.write("f/sub/c.bin", EVIL)
        folder = os.path.join(self.root, "f")
        self.verdict(HARMFUL, folder)
        self.verdict(HARMLESS, folder, "--exclude", "*.bin")
        self.verdict(HARMLESS, folder, "--include=*.pkl")
        self.verdict(HARMLESS, folder, "--exclude", "sub", "--exclude", "b.*")
        self.verdict(NO_PICKLE, folder, "--include", "*.pt")
        self.verdict(HARMFUL, folder, "--include", "*.pkl", "--include", "*/sub/*")
        self.verdict(HARMFUL, os.path.join(folder, "b.bin"), "--exclude", "*.bin")  # given by name

    def test_patterns_are_for_paths_below_the_folder_as_well(self):
        for name in ("a.pkl", "old/b.pkl", "old/deep/c.pkl", "more/old/d.pkl"):
            self.write("f/" + name, GOOD if name == "a.pkl" else EVIL)
        folder = os.path.join(self.root, "f")
        for words, status, files in ((["--exclude", "old/*"], HARMFUL, 2), (["--exclude", "old/"], HARMLESS, 1),
                                     (["--exclude", "old"], HARMLESS, 1), (["--exclude", "more/", "--exclude", "old/*"], HARMLESS, 1),
                                     (["--exclude", "a.pkl/"], HARMFUL, 4), (["--include", "old/*"], HARMFUL, 2), (["--include", "old/b.pkl"], HARMFUL, 1),
                                     (["--include", "old/"], NO_PICKLE, 0), (["--exclude", "/"], HARMFUL, 4)):
            for end in "", "/", "//":
                self.assertIn(f"looked at {files}:", self.verdict(status, *words, folder + end)[1], words)

    def test_json_has_a_line_for_what_is_no_pickle(self):
        done = self.onggi("inspect", "--verdict", "-o", "json", self.write("a.png", PNG), status=NO_PICKLE)
        record = json.loads(done.out)
        self.assertEqual((record["verdict"], record["reason"]), ("not a pickle", "a PNG image"))

    def test_the_man_page_has_the_table_of_statuses(self):
        with open(os.path.join(support.SOURCE, "man", "onggi.1"), encoding="utf-8") as file:
            table = file.read().split(".Sh EXIT STATUS")[1].split(".Sh ")[0]
        self.assertEqual(re.findall(r"^\.It (\d)", table, re.MULTILINE), list("0123456"))


class Annotate(Case):
    def test_as_pickletools_with_our_own_sentences(self):
        summaries = {}
        with open(os.path.join(support.SOURCE, "src/codec/pickle/opcodes.def"), encoding="utf-8") as file:
            for row in re.findall(r'^OP\((\w+), .*"((?:[^"\\]|\\.)*)"\)$', file.read(), re.MULTILINE):
                summaries[row[0]] = row[1].replace("\\\\", "\\")
        for value in ({"a": [1, "한글" * 20, 2.5], "b" * 60: (1, 2, 3)}, [{str(i): [i]} for i in range(2000)], list(map(str, range(20000)))):
            for protocol in range(6):
                data = pickle.dumps(value, protocol)
                out = io.StringIO()
                docs = [opcode.doc for opcode in pickletools.opcodes]
                try:
                    for opcode in pickletools.opcodes:
                        opcode.doc = summaries[opcode.name]
                    pickletools.dis(data, out, annotate=30)
                finally:
                    for opcode, doc in zip(pickletools.opcodes, docs):
                        opcode.doc = doc
                self.assertEqual(self.onggi("inspect", "-a", stdin=data).out, out.getvalue())


if __name__ == "__main__":
    support.main()

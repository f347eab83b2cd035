# SPDX-License-Identifier: MIT
"""onggi inspect and --policy from outside: malicious pickles are found, none runs anything, and archives, folders,
exit statuses and output for machines are as the manual says."""
import bz2
import collections
import datetime
import decimal
import fractions
import gzip
import io
import json
import lzma
import os
import pathlib
import pickle
import shutil
import socket
import struct
import subprocess
import tarfile
import tempfile
import unittest
import uuid
import zipfile
import zlib

ONGGI = os.environ.get("ONGGI", "build/onggi")
SOURCE = pathlib.Path(os.environ.get("ONGGI_SOURCE", "."))
MALICIOUS = SOURCE / "test" / "data" / "malicious"


def onggi(*args, data=None):
    done = subprocess.run([ONGGI, *map(str, args)], input=data, capture_output=True, timeout=600)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def cases():
    for row in (MALICIOUS / "cases.tsv").read_text(encoding="utf-8").splitlines():
        name, status, found = row.split("\t")
        yield name, int(status), found


class Evil:
    def __reduce__(self):
        return os.system, ("id",)


class Malicious(unittest.TestCase):
    def test_each_is_found(self):
        count = 0
        for name, status, found in cases():
            with self.subTest(name):
                got, out, err = onggi("inspect", "--globals", "--verdict", MALICIOUS / name)
                self.assertEqual(got, status, out + err)
                self.assertIn(status, (1, 5))
                self.assertIn(found, out)
                count += 1
        self.assertGreater(count, 130)

    def test_convert_refuses_each_pickle(self):
        """What reads on also refuses: the check is over before anything is printed."""
        for name, _, _ in cases():
            if not name.endswith(".pkl"):
                continue
            with self.subTest(name):
                got, out, err = onggi("convert", "-i", "pickle", "--policy", "plain-data", MALICIOUS / name)
                if name in ("empty.pkl", "second-pickle.pkl", "junk-after.pkl"):
                    continue  # a stream of objects: of none, or the first one is harmless
                self.assertEqual((got, out), (1, ""), err)

    def test_the_script_makes_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([SOURCE / "tools" / "make-malicious", folder], check=True, capture_output=True)
            for made in pathlib.Path(folder).iterdir():
                if made.suffix != ".zip" or made.name == "zip-two-names.zip":
                    self.assertEqual(made.read_bytes(), (MALICIOUS / made.name).read_bytes(), made.name)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    @unittest.skipIf(any(word in pathlib.Path(ONGGI).read_bytes() for word in (b"__asan_init", b"__tsan_init")),
                     "a sanitizer makes calls of its own")
    def test_nothing_runs(self):
        """Of the system only memory, files that are read, and output are asked for."""
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            probe = subprocess.run(["strace", "-f", "-o", log, "true"], capture_output=True)
            if probe.returncode:
                self.skipTest("strace may not trace here")
            files = [MALICIOUS / name for name, _, _ in cases()]
            for command in (["inspect"], ["inspect", "--globals", "--verdict"], ["convert", "-i", "pickle"],
                            ["convert", "-i", "pickle", "-o", "lossless"], ["convert", "-i", "pickle", "-o", "pickle"]):
                subprocess.run(["strace", "-f", "-o", log, ONGGI, *command, *files], capture_output=True)
                calls = pathlib.Path(log).read_text(errors="replace").splitlines()
                self.assertEqual(sum("execve(" in call for call in calls), 1)
                self.assertEqual(sum("openat(" in call and "/malicious/" in call for call in calls), len(files))
                for call in calls:
                    for word in ("fork(", "clone(", "clone3(", "socket(", "connect(", "O_WRONLY", "O_RDWR", "O_CREAT",
                                 "unlink", "rename", "chmod(", "kill("):
                        self.assertNotIn(word, call, command)


class Harmless(unittest.TestCase):
    def test_plain_data(self):
        value = [1, 2 ** 100, 2.5, "x", b"y", bytearray(b"z"), {1, 2}, frozenset("a"), complex(1, 2), range(3),
                 slice(1, 2), collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1]),
                 collections.defaultdict(list, a=[1]), datetime.datetime.now(datetime.timezone.utc), datetime.date.today(),
                 datetime.timedelta(1), datetime.time(1), decimal.Decimal("1.5"), fractions.Fraction(1, 3), uuid.uuid4(),
                 pathlib.PurePosixPath("a/b"), Ellipsis, NotImplemented, True, None]
        for protocol in range(6):
            got, out, err = onggi("inspect", "--verdict", data=pickle.dumps(value, protocol))
            self.assertEqual((got, out), (0, "standard input: harmless\n"), err)
            got, out, err = onggi("convert", "-i", "pickle", "--policy", "plain-data", data=pickle.dumps(value, protocol))
            self.assertEqual(got, 0, err)

    def test_text_that_looks_a_little_like_a_pickle(self):
        words = ["common\nsense\nis rare", "Please\ncall me\nback.", "Nothing", "(see below)", "I1\n", "cos\nsystem\n",
                 "]]]]]]]]", "NNRNNRNNR", "NKable NKab", "Vx\n.", "]N)s.......", "K" * 40, "(" * 5000, "]" * 5000]
        got, out, err = onggi("inspect", "--verdict", data=pickle.dumps(words + [w.encode() for w in words]))
        self.assertEqual(got, 0, out + err)

    def test_numpy(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not installed")
        data = pickle.dumps([numpy.arange(6).reshape(2, 3), numpy.float32(1), numpy.array([1, None], dtype=object)])
        self.assertEqual(onggi("inspect", "--verdict", "--policy", "numpy-data", data=data)[0], 0)
        self.assertEqual(onggi("inspect", "--verdict", data=data)[0], 1)
        with tempfile.TemporaryDirectory() as folder:
            numpy.save(folder + "/plain.npy", numpy.arange(5))
            numpy.savez_compressed(folder + "/two.npz", a=numpy.arange(3), b=numpy.array([1, "x"], dtype=object))
            got, out, err = onggi("inspect", "--verdict", "--policy", "numpy-data", folder + "/plain.npy", folder + "/two.npz")
            self.assertEqual(got, 0, out + err)
            self.assertIn("two.npz[b.npy]: harmless", out)
            numpy.savez(folder + "/bad.npz", a=numpy.array([Evil()], dtype=object))
            got, out, err = onggi("inspect", "--verdict", "--policy", "numpy-data", folder)
            self.assertEqual(got, 1, out + err)
            self.assertIn("bad.npz[a.npy]: not harmless", out)


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, data):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def test_globals(self):
        path = self.write("a.pkl", pickle.dumps([collections.OrderedDict(a=1), Evil(), Evil()]))
        got, out, _ = onggi("inspect", "--globals", path)
        self.assertEqual(got, 0)
        lines = [line.split(": ", 1)[1] for line in out.splitlines()]
        self.assertEqual(lines, ["imported collections.OrderedDict", "called collections.OrderedDict",
                                 "filled collections.OrderedDict", f"imported {os.name}.system", f"called {os.name}.system, 2 times"])

    def test_json(self):
        path = self.write("a.pkl", pickle.dumps(Evil(), 0))
        got, out, _ = onggi("inspect", "--verdict", "-o", "json", path)
        record = json.loads(out)
        self.assertEqual((got, record["verdict"], record["position"], record["pickle"]), (1, "not harmless", 0, 1))
        self.assertEqual(record["uses"][0], {"module": os.name, "qualname": "system", "how": "imported", "allowed": False,
                                             "position": 0, "count": 1, "depth": 0})
        got, out, _ = onggi("inspect", "-o", "json", data=b"(K\x01t.")
        self.assertEqual([json.loads(line).get("opcode") for line in out.splitlines()], ["MARK", "BININT1", "TUPLE", "STOP"])
        self.assertEqual(json.loads(out.splitlines()[2])["note"], "(MARK at 0)")

    def test_folders_and_worst(self):
        self.write("f/one.pkl", pickle.dumps([1]))
        self.write("f/notes.txt", b"just text\n")
        self.assertEqual(onggi("inspect", "--verdict", self.folder.name)[0], 0)
        self.write("f/deep/er/old.dat", pickle.dumps(Evil(), 0))
        got, out, _ = onggi("inspect", "--verdict", self.folder.name)
        self.assertEqual(got, 1)
        self.assertEqual([line.split(": ")[1] for line in out.splitlines()], ["not harmless", "harmless"])
        self.write("f/z.pkl", b"\x80\x04cut")
        got, out, _ = onggi("inspect", "--verdict", self.folder.name)
        self.assertEqual(got, 1)  # not harmless counts more than unreadable
        self.assertEqual([line.split(": ")[1] for line in out.splitlines()], ["not harmless", "harmless", "unreadable"])
        os.symlink(self.folder.name, self.folder.name + "/f/loop")
        self.assertEqual(onggi("inspect", "--verdict", self.folder.name)[:2], (got, out))

    def test_not_there(self):
        self.assertEqual(onggi("inspect", "--verdict", "/nowhere/at/all")[0], 5)
        got, _, err = onggi("inspect", "/nowhere/at/all")
        self.assertEqual((got, err), (3, "onggi: /nowhere/at/all: No such file or directory\n"))

    def test_several_pickles_in_a_row(self):
        data = b"".join(pickle.dumps(i, p) for p in range(6) for i in range(3))
        got, out, _ = onggi("inspect", "--verdict", data=data)
        self.assertEqual((got, len(out.splitlines())), (0, 18))
        got, out, _ = onggi("inspect", "--verdict", data=data + b"\0\n ")
        self.assertEqual((got, len(out.splitlines())), (0, 18))  # padding
        got, out, _ = onggi("inspect", "--verdict", data=data + b"\0\0\1")
        self.assertEqual(got, 5)
        self.assertIn("3 bytes follow after the end of pickle 18", out)

    def test_policy_file(self):
        data = pickle.dumps(Evil())
        path = self.write("policy", f"# ours\ninclude plain-data\nallow-unsafe {os.name}.system # for once\n")
        self.assertEqual(onggi("inspect", "--verdict", "--policy", path, data=data)[0], 0)
        path = self.write("policy", f"default allow\ndeny {os.name}.*\n")
        self.assertEqual(onggi("inspect", "--verdict", "--policy", path, data=data)[0], 1)
        path = self.write("policy", "allow a.b\nallow nothing\n")
        got, _, err = onggi("inspect", "--policy", path, data=data)
        self.assertEqual(got, 2)
        self.assertIn("line 2, column 7", err)
        self.assertEqual(onggi("inspect", "--policy", "/nowhere", data=data)[0], 3)
        self.assertEqual(onggi("inspect", "--policy", self.folder.name, data=data)[0], 3)
        for text in (b"", b"\n\n# nothing", b"\xef\xbb\xbfdefault allow\n", b"DEFAULT ALLOW\n", b"default allow\0\n", b"default\xa0allow"):
            got, out, _ = onggi("inspect", "--verdict", "--policy", self.write("policy", text), data=pickle.dumps({1}, 2))
            self.assertNotEqual(got, 0, text)
            self.assertNotIn("harmless\n", out)

    def test_names_do_not_steer_the_terminal(self):
        data = pickle.dumps(Evil(), 0).replace(b"system", b"\x1b[31m\x07\x1b]0;x")
        for args in (["--verdict"], ["--globals"], []):
            _, out, err = onggi("inspect", *args, data=data)
            self.assertNotIn("\x1b", out + err)
            self.assertNotIn("\x07", out + err)

    def test_what_is_packed_is_unpacked_or_unreadable(self):
        evil = pickle.dumps(Evil(), 0)
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as t:
            info = tarfile.TarInfo("a.bin")
            info.size = len(evil)
            t.addfile(info, io.BytesIO(evil))
        packed = {"a.tar": tar.getvalue(), "b.gz": gzip.compress(evil), "b.tar.gz": gzip.compress(tar.getvalue()), "b.z": zlib.compress(evil)}
        closed = {"c.bz2": bz2.compress(evil), "d.xz": lzma.compress(evil), "e.lzma": lzma.compress(evil, lzma.FORMAT_ALONE),
                  "f.7z": b"7z\xbc\xaf\x27\x1c" + bytes(40)}
        for name, data in {**packed, **closed}.items():
            status, text = (1, "os.system") if name in packed else (5, "not unpacked here")
            text = text.replace("os", os.name)
            path = self.write("one/" + name + "/" + name, data)
            for where in (path, self.folder.name + "/one/" + name):
                got, out, err = onggi("inspect", "--verdict", where)
                self.assertEqual(got, status, out + err)
                self.assertIn(text, out)
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr(name, data)
            self.assertEqual(onggi("inspect", "--verdict", data=out.getvalue())[0], status)
        got, out, _ = onggi("inspect", "--verdict", self.write("f/a.txt", b"BZh is how bzip2 begins"))
        self.assertEqual((got, out.split(": ", 1)[1]), (6, "not a pickle: text\n"))

    def test_old_torch(self):
        """Five pickles, then the numbers of tensors."""
        parts = [0x1950a86a20f9469cfc6c, 1001, {"little_endian": True}, {"weight": 1}, ["0"]]
        data = b"".join(pickle.dumps(part, 2) for part in parts)
        got, out, err = onggi("inspect", "--verdict", data=data + struct.pack("<q4f", 4, 1, 2, 3, 4))
        self.assertEqual((got, len(out.splitlines())), (0, 5), out + err)
        self.assertEqual(onggi("inspect", "--verdict", data=data + pickle.dumps(Evil(), 0))[0], 1)
        self.assertEqual(onggi("inspect", "--verdict", data=pickle.dumps(1, 2) + data[15:] + struct.pack("<q4f", 4, 1, 2, 3, 4))[0], 5)
        got, out, err = onggi("inspect", "--verdict", data=data.replace(pickle.dumps(["0"], 2), pickle.dumps(Evil(), 2)) + bytes(16))
        self.assertEqual(got, 1, out)

    def test_the_worst_of_a_folder_counts(self):
        """What cannot be read does not hide behind what can."""
        self.write("f/a.pkl", pickle.dumps(1))
        self.write("f/b.pkl", pickle.dumps(Evil()))
        self.write("f/c.pkl", b"")
        got, out, _ = onggi("inspect", "--verdict", self.folder.name + "/f")
        self.assertEqual((got, len(out.splitlines())), (1, 3), out)
        got, out, _ = onggi("inspect", "--verdict", "-o", "json", self.folder.name + "/f")
        records = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(got, 1)
        self.assertEqual([record["verdict"] for record in records], ["harmless", "not harmless", "unreadable"])
        self.assertEqual(list(records[0]), ["file", "pickle", "offset", "verdict", "uses"])
        self.assertEqual(list(records[1]), ["file", "pickle", "offset", "verdict", "reason", "position", "uses"])

    def test_limits(self):
        path = self.write("long.pkl", pickle.dumps(b"x" * 5000))
        got, out, _ = onggi("inspect", "--verdict", "--max-message", "1000", path)
        self.assertEqual(got, 5)
        self.assertIn("raise --max-message", out)

    def test_long_files_in_folders(self):
        """What is neither a pickle nor an archive is passed over however long it is; what may be one is not."""
        header = b'{"a":{"dtype":"U8","shape":[200000],"data_offsets":[0,200000]}}'
        self.write("f/model.safetensors", struct.pack("<Q", len(header)) + header + bytes(200000))
        verdict = ["inspect", "--verdict", "--max-message", "100000", self.folder.name + "/f"]
        self.assertEqual(onggi(*verdict)[:2], (6, ""))
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            z.writestr("a.pkl", pickle.dumps(Evil()))
        path = self.write("f/end", b"#!/bin/sh\n" + bytes(200000) + out.getvalue())
        self.assertEqual(onggi(*verdict)[0], 5)
        os.unlink(path)
        for data in (b"\x80\x04", b"V", b"(V", pickle.dumps(Evil(), 0)[:-1] + b"0V"):
            path = self.write("f/old", data + b"x" * 200000)
            self.assertEqual(onggi(*verdict)[0], 5, data)
        os.unlink(path)
        self.assertEqual(onggi(*verdict)[0], 6)

    def test_bomb_is_not_unpacked(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("a.pkl", b"\x80\x04" + b"N0" * (8 << 20) + b"N.")
        got, text, _ = onggi("inspect", "--verdict", "--max-message", "1M", data=out.getvalue())
        self.assertEqual(got, 5)
        self.assertIn("raise --max-message", text)


class Wire(unittest.TestCase):
    """serve --policy: what is refused does not reach standard output."""
    def test_serve(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/socket"
            server = subprocess.Popen([ONGGI, "serve", "unix://" + path, "--policy", "plain-data", "--count", "1"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(server.stderr.close)
            self.addCleanup(server.stdout.close)
            self.assertIn("listening", server.stderr.readline())
            for value in (Evil(), {"a": collections.OrderedDict(b=1)}):
                data = pickle.dumps(value)
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(path)
                    s.sendall(len(data).to_bytes(4, "big") + data)
                    s.shutdown(socket.SHUT_WR)
                    s.recv(1)
            out, err = server.communicate(timeout=600)
            self.assertEqual(out, '{"a":{"b":1}}\n')
            self.assertIn(f"{os.name}.system, which the policy does not allow", err)


if __name__ == "__main__":
    unittest.main()

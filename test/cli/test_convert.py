# SPDX-License-Identifier: MIT
"""onggi convert on files and pipes: pickle, JSON and repr into one another, with Python at the other end."""
import bz2
import io
import json
import os
import pickle
import random
import struct
import subprocess
import zipfile

import support
from support import ONGGI

VALUE = {"이름": "홍길동", "n": [1, -2, 2**70, 2.5, 1e300, True, None], "깊이": {"a": {"b": [[[]]]}}, "": "\u0000\n\"\\ 😀"}
RICH = {"t": (1, (2,), ()), "b": b"\0\xff", "ba": bytearray(b"x"), "s": {1, 2}, "f": frozenset({3}), 1: "int key", (1, 2): "tuple key",
        "c": 1 - 2j, "big": -(2**200), "nan": 1.5}


class Convert(support.Case):
    def test_pickle_to_json_on_a_pipe(self):
        for protocol in range(6):
            done = self.onggi("convert", "-i", "pickle", "-o", "json", stdin=pickle.dumps(VALUE, protocol))
            self.assertEqual(json.loads(done.out), VALUE)
            self.assertEqual(done.out, json.dumps(VALUE, ensure_ascii=False, separators=(",", ":")) + "\n")

    def test_json_is_what_pythons_module_makes_of_it(self):
        for value, shown, lossless in (
                (float("nan"), "null", '{"py/float":"nan"}'), (float("inf"), "null", '{"py/float":"inf"}'),
                (float("-inf"), "null", '{"py/float":"-inf"}'), ("a\udce9.txt", r'"a\udce9.txt"', r'"a\udce9.txt"')):
            for value, shown, lossless in ((value, shown, lossless), ({"k": [value]},) + tuple('{"k":[%s]}' % s for s in (shown, lossless))):
                text = json.dumps(value)
                self.assertEqual(self.onggi("convert", stdin=text).out, shown + "\n")
                self.assertEqual(self.onggi("convert", stdin=pickle.dumps(value)).out, shown + "\n")
                self.assertEqual(self.onggi("convert", "-o", "lossless", stdin=text).out, lossless + "\n")
                self.assertEqual(repr(pickle.loads(self.onggi("convert", "-o", "pickle", stdin=text).stdout)), repr(value))
                self.assertNotIn("allow_", self.onggi("convert", "--strict", "-i", "json", stdin=text, status=1).err)

    def test_a_byte_order_mark_is_passed_over(self):
        text = b'\xef\xbb\xbf{"a": 1}\n'
        self.assertEqual(self.onggi("convert", stdin=text).out, '{"a":1}\n')
        self.assertIn("onggi without --strict", self.onggi("convert", "--strict", stdin=text, status=1).err)

    def test_what_is_neither_json_nor_a_pickle_is_named(self):
        """The command that would read it, or what it is; no word of opcodes, and no pickle that is said to be cut."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as z:
            z.writestr("a", "b")
        for text, says in (("('a', 1)", "add -i repr"), ("b'x'", "add -i repr"), ("None\n", "add -i repr"), ("True", "add -i repr"), ("'hello'", "add -i repr"),
                           ("hello\n", "add -i text"), ("a,b\n1,2\n", "add -i text"), ("datetime.date(2024, 1, 1)", "add -i text"), ("a: 1\n", "add -i text"),
                           ("안녕\n", "add -i text"), ("GET / HTTP/1.1\r\n\r\n", "add -i text"), ("// a comment\n[1]", "expected a value"),
                           (bz2.compress(b"[1]"), "bzip2 data"), (archive.getvalue(), "a zip archive"), (b"\x93NUMPY\1\0v\0", ".npy"),
                           (b"\x82\xa1a\1\xa1b\2", "MessagePack"), (b"\xa1aa\1", "CBOR"), (struct.pack("<I", 12) + b"\x10a\0\1\0\0\0\0", "BSON")):
            with self.subTest(text=text):
                err = self.onggi("convert", stdin=text, status=1).err
                self.assertIn(says, err)
                self.assertNotIn("opcode", err.lower())
        for damaged in pickle.dumps([1, "a"])[:-3], b"(dp0\nS'a'\np1\nI1\n", b"\x89PNG\r\n\x1a\n\0\0":
            self.assertNotIn("-i text", self.onggi("convert", stdin=damaged, status=1).err)

    def test_a_slip_after_json_ends_no_message(self):
        for text in "[1]]", '{"a": 1}}', "[1] // one", "[1] /* one */", "(1,))":
            self.assertNotIn("--framing", self.onggi("convert", stdin=text, status=1).err)
        self.assertIn("--framing 'delim:;'", self.onggi("convert", stdin="[1];[2];", status=1).err)

    def test_a_number_beyond_floats_is_not_lost(self):
        for text in ("[1e400]", "[1, -1e999]", '{"a": 123456789e310}'):
            done = self.onggi("convert", stdin=text, status=1)
            self.assertEqual(done.out, "")
            self.assertIn("larger than a float can be", done.err)
            self.assertIn("larger than a float can be", self.onggi("convert", "-i", "repr", stdin=text, status=1).err)
        self.assertEqual(self.onggi("convert", stdin="[1e308, 1e-400]").out, "[1e+308,0.0]\n")

    def test_repr_of_builtins_is_pythons(self):
        """Singletons, functions, classes that have no name of their own, exceptions."""
        values = [..., NotImplemented, [...], type(None), type(...), type(NotImplemented), int, {"a": len}, print, ValueError("x"),
                  KeyError("a", 1), StopIteration(), [UnicodeDecodeError("utf-8", b"x", 0, 1, "why")], SystemExit(3), TimeoutError("t")]
        for protocol in range(6):
            for value in values:
                if protocol < 3 and isinstance(value, TimeoutError):
                    continue  # Python 2 has it not: its name is OSError there
                done = self.onggi("convert", "-i", "pickle", "-o", "repr", stdin=pickle.dumps(value, protocol))
                self.assertEqual(done.out, repr(value) + "\n", protocol)
        noted = ValueError("x")
        noted.where = 1
        self.assertEqual(self.onggi("convert", "-i", "pickle", "-o", "repr", stdin=pickle.dumps(noted)).out,
                         "<builtins.ValueError args=('x',) state={'where': 1}>\n")

    def test_limits_hold_for_repr_too(self):
        digits, deep = "9" * 5000, "[" * 1500 + "]" * 1500
        for text, option, value in ((digits, "--max-digits", "10000"), (deep, "--max-depth", "2000")):
            for form in ("json", "repr"):
                refused = self.onggi("convert", "-i", form, "-o", "repr", stdin=text, status=1).err
                self.assertIn(option, refused)
                self.assertEqual(self.onggi("convert", "-i", form, "-o", "repr", option, value, stdin=text).out, text + "\n")

    def test_ten_million_spaces(self):
        self.assertEqual(self.onggi("convert", stdin=" " * 10_000_000 + "1").out, "1\n")

    def test_blanks_after_pickles(self):
        one = pickle.dumps([1])
        for between in (b"\n", b"\0" * 100, b"\r\n ", b""):
            self.assertEqual(self.onggi("convert", "-i", "pickle", "-o", "json", stdin=one + between + one + between).out, "[1]\n[1]\n")
        self.onggi("convert", "--strict", "-i", "pickle", stdin=one + b"\n", status=1)

    def test_a_none_is_no_nan(self):
        for data in (b"N.", b"NN0.", b"I7\n0N."):
            self.assertEqual(self.onggi("convert", stdin=data).out, "null\n")

    def test_json_to_pickle_on_a_pipe(self):
        done = self.onggi("convert", "-i", "json", "-o", "pickle", stdin=json.dumps(VALUE))
        self.assertEqual(pickle.loads(done.stdout), VALUE)

    def test_a_policy_checks_what_is_written(self):
        for form in ("pickle", "canonical"):
            for text in ('{"py/type":"os.system"}', '[1,{"py/object":"os.system","py/make":"call","py/args":["id"]}]'):
                done = self.onggi("convert", "-i", "lossless", "-o", form, "--policy", "plain-data", stdin=text, status=1)
                self.assertEqual(done.stdout, b"")
                self.assertIn("names os.system, which the policy does not allow", done.err)
            done = self.onggi("convert", "-i", "lossless", "-o", form, "--policy", "plain-data", stdin='[{"py/set":[1,2]}]')
            self.assertEqual(pickle.loads(done.stdout), [{1, 2}])

    def test_files(self):
        folder = self.folder()
        path = os.path.join(folder, "data.pickle")
        with open(path, "wb") as file:
            pickle.dump(VALUE, file)
        text = self.onggi("convert", "-i", "pickle", "-o", "json", path).out
        self.assertEqual(json.loads(text), VALUE)
        back = os.path.join(folder, "data.json")
        with open(back, "w", encoding="utf-8") as file:
            file.write(text)
        self.assertEqual(pickle.loads(self.onggi("convert", "-i", "json", "-o", "pickle", back).stdout), VALUE)

    def test_a_pipeline_of_shells(self):
        done = subprocess.run(
            [r'"$0" -c "import pickle,sys; pickle.dump(dict(a=(1,2)), sys.stdout.buffer)" | "$1" convert -i pickle -o lossless |'
             r' "$1" convert -i lossless -o pickle | "$0" -c "import pickle,sys; print(pickle.load(sys.stdin.buffer))"',
             support.sys.executable, ONGGI], shell=True, check=True, stdout=subprocess.PIPE, env=support.ENV, timeout=support.WAIT)
        self.assertEqual(done.stdout, b"{'a': (1, 2)}\n")

    def test_several_values_and_several_files(self):
        done = self.onggi("convert", "-i", "pickle", "-o", "json", stdin=b"".join(pickle.dumps(n) for n in range(5)))
        self.assertEqual(done.out, "0\n1\n2\n3\n4\n")
        folder, paths = self.folder(), []
        for number in range(3):
            paths.append(os.path.join(folder, f"{number}.json"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(f"[{number}] {number}\n")
        self.assertEqual(self.onggi("convert", "-i", "json", "-o", "json", *paths).out, "[0]\n0\n[1]\n1\n[2]\n2\n")

    def test_lossless_and_back(self):
        text = self.onggi("convert", "-i", "pickle", "-o", "lossless", stdin=pickle.dumps(RICH)).out
        json.loads(text)
        back = pickle.loads(self.onggi("convert", "-i", "lossless", "-o", "pickle", stdin=text).stdout)
        self.assertEqual(repr(back), repr(RICH))

    def test_repr(self):
        value = [None, True, 1.0, "it's", 'a "b"', b"\0'", (1,), set(), {"a": {2}}, 1e16, -0.0, 5e-324]
        self.assertEqual(self.onggi("convert", "-i", "pickle", "-o", "repr", stdin=pickle.dumps(value)).out, repr(value) + "\n")
        back = self.onggi("convert", "-i", "repr", "-o", "pickle", stdin=repr(value)).stdout
        self.assertEqual(repr(pickle.loads(back)), repr(value))

    def test_json_as_python_writes_it(self):
        value = [True, False, None, 1, -0.5, {"가": "나"}, []]
        done = self.onggi("convert", "-i", "json", "-o", "repr", stdin=json.dumps(value))
        self.assertEqual(done.out, repr(value) + "\n")

    def test_pretty(self):
        done = self.onggi("convert", "-i", "json", "-o", "pretty", stdin='{"a":[1,{"b":null}],"c":{},"d":[]}')
        self.assertEqual(json.loads(done.out), {"a": [1, {"b": None}], "c": {}, "d": []})
        self.assertGreater(done.out.count("\n"), 4)

    def test_shared_and_circular_values(self):
        shared = [1]
        circle = {"a": shared, "b": shared}
        circle["me"] = circle
        text = self.onggi("convert", "-i", "pickle", "-o", "lossless", stdin=pickle.dumps(circle)).out
        back = pickle.loads(self.onggi("convert", "-i", "lossless", "-o", "pickle", stdin=text).stdout)
        self.assertIs(back["me"], back)
        self.assertIs(back["a"], back["b"])
        again = pickle.loads(self.onggi("convert", "-i", "pickle", "-o", "pickle", stdin=pickle.dumps(circle)).stdout)
        self.assertIs(again["me"], again)
        plain = json.loads(self.onggi("convert", "-i", "pickle", "-o", "json", stdin=pickle.dumps(circle)).out)
        self.assertEqual(plain, {"a": [1], "b": [1], "me": "{...}"})

    def test_a_bomb_of_shared_nodes_is_refused_not_written(self):
        bomb = ["boom"]
        for _ in range(60):
            bomb = [bomb, bomb]
        done = self.onggi("convert", "-i", "pickle", "-o", "json", stdin=pickle.dumps(bomb), status=1)
        self.assertEqual(done.out, "")
        self.onggi("convert", "-i", "pickle", "-o", "pickle", stdin=pickle.dumps(bomb))

    def test_random_values_both_ways(self):
        random.seed(7)

        def value(depth):
            pick = random.random()
            if depth and pick < 0.3:
                return [value(depth - 1) for _ in range(random.randint(0, 5))]
            if depth and pick < 0.6:
                return {random.choice("가나다abc") * random.randint(0, 3): value(depth - 1) for _ in range(random.randint(0, 5))}
            return random.choice([None, True, False, random.randint(-2**80, 2**80), random.randint(-300, 300), random.random(),
                                  random.uniform(-1e307, 1e307), "글" * random.randint(0, 300), "\u2028\x7f\u00ff"])
        values = [value(6) for _ in range(200)]
        stdin = b"".join(pickle.dumps(v, random.randint(0, 5)) for v in values)
        done = self.onggi("convert", "-i", "pickle", "-o", "json", stdin=stdin)
        self.assertEqual(done.out, "".join(json.dumps(v, ensure_ascii=False, separators=(",", ":")) + "\n" for v in values))
        back = self.onggi("convert", "-i", "json", "-o", "pickle", stdin=done.out).stdout
        file = support.tempfile.TemporaryFile()
        self.addCleanup(file.close)
        file.write(back)
        file.seek(0)
        self.assertEqual([pickle.load(file) for _ in values], values)

    def test_what_cannot_be_read(self):
        done = self.onggi("convert", "-i", "json", "-o", "pickle", stdin='{"a": tru}', status=1)
        self.assertRegex(done.err, r"(?i)byte \d+|line 1")
        self.assertEqual(done.stdout, b"")
        done = self.onggi("convert", "-i", "pickle", "-o", "json", stdin=pickle.dumps(VALUE)[:-2], status=1)
        self.assertRegex(done.err, r"(?i)byte \d+")
        self.onggi("convert", "-i", "pickle", "-o", "json", stdin=b"\x80\x04\xff.", status=1)

    def test_what_comes_before_an_error_is_written(self):
        done = self.onggi("convert", "-i", "json", "-o", "json", stdin="[1]\n[2]\n[3", status=1)
        self.assertEqual(done.out, "[1]\n[2]\n")

    def test_a_pickle_that_wants_to_run_something_is_data(self):
        path = os.path.join(self.folder(), "was-run")

        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {path}",)
        done = self.onggi("convert", "-i", "pickle", "-o", "json", stdin=pickle.dumps([Evil(), "after"]))
        self.assertIn("system", done.out)
        self.assertFalse(os.path.exists(path))
        back = self.onggi("convert", "-i", "pickle", "-o", "pickle", stdin=pickle.dumps([Evil(), "after"])).stdout
        self.assertIn(b"system", back)


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""name=John age:=30: a short way to write an object wherever one is an argument."""
import json

import support


class Pairs(support.Case):
    def sent(self, *words, **options):
        done = self.onggi("call", self.endpoint, *words, **options)
        return [json.loads(line) for line in done.out.splitlines()] if done.returncode == 0 else done.err

    def setUp(self):
        self.endpoint = self.serve("--echo").endpoint

    def test_objects(self):
        for words, objects in (
                (["name=John", "age:=30"], [{"name": "John", "age": 30}]),
                (["name=John Smith", "tags:=[\"a\", 1]"], [{"name": "John Smith", "tags": ["a", 1]}]),
                (["이름=홍길동", "x.y-z_1="], [{"이름": "홍길동", "x.y-z_1": ""}]),
                (["a=\"quoted\" \\ it's", "b=1", "c:=null", "d:={\"e\": [1.5]}"],
                 [{"a": "\"quoted\" \\ it's", "b": "1", "c": None, "d": {"e": [1.5]}}]),
                (["a=b=c", "b=1 =2", "c=x := y"], [{"a": "b=c", "b": "1 =2", "c": "x := y"}]),
                (["a=x=y", "b=a:=b"], [{"a": "x=y", "b": "a:=b"}]),
                (["a=1", "[2]", "b=3", "c=4"], [{"a": "1"}, [2], {"b": "3", "c": "4"}]),
                (['"a=b"'], ["a=b"])):
            with self.subTest(words=words):
                self.assertEqual(self.sent(*words), objects)

    def test_forms(self):
        self.assertEqual(self.sent("-i", "repr", "ok:=True", "name=it's"), [{"ok": True, "name": "it's"}])
        done = self.onggi("call", self.endpoint, "--codec", "pickle", "-o", "repr", "-i", "lossless", 'a:={"py/tuple": [1]}', "b=2")
        self.assertEqual(done.out, "{'a': (1,), 'b': '2'}\n")

    def test_texts_are_texts(self):
        server = self.serve("--codec", "text", "--reply", "a={}")
        self.assertEqual(self.onggi("call", server.endpoint, "--codec", "text", "name=John").out, "a=name=John\n")

    def test_what_can_be_meant_in_two_ways_is_refused(self):
        for words, why in ((["name=John age:=30"], "Give each member a word of its own"), (["a==b"], "HTTPie"), (["a=@file"], "HTTPie"),
                           (["a:=@file.json"], "HTTPie"), (["a[b]=c"], "brackets"), (["a=1", "a=2"], "given twice"),
                           (["age:=thirty"], "for a text write ="), (["age:="], "for a text write ="), (['a:=1, "b": 2'], "a:=: "), (["=x"], "a name is missing before the ="), ([":=1"], "a name is missing"),
                           (["a=1", "=2"], "a name is missing"), (["a:={"], "the text ends here (byte 1)"),
                           (["a=caf\udce9"], "found byte 0xe9 where UTF-8 text was expected"), (["\udcff=1"], "found byte 0xff"),
                           (["a:=1e400"], "'a:=\"1e400\"'")):
            with self.subTest(words=words):
                self.assertIn(why, self.sent(*words, status=1))

    def test_what_is_said_to_write_instead_works(self):
        self.assertEqual(self.sent("a:=\"@file\"", "b:=[\"1\", \"2\"]", "address:={\"city\": \"Seoul\"}"),
                         [{"a": "@file", "b": ["1", "2"], "address": {"city": "Seoul"}}])

    def test_options(self):
        server = self.serve("--reply", "ok:=true name='John Smith' list:=[1, 2]", "--greet", "hello=you")
        done = self.onggi("call", server.endpoint, "[1]", "--skip", "1")
        self.assertEqual(json.loads(done.out), {"ok": True, "name": "John Smith", "list": [1, 2]})
        done = self.onggi("serve", "tcp://127.0.0.1:0", "--reply", "name=John Smith", status=2)
        self.assertIn("'Smith' is no member: put a text with blanks in quotes", done.err)
        for text, why in (("a='x", "quote is missing"), ("a='x'y", "blank must follow")):
            self.assertIn(why, self.onggi("serve", "tcp://127.0.0.1:0", "--greet", text, status=2).err)

    def test_what_commands_print_is_json(self):
        server = self.serve("--exec", "echo a=1")
        self.onggi("call", server.endpoint, "1", "-t", "1", status=None)
        server.wait_text("err", "not JSON|no answer|expected")


if __name__ == "__main__":
    support.main()

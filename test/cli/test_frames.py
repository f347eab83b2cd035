# SPDX-License-Identifier: MIT
"""Files whose messages have something around them: records of RFC 7464, pickles with a length before each."""
import json
import os
import pickle
import re
import struct

import support

VALUES = [{"a": 1}, [1, 2, 3], {"text": "x" * 300}]
EVIL = b"\x80\x02cos\nsystem\n(U\x02idtR."
PACK = {"u16be": ">H", "u16le": "<H", "u32be": ">I", "u32le": "<I", "u64be": ">Q", "u64le": "<Q"}
AROUND = {
    "seq": lambda m: b"\x1e" + m + b"\n",
    "netstring": lambda m: b"%d:%s," % (len(m), m),
    "header": lambda m: b"Content-Length: %d\r\n\r\n%s" % (len(m), m),
    "varint": lambda m: (bytes([len(m)]) if len(m) < 128 else bytes([len(m) & 127 | 128, len(m) >> 7])) + m,
    "digits:10": lambda m: b"%-10d" % len(m) + m,
    "digits:64": lambda m: (b"%d" % len(m)).rjust(64) + m,
    "digits:8": lambda m: b"%08d" % len(m) + m,
    "digits:12": lambda m: (b"%d" % len(m)).ljust(11, b"\t") + b"\n" + m,
    "digits:9": lambda m: (b"%d" % len(m)).rjust(9, b"\0") + m,
    "digits:\\n": lambda m: b"%d\n" % len(m) + m,
    "digits:\\r\\n": lambda m: b"%d\r\n" % len(m) + m,
    "digits:#": lambda m: b"%d#" % len(m) + m,
    "digits:\\x20": lambda m: b"%d " % len(m) + m,
    **{name: (lambda m, f=form: struct.pack(f, len(m)) + m) for name, form in PACK.items()},
}


class Frames(support.Case):
    def file(self, data):
        path = os.path.join(self.folder(), "messages")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def around(self, name, messages):
        return b"".join(AROUND[name](message) for message in messages)

    def test_convert_detects_json(self):
        for name in AROUND:
            data = self.around(name, [json.dumps(value).encode() for value in VALUES])
            for words, options in (([self.file(data)], {}), ([], {"stdin": data}), (["-i", "json"], {"stdin": data}),
                                   (["--framing", name], {"stdin": data})):
                done = self.onggi("convert", *words, **options)
                self.assertEqual([json.loads(line) for line in done.out.splitlines()], VALUES, name)

    def test_records_may_be_numbers_and_words(self):
        data = self.around("seq", [b"1", b"true", b'"a"', b"-2.5", b"null", b"[3]"])
        self.assertEqual(self.onggi("convert", stdin=data).out, '1\ntrue\n"a"\n-2.5\nnull\n[3]\n')

    def test_texts_with_a_nul_after_each(self):
        for data in (b'{"a":1}\0[1,2]\0"x"\0', b'{"a":1}\0[1,2]\0"x"'):
            done = self.onggi("convert", self.file(data))
            self.assertEqual(done.out, '{"a":1}\n[1,2]\n"x"\n')
            self.assertIn("read with --framing nul", done.err)

    def test_what_ends_each_message_is_proposed(self):
        """And the proposal works."""
        for mark, name in ((b"<END>", "delim:<END>"), (b"||", "delim:||"), (b"\x04", r"delim:\x04"), (b";", "delim:;"),
                           (b"\x1e", r"delim:\x1e"), (b"==\x00==", r"delim:==\x00==")):
            for messages in ([json.dumps(value).encode() for value in VALUES], [pickle.dumps(value) for value in VALUES]):
                if len(mark) == 1 and messages[0][:1] == b"\x80":
                    continue  # such a byte is in every pickle
                path = self.file(b"".join(message + mark for message in messages))
                self.assertIn(f"if each message ends so, add: --framing '{name}'", self.onggi("convert", path, status=1).err)
                done = self.onggi("convert", "--framing", name, path)
                self.assertEqual([json.loads(line) for line in done.out.splitlines()], VALUES)

    def test_half_a_message_shows_no_framing(self):
        """Two bytes after 02 are no message of JSON."""
        self.assertNotIn("--framing u8", self.onggi("convert", stdin=b'\2{"a":1}\3\2[1,2]\3', status=1).err)

    def test_wide_text_is_named_whatever_its_letters(self):
        for text in ('"한글"', '["é"]', '{"a": 1}', '"😀"', "[1]", "null"):
            for encoding in ("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"):
                self.assertIn(f"this is text in {encoding}: recode it first", self.onggi("convert", stdin=text.encode(encoding), status=1).err)

    def test_a_number_before_letters_is_no_value(self):
        for data in (b"12abc", pickle.dumps([1, "two"]).hex().encode(), b"1,2,3\n", b"10:{}"):
            self.assertEqual(self.onggi("convert", "-i", "json", stdin=data, status=1).out, "")

    def test_what_is_something_else_is_named(self):
        for data, name in ((b"\x82\xa1a\x01\xa1b\x02", "MessagePack"), (b"\xa2aa\x01ab\x02", "CBOR"), (b"\xac\xed\x00\x05sr", "Java"),
                           (b"<?xml version='1.0'?><a/>", "XML"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"%PDF-1.4\n", "PDF")):
            self.assertIn(name, self.onggi("convert", stdin=data, status=1).err)

    def test_convert_detects_pickles(self):
        for name in AROUND:
            if name == "seq":
                continue
            for protocol in range(6):
                data = self.around(name, [pickle.dumps(value, protocol) for value in VALUES])
                for words in ([], ["--framing", name], ["-i", "pickle"]):
                    done = self.onggi("convert", *words, stdin=data)
                    self.assertEqual([json.loads(line) for line in done.out.splitlines()], VALUES, f"{name} {protocol}")

    def test_a_long_first_message_is_detected_by_its_header(self):
        data = self.around("u32be", [pickle.dumps("x" * 200000), pickle.dumps(1)])
        self.assertEqual(self.onggi("convert", stdin=data).out, json.dumps("x" * 200000) + "\n1\n")

    def test_convert_says_what_it_saw(self):
        self.assertIn("--framing u32be", self.onggi("convert", stdin=self.around("u32be", [pickle.dumps(1)])).err)

    def test_a_mark_after_the_digits_is_told_from_padding(self):
        """One message alone shows it: others may have more digits or fewer."""
        for name in ("digits:\\n", "digits:\\r\\n", "digits:#", "digits:\\x20", "digits:8", "digits:10"):
            self.assertIn(f"read with --framing {name}, ", self.onggi("convert", stdin=self.around(name, [b'{"a":1}'])).err)

    def test_what_comes_before_json_is_counted(self):
        """And leaving it out works."""
        for before in (b"len=7 ", b"7::", b"0x7", b"#7", b"LEN 7\n", b"00000007\0x", b"MSG ", b"data: ", b")]}',\n", b"# of last week\n", b"// c\n"):
            data = before + b'{"a":1}\n'
            count = int(re.search(r"JSON begins after (\d+) bytes?, which 'tail -c \+\d+'", self.onggi("convert", stdin=data, status=1).err)[1])
            self.assertEqual(count, len(before))
            self.assertEqual(self.onggi("convert", stdin=data[count:]).out, '{"a":1}\n')
        for data in (b"callback({})", b"see [1", b"[1,]{}", b"hello", b"[1]x{}"):
            self.assertNotIn("JSON begins", self.onggi("convert", stdin=data, status=1).err)

    def test_text_is_proposed_for_what_is_text(self):
        self.assertIn("add -i text", self.onggi("convert", stdin="안녕 하세요".encode(), status=1).err)
        self.assertNotIn("-i text", self.onggi("convert", stdin=b"\xff\xfe\xff {}", status=1).err)

    def test_a_comment_ends_no_message(self):
        for data in (b"[1] // c\n", b"[1] # c\n", b"[1] /* c */"):
            done = self.onggi("convert", stdin=data, status=1)
            self.assertIn("JSON has no comments", done.err)
            self.assertNotIn("--framing", done.err)

    def test_what_is_bare_stays_bare(self):
        for data in (b"[1]\n[2]", b"1 2 3", pickle.dumps(1) + pickle.dumps([2]), b"1\n2", b"2\n[]\n3\n[1]\n", b"3 [1] 4", pickle.dumps({"a": 1}, 0) * 2):
            self.assertNotIn("--framing", self.onggi("convert", stdin=data).err)

    def test_wide_text_is_named_and_not_read(self):
        for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
            for text in ('{"a": 1}', "[1, 2]", "0", "1", '"x"', "[]", "-5", "NaN", '{"\u00e9": 1}'):
                for words, options in (([self.file(text.encode(name))], {}), ([], {"stdin": text.encode(name)})):
                    done = self.onggi("convert", *words, status=1, **options)
                    self.assertEqual(done.out, "", f"{name} {text}")
                    self.assertIn(f"iconv -f {name.upper().removesuffix('-LE').removesuffix('-BE')}", done.err)

    def test_other_bytes_are_refused_as_before(self):
        self.onggi("convert", stdin=b"\0\0\0\x05abc", status=1)

    def test_inspect_judges_each_message(self):
        for name in AROUND:
            if name == "seq":
                continue
            good, bad = pickle.dumps([1]), EVIL
            for words in ([], ["--framing", name]):
                done = self.onggi("inspect", "--verdict", *words, self.file(self.around(name, [good, good])))
                self.assertEqual(done.out.count(": harmless"), 2, name)
                done = self.onggi("inspect", "--verdict", *words, self.file(self.around(name, [good, bad])), status=1)
                self.assertIn("[message 2]: not harmless", done.out)
            self.onggi("inspect", "--verdict", self.file(self.around(name, [good, good])[:-3]), status=5)
            done = self.onggi("inspect", self.file(self.around(name, [good])))
            self.assertIn("STOP", done.out)

    def test_inspect_looks_into_text_with_lengths(self):
        """Pickles of protocol 0 are text, and so are these framings."""
        evil = b"cos\nsystem\n(S'id'\ntR."
        for name in ("netstring", "header", "digits:10", "digits:\\n"):
            path = self.file(self.around(name, [b"I1\n.", evil]))
            for given in (path, os.path.dirname(path)):
                self.assertIn("[message 2]: not harmless", self.onggi("inspect", "--verdict", given, status=1).out, name)
        for text in (b"2\n[]\n3\n", b"some text\n", b"12\n"):
            self.onggi("inspect", "--verdict", self.file(text), status=6)

    def test_inspect_in_a_folder(self):
        path = self.file(self.around("u32be", [EVIL]))
        self.assertIn("names os.system", self.onggi("inspect", "--verdict", os.path.dirname(path), status=1).out)

    def test_records_of_json_are_no_pickles(self):
        path = self.file(self.around("seq", [b"[1]", b"[2]"]))
        self.onggi("inspect", "--verdict", path, status=6)

    def test_a_framing_that_does_not_fit_is_unreadable(self):
        self.onggi("inspect", "--verdict", "--framing", "u32be", self.file(pickle.dumps([1, 2, 3])), status=5)


if __name__ == "__main__":
    support.main()

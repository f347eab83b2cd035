# SPDX-License-Identifier: MIT
"""Whose object it is: -o envelope, --format, the environment of --exec; and -o log for records of Python's logging."""
import datetime
import io
import json
import logging
import logging.handlers
import os
import pickle
import socket

import support
from support import HOST


class Envelope(support.Case):
    def test_two_clients_at_once(self):
        server = self.serve("--echo", "-o", "envelope")
        a, b = self.connect(server.port), self.connect(server.port)
        before = datetime.datetime.now(datetime.timezone.utc)
        a.sendall(b'{"n":1}\n')
        self.assertEqual(support.recv_until(a, b"\n"), b'{"n":1}\n')
        b.sendall(pickle.dumps((2, b"x")))
        self.assertEqual(support.recv_pickle(b), (2, b"x"))
        server.wait_lines(2)
        first, second = server.objects()
        self.assertEqual(list(first), ["time", "peer", "connection", "codec", "framing", "value"])
        self.assertEqual([first["peer"], second["peer"]], ["%s:%d" % s.getsockname() for s in (a, b)])
        self.assertNotEqual(first["connection"], second["connection"])
        self.assertEqual([first["codec"], second["codec"]], ["json", "pickle"])
        self.assertEqual([first["framing"], second["framing"]], ["line", "raw"])
        self.assertEqual([first["value"], second["value"]], [{"n": 1}, [2, "eA=="]])
        for row in (first, second):
            self.assertRegex(row["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertLessEqual(before.isoformat()[:19], first["time"][:19])

    def test_get_goes_before_it(self):
        server = self.serve("-o", "envelope", "--get", "/a", "--count", "1", endpoint="udp://127.0.0.1:0")
        self.onggi("send", server.endpoint, '{"a": [1], "b": 2}')
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.objects()[0]["value"], [1])

    def test_of_clients(self):
        server = self.serve("--echo", "--greet", '"hi"')
        for words in (["recv", server.endpoint, "--count", "1"], ["call", server.endpoint, "--codec", "json", "1"]):
            row = json.loads(self.onggi(*words, "-o", "envelope").out)
            self.assertEqual((row["peer"], row["codec"], row["value"]), (f"{HOST}:{server.port}", "json", "hi"))

    def test_of_files(self):
        row = json.loads(self.onggi("convert", "-o", "envelope", stdin="[1]").out)
        self.assertEqual({k: v for k, v in row.items() if k != "time"},
                         {"peer": None, "connection": None, "codec": None, "framing": None, "value": [1]})


    def test_names_of_unix_sockets(self):
        """They are the peer's choice, and are text on one line whatever they hold."""
        folder = self.folder()
        for kind, scheme in ((socket.SOCK_STREAM, "unix"), (socket.SOCK_DGRAM, "unixgram")):
            server = self.serve("-o", "envelope", endpoint=f"{scheme}://{folder}/{scheme}")
            for name, shown in ((f"{folder}/{kind}".encode(), f"{folder}/{kind}"), (f"{folder}/\xe9{kind}".encode(), f"{folder}/\xe9{kind}"),
                                (f"{folder}/a\n{kind}".encode(), f"{folder}/a\\x0a{kind}"),
                                (f"{folder}/b".encode() + b"\xff\xc3", f"{folder}/b\\xff\\xc3"),
                                (b"\0onggi-test-%d-%d\0\xff" % (os.getpid(), kind), f"@onggi-test-{os.getpid()}-{int(kind)}\\x00\\xff")):
                with self.subTest(name), socket.socket(socket.AF_UNIX, kind) as s:
                    s.bind(name)
                    s.connect(f"{folder}/{scheme}")
                    before = len(server.out.splitlines())
                    s.sendall(b"[1]\n")
                    self.assertEqual(json.loads(server.wait_lines(before + 1)[before])["peer"], shown)
                if name[0]:
                    os.unlink(name)


class Format(support.Case):
    VALUE = {"name": "홍길동", "list": [1, {"a/b~": None}], "n": 2.5}

    def shown(self, template, **options):
        return self.onggi("convert", "--format", template, stdin=json.dumps(self.VALUE), **options)

    def test_values(self):
        for template, out in (("{value[name]}", "홍길동"), ("{value.name}", "홍길동"), ("{value[list][0]}", "1"), ("{value[n]:", None),
                              ("{value[list][1]}", '{"a/b~":null}'), ("{value[list][1][a/b~]}", "null"), ("{{{value[n]}}}", "{2.5}"),
                              ("{value}", json.dumps(self.VALUE, ensure_ascii=False, separators=(",", ":"))), ("plain", "plain"),
                              ("<{peer}{codec}{framing}{connection}>", "<>")):
            with self.subTest(template=template):
                if out is not None:
                    self.assertEqual(self.shown(template).out, out + "\n")

    def test_as_python_fills_it_in(self):
        for template in ("{value[name]} is {value[n]}", "{{}} {value[name]}", "a{value[list][0]}b"):
            self.assertEqual(self.shown(template).out, template.format(value=self.VALUE) + "\n")

    def test_what_is_not_well_formed_is_usage(self):
        for template, place in (("{nobody}", 1), ("{value[name}", 6), ("{value[]}", 6), ("a}b", 1), ("{value", 6), ("{", 1),
                                ("{value!r}", 6), ("{value[n]:>8}", 9), ("{time[0]}", 5)):
            done = self.shown(template, status=2)
            self.assertRegex(done.err, rf"^onggi: --format: .*\(byte {place}\)\n  ", template)

    def test_a_key_that_is_not_there(self):
        done = self.onggi("convert", "--format", "{value[a]}", stdin='{"a":1}{"b":2}{"a":3}', status=1)
        self.assertEqual(done.out, "1\n3\n")
        self.assertRegex(done.err, r'^onggi: --format: no key "a" in the dict at the top, which has "b"\n$')

    def test_where_it_comes_from(self):
        server = self.serve("--format", "{time} {peer} {connection} {codec} {framing} {value[name]}", "--count", "1")
        with self.connect(server.port) as s:
            s.sendall(b'{"name": "John"}\n')
            self.assertEqual(server.wait(), 0)
            self.assertRegex(server.out, rf"^\d{{4}}-\S+Z {HOST}:{s.getsockname()[1]} \d+ json line John\n$")

    def test_only_one_way_of_printing(self):
        self.assertIn("--format and -o", self.onggi("convert", "--format", "x", "-o", "repr", stdin="1", status=2).err)


class Whose(support.Case):
    def test_what_is_not_printed_is_somebodys(self):
        for words, what in ((["--format", "{value[id]}"], "--format: no key"), (["--get", "/id"], "--get: no key")):
            server = self.serve("--echo", *words)
            with self.connect(server.port) as s:
                s.sendall(b'{"name": 1}\n')
                self.assertEqual(support.recv_until(s, b"\n"), b'{"name":1}\n')
                server.wait_text("err", "onggi: %s:%d: %s" % (*s.getsockname(), what))


class Log(support.Case):
    def test_records_as_python_shows_them(self):
        shown = io.StringIO()
        server = self.serve("-o", "log")
        logger = logging.Logger("주문.결제")
        ours, theirs = logging.StreamHandler(shown), logging.handlers.SocketHandler(HOST, server.port)
        ours.setFormatter(logging.Formatter(logging.BASIC_FORMAT))  # what logging.basicConfig() sets
        for handler in (ours, theirs):
            logger.addHandler(handler)
            self.addCleanup(handler.close)
        logger.info("주문 %d 접수", 17)
        logger.warning("두\n줄")
        logger.error("where", stack_info=True)
        try:
            {}["없음"]
        except KeyError:
            logger.exception("실패")
        server.wait_lines(shown.getvalue().count("\n"))
        self.assertEqual(server.out, shown.getvalue())

    def test_what_is_no_record_is_json(self):
        self.assertEqual(self.onggi("convert", "-o", "log", stdin='[1]{"msg":"x"}').out, '[1]\n{"msg":"x"}\n')


class Environment(support.Case):
    def test_of_exec(self):
        command = 'cat >/dev/null; echo "[\\"$ONGGI_PEER\\", $ONGGI_CONNECTION, \\"$ONGGI_CODEC\\", \\"$ONGGI_FRAMING\\"]"'
        server = self.serve("--exec", command)
        with self.connect(server.port) as s, self.connect(server.port) as other:
            answers = []
            for peer in (s, other):
                peer.sendall(b"[1]\n")
                answers.append(json.loads(support.recv_until(peer, b"\n")))
                self.assertEqual(answers[-1][0], "%s:%d" % peer.getsockname())
                self.assertEqual(answers[-1][2:], ["json", "line"])
            self.assertNotEqual(answers[0][1], answers[1][1])


if __name__ == "__main__":
    support.main()

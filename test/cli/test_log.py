# SPDX-License-Identifier: MIT
"""The log of a server: its file, its form, its level, and a new file on SIGHUP."""
import json
import os
import re
import signal
import socket

import support
from support import HOST, ONGGI, recv_until

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


class Log(support.Case):
    def setUp(self):
        self.path = os.path.join(self.folder(), "onggi.log")

    def text(self, path=None):
        try:
            with open(path or self.path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_text(self, pattern, path=None):
        support.wait_for(lambda: re.search(pattern, self.text(path)), pattern)

    def start_logging(self, *words):
        """A server whose log is a file, and its port."""
        server = self.start(ONGGI, "serve", f"tcp://{HOST}:0", "--echo", "--log", self.path, *words)
        self.wait_text(r"listening on tcp://[^ \"]+")
        server.port = int(re.search(r"listening on tcp://[^:]+:(\d+)", self.text()).group(1))
        return server

    def refuse_one(self, port):
        with self.connect(port) as s:
            s.sendall(b'[1]\n["\n[2]\n')
            self.assertEqual(recv_until(s, b"[2]\n"), b"[1]\n[2]\n")

    def test_a_file_has_times_and_levels(self):
        server = self.start_logging()
        self.refuse_one(server.port)
        self.assertEqual(server.stop(), 0)
        lines = self.text().splitlines()
        for line in lines:
            self.assertRegex(line, rf"^{TIME} (debug|info|warning|error): ")
        self.assertRegex(self.text(), rf"{TIME} warning: {HOST}:\d+: refused a message at byte ")
        self.assertEqual(server.err, "")

    def ended(self, number=1):
        """The line about the end of connection `number`, in JSON."""
        def find():
            lines = [json.loads(line) for line in self.text().splitlines() if line.endswith("}")]
            return [line for line in lines if line.get("event") == "ended" and line["connection"] == number]
        return support.wait_for(find, "the end of a connection")[0]

    def test_the_end_of_a_connection(self):
        server = self.start_logging("--log-format", "json")
        with self.connect(server.port) as s:
            s.sendall(b'[1]\n["\n[2]\n')
            self.assertEqual(recv_until(s, b"[2]\n"), b"[1]\n[2]\n")
            name = "{}:{}".format(*s.getsockname())
        line = self.ended()
        self.assertEqual({key: line[key] for key in ("peer", "codec", "framing", "profile", "bytes_in", "bytes_out", "objects_in",
                                                     "objects_out", "refused", "why", "level")},
                         {"peer": name, "codec": "json", "framing": "line", "profile": "", "bytes_in": 11, "bytes_out": 8,
                          "objects_in": 2, "objects_out": 2, "refused": 1, "why": "the peer closed", "level": "info"})
        self.assertGreaterEqual(line["milliseconds"], 0)

    def test_why_a_connection_ended(self):
        server = self.start_logging("--log-format", "json", "--idle-timeout", "100ms", "--as", "logging", "--max-message", "1K")
        with self.connect(server.port) as s:
            self.assertEqual(s.recv(1), b"")
        line = self.ended(1)
        self.assertRegex(line["why"], "idle|silent|nothing")
        self.assertEqual((line["profile"], line["codec"], line["framing"]), ("logging", "pickle", "u32be"))
        with self.connect(server.port) as s:
            s.sendall(b"\0\1\0\0")
            self.assertEqual(support.recv_all(s), b"")
        line = self.ended(2)
        self.assertRegex(line["why"], "65536 bytes is announced.*--max-message")
        self.assertEqual((line["bytes_in"], line["objects_in"], line["refused"]), (4, 0, 1))
        s = self.connect(server.port)
        self.wait_text(r'"connection": 2, .*"event": "ended"')
        support.reset(s)
        self.assertRegex(self.ended(3)["why"], "reset")

    def test_the_end_in_words(self):
        server = self.start_logging()
        with self.connect(server.port) as s:
            s.sendall(b"[1]\n")
            self.assertEqual(recv_until(s, b"\n"), b"[1]\n")
        self.wait_text(rf"{TIME} info: {HOST}:\d+: ended after \d+\.\d\d\d s: json in line, 1 object and 4 bytes in, "
                       r"1 object and 4 bytes out, 0 refused: the peer closed")
        kept = self.connect(server.port)
        kept.sendall(b"[2]\n")
        recv_until(kept, b"\n")
        self.assertEqual(server.stop(), 0)
        self.assertRegex(self.text(), "0 refused: the server stops")

    def test_what_was_spoken_when_that_is_not_known(self):
        """A client that has sent nothing, without and after a greeting."""
        for words, spoken in (((), "codec unknown"), (("--codec", "pickle", "--greet", "n=1"), "pickle"), (("--framing", "u32be"),
                                                                                                       "codec unknown in u32be")):
            server = self.serve(*words)
            with self.connect(server.port) as s:
                s.shutdown(socket.SHUT_WR)
                support.recv_all(s)
            server.wait_text("err", rf"ended after \d+\.\d\d\d s: {spoken}, 0 objects and 0 bytes in")
            self.assertEqual(server.stop(), 0)

    def test_answers_that_were_not_sent_are_counted(self):
        server = self.start(ONGGI, "serve", f"tcp://{HOST}:0", "--exec", "exit 3", "--log", self.path)
        self.wait_text(r"listening on tcp://[^ \"]+")
        port = int(re.search(r"listening on tcp://[^:]+:(\d+)", self.text()).group(1))
        with self.connect(port) as s:
            s.sendall(b"[1]\n" * 12)
            s.shutdown(socket.SHUT_WR)
            support.recv_all(s)
        self.wait_text(r"7 more answers were not sent")
        self.assertEqual(len(re.findall("no answer was sent: ", self.text())), 5)
        self.assertEqual(server.stop(), 0)

    def test_json(self):
        server = self.start_logging("--log-format", "json")
        self.refuse_one(server.port)
        self.assertEqual(server.stop(), 0)
        lines = [json.loads(line) for line in self.text().splitlines()]
        refused = [line for line in lines if line["text"].startswith("refused a message")]
        self.assertEqual(len(refused), 1)
        self.assertEqual((refused[0]["level"], refused[0]["connection"]), ("warning", 1))
        self.assertRegex(refused[0]["peer"], rf"^{HOST}:\d+$")
        self.assertRegex(refused[0]["time"], rf"^{TIME}$")

    def test_json_on_standard_error(self):
        server = self.start(ONGGI, "serve", f"tcp://{HOST}:0", "--log", "-", "--log-format", "json")
        server.wait_text("err", "listening on")
        self.assertEqual(server.stop(), 0)
        for line in server.err.splitlines():
            json.loads(line)

    def test_levels(self):
        for level, shown in (("debug", "listening on .*connected"), ("warning", None), ("error", None)):
            with self.subTest(level=level):
                port = support.free_port()
                server = self.start(ONGGI, "serve", f"tcp://{HOST}:{port}", "--echo", "--log-level", level)
                support.wait_for(lambda port=port: support.is_bound(port), "the server to listen")
                self.refuse_one(port)
                self.assertEqual(server.stop(), 0)
                self.assertEqual("listening" in server.err, shown is not None)
                self.assertEqual("refused a message" in server.err, level != "error")
                if shown:
                    self.assertRegex(server.err.replace("\n", " "), shown)

    def test_hangup_opens_the_file_anew(self):
        server = self.start_logging()
        with self.connect(server.port) as s:
            s.sendall(b"[1]\n")
            self.assertEqual(recv_until(s, b"\n"), b"[1]\n")
            moved = self.path + ".1"
            os.rename(self.path, moved)
            server.process.send_signal(signal.SIGHUP)
            self.wait_text("told to read files again")
            s.sendall(b'["\n[2]\n')
            self.assertEqual(recv_until(s, b"\n"), b"[2]\n")
        self.wait_text("refused a message")
        self.assertNotIn("refused a message", self.text(moved))
        self.assertEqual(server.stop(), 0)

    def test_a_file_that_cannot_be_opened_anew_is_kept(self):
        server = self.start_logging()
        moved = self.path + ".1"
        os.rename(self.path, moved)
        os.mkdir(self.path)
        server.process.send_signal(signal.SIGHUP)
        self.wait_text("error: the file of --log cannot be opened anew, the old one is kept: Is a directory", moved)
        self.refuse_one(server.port)
        self.wait_text("refused a message", moved)
        self.assertEqual(server.stop(), 0)

    def test_a_file_that_cannot_be_opened_is_an_error(self):
        done = self.onggi("serve", f"tcp://{HOST}:0", "--log", os.path.join(self.path, "none"), status=3)
        self.assertRegex(done.err, r"--log: .*none: No such file or directory")

    def test_words_that_are_none(self):
        for option, wrong, right in (("--log-format", "xml", "text or json"),
                                     ("--log-level", "loud", "debug, info, warning or error")):
            done = self.onggi("serve", f"tcp://{HOST}:0", option, wrong, status=2)
            self.assertIn(right, done.err)


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""Every framing against a Python peer that implements it in a few lines, as server and as client, and as `auto` sees it."""
import json
import pickle
import socket
import time

import support
from framings import BINARY, CODECS, FRAMINGS
from support import HOST

MESSAGES = [{"n": 1, "s": "하나"}, [1, [2, [3]]], {"long": "x" * 200}]


class Framings(support.Case):
    def pairs(self):
        for name in FRAMINGS:
            for codec in CODECS:
                if codec == "json" or name in BINARY:
                    yield name, codec

    def test_python_clients(self):
        for name, codec in self.pairs():
            (write, read), (dumps, loads) = FRAMINGS[name], CODECS[codec]
            with self.subTest(framing=name, codec=codec):
                server = self.serve("--echo", "--framing", name, "--codec", codec)
                with self.connect(server.port) as s:
                    for value in MESSAGES:  # one by one
                        s.sendall(write(dumps(value)))
                        self.assertEqual(loads(read(s)), value)
                    s.sendall(b"".join(write(dumps(value)) for value in MESSAGES))  # in one packet
                    self.assertEqual([loads(read(s)) for _ in MESSAGES], MESSAGES)
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for byte in write(dumps(MESSAGES[0])):  # in many
                        s.sendall(bytes([byte]))
                    self.assertEqual(loads(read(s)), MESSAGES[0])
                self.assertEqual(server.stop(), 0)

    def test_python_servers(self):
        for name, codec in self.pairs():
            (write, read), (dumps, loads) = FRAMINGS[name], CODECS[codec]
            with self.subTest(framing=name, codec=codec):
                listener, port = self.listen()
                client = self.start(support.ONGGI, "call", f"tcp://{HOST}:{port}", "--framing", name, "--codec", codec,
                                    *(json.dumps(value) for value in MESSAGES))
                with listener.accept()[0] as s:
                    s.settimeout(support.WAIT)
                    for value in MESSAGES:
                        self.assertEqual(loads(read(s)), value)
                        s.sendall(write(dumps({"got": value})))
                self.assertEqual(client.wait(), 0, client.err)
                self.assertEqual(client.objects(), [{"got": value} for value in MESSAGES])

    def test_detected(self):
        """A server without options answers in kind, or refuses where two readings are possible."""
        server = self.serve("--echo")
        undecided = []
        for name, codec in self.pairs():
            (write, read), (dumps, loads) = FRAMINGS[name], CODECS[codec]
            with self.subTest(framing=name, codec=codec), self.connect(server.port) as s:
                value = {"name": "John", "n": 1}
                s.sendall(write(dumps(value)))
                if name in ("u8", "varint"):  # the same bytes: either is right, or a refusal
                    answer = s.recv(4096)
                    if answer:
                        self.assertEqual(loads(answer[1:]), value)
                    else:
                        undecided.append(name)
                else:
                    self.assertEqual(loads(read(s)), value)
        if undecided:
            server.wait_text("err", r"u8 or varint: .*framing")

    def test_detected_across_a_pause(self):
        """Silence ends a bare number, and nothing else: a header that stalls is waited for."""
        server = self.serve("--echo")
        value = {"name": "John", "pad": "x" * 20}
        conversations = []
        for name, cuts in {"header": (1, 9, 20), "digits:10": (10,), "netstring": (3,), "u32be": (1, 3, 4), "u16be": (1,),
                           "u32le": (3, 4), "mp": (2, 4), "seq": (1,), "line": (1, 5)}.items():
            for cut in cuts:
                data, s = FRAMINGS[name][0](json.dumps(value).encode()), self.connect(server.port)
                s.sendall(data[:cut])
                conversations.append((name, cut, s, data[cut:]))
        time.sleep(0.12 * support.SLOW ** 0.5)
        for name, cut, s, rest in conversations:
            with self.subTest(framing=name, cut=cut):
                s.sendall(rest)
                self.assertEqual(json.loads(FRAMINGS[name][1](s)), value)

    def test_eof(self):
        for codec, (dumps, loads) in CODECS.items():
            with self.subTest(codec=codec):
                server = self.serve("--echo", "--framing", "eof", "--codec", codec)
                with self.connect(server.port) as s:
                    s.sendall(dumps(MESSAGES))
                    s.shutdown(socket.SHUT_WR)
                    self.assertEqual(loads(support.recv_all(s)), MESSAGES)
                listener, port = self.listen()
                client = self.start(support.ONGGI, "call", f"tcp://{HOST}:{port}", "--framing", "eof", "--codec", codec,
                                    json.dumps(MESSAGES))
                with listener.accept()[0] as s:
                    self.assertEqual(loads(support.recv_all(s)), MESSAGES)
                    s.sendall(dumps(["got it"]))
                self.assertEqual(client.wait(), 0, client.err)
                self.assertEqual(client.objects(), [["got it"]])

    def test_raw_pickles_stay_raw(self):
        server = self.serve("--echo", "--framing", "raw", "--codec", "pickle")
        with self.connect(server.port) as s:
            for protocol in range(6):
                s.sendall(pickle.dumps(MESSAGES, protocol))
                self.assertEqual(support.recv_pickle(s), MESSAGES)

    def test_prefix_inside_a_datagram(self):
        server = self.serve("--echo", "--framing", "u16be", "--codec", "json", endpoint="udp://127.0.0.1:0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(support.WAIT)
            s.sendto(b"\0\7[1,2,3]", (HOST, server.port))
            self.assertEqual(s.recv(1024), b"\0\7[1,2,3]")

    def test_an_unknown_framing_names_those_that_there_are(self):
        done = self.onggi("serve", "tcp://127.0.0.1:0", "--framing", "u31be", status=2)
        self.assertIn("u32be", done.err)

    def test_the_answer_to_an_old_pickle_is_an_old_pickle(self):
        server = self.serve("--echo")
        for protocol in (2, 3):
            with self.connect(server.port) as s:
                s.sendall(pickle.dumps({"n": protocol}, protocol))
                answer = s.recv(1024)
                self.assertEqual(pickle.loads(answer), {"n": protocol})
                self.assertLessEqual(answer[1], protocol)


if __name__ == "__main__":
    support.main()

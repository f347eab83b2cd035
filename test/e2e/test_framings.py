# SPDX-License-Identifier: MIT
"""Every framing against a Python peer that implements it in a few lines, as server and as client, and as `auto` sees it."""
import json
import pickle
import socket
import struct

import support
from support import HOST, recv_exactly, recv_until

MESSAGES = [{"n": 1, "s": "하나"}, [1, [2, [3]]], {"long": "x" * 200}]


def prefix(form):
    size = struct.calcsize(form)
    return (lambda body: struct.pack(form, len(body)) + body,
            lambda s: recv_exactly(s, struct.unpack(form, recv_exactly(s, size))[0]))


def suffix(end, start=b""):
    return lambda body: start + body + end, lambda s: recv_until(s, end)[len(start):-len(end)]


def write_varint(body):
    number, out = len(body), b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number]) + body


def read_varint(s):
    number, shift = 0, 0
    while True:
        byte = recv_exactly(s, 1)[0]
        number, shift = number | (byte & 127) << shift, shift + 7
        if byte < 128:
            return recv_exactly(s, number)


def read_netstring(s):
    body = recv_exactly(s, int(recv_until(s, b":")[:-1]) + 1)
    assert body.endswith(b",")
    return body[:-1]


def read_header(s):
    head = recv_until(s, b"\r\n\r\n").decode("ascii")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n") if line)
    return recv_exactly(s, int(fields["Content-Length"]))


def read_mp(s):
    length, = struct.unpack(">i", recv_exactly(s, 4))
    return recv_exactly(s, struct.unpack(">Q", recv_exactly(s, 8))[0] if length == -1 else length)


FRAMINGS = {
    "line": suffix(b"\n"),
    "nul": suffix(b"\0"),
    "seq": suffix(b"\n", b"\x1e"),
    "u8": prefix(">B"), "u16be": prefix(">H"), "u16le": prefix("<H"), "u32be": prefix(">I"),
    "u32le": prefix("<I"), "u64be": prefix(">Q"), "u64le": prefix("<Q"),
    "varint": (write_varint, read_varint),
    "netstring": (lambda body: b"%d:%s," % (len(body), body), read_netstring),
    "digits:10": (lambda body: f"{len(body):<10}".encode() + body, lambda s: recv_exactly(s, int(recv_exactly(s, 10)))),
    "header": (lambda body: b"Content-Type: any\r\nContent-Length: %d\r\n\r\n" % len(body) + body, read_header),
    "mp": (lambda body: struct.pack(">i", len(body)) + body, read_mp),
}
BINARY = [name for name in FRAMINGS if name not in ("line", "nul", "seq")]
CODECS = {"json": (lambda v: json.dumps(v).encode(), json.loads), "pickle": (pickle.dumps, pickle.loads)}


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
                value = {"n": 1, "s": "하나"}
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
            self.assertRegex(server.err, r"--framing")

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
                self.assertEqual(pickle.loads(s.recv(65536)), MESSAGES)

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

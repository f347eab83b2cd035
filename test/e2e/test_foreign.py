# SPDX-License-Identifier: MIT
"""Other protocols, sent by the programs that speak them: each is named, no value is printed, and the server goes on. A peer
that is not installed is passed over; its recorded bytes are in test/peer/test_detect.c."""
import base64
import bz2
import gzip
import http.client
import importlib.util
import json
import os
import pickle
import re
import shutil
import socket
import ssl
import struct
import subprocess
import unittest
import urllib.error
import urllib.request
import xmlrpc.client
import zlib

import support
from support import recv_all

VALUE = {"name": "John", "age": 30}


def needs(module):
    return unittest.skipUnless(importlib.util.find_spec(module), f"python3-{module} is not installed")


def program(name):
    return unittest.skipUnless(shutil.which(name), f"{name} is not installed")


class Named(support.Case):
    def setUp(self):
        self.server = self.serve("--echo")

    def tearDown(self):
        self.assertEqual(self.server.out, "")
        self.assertEqual(self.onggi("call", self.server.endpoint, "1").out, "1\n")

    def named(self, what):
        self.server.wait_text("err", f"found {what}[^\n]*expected JSON or a pickle: \\w")

    def sent(self, data, what):
        with self.connect(self.server.port) as s:
            s.sendall(data)
            self.assertEqual(recv_all(s), b"")
        self.named(what)

    def run_peer(self, *words, stdin=""):
        """A program that onggi hangs up on: it fails, in its own way."""
        return subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=60)

    def test_zlib(self):
        self.sent(zlib.compress(json.dumps(VALUE).encode()), "a zlib stream")

    def test_gzip(self):
        self.sent(gzip.compress(pickle.dumps(VALUE)), "gzip")

    def test_bzip2(self):
        self.sent(bz2.compress(pickle.dumps(VALUE)), "bzip2")

    def test_base64(self):
        self.sent(base64.b64encode(pickle.dumps(VALUE)), "base64 of a pickle")

    def test_encoded_pickles_of_every_protocol(self):
        """On the wire and in files, in one line, in lines of 76, for URLs; no digit of it is taken for a number."""
        for protocol in range(6):
            data = pickle.dumps(VALUE, protocol)
            for text in base64.b64encode(data), base64.encodebytes(data), base64.urlsafe_b64encode(data).rstrip(b"="):
                self.named_everywhere(text, "base64 of a pickle")
            for text in data.hex().encode(), data.hex().upper().encode() + b"\n":
                self.named_everywhere(text, "hexadecimal of a pickle")

    def named_everywhere(self, text, what):
        self.sent(text, what)
        for command in ("convert",), ("convert", "-i", "pickle"), ("inspect", "-"):
            done = subprocess.run([support.ONGGI, *command], input=text, capture_output=True, timeout=60)
            self.assertIn(f"this is {what}: decode it first", done.stderr.decode(), command)
            self.assertNotEqual(done.returncode, 0)
            if command[0] == "convert":
                self.assertEqual(done.stdout, b"")

    def test_hexadecimal(self):
        self.sent(pickle.dumps(VALUE).hex().encode(), "hexadecimal of a pickle")

    def test_utf_16(self):
        self.sent(json.dumps(VALUE).encode("utf-16"), "UTF-16")

    def test_the_tutorials_json_header(self):
        content = json.dumps({"action": "search", "value": "morpheus"}).encode()
        full = {"byteorder": "little", "content-type": "text/json", "content-encoding": "utf-8", "content-length": len(content)}
        for left_out in ((), ("byteorder",), ("content-encoding",), ("content-type", "byteorder"), ("content-type", "content-encoding")):
            header = json.dumps({name: value for name, value in full.items() if name not in left_out}).encode()
            for width in (">H", "<H", ">I", "<I", ">Q", "<Q"):
                self.sent(struct.pack(width, len(header)) + header + content, "a header in JSON before the content")

    def test_a_header_of_its_own(self):
        body = json.dumps(VALUE).encode()
        with self.connect(self.server.port) as s:
            s.sendall(struct.pack("!BHL", 1, 2, len(body)) + body)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(recv_all(s), b"")
        self.server.wait_text("err", "a header of 7 bytes before JSON that is not one of the framings")
        self.assertNotIn("max-message", self.server.err)

    def refused(self, data, what):
        with self.connect(self.server.port) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(recv_all(s), b"")
        self.server.wait_text("err", what)

    def test_a_header_in_text(self):
        """And what is proposed reads what comes after it."""
        body = json.dumps(VALUE).encode()
        n = len(body)
        for header, counts in ((f"len={n} ", True), (f"{n}::", True), (f"0x{n:x}", True), (f"#{n}", True), (f"LEN {n}\n", True),
                               (f"size: {n}\n", True), (f"+{n}\n", True), (f"1|{n}|", True), (f"{n:x}\r\n", True),
                               ("MSG ", False), ("data: ", False), ("/* c */", False)):
            size = len(header)
            what = (f"a header of {size} bytes before JSON that is not one of the framings[^\n]* say --skip-bytes {size}" if counts else
                    f"to pass over {size} bytes before JSON say --skip-bytes {size}, for plain text --codec text")
            with self.subTest(header):
                self.refused(header.encode() + body, what)
                server = self.serve("--echo", "--skip-bytes", str(size))
                with self.connect(server.port) as s:
                    s.sendall(header.encode() + body)
                    s.shutdown(socket.SHUT_WR)
                    self.assertEqual(json.loads(recv_all(s)), VALUE)

    def test_a_header_in_text_before_a_pickle(self):
        self.refused(b"see " + pickle.dumps(VALUE), "a header of 4 bytes before a pickle that is not one of the framings")
        self.assertNotIn("--codec text", self.server.err)

    def test_a_greeting_is_no_header(self):
        self.refused(b"ready 5\n" + json.dumps(VALUE).encode(), "to pass over a greeting say --skip 1")
        self.assertNotIn("--skip-bytes", self.server.err)

    def test_comments(self):
        for data in (b"[1 // c\n]", b"[1 # c\n]"):
            self.refused(data, "JSON has no comments")

    def test_http(self):
        with self.assertRaises((http.client.HTTPException, OSError)):
            urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/", timeout=30)
        self.named("an HTTP request")

    def test_xml_rpc(self):
        with self.assertRaises((http.client.HTTPException, OSError)):
            xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.server.port}/").add(1, 2)
        self.named("an HTTP request")

    def test_tls(self):
        context = ssl.create_default_context()
        with self.connect(self.server.port) as s, self.assertRaises(OSError):
            context.wrap_socket(s, server_hostname="localhost")
        self.server.wait_text("err", "the client speaks TLS")

    @needs("zmq")
    def test_zeromq(self):
        import zmq
        context = zmq.Context()
        s = context.socket(zmq.REQ)
        s.setsockopt(zmq.LINGER, 0)
        s.connect(f"tcp://127.0.0.1:{self.server.port}")
        s.send_json(VALUE)
        self.named("a ZeroMQ greeting")
        s.close()
        context.term()

    @needs("bson")
    def test_bson(self):
        import bson
        encode = bson.encode if hasattr(bson, "encode") else bson.dumps
        self.sent(encode(VALUE), "BSON")

    @program("redis-cli")
    def test_redis(self):
        self.run_peer("redis-cli", "-p", str(self.server.port), "SET", "a", "1")
        self.named("Redis")

    @program("curl")
    def test_http_2(self):
        if "HTTP2" not in self.run_peer("curl", "--version").stdout:
            self.skipTest("curl knows no HTTP/2")
        self.run_peer("curl", "-s", "--http2-prior-knowledge", f"http://127.0.0.1:{self.server.port}/")
        self.named("an HTTP/2 connection")

    @program("mosquitto_pub")
    def test_mqtt(self):
        self.run_peer("mosquitto_pub", "-p", str(self.server.port), "-t", "a", "-m", "1")
        self.named("an MQTT connection")

    @needs("twisted")
    def test_twisteds_amp(self):
        self.run_program("/usr/bin/python3", "-c", """
import sys
from twisted.internet import protocol, reactor
from twisted.protocols import amp
class Sum(amp.Command):
    arguments = [(b"a", amp.Integer()), (b"b", amp.Integer())]
class Client(amp.AMP):
    def connectionMade(self):
        self.callRemote(Sum, a=13, b=81).addErrback(lambda failure: reactor.stop())
factory = protocol.ClientFactory()
factory.protocol = Client
reactor.connectTCP("127.0.0.1", int(sys.argv[1]), factory)
reactor.run()
""", str(self.server.port))
        self.named("a request of Twisted's AMP")

    @program("ssh")
    def test_ssh(self):
        self.run_peer("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-p", str(self.server.port), "127.0.0.1")
        self.named("an SSH greeting")


class Answers(support.Case):
    """onggi as the client of another kind of server."""

    def asked(self, answer):
        listener, port = self.listen()
        client = self.start(support.ONGGI, "call", f"tcp://127.0.0.1:{port}", "1")
        with listener.accept()[0] as s:
            s.sendall(answer)
            status = client.wait()
        self.assertEqual(client.out, "")
        self.assertEqual(status, 1)
        return client.err

    def test_servers_that_greet(self):
        for answer, what in ((b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
                             (b"-ERR unknown command\r\n", "Redis"), (b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80", "HTTP/2"),
                             (b"\xff\0\0\0\0\0\0\0\1\x7f", "ZeroMQ"), (b"\x15\3\3\0\2\2F", "tls://")):
            self.assertIn(what, self.asked(answer))


    @needs("twisted")
    def test_twisteds_perspective_broker(self):
        server = self.start("/usr/bin/python3", "-c", """
from twisted.internet import reactor
from twisted.spread import pb
port = reactor.listenTCP(0, pb.PBServerFactory(pb.Root()), interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
""")
        server.wait_lines(1)
        client = self.onggi("call", f"tcp://127.0.0.1:{int(server.out)}", "1", status=1)
        self.assertEqual(client.out, "")
        self.assertIn("a greeting of Twisted's Perspective Broker", client.err)

    def test_a_greeting_and_acknowledgements(self):
        listener, port = self.listen()
        client = self.start(support.ONGGI, "call", "--skip", "1", "--answers", "2", f"tcp://127.0.0.1:{port}", "1", "2")
        with listener.accept()[0] as s:
            s.sendall(b'"hello"\n')
            for number in (b"1", b"2"):
                self.assertEqual(support.recv_until(s, b"\n"), number + b"\n")
                s.sendall(b'"ok"\n[' + number + b"]\n")
            self.assertEqual(client.wait(), 0)
        self.assertEqual(client.out, '"ok"\n[1]\n"ok"\n[2]\n')

    def test_a_greeting_in_text(self):
        """Lines before JSON or pickles, in one packet with the first message or alone, bare and framed: each counts as a message."""
        pickled = pickle.dumps([1])
        bodies = [(b"[1]\n", []), (pickled, []), (pickle.dumps([1], 0), []), (struct.pack(">I", len(pickled)) + pickled, []),
                  (struct.pack(">I", len(pickled)) + pickled, ["--framing", "u32be"]), (b"[1]\n", ["--framing", "line"]),
                  (b"[1]\n", ["--codec", "json"])]
        for lines in (b"220 ready\n",), (b"HELLO\r\n",), (b"* OK [x] {y}\r\n", b"Welcome!\n"), ("안녕\n".encode(),):
            for body, options in bodies:
                for pieces in ([b"".join(lines) + body], [*lines, body]):
                    for command, objects in ("call", ["1"]), ("recv", []):
                        with self.subTest(lines=lines, body=body, options=options, pieces=pieces, command=command):
                            self.greeted(command, objects, options, pieces, len(lines))

    def greeted(self, command, objects, options, pieces, count):
        listener, port = self.listen()
        client = self.start(support.ONGGI, command, "--skip", str(count), *options, f"tcp://127.0.0.1:{port}", *objects)
        with listener, listener.accept()[0] as s:
            for piece in pieces:
                s.sendall(piece)
            if objects:
                self.assertEqual(support.recv_until(s, b"1")[-1:], b"1")
                client.wait()  # what is still to be read here would reset the connection
        self.assertEqual(client.wait(), 0, client.err)
        self.assertEqual(client.out, "[1]\n")

    def test_a_greeting_that_nothing_passes_over(self):
        err = self.asked(b"HELLO there\n[1]\n")
        self.assertIn('found "HELLO there', err)
        self.assertIn("--skip 1", err)

    def test_a_client_that_greets(self):
        """What comes first is passed over by servers too: bytes, lines, messages, in one packet or in pieces, and nothing answers it."""
        framed = struct.pack(">I", 3) + b"[1]"
        for options, pieces in ((["--skip", "1"], [b"HELLO\n", b"[1]\n"]), (["--skip", "2"], [b"HELLO\r\n", b"v 1\r\n", b"[1]\r\n"]),
                                (["--skip", "1"], [b'{"hello": 1}\n', b"[1]\n"]), (["--skip", "1"], [b"HELLO\n", framed]),
                                (["--skip", "1", "--framing", "u32be"], [struct.pack(">I", 2) + b"{}", framed]),
                                (["--skip-bytes", "4"], [b"\0\0", b"\0\x02", framed]), (["--skip-bytes=4"], [b"MAGI", pickle.dumps([1])]),
                                (["--skip-bytes", "4", "--skip", "1"], [b"\x89\n\r\0", b"HELLO\n", b"[1]\n"]),
                                (["--skip", "1", "--threads", "2"], [b"HELLO\n", b"[1]\n"])):
            for pieces in pieces, [b"".join(pieces)]:
                with self.subTest(options=options, pieces=pieces):
                    server = self.serve("--reply", '"yes"', "--codec", "auto", *options)
                    with self.connect(server.port) as s:
                        for piece in pieces:
                            s.sendall(piece)
                        s.shutdown(socket.SHUT_WR)
                        self.assertEqual(b"".join(iter(lambda: s.recv(65536), b"")).count(b"yes"), 1)
                    server.wait_text("out", r"\[1\]\n")
                    self.assertEqual(server.out, "[1]\n")

    def test_a_client_that_says_nothing_but_its_greeting(self):
        for options, sent, left in (["--skip", "2"], b"HELLO\n", "1 message"), (["--skip-bytes", "4"], b"\0\0", "2 bytes"):
            with self.subTest(options=options):
                server = self.serve("--echo", *options)
                with self.connect(server.port):
                    pass  # a server is asked whether it is there
                with self.connect(server.port) as s:
                    s.sendall(sent)
                server.wait_text("err", f"the peer closed with {left} still to pass over")
                self.assertEqual(server.err.count("refused a message"), 1)

    def test_an_endpoint_that_says_what_comes_first(self):
        """Each end says it for itself: a server, one of two servers, and the server behind, which greets each connection."""
        behind = self.serve("--greet", '"ready"', "--echo", "--codec", "json", "--framing", "line")
        server = self.serve("--to", behind.endpoint + "?skip=1", "--codec", "json", "--framing", "line", endpoint="tcp://127.0.0.1:0?skip-bytes=4&skip=1")
        with self.connect(server.port) as s:
            s.sendall(b"MAGI\"hello\"\n[1]\n")
            self.assertEqual(support.recv_until(s, b"\n"), b"[1]\n")
        done = self.onggi("call", behind.endpoint + "?skip=1", "[2]")
        self.assertEqual(done.out, "[2]\n")
        self.assertIn("expected 'skip=' and a number", self.onggi("call", "tcp://127.0.0.1:1?skip=x", "1", status=2).err)

    def test_what_comes_first_and_nothing_passes_over(self):
        for sent, option in (b"HELLO\n[1]\n", "--skip 1"), (b"\0\0\1\2[1]\n", "--skip-bytes"), (b'"hi"\n' + struct.pack(">I", 3) + b"[1]", "--skip 1"):
            with self.subTest(sent=sent):
                server = self.serve("--echo")
                with self.connect(server.port) as s:
                    s.sendall(sent)
                    s.shutdown(socket.SHUT_WR)
                    server.wait_text("err", f"refused a message[^\n]*{option}")

    def test_where_nothing_can_be_passed_over(self):
        self.assertIn("(--skip, --skip-bytes) is for streams", self.onggi("serve", "udp://127.0.0.1:0", "--skip", "1", status=1).err)

    def test_a_connection_with_many(self):
        """Groups and broadcast addresses are for datagrams."""
        for host, kind in ("239.1.2.3", "multicast"), ("[ff02::1]", "multicast"), ("255.255.255.255", "broadcast"), ("127.255.255.255", "broadcast"):
            for command in ("serve",), ("call",), ("recv",), ("send",):
                done = self.onggi(*command, f"tcp://{host}:9", *(["1"] if command[0] in ("call", "send") else []), status=3)
                self.assertIn(f"is a {kind} address", done.err)
                self.assertIn(f"use udp://{host}:9", done.err)

    def test_recv_passes_over_a_greeting(self):
        listener, port = self.listen()
        client = self.start(support.ONGGI, "recv", "--skip", "2", f"tcp://127.0.0.1:{port}")
        with listener.accept()[0] as s:
            s.sendall(b"[0]\n[1]\n[2]\n[3]\n")
        self.assertEqual(client.wait(), 0)
        self.assertEqual(client.out, "[2]\n[3]\n")

    def test_answers_to_nothing_are_reported(self):
        """A second answer in the packet of the first: to each object, and to the last one alone."""
        for objects in (["1"], ["1", "2"]):
            listener, port = self.listen()
            client = self.start(support.ONGGI, "call", f"tcp://127.0.0.1:{port}", *objects)
            with listener.accept()[0] as s:
                for number in objects:
                    self.assertEqual(support.recv_until(s, b"\n"), number.encode() + b"\n")
                    s.sendall(b'"ok"\n[' + number.encode() + b"]\n")
                self.assertEqual(support.recv_all(s), b"")
            self.assertEqual(client.wait(), 0)
            self.assertIn("--answers", client.err)
            self.assertEqual(client.err.count("--answers"), 1)
        with self.subTest("as many as were asked for"):
            server = self.serve("--echo")
            self.assertNotIn("--answers", self.onggi("call", server.endpoint, "1", "2", "3").err)

    def test_a_peer_that_closes_before_every_answer(self):
        listener, port = self.listen()
        client = self.start(support.ONGGI, "call", "--answers", "2", f"tcp://127.0.0.1:{port}", "[1]")
        with listener.accept()[0] as s:
            support.recv_until(s, b"\n")
            s.sendall(b'"ok"\n')
        self.assertEqual(client.wait(), 1)
        self.assertIn("without every answer", client.err)


def link_addresses():
    """Addresses of one link and their interfaces."""
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(row[0])), row[5]) for row in rows
            if row[0].startswith("fe80") and int(row[4], 16) & 0x40 == 0]


class Datagrams(support.Case):
    def test_broadcast(self):
        server = self.serve(endpoint="udp://*:0")
        port = server.endpoint.rsplit(":", 1)[1]
        self.onggi("send", f"udp://127.255.255.255:{port}", "[1]")
        server.wait_lines(1)

    def test_multicast(self):
        server = self.start(support.ONGGI, "serve", "udp://239.1.2.3:0")
        server.wait_text("err", r"listening on udp://239\.1\.2\.3:\d+|No such device|unreachable")
        found = re.search(r"239\.1\.2\.3:(\d+)", server.err)
        if "listening" not in server.err:
            self.skipTest("no interface for multicast")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                s.sendto(b"[1]", ("239.1.2.3", int(found.group(1))))
            except OSError as e:
                self.skipTest(str(e))
            server.wait_lines(1)


    def test_an_interface_is_chosen(self):
        """lo is there on every machine; addresses of one link need another one. The option, and the endpoint's word."""
        rows = [(endpoint, "lo") for endpoint in ("udp://239.1.2.3:0", "udp://*:0", "tcp://127.0.0.1:0", "tcp://[::1]:0")]
        rows += [(endpoint, name) for address, name in link_addresses()[:1]
                 for endpoint in ("udp://[ff02::7]:0", f"udp://[{address}]:0", f"tcp://[{address}]:0")]
        for endpoint, name in rows:
            for how in ("--interface", "?interface="):
                with self.subTest(endpoint=endpoint, how=how):
                    words = [endpoint + how + name] if how[0] == "?" else [endpoint, how, name]
                    server = self.start(support.ONGGI, "serve", *words)
                    server.wait_text("err", r"listening on|onggi: .*cannot")
                    if "listening" not in server.err:
                        self.skipTest(server.err)
                    self.assertNotIn("every interface", server.err)
                    where = re.search(r"listening on (\S+)", server.err).group(1)
                    self.assertTrue(where.endswith("?interface=" + name), where)
                    where = where.replace("*", "127.0.0.1")
                    words = [where] if how[0] == "?" else [where.split("?")[0], how, name]
                    self.onggi("send", *words, "[1]")
                    server.wait_lines(1)
                    server.stop()

    def test_an_interface_that_is_none(self):
        for words in (("send", "udp://239.1.2.3:5", "1"), ("serve", "udp://239.1.2.3:0")):
            self.assertIn("'ip link' lists those", self.onggi(*words, "--interface", "nope0", status=3).err)
        self.assertIn("has no network interface", self.onggi("send", f"unix://{self.folder()}/x", "1", "--interface", "lo", status=3).err)
        self.assertIn("interface=", self.onggi("send", "udp://[ff02::7]:5", "1", status=3).err)


class Spoken(support.Case):
    """Programs whose framing onggi speaks."""

    @needs("twisted")
    def test_twisteds_line_receiver(self):
        server = self.serve("--echo")
        done = self.run_program("/usr/bin/python3", "-c", """
import sys
from twisted.internet import protocol, reactor
from twisted.protocols.basic import LineReceiver
class Client(LineReceiver):
    def connectionMade(self):
        self.sendLine(b'{"a":1}')
    def lineReceived(self, line):
        print(line.decode())
        reactor.stop()
factory = protocol.ClientFactory()
factory.protocol = Client
reactor.connectTCP("127.0.0.1", int(sys.argv[1]), factory)
reactor.run()
""", str(server.port))
        self.assertEqual(done.out, '{"a":1}\n')
        server.wait_lines(1)
        self.assertEqual(server.objects(), [{"a": 1}])

    def test_lines_are_answered_as_they_end(self):
        for words in ((), ("--framing", "line"), ("--codec", "json"), ("--codec", "json", "--framing", "line"),
                      ("--framing", "crlf")):
            server = self.serve("--echo", *words)
            with self.connect(server.port) as s:
                for text in (b'{"a":1}', b"[2]"):
                    s.sendall(text + b"\r\n")
                    self.assertEqual(support.recv_until(s, b"\n"), text + b"\r\n", words)

    def test_a_side_that_writes_first_in_crlf(self):
        listener, port = self.listen()
        client = self.start(support.ONGGI, "call", "--framing", "crlf", f"tcp://127.0.0.1:{port}", "[1]")
        with listener.accept()[0] as s:
            self.assertEqual(support.recv_until(s, b"\n"), b"[1]\r\n")
            s.sendall(b"[2]\r\n")
            self.assertEqual(client.wait(), 0)
        self.assertEqual(client.out, "[2]\n")

    def test_fail2bans_mark(self):
        mark = b"<F2B_END_COMMAND>"
        server = self.serve("--echo", "--codec", "pickle", "--framing", "delim:" + mark.decode())
        with self.connect(server.port) as s:
            for value in (["status"], ["ping", 1]):
                s.sendall(pickle.dumps(value) + mark)
                answer = support.recv_until(s, mark)
                self.assertEqual(pickle.loads(answer[:-len(mark)]), value)
        server.wait_lines(2)
        self.assertEqual(server.objects(), [["status"], ["ping", 1]])

    def test_a_length_and_a_mark(self):
        for mark in (b"\n", b"#", b" ", b"\r\n"):
            server = self.serve("--echo")
            with self.connect(server.port) as s:
                for value in (VALUE, {"text": "x" * 200}):
                    body = json.dumps(value, separators=(",", ":")).encode()
                    s.sendall(str(len(body)).encode() + mark + body)
                    answer = support.recv_until(s, b"}")
                    self.assertEqual(answer, str(len(body)).encode() + mark + body)

    def test_a_header_of_64_characters_in_two_packets(self):
        server = self.serve("--echo")
        body = json.dumps(VALUE, separators=(",", ":")).encode()
        for header in (b"%d" % len(body)).ljust(64), (b"%d" % len(body)).rjust(100), (b"%d" % len(body)).zfill(256):
            with self.connect(server.port) as s:
                s.sendall(header)
                s.sendall(body)
                answer = support.recv_until(s, b"}")
                self.assertEqual(answer, (b"%d" % len(body)).ljust(len(header)) + body)


class NamedInAFraming(support.Case):
    """Codec and framing were named, and the peer speaks something else: it is named all the same, and nothing is waited for."""

    SENT = {"an HTTP request": b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", "a ZeroMQ greeting": bytes.fromhex("ff00000000000000017f"),
            "an SSH greeting": b"SSH-2.0-OpenSSH_9.2\r\n", "gzip": gzip.compress(b"1"), "base64 of a pickle": base64.b64encode(pickle.dumps(VALUE)),
            "Java serialization": bytes.fromhex("aced000574000161")}
    PACKED = {"a zlib stream": zlib.compress(b"{}"), "MessagePack": b"\x81\xa1a\x01", "base64 of a pickle": base64.b64encode(pickle.dumps(1)),
              "base64 of JSON": base64.b64encode(b'{"a": 1}'), "UTF-16": '{"a": 1}'.encode("utf-16")}

    def named(self, what, sent, *words, close=False):
        server = self.serve("--echo", *words)
        with self.connect(server.port) as s:
            s.sendall(sent)
            if close:
                s.shutdown(socket.SHUT_WR)
            server.wait_text("err", f"found {what}[^\n]*expected (JSON or )?(JSON|a pickle): \\w")
        self.assertEqual(server.out, "")

    def test_before_a_message_could_end(self):
        for what, sent in self.SENT.items():
            for framing, end in ("line", b"\n"), ("crlf", b"\r\n"), ("nul", b"\0"):
                if end not in sent:
                    self.named(what, sent, "--codec", "json", "--framing", framing)

    def test_as_a_length(self):
        for what, sent in self.SENT.items():
            for framing in "u32be", "u64be":
                self.named(what, sent, "--codec", "pickle", "--framing", framing, close=True)

    def test_within_a_message(self):
        for what, sent in self.PACKED.items():
            for codec in "json", "pickle":
                self.named(what, struct.pack(">I", len(sent)) + sent, "--codec", codec, "--framing", "u32be")

    def test_texts_and_bytes_may_be_anything(self):
        for codec in "text", "bytes":
            server = self.serve("--codec", codec, "--framing", "line", "-o", "repr")
            with self.connect(server.port) as s:
                s.sendall(b"GET / HTTP/1.1\neyJ\n")
            server.wait_lines(2)
            self.assertEqual(server.out.replace("b'", "'"), "'GET / HTTP/1.1'\n'eyJ'\n")

    def test_a_length_that_is_none_is_no_advice(self):
        for framing, sent in ("u64be", b"\xf0" * 9), ("u64le", b"\xf0" * 9), ("mp", b"\xff" * 13), ("varint", b"\xf0" * 9 + b"\x01x"):
            server = self.serve("--codec", "json", "--framing", framing)
            with self.connect(server.port) as s:
                s.sendall(sent)
                server.wait_text("err", f"is announced, but the limit is 67108864: the peer seems not to frame as {framing}")
            self.assertNotIn("--max-message", server.err)


class Strange(support.Case):
    """A framing that was said, and a peer that speaks something else: the refusal says what its bytes begin as."""
    BEGINS = {
        "MessagePack": bytes.fromhex("82a46e616d65a44a6f686ea36167651e"), "CBOR": bytes.fromhex("a2646e616d65644a6f686e63616765181e"),
        "BSON": bytes.fromhex("16000000026e616d6500050000004a6f686e0000"), "a zlib stream": zlib.compress(b'{"a":1}'),
        "JSON: say --framing raw": b'{"a":1}', "a pickle: say --framing raw": pickle.dumps(VALUE), "an Apache Thrift message": b"\x80\1\0\1\0\0\0\4ping\0\0\0\0",
        "a PNG image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "an SMTP client": b"EHLO a\r\n", "YAML": b"---\na: 1\n",
        "a length and ':', then JSON: say --framing netstring": b'7:{"a":1},', "a record separator, then JSON: say --framing seq": b'\x1e{"a":1}\n',
        "Content-Length: say --framing header": b'Content-Length: 7\r\n\r\n{"a":1}',
        "a length in decimal digits, then JSON: say --framing digits:10": b'7         {"a":1}',
    }

    def refusal(self, server, data):
        before = len(server.err)
        with self.connect(server.port) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(recv_all(s), b"")
        return server.wait_text("err", rf"(?s)(?<=.{{{before}}}).*?refused a message at byte \d+: ([^\n]*)").group(1)

    def test_a_length_that_is_too_long(self):
        for framing in "u32be", "u64be", "u64le":
            server = self.serve("--framing", framing)
            for what, data in self.BEGINS.items():
                text = self.refusal(server, data.ljust(16, data[-1:]) if what == "BSON" else data)
                self.assertRegex(text, rf"^(a message of \d+ bytes is announced|the stream ended )[^;]*; the bytes begin as {re.escape(what)}", framing)
                self.assertNotIn("--max-message", text)
            self.assertEqual(server.out, "")

    def test_a_length_in_the_other_byte_order(self):
        for said, spoken, form in ("u32be", "u32le", "<I"), ("u32le", "u32be", ">I"), ("u64be", "u64le", "<Q"), ("u64le", "u64be", ">Q"), ("mp", "u32le", "<I"):
            text = self.refusal(self.serve("--framing", said), struct.pack(form, 7) + b'{"a":1}')
            self.assertRegex(text, f"begin as a length in [48] bytes, (big|little)-endian, then JSON: say --framing {spoken};")

    def test_a_message_that_never_ends(self):
        for framing in "u8", "u16be", "varint":
            server = self.serve("--framing", framing)
            for what in "MessagePack", "CBOR", "a zlib stream", "a pickle: say --framing raw":
                self.assertRegex(self.refusal(server, self.BEGINS[what]), f"the stream ended after [^;]*; the bytes begin as {what}")
        self.assertIn("the bytes begin as JSON: say --framing raw", self.refusal(self.serve("--framing", "u16le"), b'{"a":1}'))

    def test_a_message_that_is_too_long_or_cut_begins_as_nothing_else(self):
        body = json.dumps(VALUE).encode()
        for framing, head in (("u8", b"\x1d"), ("u16le", b"\x1d\0"), ("u32be", b"\0\0\0\x1d"), ("u32le", b"\x1d\0\0\0"), ("u64le", b"\x1d" + bytes(7)),
                              ("varint", b"\x1d"), ("netstring", b"29:"), ("digits:4", b"29  "), ("digits:#", b"29#"), ("header", b"Content-Length: 29\r\n\r\n")):
            server = self.serve("--framing", framing)
            for cut in range(1, len(head + body)):
                self.assertNotIn("begin as", self.refusal(server, (head + body)[:cut]), (framing, cut))
        for framing, head in ("u32be", struct.pack(">I", 70000000)), ("u32le", struct.pack("<I", 70000000)), ("netstring", b"70000000:"):
            for start in b"[1,2,3", b'{"a":"b', pickle.dumps("x" * 99)[:40]:
                self.assertIn("raise --max-message", self.refusal(self.serve("--framing", framing), head + start))


class Table(support.Case):
    def test_the_page_has_the_table_of_the_help(self):
        with open(os.path.join(support.SOURCE, "doc", "detection.md"), encoding="utf-8") as page:
            table = re.search(r"<!-- made by onggi help signatures -->\n(.*)<!-- end -->", page.read(), re.S).group(1)
        self.assertEqual(table, self.onggi("help", "signatures").out)


if __name__ == "__main__":
    support.main()

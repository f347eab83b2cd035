#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onggi proxy as its users see it: what must be declared, refusals, ends, pauses, transports, dry runs."""
import json
import os
import pickle
import signal
import socket
import struct
import threading
import unittest

import firewall
import support

WIRE = ("--codec", "pickle", "--framing", "u32be")
EVIL = b"cos\nsystem\n(S'true'\ntR."


def message(value, protocol=4):
    return firewall.u32be(pickle.dumps(value, protocol))


class TestProxy(firewall.Case):
    def pair(self, *words, **options):
        """A proxy with a client and the connection that it makes upstream."""
        server, port = self.listen()
        proxy = self.proxy(port, *(words or WIRE), **options)
        front = self.connect(proxy.port)
        behind, _ = server.accept()
        behind.settimeout(support.WAIT)
        self.addCleanup(behind.close)
        return proxy, front, behind

    def receive(self, s):
        return pickle.loads(support.recv_exactly(s, struct.unpack(">I", support.recv_exactly(s, 4))[0]))

    def usage(self, *words):
        done = self.onggi("proxy", *words, status=2)
        return done.err

    def test_what_must_be_declared(self):
        up = "tcp://127.0.0.1:1"
        self.assertIn("does not detect", self.usage("tcp://127.0.0.1:0", up))
        self.assertIn("does not detect", self.usage("tcp://127.0.0.1:0", up, "--codec", "pickle"))
        self.assertIn("--reader", self.usage("tcp://127.0.0.1:0", up, "--as", "pickle"))
        self.assertIn("--reader", self.usage("tcp://127.0.0.1:0", up, "--as", "pickle", "--reader", "line"))
        self.assertIn("--expect json", self.usage("tcp://127.0.0.1:0", up, "--as", "json"))
        self.assertIn("streams", self.usage("udp://127.0.0.1:0", up, *WIRE))
        self.assertIn("upstream", self.usage("tcp://127.0.0.1:0?codec=pickle&framing=u32be",
                                             "tcp://127.0.0.1:0?codec=pickle&framing=line", up))
        self.assertIn("gets none", self.usage("tcp://127.0.0.1:0", up, "--as", "logging",
                                                                       "--on-refuse", "reply:{}"))
        self.assertIn("--on-refuse", self.usage("tcp://127.0.0.1:0", up, *WIRE, "--on-refuse", "shout"))

    def test_what_verbatim_is_for(self):
        up = "tcp://127.0.0.1:1"
        self.assertIn("--rewrite takes anew or verbatim", self.usage("tcp://127.0.0.1:0", up, *WIRE, "--rewrite", "twice"))
        self.assertIn("--rewrite verbatim", self.usage("tcp://127.0.0.1:0", up, *WIRE, "--fresh-unpickler"))
        self.assertIn("only pickles are passed on as they arrived",
                      self.usage("tcp://127.0.0.1:0?codec=json&framing=line", up + "?codec=pickle&framing=u32be",
                                 "--expect", "json", "--rewrite", "verbatim"))

    def test_recv_only_on_this_machine(self):
        self.assertIn("network", self.usage("tcp://127.0.0.1:0", "tcp://192.0.2.1:1", "--as", "pickle", "--reader", "recv:4096"))

    def test_ends_are_passed_on(self):
        _, front, behind = self.pair()
        front.sendall(message(1))
        self.assertEqual(self.receive(behind), 1)
        front.shutdown(socket.SHUT_WR)
        self.assertEqual(behind.recv(1), b"")
        behind.sendall(message([2]) + message(3))
        self.assertEqual((self.receive(front), self.receive(front)), ([2], 3))
        behind.close()
        self.assertEqual(front.recv(1), b"")

    def test_the_upstream_ends_first(self):
        _, front, behind = self.pair()
        behind.sendall(message("bye"))
        behind.shutdown(socket.SHUT_WR)
        self.assertEqual(self.receive(front), "bye")
        self.assertEqual(front.recv(1), b"")
        front.sendall(message("thanks"))
        self.assertEqual(self.receive(behind), "thanks")

    def test_resets_are_passed_on(self):
        for from_front in (True, False):
            _, front, behind = self.pair()
            front.sendall(message(1))
            self.receive(behind)
            behind.sendall(message(2))
            self.receive(front)
            a, b = (front, behind) if from_front else (behind, front)
            support.reset(a)
            with self.assertRaises(ConnectionResetError):
                self.assertNotEqual(b.recv(1), b"", "an end in order")

    def test_whoever_does_not_read_pauses_the_other(self):
        _, front, behind = self.pair(*WIRE, "--max-queued", "64K")
        front.settimeout(0.5)
        piece = message(bytes(60000))
        sent = 0
        with self.assertRaises(TimeoutError):
            while sent < 1 << 30:
                sent += front.send(piece[sent % len(piece):])
        front.settimeout(support.WAIT)
        whole = sent // len(piece)
        for _ in range(whole):
            self.assertEqual(len(self.receive(behind)), 60000)

    def test_upstream_is_not_there(self):
        proxy = self.proxy(support.free_port(), *WIRE)
        s = self.connect(proxy.port)
        with self.assertRaises(ConnectionResetError):
            self.assertNotEqual(s.recv(1), b"", "an end in order")
        self.assertIn("refused", proxy.wait_text("err", r"refused").string)

    def test_refusal_line(self):
        proxy, front, behind = self.pair(*WIRE, "--log-format", "text")
        front.sendall(firewall.u32be(b"\x80\x02}q\x00X\x01\x00\x00\x00ac__main__\nJob\nq\x01)\x81q\x02s."))
        self.assertEqual(front.recv(1), b"")
        self.assertEqual(behind.recv(1), b"")
        line = self.wait_refusal(proxy)
        self.assertEqual(line["names"][0], {"name": "__main__.Job", "use": "imported", "position": 11, "allowed": False,
                                            "rule": "default deny"})
        self.assertEqual([name["use"] for name in line["names"]], ["imported", "new"])
        self.assertEqual(line["allow"], ["allow __main__.Job"])
        self.assertEqual((line["direction"], line["then"], line["codec"]), ("to upstream", "closed", "pickle"))
        self.assertEqual(line["peer"], "%s:%d" % front.getsockname())

    def test_the_line_that_would_allow_what_is_unsafe(self):
        proxy, front, _ = self.pair()
        front.sendall(firewall.u32be(EVIL))
        self.assertEqual(front.recv(1), b"")
        self.assertEqual(self.wait_refusal(proxy)["allow"], ["allow-unsafe os.system"])

    def test_learn(self):
        """Each name is a comment, and one without its # allows; what a person has written stays."""
        path = os.path.join(self.folder(), "learned.policy")
        proxy, front, behind = self.pair(*WIRE, "--on-refuse", "drop", "--learn", path)
        job = b"\x80\x02cshop\nJob\nq\x01)\x81q\x02."
        odd = b"\x80\x04\x8c\x04shop\x8c\x0aJob\nallow *\x93."
        front.sendall(b"".join(map(firewall.u32be, (job, job, EVIL, odd))) + message(1))
        self.assertEqual(self.receive(behind), 1)
        self.assertEqual(proxy.stop(), 0)
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[1], "include plain-data")
        self.assertRegex(lines[2], r"^# allow shop\.Job  # 4 times since \S+, last from 127\.0\.0\.1:\d+: imported, new$")
        self.assertRegex(lines[3], r"^# allow-unsafe os\.system  # 2 times .*: imported, called; dangerous, it starts programs$")
        self.assertEqual(len(lines), 4)
        lines[2] = lines[2][2:]
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines))
        proxy, front, behind = self.pair(*WIRE, "--on-refuse", "drop", "--learn", path, "--policy", path)
        front.sendall(b"".join(map(firewall.u32be, (EVIL, job, b"cshop\nTask\n."))) + message(1))
        size = struct.unpack(">I", support.recv_exactly(behind, 4))[0]
        self.assertIn(b"Job", support.recv_exactly(behind, size))
        self.assertEqual(self.receive(behind), 1)
        self.assertEqual(proxy.stop(), 0)
        with open(path, encoding="ascii") as file:
            after = file.read().splitlines()
        self.assertEqual(after[:4], lines)
        self.assertRegex(after[4], r"^# allow shop\.Task  # 1 time ")
        self.assertEqual(len(after), 5)
        done = self.onggi("proxy", "tcp://127.0.0.1:0", "tcp://127.0.0.1:1", *WIRE, "--learn", "/nonexistent/file", status=None)
        self.assertIn("cannot write names there", done.err)
        self.assertNotEqual(done.returncode, 0)

    def test_learn_sees_all(self):
        """Also what the log leaves out, to 10,000 names."""
        path = os.path.join(self.folder(), "learned.policy")
        proxy, front, behind = self.pair(*WIRE, "--on-refuse", "drop", "--learn", path)
        sender = threading.Thread(target=lambda: front.sendall(
            b"".join(firewall.u32be(b"\x80\x02cshop\nJob%d\n." % n) for n in range(10010)) + message(1)))
        sender.start()
        self.assertEqual(self.receive(behind), 1)
        sender.join()
        self.assertEqual(proxy.stop(), 0)
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("# allow shop.Job")]), 10000)
        self.assertEqual(lines[-1], "# and names for which there was no room, 10 times")
        self.assertLess(proxy.err.count('"event": "refused"'), 100)

    def test_the_line_to_allow_allows(self):
        policy = os.path.join(self.folder(), "ours.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write("include plain-data\nallow __main__.Job\n")
        _, front, behind = self.pair(*WIRE, "--policy", policy)
        front.sendall(firewall.u32be(b"\x80\x02c__main__\nJob\nq\x01)\x81q\x02."))
        size = struct.unpack(">I", support.recv_exactly(behind, 4))[0]
        self.assertIn(b"Job", support.recv_exactly(behind, size))

    def test_answers_are_judged_too(self):
        proxy, front, behind = self.pair()
        behind.sendall(firewall.u32be(EVIL))
        self.assertEqual(front.recv(1), b"")
        self.assertEqual(self.wait_refusal(proxy)["direction"], "to client")

    def passes(self, data, *words):
        """What of `data`, in a message among others, reaches the server."""
        _, front, behind = self.pair(*WIRE, "--on-refuse", "drop", "--rewrite", "verbatim", *words)
        front.sendall(firewall.u32be(data) + firewall.u32be(b"N."))
        front.shutdown(socket.SHUT_WR)
        got = support.recv_all(behind)
        self.assertTrue(got.endswith(firewall.u32be(b"N.")))
        return got[4:-6]

    def test_verbatim(self):
        """Byte for byte, also what a writer would write in another way; or not at all."""
        shared = ["text"] * 2
        for data in (b"\x80\x02]q\x05(h\x05K\x01\x85e.", b"(lp0\nI1\na.", pickle.dumps(1, 5), pickle.dumps(shared, 2)):
            self.assertEqual(self.passes(data), data)
        for data in (pickle.dumps(shared, 4), b"\x80\x04]\x94h\x00a."):
            self.assertEqual(self.passes(data), b"")
            self.assertEqual(self.passes(data, "--fresh-unpickler"), data)
        for data in (EVIL[:-1] + b"0N.", b"\x80\x04\x8c\x01aq\x00h\x00\x93.", b"\x80\x05\x97.", b"N.N.", b"N. ", b"\x80\x04"):
            self.assertEqual(self.passes(data, "--fresh-unpickler"), b"")

    def test_verbatim_within_one_recv(self):
        _, front, behind = self.pair("--as", "pickle", "--reader", "recv:64", "--rewrite", "verbatim")
        small = b"\x80\x02K\x01."
        front.sendall(small)
        self.assertEqual(support.recv_exactly(behind, len(small)), small)
        behind.sendall(b"N.")
        self.assertEqual(support.recv_exactly(front, 2), b"N.")
        front.sendall(b"\x80\x02C\x50" + bytes(80) + b".")
        self.assertEqual(front.recv(1), b"")
        self.assertEqual(behind.recv(1), b"")

    def test_nested(self):
        """Pickles in pickles pass at the depth that is said, and not one past it, whatever they are kept in."""
        policy = os.path.join(self.folder(), "ours.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write("include plain-data\nnested 1\n")
        for words, depth in (((), 3), (("--policy", policy), 1), (("--nested", "2"), 2), (("--policy", policy, "--nested", "4"), 4)):
            for keep in (firewall.as_it_is, firewall.in_base64):
                with self.subTest(words=words, keep=keep.__name__):
                    proxy, front, behind = self.pair(*WIRE, "--on-refuse", "drop", *words)
                    inner = firewall.nest(pickle.dumps(["deep"]), depth, keep)
                    evil = firewall.nest(b"\x80\x02" + EVIL, depth, keep)
                    front.sendall(b"".join(map(firewall.u32be, (evil, firewall.nest(inner, 1, keep), inner))))
                    self.assertEqual(self.receive(behind), pickle.loads(inner))
                    lines = self.wait_refusals(proxy, 2)
                    self.assertEqual([(n["name"], n["depth"]) for n in lines[0]["names"]], [("os.system", depth)] * 2)
                    self.assertIn(f"more than {depth} deep; --nested says", lines[1]["why"])
                    self.assertNotIn("names", lines[1])

    def test_a_stream_that_is_one_message(self):
        """Two of them would be one to who reads to the end."""
        server, port = self.listen()
        proxy = self.proxy(f"tcp://127.0.0.1:{port}?codec=pickle&framing=eof", endpoint="tcp://127.0.0.1:0?codec=pickle&framing=u32be")
        front = self.connect(proxy.port)
        behind, _ = server.accept()
        self.addCleanup(behind.close)
        front.sendall(message(1) + message(2))
        self.assertEqual(pickle.loads(support.recv_all(behind)), 1)
        self.assertEqual(front.recv(1), b"")
        self.assertIn("second message", self.wait_refusal(proxy)["why"])

    def test_buffers_that_have_not_come(self):
        proxy, front, _ = self.pair()
        front.sendall(firewall.u32be(b"\x80\x05\x97."))
        self.assertEqual(front.recv(1), b"")
        self.assertIn("a buffer beside the pickle", self.wait_refusal(proxy)["why"])

    def test_drop(self):
        _, front, behind = self.pair(*WIRE, "--on-refuse", "drop")
        front.sendall(message(1) + firewall.u32be(EVIL) + message(2))
        self.assertEqual((self.receive(behind), self.receive(behind)), (1, 2))

    def test_replies_come_in_order(self):
        _, front, behind = self.pair(*WIRE, "--on-refuse", 'reply:{"error": "refused"}')
        front.sendall(message(1) + firewall.u32be(EVIL) + message(2))
        self.assertEqual(self.receive(behind), 1)
        behind.sendall(message("one"))
        self.assertEqual(self.receive(front), "one")
        self.assertEqual(self.receive(front), {"error": "refused"})
        self.assertEqual(self.receive(behind), 2)
        behind.sendall(firewall.u32be(EVIL))
        self.assertEqual(self.receive(front), {"error": "refused"})

    def test_nothing_of_a_long_message_leaves_before_its_end(self):
        _, front, behind = self.pair()
        data = message([bytes(1 << 20), "end"])
        front.sendall(data[:-1])
        front.shutdown(socket.SHUT_WR)
        self.assertEqual(behind.recv(1), b"")

    def test_detects_nothing(self):
        """JSON, or another framing, is refused where pickles in u32be are declared."""
        for data in (b'{"name": "John"}\n', pickle.dumps(1), b"GET / HTTP/1.1\r\n\r\n"):
            _, front, behind = self.pair()
            front.sendall(data)
            front.shutdown(socket.SHUT_WR)
            self.assertEqual(behind.recv(1), b"")
            self.assertEqual(front.recv(1), b"")

    def test_dry_run(self):
        proxy, front, behind = self.pair(*WIRE, "--dry-run")
        proxy.wait_text("err", "UNPROTECTED")
        data = firewall.u32be(EVIL)
        front.sendall(data + message(1))
        self.assertEqual(support.recv_exactly(behind, len(data)), data)
        self.assertEqual(self.receive(behind), 1)
        self.assertEqual(self.wait_refusal(proxy)["then"], "UNPROTECTED: passed on")

    def test_dry_run_detects(self):
        _, front, behind = self.pair("--dry-run")
        front.sendall(message({"a": 1}))
        self.assertEqual(self.receive(behind), {"a": 1})
        behind.sendall(message([2]))
        self.assertEqual(self.receive(front), [2])

    def test_unix_sockets(self):
        path = os.path.join(self.folder(), "up")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen()
        proxy = self.proxy(f"unix://{path}", *WIRE)
        front = self.connect(proxy.port)
        behind, _ = server.accept()
        self.addCleanup(behind.close)
        front.sendall(message((1, 2)))
        self.assertEqual(self.receive(behind), (1, 2))

    def test_stopping_answers_what_is_in_hand(self):
        proxy, front, behind = self.pair()
        front.sendall(message(1))
        self.assertEqual(self.receive(behind), 1)
        proxy.process.send_signal(signal.SIGTERM)
        self.assertEqual(behind.recv(1), b"")
        behind.sendall(message("late"))
        behind.close()
        self.assertEqual(self.receive(front), "late")
        self.assertEqual(front.recv(1), b"")
        self.assertEqual(proxy.wait(), 0)

    def test_json_to_pickle(self):
        server, port = self.listen()
        proxy = self.proxy(f"tcp://127.0.0.1:{port}?codec=pickle&framing=u32be", "--expect", "json",
                           endpoint="tcp://127.0.0.1:0?codec=json&framing=line")
        front = self.connect(proxy.port)
        behind, _ = server.accept()
        self.addCleanup(behind.close)
        front.sendall(b'{"name": "John", "py/object": "os.system"}\n')
        self.assertEqual(self.receive(behind), {"name": "John", "py/object": "os.system"})
        behind.sendall(message({"tags": (1, 2), "data": b"\x00\x01"}))
        self.assertEqual(json.loads(support.recv_until(front, b"\n")), {"tags": [1, 2], "data": "AAE="})


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onggi proxy in front of services as they are written: benign traffic is unchanged, and what would run does not
arrive."""
import json
import multiprocessing
import multiprocessing.managers
import os
import pickle
import random
import socket
import threading
import unittest

import firewall
import objects
import support

OBJECTS = 1000


def load(data):
    return None if data is None else pickle.loads(data)


class TestBenign(firewall.Case):
    def check_connection(self, kind, port, some):
        """Sends objects on one connection, all at once or one after the other, and compares the answers."""
        pickles = [pickle.dumps(o, kind.protocols[i % len(kind.protocols)]) for i, o in enumerate(some)]
        shapes = [objects.shape(pickle.loads(p)) for p in pickles]  # protocol 0 loses what NaN carries
        messages = [kind.frame(p) for p in pickles]
        with socket.create_connection(("127.0.0.1", port), timeout=support.WAIT) as s, s.makefile("rb") as file:
            def send_all():
                s.sendall(b"".join(messages))
                if kind.one_each:
                    s.shutdown(socket.SHUT_WR)
            sender = threading.Thread(target=send_all) if kind.pipelined else None
            if sender:
                sender.start()
            for i, message in enumerate(messages):
                if not sender:
                    s.sendall(message)
                if kind.answers:
                    self.assertEqual(objects.shape(pickle.loads(kind.read(file))), shapes[i], (i, pickles[i]))
            if sender:
                sender.join()
            if not kind.one_each:
                s.shutdown(socket.SHUT_WR)
            self.assertEqual(file.read(), b"")
        return shapes

    def check(self, kind):
        rng = random.Random(kind.name)
        service = self.service(kind.name)
        proxy = self.proxy(service.port, *kind.words)
        some = [kind.make(rng) for _ in range(OBJECTS)]
        some = [o for o in some if kind.name != "recv" or len(pickle.dumps(o, 0)) <= 4000]
        size = 1 if kind.one_each else 250
        expected = []
        for at in range(0, len(some), size):
            expected += self.check_connection(kind, proxy.port, some[at:at + size])
        self.assertEqual(service.wait_shapes(len(expected)), expected)
        self.assertEqual(proxy.stop(), 0)
        self.assertEqual(self.refusals(proxy), [])

    def test_kinds(self):
        for kind in firewall.KINDS:
            with self.subTest(kind=kind.name):
                self.check(kind)

    def test_verbatim(self):
        """As it arrives: of all protocols where each gets an Unpickler, of 2 and 3 where one reads them all."""
        for kind in firewall.VERBATIM:
            with self.subTest(kind=kind.name):
                self.check(kind)

    def test_multiprocessing(self):
        rng = random.Random(1)
        service = self.service("multiprocessing")
        proxy = self.proxy(service.port, "--as", "multiprocessing", "--authkey-file", self.key_file())
        with firewall.client(proxy.port) as connection:
            for _ in range(OBJECTS):
                o = objects.random_object(rng)
                connection.send(o)
                self.assertEqual(objects.shape(connection.recv()), objects.shape(o))

    def test_manager(self):
        rng = random.Random(2)
        service = self.service("manager")
        policy = os.path.join(self.folder(), "manager.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write("include plain-data\nallow multiprocessing.managers.Token\n")
        proxy = self.proxy(service.port, "--as", "multiprocessing", "--authkey-file", self.key_file(), "--policy", policy)
        with firewall.client(proxy.port) as c:
            ident, exposed = multiprocessing.managers.dispatch(c, None, "create", ("store",))
        self.assertEqual(exposed, ("echo",))
        with firewall.client(proxy.port) as c:
            multiprocessing.managers.dispatch(c, None, "accept_connection", ("test",))
            for _ in range(OBJECTS):
                o = objects.random_object(rng)
                c.send((ident, "echo", (o,), {}))
                kind, answer = c.recv()
                self.assertEqual(kind, "#RETURN", answer)
                self.assertEqual(objects.shape(answer), objects.shape(o))

    def test_json_in_front(self):
        rng = random.Random(3)
        service = self.service("u32be")
        proxy = self.proxy(f"tcp://127.0.0.1:{service.port}?codec=pickle&framing=u32be", "--expect", "json",
                           endpoint="tcp://127.0.0.1:0?codec=json&framing=line")
        some = [objects.plain(rng) for _ in range(OBJECTS)]
        some.append({"py/object": "os.system", "py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["true"]}]})
        with self.connect(proxy.port) as s, s.makefile("rb") as file:
            s.sendall("".join(json.dumps(o) + "\n" for o in some).encode())
            for o in some:
                self.assertEqual(json.loads(file.readline()), o)
        self.assertEqual(service.wait_shapes(len(some)), [objects.shape(o) for o in some])


class TestEvil(firewall.Case):
    def test_without_a_proxy_the_attack_works(self):
        for kind in firewall.KINDS:
            with self.subTest(kind=kind.name):
                service = self.service(kind.name)
                for i, _ in enumerate(firewall.evil_pickles("x")):
                    mark = firewall.mark_of(self)
                    with socket.create_connection(("127.0.0.1", service.port)) as s:
                        s.sendall(kind.frame(firewall.evil_pickles(mark)[i]))
                        s.shutdown(socket.SHUT_WR)
                        support.wait_for(lambda path=mark: os.path.exists(path), f"{kind.name} to run pickle {i}")

    def check(self, kind):
        """All evil pickles among benign ones, and each one cut at every byte of the wire."""
        mark = firewall.mark_of(self)
        service = self.service(kind.name)
        proxy = self.proxy(service.port, *kind.words)
        rng = random.Random(kind.name)
        benign = kind.make(rng)
        first = b"" if kind.one_each else kind.frame(pickle.dumps(benign, kind.protocols[0]))
        for i, evil in enumerate(firewall.evil_pickles(mark)):
            wire = kind.frame(evil)
            cuts = [first + wire[:cut] for cut in range(len(wire))] if i in (0, 2, 4) else []
            for data in [first + wire + first, wire] + cuts:
                firewall.talk(proxy.port, data, lambda file: file.read(), 1)
        self.assertFalse(os.path.exists(mark))
        self.assertEqual(proxy.stop(), 0)
        service.stop()
        self.assertFalse(os.path.exists(mark))
        self.assertLessEqual(set(service.shapes()), {objects.shape(benign)})
        refused = self.refusals(proxy)
        self.assertTrue(any(name["name"] == "posix.system" or name["name"] == "os.system"
                            for line in refused for name in line.get("names", [])))

    def test_kinds(self):
        for kind in firewall.KINDS + firewall.VERBATIM:
            with self.subTest(kind=kind.name, words=kind.words):
                self.check(kind)

    def test_multiprocessing(self):
        """A client that has the key but means ill."""
        for kind in ("multiprocessing", "manager"):
            mark = firewall.mark_of(self)
            service = self.service(kind)
            proxy = self.proxy(service.port, "--as", "multiprocessing", "--authkey-file", self.key_file())
            for evil in firewall.evil_pickles(mark):
                with firewall.client(proxy.port) as c:
                    c.send_bytes(evil)
                    with self.assertRaises((EOFError, OSError)):
                        c.recv_bytes()
            self.assertFalse(os.path.exists(mark))
            with firewall.client(service.port) as c:  # it would have worked
                c.send_bytes(firewall.evil_pickles(mark)[4])
                support.wait_for(lambda path=mark: os.path.exists(path), "the attack")

    def test_multiprocessing_needs_the_key(self):
        service = self.service("multiprocessing")
        proxy = self.proxy(service.port, "--as", "multiprocessing", "--authkey-file", self.key_file())
        with self.assertRaises((multiprocessing.AuthenticationError, EOFError, OSError)):
            multiprocessing.connection.Client(("127.0.0.1", proxy.port), authkey=b"another")
        self.assertEqual(service.shapes(), [])


if __name__ == "__main__":
    unittest.main()

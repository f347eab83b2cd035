#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onggi proxy with JSON on one side or both: what is judged, and what the log says of it."""
import base64
import collections
import json
import os
import pickle
import struct

import firewall
import support

EVIL = b"cos\nsystem\n(S'true'\ntR."
UP = "codec=pickle&framing=u32be"


class Forms(firewall.Case):
    def pair(self, front="codec=json&framing=line", behind=UP, *words):
        """A proxy, its client and its server, each spoken to as the queries say."""
        server, port = self.listen()
        proxy = self.proxy(f"tcp://127.0.0.1:{port}?{behind}", "--expect", "json", "--on-refuse", "drop", *words,
                           endpoint=f"tcp://127.0.0.1:0?{front}")
        s = self.connect(proxy.port)
        upstream, _ = server.accept()
        upstream.settimeout(support.WAIT)
        self.addCleanup(upstream.close)
        return proxy, s, upstream

    def receive(self, s):
        return support.recv_exactly(s, struct.unpack(">I", support.recv_exactly(s, 4))[0])

    def test_names_of_what_would_be_written(self):
        """A pickle in base64 is none in JSON, but in the pickle that the JSON would become."""
        proxy, s, upstream = self.pair()
        evil = base64.b64encode(b"\x80\x02" + EVIL).decode()
        s.sendall(json.dumps({"job": evil}).encode() + b"\n[1]\n")
        self.assertEqual(pickle.loads(self.receive(upstream)), [1])
        line = self.wait_refusal(proxy)
        self.assertEqual((line["codec"], line["direction"], line["then"]), ("json", "to upstream", "dropped"))
        self.assertEqual([(n["name"], n["use"], n["rule"], n["depth"]) for n in line["names"]],
                         [("os.system", use, "default deny", 1) for use in ("imported", "called")])
        self.assertNotIn("position", line["names"][0])
        self.assertEqual(line["allow"], ["allow-unsafe os.system"])

    def test_lossless_in_front(self):
        """Tags become what they stand for, answers get tags, and the policy judges the names in tags."""
        policy = os.path.join(self.folder(), "ours.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write("include plain-data\nallow shop.Job\n")
        proxy, s, upstream = self.pair("codec=json&form=lossless&framing=line", UP, "--policy", policy)
        for text, value in (('{"py/tuple": [1, {"py/set": [2]}]}', (1, {2})), ('{"py/b64": "AAE="}', b"\x00\x01"),
                            ('{"py/type": "collections.deque"}', collections.deque), ('{"py/dict": [["py/object", "os.system"]]}', {"py/object": "os.system"})):
            s.sendall(text.encode() + b"\n")
            self.assertEqual(pickle.loads(self.receive(upstream)), value)
        s.sendall(b'{"py/object": "shop.Job", "py/state": {"n": 1}}\n')
        self.assertIn(b"Job", self.receive(upstream))
        for answer, text in (((1, 2.5), {"py/tuple": [1, 2.5]}), ({1: "a"}, {"py/dict": [[1, "a"]]}), (b"\x00\x01", {"py/b64": "AAE="})):
            upstream.sendall(firewall.u32be(pickle.dumps(answer)))
            self.assertEqual(json.loads(support.recv_until(s, b"\n")), text)
        self.refuses(proxy, s, lambda: pickle.loads(self.receive(upstream)))

    def test_lossless_to_lossless(self):
        """No pickle is on either side, and names are judged all the same."""
        for behind in ("codec=json&form=lossless&framing=line", "codec=json&framing=line", "codec=json&form=plain&framing=line"):
            with self.subTest(behind):
                proxy, s, upstream = self.pair("codec=json&form=lossless&framing=line", behind)
                s.sendall(b'{"py/type": "collections.deque"}\n')
                self.assertIn(b"collections.deque", support.recv_until(upstream, b"\n"))
                self.refuses(proxy, s, lambda u=upstream: json.loads(support.recv_until(u, b"\n")))

    def refuses(self, proxy, s, receive):
        """None of what names something else arrives: only the list after each does."""
        evil = ('{"py/type": "os.system"}', '{"py/object": "os.system", "py/make": "call", "py/args": ["true"]}',
                '[{"py/callable": {"py/type": "os.system"}, "py/args": ["true"]}]', '{"a": {"py/object": "posix.system"}}',
                '{"py/dict": [[{"py/type": ["os", "path.join"]}, 1]]}', '{"py/set": [{"py/type": "shop.Other"}]}')
        # Tags of jsonpickle's alone, and odd places for a tag.
        evil += ('{"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["true"]}]}', '{"py/repr": "os/os.system(1)"}',
                 '{"py/function": "os.system"}', '{"py/id": 1}', '{"a": 1, "py/object": "os.system"}',
                 '{"py/object": "shop.Job", "py/object": "os.system"}')
        for n, text in enumerate(evil):
            s.sendall(text.encode() + b"\n" + json.dumps([n]).encode() + b"\n")
            self.assertEqual(receive(), [n], text)
        line = self.wait_refusal(proxy)
        self.assertEqual((line["names"][0]["name"], line["allow"]), ("os.system", ["allow-unsafe os.system"]))

    def test_only_keys_in_plain_form(self):
        """On their way to lossless form they are written so that they stay keys."""
        _, s, upstream = self.pair("codec=json&framing=line", "codec=json&form=lossless&framing=line")
        s.sendall(b'{"py/object": "os.system"}\n')
        self.assertEqual(json.loads(support.recv_until(upstream, b"\n")), {"py/dict": [["py/object", "os.system"]]})

    def test_answers_to_lossless_form(self):
        """What the server names is judged as well."""
        proxy, s, upstream = self.pair("codec=json&form=lossless&framing=line", UP)
        upstream.sendall(firewall.u32be(EVIL) + firewall.u32be(pickle.dumps((1,))))
        self.assertEqual(json.loads(support.recv_until(s, b"\n")), {"py/tuple": [1]})
        self.assertEqual(self.wait_refusal(proxy)["direction"], "to client")

    def test_the_form_belongs_to_the_endpoint(self):
        up = "tcp://127.0.0.1:1?" + UP
        for front, what in (("codec=json&framing=line&form=odd", "expected plain, lossless or strict"),
                            ("codec=pickle&framing=u32be&form=lossless", "one form only")):
            done = self.onggi("proxy", "tcp://127.0.0.1:0?" + front, up, "--expect", "any", status=None)
            self.assertIn(what, done.err)
            self.assertNotEqual(done.returncode, 0)

    def test_answers_in_json(self):
        """The same from the server to the client."""
        server, port = self.listen()
        proxy = self.proxy(f"tcp://127.0.0.1:{port}?codec=json&framing=line", endpoint=f"tcp://127.0.0.1:0?{UP}")
        s = self.connect(proxy.port)
        upstream, _ = server.accept()
        self.addCleanup(upstream.close)
        job = base64.b64encode(b"\x80\x02cshop\nJob\n.").decode()
        upstream.sendall(json.dumps([job]).encode() + b"\n")
        self.assertEqual(s.recv(1), b"")
        line = self.wait_refusal(proxy)
        self.assertEqual((line["direction"], line["allow"]), ("to client", ["allow shop.Job"]))


if __name__ == "__main__":
    support.main()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onggi proxy with JSON on one side or both: what is judged, and what the log says of it."""
import base64
import json
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

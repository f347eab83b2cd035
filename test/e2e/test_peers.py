# SPDX-License-Identifier: MIT
"""The kinds of peer of the table of profiles, each against the real program, in both directions."""
import json
import logging
import logging.handlers
import multiprocessing.connection
import os
import pickle
import re
import shutil
import socket
import socketserver
import struct
import threading
import unittest

import support
from support import HOST, ONGGI

CARBON = shutil.which("carbon-cache")


class Table(support.Case):
    def rows(self):
        """What the help says: names and summaries, put together where they go over several lines."""
        text = re.sub(r"\n {6,}", " ", self.onggi("help", "peers").out)
        return [(name, " ".join(summary.split())) for name, summary in re.findall(r"^  (\S+) +(.+)$", text, re.MULTILINE)]

    def test_the_page_has_the_rows_of_the_help(self):
        with open(os.path.join(support.SOURCE, "doc", "peers.md"), encoding="utf-8") as page:
            rows = re.findall(r"^\| `(\S+)` \| (.+?) \|", page.read(), re.MULTILINE)
        self.assertEqual([(name, text.replace("`", "")) for name, text in rows],
                         [(name, text.replace("`", "")) for name, text in self.rows()])
        self.assertGreaterEqual(len(rows), 8)

    def test_each_row_is_taken_by_the_option_and_by_the_endpoint(self):
        for name, _ in self.rows():
            for words, query in ((["--as", name], ""), ([], "?as=" + name)):
                server = self.serve("--echo", *words, endpoint="tcp://127.0.0.1:0" + query)
                if name == "digits":
                    words = words + ["--codec", "json"]
                done = self.onggi("call", server.endpoint.split("?")[0] + query, *words, "[1,2]"
                                  if name != "text" else "hello")
                self.assertEqual(done.out, "[1,2]\n" if name != "text" else "hello\n", name)

    def test_an_unknown_kind_is_an_error_of_usage(self):
        for words in (("--as", "carbo", "tcp://127.0.0.1:1"), ("tcp://127.0.0.1:1?as=carbo",)):
            done = self.onggi("call", *words, "1", status=2)
            self.assertIn("no kind of peer is called 'carbo': did you mean 'carbon'? Or use json, jsonl", done.err)

    def test_what_is_said_beside_it_comes_first(self):
        server = self.serve("--echo", "--as", "jsonl", "--framing", "u32be")
        with self.connect(server.port) as s:
            s.sendall(b"\0\0\0\2[]")
            self.assertEqual(support.recv_exactly(s, 6), b"\0\0\0\2[]")


class Logging(support.Case):
    def record(self):
        return logging.LogRecord("주문", logging.WARNING, "/a.py", 7, "재고 %s", ("사과",), None)

    def test_handlers_send_to_us(self):
        for handler, endpoint in ((logging.handlers.SocketHandler, "tcp://127.0.0.1:0"),
                                  (logging.handlers.DatagramHandler, "udp://127.0.0.1:0")):
            for words in (["--as", "logging"], []):
                server = self.serve(*words, endpoint=endpoint)
                h = handler(HOST, server.port)
                self.addCleanup(h.close)
                h.emit(self.record())
                self.assertEqual(json.loads(server.wait_lines(1)[0])["msg"], "재고 사과")
                if not words and endpoint.startswith("tcp"):
                    server.wait_text("err", "as logging does")
                server.stop()

    def test_we_send_to_the_receiver_of_pythons_cookbook(self):
        got = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while head := self.rfile.read(4):
                    body = self.rfile.read(struct.unpack(">L", head)[0])
                    got.append((body[:1], logging.makeLogRecord(pickle.loads(body)).getMessage()))

        with socketserver.ThreadingTCPServer((HOST, 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                self.onggi("send", "--as", "logging", "tcp://%s:%d" % server.server_address,
                           json.dumps({"name": "onggi", "msg": "안녕", "levelno": 20, "levelname": "INFO", "args": None}))
                support.wait_for(lambda: got, "the record")
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual(got, [(b"}", "안녕")])  # protocol 1, as handlers write it


class Multiprocessing(support.Case):
    VALUES = [{"n": 1}, (1, b"\0\1", {2}), "x" * 20000, None]

    def test_client(self):
        server = self.serve("--echo", "--as", "multiprocessing")
        with multiprocessing.connection.Client((HOST, server.port)) as c:
            for value in self.VALUES:
                c.send(value)
                self.assertEqual(c.recv(), value)

    def test_listener(self):
        with multiprocessing.connection.Listener((HOST, 0)) as listener:
            client = self.start(ONGGI, "call", "tcp://%s:%d?as=multiprocessing" % listener.address, '{"n":1}')
            with listener.accept() as c:
                self.assertEqual(c.recv(), {"n": 1})
                c.send({"got": 1})
            self.assertEqual(client.wait(), 0, client.err)
            self.assertEqual(client.objects(), [{"got": 1}])


@unittest.skipUnless(CARBON, "graphite-carbon is not installed")
class Carbon(support.Case):
    """Debian's carbon: its relay sends to us, and we send to its receiver of pickles."""

    def carbon(self, program, section, **settings):
        root = self.folder()
        for name in ("conf", "storage", "whisper", "log", "run"):
            os.mkdir(os.path.join(root, name))
        with open(os.path.join(root, "conf", "storage-schemas.conf"), "w", encoding="ascii") as file:
            file.write("[all]\npattern = .*\nretentions = 60s:1d\n")
        with open(os.path.join(root, "conf", "relay-rules.conf"), "w", encoding="ascii") as file:
            file.write("[default]\ndefault = true\ndestinations = %s\n" % settings.get("DESTINATIONS", ""))
        settings.update(STORAGE_DIR=f"{root}/storage", LOCAL_DATA_DIR=f"{root}/whisper", LOG_DIR=f"{root}/log",
                        PID_DIR=f"{root}/run", CONF_DIR=f"{root}/conf", USER="")
        path = os.path.join(root, "conf", "carbon.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
        running = self.start(program, f"--config={path}", "--nodaemon", "start")
        running.root = root
        return running

    def test_the_relay_sends_to_us(self):
        server = self.serve("--as", "carbon")
        line, pickled = support.free_port(), support.free_port()
        relay = self.carbon("carbon-relay", "relay", LINE_RECEIVER_INTERFACE=HOST, LINE_RECEIVER_PORT=line,
                            PICKLE_RECEIVER_INTERFACE=HOST, PICKLE_RECEIVER_PORT=pickled, RELAY_METHOD="rules",
                            DESTINATIONS=f"{HOST}:{server.port}:a")
        support.wait_for(lambda: support.is_bound(line) or relay.process.poll() is not None, "carbon-relay to listen")
        with self.connect(line) as s:
            s.sendall(b"onggi.temperature 21.5 1700000000\n")
            points = json.loads(server.wait_lines(1)[0])
        self.assertEqual(points[0], ["onggi.temperature", [1700000000, 21.5]])

    def test_we_send_to_its_receiver(self):
        line, pickled, query = support.free_port(), support.free_port(), support.free_port()
        cache = self.carbon("carbon-cache", "cache", LINE_RECEIVER_INTERFACE=HOST, LINE_RECEIVER_PORT=line,
                            PICKLE_RECEIVER_INTERFACE=HOST, PICKLE_RECEIVER_PORT=pickled,
                            CACHE_QUERY_INTERFACE=HOST, CACHE_QUERY_PORT=query,
                            # What is so young stays in the cache: it is neither written nor dropped before we ask.
                            CACHE_WRITE_STRATEGY="timesorted", MIN_TIMESTAMP_LAG=10**10)
        for port in (pickled, query):
            support.wait_for(lambda: support.is_bound(port) or cache.process.poll() is not None, "carbon-cache to listen")
        self.onggi("send", "--as", "carbon", f"tcp://{HOST}:{pickled}", '[["onggi.test", [1700000000, 42.5]]]')

        def asked():
            done = self.onggi("call", f"tcp://{HOST}:{query}?as=carbon", '{"type":"cache-query","metric":"onggi.test"}')
            return json.loads(done.out)["datapoints"]
        self.assertEqual(support.wait_for(asked, "the point in carbon's cache"), [[1700000000, 42.5]])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""Programs of Python's own library, unmodified, that put objects on sockets: logging.handlers, multiprocessing.connection, asyncio,
socketserver."""
import asyncio
import json
import logging
import logging.handlers
import multiprocessing.connection
import os
import pickle
import socketserver
import struct
import threading

import support
from support import HOST, ONGGI


class Logging(support.Case):
    def logger(self, handler):
        logger = logging.Logger("주문.결제")
        logger.addHandler(handler)
        self.addCleanup(handler.close)
        return logger

    def check(self, server, last):
        records = [json.loads(line) for line in server.wait_lines(3)]
        self.assertEqual([r["levelname"] for r in records], ["INFO", "WARNING", "ERROR"])
        self.assertEqual(records[0]["msg"], "주문 17 접수")
        self.assertEqual(records[0]["name"], "주문.결제")
        self.assertEqual(records[0]["process"], os.getpid())
        self.assertIsInstance(records[0]["created"], float)
        self.assertIn(last, records[2]["exc_text"])
        self.assertIsNone(records[2]["args"])
        self.assertEqual(server.stop(), 0)

    def talk(self, logger):
        logger.info("주문 %d 접수", 17)
        logger.warning("재고 부족: %s", ["사과", "배"])
        try:
            {}["없음"]
        except KeyError:
            logger.exception("실패")

    def test_socket_handler(self):
        server = self.serve()
        self.talk(self.logger(logging.handlers.SocketHandler(HOST, server.port)))
        self.check(server, "KeyError")

    def test_socket_handler_on_a_unix_socket(self):
        path = os.path.join(self.folder(), "log.sock")
        server = self.serve(endpoint=f"unix://{path}")
        self.talk(self.logger(logging.handlers.SocketHandler(path, None)))
        self.check(server, "KeyError")

    def test_datagram_handler(self):
        server = self.serve(endpoint="udp://127.0.0.1:0")
        self.talk(self.logger(logging.handlers.DatagramHandler(HOST, server.port)))
        self.check(server, "KeyError")

    def test_many_processes_worth_of_handlers(self):
        server = self.serve("--threads", "2")
        loggers = [self.logger(logging.handlers.SocketHandler(HOST, server.port)) for _ in range(20)]
        for turn in range(50):
            for number, logger in enumerate(loggers):
                logger.info("%d %d", number, turn)
        records = [json.loads(line) for line in server.wait_lines(1000)]
        self.assertEqual(sorted(r["msg"] for r in records), sorted(f"{n} {t}" for n in range(20) for t in range(50)))


class Multiprocessing(support.Case):
    VALUES = [{"n": 1}, (1, b"\0\1", {2}), "x" * 20000, None]

    def test_client(self):
        server = self.serve("--echo", "--framing", "mp", "--codec", "pickle")
        with multiprocessing.connection.Client((HOST, server.port)) as c:
            for value in self.VALUES:
                c.send(value)
                self.assertEqual(c.recv(), value)

    def test_client_on_a_unix_socket(self):
        path = os.path.join(self.folder(), "mp.sock")
        self.serve("--echo", "--framing", "mp", "--codec", "pickle", endpoint=f"unix://{path}")
        with multiprocessing.connection.Client(path) as c:
            c.send(self.VALUES)
            self.assertEqual(c.recv(), self.VALUES)

    def test_client_with_bytes(self):
        server = self.serve("--echo", "--framing", "mp", "--codec", "bytes")
        with multiprocessing.connection.Client((HOST, server.port)) as c:
            c.send_bytes(b"\0\xff" * 10000)
            self.assertEqual(c.recv_bytes(), b"\0\xff" * 10000)

    def test_listener(self):
        with multiprocessing.connection.Listener((HOST, 0)) as listener:
            client = self.start(ONGGI, "call", "tcp://%s:%d" % listener.address, "--framing", "mp", "--codec", "pickle",
                                '{"n":1}', '["둘"]')
            with listener.accept() as c:
                for value in ({"n": 1}, ["둘"]):
                    self.assertEqual(c.recv(), value)
                    c.send({"got": value})
            self.assertEqual(client.wait(), 0, client.err)
            self.assertEqual(client.objects(), [{"got": {"n": 1}}, {"got": ["둘"]}])


class Others(support.Case):
    def test_asyncio_streams_with_json_lines(self):
        server = self.serve("--reply", '{"ok":true}')

        async def talk():
            reader, writer = await asyncio.open_connection(HOST, server.port)
            for number in range(10):
                writer.write(json.dumps({"n": number}).encode() + b"\n")
                await writer.drain()
                self.assertEqual(json.loads(await reader.readline()), {"ok": True})
            writer.close()
            await writer.wait_closed()
        asyncio.run(talk())
        self.assertEqual(server.wait_lines(10)[9], '{"n":9}')

    def test_asyncio_server(self):
        ready, ports = threading.Event(), []

        async def answer(reader, writer):
            while line := await reader.readline():
                writer.write(json.dumps({"sum": sum(json.loads(line))}).encode() + b"\n")
                await writer.drain()
            writer.close()

        async def serve():
            server = await asyncio.start_server(answer, HOST, 0)
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            async with server:
                await asyncio.wait_for(stop.wait(), support.WAIT)

        stop = asyncio.Event()
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        ready.wait(support.WAIT)
        try:
            done = self.onggi("call", f"tcp://{HOST}:{ports[0]}", "[1,2]", "[3,4,5]")
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()
        self.assertEqual(done.out, '{"sum":3}\n{"sum":12}\n')

    def test_socketserver_with_struct_and_pickle(self):
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while head := self.rfile.read(4):
                    value = pickle.loads(self.rfile.read(struct.unpack("!I", head)[0]))
                    body = pickle.dumps(("got", value))
                    self.wfile.write(struct.pack("!I", len(body)) + body)

        with socketserver.ThreadingTCPServer((HOST, 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                done = self.onggi("call", "tcp://%s:%d" % server.server_address, "--codec", "pickle", "--framing", "u32be",
                                  "-o", "repr", '{"n":1}', '"둘"')
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual(done.out, "('got', {'n': 1})\n('got', '둘')\n")

    def test_the_header_of_ten_characters_that_tutorials_teach(self):
        server = self.serve("--echo")
        with self.connect(server.port) as s:
            for value in ({"n": 1}, ["x" * 5000], (None, True)):
                body = pickle.dumps(value)
                s.sendall(bytes(f"{len(body):<10}", "utf-8") + body)
                length = int(support.recv_exactly(s, 10))
                self.assertEqual(pickle.loads(support.recv_exactly(s, length)), value)

    def test_makefile_with_pickle_dump_and_load(self):
        server = self.serve("--echo")
        with self.connect(server.port) as s, s.makefile("rwb") as f:
            for value in ({"n": 1}, [2], "셋"):
                pickle.dump(value, f)
                f.flush()
                self.assertEqual(pickle.load(f), value)


if __name__ == "__main__":
    support.main()

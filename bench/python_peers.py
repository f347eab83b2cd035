#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Python's servers: python_peers.py MODE. Prints its port; ends with its standard input."""
import asyncio
import json
import logging
import logging.handlers
import os
import pickle
import socket
import socketserver
import struct
import sys
import threading

HOST = "127.0.0.1"


async def echo_streams(reader, writer):
    while line := await reader.readline():
        writer.write(json.dumps(json.loads(line), separators=(",", ":")).encode() + b"\n")
        await writer.drain()
    writer.close()


async def count_streams(reader, writer):
    while line := await reader.readline():
        json.loads(line)
    writer.close()


class EchoHandler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        for line in self.rfile:
            self.wfile.write(json.dumps(json.loads(line), separators=(",", ":")).encode() + b"\n")


class CountHandler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            json.loads(line)


class RecordHandler(socketserver.StreamRequestHandler):
    """The receiver of the logging cookbook, for records that go nowhere. Its own would end where a read cuts a header."""

    def handle(self):
        logger = logging.getLogger("peer")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        while len(head := self.connection.recv(4, socket.MSG_WAITALL)) == 4:
            length = struct.unpack(">L", head)[0]
            chunk = self.connection.recv(length)
            while len(chunk) < length:
                chunk = chunk + self.connection.recv(length - len(chunk))
            logger.handle(logging.makeLogRecord(pickle.loads(chunk)))


class PickleHandler(socketserver.StreamRequestHandler):
    def handle(self):
        while len(head := self.rfile.read(4)) == 4:
            pickle.loads(self.rfile.read(struct.unpack(">L", head)[0]))


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024


def tell(port):
    print(port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()


def threads(handler):
    with Threads((HOST, 0), handler) as server:
        tell(server.server_address[1])
        server.serve_forever()


def streams(handler):
    async def serve():
        server = await asyncio.start_server(handler, HOST, 0, backlog=1024)
        tell(server.sockets[0].getsockname()[1])
        await server.serve_forever()
    asyncio.run(serve())


def udp_echo(_):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))
        tell(s.getsockname()[1])
        while True:
            data, address = s.recvfrom(65536)
            s.sendto(json.dumps(json.loads(data), separators=(",", ":")).encode(), address)


MODES = {
    "asyncio-echo": (streams, echo_streams),
    "asyncio-count": (streams, count_streams),
    "threads-echo": (threads, EchoHandler),
    "threads-count": (threads, CountHandler),
    "logging": (threads, RecordHandler),
    "pickles": (threads, PickleHandler),
    "udp-echo": (udp_echo, None),
}

if __name__ == "__main__":
    serve, handler = MODES[sys.argv[1]]
    serve(handler)

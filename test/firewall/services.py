# SPDX-License-Identifier: MIT
"""Services that unpickle what arrives, written as real ones are: services.py KIND. Each prints its port, then for
each object that it has unpickled what it is (objects.shape), and answers with the object where its kind answers."""
import logging
import multiprocessing.connection
import multiprocessing.managers
import pickle
import socket
import socketserver
import struct
import sys
import threading

import objects

KEY = b"the key of both ends"


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def got(value):
    say("got " + objects.shape(value))
    return value


class Stream(socketserver.StreamRequestHandler):
    """pickle.load() from the connection as a file, again and again."""

    def handle(self):
        try:
            while True:
                self.wfile.write(pickle.dumps(got(pickle.load(self.rfile))))
        except (EOFError, pickle.UnpicklingError, ConnectionError):
            pass


class Unpickler(socketserver.StreamRequestHandler):
    """One Unpickler for the whole stream, whose memo is never cleared."""

    def handle(self):
        unpickler = pickle.Unpickler(self.rfile)
        try:
            while True:
                got(unpickler.load())
        except (EOFError, pickle.UnpicklingError, ConnectionError):
            pass


class Whole(socketserver.BaseRequestHandler):
    """Reads to the end, then loads."""

    def handle(self):
        data = b""
        while piece := self.request.recv(4096):
            data += piece
        if data:
            self.request.sendall(pickle.dumps(got(pickle.loads(data))))


class Recv(socketserver.BaseRequestHandler):
    """recv(4096) is a message, as tutorials have it; what cannot be loaded is passed over."""

    def handle(self):
        while data := self.request.recv(4096):
            try:
                value = pickle.loads(data)
            except Exception:  # as tutorials have it
                continue
            self.request.sendall(pickle.dumps(got(value)))


class Length(socketserver.StreamRequestHandler):
    """A length of four bytes, then the pickle."""

    def handle(self):
        while len(head := self.rfile.read(4)) == 4:
            answer = pickle.dumps(got(pickle.loads(self.rfile.read(struct.unpack(">I", head)[0]))))
            self.wfile.write(struct.pack(">I", len(answer)) + answer)


class Digits(socketserver.StreamRequestHandler):
    """A length in ten characters, then the pickle."""

    def handle(self):
        while len(head := self.rfile.read(10)) == 10:
            answer = pickle.dumps(got(pickle.loads(self.rfile.read(int(head)))))
            self.wfile.write(f"{len(answer):<10}".encode() + answer)


class Logging(socketserver.StreamRequestHandler):
    """The receiver of the logging cookbook."""

    def handle(self):
        while True:
            chunk = self.connection.recv(4)
            if len(chunk) < 4:
                break
            slen = struct.unpack(">L", chunk)[0]
            chunk = self.connection.recv(slen)
            while len(chunk) < slen:
                piece = self.connection.recv(slen - len(chunk))
                if not piece:
                    return
                chunk = chunk + piece
            logging.makeLogRecord(got(pickle.loads(chunk)))


class Carbon(socketserver.StreamRequestHandler):
    """Graphite's pickle receiver: a list of (path, (time, value))."""

    def handle(self):
        while len(head := self.rfile.read(4)) == 4:
            length = struct.unpack("!I", head)[0]
            if length > 1 << 20:
                return
            try:
                points = pickle.loads(self.rfile.read(length))
            except pickle.UnpicklingError:
                continue
            for metric, (stamp, value) in got(points):
                float(stamp), float(value), str(metric)


def serve(handler):
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), handler) as server:
        say(f"port {server.server_address[1]}")
        server.serve_forever()


def multiprocessing_listener():
    def talk(connection):
        try:
            while True:
                connection.send(got(connection.recv()))
        except (EOFError, OSError):
            pass

    with multiprocessing.connection.Listener(("127.0.0.1", 0), backlog=128, authkey=KEY) as listener:
        say(f"port {listener.address[1]}")
        while True:
            try:
                connection = listener.accept()
            except (multiprocessing.AuthenticationError, EOFError, OSError):
                continue
            threading.Thread(target=talk, args=(connection,), daemon=True).start()


class Store:
    """What a manager shares."""

    def echo(self, value):
        return got(value)


class Manager(multiprocessing.managers.BaseManager):
    pass


def base_manager():
    store = Store()
    Manager.register("store", callable=lambda: store, exposed=("echo",))
    server = Manager(("127.0.0.1", 0), authkey=KEY).get_server()
    say(f"port {server.address[1]}")
    server.serve_forever()


KINDS = {
    "stream": lambda: serve(Stream),
    "unpickler": lambda: serve(Unpickler),
    "whole": lambda: serve(Whole),
    "recv": lambda: serve(Recv),
    "u32be": lambda: serve(Length),
    "digits": lambda: serve(Digits),
    "logging": lambda: serve(Logging),
    "carbon": lambda: serve(Carbon),
    "multiprocessing": multiprocessing_listener,
    "manager": base_manager,
}

if __name__ == "__main__":
    socket.setdefaulttimeout(None)
    KINDS[sys.argv[1]]()

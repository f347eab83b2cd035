#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What leaves the proxy, recorded byte for byte: no sample of malicious pickles, whole or cut anywhere, gets through."""
import csv
import io
import os
import pickle
import socket
import struct
import threading
import unittest

import firewall
import support

SAMPLES = os.path.join(support.SOURCE, "test", "data", "malicious")
BENIGN = pickle.dumps({"name": "John", "age": 30})

# What may be imported of what is let through: a sample cut at an earlier STOP may be plain data.
PLAIN = {"builtins": {"set", "frozenset", "bytearray", "complex", "range", "slice", "object", "list", "dict", "int", "str"},
         "__builtin__": {"set", "frozenset", "bytearray", "complex", "xrange", "slice", "object"},
         "collections": {"OrderedDict", "deque", "Counter", "defaultdict"}, "_codecs": {"encode"},
         "datetime": {"datetime", "date", "time", "timedelta", "timezone"}, "decimal": {"Decimal"}}


class Careful(pickle.Unpickler):
    def find_class(self, module, name):
        if name not in PLAIN.get(module, ()):
            raise AssertionError(f"{module}.{name} got through")
        return super().find_class(module, name)


class Recorder:
    """A server that keeps what arrives and says nothing."""

    def __init__(self, case):
        self.server, self.port = case.listen()
        self.lock = threading.Condition()
        self.streams, self.open = [], 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.server.accept()
            except OSError:
                return
            with self.lock:
                self.open += 1
                self.streams.append(bytearray())
                threading.Thread(target=self.read, args=(s, self.streams[-1]), daemon=True).start()

    def read(self, s, stream):
        with s:
            try:
                while data := s.recv(65536):
                    with self.lock:
                        stream += data
            except OSError:
                pass
        with self.lock:
            self.open -= 1
            self.lock.notify_all()

    def take(self):
        """What has come on the connection that there was since the last call, after it is closed."""
        with self.lock:
            if not self.lock.wait_for(lambda: self.open == 0 and self.streams, support.WAIT):
                raise AssertionError("the proxy's connections stay open")
            taken, self.streams = [bytes(s) for s in self.streams], []
            return taken


def messages(stream):
    found = []
    while stream:
        size = struct.unpack(">I", stream[:4])[0]
        found.append(stream[4:4 + size])
        assert len(found[-1]) == size, "a message was cut"
        stream = stream[4 + size:]
    return found


def samples():
    with open(os.path.join(SAMPLES, "cases.tsv"), encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row[0].endswith(".pkl"):
                with open(os.path.join(SAMPLES, row[0]), "rb") as data:
                    yield row[0], int(row[1]), data.read()


class TestRecorder(firewall.Case):
    def send(self, port, data):
        """Sends, and reads until the proxy closes."""
        with socket.create_connection(("127.0.0.1", port), timeout=support.WAIT) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                s.recv(1)
            except ConnectionError:
                pass

    def check_harmless(self, name, stream):
        for message in messages(stream):
            if message == stream[4:4 + len(BENIGN)]:
                continue
            try:
                Careful(io.BytesIO(message)).load()
            except AssertionError:
                raise
            except Exception as error:
                raise AssertionError(f"{name}: what got through cannot be loaded: {message!r}: {error}") from None

    def test_whole_samples(self):
        """Each sample among benign messages, with each way of refusing."""
        frame = firewall.u32be
        for words, after in ((("--on-refuse", "close"), 0), (("--on-refuse", "drop"), 1)):
            recorder = Recorder(self)
            proxy = self.proxy(recorder.port, "--codec", "pickle", "--framing", "u32be", *words)
            self.send(proxy.port, frame(BENIGN))
            benign = recorder.take()[0]
            for name, _, data in samples():
                self.send(proxy.port, frame(BENIGN) + frame(data) + frame(BENIGN))
                stream = b"".join(recorder.take())
                self.assertEqual(stream, benign * (1 + after), name)
            self.assertEqual(proxy.stop(), 0)
            refused = self.refusals(proxy)
            self.assertTrue(refused and all(line["direction"] == "to upstream" for line in refused))

    def test_raw_samples(self):
        recorder = Recorder(self)
        proxy = self.proxy(recorder.port, "--codec", "pickle", "--framing", "raw", "--reader", "stream")
        self.send(proxy.port, BENIGN)
        benign = recorder.take()[0]
        for name, _, data in samples():
            self.send(proxy.port, BENIGN + data + BENIGN)
            stream = b"".join(recorder.take())
            self.assertTrue(stream.startswith(benign), name)
            file = io.BytesIO(stream)
            while file.tell() < len(stream):
                Careful(file).load()

    def test_samples_cut_at_every_byte(self):
        """As messages of that length on one connection; none but plain data gets through."""
        recorder = Recorder(self)
        proxy = self.proxy(recorder.port, "--codec", "pickle", "--framing", "u32be", "--on-refuse", "drop")
        for name, _, data in samples():
            if len(data) > 4096:
                continue
            cuts = b"".join(firewall.u32be(data[:cut]) for cut in range(1, len(data)))
            self.send(proxy.port, cuts)
            for stream in recorder.take():
                self.check_harmless(name, stream)

    def test_streams_cut_at_every_byte(self):
        """An unfinished message at the end of the stream is dropped."""
        recorder = Recorder(self)
        proxy = self.proxy(recorder.port, "--codec", "pickle", "--framing", "u32be")
        wire = firewall.u32be(BENIGN)
        self.send(proxy.port, wire)
        benign = recorder.take()[0]
        for cut in range(2 * len(wire) + 1):
            self.send(proxy.port, (wire * 2)[:cut])
            self.assertEqual(b"".join(recorder.take()), benign * (cut // len(wire)), cut)


if __name__ == "__main__":
    unittest.main()

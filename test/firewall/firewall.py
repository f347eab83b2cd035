# SPDX-License-Identifier: MIT
"""What the firewall tests share: services behind a proxy, how each kind is spoken to, and pickles that touch a file."""
import base64
import json
import multiprocessing.connection
import os
import pickle
import socket
import struct
import sys

import objects
import services
import support

HERE = os.path.dirname(os.path.abspath(__file__))


class Kind:
    """How one kind of service is spoken to. `words` are the proxy's options."""

    def __init__(self, name, *words, frame=None, read=None, answers=True, make=objects.random_object, protocols=range(6),
                 pipelined=True, one_each=False):
        self.name, self.words, self.frame, self.read, self.answers = name, words, frame, read, answers
        self.make, self.protocols, self.pipelined, self.one_each = make, protocols, pipelined, one_each


def u32be(data):
    return struct.pack(">I", len(data)) + data


def read_u32be(file):
    head = file.read(4)
    return file.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None


def digits(data):
    return f"{len(data):<10}".encode() + data


def read_digits(file):
    head = file.read(10)
    return file.read(int(head)) if len(head) == 10 else None


def bare(data):
    return data


def read_bare(file):
    try:
        return pickle.dumps(pickle.load(file))
    except EOFError:
        return None


def small(rng):
    return objects.random_object(rng, small=True)


KINDS = [
    Kind("stream", "--codec", "pickle", "--framing", "raw", "--reader", "stream", frame=bare, read=read_bare),
    Kind("unpickler", "--codec", "pickle", "--framing", "raw", "--reader", "stream", frame=bare, read=read_bare,
         answers=False),
    Kind("whole", "--codec", "pickle", "--framing", "raw", "--reader", "whole", frame=bare, read=read_bare, one_each=True),
    Kind("recv", "--codec", "pickle", "--framing", "raw", "--reader", "recv:4096", frame=bare, read=read_bare,
         make=small, pipelined=False),
    Kind("u32be", "--codec", "pickle", "--framing", "u32be", frame=u32be, read=read_u32be),
    Kind("digits", "--codec", "pickle", "--as", "digits", frame=digits, read=read_digits),
    Kind("logging", "--as", "logging", frame=u32be, answers=False, make=objects.record, protocols=(1,)),
    Kind("carbon", "--as", "carbon", frame=u32be, answers=False, make=objects.points, protocols=(2,)),
]


def builtin(rng):
    """Of builtins alone, which need no names."""
    return [objects.plain(rng), ["shared"] * 2, rng.random(), {"list": [rng.getrandbits(70)] * 2, "bytes": objects.some_bytes(rng, 300)}]


VERBATIM = [
    Kind("u32be", "--codec", "pickle", "--framing", "u32be", "--rewrite", "verbatim", "--fresh-unpickler", frame=u32be,
         read=read_u32be, make=builtin),
    Kind("unpickler", "--codec", "pickle", "--framing", "raw", "--reader", "stream", "--rewrite", "verbatim", frame=bare,
         read=read_bare, answers=False, protocols=(2, 3)),
]


class Service(support.Program):
    """A service of services.py."""

    def __init__(self, kind):
        super().__init__([sys.executable, os.path.join(HERE, "services.py"), kind])
        self.port = int(self.wait_text("out", r"port (\d+)\n").group(1))

    def shapes(self):
        """The shapes of all that it has unpickled."""
        return [line[4:] for line in self.lines() if line.startswith("got ")]

    def wait_shapes(self, count):
        self.wait_lines(count + 1)
        return self.shapes()


class Case(support.Case):
    def service(self, kind):
        program = Service(kind)
        self.addCleanup(program.kill)
        return program

    def proxy(self, upstream, *words, endpoint="tcp://127.0.0.1:0", front=()):
        """A proxy in front of port `upstream`, or of that endpoint."""
        if isinstance(upstream, int):
            upstream = f"tcp://127.0.0.1:{upstream}"
        return self.listening(support.ONGGI, "proxy", endpoint, *front, upstream, *words)

    def key_file(self):
        path = os.path.join(self.folder(), "key")
        with open(path, "wb", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
            file.write(services.KEY)
        return path

    def refusals(self, proxy):
        """The lines of the log about refused messages, as far as they came."""
        return [json.loads(line) for line in proxy.err.splitlines() if line.startswith('{"time"')]

    def wait_refusals(self, proxy, count):
        """The first of them, as soon as there are so many."""
        return support.wait_for(lambda: len(lines := self.refusals(proxy)) >= count and lines,
                                f"{count} lines about refusals")[:count]

    def wait_refusal(self, proxy):
        """The first of them."""
        return self.wait_refusals(proxy, 1)[0]


def as_it_is(data):
    return data


def in_base64(data):
    return base64.b64encode(data).decode()


def nest(data, depth, keep):
    """The pickle in `depth` others, each of which holds the next as `keep` makes it."""
    for _ in range(depth):
        data = pickle.dumps({"kept": keep(data)})
    return data


def mark_of(case):
    """A path that an evil pickle touches."""
    return os.path.join(case.folder(), "evil")


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def evil_pickles(path):
    """Pickles that touch `path`, in the ways that there are."""
    made = [pickle.dumps(Evil(path), protocol) for protocol in range(6)]
    name = path.encode()
    touch = b"touch " + name
    made += [
        b"cos\nsystem\n(S'" + touch + b"'\ntR.",
        b"(S'" + touch + b"'\nios\nsystem\n.",
        b"(cos\nsystem\nS'" + touch + b"'\no.",
        b"\x80\x02cos\nsystem\nX" + struct.pack("<I", len(touch)) + touch + b"\x85R0N.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c" + bytes([len(touch)]) + touch + b"\x85R.",
        b"\x80\x02cbuiltins\neval\nX" + struct.pack("<I", len(b"open('',\"w\")") + len(name)) + b"open('" + name + b"',\"w\")" + b"\x85R.",
        b"\x80\x02cbuiltins\ngetattr\ncos\nposix_fallocate\nX\x08\x00\x00\x00__name__\x86R0cos\nsystem\nX" +
        struct.pack("<I", len(touch)) + touch + b"\x85R.",
        pickle.dumps([1, {"a": Evil(path)}]),
        pickle.dumps({Evil(path).path: (1, [Evil(path)])}, 2),
    ]
    return made


def talk(port, data, reads, count):
    """Sends `data`, then reads `count` answers; None in the place of those that did not come."""
    with socket.create_connection(("127.0.0.1", port), timeout=support.WAIT) as s, s.makefile("rb") as file:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            return [reads(file) for _ in range(count)]
        except (ConnectionError, EOFError, pickle.UnpicklingError):
            return [None] * count


def client(port):
    """A client of multiprocessing."""
    return multiprocessing.connection.Client(("127.0.0.1", port), authkey=services.KEY)

# SPDX-License-Identifier: MIT
"""Servers under load, beside servers written by hand and others; each is started and ended here.

A peer is one row: how it is started and what its messages look like on the wire. A load is one row: what is sent, the
peers that take it, and our goal as a share of one of them.
"""
import collections
import contextlib
import logging.handlers
import os
import pathlib
import pickle
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

from machine import Watch, table

HERE = pathlib.Path(__file__).resolve().parent
LINE = b'{"id":12345,"name":"John","city":"New York","on":true,"x":1.25}\n'  # 64 bytes, as onggi writes it
DATAGRAM = LINE[:-1] + b" "  # 64 bytes as well
TURN = 0.4  # seconds of one turn, about
MANY = 10000  # idle connections
CPUS = sorted(os.sched_getaffinity(0))


def with_length(data):
    return struct.pack(">I", len(data)) + data


def log_record():
    """What logging.handlers.SocketHandler sends."""
    record = logging.LogRecord("service.jar", logging.INFO, "/srv/service/jar.py", 171,
                               "the quick brown fox jumps over %s dogs", (12,), None, "serve")
    return logging.handlers.SocketHandler("", 0).makePickle(record)


SMALL_PICKLE = with_length(pickle.dumps({"id": 12345, "name": "John", "city": "New York", "on": True, "x": 1.25}, 4))

# How a message travels: what is sent for `body`, bytes that come back for it, what is sent first and what is answered.
Wire = collections.namedtuple("Wire", "message answer opening opened", defaults=(b"", 0))


def plain(body):
    return Wire(body, len(body))


def redis_get(body):
    """GET of a key that holds the message."""
    put = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n" % (len(body), body)
    return Wire(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", len(b"$%d\r\n%s\r\n" % (len(body), body)), put, len(b"+OK\r\n"))


def zmtp(kind):
    """ZMTP 3.0 without security: greeting and READY, then frames; a request has an empty frame before it."""
    def wire(body):
        greeting = b"\xff" + b"\0" * 8 + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" * 32
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
        theirs = b"REP" if kind == b"REQ" else b"PULL"
        frame = (b"\x01\0" if kind == b"REQ" else b"") + bytes([0, len(body)]) + body
        return Wire(frame, len(frame), greeting + b"\x04" + bytes([len(ready)]) + ready,
                    64 + 2 + len(ready) - len(kind) + len(theirs))
    return wire


def nng(kind):
    """Scalability protocols over TCP: 0x30 is REQ, whose messages begin with an id, 0x50 is PUSH."""
    def wire(body):
        body = (b"\x80\0\0\1" if kind == 0x30 else b"") + body
        frame = struct.pack(">Q", len(body)) + body
        return Wire(frame, len(frame), b"\0SP\0\0" + bytes([kind]) + b"\0\0", 8)
    return wire


class Peer:
    """One way to start a server. In `words`, BUILD, PORT and COUNT are filled in; a program that prints its port has no PORT."""

    def __init__(self, name, words, wire=plain, ends_itself=False):
        self.name, self.words, self.wire, self.ends_itself = name, words, wire, ends_itself

    def missing(self, build):
        program = self.words[0].replace("BUILD", str(build))
        return shutil.which(program) is None

    @contextlib.contextmanager
    def run(self, build, count=0, kind=socket.SOCK_STREAM):
        port = free_port() if "PORT" in self.words else 0
        words = [word.replace("BUILD", str(build)).replace("PORT", str(port)).replace("COUNT", str(count)) for word in self.words]
        process = subprocess.Popen(["taskset", "-c", str(CPUS[0])] + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        try:
            if port:
                wait_for_port(port)
            else:
                port = int(process.stdout.readline())
            yield process, port
        finally:
            if "PORT" in self.words:
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            self.counted = process.stdout.read()
            process.stdout.close()
            process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port):
    for _ in range(10000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.001)
    raise RuntimeError(f"nothing listens on port {port}")


def onggi(mode, query=""):
    return ["BUILD/bench/peer-onggi", mode, f"tcp://127.0.0.1:0{query}"]


def python(mode):
    return [sys.executable, str(HERE / "python_peers.py"), mode]


EPOLL, BY_HAND = "bare epoll", "recv + memchr + simdjson"
REDIS = Peer("redis GET", ["redis-server", "--port", "PORT", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], redis_get)
ECHO = [
    Peer(EPOLL, ["BUILD/bench/peer-epoll", "echo"]),
    Peer("og_server", onggi("echo")),
    Peer("onggi's streams alone", ["BUILD/bench/peer-stream"]),
    Peer(BY_HAND, ["BUILD/bench/peer-epoll", "simdjson-echo"]),
    REDIS,
    Peer("libzmq REP", ["BUILD/bench/peer-zmq", "rep"], zmtp(b"REQ")),
    Peer("NNG rep", ["BUILD/bench/peer-nng", "rep"], nng(0x30)),
    Peer("asyncio", python("asyncio-echo")),
    Peer("socketserver threads", python("threads-echo")),
]

# Name, connections, in flight, the goal: og_server's rate as a share of bare epoll's.
ECHO_LOADS = [(1, 1, 0.95), (50, 1, 0.95), (500, 1, 0.95), (1, 32, None), (50, 32, 0.65), (500, 32, 0.65)]

OneWay = collections.namedtuple("OneWay", "name body peers ours goal of")
ONE_WAY = [
    OneWay("JSON lines of 64 B", LINE, [
        Peer("bytes alone", ["BUILD/bench/peer-epoll", "bytes"]),
        Peer("newlines alone", ["BUILD/bench/peer-epoll", "lines"]),
        Peer(BY_HAND, ["BUILD/bench/peer-epoll", "simdjson"]),
        Peer("og_server", onggi("count")),
        Peer("libzmq PULL", ["BUILD/bench/peer-zmq", "pull", "COUNT"], zmtp(b"PUSH"), True),
        Peer("NNG pull", ["BUILD/bench/peer-nng", "pull", "COUNT"], nng(0x50), True),
        Peer("asyncio", python("asyncio-count")),
        Peer("socketserver threads", python("threads-count")),
    ], "og_server", 0.36, "newlines alone"),
    OneWay("SocketHandler's log records", log_record(), [
        Peer("bytes alone", ["BUILD/bench/peer-epoll", "bytes"]),
        Peer("og_server", onggi("count", "?codec=pickle&framing=u32be")),
        Peer("logging cookbook's receiver", python("logging")),
    ], "og_server", 35, "logging cookbook's receiver"),
    OneWay(f"pickles of {len(SMALL_PICKLE) - 4} B in u32be framing", SMALL_PICKLE, [
        Peer("bytes alone", ["BUILD/bench/peer-epoll", "bytes"]),
        Peer("og_server", onggi("count", "?codec=pickle&framing=u32be")),
        Peer("socketserver threads", python("pickles")),
    ], "og_server", None, "bytes alone"),
]
ABSOLUTE = {"JSON lines of 64 B": 14e6, "SocketHandler's log records": 2.5e6,
            f"pickles of {len(SMALL_PICKLE) - 4} B in u32be framing": 10e6}

UDP_BATCHED, UDP_ONE = "recvmmsg and sendmmsg", "one call each"
UDP_ECHO = [
    Peer(UDP_ONE, ["BUILD/bench/peer-udp", "echo"]),
    Peer(UDP_BATCHED, ["BUILD/bench/peer-udp", "echo-batched"]),
    Peer("og_server", ["BUILD/bench/peer-onggi", "echo", "udp://127.0.0.1:0"]),
    Peer("Python", python("udp-echo")),
]
UDP_COUNT = [
    Peer(UDP_ONE, ["BUILD/bench/peer-udp", "count"]),
    Peer("GSO to GRO", ["BUILD/bench/peer-udp", "count-gro"]),
    Peer("og_server", ["BUILD/bench/peer-onggi", "count", "udp://127.0.0.1:0"]),
]


def load(build, kind, port, connections, in_flight, seconds, wire, **more):
    words = [build / "bench" / "load", kind, port, connections, in_flight, seconds, wire.message.hex(), wire.answer]
    if wire.opening:
        words += [wire.opening.hex(), wire.opened]
    return subprocess.Popen(["taskset", "-c", str(CPUS[1 % len(CPUS)])] + [str(word) for word in words], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, **more)


def rate_of(process):
    out, _ = process.communicate()
    return float(out) if out.strip() else 0.0


def echo_turn(build, peer, kind, body, connections, in_flight):
    with peer.run(build) as (_, port):
        return rate_of(load(build, kind, port, connections, in_flight, TURN, peer.wire(body)))


def one_way_turn(build, peer, body, count):
    with peer.run(build, count) as (_, port):
        return rate_of(load(build, "flood", port, 1, count, 0, peer.wire(body)))


def datagrams_turn(build, peer, per_call):
    """Datagrams a second that the server took, whatever was lost."""
    with peer.run(build) as (_, port):
        load(build, "udp-flood", port, 1, per_call, TURN, Wire(DATAGRAM, 0)).communicate()
    return int(peer.counted or 0) / TURN


def present(build, peers):
    """The peers that are here; the others are named."""
    absent = [peer.name for peer in peers if peer.missing(build)]
    if absent:
        print(f"\nNot installed, so not measured: {', '.join(absent)}.")
    return [peer for peer in peers if not peer.missing(build)]


def in_turns(rounds, peers, turn):
    """Peer's name -> its rates, everyone's turn in each round."""
    rates = {peer.name: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            rates[peer.name].append(turn(peer))
    return rates


def median_ratio(rates, name, of):
    """The median of the rounds' ratios, which drift less than the rates."""
    pairs = [a / b for a, b in zip(rates.get(name, []), rates.get(of, [])) if b]
    return statistics.median(pairs) if pairs else None


def in_thousands(rate):
    return f"{rate / 1e3:,.1f}"


def print_rates(title, rates, of, judged, watch, note=""):
    """A row a peer; `judged`: name -> goal as a multiple of `of`."""
    rows = []
    for name, values in rates.items():
        ratio, goal = median_ratio(rates, name, of), judged.get(name)
        rows.append([name, in_thousands(statistics.median(values)), ratio, goal, watch.judge(ratio, goal)])
    table(title, ["server", "messages, k/s", f"of {of}", "at least", ""], rows, watch, note)
    return {"title": title, "others": watch.others, "rates": rates}


def measure_echo(build, rounds):
    peers = present(build, ECHO)
    for connections, in_flight, goal in ECHO_LOADS:
        with Watch() as watch:
            rates = in_turns(rounds, peers, lambda peer: echo_turn(build, peer, "echo", LINE, connections, in_flight))
        yield print_rates(f"Request and answer, 64 B: {connections} connections x {in_flight} in flight", rates, EPOLL,
                          {"og_server": goal}, watch)


def measure_one_way(build, rounds):
    for case in ONE_WAY:
        peers = present(build, case.peers)
        with Watch() as watch:
            counts = {peer.name: max(5000, int(TURN * one_way_turn(build, peer, case.body, 5000))) for peer in peers}
            rates = in_turns(rounds, peers, lambda peer: one_way_turn(build, peer, case.body, counts[peer.name]))
        ours, goal = statistics.median(rates[case.ours]), ABSOLUTE[case.name]
        yield print_rates(f"One way, one connection: {case.name}", rates, case.of, {case.ours: case.goal}, watch,
                          f"The goal, {goal / 1e6:g} M/s: {ours / 1e6:.2f} reached {watch.judge(ours, goal)}".rstrip() + ".")


def measure_udp(build, rounds):
    peers = present(build, UDP_ECHO)
    with Watch() as watch:
        rates = in_turns(rounds, peers, lambda peer: echo_turn(build, peer, "udp-echo", DATAGRAM, 1, 32))
    yield print_rates("UDP request and answer, 64 B, 32 in flight", rates, UDP_BATCHED, {"og_server": 0.9}, watch)
    peers = present(build, UDP_COUNT)
    with Watch() as watch:
        rates = in_turns(rounds, peers, lambda peer: datagrams_turn(build, peer, 1 if peer.name == UDP_ONE else 64))
    yield print_rates("UDP one way, 64 B: datagrams taken", rates, UDP_ONE, {"og_server": 8.0}, watch)


def resident(pid):
    """Bytes of memory that a process alone holds."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(("Private_Clean", "Private_Dirty")))


def idle_bytes(build, peer, connections):
    """Memory of each idle connection that has been answered once; the first 500 are not counted."""
    with peer.run(build) as (process, port):
        held = []
        for some in (500, connections - 500):
            client = load(build, "idle", port, some, 1, 0, peer.wire(LINE))
            if client.stdout.readline() != "ready\n":
                client.communicate()
                return None
            held.append((client, resident(process.pid)))
        for client, _ in held:
            client.communicate()
        return (held[1][1] - held[0][1]) / (connections - 500)


def measure_idle(build):
    import resource
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    names = (EPOLL, "og_server", "redis GET", "libzmq REP", "NNG rep", "asyncio")
    peers = present(build, [peer for peer in ECHO if peer.name in names])
    with Watch() as watch:
        cases = [(peer, MANY) for peer in peers] + [(peer, 19000) for peer in peers if peer.name == "og_server" and most >= 19500]
        rows = []
        for peer, connections in cases:
            each = idle_bytes(build, peer, connections)
            ours = peer.name == "og_server"
            rows.append([peer.name, connections, f"{each:.0f}" if each is not None else "failed", 512 if ours else None,
                         each if ours else None])
    rows = [row[:4] + [("met" if row[4] <= 512 else "missed") if row[4] is not None else ""] for row in rows]
    table("Idle connections", ["server", "connections", "bytes each", "at most", ""], rows, watch,
          "Memory that the process alone holds, after each connection has had one message answered.")
    return {"title": "Idle connections", "rows": rows}


LOADS = {"request and answer": measure_echo, "one way": measure_one_way, "udp": measure_udp,
         "idle": lambda build, rounds: [measure_idle(build)]}


def measure(build, rounds, only):
    return [result for name, run in LOADS.items() if only in name for result in run(build, rounds)]

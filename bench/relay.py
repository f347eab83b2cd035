# SPDX-License-Identifier: MIT
"""`onggi proxy` beside haproxy in TCP mode, which looks at no message: rate, added time, log records, long pickles.

The relay has one processor and one thread, load and server behind share another one. `direct` is the same without a relay.
"""
import contextlib
import logging.handlers
import multiprocessing
import os
import pathlib
import pickle
import re
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import time

from machine import Watch, table
import servers

HOST = "127.0.0.1"
LONG, LONG_COUNT = 100 * 10**6, 6  # bytes of a long pickle, and how many are sent in a round
PATIENCE = 30  # seconds for a relay to be there

HAPROXY = """
global
    nbthread 1
    maxconn 2000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen relay
    bind {host}:{port}
    server behind {host}:{behind}
"""


def pickle_of(size):
    """A pickle of a dict of so many bytes."""
    value = {"id": 12345, "x": 1.25, "name": ""}
    value["name"] = "x" * (size - len(pickle.dumps(value, 4)))
    data = pickle.dumps(value, 4)
    assert len(data) == size
    return servers.with_length(data)


def record_of(size):
    """What logging.handlers.SocketHandler sends for a record, of so many bytes."""
    def make(text):
        return logging.handlers.SocketHandler("", 0).makePickle(
            logging.LogRecord("service.jar", logging.INFO, "/srv/service/jar.py", 171, text, (12,), None, "serve"))
    text = "%s dogs"
    data = make(text + "." * (size - len(make(text))))
    assert len(data) == size
    return data


SMALL, RECORD = pickle_of(64), record_of(517)
WIRE = ("--codec", "pickle", "--framing", "u32be")


class Relay:
    """A relay in front of a port: a name, and its options or what else starts it."""

    def __init__(self, name, words=None):
        self.name, self.words = name, words

    def missing(self, build):
        return self.name == "haproxy" and shutil.which("haproxy") is None

    def with_words(self, words):
        return Relay(self.name, words) if self.words is not None else self

    @contextlib.contextmanager
    def in_front_of(self, build, behind, look=True):
        """Its process (None: there is no relay) and the port to connect to. `look`: connects once to see that it is there."""
        if self.name == "direct":
            yield None, behind
            return
        port = None
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log"
            if self.name == "haproxy":
                port = servers.free_port()
                (pathlib.Path(folder) / "cfg").write_text(HAPROXY.format(host=HOST, port=port, behind=behind))
                words = ["haproxy", "-db", "-f", f"{folder}/cfg"]
            elif self.name == BARE.name:
                words = [build / "bench" / "peer-epoll", "relay", str(behind)]
            else:
                words = [build / "onggi", "proxy", f"tcp://{HOST}:0", f"tcp://{HOST}:{behind}", "--log", log, *self.words]
            process = subprocess.Popen(["taskset", "-c", str(servers.CPUS[0]), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
            try:
                if self.name == BARE.name:
                    port = int(process.stdout.readline())
                elif port is None:
                    port = port_in(log, process)
                if look or self.name == "haproxy":
                    servers.wait_for_port(port)
                yield process, port
            finally:
                process.terminate()
                process.communicate()


def port_in(log, process):
    """The port that onggi says it listens on."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if log.exists() and (found := re.search(HOST + r":(\d+)", log.read_text())):
            return int(found.group(1))
        time.sleep(0.01)
    raise RuntimeError(f"{' '.join(map(str, process.args))} does not listen: {log.read_text() if log.exists() else 'no log'}")


DIRECT, OTHER, OURS = Relay("direct"), Relay("haproxy"), Relay("onggi proxy", WIRE)
BARE = Relay("bare epoll")  # what any relay adds: it looks at no byte, and has no limits
LOOKING = Relay(f"{OURS.name} --busy-poll 100", (*WIRE, "--busy-poll", "100"))
RELAYS = [DIRECT, OTHER, OURS]


@contextlib.contextmanager
def server_behind(build, mode):
    """A server of bench/peer_epoll.cpp on the processor of the load: its port."""
    cpu = str(servers.CPUS[1 % len(servers.CPUS)])
    process = subprocess.Popen(["taskset", "-c", cpu, build / "bench" / "peer-epoll", mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.read()
        process.stdout.close()
        process.wait()


def answer_size(port, message):
    """Bytes that come back for it: what is written anew may have another length."""
    with socket.create_connection((HOST, port), timeout=PATIENCE) as s, s.makefile("rb") as file:
        s.sendall(message)
        return 4 + len(file.read(struct.unpack(">I", file.read(4))[0]))


def run_load(build, relay, kind, connections, in_flight):
    """What the load prints."""
    with server_behind(build, "echo") as behind, relay.in_front_of(build, behind) as (_, port):
        wire = servers.Wire(SMALL, answer_size(port, SMALL))
        return servers.load(build, kind, port, connections, in_flight, servers.TURN, wire).communicate()[0].split()


def measure_rates(build, rounds, relays):
    for in_flight, of_haproxy, goal in ((1, 0.9, None), (32, None, 400e3)):
        with Watch() as watch:
            rates = servers.in_turns(rounds, relays, lambda relay: float((run_load(build, relay, "echo", 50, in_flight) or [0])[0]))
        ours = statistics.median(rates[OURS.name])
        note = f"The goal, {goal / 1e3:g} k/s: {ours / 1e3:.0f} reached {watch.judge(ours, goal)}".rstrip() + "." if goal else ""
        yield servers.print_rates(f"Relay, pickles of {len(SMALL) - 4} B in u32be framing: 50 connections x {in_flight} in flight", rates, OTHER.name,
                                  {OURS.name: of_haproxy}, watch, note)


def measure_time(build, rounds, relays):
    relays = [*relays, BARE, LOOKING]
    with Watch() as watch:
        turns = [{relay.name: [float(each) for each in run_load(build, relay, "latency", 1, 1)] for relay in relays} for _ in range(rounds)]
    rows = []
    for relay in relays:
        times = [statistics.median(turn[relay.name][i] for turn in turns) for i in (0, 1)]
        added = [statistics.median(turn[relay.name][i] - turn[DIRECT.name][i] for turn in turns) for i in (0, 1)]
        goals = (30, 100) if relay in (OURS, LOOKING) else (None, None)
        rows.append([relay.name, *times, *added, *goals, *(watch.judge(value, goal, at_most=True) for value, goal in zip(added, goals))])
    table("Relay, added time, one connection", ["relay", "p50, µs", "p99, µs", "added p50", "added p99", "at most", "at most", "p50", "p99"], rows, watch,
          f"From a question of {len(SMALL) - 4} B to its answer; added: to that of the same round without a relay.")
    return [{"title": "added time", "turns": turns, "others": watch.others}]


def flood(build, relay, body, count):
    with server_behind(build, "bytes") as behind, relay.in_front_of(build, behind) as (_, port):
        return servers.rate_of(servers.load(build, "flood", port, 1, count, 0, servers.Wire(body, 0)))


def measure_records(build, rounds, relays):
    relays = [relay.with_words(("--as", "logging")) for relay in relays]
    with Watch() as watch:
        counts = {relay.name: max(5000, int(servers.TURN * flood(build, relay, RECORD, 5000))) for relay in relays}
        rates = servers.in_turns(rounds, relays, lambda relay: flood(build, relay, RECORD, counts[relay.name]))
    ours, goal = statistics.median(rates[OURS.name]), 700e3
    yield servers.print_rates(f"Relay, log records of {len(RECORD)} B one way", rates, OTHER.name, {}, watch,
                              f"Written anew. The goal, {goal / 1e3:g} k/s: {ours / 1e3:.0f} reached {watch.judge(ours, goal)}".rstrip() + ".")


# ---- Long pickles ----

def long_pickle():
    """Arrays of numpy in a pickle of protocol 3, which may be passed on as it is; None without numpy."""
    try:
        import numpy
    except ImportError:
        return None
    arrays = {f"layer {i}": numpy.random.default_rng(i).random(LONG // 8 // 10) for i in range(10)}
    return servers.with_length(pickle.dumps(arrays, 3))


def take_messages(listener, count, times):
    """Reads so many messages, and tells when each was there."""
    os.sched_setaffinity(0, {servers.CPUS[1 % len(servers.CPUS)]})
    room = memoryview(bytearray(1 << 20))
    while count > 0:
        s, _ = listener.accept()
        with s, s.makefile("rb", buffering=0) as file:
            while count > 0 and (head := file.read(4)):  # else it was only looked whether somebody listens
                left = struct.unpack(">I", head)[0]
                while left > 0:
                    left -= s.recv_into(room[:left]) or left
                times.put(time.monotonic())
                count -= 1


def peak(process):
    """Most memory that the process has held, in bytes."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def long_turn(build, relay, message):
    """GB/s from the second message on, and the most memory as a multiple of one message."""
    times = multiprocessing.Queue()
    with socket.create_server((HOST, 0)) as listener:
        taker = multiprocessing.Process(target=take_messages, args=(listener, LONG_COUNT, times), daemon=True)
        taker.start()
        with relay.in_front_of(build, listener.getsockname()[1], look=False) as (process, port), socket.create_connection((HOST, port)) as s:
            for _ in range(LONG_COUNT):
                s.sendall(message)
            came = [times.get(timeout=PATIENCE) for _ in range(LONG_COUNT)]
            held = peak(process) / len(message) if process else None
        taker.join()
    return (LONG_COUNT - 1) * len(message) / (came[-1] - came[0]) / 1e9, held


def measure_long(build, rounds, relays):
    message = long_pickle()
    if message is None:
        print("\nNot installed, so not measured: numpy.")
        return
    words = (*WIRE, "--max-message", "200M", "--policy", "numpy-data")
    cases = [(relay, None) for relay in relays if relay is not OURS]
    cases += [(Relay("onggi proxy, verbatim", (*words, "--rewrite", "verbatim")), 1.0), (Relay("onggi proxy, anew", words), 0.7)]
    with Watch() as watch:
        turns = {relay.name: [] for relay, _ in cases}
        for _ in range(rounds):
            for relay, _ in cases:
                turns[relay.name].append(long_turn(build, relay, message))
    rows = []
    for relay, goal in cases:
        rate = statistics.median(rate for rate, _ in turns[relay.name])
        held = max((held for _, held in turns[relay.name] if held is not None), default=None)
        most = 2.2 if goal else None
        rows.append([relay.name, rate, goal, watch.judge(rate, goal), held, most, watch.judge(held, most, at_most=True)])
    table(f"Relay, a pickle of {(len(message) - 4) / 1e6:.0f} MB of numpy arrays", ["relay", "GB/s", "at least", "", "memory, of the message", "at most", ""],
          rows, watch, "From the second message on; memory: the most that the relay has held.")
    yield {"title": "long pickles", "turns": turns, "others": watch.others}


LOADS = {"rates": measure_rates, "time": measure_time, "records": measure_records, "long": measure_long}


def measure(build, rounds, only):
    relays = servers.present(build, RELAYS)
    return [result for name, run in LOADS.items() if only in name for result in run(build, rounds, relays)]

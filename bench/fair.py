# SPDX-License-Identifier: MIT
"""How long a new client waits for its first answer beside others that send all the time: `onggi serve --echo`, as it is started."""
import contextlib
import json
import multiprocessing
import re
import select
import socket
import subprocess
import tempfile
import time

from machine import Watch, table

HOST = "127.0.0.1"
TURN, LEAD, PAUSE = 2.0, 0.5, 0.002  # seconds: of pings in a round, of the flood before them, between two pings
MIB = 1 << 20
RECORD = {"id": 7, "name": "robot", "values": [1.5] * 20}
LINE = json.dumps(RECORD).encode() + b"\n"
LONG = json.dumps([RECORD] * 1500).encode() + b"\n"

# What they send, how many they are, the bytes, and the goal: milliseconds within which 99 of 100 new clients have an answer.
FLOODS = [
    ("lines of two bytes", 10, b"1\n" * 4096, 20),
    ("lines of two bytes", 200, b"1\n" * 4096, 100),
    (f"lines of {len(LINE)} B", 200, LINE * 40, 100),
    (f"lines of {len(LONG) >> 10} KiB", 200, LONG, 100),
    ("pickles of 60 MiB, empty lists", 1, b"\x80\x04(" + b"]" * (60 * MIB) + b"l.", 10),
    ("pickles of 60 MiB, empty dicts", 1, b"\x80\x04(" + b"}" * (60 * MIB) + b"l.", 10),
    ("JSON of 60 MiB", 1, b"[" + b"{}," * (20 * MIB) + b"1]\n", 10),
]


@contextlib.contextmanager
def serving(build):
    """A server on all processors: its port."""
    with tempfile.NamedTemporaryFile("r") as log, open(log.name, "w") as to_log:
        process = subprocess.Popen([build / "onggi", "serve", "--echo", f"tcp://{HOST}:0"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=to_log)
        try:
            while not (port := re.search(HOST + r":(\d+)", log.read())):
                time.sleep(0.005)
                log.seek(0)
            yield int(port.group(1))
        finally:
            process.terminate()
            process.wait()


def flood(port, count, block):
    """Sends and reads as fast as it can, until it is ended."""
    poll, peers, left = select.epoll(), {}, {}
    for _ in range(count):
        peer = socket.create_connection((HOST, port))
        peer.setblocking(False)
        peers[peer.fileno()], left[peer.fileno()] = peer, memoryview(block)
        poll.register(peer, select.EPOLLIN | select.EPOLLOUT)
    while True:
        for number, events in poll.poll():
            with contextlib.suppress(BlockingIOError):
                if events & select.EPOLLIN:
                    peers[number].recv(1 << 16)
                if events & select.EPOLLOUT:
                    sent = peers[number].send(left[number])
                    left[number] = left[number][sent:] or memoryview(block)


def ping(port):
    """Milliseconds from connecting to the answer."""
    start = time.perf_counter()
    with socket.create_connection((HOST, port)) as client:
        client.sendall(b"[1]\n")
        client.recv(16)
    return (time.perf_counter() - start) * 1e3


def pings_beside(build, count, block):
    with serving(build) as port:
        busy = multiprocessing.Process(target=flood, args=(port, count, block), daemon=True)
        busy.start()
        time.sleep(LEAD)
        times, end = [], time.monotonic() + TURN
        while time.monotonic() < end:
            times.append(ping(port))
            time.sleep(PAUSE)
        busy.terminate()
        busy.join()
    return times


def measure(build, rounds, only):
    results = []
    with Watch() as watch:
        for name, count, block, goal in FLOODS:
            if only not in name:
                continue
            times = sorted(each for _ in range(rounds) for each in pings_beside(build, count, block))
            results.append({"flood": name, "peers": count, "pings": len(times), "p50": times[len(times) // 2],
                            "p99": times[len(times) * 99 // 100], "most": times[-1], "goal": goal})
    rows = [[row["flood"], row["peers"], row["pings"], *(f"{row[share]:.1f}" for share in ("p50", "p99", "most")), row["goal"],
             watch.judge(row["p99"], row["goal"], at_most=True)] for row in results]
    table("A new client beside others that send all the time, `onggi serve --echo`",
          ["they send", "peers", "new clients", "p50, ms", "p99", "most", "p99 at most", ""], rows, watch,
          "From connecting to the answer. Server, flood and clients share the machine's processors.")
    return {"results": results, "others": watch.others}

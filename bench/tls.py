# SPDX-License-Identifier: MIT
"""TLS 1.3 under load, beside a bare OpenSSL echo on epoll: request and answer, bulk, idle connections, handshakes."""
import contextlib
import pathlib
import statistics
import struct
import subprocess
import tempfile

import servers
from machine import Watch, table

ECHO, OURS = "bare OpenSSL", "og_server"
MIB = 1 << 20

# Name, connections, in flight, the goal: og_server's rate as a share of the bare echo's.
LOADS = [(1, 1, 0.85), (50, 1, 0.85), (500, 1, 0.85), (1, 32, 0.7), (50, 32, 0.7), (500, 32, 0.7)]
BULK = [(1, 1, None), (4, 2, 0.8)]
IDLE = 2000


def peers(certificate, query=""):
    return [servers.Peer(ECHO, ["BUILD/bench/peer-tls", certificate]),
            servers.Peer(OURS, ["BUILD/bench/peer-onggi", "echo", "tls://127.0.0.1:0" + query, certificate])]


def load(build, kind, port, connections, in_flight, seconds, message, size=0):
    words = [build / "bench" / "load-tls", kind, port, connections, in_flight, seconds, message.hex(), size]
    return subprocess.Popen(["taskset", "-c", str(servers.CPUS[1 % len(servers.CPUS)])] + [str(word) for word in words],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def worked(pid):
    """Seconds on the processor, of all threads."""
    return sum(int(path.read_text(encoding="ascii").split()[0]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def compare(title, goal, rounds, build, some, started, unit="k/s", scale=1e3):
    """A table of both; `started(port)` is a load that has been started."""
    rates, costs = {peer.name: [] for peer in some}, {peer.name: [] for peer in some}
    with Watch() as watch:
        for _ in range(rounds):
            for peer in some:
                with peer.run(build) as (process, port):
                    client = started(port)
                    client.stdout.readline()
                    before = worked(process.pid)
                    rate = servers.rate_of(client)
                    rates[peer.name].append(rate)
                    costs[peer.name].append((worked(process.pid) - before) / max(rate * servers.TURN, 1) * 1e6)
    ratio = servers.median_ratio(rates, OURS, ECHO)
    rows = [[name, f"{statistics.median(values) / scale:,.2f}", servers.median_ratio(rates, name, ECHO), goal if name == OURS else None,
             f"{statistics.median(costs[name]):,.1f}", watch.judge(ratio, goal) if name == OURS else ""] for name, values in rates.items()]
    table(title, ["server", unit, f"of {ECHO}", "at least", "its own work, µs each", ""], rows, watch)
    return {"title": title, "others": watch.others, "rates": rates, "work": costs}


def measure_echo(build, rounds, certificate):
    for connections, in_flight, goal in LOADS:
        yield compare(f"TLS, request and answer, 64 B: {connections} connections x {in_flight} in flight", goal, rounds,
                      build, peers(certificate),
                      lambda port: load(build, "echo", port, connections, in_flight, servers.TURN, servers.LINE))


def measure_bulk(build, rounds, certificate):
    header = struct.pack(">I", MIB)
    for connections, in_flight, goal in BULK:
        yield compare(f"TLS, bulk of 1 MiB messages: {connections} connections x {in_flight} in flight", goal, rounds,
                      build, peers(certificate, "?codec=bytes&framing=u32be"),
                      lambda port: load(build, "echo", port, connections, in_flight, servers.TURN, header, MIB + 4),
                      "MiB/s", 1)


def measure_handshakes(build, rounds, certificate):
    for kind in ("full", "resumed"):
        yield compare(f"TLS, {kind} handshakes, each with one message answered", None, rounds, build, peers(certificate),
                      lambda port: load(build, kind, port, 1, 1, servers.TURN, servers.LINE), "handshakes/s", 1)


def idle_bytes(build, peer):
    with peer.run(build) as (process, port):
        held = []
        for some in (500, IDLE - 500):
            client = load(build, "idle", port, some, 1, 0, servers.LINE)
            if client.stdout.readline() != "ready\n":
                client.communicate()
                return None
            held.append((client, servers.resident(process.pid)))
        for client, _ in held:
            client.communicate()
        return (held[1][1] - held[0][1]) / (IDLE - 500)


def measure_idle(build, _, certificate):
    with Watch() as watch:
        rows = [[peer.name, IDLE, f"{idle_bytes(build, peer) or 0:,.0f}"] for peer in peers(certificate)]
    table("TLS, idle connections", ["server", "connections", "bytes each"], rows, watch,
          "Memory that the process alone holds, after each connection has had one message answered.")
    yield {"title": "TLS, idle connections", "rows": rows}


MEASURES = {"request and answer": measure_echo, "bulk": measure_bulk, "handshakes": measure_handshakes, "idle": measure_idle}


def measure(build, rounds, only):
    with tempfile.TemporaryDirectory(prefix="onggi-bench-") as folder:
        subprocess.run([str(servers.HERE.parent / "tools" / "make-cert"), folder], check=True, stdout=subprocess.DEVNULL)
        pem = pathlib.Path(folder, "both.pem")
        with contextlib.suppress(FileNotFoundError):
            pem.touch(0o600)
        pem.write_bytes(pathlib.Path(folder, "server.pem").read_bytes() + pathlib.Path(folder, "server.key").read_bytes())
        return [result for name, run in MEASURES.items() if only in name for result in run(build, rounds, str(pem))]

# SPDX-License-Identifier: MIT
"""The command under load, its start, and sizes."""
import contextlib
import os
import pathlib
import pickle
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import data
from machine import Watch, table
from servers import CPUS, LINE, load, plain, rate_of

CONVERTED = 100_000_000  # bytes
SERVED = 1_000_000       # lines, one way
PYTHON_CONVERT = "import json,sys\nfor line in sys.stdin: print(json.dumps(json.loads(line), separators=(',', ':')))"
PYTHON_PICKLES = ("import json,pickle,sys\nf=sys.stdin.buffer\nwhile f.peek(1): "
                  "print(json.dumps(pickle.load(f), separators=(',', ':')))")


@contextlib.contextmanager
def serving(build, out, *options):
    """`onggi serve` with its standard output in a file: (process, port)."""
    with tempfile.NamedTemporaryFile("r") as log, open(log.name, "w") as to_log, open(out, "wb") as to_file:
        process = subprocess.Popen(["taskset", "-c", str(CPUS[0]), build / "onggi", "serve", *options, "tcp://127.0.0.1:0"],
                                   stdin=subprocess.DEVNULL, stdout=to_file, stderr=to_log)
        while not (port := re.search(r":(\d+)\s", log.read())):
            time.sleep(0.005)
            log.seek(0)
        try:
            yield process, int(port.group(1))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def count_lines(path):
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def serve_one_way(build, folder):
    """Lines a second that were printed to a file."""
    out = folder / "printed"
    with serving(build, out) as (_, port):
        start = time.monotonic()
        rate_of(load(build, "flood", port, 1, SERVED, 0, plain(LINE)))
        seconds = time.monotonic() - start
    assert count_lines(out) == SERVED
    return SERVED / seconds


def serve_echo(build, folder):
    with serving(build, folder / "printed", "--echo") as (_, port):
        return rate_of(load(build, "echo", port, 50, 32, 0.5, plain(LINE)))


def measure_serve(build, folder, rounds):
    kinds = (("one way, one connection", serve_one_way, 3e6), ("--echo, 50 connections x 32 in flight", serve_echo, None))
    with Watch() as watch:
        rates = {name: [run(build, folder) for _ in range(rounds)] for name, run, _ in kinds}
    rows = []
    for name, _, goal in kinds:
        rate = statistics.median(rates[name])
        rows.append([name, f"{rate / 1e6:.2f}", goal and f"{goal / 1e6:g}", watch.judge(rate, goal)])
    table("`onggi serve` printing each to a file, JSON lines of 64 B", ["load", "M/s", "at least", ""], rows, watch)
    return rates


def seconds_of(words, source, out):
    with open(source, "rb") as file, open(out, "wb") as to:
        start = time.monotonic()
        subprocess.run(words, stdin=file, stdout=to, check=True)
        return time.monotonic() - start


def codec_seconds(build, folder, ending, one, count):
    """What the codec alone takes for so many such messages, from onggi-bench's own rows."""
    import json
    sets = folder / "one"
    sets.mkdir(exist_ok=True)
    data.write(sets, {"one": (data.compact(one), one)})
    run = subprocess.run([build / "bench" / "onggi-bench", sets, "5", ""], stdout=subprocess.PIPE, check=True)
    rows = {(row["task"], row["who"]): row.get("median") for row in json.loads(run.stdout)["sets"][0]["rows"]}
    return rows[{"json": "json read and write", "pickle": "pickle to json"}[ending], "onggi"] * count


def measure_convert(build, folder, rounds):
    record = data.record(7)
    line, dumped = data.compact(record) + b"\n", pickle.dumps(record, 4)
    sources = {"json": line, "pickle": dumped}
    counts = {ending: CONVERTED // len(one) for ending, one in sources.items()}
    for ending, one in sources.items():
        (folder / ending).write_bytes(one * counts[ending])
    tools = {
        "json": {"onggi convert": [build / "onggi", "convert", "-i", "json"], "jq -c .": ["jq", "-c", "."],
                 "python3": [sys.executable, "-c", PYTHON_CONVERT]},
        "pickle": {"onggi convert": [build / "onggi", "convert", "-i", "pickle"],
                   "python3": [sys.executable, "-c", PYTHON_PICKLES]},
    }
    rows, results = [], {}
    with Watch() as watch:
        for ending, contenders in tools.items():
            codec = codec_seconds(build, folder, ending, record, counts[ending])
            for name, words in contenders.items():
                if shutil.which(str(words[0])) is None:
                    print(f"\nNot installed, so not measured: {name}.")
                    continue
                ours = name == "onggi convert"
                times = [seconds_of(words, folder / ending, folder / "converted") for _ in range(rounds if ours else 1)]
                seconds = statistics.median(times)
                rows.append([f"100 MB of {ending}", name, seconds, codec / seconds if ours else None, 0.7 if ours else None])
                results[f"{ending} {name}"] = seconds
    rows = [row + [watch.judge(row[3], row[4])] for row in rows]
    table("Converting 100 MB of records to JSON lines", ["what", "who", "seconds", "of the codec's speed", "at least", ""], rows, watch)
    return results


def start_once(build):
    """Seconds from the start to the first accepted connection, and bytes that are then resident."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    start = time.monotonic()
    process = subprocess.Popen([build / "onggi", "serve", f"tcp://127.0.0.1:{port}"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            seconds = time.monotonic() - start
            break
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    process.terminate()
    process.wait()
    return seconds, int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024


def stripped(path, folder):
    copy = folder / "stripped"
    subprocess.run(["strip", "-o", copy, path], check=True)
    return os.path.getsize(copy)


def measure_start(build, folder, rounds):
    with Watch() as watch:
        times, resident = zip(*(start_once(build) for _ in range(max(rounds, 9))))
    held = statistics.median(resident) / 1e6
    rows = [["start to first accept, ms", statistics.median(times) * 1e3, "", ""],
            ["resident then, MB", held, "at most 2.5", watch.judge(held, 2.5, at_most=True)],
            ["the command, stripped, KiB", stripped(build / "onggi", folder) // 1024, "", ""],
            ["the library, stripped, KiB", stripped(os.path.realpath(build / "libonggi.so"), folder) // 1024, "", ""]]
    table("Start and sizes of the command", ["what", "", "goal", ""], rows, watch)
    return {"start": times, "resident": resident}


def measure(build, rounds, only):
    parts = {"serve": measure_serve, "convert": measure_convert, "start": measure_start}
    with tempfile.TemporaryDirectory() as name:
        return {part: run(build, pathlib.Path(name), rounds) for part, run in parts.items() if only in part}

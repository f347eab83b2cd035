# SPDX-License-Identifier: MIT
"""The codecs beside other libraries and CPython, on small messages, on sizes from 16 bytes to 8 KiB, and on large sets."""
import json
import math
import os
import pathlib
import pickle
import subprocess
import tempfile
import tracemalloc

import data
import plot
from machine import Watch, table

HERE = pathlib.Path(__file__).resolve().parent

# Small messages: our time as a share of simdjson's time to read the same text, at most.
OF_SIMDJSON = {
    "json read": {"list-16B": 0.50, "object-63B": 0.47, "jsonrpc-80B": 0.51, "robot-237B": 0.57, "records-1KiB": 0.58,
                  "records-9KiB": 0.60},
    "json write": {"list-16B": 0.89, "object-63B": 0.56, "jsonrpc-80B": 0.43, "robot-237B": 0.80, "records-1KiB": 0.51,
                   "records-9KiB": 0.57},
}

# Small messages: how many times as fast as CPython, at least.
OVER_PYTHON = {"pickle 2 read": 10, "pickle 4 read": 10, "pickle 5 read": 10, "pickle 2 write": 5, "pickle 4 write": 5,
               "pickle 5 write": 5, "pickle to json": 20, "json to pickle": 20}

WITH_POLICY = 1.3  # reading by plain-data, as a multiple of reading without a policy, at most

# Task, peer, the least ratio that we want over the corpora together.
OVER_CORPORA = (
    ("json read", "simdjson", 1.0),
    ("json write", "RapidJSON", 3.0),
    ("json write", "jansson", 20.0),
    ("json indented", "RapidJSON", None),
    ("json in ascii", "RapidJSON", None),
    ("json sorted", "jansson", None),
    ("pickle 4 read", "CPython", 10.0),
    ("pickle 5 read", "CPython", 10.0),
    ("pickle 4 write", "CPython", 5.0),
    ("pickle 5 write", "CPython", 5.0),
    ("pickle to json", "CPython", 25.0),
)

SWEPT = ("json read", "json write", "pickle 4 read", "pickle 4 write", "pickle to json", "json to pickle")


def unit(seconds):
    for limit, factor, name in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {name}"
    return f"{seconds:.3g} s"


class Results:
    """What onggi-bench measured for a group of sets."""

    def __init__(self, build, group, rounds, only, wanted):
        sets = {name: forms for name, forms in data.groups(group).items() if not wanted or name in wanted}
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        data.write(folder, sets)
        with Watch() as self.watch:
            run = subprocess.run([build / "bench" / "onggi-bench", folder, str(rounds)] + ([only] if only else []),
                                 stdout=subprocess.PIPE, check=True,
                                 env={**os.environ, "PYTHON_TASKS": str(HERE / "python_tasks.py")})
        report = json.loads(run.stdout)
        self.absent = report["absent"]
        order = {name: i for i, name in enumerate(sets)}
        self.sets = sorted(report["sets"], key=lambda one: order[one["set"]])
        self.rows = {(one["set"], row["task"], row["who"]): row for one in self.sets for row in one["rows"]}

    def time(self, name, task, who="onggi"):
        return self.rows.get((name, task, who), {}).get("median")

    def output(self, name, task, who="onggi"):
        return self.rows.get((name, task, who), {}).get("output")

    def ratio(self, name, task, who="onggi", of_task=None, of_who="onggi"):
        """One median as a multiple of another; None where one is missing."""
        a, b = self.time(name, task, who), self.time(name, of_task or task, of_who)
        return a / b if a and b else None

    def names(self):
        return [one["set"] for one in self.sets]


def show(seconds):
    return unit(seconds) if seconds else ""


def print_small(results):
    """Every goal for small messages, judged."""
    watch = results.watch
    for task, goals in OF_SIMDJSON.items():
        rows = []
        for name in filter(results.names().__contains__, goals):
            ratio = results.ratio(name, task, of_task="json read", of_who="simdjson")
            times = [show(results.time(name, of, who))
                     for of, who in ((task, "onggi"), ("json read", "simdjson"), (task, "yyjson"), (task, "RapidJSON"))]
            rows.append([name, *times, ratio, goals[name], watch.judge(ratio, goals[name], at_most=True)])
        table(f"Small messages: {task}", ["text", "onggi", "simdjson reads", "yyjson", "RapidJSON", "of simdjson's read",
                                          "at most", ""], rows, watch)
    rows = []
    for task, goal in OVER_PYTHON.items():
        for name in results.names():
            ratio = results.ratio(name, task, "CPython", of_who="onggi")
            sizes = [results.output(name, task, who) for who in ("onggi", "CPython")] if task.endswith("write") else [None] * 2
            verdict = watch.judge(ratio, goal)
            if sizes[0] and sizes[1] and sizes[0] > sizes[1]:
                verdict = "larger output"
            rows.append([task, name, show(results.time(name, task)), show(results.time(name, task, "CPython")), *sizes, ratio, goal,
                         verdict])
    table("Small messages: pickles", ["task", "object", "onggi", "CPython", "bytes", "CPython's", "times as fast", "at least", ""],
          rows, watch)
    rows = []
    for name in results.names():
        ratio = results.ratio(name, "pickle 4 read by plain-data", of_task="pickle 4 read")
        rows.append([name, show(results.time(name, "pickle 4 read by plain-data")), ratio, WITH_POLICY,
                     watch.judge(ratio, WITH_POLICY, at_most=True)])
    table("Small messages: pickle 4 read under the policy plain-data", ["object", "onggi", "of the time without", "at most", ""],
          rows, watch)


def print_sweep(results):
    peers = [who for who in ("onggi", "simdjson", "yyjson", "CPython")
             if any(key[2] == who for key in results.rows)]
    for task in SWEPT:
        whos = [who for who in peers if results.time(data.sweep_name(data.SWEEP[0]), task, who)]
        rows = [[size] + [show(results.time(data.sweep_name(size), task, who)) for who in whos] for size in data.SWEEP]
        if whos:
            table(f"Time per message over its size: {task}", ["bytes of JSON"] + whos, rows, results.watch)


def sweep_lines(results):
    """What plot.lines() draws: task -> who -> [(size, seconds)]."""
    lines = {}
    for (name, task, who), row in results.rows.items():
        if task in SWEPT and "median" in row and who in ("onggi", "simdjson", "yyjson", "CPython"):
            lines.setdefault(task, {}).setdefault(who, []).append((int(name.split("-")[1]), row["median"]))
    return {task: {who: sorted(points) for who, points in lines[task].items()} for task in SWEPT if task in lines}


def source_bytes(one, row):
    """The bytes that a task is said to move: what it reads, or writes if it only writes."""
    if row["task"].endswith("write") and row["output"]:
        return row["output"]
    for form in ("pickle 2", "pickle 4", "pickle 5"):
        if row["task"].startswith(form):
            return one[form]
    return one["pickle 4"] if row["task"].startswith("pickle") else one["json"]


def print_times(results, title):
    rows = []
    fullest = sorted(results.sets, key=lambda one: -len(one["rows"]))
    for task in dict.fromkeys(row["task"] for one in fullest for row in one["rows"]):
        for one in results.sets:
            for row in (row for row in one["rows"] if row["task"] == task):
                if "failed" in row:
                    rows.append([task, one["set"], row["who"], "failed"])
                    continue
                spread = (row["high"] - row["low"]) / row["median"] * 100
                rate = source_bytes(one, row) / row["median"] / 1e9
                rows.append([task, one["set"], row["who"], unit(row["median"]), f"{spread:.0f} %", f"{rate:.3f}",
                             row["output"] or "", results.ratio(one["set"], task, row["who"])])
    table(title, ["task", "set", "who", "time", "spread", "GB/s", "bytes written", "times ours"], rows, results.watch)


def print_corpora(results):
    names = [name for name in data.CORPORA if name in results.names()]
    rows = []
    for task, peer, goal in OVER_CORPORA:
        ratios = [ratio for name in names if (ratio := results.ratio(name, task, peer))]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            rows.append([task, peer, goal, mean, results.watch.judge(mean, goal)])
    if rows:
        table("Corpora: geometric means over " + ", ".join(names), ["task", "against", "times as fast, at least", "reached", ""], rows,
              results.watch)


def python_memory(folder, name):
    """Bytes that CPython holds for a value, and the peak while it is read."""
    for what, ending, read in (("json", "json", json.loads), ("pickle 5", "p5", pickle.loads)):
        path = folder / f"{name}.{ending}"
        if not path.exists():
            continue
        text = path.read_bytes()
        text = text.decode() if what == "json" else text
        tracemalloc.start()
        value = read(text)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del value
        yield {"what": what, "who": "CPython", "held": held, "peak": peak}


def print_memory(build, results):
    folder = pathlib.Path(results.folder.name)
    run = subprocess.run([build / "bench" / "onggi-bench-memory", folder], stdout=subprocess.PIPE, check=True)
    memory = json.loads(run.stdout)
    for one in results.sets:
        one["memory"] = memory[one["set"]] + list(python_memory(folder, one["set"]))
    for what in ("json", "pickle 5"):
        whos = list(dict.fromkeys(row["who"] for one in results.sets for row in one["memory"] if row["what"] == what))
        rows = []
        for one in results.sets:
            found = {row["who"]: row for row in one["memory"] if row["what"] == what}
            if found:
                rows.append([one["set"], one[what]] + [f"{found[who]['held']} ({found[who]['peak']})" if who in found else ""
                                                       for who in whos])
        table(f"Memory of a document read from {what}: bytes held, and in brackets the peak", ["set", what] + whos, rows,
              results.watch, "The text itself is not counted, a copy of it is.")


def print_sizes(results):
    columns = [(task, who) for task in ("json write", "json indented", "json in ascii", "pickle 2 write", "pickle 4 write",
                                        "pickle 5 write") for who in ("onggi", "CPython")]
    rows = [[name] + [results.output(name, task, who) for task, who in columns] for name in results.names()]
    table("Bytes written; CPython writes JSON without spaces here", ["set"] + [f"{task}: {who}" for task, who in columns], rows,
          results.watch)


def measure(build, out, group, rounds, only, wanted):
    """Measures a group, prints its tables, draws its plot; returns what results.json holds of it."""
    results = Results(build, group, rounds, only, wanted)
    if results.absent:
        print(f"\nNot installed, so not measured: {results.absent}.")
    if group == "small":
        print_small(results)
        print_times(results, "Small messages: everything")
    elif group == "sweep":
        print_sweep(results)
        (out / "sweep.svg").write_text(plot.lines("Time per message over its size", sweep_lines(results)))
    else:
        print_times(results, "Large sets: times")
        if not only:
            print_memory(build, results)
            print_sizes(results)
        print_corpora(results)
        shown = [name for name in data.CORPORA if name in results.names()] or results.names()
        (out / "results.svg").write_text(plot.chart(results.sets, shown))
    return {"others": results.watch.others, "sets": results.sets}

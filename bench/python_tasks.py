#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Python at every task, in a process of its own, told what to do on standard input.

`task|file|times` is answered with `seconds output-bytes`.
"""
import collections
import datetime
import decimal
import io
import json
import pickle
import sys
import time
import timeit

# The stock C implementations.
COMPACT = (",", ":")

# As the documentation of pickle restricts what may be named.
ALLOWED = {("datetime", "datetime"): datetime.datetime, ("datetime", "date"): datetime.date, ("decimal", "Decimal"): decimal.Decimal,
           ("collections", "OrderedDict"): collections.OrderedDict}


class Restricted(pickle.Unpickler):
    def find_class(self, module, name):
        found = ALLOWED.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return found


def allowed_loads(data):
    return Restricted(io.BytesIO(data)).load()


# What does each task: a statement, run as timeit compiles it, without a call of its own.
TASKS = {
    "json read": "json.loads(text)",
    "json write": "json.dumps(value, ensure_ascii=False, separators=COMPACT)",
    "json indented": "json.dumps(value, ensure_ascii=False, indent=2)",
    "json in ascii": "json.dumps(value, separators=COMPACT)",
    "json sorted": "json.dumps(value, ensure_ascii=False, sort_keys=True, separators=COMPACT)",
    "json read and write": "json.dumps(json.loads(text), ensure_ascii=False, separators=COMPACT)",
    "json to pickle": "dumps(json.loads(text), 4)",
    "pickle 4 read by plain-data": "allowed_loads(data)",
    "pickle to json": "json.dumps(loads(data), ensure_ascii=False, separators=COMPACT)",
}
for _protocol in (2, 4, 5):
    TASKS[f"pickle {_protocol} read"] = "loads(data)"
    TASKS[f"pickle {_protocol} write"] = f"dumps(value, {_protocol})"


def load(path):
    """The names that the statements use, for one file."""
    with open(path, "rb") as file:
        data = file.read()
    names = {"json": json, "loads": pickle.loads, "dumps": pickle.dumps, "COMPACT": COMPACT, "allowed_loads": allowed_loads}
    if data[:1] == b"\x80":
        return names | {"data": data, "value": pickle.loads(data)}
    return names | {"text": data.decode(), "value": json.loads(data)}


def main():
    loaded = {}
    for line in sys.stdin:
        task, path, times = line.rstrip("\n").split("|")
        if path not in loaded:
            if len(loaded) == 4:  # the forms of the set before
                loaded.clear()
            loaded[path] = load(path)
        statement = TASKS[task]
        result = eval(statement, loaded[path])
        seconds = timeit.Timer(statement, timer=time.thread_time, globals=loaded[path]).timeit(int(times))
        size = len(result.encode()) if isinstance(result, str) else len(result) if isinstance(result, bytes) else 0
        print(f"{seconds:.9f} {size}", flush=True)


if __name__ == "__main__":
    main()

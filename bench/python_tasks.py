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

# The stock C implementations; the lambdas cost some 50 ns a call.
COMPACT = (",", ":")


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=COMPACT)


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


def tasks(data):
    """What can be done with the bytes of a file: name -> (function, argument)."""
    text = data[:1] not in (b"\x80",)
    if text:
        string = data.decode()
        value = json.loads(string)
        return {
            "json read": (json.loads, string),
            "json write": (dumps, value),
            "json indented": (lambda v: json.dumps(v, ensure_ascii=False, indent=2), value),
            "json in ascii": (lambda v: json.dumps(v, separators=COMPACT), value),
            "json sorted": (lambda v: json.dumps(v, ensure_ascii=False, sort_keys=True, separators=COMPACT), value),
            "json read and write": (lambda s: dumps(json.loads(s)), string),
            "json to pickle": (lambda s: pickle.dumps(json.loads(s), 4), string),
        }
    value = pickle.loads(data)
    protocol = data[1]
    return {
        f"pickle {protocol} read": (pickle.loads, data),
        f"pickle {protocol} read by plain-data": (allowed_loads, data),
        f"pickle {protocol} write": (lambda v: pickle.dumps(v, protocol), value),
        "pickle to json": (lambda p: dumps(pickle.loads(p)), data),
    }


def main():
    loaded = {}
    for line in sys.stdin:
        task, path, times = line.rstrip("\n").split("|")
        if path not in loaded:
            with open(path, "rb") as file:
                loaded = {path: tasks(file.read())}
        function, argument = loaded[path][task]
        start = time.perf_counter()
        for _ in range(int(times)):
            result = function(argument)
        seconds = time.perf_counter() - start
        size = len(result.encode()) if isinstance(result, str) else len(result) if isinstance(result, bytes) else 0
        print(f"{seconds:.9f} {size}", flush=True)


if __name__ == "__main__":
    main()

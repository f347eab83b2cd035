# SPDX-License-Identifier: MIT
"""The sets of data that the codecs are measured on. All but the public corpora are made here, the same each time."""
import datetime
import decimal
import json
import os
import pathlib
import pickle
import random
import sys

CORPORA = ("twitter", "canada", "citm_catalog")
PROTOCOLS = (2, 4, 5)
SWEEP = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def record(i):
    """What a log handler sends, in short."""
    return {"name": "service.jar", "levelno": 20, "created": round(1.7e9 + i + 0.123, 3),
            "msg": "the quick brown fox jumps over the lazy dog again", "args": None, "lineno": i * 17,
            "process": 4000, "threadName": f"worker-{i}", "exc_info": None, "ok": True}


def small():
    """The messages that most sockets carry: name -> value. Their names say their length as JSON."""
    sets = {
        "list-16B": [1.5, 2.25, 3.125],
        "object-63B": {"id": 12345, "name": "John", "city": "New York", "on": True, "x": 1.25},
        "jsonrpc-80B": {"jsonrpc": "2.0", "method": "sensor.read", "params": {"id": 17, "unit": "C"}, "id": 4211},
        "robot-237B": {
            "jsonrpc": "2.0", "method": "robot.move",
            "params": {"joint": [0.12, 1.5, -0.7, 2.25, 0.0, 3.14159], "speed": 0.8, "frame": "base_link",
                       "wait": True, "tags": ["a1", "b2"]},
            "id": "7f3c9a1e-0b52-4d7e-9c1a-5f2b8e6d4a90", "ts": 1764299999.125, "from": "planner-3"},
        "records-1KiB": {"records": [record(i) for i in range(5)]},
        "records-9KiB": {"records": [record(i) for i in range(45)]},
    }
    return sets


def swept(size):
    """A list of records, or what there is room for of one, that is exactly `size` bytes of JSON."""
    value = []
    while len(compact(value + [record(len(value))])) <= size - 32:
        value.append(record(len(value)))
    last = {}
    for key, item in record(len(value)).items():
        if len(compact(value + [last | {key: item}])) > size - 10:
            break
        last[key] = item
    value.append(last)
    last["x"] = ""
    last["x"] = "x" * (size - len(compact(value)))
    assert len(compact(value)) == size
    return value


def odd():
    """Small and odd data: name -> value."""
    rng = random.Random(20)
    words = ["pickle", "jar", "socket", "옹기", "frame", "value", "naïve", "loop"]
    log = lambda i: {  # noqa: E731
        "name": f"service.{rng.choice(words)}", "levelno": rng.choice([10, 20, 30, 40]), "created": 1.7e9 + rng.random(),
        "msg": " ".join(rng.choice(words) for _ in range(12)), "args": None, "lineno": rng.randrange(2000),
        "process": 4000 + i % 8, "threadName": f"worker-{i % 16}", "exc_info": None, "ok": bool(i % 3)}
    nested = []
    for _ in range(400):
        nested = [nested, 1]
    return {
        "log-records": [log(i) for i in range(2000)],
        "metrics": [[f"servers.host{i % 50:02}.cpu.{rng.choice(words)}", [1700000000 + i, round(rng.random() * 100, 3)]]
                    for i in range(5000)],
        "long-strings": ["".join(rng.choice("abcdefghijklmnop qrstuvwxyz") for _ in range(20000)) for _ in range(40)],
        "korean": ["".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(300)) for _ in range(200)],
        "escapes": ["line\n\t\"quoted\" \\ back" * 10 for _ in range(500)],
        "deep": nested,
        "integers": [rng.randrange(-10 ** rng.randrange(1, 18), 10 ** rng.randrange(1, 18)) for _ in range(30000)],
        "doubles": [rng.uniform(-1, 1) * 10 ** rng.randrange(-20, 20) for _ in range(30000)],
    }


def objects():
    """What JSON does not have: name -> value."""
    rng = random.Random(21)
    day = datetime.datetime(2026, 1, 2)
    return {"records-with-objects": [
        {"id": i, "name": f"order {i}", "at": day + datetime.timedelta(seconds=rng.randrange(10 ** 7)), "due": day.date(),
         "price": decimal.Decimal(rng.randrange(10 ** 6)) / 100, "tags": [f"t{rng.randrange(50)}" for _ in range(3)],
         "ok": bool(i % 3)}
        for i in range(2000)]}


def corpora():
    """The public texts, where ONGGI_SHARED (or ../shared beside the project) holds them: name -> bytes."""
    folder = pathlib.Path(os.environ.get("ONGGI_SHARED", pathlib.Path(__file__).resolve().parents[2] / "shared"))
    texts = {path.stem: path.read_bytes() for path in sorted((folder / "data" / "json").glob("*.json"))}
    for name in CORPORA:
        if name not in texts:
            print(f"{name}: not here ({folder}/data/json), left out", file=sys.stderr)
    return texts


def sweep_name(size):
    return f"sweep-{size}"


def groups(group):
    """The sets of a group, `small`, `sweep` or `large`: name -> (JSON text or None, value)."""
    if group == "large":
        texts = corpora()
        sets = {name: (text, json.loads(text)) for name, text in texts.items()}
        sets |= {name: (compact(value), value) for name, value in odd().items()}
        return sets | {name: (None, value) for name, value in objects().items()}
    values = small() if group == "small" else {sweep_name(size): swept(size) for size in SWEEP}
    return {name: (compact(value), value) for name, value in values.items()}


def write(folder, sets):
    """Writes each set's JSON text and pickles into the folder."""
    for name, (text, value) in sets.items():
        if text is not None:
            (folder / f"{name}.json").write_bytes(text)
        for protocol in PROTOCOLS:
            (folder / f"{name}.p{protocol}").write_bytes(pickle.dumps(value, protocol))


if __name__ == "__main__":  # data.py FOLDER GROUP...: for programs that are run by hand
    for name in sys.argv[2:]:
        write(pathlib.Path(sys.argv[1]), groups(name))

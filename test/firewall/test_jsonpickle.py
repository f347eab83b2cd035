#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onggi proxy in front of a service that reads its JSON with jsonpickle, the real one: what its tags name or call is judged."""
import datetime
import json
import os
import pickle
import unittest

import firewall
import support

try:
    import jsonpickle
    import jsonpickle.tags
except ImportError:
    jsonpickle = None

LOSSLESS = "codec=json&form=lossless&framing=line"
PICKLE = "codec=pickle&framing=u32be"
# Tags that hold values, and those that only name a class, which the policy judges.
HARMLESS = {"py/tuple", "py/set", "py/b64"}
NAMES = {"py/type", "py/object"}


class Job:
    def __init__(self, number):
        self.number = number


class Kept(Job):
    def __getstate__(self):
        return {"number": self.number}

    def __setstate__(self, state):
        self.__dict__.update(state)


class Touches:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def evil_texts(path):
    """JSON that touches `path` when jsonpickle decodes it."""
    command = json.dumps(f"touch {path}")
    call = f'{{"py/reduce": [{{"py/function": "os.system"}}, {{"py/tuple": [{command}]}}]}}'
    by_type = f'{{"py/reduce": [{{"py/type": "posix.system"}}, [{command}]]}}'
    popen = f'"subprocess.Popen", "%s": {{"py/tuple": [{{"py/tuple": ["touch", "{path}"]}}]}}'
    return [
        jsonpickle.encode(Touches(path)),
        jsonpickle.encode({"a": [1, Touches(path)]}),
        call, by_type,
        f'{{"py/repr": "os/os.system({command})"}}'.replace('(\"', "('").replace('\")', "')"),
        f'[{call}]', f'{{"a": {call}}}', f'{{"py/tuple": [1, {call}]}}', f'{{"py/set": [{call}]}}', f'{{"py/iterator": [{call}]}}',
        f'{{"py/object": {popen % "py/newargs"}}}', f'{{"py/object": {popen % "py/initargs"}}}',
        f'{{"py/object": "collections.deque", "py/state": {call}}}',
        f'{{"py/object": "collections.OrderedDict", "a": {call}}}',
        f'{{"py/object": "collections.defaultdict", "default_factory": {call}}}',
        f'{{"py/object": "builtins.list", "py/seq": [{call}]}}',
        f'{{"py/object": "datetime.datetime", "__reduce__": [{call}, ["AAAA"]]}}',
        call.replace("py/reduce", "p\\u0079/reduce"), call.replace("py/reduce", "py\\/reduce"),
        f'{{"a": 1, {call[1:]}', f'{{{call[1:-1]}, "a": 1}}', f'{{"a": 1, "a": {call}}}',
        json.dumps({"json://" + call: 1}), json.dumps({"a": [{"json://" + by_type: 1}]}),
        json.dumps({"py/object": "collections.OrderedDict", "json://" + call: 1}),
    ]


@unittest.skipUnless(jsonpickle, "jsonpickle is not installed")
class Jsonpickle(firewall.Case):
    def setUp(self):
        super().setUp()
        self.mark = firewall.mark_of(self)

    def pair(self, front, behind, *words):
        server, port = self.listen()
        proxy = self.proxy(f"tcp://127.0.0.1:{port}?{behind}", "--expect", "any", "--on-refuse", "drop", *words, endpoint=f"tcp://127.0.0.1:0?{front}")
        s = self.connect(proxy.port)
        upstream, _ = server.accept()
        upstream.settimeout(support.WAIT)
        self.addCleanup(upstream.close)
        return proxy, s, upstream

    def decode(self, text):
        """As the service does, which also reads what is in keys."""
        return jsonpickle.decode(text.decode(), keys=True)

    def passed(self, s, upstream, message, last):
        """The lines that come before that of `last`, a message that passes."""
        s.sendall(message + last)
        lines = []
        while (line := support.recv_until(upstream, b"\n")) != b'"last"\n':
            lines.append(line)
        return lines

    def touched(self):
        there = os.path.exists(self.mark)
        if there:
            os.unlink(self.mark)
        return there

    def test_the_attacks_work_without_the_proxy(self):
        worked = 0
        for text in evil_texts(self.mark):
            try:
                self.decode(text.encode())
            except Exception:  # what it has done is done
                pass
            worked += self.touched()
        self.assertGreater(worked, 15)

    def test_what_calls_never_reaches_the_service(self):
        proxy, s, upstream = self.pair(LOSSLESS, LOSSLESS)
        for text in evil_texts(self.mark):
            for line in self.passed(s, upstream, text.encode() + b"\n", b'"last"\n'):
                self.assertIn("json://", text, f"{text} became {line}")
                self.decode(line)
            self.assertFalse(self.touched(), text)
        self.wait_refusal(proxy)

    def test_each_tag(self):
        """All that the installed version knows, and some that others do."""
        tags = {tag for tag in vars(jsonpickle.tags).values() if isinstance(tag, str) and tag.startswith("py/")} | jsonpickle.tags.RESERVED
        self.assertGreater(len(tags), 15)
        _, s, upstream = self.pair(LOSSLESS, LOSSLESS)
        for tag in sorted(tags | {"py/mod", "py/module", "py/other", "py/", "py/Object", "py/reduce_ex"}):
            for value in ("posix.system", ["posix", "system"], [{"py/function": "posix.system"}, {"py/tuple": ["true"]}], {"py/type": "posix.system"},
                          "os/os.system('true')", 1, [], {}, "builtins.eval", "subprocess.Popen"):
                for message in ({tag: value}, {tag: value, "py/state": {}}, {"a": {tag: value}}, {"py/object": "collections.deque", tag: value}):
                    lines = self.passed(s, upstream, json.dumps(message).encode() + b"\n", b'"last"\n')
                    if tag not in HARMLESS | NAMES or "posix" in str(value) or "builtins" in str(value) or "Popen" in str(value):
                        named = b"".join(lines)
                        self.assertTrue(tag in HARMLESS or not lines or b"posix" not in named and b"eval" not in named and b"Popen" not in named, (message, lines))
                    if tag not in HARMLESS | NAMES and tag not in ("py/state", "py/ref"):
                        self.assertEqual(lines, [], message)

    def test_keys_that_are_tags_stay_keys(self):
        """Written for the service, from pickles and from plain JSON: a dict of anybody's may have such keys."""
        call = {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": [f"touch {self.mark}"]}]}
        values = [call, [call], {"a": call}, {"json://" + json.dumps(call): 1}, {"a": {"json://" + json.dumps(call): 1}},
                  {"py/object": "subprocess.Popen", "py/newargs": {"py/tuple": [["touch", self.mark]]}}, {"py/repr": f"os/os.system('touch {self.mark}')"}]
        values += [{tag: "posix.system"} for tag in sorted(jsonpickle.tags.RESERVED)]
        for front, write, last in ((PICKLE, lambda v: firewall.u32be(pickle.dumps(v)), firewall.u32be(pickle.dumps("last"))),
                                   ("codec=json&framing=line", lambda v: json.dumps(v).encode() + b"\n", b'"last"\n')):
            _, s, upstream = self.pair(front, LOSSLESS)
            for value in values:
                lines = self.passed(s, upstream, write(value), last)
                self.assertEqual(len(lines), 1, value)
                self.decode(lines[0])
                self.assertFalse(self.touched(), value)

    def test_names_in_pickles_are_judged_before_they_become_tags(self):
        _, s, upstream = self.pair(PICKLE, LOSSLESS)
        for evil in firewall.evil_pickles(self.mark):
            self.assertEqual(self.passed(s, upstream, firewall.u32be(evil), firewall.u32be(pickle.dumps("last"))), [])
        self.assertFalse(self.touched())

    def test_what_is_plain_passes(self):
        _, s, upstream = self.pair(LOSSLESS, LOSSLESS)
        for value in (None, 1, 2.5, "text", [1, [2]], {"a": {"b": []}}, (1, (2, "x")), {1, 2}, b"\x00\xff", {"t": (1, {"s": {3}})}):
            lines = self.passed(s, upstream, jsonpickle.encode(value).encode() + b"\n", b'"last"\n')
            self.assertEqual(self.decode(lines[0]), value)

    def test_objects_need_a_row(self):
        policy = os.path.join(self.folder(), "ours.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write(f"include plain-data\nallow {Kept.__module__}.Kept\n")
        text = jsonpickle.encode(Kept(7)).encode() + b"\n"
        proxy, s, upstream = self.pair(LOSSLESS, LOSSLESS)
        for value in (Kept(7), Job(7), [Job(1)], Job, os.system, {"a": datetime.datetime.now}, os.path.join):
            self.assertEqual(self.passed(s, upstream, jsonpickle.encode(value).encode() + b"\n", b'"last"\n'), [])
        row = f"allow {Kept.__module__}.Kept"
        support.wait_for(lambda: any(row in line.get("allow", ()) for line in self.refusals(proxy)), row)
        _, s, upstream = self.pair(LOSSLESS, LOSSLESS, "--policy", policy)
        lines = self.passed(s, upstream, text, b'"last"\n')
        self.assertEqual(self.decode(lines[0]).number, 7)
        self.assertEqual(self.passed(s, upstream, jsonpickle.encode(Job(7)).encode() + b"\n", b'"last"\n'), [])


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""Random conversations: many values on one connection, in any codec and framing, cut anywhere, detected or told, and every
answer compared. ONGGI_SOAK=1 makes it long. A failure names its seed and number: ONGGI_SEED=1 ONGGI_FIRST=46 ONGGI_ROUNDS=1 plays it again."""
import json
import os
import pickle
import random
import threading

import support
from framings import BINARY, CODECS, FRAMINGS

ROUNDS = int(os.environ.get("ONGGI_ROUNDS", "20000" if os.environ.get("ONGGI_SOAK") else "150"))
FIRST = int(os.environ.get("ONGGI_FIRST", "0"))
TEXTS = ["", "a", "가나다", "\n", '"', "\\", "\u2028", "😀", "\x7f", "x" * 100, "긴 글 " * 300]


def leaf(r, rich):
    choices = [None, True, False, 0, -1, 255, 65536, 2**31, -2**63, 2**100, 1.5, -0.0, 1e300, 5e-324, r.random(), r.choice(TEXTS)]
    if rich:
        choices += [b"", b"\0\xff" * 20, bytearray(b"x"), 1 - 2j, frozenset((1, "둘")), (), float("inf")]
    return r.choice(choices)


def value(r, rich, depth=4):
    if depth == 0 or r.random() < 0.3:
        return leaf(r, rich)
    items = [value(r, rich, depth - 1) for _ in range(r.choice((0, 1, 2, 5, 20 if depth == 4 else 3)))]
    kind = r.randrange(4 if rich else 2)
    if kind == 0:
        return {r.choice(TEXTS) + str(n): item for n, item in enumerate(items)}
    return tuple(items) if kind == 2 else items


def message(r, rich):
    """What programs send on bare sockets: a dict or a list at the top."""
    return {"n": value(r, rich)} if r.random() < 0.5 else [value(r, rich)]


def send_in_pieces(s, data, r, whole=0):
    """Sends `data` cut anywhere but in its first `whole` bytes."""
    style = r.choice(("whole", "small", "large"))
    if whole and style != "whole":
        s.sendall(data[:whole])
        data = data[whole:]
    while data:
        size = len(data) if style == "whole" else r.randint(1, 7 if style == "small" and len(data) < 2000 else 3000)
        s.sendall(data[:size])
        data = data[size:]


class Random(support.Case):
    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("ONGGI_SEED", "1"))

    def converse(self, port, r, framing, codec, pipelined, told):
        rich = codec == "pickle"
        values = [message(r, rich) for _ in range(r.randint(1, 12))]
        if framing == "raw":
            write, read = (lambda body: body), None
        else:
            write, read = FRAMINGS[framing]
        protocol = r.randint(0, 5)
        dumps = (lambda v: pickle.dumps(v, protocol)) if rich else lambda v: json.dumps(v, ensure_ascii=r.random() < 0.5).encode()
        if framing == "u8":
            values = [[n] for n in range(len(values))]
        elif framing.startswith("u16"):
            values = [v for v in values if len(dumps(v)) < 30000]
        with self.connect(port) as s:
            file = s.makefile("rb")
            data = [write(dumps(v)) for v in values]
            # A pause after the first digits of a length makes a number of them, and a busy machine makes pauses.
            whole = 16 if framing.startswith(("digits", "netstring")) and not told else 0
            if pipelined:
                sender = threading.Thread(target=send_in_pieces, args=(s, b"".join(data), r, whole))
                sender.start()
            for wanted, piece in zip(values, data):
                if not pipelined:
                    send_in_pieces(s, piece, r, whole if piece is data[0] else 0)
                if read:
                    got = CODECS[codec][1](read(s))
                else:
                    got = pickle.load(file) if rich else self.read_json(s)
                self.assertEqual(repr(got), repr(wanted))
            if pipelined:
                sender.join()

    def read_json(self, s):
        return support.recv_json(s)

    def test_conversations(self):
        auto = self.serve("--echo", "--threads", "2")
        told = {}
        for number in range(FIRST, FIRST + ROUNDS):
            r = random.Random(self.seed * 1000003 + number)
            codec = r.choice(("json", "pickle"))
            framing = r.choice([name for name in FRAMINGS if codec == "json" or name in BINARY] + ["raw"])
            tell = framing in ("u8", "varint") or r.random() < 0.4
            pipelined = framing != "raw" or codec == "pickle"
            if tell and (framing, codec) not in told:
                told[framing, codec] = self.serve("--echo", "--framing", framing, "--codec", codec)
            server = told[framing, codec] if tell else auto
            with self.subTest(seed=self.seed, number=number, framing=framing, codec=codec, told=tell):
                try:
                    self.converse(server.port, r, framing, codec, pipelined, tell)
                except (AssertionError, OSError, EOFError) as error:
                    raise AssertionError(f"{error}\nthe server said: {server.err[-1500:]}") from error
        for server in [auto, *told.values()]:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    support.main()

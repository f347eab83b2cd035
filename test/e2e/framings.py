# SPDX-License-Identifier: MIT
"""The framings as Python programs implement them: for each a function that writes one message and one that reads one."""
import json
import pickle
import struct

from support import recv_exactly, recv_until


def prefix(form):
    size = struct.calcsize(form)
    return (lambda body: struct.pack(form, len(body)) + body,
            lambda s: recv_exactly(s, struct.unpack(form, recv_exactly(s, size))[0]))


def prefix24(order):
    return (lambda body: len(body).to_bytes(3, order) + body,
            lambda s: recv_exactly(s, int.from_bytes(recv_exactly(s, 3), order)))


def suffix(end, start=b""):
    return lambda body: start + body + end, lambda s: recv_until(s, end)[len(start):-len(end)]


def write_varint(body):
    number, out = len(body), b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number]) + body


def read_varint(s):
    number, shift = 0, 0
    while True:
        byte = recv_exactly(s, 1)[0]
        number, shift = number | (byte & 127) << shift, shift + 7
        if byte < 128:
            return recv_exactly(s, number)


def read_netstring(s):
    body = recv_exactly(s, int(recv_until(s, b":")[:-1]) + 1)
    assert body.endswith(b",")
    return body[:-1]


def read_header(s):
    head = recv_until(s, b"\r\n\r\n").decode("ascii")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n") if line)
    return recv_exactly(s, int(fields["Content-Length"]))


def read_mp(s):
    length, = struct.unpack(">i", recv_exactly(s, 4))
    return recv_exactly(s, struct.unpack(">Q", recv_exactly(s, 8))[0] if length == -1 else length)


FRAMINGS = {
    "line": suffix(b"\n"),
    "nul": suffix(b"\0"),
    "seq": suffix(b"\n", b"\x1e"),
    "u8": prefix(">B"), "u16be": prefix(">H"), "u16le": prefix("<H"), "u32be": prefix(">I"),
    "u24be": prefix24("big"), "u24le": prefix24("little"), "u32le": prefix("<I"), "u64be": prefix(">Q"), "u64le": prefix("<Q"),
    "varint": (write_varint, read_varint),
    "netstring": (lambda body: b"%d:%s," % (len(body), body), read_netstring),
    "digits:10": (lambda body: f"{len(body):<10}".encode() + body, lambda s: recv_exactly(s, int(recv_exactly(s, 10)))),
    "header": (lambda body: b"Content-Type: any\r\nContent-Length: %d\r\n\r\n" % len(body) + body, read_header),
    "mp": (lambda body: struct.pack(">i", len(body)) + body, read_mp),
}
BINARY = [name for name in FRAMINGS if name not in ("line", "nul", "seq")]
CODECS = {"json": (lambda v: json.dumps(v).encode(), json.loads), "pickle": (pickle.dumps, pickle.loads)}

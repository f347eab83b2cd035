# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: programs started and ended, ports, sockets with time limits. Nothing
here waits for a fixed time: every wait ends as soon as what it waits for is there."""
import contextlib
import fcntl
import json
import os
import pickle
import pty
import queue
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

SOURCE = os.environ.get("ONGGI_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("ONGGI_BUILD") or os.path.join(SOURCE, "build")
ONGGI = os.environ.get("ONGGI") or os.path.join(BUILD, "onggi")
HOST = "127.0.0.1"
ENV = dict(os.environ, PYTHONUTF8="1", PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1", NO_COLOR="1", ONGGI_HISTORY="")


def is_sanitized():
    """True when the command was built with a sanitizer, whose own memory and time hide the program's."""
    if not os.path.exists(ONGGI):
        return False
    with open(ONGGI, "rb") as program:
        data = program.read()
    return b"__asan_init" in data or b"__tsan_init" in data


# How much slower programs run than usual, e.g. under valgrind.
SLOW = max(float(os.environ.get("ONGGI_SLOW", "1")), 5.0 if is_sanitized() else 1.0)
# Seconds after which a test gives up: far more than anything here takes on the busiest machine.
WAIT = 120 * max(1.0, SLOW / 2)
# Seconds by which the output of running programs is seen late. A test that reads what it should wait for passes most
# of the time; with half a second here it fails each time.
LATE = float(os.environ.get("ONGGI_LATE", "0"))


def example(name):
    """The C example `name`, as a command's first word."""
    return os.path.join(BUILD, "examples", name)


def script(name):
    """The Python program `name` of examples/python, as the beginning of a command."""
    return [sys.executable, os.path.join(SOURCE, "examples", "python", name + ".py")]


reserved = []  # sockets whose names tell other test programs which ports are taken


def free_port(kind=socket.SOCK_STREAM):
    """A port for a program that cannot pick one itself, below those that the system gives to clients. No other
    test program gets it while this one runs."""
    while True:
        port = random.randint(10000, 31000)
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                name.bind(f"\0onggi-test-port-{port}")
                s.bind((HOST, port))
            except OSError:
                name.close()
                continue
            reserved.append(name)
            return port


def is_bound(port, kind=socket.SOCK_STREAM):
    """True when some program listens on `port`; found without connecting, which single-client servers mind."""
    table, state = ("/proc/net/tcp", "0A") if kind == socket.SOCK_STREAM else ("/proc/net/udp", "07")
    with open(table, encoding="ascii") as rows:
        return any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == state for row in rows
                   if ":" in row.split()[0])


def wait_for(condition, what, limit=WAIT):
    """Waits until `condition()` is true and returns its result."""
    end = time.monotonic() + limit
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit:.0f} seconds for {what}")
        time.sleep(0.005)


def late(stream):
    """The lines of `stream`, each LATE seconds after it came."""
    came = queue.SimpleQueue()

    def take():
        for line in stream:
            came.put((time.monotonic() + LATE, line))
        came.put((time.monotonic() + LATE, b""))
    threading.Thread(target=take, daemon=True).start()
    while True:
        when, line = came.get()
        time.sleep(max(0.0, when - time.monotonic()))
        if not line:
            return
        yield line


class Program:
    """A program that runs beside the test. Its output is collected line by line as it comes."""

    def __init__(self, command, stdin=subprocess.DEVNULL, preexec_fn=None):
        self.command = command
        self.process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=ENV, preexec_fn=preexec_fn)
        self.changed = threading.Condition()
        self.pieces = {"out": [""], "err": [""]}
        self.readers = [threading.Thread(target=self._read, args=(name, stream), daemon=True)
                        for name, stream in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def _read(self, name, stream):
        for line in late(stream) if LATE else stream:
            with self.changed:
                self.pieces[name].append(line.decode("utf-8", "replace"))
                self.changed.notify_all()
        stream.close()

    def text(self, name):
        """All that came so far."""
        with self.changed:
            pieces = self.pieces[name]
            if len(pieces) > 1:
                pieces[:] = ["".join(pieces)]
            return pieces[0]

    @property
    def out(self):
        return self.text("out")

    @property
    def err(self):
        return self.text("err")

    def lines(self):
        return self.out.splitlines()

    def objects(self):
        """What was printed, as one JSON value a line."""
        return [json.loads(line) for line in self.lines()]

    def _wait(self, name, condition, what, limit):
        end = time.monotonic() + limit
        with self.changed:
            while not (result := condition()):
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self.readers[name == "err"].is_alive()):
                    if result := condition():
                        return result
                    raise AssertionError(f"no {what} from {self.command}: out {self.out[-2000:]!r}, err {self.err[-2000:]!r}")
                self.changed.wait(min(left, 0.2))
            return result

    def wait_text(self, name, pattern, limit=WAIT):
        """Waits for `pattern` in "out" or "err", and returns the match."""
        return self._wait(name, lambda: re.search(pattern, self.text(name)), repr(pattern), limit)

    def wait_lines(self, count, limit=WAIT):
        """Waits for `count` whole lines of output and returns all there are."""
        self._wait("out", lambda: self.out.count("\n") >= count, f"{count} lines", limit)
        return self.lines()

    def wait(self, limit=WAIT):
        """Waits for the end and returns the exit status."""
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command} has not ended: {self.pieces}") from None
        for reader in self.readers:
            reader.join(limit)
        return status

    def stop(self, how=signal.SIGTERM):
        """Asks it to end; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(WAIT)

    def memory(self, field="VmRSS"):
        """Bytes of memory that it holds now (VmRSS) or held at most (VmHWM)."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as rows:
            return next(int(row.split()[1]) * 1024 for row in rows if row.startswith(field + ":"))


class Terminal:
    """A program on a terminal of its own, as a person uses it. What it shows is collected as it comes."""

    def __init__(self, command, stdin=None, stdout=None, stderr=None, **env):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        env = {name: value for name, value in {**ENV, "TERM": "xterm", "NO_COLOR": "", **env}.items() if value is not None}
        self.process = subprocess.Popen(
            [str(word) for word in command], env=env, start_new_session=True,
            stdin=theirs if stdin is None else stdin, stdout=theirs if stdout is None else stdout,
            stderr=theirs if stderr is None else stderr, preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.ours = ours
        self.raw = b""
        self.seen = 0  # characters of `text` that were waited for

    @property
    def text(self):
        """What is to be read, without what moves the cursor and colours."""
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\x1b[=>(][B0]?|\r|\x07", "", self.raw.decode("utf-8", "replace"))

    def read(self, limit):
        """What comes next, or False at the end."""
        if not select.select([self.ours], [], [], limit)[0]:
            return None
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # the program has closed it
            piece = b""
        self.raw += piece
        return piece or False

    def wait_text(self, pattern, limit=WAIT):
        """Waits for `pattern` after what was waited for before, and returns the match."""
        end = time.monotonic() + limit
        while True:
            match = re.search(pattern, self.text[self.seen:])
            if match:
                self.seen += match.end()
                return match
            if time.monotonic() > end or self.read(0.5) is False:
                raise AssertionError(f"no {pattern!r} on the terminal: {self.text!r}")

    def type(self, text):
        os.write(self.ours, text.encode())

    def wait(self, limit=WAIT):
        """Shows all until the end; gives the exit status."""
        while self.read(limit):
            pass
        return self.process.wait(limit)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)


class Case(unittest.TestCase):
    """A test that starts programs; they are ended with it."""

    maxDiff = None

    def start(self, *command, **options):
        program = Program([str(word) for word in command], **options)
        self.addCleanup(program.kill)
        return program

    def listening(self, *command, count=1, **options):
        """Starts a server that says where it listens, waits until it does; `.port` is the first one's."""
        program = self.start(*command, **options)
        program.wait_text("err", r"(?:listening on \S+[\s\S]*?){%d}\n" % count)
        program.endpoints = re.findall(r"listening on ([^\s\"]+)", program.err)
        program.endpoint = program.endpoints[0]
        program.ports = [int(re.search(r":(\d+)$", e).group(1)) for e in program.endpoints if "unix" not in e]
        program.port = program.ports[0] if program.ports else None
        return program

    def serve(self, *words, endpoint="tcp://127.0.0.1:0", **options):
        """Starts `onggi serve`."""
        return self.listening(ONGGI, "serve", endpoint, *words, **options)

    def python_server(self, name, kind=socket.SOCK_STREAM):
        """Starts the Python server examples/python/NAME.py on a free port."""
        port = free_port(kind)
        program = self.start(*script(name), port)
        program.port = port
        wait_for(lambda: is_bound(port, kind) or program.process.poll() is not None, f"{name}.py to listen")
        return program

    def run_program(self, *command, stdin=None, status=0, limit=WAIT):
        """Runs a program to its end, checks its exit status, and returns it with `out` and `err` as texts."""
        words = [str(word) for word in command]
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run(words, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, env=ENV,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit, check=False)
        done.out, done.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        if status is not None:
            self.assertEqual(done.returncode, status, f"{words}\n{done.out[-2000:]}\n{done.err[-2000:]}")
        return done

    def onggi(self, *words, **options):
        return self.run_program(ONGGI, *words, **options)

    def on_terminal(self, *words, **options):
        """Runs the command on a terminal."""
        terminal = Terminal((ONGGI, *words), **options)
        self.addCleanup(terminal.close)
        return terminal

    def connect(self, port, host=HOST):
        s = socket.create_connection((host, port), timeout=WAIT)
        self.addCleanup(s.close)
        return s

    def listen(self):
        """A listening socket of the test's own, with its port."""
        s = socket.create_server((HOST, 0))
        s.settimeout(WAIT)
        self.addCleanup(s.close)
        return s, s.getsockname()[1]

    def folder(self):
        path = tempfile.mkdtemp(prefix="onggi-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path


def recv_all(s):
    """All that comes until the peer closes."""
    data = b""
    while True:
        piece = s.recv(65536)
        if not piece:
            return data
        data += piece


def recv_exactly(s, count):
    data = bytearray()
    while len(data) < count:
        piece = s.recv(min(count - len(data), 1 << 20))
        if not piece:
            raise AssertionError(f"closed after {len(data)} of {count} bytes: {bytes(data[:200])!r}")
        data += piece
    return bytes(data)


def recv_json(s):
    """One JSON value, however it is cut."""
    data = b""
    while True:
        piece = s.recv(65536)
        if not piece:
            raise AssertionError(f"closed after {data[:200]!r}")
        data += piece
        with contextlib.suppress(ValueError):
            return json.loads(data)


def recv_pickle(s):
    """One pickle, however it is cut; what follows stays in the socket."""
    with s.makefile("rb", buffering=0) as file:
        return pickle.load(Exactly(file))


class Exactly:
    """A file that is read as far as it is asked for, and no further."""

    def __init__(self, file):
        self.file = file

    def read(self, count):
        data = b""
        while len(data) < count and (piece := self.file.read(count - len(data))):
            data += piece
        return data

    def readline(self):
        return self.file.readline()


def recv_until(s, end):
    """What comes up to and with `end`; what follows stays in the socket."""
    data = b""
    while not data.endswith(end):
        piece = s.recv(65536, socket.MSG_PEEK)
        if not piece:
            raise AssertionError(f"closed after {data[:200]!r}")
        found = (data + piece).find(end)
        data += s.recv(len(piece) if found < 0 else found + len(end) - len(data))
    return data


def recv_until_large(s, end):
    """As recv_until() for many bytes of which nothing follows `end`."""
    data = bytearray()
    while not data.endswith(end):
        piece = s.recv(1 << 20)
        if not piece:
            raise AssertionError(f"closed after {len(data)} bytes")
        data += piece
    return bytes(data)


def reset(s):
    """Closes with a reset, as a program that crashes does."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def main():
    unittest.main(verbosity=2)

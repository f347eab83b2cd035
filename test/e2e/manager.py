# SPDX-License-Identifier: MIT
"""A small service manager, as systemd is one to onggi: it holds the sockets, passes them to each server that it
starts, and hears what the server says about itself."""
import os
import socket
import subprocess
import sys
import threading

import support

# In the child the sockets become descriptors 3 and up, as systemd passes them; some may be among these already.
CHILD = """
import os, sys
high = [os.dup2(int(fd), 200 + i, False) for i, fd in enumerate(sys.argv[1].split(",")) if fd]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ.setdefault("WATCHDOG_PID", str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """Holds `sockets` (a list) under `names`. The server's standard output and error go to files."""

    def __init__(self, case, sockets, names=None, abstract=False):
        self.case, self.sockets, self.names = case, sockets, names
        self.folder = case.folder()
        self.notices = []
        self.changed = threading.Condition()
        self.hears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = f"\0onggi-manager-{os.getpid()}-{id(self)}" if abstract else os.path.join(self.folder, "notify")
        self.hears.bind(path)
        self.address = path.replace("\0", "@")
        self.process = None
        self.ear = threading.Thread(target=self._hear, daemon=True)
        self.ear.start()
        case.addCleanup(self._deafen)
        for s in sockets:
            case.addCleanup(s.close)

    def _hear(self):
        while text := self.hears.recv(4096).decode():
            with self.changed:
                self.notices.append(dict(line.split("=", 1) for line in text.splitlines()))
                self.changed.notify_all()

    def _deafen(self):
        self.hears.shutdown(socket.SHUT_RDWR)
        self.ear.join()
        self.hears.close()

    def start(self, *words, **variables):
        """Starts `onggi serve` with the sockets and waits until it says that it is ready."""
        self.begin(*words, **variables)
        self.wait_notice("READY")
        return self

    def begin(self, *words, **variables):
        with self.changed:
            self.notices.clear()
        numbers = [s.fileno() for s in self.sockets]
        env = dict(support.ENV, LISTEN_FDS=str(len(numbers)), NOTIFY_SOCKET=self.address, **variables)
        if self.names:
            env["LISTEN_FDNAMES"] = ":".join(self.names)
        with open(self.path("out"), "ab") as out, open(self.path("err"), "ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-c", CHILD, ",".join(map(str, numbers)), support.ONGGI, "serve", *map(str, words)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, pass_fds=numbers)
        self.case.addCleanup(self.end, self.process)
        return self

    @staticmethod
    def end(process):
        process.kill()
        process.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_notice(self, name, count=1):
        """Waits for the `count`th notice with `name` of this server, and returns it."""
        def found():
            matching = [n for n in self.notices if name in n]
            return len(matching) >= count and matching[count - 1]
        with self.changed:
            while not (notice := found()):
                if self.process.poll() is not None:
                    raise AssertionError(f"no {name} from a server that ended: {self.text('err')[-2000:]}")
                self.changed.wait(0.1)
            return notice

    def stop(self, how):
        """Sends a signal and waits for the end: the exit status."""
        self.process.send_signal(how)
        return self.process.wait(support.WAIT)

    def fails(self, *words, **variables):
        """Starts a server that must not serve: its exit status and what it said."""
        self.begin(*words, **variables)
        return self.process.wait(support.WAIT), self.text("err")


def tcp():
    return socket.create_server((support.HOST, 0), backlog=1024)


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((support.HOST, 0))
    return s


def unix(path, kind=socket.SOCK_STREAM):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path)
    if kind == socket.SOCK_STREAM:
        s.listen(64)
    return s

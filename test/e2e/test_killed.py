# SPDX-License-Identifier: MIT
"""`kill -9` of clients, of commands and of processes that answer, at random moments under load. Nothing that was taken is lost or
counted twice, other clients get all their answers, and no child and no descriptor is left behind."""
import json
import os
import re
import signal
import socket
import subprocess
import sys

import support
from support import HOST, recv_until
from test_network import SEED, Seeded

# Sends NAME's objects as fast as it can and prints the answers as they come.
CLIENT = """
import socket, sys, threading
name, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.create_connection(("127.0.0.1", port))

def send():
    for n in range(count):
        s.sendall(b'["%s",%d]\\n' % (name.encode(), n))

threading.Thread(target=send, daemon=True).start()
for line in s.makefile("rb"):
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""
ENDED = r'"event": ?"ended"'
ANSWER = "while read -r n; do echo \"$n\"; done"  # a process of the pool
# What serves, how many objects a good client sends, and how many one that is killed: a command costs more than an echo.
WAYS = {
    "echo": (["--echo"], 1000, 20000),
    "pool": (["--exec-pool", "2", ANSWER], 200, 1000),
    "exec": (["--exec", "cat"], 30, 60),
    "to": (None, 200, 1000),
}


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except FileNotFoundError:  # a thread that has ended meanwhile
            continue
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def by_client(lines):
    """The numbers of each client's objects, as they come."""
    found = {}
    for line in lines:
        value = json.loads(line)
        if isinstance(value, list):
            found.setdefault(value[0], []).append(value[1])
    return found


class Base(Seeded):
    def server(self, *words):
        return self.serve("--codec", "json", "--framing", "line", "--log-format", "json", *words)

    def serve_way(self, way):
        """The server, and who takes the objects in the end."""
        words = WAYS[way][0]
        if words:
            server = self.server(*words)
            return server, server
        end = self.server("--echo")
        return self.server("--to", f"tcp://{HOST}:{end.port}?codec=json&framing=line"), end

    def start_call(self, server, name, count):
        """A client that waits for each answer."""
        call = self.start(support.ONGGI, "call", f"tcp://{HOST}:{server.port}", stdin=subprocess.PIPE)
        call.process.stdin.write("".join(f'["{name}",{n}]\n' for n in range(count)).encode())
        call.process.stdin.close()
        return call

    def holds(self, server):
        """How many descriptors and children it has now."""
        return len(os.listdir(f"/proc/{server.process.pid}/fd")), len(children(server.process.pid))

    def warm_up(self, server):
        """One client, so that all that is opened once is open."""
        with self.connect(server.port) as s:
            s.sendall(b'["warm",0]\n')
            recv_until(s, b"\n")
        server.wait_text("err", ENDED)
        return self.holds(server)

    def check_end(self, server, before, clients):
        """No more is open than before the clients came; the log counts what was printed."""
        support.wait_for(lambda: len(re.findall(ENDED, server.err)) == clients + 1, "the end of each connection")
        support.wait_for(lambda: all(now <= was for now, was in zip(self.holds(server), before)), f"descriptors, children: {before}")
        self.assertEqual(server.stop(), 0)
        events = [json.loads(line) for line in server.err.splitlines()]
        self.assertEqual(sum(e["objects_in"] for e in events if e.get("event") == "ended"), len(server.lines()))


class Clients(Base):
    def test_killed_under_load(self):
        for way in WAYS:
            with self.subTest(way=way, seed=SEED):
                _, count, most = WAYS[way]
                server, end = self.serve_way(way)
                before = self.warm_up(server)
                good = [self.start_call(server, f"good{i}", count) for i in range(2)]
                doomed = {f"doomed{i}": self.start(sys.executable, "-c", CLIENT, f"doomed{i}", server.port, most)
                          for i in range(4)}
                for name, client in doomed.items():
                    client.wait_lines(self.rng.randrange(1, count))
                    client.kill()
                for client in good:
                    self.assertEqual(client.wait(), 0, client.err)
                self.check_end(server, before, len(good) + len(doomed))
                if end is not server:
                    self.assertEqual(end.stop(), 0)
                taken = by_client(end.lines())
                for i, client in enumerate(good):
                    self.assertEqual(by_client(client.lines()), {f"good{i}": list(range(count))})
                    self.assertEqual(taken[f"good{i}"], list(range(count)))
                for name, client in doomed.items():
                    self.check_prefix(by_client(client.out.split("\n")[:-1])[name], taken[name])


class Children(Base):
    def test_processes_of_a_pool(self):
        """Each object is answered once, in order: with an error if its process was killed."""
        server = self.server("--exec-pool", "2", ANSWER)
        before = self.warm_up(server)
        clients = {name: self.start_call(server, name, 300) for name in ("a", "b", "c")}
        for k in range(1, 6):
            clients["a"].wait_lines(self.rng.randrange(40 * k, 60 * k))
            for child in children(server.process.pid):
                kill(child)
        for name, client in clients.items():
            self.assertEqual(client.wait(), 0, client.err)
            self.assertEqual(len(client.lines()), 300)
            for n, answer in enumerate(client.objects()):
                self.assertTrue(answer == [name, n] or "error" in answer, answer)
        self.check_end(server, before, len(clients))
        for name, numbers in by_client(server.lines()).items():
            self.assertEqual(numbers, list(range(300 if name in clients else len(numbers))))

    def test_a_process_that_pauses_holds_nobody_up(self):
        """While one may not be started again yet, the other ones answer."""
        server = self.server("--exec-pool", "2", 'while read -r n; do if [ "$n" = 1 ]; then kill -9 $$; fi; echo "$n"; done')
        with self.connect(server.port) as s:
            for _ in range(3):
                s.sendall(b"1\n")
                self.assertIn(b"error", recv_until(s, b"\n"))
            for n in range(100, 110):
                s.sendall(b"%d\n" % n)
                self.assertEqual(recv_until(s, b"\n"), b"%d\n" % n)

    def test_what_a_killed_process_has_started_ends_too(self):
        """It keeps the pipe of the answer open; without a limit of time."""
        seconds = f"96{os.getpid()}"
        for words, answered in ((["--exec-pool", "1", f"while read n; do sleep {seconds}; echo; done"], True),
                                (["--exec", f"read n; test \"$n\" = 2 || sleep {seconds}; echo \"$n\""], False)):
            with self.subTest(words[0]):
                server = self.server("--answer-timeout", "0", *words)
                with self.connect(server.port) as s:
                    s.sendall(b"1\n")
                    shell = support.wait_for(lambda: children(server.process.pid), "a process")[0]
                    sleep = support.wait_for(lambda: children(shell), "its sleep")[0]
                    kill(shell)
                    if answered:
                        self.assertIn(b"ended by signal 9", recv_until(s, b"\n"))
                    else:
                        server.wait_text("err", "ended by signal 9")
                        s.sendall(b"2\n")
                        self.assertEqual(recv_until(s, b"\n"), b"2\n")
                    support.wait_for(lambda: not is_running(sleep), "the end of what it has started")
                self.assertEqual(server.stop(), 0)

    def test_commands(self):
        """Those that are killed give no answer; the other ones' answers come in order."""
        server = self.server("--exec", 'read -r n; case $n in *7*) kill -9 $$;; esac; echo "$n"')
        before = self.warm_up(server)
        wanted = [n for n in range(40) if "7" not in str(n)]
        with self.connect(server.port) as s:
            s.sendall(b"".join(b"%d\n" % n for n in range(40)))
            s.shutdown(socket.SHUT_WR)
            self.assertEqual([int(line) for line in support.recv_all(s).split()], wanted)
        self.check_end(server, before, 1)
        self.assertEqual(server.objects()[1:], list(range(40)))

    def test_the_children_of_a_server_that_is_killed(self):
        """Processes of a pool see the end of their input."""
        server = self.server("--exec-pool", "3", ANSWER)
        self.warm_up(server)
        found = children(server.process.pid)
        self.assertEqual(len(found), 3)
        server.kill()
        support.wait_for(lambda: not any(map(is_running, found)), "the end of the processes")

    def test_a_parent_that_ignores_the_end_of_children(self):
        """Then the system would not tell how commands ended."""
        for words in (["--exec", "cat"], ["--exec-pool", "1", ANSWER]):
            with self.subTest(words[0]):
                server = self.serve(*words, "--framing", "line",
                                    preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
                with self.connect(server.port) as s:
                    s.sendall(b"5\n")
                    self.assertEqual(recv_until(s, b"\n"), b"5\n")
                self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""A server that holds: commands that hang, output and logs that nobody reads, limits of the system."""
import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import termios
import threading
import unittest

import support
from support import HOST, ONGGI, recv_all, recv_until


def running(*command):
    """The processes that run `command`."""
    wanted, found = "\0".join(command).encode() + b"\0", []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                if line.read() == wanted:
                    found.append(int(pid))
        except OSError:
            continue
    return found


class Commands(support.Case):
    def test_no_signal_is_blocked_in_a_command(self):
        server = self.serve("--exec", "grep SigBlk /proc/self/status", "--codec", "text")
        with self.connect(server.port) as s:
            s.sendall(b"x\n")
            self.assertEqual(recv_until(s, b"\n").split(), [b"SigBlk:", b"0" * 16])

    @staticmethod
    def is_answered(s):
        """One message more, whose command may well be too slow on a busy machine."""
        s.sendall(b"[3]\n")
        try:
            return s.recv(2) == b"2\n"
        except TimeoutError:
            return False

    def test_a_command_that_hangs_is_ended(self):
        seconds = f"98{os.getpid()}"
        server = self.serve("--exec", f"if read line && [ \"$line\" = '[1]' ]; then sleep {seconds}; else echo 2; fi",
                            "--answer-timeout", "300ms", "--framing", "line")
        with self.connect(server.port) as s:
            s.sendall(b"[1]\n")
            server.wait_text("err", "--answer-timeout")
            s.settimeout(0.5)
            support.wait_for(lambda: self.is_answered(s), "an answer from the next command")
        support.wait_for(lambda: not running("sleep", seconds), "the command to end")

    def test_commands_end_with_the_server(self):
        seconds = f"97{os.getpid()}"
        server = self.serve("--exec", f"sleep {seconds}", "--grace", "300ms", "--framing", "line")
        clients = [self.connect(server.port) for _ in range(20)]
        for s in clients:
            s.sendall(b"[1]\n")
        support.wait_for(lambda: running("sleep", seconds), "the command to start")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(running("sleep", seconds), [])

    def serve_before(self, behind, answer_timeout):
        return self.serve("--to", f"tcp://{HOST}:{behind.getsockname()[1]}?codec=json&framing=line",
                          "--answer-timeout", answer_timeout, "--grace", "300ms", "--framing", "line")

    def test_a_silent_server_behind_is_given_up(self):
        with socket.create_server((HOST, 0)) as silent:
            server = self.serve_before(silent, "300ms")
            with self.connect(server.port) as s:
                s.sendall(b"[1]\n")
                server.wait_text("err", "300 ms")
                s.sendall(b"[2]\n")
                self.assertEqual(server.stop(), 0)

    def test_a_silent_server_behind_does_not_outlast_the_grace_time(self):
        with socket.create_server((HOST, 0)) as silent:
            server = self.serve_before(silent, "3600")
            with self.connect(server.port) as s:
                s.sendall(b"[1]\n")
                with silent.accept()[0] as behind:
                    self.assertEqual(behind.recv(10), b"[1]\n")
                    self.assertEqual(server.stop(), 0)
            self.assertIn("has not answered, and the server stops", server.err)

    def pipe(self):
        """A pipe that holds 4096 bytes."""
        ends = os.pipe()
        for end in ends:
            self.addCleanup(os.close, end)
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 4096)
        return ends

    def is_full(self, end):
        return struct.unpack("i", fcntl.ioctl(end, termios.FIONREAD, b"\0" * 4))[0] == 4096

    def test_a_client_ends_though_nobody_reads_what_it_prints(self):
        """Its first signal is enough, when it waits in a write."""
        out, into = self.pipe()
        listener, port = self.listen()
        client = subprocess.Popen([ONGGI, "recv", f"tcp://{HOST}:{port}"], stdout=into, stderr=subprocess.PIPE)
        self.addCleanup(client.kill)
        with listener.accept()[0] as s, client.stderr:
            s.sendall(b'["' + b"x" * 100000 + b'"]\n')
            support.wait_for(lambda: self.is_full(out), "the pipe to be full")
            client.send_signal(signal.SIGTERM)
            self.assertEqual(client.wait(support.WAIT), 3)
            self.assertIn(b"something was still waited for", client.stderr.read())

    def test_a_benchmark_ends_though_nobody_reads_what_it_says(self):
        _, into = self.pipe()
        os.write(into, b"x" * 4096)
        listener, port = self.listen()
        client = subprocess.Popen([ONGGI, "bench", f"tcp://{HOST}:{port}"], stdout=subprocess.DEVNULL, stderr=into)
        self.addCleanup(client.kill)
        with listener.accept()[0]:
            client.send_signal(signal.SIGTERM)
            self.assertEqual(client.wait(support.WAIT), 3)


class Behind:
    """A server behind: it answers each line of its clients but those that hold "wait", until it is told to."""

    def __init__(self, case):
        self.asked, self.go = threading.Semaphore(0), threading.Event()
        self.listener = socket.create_server((HOST, 0), backlog=256)
        self.endpoint = f"tcp://{HOST}:{self.listener.getsockname()[1]}?codec=json&framing=line"
        case.addCleanup(self.listener.close)
        case.addCleanup(self.go.set)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=self.listener.accept()[:1], daemon=True).start()

    def serve(self, s):
        with contextlib.suppress(OSError), s, s.makefile("rb") as file:
            for line in file:
                if b"wait" in line:
                    self.asked.release()
                    self.go.wait()
                s.sendall(line)


class WaitsForOthers(support.Case):
    """Clients of --to whose answers take long hold up nobody else."""
    MANY = 50

    def test_streams(self):
        behind = Behind(self)
        server = self.serve("--to", behind.endpoint, "--framing", "line")
        waiting = [self.connect(server.port) for _ in range(self.MANY)]
        for s in waiting:
            s.sendall(b'["wait"]\n')
        for _ in waiting:
            self.assertTrue(behind.asked.acquire(timeout=support.WAIT), "all of them are asked at once")
        with self.connect(server.port) as s:
            for n in range(3):
                s.sendall(b"[%d]\n" % n)
                self.assertEqual(recv_until(s, b"\n"), b"[%d]\n" % n)
        behind.go.set()
        for s in waiting:
            self.assertEqual(recv_until(s, b"\n"), b'["wait"]\n')
        self.assertEqual(server.stop(), 0)

    def test_datagrams_hold_up_no_stream(self):
        """Their senders can be forged: they get a few threads, and others do not wait for these."""
        behind = Behind(self)
        server = self.serve("--to", behind.endpoint, "--codec", "json", f"udp://{HOST}:0", count=2)
        senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(self.MANY)]
        for s in senders:
            self.addCleanup(s.close)
            s.sendto(b'["wait"]', (HOST, server.ports[1]))
        self.assertTrue(behind.asked.acquire(timeout=support.WAIT))
        with self.connect(server.port) as s:
            s.sendall(b"[1]\n")
            self.assertEqual(recv_until(s, b"\n"), b"[1]\n")
        behind.go.set()
        self.assertEqual(server.stop(), 0)

    def test_clients_behind_one_another(self):
        """What a client sends while it waits is passed on in order."""
        behind = Behind(self)
        server = self.serve("--to", behind.endpoint, "--framing", "line")
        with self.connect(server.port) as s:
            s.sendall(b'["wait"]\n[1]\n[2]\n')
            self.assertTrue(behind.asked.acquire(timeout=support.WAIT))
            behind.go.set()
            self.assertEqual([recv_until(s, b"\n") for _ in range(3)], [b'["wait"]\n', b"[1]\n", b"[2]\n"])


class NobodyReads(support.Case):
    """Standard output or error is a pipe that nobody reads."""

    def start_blocked(self, which, *words):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, which: writer}
        process = subprocess.Popen([support.ONGGI, "serve", f"tcp://{HOST}:{port}", *words],
                                   stdin=subprocess.DEVNULL, env=support.ENV, **streams)
        os.close(writer)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        support.wait_for(lambda: support.is_bound(port), "the server to listen")
        return process, port

    def ask_much(self, port, count=3000):
        """Objects of 1 KB each, answered one after the other."""
        line = json.dumps("x" * 1000).encode() + b"\n"
        with self.connect(port) as s:
            for _ in range(count):
                s.sendall(line)
                self.assertEqual(recv_until(s, b"\n"), line)

    def test_dropped_output_holds_no_answer_up(self):
        process, port = self.start_blocked("stdout", "--echo", "--when-full", "drop", "--grace", "300ms")
        self.ask_much(port)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(support.WAIT), 3)

    def test_output_that_is_waited_for_does_not_hold_a_stop_up(self):
        process, port = self.start_blocked("stdout", "--echo", "--grace", "300ms")
        s = self.connect(port)
        s.setblocking(False)
        line, blocked = json.dumps("x" * 1000).encode() + b"\n", 0
        while blocked < 200:
            try:
                s.send(line)
            except BlockingIOError:
                blocked += 1
                support.time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(support.WAIT), 3)

    def test_full_output_stops_the_server(self):
        process, port = self.start_blocked("stdout", "--when-full", "stop", "--grace", "300ms")
        line = json.dumps("x" * 1000).encode() + b"\n"
        with self.connect(port) as s:
            try:
                while True:
                    s.sendall(line)
            except OSError:
                pass
        self.assertEqual(process.wait(support.WAIT), 3)

    def test_a_log_that_nobody_reads_holds_nobody_up(self):
        process, port = self.start_blocked("stderr", "--echo", "-v", "--framing", "line", "--codec", "json")
        for _ in range(500):
            with self.connect(port) as s:
                s.sendall(b"[x]\n[1]\n")
                self.assertEqual(recv_until(s, b"\n"), b"[1]\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(support.WAIT), 0)


class System(support.Case):
    def test_descriptors(self):
        def serve(limit):
            return self.listening("sh", "-c", f"ulimit {limit}; exec \"$0\" serve tcp://{HOST}:0 --max-connections 400",
                                  support.ONGGI)
        server = serve("-S -n 300")
        with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as rows:
            soft = next(row.split()[3] for row in rows if row.startswith("Max open files"))
        self.assertGreaterEqual(int(soft), 400)
        self.assertIn("--max-connections 200", serve("-n 300").err)

    def test_a_thread_for_each_processor(self):
        server = self.serve("--echo", "--threads", "auto")
        with self.connect(server.port) as s:
            s.sendall(b"[1]\n")
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(recv_all(s), b"[1]\n")


if __name__ == "__main__":
    support.main()

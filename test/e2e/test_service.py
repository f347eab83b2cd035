# SPDX-License-Identifier: MIT
"""A server under a service manager: sockets that it is given, what it says about itself, restarts under load."""
import os
import pickle
import re
import shutil
import signal
import socket
import struct
import threading
import unittest

import manager
import support
from support import HOST, recv_all, recv_until


class Activation(support.Case):
    def ask(self, s, text=b"[1]\n"):
        s.settimeout(support.WAIT)
        s.sendall(text)
        self.assertEqual(recv_until(s, b"\n"), text)

    def stream(self, address, family=socket.AF_INET):
        s = socket.socket(family)
        self.addCleanup(s.close)
        s.connect(address)
        return s

    def ask_datagram(self, address, family=socket.AF_INET, own=""):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(support.WAIT)
            if family == socket.AF_UNIX:
                s.bind(own)
            s.sendto(b"[2]", address)
            self.assertEqual(s.recv(100), b"[2]")

    def test_all_kinds_of_sockets_are_served(self):
        folder = self.folder()
        path, gram = os.path.join(folder, "stream"), os.path.join(folder, "gram")
        sockets = [manager.tcp(), manager.udp(), manager.unix(path), manager.unix(gram, socket.SOCK_DGRAM),
                   manager.unix(f"\0onggi-{os.getpid()}")]
        m = manager.Manager(self, sockets).start("--echo")
        self.ask(self.stream(sockets[0].getsockname()))
        self.ask_datagram(sockets[1].getsockname())
        self.ask(self.stream(path, socket.AF_UNIX))
        self.ask_datagram(gram, socket.AF_UNIX, os.path.join(folder, "own"))
        self.ask(self.stream(f"\0onggi-{os.getpid()}", socket.AF_UNIX))
        self.assertEqual(m.stop(signal.SIGTERM), 0)
        for fd, what in enumerate(["tcp://127", "udp://127", f"unix://{path}", f"unixgram://{gram}", "unix://@onggi"], 3):
            self.assertRegex(m.text("err"), rf"listening on {re.escape(what)}\S* \(descriptor {fd}\)")
        self.assertTrue(os.path.exists(path) and os.path.exists(gram), "the manager's paths are left alone")

    def test_sockets_by_number_and_name(self):
        sockets = [manager.tcp() for _ in range(4)]
        m = manager.Manager(self, sockets, ["web", "log", "log", "spare"])
        ca, *own = self.certificate()
        m.start("fd://log?as=logging", "tls+fd://3", "--echo", *own)
        record = pickle.dumps({"msg": "hello", "levelno": 20})
        for s in sockets[1:3]:
            client = self.stream(s.getsockname())
            client.sendall(struct.pack(">I", len(record)) + record)
            client.shutdown(socket.SHUT_WR)
            support.recv_all(client)
        port = sockets[0].getsockname()[1]
        self.assertEqual(self.onggi("call", f"tls://{HOST}:{port}", "[3]", "--ca", ca).out, "[3]\n")
        self.assertRegex(m.text("err"), r"descriptor 6 \(spare\) was passed, but no endpoint names it: add fd://6")
        m.stop(signal.SIGTERM)
        self.assertEqual(m.text("out").count('"hello"'), 2)

    def certificate(self):
        """The authority's file, and the options of a server."""
        folder = self.folder()
        self.run_program(os.path.join(support.SOURCE, "tools", "make-cert"), folder, HOST)
        ca, cert, key = (os.path.join(folder, name) for name in ("ca.pem", "server.pem", "server.key"))
        return ca, "--cert", cert, "--key", key

    def test_a_descriptor_of_the_shell(self):
        """Without any of systemd's variables."""
        with manager.tcp() as s:
            number = os.dup(s.fileno())
            try:
                program = support.subprocess.Popen([support.ONGGI, "serve", f"fd://{number}", "--echo"], pass_fds=[number],
                                                   env=support.ENV, stdin=support.subprocess.DEVNULL)
            finally:
                os.close(number)
            self.addCleanup(program.wait)
            self.addCleanup(program.kill)
            self.ask(self.stream(s.getsockname()))

    def test_commands_inherit_nothing(self):
        sockets = [manager.tcp(), manager.tcp()]
        m = manager.Manager(self, sockets, ["a", "b"])
        m.start("fd://a", "--codec", "text", "--exec",
                "(env | grep -E '^(LISTEN_|NOTIFY_|WATCHDOG_)'; ls -l /proc/$$/fd | grep socket) | wc -l", WATCHDOG_USEC="60000000")
        with self.stream(sockets[0].getsockname()) as s:
            s.sendall(b"x\n")
            self.assertEqual(recv_until(s, b"\n"), b"0\n")

    def test_processes_of_a_pool_inherit_nothing(self):
        sockets = [manager.tcp()]
        m = manager.Manager(self, sockets)
        m.start("--exec-pool", "1", "while read x; do echo $(env | grep -cE '^(LISTEN_|NOTIFY_|WATCHDOG_)'); done")
        with self.stream(sockets[0].getsockname()) as s:
            s.sendall(b"1\n")
            self.assertEqual(recv_until(s, b"\n"), b"0\n")

    def test_what_is_no_listening_socket(self):
        listening, deaf, pipe = manager.tcp(), socket.socket(), os.pipe()
        self.addCleanup(deaf.close)
        deaf.bind((HOST, 0))
        near, far = socket.socketpair()
        self.addCleanup(near.close)
        self.addCleanup(far.close)
        packets = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        file = open(os.devnull, "rb")
        for fd in pipe:
            self.addCleanup(os.close, fd)
        self.addCleanup(packets.close)
        self.addCleanup(file.close)
        pipe_end = os.fdopen(os.dup(pipe[0]), "rb")
        self.addCleanup(pipe_end.close)
        unbound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(unbound.close)
        for what, words in [(deaf, "descriptor 3 is a stream socket that does not listen: call listen"),
                            (near, "descriptor 3 is a connection, not a listening socket: .*Accept=no"),
                            (packets, "descriptor 3 is a socket of family 1, type 5 and protocol 0: TCP, UDP or a Unix"),
                            (pipe_end, "descriptor 3 is a pipe: a listening socket is expected"),
                            (file, "descriptor 3 is a terminal or device: a listening socket"),
                            (unbound, "descriptor 3 is a socket without an address: call bind")]:
            with self.subTest(words):
                m = manager.Manager(self, [what])
                status, said = m.fails("--echo")
                self.assertEqual(status, 3, said)
                self.assertRegex(said, words)
        for words, status, sentence in [
                (["fd://999"], 3, "descriptor 999 is not open: whoever starts"),
                (["fd://3", "fd://3"], 3, "descriptor 3 is listened on already, as tcp://"),
                (["fd://x"], 2, "no socket called 'x' was passed: try fd://NAME with one of web"),
                (["fd://"], 2, "no socket called ''"),
                (["fd://3x"], 2, "expected the number of a descriptor"),
                (["--to", "fd://3"], 2, "--to: fd://3 is for listening; name the server to pass objects on to")]:
            with self.subTest(words):
                m = manager.Manager(self, [listening], ["web"])
                found, said = m.fails(*words)
                self.assertEqual(found, status, said)
                self.assertIn(sentence, said)

    def test_tls_needs_tcp(self):
        m = manager.Manager(self, [manager.udp()])
        status, said = m.fails("tls+fd://3", *self.certificate()[1:])
        self.assertEqual(status, 3)
        self.assertIn("descriptor 3 is no TCP socket: tls+fd:// needs one", said)

    def test_variables_that_make_no_sense(self):
        for variables, words, sentence in [
                ({"LISTEN_FDS": "x"}, [], "LISTEN_FDS is 'x'"), ({"LISTEN_FDS": "2000"}, [], "LISTEN_FDS is '2000'"),
                ({"LISTEN_FDS": "0"}, [], "'onggi serve' needs an endpoint"),
                ({"LISTEN_FDS": "0"}, ["fd://x"], "no sockets were passed: start it with onggi.socket")]:
            with self.subTest(variables):
                env = dict(support.ENV, **variables)
                code = "import os, sys; os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])"
                done = support.subprocess.run(["/usr/bin/python3", "-c", code, support.ONGGI, "serve", *words], env=env,
                                              capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(sentence, done.stderr)
        for pid, sentence in [("1", r"LISTEN_PID names another process\)"), ("me", "LISTEN_PID is 'me'")]:
            done = support.subprocess.run([support.ONGGI, "serve"], capture_output=True, text=True, check=False,
                                          env=dict(support.ENV, LISTEN_PID=pid, LISTEN_FDS="1"))
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, sentence)

    def test_a_client_does_not_listen(self):
        done = self.onggi("call", "fd://3", "1", status=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("fd://3 is for listening; name the host to connect to", done.err)


class Notices(support.Case):
    def test_states(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract):
                m = manager.Manager(self, [manager.tcp()], abstract=abstract)
                m.start("--echo")
                self.assertRegex(m.wait_notice("STATUS")["STATUS"], "^listening on tcp://")
                before = support.time.clock_gettime_ns(support.time.CLOCK_MONOTONIC) // 1000
                m.process.send_signal(signal.SIGHUP)
                notice = m.wait_notice("RELOADING")
                self.assertEqual(notice["RELOADING"], "1")
                self.assertGreaterEqual(int(notice["MONOTONIC_USEC"]), before)
                m.wait_notice("READY", 2)
                m.process.send_signal(signal.SIGTERM)
                m.wait_notice("STOPPING")
                self.assertEqual(m.process.wait(support.WAIT), 0)
                self.assertNotIn("WATCHDOG", str(m.notices))

    def test_the_end_of_a_count_is_a_stop_too(self):
        m = manager.Manager(self, [manager.tcp()])
        m.start("--echo", "--count", "1")
        with socket.create_connection(m.sockets[0].getsockname()) as s:
            s.sendall(b"[1]\n")
            m.wait_notice("STOPPING")
        self.assertEqual(m.process.wait(support.WAIT), 0)

    def test_the_watchdog(self):
        m = manager.Manager(self, [manager.tcp()])
        m.start("--echo", "--threads", "3", WATCHDOG_USEC="20000")
        m.wait_notice("WATCHDOG", 5)
        self.assertEqual(m.stop(signal.SIGTERM), 0)

    def test_a_watchdog_of_another_process(self):
        """And one that is no number."""
        for variables in ({"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "200", "WATCHDOG_PID": "1"}):
            m = manager.Manager(self, [manager.tcp()])
            m.start("--echo", **variables)
            with socket.create_connection(m.sockets[0].getsockname()) as s:
                s.sendall(b"[1]\n")
                recv_until(s, b"\n")
            self.assertEqual(m.stop(signal.SIGTERM), 0)
            self.assertNotIn("WATCHDOG", str(m.notices))

    def test_a_manager_that_is_not_there(self):
        for name, sentence in [("/nowhere/at/all", "NOTIFY_SOCKET cannot be reached: cannot connect to /nowhere/at/all"),
                               ("vsock:2:1", "neither a path nor a name after '@'")]:
            server = self.start("env", f"NOTIFY_SOCKET={name}", support.ONGGI, "serve", f"tcp://{HOST}:0")
            server.wait_text("err", "listening on")
            self.assertIn(sentence, server.err)
            self.assertEqual(server.stop(), 0)


def deaf(pid, thread):
    """Whether `thread` of the process `pid` is spared the signals that end or reload a server."""
    with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as rows:
        blocked = next(int(row.split()[1], 16) for row in rows if row.startswith("SigBlk:"))
    return all(blocked >> number - 1 & 1 for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


class Threads(support.Case):
    """A signal must end the wait of the main thread: one that another thread takes in does not."""

    def check(self, pid, least):
        def threads_of():
            return [int(name) for name in os.listdir(f"/proc/{pid}/task")]

        support.wait_for(lambda: len(threads_of()) >= least, f"{least} threads")
        threads = threads_of()
        self.assertEqual([thread for thread in threads if thread != pid and not deaf(pid, thread)], [])
        support.wait_for(lambda: not deaf(pid, pid), "the main thread to be done with starting others")

    def test_of_a_server(self):
        """Loops, the thread that prints, the one for the manager."""
        m = manager.Manager(self, [manager.tcp()])
        m.start("--threads", "3", WATCHDOG_USEC="20000")
        self.check(m.process.pid, 5)
        self.assertEqual(m.stop(signal.SIGTERM), 0)

    def test_of_workers(self):
        m = manager.Manager(self, [manager.tcp()])
        m.start("--exec", "cat", "--threads", "2")
        with socket.create_connection(m.sockets[0].getsockname()) as s:
            s.sendall(b"[1]\n")
            recv_until(s, b"\n")
        self.check(m.process.pid, 4)
        self.assertEqual(m.stop(signal.SIGTERM), 0)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
class Units(support.Case):
    def test_the_units_are_well_formed(self):
        folder = self.folder()
        with open(os.path.join(support.SOURCE, "data", "onggi.service.in"), encoding="utf-8") as file:
            service = file.read().replace("@bindir@/onggi", support.ONGGI)
        with open(os.path.join(folder, "onggi.service"), "w", encoding="utf-8") as file:
            file.write(service)
        shutil.copy(os.path.join(support.SOURCE, "data", "onggi.socket"), folder)
        units = [os.path.join(folder, name) for name in ("onggi.socket", "onggi.service")]
        said = self.run_program("systemd-analyze", "verify", "--man=no", *units).err
        self.assertNotIn("onggi.s", said)
        self.run_program("systemd-analyze", "security", "--offline=true", "--threshold=20", units[1])  # of 100


class Restarts(support.Case):
    """The manager holds the sockets while one server stops and the next one starts."""

    def client(self, address, restarts_done, number, results):
        """Asks one question after the other, on connections that may end between an answer and the next question."""
        answered, s = [], None
        try:
            while not restarts_done.is_set():
                if s is None:
                    s = socket.create_connection(address, timeout=support.WAIT)  # a refused one fails the test
                number += 1
                line = b"%d\n" % number
                try:
                    s.sendall(line)
                    got = recv_until(s, b"\n")
                except (OSError, AssertionError):
                    s.close()
                    s = None
                    continue
                if got != line:
                    raise AssertionError(f"{got!r} answers {line!r}")
                answered.append(number)
            results.append(answered)
            if s:
                s.close()
        except BaseException as why:  # for the test's own thread to raise
            results.append(why)

    def test_nothing_is_refused_under_load(self):
        m = manager.Manager(self, [manager.tcp()])
        m.start("--echo", "--threads", "2", "--grace", "300ms")
        done, results = threading.Event(), []
        address = m.sockets[0].getsockname()
        clients = [threading.Thread(target=self.client, args=(address, done, i * 10**9, results)) for i in range(4)]
        for c in clients:
            c.start()
        for _ in range(5):
            with socket.create_connection(address) as s:  # there is load
                s.sendall(b"0\n")
                recv_until(s, b"\n")
            self.assertEqual(m.stop(signal.SIGTERM), 0)
            m.start("--echo", "--threads", "2", "--grace", "300ms")
        done.set()
        for c in clients:
            c.join()
        self.assertEqual(m.stop(signal.SIGTERM), 0)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        printed = set(map(int, m.text("out").split()))
        self.assertTrue(all(results))
        for answered in results:
            self.assertLessEqual(set(answered), printed)  # what was answered was printed

    def test_who_connects_while_nothing_runs_is_served_by_the_next(self):
        m = manager.Manager(self, [manager.tcp()])
        m.start("--echo")
        self.assertEqual(m.stop(signal.SIGTERM), 0)
        with socket.create_connection(m.sockets[0].getsockname(), timeout=support.WAIT) as s:
            s.sendall(b"[1]\n")
            m.start("--echo")
            self.assertEqual(recv_until(s, b"\n"), b"[1]\n")
            m.process.send_signal(signal.SIGTERM)
            self.assertEqual(recv_all(s), b"")

    def test_datagrams_wait_for_the_next(self):
        """Each is answered once, by the server that stops or by the next one."""
        m = manager.Manager(self, [manager.udp()])
        m.start("--echo")
        address, answered = m.sockets[0].getsockname(), []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            s.settimeout(support.WAIT)
            for i in range(200):
                s.sendto(b"%d" % i, address)
                if i == 100:
                    m.process.send_signal(signal.SIGTERM)
            self.assertEqual(m.process.wait(support.WAIT), 0)
            m.start("--echo")
            while len(answered) < 200:
                answered.append(int(s.recv(100)))
        self.assertEqual(answered, list(range(200)))


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""Connections that end at the wrong moment: what is sent again, and what is said of an object that may be lost."""
import os
import socket
import ssl
import struct
import subprocess
import threading

import support
from support import HOST, recv_until


class Peer:
    """A server of the test's own: `handle(connection, number)` has each connection. Objects that it reads with
    take() are counted."""

    def __init__(self, case, handle, kind="tcp"):
        self.taken, self.kind, self.handle = [], kind, handle
        self.closed = threading.Semaphore(0)  # one for each connection
        if kind == "unix":
            path = os.path.join(case.folder(), "s")
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.listener.listen(64)
            self.endpoint, self.client_words = f"unix://{path}?codec=json&framing=line", []
        else:
            self.listener = socket.create_server((HOST, 0))
            self.endpoint = f"{kind}://{HOST}:{self.listener.getsockname()[1]}?codec=json&framing=line"
            self.client_words = []
        if kind == "tls":
            folder = case.folder()
            case.run_program(os.path.join(support.SOURCE, "tools", "make-cert"), folder, HOST)
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
            self.client_words = ["--ca", os.path.join(folder, "ca.pem")]
        self.listener.settimeout(support.WAIT)
        threading.Thread(target=self._serve, daemon=True).start()
        case.addCleanup(self.listener.close)

    def _serve(self):
        number = 0
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            s.settimeout(support.WAIT)
            if self.kind == "tls":
                s = self.context.wrap_socket(s, server_side=True)
            with s:
                try:
                    self.handle(self, s, number)
                except OSError:
                    pass
            self.closed.release()
            number += 1

    def take(self, s):
        """Reads one line and counts it."""
        line = b""
        while not line.endswith(b"\n"):
            byte = s.recv(1)
            if not byte:
                return None
            line += byte
        self.taken.append(int(line))
        return line

    def answer(self, s):
        line = self.take(s)
        if line:
            s.sendall(line)
        return line


def takes_the_second(peer, s, number):
    """Answers #1, takes #2 and closes; the next connection is served to its end."""
    peer.answer(s)
    if number == 0:
        peer.take(s)
        return
    while peer.answer(s):
        pass


def resets_the_second(peer, s, number):
    takes_the_second(peer, s, number)
    if number == 0 and peer.kind != "tls":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ends_its_side(peer, s, number):
    """Answers #1, says that it will say no more, and takes #2 all the same."""
    peer.answer(s)
    if number == 0:
        s.shutdown(socket.SHUT_WR)
        peer.take(s)
        return
    while peer.answer(s):
        pass


def one_answer(peer, s, _):
    peer.answer(s)


class Call(support.Case):
    def test_an_object_that_may_be_taken_is_not_sent_again(self):
        for kind in ("tcp", "unix", "tls"):
            for handle in (takes_the_second, resets_the_second, ends_its_side):
                if kind == "tls" and handle == ends_its_side:
                    continue
                with self.subTest(kind=kind, handle=handle.__name__):
                    peer = Peer(self, handle, kind)
                    done = self.onggi("call", peer.endpoint, *peer.client_words, "1", "2", status=None)
                    if handle != ends_its_side:  # its end may be seen before #2 is sent: on another connection then
                        self.assertEqual((done.returncode, done.out), (1, "1\n"))
                        self.assertIn("may have taken the object (--retry sends it again)", done.err)
                    self.assertEqual(peer.taken.count(2), 1)

    def test_the_user_may_say_so(self):
        for kind in ("tcp", "unix", "tls"):
            with self.subTest(kind=kind):
                peer = Peer(self, takes_the_second, kind)
                done = self.onggi("call", "--retry", peer.endpoint, *peer.client_words, "1", "2", "3")
                self.assertEqual(done.out, "1\n2\n3\n")
                self.assertEqual(peer.taken, [1, 2, 2, 3])

    def test_one_answer_a_connection(self):
        """Once that has shown, each object gets a connection of its own."""
        for kind in ("tcp", "unix", "tls"):
            with self.subTest(kind=kind):
                peer = Peer(self, one_answer, kind)
                client = self.start(support.ONGGI, "call", peer.endpoint, *peer.client_words, stdin=subprocess.PIPE)
                client.process.stdin.write(b"1\n")
                client.process.stdin.flush()
                self.assertTrue(peer.closed.acquire(timeout=support.WAIT))
                client.process.stdin.write(b"".join(b"%d\n" % n for n in range(2, 31)))
                client.process.stdin.close()
                self.assertEqual(client.wait(), 0, client.err)
                self.assertEqual([int(line) for line in client.lines()], peer.taken)
                self.assertEqual(peer.taken, list(range(1, 31)))

    def test_a_close_that_crosses_an_object(self):
        """The peer closes when #2 may be under way: it is taken once, or that is said."""
        for kind in ("tcp", "unix"):
            for _ in range(20):
                peer = Peer(self, one_answer, kind)
                done = self.onggi("call", peer.endpoint, "1", "2", "3", status=None)
                self.assertIn(done.returncode, (0, 1))
                if done.returncode == 1:
                    self.assertIn("may have taken the object", done.err)
                self.assertEqual(peer.taken[:len(done.out.split())], [int(line) for line in done.out.split()])
                self.assertEqual(len(peer.taken), len(set(peer.taken)))

    def test_half_an_object(self):
        """It reads some of #2 and closes: what else it would have done is not known."""
        def handle(peer, s, _):
            peer.answer(s)
            s.recv(1000)
        peer = Peer(self, handle)
        done = self.run_program(support.ONGGI, "call", peer.endpoint, stdin=b'1 "' + b"x" * (8 << 20) + b'"', status=1)
        self.assertEqual(done.out, "1\n")

    def test_no_answer_in_time(self):
        stop = threading.Event()
        self.addCleanup(stop.set)

        def handle(peer, s, _):
            peer.answer(s)
            peer.take(s)
            stop.wait(support.WAIT)
        peer = Peer(self, handle)
        self.onggi("call", "--retry", "--timeout", "300ms", peer.endpoint, "1", "2", status=4)
        self.assertEqual(peer.taken, [1, 2])

    def test_retry_is_for_to(self):
        self.assertIn("--retry is for --to", self.onggi("serve", f"tcp://{HOST}:0", "--retry", status=2).err)


class To(support.Case):
    """The same for `serve --to`."""

    def ask(self, server, *numbers):
        with self.connect(server.port) as s:
            answers = []
            for n in numbers:
                s.sendall(b"%d\n" % n)
                answers.append(recv_until(s, b"\n"))
            return answers

    def test_one_answer_a_connection(self):
        peer = Peer(self, one_answer)
        server = self.serve("--to", peer.endpoint)
        with self.connect(server.port) as s:
            for n in range(1, 31):
                s.sendall(b"%d\n" % n)
                self.assertEqual(recv_until(s, b"\n"), b"%d\n" % n)
                if n == 1:
                    self.assertTrue(peer.closed.acquire(timeout=support.WAIT))
        self.assertEqual(peer.taken, list(range(1, 31)))

    def test_an_object_that_may_be_taken_is_not_passed_on_again(self):
        for handle in (takes_the_second, resets_the_second):
            peer = Peer(self, handle)
            server = self.serve("--to", peer.endpoint)
            with self.connect(server.port) as s:
                s.sendall(b"1\n")
                self.assertEqual(recv_until(s, b"\n"), b"1\n")
                s.sendall(b"2\n")
                server.wait_text("err", r"no answer was sent: .*may have taken the object \(--retry sends it again\)")
                s.sendall(b"3\n")
                self.assertEqual(recv_until(s, b"\n"), b"3\n")
            self.assertEqual(peer.taken, [1, 2, 3])

    def test_the_user_may_say_so(self):
        peer = Peer(self, takes_the_second)
        server = self.serve("--to", peer.endpoint, "--retry")
        self.assertEqual(self.ask(server, 1, 2, 3), [b"1\n", b"2\n", b"3\n"])
        self.assertEqual(peer.taken, [1, 2, 2, 3])


DEAF = """
import socket, sys
s = socket.socket(socket.AF_UNIX if "/" in sys.argv[1] else socket.AF_INET)
s.bind(sys.argv[1] if "/" in sys.argv[1] else ("127.0.0.1", int(sys.argv[1])))
s.listen()
print("ready", flush=True)
c, _ = s.accept()
c.recv(1, socket.MSG_PEEK)
print("arrived", flush=True)
if sys.argv[2] == "reset":
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    sys.stdin.readline()
    c.close()
    print("closed", flush=True)
sys.stdin.readline()
"""


class Send(support.Case):
    def check(self, where, endpoint, how):
        peer = self.start("/usr/bin/python3", "-c", DEAF, where, how, stdin=subprocess.PIPE)
        peer.wait_text("out", "ready")
        sender = self.start(support.ONGGI, "send", endpoint, stdin=subprocess.PIPE)
        sender.process.stdin.write(b"1\n")
        sender.process.stdin.flush()
        peer.wait_text("out", "arrived")
        if how == "reset":
            peer.process.stdin.write(b"\n")
            peer.process.stdin.flush()
            peer.wait_text("out", "closed")
        else:
            peer.process.kill()
            peer.process.wait()
        sender.process.stdin.close()
        self.assertEqual(sender.wait(), 1)
        self.assertIn("lost", sender.err)

    def test_a_peer_that_does_not_read(self):
        for how in ("reset", "kill"):
            with self.subTest(how=how):
                port = support.free_port()
                self.check(str(port), f"tcp://{HOST}:{port}", how)
                path = os.path.join(self.folder(), "s")
                self.check(path, f"unix://{path}", how)

    def test_tls(self):
        arrived, go = threading.Event(), threading.Event()

        def handle(peer, s, _):
            s.recv(1)
            arrived.set()
            go.wait(support.WAIT)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer = Peer(self, handle, "tls")
        sender = self.start(support.ONGGI, "send", peer.endpoint, *peer.client_words, stdin=subprocess.PIPE)
        sender.process.stdin.write(b"1\n")
        sender.process.stdin.flush()
        arrived.wait(support.WAIT)
        go.set()
        sender.process.stdin.close()
        self.assertEqual(sender.wait(), 1)

    def test_datagrams(self):
        self.assertIn("nobody listens", self.onggi("send", f"udp://{HOST}:{support.free_port(socket.SOCK_DGRAM)}", "1", status=1).err)
        path = os.path.join(self.folder(), "gone")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
        self.onggi("send", f"unixgram://{path}", "1", status=3)

    def test_a_peer_that_reads_all(self):
        for kind in ("tcp", "unix", "tls"):
            peer = Peer(self, lambda peer, s, _: [1 for _ in iter(lambda: peer.take(s), None)], kind)
            self.onggi("send", peer.endpoint, *peer.client_words, *range(100))
            support.wait_for(lambda p=peer: len(p.taken) == 100, "all objects")


class Recv(support.Case):
    def test_an_object_that_is_cut_off(self):
        for data, status, printed in [(b"[1]\n[2]\n", 0, "[1]\n[2]\n"), (b"[1]\n[2", 1, "[1]\n"),
                                      (b'{"a": 1}', 0, '{"a":1}\n'), (b"\0\0\0\3[1]\0\0\0\3[2", 1, "[1]\n")]:
            with self.subTest(data):
                listener, port = self.listen()
                client = self.start(support.ONGGI, "recv", f"tcp://{HOST}:{port}")
                s, _ = listener.accept()
                with s:
                    s.sendall(data)
                self.assertEqual(client.wait(), status, client.err)
                self.assertEqual(client.out, printed)


class Exec(support.Case):
    def test_one_run_for_each_object(self):
        """Whatever becomes of it: in order, and none for a second time."""
        path = os.path.join(self.folder(), "runs")
        server = self.serve("--exec", f"read n; echo $n >>{path}; test $n != 2 || exit 1; test $n != 3 || kill -9 $$; echo $n")
        with self.connect(server.port) as s:
            s.sendall(b"1\n2\n3\n4\n")
            self.assertEqual(recv_until(s, b"4\n"), b"1\n4\n")
        server.wait_text("err", "ended with status 1")
        server.wait_text("err", "ended by signal 9")
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "1\n2\n3\n4\n")


class Reset(support.Case):
    """A client that sends and resets: what was read is handled all the same, in order, each object once."""
    COUNT = 40

    def send_and_reset(self, server):
        with self.connect(server.port) as s:
            s.sendall(b"".join(b"%d\n" % n for n in range(1, self.COUNT + 1)))
            server.wait_lines(1)
            support.reset(s)

    def check(self, *words):
        server = self.serve("--codec", "json", "--framing", "line", *words)
        self.send_and_reset(server)
        server.wait_text("err", "ended after")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.out.split(), [str(n) for n in range(1, self.COUNT + 1)])

    def test_printing(self):
        self.check()

    def test_echo(self):
        self.check("--echo")

    def runs(self):
        path = os.path.join(self.folder(), "runs")
        return path, f"read n; echo $n >>{path}; echo $n"

    def has_run(self, path):
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read().split(), [str(n) for n in range(1, self.COUNT + 1)])

    def test_exec(self):
        path, command = self.runs()
        self.check("--exec", command)
        self.has_run(path)

    def test_exec_pool(self):
        path, command = self.runs()
        self.check("--exec-pool", "2", f"while {command}; do :; done")
        self.has_run(path)

    def test_to(self):
        def handle(peer, s, _):
            while peer.answer(s):
                pass
        peer = Peer(self, handle)
        self.check("--to", peer.endpoint)
        self.assertEqual(peer.taken, list(range(1, self.COUNT + 1)))

    def test_tls_that_is_cut_off(self):
        """The connection ends without close_notify, in the middle of an object."""
        folder = self.folder()
        self.run_program(os.path.join(support.SOURCE, "tools", "make-cert"), folder, HOST)
        server = self.serve("--codec", "json", "--framing", "line", "--exec", "sleep 0.01; cat", "--cert",
                            os.path.join(folder, "server.pem"), "--key", os.path.join(folder, "server.key"),
                            endpoint=f"tls://{HOST}:0")
        context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))
        with self.connect(server.port) as plain:
            with context.wrap_socket(plain, server_hostname=HOST) as s:
                s.sendall(b"".join(b"%d\n" % n for n in range(1, self.COUNT + 1)) + b"[")
                server.wait_lines(1)
                os.close(s.detach())
        server.wait_text("err", "ended after")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.out.split(), [str(n) for n in range(1, self.COUNT + 1)])


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""Standard descriptors that are closed, and terminals: output goes where it belongs or nowhere, never into a socket."""
import itertools
import json
import os
import pickle
import pty
import socket
import subprocess

import support
from support import ONGGI, recv_all

CLOSED = [numbers for count in (1, 2, 3) for numbers in itertools.combinations(range(3), count)]


class Closed(support.Case):
    """Any of standard input, output and error closed: nothing is printed into a socket, and nothing else changes."""

    def run_closed(self, closed, *words, stdin=b""):
        """Runs the command with descriptors closed: its exit status and standard output."""
        streams = ["stdin", "stdout", "stderr"]
        given = {name: subprocess.PIPE for number, name in enumerate(streams) if number not in closed}
        process = subprocess.Popen([ONGGI, *map(str, words)], env=support.ENV, **given,
                                   preexec_fn=lambda: [os.close(number) for number in closed])
        self.addCleanup(process.kill)
        out, _ = process.communicate(stdin if 0 not in closed else None, timeout=support.WAIT)
        return process.returncode, out

    def test_call(self):
        for closed in CLOSED:
            with self.subTest(closed=closed):
                listener, port = self.listen()
                received = []

                def answer():
                    with listener.accept()[0] as s:
                        data = s.recv(1024)
                        s.sendall(b'{"answer": 1}\n')
                        received.append(data + recv_all(s))
                thread = support.threading.Thread(target=answer)
                thread.start()
                status, out = self.run_closed(closed, "call", "-v", f"tcp://127.0.0.1:{port}", '{"a":1}')
                thread.join()
                self.assertEqual((status, received), (0, [b'{"a":1}\n']))
                if 1 not in closed:
                    self.assertEqual(out, b'{"answer":1}\n')

    def test_send(self):
        for closed in CLOSED:
            with self.subTest(closed=closed):
                listener, port = self.listen()
                process = subprocess.Popen([ONGGI, "send", "-v", f"tcp://127.0.0.1:{port}", "[1]"], env=support.ENV,
                                           preexec_fn=lambda numbers=closed: [os.close(n) for n in numbers])
                self.addCleanup(process.kill)
                with listener.accept()[0] as s:
                    self.assertEqual(recv_all(s), b"[1]\n")
                self.assertEqual(process.wait(support.WAIT), 0)

    def test_recv(self):
        server = self.serve("--greet", '{"hello":"you"}', "--codec", "json")
        for closed in CLOSED:
            with self.subTest(closed=closed):
                status, out = self.run_closed(closed, "recv", "-v", server.endpoint)
                self.assertEqual(status, 0)
                if 1 not in closed:
                    self.assertEqual(out, b'{"hello":"you"}\n')

    def test_serve(self):
        for closed in CLOSED:
            with self.subTest(closed=closed):
                path = os.path.join(self.folder(), "jar.sock")
                process = subprocess.Popen([ONGGI, "serve", "-v", f"unix://{path}", "--exec", "cat", "--count", "1"],
                                           env=support.ENV, stdin=subprocess.DEVNULL if 0 not in closed else None,
                                           stdout=subprocess.DEVNULL if 1 not in closed else None,
                                           stderr=subprocess.DEVNULL if 2 not in closed else None,
                                           preexec_fn=lambda numbers=closed: [os.close(n) for n in numbers])
                self.addCleanup(process.kill)
                support.wait_for(lambda: os.path.exists(path) or process.poll() is not None, "the socket")
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(support.WAIT)
                    support.wait_for(lambda: s.connect_ex(path) == 0, "a connection")
                    s.sendall(b'{"a":1}\n')
                    self.assertEqual(recv_all(s), b'{"a":1}\n')
                self.assertEqual(process.wait(support.WAIT), 0)

    def test_convert_and_inspect(self):
        path = os.path.join(self.folder(), "one.pickle")
        with open(path, "wb") as file:
            pickle.dump([1], file)
        for closed in CLOSED:
            for words in (["convert", path], ["convert", path, "not-there"], ["inspect", "--verdict", path]):
                with self.subTest(closed=closed, words=words):
                    status, out = self.run_closed(closed, *words)
                    self.assertEqual(status, 3 if "not-there" in words else 0)
                    if 1 not in closed and words[0] == "convert":
                        self.assertEqual(out, b"[1]\n")
        with open(path, "rb") as file:
            self.assertEqual(pickle.load(file), [1])


class Terminal(support.Case):
    """The bytes of a pickle would steer a terminal: they are kept from it unless --force says otherwise."""

    def on_a_terminal(self, *words, stdin=b""):
        ours, theirs = pty.openpty()
        done = subprocess.run([ONGGI, *words], input=stdin, stdout=theirs, stderr=subprocess.PIPE, env=support.ENV,
                              timeout=support.WAIT, check=False)
        os.close(theirs)
        try:
            out = os.read(ours, 65536)
        except OSError:  # nothing was written
            out = b""
        os.close(ours)
        return done.returncode, out, done.stderr.decode()

    def test_binary_is_refused(self):
        for form in ("pickle", "canonical"):
            for words in (["convert"], ["recv", "tcp://127.0.0.1:1"], ["call", "tcp://127.0.0.1:1", "1"], ["serve", "tcp://127.0.0.1:0"]):
                status, out, err = self.on_a_terminal(*words, "-o", form, stdin=b"[1]")
                self.assertEqual((status, out), (2, b""), words)
                self.assertRegex(err, r"^onggi: [^\n]*'> FILE'[^\n]*--force\n$")

    def test_force(self):
        status, out, _ = self.on_a_terminal("convert", "-o", "pickle", "--protocol", "0", "--force", stdin=b'"x"')
        self.assertEqual((status, pickle.loads(out.replace(b"\r\n", b"\n"))), (0, "x"))
        server = self.serve("--greet", '"x"', "--codec", "json")
        status, out, _ = self.on_a_terminal("recv", server.endpoint, "-o", "canonical", "--force")
        self.assertEqual((status, out[:2]), (0, b"\x80\x04"))

    def test_pipes_take_it(self):
        self.assertEqual(pickle.loads(self.onggi("convert", "-o", "pickle", stdin="[1]").stdout), [1])

    def test_what_is_no_pickle_is_printed(self):
        status, out, _ = self.on_a_terminal("convert", stdin=json.dumps("\x1b[31m").encode())
        self.assertEqual((status, out), (0, b'"\\u001b[31m"\r\n'))


if __name__ == "__main__":
    support.main()

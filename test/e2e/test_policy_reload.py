# SPDX-License-Identifier: MIT
"""A policy that changes while a server runs: SIGHUP reads it anew, under connections that are open."""
import os
import pickle
import signal
import struct

import support
from support import HOST


class Named:
    """A pickle of this names the class `module.name`."""

    def __init__(self, module, name):
        self.text = f"c{module}\n{name}\n.".encode()

    def frame(self):
        return struct.pack(">I", len(self.text)) + self.text


class Nested:
    """Pickles in one another's bytes, so many deep."""

    def __init__(self, depth):
        self.data = pickle.dumps(["deep"])
        for _ in range(depth):
            self.data = pickle.dumps(self.data)

    def frame(self):
        return struct.pack(">I", len(self.data)) + self.data


DEQUE, COUNTER = Named("collections", "deque"), Named("collections", "Counter")


class Reload(support.Case):
    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def start_server(self, *words, policy="allow collections.deque\n"):
        self.path = os.path.join(self.folder(), "policy")
        self.write(policy)
        return self.serve("--codec", "pickle", "--policy", self.path, *words)

    def reload(self, server, text, expected):
        before = len(server.err)
        self.write(text)
        server.process.send_signal(signal.SIGHUP)
        support.wait_for(lambda: expected in server.err[before:], expected)

    def is_taken(self, server, s, what):
        """Whether the server prints it or refuses it."""
        printed, refused = server.out.count("\n"), server.err.count("refused a message")
        s.sendall(what.frame())
        support.wait_for(lambda: server.out.count("\n") + server.err.count("refused a message") > printed + refused,
                         "the server's opinion")
        return server.out.count("\n") > printed

    def test_the_log_shows_what_is_unsafe(self):
        """At the start, and whenever the policy is read anew."""
        server = self.start_server("--framing", "u32be", policy="allow-unsafe dill.loads\nallow torch.*\n")
        server.wait_text("err", "line 1: 'dill.loads' unpickles what it is given")
        server.wait_text("err", r"line 2: 'torch\.\*' does not allow load")
        self.reload(server, "allow a.b\nallow-unsafe marshal.loads\n", "line 2: 'marshal.loads' loads code")
        self.assertEqual(server.stop(), 0)

    def test_under_connections_that_are_open(self):
        for words in ([], ["--exec", "cat"], ["--threads", "2"]):
            with self.subTest(words):
                server = self.start_server("--framing", "u32be", *words)
                with self.connect(server.port) as s:
                    self.assertTrue(self.is_taken(server, s, DEQUE))
                    self.assertFalse(self.is_taken(server, s, COUNTER))
                    self.reload(server, "allow collections.Counter\n", "was read anew")
                    self.assertFalse(self.is_taken(server, s, DEQUE))
                    self.assertTrue(self.is_taken(server, s, COUNTER))
                self.assertEqual(server.stop(), 0)

    def test_nested_stays(self):
        """--nested holds for the policy that is read anew as well."""
        server = self.start_server("--framing", "u32be", "--nested", "1", policy="include plain-data\n")
        with self.connect(server.port) as s:
            self.assertFalse(self.is_taken(server, s, Nested(2)))
            self.reload(server, "include plain-data\nnested 3\n", "was read anew")
            self.assertTrue(self.is_taken(server, s, Nested(1)))
            self.assertFalse(self.is_taken(server, s, Nested(2)))
        self.assertEqual(server.stop(), 0)

    def test_a_bad_file_leaves_the_old_policy(self):
        server = self.start_server("--framing", "u32be")
        with self.connect(server.port) as s:
            self.reload(server, "allow collections.Counter\n\nalow os.system\n",
                        f"policy {self.path}, line 3, column 1: expected allow, deny")
            self.assertIn("the old policy stays: correct the file and send SIGHUP again", server.err)
            self.assertTrue(self.is_taken(server, s, DEQUE))
            self.assertFalse(self.is_taken(server, s, COUNTER))
            os.rename(self.path, self.path + ".gone")
            server.process.send_signal(signal.SIGHUP)
            server.wait_text("err", "make it readable and send SIGHUP again")
            self.assertTrue(self.is_taken(server, s, DEQUE))
            self.reload(server, "allow collections.*\n", "was read anew")
            self.assertTrue(self.is_taken(server, s, COUNTER))
        self.assertEqual(server.stop(), 0)

    def test_what_is_sent_on_and_answered(self):
        """--to sends by the same policy, on a connection that is open."""
        upstream = self.serve("--echo", "--codec", "pickle", "--framing", "u32be")
        server = self.start_server("--framing", "u32be", "--to", f"tcp://{HOST}:{upstream.port}?codec=pickle&framing=u32be")
        with self.connect(server.port) as s:
            for what, policy in ((DEQUE, "allow collections.Counter\n"), (COUNTER, "allow collections.*\n"), (DEQUE, None)):
                s.sendall(what.frame())
                size, = struct.unpack(">I", support.recv_exactly(s, 4))
                self.assertEqual(pickle.loads(support.recv_exactly(s, size)).__name__, what.text.split(b"\n")[1].decode())
                if policy:
                    self.reload(server, policy, "was read anew")


if __name__ == "__main__":
    support.main()

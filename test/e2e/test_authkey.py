# SPDX-License-Identifier: MIT
"""authkey= of multiprocessing.connection, both roles, TCP and Unix: against Python's own Listener, Client and
managers, and against the handshake of Python 3.12 and later, as its sources have it."""
import contextlib
import hmac
import multiprocessing.connection as mpc
import multiprocessing.managers
import os
import signal
import socket
import threading
import unittest

import support
from support import HOST

KEY = b"a shared secret"
DIGESTS = ("md5", "sha256", "sha384", "sha3_256", "sha3_384")


class Modern:
    """The handshake of Python 3.12: the digest is named in challenge and answer, and the MAC covers its name."""

    def __init__(self, connection, key, digest="sha256"):
        self.connection, self.key, self.digest = connection, key, digest

    @staticmethod
    def split(message):
        if len(message) in (16, 20):
            return "md5", message
        name, _, rest = message[1:].partition(b"}")
        assert message[:1] == b"{" and name.decode() in DIGESTS, message
        return name.decode(), rest

    def deliver(self):
        message = b"{%s}%s" % (self.digest.encode(), os.urandom(40))
        self.connection.send_bytes(b"#CHALLENGE#" + message)
        digest, mac = self.split(self.connection.recv_bytes(256))
        good = hmac.compare_digest(hmac.new(self.key, message, digest).digest(), mac)
        self.connection.send_bytes(b"#WELCOME#" if good else b"#FAILURE#")
        if not good:
            raise multiprocessing.AuthenticationError("digest received was wrong")

    def answer(self):
        message = self.connection.recv_bytes(256)
        assert message.startswith(b"#CHALLENGE#"), message
        message = message[len(b"#CHALLENGE#"):]
        digest, _ = self.split(message)
        mac = hmac.new(self.key, message, digest).digest()
        self.connection.send_bytes(mac if len(message) == 20 else b"{%s}%s" % (digest.encode(), mac))
        if self.connection.recv_bytes(256) != b"#WELCOME#":
            raise multiprocessing.AuthenticationError("digest sent was rejected")


class Authkey(support.Case):
    def key_file(self, key=KEY, mode=0o600):
        path = os.path.join(self.folder(), "authkey")
        with open(path, "wb") as file:
            file.write(key)
        os.chmod(path, mode)
        return path

    def keyed(self, *words, endpoint="tcp://127.0.0.1:0", key=KEY):
        return self.serve("--authkey-file", self.key_file(key), "--echo", *words, endpoint=endpoint)

    def talk(self, connection):
        for value in (1, {"n": [1, 2]}, ("a", b"b")):
            connection.send(value)
            self.assertEqual(connection.recv(), value)

    def modern_client(self, server, digest="sha256"):
        connection = mpc.Client((HOST, server.port))
        self.addCleanup(connection.close)
        end = Modern(connection, KEY, digest)
        end.answer()
        end.deliver()
        return connection

    # ---- we serve ----

    def test_send_to_a_peer_that_asks_for_a_key(self):
        """It has read nothing: the object is lost, and not sent."""
        for words in (), ("--as", "multiprocessing"):
            with mpc.Listener((HOST, 0), authkey=KEY) as listener:
                taker = threading.Thread(target=self.refused_by, args=(listener,))
                taker.start()
                done = self.onggi("send", f"tcp://{HOST}:{listener.address[1]}", "1", *words, status=1)
                self.assertIn("the peer asks for a key (authkey= in Python): give it with --authkey-file", done.err)
                taker.join(support.WAIT)

    @staticmethod
    def refused_by(listener):
        with contextlib.suppress(multiprocessing.AuthenticationError, OSError, EOFError):
            listener.accept()

    def test_serve(self):
        server = self.keyed()
        with mpc.Client((HOST, server.port), authkey=KEY) as connection:
            self.talk(connection)
        for digest in DIGESTS:
            self.talk(self.modern_client(server, digest))

    def test_serve_on_a_unix_socket(self):
        path = os.path.join(self.folder(), "socket")
        self.keyed(endpoint=f"unix://{path}")
        with mpc.Client(path, authkey=KEY) as connection:
            self.talk(connection)

    def test_serve_wrong_keys(self):
        server = self.keyed()
        with self.assertRaises(multiprocessing.AuthenticationError):
            mpc.Client((HOST, server.port), authkey=b"another")
        server.wait_text("err", r"the handshake failed: the peer has another key.*--authkey-file")
        with contextlib.closing(mpc.Client((HOST, server.port))) as connection:  # without a key
            connection.send({"n": 1})
            connection.recv_bytes()
            server.wait_text("err", r"the peer has no key, give it the same as authkey=")
        with mpc.Client((HOST, server.port), authkey=KEY) as connection:
            self.talk(connection)

    def test_silent_clients_hold_nobody_up(self):
        server = self.keyed("--handshake-timeout", "300ms")
        silent = [self.connect(server.port) for _ in range(10)]
        server.wait_text("err", r"\(mp-auth\) took longer than 300 ms \(--handshake-timeout\), waiting for the peer's answer")
        del silent

    def test_no_md5(self):
        server = self.keyed("--authkey-no-md5")
        with self.assertRaises(multiprocessing.AuthenticationError):
            mpc.Client((HOST, server.port), authkey=KEY)
        server.wait_text("err", "MD5, as Python up to 3.11 has it, which --authkey-no-md5 refuses")
        connection = mpc.Client((HOST, server.port))
        self.addCleanup(connection.close)
        end = Modern(connection, KEY)
        end.answer()
        end.deliver()
        self.talk(connection)

    def test_reload(self):
        path = self.key_file()
        server = self.serve("--authkey-file", path, "--echo")
        old = mpc.Client((HOST, server.port), authkey=KEY)
        self.addCleanup(old.close)
        with open(path, "wb") as file:
            file.write(b"the next secret\n")
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "keys were read anew")
        with mpc.Client((HOST, server.port), authkey=b"the next secret") as connection:
            self.talk(connection)
        self.talk(old)
        self.assertEqual(server.stop(), 0)

    # ---- we connect ----

    def listener(self, address=(HOST, 0), **options):
        listener = mpc.Listener(address, **options)
        self.addCleanup(listener.close)
        return listener

    def echo(self, listener, handshake=None):
        def run():
            with contextlib.suppress(OSError, EOFError, multiprocessing.AuthenticationError):
                with listener.accept() as connection:
                    if handshake:
                        handshake(connection)
                    while True:
                        connection.send(connection.recv())
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def call(self, endpoint, *words, status=0, key=KEY):
        return self.onggi("call", "--authkey-file", self.key_file(key), *words, endpoint, '{"n": 1}', status=status)

    def test_call(self):
        listener = self.listener(authkey=KEY)
        self.echo(listener)
        self.assertEqual(self.call(f"tcp://{HOST}:{listener.address[1]}").out, '{"n":1}\n')

    def test_call_on_a_unix_socket(self):
        path = os.path.join(self.folder(), "socket")
        listener = self.listener(path, family="AF_UNIX", authkey=KEY)
        self.echo(listener)
        self.assertEqual(self.call(f"unix://{path}").out, '{"n":1}\n')

    def test_call_modern(self):
        for digest in DIGESTS:
            listener = self.listener()

            def handshake(connection):
                end = Modern(connection, KEY, digest)
                end.deliver()
                end.answer()
            self.echo(listener, handshake)
            self.assertEqual(self.call(f"tcp://{HOST}:{listener.address[1]}").out, '{"n":1}\n')

    def test_call_with_a_wrong_key(self):
        listener = self.listener(authkey=KEY)
        self.echo(listener)
        done = self.call(f"tcp://{HOST}:{listener.address[1]}", key=b"another", status=1)
        self.assertIn("the peer refuses our key: give --authkey-file the key that it has as authkey=", done.err)

    def test_call_where_no_key_is_asked_for(self):
        listener = self.listener()
        self.echo(listener)
        done = self.call(f"tcp://{HOST}:{listener.address[1]}", "--handshake-timeout", "200ms", status=4)
        self.assertIn("waiting for the peer's challenge: one without a key sends none (leave --authkey-file out)",
                      done.err)

    def test_call_without_the_key(self):
        for framing in ("mp", "auto"):
            listener = self.listener(authkey=KEY)
            self.echo(listener)
            done = self.onggi("recv", "--framing", framing, f"tcp://{HOST}:{listener.address[1]}", status=1)
            self.assertIn("the peer asks for a key (authkey= in Python): give it with --authkey-file", done.err)
            self.assertNotIn("--policy", done.err)

    def test_serve_without_the_key(self):
        server = self.serve("--framing", "mp", "--handshake-timeout", "200ms")
        client = self.connect(server.port)
        server.wait_text("err", r"nothing has come for 200 ms; a client with authkey= waits for a challenge: give the "
                                r"key with --authkey-file")
        client.close()

    def test_key_files(self):
        for mode, key, words in ((0o644, KEY, "chmod 600"), (0o600, b"\n", "no key is in")):
            done = self.onggi("serve", "--authkey-file", self.key_file(key, mode), "tcp://127.0.0.1:0", status=None)
            self.assertIn(words, done.err)
            self.assertNotEqual(done.returncode, 0)
        done = self.onggi("serve", "--authkey", "x", "tcp://127.0.0.1:0", status=2)

    # ---- managers ----

    def test_manager(self):
        class Manager(multiprocessing.managers.BaseManager):
            pass

        box = {"n": 41}
        Manager.register("box", callable=lambda: box)
        manager = Manager(address=(HOST, 0), authkey=KEY)
        server = manager.get_server()
        # serve_forever() ends its process; its loop alone serves here.
        accepter = threading.Thread(target=server.accepter, daemon=True)
        server.stop_event = threading.Event()
        accepter.start()
        request = '{"py/tuple": [null, "dummy", {"py/tuple": []}, {}]}'
        done = self.onggi("call", "--authkey-file", self.key_file(), "-i", "lossless", "-o", "repr",
                          f"tcp://{HOST}:{server.address[1]}", request)
        self.assertEqual(done.out, "('#RETURN', None)\n")


if __name__ == "__main__":
    unittest.main()

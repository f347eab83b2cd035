# SPDX-License-Identifier: MIT
"""Shared keys instead of certificates (--psk-file): between our own ends, against OpenSSL's s_client and s_server, what each end
says when they do not fit, and an end that is made to talk to itself."""
import os
import secrets
import signal
import socket
import subprocess
import threading
import unittest

import support
from support import HOST

KEY, OTHER = secrets.token_hex(32), secrets.token_hex(16)


class SharedKeys(support.Case):
    def file(self, text, mode=0o600):
        path = os.path.join(self.folder(), "keys")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def secured(self, text, *words):
        return self.serve("--psk-file", self.file(text), *words, endpoint="tls://127.0.0.1:0")

    def call(self, port, text, *words, query="", status=0):
        return self.onggi("call", "--psk-file", self.file(text), *words, f"tls://{HOST}:{port}{query}", '{"n": 1}', status=status)

    def s_client(self, port, identity, key, *words):
        """OpenSSL's client, which has sent a line."""
        client = self.start("openssl", "s_client", "-quiet", "-connect", f"{HOST}:{port}", "-psk_identity", identity, "-psk", key,
                            *words, stdin=subprocess.PIPE)
        self.addCleanup(client.process.stdin.close)
        client.process.stdin.write(b'{"n": 1}\n')
        client.process.stdin.flush()
        return client

    def s_server(self, identity, key, *words):
        port = support.free_port()
        server = self.start("openssl", "s_server", "-quiet", "-accept", f"{HOST}:{port}", "-nocert", "-psk_identity", identity,
                            "-psk", key, *words)
        support.wait_for(lambda: support.is_bound(port), "openssl s_server to listen")
        return server, port

    def test_ours_to_ours(self):
        server = self.secured(f"# readers\naccept reader {KEY}\naccept writer {OTHER}\n", "--echo")
        for text in (f"connect reader {KEY}\n", f"connect writer {OTHER}"):
            for query in ("", "?codec=pickle&framing=u32be", "?codec=json&framing=netstring", "?framing=line", "?codec=pickle&framing=raw"):
                self.assertEqual(self.call(server.port, text, query=query).out, '{"n":1}\n')
        self.assertEqual(server.stop(), 0)

    def test_openssl_client(self):
        server = self.secured(f"accept reader {KEY}\n", "--echo")
        for words in (("-tls1_3",), ("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"),
                      ("-groups", "P-384:X25519")):
            client = self.s_client(server.port, "reader", KEY, *words)
            client.wait_text("out", r'\{"n":1\}')
            client.stop()

    def test_a_client_that_would_do_without_a_fresh_secret(self):
        server = self.secured(f"accept reader {KEY}\n", "--echo")
        client = self.s_client(server.port, "reader", KEY, "-tls1_3", "-allow_no_dhe_kex", "-msg")
        client.wait_text("out", r'\{"n":1\}')
        self.assertIn("00 33 00", client.out)  # the server's share of a key: extension 51
        client.stop()

    def test_refused_openssl_clients(self):
        server = self.secured(f"accept reader {KEY}\nconnect writer {OTHER}\n", "--echo")
        for identity, key, words, says in (
                ("reader", OTHER, (), "the client has another key for the identity 'reader'"),
                ("eve", KEY, (), "the client offers the identity 'eve', which is not in --psk-file: it needs the line 'accept eve KEY'"),
                ("writer", OTHER, (), "the client offers 'writer', with which we connect ourselves"),
                ("reader", KEY, ("-tls1_2",), "the client has no TLS 1.3, which the keys of --psk-file need"),
                ("reader", KEY, ("-ciphersuites", "TLS_AES_256_GCM_SHA384"), "the client has no cipher for the keys of --psk-file")):
            self.s_client(server.port, identity, key, *words).wait()
            server.wait_text("err", support.re.escape(says))

    def test_openssl_server(self):
        _, port = self.s_server("reader", KEY, "-rev")
        done = self.onggi("call", "--psk-file", self.file(f"connect reader {KEY}"), "--codec", "text", f"tls://{HOST}:{port}", "abc")
        self.assertEqual(done.out, "cba\n")

    def test_refused_by_openssl_servers(self):
        _, port = self.s_server("reader", KEY, "-rev")
        done = self.call(port, f"connect reader {OTHER}", status=1)
        self.assertIn("the server has another key for the identity 'reader': both ends need the same in --psk-file", done.err)
        done = self.call(port, f"connect eve {KEY}", status=1)
        self.assertIn("the server does not know the identity 'eve': its --psk-file needs the line 'accept eve KEY'", done.err)
        _, port = self.s_server("reader", KEY, "-rev", "-tls1_2")
        done = self.call(port, f"connect reader {KEY}", status=1)
        self.assertIn("the server has no TLS 1.3, which the keys of --psk-file need", done.err)

    def test_a_server_with_certificates(self):
        folder = self.folder()
        subprocess.run([os.path.join(support.SOURCE, "tools", "make-cert"), folder], check=True, stdout=subprocess.DEVNULL)
        server = self.serve("--cert", os.path.join(folder, "server.pem"), "--key", os.path.join(folder, "server.key"), "--echo",
                            endpoint="tls://127.0.0.1:0")
        done = self.call(server.port, f"connect reader {KEY}", status=1)
        self.assertIn("the server shows a certificate instead of a shared key: check it with --ca", done.err)

    def test_ourselves(self):
        """One file at both ends: what it connects with is not what it accepts, whoever carries the bytes."""
        text = f"connect us {KEY}\naccept them {OTHER}\n"
        server = self.secured(text, "--echo")
        listener, port = self.listen()

        def carry():
            with listener.accept()[0] as a, socket.create_connection((HOST, server.port)) as b:
                def one_way(source, to):
                    while data := source.recv(65536):
                        to.sendall(data)
                    to.shutdown(socket.SHUT_WR)
                back = threading.Thread(target=one_way, args=(b, a))
                back.start()
                one_way(a, b)
                back.join()
        carrier = threading.Thread(target=carry)
        carrier.start()
        done = self.call(port, text, status=1)
        carrier.join()
        self.assertIn("the server does not know the identity 'us'", done.err)
        server.wait_text("err", "the client offers 'us', with which we connect ourselves: it is ourselves, or has our file")
        # A file that would let it succeed is refused by both ends.
        for command in ("serve", "call"):
            done = self.onggi(command, "--psk-file", self.file(f"connect us {KEY}\naccept us {KEY}"), "tls://127.0.0.1:0",
                              *["1"] * (command == "call"), status=None)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("have the same key: every peer, and each direction, needs a key of its own", done.err)

    def test_reload(self):
        path = self.file(f"accept reader {KEY}\n")
        server = self.serve("--psk-file", path, "--echo", endpoint="tls://127.0.0.1:0")
        old = self.s_client(server.port, "reader", KEY)
        old.wait_text("out", r'\{"n":1\}')
        with open(path, "w", encoding="ascii") as f:
            f.write(f"accept reader {OTHER}\n")
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "keys were read anew")
        self.call(server.port, f"connect reader {KEY}", status=1)
        self.assertEqual(self.call(server.port, f"connect reader {OTHER}").out, '{"n":1}\n')
        old.process.stdin.write(b'{"n": 2}\n')
        old.process.stdin.flush()
        old.wait_text("out", r'\{"n":2\}')  # who is connected stays so
        old.stop()
        # A file that cannot be used changes nothing.
        with open(path, "w", encoding="ascii") as f:
            f.write("accept reader\n")
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "is neither 'connect IDENTITY KEY'")
        self.assertEqual(self.call(server.port, f"connect reader {OTHER}").out, '{"n":1}\n')

    def test_files_of_others(self):
        for command in ("serve", "call"):
            done = self.onggi(command, "--psk-file", self.file(f"connect a {KEY}\naccept b {OTHER}", 0o644), "tls://127.0.0.1:0",
                              *["1"] * (command == "call"), status=None)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("chmod 600", done.err)

    def test_plain_endpoints(self):
        done = self.onggi("call", "--psk-file", self.file(f"connect a {KEY}"), "tcp://127.0.0.1:1", "1", status=1)
        self.assertIn("--psk-file needs tls (tls://), which this endpoint does not use", done.err)


if __name__ == "__main__":
    unittest.main()

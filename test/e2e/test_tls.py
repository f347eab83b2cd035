# SPDX-License-Identifier: MIT
"""TLS against Python's ssl and OpenSSL's own s_client and s_server: both roles, 1.2 and 1.3, client certificates, and what each
end says when it is refused."""
import contextlib
import hashlib
import json
import os
import pickle
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest

import support
from support import HOST, ONGGI

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class Tls(support.Case):
    @classmethod
    def setUpClass(cls):
        cls.made = support.tempfile.mkdtemp(prefix="onggi-")
        subprocess.run([os.path.join(support.SOURCE, "tools", "make-cert"), cls.made], check=True,
                       stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        support.shutil.rmtree(cls.made)

    def file(self, name):
        return os.path.join(self.made, name)

    def options(self, who):
        return "--cert", self.file(who + ".pem"), "--key", self.file(who + ".key")

    def secured(self, *words):
        return self.serve(*self.options("server"), "--echo", *words, endpoint="tls://127.0.0.1:0")

    def context(self, version=None, cert=None):
        context = ssl.create_default_context(cafile=self.file("ca.pem"))
        if version:
            context.minimum_version = context.maximum_version = version
        if cert:
            context.load_cert_chain(self.file(cert + ".pem"), self.file(cert + ".key"))
        return context

    def client(self, server, context):
        s = context.wrap_socket(self.connect(server.port), server_hostname="localhost")
        self.addCleanup(s.close)
        return s

    def ask(self, s, value=({"n": 1})):
        s.sendall(json.dumps(value).encode() + b"\n")
        data = b""
        while not data.endswith(b"\n"):
            data += s.recv(65536) or b"\n"
        self.assertEqual(json.loads(data), value)

    # ---- we serve ----

    def test_python_client(self):
        server = self.secured()
        for version in VERSIONS:
            s = self.client(server, self.context(version))
            for n in range(10):
                self.ask(s, {"n": n, "text": "x" * (n * 5000)})
            s.unwrap().close()
        self.assertEqual(server.stop(), 0)

    def test_every_framing_carries_it(self):
        server = self.secured()
        data = pickle.dumps({"n": [1, 2]}, protocol=4)
        s = self.client(server, self.context())
        s.sendall(len(data).to_bytes(4, "big") + data)
        size = int.from_bytes(support.recv_exactly(s, 4), "big")
        self.assertEqual(pickle.loads(support.recv_exactly(s, size)), {"n": [1, 2]})

    def test_who_the_peer_is(self):
        """In the log, the envelope, templates and the environment of --exec."""
        ca = ("--client-ca", self.file("ca.pem"))
        with open(self.file("client.pem"), encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        fingerprint = hashlib.sha256(der).hexdigest()
        server = self.secured(*ca, "-o", "envelope")
        self.ask(self.client(server, self.context(cert="client")))
        server.wait_lines(1)
        seen = server.objects()[0]
        self.assertEqual(seen["tls.fingerprint"], fingerprint)
        self.assertIn("CN=", seen["tls.subject"])
        self.assertEqual(seen["tls.protocol"], "TLSv1.3")
        self.assertIn("AES", seen["tls.cipher"] + "AES" * ("CHACHA" in seen["tls.cipher"]))
        server.wait_text("err", "tls.subject " + seen["tls.subject"])
        self.assertIn("tls.fingerprint " + fingerprint, server.err)
        server = self.secured(*ca, "--format", "{tls.subject}|{tls.protocol}|{value[n]}")
        self.ask(self.client(server, self.context(ssl.TLSVersion.TLSv1_2, cert="client")), {"n": 7})
        server.wait_text("out", "\n")
        self.assertEqual(server.out, f"{seen['tls.subject']}|TLSv1.2|7\n")
        server = self.serve(*self.options("server"), *ca, "--exec", 'cat >/dev/null; echo "[\\"$ONGGI_TLS_SUBJECT\\",\\"$ONGGI_TLS_FINGERPRINT\\"]"',
                            endpoint="tls://127.0.0.1:0")
        s = self.client(server, self.context(cert="client"))
        s.sendall(b"[1]\n")
        with s.makefile("rb") as answers:
            self.assertEqual(json.loads(answers.readline()), [seen["tls.subject"], fingerprint])

    def test_a_peer_without_a_certificate_has_no_name(self):
        server = self.secured("-o", "envelope")
        self.ask(self.client(server, self.context()))
        server.wait_lines(1)
        self.assertEqual({name for name in server.objects()[0] if name.startswith("tls.")}, {"tls.protocol", "tls.cipher"})
        self.assertNotIn("tls.", server.err)

    def test_client_certificates(self):
        server = self.secured("--client-ca", self.file("ca.pem"))
        for version in VERSIONS:
            self.ask(self.client(server, self.context(version, "client")))
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                s = self.client(server, self.context(version))
                self.ask(s)
        server.wait_text("err", r"the client has no certificate, which --client-cert requires")

    def test_optional_client_certificates(self):
        server = self.secured("--client-ca", self.file("ca.pem"), "--client-cert", "optional")
        self.ask(self.client(server, self.context()))
        self.ask(self.client(server, self.context(cert="client")))

    def test_resumption(self):
        server = self.secured("--client-ca", self.file("ca.pem"))
        for version in VERSIONS:
            context = self.context(version, "client")
            first = self.client(server, context)
            self.ask(first)
            again = context.wrap_socket(self.connect(server.port), server_hostname="localhost", session=first.session)
            self.addCleanup(again.close)
            self.ask(again)
            self.assertTrue(again.session_reused)

    def test_a_new_client_ca_ends_old_tickets(self):
        """Who has a ticket of before must show a certificate again, and it must be from the new authority."""
        folder = self.folder()
        ca = os.path.join(folder, "clients.pem")
        support.shutil.copy(self.file("ca.pem"), ca)
        server = self.secured("--client-ca", ca)
        resumed = []
        for version in VERSIONS:
            context = self.context(version, "client")
            first = self.client(server, context)
            self.ask(first)
            resumed.append((context, first.session))
        subprocess.run([os.path.join(support.SOURCE, "tools", "make-cert"), folder], check=True, stdout=subprocess.DEVNULL)
        os.replace(os.path.join(folder, "ca.pem"), ca)
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "keys were read anew")
        for context, session in resumed:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                s = context.wrap_socket(self.connect(server.port), server_hostname="localhost", session=session)
                self.addCleanup(s.close)
                self.ask(s)
        refused = "the handshake failed: the client's certificate is from CN=onggi trial authority"
        support.wait_for(lambda: server.err.count(refused) == len(VERSIONS), "both refusals")

    def test_old_versions_and_plain_bytes(self):
        server = self.secured()
        s = self.connect(server.port)
        s.sendall(b'{"n": 1}\n')
        server.wait_text("err", r"the client sent plain bytes, not TLS: it must connect with TLS")
        context = self.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.client(server, context)
        server.wait_text("err", r"the client has no TLS from 1\.2 on")

    def test_tls_on_a_plain_port(self):
        server = self.serve("--echo")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.client(server, self.context())
        server.wait_text("err", r"the client speaks TLS: serve tls:// with --cert")

    def test_untrusting_client(self):
        server = self.secured()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.client(server, ssl.create_default_context())
        server.wait_text("err", r"the client does not trust the authority of our certificate")

    def test_truncated_stream(self):
        server = self.secured("--framing", "line")
        s = self.client(server, self.context())
        self.ask(s)
        s.sendall(b'{"n": ')
        s.shutdown(socket.SHUT_WR)  # of the socket: no close_notify
        server.wait_text("err", r"the stream was cut off: the peer closed it without the end of TLS")

    def test_truncated_after_a_whole_message(self):
        """All that came is good, but more may have been cut off: that is said."""
        server = self.secured("--framing", "line")
        s = self.client(server, self.context())
        self.ask(s)
        s.shutdown(socket.SHUT_WR)
        server.wait_text("err", r"the stream was cut off: the peer closed it without the end of TLS \(close_notify\)")
        server.wait_text("out", r'\{"n":1\}')

    def half_done(self, server, count):
        """Connections that have sent half of a hello."""
        hello = self.hello()
        half = [self.connect(server.port) for _ in range(count)]
        for s in half:
            s.sendall(hello[:len(hello) // 2])
        return half

    def test_half_done_handshakes(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = min(1000, most - 200)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        server = self.secured("--handshake-timeout", "10m")
        half = self.half_done(server, count)
        for _ in range(3):
            self.ask(self.client(server, self.context()))
        hello = self.hello()
        half[0].sendall(hello[len(hello) // 2:])  # of another hello, which is refused: the others still wait
        self.ask(self.client(server, self.context()))
        for s in half:
            s.close()
        server.wait_text("err", "the peer closed the connection during the TLS handshake")
        self.ask(self.client(server, self.context()))

    def test_handshakes_count_as_connections(self):
        server = self.secured("--max-connections", "3", "--handshake-timeout", "10m")
        half = self.half_done(server, 3)
        server.wait_text("err", "connections open: 3, as many as may be \\(--max-connections\\): others wait")
        waiting = self.connect(server.port)
        waiting.settimeout(0.1)
        waiting.sendall(self.hello())
        self.assertRaises(TimeoutError, waiting.recv, 1)
        half[1].close()
        waiting.settimeout(support.WAIT)
        self.assertEqual(waiting.recv(1), b"\x16")  # a hello comes back

    def test_handshakes_have_a_limit(self):
        server = self.secured("--handshake-timeout", "0.2")
        silent, half = self.connect(server.port), self.half_done(server, 1)
        self.assertEqual(support.recv_all(silent), b"")
        self.assertEqual(support.recv_all(half[0]), b"")
        server.wait_text("err", r"the handshake \(tls\) took longer than 200 ms \(--handshake-timeout\), waiting for the peer's first byte of TLS")
        server.wait_text("err", r"the handshake \(tls\) took longer than 200 ms \(--handshake-timeout\), waiting for the rest of the peer's TLS handshake")

    def test_servers_that_say_nothing(self):
        _, port = self.listen()
        done = self.call(port, "--ca", self.file("ca.pem"), "--handshake-timeout", "0.2", status=4)
        self.assertIn("the handshake (tls) took longer than 200 ms (--handshake-timeout), waiting for the peer's first byte of TLS", done.err)

    def hello(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = self.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
        return outgoing.read()

    def test_one_byte_at_a_time(self):
        server = self.secured()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = self.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        s = self.connect(server.port)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def flush():
            for byte in outgoing.read():
                s.sendall(bytes([byte]))

        def step(what):
            while True:
                try:
                    return what()
                except ssl.SSLWantReadError:
                    flush()
                    incoming.write(s.recv(65536))
        step(end.do_handshake)
        end.write(b'{"n":1}\n')
        flush()
        self.assertEqual(step(lambda: end.read(100)), b'{"n":1}\n')

    def test_reload(self):
        folder = self.folder()
        for name in ("server.pem", "server.key"):
            support.shutil.copy(self.file(name), folder)
        cert, key = os.path.join(folder, "server.pem"), os.path.join(folder, "server.key")
        server = self.serve("--cert", cert, "--key", key, "--echo", endpoint="tls://127.0.0.1:0")
        old = self.client(server, self.context())
        before = old.getpeercert(True)
        subprocess.run([os.path.join(support.SOURCE, "tools", "make-cert"), folder], check=True,
                       stdout=subprocess.DEVNULL)
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "keys were read anew")
        new = self.client(server, ssl.create_default_context(cafile=os.path.join(folder, "ca.pem")))
        self.assertNotEqual(new.getpeercert(True), before)
        self.ask(new)
        self.ask(old)

    def test_keys_are_read_anew_while_clients_come(self):
        """On other threads than the one that reads them; for the thread sanitizer."""
        server = self.serve(*self.options("server"), "--echo", "--threads", "3", endpoint="tls://127.0.0.1:0")
        clients = []
        for n in range(1, 7):
            clients += [self.client(server, self.context()) for _ in range(3)]
            server.process.send_signal(signal.SIGHUP)
            support.wait_for(lambda wanted=n: server.err.count("keys were read anew") == wanted, "new keys")
        for client in clients:
            self.ask(client)
        self.assertEqual(server.stop(), 0)

    def test_openssl_client(self):
        server = self.secured()
        for version in ("-tls1_2", "-tls1_3"):
            done = self.run_program("openssl", "s_client", "-quiet", "-verify_return_error", version, "-connect",
                                    f"{HOST}:{server.port}", "-CAfile", self.file("ca.pem"), "-servername", "localhost",
                                    "-no_ign_eof", stdin='{"n":1}\n', status=None)
            self.assertIn("verify return:1", done.err)

    def test_options_without_tls(self):
        for words in (self.options("server"), ("--client-ca", self.file("ca.pem")), ("--client-cert", "optional")):
            for endpoint, meant in (("tcp://127.0.0.1:0", "tls://127.0.0.1:0"),
                                    ("unix://" + os.path.join(self.folder(), "s"), "tls://127.0.0.1:8443")):
                done = self.onggi("serve", *words, endpoint, status=2)
                self.assertIn(f"{words[0]} is for endpoints of tls://, and none is given: try: onggi serve {words[0]} ... {meant}",
                              done.err)
        server = self.serve(*self.options("server"), "tcp://127.0.0.1:0", endpoint="tls://127.0.0.1:0")
        self.assertEqual(server.stop(), 0)

    # ---- we connect ----

    def python_echo(self, context, count=1):
        listener, port = self.listen()

        def run():
            for _ in range(count):
                with contextlib.suppress(OSError), listener.accept()[0] as s:
                    with context.wrap_socket(s, server_side=True) as tls:
                        while data := tls.recv(65536):
                            tls.sendall(data)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return port

    def server_context(self, version=None, client_ca=False, cert="server"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file(cert + ".pem"), self.file(cert + ".key"))
        if version:
            context.minimum_version = context.maximum_version = version
        if client_ca:
            context.load_verify_locations(self.file("ca.pem"))
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def call(self, port, *words, host="localhost", status=0):
        return self.onggi("call", *words, f"tls://{host}:{port}", '{"n":1}', status=status)

    def test_python_server(self):
        for version in VERSIONS:
            port = self.python_echo(self.server_context(version))
            self.assertEqual(self.call(port, "--ca", self.file("ca.pem")).out, '{"n":1}\n')

    def test_python_server_with_client_certificates(self):
        for version in VERSIONS:
            port = self.python_echo(self.server_context(version, client_ca=True), count=2)
            done = self.call(port, "--ca", self.file("ca.pem"), *self.options("client"))
            self.assertEqual(done.out, '{"n":1}\n')
            done = self.call(port, "--ca", self.file("ca.pem"), status=1)
            self.assertRegex(done.err, r"the server requires a certificate: give --cert|"
                                       r"the server ended the handshake: .*wants a certificate \(--cert\)")

    def test_refused_servers(self):
        port = self.python_echo(self.server_context(), count=4)
        done = self.call(port, status=1)
        self.assertIn("is from CN=onggi trial authority, an authority that is not trusted here: give its certificate with --ca",
                      done.err)
        done = self.call(port, "--ca", self.file("ca.pem"), "--server-name", "example.org", status=1)
        self.assertIn("is for localhost,127.0.0.1, not for example.org", done.err)
        done = self.call(port, "--insecure")
        self.assertEqual(done.out, '{"n":1}\n')
        self.assertIn("--insecure", done.err)
        done = self.call(port, "--ca", self.file("ca.pem"), host=HOST)
        self.assertEqual(done.out, '{"n":1}\n')

    def test_plain_servers(self):
        server = self.serve("--echo", "--greet", '"hello"')
        done = self.call(server.port, "--ca", self.file("ca.pem"), status=1)
        self.assertIn("write tcp:// instead of tls://", done.err)

    def test_plain_client_of_a_tls_server(self):
        server = self.secured()
        done = self.onggi("call", f"tcp://{HOST}:{server.port}", '{"n":1}', status=None)
        self.assertNotEqual(done.returncode, 0)
        server.wait_text("err", "the client sent plain bytes, not TLS: it must connect with TLS")

    def short_server(self, says, asks=True, ends=False):
        """A server that says this and closes its socket, by default without the end of TLS."""
        listener, port = self.listen()
        context = self.server_context()

        def run():
            with listener.accept()[0] as s, context.wrap_socket(s, server_side=True) as tls:
                if asks:
                    tls.recv(100)
                tls.sendall(says)
                if ends:
                    tls.unwrap()
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        return port

    CUT = "the stream was cut off: the peer closed it without the end of TLS (close_notify)"

    def test_truncating_servers(self):
        """In the middle of an answer, and before it."""
        done = self.call(self.short_server(b'{"n":'), "--ca", self.file("ca.pem"), status=1)
        self.assertIn(self.CUT, done.err)
        done = self.call(self.short_server(b""), "--ca", self.file("ca.pem"), status=1)
        self.assertIn(self.CUT + "; it may have taken the object", done.err)

    def test_truncated_after_the_last_object(self):
        """What came is whole, and that more may be missing is said."""
        port = self.short_server(b"[1]\n[2]\n", asks=False)
        done = self.onggi("recv", f"tls://localhost:{port}", "--ca", self.file("ca.pem"))
        self.assertEqual(done.out, "[1]\n[2]\n")
        self.assertIn(self.CUT + "; what came is whole, but more may be missing", done.err)
        port = self.short_server(b"[1]\n[2]\n", asks=False, ends=True)
        done = self.onggi("recv", f"tls://localhost:{port}", "--ca", self.file("ca.pem"))
        self.assertEqual((done.out, done.err), ("[1]\n[2]\n", ""))

    def test_old_servers(self):
        context = self.server_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        done = self.call(self.python_echo(context), "--ca", self.file("ca.pem"), status=1)
        self.assertRegex(done.err, r"the server has no (TLS from 1\.2 on|version of TLS in common with us)")

    @unittest.skipUnless(shutil.which("socat"), "socat is not installed")
    def test_socat_client(self):
        server = self.secured("--client-ca", self.file("ca.pem"))
        for version in ("TLS1.2", "TLS1.3"):
            where = f"OPENSSL:localhost:{server.port},pf=ip4,cafile={self.file('ca.pem')},cert={self.file('client.pem')}"
            where += f",key={self.file('client.key')},openssl-min-proto-version={version},openssl-max-proto-version={version}"
            done = self.run_program("socat", "-t", str(support.WAIT), "-", where, stdin='{"n":1}\n')
            self.assertEqual(done.out, '{"n":1}\n')
        self.run_program("socat", "-", f"OPENSSL:localhost:{server.port},pf=ip4,cafile={self.file('ca.pem')}", stdin='{"n":1}\n',
                         status=None)
        server.wait_text("err", "the client has no certificate, which --client-cert requires")
        self.assertEqual(server.stop(), 0)

    @unittest.skipUnless(shutil.which("socat"), "socat is not installed")
    def test_socat_server(self):
        port = support.free_port()
        self.start("socat", f"OPENSSL-LISTEN:{port},bind={HOST},fork,reuseaddr,cert={self.file('server.pem')},key={self.file('server.key')},"
                   f"cafile={self.file('ca.pem')}", "EXEC:cat")
        support.wait_for(lambda: support.is_bound(port), "socat to listen")
        done = self.call(port, "--ca", self.file("ca.pem"), *self.options("client"))
        self.assertEqual(done.out, '{"n":1}\n')
        done = self.call(port, "--ca", self.file("ca.pem"), status=1)
        self.assertRegex(done.err, r"the server requires a certificate: give --cert|wants a certificate \(--cert\)")

    def test_openssl_server(self):
        port = support.free_port()
        self.start("openssl", "s_server", "-quiet", "-accept", f"{HOST}:{port}", "-cert", self.file("server.pem"), "-key",
                   self.file("server.key"), "-rev")
        support.wait_for(lambda: support.is_bound(port), "openssl s_server to listen")
        done = self.onggi("call", "--ca", self.file("ca.pem"), "--codec", "text", f"tls://localhost:{port}", "abc")
        self.assertEqual(done.out, "cba\n")

    def test_ours_to_ours(self):
        server = self.secured("--client-ca", self.file("ca.pem"))
        done = self.call(server.port, "--ca", self.file("ca.pem"), *self.options("client"))
        self.assertEqual(done.out, '{"n":1}\n')


if __name__ == "__main__":
    unittest.main()

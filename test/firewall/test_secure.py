#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""onggi proxy with TLS in front, behind and on both sides, and what SIGHUP reads anew."""
import contextlib
import os
import pickle
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
import unittest

import firewall
import support

WIRE = ("--codec", "pickle", "--framing", "u32be")
EVIL = firewall.u32be(b"cos\nsystem\n(S'true'\ntR.")
JOB = firewall.u32be(b"\x80\x02c__main__\nJob\nq\x01)\x81q\x02.")
TASK = firewall.u32be(b"\x80\x02c__main__\nTask\nq\x01)\x81q\x02.")


def message(value):
    return firewall.u32be(pickle.dumps(value))


def receive(s):
    return support.recv_exactly(s, struct.unpack(">I", support.recv_exactly(s, 4))[0])


def make_certificates(folder):
    subprocess.run([os.path.join(support.SOURCE, "tools", "make-cert"), folder], check=True, stdout=subprocess.DEVNULL)


class Secure(firewall.Case):
    @classmethod
    def setUpClass(cls):
        cls.made = support.tempfile.mkdtemp(prefix="onggi-")
        make_certificates(cls.made)

    @classmethod
    def tearDownClass(cls):
        support.shutil.rmtree(cls.made)

    def file(self, name):
        return os.path.join(self.made, name)

    def own(self, who="server"):
        """The options that give the proxy a certificate."""
        return "--cert", self.file(who + ".pem"), "--key", self.file(who + ".key")

    def client(self, proxy, cert=None, ca=None):
        context = ssl.create_default_context(cafile=ca or self.file("ca.pem"))
        if cert:
            context.load_cert_chain(self.file(cert + ".pem"), self.file(cert + ".key"))
        s = context.wrap_socket(self.connect(proxy.port), server_hostname="localhost")
        self.addCleanup(s.close)
        return s

    def accept(self, server, mutual=False):
        """The proxy's connection to a server with TLS."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.file("ca.pem"))
        context.load_cert_chain(self.file("server.pem"), self.file("server.key"))
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
        plain, _ = server.accept()
        plain.settimeout(support.WAIT)
        s = context.wrap_socket(plain, server_side=True)
        self.addCleanup(s.close)
        return s

    def accept_plain(self, server):
        s, _ = server.accept()
        s.settimeout(support.WAIT)
        self.addCleanup(s.close)
        return s

    def upstream(self, words=(), scheme="tcp", front="tls"):
        """A proxy, and the listening socket that it connects to."""
        server, port = self.listen()
        return self.proxy(f"{scheme}://localhost:{port}" if scheme == "tls" else port, *WIRE, *words,
                          endpoint=f"{front}://127.0.0.1:0"), server

    def check_both_ways(self, front, behind):
        """Benign messages pass, an evil answer and an evil question do not."""
        for value in ({"n": 1}, [bytes(100000), "한"], (1, 2)):
            front.sendall(message(value))
            self.assertEqual(pickle.loads(receive(behind)), value)
            behind.sendall(message([value]))
            self.assertEqual(pickle.loads(receive(front)), [value])
        front.sendall(EVIL)
        self.assertEqual(behind.recv(1), b"")
        self.assertEqual(front.recv(1), b"")


class TestTls(Secure):
    def test_in_front(self):
        proxy, server = self.upstream(self.own())
        front = self.client(proxy)
        self.check_both_ways(front, self.accept_plain(server))
        line = self.wait_refusal(proxy)
        self.assertEqual(line["names"][0]["name"], "os.system")

    def test_client_certificates_in_front(self):
        proxy, server = self.upstream((*self.own(), "--client-ca", self.file("ca.pem")))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            s = self.client(proxy)
            s.sendall(message(1))
            self.assertNotEqual(s.recv(1), b"", "an end in order")
        proxy.wait_text("err", r"the client has no certificate")
        front = self.client(proxy, "client")
        behind = self.accept_plain(server)  # the first that there is: nobody else was connected
        self.check_both_ways(front, behind)
        proxy.wait_text("err", r"tls\.subject CN=client")

    def test_behind(self):
        proxy, server = self.upstream(("--ca", self.file("ca.pem")), "tls", "tcp")
        front = self.connect(proxy.port)
        self.check_both_ways(front, self.accept(server))

    def test_a_server_that_is_not_trusted_gets_nothing(self):
        proxy, server = self.upstream((), "tls", "tcp")  # by the system's authorities
        front = self.connect(proxy.port)
        front.sendall(message("secret"))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.accept(server).recv(1)
        with self.assertRaises(ConnectionError):
            self.assertNotEqual(front.recv(1), b"", "an end in order")
        proxy.wait_text("err", "certificate")

    def test_mutual_on_both_sides(self):
        """One certificate for both: the proxy is a server in front, and a client behind."""
        proxy, server = self.upstream((*self.own(), "--client-ca", self.file("ca.pem"), "--ca", self.file("ca.pem")), "tls")
        front = self.client(proxy, "client")
        self.check_both_ways(front, self.accept(server, mutual=True))

    def test_ends_are_passed_on(self):
        proxy, server = self.upstream((*self.own(), "--ca", self.file("ca.pem")), "tls")
        front = self.client(proxy)
        behind = self.accept(server)
        front.sendall(message(1))
        self.assertEqual(pickle.loads(receive(behind)), 1)
        ends = threading.Thread(target=front.unwrap)  # says its end, and waits for ours
        ends.start()
        self.assertEqual(behind.recv(1), b"")
        behind.unwrap().close()
        ends.join()

    def test_a_stream_that_was_cut_off_is_reset(self):
        """An end of TCP without the end of TLS may be anybody's: the server must not take it for the client's."""
        proxy, server = self.upstream(self.own())
        front = self.client(proxy)
        behind = self.accept_plain(server)
        front.sendall(message(1) + message(2)[:-1])
        self.assertEqual(pickle.loads(receive(behind)), 1)
        front.shutdown(socket.SHUT_WR)  # of the socket: no close_notify
        with self.assertRaises(ConnectionResetError):
            self.assertNotEqual(behind.recv(1), b"", "an end in order")
        proxy.wait_text("err", r"the stream was cut off")


class TestReload(Secure):
    def write(self, text):
        with open(self.path, "w", encoding="ascii") as file:
            file.write(text)

    def reload(self, proxy, said):
        before = len(proxy.err)
        proxy.process.send_signal(signal.SIGHUP)
        support.wait_for(lambda: said in proxy.err[before:], said)

    def test_policy(self):
        """Under a connection that is open, and only if the file is good."""
        self.path = os.path.join(self.folder(), "ours.policy")
        self.write("allow __main__.Job\n")
        proxy, server = self.upstream(("--policy", self.path, "--on-refuse", "drop"), front="tcp")
        front = self.connect(proxy.port)
        behind = self.accept_plain(server)

        def check(passes, refused):
            front.sendall(refused + passes)
            self.assertIn(passes[7:20], receive(behind))
        check(JOB, TASK)
        self.write("allow __main__.Task\n")
        self.reload(proxy, "was read anew")
        check(TASK, JOB)
        self.write("alow __main__.Job\n")
        self.reload(proxy, "the old policy stays")
        check(TASK, JOB)
        behind.sendall(JOB + TASK)  # and so for answers
        self.assertIn(b"Task", receive(front))
        lines = self.wait_refusals(proxy, 4)
        self.assertEqual([line["allow"] for line in lines],
                         [["allow __main__.Task"], ["allow __main__.Job"], ["allow __main__.Job"], ["allow __main__.Job"]])

    def test_certificates(self):
        """Those of the server in front, and the authorities of the one behind."""
        folder = self.folder()
        make_certificates(folder)
        files = {name: os.path.join(folder, name) for name in ("ca.pem", "server.pem", "server.key")}
        proxy, server = self.upstream(("--cert", files["server.pem"], "--key", files["server.key"], "--ca", files["ca.pem"]), "tls")
        self.client(proxy, ca=files["ca.pem"])
        with self.assertRaises((ssl.SSLError, ConnectionError)):  # of an authority that the proxy does not know yet
            self.accept(server).recv(1)
        for name, path in files.items():
            support.shutil.copy(self.file(name), path)
        self.reload(proxy, "keys were read anew")
        front = self.client(proxy)
        self.check_both_ways(front, self.accept(server))

    def test_log(self):
        """The log is opened anew, and refusals go there."""
        log = os.path.join(self.folder(), "log")
        server, port = self.listen()

        def wait_log(pattern):
            def find():
                with contextlib.suppress(FileNotFoundError), open(log, encoding="utf-8") as file:
                    return re.search(pattern, file.read())
            return support.wait_for(find, f"{pattern} in the log")
        proxy = self.start(support.ONGGI, "proxy", "tcp://127.0.0.1:0", f"tcp://127.0.0.1:{port}", *WIRE, "--log", log)
        own = int(wait_log(r"listening on tcp://127.0.0.1:(\d+)\n").group(1))
        os.rename(log, log + ".1")
        proxy.process.send_signal(signal.SIGHUP)
        support.wait_for(lambda: os.path.exists(log), "a new log")
        front = self.connect(own)
        self.accept_plain(server)
        front.sendall(EVIL)
        self.assertEqual(front.recv(1), b"")
        wait_log('"event": "refused"')


if __name__ == "__main__":
    unittest.main()

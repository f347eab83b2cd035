#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a server gives up once it listens, and that serving needs nothing of it."""
import contextlib
import glob
import os
import pickle
import pwd
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import unittest

import support

PROC = re.compile(r"^(\w+):\s*(.*)$", re.MULTILINE)
# Calls that fail although they may: C libraries try these and do without.
TRIED = {"clone3"}


def status_of(pid):
    """Of each thread, what the kernel says of it."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        try:
            with open(path, encoding="ascii") as file:
                found.append(dict(PROC.findall(file.read())))
        except OSError:  # the thread has ended
            pass
    return found


def can_trace():
    if not shutil.which("strace"):
        return "strace is not installed"
    if support.is_sanitized():
        return "a sanitizer makes calls of its own"
    with support.tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["strace", "-D", "-f", "-o", os.path.join(folder, "log"), "true"], capture_output=True)
        return None if done.returncode == 0 and not done.stderr else "strace may not trace here"


class Case(support.Case):
    def certificates(self):
        folder = self.folder()
        subprocess.run([os.path.join(support.SOURCE, "tools", "make-cert"), folder], check=True, stdout=subprocess.DEVNULL)
        return folder

    def file(self, folder, name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class TestLimits(Case):
    def test_every_thread_is_limited(self):
        server = self.serve("--threads", "3", "--echo")
        if support.is_sanitized():
            server.wait_text("err", "as a sanitizer needs more")
            return
        server.wait_text("err", r"privileges left: none that are new, \d+ system calls, ")
        self.connect(server.port).sendall(b"1\n")
        server.wait_lines(1)
        for thread in status_of(server.process.pid):
            self.assertEqual((thread["NoNewPrivs"], thread["Seccomp"]), ("1", "2"), thread)

    @unittest.skipIf(support.is_sanitized(), "a sanitizer needs more")
    def test_loops_have_no_ring(self):
        """libuv 1.49 makes one for each loop, whatever its environment says, and ends the process when its calls fail. So a
        first filter is there before the loops."""
        server = self.serve("--echo")
        server.wait_text("err", "privileges left")
        for path in glob.glob(f"/proc/{server.process.pid}/fd/*"):
            with contextlib.suppress(OSError):  # it has been closed
                self.assertNotIn("io_uring", os.readlink(path))
        ours, = {row.get("Seccomp_filters") for row in status_of(os.getpid())}
        if ours is None:
            self.skipTest("this kernel does not count filters")
        for thread in status_of(server.process.pid):
            self.assertEqual(int(thread["Seccomp_filters"]), int(ours) + 2)

    def test_they_can_be_kept(self):
        server = self.serve("--keep-privileges")
        server.wait_text("err", "privileges are kept, as --keep-privileges says")
        for thread in status_of(server.process.pid):
            self.assertEqual((thread["NoNewPrivs"], thread["Seccomp"]), ("0", "0"), thread)

    def test_commands_need_more(self):
        command = "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\n\\t'"
        server = self.serve("--codec", "text", "--framing", "line", "--exec", command)
        server.wait_text("err", "all system calls and files, as (commands of --exec|a sanitizer)")
        s = self.connect(server.port)
        s.sendall(b"?\n")
        self.assertEqual(s.makefile("rb").readline(), b"NoNewPrivs:1Seccomp:0\n")

    @unittest.skipIf(support.is_sanitized(), "a sanitizer needs more")
    def test_files_elsewhere_cannot_be_read(self):
        """A policy that has become a link to another folder is not read; one in its own folder is."""
        here, there = self.folder(), self.folder()
        policy = self.file(here, "policy", "include plain-data\n")
        server = self.serve("--policy", policy)
        if not server.wait_text("err", "privileges left: .*, files in (.*);?|no Landlock").group(1):
            self.skipTest("this kernel has no Landlock")
        self.assertIn(f"files in {here}", server.err)
        self.file(there, "policy", "allow a.b\n")
        os.symlink(os.path.join(there, "policy"), os.path.join(here, "new"))
        os.rename(os.path.join(here, "new"), policy)
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "Permission denied; the old policy stays")
        os.rename(self.file(here, "new", "allow a.b\n"), policy)
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "was read anew")

    @unittest.skipIf(support.is_sanitized(), "a sanitizer needs more")
    def test_links_are_followed_beforehand(self):
        """The folder that a link leads to stays readable: certificates are often renewed there."""
        here, there = self.folder(), self.folder()
        self.file(there, "policy1", "include plain-data\n")
        self.file(there, "policy2", "include plain-data\n")
        policy = os.path.join(here, "policy")
        os.symlink(os.path.join(there, "policy1"), policy)
        server = self.serve("--policy", policy)
        os.symlink(os.path.join(there, "policy2"), os.path.join(here, "new"))
        os.rename(os.path.join(here, "new"), policy)
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", "was read anew")


class TestUser(Case):
    def test_unknown(self):
        for words, text in ((("--user", "nobody-of-that-name"), "there is no user 'nobody-of-that-name' here"),
                            (("--group", "none-of-that-name"), "there is no group 'none-of-that-name' here"),
                            (("--user", "4000000000"), "say --group as well")):
            done = self.onggi("serve", "tcp://127.0.0.1:0", *words, status=2)
            self.assertIn(text, done.err)

    @unittest.skipUnless(os.getuid() == 0, "only root can become another user")
    def test_another_user(self):
        who = pwd.getpwnam("nobody")
        server = self.serve("--user", "nobody", "--threads", "2", "--echo")
        self.assertNotIn("runs as root", server.wait_text("err", "privileges left.*\n").group(0))
        s = self.connect(server.port)
        s.sendall(b"1\n")
        self.assertEqual(s.makefile("rb").readline(), b"1\n")
        for thread in status_of(server.process.pid):
            self.assertEqual(set(thread["Uid"].split()), {str(who.pw_uid)})
            self.assertEqual(set(thread["Gid"].split()), {str(who.pw_gid)})
            self.assertEqual(int(thread["CapEff"], 16), 0)

    @unittest.skipUnless(os.getuid() == 0, "only root can become another user")
    def test_by_number(self):
        server = self.serve("--user", "54321", "--group", "54322")
        for thread in status_of(server.process.pid):
            self.assertEqual((set(thread["Uid"].split()), set(thread["Gid"].split()), thread["Groups"].strip()),
                             ({"54321"}, {"54322"}, "54322"))

    @unittest.skipUnless(os.getuid() == 0, "only root can become another user")
    def test_commands_are_run_by_that_user(self):
        server = self.serve("--user", "nobody", "--codec", "text", "--framing", "line", "--exec", "id -un")
        s = self.connect(server.port)
        s.sendall(b"?\n")
        self.assertEqual(s.makefile("rb").readline(), b"nobody\n")

    @unittest.skipIf(os.getuid() == 0, "root can become another user")
    def test_only_root_can(self):
        done = self.onggi("serve", "tcp://127.0.0.1:0", "--user", "root", status=3)
        self.assertIn("start it as root, or leave out --user and --group", done.err)


@unittest.skipIf(can_trace(), can_trace())
class TestNothingIsMissing(Case):
    """Under strace, no call fails that a server makes once it has given up the others."""

    def traced(self, *words):
        self.log = os.path.join(self.folder(), "calls")
        return self.listening("strace", "-D", "-f", "-o", self.log, support.ONGGI, *words,
                              count=sum("://" in word for word in words if "0" in word and ":0" in word) or 1)

    def calls(self, server):
        """Ends it; the calls that it made once it was limited."""
        self.assertEqual(server.stop(), 0, server.err)
        end = re.compile(rf"^{server.process.pid} +\+\+\+ exited", re.MULTILINE)

        def whole():
            with open(self.log, encoding="utf-8", errors="replace") as file:
                text = file.read()
            return text if end.search(text) else None

        text = support.wait_for(whole, "the end of the trace")
        before, limited, after = text.partition("SECCOMP_SET_MODE_FILTER")
        while "SECCOMP_SET_MODE_FILTER" in after:  # the first ones ask what the kernel knows
            before, limited, after = after.partition("SECCOMP_SET_MODE_FILTER")
        self.assertTrue(limited, text)
        return after.splitlines()

    def check(self, server):
        for line in self.calls(server):
            call = re.search(r"^\d+ +(?:<\.\.\. )?(\w+)", line)
            if re.search(r"= -1 (ENOSYS|EPERM|EACCES) ", line) and call.group(1) not in TRIED:
                self.fail(line)

    def hang_up(self, server, log):
        """What logrotate does."""
        os.rename(log, log + ".1")
        server.process.send_signal(signal.SIGHUP)
        support.wait_for(lambda: os.path.exists(log) and os.path.getsize(log) > 0, "a new log")

    def ask(self, s, data, answer=None):
        s.sendall(data)
        self.assertEqual(support.recv_exactly(s, len(answer or data)), answer or data)

    def test_streams(self):
        """TLS, Unix sockets, many connections, long messages, files that are read anew."""
        keys, folder = self.certificates(), self.folder()
        path, log = os.path.join(folder, "socket"), os.path.join(folder, "log")
        policy = self.file(folder, "policy", "include plain-data\n")
        server = self.start("strace", "-D", "-f", "-o", os.path.join(folder, "calls"), support.ONGGI, "serve",
                            "tcp://127.0.0.1:0", "tls://127.0.0.1:0", f"unix://{path}", "--echo", "--threads", "2",
                            "--cert", os.path.join(keys, "server.pem"), "--key", os.path.join(keys, "server.key"),
                            "--client-ca", os.path.join(keys, "ca.pem"), "--log", log, "--policy", policy)
        self.log = os.path.join(folder, "calls")

        def ports():
            if not os.path.exists(log):
                return None
            with open(log, encoding="utf-8") as file:
                found = re.findall(r"listening on (\w+)://\S*?:?(\d*)\n", file.read())
            return dict(found) if len(found) == 3 else None

        at = support.wait_for(ports, "three endpoints")
        self.ask(self.connect(int(at["tcp"])), b'{"a": 1}\n', b'{"a":1}\n')
        many = [self.connect(int(at["tcp"])) for _ in range(100)]
        for s in many:
            self.ask(s, b"[1]\n")
        self.ask(many[0], b'"' + b"x" * 5000000 + b'"\n')
        with self.connect(int(at["tcp"])) as s:
            self.ask(s, pickle.dumps(1, 4), pickle.dumps(1, 4))
        context = ssl.create_default_context(cafile=os.path.join(keys, "ca.pem"))
        context.load_cert_chain(os.path.join(keys, "client.pem"), os.path.join(keys, "client.key"))
        for _ in range(2):
            with context.wrap_socket(self.connect(int(at["tls"])), server_hostname="localhost") as s:
                self.ask(s, b"[2]\n")
            self.hang_up(server, log)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(support.WAIT)
            s.connect(path)
            self.ask(s, b"[3]\n")
        for s in many:
            s.close()
        self.check(server)
        self.assertFalse(os.path.exists(path))

    def test_datagrams(self):
        path = os.path.join(self.folder(), "socket")
        server = self.traced("serve", "udp://*:0", f"unixgram://{path}", "--echo", "-o", "log")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(support.WAIT)
            s.connect((support.HOST, server.port))
            for n in range(20):
                s.send(b"[%d]" % n)
                self.assertEqual(s.recv(100), b"[%d]" % n)
        server.wait_lines(20)
        self.check(server)

    def proxied(self, upstream, *words):
        return self.traced("proxy", "tcp://127.0.0.1:0?codec=pickle&framing=u32be", upstream, *words)

    def pass_on(self, proxy, accept):
        """A question and its answer through the proxy, then one that is refused."""
        front = self.connect(proxy.port)
        data = struct.pack(">I", 5) + b"\x80\x02K\x01."
        front.sendall(data)
        behind = accept()
        behind.settimeout(support.WAIT)
        self.assertEqual(support.recv_exactly(behind, len(data)), data)
        behind.sendall(data)
        self.assertEqual(support.recv_exactly(front, len(data)), data)
        evil = b"cos\nsystem\n(S'true'\ntR."
        front.sendall(struct.pack(">I", len(evil)) + evil)
        self.assertEqual(front.recv(1), b"")
        behind.close()
        front.close()

    def test_proxy_to_a_host_by_name(self):
        server, port = self.listen()
        folder = self.folder()
        policy, log = self.file(folder, "policy", "include plain-data\n"), os.path.join(folder, "log")
        proxy = self.proxied(f"tcp://localhost:{port}", "--policy", policy, "--learn", os.path.join(folder, "learned"))
        for _ in range(3):
            self.pass_on(proxy, lambda: server.accept()[0])
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_text("err", "was read anew")
        self.check(proxy)
        with open(os.path.join(folder, "learned"), encoding="utf-8") as file:
            self.assertIn("os.system", file.read())
        self.assertFalse(os.path.exists(log))

    def test_proxy_to_a_unix_socket(self):
        path = os.path.join(self.folder(), "upstream")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            server.settimeout(support.WAIT)
            proxy = self.proxied(f"unix://{path}")
            self.pass_on(proxy, lambda: server.accept()[0])
            self.check(proxy)

    def test_proxy_to_tls(self):
        """By an authority of its own, and by those of the system, where there are some."""
        keys = self.certificates()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(os.path.join(keys, "server.pem"), os.path.join(keys, "server.key"))
        server, port = self.listen()
        proxy = self.proxied(f"tls://localhost:{port}", "--ca", os.path.join(keys, "ca.pem"))
        self.pass_on(proxy, lambda: context.wrap_socket(server.accept()[0], server_side=True))
        self.check(proxy)
        proxy = self.proxied(f"tls://localhost:{port}")
        front = self.connect(proxy.port)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(server.accept()[0], server_side=True).recv(1)
        proxy.wait_text("err", "certificate")
        front.close()
        self.check(proxy)

    def test_serve_to_a_host_by_name(self):
        behind = self.serve("--echo")
        server = self.traced("serve", "tcp://127.0.0.1:0", "--to", f"tcp://localhost:{behind.port}")
        for _ in range(3):
            self.ask(self.connect(server.port), b"[1]\n")
        self.check(server)


if __name__ == "__main__":
    unittest.main()

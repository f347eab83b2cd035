# SPDX-License-Identifier: MIT
"""A reader does what the pages below doc/ show, top to bottom, and finds what they show. Each command of every page is run here or in
the test that OTHERS names, or is in NOT_RUN with the reason; a page with a command that is in neither fails."""
import argparse
import base64
import json
import logging
import logging.handlers
import multiprocessing.connection
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
import sys
import threading
import types
import unittest

import pages
import support
import test_pages
from pages import itself
from support import BUILD, HOST, SOURCE
from test_docs import COMMANDS, PAGES

# What no test types, and why.
NOT_RUN = {
    "make": "builds; what CI begins with",
    "make demo": "builds, then runs tools/demo, which test_demo.py runs",
    "make test": "runs this test, among all others",
    "make check": "a step of CI",
    "make fuzz SECONDS=60": "a step of CI, shorter",
    "make soak": "takes hours",
    "make bench": "takes an hour",
    "make cross": "a step of CI",
    "make doc": "a step of CI; its pages are looked at by test_reference.py",
    "make format": "changes the sources; what it finds to change fails a step of CI",
    "make package": "a step of CI, by tools/check-packages",
    "sudo make install": "needs root; tools/check-install does it below a folder, in CI",
    "sudo make uninstall": "needs root; tools/check-install does it below a folder, in CI",
    "sudo apt install ./build-packages/*.deb": "needs root; tools/check-packages does it in fresh roots, in CI",
    "meson setup build && ninja -C build": "what make does, and CI begins with",
    "meson test -C build --suite codec": "would write over the log of the run that this test is part of",
    "meson test -C build NAME": "would write over the log of the run that this test is part of",
    ".ci/run": "runs this test, among all others",
    "tools/under-load 5": "runs this test, among all others",
    "tools/trace-message": "builds the library once more; a step of CI",
    "tools/check-packages DIR bookworm trixie": "needs root and half an hour; a step of CI",
    "tools/check-instructions build": "counts under valgrind; a step of CI",
    "tools/check-instructions build --update": "changes the sources",
    "ONGGI_BUILD=build bench/run small": "takes minutes, and needs what make bench builds",
    'ONGGI_BUILD=build bench/run --rounds 15 --only "pickle 4" small sweep': "takes minutes",
    "ONGGI_BUILD=build bench/run relay": "takes minutes",
    "bench/run --rounds 7 small": "names where figures are from",
    "bench/run --rounds 3 relay": "names where figures are from",
    "bench/run --rounds 3 servers": "names where figures are from",
    "bench/run --rounds 3 fair": "names where figures are from",
    "bench/run tls": "names where figures are from",
    "onggi serve --echo": "no command: names what was measured",
    "git show": "no command: says what the differences on the page are like",
    "systemctl enable --now onggi.socket": "needs root and systemd; test_service.py checks the units, and serves on passed sockets",
    "systemctl edit onggi.socket": "needs root and systemd",
    "systemctl edit onggi.service": "needs root and systemd",
    "systemctl enable --now onggi-proxy": "needs root and systemd; the unit on the page is checked, and its command is run",
    "systemctl reload onggi-proxy": "needs root and systemd; it is SIGHUP, which test_policy_reload.py sends",
    "systemctl status": "needs systemd; test_service.py reads what it is told",
    "systemd-analyze security onggi.service": "needs the installed unit; test_service.py does it with the file",
    "printf '{}' | nc": "no whole command: names a kind of client",
}
# Pages whose commands other tests type, each of them.
OTHERS = {"doc/recipes.md": "cli/test_recipes.py"}

def module(name, source):
    """A module of this program, made of `source`."""
    made = sys.modules[name] = types.ModuleType(name)
    exec(source, made.__dict__)
    return made


JOBS = "class Job:\n    def __init__(self, number):\n        self.number = number\n"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
EVIL = b"cos\nsystem\n(S'true'\ntR."


def log_to(port):
    """Sends a record as logging does in a Python program."""
    handler = logging.handlers.SocketHandler(HOST, port)
    handler.emit(logging.LogRecord("shop", logging.WARNING, "f.py", 1, "full", None, None))
    handler.close()


def masked(text):
    """Without what differs each time: times, ports, counts of bytes."""
    return re.sub(r"…|\d[\d.:TZ-]*", "#", text).strip()


class Guide(pages.Reader):
    def makes(self, name):
        """A check that puts a sample into the file `name`."""
        return lambda text: self.write(name, text + "\n")

    def logged(self, name, pattern):
        """Waits until the file `name` matches, and gives the match."""
        return support.wait_for(lambda: os.path.exists(self.path(name)) and re.search(pattern, self.read(name), re.M), f"{pattern} in {name}")

    def says(self, *texts):
        """A check that a command has printed these."""
        def check(done):
            for text in texts:
                self.assertIn(text, done.out + done.err)
        return check


@unittest.skipUnless(shutil.which("openssl"), "needs openssl")
class Firewall(Guide):
    """The service reads as the first row of the page's table says, and runs what its pickles say."""

    def setUp(self):
        super().setUp()
        self.write("jobs.py", JOBS)
        jobs = module("jobs", JOBS)
        self.addCleanup(sys.modules.pop, "jobs")
        self.job = pickle.dumps(jobs.Job(3))
        self.service_at = self.port(5556)
        self.arrived = []
        listener = socket.create_server((HOST, self.service_at))
        self.addCleanup(listener.close)
        threading.Thread(target=self.serve_all, args=(listener,), daemon=True).start()

    def serve_all(self, listener):
        while True:
            try:
                conn = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve_one, args=(conn,), daemon=True).start()

    def serve_one(self, conn):
        with conn, conn.makefile("rb") as file:
            while head := file.read(4):
                data = file.read(struct.unpack(">I", head)[0])
                self.arrived.append(data)
                conn.sendall(head + data)

    def send(self, data, wrap=None):
        """What a client gets that sends `data`: the answer, or nothing when it was refused."""
        with self.connect(self.port(5555)) as s:
            if wrap:
                s = wrap.wrap_socket(s, server_hostname="localhost")
            s.sendall(struct.pack(">I", len(data)) + data)
            head = s.recv(4)
            return support.recv_exactly(s, struct.unpack(">I", head)[0]) if head else b""

    def dry_run(self, _):
        self.assertEqual(self.send(EVIL), EVIL)
        self.assertEqual(self.send(self.job), self.job)
        self.refusal = json.loads(self.logged("proxy.log", r'\{"time".*"allow jobs\.Job".*\}$')[0])

    def line_of_the_log(self, text):
        """Its members, in their order, and what does not differ each time."""
        shown = json.loads(" ".join(text.split()).replace(", …}", "}"))
        seen = {name: self.refusal[name] for name in shown}
        self.assertEqual([n for n in self.refusal if n in shown], list(shown))
        for name in ("event", "direction", "allow", "then"):
            self.assertEqual(seen[name], shown[name])
        self.assertEqual(masked(seen["why"]), masked(shown["why"]))
        for name in ("name", "use", "position", "rule"):
            self.assertEqual(seen["names"][0][name], shown["names"][0][name])

    def learned(self, text):
        self.words = {}
        proxy = self.listening(*self.shell(f"exec onggi proxy tcp://127.0.0.1:0 tcp://127.0.0.1:{self.service_at} --codec pickle "
                                           "--framing u32be --learn learned.policy"))
        for data in [self.job] * 4 + [EVIL]:  # each uses its name in several ways
            with self.connect(proxy.port) as s:
                s.sendall(struct.pack(">I", len(data)) + data)
                self.assertEqual(s.recv(1), b"")
        self.assertEqual(proxy.stop(), 0)
        seen, shown = (re.sub("since .*?:(?= )", "since #:", t).splitlines() for t in (self.read("learned.policy"), text))
        self.assertEqual(seen, shown)

    def enforced(self, _):
        before = len(self.arrived)
        self.assertEqual(self.send(EVIL), b"")
        self.assertEqual(len(self.arrived), before)
        self.assertNotEqual(self.send(self.job), b"")
        self.assertIn(b"jobs", self.arrived[-1])

    def translated(self, _):
        done = self.onggi("call", f"tcp://127.0.0.1:{self.port(8080)}", "--framing", "line", '{"py/object": "os.system"}')
        self.assertEqual(json.loads(done.out), {"py/object": "os.system"})
        self.assertEqual(pickle.loads(self.arrived[-1]), {"py/object": "os.system"})

    def lossless(self, _):
        endpoint = f"tcp://127.0.0.1:{self.port(8080)}"
        done = self.onggi("call", endpoint, "--framing", "line", '{"a": {"py/tuple": [1, 2]}}')
        self.assertEqual(json.loads(done.out), {"a": {"py/tuple": [1, 2]}})
        self.assertEqual(pickle.loads(self.arrived[-1]), {"a": (1, 2)})
        before = len(self.arrived)
        self.onggi("call", endpoint, "--framing", "line", '{"py/type": "os.system"}', status=1)
        self.assertEqual(len(self.arrived), before)

    def certificates(self, _):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        context.load_cert_chain(self.path("client.pem"), self.path("client.key"))
        data = pickle.dumps([1, 2])
        self.assertEqual(pickle.loads(self.send(data, context)), [1, 2])

    def unit(self, text):
        """It is well formed, and what it starts listens."""
        os.makedirs(self.path("etc/onggi"))
        self.write("etc/onggi/ours.policy", "include plain-data\n")
        self.write("onggi-proxy.service", text.replace("/usr/bin/onggi", self.path("bin/onggi")) + "\n")
        if shutil.which("systemd-analyze"):
            said = self.run_program("systemd-analyze", "verify", "--man=no", self.path("onggi-proxy.service")).err
            self.assertNotIn("onggi-proxy", said)
            self.run_program("systemd-analyze", "security", "--offline=true", "--threshold=60", self.path("onggi-proxy.service"))
        self.begin(re.search(r"ExecStart=/usr/bin/(.*)", text)[1])
        self.assertEqual(pickle.loads(self.send(pickle.dumps([1]))), [1])

    @itself
    def as_another_user(self, text):
        """Only root becomes somebody else; that user has read neither the key nor the log."""
        os.mkdir(self.path("log/onggi"))
        text = text.replace("--user onggi", "--user nobody") if os.geteuid() == 0 else text.replace("--user onggi ", "")
        proxy = self.begin(text)
        data = pickle.dumps([1, 2])
        with self.connect(self.port(443)) as plain:
            with ssl.create_default_context(cafile=self.path("ca.pem")).wrap_socket(plain, server_hostname="localhost") as s:
                s.sendall(struct.pack(">I", len(data)) + data)
                self.assertEqual(pickle.loads(support.recv_exactly(s, struct.unpack(">I", support.recv_exactly(s, 4))[0])), [1, 2])
        if os.geteuid() == 0:
            with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
                self.assertIn(f"Uid:\t{pwd.getpwnam('nobody').pw_uid}\t", status.read())

    def test_the_page(self):
        self.run_program(*self.shell("tools/make-cert . && cp ca.pem clients.pem"))
        self.follow("doc/firewall.md", {
            "client  ---->": lambda text: None,
            "--dry-run": self.dry_run,
            '{"time"': self.line_of_the_log,
            "include plain-data\nallow jobs.Job": self.makes("ours.policy"),
            "# Names that were refused": self.learned,
            "policy explain jobs.Job": self.says("jobs.Job", "allow"),
            "--framing u32be --policy ours.policy --log": self.enforced,
            "codec=json&framing=line": self.translated,
            "form=lossless": self.lossless,
            "--client-ca": self.certificates,
            "--user onggi": self.as_another_user,
            "[Unit]": self.unit,
        }, NOT_RUN)


class Tls(Guide):
    def asked_from_python(self, source):
        for words in ("", 'context.load_cert_chain("certs/client.pem", "certs/client.key")\n'):
            self.assertIn(words.strip(), pages.read("doc/tls.md"))
            lines = source.split("\n")
            lines[2:2] = words.splitlines()
            self.write("ask.py", self.replaced("\n".join(lines)))
            self.assertIn('{"n":1}', self.run_program(*self.shell("python3 ask.py")).out)

    def of_both_ends(self, text):
        """Each end connects to the other with one key, and lets it in with the other one."""
        self.words = {"KEY1": "11" * 32, "KEY2": "22" * 32}
        rows = [re.split(r" {3,}", line) for line in text.splitlines()]
        for column, name in enumerate(("a.psk", "b.psk")):
            self.write(name, self.replaced("\n".join(row[column] for row in rows) + "\n"))
            os.chmod(self.path(name), 0o600)
        for server, client in (("a.psk", "b.psk"), ("b.psk", "a.psk")):
            end = self.listening(*self.shell(f"exec onggi serve --psk-file {server} --echo tls://127.0.0.1:0"))
            self.assertEqual(self.run_program(*self.shell(f"onggi call --psk-file {client} {end.endpoint} n:=1")).out, '{"n":1}\n')
            refused = self.run_program(*self.shell(f"onggi call --psk-file {server} {end.endpoint} n:=1"), status=None)
            self.assertNotEqual(refused.returncode, 0)  # a's own key, brought back to a

    @itself
    def openssl_asks(self, text):
        self.words = {"KEY": self.read("client.psk").split()[2]}
        client = self.start(*self.shell("exec " + self.replaced(text) + " -quiet"), stdin=subprocess.PIPE)
        client.process.stdin.write(b'{"n": 1}\n')
        client.process.stdin.flush()
        client.wait_text("out", r'\{"n":1\}')
        client.process.stdin.close()
        client.kill()

    def who_it_is(self, text):
        server = self.listening(*self.shell("exec onggi serve --cert certs/server.pem --key certs/server.key --client-ca certs/ca.pem"
                                            " -o envelope tls://127.0.0.1:0"))
        self.run_program(*self.shell(f"onggi send --ca certs/ca.pem --cert certs/client.pem --key certs/client.key {server.endpoint} name=John"))
        seen, shown = json.loads(server.wait_lines(1)[0]), json.loads(" ".join(text.split()))
        self.assertEqual(list(seen), list(shown))
        for name in ("codec", "framing", "value", "tls.protocol", "tls.cipher", "tls.subject", "tls.issuer"):
            self.assertEqual(seen[name], shown[name])

    @itself
    def others_can_read(self, text):
        self.type("chmod 644 client.psk")
        command = self.replaced("onggi call --psk-file client.psk tls://localhost:8443 n:=1")
        done = self.run_program(*self.shell(command), status=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(text, done.err)
        self.type(text + " client.psk")
        self.assertEqual(self.run_program(*self.shell(command)).out, '{"n":1}\n')

    @unittest.skipUnless(shutil.which("openssl"), "needs openssl")
    def test_the_page(self):
        self.follow("doc/tls.md", {
            "tools/make-cert": self.says("ca.pem, server.pem and server.key for localhost 127.0.0.1, client.pem and client.key"),
            "onggi call --ca certs/ca.pem tls": self.says('{"n":1}\n'),
            "import socket, ssl": self.asked_from_python,
            "--cert certs/client.pem": self.says('{"n":1}\n'),
            "onggi call --psk-file": self.says('{"n":1}\n'),
            "# of end a": self.of_both_ends,
            "openssl s_client": self.openssl_asks,
            "chmod 600": self.others_can_read,
            '{"time"': self.who_it_is,
        }, NOT_RUN)


class Operations(Guide):
    def the_log(self, _):
        with self.connect(self.port(9020)) as s:
            s.sendall(b'{"a":1x}\n')
            self.logged("log/onggi.log", "refused a message")
        log_to(self.port(9020))
        self.logged("log/onggi.log", "ended after .*u32be")

    def lines_of_the_log(self, text):
        log = self.read("log/onggi.log")
        for line in text.splitlines():
            shape = re.escape(masked(line).removesuffix("...")).replace(r"\#", "#").replace("#", r"[\d.:TZ-]+")
            self.assertRegex(log, f"(?m)^{shape}")

    def end_of_a_connection(self, text):
        shape = re.sub(r"\d[\d.:]*", r"[\\d.:]+", re.escape(text).replace(r"\.", "."))
        self.assertRegex(self.read("log/onggi.log"), re.sub("objects", "objects?", shape))

    def bad_policy(self, text):
        line, name = re.search(r"line (\d)", text)[1], "etc/onggi/ours.policy"
        os.makedirs(self.path("etc/onggi"))
        good = "# ours\n" * (int(line) - 1) + "allow jobs.Job\n"
        self.write(name, good)
        server = self.listening(*self.shell(f"exec onggi serve tcp://127.0.0.1:0 --policy {self.path(name)}"))
        self.write(name, good.replace("allow", "alow"))
        server.process.send_signal(signal.SIGHUP)
        server.wait_text("err", re.escape(text.replace("/etc", self.path("etc"))).replace(r"\.\.\.", ".*"))
        self.privileges = re.search(r"privileges left: .*", server.err)[0]
        self.assertEqual(server.stop(), 0)

    def what_is_left(self, text):
        """What Landlock adds is there only where the kernel has it."""
        if support.is_sanitized():
            return
        shown = re.sub(r"\d+", r"\\d+", text.partition(", files")[0])
        self.assertRegex(self.privileges, shown)
        if "files in" in self.privileges:
            self.assertRegex(self.privileges, r"files in \S*/etc/onggi")

    def of_the_unit(self, _):
        self.assertEqual(self.read("etc/default/onggi"), 'OPTIONS="-o log"\n')
        unit = pages.read("data/onggi.service.in")
        self.assertIn("EnvironmentFile=-/etc/default/onggi\nExecStart=@bindir@/onggi serve $OPTIONS", unit)

    def test_the_page(self):
        os.mkdir(self.path("etc/default"))
        self.follow("doc/operations.md", {
            "--log /var/log/onggi.log": self.the_log,
            "info: listening on": self.lines_of_the_log,
            "ended after": self.end_of_a_connection,
            "expected allow, deny": self.bad_policy,
            "privileges left": self.what_is_left,
            "OPTIONS=": self.of_the_unit,
        }, NOT_RUN)


class Safety(Guide):
    def refuses(self, server):
        with self.connect(self.port(9020)) as s:
            s.sendall(EVIL)
            server.wait_text("err", "refused a message .*os.system")
        self.assertEqual(server.out, "")

    def counted(self, text):
        """A folder, and one file beside it, with all that the line counts."""
        os.mkdir(self.path("all"))
        files = {"good.pickle": pickle.dumps([1]), "evil.pickle": EVIL, "torn.bin": b"\x80\x04\x95", "a.png": PNG,
                 "a.txt": b"Hello\n", "b.txt": b"Bye\n"}
        for name, data in files.items():
            self.write("all/" + name, data)
        self.write("note.txt", "Hello\n")
        done = self.run_program(*self.shell("onggi inspect --verdict all note.txt"), status=1)
        self.assertEqual(done.err.splitlines()[-1], "onggi: " + text)

    def lets_in(self, text):
        self.write("more.policy", text + "\n")
        self.write("error.pickle", pickle.dumps(ValueError("x")))
        self.assertIn("harmless\n", self.run_program(*self.shell("onggi policy test more.policy error.pickle")).out)

    def lets_in_checkpoints(self, text):
        self.write("torch.policy", text + "\n")
        self.write("args.pickle", pickle.dumps({"args": argparse.Namespace(lr=0.1)}))
        self.assertIn("harmless\n", self.run_program(*self.shell("onggi policy test torch.policy args.pickle")).out)

    def the_same_row(self, done):
        self.assertIn("deny", done.out)

    @itself
    def of_standard_input(self, text):
        self.assertEqual(json.loads(self.type(text, stdin=b"N.").out)["verdict"], "harmless")

    @itself
    def written_under_a_policy(self, text):
        self.assertEqual(pickle.loads(self.type(text, stdin=b'{"a": 1}').stdout), {"a": 1})

    def test_the_page(self):
        self.words = {"NAME": "builtins.ValueError", "FILE...": "order.pickle", "FILE": "order.pickle", "FOLDER": "models"}
        sample = next(s.text for s in pages.shown("doc/safety.md") if s.text.startswith("# ours.policy"))
        self.write("ours.policy", sample + "\n")
        self.write("order.pickle", pickle.dumps([1]))
        self.write("models/order.pickle", b"\x80\x04\x8c\x0bshop.orders\x8c\x05Order\x93)\x81.")
        explain = next(s.text for s in pages.shown("doc/safety.md") if s.text.startswith("onggi policy explain shop"))
        self.follow("doc/safety.md", {
            "onggi serve": self.refuses,
            "onggi inspect --verdict --policy ours.policy models/": self.says("models/order.pickle: harmless"),
            "# ours.policy": lambda text: None,
            "onggi policy explain NAME": self.says("allow builtins.ValueError"),
            explain: self.the_same_row,
            "onggi policy check FILE": itself(lambda text: self.type(text.replace("FILE", "ours.policy"))),
            "onggi policy test": self.says("harmless"),
            "allow builtins.ValueError": self.lets_in,
            "include torch-data": self.lets_in_checkpoints,
            "onggi inspect FILE": self.says("STOP"),
            "-o json -": self.of_standard_input,
            "looked at 4": self.counted,
            "-o pickle --policy": self.written_under_a_policy,
        }, NOT_RUN, {explain: 1, "onggi policy explain NAME": 1, "onggi inspect --verdict FOLDER": 1})


class Others(Guide):
    """The pages with few commands."""

    def listener(self, number, key=None):
        """A Listener of multiprocessing.connection that echoes once, in the place of the port that is shown."""
        self.end(self.port(number))
        listener = multiprocessing.connection.Listener((HOST, self.port(number)), authkey=key)
        self.addCleanup(listener.close)

        def echo():
            with listener.accept() as conn:
                conn.send(conn.recv())
        threading.Thread(target=echo, daemon=True).start()

    def test_json(self):
        self.write("data.json", '{"users": [{"name": "John"}]}')
        command = next(s.text for s in pages.shown("doc/json.md") if s.text.startswith("printf"))
        self.follow("doc/json.md", {
            "expected ':'": lambda text: self.assertEqual(self.done[command].err, text + "\n"),
            "--get": self.says("John"),
        }, NOT_RUN, {command: 1})

    def test_layers(self):
        def call(text):
            self.listener(6000, b"a shared secret")
            self.assertEqual(self.type(text).out, '{"n":1}\n')
        self.words = {"FILE": "key"}
        self.follow("doc/layers.md", {
            "import Client": lambda source: self.assertEqual(self.python(source).out, "{'n': 1}\n"),
            "onggi call": itself(call),
        }, NOT_RUN)

    def test_peers(self):
        def records(server):
            log_to(self.port(9020))
            self.assertEqual(json.loads(server.wait_lines(1)[0])["msg"], "full")

        def carbon(text):
            listener = socket.create_server((HOST, self.port(2004)))
            self.addCleanup(listener.close)
            self.type(text)
            conn = listener.accept()[0]
            with conn:
                data = support.recv_all(conn)
            self.assertEqual(pickle.loads(data[4:]), [["room.temperature", [1700000000, 21.5]]])

        def multiprocess(text):
            self.listener(6000)
            self.assertEqual(self.type(text).out, '{"n":1}\n')
        self.follow("doc/peers.md", {
            "--as logging": records, "--as carbon": itself(carbon), "as=multiprocessing": itself(multiprocess),
            "help peers": self.says("multiprocessing", "carbon"),
        }, NOT_RUN)

    def test_pickle(self):
        def canonical(text):
            self.assertEqual(pickle.loads(self.type(text, stdin=pickle.dumps([1, (2, 3)], 0)).stdout), [1, (2, 3)])
        self.follow("doc/pickle.md", {"canonical": itself(canonical)}, NOT_RUN)

    def test_architecture(self):
        self.follow("doc/architecture.md", {"bytes from the kernel": lambda text: None}, NOT_RUN)

    def test_security(self):
        self.follow("SECURITY.md", {
            "--version": self.says("onggi "),
            "--verdict": itself(lambda text: self.assertIn("harmless", self.type(text, stdin=b"N.").out)),
        }, NOT_RUN)

    def test_contributing(self):
        self.follow("CONTRIBUTING.md", {
            "Keep 1 MiB": lambda text: self.assertLessEqual(max(map(len, text.splitlines())), 72),
        }, NOT_RUN)


class Helps(Guide):
    """The examples at the end of what `onggi help COMMAND` prints."""

    def test_examples(self):
        self.write("john.pickle", pickle.dumps({"name": "John"}))
        for name, data in (("ours.policy", b"include plain-data\n"), ("model.pkl", pickle.dumps([1])), ("models/one.pkl", pickle.dumps([1])),
                           ("downloads/one.pkl", pickle.dumps([1]))):
            self.write(name, data)
        checks = {"call": {"name": self.says("John"), "seq": self.says("1\n2\n3\n")}, "recv": {"repr": self.says("{'name': 'John'}")},
                  "convert": {"pretty": self.says("John")}, "inspect": {"--verdict": self.says("harmless")},
                  "bench": {"": self.says("microseconds to an answer")},
                  "policy": {"check": self.says("well formed"), "explain": self.says("allowed"), "test": self.says("harmless")}}
        for command in ("", *COMMANDS.split("|")):
            text = self.onggi("help", command).out if command else self.onggi("help").out
            text = re.sub(r"^  (?=\S)|^ {6}(?=\S)", "    ", text[text.rindex("\n\n"):], flags=re.M)
            self.assertGreater(len([s for s in pages.shown_in(text) if s.kind == "typed"]), 0, command)
            if command in ("call", "send", "recv", "bench"):
                self.begin("onggi serve tcp://127.0.0.1:8080 --echo")
                self.begin("onggi serve tcp://127.0.0.1:9020")
                self.begin("onggi serve tcp://127.0.0.1:1234 --codec pickle --greet name=John --count 1")
            if command == "bench":
                text = text.replace("onggi bench", "onggi bench --count 100")
            self.follow("onggi help " + command, checks.get(command, {}), NOT_RUN, text=text)


class Rest(Guide):
    """What test_pages.py leaves of README.md, doc/tutorial.md and examples/README.md."""

    @unittest.skipIf(support.is_sanitized() or not shutil.which("cc") or not shutil.which("pkg-config"), "needs cc and pkg-config")
    def test_programs_are_compiled(self):
        """pkg-config is told of the build folder: that has a file for programs that use onggi from there."""
        self.write("hello.c", self.replaced(test_pages.block("c", pages.read("README.md"), 1)))
        with open(os.path.join(SOURCE, "examples", "json_server.c"), "rb") as file:
            self.write("json_server.c", file.read())
        where = f"export PKG_CONFIG_PATH={BUILD}/meson-uninstalled LD_LIBRARY_PATH={BUILD}; "
        found = [c for name in ("README.md", "examples/README.md") for c in pages.typed(name) if c.startswith("cc ") and "receive" not in c]
        self.assertEqual(len(found), 4)
        self.begin("onggi serve tcp://127.0.0.1:8080 --reply " + """'{"message":"Hello from server"}'""")
        for command in found:
            self.type(where + command)
            if "hello" in command:
                self.assertEqual(self.type(where + "./hello").out, "Hello from server\n")
                needed = self.type(where + "ldd hello").out
                (self.assertNotIn if "static" in command else self.assertIn)("libonggi", needed)
        server = self.listening(*self.shell(f"LD_LIBRARY_PATH={BUILD} exec ./json_server tcp://127.0.0.1:0"))
        self.assertEqual(json.loads(self.onggi("call", server.endpoint, "name=John").out), {"message": "Hello from server"})

    def test_an_example_and_its_peer(self):
        serve, ask = (c for c in pages.typed("examples/README.md") if "examples/" in c)
        server = self.start(*self.shell("exec " + self.replaced(serve).rstrip("& ")))
        server.wait_text("err" if "listening" in server.err else "out", "")
        support.wait_for(lambda: support.is_bound(self.port(8080)) or server.process.poll() is not None, "json_server to listen")
        self.assertIn("Hello from server", self.type(ask.replace("8080", str(self.port(8080)))).out)

    def test_files_of_the_first_page(self):
        found = [c for c in pages.typed("README.md") if "convert" in c]
        self.assertEqual([self.type(c).out for c in found], ["", '{"users":[{"name":"John"}]}\n', '"John"\n'])

    def test_the_shell_is_told_where_it_is(self):
        path = next(c for c in pages.typed("README.md") if c.startswith("PATH="))
        os.remove(self.path("bin/onggi"))
        self.assertIn("onggi ", self.type(path + "; onggi --version").out)

    @unittest.skipUnless(shutil.which("man"), "needs man")
    def test_the_manual(self):
        """Of an onggi that is installed: man is told where its pages are."""
        self.run_program(sys.executable, os.path.join(SOURCE, "tools", "make-reference"), self.place)
        os.mkdir(self.path("man1"))
        os.symlink(os.path.join(SOURCE, "man", "onggi.1"), self.path("man1/onggi.1"))
        for command, expected in (("man onggi", "move objects between programs"), ("man og_connect", "og_conn *")):
            self.assertIn(command, pages.typed("README.md"))
            self.assertIn(expected, self.type(f"export MANPATH={self.place} MANPAGER=cat MANWIDTH=80; {command}").out)

    def test_help(self):
        self.assertIn("make test", self.run_program("make", "-s", "-C", SOURCE, "help").out)
        self.says("Receive and answer")(self.type("onggi help recipes"))


class Everything(support.Case):
    def test_each_command_is_run_or_has_its_reason(self):
        run = {name: set() for name in [*PAGES, "bench/README.md"]}
        for name in ("doc/firewall.md", "doc/tls.md", "doc/operations.md", "doc/safety.md", "doc/json.md", "doc/layers.md", "doc/peers.md",
                     "doc/pickle.md", "doc/architecture.md", "SECURITY.md", "CONTRIBUTING.md"):
            run[name].update(pages.typed(name))  # follow() types each
        for name, test in OTHERS.items():
            self.assertTrue(os.path.exists(os.path.join(SOURCE, "test", test)))
            run[name].update(pages.typed(name))
        for name in ("README.md", "doc/tutorial.md", "examples/README.md"):
            run[name].update(test_pages.commands(), ["cc receive.c -Iinclude -Lbuild -longgi -Wl,-rpath,build -o receive", "./receive",
                                                     "python3 send.py", "./hello", "make help", "onggi help recipes", "man onggi",
                                                     "man og_connect"])
            run[name].update(c for c in pages.typed(name) if re.match("cc |PATH=|echo ", c) or re.search(r"examples/(python/)?json_", c))
        for name in [*PAGES, "bench/README.md"]:
            english = name.replace(".ko.md", ".md")  # the same commands: test_docs.py
            for command in pages.typed(name):
                self.assertTrue(command in run[english] or command in NOT_RUN, f"{name}: nothing runs {command!r}, and no reason is given")

    def test_the_reasons_are_needed(self):
        found = {command for name in [*PAGES, "bench/README.md"] for command in pages.typed(name)}
        self.assertEqual(sorted(set(NOT_RUN) - found), [])
        for target in [command.split()[-1] for command in NOT_RUN if re.fullmatch(r"(sudo )?make \w+", command)]:
            self.assertRegex(pages.read("Makefile"), rf"(?m)^{target}:")


if __name__ == "__main__":
    support.main()

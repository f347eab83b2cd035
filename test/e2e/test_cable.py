# SPDX-License-Identifier: MIT
"""A cable that is cut. Two networks of the test's own (namespaces), joined by one cable: the server is at the near end, clients are
at the far end. While the cable is out nobody is told of anything, so time limits alone find out. Skipped, with the reason, where
a user may make no networks."""
import json
import os
import re
import shutil
import subprocess
import sys

import support
from support import recv_until
from test_killed import CLIENT, ENDED, Base, by_client

NEAR, FAR = "10.9.0.1", "10.9.0.2"
INSIDE = "ONGGI_INSIDE"  # set in the near network
MIB = 1 << 20
LIMIT = str(8 * support.SLOW)  # of time, after which an end gives up: nothing before the cut takes so long


def why_not():
    """None, or why no networks can be made here."""
    for tool in ("unshare", "nsenter", "ip"):
        if not shutil.which(tool):
            return f"there is no '{tool}' command"
    make = ["ip", "link", "add", "near", "type", "veth", "peer", "name", "far"]
    done = subprocess.run(["unshare", "-Urn", *make], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    return None if done.returncode == 0 else done.stdout.strip() or "unshare failed"


class Cable(Base):
    def setUp(self):
        super().setUp()
        if INSIDE not in os.environ:
            self.skipTest("no networks can be made here: " + os.environ[INSIDE + "_NOT"])
        holder = self.start("unshare", "-n", "sleep", "infinity")
        self.far = holder.process.pid
        own = os.readlink("/proc/self/ns/net")
        support.wait_for(lambda: os.readlink(f"/proc/{self.far}/ns/net") != own, "the far network")
        self.ip("link", "set", "lo", "up")
        self.ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", self.far)
        self.addCleanup(subprocess.run, ["ip", "link", "del", "near"], check=False)
        self.ip("addr", "add", f"{NEAR}/24", "dev", "near")
        self.run_program(*self.at_far("ip", "addr", "add", f"{FAR}/24", "dev", "far"))
        self.run_program(*self.at_far("ip", "link", "set", "lo", "up"))
        self.run_program(*self.at_far("ip", "link", "set", "far", "up"))
        self.plug("up")

    def ip(self, *words):
        self.run_program("ip", *words)

    def plug(self, how):
        self.ip("link", "set", "near", how)

    def at_far(self, *words):
        return ["nsenter", "-t", self.far, "-n", "--", *words]

    def server(self, *words):
        """It is at the near end of the cable, and at home on 127.0.0.1."""
        return self.serve("--codec", "json", "--framing", "line", "--log-format", "json", *words, endpoint="tcp://0.0.0.0:0")

    def start_far_call(self, server, *options):
        return self.start(*self.at_far(support.ONGGI, "call", f"tcp://{NEAR}:{server.port}", *options), stdin=subprocess.PIPE)

    def start_far_client(self, server, name):
        return self.start(*self.at_far(sys.executable, "-c", CLIENT.replace("127.0.0.1", NEAR), name, server.port, 10_000_000))

    @staticmethod
    def waits_to_be_sent(pid):
        """Bytes that programs in the network of `pid` have sent, and that nobody has confirmed."""
        with open(f"/proc/{pid}/net/tcp", encoding="ascii") as rows:
            return sum(int(row.split()[4].split(":")[0], 16) for row in list(rows)[1:] if row.split()[3] == "01")

    def ask_at_home(self, server):
        with self.connect(server.port) as s:
            s.sendall(b'["home",0]\n')
            self.assertEqual(recv_until(s, b"\n"), b'["home",0]\n')

    def test_it_comes_back(self):
        """What was sent meanwhile arrives, once and in order."""
        server = self.server("--echo")
        call = self.start_far_call(server)
        call.process.stdin.write(b"[0]\n[1]\n[2]\n")
        call.process.stdin.flush()
        call.wait_lines(3)
        self.plug("down")
        call.process.stdin.write(b"[3]\n[4]\n[5]\n")
        call.process.stdin.close()
        support.wait_for(lambda: self.waits_to_be_sent(self.far), "an object to be sent into the cut cable")
        self.plug("up")
        self.assertEqual(call.wait(), 0, call.err)
        self.assertEqual(server.stop(), 0)
        for program in (call, server):
            self.assertEqual(program.objects(), [[n] for n in range(6)])

    def test_the_server_gets_rid_of_those_it_hears_no_more_of(self):
        """Silent ones, some in the middle of a message, some that are sent answers; others are served meanwhile."""
        server = self.server("--echo", "--timeout", LIMIT, "--idle-timeout", LIMIT)
        before = self.warm_up(server)
        memory = server.memory()
        half = self.start(*self.at_far(sys.executable, "-c", HALVES, NEAR, server.port, 4 * MIB))
        silent = self.start(*self.at_far(sys.executable, "-c", HALVES, NEAR, server.port, 0))
        busy = {f"busy{i}": self.start_far_client(server, f"busy{i}") for i in range(4)}
        for client in (half, silent, *busy.values()):
            client.wait_lines(1)
        self.plug("down")
        self.ask_at_home(server)
        for client in (half, silent, *busy.values()):
            client.kill()
        support.wait_for(lambda: len(re.findall(ENDED, server.err)) == 1 + 8 + 8 + 4 + 1, "the end of each connection")
        support.wait_for(lambda: all(now <= was for now, was in zip(self.holds(server), before)), f"descriptors: {before}")
        if not support.is_sanitized():
            support.wait_for(lambda: server.memory() < memory + 8 * MIB, "the memory to come back")
        self.assertEqual(server.stop(), 0)
        taken = by_client(server.lines())
        for name, client in busy.items():
            self.check_prefix(by_client(client.out.split("\n")[:-1])[name], taken[name])
        events = [json.loads(line) for line in server.err.splitlines()]
        self.assertEqual(sum(e["objects_in"] for e in events if e.get("event") == "ended"), len(server.lines()))

    def test_clients_give_up(self):
        """Each by its time limit, with a status that says so."""
        server = self.server("--echo", "--greet", "[0]")
        call = self.start_far_call(server, "--timeout", LIMIT, "--skip", "1")
        recv = self.start(*self.at_far(support.ONGGI, "recv", f"tcp://{NEAR}:{server.port}", "--timeout", LIMIT))
        call.process.stdin.write(b"[1]\n")
        call.process.stdin.flush()
        call.wait_lines(1)
        recv.wait_lines(1)
        self.plug("down")
        call.process.stdin.write(b"[2]\n[3]\n")
        call.process.stdin.close()
        self.assertEqual(call.wait(), 4, call.err)
        self.assertEqual(recv.wait(), 4, recv.err)
        self.assertEqual(call.objects(), [[1]])
        late = self.start(*self.at_far(support.ONGGI, "call", f"tcp://{NEAR}:{server.port}", "[4]", "--connect-timeout", "1"))
        self.assertIn(late.wait(), (3, 4), late.err)  # the near end is not found, or does not answer
        server.stop()

    def test_keepalive(self):
        """Without any limit of time the system finds out, after the time that it is set to."""
        settings = "; ".join(f"echo {n} > /proc/sys/net/ipv4/tcp_keepalive_{name}"
                             for name, n in (("time", 1), ("intvl", 1), ("probes", 2)))
        for place in ([], self.at_far()):
            done = self.run_program(*place, "sh", "-c", settings, status=None)
            if done.returncode:
                self.skipTest("the system's time of keepalive cannot be set here: " + done.err)
        server = self.server("--echo", "--greet", "[0]", "--timeout", "0")
        before = self.holds(server)
        silent = self.start(*self.at_far(sys.executable, "-c", HALVES, NEAR, server.port, 0))
        recv = self.start(*self.at_far(support.ONGGI, "recv", f"tcp://{NEAR}:{server.port}"))
        silent.wait_lines(1)
        recv.wait_lines(1)
        self.plug("down")
        support.wait_for(lambda: len(re.findall(ENDED, server.err)) == 9, "the end of each connection")
        support.wait_for(lambda: self.holds(server) == before, f"descriptors: {before}")
        self.assertEqual(recv.wait(), 1, recv.err)
        self.assertEqual(server.stop(), 0)

    def test_a_stop_meanwhile(self):
        server = self.server("--echo", "--grace", "1")
        busy = self.start_far_client(server, "busy")
        busy.wait_lines(10)
        self.plug("down")
        self.assertEqual(server.stop(), 0)
        busy.kill()
        self.check_prefix(by_client(busy.out.split("\n")[:-1])["busy"], by_client(server.lines())["busy"])

    def test_the_server_behind(self):
        """--to over the cable: the object in hand is not sent again, and the next ones go on when the cable is back."""
        far_port = 9100
        end = self.start(*self.at_far(support.ONGGI, "serve", f"tcp://{FAR}:{far_port}", "--echo", "--codec", "json",
                                      "--framing", "line"))
        end.wait_text("err", "listening on")
        server = self.server("--to", f"tcp://{FAR}:{far_port}?codec=json&framing=line", "--answer-timeout", LIMIT)
        with self.connect(server.port) as s:
            s.sendall(b"[0]\n")
            self.assertEqual(recv_until(s, b"\n"), b"[0]\n")
            self.plug("down")
            s.sendall(b"[1]\n")
            server.wait_text("err", "warning")
            self.plug("up")
            support.wait_for(lambda: self.is_answered(s), "an answer after the cable is back")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(end.stop(), 0)
        self.assertLessEqual(end.lines().count("[1]"), 1)

    @staticmethod
    def is_answered(s):
        s.settimeout(3)
        s.sendall(b"[2]\n")
        try:
            return recv_until(s, b"\n") == b"[2]\n"
        except TimeoutError:
            return False


# Eight connections on which SIZE bytes of a message are sent, and no more.
HALVES = """
import socket, sys, time
host, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
all = [socket.create_connection((host, port)) for _ in range(8)]
try:
    for s in all:
        s.sendall(b'"' * (size > 0) + b"x" * size)
except OSError:  # the server has given up already
    pass
print("sent", flush=True)
while True:
    time.sleep(1000)
"""

if __name__ == "__main__":
    if INSIDE not in os.environ:
        reason = why_not()
        if reason is None:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", ["unshare", "-Urn", "--", sys.executable, *sys.argv])
        os.environ[INSIDE + "_NOT"] = reason
    support.main()

# SPDX-License-Identifier: MIT
"""Datagrams whose sender is forged, or is a server: how much and how often they are answered."""
import socket
import struct
import unittest

import support
from support import HOST

V4, V6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX


def has_ipv6():
    try:
        with socket.socket(V6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
            return True
    except OSError:
        return False


class Guard(support.Case):
    def client(self, to, family=V4, host=None):
        s = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        if host:
            s.bind((host, 0))
        s.settimeout(support.WAIT)
        s.connect(to)
        return s

    def forge(self, family, host, port):
        """Sends a datagram to `port` that says that it comes from there."""
        try:
            s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_UDP)
        except PermissionError:
            self.skipTest("no right to forge senders (CAP_NET_RAW)")
        self.addCleanup(s.close)
        if family == V6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 6)
        s.sendto(struct.pack("!HHHH", port, port, 8 + 5, 0) + b"[1,2]", (host, 0))

    def own_datagrams_are_dropped(self, family, bound, host):
        server = self.serve("--echo", "-o", "json", endpoint=f"udp://{bound}:0")
        self.forge(family, host, server.port)
        server.wait_text("err", "a datagram was dropped: its sender is udp://.*, which is this server")
        s = self.client((host, server.port), family)
        s.send(b"[3]")
        self.assertEqual(s.recv(100), b"[3]")
        self.assertEqual(server.wait_lines(1), ["[3]"])

    def test_own_datagrams_are_dropped(self):
        self.own_datagrams_are_dropped(V4, HOST, HOST)

    def test_own_datagrams_are_dropped_on_every_interface(self):
        self.own_datagrams_are_dropped(V4, "0.0.0.0", HOST)
        self.own_datagrams_are_dropped(V4, "*", HOST)

    @unittest.skipUnless(has_ipv6(), "no IPv6 here")
    def test_own_datagrams_are_dropped_over_ipv6(self):
        self.own_datagrams_are_dropped(V6, "[::1]", "::1")
        self.own_datagrams_are_dropped(V6, "*", "::1")

    def test_answers_are_at_most_twice_as_large(self):
        server = self.serve("--codec", "text", "--reply", "x" * 88 + "{}", endpoint=f"udp://{HOST}:0")
        s = self.client((HOST, server.port))
        s.send(b"y" * 30)                       # 30 + 28 bytes: 116 less 28 may be answered
        server.wait_text("err", "no answer was sent: .*118 bytes.*2 times.*raise --max-amplification")
        s.send(b"y" * 60)                       # 60 + 28 bytes: 148 bytes are exactly the most
        self.assertEqual(s.recv(1000), b"x" * 88 + b"y" * 60)
        s.send(b"y" * 59)
        server.wait_text("err", "no answer was sent: .*147 bytes")

    def test_the_option_raises_it(self):
        server = self.serve("--codec", "text", "--reply", "x" * 1000, "--max-amplification", "100", endpoint=f"udp://{HOST}:0")
        s = self.client((HOST, server.port))
        s.send(b"y")
        self.assertEqual(s.recv(2000), b"x" * 1000)

    def test_unix_sockets_are_not_forged(self):
        folder = self.folder()
        server = self.serve("--codec", "text", "--reply", "x" * 1000, endpoint=f"unixgram://{folder}/server")
        s = socket.socket(UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.bind(f"{folder}/client")
        s.settimeout(support.WAIT)
        s.sendto(b"y", f"{folder}/server")
        self.assertEqual(s.recv(2000), b"x" * 1000)
        self.assertEqual(server.stop(), 0)

    def test_a_rate_for_each_sender(self):
        server = self.serve("--echo", "--max-rate", "5", "-o", "json", endpoint=f"udp://{HOST}:0")
        greedy = self.client((HOST, server.port))
        for n in range(50):
            greedy.send(b"%d" % n)
        server.wait_lines(50)                   # all are printed
        server.wait_text("err", "no answer was sent: .*5 datagrams answered in a second.*raise --max-rate")
        other = self.client((HOST, server.port))
        other.send(b'"other"')
        self.assertEqual(other.recv(100), b'"other"')
        self.assertEqual([greedy.recv(100) for _ in range(5)], [b"0", b"1", b"2", b"3", b"4"])

    def echo_each_other(self, family, any_host, host):
        """Two servers that echo, and a datagram that each takes for the other's question: it comes from a relay that
        has the sender of each be the other, as forged senders would."""
        servers = [self.serve("--echo", "--max-rate", "2", "-o", "json", endpoint=f"udp://{any_host}:0") for _ in range(2)]
        sockets = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(2)]
        for s in sockets:
            self.addCleanup(s.close)
            s.bind((host, 0))
            s.settimeout(2)
        sockets[0].sendto(b"[1]", (host, servers[0].port))
        rounds = 0
        try:
            while rounds < 100000:              # what one answers is the other's question
                data = sockets[0].recv(100)
                sockets[1].sendto(data, (host, servers[1].port))
                data = sockets[1].recv(100)
                sockets[0].sendto(data, (host, servers[0].port))
                rounds += 1
        except socket.timeout:
            pass
        self.assertLess(rounds, 100000)
        self.assertRegex(servers[0].err + servers[1].err, "2 datagrams answered in a second")

    def test_servers_that_echo_each_other_stop(self):
        self.echo_each_other(V4, HOST, HOST)

    @unittest.skipUnless(has_ipv6(), "no IPv6 here")
    def test_servers_that_echo_each_other_over_ipv6_stop(self):
        self.echo_each_other(V6, "[::1]", "::1")


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""Where to listen and connect: TCP, UDP, Unix sockets, IPv6, several at once; counts, greetings, replies, threads."""
import json
import os
import pathlib
import pickle
import socket
import subprocess
import threading
import unittest

import support
from support import HOST, ONGGI, recv_all, recv_until


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


class Endpoints(support.Case):
    def test_several_at_once(self):
        path = os.path.join(self.folder(), "jar.sock")
        gram = os.path.join(self.folder(), "gram.sock")
        server = self.listening(ONGGI, "serve", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unix://{path}", f"unixgram://{gram}",
                                "--echo", count=4)
        for endpoint in server.endpoints[:3]:
            self.assertEqual(self.onggi("call", endpoint, '{"via":"' + endpoint + '"}').out, '{"via":"' + endpoint + '"}\n')
        self.onggi("send", server.endpoints[3], '["datagram"]')
        server.wait_lines(4)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.objects()[3], ["datagram"])
        self.assertFalse(os.path.exists(path), "the socket's name is left behind")

    def test_python_on_a_unix_socket(self):
        path = os.path.join(self.folder(), "jar.sock")
        self.serve("--echo", endpoint=f"unix://{path}")
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(support.WAIT)
            s.connect(path)
            s.sendall(pickle.dumps({"n": (1, 2)}))
            self.assertEqual(support.recv_pickle(s), {"n": (1, 2)})

    def test_a_stale_unix_socket_is_taken_over_and_a_live_one_is_not(self):
        path = os.path.join(self.folder(), "jar.sock")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)  # closed without unlink: stale
        server = self.serve("--echo", endpoint=f"unix://{path}")
        self.assertEqual(self.onggi("call", f"unix://{path}", "1").out, "1\n")
        self.assertIn(path, self.onggi("serve", f"unix://{path}", status=3).err)
        self.assertEqual(self.onggi("call", f"unix://{path}", "2").out, "2\n")
        self.assertEqual(server.stop(), 0)

    @unittest.skipUnless(has_ipv6(), "no IPv6 here")
    def test_ipv6(self):
        for scheme in ("tcp", "udp"):
            server = self.serve("--echo", endpoint=f"{scheme}://[::1]:0")
            self.assertRegex(server.endpoint, r"\[::1\]:\d+$")
            self.assertEqual(self.onggi("call", server.endpoint, '"여섯"').out, '"여섯"\n')
            self.assertEqual(server.stop(), 0)

    def test_names_with_several_addresses(self):
        """localhost is ::1 as well on many machines; whichever refuses, the next is tried."""
        server = self.serve("--echo")
        self.assertEqual(self.onggi("call", f"tcp://localhost:{server.port}", "[1]").out, "[1]\n")

    def test_no_host_is_loopback_and_every_interface_is_asked_for(self):
        self.assertRegex(self.serve("--echo", endpoint="tcp://:0").endpoint, r"127\.0\.0\.1|\[::1\]|localhost")
        server = self.serve("--echo", endpoint="tcp://*:0")
        self.assertNotIn("127.0.0.1", server.endpoint)
        self.assertEqual(self.onggi("call", f"tcp://127.0.0.1:{server.port}", "[1]").out, "[1]\n")

    def test_the_wire_as_part_of_the_endpoint(self):
        server = self.listening(ONGGI, "serve", "tcp://127.0.0.1:0?codec=json&framing=u32be",
                                "tcp://127.0.0.1:0?codec=text&framing=line", "--echo", count=2)
        with self.connect(server.ports[0]) as s:
            s.sendall(b"\0\0\0\3[1]")
            self.assertEqual(support.recv_exactly(s, 7), b"\0\0\0\3[1]")
        with self.connect(server.ports[1]) as s:
            s.sendall("그냥 글\n".encode())
            self.assertEqual(recv_until(s, b"\n"), "그냥 글\n".encode())

    def test_udp_both_codecs_and_many_peers(self):
        server = self.serve("--echo", endpoint="udp://127.0.0.1:0")
        peers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
        for number, s in enumerate(peers):
            self.addCleanup(s.close)
            s.settimeout(support.WAIT)
            s.sendto(json.dumps([number]).encode() if number % 2 else pickle.dumps((number,)), (HOST, server.port))
        for number, s in enumerate(peers):
            answer = s.recv(1024)
            self.assertEqual(json.loads(answer) if number % 2 else pickle.loads(answer),
                             [number] if number % 2 else (number,))

    def test_a_datagram_of_almost_64_kib(self):
        server = self.serve("--echo", endpoint="udp://127.0.0.1:0")
        text = json.dumps("x" * 65000)
        self.assertEqual(self.onggi("call", server.endpoint, stdin=text).out.strip(), text)


class Options(support.Case):
    def test_count(self):
        server = self.serve("--echo", "--count", "3")
        self.onggi("call", server.endpoint, "1", "2", "3")
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, "1\n2\n3\n")

    def test_greet_and_reply_together(self):
        server = self.serve("--greet", '{"hello":"you"}', "--reply", '{"ok":true}')
        with self.connect(server.port) as s:
            self.assertEqual(json.loads(recv_until(s, b"}")), {"hello": "you"})
            s.sendall(b"[1]\n")
            self.assertEqual(json.loads(recv_until(s, b"}").strip()), {"ok": True})

    def test_greetings_reach_onggi_recv(self):
        server = self.serve("--greet", '{"hello":"you"}', "--codec", "pickle", "--count", "1")
        done = self.onggi("recv", server.endpoint)  # ends as the server, which counts clients, ends
        self.assertEqual(done.out, '{"hello":"you"}\n')
        self.assertEqual(server.wait(), 0)

    def test_a_text_reply_holds_the_text(self):
        server = self.serve("--codec", "text", "--reply", "<{}> 받음 {}")
        with self.connect(server.port) as s:
            s.sendall("가".encode())
            self.assertEqual(support.recv_exactly(s, len("<가> 받음 가".encode())).decode(), "<가> 받음 가")

    def test_looks_before_it_sleeps_and_sleeps_then(self):
        server = self.serve("--echo", "--busy-poll", "200", "--threads", "2")
        with self.connect(server.port) as s:
            lines = s.makefile()
            for turn in range(200):
                s.sendall(b"%d\n" % turn)
                self.assertEqual(lines.readline(), f"{turn}\n")
            stats = list(pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/stat"))
            support.wait_for(lambda: all(stat.read_text().rsplit(")", 1)[1].split()[0] == "S" for stat in stats), "the threads to sleep")
            s.sendall(b"[1]\n")
            self.assertEqual(lines.readline(), "[1]\n")
        self.assertEqual(server.stop(), 0)

    def test_threads_share_a_port(self):
        server = self.serve("--echo", "--threads", "4")
        wrong = []

        def talk(number):
            with self.connect(server.port) as s:
                lines = s.makefile()
                for turn in range(50):
                    s.sendall(json.dumps([number, turn]).encode() + b"\n")
                    if json.loads(lines.readline()) != [number, turn]:
                        wrong.append((number, turn))
        threads = [threading.Thread(target=talk, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        server.wait_lines(1000)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(sorted(map(tuple, server.objects())), [(n, t) for n in range(20) for t in range(50)])

    def test_exec(self):
        server = self.serve("--exec", "cat")
        self.assertEqual(self.onggi("call", server.endpoint, '{"a":[1,"둘"]}', "2").out, '{"a":[1,"둘"]}\n2\n')

    def test_to(self):
        behind = self.serve("--reply", '{"from":"behind"}')
        front = self.serve("--to", behind.endpoint)
        self.assertEqual(self.onggi("call", front.endpoint, '{"a":1}').out, '{"from":"behind"}\n')
        self.assertEqual(behind.wait_lines(1), ['{"a":1}'])

    def test_objects_from_standard_input(self):
        server = self.serve("--echo")
        done = self.onggi("call", server.endpoint, stdin='{"a":1} [2]\n"셋"\n')
        self.assertEqual(done.out, '{"a":1}\n[2]\n"셋"\n')
        many = "".join(f'{{"n":{n}}}\n' for n in range(2000))
        self.assertEqual(self.onggi("call", server.endpoint, stdin=many).out, many)

    def test_pickle_from_standard_input(self):
        server = self.serve("--echo")
        value = {"a": (1, b"\0"), "s": {1}}
        done = self.onggi("call", server.endpoint, "--codec", "pickle", "-i", "pickle", "-o", "pickle", stdin=pickle.dumps(value))
        self.assertEqual(pickle.loads(done.stdout), value)

    def test_forms_of_output(self):
        listener, port = self.listen()
        value = {"t": (1, 2.0), "b": b"\0\1", "none": None}
        wanted = {"json": '{"t":[1,2.0],"b":"AAE=","none":null}\n', "repr": repr(value) + "\n",
                  "lossless": '{"t":{"py/tuple":[1,2.0]},"b":{"py/b64":"AAE="},"none":null}\n'}
        for form, text in wanted.items():
            client = self.start(ONGGI, "recv", f"tcp://{HOST}:{port}", "-o", form)
            with listener.accept()[0] as s:
                s.sendall(pickle.dumps(value))
            self.assertEqual(client.wait(), 0, client.err)
            self.assertEqual(client.out, text)

    def test_send_ends_when_all_has_left(self):
        listener, port = self.listen()
        client = self.start(ONGGI, "send", f"tcp://{HOST}:{port}", "1", "[2]", '"셋"')
        with listener.accept()[0] as s:
            self.assertEqual([json.loads(line) for line in recv_all(s).splitlines()], [1, [2], "셋"])
        self.assertEqual(client.wait(), 0)

    def test_help_works_without_anything(self):
        for words in (["--help"], ["help"], ["serve", "--help"], ["call", "--help"], ["send", "--help"], ["recv", "--help"],
                      ["convert", "--help"]):
            self.assertRegex(self.onggi(*words).out, r"onggi (serve|call|send|recv|convert) ")
        self.assertRegex(self.onggi("--version").out, r"\d+\.\d+\.\d+")

    def test_a_consumer_that_goes_away(self):
        """onggi serve | head -1 ends quietly."""
        server = self.serve("--echo")
        pipe = subprocess.Popen([ONGGI, "serve", "tcp://127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=support.ENV)
        self.addCleanup(pipe.kill)
        line = pipe.stderr.readline().decode()
        port = int(line.rsplit(":", 1)[1])
        pipe.stdout.close()
        for _ in range(100):
            try:
                with socket.create_connection((HOST, port), timeout=support.WAIT) as s:
                    s.sendall(b"[1]\n")
            except OSError:
                break
            if pipe.poll() is not None:
                break
        self.assertIn(pipe.wait(support.WAIT), (0, 1))
        pipe.stderr.close()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    support.main()

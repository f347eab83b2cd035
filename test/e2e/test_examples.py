# SPDX-License-Identifier: MIT
"""Every pattern: the C example against the Python program, both ways, and what else the examples promise."""
import json
import os
import pickle
import signal
import socket
import struct
import subprocess

import support
from support import HOST, example, recv_all, recv_json, recv_until, script

KOREAN = "안녕하세요, 서버!"
JOHN = {"name": "John", "age": 30}


class Text(support.Case):
    def test_tcp_server_in_c(self):
        server = self.listening(example("tcp_text_server"), "tcp://127.0.0.1:0", 2)
        for _ in range(2):
            client = self.run_program(*script("tcp_text_client"), server.port)
            self.assertEqual(client.out, f"서버 응답: 서버로부터 응답: {KOREAN}\n")
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, f"받은 메시지: {KOREAN}\n" * 2)

    def test_tcp_client_in_c(self):
        server = self.python_server("tcp_text_server")
        client = self.run_program(example("tcp_text_client"), f"tcp://{HOST}:{server.port}")
        self.assertEqual(client.out, f"서버 응답: 서버로부터 응답: {KOREAN}\n")
        self.assertEqual(server.wait(), 0)
        self.assertIn(f"받은 메시지: {KOREAN}\n", server.out)

    def test_udp_server_in_c(self):
        server = self.listening(example("udp_text_server"), "udp://127.0.0.1:0", 2)
        for _ in range(2):
            client = self.run_program(*script("udp_text_client"), server.port)
            self.assertEqual(client.out, "서버 응답: 서버로부터 응답: 안녕하세요, UDP 서버!\n")
        self.assertEqual(server.wait(), 0)

    def test_udp_client_in_c(self):
        server = self.python_server("udp_text_server", socket.SOCK_DGRAM)
        for text in ("하나", "둘"):
            client = self.run_program(example("udp_text_client"), f"udp://{HOST}:{server.port}", text)
            self.assertEqual(client.out, f"서버 응답: 서버로부터 응답: {text}\n")

    def test_a_text_that_is_not_utf_8_is_refused_with_its_position(self):
        server = self.listening(example("tcp_text_server"), "tcp://127.0.0.1:0", 2)
        with self.connect(server.port) as s:
            s.sendall(b"abc\xff\xfe")
            self.assertEqual(recv_all(s), b"")
        server.wait_text("err", r"127\.0\.0\.1:\d+: .*UTF-8")
        self.run_program(*script("tcp_text_client"), server.port)
        self.assertEqual(server.wait(), 0)


class Threads(support.Case):
    def test_server_in_c(self):
        server = self.listening(example("thread_per_client"), "tcp://127.0.0.1:0", 100)
        clients = self.run_program(*script("thread_clients"), server.port, 100)
        self.assertEqual(clients.out.splitlines()[-1], "99명이 답을 받았습니다.")
        self.assertIn("서버로부터 응답: 안녕하세요, 42번입니다\n", clients.out)
        self.assertEqual(server.wait(), 0, server.err)

    def test_client_in_c(self):
        server = self.python_server("thread_server")
        silent = self.connect(server.port)
        clients = [self.start(example("tcp_text_client"), f"tcp://{HOST}:{server.port}", f"{n}번")
                   for n in range(10)]
        for number, client in enumerate(clients):
            self.assertEqual(client.wait(), 0, client.err)
            self.assertEqual(client.out, f"서버 응답: 서버로부터 응답: {number}번\n")
        silent.close()


class Json(support.Case):
    def test_server_in_c(self):
        server = self.listening(example("json_server"), "tcp://127.0.0.1:0", 2)
        for _ in range(2):
            client = self.run_program(*script("json_client"), server.port)
            self.assertEqual(client.out, "Server response: {'message': 'Hello from server'}\n")
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, "Received: {'name': 'John', 'age': 30, 'city': 'New York'}\n" * 2)

    def test_client_in_c(self):
        server = self.python_server("json_server")
        for _ in range(2):
            client = self.run_program(example("json_client"), f"tcp://{HOST}:{server.port}")
            self.assertEqual(client.out, "Server response: {'message': 'Hello from server'}\n")
        server.wait_text("out", r"Received: \{'name': 'John', 'age': 30, 'city': 'New York'\}\n")

    def test_c_with_c(self):
        path = os.path.join(self.folder(), "jar.sock")
        for endpoint in ("tcp://127.0.0.1:0", "tcp://[::1]:0", f"unix://{path}"):
            with self.subTest(endpoint=endpoint):
                if "::1" in endpoint and not has_ipv6():
                    self.skipTest("no IPv6 here")
                server = self.listening(example("json_server"), endpoint, 1)
                client = self.run_program(example("json_client"), server.endpoint)
                self.assertEqual(client.out, "Server response: {'message': 'Hello from server'}\n")
                self.assertEqual(server.wait(), 0)

    def test_nonsense_ends_one_client_not_the_server(self):
        server = self.listening(example("json_server"), "tcp://127.0.0.1:0", 2)
        with self.connect(server.port) as s:
            s.sendall(b'{"name": nonsense}')
            self.assertEqual(recv_all(s), b"")
        server.wait_text("err", r"127\.0\.0\.1:\d+: .+\n")
        self.run_program(*script("json_client"), server.port)
        self.assertEqual(server.wait(), 0)

    def test_nobody_there(self):
        port = support.free_port()
        client = self.run_program(example("json_client"), f"tcp://{HOST}:{port}", status=1)
        self.assertIn(f"127.0.0.1:{port}", client.err)

    def test_a_server_that_closes_without_an_answer(self):
        listener, port = self.listen()
        client = self.start(example("json_client"), f"tcp://{HOST}:{port}")
        with listener.accept()[0] as s:
            s.recv(1024)
        self.assertEqual(client.wait(), 1)
        self.assertIn("without an answer", client.err)

    def test_a_full_disk_is_reported(self):
        """By each program that prints and ends."""
        texts, objects = self.serve("--codec", "text", "--reply", "hi"), self.serve("--reply", '{"message": "hi"}')
        datagrams = self.serve("--codec", "text", "--reply", "hi", endpoint="udp://127.0.0.1:0")
        pickles = self.serve("--codec", "pickle", "--greet", "[1]")
        for name, words in (("json_client", [objects.endpoint]), ("tcp_text_client", [texts.endpoint]), ("in_memory", []),
                            ("udp_text_client", [datagrams.endpoint]), ("pickle_client", [pickles.endpoint])):
            with self.subTest(name), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([example(name), *words], stdout=full, stderr=subprocess.PIPE, timeout=support.WAIT, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{name}: standard output: ", done.stderr.decode())

    def test_a_server_that_sends_nothing(self):
        listener, port = self.listen()
        client = self.start(example("pickle_client"), f"tcp://{HOST}:{port}")
        listener.accept()[0].close()
        self.assertEqual(client.wait(), 1)
        self.assertIn("without sending anything", client.err)

    def test_a_bad_endpoint(self):
        server = self.run_program(example("json_server"), "tcp:/nowhere", status=1)
        self.assertIn("json_server: ", server.err)


class Pickle(support.Case):
    def test_server_in_c(self):
        server = self.listening(example("pickle_server"), "tcp://127.0.0.1:0", 2)
        for _ in range(2):
            client = self.run_program(*script("pickle_client"), server.port)
            self.assertEqual(client.out, "Received: {'name': 'John', 'age': 30}\nName: John\n")
        self.assertEqual(server.wait(), 0)

    def test_client_in_c(self):
        server = self.python_server("pickle_server")
        for _ in range(2):
            client = self.run_program(example("pickle_client"), f"tcp://{HOST}:{server.port}")
            self.assertEqual(client.out, "Received: {'name': 'John', 'age': 30}\n")

    def test_receiver_in_c(self):
        server = self.listening(example("pickle_receiver"), "tcp://127.0.0.1:0", 1)
        self.run_program(*script("pickle_sender"), server.port)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, "Received: {'name': 'John', 'age': 30, 'langs': ['ko', 'en'], 'pos': (1.5, -2)}\n")

    def test_sender_in_c(self):
        server = self.python_server("pickle_receiver")
        self.run_program(example("pickle_sender"), f"tcp://{HOST}:{server.port}")
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, "Received: {'name': 'John', 'age': 30, 'langs': ['ko', 'en'], 'pos': (1.5, -2)}\n")

    def test_c_with_c(self):
        server = self.listening(example("pickle_receiver"), "tcp://127.0.0.1:0", 1)
        self.run_program(example("pickle_sender"), server.endpoint)
        self.assertEqual(server.wait(), 0)
        self.assertIn("'pos': (1.5, -2)", server.out)

    def test_python_s_own_types_from_c(self):
        server = self.python_server("typed_values")
        self.run_program(example("typed_values"), f"tcp://{HOST}:{server.port}")
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, "Measurement 12345678-1234-5678-1234-567812345678 from 2024-01-02T09:30:00.250000+09:00"
                         " to 2024-01-02T09:31:30.750000+09:00\nPrice: 25.00 File: run-7\n"
                         "Samples: (2, 3) float64 mean 3.0\n")

    def test_a_pickle_that_wants_to_run_something_is_printed(self):
        path = os.path.join(self.folder(), "was-run")

        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {path}",)

        server = self.listening(example("pickle_receiver"), "tcp://127.0.0.1:0", 1)
        with self.connect(server.port) as s:
            s.sendall(pickle.dumps(Evil()))
        self.assertEqual(server.wait(), 0, server.err)
        self.assertIn("system", server.out)
        self.assertIn("touch", server.out)
        self.assertFalse(os.path.exists(path))


class InMemory(support.Case):
    def test_c_prints_what_python_prints(self):
        ours = self.run_program(example("in_memory")).out.splitlines()
        theirs = self.run_program(*script("in_memory")).out.splitlines()
        self.assertEqual([line for line in ours if "pickle.dumps" not in line],
                         [line for line in theirs if "pickle.dumps" not in line])
        size = [int(lines[2].split()[1]) for lines in (ours, theirs)]
        self.assertLessEqual(*size, "our pickle is larger than Python's")


class Servers(support.Case):
    def test_two_kinds_of_clients(self):
        server = self.listening(example("event_server"), "tcp://127.0.0.1:0")
        clients = self.run_program(*script("event_clients"), server.port)
        self.assertEqual(clients.out, "JSON: {'name': 'John'}\npickle: ('John', 30)\n")
        self.assertEqual(server.stop(signal.SIGINT), 0)

    def test_answers_in_the_order_of_the_questions(self):
        server = self.listening(example("worker_server"), "tcp://127.0.0.1:0")
        client = self.run_program(*script("worker_client"), server.port)
        self.assertEqual(client.out, "Answer: {'sum': 60.5}\nAnswer: {'sum': 30.5}\nAnswer: {'sum': 0.5}\n")
        self.assertEqual(server.stop(), 0)

    def test_log_records(self):
        server = self.listening(example("log_receiver"), "tcp://127.0.0.1:0")
        self.run_program(*script("log_sender"), server.port)
        self.assertEqual(server.wait_lines(2), ["INFO:shop.orders:order 7 shipped", "WARNING:shop.orders:주문 17: 재고 부족"])
        with self.connect(server.port) as s:
            s.sendall(framed(b"cos\nsystem\n(S'true'\ntR."))
            server.wait_text("err", r"127\.0\.0\.1:\d+: .*os\.system")
        self.assertEqual(server.stop(), 0)

    def test_proxy_in_front_of_a_server_that_unpickles(self):
        service = self.python_server("sum_server")
        proxy = self.listening(example("pickle_proxy"), "tcp://127.0.0.1:0", f"tcp://{HOST}:{service.port}")
        path = os.path.join(self.folder(), "was-run")
        evil = framed(f"cos\nsystem\n(S'touch {path}'\ntR.".encode())
        with self.connect(proxy.port) as s:
            s.sendall(evil)
            self.assertEqual(recv_all(s), b"")
        proxy.wait_text("err", r"127\.0\.0\.1:\d+: refused: .*os\.system")
        client = self.run_program(*script("sum_client"), proxy.port)
        self.assertEqual(client.out, "Answer: {'sum': 6.5}\n")
        self.assertFalse(os.path.exists(path))
        with self.connect(service.port) as s:  # without the proxy it runs
            s.sendall(evil)
            recv_all(s)
        self.assertTrue(os.path.exists(path))
        self.assertEqual(proxy.stop(), 0)

    def test_both_codecs_on_one_port(self):
        server = self.listening(example("event_server"), "tcp://127.0.0.1:0")
        a, b = self.connect(server.port), self.connect(server.port)
        for number in range(3):
            a.sendall(json.dumps({"n": number}).encode())
            self.assertEqual(recv_json(a)["you"], {"n": number})
            b.sendall(pickle.dumps((number, b"\0\1")))
            self.assertEqual(support.recv_pickle(b)["you"], (number, b"\0\1"))
        with self.connect(server.port) as c:
            c.sendall(b"{]")
            server.wait_text("err", r"127\.0\.0\.1:\d+: .+; the connection ends\n")
        a.sendall(b"[true]")
        self.assertEqual(recv_json(a)["you"], [True])
        self.assertEqual(server.stop(signal.SIGINT), 0)

    def test_workers_keep_the_order_of_each_client(self):
        server = self.listening(example("worker_server"), "tcp://127.0.0.1:0")
        with self.connect(server.port) as s:
            for wait in (60, 30, 0):
                s.sendall(json.dumps({"sum": [wait, 0.5], "wait_ms": wait}).encode() + b"\n")
            s.sendall(b'{"sum": ["one"]}\n')
            lines = s.makefile().readline
            self.assertEqual([json.loads(lines()) for _ in range(3)], [{"sum": 60.5}, {"sum": 30.5}, {"sum": 0.5}])
            self.assertIn("error", json.loads(lines()))
        self.assertEqual(server.stop(), 0)

    def test_what_is_in_hand_is_finished_before_the_end(self):
        for question, how in ((b'{"sum": [1, 2], "wait_ms": 400}\n', signal.SIGTERM),
                              (b'{"sum": [3], "wait_ms": 400}\n', signal.SIGINT)):
            server = self.listening(example("worker_server"), "tcp://127.0.0.1:0")
            with self.connect(server.port) as s:
                s.sendall(b'{"sum": [0]}\n' + question)  # one packet: the first answer tells that both arrived
                recv_until(s, b"\n")
                server.process.send_signal(how)
                self.assertEqual(json.loads(recv_all(s)), {"sum": 3})
            self.assertEqual(server.wait(), 0)


def framed(data):
    return struct.pack("!I", len(data)) + data


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""Every pattern as a one-line command against the Python program that tutorials write, and both codecs in memory."""
import json
import pickle
import socket

import support
from support import HOST, script

HELLO = {"message": "Hello from server"}


class TcpText(support.Case):
    def test_serve(self):
        server = self.serve("--codec", "text", "--reply", "서버로부터 응답: {}")
        for _ in range(2):
            client = self.run_program(*script("tcp_text_client"), server.port)
            self.assertEqual(client.out, "서버 응답: 서버로부터 응답: 안녕하세요, 서버!\n")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.out, "안녕하세요, 서버!\n" * 2)

    def test_call(self):
        server = self.python_server("tcp_text_server")
        client = self.onggi("call", f"tcp://{HOST}:{server.port}", "--codec", "text", "--framing", "raw", "안녕하세요")
        self.assertEqual(client.out, "서버로부터 응답: 안녕하세요\n")
        self.assertEqual(server.wait(), 0)
        self.assertIn("받은 메시지: 안녕하세요\n", server.out)

    def test_call_without_a_framing(self):
        server = self.python_server("tcp_text_server")
        client = self.onggi("call", f"tcp://{HOST}:{server.port}", "--codec", "text", "안녕하세요")
        self.assertEqual(client.out.strip(), "서버로부터 응답: 안녕하세요")


class UdpText(support.Case):
    def test_serve(self):
        server = self.serve("--codec", "text", "--reply", "서버로부터 응답: {}", endpoint="udp://127.0.0.1:0")
        for _ in range(2):
            client = self.run_program(*script("udp_text_client"), server.port)
            self.assertEqual(client.out, "서버 응답: 서버로부터 응답: 안녕하세요, UDP 서버!\n")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.out, "안녕하세요, UDP 서버!\n" * 2)

    def test_call(self):
        server = self.python_server("udp_text_server", socket.SOCK_DGRAM)
        client = self.onggi("call", f"udp://{HOST}:{server.port}", "--codec", "text", "하나", "둘")
        self.assertEqual(client.out, "서버로부터 응답: 하나\n서버로부터 응답: 둘\n")


class ThreadPerClient(support.Case):
    def test_serve(self):
        for threads in ("1", "4"):
            with self.subTest(threads=threads):
                server = self.serve("--codec", "text", "--reply", "서버로부터 응답: {}", "--threads", threads)
                clients = self.run_program(*script("thread_clients"), server.port, 100)
                self.assertEqual(clients.out.splitlines()[-1], "99명이 답을 받았습니다.")
                for number in range(1, 100):
                    self.assertIn(f"서버로부터 응답: 안녕하세요, {number}번입니다\n", clients.out)
                self.assertEqual(server.stop(), 0)

    def test_call(self):
        server = self.python_server("thread_server")
        self.connect(server.port)  # says nothing
        clients = [self.start(support.ONGGI, "call", f"tcp://{HOST}:{server.port}", "--codec", "text",
                              "--framing", "raw", f"{number}번") for number in range(10)]
        for number, client in enumerate(clients):
            self.assertEqual(client.wait(), 0, client.err)
            self.assertEqual(client.out, f"서버로부터 응답: {number}번\n")


class Json(support.Case):
    def test_serve(self):
        server = self.serve("--reply", '{"message":"Hello from server"}')
        for _ in range(2):
            client = self.run_program(*script("json_client"), server.port)
            self.assertEqual(client.out, "Server response: {'message': 'Hello from server'}\n")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.objects(), [{"name": "John", "age": 30, "city": "New York"}] * 2)

    def test_call(self):
        server = self.python_server("json_server")
        for _ in range(2):
            client = self.onggi("call", f"tcp://{HOST}:{server.port}", '{"name":"John"}')
            self.assertEqual(json.loads(client.out), HELLO)
        server.wait_text("out", r"(Received: \{'name': 'John'\}\n){2}")


class Pickle(support.Case):
    def test_greet(self):
        server = self.serve("--codec", "pickle", "--greet", '{"name":"John","age":30}')
        for _ in range(2):
            client = self.run_program(*script("pickle_client"), server.port)
            self.assertEqual(client.out, "Received: {'name': 'John', 'age': 30}\nName: John\n")
        self.assertEqual(server.stop(), 0)

    def test_recv(self):
        server = self.python_server("pickle_server")
        client = self.onggi("recv", f"tcp://{HOST}:{server.port}")
        self.assertEqual(client.out, '{"name":"John","age":30}\n')

    def test_serve_what_a_client_sends(self):
        server = self.serve("--count", "1")
        self.run_program(*script("pickle_sender"), server.port)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.objects(), [{"name": "John", "age": 30, "langs": ["ko", "en"], "pos": [1.5, -2]}])

    def test_send(self):
        server = self.python_server("pickle_receiver")
        self.onggi("send", f"tcp://{HOST}:{server.port}", "--codec", "pickle", '{"name":"John","age":30}')
        self.assertEqual(server.wait(), 0)
        self.assertEqual(server.out, "Received: {'name': 'John', 'age': 30}\n")


class BothAtOnce(support.Case):
    def test_one_port(self):
        server = self.serve("--echo")
        a, b = self.connect(server.port), self.connect(server.port)
        for number in range(5):
            a.sendall(json.dumps([number, "하나"]).encode())
            b.sendall(pickle.dumps((number, "둘")))
            self.assertEqual(support.recv_json(a), [number, "하나"])
            self.assertEqual(support.recv_pickle(b), (number, "둘"))
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(server.lines()), 10)


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""--get over the wire: one value printed out of each object that Python programs send, everything else as without it."""
import json
import pickle
import socket
import threading

import support

RECORDS = [{"level": "info", "args": [1, {"path": "/a"}]}, {"level": "warn"}, {"level": "error", "args": [2, {"path": "/나"}]}]


class Get(support.Case):
    def test_serve_prints_one_value_and_answers_with_all(self):
        server = self.serve("--echo", "--get", "/args/1/path", "--count", "4")
        s = self.connect(server.port)
        answers = s.makefile("rb")
        for record in RECORDS:
            s.sendall(json.dumps(record).encode() + b"\n")
            self.assertEqual(json.loads(answers.readline()), record)
        with self.connect(server.port) as other:
            other.sendall(pickle.dumps(RECORDS[0]))
            self.assertEqual(pickle.load(other.makefile("rb")), RECORDS[0])
        self.assertEqual(server.wait(), 1)
        self.assertEqual(server.objects(), ["/a", "/나", "/a"])
        self.assertIn('no key "args" in the dict at the top, which has "level"', server.err)

    def test_serve_ends_with_status_1_when_a_pointer_matched_nothing(self):
        for pointer, status in (("/level", 0), ("/nothing", 1)):
            server = self.serve("--echo", "--get", pointer, "--count", "1")
            self.onggi("call", server.endpoint, json.dumps(RECORDS[0]))
            self.assertEqual(server.wait(), status)

    def test_exec_reads_the_whole_object(self):
        server = self.serve("--exec", "cat", "--get", "/level")
        s = self.connect(server.port)
        s.sendall(json.dumps(RECORDS[0]).encode())
        self.assertEqual(support.recv_json(s), RECORDS[0])
        server.wait_lines(1)
        self.assertEqual(server.objects(), ["info"])

    def test_call(self):
        server = self.serve("--echo")
        words = [json.dumps(record) for record in RECORDS]
        done = self.onggi("call", f"tcp://127.0.0.1:{server.port}", "--get",
                          "/args/1/path", "-o", "text", *words, status=1)
        self.assertEqual(done.out, "/a\n/나\n")
        self.assertIn("/args/1/path\n   ^\n", done.err)

    def test_recv(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def send():
                conn, _ = listener.accept()
                with conn:
                    conn.sendall(b"".join(pickle.dumps(record) for record in RECORDS))
            sender = threading.Thread(target=send)
            sender.start()
            port = listener.getsockname()[1]
            done = self.onggi("recv", f"tcp://127.0.0.1:{port}", "--get", "/level", "-o", "repr")
            sender.join()
        self.assertEqual(done.out, "'info'\n'warn'\n'error'\n")


if __name__ == "__main__":
    support.main()

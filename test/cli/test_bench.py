# SPDX-License-Identifier: MIT
"""onggi bench against servers that answer, that do not, and that go away. No time that it measures is checked."""
import json
import os
import signal
import socketserver
import struct
import threading
import xml.etree.ElementTree

import support

SHARES = ("50", "90", "99", "99.9", "99.99")


class PickleEcho(socketserver.BaseRequestHandler):
    """A Python server of its own: a length of four bytes, then a pickle."""

    def handle(self):
        while head := self.request.recv(4, 0x100):  # MSG_WAITALL
            length = struct.unpack(">I", head)[0]
            body = b""
            while len(body) < length:
                body += self.request.recv(length - len(body))
            self.request.sendall(head + body)


class Bench(support.Case):
    def bench(self, *words, status=0, count=200):
        return self.onggi("bench", "--count", count, *words, status=status)

    def rows(self, *words, count=200):
        rows = [json.loads(line) for line in self.bench("-o", "json", *words, count=count).out.splitlines()]
        for row in rows:
            times = row["microseconds"]
            self.assertEqual(row["answers"], count)
            self.assertGreater(row["answers_per_second"], 0)
            inner = [times["min"], *(times[share] for share in SHARES), times["max"]]
            self.assertEqual(inner, sorted(inner))
            self.assertGreater(times["min"], 0)
            self.assertLessEqual(times["mean"], times["max"])
        return rows

    def endpoint(self, *words):
        return self.serve("--echo", *words).endpoint

    def test_table(self):
        done = self.bench("--size", "16,1K", self.endpoint())
        lines = done.out.splitlines()
        self.assertRegex(lines[0], r"^tcp://.*: 1 connection, 1 in flight on each$")
        self.assertRegex(lines[2], r"p50 +p90 +p99 +p99.9 +p99.99 +max$")
        self.assertRegex(lines[3], r"^ +16 +[1-9]")
        self.assertRegex(lines[4], r"^ +1024 +[1-9]")
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertEqual(done.err, "")

    def test_sizes_are_those_of_the_text(self):
        for row in self.rows("--size", "2,17,18,64,1000", self.endpoint()):
            self.assertEqual(row["bytes_out"], 200 * (row["size"] + 1))  # the text and its line feed
            self.assertEqual(row["bytes_in"], row["bytes_out"])

    def test_many_in_flight_on_many_connections(self):
        for words in (("-c", "3"), ("--in-flight", "7"), ("-c", "5", "--in-flight", "64"), ("-c", "2", "--in-flight", "4", "--size", "300K")):
            with self.subTest(words):
                (row,) = self.rows(*words, self.endpoint())
                self.assertEqual(row["unsent"], 0)
                self.assertEqual(row["bytes_in"], row["bytes_out"])

    def test_rate(self):
        (row,) = self.rows("--rate", "5000", "-c", "3", self.endpoint())
        self.assertEqual((row["rate"], row["in_flight"], row["unsent"]), (5000, 1000, 0))
        self.assertEqual(row["bytes_out"], 200 * 65)

    def test_rate_that_nobody_can_answer(self):
        done = self.onggi("bench", "--duration", "10ms", "--warm-up", "0", "--rate", "1000000000", self.endpoint())
        self.assertRegex(done.err, r"did not keep up.* lower --rate")

    def test_times_without_a_count(self):
        done = self.onggi("bench", "--duration", "100ms", "--warm-up", "10ms", "-o", "json", self.endpoint())
        self.assertAlmostEqual(json.loads(done.out)["seconds"], 0.1)

    def test_objects_in_turn(self):
        server = self.serve("--echo", "--count", "5")
        self.bench(server.endpoint, "[1]", '{"a": 2}', count=5)
        server.wait()
        self.assertEqual(server.objects(), [[1], {"a": 2}, [1], {"a": 2}, [1]])

    def test_other_wires(self):
        cases = [(("--codec", "pickle"), ()), (("--codec", "pickle", "--framing", "u32be"), ()), (("--as", "multiprocessing"), ()),
                 (("--framing", "netstring"), ())]
        for words, served in cases:
            with self.subTest(words):
                self.rows("--in-flight", "3", *words, self.endpoint(*served))
        self.rows(self.serve("--echo", endpoint="udp://127.0.0.1:0").endpoint)
        path = os.path.join(self.folder(), "s")
        self.rows(self.serve("--echo", endpoint="unix://" + path).endpoint)

    def test_a_python_server(self):
        with socketserver.ThreadingTCPServer((support.HOST, 0), PickleEcho) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.rows("-c", "3", "--in-flight", "5", f"tcp://{support.HOST}:{server.server_address[1]}?codec=pickle&framing=u32be")
            server.shutdown()

    def test_drawing(self):
        path = os.path.join(self.folder(), "a<b>&c.svg")
        self.bench("--size", "16,64", "--svg", path, self.endpoint())
        root = xml.etree.ElementTree.parse(path).getroot()
        texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("16 bytes", texts)
        self.assertIn("64 bytes", texts)
        self.assertIn("99.99 %", texts)
        done = self.bench("--svg", "/no/such/folder/a.svg", self.endpoint(), status=3)
        self.assertIn("--svg /no/such/folder/a.svg: No such file", done.err)

    def test_nobody_answers(self):
        server = self.serve()
        done = self.bench("-t", "100ms", server.endpoint, status=4)
        self.assertRegex(done.err, "nothing has arrived within 100 ms")
        done = self.bench("-t", "100ms", "--in-flight", "9", "-c", "3", server.endpoint, status=4)
        self.assertRegex(done.err, "nothing has arrived within 100 ms")

    def test_lost_datagrams_are_counted(self):
        server = self.serve(endpoint="udp://127.0.0.1:0")
        done = self.bench("-t", "20ms", server.endpoint, count=3)
        self.assertRegex(done.err, "lost, or their answers: 3 datagrams")

    def test_the_server_goes_away(self):
        for words in ((), ("--in-flight", "20", "-c", "4")):
            with self.subTest(words):
                server = self.serve("--echo", "--count", "100")
                done = self.bench(*words, server.endpoint, status=1)
                self.assertRegex(done.err, "closed|reset|Broken pipe")
        port = support.free_port()
        self.assertIn("cannot connect", self.bench(f"tcp://127.0.0.1:{port}", status=3).err)

    def test_an_interrupt_ends_it_with_what_was_measured(self):
        server = self.serve("--echo")
        program = self.start(support.ONGGI, "bench", "--duration", "1h", "--warm-up", "0", "-c", "2", server.endpoint)
        server.wait_text("out", r"\{.*\n.*\{")
        program.process.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(), 0)
        self.assertRegex(program.out, r"p99.99")

    def test_usage(self):
        for words, text in [((), "needs an endpoint"), (("-o", "repr", "tcp://:1"), "takes text or json"),
                            (("--size", "1", "tcp://:1"), "no size of 2 bytes or more"), (("--size", "a", "tcp://:1"), "'a' is no size"),
                            (("--size", "3", "tcp://:1", "[1]"), "exclude each other"),
                            (("--rate", "5", "udp://:1"), "leave --in-flight and --rate out"), (("--warm-up", "1", "tcp://:1"), "leave --duration and --warm-up out")]:
            with self.subTest(words):
                self.assertIn(text, self.bench(*words, status=2).err)


if __name__ == "__main__":
    support.main()

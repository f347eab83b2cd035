# SPDX-License-Identifier: MIT
"""Processes that answer for serve, --exec-pool: what they are asked, and what becomes of an object when one dies, hangs,
talks too much, or is ended from outside."""
import json
import os
import signal
import tempfile
import threading

import support
from support import HOST, recv_until

WORKER = """
import json, os, sys, time
if len(sys.argv) > 1 and not os.path.exists(sys.argv[1]):
    open(sys.argv[1], "w").close()
    sys.stdin.readline()
    os._exit(9)
for line in sys.stdin:
    value = json.loads(line)
    if value == "die":
        os._exit(3)
    if value == "hang":
        time.sleep(1000)
    if value == "nothing":
        print(flush=True)
    elif value == "nonsense":
        print("{", flush=True)
    elif value == "two":
        print("1\\n2", flush=True)
    else:
        print(json.dumps({"pid": os.getpid(), "value": value}), flush=True)
"""


def is_over(pid):
    """True after a process has closed all that it had open."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


class Pool(support.Case):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.worker = os.path.join(folder.name, "worker.py")
        with open(self.worker, "w", encoding="utf-8") as file:
            file.write(WORKER)

    def pool(self, count, *options, words=""):
        command = f"exec {support.sys.executable} {self.worker} {words}"
        return self.serve("--exec-pool", str(count), command, "--framing", "line", *options)

    def ask(self, s, value):
        s.sendall(json.dumps(value).encode() + b"\n")
        return json.loads(recv_until(s, b"\n"))

    def test_the_same_processes_answer(self):
        server = self.pool(2)
        pids = set()
        for _ in range(3):
            with self.connect(server.port) as s:
                for number in range(50):
                    answer = self.ask(s, {"n": number, "한": "글\n"})
                    self.assertEqual(answer["value"], {"n": number, "한": "글\n"})
                    pids.add(answer["pid"])
        self.assertLessEqual(len(pids), 2)

    def test_answers_stay_in_order_for_each_client(self):
        server = self.pool(4)

        def client():
            with self.connect(server.port) as s:
                s.sendall(b"".join(b"%d\n" % n for n in range(200)))
                found.append([json.loads(recv_until(s, b"\n"))["value"] for _ in range(200)])

        found = []
        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [list(range(200))] * 8)

    def test_one_that_dies_is_answered_with_an_error_and_replaced(self):
        server = self.pool(1)
        with self.connect(server.port) as s:
            first = self.ask(s, 1)["pid"]
            self.assertEqual(self.ask(s, "die"), {"error": "the process ended with status 3"})
            self.assertNotEqual(self.ask(s, 2)["pid"], first)
        server.wait_text("err", r"process \d+ of --exec-pool ended with status 3 with an object in hand")

    def test_the_next_one_starts_though_the_date_is_set_back(self):
        ahead = f"{support.BUILD}/test/e2e/clock_ahead.so"
        server = self.listening("env", f"LD_PRELOAD={ahead}", support.ONGGI, "serve", "tcp://127.0.0.1:0", "--framing", "line",
                                "--exec-pool", "1", f"exec env -u LD_PRELOAD {support.sys.executable} {self.worker}")
        with self.connect(server.port) as s:
            self.assertIn("error", self.ask(s, "die"))  # the next one is started after a pause
            self.assertEqual(self.ask(s, 2)["value"], 2)

    def test_an_object_is_given_to_another_one_when_asked_for(self):
        server = self.pool(1, "--exec-retry", words=os.path.join(self.folder, "mark"))
        with self.connect(server.port) as s:
            self.assertEqual(self.ask(s, [1])["value"], [1])  # the first process died of it
            self.assertIn("error", self.ask(s, "die"))  # but not for ever
            self.assertEqual(self.ask(s, [2])["value"], [2])

    def test_one_that_hangs_is_ended(self):
        server = self.pool(1, "--answer-timeout", "1s")
        with self.connect(server.port) as s:
            self.assertIn("--answer-timeout", self.ask(s, "hang")["error"])
            s.settimeout(support.WAIT)
            # A process that is new may need longer than that on a busy machine.
            support.wait_for(lambda: self.ask(s, 5).get("value") == 5, "an answer from the next process")

    def test_what_nobody_asked_for_is_no_answer_to_the_next_object(self):
        server = self.pool(1)
        with self.connect(server.port) as s:
            self.assertEqual(self.ask(s, "two"), 1)
            self.assertEqual(self.ask(s, 7)["value"], 7)
        server.wait_text("err", "said more than one line")

    def test_one_that_was_ended_while_it_was_free_costs_no_object(self):
        server = self.pool(1)
        with self.connect(server.port) as s:
            pid = self.ask(s, 1)["pid"]
            os.kill(pid, signal.SIGKILL)
            support.wait_for(lambda: is_over(pid), "the process to end")
            answer = self.ask(s, 2)
            self.assertEqual(answer["value"], 2)
            self.assertNotEqual(answer["pid"], pid)

    def test_no_answer_and_an_answer_that_is_no_json(self):
        server = self.pool(1)
        with self.connect(server.port) as s:
            s.sendall(b'"nothing"\n')
            self.assertEqual(self.ask(s, "nonsense"), {"error": "the command's answer cannot be read"})
            self.assertEqual(self.ask(s, 3)["value"], 3)

    def test_texts(self):
        server = self.serve("--exec-pool", "1", "cat", "--codec", "text")
        with self.connect(server.port) as s:
            s.sendall("안녕\n".encode())
            self.assertEqual(recv_until(s, b"\n").decode(), "안녕\n")

    def test_a_long_object_is_written_while_its_answer_is_read(self):
        server = self.serve("--exec-pool", "1", "cat", "--framing", "line")
        value = ["x" * 1000] * 2000
        with self.connect(server.port) as s:
            sender = threading.Thread(target=s.sendall, args=(json.dumps(value).encode() + b"\n",))
            sender.start()
            self.assertEqual(json.loads(recv_until(s, b"\n")), value)
            sender.join()

    def test_a_command_that_cannot_run_answers_with_an_error(self):
        server = self.serve("--exec-pool", "2", "/not/there", "--framing", "line", "--answer-timeout", "1s")
        with self.connect(server.port) as s:
            self.assertIn("error", self.ask(s, 1))

    def test_processes_end_with_the_server(self):
        server = self.pool(3, "--grace", "300ms")
        with self.connect(server.port) as s:
            pid = self.ask(s, 1)["pid"]
            s.sendall(b'"hang"\n')
            self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_usage(self):
        for words in (["--exec-pool", "2"], ["--exec-pool", "0", "cat"], ["--exec-pool", "2", "cat", "--echo"],
                      ["--exec-retry"]):
            done = self.onggi("serve", f"tcp://{HOST}:0", *words, status=2)
            self.assertIn("--exec-", done.err)


if __name__ == "__main__":
    support.main()

# SPDX-License-Identifier: MIT
"""An operator's day, as doc/operations.md describes it: socket activation, records of Python's logging from four
processes, two restarts while they come, a log that is rotated. ONGGI_DAY says how many records."""
import glob
import json
import os
import signal
import sys

import manager
import support

RECORDS = int(os.environ.get("ONGGI_DAY") or (100_000 if os.environ.get("ONGGI_SOAK") else 10_000))
PROCESSES = 4

# Sends COUNT records, counting from FIRST. Notes when the sendall() of each returned, and when its connection was made.
# While the file PAUSE is there it sends nothing: a stop then ends when all has been read, not when the grace is over.
SENDER = """
import json, logging, logging.handlers, os, sys, time
port, first, count = map(int, sys.argv[1:4])
sent = []

class Handler(logging.handlers.SocketHandler):
    def makeSocket(self, timeout=None):
        s = super().makeSocket(timeout=120)
        self.made = time.monotonic()
        return s

    def send(self, data):
        if self.sock is None:
            self.createSocket()
            if self.sock is None:
                sys.exit("a connection was refused")
        super().send(data)
        if self.sock:  # else sendall() has failed
            sent.append((self.number, self.made, time.monotonic()))

    def emit(self, record):
        self.number = record.args[0]
        super().emit(record)

handler = Handler("127.0.0.1", port)
log = logging.getLogger("day")
log.setLevel(logging.INFO)
log.addHandler(handler)
for number in range(first, first + count):
    while os.path.exists(sys.argv[4]):
        time.sleep(0.001)
    log.info("record %d", number)
handler.close()
json.dump(sent, sys.stdout)
"""


class Day(support.Case):
    def start_server(self):
        self.manager.start("fd://log?as=logging", "--log", self.log, "--log-format", "json", "--format",
                           "{value[msg]}", "--grace", "10m")

    def restart(self):
        """What `systemctl restart` does: the socket stays open. When the SIGTERM was sent, and the server had ended."""
        at = support.time.monotonic()
        self.manager.process.send_signal(signal.SIGTERM)
        with open(self.pause, "wb"):
            pass
        self.assertEqual(self.manager.process.wait(support.WAIT), 0)
        ended = support.time.monotonic()
        self.start_server()
        os.unlink(self.pause)
        return at, ended

    def rotate(self, number):
        """What logrotate does: rename, SIGHUP."""
        os.rename(self.log, f"{self.log}.{number}")
        self.manager.process.send_signal(signal.SIGHUP)
        self.manager.wait_notice("READY", 2)

    def wait_printed(self, count):
        support.wait_for(lambda: self.manager.text("out").count("\n") > count, f"{count} records", 10 * support.WAIT)

    def test_the_day(self):
        self.manager = manager.Manager(self, [manager.tcp()], ["log"])
        self.log, self.pause = self.manager.path("onggi.log"), self.manager.path("pause")
        self.start_server()
        port, each = self.manager.sockets[0].getsockname()[1], RECORDS // PROCESSES
        senders = [self.start(sys.executable, "-c", SENDER, port, i * each, each, self.pause) for i in range(PROCESSES)]
        stops = []
        for number, part in ((1, 5), (2, 2)):
            self.wait_printed(RECORDS // part)
            stops.append(self.restart())
            self.rotate(number)
        for sender in senders:
            self.assertEqual(sender.wait(10 * support.WAIT), 0, sender.err)
        self.assertEqual(self.manager.stop(signal.SIGTERM), 0)
        arrived = [int(line.split()[1]) for line in self.manager.text("out").splitlines()]
        self.check_records([json.loads(sender.out) for sender in senders], arrived, stops)
        self.check_log(len(arrived))

    def check_records(self, sent, arrived, stops):
        found = set(arrived)
        self.assertEqual(len(arrived), len(found), "each record is printed once")
        lost = 0
        for records in sent:
            numbers = {number for number, _, _ in records}
            self.assertEqual([n for n in arrived if n in numbers], sorted(numbers & found), "in order")
            for number, made, at in records:
                if number in found:
                    continue
                lost += 1
                # Sent after the SIGTERM, on a connection that the old server had already ended: it takes those that
                # wait, and one that is silent for long, as programs are that get no turn, is over.
                self.assertTrue(any(made < ended and stop < at for stop, ended in stops), f"record {number} is lost")
        self.assertLess(lost, RECORDS // 100)

    def check_log(self, count):
        """What the connections say when they end, over all files of the log."""
        events = []
        for name in glob.glob(self.log + "*"):
            with open(name, encoding="utf-8") as file:
                events += [json.loads(line) for line in file]
        self.assertEqual(len(glob.glob(self.log + "*")), 3)
        ended = [e for e in events if e.get("event") == "ended"]
        self.assertGreaterEqual(len(ended), PROCESSES)
        self.assertEqual(sum(e["objects_in"] for e in ended), count)
        self.assertEqual(sum(e["refused"] for e in ended), 0)
        self.assertEqual({e["profile"] for e in ended}, {"logging"})
        self.assertEqual([e for e in events if e["level"] in ("warning", "error")], [])


if __name__ == "__main__":
    support.main()

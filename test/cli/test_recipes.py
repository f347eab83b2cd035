# SPDX-License-Identifier: MIT
"""Every command of `onggi help recipes`, and so of doc/recipes.md and its translation, does what is said of it. Each is run by
the shell as it is shown, but for its ports."""
import datetime
import json
import logging
import logging.handlers
import os
import pickle
import re
import shlex
import subprocess

import support
from support import ONGGI, SOURCE


def shown():
    """(task, command) of each recipe of the help."""
    text = subprocess.run([ONGGI, "help", "recipes"], capture_output=True, check=True, env=support.ENV).stdout.decode()
    return re.findall(r"^  (\S.*)\n {6}(\S.*)$", text, re.M)


class Recipes(support.Case):
    def setUp(self):
        self.place = self.folder()
        os.mkdir(os.path.join(self.place, "bin"))
        os.mkdir(os.path.join(self.place, "downloads"))
        os.symlink(ONGGI, os.path.join(self.place, "bin", "onggi"))
        self.write("objects.jsonl", b'{"name":"John"}\n{"name":"Kim"}\n')
        for name in ("data.pickle", "downloads/one.pickle"):
            self.write(name, pickle.dumps({"name": "John", "when": datetime.date(2026, 1, 2)}))

    def write(self, name, data):
        with open(os.path.join(self.place, name), "wb") as file:
            file.write(data)

    def read(self, name):
        with open(os.path.join(self.place, name), "rb") as file:
            return file.read()

    def shell(self, command):
        """The command as the shell is given it."""
        path = os.path.join(self.place, "bin") + ":" + os.environ["PATH"]
        return ["sh", "-c", f"cd {shlex.quote(self.place)} && PATH={shlex.quote(path)} && {'exec ' * (command[:5] == 'onggi')}{command}"]

    def run_serve(self, command):
        server = self.listening(*self.shell(re.sub(r"127\.0\.0\.1:(8080|9020)", "127.0.0.1:0", command)))
        return server

    def ask(self, server, *words, **options):
        return self.onggi("call", server.endpoint, *words, **options).out

    def check_serve(self, command, server):
        if "--reply 'status" in command:
            self.assertEqual(json.loads(self.ask(server, "[1]")), {"status": "ok", "code": 0})
        elif "--exec" in command:
            self.assertEqual(self.ask(server, "name=John"), '{"NAME":"JOHN"}\n')
        elif "--greet" in command:
            with self.connect(server.port) as s:
                self.assertEqual(support.recv_pickle(s), {"name": "John"})
        elif "-o log" in command:
            handler = logging.handlers.SocketHandler("127.0.0.1", server.port)
            logging.Logger("shop").addHandler(handler)
            handler.emit(logging.LogRecord("shop", logging.WARNING, "f.py", 1, "full", None, None))
            handler.close()
            self.assertEqual(server.wait_lines(1), ["WARNING:shop:full"])
        elif "udp:" in command:
            self.assertEqual(self.ask(server, "--codec", "text", "hi"), "You said: hi\n")
        elif "--to" in command:
            self.assertEqual(self.ask(server, "[1]"), "[1]\n")
        elif "--policy" in command:
            with self.connect(server.port) as s:
                s.sendall(b"cos\nsystem\n(S'true'\ntR.")
                server.wait_text("err", "os.system")
            self.assertEqual(server.out, "")
        else:
            self.onggi("send", server.endpoint, "name=John", "[2]")
            if "objects.jsonl" in command:
                self.assertEqual(server.wait(), 0)
                self.assertEqual(self.read("objects.jsonl"), b'{"name":"John"}\n[2]\n')
                return
            row = json.loads(server.wait_lines(2)[0])
            self.assertEqual(row["value"] if "envelope" in command else row, {"name": "John"})
        self.assertEqual(server.stop(), 0, server.err)

    def run_client(self, command):
        if "--as digits" in command:
            peer = self.serve("--echo", "--framing", "digits:10")
        elif "recv" in command:
            peer = self.serve("--greet", "name=John", "--codec", "pickle")
        else:
            peer = self.serve(*(["--echo"] if "call" in command else []))
        command = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{peer.port}", command)
        if command.endswith(str(peer.port)):
            terminal = support.Terminal(self.shell(command))
            self.addCleanup(terminal.close)
            terminal.wait_text("onggi> ")
            terminal.type("name=John\r")
            terminal.wait_text(r'\{"name":"John"\}\n')
            terminal.wait_text("onggi> ")  # between two prompts the terminal may take the end for itself
            terminal.type("\x04")
            self.assertEqual(terminal.wait(), 0)
            return
        done = self.run_program(*self.shell(command))
        if "call" in command:
            self.assertEqual(json.loads(done.out)["name"], "John")
        elif "recv" in command:
            self.assertEqual(done.out, "John\n")
        elif "u32be" in command:
            self.assertEqual(peer.wait_lines(1), ['{"msg":"full"}'])
        else:
            self.assertEqual(peer.wait_lines(2), self.read("objects.jsonl").decode().splitlines())

    def run_other(self, command):
        done = self.run_program(*self.shell(command))
        if ">" in command:
            self.assertEqual(pickle.loads(self.read("john.pickle")), {"name": "John"})
        else:
            self.assertRegex(done.out, "John" if "convert" in command else "harmless" if "--verdict" in command else "datetime.date")

    def test_every_recipe_works_as_it_is_shown(self):
        recipes = shown()
        self.assertEqual(len(recipes), 20)
        for task, command in recipes:
            with self.subTest(task):
                if "onggi serve" in command:
                    if "--to" in command:
                        upstream = self.serve("--echo", "--codec", "pickle")
                        command = command.replace(":9000", f":{upstream.port}")
                    self.check_serve(command, self.run_serve(command))
                elif re.search("onggi (call|send|recv)", command):
                    self.run_client(command)
                else:
                    self.run_other(command)

    def test_the_pages_have_the_same(self):
        recipes = shown()
        for name in ("recipes.md", "recipes.ko.md"):
            with open(os.path.join(SOURCE, "doc", name), encoding="utf-8") as file:
                text = file.read()
            self.assertEqual(re.findall(r"^    (\S.*)$", text, re.M), [command for _, command in recipes])
            if "ko" not in name:
                self.assertEqual(re.findall(r"^(\S.*?):?\n\n    \S", text, re.M), [task for task, _ in recipes])


if __name__ == "__main__":
    support.main()

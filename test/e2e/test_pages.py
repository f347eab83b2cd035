# SPDX-License-Identifier: MIT
"""A reader does what the first pages show: every command of README.md, doc/tutorial.md and examples/README.md is run by the
shell as it is shown, but for its ports, and README's pickle from Python reaches its program in C. test_docs.py compares
the translations with these pages; test_recipes.py runs the recipes."""
import json
import multiprocessing.connection
import os
import pickle
import re
import shlex
import shutil
import unicodedata
import unittest

import support
from support import BUILD, HOST, ONGGI, SOURCE
from test_docs import page

COLUMNS = 80
JOHN = {"name": "John", "age": 30}
TEXT = "안녕하세요"


def first_screen(text):
    """What comes before the second heading of the second level."""
    return "\n## ".join(text.split("\n## ")[:2])


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def block(language, text, number=0):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)[number]


def commands():
    """The commands of onggi that the pages show: alone on a line, in blocks of shell, and in tables."""
    found = {}
    for name in ("README.md", "doc/tutorial.md", "examples/README.md"):
        text = page(name)
        shell = "".join(re.findall(r"```sh\n(.*?)```", text, re.S))
        rest = re.sub(r"```.*?```", "", text, flags=re.S)
        lines = re.findall(r"^ {4}(onggi .*)$", rest, re.M) + shell.splitlines() + re.findall(r"`(onggi \w+ [^`]*[:-][^`]*)`", rest)
        for line in lines:
            found.setdefault(re.sub(r"\s+#.*", "", line).strip(), name)
    return found


class FirstScreen(unittest.TestCase):
    def test_it_fits_a_terminal(self):
        for name in ("README.md", "README.ko.md"):
            lines = first_screen(page(name)).split("\n")
            self.assertLess(len(lines), 48, name)
            for line in lines:
                self.assertLessEqual(width(line), COLUMNS, f"{name}: {line}")

    def test_the_picture_is_ascii_but_for_words(self):
        """Fonts disagree on how wide arrows and lines of Unicode are; Korean words end their lines, where it does not matter."""
        for name in ("README.md", "README.ko.md"):
            for line in block("", page(name)).splitlines():
                self.assertRegex(line, r"^[ -~]*([ -~가-힣]*)$", name)


class Reader(support.Case):
    def setUp(self):
        self.place = self.folder()
        os.mkdir(os.path.join(self.place, "bin"))
        os.mkdir(os.path.join(self.place, "downloads"))
        os.symlink(ONGGI, os.path.join(self.place, "bin", "onggi"))

    def write(self, name, data):
        with open(os.path.join(self.place, name), "wb") as file:
            file.write(data)

    def shell(self, command):
        """The command as the shell is given it."""
        path = os.path.join(self.place, "bin") + ":" + os.environ["PATH"]
        return ["sh", "-c", f"cd {shlex.quote(self.place)} && PATH={shlex.quote(path)} && exec {command}"]


@unittest.skipIf(support.is_sanitized() or not shutil.which("cc"), "needs a compiler, and a library without sanitizers")
class FromPythonToC(Reader):
    def test_a_pickle_reaches_the_program(self):
        for name in ("README.md", "README.ko.md"):
            with self.subTest(name):
                text, port = page(name), str(support.free_port())
                for file, source in (("receive.c", block("c", text)), ("send.py", block("python", text))):
                    self.write(file, source.replace("1234", port).encode())
                for folder, target in (("include", os.path.join(SOURCE, "include")), ("build", BUILD)):
                    if not os.path.exists(os.path.join(self.place, folder)):
                        os.symlink(target, os.path.join(self.place, folder))
                compile_it, receive, send = re.findall(r"^ {4}((?:cc|\./|python3).*receive.*|python3 send.*)$", text, re.M)
                self.run_program(*self.shell(compile_it))
                receiver = self.start(*self.shell(receive))
                support.wait_for(lambda: support.is_bound(int(port)) or receiver.process.poll() is not None, "receive to listen")
                self.run_program(*self.shell(send))
                self.assertEqual(receiver.wait(), 0, receiver.err)
                self.assertEqual(receiver.out, "John is 30\n")
                self.assertIn("`John is 30`", text)


class Commands(Reader):
    def at(self, command, *ports):
        """The command with other ports in its endpoints, one after the other."""
        ports = list(ports)
        return self.shell(re.sub(r"127\.0\.0\.1:\d+", lambda _: f"127.0.0.1:{ports.pop(0)}", command))

    def run_serve(self, command):
        endpoints = command.count("127.0.0.1:")
        server = self.listening(*self.at(command, *[0] * endpoints), count=endpoints)
        if "--framing mp" in command:
            with multiprocessing.connection.Client((HOST, server.port)) as conn:
                conn.send(JOHN)
                self.assertEqual(conn.recv(), JOHN)
        elif "--greet" in command:
            with self.connect(server.port) as s:
                self.assertEqual(support.recv_pickle(s), JOHN)
        elif "--codec text" in command:
            options = ["--timeout", support.WAIT] if "udp:" in command else ["--framing", "raw"]
            self.assertEqual(self.onggi("call", server.endpoint, "--codec", "text", *options, TEXT).out, f"서버로부터 응답: {TEXT}\n")
        elif re.search("--reply|--echo|--exec-pool", command):
            answer = json.loads(self.onggi("call", server.endpoint, json.dumps(JOHN)).out)
            self.assertIn(answer, [JOHN, {"message": "Hello from server"}, {"ok": True}])
        elif "-o log" in command:
            self.onggi("send", server.endpoint, "--as", "logging", "name=shop", "levelname=INFO", "msg=hello")
            self.assertEqual(server.wait_lines(1), ["INFO:shop:hello"])
        elif "udp:" in command and "tcp:" not in command:
            self.onggi("send", server.endpoint, json.dumps(JOHN))
            self.assertEqual(json.loads(server.wait_lines(1)[0]), JOHN)
        else:
            with self.connect(server.port) as s:
                s.sendall(pickle.dumps(JOHN))
            row = json.loads(server.wait_lines(1)[0])
            self.assertEqual(row["value"] if "envelope" in command else row, JOHN)
        self.assertEqual(server.stop(), 0, server.err)

    def run_proxy(self, command):
        service = self.serve("--codec", "pickle", "--framing", "u32be", "--echo")
        proxy = self.listening(*self.at(command, 0, service.port))
        answer = self.onggi("call", proxy.endpoint, "--codec", "pickle", "--framing", "u32be", "name=John")
        self.assertEqual(json.loads(answer.out), {"name": "John"})
        self.assertEqual(proxy.stop(), 0, proxy.err)

    def peer(self, command):
        """The server that a client's command talks to."""
        words = ["--greet", json.dumps(JOHN)] if "onggi recv" in command else [] if "onggi send" in command else ["--echo"]
        for option in ("--codec", "--framing"):
            given = re.search(option + r" (\S+)", command)
            words += [option, given[1]] if given else []
        if "onggi recv" in command:
            words += ["--codec", "pickle"]
        return self.serve(*words, endpoint=("udp" if "udp:" in command else "tcp") + "://127.0.0.1:0")

    def run_client(self, command):
        peer = self.peer(command)
        words = self.at(command + f" --timeout {support.WAIT:.0f}" * ("udp:" in command), peer.port)  # not 5 seconds
        if re.fullmatch(r"onggi call \S+", command):
            terminal = support.Terminal(words)
            self.addCleanup(terminal.close)
            terminal.wait_text("onggi> ")
            terminal.type("name=John\r")
            terminal.wait_text(r'\{"name":"John"\}\n')
            terminal.wait_text("onggi> ")
            terminal.type("\x04")
            self.assertEqual(terminal.wait(), 0)
            return
        client = self.start(*words)
        if "onggi send" in command:
            self.assertIn("John", peer.wait_lines(1)[0])
        else:
            self.assertRegex(client.wait_lines(1)[0], f'John|"n":1|{TEXT}')
        if "onggi recv" in command:
            peer.stop()  # what a server sends ends with its connection
        self.assertEqual(client.wait(), 0, client.err)

    def run_bench(self, command):
        peer = self.serve("--echo")
        done = self.run_program(*self.at(command + " --count 100", peer.port))
        self.assertIn("microseconds to an answer", done.out)

    def run_file(self, command):
        for name in ("person.json", "data.json"):
            self.write(name, json.dumps(JOHN).encode())
        for name in ("person.pickle", "model.pt", "data.pickle", os.path.join("downloads", "one.pickle")):
            self.write(name, pickle.dumps({"users": [JOHN]} if name == "data.pickle" else JOHN))
        stdin = json.dumps(JOHN) if command.endswith("-o pickle") else None
        done = self.run_program(*self.shell(command), stdin=stdin)
        if "> " in command:
            with open(os.path.join(self.place, command.rpartition("> ")[2]), "rb") as file:
                self.assertEqual(pickle.load(file), JOHN)
        elif command.endswith("-o pickle"):
            self.assertEqual(pickle.loads(done.stdout), JOHN)
        elif "--globals" not in command:  # of plain data there are none
            self.assertRegex(done.out, "John|harmless")

    def test_every_command_works_as_it_is_shown(self):
        found = commands()
        self.assertGreater(len(found), 30)
        ways = {"serve": self.run_serve, "proxy": self.run_proxy, "bench": self.run_bench}
        ways.update(dict.fromkeys(("call", "send", "recv"), self.run_client))
        ways.update(dict.fromkeys(("convert", "inspect"), self.run_file))
        for command, name in found.items():
            with self.subTest(f"{name}: {command}"):
                ways[command.split()[1]](command)


if __name__ == "__main__":
    support.main()

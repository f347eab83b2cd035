# SPDX-License-Identifier: MIT
"""What the pages show to be typed, and what they show of files and output; and a reader who types it, top to bottom, as it is shown.
Only these differ from what is shown: ports are free ones, hosts and folders are those of REPLACED, and words in capitals are
replaced as the test says."""
import os
import re
import shlex
import socket
import sys

import support
from support import BUILD, HOST, ONGGI, SOURCE

# How a line begins that is typed. All else that is indented is a sample: of a file, of output, of a picture.
TYPED = (r"(?:sudo )?(?:[A-Z_]+=\S* )*(?:onggi|make|apt|systemctl|systemd-analyze|meson|ninja|cc|python3?|man|openssl|chmod|umask|printf|"
         r"echo|seq|ip|git|\./\w+|build/\S+|tools/[\w-]+|bench/run|\.ci/run)(?=\s|$)|\w+=\$\(|PATH=")
# In a sentence, only the name of one of these.
NAMED = r"onggi(?: [a-z]+)?|make|apt|systemctl|meson|ninja|cc|python3?|man|openssl|echo|seq|ip|git|tools/[\w-]+|build/\S+|\.ci/run|bench/run"
REPLACED = {"graphite": HOST, "*": HOST, "0.0.0.0": HOST, "/var/log/": "log/", "/etc/": "etc/"}
PORT = r"((?:127\.0\.0\.1|localhost|graphite|\*|0\.0\.0\.0|(?<=tcp://))(?:[\"'], |:))(\d+)"


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


class Shown:
    """What a page shows at one place: `kind` is typed, sample, or the language of what is within three backticks."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line


def of_block(lines, number):
    """What is typed in one indented block, and its samples."""
    sample = []
    for offset, line in enumerate(lines):
        prompt = re.match(rf"[$#] (?={TYPED})", line)
        text = line[2:] if prompt else line
        if (prompt or re.match(TYPED, text)) and not (sample and not prompt and not sample[-1] == ""):
            if any(sample):
                yield Shown("sample", "\n".join(sample).strip("\n"), number + offset - len(sample))
            sample = []
            # after two blanks comes what is said of it
            yield Shown("typed", re.sub(r"(?<=\S)\s+#\s.*$|(?<=\S) {2,}.*$", "", text), number + offset)
        else:
            sample.append(line)
    if any(sample):
        yield Shown("sample", "\n".join(sample).strip("\n"), number + len(lines) - len(sample))


def within(line, number):
    """The commands within a line of prose or a table."""
    for text in re.findall(r"`([^`]+)`", line):
        if re.match(TYPED, text) and not re.fullmatch(NAMED, text):
            yield Shown("typed", text, number)


def joined(lines):
    """Lines with their numbers; those that end in a backslash with what goes on in the next."""
    whole, first = "", 0
    for number, line in enumerate(lines, 1):
        first = first if whole else number
        if line.endswith("\\"):
            whole += (line if not whole else line.lstrip())[:-1].rstrip() + " "
            continue
        yield first, whole + (line.lstrip() if whole else line)
        whole = ""


def shown_in(text):
    """All that a page shows, in its order."""
    fence, block, start = None, [], 0
    for number, line in joined(text.split("\n") + ["end"]):
        mark = re.match(r"( *)```(\w*)$", line)
        if fence:
            if not mark:
                block.append(line[len(fence[1]):])
                continue
            if fence[2] == "sh":
                yield from of_block(block, start)
            else:
                yield Shown(fence[2] or "plain", "\n".join(block), start)
            fence, block = None, []
        elif mark:
            fence, block, start = mark, [], number + 1
        elif re.match(r" {4}\S", line) or (block and (not line or line.startswith("    "))):
            start = start if block else number
            block.append(line[4:])
        else:
            yield from of_block(block, start)
            block = []
            yield from within(line, number)


def shown(name):
    return list(shown_in(read(name)))


def typed(name):
    """The commands of a page, each once."""
    return list(dict.fromkeys(s.text for s in shown(name) if s.kind == "typed"))


class Reader(support.Case):
    """Types what a page shows, in a folder of its own. Servers run until the next one takes their port, or the page ends."""

    def setUp(self):
        self.place = self.folder()
        for name in ("bin", "log", "etc", "downloads", "models"):
            os.mkdir(os.path.join(self.place, name))
        for name, target in (("bin/onggi", ONGGI), ("build", BUILD), *((n, os.path.join(SOURCE, n)) for n in ("tools", "include", "examples"))):
            os.symlink(target, self.path(name))
        self.ports, self.servers, self.done, self.words = {}, {}, {}, {}
        self.was_typed = set()

    def path(self, name):
        return os.path.join(self.place, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def port(self, number, kind=socket.SOCK_STREAM):
        """The free port in the place of the one that is shown."""
        if number not in self.ports:
            self.ports[number] = support.free_port(kind)
        return self.ports[number]

    def replaced(self, text):
        """What is really typed."""
        kind = socket.SOCK_DGRAM if "udp:" in text else socket.SOCK_STREAM
        text = re.sub(PORT, lambda match: match[1] + str(self.port(int(match[2]), kind)), text)
        for old, new in REPLACED.items():
            text = re.sub(r"(?<=//)" + re.escape(old) + r"(?=:)" if old[0] != "/" else r"(?<![\w/])" + re.escape(old), new, text)
        for old, new in self.words.items():
            text = re.sub(rf"(?<![\w-]){re.escape(old)}(?!\w)", new, text)
        return text

    def shell(self, text):
        path = self.path("bin") + ":" + os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
        return ["sh", "-ec", f"cd {shlex.quote(self.place)}; PATH={shlex.quote(path)}; {text}"]

    def type(self, text, status=0, stdin=None):
        """Types a command that ends. A variable of the shell and its umask stay for the next one."""
        kept, name = self.path("kept.sh"), re.match(r"(\w+)=\$\(|umask ", text)
        before = f". {kept}; " if os.path.exists(kept) else ""
        after = "" if not name else f"; echo {name[1]}=${name[1]} >>{kept}" if name[1] else f"; echo {text} >>{kept}"
        done = self.run_program(*self.shell(before + self.replaced(text) + after), status=status, stdin=stdin)
        self.done[text] = done
        return done

    def begin(self, text):
        """Types a command that serves, in a terminal of its own."""
        command = self.replaced(text)
        endpoint = re.search(r"\w+://[^\s']*?:(\d+)", command)
        port, kind = int(endpoint[1]), socket.SOCK_DGRAM if endpoint[0].startswith("udp") else socket.SOCK_STREAM
        self.end(port)
        server = self.start(*self.shell("exec " + command))
        server.real = port
        support.wait_for(lambda: support.is_bound(port, kind) or server.process.poll() is not None, f"{command} to listen")
        self.assertIsNone(server.process.poll(), f"{text}: {server.err}")
        self.servers[port] = server
        return server

    def end(self, port):
        server = self.servers.pop(port, None)
        if server:
            self.assertEqual(server.stop(), 0, server.err)

    def python(self, source, *words):
        """A Python program of the page, or one that the page speaks of, run to its end."""
        return self.run_program(sys.executable, "-c", self.replaced(source), *words)

    def follow(self, name, checks, left_out=(), statuses=(), text=None):
        """Types all that a page shows but for `left_out`. `checks`: part of what is shown, and what looks at it; that is given the server that
        runs, the command that has ended, or else the text. A sample that nothing looks at fails. `statuses`: those other than 0."""
        unused = dict(checks)
        for item in shown_in(text or read(name)):
            with self.subTest(f"{name}:{item.line}: {item.text}"):
                if item.kind in ("c", "diff") or item.text in left_out or (item.kind == "typed" and item.text in self.was_typed):
                    continue
                found = [part for part in checks if part in item.text]
                check = checks[max(found, key=len)] if found else None
                for part in found:
                    unused.pop(part, None)
                if item.kind != "typed":
                    self.assertIsNotNone(check, "nothing looks at this")
                    check(item.text)
                    continue
                self.was_typed.add(item.text)
                if check and getattr(check, "is_itself", False):
                    gone = item.text
                elif re.search(r"\bonggi (serve|proxy)\b.*://", item.text):
                    gone = self.begin(item.text)
                else:
                    gone = self.type(item.text, dict(statuses).get(item.text, 0))
                if check:
                    check(gone)
        for port in list(self.servers):
            self.end(port)
        self.assertEqual(list(unused), [], "the page does not show this any more")


def itself(function):
    """For a check that types the command itself: it is given the command's text."""
    def check(*words):
        return function(*words)
    check.is_itself = True
    return check

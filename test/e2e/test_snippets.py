# SPDX-License-Identifier: MIT
"""Every piece of C in the README, the docs and the comments of the public headers compiles as C17 and as C++17 without
a warning, and runs under valgrind on values that were received; so do the examples compile as both."""
import contextlib
import datetime
import decimal
import glob
import io
import multiprocessing.connection
import os
import pickle
import shutil
import signal
import socket
import subprocess
import threading
import unittest
import zipfile

import numpy

import snippets
import support
from support import HOST, SOURCE
from test_docs import PAGES

VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible"] if shutil.which("valgrind") else []
KEY = b"a shared secret"


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("data.pkl", pickle.dumps([1, 2]))
    return data.getvalue()


RECORD = {"when": datetime.datetime(2024, 1, 2, 3, 4, 5), "price": decimal.Decimal("12.50"), "data": numpy.arange(4.0), "name": "John",
          "age": 30, "message": "hello", "archive": archive(), "person": {"name": "John", "age": 30}}


def all_snippets():
    headers = sorted(os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "include", "onggi", "*.h")))
    return list(snippets.in_pages(SOURCE, PAGES)) + list(snippets.in_headers(SOURCE, headers))


@unittest.skipIf(support.is_sanitized() or not shutil.which("cc"), "needs a compiler, and a library without sanitizers")
class Snippets(support.Case):
    def sends(self, data):
        """The endpoint of a peer that sends `data` to each client, and takes what comes until it closes."""
        listener, port = self.listen()

        def talk(conn):
            with conn, contextlib.suppress(OSError):
                conn.sendall(data)
                while conn.recv(65536):
                    pass

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        return f"tcp://{HOST}:{port}"

    def python_peer(self):
        """A Listener of multiprocessing.connection with a key."""
        listener = multiprocessing.connection.Listener((HOST, 0), authkey=KEY)
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    with listener.accept() as conn:
                        conn.recv()
                except (EOFError, OSError, multiprocessing.AuthenticationError):
                    if listener._listener is None:
                        return
        threading.Thread(target=serve, daemon=True).start()
        return f"tcp://{HOST}:{listener.address[1]}"

    def ask(self, port, program):
        """One request to a snippet that listens, and its answer."""
        def answered():
            if program.process.poll() is not None:
                return True
            kind = socket.SOCK_DGRAM if self.is_udp else socket.SOCK_STREAM
            with socket.socket(socket.AF_INET, kind) as s:
                s.settimeout(1 if self.is_udp else support.WAIT)
                try:
                    s.connect((HOST, port))
                    s.sendall(b"hello" if self.is_udp else b'{"name": "John", "age": 30}\n')
                    return s.recv(65536)
                except OSError:
                    return None
        return support.wait_for(answered, "an answer")

    def check(self, snippet):
        """Compiles and runs a snippet as C, under valgrind, and as C++; gives what each printed."""
        self.is_udp = "udp:" in snippet.code
        port = support.free_port(socket.SOCK_DGRAM if self.is_udp else socket.SOCK_STREAM) if snippet.listens else 0
        own = f"{'udp' if self.is_udp else 'tcp'}://{HOST}:{port}"
        endpoints = {"SENDER": self.sender, "TEXTER": self.texter, "LISTEN": own, "tcp://127.0.0.1:6000": self.keyed,
                     "tcp://127.0.0.1:8080": own if snippet.listens else self.server, "udp://127.0.0.1:12345": own,
                     "tcp://127.0.0.1:1234": own}
        folder = self.folder()
        source = os.path.join(folder, "snippet.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(snippets.program(snippet, endpoints))
        for language in snippets.LANGUAGES:
            binary = snippets.compiled(self, folder, language, source)
            if not binary:
                continue
            program = self.start(*(VALGRIND if language == "c" else []), binary)
            if snippet.listens:
                self.assertTrue(self.ask(port, program))
            if "og_server_run(" in snippet.code:
                program.process.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait(limit=10 * support.WAIT), 0, f"{language}: {program.err}")
            yield program.out

    def test_every_snippet_runs(self):
        self.sender, self.texter, self.keyed = self.sends(pickle.dumps(RECORD)), self.sends("안녕하세요".encode()), self.python_peer()
        self.server = self.serve("--reply", '{"message":"Hello from server"}').endpoint
        found = all_snippets()
        self.assertGreater(len(found), 20)
        for snippet in found:
            if "ko.md" in snippet.where:
                continue  # the same code: test_docs.py
            with self.subTest(snippet.where):
                for out in self.check(snippet):
                    if snippet.is_program:
                        self.assertEqual(out, "John is 30\n" if snippet.listens else "Hello from server\n")

    def client_of_the_readme(self, port):
        snippet = next(s for s in all_snippets() if s.is_program and not s.listens and s.where.startswith("README.md"))
        folder = self.folder()
        source = os.path.join(folder, "snippet.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(snippets.program(snippet, {"tcp://127.0.0.1:8080": f"tcp://{HOST}:{port}"}))
        return snippets.compiled(self, folder, "c", source)

    def test_a_full_disk_is_reported(self):
        server = self.serve("--reply", '{"message": "hello"}')
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([self.client_of_the_readme(server.port)], stdout=full, stderr=subprocess.PIPE, timeout=support.WAIT, check=False)
        self.assertEqual((done.returncode, done.stderr.decode()), (1, "standard output: No space left on device\n"))

    def test_a_server_that_closes_without_an_answer_is_reported(self):
        listener, port = self.listen()
        program = self.start(self.client_of_the_readme(port))
        with listener.accept()[0] as s:
            s.recv(1024)
        self.assertEqual(program.wait(), 1)
        self.assertIn("without an answer", program.err)

    def test_examples_are_c_and_c_plus_plus(self):
        for path in glob.glob(os.path.join(SOURCE, "examples", "*.c")):
            for language, command in snippets.LANGUAGES.items():
                if shutil.which(command[0]):
                    with self.subTest(f"{os.path.basename(path)} as {language}"):
                        self.run_program(*command, *snippets.WARNINGS, "-fsyntax-only", path, limit=support.WAIT)

    def test_headers_pass_what_other_projects_ask_of_theirs(self):
        """Included twice, alone, with all that they define in use."""
        headers = sorted(os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "include", "onggi", "*.h")))
        both = ["-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef", "-Wcast-qual", "-Wmissing-field-initializers"]
        flags = {"c": [*both, "-Wstrict-prototypes"], "c++": [*both, "-Wold-style-cast", "-Wzero-as-null-pointer-constant", "-fno-exceptions"]}
        use = """
size_t sizes[] = {OG_MAX_MESSAGE_DEFAULT, OG_MAX_GROWTH_DEFAULT, OG_GROWTH_FREE, OG_NO_POSITION, OG_PADDING};
int numbers[] = {OG_FOREVER, OG_PICKLE_PROTOCOL_0, OG_JSON_INDENT_0, OG_CODEC_NO_NOTE, OG_VERSION_NUMBER, OG_SEND_TIMEOUT_DEFAULT};
int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_value value = OG_INIT;
    og_server_options options = OG_INIT;
    og_buf buf = OG_BUF_INIT;
    return og_kind_of(value) == OG_INVALID && !og_valid(value) && !buf.data && !options.user ? err.code : 1;
}
"""
        folder = self.folder()
        for name in headers:
            source = os.path.join(folder, name + ".c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(f"#include <onggi/{name}>\n" * 2 + (use if name == "onggi.h" else "int main(void) { return 0; }\n"))
            for language, (first, *rest) in snippets.LANGUAGES.items():
                for compiler in (first, {"c": "clang", "c++": "clang++"}[language]):
                    if shutil.which(compiler):
                        with self.subTest(f"{name} with {compiler}"):
                            self.run_program(compiler, *rest, *snippets.WARNINGS, *flags[language], "-fsyntax-only", source, limit=support.WAIT)

    def test_headers_show_code_apart_from_their_sentences(self):
        for path in glob.glob(os.path.join(SOURCE, "include", "onggi", "*.h")):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if line.startswith(" * ") and not line.startswith(" *     "):
                        self.assertNotRegex(line, r"og_\w+\([^)]*[&\"]", f"{path}: code within a sentence is not tested")


if __name__ == "__main__":
    support.main()

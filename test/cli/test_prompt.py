# SPDX-License-Identifier: MIT
"""The prompt of call and send on a terminal: connects at once, edits, remembers, goes on after an error."""
import os

import support

UP, LEFT, HOME = "\x1b[A", "\x1b[D", "\x01"


class Prompt(support.Case):
    def talk(self, *words, **options):
        terminal = self.on_terminal("call", *words, **options)
        terminal.wait_text("Ctrl-D ends")
        terminal.wait_text("onggi> ")
        return terminal

    def ask(self, terminal, line, answer):
        terminal.type(line + "\r")
        terminal.wait_text(r"\n" + answer + r"\n")
        terminal.wait_text("onggi> ")

    def test_objects_answers_and_the_end(self):
        server = self.serve("--echo")
        terminal = self.talk(server.endpoint)
        self.ask(terminal, '{"name": "홍길동"}', '{"name":"홍길동"}')
        self.ask(terminal, "1 [2]", r"1\n\[2\]")
        terminal.type("\x04")
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue(terminal.text.endswith("\n"), "the shell's prompt would come after ours, on the same line")
        self.assertEqual(server.text("err").count("objects both ways"), 0)

    def test_connects_at_once(self):
        port = support.free_port()
        terminal = self.on_terminal("call", f"tcp://127.0.0.1:{port}")
        self.assertEqual(terminal.wait(), 3)
        self.assertIn("nobody listens there", terminal.text)
        self.assertNotIn("onggi> ", terminal.text)

    def test_goes_on_after_a_typo(self):
        terminal = self.talk(self.serve("--echo").endpoint)
        terminal.type('{name: "John"}\r')
        terminal.wait_text(r"onggi: the object: .*\(byte 1, line 1, column 2\)\n  \{name: \"John\"\}\n   \^\n")
        terminal.wait_text(r'onggi: try: \{"name": "John"\}\n')
        terminal.wait_text("onggi> ")
        self.ask(terminal, '{"name": "John"}', '{"name":"John"}')
        terminal.type("[1,\r")
        terminal.wait_text(r"\n +\.\.\. ")
        self.ask(terminal, "2]", r"\[1,2\]")
        terminal.type('{"a": \r')
        terminal.wait_text(r"\n +\.\.\. ")
        terminal.type("\r")  # an empty line: that is all
        terminal.wait_text(r"onggi: the object: ")
        terminal.wait_text("onggi> ")
        terminal.type("[1, \x03")
        terminal.wait_text("onggi> ")
        self.ask(terminal, "[3]", r"\[3\]")

    def test_the_short_form(self):
        terminal = self.talk(self.serve("--echo").endpoint)
        self.ask(terminal, 'name="John Smith" age:=30 tags:=["a", "b"]', r'\{"name":"John Smith","age":30,"tags":\["a","b"\]\}')
        terminal.type("name=John Smith\r")
        terminal.wait_text("'Smith' is no member")
        terminal.wait_text("onggi> ")

    def test_editing_and_history(self):
        file = os.path.join(self.folder(), "history")
        endpoint = self.serve("--echo").endpoint
        terminal = self.talk(endpoint, ONGGI_HISTORY=file)
        self.ask(terminal, f"23]{HOME}[1,", r"\[1,23\]")
        self.ask(terminal, f"{UP}{LEFT}4", r"\[1,234\]")
        self.ask(terminal, " [5]", r"\[5\]")  # not kept
        terminal.type("\x04")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        again = self.talk(endpoint, ONGGI_HISTORY=file)
        self.ask(again, UP, r"\[1,234\]")
        self.ask(again, UP + UP, r"\[1,23\]")

    def test_goes_on_when_the_server_comes_back(self):
        server = self.serve("--echo")
        terminal = self.talk(server.endpoint)
        self.ask(terminal, "[1]", r"\[1\]")
        server.stop()
        terminal.type("[2]\r")
        terminal.wait_text("nobody listens there")
        terminal.wait_text("onggi> ")
        self.serve("--echo", endpoint=server.endpoint)
        self.ask(terminal, "[3]", r"\[3\]")

    def test_texts(self):
        terminal = self.talk(self.serve("--codec", "text", "--reply", "You said: {}").endpoint, "--codec", "text")
        self.ask(terminal, "name=John", "You said: name=John")

    def test_send(self):
        server = self.serve()
        terminal = self.on_terminal("send", server.endpoint)
        terminal.wait_text("onggi> ")
        terminal.type("[1\r\r")
        terminal.wait_text("the object: ")
        terminal.type("[2]\r\x04")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(server.wait_lines(1), ["[2]"])

    def test_a_pipe_gets_no_prompt(self):
        done = self.onggi("call", self.serve("--echo").endpoint, stdin="[1]\n")
        self.assertEqual((done.out, done.err), ("[1]\n", ""))


if __name__ == "__main__":
    support.main()

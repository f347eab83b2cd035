# SPDX-License-Identifier: MIT
"""The C that the docs and the comments of the public headers show, and the programs that are made of it: what a snippet
uses and does not declare itself is put around it."""
import os
import re
import shutil

import support
from support import BUILD, SOURCE

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-D_GNU_SOURCE", "-I", os.path.join(SOURCE, "include")]
LANGUAGES = {"c": ["cc", "-std=c17", "-x", "c"], "c++": ["c++", "-std=c++17", "-x", "c++"]}
FREE = {"og_doc": "og_doc_free", "og_conn": "og_close", "og_listener": "og_listener_close", "og_server": "og_server_free",
        "og_walk": "og_walk_free", "og_policy": "og_policy_free"}

# Name -> what it is where a snippet does not say. The value is one that was received; FRAME has the functions.
NAMES = {
    "err": lambda code: "og_error err = OG_ERROR_INIT;" if "&err" in code else "og_error error = OG_ERROR_INIT; og_error *err = &error;",
    "doc": lambda code: "og_doc *doc = og_doc_new(NULL);",
    "value": lambda code: "og_value value = frame_received();" if "og_type_of(value)" not in code else
        'og_value value = og_dict_gets(frame_received(), "when");',
    "person": lambda code: 'og_value person = og_dict_gets(frame_received(), "person");',
    "options": lambda code: "og_conn_options options = OG_INIT; options.size = sizeof options; options.codec = "
        + ('"text";' if "udp:" in code else '"json";'),
    "client": lambda code: f'og_conn *client = frame_connect({"TEXTER" if "&text" in code else "SENDER"});',
    "server": lambda code: "og_listener *server = og_listen(LISTEN, NULL, NULL);" if "og_accept(server" in code else
        "og_conn *server = frame_connect(SENDER);",
    "text": lambda code: "og_value text = OG_INIT;",
    "reply": lambda code: 'og_value reply = og_str_borrow("reply", 5);',
    "thread": lambda code: "pthread_t thread;",
    "bytes": lambda code: 'size_t len = 0;\nconst char *bytes = og_data(og_dict_gets(frame_received(), "archive"), &len);',
    "policy": lambda code: 'og_policy *policy = og_policy_builtin("plain-data", NULL);',
    "framing": lambda code: 'og_framing framing = OG_INIT; og_framing_find(&framing, "u32be", NULL);',
    "out": lambda code: "og_buf buffer = OG_BUF_INIT;\nog_buf *out = &buffer;",
    "mark": lambda code: "size_t mark = 0;",
    "key": lambda code: "og_value key = OG_INIT;",
    "item": lambda code: "og_value item = OG_INIT;",
    "name": lambda code: "const char *name = NULL;",
    "age": lambda code: "int age = 0;",
    "pos": lambda code: "size_t pos = 0;",
    "c": lambda code: "int c = 'x';",
    "len": lambda code: "size_t len = 0;" if not re.search(r"\bbytes\b", code) else "",
}
ORDER = list(NAMES)

FRAME = r"""
#include <onggi/onggi.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define UNUSED __attribute__((unused))

static og_conn *frame_peer UNUSED;
static og_server *frame_server UNUSED;

static og_conn *frame_connect(const char *endpoint)
{
    og_error err = OG_ERROR_INIT;
    og_conn *conn = og_connect(endpoint, NULL, &err);
    if (!conn) fprintf(stderr, "frame: %s\n", err.text), exit(3);
    return conn;
}

static UNUSED og_value frame_received(void)
{
    og_error err = OG_ERROR_INIT;
    og_value value = OG_INIT;
    if (!frame_peer) frame_peer = frame_connect(SENDER);
    if (og_recv(frame_peer, &value, &err) <= 0) fprintf(stderr, "frame: %s\n", err.text), exit(3);
    return value;
}

/* For the snippet that starts a thread: answers one message. */
static UNUSED void *handle_client(void *argument)
{
    og_conn *conn = (og_conn *)argument;
    og_value value = OG_INIT;
    if (og_recv(conn, &value, NULL) > 0) og_send(conn, value, NULL);
    og_close(conn);
    return NULL;
}

static UNUSED void frame_stop(int number)
{
    (void)number;
    og_server_stop(frame_server);
}

#define og_server_run(server, err) \
    (frame_server = (server), signal(SIGTERM, frame_stop), puts("running"), fflush(stdout), og_server_run(server, err))
"""


MAIN = """
int main(void)
{
    snippet();
    og_close(frame_peer);
    return 0;
}
"""


class Snippet:
    def __init__(self, where, code):
        self.where = where
        self.code = code

    @property
    def is_program(self):
        return "int main" in self.code

    @property
    def listens(self):
        return "og_listen(" in self.code or "og_accept(" in self.code or "og_server_listen(" in self.code


def in_pages(source, pages):
    for page in pages:
        with open(os.path.join(source, page), encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"```c\n(.*?)```", text, re.S):
            yield Snippet(f"{page}:{text.count(chr(10), 0, match.start()) + 2}", match[1])


def in_headers(source, headers):
    """Lines of comments that stand four spaces further in than the rest and end as statements do, with what goes on."""
    for name in headers:
        with open(os.path.join(source, "include", "onggi", name), encoding="utf-8") as file:
            lines = file.read().split("\n")
        block = []
        for number, line in enumerate(lines + [""]):
            code = line[7:] if line.startswith(" *     ") else None
            if code is not None:
                block.append(code)
            elif block:
                text = "\n".join(block) + "\n"
                if re.search(r";$", text, re.M):
                    yield Snippet(f"{name}:{number + 1 - len(block)}", text)
                block = []


def bare(code):
    """Without comments and strings."""
    return re.sub(r'/\*.*?\*/|"(\\.|[^"\\])*"', " ", code, flags=re.S)


def declared(code):
    """Name -> type of what a snippet declares outside of its blocks."""
    found = {}
    for line in bare(code).split("\n"):
        match = re.match(r"(?:const )?(og_\w+|char|void|int|size_t|double) (\*?)(\w+)(?:\[\])?(?: =|;)", line)
        if match:
            found[match[3]] = match[1] + match[2]
    return found


def program(snippet, endpoints):
    """The C of a whole program. `endpoints` replaces those of the snippet, and gives SENDER, TEXTER and LISTEN."""
    code = snippet.code
    for old, new in endpoints.items():
        code = code.replace(f'"{old}"', f'"{new}"')
    if snippet.is_program:
        return code
    functions = "".join(re.findall(r"^static .*?^}\n", code, re.S | re.M))
    code = re.sub(r"^static .*?^}\n", "", code, flags=re.S | re.M)
    code = code.replace("for (;;)", "for (int turn = 0; turn < 1; turn++)")
    own = declared(code)
    words = set(re.findall(r"(?<![.>\w])\w+", bare(code)))
    given = [NAMES[name](code) for name in ORDER if name in words and name not in own]
    kept = {}
    for line in given:
        kept.update(declared(line))
    inner = [f"(void){name};" for name in own] + ends(own, code)
    outer = ends(kept, code) + ["og_buf_free(out);"] * ("out" in kept)
    if "pthread_create" in code:
        inner.append("pthread_join(thread, NULL);")
    defines = "".join(f'#define {name} "{value}"\n' for name, value in endpoints.items() if name.isupper())
    body = "\n".join(given + ["{", code] + (inner if "return" not in code else []) + ["}"] + outer)
    return f"{defines}{FRAME}{functions}\nstatic int snippet(void)\n{{\n{body}\nreturn 0;\n}}\n{MAIN}"


def compiled(case, folder, language, source):
    """The program, or None where there is no such compiler."""
    command = LANGUAGES[language]
    if not shutil.which(command[0]):
        return None
    output = os.path.join(folder, "program-" + language)
    case.run_program(*command, *WARNINGS, source, "-x", "none", "-L", BUILD, "-longgi", f"-Wl,-rpath,{BUILD}", "-pthread", "-o", output,
                     limit=5 * support.WAIT)
    return output


def ends(names, code):
    """What frees what was declared, where the snippet does not; listeners and documents last."""
    lines = []
    for name, kind in names.items():
        free = FREE.get(kind[:-1]) if kind.endswith("*") else None
        if free and f"{free}({name})" not in code:
            lines.append(f"{free}({name});")
    return sorted(lines, key=lambda line: "og_close" not in line)

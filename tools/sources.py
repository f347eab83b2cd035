# SPDX-License-Identifier: MIT
"""What the check tools share: which files the project has, and C text without comments and strings."""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def listed():
    """All files of the project, tracked or new, as sorted paths relative to the root."""
    try:
        out = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                             capture_output=True).stdout
        names = [os.fsdecode(name) for name in out.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):  # a release archive has no git folder
        names = []
        for folder, subfolders, files in os.walk(ROOT):
            subfolders[:] = [s for s in subfolders if not s.startswith("build") and s != ".git"]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files]
    return sorted(name for name in set(names) if os.path.isfile(os.path.join(ROOT, name)))


def c_files(names=None):
    return [name for name in names or listed() if name.endswith((".c", ".h"))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
        return file.read()


_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def bare(text, keep_strings=False):
    """C text with comments (and strings) blanked out; every line keeps its number."""
    def blank(match):
        piece = match.group()
        if piece[0] in "\"'":
            return piece if keep_strings else piece[0] * 2
        return " " + "\n" * piece.count("\n")
    return _NOISE.sub(blank, text)


def objects(build):
    """({source: object} of the library and the command in a build folder, a source newer than its object or None)"""
    found, stale = {}, None
    try:
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
    except OSError:
        return {}, None
    for command in commands:
        path = os.path.join(command["directory"], command["output"])
        name = os.path.relpath(os.path.join(command["directory"], command["file"]), ROOT)
        if not name.startswith("src/"):
            continue
        source = os.path.join(ROOT, name)
        if not os.path.exists(path) or not os.path.exists(source) \
                or os.path.getmtime(source) > os.path.getmtime(path):
            stale = stale or name
        else:
            found[name] = path
    return found, stale


def symbols_of(paths):
    """object -> (names that it defines for others, names that it wants from others)"""
    found = {path: (set(), set()) for path in paths}
    out = subprocess.run(["nm", "-gA", *paths], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        path, words = line.split(":", 1)[0], line.split()
        found[path][words[-2] == "U"].add(words[-1])
    return found


def finish(tool, problems, summary):
    """Prints the problems, or one line that says what was checked, and exits accordingly."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{tool}: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
    else:
        print(f"{tool}: {summary}")
    sys.exit(1 if problems else 0)

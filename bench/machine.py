# SPDX-License-Identifier: MIT
"""What machine this is, and what else it did while something was measured: no figure is called good on a busy one."""
import os
import platform
import resource
import time

BUSY = 0.1  # cores that other work may take


def _all_work():
    """Seconds that all processes of the machine have run."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, _, _, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def _own_work():
    """Seconds that this process and its ended children have run."""
    return sum(getattr(resource.getrusage(who), what) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
               for what in ("ru_utime", "ru_stime"))


class Watch:
    """A stretch of time: `with Watch() as watch`. All programs that are measured in it must end in it."""

    def __enter__(self):
        self.start = time.monotonic(), _all_work(), _own_work()
        return self

    def __exit__(self, *_):
        seconds = time.monotonic() - self.start[0]
        self.others = max(0.0, (_all_work() - self.start[1] - (_own_work() - self.start[2])) / seconds)
        self.load = os.getloadavg()[0]

    @property
    def busy(self):
        return self.others > BUSY

    def line(self):
        """One line to print beside a table."""
        verdict = "busy: no figure here counts as good" if self.busy else "idle otherwise"
        return f"Machine: other work took {self.others:.2f} of {os.cpu_count()} cores, load {self.load:.1f}: {verdict}."

    def judge(self, reached, goal, at_most=False):
        """What a table says of a figure that has a goal."""
        if goal is None or reached is None:
            return ""
        if self.busy:
            return "not judged"
        return "met" if (reached <= goal if at_most else reached >= goal) else "missed"


def description():
    return f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, CPython {platform.python_version()}"


def table(title, header, rows, watch, note=""):
    """Prints a table, what it needs to be understood, and the state of the machine."""
    print(f"\n### {title}\n")
    if note:
        print(note + "\n")
    print("| " + " | ".join(header) + " |\n|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join("" if cell is None else f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    print("\n" + watch.line(), flush=True)

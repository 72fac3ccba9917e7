#!/usr/bin/python3 -B
"""steps/boot.py [--shell | --bench=MIB] KERNEL IMAGE: boots the guest, shows what its checks say, and counts.

The guest writes `ok NAME`, `not ok NAME` and details on its second serial line; `@host FILE` asks for
a check that needs a user at the terminal, and `@end` is the end. The last line of the output is
`N passed, N failed`; the exit status is 0 only when all passed and the guest reached its end.
With --bench the guest measures instead, and its lines are shown as they come.
"""

import os
import runpy
import select
import sys
import tempfile
import time

import machine
from terminal import Terminal

TIME_LIMIT = 900  # seconds, for all checks
BENCH_TIME_LIMIT = 2400
QUIET_LIMIT = 200  # seconds without a line: longer than a file of checks may take

CHECKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "checks")


class Report:
    """Prints the checks' lines and counts them."""

    def __init__(self):
        self.passed = self.failed = 0

    def line(self, text):
        print(text, flush=True)
        self.passed += text.startswith("ok ")
        self.failed += text.startswith("not ok ")

    def check(self, name, passed, details=()):
        self.line(f"ok {name}" if passed else f"not ok {name}")
        if not passed:
            for text in details:
                print(f"  | {text}", flush=True)


def lines_of(results, limit):
    """The guest's lines, until it ends, is silent for too long, or the time is up."""
    start, rest = time.monotonic(), b""
    while time.monotonic() < start + limit:
        if not select.select([results], [], [], QUIET_LIMIT)[0]:
            return
        data = results.recv(65536)
        if not data:
            return
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            # The guest prints what devices and programs say: nothing of that may drive our terminal.
            text = line.decode(errors="replace").rstrip("\r")
            yield "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def follow(results, terminal, report, limit):
    """True when the guest came to its end."""
    for text in lines_of(results, limit):
        if text == "@end":
            return True
        if text.startswith("@host "):
            file = os.path.basename(text.removeprefix("@host "))
            runpy.run_path(os.path.join(CHECKS, file))["run"](terminal, report.check)
        elif not text.startswith("@"):
            report.line(text)
    return False


def run(kernel, image, words="", memory=(), limit=TIME_LIMIT):
    """The report, when the guest has ended."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="lab") as folder:
        with machine.running(kernel, image, folder, words, memory) as (results, user):
            ended = follow(results, Terminal(user), report, limit)
        if not ended:
            with open(f"{folder}/ttyS0", errors="replace") as log:
                tail = [ascii(line.rstrip())[1:-1] for line in log.readlines()[-40:]]
            report.check("the guest comes to its end", False, tail)
    return report


def run_checks(kernel, image):
    report = run(kernel, image)
    print(f"{report.passed} passed, {report.failed} failed")
    return 0 if report.passed and not report.failed else 1


def run_benchmark(kernel, image, size):
    """With a state of so many MiB, which the guest holds twice: in the device and in a file."""
    memory = machine.all_there(2 * size + 1024)
    return 1 if run(kernel, image, f"lab.bench={size}", memory, BENCH_TIME_LIMIT).failed else 0


def main(arguments):
    mode = arguments[0] if arguments[0].startswith("--") else None
    kernel, image = arguments[mode is not None :]
    if mode == "--shell":
        line = machine.command(kernel, image, "lab.shell")
        os.execvp(line[0], line + ["-chardev", "stdio,id=user,signal=off", "-serial", "chardev:user"])
    if mode:
        sys.exit(run_benchmark(kernel, image, int(mode.removeprefix("--bench="))))
    sys.exit(run_checks(kernel, image))


main(sys.argv[1:])

# SPDX-License-Identifier: MPL-2.0
# Instructions in user space of a running process, by thread and by library: what
# valgrind's callgrind counts does not depend on what else the machine does.
"""A process within callgrind."""

import collections
import glob
import os
import re
import subprocess

from xfrtest.watch import wait_until

DUMP_TIMEOUT_S = 30


class Callgrind:
    """`prefix`: to be put in front of the command. Nothing is counted before on()."""

    def __init__(self, base):
        self.base = base
        self.prefix = ["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes",
                       "--instr-atstart=no", f"--callgrind-out-file={base}"]

    @staticmethod
    def _control(process, *command):
        subprocess.run(["callgrind_control", *command, str(process.pid)], check=True,
                       capture_output=True)

    def on(self, process):
        """Count from now on."""
        self._control(process, "-i", "on")

    def take(self, process):
        """What each thread did since the last call, or on(): a list of Counters, library's
        file name to instructions. The process must be idle meanwhile."""
        self._control(process, "-d", "taken")

        def complete():  # one for each thread, written before the command returns
            files = sorted(glob.glob(self.base + ".*-*"))
            whole = all(re.search(r"^(summary|totals): \d+$", _text(file), re.M)
                        for file in files)
            return files if whole else None

        files = wait_until(complete, DUMP_TIMEOUT_S, "callgrind's files")
        taken = [libraries(file) for file in files]
        for file in files:
            os.unlink(file)
        return taken


def _text(path):
    with open(path, encoding="utf-8", errors="replace") as inp:
        return inp.read()


def libraries(path):
    """One file of callgrind: library's file name to its own instructions."""
    names, found = {}, collections.Counter()
    library, called = None, False
    for line in _text(path).splitlines():
        named = re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line)
        if named:
            callee, number, name = named.groups()
            name = names.setdefault(number, os.path.basename(name or ""))
            library = library if callee else name
        elif line.startswith("calls="):
            called = True  # the next line's cost is the callee's, counted there
        elif re.match(r"[0-9+*-]", line):
            fields = line.split()
            if not called and len(fields) == 2:
                found[library] += int(fields[1])
            called = False
    return found

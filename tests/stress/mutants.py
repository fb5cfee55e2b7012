#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Does anything notice when the event ring is broken?

Builds the unit test and the stress program of the ring with one line of ring.c broken at a time
and wants each broken ring to fail, and the good one to pass.  Mutants that need real threads must
be caught by the stress too.  Memory orders are not for here: x86 hides them, tests/model does not.

    mutants.py [name ...]       from the environment: CC, CFLAGS, srcdir, CHECK_CFLAGS, CHECK_LIBS
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

STRESS_SECONDS = 4
UNIT_LIMIT_S = 60  # a broken ring may also hang; that counts as noticed
STRESS_LIMIT_S = 60
STRESS_TRIES = 3  # threads that never met had no chance to notice

UNIT, BOTH = ("unit",), ("unit", "stress")

# name, who must notice, (text in ring.c, text instead) ...; each text must be there exactly once
MUTANTS = [
    ("no busy check", BOTH,
     ("(seen & 1) != 0 && seen < BUSY(n)", "seen == UINT64_MAX")),
    ("no lapped check", BOTH,
     ("if (seen > BUSY(n)) { /* B */", "if (seen == UINT64_MAX) {")),
    ("no re-check", BOTH,
     ("LOAD(&s->state, relaxed) != state || got", "got")),
    ("re-check before the copy", UNIT,
     ("		got = copy_out(s, rec, size);\n", ""),
     ("!= state || got > XFW_RING_RECORD_MAX) {",
      "!= state || (got = copy_out(s, rec, size)) > XFW_RING_RECORD_MAX) {")),
    ("no hole mark", UNIT,
     ("			mark_hole(s, n);\n", "			(void)mark_hole;\n")),
    ("hole mark goes down", UNIT,
     ("while (seen < n + 1 && ", "while (seen != n + 1 && ")),
    ("hole mark one too low", UNIT,
     ("&s->skip, &seen, n + 1,", "&s->skip, &seen, n,"),
     ("while (seen < n + 1 && ", "while (seen < n && ")),
    ("reader ignores holes", UNIT,
     ("if (LOAD(&s->skip, acquire) >= c + 1) {", "if (LOAD(&s->skip, acquire) == UINT64_MAX) {")),
    ("reader takes the unclaimed for lost", UNIT,
     ("	return (TICKET_IN_FLIGHT); /* issued, not claimed yet */", "	return (TICKET_LOST);")),
    ("reader takes the busy for lost", UNIT,
     ("		return (TICKET_IN_FLIGHT);\n	}\n	if (LOAD(&s->skip",
      "		return (TICKET_LOST);\n	}\n	if (LOAD(&s->skip")),
    ("claim without exchange", BOTH,
     ("while (!atomic_compare_exchange_strong_explicit(&s->state, &seen, BUSY(n), /* C */\n"
      "							  memory_order_acquire,\n"
      "							  memory_order_relaxed));",
      "while (0);\n	STORE(&s->state, BUSY(n), relaxed);")),
    ("ticket taken in two steps", ("stress",),
     ("n = atomic_fetch_add_explicit(&ring->head, 1, memory_order_relaxed);",
      "n = LOAD(&ring->head, relaxed);\n	RING_STALL(PUT_TICKET);\n"
      "	STORE(&ring->head, n + 1, relaxed);")),
    ("never published", UNIT,
     ("	STORE(&s->state, DONE(n), release); /* E */\n", "")),
    ("published before the copy", UNIT,
     ("	copy_in(s, rec, len);\n", "	STORE(&s->state, DONE(n), release);\n"
      "	copy_in(s, rec, len);\n")),
    ("published as the next ticket", UNIT,
     ("STORE(&s->state, DONE(n), release); /* E */", "STORE(&s->state, DONE(n + 1), release);")),
    ("not claimed before the copy", BOTH,
     ("&s->state, &seen, BUSY(n), /* C */", "&s->state, &seen, seen,")),
    ("no window", UNIT,
     ("if (head - c > slots) {", "if (slots == 0) {")),
    ("window one too small", UNIT,
     ("if (head - c > slots) {", "if (head - c >= slots) {"),
     ("*lost += head - slots - c;", "*lost += head - slots - c + 1;"),
     ("c = head - slots;", "c = head - slots + 1;")),
    ("window jump not counted", UNIT,
     ("			*lost += head - slots - c;\n", "")),
    ("overwritten not counted", UNIT,
     ("		(*lost)++;\n", "")),
    ("length not bounded", UNIT,
     ("size_t want = len <= XFW_RING_RECORD_MAX ? (size_t)len : 0;", "size_t want = (size_t)len;")),
    ("damaged length delivered", UNIT,
     (" || got > XFW_RING_RECORD_MAX) {", ") {")),
    ("buffer size ignored", UNIT,
     ("	if (want > size) {", "	if (want > size + 8) {")),
    ("cut not told", UNIT,
     ("*len = (size_t)got;", "*len = got < size ? (size_t)got : size;")),
    ("length not carried", UNIT,
     ("STORE(&s->len, len, release); /* D */", "STORE(&s->len, XFW_RING_RECORD_MAX, release);")),
    ("tail not filled up", UNIT,
     ("		uint64_t word = 0;\n", "		uint64_t word = UINT64_MAX;\n")),
    ("tail not copied", UNIT,
     ("	if (len % 8 != 0) {", "	if (len % 8 > 8) {")),
    ("too long not refused", UNIT,
     ("	if (len > XFW_RING_RECORD_MAX) {\n		count_drop(&ring->refused);",
      "	if (len > XFW_RING_RECORD_MAX + 8) {\n		count_drop(&ring->refused);")),
    ("refused not counted", UNIT,
     ("		count_drop(&ring->refused);\n", "")),
    ("busy drop not counted", BOTH,
     ("			count_drop(&ring->dropped_busy);\n", "")),
    ("lapped drop not counted", BOTH,
     ("			count_drop(&ring->dropped_lapped);\n", "")),
    ("recorded forgets the lapped", BOTH,
     ("out->tickets - out->dropped_busy - out->dropped_lapped", "out->tickets - out->dropped_busy")),
    ("slots not cleared", UNIT,
     ("	memset(ring->slot, 0, slots * sizeof(struct slot));\n", "")),
    ("head not cleared", UNIT,
     ("	STORE(&ring->head, 0, relaxed);\n", "")),
    ("no epoch", UNIT,
     ("(uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;", "0;")),
    ("attach takes any version", UNIT,
     ("ring->version != RING_VERSION ||", "")),
    ("attach takes a short mapping", UNIT,
     ("need == 0 || bytes < need ? NULL", "need == 0 ? NULL")),
    ("reader writes the ring", UNIT,
     ("uint64_t state = LOAD(&s->state, acquire); /* F */",
      "uint64_t state = atomic_fetch_add((word_t *)(uintptr_t)&s->state, 0);")),
]


class Bench:
    """Builds and runs the two programs around one version of ring.c."""

    def __init__(self, srcdir, work):
        self.srcdir = srcdir
        self.work = work
        self.cc = shlex.split(os.environ.get("CC", "cc"))
        self.cflags = shlex.split(os.environ.get("CFLAGS", "-O1 -g")) + ["-std=gnu11", "-w"]
        self.check = self.check_flags()
        self.programs = {
            "unit": (srcdir / "tests/unit/test_ring.c", self.check, UNIT_LIMIT_S),
            "stress": (srcdir / "tests/stress/stress_ring.c", [], STRESS_LIMIT_S),
        }

    @staticmethod
    def check_flags():
        flags = [os.environ.get("CHECK_CFLAGS", ""), os.environ.get("CHECK_LIBS", "")]
        if not flags[1]:
            flags = [subprocess.run(["pkg-config", "--cflags", "--libs", "check"], check=True,
                                    capture_output=True, text=True).stdout]
        return [word for text in flags for word in shlex.split(text)]

    def passes(self, program, ring_c):
        """True if the program, built with this ring.c, exits with 0."""
        source, libs, limit = self.programs[program]
        binary = self.work / program
        subprocess.run(
            self.cc + self.cflags + [f"-I{self.srcdir / 'include'}",
                                     f'-DXFW_RING_SOURCE="{ring_c}"', str(source),
                                     "-o", str(binary), "-pthread"] + libs,
            check=True)
        env = dict(os.environ, XFW_STRESS_SECONDS=str(STRESS_SECONDS), CK_FORK="yes",
                   CK_DEFAULT_TIMEOUT="5")
        # A group of its own: what a hanging program has forked goes with it.
        with subprocess.Popen([str(binary)], env=env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True) as run:
            try:
                return run.wait(timeout=limit) == 0
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, 9)
                return False


def break_ring(source, name, changes):
    for old, new in changes:
        if source.count(old) != 1:
            sys.exit(f"{name}: {source.count(old)} times in ring.c, expected once: {old!r}")
        source = source.replace(old, new)
    return source


def main():
    wanted = sys.argv[1:]
    srcdir = pathlib.Path(os.environ.get("srcdir", pathlib.Path(__file__).parents[2])).resolve()
    source = (srcdir / "plugin/core/ring.c").read_text()
    passed = failed = 0

    with tempfile.TemporaryDirectory(prefix="xfw-mutants-") as work:
        work = pathlib.Path(work)
        bench = Bench(srcdir, work)
        ring_c = work / "ring.c"

        def report(good, text):
            nonlocal passed, failed
            passed, failed = passed + good, failed + (not good)
            print(("ok      " if good else "FAILED  ") + text, flush=True)

        ring_c.write_text(source)
        for program in BOTH:
            report(bench.passes(program, ring_c), f"the good ring passes: {program}")
        for name, programs, *changes in MUTANTS:
            broken = break_ring(source, name, changes)
            if wanted and name not in wanted:
                continue
            ring_c.write_text(broken)
            for program in programs:
                tries = STRESS_TRIES if program == "stress" else 1
                unnoticed = all(bench.passes(program, ring_c) for _ in range(tries))
                report(not unnoticed, f"caught by {program}: {name}")

    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

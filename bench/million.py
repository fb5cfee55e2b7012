#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# A million zones in the core, without named: bench_million feeds it log lines through
# the real path and asks for what the surfaces show. XFW_BENCH_PROGRAMS_BEFORE may name
# a folder with the bench_million of an older version, for before and after in one run.
"""Memory a zone, time an event, and how long any step holds the monitor's thread."""

import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from xfrbench.figures import Part, arguments, interval, median  # noqa: E402

SIZES = (10000, 100000, 1000000)
REPEATS = 5
FEW, MANY = 1000, 100000

METHOD = """bench_million, one thread, no named: log lines as BIND 9.18 prints them go through
classifier, ring, attempts, zone table and incidents, in turns of 4,096 as the monitor takes
them; 20 primaries, names of 23 bytes with class and final zero; the clock that the state sees
is made up. Times are processor time of the thread; a step is what the monitor's thread does at
one go, in which it looks at nothing else. Each repetition is a process of its own, sizes (and
versions) in turn. Memory in use is what mallinfo2 says, resident what the kernel says, both
less what there was before the first zone and less the names."""

# what bench_million calls it: how we do, and per what its time is told
STEPS = (
    ("declare", "census: declare a zone that is new", "zone"),
    ("declare-again", "census: declare a zone that is known", "zone"),
    ("first-tick", "tick that finds its timers due", "zone"),
    ("timers-first", "its timers read first", "zone"),
    ("timers-again", "its timers read again", "zone"),
    ("success-line", "line of a transfer: classify and put into the ring", "line"),
    ("success-event", "line of a transfer: from the ring into the state", "line"),
    ("success-tick", "tick behind it", "zone"),
    ("fail-line", "line of a failure: classify and put into the ring", "line"),
    ("fail-event", "line of a failure: from the ring into the state", "line"),
    ("fail-tick", "tick behind it", ""),
    ("escalation", "tick: all that fail get worse by a severity", "failing zone"),
    ("configure", "new policy: all that fail are judged anew", "failing zone"),
    ("mend-event", "line of a recovery: from the ring into the state", "line"),
    ("mend-tick", "tick behind it", ""),
    ("tick-idle", "tick with nothing due", ""),
    ("census", "end of a census that saw all zones", "zone"),
    ("census-empty", "end of a census that saw none: all are removed", "zone"),
)
ANSWERS = (
    ("metrics", "/metrics"),
    ("metrics-all", "/metrics?zones=all"),
    ("list", "/json/v1/zones, all zones"),
    ("failing-list", "/json/v1/zones?state=failing"),
    ("nearest", "/json/v1/zones?sort=deadline&limit=100"),
    ("status", "/json/v1/status"),
    ("incidents", "/json/v1/incidents"),
    ("block", "rndc stats block"),
)


class Results:
    """All that was measured: lists of repetitions by version, size, name, failing."""

    def __init__(self):
        self.found = {}

    def run(self, version, folder, size, failing, lists):
        """One repetition."""
        command = [os.path.join(folder, "bench_million"), *(["-l"] if lists else []),
                   str(size), *map(str, failing)]
        output = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
        for line in output.stdout.splitlines():
            entry = json.loads(line)
            key = (version, size, entry["what"], entry["failing"])
            self.found.setdefault(key, []).append(entry)

    def all(self, size, what, failing=0, field="s", version="now"):
        """The repetitions of one field."""
        return [entry[field] for entry in self.found.get((version, size, what, failing), ())]

    def each(self, size, what, failing=0, version="now"):
        """Seconds for one of its things."""
        return [entry["s"] / max(1, entry["n"])
                for entry in self.found.get((version, size, what, failing), ())]

    def failing(self, size, what):
        """With how many failing it was measured at all, most first."""
        return sorted({key[3] for key in self.found
                       if key[0] == "now" and key[1] == size and key[2] == what}, reverse=True)


def spread(values, factor=1.0, digits=3):
    """Median and spread, as text."""
    if not values:
        return "-"
    values = sorted(value * factor for value in values)
    return (f"{median(values):.{digits}g} "
            f"({values[0]:.{digits}g} to {values[-1]:.{digits}g})")


def figures(part, results, top, most):
    """The ones that operators ask for, at the largest size."""
    def figure(what, values, unit, budget=None):
        low, high = interval(values)
        part.figure(what, median(values), unit, low, high, len(values), budget)

    for what, field in (("in use", "memory-in-use"), ("resident", "memory-resident")):
        figure(f"memory a zone with its feed, beside its name, {what}, {top:,} zones",
               results.all(top, field, field="value"), "bytes", "<= 256")
    few = min(FEW, most)
    for failing in (few, most):
        figure(f"/metrics, {failing:,} of {top:,} failing",
               [s * 1e3 for s in results.all(top, "metrics", failing)], "ms",
               "<= 20" if failing == few else None)
    for what, failing, name in (("success-event", 0, "a line of a transfer"),
                                ("fail-event", most, "a line of a failure"),
                                ("mend-event", most, "a line of a recovery")):
        lines = results.each(top, what.replace("event", "line"), failing)
        events = results.each(top, what, failing)
        figure(f"{name}, from text to state, {top:,} zones",
               [(a + b) * 1e9 for a, b in zip(lines, events)], "ns")
    for failing in (0, few, most):
        figure(f"escalation, {failing:,} of {top:,} failing: longest tick",
               [s * 1e3 for s in results.all(top, "escalation", failing, "longest")], "ms")
    figure(f"rndc stats block, {most:,} of {top:,} failing",
           [s * 1e3 for s in results.all(top, "block", most)], "ms")
    sizes = results.all(top, "list", field="n")
    figure(f"list of all {top:,} zones as JSON",
           [n / s / 1e6 for n, s in zip(sizes, results.all(top, "list"))], "MB/s")
    figure(f"list of all {top:,} zones: memory it takes at most",
           [n / 1024 for n in results.all(top, "list-memory", field="value")], "KiB")
    longest = [max(entry["longest"] for key, entries in results.found.items()
                   for entry in entries[i:i + 1]
                   if key[0] == "now" and key[1] == top and "longest" in entry)
               for i in range(len(results.all(top, "declare")))]
    figure(f"longest step of all, {top:,} zones", [s * 1e3 for s in longest], "ms")


def label(text, failing):
    """With how many failing."""
    return f"{text}, {failing:,} failing" if failing else text


def tables(part, results, sizes):
    """Everything, at every size."""
    columns = [f"{size:,} zones" for size in sizes]
    top = sizes[-1]
    rows = [[f"{what}, bytes a zone beside its name"]
            + [spread(results.all(size, name, field="value"), digits=4) for size in sizes]
            for name, what in (("memory-declared", "declared, timers read"),
                               ("memory-in-use", "and transferred: in use"),
                               ("memory-resident", "the same: resident"))]
    for failing in results.failing(top, "failing-memory"):
        rows.append([f"{failing:,} failing, bytes for each of them more"]
                    + [spread(results.all(size, "failing-memory", min(failing, size), "value"),
                              digits=4) for size in sizes])
    part.table("Memory, median (least to most)", ["", *columns], rows)

    each, held = [], []
    for name, what, per in STEPS:
        for failing in results.failing(top, name):
            if failing == 0 and per == "failing zone":
                continue
            cells = [(size, min(failing, size)) for size in sizes]
            if per:
                each.append([label(what, failing), per]
                            + [spread(results.each(size, name, n), 1e9) for size, n in cells])
            held.append([label(what, failing)]
                        + [spread(results.all(size, name, n, "longest"), 1e3)
                           for size, n in cells])
    part.table("Nanoseconds of processor time, median (least to most)",
               ["", "for each", *columns], each)
    whole = []
    for name, what in ANSWERS:
        for failing in results.failing(top, name):
            cells = [(size, min(failing, size)) for size in sizes]
            whole.append([label(what, failing), median(results.all(top, name, failing, "n"))]
                         + [spread(results.all(size, name, n), 1e3) for size, n in cells])
            held.append([label(what, failing)]
                        + [spread(results.all(size, name, n, "longest"), 1e3)
                           for size, n in cells])
    part.table("Answers: milliseconds of processor time, median (least to most)",
               ["", f"bytes, {top:,} zones", *columns], whole)
    part.table("Longest step: milliseconds for which the monitor's thread is held, "
               "median (least to most)", ["", *columns], held)


def before_and_after(part, results, size, most):
    """What was mended, if there is something to compare with."""
    if not results.all(size, "declare", version="before"):
        return
    rows = []
    for what, name, failing, field, factor in (
            ("memory a zone, in use, bytes", "memory-in-use", 0, "value", 1),
            ("memory a zone, resident, bytes", "memory-resident", 0, "value", 1),
            ("a zone declared, longest, ms", "declare", 0, "longest", 1e3),
            ("end of a census, longest step, ms", "census", 0, "longest", 1e3),
            ("end of a census with all gone, longest step, ms", "census-empty", 0, "longest",
             1e3),
            ("new policy, longest step, ms", "configure", most, "longest", 1e3),
            ("rndc stats block, ms", "block", most, "longest", 1e3)):
        rows.append([label(what, failing)]
                    + [spread(results.all(size, name, failing, field, version), factor, 4)
                       for version in ("before", "now")])
    for what, name, failing in (("a line of a transfer into the state, ns", "success-event", 0),
                                ("a line of a failure into the state, ns", "fail-event", most),
                                ("a zone declared, ns", "declare", 0)):
        rows.append([label(what, failing)]
                    + [spread(results.each(size, name, failing, version), 1e9, 4)
                       for version in ("before", "now")])
    part.table(f"Before and after, {size:,} zones, in one run", ["", "before", "now"], rows)


def plots(part, results, sizes):
    """Growth, at scales where what grows as the zones do is a straight line."""
    def total(version, what):
        return [median(results.all(size, what, field="value", version=version)) * size / 2**20
                for size in sizes]

    series = [("in use", sizes, total("now", "memory-in-use")),
              ("resident", sizes, total("now", "memory-resident")),
              ("256 bytes a zone", sizes, [256 * size / 2**20 for size in sizes])]
    if results.all(sizes[-1], "declare", version="before"):
        series.insert(2, ("in use, before", sizes, total("before", "memory-in-use")))
    part.plot("bench-million-memory", "Memory of the zones, beside their names", "zones", "MiB",
              series, logx=True, logy=True)
    part.plot("bench-million-time", "Processor time", "zones", "s",
              [(what, sizes, [median(results.all(size, name)) for size in sizes])
               for name, what in (("declare", "declare all"),
                                  ("timers-again", "read all timers"),
                                  ("success-event", "all transferred, four lines each"),
                                  ("list", "list all as JSON"),
                                  ("metrics-all", "/metrics?zones=all"),
                                  ("census", "end of a census"))],
              logx=True, logy=True)


def main():
    """Measure in turn, then tell."""
    quick = arguments(__doc__).quick
    sizes = SIZES[:2] if quick else SIZES
    here = os.environ.get("XFW_BENCH_PROGRAMS", ".")
    before = os.environ.get("XFW_BENCH_PROGRAMS_BEFORE")
    results = Results()
    for _ in range(2 if quick else REPEATS):
        for size in sizes:
            failing = sorted({0, min(FEW, size), min(MANY, size)})
            if before:
                results.run("before", before, size, failing, False)
            results.run("now", here, size, failing, True)
    top = sizes[-1]
    part = Part("million", "A million zones", "What do very many zones cost in memory and time, "
                "and is there any moment at which the monitor does not listen?", METHOD,
                packages=("libc6",))
    figures(part, results, top, min(MANY, top))
    tables(part, results, sizes)
    before_and_after(part, results, top, min(MANY, top))
    plots(part, results, sizes)
    part.note("The lists are made in pieces while the client reads them; one piece is the most "
              "that the monitor's thread is held, and memory does not grow with the zones.")
    part.note("At 10,000 zones memory a zone holds some 100 KiB that are there whatever the "
              "number: primaries, routes, what attempts under way need, chunks begun.")
    part.save()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# The matrix's table: reads what tests/matrix/one left (automake's .trs, pytest's
# junit XML, the exit status of each step) and prints series by test. Exit status 1
# if a test failed, or if a step says that something is missing.
"""table.py WORK SERIES...: one table of all results."""

import collections
import glob
import os
import sys
import xml.etree.ElementTree

COLUMNS = ("pass", "fail", "skip")
CELL = 6
WIDTH = CELL * len(COLUMNS) + 2
NAME = 28
ENDED = {124: "ended after its time limit", 137: "killed after its time limit"}
# automake's words, and which column they count in
WORDS = {"PASS": "pass", "XFAIL": "skip", "SKIP": "skip",
         "FAIL": "fail", "XPASS": "fail", "ERROR": "fail"}


def first_line(path, default=""):
    """The first line of a file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as inp:
            return inp.readline().strip() or default
    except OSError:
        return default


class Test:
    """One test: its row, its name, its outcome ("pass" ...), and why."""

    def __init__(self, row, name, outcome, why=""):
        self.row = row
        self.name = name
        self.outcome = outcome
        self.why = why


def unit(directory):
    """The unit programs: one test each."""
    for path in sorted(glob.glob(os.path.join(directory, "unit", "*.trs"))):
        name = os.path.basename(path)[:-len(".trs")]
        with open(path, encoding="utf-8") as inp:
            for line in inp:
                field, _, word = line.partition(":test-result:")
                if not field and word:
                    yield Test(f"unit/{name}", name, WORDS[word.split()[0]], "")


def outcome_of(case):
    """What became of a junit test case, and why."""
    for tag, outcome in (("failure", "fail"), ("error", "fail"), ("skipped", "skip")):
        element = case.find(tag)
        if element is not None:
            text = element.get("message") or element.text or ""
            return outcome, (text.strip().splitlines() or [""])[0]
    return "pass", ""


def system(path):
    """The system tests of a junit file.  An error after a test is one with it."""
    tests = {}
    if os.path.exists(path):
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            name = case.get("name")
            module = (case.get("classname") or name).split(".")[-1]
            outcome, why = outcome_of(case)
            test = tests.setdefault((module, name),
                                    Test(f"system/{module}", name, outcome, why))
            if outcome == "fail":
                test.outcome, test.why = outcome, why
    return tests


class Series:
    """All that is known of one series."""

    def __init__(self, work, name):
        self.name = name
        self.dir = os.path.join(work, name)
        self.version = first_line(os.path.join(self.dir, "version"), "-")
        self.part = os.path.exists(os.path.join(self.dir, "part"))
        self.steps = self.read_steps()
        self.alone = []  # failed beside the others, passed alone
        tests = system(os.path.join(self.dir, "system.xml"))
        self.retry(tests, system(os.path.join(self.dir, "alone.xml")))
        self.tests = [*unit(self.dir), *tests.values()]
        self.missing = list(self.find_missing())

    def read_steps(self):
        """Step: (exit status, seconds, log)."""
        steps = {}
        try:
            with open(os.path.join(self.dir, "steps"), encoding="utf-8") as inp:
                for line in inp:
                    name, status, seconds, log = line.rstrip("\n").split("|")
                    steps[name] = (int(status), int(seconds), log)
        except OSError:
            pass
        return steps

    def retry(self, tests, again):
        """A test that failed and passed when it was run alone has passed."""
        for key, test in again.items():
            was = tests.get(key)
            if was and was.outcome == "fail" and test.outcome == "pass":
                self.alone.append(was)
                tests[key] = test

    def failed(self, row):
        """Whether a test of these rows failed."""
        return any(t.row.startswith(row) and t.outcome == "fail" for t in self.tests)

    def find_missing(self):
        """Steps that did not come to their end, told apart from tests that failed."""
        for step in ("root", "build", "unit", "system"):
            if step not in self.steps:
                yield f"{step}: was not run"
                continue
            status, _, log = self.steps[step]
            explained = status == 1 and step == "system" and (
                self.failed("system/") or self.alone)
            explained = explained or (status == 2 and step == "unit" and self.failed("unit/"))
            if status != 0 and not explained:
                yield f"{step}: {ENDED.get(status, f'exit status {status}')}, see {log}"
            elif step in ("unit", "system") and not any(
                    t.row.startswith(step) for t in self.tests):
                yield f"{step}: no test was run, see {log}"

    def counts(self, row=""):
        """{"pass": n ...} of a row, or of all."""
        return collections.Counter(
            t.outcome for t in self.tests if not row or t.row == row)


def line(name, cells):
    """One line of the table."""
    print(f"{name:<{NAME}}" + "".join(f"  {cell:>{WIDTH - 2}}" for cell in cells))


def cell(counts):
    """The numbers of one row and series."""
    if not counts:
        return "-"
    return "".join(f"{counts[c] or '.':>{CELL}}" for c in COLUMNS)


def head(series):
    """What the columns are."""
    line("series", [s.name for s in series])
    line("BIND", [s.version for s in series])
    line("system tests", ["a part" if s.part else "all" for s in series])
    for step in ("root", "build", "unit", "system", "alone"):
        if any(step in s.steps for s in series):
            line(f"seconds: {step}", [
                s.steps[step][1] if step in s.steps else "-" for s in series])
    line("", ["".join(f"{c:>{CELL}}" for c in COLUMNS)] * len(series))


def body(series):
    """A row a test file or unit program."""
    rows = sorted({t.row for s in series for t in s.tests},
                  key=lambda r: (not r.startswith("unit/"), r))
    for row in rows:
        line(row, [cell(s.counts(row)) for s in series])
    line("all", [cell(s.counts()) for s in series])


def listing(title, items):
    """A titled list, if there is something to list."""
    items = list(items)
    if items:
        print(f"\n{title}")
        for item in items:
            print(f"  {item}")


def skips(series):
    """Why tests were skipped: reason, series, how many of which file."""
    why = collections.Counter(
        (t.why or "(no reason given)", s.name, t.row)
        for s in series for t in s.tests if t.outcome == "skip")
    for (reason, name, row), count in sorted(why.items()):
        yield f"{name:<16} {row}: {count}: {reason}"


def logs(series):
    """The logs of each step."""
    for one in series:
        yield f"{one.name:<16} " + " ".join(log for _, _, log in one.steps.values())


def main(work, *names):
    """Print all; the exit status."""
    series = [Series(work, name) for name in names]
    head(series)
    body(series)
    listing("Failed", [f"{s.name:<16} {t.row}::{t.name}: {t.why}"
                       for s in series for t in s.tests if t.outcome == "fail"])
    listing("Failed beside the others and passed alone; counted as passed",
            [f"{s.name:<16} {t.row}::{t.name}: {t.why}" for s in series for t in s.alone])
    listing("Not done", [f"{s.name:<16} {text}" for s in series for text in s.missing])
    listing("Skipped, and why", skips(series))
    listing("Logs", logs(series))
    bad = [s.name for s in series if s.missing or s.counts()["fail"]]
    total = sum((s.counts() for s in series), collections.Counter())
    print(f"\nmatrix: {total['pass']} passed, {total['fail']} failed, {total['skip']} skipped; "
          f"{len(series)} series, "
          + (f"failed: {', '.join(bad)}" if bad else "each passed"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

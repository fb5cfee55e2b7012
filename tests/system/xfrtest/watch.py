# SPDX-License-Identifier: MPL-2.0
# Watchers of growing text files.  A watcher is opened BEFORE the action whose
# lines it waits for, so that no line can be missed; each wait has a bound.
"""Wait, with a bound, for lines in a file or for a condition."""

import os
import re
import time

POLL_S = 0.02
WAIT_DEFAULT_S = 30


def wait_until(condition, timeout=WAIT_DEFAULT_S, what="condition", poll=POLL_S):
    """Return the first true value of condition(), or fail after timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(poll)


class LogWatcher:
    """All lines that appear in a file after this object was made.

    The file need not exist yet, may be truncated, and may be replaced by
    another of the same name (rotation); the rest of the old one is read first.
    """

    def __init__(self, path, from_start=False):
        self.path = str(path)
        self._file = None
        self._partial = ""
        self._seen = []
        self._cursor = 0
        self._open(at_end=not from_start)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, at_end):
        try:
            self._file = open(self.path, encoding="utf-8", errors="replace")
        except FileNotFoundError:
            self._file = None
            return
        if at_end:
            self._file.seek(0, os.SEEK_END)

    def _read(self):
        if self._file is None:
            self._open(at_end=False)
            if self._file is None:
                return
        self._take(self._file.read())
        mine = os.fstat(self._file.fileno())
        if mine.st_size < self._file.tell():
            self._file.seek(0)
            self._take(self._file.read())
        try:
            named = os.stat(self.path)
        except FileNotFoundError:
            return
        if (named.st_dev, named.st_ino) != (mine.st_dev, mine.st_ino):
            self._take(self._file.read())
            self.close()
            self._open(at_end=False)
            if self._file is not None:
                self._take(self._file.read())

    def _take(self, text):
        lines = (self._partial + text).split("\n")
        self._partial = lines.pop()
        self._seen.extend(lines)

    def lines(self):
        """Every line since the watcher was opened."""
        self._read()
        return list(self._seen)

    def matches(self, pattern):
        """All lines since the opening that match, as match objects."""
        regex = re.compile(pattern)
        return [m for m in map(regex.search, self.lines()) if m]

    def wait(self, pattern, timeout=WAIT_DEFAULT_S):
        """Wait for one line; return its match.  The next wait starts after it."""
        return self.wait_any([pattern], timeout)[1]

    def wait_any(self, patterns, timeout=WAIT_DEFAULT_S):
        """Wait for the first line that matches any; return (index, match)."""
        regexes = [re.compile(p) for p in patterns]
        deadline = time.monotonic() + timeout
        while True:
            self._read()
            while self._cursor < len(self._seen):
                line = self._seen[self._cursor]
                self._cursor += 1
                for index, regex in enumerate(regexes):
                    match = regex.search(line)
                    if match:
                        return index, match
            if time.monotonic() >= deadline:
                raise TimeoutError(self._complaint(patterns, timeout))
            time.sleep(POLL_S)

    def wait_all(self, patterns, timeout=WAIT_DEFAULT_S):
        """Wait until every pattern was seen, in any order; return the matches."""
        regexes = [re.compile(p) for p in patterns]
        found = [None] * len(regexes)
        last = start = self._cursor
        deadline = time.monotonic() + timeout
        while True:
            self._read()
            for number in range(start, len(self._seen)):
                for index, regex in enumerate(regexes):
                    if found[index] is None:
                        found[index] = regex.search(self._seen[number])
                        if found[index]:
                            last = max(last, number + 1)
            start = len(self._seen)
            if all(found):
                self._cursor = last
                return found
            if time.monotonic() >= deadline:
                missing = [p for p, m in zip(patterns, found) if not m]
                raise TimeoutError(self._complaint(missing, timeout))
            time.sleep(POLL_S)

    def wait_count(self, pattern, count, timeout=WAIT_DEFAULT_S):
        """Wait until that many lines since the opening match; return them."""
        wait_until(
            lambda: len(self.matches(pattern)) >= count,
            timeout,
            f"{count} lines like {pattern!r} in {self.path}",
        )
        return self.matches(pattern)

    def _complaint(self, patterns, timeout):
        tail = "\n".join(self._seen[-60:])
        return f"not within {timeout} s in {self.path}: {patterns}\nlast lines:\n{tail}"

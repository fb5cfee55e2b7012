# SPDX-License-Identifier: MPL-2.0
# Clients that ask a server all the time, and what the server's process takes meanwhile.
"""Load, and what it costs."""

import os
import re
import threading
import time

import dns.exception

QUERY_TIMEOUT_S = 2


class Load:
    """Questions in a thread of their own, `pause` seconds apart, each as soon as the one
    before was answered; how many were, and the longest time that one took."""

    def __init__(self, server, zone, pause=0.0):
        self.server = server
        self.answered = self.failed = 0
        self.worst_s = 0.0
        self._zone = zone
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(self._pause):
            begin = time.monotonic()
            try:
                self.server.query(self._zone, "SOA", timeout=QUERY_TIMEOUT_S)
                self.answered += 1
            except (OSError, dns.exception.DNSException):
                self.failed += 1
            self.worst_s = max(self.worst_s, time.monotonic() - begin)


def resident_kb(server):
    """Its resident memory."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as inp:
        return int(re.search(r"VmRSS:\s+(\d+)", inp.read()).group(1))


def descriptors(server):
    """How many it has open."""
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))

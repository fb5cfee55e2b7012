# SPDX-License-Identifier: MPL-2.0
# Clients of statistics channels and exporters, inside a host of a Scene, and what the
# processes that answer them use of the processor.
"""Ask by HTTP as Prometheus does, and know what it cost."""

import gzip
import http.client
import os
import socket
import subprocess
import threading
import time

from xfrtest.netns import run_in
from xfrtest.prometheus import OPENMETRICS_ACCEPT
from xfrtest.watch import wait_until

PROMETHEUS = {"Accept": OPENMETRICS_ACCEPT, "Accept-Encoding": "gzip"}
PLAIN = {"Accept": "*/*"}
TIMEOUT_S = 60


class Answer:
    """What came: seconds until its last byte, bytes on the way, text."""

    def __init__(self, seconds, response, body):
        self.seconds = seconds
        self.status = response.status
        self.bytes = len(body)
        self._body = body
        self._gzip = response.getheader("Content-Encoding") == "gzip"

    @property
    def text(self):
        """Unpacked."""
        return (gzip.decompress(self._body) if self._gzip else self._body).decode()


class Client(http.client.HTTPConnection):
    """A connection that is kept, made inside a network namespace."""

    def __init__(self, namespace, address, port):
        super().__init__(address, port, timeout=TIMEOUT_S)
        self._namespace = namespace

    def connect(self):
        self.sock = run_in(self._namespace, lambda: socket.create_connection(
            (self.host, self.port), TIMEOUT_S))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path, headers):
        """One GET; once more on a new connection if this one was closed meanwhile."""
        for last in (False, True):
            try:
                if self.sock is None:
                    self.connect()
                begin = time.perf_counter()
                self.request("GET", path, headers=headers)
                response = self.getresponse()
                body = response.read()
                return Answer(time.perf_counter() - begin, response, body)
            except (http.client.HTTPException, ConnectionError):
                self.close()
                if last:
                    raise
        return None


def exporter(scene, host, port, channel_port):
    """Debian's prometheus-bind-exporter for the named of that host, which has its own
    statistics channel at channel_port; with what it needs to show serials and failures of
    transfers, and no more."""
    process = scene.run_in(
        host, "prometheus-bind-exporter",
        f"--bind.stats-url=http://127.0.0.1:{channel_port}/", "--bind.stats-groups=server,view",
        f"--web.listen-address=127.0.0.1:{port}",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end():
        process.terminate()
        process.wait(TIMEOUT_S)

    scene.lab.defer(end)
    client = Client(scene.lab.hosts.name[host], "127.0.0.1", port)

    def answers():
        try:
            return client.get("/metrics", PLAIN).status == 200
        except OSError:
            return False

    wait_until(answers, TIMEOUT_S, "start of the exporter", poll=0.1)
    client.close()
    return process


def used_s(pid, threads=None):
    """Seconds of processor time so far, to the nanosecond: of all threads, or of these."""
    total = 0
    for task in threads or os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as inp:
                total += int(inp.read().split()[0])
        except FileNotFoundError:
            pass  # ended meanwhile
    return total / 1e9


class Every:
    """Calls a function again and again, an interval apart, in a thread of its own; its
    error is raised at the end. Use as a context."""

    def __init__(self, interval_s, function):
        self._interval_s = interval_s
        self._function = function
        self._stop = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join()
        if self._error and exc[0] is None:
            raise self._error

    def _run(self):
        due = time.monotonic()
        try:
            while not self._stop.is_set():
                self._function()
                due = max(due + self._interval_s, time.monotonic())
                self._stop.wait(due - time.monotonic())
        except Exception as error:  # pylint: disable=broad-except; raised in __exit__
            self._error = error

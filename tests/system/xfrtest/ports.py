# SPDX-License-Identifier: MPL-2.0
# Free ports, safely beside other tests that look for free ports too: a port
# is ours while we hold the lock on its file, and a bind shows that nobody
# else has it.  Ports lie below the kernel's ephemeral range.
"""Ports that no parallel test will take."""

import fcntl
import os
import random
import socket
import tempfile

PORT_MIN = 10240
PORT_MAX = 32000
PORT_TRIES = 500

_random = random.SystemRandom()


class Port:
    """A port number that is held until close()."""

    def __init__(self, addresses=("127.0.0.1",)):
        self._lock = None
        self.number = None
        directory = os.path.join(
            tempfile.gettempdir(), f"xfrtest-ports-{os.getuid()}"
        )
        os.makedirs(directory, mode=0o700, exist_ok=True)
        for _ in range(PORT_TRIES):
            number = _random.randint(PORT_MIN, PORT_MAX)
            lock = open(os.path.join(directory, str(number)), "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            if all(_is_free(address, number) for address in addresses):
                self._lock, self.number = lock, number
                return
            lock.close()
        raise RuntimeError("no free port found")

    def close(self):
        """Give the port back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _is_free(address, number):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as probe:
            try:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, number))
            except OSError:
                return False
    return True

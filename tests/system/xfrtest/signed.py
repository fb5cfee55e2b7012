# SPDX-License-Identifier: MPL-2.0
# Signed zones whose signatures begin and end when a test wants them to, made with
# BIND's own dnssec-keygen and dnssec-signzone.
"""Signed zone text."""

import os
import shutil
import subprocess
import tempfile
import time

import pytest

HOUR, DAY = 3600, 86400


def _stamp(at):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(at))


class Signer:
    """Signs one zone, again and again, with the same key."""

    def __init__(self, directory, zone):
        if not shutil.which("dnssec-signzone"):
            pytest.skip("no dnssec-signzone")
        self.zone = zone
        self.dir = tempfile.mkdtemp(prefix="sign-", dir=directory)
        self._run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone)
        self._run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", zone)

    def _run(self, *command):
        subprocess.run(command, cwd=self.dir, check=True, capture_output=True, timeout=60)

    def sign(self, text, left_s, age_s=HOUR):
        """The text, signed `age_s` ago, with signatures that end in `left_s`."""
        now = time.time()
        with open(os.path.join(self.dir, "zone"), "w", encoding="ascii") as out:
            out.write(text)
        self._run("dnssec-signzone", "-S", "-q", "-x", "-o", self.zone, "-O", "full",
                  "-s", _stamp(now - age_s), "-e", _stamp(now + left_s),
                  "-f", "signed", "zone")
        with open(os.path.join(self.dir, "signed"), encoding="ascii") as made:
            return made.read()

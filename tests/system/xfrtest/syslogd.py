# SPDX-License-Identifier: MPL-2.0
# A real syslog daemon with a /dev/log that only one named sees: that named runs in
# a mount namespace of its own, over whose /dev a directory of the test is laid.
"""rsyslogd, and a private /dev/log."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from .watch import LogWatcher, wait_until

NODES = ("null", "zero", "full", "random", "urandom", "tty")
CONFIG = """
module(load="imuxsock" SysSock.Use="off")
global(workDirectory="{dir}" maxMessageSize="64k")
template(name="fields" type="string"
         string="%syslogfacility-text%|%syslogseverity-text%|%programname%|%msg%\\n")
input(type="imuxsock" Socket="{socket}" CreatePath="off" UseSysTimeStamp="off"
      RateLimit.Interval="0")
action(type="omfile" file="{file}" template="fields")
"""
ENTER = """
set -e
mount --make-rprivate /
for node in {nodes}; do : > {dev}/$node; mount --bind /dev/$node {dev}/$node; done
mount --bind {dev} /dev
exec "$@"
"""


class Syslogd:
    """rsyslogd; `prefix` goes in front of the named that shall talk to it."""

    def __init__(self, lab, name="syslogd"):
        program = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
        if os.geteuid() != 0:
            pytest.skip("a private /dev/log needs root")
        if not os.access(program, os.X_OK):
            pytest.skip("no rsyslogd (package rsyslog)")
        self.program = program
        self.dir = os.path.join(lab.dir, name)
        self.dev = os.path.join(self.dir, "dev")
        os.makedirs(self.dev)
        os.chmod(self.dev, 0o755)
        self.socket = os.path.join(self.dev, "log")
        self.file = os.path.join(self.dir, "messages")
        self.process = None
        self._lab = lab
        lab.defer(self.close)

    @property
    def prefix(self):
        """Command that gives what it runs our /dev."""
        script = ENTER.format(nodes=" ".join(NODES), dev=self.dev)
        return ["unshare", "--mount", "sh", "-c", script, "sh"]

    def start(self):
        """Start, and wait until the socket is there."""
        config = os.path.join(self.dir, "rsyslog.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(CONFIG.format(dir=self.dir, socket=self.socket, file=self.file))
        with open(os.path.join(self.dir, "output"), "a", encoding="ascii") as output:
            self.process = subprocess.Popen(
                [self.program, "-n", "-f", config, "-i", os.path.join(self.dir, "pid")],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(self._is_up, 20, "rsyslogd's socket")
        return self

    def _is_up(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.dir, "output"), encoding="utf-8") as inp:
                raise RuntimeError("rsyslogd ended:\n" + inp.read())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
                probe.connect(self.socket)
        except OSError:
            return False
        return True

    def freeze(self):
        """Stop it, and fill its socket until nothing more goes in."""
        self._lab.defer(self.thaw)  # before the named that may wait for it is ended
        self.process.send_signal(signal.SIGSTOP)
        filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        filler.setblocking(False)
        filler.connect(self.socket)
        try:
            while True:
                filler.send(b"<15>Jan  1 00:00:00 filler: x")
        except BlockingIOError:
            pass
        finally:
            filler.close()

    def thaw(self):
        """Let it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def watch(self):
        """Watch what it writes, from its first line on."""
        return LogWatcher(self.file, from_start=True)

    def messages(self):
        """(facility, severity, program, text) of each message so far."""
        try:
            with open(self.file, encoding="utf-8", errors="replace") as inp:
                lines = inp.read().split("\n")[:-1]
        except FileNotFoundError:
            return []
        rows = [line.split("|", 3) for line in lines]
        return [(*row[:3], row[3].removeprefix(" ")) for row in rows if len(row) == 4]

    def ours(self):
        """Those of xfrwatch."""
        return [row for row in self.messages() if row[3].startswith("xfrwatch: ")]

    def stop(self):
        """End it; its socket goes too."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        try:
            os.unlink(self.socket)
        except FileNotFoundError:
            pass

    close = stop

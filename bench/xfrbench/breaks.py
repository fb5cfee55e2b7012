# SPDX-License-Identifier: MPL-2.0
# Zones that break on purpose, one after the other, and who notices when. Each has an
# address of the primary's of its own, so that it is an incident of its own and its port
# can be closed alone.
"""Breaks, and when they are known."""

import datetime
import os
import random
import re
import subprocess
import threading
import time

from xfrtest.watch import wait_until

from .scene import ZONE_FILE, zone_name
from .scrape import Every, PROMETHEUS

REFUSED = "refused"     # transfers are, by allow-transfer; the serial goes up
CLOSED = "closed"       # nobody listens at the port; the serial goes up
FIRST_HOST = {REFUSED: 100, CLOSED: 150}
NEW = 2
LATE_S = 15             # longer than anybody needs beyond his interval

LOGGING = """logging {
	channel all {
		file "named.log"; severity dynamic;
		print-time iso8601-utc; print-category yes; print-severity yes;
	};
	category default { all; };
	category unmatched { all; };
};
"""
INCIDENT = re.compile(r"^(\S+Z) .* event=(opened|diagnosed) .*?cause=(\S+)"
                      r".*? primary=(\S+)#53 ", re.M)
OWN = re.compile(r"^(\S+Z) .*(?:zone |transfer of ')((?:%s|%s)\d\d\.example)/IN.*"
                 r"(REFUSED|connection refused)$" % (REFUSED, CLOSED), re.M)
SHOWN = re.compile(r'^bind_secondary_incidents\{cause="([^"]+)",primary="([^"]+)#53"\}', re.M)
SERIAL = re.compile(r'^bind_zone_serial\{view="_default",zone_name="((?:%s|%s)\d\d\.example)"\}'
                    r' (\S+)$' % (REFUSED, CLOSED), re.M)
FAILED = re.compile(r"^bind_zone_transfer_failure_total (\S+)$", re.M)


class Break:
    """One zone's: when it began, and by key after how many seconds who knew it, with
    what cause."""

    def __init__(self, zone, address):
        self.zone = zone
        self.address = address
        self.begun = None
        self.known = {}
        self.cause = {}

    def seen(self, key, at, cause=None):
        """By the first look that shows it."""
        if self.begun is not None and at >= self.begun and key not in self.known:
            self.known[key] = at - self.begun
            if cause:
                self.cause[key] = cause


class Poller:
    """bench_soa_poller, and what it has said."""

    def __init__(self, scene, lines, interval_s):
        self._scene = scene
        self._lines = lines
        self._interval_s = interval_s
        self.zones = len(lines)
        self.process = None
        self.said = {}      # zone: when it said anything of it
        self._thread = threading.Thread(target=self._read)

    def start(self):
        """Begin with the first round."""
        program = os.path.join(os.environ.get("XFW_BENCH_PROGRAMS", "bench"),
                               "bench_soa_poller")
        self.process = self._scene.run_in(
            "B", program, self._scene.lab.hosts.address("B"), str(self._interval_s),
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._scene.lab.defer(self.close)
        self.process.stdin.write("".join(self._lines))
        self.process.stdin.close()
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            words = line.split()
            if len(words) > 2 and words[1] in ("differ", "silent"):
                self.said.setdefault(words[2], float(words[0]))

    def close(self):
        """End it."""
        self.process.terminate()
        self._thread.join()
        self.process.stdout.close()
        self.process.wait()


class Breaks:
    """The two servers of a scene with `count` zones more of each kind."""

    def __init__(self, scene, count):
        self.scene = scene
        self.hosts = scene.lab.hosts
        self._primary = self._secondary = None
        self._config = ""
        self.all = {kind: [Break(f"{kind}{i:02}.example", f"10.77.0.{first + i}")
                           for i in range(count)] for kind, first in FIRST_HOST.items()}
        for broken in self._each():
            self.hosts.ip("A", "addr", "add", broken.address + "/24", "dev", "va")
        self.hosts.sysctl("A", "net.ipv4.icmp_ratelimit", 0)

    def _each(self):
        return [broken for kind in self.all.values() for broken in kind]

    def _zones(self, refused=""):
        return "".join(
            f'zone "{b.zone}" {{ type primary; file "{b.zone}"; notify explicit; '
            f'also-notify {{ {self.hosts.address("B")}; }}; notify-source {b.address}; '
            f'{refused if b in self.all[REFUSED] else ""} }};\n' for b in self._each())

    def _write(self, broken, serial):
        self._primary.write(broken.zone, ZONE_FILE.format(serial=serial, **self.scene.soa))

    def primary(self, config):
        """Not started yet."""
        addresses = " ".join(b.address + ";" for b in self._each())
        self._primary = self.scene.primary(
            options=f"listen-on port 53 {{ {addresses} }};", config=config)
        self._config = self._primary.config
        self._primary.config += self._zones()
        for broken in self._each():
            self._write(broken, self.scene.serial)
        return self._primary

    def secondary(self, config, parameters):
        """Not started yet."""
        self._secondary = self.scene.secondary(
            parameters=parameters, logging=LOGGING, config=config + "".join(
                f'zone "{b.zone}" {{ type secondary; primaries {{ {b.address}; }}; }};\n'
                for b in self._each()))
        return self._secondary

    def poller(self, interval_s):
        """Of all zones at both servers, in random order; not started yet."""
        primary = self.hosts.address("A")
        lines = [f"{zone_name(i)} {primary}\n" for i in range(self.scene.zones)]
        lines += [f"{b.zone} {b.address}\n" for b in self._each()]
        random.shuffle(lines)
        return Poller(self.scene, lines, interval_s)

    # Breaking

    def _prepare(self, kind):
        if kind == REFUSED:
            self._primary.config = self._config + self._zones("allow-transfer { none; };")
            self._primary.reconfig()
        else:
            self.hosts.filter("A", "counter")

    def _break(self, broken, kind):
        broken.begun = time.time()
        if kind == CLOSED:
            for protocol, how in (("tcp", "reject with tcp reset"), ("udp", "reject")):
                self.hosts.run("A", "nft", "add", "rule", "inet", "xfw", "c", "ip", "daddr",
                               broken.address, protocol, "dport", "53", *how.split())
        self._write(broken, NEW)
        self._primary.rndc("reload", broken.zone)

    def run(self, kind, sizes, poller, ours, theirs, of_primary):
        """Break all of a kind within a time, at random; until they are known to everybody.
        ours, theirs: what scrapes xfrwatch and the secondary's exporter; of_primary: a
        client of the primary's."""
        found, failed = self.all[kind], []

        def look_at_ours():
            for cause, address in SHOWN.findall(ours()):
                for b in found:
                    if b.address == address:
                        b.seen("metrics", time.time(), cause)

        def look_at_theirs():
            text = theirs()
            offered = dict(SERIAL.findall(of_primary.get("/metrics", PROMETHEUS).text))
            served, now = dict(SERIAL.findall(text)), time.time()
            failed.append((now, sum(float(v) for v in FAILED.findall(text))))
            for b in found:
                if served[b.zone] != offered[b.zone]:
                    b.seen("exporters", now)

        self._prepare(kind)
        with self._secondary.watch() as log, \
                Every(sizes.scrape_interval_s, look_at_ours), \
                Every(sizes.scrape_interval_s, look_at_theirs):
            time.sleep(sizes.scrape_interval_s)
            begin = time.monotonic()
            for b, at in zip(found, sorted(
                    random.uniform(0, sizes.breaks_within_s) for _ in found)):
                time.sleep(max(0, begin + at - time.monotonic()))
                self._break(b, kind)
            self._wait_known(found, poller, sizes, log)
        _count(found, failed)
        return found

    def _wait_known(self, found, poller, sizes, log):
        wanted = {"poller", "exporters", "metrics", "log", "diagnosed"}

        def everybody():
            self._read_log(found, log)
            for b in found:
                if b.zone in poller.said:
                    b.seen("poller", poller.said[b.zone])
            return all(wanted <= b.known.keys() for b in found)

        try:
            wait_until(everybody, sizes.poll_s + LATE_S, "all breaks known", poll=0.5)
        except TimeoutError:
            pass  # the table tells of how many

    @staticmethod
    def _read_log(found, log):
        text = "\n".join(log.lines())
        for at, zone, cause in OWN.findall(text):
            for b in found:
                if b.zone == zone:
                    b.seen("named", _stamp(at), cause)
        for at, event, cause, address in INCIDENT.findall(text):
            for b in found:
                if b.address == address:
                    b.seen("log" if event == "opened" else event, _stamp(at), cause)


def _stamp(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _count(found, failed):
    """Who looks at the count of failed transfers sees it higher than before the break."""
    for b in found:
        before = max((v for at, v in failed if at < b.begun), default=0)
        for at, value in failed:
            if value > before:
                b.seen("counter", at)

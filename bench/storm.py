#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# All zones of a secondary fail at once, as their primary closes its port, and recover
# when it is back: is anything lost, how much is said, how soon, and what does it cost
# named? NOTIFYs from the primary's address make all zones due together.
"""Measure a storm of failing zones."""

import bisect
import datetime
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xfrbench.figures import Part, arguments, median, quantile  # noqa: E402
from xfrbench.scene import (ZONE_FILE, Scene, Tally,  # noqa: E402
                            monitor_thread, thread_cost, threads_s, zone_name)
from xfrtest import netns  # noqa: E402
from xfrtest.channel import Channel  # noqa: E402
from xfrtest.watch import wait_until  # noqa: E402

ZONES = int(os.environ.get("XFW_BENCH_STORM_ZONES", "100000"))
OWN = 5             # zones that have a primary's address for themselves
SMALL = 16          # secondaries with such zones only: their lines are samples
NOTIFY_RATE = 2500   # about what named takes; what it drops has to be sent again
QUERY_RATE = 5000
PAIRS = 4           # storms with and without the plugin, in turn, after the great one
PAIR_ZONES = 10000  # in each of them
STEP_S = 0.25       # of the time line
MOST = 0.99         # of the zones; of one or two the query is lost, and sent again later
CORE_S = 10
EVENT_RATES = (10000, 50000)    # the first is what the budget is for

LOAD_S = 200
STORM_S = 150
RECOVERY_S = 300
STALLED_S = 3       # nothing new for so long: notify those that are missing again

# So that the times in named's log are those at which its lines were written.
FINE = {"LD_PRELOAD": os.path.join(os.environ.get("XFW_BENCH_PROGRAMS", "."),
                                   "fineclock.so")}

LOGGING = """logging {
	channel all {
		file "named.log";
		severity dynamic;
		print-time iso8601;
		print-category yes;
		print-severity yes;
	};
	category default { all; };
	category unmatched { all; };
};
"""

FAILED = b": refresh: failure trying primary"
LOADED = b": transferred serial "
OURS = b"xfrwatch: "


# --- NOTIFY ---------------------------------------------------------------------

def notify(address, rate, names):
    """Tell a secondary of each zone on the standard input, RFC 1996, 3.7; answers are
    not read."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, 53))
        begin = time.monotonic()
        for i, name in enumerate(names):
            labels = b"".join(bytes((len(label),)) + label.encode()
                              for label in name.split("."))
            sock.send(struct.pack("!6H", i & 0xffff, 0x2400, 1, 0, 0, 0)
                      + labels + b"\0" + struct.pack("!2H", 6, 1))
            if i % 100 == 99:
                time.sleep(max(0, begin + i / rate - time.monotonic()))


# --- servers --------------------------------------------------------------------

def own_address(number):
    """Of a primary's own zone."""
    return f"10.77.0.{101 + number}"


def own_zone(number):
    """That zone's name."""
    return f"own{number}.example"


def make_primary(scene):
    """All zones; it listens at the addresses of the zones that have one, too."""
    for i in range(OWN):
        scene.lab.hosts.ip("A", "addr", "add", own_address(i) + "/24", "dev", "va")
    # Who asks a closed port is to hear of it at once, each time.
    scene.lab.hosts.sysctl("A", "net.ipv4.icmp_ratemask", 0)
    primary = scene.primary(
        options="".join(f"listen-on port 53 {{ {own_address(i)}; }}; "
                        for i in range(OWN)))
    primary.config += "".join(
        f'zone "{own_zone(i)}" {{ type primary; file "{primary.path("zone.db")}"; }};\n'
        for i in range(OWN))
    return primary


class Server:
    """One secondary and what is known of it."""

    def __init__(self, scene, number, label, plugin, zones):
        self.scene = scene
        self.label = label
        self.zones = zones
        self.channel = Channel(port=8000 + number) if plugin is not False else None
        self.named = scene.apart(scene.secondary(
            plugin=plugin, zones=zones, logging=LOGGING,
            parameters=f"statistics-channel 127.0.0.1 port {8000 + number} "
                       "allow { any; };",
            options="allow-notify { any; };", environ=FINE), number)
        if zones == 0:
            self.named.config = ""
        self.named.config += "".join(
            f'zone "{own_zone(i)}" {{ type secondary; '
            f'primaries {{ {own_address(i)}; }}; }};\n' for i in range(OWN))
        self.names = [zone_name(i) for i in range(zones)]
        for i in range(OWN):  # in between, so that they fail amid the others
            self.names.insert((i + 1) * len(self.names) // (OWN + 1), own_zone(i))
        self.offset = 0
        self.task = None

    def start(self):
        """Until it has all zones."""
        self.named.start(120)
        if self.channel:
            self.task = monitor_thread(self.named)

    def json(self):
        """The plugin's own status."""
        return netns.run_in(self.named.netns, self.channel.json)

    def mark(self):
        """Look at its log from here on."""
        self.offset = os.path.getsize(self.named.log_path)

    def log(self):
        """What it logged since."""
        with open(self.named.log_path, "rb") as inp:
            inp.seek(self.offset)
            return inp.read()

    def notify(self, names):
        """Have it refresh these zones, as fast as it can."""
        netns.run_in(self.scene.lab.hosts.name["A"],
                     lambda: notify(self.named.address, NOTIFY_RATE, names))

    def cost(self):
        """Seconds of the monitor, of named, and of that its timer thread."""
        return (thread_cost(self.named, self.task)[0] if self.task else 0,
                *threads_s(self.named))


class Queries:
    """dnsperf at a fixed rate, for as long as the context is open."""

    def __init__(self, scene, server):
        path = server.named.write("queries", "".join(
            f"www.{name} A\n" for name in server.names[:1000]))
        self.process = scene.run_in(
            "A", "dnsperf", "-s", server.named.address, "-d", path, "-l", "600",
            "-Q", str(QUERY_RATE), "-c", "10", "-T", "1", "-t", "2",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.found = {}

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.send_signal(signal.SIGINT)
        try:
            text = self.process.communicate(timeout=20)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            text = self.process.communicate()[0]
        for key, pattern in (("sent", r"Queries sent:\s+(\d+)"),
                             ("completed", r"Queries completed:\s+(\d+)"),
                             ("rate", r"Queries per second:\s+([\d.]+)"),
                             ("mean_s", r"Average Latency \(s\):\s+([\d.]+)"),
                             ("most_s", r"Average Latency.*max ([\d.]+)")):
            match = re.search(pattern, text)
            self.found[key] = float(match.group(1)) if match else float("nan")


class Timeline:
    """Samples of a server while the context is open."""

    def __init__(self, server, wanted):
        self.server = server
        self.wanted = wanted
        self.rows = []      # seconds, lines with `wanted`, monitor s, named s, failing, timer s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.begin = time.monotonic()

    def _run(self):
        tally = Tally(self.server.named.log_path, self.wanted, self.server.offset)
        while True:
            last = self._ended.is_set()
            status = self.server.json() if self.server.channel else None
            own, named, timer = self.server.cost()
            self.rows.append((time.monotonic() - self.begin, tally.count(), own, named,
                              sum(v for k, v in status["zones"].items() if k != "ok")
                              if status else 0, timer))
            if last:
                return
            self._ended.wait(STEP_S)

    def count(self):
        """How many lines there are by now."""
        return self.rows[-1][1] if self.rows else 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._ended.set()
        self._thread.join()


def names_in(text, wanted):
    """Zones of the lines with `wanted`."""
    return set(re.findall(rb"zone ([^/\s]+)/IN" + re.escape(wanted), text))


def drive(server, timeline, names, limit_s):
    """Notify, again for what is missing, until every zone had the line."""
    deadline = time.monotonic() + limit_s
    missing = names
    while missing:
        want = timeline.count() + len(missing)
        server.notify(missing)
        seen, since = -1, time.monotonic()
        while timeline.count() < want and time.monotonic() - since < STALLED_S:
            if timeline.count() != seen:
                seen, since = timeline.count(), time.monotonic()
            time.sleep(0.2)
        had = names_in(server.log(), timeline.wanted)
        missing = [n for n in names if n.encode() not in had]
        if time.monotonic() > deadline:
            raise TimeoutError(f"{server.label}: {len(missing)} zones have no line with "
                               f"{timeline.wanted}")


# --- one storm --------------------------------------------------------------------

def storm(scene, server, wanted, limit_s, others=(), names=None):
    """Notify all, or these; what it cost and what was logged."""
    before = server.json() if server.channel else None
    for one in (server, *others):
        one.mark()
    with Queries(scene, server) as queries, Timeline(server, wanted) as timeline:
        sides = [threading.Thread(target=small_storm, args=(one,)) for one in others]
        for side in sides:
            side.start()
        drive(server, timeline, names or server.names, limit_s)
        for side in sides:
            side.join()
    result = {"timeline": timeline.rows, "queries": queries.found,
              "seconds": most_of(timeline.rows)[0], "log": server.log(),
              "others": [one.log() for one in others],
              "cost": cost_of(timeline.rows)}
    if before:
        after = settled(server)
        result["recorded"] = (after["recorder"]["recorded"]
                              - before["recorder"]["recorded"])
        result["lost"] = after["recorder"]["lost"]
        kind = "failed" if wanted == FAILED else "transferred"
        result["counted"] = after["attempts"][kind] - before["attempts"][kind]
        result["zones"] = after["zones"]
        result["log"] = server.log()
    return result


def small_storm(server):
    """Its zones, one after the other, amid the big one's."""
    for name in server.names:
        time.sleep(1)
        server.notify([name])


def most_of(rows):
    """The sample by which nearly all lines had come."""
    return next(r for r in rows if r[1] >= MOST * rows[-1][1])


def cost_of(rows):
    """Until then: seconds of the monitor, of named, and of that its timer thread."""
    first, most = rows[0], most_of(rows)
    return most[2] - first[2], most[3] - first[3], most[5] - first[5]


def quiet(server):
    """A zone that was notified twice is refreshed twice: wait until none is left."""
    tally = Tally(server.named.log_path, FAILED)
    seen, since = tally.count(), time.monotonic()
    while time.monotonic() - since < STALLED_S:
        time.sleep(0.5)
        if tally.count() != seen:
            seen, since = tally.count(), time.monotonic()


def settled(server):
    """Its status, once nothing is recorded any more."""
    while True:
        before = server.json()
        time.sleep(0.5)
        after = server.json()
        if before["recorder"] == after["recorder"]:
            return after


def said(log):
    """(time, line) of our own lines."""
    return [(stamp(line), line) for line in log.splitlines() if OURS in line]


def stamp(line):
    """Seconds of a log line's time."""
    return datetime.datetime.fromisoformat(
        line[:23].decode("ascii", "replace")).timestamp()


def latencies(log, event, wanted):
    """Seconds from the line of named that caused it to our `event`: "opened": the first
    failure at that primary; "resolved": the last transfer before it."""
    found, causes, opened = [], {}, set()
    lines = log.splitlines()
    zones_of = {own_address(i): own_zone(i) for i in range(OWN)}
    for line in lines:
        if wanted in line:
            zone = re.search(rb"zone ([^/\s]+)/IN", line).group(1).decode()
            where = zone if zone.startswith("own") else ""
            causes.setdefault(where, []).append(stamp(line))
    for when, line in said(log):
        match = re.search(rb"event=" + event + rb" .* primary=([\d.]+)#53", line)
        if match is None:
            continue
        times = causes.get(zones_of.get(match.group(1).decode(), ""), [])
        if event == b"opened":
            # Only the first there: what follows has another cause, and another line.
            if times and match.group(1) not in opened:
                found.append(when - times[0])
            opened.add(match.group(1))
        elif times:
            i = bisect.bisect_right(times, when)
            if i:
                found.append(when - times[i - 1])
    return found


# --- the same in the core -----------------------------------------------------------

def core(seconds, rate):
    """The path with thousands of samples (bench_latency.c)."""
    programs = os.environ.get("XFW_BENCH_PROGRAMS", ".")
    return json.loads(subprocess.run(
        [os.path.join(programs, "bench_latency"), str(seconds), str(rate)],
        check=True, text=True, stdout=subprocess.PIPE).stdout)


# --- the part -------------------------------------------------------------------------

def variants():
    """(label, plugin) of the big secondaries."""
    found = [("with", None), ("without", False)]
    if os.environ.get("XFW_PLUGIN_BEFORE"):
        found.append(("before", os.environ["XFW_PLUGIN_BEFORE"]))
    return found


def tell_events(part, label, result, wanted, zones):
    """What was lost and what was said in a storm."""
    lines = result["log"].count(wanted)
    ours = said(result["log"])
    first = ours[0][0] if ours else 0
    part.figure(f"events lost, {label}", result["lost"], "", budget="<= 0")
    part.figure(f"lines of named that were not counted, {label}",
                abs(lines - result["counted"]), f"of {lines:,}", budget="<= 0")
    part.figure(f"our lines in the first minute, {label}",
                sum(1 for when, _ in ours if when < first + 60), "", budget="<= 20")
    part.figure(f"our lines in all, {label} of {zones:,} zones", len(ours))


def tell_cost(part, runs, title):
    """A row for each storm."""
    rows = []
    for label, r in runs:
        events = r.get("recorded", 0)
        q = r["queries"]
        rows.append((label, round(r["seconds"], 1), round(r["cost"][1], 1),
                     round(r["cost"][2], 1),
                     round(r["cost"][0], 2),
                     round(1e6 * r["cost"][0] / events, 1) if events else "",
                     round(100 * r["cost"][0] / r["seconds"], 1),
                     round(q["rate"]), round(1e3 * q["mean_s"], 2),
                     round(1e3 * q["most_s"], 1), int(q["sent"] - q["completed"])))
    part.table(title, ("plugin", "seconds to 99 %", "named, CPU s", "of it its timer thread",
                       "of it the monitor",
                       "monitor, us an event", "monitor, % of a core", "queries/s",
                       "mean latency, ms", "longest, ms", "not answered"), rows)


def tell_latency(part, kinds, inside):
    """The two ways to measure it."""
    samples = [s for _, found in kinds for s in found]
    part.table("In named's log, to the ms", ("line", "samples", "median ms", "90 % ms",
                                             "longest ms"),
               [(kind, len(found), round(1e3 * median(found)),
                 round(1e3 * quantile(found, 0.9)), round(1e3 * max(found)))
                for kind, found in kinds if found])
    if samples:
        part.figure("named's line to ours in a real storm, 99th percentile",
                    1e3 * quantile(samples, 0.99), "ms", min(samples) * 1e3,
                    max(samples) * 1e3, len(samples), budget="<= 10")
        part.figure("named's line to ours in a real storm, median",
                    1e3 * median(samples), "ms", n=len(samples))
    for rate, r in inside:
        what = f"line to line in the core, {rate:,} events/s"
        part.figure(what + ", 99th percentile", r["p99_us"] / 1e3, "ms",
                    n=r["samples"],
                    budget="<= 10" if rate == EVENT_RATES[0] else None)
        part.figure(what + ", median", r["p50_us"] / 1e3, "ms", n=r["samples"])
        part.figure(what + ", longest", r["max_us"] / 1e3, "ms", n=r["samples"])
    part.table("The core's path with other threads' events",
               ("events/s", "samples", "median us", "99 % us", "99.9 % us", "longest us",
                "lost", "monitor, us an event"),
               [(round(r["events_a_second"]), r["samples"], r["p50_us"], r["p99_us"],
                 r["p999_us"], r["max_us"], r["lost"], r["monitor_us_an_event"])
                for _, r in inside])


def tell_timeline(part, fall, rise):
    """One storm and the recovery behind it, on one axis."""
    rows = fall["timeline"]
    gap = rows[-1][0] + 5
    both = rows + [(r[0] + gap, *r[1:]) for r in rise["timeline"]]
    times, events, share, failing = [], [], [], []
    most = max(r[4] for r in both) or 1
    for a, b in zip(both, both[1:]):
        if b[1] < a[1] or b[0] - a[0] <= 0:
            continue
        times.append(b[0])
        events.append(100 * (b[1] - a[1]) / (b[0] - a[0]) / NOTIFY_RATE)
        share.append(100 * (b[2] - a[2]) / (b[0] - a[0]))
        failing.append(100 * b[4] / most)
    part.plot("bench-storm-timeline",
              "All zones fail, and recover when the primary is back", "seconds", "%",
              [(f"zones failing, of {most:,}", times, failing),
               (f"zones a second, of {NOTIFY_RATE:,}", times, events),
               ("the monitor, of a core", times, share)])


def tell_ratio(part, runs):
    """With against without, storm by storm."""
    of = {label: [r for one, r in runs if one == label] for label, _ in runs}
    pairs = min(len(of["with"]), len(of["without"]))
    part.ratio("processor time of named in a storm without its timer thread, with against "
               "without",
               [r["cost"][1] - r["cost"][2] for r in of["with"][:pairs]],
               [r["cost"][1] - r["cost"][2] for r in of["without"][:pairs]])
    part.ratio("queries answered a second in a storm, with against without",
               [r["queries"]["rate"] for r in of["with"][:pairs]],
               [r["queries"]["rate"] for r in of["without"][:pairs]])


def load(primary, servers):
    """All servers with all zones."""
    primary.start(120)
    for server in servers:
        server.start()
        loaded = Tally(server.named.log_path, LOADED)
        wait_until(lambda t=loaded, s=server: t.count() >= len(s.names),
                   LOAD_S, f"zones of {server.label}", 0.5)


def measure(part, zones, pairs, small):
    """Load, fail, fail again, recover."""
    with Scene(zones) as scene:
        primary = make_primary(scene)
        big = [Server(scene, i + 1, label, plugin, zones)
               for i, (label, plugin) in enumerate(variants())]
        side = [Server(scene, 10 + i, f"small {i}", None, 0) for i in range(small)]
        load(primary, big + side)
        settled(big[0])
        primary.stop()
        fall = storm(scene, big[0], FAILED, STORM_S, side)
        quiet(big[0])
        runs = []
        for n in range(pairs):
            names = [zone_name(i) for i in range(n * PAIR_ZONES, (n + 1) * PAIR_ZONES)
                     if i < zones] or big[0].names
            for server in (big, big[::-1])[n % 2]:
                runs.append((server.label, storm(scene, server, FAILED, STORM_S,
                                                 names=names)))
        primary.write("zone.db", ZONE_FILE.format(serial=2, **scene.soa))
        primary.start(120)
        rise = storm(scene, big[0], LOADED, RECOVERY_S, side)
        tell_events(part, "all fail", fall, FAILED, zones)
        tell_events(part, "all recover", rise, LOADED, zones)
        part.figure("zones known to fail when all do", fall["zones"]["failing"],
                    f"of {zones + OWN:,}", budget=f">= {zones + OWN}")
        part.figure("zones known to be well when all are",
                    rise["zones"]["ok"], f"of {zones + OWN:,}",
                    budget=f">= {zones + OWN}")
        tell_cost(part, [("with, all fail", fall), ("with, all recover", rise), *runs],
                  f"Storm by storm; the pairs are of {min(PAIR_ZONES, zones):,} zones")
        tell_ratio(part, runs)
        tell_timeline(part, fall, rise)
        return [("opened, the big secondary", latencies(fall["log"], b"opened", FAILED)),
                ("opened, small ones", [s for log in fall["others"]
                                        for s in latencies(log, b"opened", FAILED)]),
                ("resolved, the big secondary",
                 latencies(rise["log"], b"resolved", LOADED)),
                ("resolved, small ones", [s for log in rise["others"]
                                          for s in latencies(log, b"resolved", LOADED)])]


def main():
    """Measure, tell."""
    options = arguments(__doc__)
    part = Part(
        "storm", "Storm", "What happens when all zones fail at once?",
        f"Secondaries with {ZONES:,} zones each, with and without the plugin; all zones "
        f"are transferred, then the primary stops, so that its port is closed (UDP and "
        f"TCP refused), and NOTIFYs from its address, {NOTIFY_RATE:,} a second, make all "
        "zones due together; serial-query-rate is 10000. dnsperf asks "
        f"{QUERY_RATE:,} queries a second meanwhile. After the "
        "storm of all zones of the one with the plugin there are smaller ones, of "
        f"{PAIR_ZONES:,} zones, at the two in turn; then the primary comes back with new "
        "serials, and the one with the plugin transfers everything anew. Events are "
        "counted by the statistics channel, and lines in named's log. Latency is the "
        "difference of the times (ms) in named's log between the line of named and ours, "
        "of the "
        f"incidents of the big secondary and of {SMALL} small ones that fail at the "
        "same time; and from the line to the host's log function in bench_latency, "
        "where the real classifier, ring and monitor run without named and the wall "
        "clock is sped up, so that 20 lines a minute give thousands of samples.",
        ("bind9", "dnsperf"))
    zones, pairs, small, seconds = ((200, 1, 1, 1) if options.quick
                                    else (ZONES, PAIRS, SMALL, CORE_S))
    inside = [(rate, core(seconds, rate)) for rate in EVENT_RATES]
    kinds = measure(part, zones, pairs, small)
    tell_latency(part, kinds, inside)
    part.note("named reads the time of its log lines from a coarse clock, in steps of 4 ms; "
              "here, in all variants, from a fine one (bench/fineclock.c is preloaded). "
              "When one SOA query of a storm is lost, named asks again only after five "
              "seconds, with the plugin and without, and its timer thread runs meanwhile: "
              "so time and processor time are those until 99 % of the zones have failed, "
              "and the latter is compared without that thread.")
    part.save()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# xfrwatch beside what one would use without it: Debian's prometheus-bind-exporter, and a
# poller that asks every zone's SOA at both servers. All at once on the same two nameds.
"""What a scrape costs, what watching costs a minute, and how soon a break is known."""

import os
import random
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xfrbench.breaks import Breaks, CLOSED, REFUSED  # noqa: E402
from xfrbench.figures import Part, arguments, interval, median, quantile  # noqa: E402
from xfrbench.scene import Scene, monitor_thread, zone_name  # noqa: E402
from xfrbench.scrape import Client, Every, PLAIN, PROMETHEUS, exporter, used_s  # noqa: E402
from xfrtest.watch import wait_until  # noqa: E402

XFRWATCH, NAMED, EXPORTER = 8054, 8053, 9119    # ports
QUERIES_PER_S = 2000
SCRAPE_INTERVAL_S = 15
SETTLE_S = 0.03     # what a process does when its answer is gone

OURS = "xfrwatch /metrics"
OURS_ALL = "xfrwatch /metrics, every zone"
OURS_LIST = "xfrwatch zone list"
THEIRS = "bind-exporter"
NAMED_LIST = "named's zone list"
AGAIN = ", again"    # what is equal: the noise
NOTHING = "nothing"

#            port, path, as whom
SCRAPES = {
    OURS: (XFRWATCH, "/metrics", PROMETHEUS),
    OURS + AGAIN: (XFRWATCH, "/metrics", PROMETHEUS),
    "xfrwatch /metrics, plain text": (XFRWATCH, "/metrics", PLAIN),
    OURS_ALL: (XFRWATCH, "/metrics?zones=all", PROMETHEUS),
    OURS_LIST: (XFRWATCH, "/json/v1/zones?limit=1000000", PLAIN),
    THEIRS: (EXPORTER, "/metrics", PROMETHEUS),
    "bind-exporter, plain text": (EXPORTER, "/metrics", PLAIN),
    NAMED_LIST: (NAMED, "/json/v1/zones", PLAIN),
}
LOADS = (NOTHING, NOTHING + AGAIN, OURS, OURS_ALL, THEIRS, NAMED_LIST)

METHOD = """\
Two nameds in network namespaces of one machine; the secondary has xfrwatch with its channel
and named's own statistics-channels. Everybody scrapes as Prometheus does (OpenMetrics, gzip,
one connection that is kept) unless it says "plain text"; the exporter runs beside named with
`--bind.stats-groups=server,view`, the least that shows serials and failed transfers. Scrapes go
in turn; processor time is the kernel's (schedstat), to the nanosecond: of named without the
monitor's thread, of that thread, of the exporter. Latency: `dnsperf -v -Q 2000 -c 16`, each
answer's round trip, while one of them is scraped once a second, in turn. The poller
(`bench/bench_soa_poller.c`) is written to be as cheap as one can be: C, ready-made questions,
`sendmmsg`, ten wake-ups a second; it asks all zones at both servers once a minute, evenly
spread. A break: the primary gets a new serial of one zone and says so by NOTIFY, and either
answers its transfer with REFUSED (allow-transfer) or no longer takes anything at the port
(packet filter: TCP reset and ICMP port unreachable, as the kernel does where nobody listens).
Each broken zone has an address of the primary's of its own and breaks at a random time; the
poller, two exporters (one at each server, every 15 s) and xfrwatch watch at the same time. Time
runs from before the commands that break it, `rndc reload` at the primary among them."""


class Sizes:
    """How much of each."""

    def __init__(self, quick):
        self.zones = 200 if quick else 10000
        self.scrapes = 3 if quick else 25
        self.load_rounds = 1 if quick else 3
        self.load_s = 0.5 if quick else 5
        self.window_s = 1 if quick else 20
        # Of each kind; xfrwatch says at most 20 lines a minute, two or three of each.
        self.breaks = 2 if quick else 6
        self.breaks_within_s = 1 if quick else 30
        self.poll_s = 3 if quick else 60
        self.scrape_interval_s = 1 if quick else SCRAPE_INTERVAL_S


class Bench:
    """The two nameds, with all that listens."""

    def __init__(self, scene, sizes):
        self.scene = scene
        self.sizes = sizes
        self.zones = sizes.zones + 2 * sizes.breaks
        self.namespace = scene.lab.hosts.name["B"]
        self.breaks = Breaks(scene, sizes.breaks)
        self.primary = self.breaks.primary(
            f"statistics-channels {{ inet 127.0.0.1 port {NAMED} allow {{ 127.0.0.1; }}; }};\n")
        self.primary.start()
        self.secondary = self.breaks.secondary(
            f"statistics-channels {{ inet 127.0.0.1 port {NAMED} allow {{ 127.0.0.1; }}; }};\n",
            f"log yes; statistics-channel 127.0.0.1 port {XFRWATCH} allow {{ 127.0.0.1; }};")
        self.secondary.start()
        self.monitor = monitor_thread(self.secondary)
        self.clients = {name: Client(self.namespace, "127.0.0.1", port)
                        for name, (port, _path, _headers) in SCRAPES.items()}
        self.exporter = exporter(scene, "B", EXPORTER, NAMED)
        self.exporter_of_primary = exporter(scene, "A", EXPORTER, NAMED)

    def wait_transferred(self):
        """Until xfrwatch knows every zone to be well."""
        line = re.compile(r'^bind_secondary_zones\{view="_default",state="ok"\} (\d+)$', re.M)
        wait_until(lambda: int(line.search(self.scrape(OURS).text).group(1)) == self.zones,
                   180, "transfer of all zones", poll=0.2)

    def scrape(self, name):
        """Once, as told in SCRAPES."""
        _port, path, headers = SCRAPES[name]
        answer = self.clients[name].get(path, headers)
        assert answer.status == 200, name
        return answer

    def used(self):
        """Seconds of the processor: named without the monitor, monitor, exporter, primary."""
        pid = self.secondary.process.pid
        monitor = used_s(pid, [self.monitor])
        return (used_s(pid) - monitor, monitor, used_s(self.exporter.pid),
                used_s(self.primary.process.pid))


def less(after, before):
    """Element by element."""
    return [round(a - b, 9) for a, b in zip(after, before)]


# One scrape

def scrapes(bench):
    """{name: [(seconds, bytes, [CPU of named, monitor, exporter, primary]) ...]}, in turn."""
    found = {name: [] for name in SCRAPES}
    for name in SCRAPES:
        bench.scrape(name)
    for _ in range(bench.sizes.scrapes):
        for name in random.sample(list(SCRAPES), len(SCRAPES)):
            time.sleep(SETTLE_S)
            before = bench.used()
            answer = bench.scrape(name)
            time.sleep(SETTLE_S)
            found[name].append((answer.seconds, answer.bytes, less(bench.used(), before)))
    return found


def bytes_from_named(bench):
    """What the exporter reads of named for one scrape, TCP and IP headers (2 %) with it."""
    hosts = bench.scene.lab.hosts
    hosts.filter("B", f"tcp sport {NAMED} counter", hook="output")
    bench.scrape(THEIRS)
    said = hosts.run("B", "nft", "list", "ruleset")
    hosts.unfilter("B")
    return int(re.search(r"counter packets \d+ bytes (\d+)", said).group(1))


def report_scrapes(part, bench, found):
    """Figures, table and plot; returns {name: (CPU of named, monitor, exporter)}, medians."""
    cost, rows = {}, []
    read = bytes_from_named(bench)
    for name, runs in found.items():
        times = [seconds * 1e3 for seconds, _size, _cpu in runs]
        cpu = [median([run[2][i] * 1e3 for run in runs]) for i in range(3)]
        # It collects its garbage when it likes: only the mean is true.
        cpu[2] = sum(run[2][2] for run in runs) / len(runs) * 1e3
        cost[name] = cpu
        size = median([run[1] for run in runs])
        rows.append((name, median(times), quantile(times, 0.95), size,
                     read if "exporter" in name else 0, *cpu, sum(cpu)))
    part.table(f"One scrape, {bench.zones} zones, all of them well",
               ("what", "time, ms", "95 % within, ms", "bytes to the scraper",
                "bytes from named to the exporter", "CPU of named, ms",
                "CPU of the monitor, ms", "CPU of the exporter, ms", "CPU in all, ms"), rows)
    times = {name: [run[0] for run in runs] for name, runs in found.items()}
    used = {name: [sum(run[2][:3]) for run in runs] for name, runs in found.items()}
    for name in (OURS, OURS_ALL):
        part.ratio(f"time of one scrape, {name} : bind-exporter", times[name], times[THEIRS],
                   same=(times[OURS + AGAIN], times[OURS]))
        part.ratio(f"CPU of one scrape (named, monitor, exporter), {name} : bind-exporter",
                   used[name], used[THEIRS], same=(used[OURS + AGAIN], used[OURS]))
    for name in (OURS, THEIRS):
        ms = [seconds * 1e3 for seconds in times[name]]
        part.figure(f"time of one scrape, {name}", median(ms), "ms", *interval(ms), len(ms))
        ms = [run[2][0] * 1e3 for run in found[name]]
        part.figure(f"CPU of named's own threads for one scrape, {name}", median(ms), "ms",
                    *interval(ms), len(ms))
    plot_scrapes(part, {row[0]: row for row in rows})
    return cost


def plot_scrapes(part, rows):
    """Bars."""
    titles = ("CPU of named's\nthreads, ms", "CPU in all, ms", "time, ms",
              "kB to the\nscraper")
    part.plot("bench-alternatives-scrape", "One scrape of a secondary's zones",
              "", "milliseconds or kilobytes",
              [(name, titles, [round(v, 2) for v in (row[5], row[8], row[1], row[3] / 1e3)])
               for name, row in ((n, rows[n]) for n in (OURS, OURS_ALL, THEIRS))],
              kind="bars", logy=True)


# Queries meanwhile

def latencies(bench, questions, name):
    """Milliseconds of each answer while `name` is scraped once a second; lost ones."""
    seconds = bench.sizes.load_s
    command = ("dnsperf", "-s", bench.secondary.address, "-d", questions, "-v", "-t", "2",
               "-Q", str(QUERIES_PER_S), "-c", "16", "-T", "1", "-l", str(seconds))
    with bench.scene.run_in("A", *command, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL) as process:
        if name not in SCRAPES:
            said = process.communicate()[0]
        else:
            with Every(1, lambda: bench.scrape(name)):
                said = process.communicate()[0]
    assert process.returncode == 0, said[-500:]
    lost = int(re.search(r"Queries lost:\s+(\d+)", said).group(1))
    return [float(s) * 1e3 for s in re.findall(r"^> \S+ \S+ A ([0-9.]+)$", said, re.M)], lost


def under_load(part, bench):
    """Each load in turn, several times."""
    questions = bench.secondary.write("questions", "".join(
        f"www.{zone_name(i)} A\n"
        for i in random.sample(range(bench.sizes.zones), bench.sizes.zones)))
    found = {name: [] for name in LOADS}
    for _ in range(bench.sizes.load_rounds):
        for name in random.sample(LOADS, len(LOADS)):
            found[name].append(latencies(bench, questions, name))
    rows = []
    for name, runs in found.items():
        times = [t for run, _lost in runs for t in run]
        rows.append((name, len(times), sum(lost for _run, lost in runs),
                     quantile(times, 0.5), quantile(times, 0.99), quantile(times, 0.999),
                     max(times), median([max(run) for run, _lost in runs])))
    part.table(f"Queries at {QUERIES_PER_S} a second, round trip in ms, while it is scraped "
               "once a second",
               ("scraped", "queries", "lost", "half within", "99 % within", "99.9 % within",
                "longest", "longest, median of runs"), rows)
    # Round by round, so that one in which the machine was busy does not decide.
    within = {name: [quantile(run, 0.99) for run, _lost in runs]
              for name, runs in found.items()}
    added = {name: median(less(within[name], within[NOTHING])) for name in LOADS}
    for name in (OURS, OURS_ALL, THEIRS):
        part.figure(f"time within which 99 % of queries are answered, with {name} scraped "
                    "each second, less that without", added[name], "ms",
                    n=bench.sizes.load_rounds, noise=f"{added[NOTHING + AGAIN]:.3f} ms")


# A minute

def minute(part, bench, poller, cost):
    """What each costs a minute: measured for a while, with nobody polling and with the
    poller, and scaled."""
    seconds = bench.sizes.window_s
    scale = 60 / seconds
    polls = 60 / bench.sizes.poll_s
    scraped = 60 / SCRAPE_INTERVAL_S
    before = bench.used()
    time.sleep(seconds)
    idle = less(bench.used(), before)
    poller.start()
    time.sleep(1)
    before, own = bench.used(), used_s(poller.process.pid)
    time.sleep(seconds)
    polled = less(bench.used(), before)
    own = used_s(poller.process.pid) - own
    rows = [
        ("xfrwatch: its thread, and a scrape each 15 s",
         scraped * cost[OURS][0], idle[1] * scale * 1e3 + scraped * cost[OURS][1], 0, 0),
        ("bind-exporter at the secondary, each 15 s",
         scraped * cost[THEIRS][0], scraped * cost[THEIRS][2], 0, 0),
        ("poller: each zone at both servers once a minute",
         max(0, polled[0] - idle[0]) * scale * 1e3, own * scale * 1e3,
         max(0, polled[3] - idle[3]) * scale * 1e3, 4 * poller.zones * polls),
    ]
    part.table("Watching for a minute, processor time in ms",
               ("what", "threads of named at the secondary", "monitor, exporter or poller",
                "named at the primary", "DNS packets", "in all"),
               [(*row, sum(row[1:4])) for row in rows])
    totals = [sum(row[1:4]) for row in rows]
    part.figure("CPU of watching for a minute, xfrwatch", totals[0], "ms")
    part.figure("CPU of watching for a minute, xfrwatch : bind-exporter",
                totals[0] / totals[1], "ratio")
    part.figure("CPU of watching for a minute, xfrwatch : poller", totals[0] / totals[2],
                "ratio")


# Knowing

# Who knows: key, in words, in the plot.
KNOWN = (
    ("named", "named itself, line in the log", None),
    ("log", "xfrwatch, line in the log", "xfrwatch, log: cause"),
    ("diagnosed", "xfrwatch, cause checked with the primary", "xfrwatch, log: cause checked"),
    ("metrics", "xfrwatch, /metrics each 15 s", "xfrwatch, /metrics: cause"),
    ("poller", "poller, each zone once a minute", "poller: serials"),
    ("exporters", "bind-exporter at both servers each 15 s, serials compared",
     "bind-exporter at both: serials"),
    ("counter", "bind-exporter at the secondary each 15 s, failed transfers", None),
)


def knowing(part, bench, poller):
    """Both kinds of breaks; figures, table, plot."""
    rows, known = [], {}
    for kind, title in ((REFUSED, "transfers refused"), (CLOSED, "port closed")):
        found = bench.breaks.run(
            kind, bench.sizes, poller,
            lambda: bench.scrape(OURS).text, lambda: bench.scrape(THEIRS).text,
            Client(bench.scene.lab.hosts.name["A"], "127.0.0.1", EXPORTER))
        for key, what, label in KNOWN:
            times = [b.known[key] for b in found if key in b.known]
            known[kind, key] = times
            causes = sorted({b.cause[key] for b in found if key in b.cause})
            rows.append((title, what, f"{len(times)} of {len(found)}",
                         *((median(times), min(times), max(times)) if times else ("-",) * 3),
                         ", ".join(causes) or "none"))
            if times and label:
                part.figure(f"{title}: known after, {what}", median(times), "s",
                            *interval(times), len(times))
    part.table("From the break to knowing it, in seconds",
               ("break", "who", "breaks noticed", "median", "first", "last",
                "cause that it names"), rows)
    part.plot("bench-alternatives-detect", "From the break to knowing it",
              "seconds since the break", "share of the breaks that are known",
              [(label, *steps(known[REFUSED, key] + known[CLOSED, key],
                              2 * bench.sizes.breaks))
               for key, _what, label in KNOWN if label],
              kind="steps", logx=True)


def steps(times, count):
    """How many were known by then."""
    ordered = sorted(times)
    shares = [i / count for i in range(len(ordered) + 1)]
    return (ordered[:1] + ordered, shares) if ordered else ([], [])


def main():
    """All of it, on the same two servers."""
    sizes = Sizes(arguments(__doc__).quick)
    part = Part("alternatives", "Beside the alternatives",
                "What do the other ways to watch a secondary's zones cost, and when do they "
                "notice?", METHOD,
                ("bind9", "prometheus-bind-exporter", "dnsperf"))
    with Scene(sizes.zones, refresh=3600, retry=3600) as scene:
        bench = Bench(scene, sizes)
        bench.wait_transferred()
        cost = report_scrapes(part, bench, scrapes(bench))
        under_load(part, bench)
        poller = bench.breaks.poller(sizes.poll_s)
        minute(part, bench, poller, cost)
        knowing(part, bench, poller)
    notes(part)
    part.save()


def notes(part):
    """What must be known to read the figures."""
    part.note("The poller and the exporters see that serials differ. That is so, too, "
              "during each transfer that goes well: an alert has to wait longer than any of "
              "those takes, minutes as a rule, which is not counted here. Neither knows a "
              "cause.")
    part.note("named's own line and xfrwatch's are in the same log, with times in steps of "
              "4 ms; what lies before both is the primary's reload and its NOTIFY.")
    part.note("With the port closed no transfer is tried, so that the count of failed "
              "transfers, the one metric of the exporter's that speaks of failures, stays as "
              "it is; it is the server's, and names no zone.")


if __name__ == "__main__":
    main()

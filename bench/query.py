#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# The query path: what xfrwatch costs the answering of queries, in queries a second, in
# processor time a query and in instructions a query, in peace and while thousands of
# zones fail. Needs root, dnsperf, valgrind and XFW_PLUGIN. XFW_PLUGIN_BEFORE: another
# build, whose instructions are counted beside.
"""Measure queries with and without the plugin."""

import http.client
import os
import re
import statistics
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import dns.exception  # noqa: E402
import dns.rcode  # noqa: E402

from xfrbench import callgrind, figures, scene  # noqa: E402
from xfrtest.lab import Named  # noqa: E402
from xfrtest.netns import run_in  # noqa: E402
from xfrtest.watch import wait_until  # noqa: E402

ROUNDS = 60
SECONDS = 1         # of each measurement
SETTLE_S = 0.9      # from the first answer: what a start costs is not what a query costs
MOST_S = 810        # for all rounds: on a slow machine there are fewer
NAMED_CORE, CLIENT_CORE = "0", "1"
FIXED_RATE = 60000  # queries a second: below what the slowest of these machines answers
FIXED_QUERIES = 20000
STORM_ZONES = 1000
STORM_RATE = 250    # serial-query-rate; 100,000 zones with a retry of 500 s fail so often
STORM_LINES = 100   # seen before the measured second begins
CHANNEL_PORT = 8054
SCRAPES = ((0.25, "/metrics"), (0.75, "/json/v1/status"))  # seconds into the second
START_S = 20
POLL_S = 0.004
ANSWER_S = 0.02       # a query that came too early is lost: not longer

QUESTIONS = ("www.zone0000000.example A\n", "zone0000000.example SOA\n",
             "ns.zone0000000.example A\n", "none.zone0000000.example A\n")
FAILURE = b": refresh: failure trying primary "

CALLGRIND_STARTS = 2
CALLGRIND_PASSES = 2
CALLGRIND_FEW, CALLGRIND_MANY = 2000, 8000  # queries; their difference is what counts
CALLGRIND_WARM = 2000
CALLGRIND_LINES = 800  # of the storm

METHOD = (
    "named -n 1 on core 0 with one small primary zone, dnsperf -c 1 -T 1 -q 100 on core 1, one "
    "second each. Every named is started anew for every measurement; each round measures all "
    "variants, in an order that moves on by one from round to round, and each ratio is one of "
    "two measurements of the same round. Processor time is that of all of named's threads, to "
    "the nanosecond, over the queries answered: at the limit, and at {rate:,} queries a second. "
    "The storm: {zones:,} secondary zones, loaded from files, with refresh and retry of one "
    "second, of a primary whose port is closed, so that named fails at its own pace "
    "(serial-query-rate {serial:,}: somewhat more often than 100,000 zones whose retry is 500 "
    "seconds, named's least if it is not told otherwise); the second that is measured begins "
    "after {lines} failures, when most zones are yet to fail for the first time. With the "
    "storm xfrwatch's /metrics and /json/v1/status are each fetched once in that second. "
    "All threads of xfrwatch are kept on named's core, so that nothing of its work is hidden on "
    "another. Instructions: "
    "valgrind --tool=callgrind --separate-threads=yes, {many:,} queries less {few:,} in the same "
    "process, so that what is not of a query cancels out; of the thread that answers."
)


class Variant:
    """One named to be measured over and over; `results` has one dict for each time."""

    def __init__(self, bench, label, plugin, storm=False, scrape=False, fixed=False):
        self.label, self.plugin = label, plugin
        self.storm, self.scrape, self.fixed = storm, scrape, fixed
        self.results = []
        self.bench = bench
        self.server = bench.server(plugin, storm, scrape)

    def column(self, key):
        """What was measured, round by round."""
        return [result[key] for result in self.results]

    def measure(self):
        """Start, one second of queries, stop."""
        server = self.server
        for name in ("named.log", "startup.log"):
            if os.path.exists(server.path(name)):
                os.unlink(server.path(name))
        server.spawn()
        try:
            self.bench.wait_answer(server)
            time.sleep(SETTLE_S)
            if self.storm:
                wait_until(lambda: self.bench.failures(server)[0] >= self.bench.storm_lines,
                           START_S, "failing zones", 0.02)
            result = self._busy()
            if self.fixed:
                result["fixed_cpu"] = self._at_fixed_rate()
        finally:
            server.stop()
        self.results.append(result)

    def _busy(self):
        """At the limit."""
        server = self.server
        monitor = scene.monitor_thread(server) if server.plugin else None
        scraper = Scraper(server, self.scrape)
        own = scene.thread_cost(server, monitor)[0] if monitor else 0
        lines, at = self.bench.failures(server)
        cpu, begin = process_cpu_s(server), time.monotonic()
        with scraper:
            answered, rate, lost = self.bench.ask("-l", str(SECONDS))
        cpu, took = process_cpu_s(server) - cpu, time.monotonic() - begin
        lines = self.bench.failures(server, at)[0]
        own = (scene.thread_cost(server, monitor)[0] - own) if monitor else 0
        return {"rate": rate, "cpu": cpu / answered, "lost": lost, "lines": lines / took,
                "monitor": own / took, "scrape": scraper.took}

    def _at_fixed_rate(self):
        cpu = process_cpu_s(self.server)
        answered = self.bench.ask("-Q", str(FIXED_RATE), "-n",
                                  str(FIXED_QUERIES // len(QUESTIONS)))[0]
        return (process_cpu_s(self.server) - cpu) / answered


class Scraper:
    """A client that fetches the plugin's pages during the second; does nothing unless
    `active`. took: path to seconds."""

    def __init__(self, server, active):
        self.took = {}
        self._server = server
        self._thread = threading.Thread(target=run_in, args=(server.netns, self._run))
        self._active = active

    def __enter__(self):
        if self._active:
            self._thread.start()
        return self

    def __exit__(self, *_exc):
        if self._active:
            self._thread.join()

    def _run(self):
        begin = time.monotonic()
        for at_s, path in SCRAPES:
            time.sleep(max(0, begin + at_s - time.monotonic()))
            start = time.monotonic()
            connection = http.client.HTTPConnection(self._server.address, CHANNEL_PORT,
                                                    timeout=START_S)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            if answer.status != 200 or not body:
                raise RuntimeError(f"{path}: status {answer.status}, {len(body)} bytes")
            self.took[path] = time.monotonic() - start


class Bench:
    """The host on which all variants live, and its client."""

    def __init__(self, stage, storm_zones, storm_lines):
        self.lab = stage.lab
        self.host = self.lab.hosts.name["B"]
        self.address = self.lab.hosts.address("B")
        self.storm_zones, self.storm_lines = storm_zones, storm_lines
        self.questions = os.path.join(self.lab.dir, "questions")
        with open(self.questions, "w", encoding="ascii") as out:
            out.writelines(QUESTIONS)
        self._servers = 0

    def server(self, plugin, storm=False, scrape=False, **kwargs):
        """A named with one zone of its own, not started."""
        self._servers += 1
        parameters = (f"statistics-channel {self.address} port {CHANNEL_PORT} "
                      "allow { any; };" if scrape else "")
        kwargs.setdefault("prefix", ["taskset", "-c", NAMED_CORE])
        server = Named(self.lab.dir, f"named{self._servers}", plugin=plugin, port=53,
                       address=self.address, netns=self.host, parameters=parameters,
                       arguments=["-n", "1"], **kwargs)
        self.lab.defer(server.close)
        server.write("zone.db", scene.ZONE_FILE.format(serial=1, refresh=86400, retry=86400,
                                                       expire=2419200))
        server.config = (f'zone "{scene.zone_name(0)}" {{ type primary; file "zone.db"; }};\n')
        if storm:
            self._add_storm(server)
        return server

    def _add_storm(self, server):
        """Zones of a primary whose port is closed: nothing listens in this host but named."""
        file = server.write("failing.db", scene.ZONE_FILE.format(serial=1, refresh=1, retry=1,
                                                                 expire=2419200))
        os.mkdir(server.path("zones"))
        numbers = range(1, self.storm_zones + 1)
        for number in numbers:
            os.link(file, server.path("zones", str(number)))
        server.config += "".join(
            f'zone "{scene.zone_name(n)}" {{ type secondary; masterfile-format text; '
            f'file "zones/{n}"; primaries port 1 {{ 127.0.0.1; }}; }};\n' for n in numbers)
        server.options = (f"serial-query-rate {STORM_RATE}; use-alt-transfer-source no; "
                          "min-refresh-time 1; max-refresh-time 1; min-retry-time 1; "
                          "max-retry-time 1;")

    @staticmethod
    def wait_answer(server, timeout=START_S):
        """Wait until it answers for its zone."""

        def answers():
            if not server.running:
                raise RuntimeError(f"{server.name} ended: " + server.read("startup.log")
                                   + server.read("stderr"))
            try:
                answer = server.query(scene.zone_name(0), timeout=ANSWER_S)
            except (OSError, dns.exception.DNSException):
                return False
            return answer.rcode() == dns.rcode.NOERROR

        wait_until(answers, timeout, f"an answer of {server.name}", POLL_S)

    @staticmethod
    def failures(server, offset=0):
        """How often a zone failed, as its log says, from `offset` on; and where it ends."""
        try:
            with open(server.log_path, "rb") as inp:
                inp.seek(offset)
                text = inp.read()
        except FileNotFoundError:
            return 0, 0
        return text.count(FAILURE), offset + len(text)

    def ask(self, *limit):
        """dnsperf: queries answered, queries a second, queries lost."""
        out = self.lab.hosts.run(
            "B", "taskset", "-c", CLIENT_CORE, "dnsperf", "-s", self.address, "-p", "53",
            "-d", self.questions, "-c", "1", "-T", "1", "-q", "100", *limit)
        answered, lost, rate = (
            float(re.search(rf"^\s*{name}:\s+([0-9.]+)", out, re.M).group(1))
            for name in ("Queries completed", "Queries lost", r"Queries per second"))
        return int(answered), rate, int(lost)


def process_cpu_s(server):
    """Seconds of processor time of all its threads, to the nanosecond."""
    clock = (~server.process.pid << 3) | 2  # clock_getcpuclockid(3)
    return time.clock_gettime(clock)


# Instructions

class Counted:
    """A named within callgrind, as a context; with the storm, if that is wanted."""

    def __init__(self, bench, plugin, storm=False):
        self.bench = bench
        self.callgrind = callgrind.Callgrind(
            os.path.join(bench.lab.dir, f"callgrind-{time.monotonic_ns()}"))
        self.server = bench.server(plugin, storm, prefix=[
            "taskset", "-c", NAMED_CORE, *self.callgrind.prefix])

    def __enter__(self):
        self.server.spawn()
        self.bench.wait_answer(self.server, 3 * START_S)
        self.callgrind.on(self.server.process)
        self.ask(CALLGRIND_WARM)
        return self

    def __exit__(self, *_exc):
        self.server.stop()

    def ask(self, queries):
        """That many queries, and what they took."""
        answered = self.bench.ask("-n", str(queries // len(QUESTIONS)))[0]
        if answered != queries:
            raise RuntimeError(f"{answered} answers to {queries} queries")
        return self.take()

    def take(self):
        """Instructions since the last call: of the thread that answers and maintains zones,
        all and those within xfrwatch's code; and of xfrwatch's own thread."""
        threads = sorted(self.callgrind.take(self.server.process),
                         key=lambda thread: -sum(thread.values()))

        def ours(thread):
            return sum(n for name, n in thread.items() if "xfrwatch" in name)

        return (sum(threads[0].values()), ours(threads[0]),
                sum(sum(thread.values()) for thread in threads[1:] if ours(thread)))

    def a_query(self, few, many):
        """The same for one query, but for xfrwatch's thread."""
        less, more = self.ask(few), self.ask(many)
        return [(b - a) / (many - few) for a, b in zip(less[:2], more[:2])]

    def a_failure(self, lines):
        """The same for one failure of the storm."""
        failures = self.bench.failures
        wait_until(lambda: failures(self.server)[0] >= self.bench.storm_lines, 3 * START_S,
                   "failing zones", 0.1)
        self.take()
        at = failures(self.server)[1]
        wait_until(lambda: failures(self.server, at)[0] >= lines, 3 * START_S,
                   f"{lines} failures", 0.1)
        found = failures(self.server, at)[0]
        return [count / found for count in self.take()]


def count_instructions(bench, plugins, starts, passes, few, many):
    """Label to a list of (all, xfrwatch's own) instructions a query."""
    found = {label: [] for label, _ in plugins}
    for _ in range(starts):
        for label, plugin in plugins:
            with Counted(bench, plugin) as counted:
                for _ in range(passes):
                    found[label].append(counted.a_query(few, many))
    return found


def count_storm(bench, plugins, lines):
    """Label to instructions a failure: all of named's, xfrwatch's there, its thread's."""
    found = {}
    for label, plugin in plugins:
        with Counted(bench, plugin, storm=True) as counted:
            found[label] = counted.a_failure(lines)
    return found


# The report

def tell_ratios(part, variants):
    """The budgets."""
    without, again, loaded, storm, both = variants
    for what, key, budget in (
            ("queries a second", "rate", ">= 0.99"),
            ("processor time a query", "cpu", "<= 1.01")):
        noise = (again.column(key), without.column(key))
        part.ratio(f"{what}, with / without", loaded.column(key), without.column(key),
                   budget, same=noise)
        part.ratio(f"{what} while {storm.bench.storm_zones:,} zones fail, scraped, "
                   "with / without", both.column(key), storm.column(key), budget, same=noise)
    key = "fixed_cpu"
    part.ratio(f"processor time a query at {FIXED_RATE:,} queries a second, with / without",
               loaded.column(key), without.column(key), "<= 1.01",
               same=(again.column(key), without.column(key)))


def tell_variants(part, variants):
    """What each of them did."""
    part.table(
        "Each variant (medians; CV: coefficient of variation of queries a second)",
        ("variant", "queries a second", "CV %", "microseconds of processor a query",
         "queries lost", "failures a second", "xfrwatch's thread, ms a second"),
        [(v.label, round(figures.median(v.column("rate"))),
          round(100 * statistics.pstdev(v.column("rate"))
                / statistics.mean(v.column("rate")), 1),
          round(1e6 * figures.median(v.column("cpu")), 3), sum(v.column("lost")),
          round(figures.median(v.column("lines"))),
          round(1e3 * figures.median(v.column("monitor")), 2)) for v in variants])
    scraped = variants[-1].column("scrape")
    part.note("One fetch in the storm, at the limit of named's core, took (median) " + ", ".join(
        f"{1e3 * figures.median([s[path] for s in scraped]):.1f} ms for `{path}`"
        for _, path in SCRAPES) + ".")


def tell_plots(part, variants):
    """The ratios of all pairs, in order."""
    without, again, loaded, storm, both = variants
    for key, file, title, budget in (
            ("rate", "bench-query-rate", "Queries a second, round by round, sorted", 0.99),
            ("cpu", "bench-query-cpu", "Processor time a query, round by round, sorted", 1.01)):
        series = []
        for label, ours, theirs in (("without / without", again, without),
                                    ("with / without", loaded, without),
                                    ("with / without, in the storm", both, storm)):
            found = sorted(figures.ratios(ours.column(key), theirs.column(key)))
            share = [100 * (i + 0.5) / len(found) for i in range(len(found))]
            series.append((label, share, found))
        part.plot(file, title, "% of the rounds", "ratio", series, "dots", budget=budget)


def tell_instructions(part, found, storm):
    """Callgrind's figures."""
    base = figures.median([total for total, _ in found["without"]])
    spread = max(abs(total - base) for total, _ in found["without"])
    for label, passes in found.items():
        if label == "without":
            continue
        totals = [total for total, _ in passes]
        part.figure(f"instructions a query, {label} less without",
                    round(figures.median(totals) - base, 1), "",
                    round(min(totals) - base, 1), round(max(totals) - base, 1), len(totals),
                    budget="<= 100" if label == "with" else None,
                    noise=f"within {spread:.0f}")
    part.table("Instructions in user space a query (callgrind), each pass",
               ("variant", "pass", "named's thread", "of them xfrwatch's code"),
               [(label, i + 1, round(total), round(own, 1))
                for label, passes in found.items() for i, (total, own) in enumerate(passes)])
    part.table("Instructions in user space a failing refresh of the storm (callgrind)",
               ("variant", "named's thread", "of them xfrwatch's code", "xfrwatch's thread"),
               [(label, *map(round, counts)) for label, counts in storm.items()])
    part.note(
        "Of instructions the interval is the least and the most of all passes. What a failure "
        "costs is the line that named writes once more through the tap, and that the zone's "
        "timers are read by the next query: the storm's price is its failures a second times "
        "this, whatever the queries are.")


def main():
    """Measure and save."""
    quick = figures.arguments(__doc__).quick
    rounds, zones, starts = (1, 300, 1) if quick else (ROUNDS, STORM_ZONES, CALLGRIND_STARTS)
    lines = zones // 10 if quick else STORM_LINES
    scale = 10 if quick else 1
    part = figures.Part(
        "query", "Query path", "What does a query cost more with xfrwatch loaded?",
        METHOD.format(rate=FIXED_RATE, zones=zones, serial=STORM_RATE, lines=lines,
                      many=CALLGRIND_MANY // scale, few=CALLGRIND_FEW // scale),
        ("bind9", "dnsperf", "valgrind"))
    os.sched_setaffinity(0, {int(CLIENT_CORE)} & os.sched_getaffinity(0)
                         or os.sched_getaffinity(0))
    with scene.Scene(0) as stage:
        bench = Bench(stage, zones, lines)
        variants = [Variant(bench, "without", False, fixed=True),
                    Variant(bench, "without, again", False, fixed=True),
                    Variant(bench, "with", None, fixed=True),
                    Variant(bench, "without, in the storm", False, storm=True),
                    Variant(bench, "with, in the storm, scraped", None, storm=True,
                            scrape=True)]
        begin = time.monotonic()
        for number in range(rounds):
            if time.monotonic() - begin > MOST_S:
                part.note(f"It took too long: {number} rounds instead of {rounds}.")
                break
            first = number % len(variants)
            for variant in variants[first:] + variants[:first]:
                variant.measure()
        plugins = [("without", False), ("with", None)]
        if os.environ.get("XFW_PLUGIN_BEFORE"):
            plugins.append(("with, before", os.environ["XFW_PLUGIN_BEFORE"]))
        counted = count_instructions(bench, plugins, starts, 1 if quick else CALLGRIND_PASSES,
                                     CALLGRIND_FEW // scale, CALLGRIND_MANY // scale)
        storm = count_storm(bench, plugins, CALLGRIND_LINES // scale)
    tell_ratios(part, variants)
    tell_instructions(part, counted, storm)
    tell_variants(part, variants)
    tell_plots(part, variants)
    part.save()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# The event path: what a log line costs named's thread until it is in the ring, and what
# the ring costs beside others. Runs bench_line, bench_tap and bench_ring, alone and under
# callgrind; the lines are from the corpus, as real nameds printed them.
#
#	XFW_PLUGIN		the plugin
#	XFW_PLUGIN_BEFORE	another one to measure beside it
#	XFW_BENCH_PROGRAMS	where the programs are
"""From log line to ring."""

import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from xfrbench.figures import Part, arguments, interval, median, package  # noqa: E402

CORPUS = os.path.join(HERE, "..", "tests", "corpus", "9.18.49")
LEVELS = {"critical": -5, "error": -4, "warning": -3, "notice": -2, "info": -1}
LINE_BUDGET_NS = 1000

# Name in the report, name in the plot ("": not in it), file of the corpus, text.
KINDS = (
    ("transfer started", "started", "first-axfr", r"zone .*: Transfer started"),
    ("transfer connected", "", "first-axfr", r"transfer .* connected using"),
    ("transferred serial", "", "first-axfr", r"zone .*: transferred serial"),
    ("transfer status: success", "status", "first-axfr", r".* status: success"),
    ("transfer completed", "done", "first-axfr", r".* Transfer completed"),
    ("transfer status: up to date", "", "udp-silent-unchanged", r".* status: up to date"),
    ("SOA: connection refused", "SOA\nrefused", "primary-down",
     r"zone .*: refresh: failure trying primary .*: connection refused"),
    ("SOA: REFUSED", "", "query-refused",
     r"zone .*: refresh: unexpected rcode \(REFUSED\)"),
    ("SOA: timeout", "SOA\ntimeout", "soa-timeout", r"zone .*: refresh: retry limit"),
    ("connect: connection refused", "connect\nrefused", "tcp-refused",
     r"transfer .* failed to connect: connection refused"),
    ("transfer: REFUSED", "", "transfer-refused",
     r"transfer .* failed while receiving responses: REFUSED"),
    ("transfer status: REFUSED", "", "transfer-refused", r".* status: REFUSED"),
    ("transfer: timed out", "", "transfer-silence",
     r"transfer .* failed while receiving responses: timed out"),
    ("IPv6 primary down", "", "primary-down-ipv6",
     r"zone .*: refresh: failure trying primary .*: connection refused"),
    ("zone expired", "", "expired", r"zone .*: expired"),
    ("NOTIFY with a newer serial", "NOTIFY", "notify-newer", r"zone .*: notify from .*serial"),
    ("NOTIFY, zone is up to date", "", "serial-unchanged", r"zone .*: notify from .* up to date"),
    ("NOTIFY refused", "", "notify-refused", r"zone .*: refused notify"),
    ("of no interest", "no\ninterest", "key-missing.debug3",
     r"loading NZD zone count"),
    ("debug, not logged", "debug,\noff", "first-axfr.debug3",
     r"zone_settimer: zone example"),
)
# No named has printed one yet: a line of the corpus, with another message behind its prefix.
UNKNOWN = ("not in the tables (made up)", "unknown", "connect: connection refused",
           "a message that no table holds")

QUEUES = ("xfrwatch", "ck_ring", "wfcqueue", "lfqueue")
LIMITS = ("bare ring", "ticket alone")     # of bench_ring: what a ring is at least


def corpus_line(file, text):
    """(category, level, message) of the first line that matches; None without one."""
    with open(os.path.join(CORPUS, file + ".log"), encoding="utf-8") as inp:
        for line in inp:
            if line.startswith("#"):
                continue
            category, level, message = line.rstrip("\n").split(": ", 2)
            if re.match(text, message):
                return category, LEVELS.get(level) or int(level.split()[1]), message
    raise SystemExit(f"event: {file}.log of the corpus has no line like {text}")


def all_lines():
    """{name in the report: (category, level, message)}"""
    lines = {name: corpus_line(file, text) for name, _, file, text in KINDS}
    category, level, message = lines[UNKNOWN[2]]
    lines[UNKNOWN[0]] = category, level, re.sub(r"(#\d+: ).*", r"\1" + UNKNOWN[3], message)
    return lines


class Programs:
    """Runs the C programs; the lines are numbered in what they read and print."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = os.environ.get("XFW_BENCH_PROGRAMS", os.path.join(HERE))
        self.lines = os.path.join(folder, "lines")
        self.names = []
        with open(self.lines, "w", encoding="utf-8") as out:
            for i, (name, (category, level, message)) in enumerate(all_lines().items()):
                out.write(f"{i}\t{category}\t{level}\t{message}\n")
                self.names.append(name)

    def path(self, program):
        """Where it is; None if it was not built."""
        path = os.path.join(self.bin, program)
        return path if os.access(path, os.X_OK) else None

    def run(self, program, *args):
        """Its lines of output, in fields."""
        if self.path(program) is None:
            raise SystemExit(f"event: {program} is not in {self.bin}: make bench builds it")
        with open(os.devnull, "w", encoding="ascii") as null:
            result = subprocess.run([self.path(program), *map(str, args)], check=True,
                                    stdout=subprocess.PIPE, stderr=null, text=True,
                                    timeout=300)
        return [line.split("\t") for line in result.stdout.splitlines()]

    def instructions(self, program, *args):
        """{dump's name: instructions that the first thread executed in it}"""
        for old in glob.glob(os.path.join(self.folder, "cg.*")):
            os.remove(old)
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes",
             "--callgrind-out-file=" + os.path.join(self.folder, "cg.out"),
             self.path(program), *map(str, args)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        found = {}
        for file in glob.glob(os.path.join(self.folder, "cg.*")):
            with open(file, encoding="ascii", errors="replace") as inp:
                text = inp.read()
            name = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
            thread = re.search(r"^thread: (\d+)$", text, re.M)
            total = re.search(r"^totals: (\d+)$", text, re.M)
            if name and total and thread and thread.group(1) == "1":
                found[name.group(1)] = int(total.group(1))
        return found


def by_round(output, what):
    """{(label, variant): [ns of round 0, 1, ...]} of the lines that begin with `what`."""
    found = collections.defaultdict(list)
    for fields in output:
        if fields[0] == what:
            found[fields[1], fields[2]].append(float(fields[4]))
    return found


def differences(ours, theirs):
    """Round by round."""
    return [a - b for a, b in zip(ours, theirs)]


class Lines:
    """A line in the core, and in BIND."""

    def __init__(self, part, programs, quick):
        self.part, self.programs = part, programs
        self.rounds, self.batch = (3, 200) if quick else (31, 4000)
        self.counted = 100 if quick else 1000  # lines under callgrind
        self.labels = [str(i) for i in range(len(programs.names))]
        self.sizes, self.core, self.tap, self.lone = {}, {}, {}, {}
        self.ir_core, self.ir_tap = {}, {}
        self.before = os.environ.get("XFW_PLUGIN_BEFORE")
        self.plugins = [os.environ["XFW_PLUGIN"]] if programs.path("bench_tap") else []
        if self.plugins and self.before:
            self.plugins.append(self.before)
        self.calls = 0

    def measure(self):
        """Everything, alone and under callgrind."""
        output = self.programs.run("bench_line", self.programs.lines, self.rounds, self.batch)
        self.sizes = {f[1]: (f[2], int(f[3]), int(f[4])) for f in output if f[0] == "line"}
        self.core = by_round(output, "ns")
        self.calls += sum(int(f[2]) for f in output if f[0] == "alloc")
        self.ir_core = self.programs.instructions("bench_line", self.programs.lines, 1,
                                                  self.counted)
        if self.plugins:
            output = self.programs.run("bench_tap", self.programs.lines, self.rounds,
                                       self.batch, "null", *self.plugins)
            self.tap = by_round(output, "ns")
            self.lone = by_round(output, "lone")
            self.calls += sum(int(f[3]) for f in output if f[0] == "alloc" and f[2] == "0")
            self.ir_tap = self.programs.instructions(
                "bench_tap", self.programs.lines, 1, self.counted, "null",
                *self.plugins)

    def added(self, label, variant="0"):
        """Nanoseconds that the plugin adds to a line, round by round."""
        return differences(self.tap[label, variant], self.tap[label, "without"])

    def ir(self, found, label, way):
        """Instructions of one line; not a number without callgrind.h."""
        return found.get(f"{label}/{way}", float("nan")) / self.counted

    def ir_added(self, label, variant="0"):
        """Instructions that the plugin adds to a line."""
        return self.ir(self.ir_tap, label, variant) - self.ir(self.ir_tap, label, "without")

    def report(self):
        """Figures, table, plot."""
        name = dict(zip(self.labels, self.programs.names))
        dearest = max(self.labels, key=lambda i: median(self.core[i, "put"]))
        values = self.core[dearest, "put"]
        self.part.figure(f"line to ring in the core alone, dearest kind ({name[dearest]})",
                         median(values), "ns", *interval(values), len(values),
                         f"<= {LINE_BUDGET_NS}")
        if self.plugins:
            self.report_tap(name)
        self.part.figure("calls for memory in all lines measured", self.calls, "", budget="<= 0",
                         n=2 * self.rounds * self.batch * len(self.labels))
        self.table(name)
        self.plot(name)

    def report_tap(self, name):
        """What named's thread pays."""
        relevant = [i for i in self.labels if self.sizes[i][2] > 0]
        dearest = max(relevant, key=lambda i: median(self.added(i)))
        for what, label, budget in (
                (f"a plugin's line, dearest kind ({name[dearest]})", dearest,
                 f"<= {LINE_BUDGET_NS}"),
                ("a line of no interest", str(self.programs.names.index("of no interest")),
                 f"<= {LINE_BUDGET_NS}")):
            values, same = self.added(label), self.added(label, "again")
            self.part.figure("the plugin adds to " + what.replace("a plugin's line", "a line"),
                             median(values), "ns", *interval(values), len(values), budget,
                             noise=f"{median(same):.1f} ns")
        values, same = (differences(self.lone["0", v], self.lone["0", "without"])
                        for v in ("0", "again"))
        self.part.figure("the plugin adds to a line by itself, every few ms, whose writer wakes "
                         "the plugin's thread (a system call)", median(values), "ns",
                         *interval(values), len(values), noise=f"{median(same):.0f} ns")
        self.part.note(
            "The budget is for lines that come one after the other, as in a storm. A line that "
            "comes alone finds the plugin's thread asleep and wakes it with a write to an "
            "eventfd, and finds all caches cold, since nothing has logged for 2 ms: that is paid "
            "once for all lines that come until the thread has emptied the ring.")
        every = [median(self.added(i)) for i in relevant]
        self.part.figure("the plugin adds to a line, median of the kinds", median(every), "ns")
        if self.ir_tap:
            self.part.figure(
                "instructions that the plugin adds to a line, median of the kinds",
                median([self.ir_added(i) for i in relevant]), "")
            self.part.figure(
                "the same, dearest kind", max(self.ir_added(i) for i in relevant), "")
        lines = [1e9 / median(self.tap[i, "0"]) for i in relevant]
        self.part.figure("lines a second that one thread can log with the plugin, dearest kind",
                         min(lines), "lines/s")
        if self.before:
            self.before_after(name, relevant)

    def before_after(self, name, relevant):
        """The plugin that XFW_PLUGIN_BEFORE names, in the same rounds."""
        self.part.table(
            "What the plugin adds to a line, before and after, in the same rounds",
            ("line", "ns before", "ns", "instructions before", "instructions"),
            [(name[i], round(median(self.added(i, "1")), 1), round(median(self.added(i)), 1),
              round(self.ir_added(i, "1")), round(self.ir_added(i))) for i in relevant]
            if self.ir_tap else
            [(name[i], round(median(self.added(i, "1")), 1), round(median(self.added(i)), 1),
              "-", "-") for i in relevant])

    def table(self, name):
        """All kinds."""
        def whole(value):
            return round(value) if value == value else "-"

        columns = ["line", "bytes", "event, bytes", "classify ns", "to ring ns",
                   "classify instr.", "to ring instr."]
        if self.plugins:
            columns += ["without ns", "with ns", "added ns", "without instr.", "with instr.",
                        "lines/s with"]
        rows = []
        for i in self.labels:
            row = [name[i], self.sizes[i][1], self.sizes[i][2],
                   whole(median(self.core[i, "classify"])), whole(median(self.core[i, "put"])),
                   whole(self.ir(self.ir_core, i, "classify")),
                   whole(self.ir(self.ir_core, i, "put"))]
            if self.plugins:
                row += [whole(median(self.tap[i, "without"])), whole(median(self.tap[i, "0"])),
                        whole(median(self.added(i))),
                        whole(self.ir(self.ir_tap, i, "without")),
                        whole(self.ir(self.ir_tap, i, "0")),
                        whole(1e9 / median(self.tap[i, "0"]))]
            rows.append(row)
        self.part.table("Every kind of line: in the core alone (classified; classified, stamped "
                        "and put into the ring), and as named logs it (null channel)",
                        columns, rows)

    def plot(self, name):
        """Bars of the kinds that have a short name."""
        short = {k[0]: k[1] for k in KINDS + (UNKNOWN[:2],)}
        shown = [i for i in self.labels if short[name[i]]]
        texts = [short[name[i]] for i in shown]
        series = [("classified", texts, [median(self.core[i, "classify"]) for i in shown]),
                  ("and in the ring", texts, [median(self.core[i, "put"]) for i in shown])]
        if self.plugins:
            series.append(("all that the plugin adds in named", texts,
                           [max(0.0, median(self.added(i))) for i in shown]))
        self.part.plot("bench-event-lines", "From log line to ring", "line", "ns a line", series,
                       kind="bars", budget=LINE_BUDGET_NS)

    def typical(self):
        """Bytes of the event of a line, median of the kinds."""
        return median([size[2] for size in self.sizes.values() if size[2] > 0])


class Ring:
    """The ring beside the others."""

    def __init__(self, part, programs, quick):
        self.part, self.programs = part, programs
        self.rounds = 3 if quick else 31
        self.put, self.get, self.through = ({} for _ in range(3))
        self.ir, self.record, self.lap, self.queues = {}, 0, 0, []

    def measure(self):
        """Rounds in turn, and instructions."""
        for fields in self.programs.run("bench_ring", self.rounds):
            if fields[0] == "record":
                self.record, self.lap = int(fields[1]), int(fields[2])
                continue
            key = fields[1], int(fields[2])
            for table, value in zip((self.put, self.get, self.through), fields[4:]):
                table.setdefault(key, []).append(float(value))
        self.queues = [q for q in QUEUES + LIMITS if (q, 0) in self.put]
        self.ir = self.programs.instructions("bench_ring", 0)

    def report(self, typical):
        """Figures, table, plot."""
        values = self.put["xfrwatch", 1]
        self.part.figure("ring: a put, one thread, one reader", median(values), "ns",
                         *interval(values), len(values), "<= 100")
        for other in self.queues[1:]:
            for threads in (1, 2, 4):
                self.part.ratio(
                    f"ring: a put beside {other}, {threads} thread{'s'[:threads > 1]}",
                    self.put["xfrwatch", threads], self.put[other, threads],
                    "<= 1.5" if other in ("ck_ring", "wfcqueue") else None)
        rows = []
        for threads in (0, 1, 2, 4):
            for queue in self.queues:
                put, through = self.put[queue, threads], self.through[queue, threads]
                rows.append((threads or "1, no reader", queue, f"{median(put):.1f}",
                             f"{min(put):.1f} to {max(put):.1f}",
                             f"{median(self.get[queue, threads]):.1f}",
                             f"{median(through) / 1e6:.1f}"))
        self.part.table(
            f"Records of {self.record} bytes (a typical event has {typical:g}), in turn: ns of "
            "processor time a put, median and range; ns of the reader's, its waiting "
            "included; millions of records a second from end to end",
            ("threads that put", "queue", "put ns", "range", "get ns", "M/s"), rows)
        if self.ir:
            self.part.table("Instructions, one thread",
                            ("queue", "a put", "a get"),
                            [(q, round(self.ir[q + "/put"] / self.lap),
                              round(self.ir[q + "/get"] / self.lap))
                             for q in self.queues if q + "/put" in self.ir])
        self.part.plot("bench-ring", "A put, beside other queues", "threads that put, one reader",
                       "ns of processor time a put",
                       [(q, ["1", "2", "4"], [median(self.put[q, t]) for t in (1, 2, 4)])
                        for q in self.queues], kind="bars", budget=100)
        self.notes()

    def beside(self, queue):
        """A put of one thread, as a ratio of medians to wfcqueue's."""
        return median(self.put[queue, 1]) / median(self.put["wfcqueue", 1])

    def notes(self):
        """What the others are, so that nobody compares what is not alike."""
        self.part.note(
            f"This machine has {os.cpu_count()} processors: with 4 threads (and the reader) more "
            "want to run than can. A thread that is taken off its processor in the middle of a "
            "put then holds up every other one in ck_ring, which waits for the puts before its "
            "own; the others go on. That is where its range comes from.")
        self.part.note(
            "The four do not promise the same. ck_ring and the two queues deliver each record "
            "once, to one reader; a ck_ring that is full refuses, the queues grow without a "
            "limit and own no memory: each put needs a node from somewhere, here from a pool "
            "that its thread has to itself and gets back for nothing; lfqueue allocates in its "
            "reader. Our ring never waits and never refuses a newer record for the sake of an "
            "older one: it overwrites the oldest, tells every reader exactly how many it lost, "
            "and lets any number read it without writing, from a crashed process's memory as "
            "well. For that a put has two locked operations (ticket and claim) where ck_ring "
            "and wfcqueue have one.")
        self.part.note(
            "`bare ring` is what is left of a ring whose slots hold the longest event if all "
            "of its promises are given up: a ticket, a claim, a plain copy, a publication, and "
            "memory asked for as early as in ours. `ticket alone` lacks the claim, and is wrong "
            "as soon as a producer is a lap late. With one thread that puts they take "
            f"{self.beside('bare ring'):.1f} and {self.beside('ticket alone'):.1f} of wfcqueue's "
            "time, ours "
            f"{self.beside('xfrwatch'):.1f}: what the claim costs, the second locked operation, is "
            "what stands in the way of 1.5. It is how a slot that is written over is kept from a "
            "producer that was stopped with an older ticket.")
        if "ck_ring" not in self.queues:
            self.part.note("Without ck_ring: its header (libck-dev) was not there when the "
                           "bench was built.")


def main():
    """Measure and save."""
    quick = arguments(__doc__).quick
    part = Part(
        "event", "The event path",
        "What does a log line cost named's thread, and what does the ring cost beside others "
        "that are known?",
        "bench_line classifies lines of tests/corpus and puts the events into the ring, without "
        "BIND. bench_tap does what named does: it makes a logging context for BIND's libraries, "
        "loads the plugin, calls plugin_register() and writes the same lines through "
        "isc_log_write() to dns_lctx, whose null channel is the only one, with the plugin's "
        "context and named's own in turn, while the plugin's thread reads the ring. "
        "Nanoseconds are of the writing thread's processor time; instructions are "
        "callgrind's, of that thread, too. malloc and the like, mmap and jemalloc's entries "
        "are counted in both programs. bench_ring: laps of 8,000 records, copied in and out, "
        "each queue of 8,192 slots or nodes a thread, a new lap when all have come out; the "
        "reader pauses when it finds nothing.",
        packages=("bind9", "libck-dev", "liburcu-dev", "valgrind"))
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(folder)
        lines, ring = Lines(part, programs, quick), Ring(part, programs, quick)
        lines.measure()
        lines.report()
        ring.measure()
        ring.report(lines.typical())
    if not lines.plugins:
        part.note("Built without BIND: the core alone.")
    if not ring.ir or not package("valgrind"):
        part.note("Built without valgrind's headers: no instructions counted.")
    part.save()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# The transfer path: a secondary that fetches all its zones from scratch, without the
# plugin, without again (the noise), and with it. As root; named by XFW_PLUGIN. With
# XFW_PLUGIN_BEFORE an older build is measured in the same rounds.
"""What the first transfer of many zones costs with xfrwatch and without."""

import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xfrbench.figures import Part, arguments, median  # noqa: E402
from xfrbench.scene import (Scene, cpu_s, memory, monitor_thread,  # noqa: E402
                            thread_cost, threads_s)
from xfrtest.watch import wait_until  # noqa: E402

BUDGET = 1.02
BUDGET_BYTES = 256 + 23         # a zone: ours, and its name
MOST = 0.99
DONE = b"Transfer status: success"
LOADED = b": all zones loaded"
POLL_S = 0.01
GIVE_UP_S = 400
BEHIND_S = 1.2                  # for what is done behind a transfer
SETTLE_S = 1.5                  # before memory is read
SAMPLES_S = 4999                # of perf; no multiple of any clock's
PERF = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_S), "-o"]
LEAST_US = 0.2                  # less than that is named together
SAMPLED = 10000                 # zones
FETCHES = 5                     # with and without, each with perf
SIZES = ((10000, 14), (100000, 3))
SIZES_BEFORE = ((10000, 10), (100000, 2))   # with one variant more, in the same time
QUICK = ((300, 1), (600, 1))

# Else a lost SYN or query costs some runs one to five seconds, and others nothing.
PATIENT = "tcp-listen-queue 4096; udp-receive-buffer 4194304;"

LIMIT = (
    "By the samples of {zones:,} zones {left:.1f} us a zone are in code that is not xfrwatch's, "
    "though it runs for it: libisc and libc, where each line is formatted once more for the "
    "plugin (a line is handed on as text only), libdns (the look at the zone's timers, the "
    "census), libisccfg (the zone's clause), and the kernel, whose part comes and goes from "
    "run to run. What of it a faster plugin could do without was not told apart.")

WITHOUT, AGAIN, WITH, BEFORE = "without", "without, again", "with", "with, before"


class Tail:
    """Counts such lines in a log that grows: reads only what is new."""

    def __init__(self, path, what=DONE):
        self.path = path
        self.what = what
        self.file = None
        self.rest = b""
        self.count = 0

    def poll(self):
        """The number so far."""
        if self.file is None:
            try:
                self.file = open(self.path, "rb", buffering=0)
            except FileNotFoundError:
                return 0
        while chunk := self.file.read(1 << 20):
            text = self.rest + chunk
            end = text.rfind(b"\n") + 1
            self.count += text.count(self.what, 0, end)
            self.rest = text[end:]
        return self.count


def cost(server, plugin):
    """What it has used so far."""
    run = {}
    run["cpu"], run["timer"] = threads_s(server)
    run["rest"] = run["cpu"] - run["timer"]
    run["user"], run["system"] = cpu_s(server)
    if plugin:
        run["own"], run["wakes"], _ = thread_cost(server, monitor_thread(server))
    return run


def fetch(scene, plugin):
    """One secondary from scratch; what it cost."""
    server = scene.secondary(plugin=plugin, parameters="log yes;")
    tail = Tail(server.log_path)
    server.write_config()
    before = time.monotonic()
    server.spawn()
    run = {}
    while tail.poll() < scene.zones or "cpu" not in run:
        passed = time.monotonic() - before
        if "most" not in run and tail.count >= MOST * scene.zones:
            run["most"] = passed
        if "wall" not in run and tail.count >= scene.zones:
            run["wall"] = passed
        if "cpu" not in run and passed >= run.get("most", passed) + BEHIND_S:
            run.update(cost(server, plugin))
        if not server.running:
            raise RuntimeError("named ended: " + server.read("startup.log")[-2000:])
        if passed > GIVE_UP_S:
            raise TimeoutError(f"{tail.count} of {scene.zones} zones after {GIVE_UP_S} s")
        time.sleep(POLL_S)
    run.setdefault("wall", time.monotonic() - before)
    time.sleep(SETTLE_S)
    run["rss"] = memory(server)[0]
    # Nothing of it is wanted any more, and to free each zone takes it seconds.
    server.process.kill()
    server.wait_exit()
    os.unlink(server.log_path)
    os.unlink(server.path("named.conf"))
    return run


def sampled(scene, plugin):
    """{(group of threads, object): samples} of a fetch, by perf."""
    with tempfile.NamedTemporaryFile(suffix=".perf") as out:
        server = scene.secondary(
            plugin=plugin, parameters="log yes;",
            prefix=PERF + [out.name])
        tail = Tail(server.log_path)
        server.write_config()
        server.spawn()
        wait_until(lambda: tail.poll() >= MOST * scene.zones, GIVE_UP_S, "the zones", 0.05)
        time.sleep(BEHIND_S)
        task = server.process.pid
        with open(f"/proc/{task}/task/{task}/children", encoding="ascii") as inp:
            os.kill(int(inp.read().split()[0]), signal.SIGKILL)
        server.process.wait()
        text = subprocess.run(["perf", "script", "-i", out.name, "-F", "comm,ip,dso"],
                              text=True, capture_output=True, check=True).stdout
    os.unlink(server.log_path)
    os.unlink(server.path("named.conf"))
    found = collections.Counter()
    for line in text.splitlines():
        match = re.match(r"\s*(\S+)\s+[0-9a-f]+ \((.*)\)$", line)
        if match and match.group(1) != "isc-timer":
            found["xfrwatch's" if match.group(1) == "xfrwatch" else "named's",
                  re.sub(r"[-.].*|[][]", "", os.path.basename(match.group(2)))] += 1
    return found


def can_sample():
    """Whether perf is there, and may."""
    return shutil.which("perf") is not None and subprocess.run(
        PERF + ["/dev/null", "true"], capture_output=True, check=False).returncode == 0


def whereabouts(part, scene, plugin, count):
    """In whose code the processor is more than without: a table, if perf is there."""
    if not can_sample():
        part.note("perf is not there, or may not: where the CPU time goes was not sampled.")
        return
    runs = {False: [], plugin: []}
    for i in range(count):
        for name in (False, plugin) if i % 2 == 0 else (plugin, False):
            runs[name].append(sampled(scene, name))
    us = 1e6 / SAMPLES_S / scene.zones / count
    more = collections.Counter()
    for name, sign in ((plugin, 1), (False, -1)):
        for run in runs[name]:
            for key, samples in run.items():
                more[key] += sign * samples * us
    rows = [(group, where, f"{value:.1f}") for (group, where), value in more.most_common()
            if abs(value) >= LEAST_US]
    rest = sum(v for v in more.values() if abs(v) < LEAST_US)
    part.table(f"Where it is more than without: samples by perf, {count} fetches of "
               f"{scene.zones:,} zones each, named's timer thread left out",
               ("threads", "code of", "us a zone"),
               rows + [("all", "others", f"{rest:.1f}"), ("", "sum", f"{more.total():.1f}")])
    own = sum(value for (_, where), value in more.items() if where == "xfrwatch")
    part.note(LIMIT.format(zones=scene.zones, left=more.total() - own))


def rounds(part, zones, count, variants, samples):
    """{variant: [run, ...]}; each round in another order. `samples`: fetches with perf."""
    runs = {name: [] for name in variants}
    order = list(variants)
    with Scene(zones) as scene:
        primary = scene.primary(options=PATIENT).start(timeout=120)
        tail = Tail(primary.log_path, LOADED)
        wait_until(tail.poll, GIVE_UP_S, "the primary's zones", 0.2)
        for i in range(count):
            for name in order:
                runs[name].append(fetch(scene, variants[name]))
                run = runs[name][-1]
                print(f"transfer: {zones} zones, {i + 1}/{count}, {name}: "
                      + " ".join(f"{k}={v:.3f}" for k, v in run.items()), flush=True)
            order = order[1:] + order[:1]
        if samples > 0:
            whereabouts(part, scene, variants[WITH], samples)
    return runs


def column(runs, name, key):
    """One value of all runs of a variant."""
    return [run[key] for run in runs[name]]


def compare(part, zones, runs):
    """The ratios of one size."""
    size = f"{zones:,} zones: "
    for key, what, budget in (
            ("most", "time until 99 % of the zones are there", True),
            ("wall", "time until the last zone is there", False),
            ("cpu", "CPU time of named", True),
            ("rest", "CPU time of named without its timer thread", False)):
        base = column(runs, WITHOUT, key)
        part.ratio(size + what, column(runs, WITH, key), base,
                   f"<= {BUDGET}" if budget else None,
                   same=(column(runs, AGAIN, key), base))
        if BEFORE in runs:
            part.ratio(size + what + ", before", column(runs, BEFORE, key), base)
    for name in (WITH, BEFORE):
        if name not in runs:
            continue
        suffix = ", before" if name == BEFORE else ""
        part.figure(size + "CPU time more than without" + suffix,
                    1e6 * (median(column(runs, name, "cpu"))
                           - median(column(runs, WITHOUT, "cpu"))) / zones, "us a zone")
        part.figure(size + "of it the plugin's own thread" + suffix,
                    1e6 * median(column(runs, name, "own")) / zones, "us a zone")
        shares = [100 * r["own"] / r["cpu"] for r in runs[name]]
        part.figure(size + "share of the plugin's own thread in it" + suffix,
                    median(shares), "%", min(shares), max(shares), len(shares))
        wakes = [r["wakes"] / zones for r in runs[name]]
        part.figure(size + "wake-ups of that thread a zone" + suffix,
                    median(wakes), "", min(wakes), max(wakes), len(wakes))


def more(runs, name):
    """Bytes that a variant has more than the one without, round by round."""
    return [a - b for a, b in zip(column(runs, name, "rss"),
                                  column(runs, WITHOUT, "rss"))]


def memory_figures(part, found):
    """What grows with the zones, as a slope between two sizes, and what does not."""
    sizes = sorted(found)
    small, large = sizes[0], sizes[-1]

    def slope(name):
        return (median(more(found[large], name))
                - median(more(found[small], name))) / (large - small)

    for name in (WITH, BEFORE):
        if name not in found[large]:
            continue
        suffix = ", before" if name == BEFORE else ""
        values = [v / 2**20 for v in more(found[large], name)]
        noise = [v / 2**20 for v in more(found[large], AGAIN)]
        part.figure(f"{large:,} zones: resident memory more than without" + suffix,
                    median(values), "MB", min(values), max(values), len(values),
                    noise=f"{median(noise):.1f} [{min(noise):.1f}, {max(noise):.1f}]")
        if small == large:
            continue
        part.figure("resident memory that grows with the zones" + suffix, slope(name),
                    "bytes a zone", budget=None if suffix else f"<= {BUDGET_BYTES}",
                    noise=f"{slope(AGAIN):.0f}")
        part.figure("resident memory that does not (the ring is 4 MB of it)" + suffix,
                    (median(more(found[small], name)) - slope(name) * small) / 2**20, "MB")


def table(part, zones, runs):
    """Medians of all that was read."""
    part.table(f"{zones:,} zones, medians",
               ("", "rounds", "99 % s", "all s", "CPU s", "its timer thread s", "user s",
                "system s", "own thread ms", "its wake-ups", "memory MB"),
               [(name, len(runs[name]),
                 *(median(column(runs, name, key))
                   for key in ("most", "wall", "cpu", "timer", "user", "system")),
                 *((1000 * median(column(runs, name, "own")),
                    median(column(runs, name, "wakes")))
                   if "own" in runs[name][0] else ("", "")),
                 median(column(runs, name, "rss")) / 2**20) for name in runs])


def main():
    """All sizes."""
    args = arguments(__doc__)
    plugin = os.environ.get("XFW_PLUGIN") or sys.exit("XFW_PLUGIN does not name a plugin")
    variants = {WITHOUT: False, AGAIN: False, WITH: plugin}
    if os.environ.get("XFW_PLUGIN_BEFORE"):
        variants[BEFORE] = os.environ["XFW_PLUGIN_BEFORE"]
    part = Part(
        "transfer", "Transfers",
        "How much longer does a secondary take to fetch all its zones, and how much "
        "memory does it need then?",
        "A secondary without files fetches zones of four records from a primary on the "
        "same machine (network namespaces; serial-query-rate 10000, transfers-in and "
        "transfers-per-ns 500; at the primary "
        "tcp-listen-queue 4096 and udp-receive-buffer 4194304, else lost packets decide): "
        "without the plugin, without it again, and with it (`log "
        "yes`), each from the start of a new named, in turn, the order rotated from round "
        "to round. Time: from the start until named has logged the last transfer (looked "
        f"for every {POLL_S * 1000:.0f} ms in the log). CPU time: of all threads "
        f"(schedstat), from the start until {BEHIND_S} s behind the time when 99 % of the zones "
        "were there: so what xfrwatch does behind a transfer is in it, and the wait for a lost "
        f"query is not. Memory: VmRSS {SETTLE_S:.1f} s behind the last transfer.")
    found = {}
    sizes = SIZES_BEFORE if BEFORE in variants else SIZES
    for zones, count in QUICK if args.quick else sizes:
        samples = 1 if args.quick else FETCHES if zones == SAMPLED else 0
        runs = found[zones] = rounds(part, zones, count, variants, samples)
        compare(part, zones, runs)
        table(part, zones, runs)
        names = list(runs)
        numbers = list(range(1, count + 1))
        part.plot(f"bench-transfer-{zones}", f"CPU time of named, {zones:,} zones fetched",
                  "round", "seconds",
                  [(n, numbers, column(runs, n, "cpu")) for n in names], kind="dots")
    memory_figures(part, found)
    part.note(
        "Of 10,000 zones one or two have their SOA query or its answer lost, with the plugin "
        "and without, and named asks again only after five seconds: this is why the time has "
        "its budget at 99 % of the zones. named's timer thread (isc-timer) takes about half "
        "of the CPU time at this serial-query-rate, by its own wake-ups, and more or less of "
        "it from run to run: most of the noise; so the rest is given beside the whole.")
    part.note(
        "What the CPU budget is up against: zones of four records, fetched two thousand a "
        "second, are little work for named itself, some 0.16 ms each beside its timer thread, "
        "so that two percent of all are 11 us a zone. The five lines of a transfer are "
        "formatted once for the plugin and once for named's own log, as libisc hands a line on "
        "as text only; then there is the event that each becomes, one or two looks at the "
        "zone's timers through the hook, the census, the reading of the zone's clause in "
        "named.conf, and the plugin's own thread. The table of samples has how much each "
        "is.")
    part.note(
        "Resident memory goes in steps of some 4 MB at a named's start, with the plugin and "
        "without: between the two sizes that is 45 bytes a zone more or less. What is in use "
        "is measured to the byte in the part with a million zones.")
    if BEFORE in variants:
        part.note(
            "Before: each of the five lines of a transfer woke the plugin's thread, one "
            "eventfd write on named's thread and two switches; now it looks every 25 ms while "
            "lines come that tell of no failure. And zones that named just begins to fetch were "
            "read again and again through the hook; now each when its own lines come.")
    part.save()


if __name__ == "__main__":
    main()

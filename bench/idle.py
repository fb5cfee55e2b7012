#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# What xfrwatch costs while nothing is wrong: four nameds at the same time, with 1,000,
# 10,000 and 100,000 healthy zones, and with 100,000 but without the plugin.
"""Measure the monitor's thread beside healthy zones, for ten minutes."""

import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xfrbench.figures import Part, arguments, median  # noqa: E402
from xfrbench.scene import (ZONE_FILE, Scene, Tally, cpu_s,  # noqa: E402
                            monitor_thread, thread_cost, zone_name)
from xfrtest import netns  # noqa: E402
from xfrtest.channel import Channel  # noqa: E402
from xfrtest.watch import wait_until  # noqa: E402

SIZES = (1000, 10000, 100000)
MEASURED_S = int(os.environ.get("XFW_BENCH_IDLE_S", "600"))
STEP_S = 10

# One zone in six is refreshed every 600 s (named shortens that by up to a quarter) and
# the others once a day: then named asks for as many serials as if all had 3600 s.
SHARE = 6
REFRESH_S = 600
MEAN_S = 3600 * 0.875

LOAD_S = 300        # the most that the transfers may take
CALM_MS = 2         # a second in which the monitor used less is a calm one
CALM_S = 5          # so many of them: what followed the start is done
CALM_AT_MOST_S = 60
LATE_S = 45         # by then the timers of all transferred zones were read


class Server:
    """One secondary and what is known of it."""

    def __init__(self, scene, zones, number, plugin):
        self.zones = zones
        self.named = scene.apart(scene.secondary(
            plugin=None if plugin else False, zones=zones,
            parameters="statistics-channel 127.0.0.1 port {} allow {{ any; }};".format(
                8000 + number),
            options="minimal-responses no;"), number)
        self.channel = Channel(port=8000 + number) if plugin else None
        self.plugin = plugin
        self.task = None
        self.begin = None
        self.samples = []
        self.done = Tally(self.named.log_path, b"Transfer status: success")

    def json(self):
        """The plugin's own status."""
        return netns.run_in(self.named.netns, self.channel.json)

    def transferred(self):
        """How many zones it has, by its log."""
        return self.done.count()

    def sample(self):
        """Time; the monitor's seconds and sleeps; named's seconds."""
        monitor = thread_cost(self.named, self.task) if self.plugin else (0, 0, 0)
        return (time.monotonic(), monitor[0], monitor[1], sum(cpu_s(self.named)))


def config(server, zones):
    """Zones of two files at the primary: see SHARE."""
    files = [server.path("zone.db"),
             server.write("often.db", ZONE_FILE.format(
                 serial=1, refresh=REFRESH_S, retry=300, expire=1209600))]
    server.config = "".join(
        f'zone "{zone_name(i)}" {{ type primary; file "{files[i % SHARE == 0]}"; }};\n'
        for i in range(zones))


def counters(scene, servers, install=False):
    """Datagrams that each address sent to its own port 53, by the packet filter: only
    the plugin does that."""
    host = scene.lab.hosts
    if install:
        host.filter("B", *(f"ip saddr {s.named.address} ip daddr {s.named.address} "
                           f"udp dport 53 counter" for s in servers))
    listing = host.run("B", "nft", "list", "table", "inet", "xfw")
    return [int(n) for n in re.findall(r"counter packets (\d+)", listing)]


def wait_calm(server, calm_s):
    """Until the monitor has done what follows the start."""
    calm, before = 0, thread_cost(server.named, server.task)[0]
    deadline = time.monotonic() + CALM_AT_MOST_S
    while calm < calm_s and time.monotonic() < deadline:
        time.sleep(1)
        now = thread_cost(server.named, server.task)[0]
        calm = calm + 1 if (now - before) * 1000 < CALM_MS else 0
        before = now
    return calm >= calm_s


def start(scene, sizes, calm_s, late_s):
    """All of them, until all zones are there and the monitors are at rest."""
    primary = scene.primary()
    config(primary, sizes[-1])
    primary.start(120)
    servers = [Server(scene, zones, i + 1, True) for i, zones in enumerate(sizes)]
    servers.append(Server(scene, sizes[-1], len(sizes) + 1, False))
    # The largest first: it reads its zones' timers up to 30 s after their transfer.
    for server in (servers[-2], servers[-1], *servers[:-2]):
        server.begin = time.monotonic()
        server.named.start(120)
        if server.plugin:
            server.task = monitor_thread(server.named)
        wait_until(lambda s=server: s.transferred() >= s.zones, LOAD_S,
                   f"{server.zones} zones", 0.5)
        server.loaded_s = time.monotonic() - server.begin
    for server in servers:
        if server.plugin:
            wait_until(lambda s=server: s.json()["zones"]["ok"] == s.zones, 60,
                       "healthy zones", 0.5)
    time.sleep(max(0, servers[-2].begin + servers[-2].loaded_s + late_s
                   - time.monotonic()))
    for server in servers:
        if server.plugin:
            server.calm = wait_calm(server, calm_s)
            server.start_cpu_s = thread_cost(server.named, server.task)[0]
    return servers


def run(servers, seconds, step):
    """Sample all of them."""
    end = time.monotonic() + seconds
    while True:
        for server in servers:
            server.samples.append(server.sample())
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(step, left))


def share(server, column=1):
    """Percent of a core."""
    first, last = server.samples[0], server.samples[-1]
    return 100 * (last[column] - first[column]) / (last[0] - first[0])


def steps(server):
    """Percent of a core, step by step."""
    return [100 * (b[1] - a[1]) / (b[0] - a[0])
            for a, b in zip(server.samples, server.samples[1:])]


def fill(part, servers, sent):
    """Figures, tables, plots."""
    watched = [s for s in servers if s.plugin]
    most, bare = watched[-1], servers[-1]
    length = most.samples[-1][0] - most.samples[0][0]
    part.figure(f"processor time of the monitor, {most.zones:,} zones", share(most),
                "% of a core", min(steps(most)), max(steps(most)), len(steps(most)),
                budget="<= 0.1")
    wakeups = (most.samples[-1][2] - most.samples[0][2]) / length
    part.figure(f"wake-ups of the monitor, {most.zones:,} zones", wakeups, "a second")
    part.figure(f"queries that it sends itself, {most.zones:,} zones",
                sent[watched.index(most)] / length, "a second")
    part.figure(f"processor time of named with the plugin, {most.zones:,} zones",
                share(most, 3), "% of a core")
    part.figure(f"processor time of named without, {bare.zones:,} zones",
                share(bare, 3), "% of a core")
    part.table(f"{length:.0f} s beside healthy zones",
               ("zones", "refreshes a second", "monitor, % of a core", "calmest step",
                "busiest step", "wake-ups a second", "queries a second", "us a wake-up"),
               [(s.zones, round(s.zones / MEAN_S, 1), round(share(s), 4),
                 round(min(steps(s)), 4), round(max(steps(s)), 4),
                 round((s.samples[-1][2] - s.samples[0][2]) / length, 1),
                 round(sent[i] / length, 2),
                 round(1e6 * (s.samples[-1][1] - s.samples[0][1])
                       / max(1, s.samples[-1][2] - s.samples[0][2]), 1))
                for i, s in enumerate(watched)])
    part.table("Until it is at rest after the start",
               ("zones", "all transferred after, s", "monitor until then, CPU s",
                "us a zone", "at rest before the measurement"),
               [(s.zones, round(s.loaded_s, 1), round(s.start_cpu_s, 3),
                 round(1e6 * s.start_cpu_s / s.zones, 2), "yes" if s.calm else "no")
                for s in watched])
    part.plot("bench-idle", "The monitor beside healthy zones", "zones",
              "% of a core", [
                  ("ten minutes", [s.zones for s in watched],
                   [share(s) for s in watched]),
                  ("calmest ten seconds", [s.zones for s in watched],
                   [max(min(steps(s)), 1e-5) for s in watched]),
                  ("as many times more as zones",
                   [s.zones for s in watched],
                   [share(watched[0]) * s.zones / watched[0].zones for s in watched])],
              logx=True, logy=True, budget=0.1)
    part.plot("bench-idle-timeline", "The monitor's processor time", "seconds",
              "% of a core",
              [(f"{s.zones:,} zones", [a[0] - s.samples[0][0] for a in s.samples[1:]],
                steps(s)) for s in watched], budget=0.1)
    part.note(
        "The calmest step is what it costs to be there (two pulses and a look at up to 128 "
        "zones a second, whatever their number); what is above it is one reading "
        "of the timers for each refresh of named's, so it grows with the deadlines, and the "
        "census, a walk over named's zone table that is the rarer the longer it takes: each "
        "100 s or so with 100,000 zones, the peaks in the second picture. "
        f"Of the steps of {STEP_S} s the median is "
        + ", ".join(f"{median(steps(s)):.4f} % ({s.zones:,} zones)" for s in watched)
        + ". The interval beside the first figure is that of its calmest and its busiest "
        "step.")
    return length


def main():
    """Start, measure, tell."""
    options = arguments(__doc__)
    sizes = (50, 100, 200) if options.quick else SIZES
    seconds, step = (4, 1) if options.quick else (MEASURED_S, STEP_S)
    part = Part(
        "idle", "Idle", "What does it cost while nothing is wrong?",
        "Secondaries with 1,000, 10,000 and 100,000 healthy zones, and one with 100,000 "
        "that has no plugin, run at the same time; nothing is measured before all zones "
        "are transferred and the monitor is at rest. Expire is two to four weeks; one "
        "zone in six has refresh 600, the others a day: named then asks for as many "
        "serials a second as if all had 3600. Processor time is that of the monitor's "
        "thread in /proc (schedstat, to the nanosecond), wake-ups are its voluntary "
        "context switches, queries of its own are counted by the packet filter (nft "
        "counter on datagrams from the server's address to its own port 53, which nobody "
        "else sends here).", ("bind9", "nftables"))
    with Scene(sizes[-1]) as scene:
        servers = start(scene, sizes, *((1, 0) if options.quick else (CALM_S, LATE_S)))
        before = counters(scene, servers, install=True)
        run(servers, seconds, step)
        sent = [b - a for a, b in zip(before, counters(scene, servers))]
        fill(part, servers, sent)
    part.save()


if __name__ == "__main__":
    main()

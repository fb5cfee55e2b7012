# SPDX-License-Identifier: MPL-2.0
# Servers with many zones, and what their processes and threads cost. The files of a
# primary's zones are one and the same; a secondary keeps none. Everything listens in
# namespaces of the bench's own.
"""Primary and secondary with up to a million zones."""

import os
import re
import subprocess

from xfrtest import Lab
from xfrtest.lab import Named

TICK_S = 1 / os.sysconf("SC_CLK_TCK")

ZONE_FILE = """$TTL 3600
@ SOA ns hostmaster {serial} {refresh} {retry} {expire} 3600
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
"""


def zone_name(number):
    """23 bytes with its view's name, like most zones' names."""
    return f"zone{number:07d}.example"


class Scene:
    """Two hosts: the primary's in namespace A, the secondary's in B. Use as a context."""

    def __init__(self, zones, refresh=86400, retry=86400, expire=2419200, serial=1):
        self.zones = zones
        self.soa = {"refresh": refresh, "retry": retry, "expire": expire}
        self.serial = serial
        self.lab = Lab()
        for host in "AB":
            self.lab.hosts.sysctl(host, "net.ipv4.tcp_max_tw_buckets", 500)
            self.lab.hosts.sysctl(host, "net.ipv4.ip_local_port_range", "1024 65535")
        self._named = 0

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.lab.close()

    def primary(self, options="", config="", name="primary", zones=None, **kwargs):
        """A named with all zones, not started yet."""
        server = self.lab.primary(
            name=name, address=self.lab.hosts.address("A"), port=53,
            netns=self.lab.hosts.name["A"],
            options="tcp-clients 2000; transfers-out 500; minimal-responses no; " + options,
            **kwargs)
        file = server.write("zone.db", ZONE_FILE.format(serial=self.serial, **self.soa))
        server.config = config + "".join(
            f'zone "{zone_name(i)}" {{ type primary; file "{file}"; }};\n'
            for i in range(zones or self.zones))
        return server

    def secondary(self, plugin=None, parameters="", options="", config="", name=None,
                  zones=None, **kwargs):
        """A named that fetches all zones, not started yet. plugin: False: without;
        a path: that one; None: the one that was built."""
        self._named += 1
        server = Named(
            self.lab.dir, name or f"secondary{self._named}", plugin=plugin,
            address=self.lab.hosts.address("B"), port=53,
            netns=self.lab.hosts.name["B"], parameters=parameters,
            options="serial-query-rate 10000; transfers-in 500; transfers-per-ns 500; "
                    "tcp-clients 2000; " + options, **kwargs)
        self.lab.defer(server.close)
        server.config = config + "".join(
            f'zone "{zone_name(i)}" {{ type secondary; '
            f'primaries {{ {self.lab.hosts.address("A")}; }}; }};\n'
            for i in range(zones or self.zones))
        return server

    def apart(self, server, number):
        """Give a secondary an address and a control port of its own, so that several
        can run at the same time. number: from 1."""
        server.address = f"10.77.0.{10 + number}"
        server.control_port = 9530 + number
        self.lab.hosts.ip("B", "addr", "add", server.address + "/24",
                          "dev", "vb", check=False)
        return server

    def run_in(self, host, *command, **kwargs):
        """A program inside a host (A, B), started and not waited for."""
        return subprocess.Popen(["ip", "netns", "exec", self.lab.hosts.name[host], *command],
                                **kwargs)


class Tally:
    """How many times `wanted` (bytes) stands in a growing file, from an offset on; each
    look reads only what is new."""

    def __init__(self, path, wanted, offset=0):
        self.path, self.wanted, self.offset = path, wanted, offset
        self.found = 0
        self._rest = b""

    def count(self):
        """Until now."""
        if os.path.exists(self.path):
            with open(self.path, "rb") as inp:
                inp.seek(self.offset)
                new = inp.read()
            self.offset += len(new)
            text = self._rest + new
            self.found += text.count(self.wanted)
            self._rest = text[len(text) - len(self.wanted) + 1:]
        return self.found


def cpu_s(server):
    """Seconds of processor time (user, system) of all threads so far; steps of 10 ms."""
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as inp:
        fields = inp.read().rpartition(")")[2].split()
    return int(fields[11]) * TICK_S, int(fields[12]) * TICK_S


def threads_s(server):
    """Seconds of processor time of all threads, and of named's timer thread."""
    base = f"/proc/{server.process.pid}/task"
    total = timer = 0
    for task in os.listdir(base):
        with open(f"{base}/{task}/schedstat", encoding="ascii") as inp:
            used = int(inp.read().split()[0])
        with open(f"{base}/{task}/comm", encoding="ascii") as inp:
            timer += used if inp.read().startswith("isc-timer") else 0
        total += used
    return total / 1e9, timer / 1e9


def memory(server):
    """Resident now and at most, in bytes."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as inp:
        text = inp.read()
    return tuple(int(re.search(key + r":\s+(\d+)", text).group(1)) * 1024
                 for key in ("VmRSS", "VmHWM"))


def monitor_thread(server):
    """The number of the plugin's thread in this named."""
    tasks = f"/proc/{server.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/comm", encoding="ascii") as inp:
            if inp.read().startswith("xfrwatch"):
                return int(task)
    raise RuntimeError(f"{server.name} has no thread of xfrwatch")


def thread_cost(server, task):
    """What a thread has used so far: seconds of processor time (to the nanosecond),
    times that it went to sleep of its own will, times that it was made to wait."""
    base = f"/proc/{server.process.pid}/task/{task}"
    with open(base + "/schedstat", encoding="ascii") as inp:
        used_s = int(inp.read().split()[0]) / 1e9
    with open(base + "/status", encoding="ascii") as inp:
        text = inp.read()
    return (used_s, int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", text).group(1)),
            int(re.search(r"nonvoluntary_ctxt_switches:\s+(\d+)", text).group(1)))

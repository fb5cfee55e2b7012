# SPDX-License-Identifier: MPL-2.0
# The block in named's statistics file: there when rndc stats has returned or
# shortly after, once per dump, whatever happened to the file in between.
"""rndc stats: one block per dump."""

import os
import re
import statistics
import time

import pytest

from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.primary import ScriptedZone
from xfrtest.stats import FormatError, parse_blocks
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

WITHIN_S = 0.2
BOUND_S = 5
PAGE = 4096
MARGIN = 200  # named's dump grows by some digits, our block is longer than this
NAMED_END = re.compile(r"^--- Statistics Dump --- \(\d+\)$", re.M)
OURS_BEGIN = "+++ xfrwatch Statistics Dump +++"

SAMPLE = """+++ Statistics Dump +++ (1795219605)
--- Statistics Dump --- (1795219605)
+++ xfrwatch Statistics Dump +++ (1795219605)
++ Secondary Zones ++
                     312 failing
                       1 never loaded
++ Failures by Cause ++
                    1200 connect-refused: TCP connection refused by the primary
++ Failures by Primary ++
[primary 10.0.0.53#53]
                    1200 connect-refused
++ Open Incidents ++
[incident 7] crit connect-refused primary 10.0.0.53#53
                     312 zones
                   43380 seconds failing
                   86400 seconds to the nearest deadline (example.com/IN)
[incident 6] alert udp-blocked primary 10.0.0.54#53
                       2 zones
                       4 zones expired
                    3600 seconds to the nearest deadline (b.example/IN) by signature
                      95 percent sure
                     cascade: 6
                     heard as: soa-timeout
                     checked zone: b.example/IN
                     check soa-udp: timed out after 3 s (agrees)
                     check tcp-connect: connected, 0.1 ms
                     why: UDP port 53 is silent, TCP port 53 answers
                     step 1: check firewall rules
                     step 2: rndc retransfer b.example
++ Failing Zones ++
[View: default]
example.com/IN connect-refused primary 10.0.0.53#53 failures 51 failing-for 43380 deadline-in - serving 1 offered 2
b.example/IN udp-blocked primary 10.0.0.54#53 failures 1 failing-for 60 deadline-in 3600 serving 5 offered 2 severity alert state failing lag -3 deadline-by signature
++ Recorder ++
                       0 events lost
--- xfrwatch Statistics Dump --- (1795219605)
"""


def test_reader_of_the_block():
    """The harness reads the layout of interfaces.md, and nothing else."""
    (block,) = parse_blocks(SAMPLE)
    assert block["zones"] == {"failing": 312, "never loaded": 1}
    assert block["causes"] == {"connect-refused": 1200}
    assert block["primaries"] == {"10.0.0.53#53": {"connect-refused": 1200}}
    assert block["incidents"][0]["deadline-zone"] == "example.com/IN"
    assert block["failing"]["example.com/IN"]["deadline-in"] == "-"
    signed = block["incidents"][1]
    assert [signed[key] for key in ("expired", "deadline-by", "confidence", "cascade",
                                    "heard-as", "checked-zone", "why", "steps")] == [
        4, "signature", 95, 6, "soa-timeout", "b.example/IN",
        "UDP port 53 is silent, TCP port 53 answers",
        ["check firewall rules", "rndc retransfer b.example"]]
    assert signed["evidence"] == [
        {"check": "soa-udp", "result": "timed out after 3 s", "stance": "agrees"},
        {"check": "tcp-connect", "result": "connected, 0.1 ms"}]
    assert block["failing"]["b.example/IN"]["lag"] == -3
    with pytest.raises(FormatError):
        parse_blocks(SAMPLE.replace("step 2", "step 3"))
    assert block["recorder"] == {"events lost": 0}
    with pytest.raises(FormatError):
        parse_blocks(SAMPLE.replace("++ Recorder ++\n", "++ Recorder ++\nwhat\n"))


def secondary_of(lab, zones=(ZONE,), mode="good", **kwargs):
    """A secondary of scripted zones, started; returns (secondary, primary)."""
    primary = lab.scripted(*(ScriptedZone(zone, zone_text(OLD)) for zone in zones))
    primary.mode = mode
    secondary = lab.secondary(**kwargs)
    secondary.config = "".join(
        f'zone "{zone}" {{ type secondary; primaries {{ 127.0.0.1 port {primary.port}; }}; '
        f'file "{zone}.db"; }};\n' for zone in zones)
    secondary.start()
    if mode == "good":
        for zone in zones:
            secondary.wait_serial(zone, OLD)
    return secondary, primary


def ours(path):
    """How many blocks of ours the file holds."""
    try:
        with open(path, encoding="utf-8") as inp:
            return inp.read().count(OURS_BEGIN)
    except FileNotFoundError:
        return 0


def dump(secondary, path, expected, within=BOUND_S):
    """rndc stats, then wait for the block; returns how long it took after rndc."""
    secondary.rndc("stats")
    returned = time.monotonic()
    wait_until(lambda: ours(path) == expected, within, f"{expected} blocks", poll=0.005)
    return time.monotonic() - returned


def test_one_block_after_each_dump(lab, plugin):
    """Ten dumps, ten blocks, each behind named's own, within 200 ms."""
    assert plugin
    secondary, _ = secondary_of(lab)
    path = secondary.path("named.stats")
    took = [dump(secondary, path, n) for n in range(1, 11)]
    assert statistics.median(took) <= WITHIN_S, took
    order = re.findall(r"^(?:\+\+\+|---) (?:xfrwatch )?Statistics Dump", secondary.read(
        "named.stats"), re.M)
    assert order == ["+++ Statistics Dump", "--- Statistics Dump",
                     "+++ xfrwatch Statistics Dump", "--- xfrwatch Statistics Dump"] * 10
    assert len(secondary.stats_blocks()) == 10
    quiet = secondary.watch("named.stats")
    secondary.query(ZONE)
    with pytest.raises(TimeoutError):
        quiet.wait(r".", 1)


def test_healthy_block(lab, plugin):
    """Headings with content only; counts of what happened."""
    assert plugin
    secondary, primary = secondary_of(lab, ("a.example", "b.example"))
    with secondary.watch() as log:
        primary.zones[next(iter(primary.zones))].serial = NEW
        secondary.rndc("refresh", "a.example")
        log.wait(r"Transfer completed: ")
    block = wait_until(
        lambda: (lambda b: b["attempts"].get("zone transferred") == 3 and b)(
            secondary.dump_block()), BOUND_S, "three transfers")
    assert block["zones"] == {"ok": 2}
    assert "Failures by Cause" not in block["headings"]
    assert "Open Incidents" not in block["headings"]
    assert "Failing Zones" not in block["headings"]
    assert block["headings"].index("Secondary Zones") == 0
    assert block["headings"][-1] == "Recorder"
    assert block["recorder"]["events lost"] == 0
    assert abs(block["time"] - time.time()) < 60


@pytest.mark.parametrize("where", ["relative", "absolute"])
def test_place_of_the_file(lab, plugin, where):
    """statistics-file relative to named's directory, or absolute."""
    assert plugin
    name = "sub/dir.stats"
    options = f'statistics-file "{name}";'
    if where == "absolute":
        target = os.path.join(lab.dir, "elsewhere")
        os.makedirs(target)
        path = os.path.join(target, "x.stats")
        options = f'statistics-file "{path}";'
    secondary = lab.secondary(options=options)
    os.makedirs(secondary.path("sub"), exist_ok=True)
    if where == "relative":
        path = secondary.path(name)
    secondary.start()
    dump(secondary, path, 1)
    dump(secondary, path, 2)


def test_file_truncated_rotated_removed(lab, plugin):
    """A block after the next dump, whatever was done to the file."""
    assert plugin
    secondary, _ = secondary_of(lab)
    path = secondary.path("named.stats")
    dump(secondary, path, 1)
    with open(path, "w", encoding="utf-8"):
        pass
    dump(secondary, path, 1)
    os.rename(path, path + ".1")
    dump(secondary, path, 1)
    assert ours(path + ".1") == 1
    os.unlink(path)
    dump(secondary, path, 1)
    dump(secondary, path, 2)


def test_foreign_writes_are_no_dumps(lab, plugin):
    """Somebody else's line in the file gets no block."""
    assert plugin
    secondary, _ = secondary_of(lab)
    path = secondary.path("named.stats")
    dump(secondary, path, 1)
    with open(path, "a", encoding="utf-8") as out:
        out.write("a line of somebody else\n")
    with pytest.raises(TimeoutError):
        wait_until(lambda: ours(path) > 1, 1)
    dump(secondary, path, 2)


def test_statistics_file_no(lab, plugin):
    """The parameter `statistics-file no` leaves the file alone."""
    assert plugin
    lab.parameters = "statistics-file no;"
    secondary, _ = secondary_of(lab)
    text = secondary.stats()
    assert NAMED_END.search(text)
    with pytest.raises(TimeoutError):
        wait_until(lambda: ours(secondary.path("named.stats")), 1)


def test_file_changes_with_reconfig(lab, plugin):
    """A new statistics-file is found after rndc reconfig."""
    assert plugin
    secondary, _ = secondary_of(lab)
    dump(secondary, secondary.path("named.stats"), 1)
    secondary.options = 'statistics-file "other.stats";'
    secondary.reconfig()
    dump(secondary, secondary.path("other.stats"), 1)
    assert ours(secondary.path("named.stats")) == 1


def _leave_room_for_named_only(small, path, size):
    """Room in the file system for a dump of that size, and hardly a byte more."""
    padding = (PAGE - MARGIN - size) % PAGE
    with open(path, "w", encoding="ascii") as out:
        out.write("x" * (padding - 1) + "\n")
    pages = -(-(padding + size) // PAGE) - -(-padding // PAGE)
    with open(os.path.join(small, "filler"), "wb", buffering=0) as out:
        try:
            while True:
                out.write(b"x" * PAGE)
        except OSError:
            pass
        out.truncate(out.tell() - pages * PAGE)


def test_full_disk(lab, plugin):
    """A write error is logged once and harms nothing; afterwards all is well."""
    assert plugin
    if os.geteuid() != 0:
        pytest.skip("a small file system needs root")
    secondary = lab.secondary(options='statistics-file "small/named.stats";')
    small = secondary.path("small")
    lab.tmpfs(small, "256k")
    secondary.start()
    path = secondary.path("small", "named.stats")
    dump(secondary, path, 1)
    text = secondary.read("small/named.stats")
    size = text.index(OURS_BEGIN)
    with secondary.watch() as log:
        for _ in range(3):
            _leave_room_for_named_only(small, path, size)
            secondary.rndc("stats")
            log.wait(r"dumpstats complete")
            wait_until(lambda: NAMED_END.search(secondary.read("small/named.stats")),
                       BOUND_S, "named's own dump")
        log.wait_count(r"xfrwatch: .*(No space|disc full|space left)", 1, BOUND_S)
        os.unlink(os.path.join(small, "filler"))
        os.unlink(path)
        dump(secondary, path, 1)
        assert len(log.matches(r"xfrwatch: .*(No space|disc full|space left)")) == 1
    assert secondary.stop() == 0


def test_two_views(lab, plugin):
    """One block for both views, each failing zone under its view."""
    assert plugin
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    primary.mode = "transfer-refused"
    secondary = lab.secondary()
    zone = (f'zone "{ZONE}" {{ type secondary; '
            f"primaries {{ 127.0.0.1 port {primary.port}; }}; }};")
    secondary.config = (
        f'view "inside" {{ match-clients {{ 127.0.0.1; }}; {zone} }};\n'
        f'view "outside" {{ match-clients {{ any; }}; {zone} }};\n')
    secondary.start()

    def both_never_loaded():
        # Our own query reaches the first view, a client's the second.
        secondary.query(ZONE, source="127.0.0.9")
        block = secondary.dump_block()
        both = (block["zones"].get("never loaded") == 2 and len(block["failing"]) == 2
                and sum(i["zones"] for i in block["incidents"]) == 2)
        return block if both else None

    block = wait_until(both_never_loaded, 20, "two failing zones")
    assert {zone["view"] for zone in block["failing"].values()} == {"inside", "outside"}
    assert len(block["incidents"]) == 1, block["lines"]


@pytest.mark.slow
def test_at_most_a_thousand_zones(lab, plugin):
    """1100 failing zones: 1000 are listed, and how many more there are."""
    assert plugin
    zones = [f"z{n}.example" for n in range(1100)]
    secondary = lab.secondary(options="serial-query-rate 1000;")
    primary = lab.scripted()
    port = primary.port
    primary.close()
    secondary.config = "".join(
        f'zone "{zone}" {{ type secondary; primaries {{ 127.0.0.1 port {port}; }}; }};\n'
        for zone in zones)
    secondary.start()
    block = wait_until(
        lambda: (lambda b: b["zones"].get("never loaded") == 1100
                 and b["incidents"] and b["incidents"][0].get("zones") == 1100 and b)(
                     secondary.dump_block()), 60, "1100 failing zones")
    assert len(block["failing"]) == 1000
    assert block["more"] and "100" in block["more"]

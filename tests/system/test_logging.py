# SPDX-License-Identifier: MPL-2.0
# named's log with the plugin is named's log without it, but for our own lines:
# the same lines, in the same channels, at the same levels.
"""Logging equality, for every logging statement that comes to mind."""

import collections
import glob
import os
import re

import pytest

from xfrtest import Lab
from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

# Our own lines, named's lines that say that a plugin is there, and two that
# named prints now and then at its end.
OURS = re.compile(
    r"xfrwatch|automatic interface scanning terminated|unable to open route socket")
# Where we ask from, again and again, for what the secondary serves: how often is a
# matter of time, and so are the lines of category queries.
POLLER = "127.0.0.9"
# What differs from run to run anyway.
VARIABLE = [
    (re.compile(r"^\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d\.\d{3} "), ""),
    (re.compile(r"0x[0-9a-f]+"), "PTR"),
    (re.compile(r"/[^ ']*xfrtest-[^/ ']*"), "DIR"),
    (re.compile(r"#\d+"), "#PORT"),
    (re.compile(r"port \d+|:\d{4,5}\b|, port \d+"), "port PORT"),
    (re.compile(r"[\d.]+ secs \(\d+ bytes/sec\)"), "TIME"),
    (re.compile(r"named\.conf:\d+"), "named.conf:LINE"),
    (re.compile(r"(QID|id:?|references =|msgid|pid) \d+"), r"\1 N"),
    (re.compile(r"\(pid \d+\)|\bPID: \d+"), "PID"),
    (re.compile(r" in \d+ seconds|\d+\.\d+ seconds"), " in TIME"),
]
# At debug levels named's threads and timers print what no two runs have in
# common; what libdns says of zones and transfers must be the same.
STEADY = re.compile(r"(zone [a-z.]*example[a-z.]*/|transfer of '|notify|zone transfer)")


def config_of(channels, categories):
    """A logging statement."""
    return "logging {\n" + "\n".join(channels) + "\n" + "\n".join(categories) + "\n};\n"


def channel(name, target, severity, extra=""):
    """A channel with everything printed that tells one line from another."""
    return (f"channel {name} {{ {target}; severity {severity}; print-category yes; "
            f"print-severity yes; {extra} }};")


LEVELS = ("critical", "error", "warning", "notice", "info", "debug 1", "debug 3", "dynamic")

CASES = {
    "none": "",
    "default-channels": config_of([], ["category default { default_debug; default_stderr; };"]),
    "default-stderr": config_of([], ["category default { default_stderr; };"]),
    "default-null": config_of([], ["category default { null; };"]),
    "default-null-transfers-kept": config_of(
        [channel("x", 'file "x.log"', "info")],
        ["category default { null; };", "category xfer-in { x; };"]),
    "general-apart": config_of(
        [channel("g", 'file "g.log"', "info"), channel("x", 'file "x.log"', "info"),
         channel("d", 'file "d.log"', "info")],
        ["category general { g; };", "category xfer-in { x; };", "category notify { x; d; };",
         "category default { d; };"]),
    "every-severity": config_of(
        [channel("c" + level.replace(" ", ""), f'file "{level.replace(" ", "")}.log"', level)
         for level in LEVELS],
        ["category default { " + " ".join(f"c{level.replace(' ', '')};" for level in LEVELS)
         + " };"]),
    "debug-3": config_of([channel("x", 'file "x.log"', "debug 3")],
                         ["category default { x; };"]),
    "debug-3-transfers-only": config_of(
        [channel("x", 'file "x.log"', "debug 3"), channel("d", 'file "d.log"', "info")],
        ["category default { d; };", "category xfer-in { x; };"]),
    "versions": config_of(
        [channel("x", 'file "x.log" versions 30 size 4k', "info")],
        ["category default { x; };"]),
    "unlimited-versions": config_of(
        [channel("x", 'file "x.log" versions unlimited size 4k suffix timestamp', "info")],
        ["category default { x; };"]),
    "trace": config_of([channel("x", 'file "x.log"', "dynamic")],
                       ["category default { x; };"]),
    "querylog": config_of([channel("x", 'file "x.log"', "info")],
                          ["category default { x; };"]),
}


def live(lab, name, plugin):
    """One life of a secondary; returns its directory's log files as lines."""
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    scripted = next(iter(primary.zones.values()))
    secondary = lab.secondary(plugin=plugin or False, logging=CASES[name])
    secondary.config = (f'zone "{ZONE}" {{ type secondary; '
                        f"primaries {{ 127.0.0.1 port {primary.port}; }}; "
                        'file "example.db"; request-ixfr no; };\n')
    secondary.start()
    secondary.wait_serial(ZONE, OLD, source=POLLER)
    if name == "trace":
        wait_until(lambda: os.path.exists(secondary.path("example.db")), 20, "the zone's file")
        secondary.rndc("trace", "3")
    if name == "querylog":
        secondary.rndc("querylog", "on")
    for question in ("www", "nowhere"):
        secondary.query(f"{question}.{ZONE}", "A")
    _transfer(secondary, primary, scripted, "good", NEW)
    _transfer(secondary, primary, scripted, "transfer-refused", NEW + 1)
    _transfer(secondary, primary, scripted, "servfail", NEW + 2, by="udp")
    secondary.reconfig()
    _transfer(secondary, primary, scripted, "good", NEW + 3)
    if name == "trace":
        wait_until(lambda: _dumped(secondary.read("x.log")), 20, "the end of its writing")
        secondary.rndc("notrace")
    secondary.rndc("reload")
    _transfer(secondary, primary, scripted, "close", NEW + 4)
    assert secondary.stop() == 0, "\n".join(sum(read_logs(secondary).values(), [])[-60:])
    return read_logs(secondary)


OUTCOMES = {
    "good": "Transfer completed: ",
    "transfer-refused": "Transfer completed: ",
    "close": "Transfer completed: ",
    "servfail": "unexpected rcode (SERVFAIL)",
}
# Where the case logs no such line, the refresh gets this long to end.
UNLOGGED_S = 2


def _transfer(secondary, primary, scripted, mode, serial, by="tcp"):
    """Offer a serial under a mode; wait until named has asked and got it or not."""
    before = len(primary.questions)
    said = _said(secondary, OUTCOMES[mode])
    primary.mode = mode
    scripted.serial = serial
    secondary.rndc("refresh", ZONE)
    wait_until(lambda: any(t == by for _, t, _ in primary.questions[before:]), 20,
               f"a question by {by}")
    if mode == "good":
        secondary.wait_serial(ZONE, serial, source=POLLER)
    try:
        wait_until(lambda: _said(secondary, OUTCOMES[mode]) > said, UNLOGGED_S)
    except TimeoutError:
        pass


def _dumped(log):
    """Whether the zone that was transferred last is written; that has lines of its own."""
    return log.rfind(f"zone_journal_compact: zone {ZONE}/") > log.rfind("transferred serial")


def _said(secondary, text):
    return sum(secondary.read(os.path.basename(path)).count(text)
               for path in glob.glob(secondary.path("*.log*")) + [secondary.path("stderr")])


def read_logs(secondary):
    """{channel's file: its lines, normalised, without ours}; versions joined."""
    logs = collections.defaultdict(list)
    for path in glob.glob(secondary.path("*.log*")) + [secondary.path("stderr")]:
        base = os.path.basename(path)
        channel_name = base.split(".log")[0]
        with open(path, encoding="utf-8", errors="replace") as inp:
            for line in inp:
                if not OURS.search(line) and POLLER + "#" not in line:
                    logs[channel_name].append(normal(line.rstrip("\n")))
    return logs


def normal(line):
    """A line without what differs from run to run."""
    for pattern, replacement in VARIABLE:
        line = pattern.sub(replacement, line)
    return line


def differences(one, other, only=None):
    """What one run's channels hold more than the other's, both ways."""
    found = []
    for name in sorted(set(one) | set(other)):
        counts = [collections.Counter(
            line for line in logs.get(name, []) if only is None or only.search(line))
            for logs in (one, other)]
        found += [f"{name}: -{line}" for line in (counts[0] - counts[1]).elements()]
        found += [f"{name}: +{line}" for line in (counts[1] - counts[0]).elements()]
    return found


def is_debug(name):
    """Whether the case prints debug lines."""
    return "debug" in name or name in ("every-severity", "trace")


@pytest.mark.parametrize("name", CASES)
def test_the_test_itself(name):
    """Two runs without the plugin show no difference: so one that shows is ours."""
    runs = []
    for _ in range(2):
        with Lab() as lab:
            runs.append(live(lab, name, None))
    assert not differences(*runs, only=STEADY if is_debug(name) else None)
    if name not in ("default-null",):
        assert any(runs[0].values())


@pytest.mark.parametrize("name", CASES)
def test_same_log(name, plugin):
    """With and without the plugin: the same lines, channels, levels."""
    runs = []
    for path in (None, plugin):
        with Lab(parameters="log yes;") as lab:
            runs.append(live(lab, name, path))
    assert not differences(*runs, only=STEADY if is_debug(name) else None)


def test_our_lines_go_where_transfers_go(lab, plugin):
    """Our lines come in category xfer-in, at a level that fits the severity."""
    assert plugin
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    primary.mode = "transfer-refused"
    secondary = lab.secondary(logging=CASES["default-null-transfers-kept"])
    secondary.config = (f'zone "{ZONE}" {{ type secondary; '
                        f"primaries {{ 127.0.0.1 port {primary.port}; }}; }};\n")
    with secondary.watch("x.log") as log:
        secondary.start()
        line = log.wait(r"xfrwatch: incident=\d+ event=opened severity=(?P<severity>\w+)",
                        20).string
    assert re.match(r"^xfer-in: (notice|warning|error|critical): ", line)


def test_log_no(lab, plugin):
    """`log no`: nothing of ours about incidents in named's log."""
    assert plugin
    lab.parameters = "log no;"
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    primary.mode = "transfer-refused"
    secondary = lab.secondary()
    secondary.config = (f'zone "{ZONE}" {{ type secondary; '
                        f"primaries {{ 127.0.0.1 port {primary.port}; }}; }};\n")
    secondary.start()
    wait_until(lambda: secondary.dump_block()["incidents"], 20, "the incident")
    assert not any("xfrwatch: incident=" in line for line in secondary.log_lines())

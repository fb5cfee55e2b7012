# SPDX-License-Identifier: MPL-2.0
# What an operator sees whose BIND was upgraded under the plugin: causes as ever, the
# deadline as far as named tells it in answers to queries, and nothing that is not so.
# The plugin of another version comes from XFW_PLUGIN_OTHER.
"""A real named with a plugin that was built for another version of its series."""

import collections
import datetime
import email.utils
import os
import re
import time

import pytest

from xfrtest.channel import Channel
from xfrtest.faults import FAULTS, NEW, OLD, ZONE
from xfrtest.lines import SEVERITIES, ours
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

TIMERS = "min-retry-time 1; max-retry-time 2; min-refresh-time 1; max-refresh-time 2;"
SHARES = {"warning": 75, "err": 50, "crit": 25, "alert": 10}
TOLERANCE_S = 2
LOOK_S = 60  # a zone that fails is looked at so often, at least
WAIT_S = 10
# What a query for a zone looks like in named's query log.
QUERY = re.compile(r"queries: info: client .* query: (\S+) IN SOA -E\(0\)D")

# One of each kind, whose lines are all that is needed.
CAUSES = ("query-refused", "transfer-refused", "transfer-refused-never-loaded", "zone-unknown",
          "primary-down", "tsig-unknown-key", "tsig-wrong-secret", "tsig-clock",
          "serial-backwards", "serial-unchanged", "zone-without-ns", "too-many-records",
          "notify-refused", "first-of-two-down", "key-missing")


@pytest.fixture
def other(lab):
    """The plugin for another version; every secondary of the bench has it."""
    path = os.environ.get("XFW_PLUGIN_OTHER")
    if not path:
        pytest.skip("XFW_PLUGIN_OTHER does not name a plugin")
    lab.plugin = path
    return path


def statement(zone, number, primary, more=""):
    """A zone of named.conf."""
    return (f'zone "{zone}" {{ type secondary; file "zone{number}.db"; request-ixfr no; '
            f"{more} primaries {{ 127.0.0.1 port {primary.port}; }}; }};\n")


def secondary_of(lab, zones=(ZONE,), expire=604800, parameters="log yes;", view=None,
                 more="", options=""):
    """A secondary of zones that are loaded, started; returns it and its primary."""
    primary = lab.scripted(*(
        ScriptedZone(zone, zone_text(OLD, refresh=1, retry=1, expire=expire))
        for zone in zones))
    secondary = lab.secondary(parameters=parameters, options=TIMERS + options)
    secondary.config = "".join(statement(zone, number, primary, more)
                               for number, zone in enumerate(zones))
    if view is not None:
        secondary.config = f'view "{view}" {{\n{secondary.config}}};\n'
    secondary.start()
    if "allow-query" not in more:
        for zone in zones:
            secondary.wait_serial(zone, OLD)
    return secondary, primary


def expires_at(secondary, zone=ZONE):
    """When named will expire the zone, as it tells it."""
    status = secondary.rndc("zonestatus", zone)
    return email.utils.parsedate_to_datetime(
        re.search(r"^expires: (.+)$", status, re.M).group(1)).timestamp()


def said(secondary, event=None):
    """What xfrwatch said so far."""
    return [line for line in ours(secondary.log_lines())
            if event is None or line["event"] == event]


def wait_said(secondary, event, timeout=WAIT_S, count=1):
    """Wait for so many lines of that kind; return the last."""
    return wait_until(lambda: said(secondary, event)[count - 1:], timeout,
                      f"{count} {event}")[-1]


def entry(secondary, zone=ZONE):
    """The zone's line in the statistics file, or None."""
    return secondary.dump_block()["failing"].get(f"{zone}/IN")


@pytest.mark.parametrize("name", CAUSES)
def test_causes(lab, other, name):
    """The causes are those of the full mode, and so is the count of attempts."""
    assert other
    fault = FAULTS[name](lab)
    fault.setup()
    with fault.secondary.watch() as log:
        fault.inject()
        fault.provoke()
        log.wait_all(fault.expected_lines(False), fault.timeout)
    causes = {fault.cause, *fault.refined}
    block = wait_until(lambda: (lambda b: b if causes & set(b["causes"]) else None)(
        fault.secondary.dump_block()), fault.notice_s, fault.cause)
    (cause,) = causes & set(block["causes"])
    if fault.attempts is not None:
        assert sum(block["causes"].values()) <= max(fault.attempts, 1), block["lines"]
    if fault.address is not None:
        assert cause in block["primaries"].get(fault.address, {}), block["lines"]
    assert wait_said(fault.secondary, "opened")["cause"] in causes
    assert block["recorder"]["messages unclassified"] == 0, block["lines"]
    if fault.heals and fault.state != "ok":
        fault.heal()
        fault.recovered()
        wait_said(fault.secondary, "resolved", WAIT_S)
    assert fault.secondary.stop() == 0


def test_until_the_zone_is_lost(lab, other):
    """The deadline is named's, comes nearer, is said at each step; then the end."""
    assert other
    channel = Channel(lab)
    expire = 40
    secondary, primary = secondary_of(lab, expire=expire,
                                      parameters=f"log yes; {channel.parameter}")
    primary.mode = "refused"
    assert wait_said(secondary, "opened")["severity"] == "notice"
    wait_until(lambda: entry(secondary), WAIT_S)
    lost = expires_at(secondary)
    seen = {}
    while time.time() < lost + 1 and len(seen) < 3:
        left = entry(secondary)["deadline-in"]
        assert abs(lost - time.time() - int(left)) <= TOLERANCE_S
        seen.setdefault(left)
    assert len(seen) == 3
    (zone,) = channel.json("/json/v1/zones")["zones"]
    told = datetime.datetime.strptime(zone["deadline"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(told.timestamp() - lost) <= TOLERANCE_S
    assert (zone["state"], zone["cause"], zone["serial"]) == ("failing", "refused-query", OLD)
    expired = wait_said(secondary, "expired", lost - time.time() + 5)
    assert abs(time.time() - lost) <= TOLERANCE_S
    assert expired["zone"] == f"{ZONE}/IN" and expired["severity"] == "alert"
    steps = said(secondary, "escalated")
    assert [step["severity"] for step in steps] == list(SEVERITIES[1:])
    for step in steps:
        left = int(step["deadline-in"].rstrip("s"))
        assert abs(left - expire * SHARES[step["severity"]] / 100) <= TOLERANCE_S, step
    assert secondary.dump_block()["zones"]["expired"] == 1
    primary.mode = "good"
    secondary.rndc("refresh", ZONE)
    wait_said(secondary, "resolved")
    assert secondary.dump_block()["zones"]["ok"] == 1
    assert secondary.stop() == 0


def test_refresh_without_a_new_serial_ends_it(lab, other):
    """named says nothing of it: it is seen by the deadline, which moves."""
    assert other
    secondary, primary = secondary_of(lab)
    primary.mode = "refused"
    wait_said(secondary, "opened")
    wait_until(lambda: entry(secondary), WAIT_S)
    failures = entry(secondary)["failures"]
    wait_until(lambda: entry(secondary)["failures"] > failures + 2, WAIT_S, "more failures")
    assert not said(secondary, "resolved")
    primary.mode = "good"
    wait_said(secondary, "resolved", LOOK_S + WAIT_S)
    block = secondary.dump_block()
    assert not block["failing"] and block["zones"]["ok"] == 1, block["lines"]


def test_never_loaded(lab, other):
    """A zone that has no data is told as such, and when it has some."""
    assert other
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD, refresh=1, retry=1)))
    primary.mode = "refused"
    secondary = lab.secondary(parameters="log yes;", options=TIMERS)
    secondary.config = statement(ZONE, 1, primary)
    secondary.start()
    wait_until(lambda: secondary.dump_block()["zones"].get("never loaded") == 1, WAIT_S)
    # By whatever line comes first then: opened, diagnosed or escalated.
    wait_until(lambda: "alert" in [line["severity"] for line in said(secondary)], WAIT_S)
    primary.mode = "good"
    secondary.rndc("refresh", ZONE)
    wait_said(secondary, "resolved")
    assert secondary.dump_block()["zones"]["ok"] == 1


def test_reconfigurations(lab, other):
    """What is known stays; a zone that is removed goes, with its incident."""
    assert other
    zones = (ZONE, "other.example")
    secondary, primary = secondary_of(lab, zones)
    primary.mode = "refused"
    wait_said(secondary, "opened")
    for _ in range(5):
        secondary.reconfig()
    wait_until(lambda: len(secondary.dump_block()["failing"]) == 2, WAIT_S)
    assert not said(secondary, "resolved") and len(said(secondary, "opened")) == 1
    secondary.config = statement(ZONE, 0, primary)
    secondary.reconfig()
    wait_until(lambda: list(secondary.dump_block()["failing"]) == [f"{ZONE}/IN"], WAIT_S)
    assert not said(secondary, "resolved")
    secondary.config = ""
    secondary.reconfig()
    wait_said(secondary, "resolved")
    assert sum(secondary.dump_block()["zones"].values()) == 0
    assert secondary.stop() == 0


def test_zones_of_a_view(lab, other):
    """Cause and incident are known, the deadline is not; named is not asked."""
    assert other
    secondary, primary = secondary_of(lab, view="internal", options="querylog yes;")
    asked = len(QUERY.findall(secondary.read("named.log")))
    primary.mode = "refused"
    opened = wait_said(secondary, "opened")
    assert opened["deadline-in"] == "-" and opened["first-zone"] == f"{ZONE}/IN/internal"
    wait_until(lambda: secondary.dump_block()["zones"].get("failing"), WAIT_S)
    zone = wait_until(lambda: secondary.dump_block()["failing"], WAIT_S)
    assert list(zone.values())[0]["deadline-in"] == "-"
    assert len(QUERY.findall(secondary.read("named.log"))) == asked
    secondary.config = ""
    secondary.reconfig()
    wait_said(secondary, "resolved")


def test_zone_that_is_not_served_to_us(lab, other):
    """allow-query { none; }: no deadline, and not a line of named's for each failure."""
    assert other
    secondary, primary = secondary_of(lab, more="allow-query { none; };")
    with secondary.watch(from_start=True) as log:
        log.wait("transferred serial", WAIT_S)
        primary.mode = "refused"
        log.wait_count(r"refresh: unexpected rcode \(REFUSED\)", 5, 30)
        assert len(log.matches("denied")) <= 2, log.matches("denied")
    assert entry(secondary)["deadline-in"] == "-"
    assert not said(secondary, "resolved")


def test_pace(lab, other):
    """A hundred zones at once: all deadlines are known soon, at 20 queries a second."""
    assert other
    zones = [f"z{n}.example" for n in range(100)]
    secondary, primary = secondary_of(
        lab, zones, options="querylog yes;")
    secondary.rndc("trace", "0")
    primary.mode = "refused"
    wait_said(secondary, "opened")
    wait_until(lambda: len([z for z in secondary.dump_block()["failing"].values()
                            if z["deadline-in"] != "-"]) == 100, 60, "all deadlines")
    seconds = collections.Counter(
        line[:20] for line in secondary.log_lines() if QUERY.search(line))
    assert seconds and not secondary.watch(from_start=True).matches("denied")
    assert len(said(secondary, "opened")) == 1


def test_refused_to_us_alone_is_no_verdict(lab, other):
    """The primary wants a key that we do not have: that it refuses says nothing."""
    assert other
    primary = lab.primary(options=f'allow-query {{ key "k"; }};')
    key = 'key "k" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0"; };\n'
    primary.config = key + f'zone "{ZONE}" {{ type primary; file "zone.db"; }};\n'
    primary.write("zone.db", zone_text(OLD, refresh=1, retry=1))
    primary.start()
    secondary = lab.secondary(parameters="log yes;", options=TIMERS)
    secondary.config = key + (
        f'zone "{ZONE}" {{ type secondary; file "1.db"; request-ixfr no; primaries '
        f'{{ 127.0.0.1 port {primary.port} key "k"; }}; }};\n')
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    primary.options = f'allow-query {{ key "k"; }}; allow-transfer {{ none; }};'
    primary.write("zone.db", zone_text(NEW, refresh=1, retry=1))
    primary.reconfig()
    primary.rndc("reload", ZONE)
    secondary.rndc("refresh", ZONE)
    opened = wait_said(secondary, "opened")
    assert opened["cause"] == "refused-transfer"
    incident = wait_until(
        lambda: next((i for i in secondary.dump_block()["incidents"] if i.get("evidence")),
                     None), WAIT_S, "the diagnosis")
    checks = {check["check"]: check for check in incident["evidence"]}
    assert "reduced mode" in checks["configuration"]["result"]
    assert "REFUSED" in checks["soa-udp"]["result"]
    assert not any(check.get("stance") for check in checks.values()), checks
    assert incident["cause"] == "refused-transfer"
    assert incident["confidence"] <= int(opened["confidence"])
    assert "key" in incident["why"]


def test_recovery_refresh_is_off(lab, other):
    """It is said, once."""
    assert other
    secondary, _ = secondary_of(lab, parameters="log yes; recovery-refresh yes;")
    with secondary.watch(from_start=True) as log:
        log.wait("xfrwatch: recovery-refresh is off in reduced mode", 30)
        secondary.reconfig()
        secondary.reconfig()
        secondary.dump_block()
        assert len(log.matches("recovery-refresh is off")) == 1
    assert secondary.stop() == 0

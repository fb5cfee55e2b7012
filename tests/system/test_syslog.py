# SPDX-License-Identifier: MPL-2.0
# Lines to syslog(3), read by a real syslog daemon: facility, true severity, the
# same text as in named's log; and a daemon that is stuck or missing harms nothing.
"""syslog: a real rsyslogd behind a /dev/log of our own."""

import re
import time

import pytest

from xfrtest.faults import OLD, ZONE
from xfrtest.lines import LEVELS, OURS, SEVERITIES, parse, texts
from xfrtest.primary import ScriptedZone
from xfrtest.syslogd import Syslogd
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

pytestmark = pytest.mark.hosts

TIMERS = "min-retry-time 1; max-retry-time 2; min-refresh-time 1; max-refresh-time 2;"
QUIET = "escalation { warning 0; err 0; crit 0; alert 0; };"
ANSWER_MAX_S = 2
STOP_MAX_S = 15
# What rsyslogd may be behind.
ARRIVAL_S = 10


def policy(loudest):
    """Parameters under which a failing zone has just this severity."""
    full = SEVERITIES.index(loudest)
    return "escalation { " + " ".join(
        f"{name} {100 if number <= full else 0};"
        for number, name in enumerate(SEVERITIES) if number) + " };"


def secondary_of(lab, syslogd, parameters, zones=(ZONE,)):
    """A secondary that sees the daemon's /dev/log, started, its zones loaded."""
    primary = lab.scripted(*(ScriptedZone(zone, zone_text(OLD, refresh=1, retry=1))
                             for zone in zones))
    secondary = lab.secondary(parameters=parameters, options=TIMERS, prefix=syslogd.prefix)
    secondary.config = "".join(
        f'zone "{zone}" {{ type secondary; request-ixfr no; primaries {{ 127.0.0.1 port '
        f'{primary.port}; }}; file "{zone}.db"; }};\n' for zone in zones)
    secondary.start()
    for zone in zones:
        secondary.wait_serial(zone, OLD)
    return secondary, primary


def life(lab, syslogd, facility):
    """A zone that fails, grows louder step by step, and is mended."""
    secondary, primary = secondary_of(lab, syslogd, f"syslog {facility}; {QUIET}")
    with secondary.watch(from_start=True) as log:
        primary.mode = "refused"
        log.wait(r"xfrwatch: incident=\d+ event=opened severity=notice ", 20)
        for severity in SEVERITIES[1:]:
            secondary.parameters = f"syslog {facility}; {policy(severity)}"
            secondary.reconfig()
            log.wait(rf"xfrwatch: incident=\d+ event=escalated severity={severity} ", 10)
        primary.mode = "good"
        log.wait(r"xfrwatch: incident=\d+ event=resolved ", 20)
    return secondary


@pytest.mark.parametrize("facility", ["daemon", "local0", "local7", "authpriv", "user"])
def test_facility_severity_and_text(lab, plugin, facility):
    """Each line once, in order, with its true severity and named's very text."""
    assert plugin
    syslogd = Syslogd(lab).start()
    secondary = life(lab, syslogd, facility)
    said = texts(secondary.log_lines())
    wait_until(lambda: len(syslogd.ours()) >= len(said), ARRIVAL_S, "the lines in syslog")
    arrived = [row for row in syslogd.ours() if OURS.search(row[3])]
    assert [row[3] for row in arrived] == said
    assert {row[0] for row in arrived} == {facility}
    assert {row[2] for row in arrived} == {"named"}
    for _facility, severity, _program, text in arrived:
        assert severity == parse(text)["severity"]
    steps = [row[1] for row in arrived if "event=diagnosed" not in row[3]]
    assert steps == [*SEVERITIES, "notice"]
    assert secondary.stop() == 0


def test_level_in_named_log(lab, plugin):
    """named's log has the nearest level that it knows."""
    assert plugin
    secondary = life(lab, Syslogd(lab).start(), "local5")
    for line in secondary.log_lines():
        if OURS.search(line):
            level = re.search(r"^xfer-in: (\w+): xfrwatch: ", line)
            assert level, line
            assert level.group(1) == LEVELS[parse(line)["severity"]], line


def test_without_log(lab, plugin):
    """`log no` and a facility: syslog alone has the lines."""
    assert plugin
    syslogd = Syslogd(lab).start()
    secondary, primary = secondary_of(lab, syslogd, "log no; syslog local2;")
    primary.mode = "refused"
    wait_until(lambda: any("event=opened" in row[3] for row in syslogd.ours()), 20,
               "the line in syslog")
    assert not texts(secondary.log_lines())


@pytest.mark.parametrize("parameters", [None, "syslog none;"], ids=["default", "none"])
def test_none_sends_nothing(lab, plugin, parameters):
    """Nothing of ours arrives, until a facility is configured."""
    assert plugin
    syslogd = Syslogd(lab).start()
    secondary, primary = secondary_of(lab, syslogd, parameters)
    with secondary.watch() as log:
        primary.mode = "refused"
        log.wait(r"xfrwatch: incident=1 event=opened ", 20)
        primary.mode = "good"
        log.wait(r"xfrwatch: incident=1 event=resolved ", 20)
        secondary.parameters = "syslog local3;"
        secondary.reconfig()
        primary.mode = "refused"
        log.wait(r"xfrwatch: incident=2 event=opened ", 20)
    wait_until(syslogd.ours, ARRIVAL_S, "a line in syslog")
    arrived = syslogd.ours()
    assert [row[:2] for row in arrived if OURS.search(row[3])] == [("local3", "notice")]
    assert all("incident=1 " not in row[3] for row in arrived)


def slowest_answer(secondary, seconds):
    """Ask for so long; the longest that an answer took.  No answer raises."""
    slowest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        secondary.query(ZONE, "SOA", timeout=ANSWER_MAX_S)
        slowest = max(slowest, time.monotonic() - begin)
    return slowest


def check_unharmed(secondary, log, incidents):
    """named answers, reconfigures, writes statistics, and ends in bounded time."""
    log.wait_count(r"xfrwatch: incident=\d+ event=opened ", incidents, 20)
    assert slowest_answer(secondary, 3) < ANSWER_MAX_S
    assert len(secondary.dump_block()["incidents"]) == incidents
    secondary.rndc("reconfig", timeout=STOP_MAX_S)
    assert len(secondary.dump_block()["incidents"]) == incidents
    begin = time.monotonic()
    secondary.rndc("stop", timeout=STOP_MAX_S)
    assert secondary.wait_exit(STOP_MAX_S) == 0
    assert time.monotonic() - begin < STOP_MAX_S


REMIND = "reminder-interval 1;"


def test_frozen_daemon(lab, plugin):
    """A stopped daemon with a full socket."""
    assert plugin
    syslogd = Syslogd(lab).start()
    secondary, primary = secondary_of(lab, syslogd, f"syslog daemon; {REMIND}")
    syslogd.freeze()
    with secondary.watch() as log:
        primary.mode = "refused"
        check_unharmed(secondary, log, 1)


def test_daemon_that_thaws(lab, plugin):
    """When the daemon goes on, so do the lines."""
    assert plugin
    syslogd = Syslogd(lab).start()
    secondary, primary = secondary_of(lab, syslogd, f"syslog daemon; {REMIND}")
    syslogd.freeze()
    with secondary.watch() as log:
        primary.mode = "refused"
        log.wait_count(r"xfrwatch: incident=\d+ event=reminder ", 3, 20)
        syslogd.thaw()
        primary.mode = "good"
        log.wait(r"xfrwatch: incident=\d+ event=resolved ", 20)
    wait_until(lambda: any("event=resolved" in row[3] for row in syslogd.ours()), 20,
               "resolved in syslog")
    assert secondary.stop() == 0


def test_missing_daemon(lab, plugin):
    """No /dev/log at all."""
    assert plugin
    syslogd = Syslogd(lab)
    secondary, primary = secondary_of(lab, syslogd, f"syslog daemon; {REMIND}")
    with secondary.watch() as log:
        primary.mode = "refused"
        check_unharmed(secondary, log, 1)


def test_daemon_that_comes_and_goes(lab, plugin):
    """Lines arrive as soon as there is a daemon, and again after its restart."""
    assert plugin
    syslogd = Syslogd(lab)
    secondary, primary = secondary_of(lab, syslogd, f"syslog local4; {REMIND}")
    with secondary.watch() as log:
        primary.mode = "refused"
        log.wait(r"xfrwatch: incident=1 event=opened ", 20)
        for _ in range(2):
            seen = len(syslogd.ours())
            syslogd.start()
            wait_until(lambda: len(syslogd.ours()) > seen, 20, "a line in syslog")
            syslogd.stop()
        primary.mode = "good"
        log.wait(r"xfrwatch: incident=1 event=resolved ", 20)
    assert secondary.stop() == 0

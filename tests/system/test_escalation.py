# SPDX-License-Identifier: MPL-2.0
# How an incident grows louder until the zone is lost: each line once, at its time,
# in its exact form, whatever the zone is called.
"""Escalation, reminders, expiry and recovery; names that would forge a line."""

import email.utils
import os
import re
import time

import dns.name
import pytest

from xfrtest.faults import OLD, ZONE
from xfrtest.lines import SEVERITIES, ours, parse
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

TIMERS = "min-retry-time 1; max-retry-time 2; min-refresh-time 1; max-refresh-time 2;"
TOLERANCE_S = 2
DEFAULT = {"warning": 75, "err": 50, "crit": 25, "alert": 10}


def escalation(**steps):
    """The parameter."""
    return "escalation { " + " ".join(f"{k} {v};" for k, v in steps.items()) + " };"


def secondary_of(lab, zones=(ZONE,), parameters="", expire=604800, view=None):
    """A secondary of zones that are loaded, started; returns it and its primary."""
    primary = lab.scripted(*(
        ScriptedZone(zone, zone_text(OLD, refresh=1, retry=1, expire=expire))
        for zone in zones))
    secondary = lab.secondary(parameters=parameters, options=TIMERS)
    secondary.config = "".join(
        f'zone "{zone}" {{ type secondary; request-ixfr no; primaries {{ 127.0.0.1 port '
        f'{primary.port}; }}; file "zone{number}.db"; }};\n'
        for number, zone in enumerate(zones))
    if view is not None:
        secondary.config = f'view "{view}" {{\n{secondary.config}}};\n'
    secondary.start()
    for zone in zones:
        secondary.wait_serial(zone, OLD)
    return secondary, primary


def expires_at(secondary, zone=ZONE):
    """When named will expire the zone, as it tells it."""
    status = secondary.rndc("zonestatus", zone)
    return email.utils.parsedate_to_datetime(
        re.search(r"^expires: (.+)$", status, re.M).group(1)).timestamp()


class Said:
    """What xfrwatch says from now on, each with the time at which it was seen."""

    def __init__(self, secondary):
        self.log = secondary.watch()
        self.taken = 0
        self.events = []

    def read(self):
        """Take in the new lines."""
        for event in ours(self.log.lines())[self.taken:]:
            self.taken += 1
            # What is found by asking the primary is said when it is known.
            if event["event"] != "diagnosed":
                self.events.append({**event, "seen": time.time()})
        return self.events

    def of(self, name, **fields):
        """Those of that event, and with these values."""
        return [e for e in self.read() if e["event"] == name
                and all(e[key.replace("_", "-")] == value for key, value in fields.items())]

    def wait(self, name, timeout, count=1, **fields):
        """Wait for so many of them."""
        return wait_until(lambda: self.of(name, **fields)[count - 1:], timeout,
                          f"{count} {name} {fields}")[0]


def check_life(secondary, primary, said, steps, expire, zones=(ZONE,)):
    """Break, wait until all zones are lost, mend; check what was said and when."""
    primary.mode = "refused"
    opened = said.wait("opened", 10)
    wait_until(lambda: secondary.dump_block()["zones"].get("failing") == len(zones), 6)
    first = min(expires_at(secondary, zone) for zone in zones)
    last = max(expires_at(secondary, zone) for zone in zones)
    for zone in zones:
        said.wait("expired", max(last - time.time(), 0) + 5, zone=f"{zone}/IN")
    primary.mode = "good"
    for zone in zones:
        secondary.rndc("refresh", zone)
    resolved = said.wait("resolved", 10)
    assert opened["severity"] == resolved["severity"] == "notice"
    escalated = said.of("escalated")
    assert [e["severity"] for e in escalated] == list(SEVERITIES[1:])
    for event in escalated:
        due = first - expire * steps[event["severity"]] / 100
        assert abs(event["seen"] - due) <= TOLERANCE_S, (event, event["seen"] - due)
        left = int(event["deadline-in"].rstrip("s"))
        assert abs(first - event["seen"] - left) <= TOLERANCE_S, event
        assert event["deadline-zone"].removesuffix("/IN") in zones
        assert event["serving"] == str(OLD)
        assert int(event["zones"]) == len(zones)
    expired = said.of("expired")
    assert sorted(e["zone"] for e in expired) == sorted(f"{zone}/IN" for zone in zones)
    for event in expired:
        assert event["severity"] == "alert" and event["serving"] == "-"
        assert first - 1 <= event["seen"] <= last + TOLERANCE_S
    assert len(said.of("opened")) == len(said.of("resolved")) == 1
    assert {e["incident"] for e in said.events if "incident" in e} == {opened["incident"]}
    assert {e["cause"] for e in said.events} == {"refused-query"}
    assert {e["primary"] for e in said.events} == {f"127.0.0.1#{primary.port}"}
    assert len(said.events) == 6 + len(zones)
    assert int(resolved["zones"]) == len(zones)
    lasted = resolved["seen"] - opened["seen"]
    assert abs(int(resolved["failing-for"].rstrip("s")) - lasted) <= TOLERANCE_S


def test_one_zone_until_it_expires(lab, plugin):
    """Every step of the default policy at its share of 40 seconds."""
    assert plugin
    secondary, primary = secondary_of(lab, expire=40)
    check_life(secondary, primary, Said(secondary), DEFAULT, 40)
    assert secondary.stop() == 0


def test_own_percentages(lab, plugin):
    """The operator's percentages, not the defaults."""
    assert plugin
    steps = {"warning": 80, "err": 65, "crit": 40, "alert": 20}
    secondary, primary = secondary_of(lab, parameters=escalation(**steps), expire=30)
    check_life(secondary, primary, Said(secondary), steps, 30)


def test_zones_of_one_incident_escalate_together(lab, plugin):
    """Five zones, one line for each step."""
    assert plugin
    zones = [f"z{n}.example" for n in range(5)]
    secondary, primary = secondary_of(lab, zones, expire=30)
    check_life(secondary, primary, Said(secondary), DEFAULT, 30, zones)


def test_many_zones_expire(lab, plugin):
    """Five lines, then one that counts the others; all of it is accounted for."""
    assert plugin
    zones = [f"z{n}.example" for n in range(12)]
    secondary, primary = secondary_of(lab, zones, expire=20)
    said = Said(secondary)
    primary.mode = "refused"
    said.wait("opened", 10)
    wait_until(lambda: secondary.dump_block()["zones"].get("expired") == 12, 40, "the end")
    primary.mode = "good"
    for zone in zones:
        secondary.rndc("refresh", zone)
    said.wait("resolved", 20)
    single = [e for e in said.of("expired") if "zone" in e]
    more = [e for e in said.of("expired") if "incident" in e]
    assert len({e["zone"] for e in single}) == len(single) == 5
    assert sum(int(e["zones"]) for e in more) == 7
    assert {e["severity"] for e in said.of("expired")} == {"alert"}
    assert len(said.of("escalated")) == 4


def test_steps_at_zero_and_hundred(lab, plugin):
    """warning 100 is said as soon as it fails; steps at 0 are left out."""
    assert plugin
    steps = {"warning": 100, "err": 0, "crit": 0, "alert": 0}
    secondary, primary = secondary_of(lab, parameters=escalation(**steps), expire=20)
    said = Said(secondary)
    primary.mode = "refused"
    assert said.wait("opened", 10)["severity"] == "warning"
    expired = said.wait("expired", 30)
    assert abs(expired["seen"] - expires_at_log(said)) <= TOLERANCE_S
    with pytest.raises(TimeoutError):
        said.wait("escalated", 3, severity="crit")
    assert {e["severity"] for e in said.of("escalated")} <= {"alert"}
    assert len(said.of("expired")) == 1


def expires_at_log(said):
    """The end as the opened line foretold it."""
    opened = said.of("opened")[0]
    return opened["seen"] + int(opened["deadline-in"].rstrip("s"))


def test_reminders(lab, plugin):
    """One every five seconds, and nothing else."""
    assert plugin
    secondary, primary = secondary_of(lab, parameters="reminder-interval 5;")
    said = Said(secondary)
    primary.mode = "refused"
    last = said.wait("opened", 10)["seen"]
    for count in (1, 2, 3):
        reminder = said.wait("reminder", 8, count)
        assert abs(reminder["seen"] - last - 5) <= 1
        assert reminder["severity"] == "notice"
        last = reminder["seen"]
    primary.mode = "good"
    said.wait("resolved", 10)
    with pytest.raises(TimeoutError):
        said.wait("reminder", 6, 4)
    assert [e["event"] for e in said.events] == ["opened"] + ["reminder"] * 3 + ["resolved"]


def test_again_after_the_recovery(lab, plugin):
    """A second failure is a second incident, with a number of its own."""
    assert plugin
    secondary, primary = secondary_of(lab)
    said = Said(secondary)
    for count in (1, 2):
        primary.mode = "refused"
        said.wait("opened", 10, count)
        primary.mode = "good"
        said.wait("resolved", 10, count)
    assert [(e["event"], e["incident"]) for e in said.events] == [
        ("opened", "1"), ("resolved", "1"), ("opened", "2"), ("resolved", "2")]


@pytest.mark.parametrize("gone,severity", [(5, "notice"), (30, "warning"), (60, "err"),
                                           (80, "crit"), (93, "alert")])
def test_restart_while_failing(lab, plugin, gone, severity):
    """named started on an old copy: the deadline counts from the file's time."""
    assert plugin
    expire = 200
    secondary, primary = secondary_of(lab, expire=expire)
    wait_until(lambda: os.path.exists(secondary.path("zone0.db")), 20, "the zone's file")
    assert secondary.stop() == 0
    then = time.time() - expire * gone / 100
    for name in os.listdir(secondary.dir):
        if name.startswith("zone0.db"):
            os.utime(secondary.path(name), (then, then))
    primary.mode = "refused"
    said = Said(secondary)
    secondary.start()
    opened = said.wait("opened", 10)
    assert opened["severity"] == severity
    assert opened["serving"] == str(OLD)
    end = expires_at(secondary)
    assert abs(end - then - expire) <= TOLERANCE_S
    assert abs(opened["seen"] + int(opened["deadline-in"].rstrip("s")) - end) <= TOLERANCE_S
    zone = secondary.dump_block()["failing"][f"{ZONE}/IN"]
    assert abs(time.time() + zone["deadline-in"] - end) <= TOLERANCE_S
    assert zone["severity"] == severity


# Names.

LABEL = "x" * 63
NAMES = {
    "space": r"a\032b.example",
    "forged": r"a\010xfrwatch:\032incident=9\032event=resolved.example",
    "spaces-only": r"\032\032.example",
    "quote": r"a\"b.example",
    "quotes": r"\034\034.\034.example",
    "single-quote": "a'b.example",
    "equals": "a=b.example",
    "key-value": r"zone=x\032event=expired.example",
    "backslash": r"a\\b.example",
    "backslash-quote": r"a\\\034b.example",
    "backslash-digits": r"a\\010b.example",
    "dot": r"a\.b.example",
    "eight-bit": r"caf\195\169.example",
    "nul": r"a\000b.example",
    "newline": r"a\010b.example",
    "escape": r"a\027[31mb.example",
    "specials": r"a\@\$\;\(\)b.example",
    "percent": "%s%n%s%n.example",
    "colon": "a:b.example",
    "brackets": "[View:x].{y}.example",
    "rfc2317": "0/25.2.0.192.in-addr.arpa",
    "slash-class": "a/IN.example",
    "upper-case": "UPPER.Example",
    "root": ".",
    "one-letter": "x",
    "hyphen": "-",
    "like-a-message": r"x\032from\032127.0.0.1#53:\032Transfer\032status:\032success.example",
    "long": f"{LABEL}.{LABEL}.{LABEL}.{'y' * 61}",
    "long-escaped": ".".join([r"\200" * 63] * 3 + [r"\201" * 61]),
    "long-equals": ".".join(["=" * 63] * 3 + ["=" * 61]),
}


def printed(name):
    """As BIND prints it, a quote as a number."""
    text = dns.name.from_text(name).to_text(omit_final_dot=True)
    return (text or ".").replace('\\"', r"\034")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names(lab, plugin, name):
    """Every line and the block hold the name as BIND prints it, and nothing else."""
    assert plugin
    secondary, primary = secondary_of(lab, (name,), expire=20)
    key = printed(name) + "/IN"
    said = Said(secondary)
    primary.mode = "refused"
    opened = said.wait("opened", 10)
    assert opened["first-zone"] == opened["deadline-zone"] == key
    assert opened["zones"] == "1"
    block = secondary.dump_block()
    assert list(block["failing"]) == [key], block["lines"]
    assert block["failing"][key]["cause"] == "refused-query"
    assert block["incidents"][0]["deadline-zone"] == key
    assert block["zones"] == {"failing": 1} and not block["more"]
    primary.mode = "good"
    said.wait("resolved", 10)
    assert {e["event"] for e in said.events} <= {"opened", "escalated", "resolved"}
    said.log.wait(r"event=diagnosed .* evidence=\"", 20)
    assert len({(e["event"], e["severity"]) for e in said.events}) == len(said.events)


def test_all_names_at_once(lab, plugin):
    """One incident; each zone once in the block; expiry lines that can be read."""
    assert plugin
    names = list(NAMES.values())
    secondary, primary = secondary_of(lab, names, expire=20)
    said = Said(secondary)
    primary.mode = "refused"
    block = wait_until(lambda: (lambda b: b if b["zones"] == {"failing": len(names)} else None)(
        secondary.dump_block()), 15, "all zones failing")
    assert sorted(block["failing"]) == sorted(printed(name) + "/IN" for name in names)
    assert [i["zones"] for i in block["incidents"]] == [len(names)]
    said.wait("expired", 40)
    keys = {printed(name) + "/IN" for name in names}
    for event in said.of("expired"):
        assert event.get("zone", next(iter(keys))) in keys
    assert len(said.of("opened")) == 1


@pytest.mark.parametrize("view", ["a b", "x=y", "IN", "CH", "two: three", "a/b", "a'b", "-",
                                  "%s", "caf\u00e9", "refresh: failure"])
def test_view_names(lab, plugin, view):
    """A view's name behind the class, escaped as a zone's."""
    assert plugin
    secondary, primary = secondary_of(lab, view=view)
    key = f"{ZONE}/IN/{view}".replace("\u00e9", r"\195\169")
    said = Said(secondary)
    primary.mode = "refused"
    opened = said.wait("opened", 10)
    assert opened["first-zone"] == opened["deadline-zone"] == key
    block = secondary.dump_block()
    assert block["zones"] == {"failing": 1}, block["lines"]
    assert any(line == f"[View: {view}]".replace("\u00e9", r"\195\169")
               for line in block["lines"]), block["lines"]
    primary.mode = "good"
    said.wait("resolved", 10)


def test_reader_of_the_lines():
    """The reader of these tests takes interfaces.md's lines and no others."""
    good = ('xfrwatch: incident=7 event=opened severity=notice cause=connect-refused '
            'primary=10.0.0.53#53 zones=1 first-zone=a/IN deadline-in=5s deadline-zone=a/IN '
            'serving=1 offered=- confidence=99 action="x"')
    assert parse("time xfer-in: notice: " + good)["first-zone"] == "a/IN"
    for bad in (good.replace("zones=1", "zones=1 zones=2"), good + " more=1",
                good.replace("a/IN", '"a/IN"', 1), good.replace("a/IN", "a b/IN", 1),
                good.replace('"x"', '"x'), good.replace("notice", "loud"),
                good.replace("zones=1 ", ""), good + "..."):
        with pytest.raises(ValueError):
            parse(bad)

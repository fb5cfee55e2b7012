# SPDX-License-Identifier: MPL-2.0
# Serials (RFC 1982): served, offered, notified; how far a zone is behind and since
# when; a zone that stays behind though its refreshes succeed; a primary that went
# backwards; NOTIFY without a new serial; how long clients had stale data.
"""Serials, with real primaries and scripted ones."""

import datetime
import time

import pytest

from xfrtest import lines
from xfrtest.channel import Channel
from xfrtest.faults import FAULTS, NEW, OLD, ZONE
from xfrtest.primary import ScriptedZone, send_notify
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

SOON_S = 30
BEHIND_S = 60  # so long a newer serial may take to come
QUICK = ("min-refresh-time 1; max-refresh-time 5; "
         "min-retry-time 1; max-retry-time 5;")


def seconds(text):
    """Of a time of the channel."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


class Told:
    """What a secondary's channel and log tell of the one zone."""

    def __init__(self, lab, parameters=""):
        self.channel = Channel(lab)
        self.parameters = f"log yes; {self.channel.parameter} {parameters}"
        self.log = None

    def zone(self):
        """As the channel tells it."""
        (zone,) = self.channel.json(f"/json/v1/zones?name={ZONE}")["zones"]
        return zone

    def until(self, condition, what, timeout=SOON_S):
        """The zone, once the condition is true of it."""
        return wait_until(lambda: (lambda z: condition(z) and z)(self.zone()), timeout, what)

    def said(self, event, cause, timeout=SOON_S):
        """The next line of that event, parsed."""
        match = self.log.wait(
            rf"xfrwatch: incident=\d+ event={event} severity=\w+ cause={cause} .*", timeout)
        return lines.parse(match.group(0))

    def incident(self, number):
        """As the channel tells it."""
        (incident,) = [i for i in self.channel.json("/json/v1/incidents")["incidents"]
                       if str(i["id"]) == number]
        return incident


def broken(lab, fault, parameters=""):
    """A fault of faults.py, provoked; the fault, and what is told of it."""
    told = Told(lab, parameters)
    lab.parameters = told.parameters
    fault = FAULTS[fault](lab)
    fault.setup()
    told.log = fault.secondary.watch()
    fault.inject()
    fault.provoke()
    return fault, told


class Pair:
    """A secondary with scripted primaries, that asks every few seconds."""

    def __init__(self, lab, addresses, parameters=""):
        self.zones = [ScriptedZone(ZONE, zone_text(OLD, refresh=5, retry=5))
                      for _ in addresses]
        self.primaries = [lab.scripted(zone, address=address)
                          for zone, address in zip(self.zones, addresses)]
        self.told = Told(lab, parameters)
        self.secondary = lab.secondary(options=QUICK, parameters=self.told.parameters)
        primaries = " ".join(f"{p.address} port {p.port};" for p in self.primaries)
        self.secondary.config = (f'zone "{ZONE}" {{ type secondary; file "z.db"; '
                                 f"primaries {{ {primaries} }}; }};\n")
        self.told.log = self.secondary.watch(from_start=True)
        self.secondary.start()
        self.secondary.wait_serial(ZONE, OLD)
        self.told.log.wait("Transfer completed: ")

    def notify(self, serial, address):
        """From that address."""
        send_notify(ZONE, self.secondary.address, self.secondary.port, source=address,
                    soa=self.zones[0].soa(serial))


def test_transfer_after_notify_is_no_incident(lab, plugin):
    """The usual course of things; the first thing said is of what failed afterwards."""
    pair = Pair(lab, ["127.0.0.1"])
    for serial in (NEW, NEW + 1, NEW + 2):
        pair.zones[0].serial = serial
        pair.notify(serial, "127.0.0.1")
        pair.secondary.wait_serial(ZONE, serial)
        pair.told.log.wait("Transfer completed: ")
    zone = pair.told.until(lambda z: z.get("serial-lag") == 0, "no lag")
    assert zone["serial"] == zone["serial-notified"] == NEW + 2
    assert "behind-since" not in zone and zone["state"] == "ok"
    pair.primaries[0].mode = "servfail"
    pair.secondary.rndc("refresh", ZONE)
    line = pair.told.said("opened", "rcode-other")
    assert line["incident"] == "1"
    assert not pair.told.log.matches(r"event=opened .* cause=(?!rcode-other)")


@pytest.mark.slow
def test_zone_that_stays_behind(lab, plugin):
    """The first primary is stale and content, the second has the news and refuses."""
    stale, news = "127.0.0.1", "127.0.0.2"
    pair = Pair(lab, [stale, news])
    told = pair.told
    pair.primaries[1].mode = "refused"
    pair.zones[1].serial = NEW
    before = time.time()
    pair.notify(NEW, news)
    zone = told.until(lambda z: "behind-since" in z, "a lag")
    assert zone["serial"] == OLD and zone["serial-notified"] == NEW
    assert zone["serial-lag"] == NEW - OLD
    assert before - 1 <= seconds(zone["behind-since"]) <= time.time()
    line = told.said("opened", "serial-behind", BEHIND_S + 20)
    assert time.time() - before >= BEHIND_S - 1
    assert line["zones"] == "1"
    zone = told.zone()
    assert zone["state"] == "ok" and zone["serial-lag"] == NEW - OLD
    incident = told.incident(line["incident"])
    assert incident["cause"] == "serial-behind"
    assert any("rndc retransfer" in step for step in incident["steps"])
    # The other one permits it now.
    pair.primaries[1].mode = "good"
    pair.secondary.rndc("refresh", ZONE)
    pair.secondary.wait_serial(ZONE, NEW)
    line = told.said("resolved", "serial-behind")
    assert int(line["stale-for"].rstrip("s")) >= BEHIND_S - 1
    # Below 0 from when the stale one was asked again.
    zone = told.until(lambda z: z.get("serial-lag", 1) <= 0, "no lag")
    assert "behind-since" not in zone


@pytest.mark.slow
def test_what_the_only_primary_says_itself_is_believed(lab, plugin):
    """NOTIFY announced what the primary, asked by a diagnosis, does not have."""
    pair = Pair(lab, ["127.0.0.1"])
    told = pair.told
    pair.notify(NEW, "127.0.0.1")
    told.until(lambda z: z.get("serial-lag") == NEW - OLD, "a lag")
    opened = told.said("opened", "serial-behind", BEHIND_S + 20)
    line = told.said("resolved", "serial-behind")
    assert line["incident"] == opened["incident"]
    zone = told.until(lambda z: z.get("serial-lag") == 0, "no lag")
    assert zone["serial-offered"] == OLD and zone["serial-notified"] == NEW
    assert "behind-since" not in zone


def test_primary_that_went_backwards(lab, plugin):
    """The lag is negative, and the plan has both ways out."""
    _fault, told = broken(lab, "serial-backwards")
    line = told.said("diagnosed", "serial-backwards")
    assert "serial 2026032701" in line["evidence"]
    assert line["why"] == f"the primary offers serial 2026032701, ours is {OLD}"
    zone = told.zone()
    assert zone["serial-offered"] == 2026032701
    assert zone["serial-lag"] == 2026032701 - OLD
    assert "behind-since" not in zone
    steps = told.incident(line["incident"])["steps"]
    assert any("raise the serial" in step and "above ours" in step for step in steps)
    assert any(f"rndc retransfer {ZONE}" in step for step in steps)


def test_notify_without_a_new_serial(lab, plugin):
    """The primary still has the serial that we have; the zone is fed."""
    _fault, told = broken(lab, "serial-unchanged")
    line = told.said("diagnosed", "serial-unchanged")
    assert f"serial {OLD}" in line["evidence"] and "(agrees)" in line["evidence"]
    assert line["why"] == f"the primary still offers serial {OLD}, which we have"
    zone = told.zone()
    assert zone["state"] == "ok" and zone["serial-lag"] == 0
    assert zone["serial"] == zone["serial-offered"] == OLD
    steps = told.incident(line["incident"])["steps"]
    assert "serial" in steps[0] and "increased" in steps[0]


def test_offered_serial_is_learnt_by_asking(lab, plugin):
    """named itself says nothing of it while transfers are refused."""
    _fault, told = broken(lab, "transfer-refused", "reminder-interval 2;")
    told.said("diagnosed", "refused-transfer")
    zone = told.zone()
    assert zone["serial-offered"] == NEW and zone["serial-lag"] == NEW - OLD
    assert abs(seconds(zone["serial-offered-at"]) - time.time()) < SOON_S
    line = told.said("reminder", "refused-transfer")
    assert (line["serving"], line["offered"]) == (str(OLD), str(NEW))


def test_nothing_is_known_of_it_without_asking(lab, plugin):
    """The same, when nothing is to be sent."""
    _fault, told = broken(lab, "transfer-refused", "diagnose no; reminder-interval 2;")
    line = told.said("reminder", "refused-transfer")
    assert line["serving"] == str(OLD) and line["offered"] != str(NEW)
    assert told.zone().get("serial-offered") != NEW


def test_resolved_line_says_how_long_data_was_stale(lab, plugin):
    """A newer serial was known, and clients had the old one."""
    fault, told = broken(lab, "transfer-refused")
    told.said("diagnosed", "refused-transfer")
    since = seconds(told.until(lambda z: "behind-since" in z, "a lag")["behind-since"])
    wait_until(lambda: time.time() >= since + 2, SOON_S, "two seconds of stale data")
    fault.heal()
    fault.recovered()
    line = told.said("resolved", "refused-transfer")
    stale = int(line["stale-for"].rstrip("s"))
    assert 1 <= stale <= time.time() - since + 2


def test_nothing_was_stale_if_no_serial_moved(lab, plugin):
    """The primary was away, and is back with the same serial."""
    told = Told(lab)
    lab.parameters = told.parameters
    fault = FAULTS["primary-down"](lab)
    fault.setup()
    told.log = fault.secondary.watch()
    fault.primary.stop()
    fault.provoke()
    told.said("diagnosed", "connect-refused")
    fault.primary.start()
    fault.provoke()
    line = told.said("resolved", "connect-refused")
    assert line["stale-for"] == "0s"

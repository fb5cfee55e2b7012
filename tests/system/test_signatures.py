# SPDX-License-Identifier: MPL-2.0
# Signed zones: clients lose them when the signature of the SOA lapses, whatever the
# SOA expire says; and a primary that has stopped to renew signatures is told.
"""Deadlines by RRSIG, with zones that dnssec-signzone signed."""

import datetime
import re
import time

import pytest

from xfrtest import lines
from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.signed import DAY, HOUR, Signer
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

WEEK = 7 * DAY
WAIT_S = 30


class Scene:
    """A real primary with a signed zone, and its secondary."""

    def __init__(self, lab, parameters="", expire=4 * WEEK):
        self.expire = expire
        self.signer = Signer(lab.dir, ZONE)
        self.primary = lab.primary()
        self.primary.config = f'zone "{ZONE}" {{ type primary; file "zone.db"; }};\n'
        self.channel = Channel(lab)
        self.secondary = lab.secondary(
            parameters=f"log yes; {self.channel.parameter} {parameters}")
        self.secondary.config = (
            f'zone "{ZONE}" {{ type secondary; file "z.db"; '
            f"primaries {{ 127.0.0.1 port {self.primary.port}; }}; }};\n")

    def text(self, serial, left_s, age_s):
        """The zone, signed."""
        return self.signer.sign(zone_text(serial, expire=self.expire), left_s, age_s)

    def start(self, left_s, age_s=HOUR):
        """Both up, the zone transferred; returns a watcher opened before that."""
        self.primary.write("zone.db", self.text(OLD, left_s, age_s))
        self.primary.start()
        log = self.secondary.watch(from_start=True)
        self.secondary.start()
        self.secondary.wait_serial(ZONE, OLD)
        return log

    def renew(self, serial, left_s, age_s=HOUR):
        """The primary signs again; the secondary takes it."""
        self.primary.write("zone.db", self.text(serial, left_s, age_s))
        self.primary.rndc("reload", ZONE)
        self.primary.wait_serial(ZONE, serial)
        self.secondary.rndc("refresh", ZONE)
        self.secondary.wait_serial(ZONE, serial)

    def zone(self):
        """As the channel tells it."""
        (zone,) = self.channel.json(f"/json/v1/zones?name={ZONE}")["zones"]
        return zone

    def known(self):
        """The zone, once its signature is known."""
        return wait_until(lambda: "signature-expires" in self.zone() and self.zone(),
                          WAIT_S, "signature-expires")


def seconds(text):
    """Of a time of the channel."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def test_failing_zone_counts_to_its_signature(lab, plugin):
    """Signatures lapse in two days, expire is four weeks away: alert, not notice."""
    scene = Scene(lab)
    log = scene.start(2 * DAY, 10 * DAY)
    zone = scene.known()
    assert abs(seconds(zone["signature-expires"]) - time.time() - 2 * DAY) < 60
    assert zone["deadline"] == zone["signature-expires"] != zone["expires"]
    assert zone["deadline-by"] == "signature"
    scene.primary.stop()
    scene.secondary.rndc("refresh", ZONE)
    match = log.wait(r"xfrwatch: incident=\d+ event=(opened|escalated) severity=alert "
                     r"cause=connect-refused .*", WAIT_S)
    line = lines.parse(match.group(0))
    assert line["deadline-by"] == "signature"
    assert 2 * DAY - 120 < int(line["deadline-in"].rstrip("s")) <= 2 * DAY
    block = scene.secondary.dump_block()
    assert block["failing"][f"{ZONE}/IN"]["deadline-by"] == "signature"
    assert re.search(r'zone_name="example.com"\} ' + str(int(seconds(zone["deadline"]))),
                     scene.channel.get("/metrics"))


def test_unsigned_or_long_signed_zone_counts_to_expire(lab, plugin):
    """Signatures that outlive the expire time change nothing."""
    scene = Scene(lab, expire=WEEK)
    scene.start(30 * DAY)
    zone = scene.known()
    assert zone["deadline"] == zone["expires"]
    assert zone["deadline-by"] == "expire"
    scene.primary.stop()
    scene.secondary.rndc("refresh", ZONE)
    incident = wait_until(lambda: scene.channel.json("/json/v1/incidents")["incidents"],
                          WAIT_S, "an incident")[0]
    assert incident["severity"] == "notice"


@pytest.mark.parametrize("left, severity", [(10, "warning"), (5, "err")])
def test_primary_that_stopped_signing(left, severity, lab, plugin):
    """A healthy secondary is told 14 and 7 days before, and that it is over."""
    scene = Scene(lab)
    log = scene.start(left * DAY, 30 * DAY)
    match = log.wait(rf"xfrwatch: incident=\d+ event=opened severity={severity} "
                     r"cause=signatures-expiring .*", WAIT_S)
    line = lines.parse(match.group(0))
    assert line["primary"] == f"127.0.0.1#{scene.primary.port}"
    assert line["zones"] == "1"
    zone = scene.zone()
    assert zone["state"] == "ok"
    log.wait(r"event=diagnosed severity=\w+ cause=signatures-expiring ", WAIT_S)
    scene.renew(NEW, 60 * DAY)
    log.wait(r"event=resolved severity=notice cause=signatures-expiring ", WAIT_S)


def test_days_are_configurable(lab, plugin):
    """Thresholds of the operator's own; 0 is never."""
    scene = Scene(lab, "signatures-expiring { warning 40; err 0; };")
    log = scene.start(30 * DAY, 90 * DAY)
    log.wait(r"event=opened severity=warning cause=signatures-expiring ", WAIT_S)


@pytest.mark.parametrize("parameters, left, age", [
    ("signatures-expiring { warning 0; err 0; };", 2, 60),
    # BIND's default policy signs for 14 days and renews when 5 are left.
    ("", 9, 5),
    ("", 5.5, 8.5),
    ("", 20, 1),
])
def test_no_false_alarm(parameters, left, age, lab, plugin):
    """Nothing is said of signatures that are renewed when it is time."""
    scene = Scene(lab, parameters)
    log = scene.start(left * DAY, age * DAY)
    scene.known()
    # A failure of another kind comes and goes: whatever was due is said by then.
    scene.primary.stop()
    scene.secondary.rndc("refresh", ZONE)
    log.wait(r"event=opened severity=\w+ cause=connect-refused ", WAIT_S)
    scene.primary.start()
    scene.secondary.rndc("refresh", ZONE)
    log.wait(r"event=resolved severity=notice cause=connect-refused ", WAIT_S)
    assert not log.matches("signatures-expiring ")

# SPDX-License-Identifier: MPL-2.0
# What happens when a primary is back: recovery-refresh, the resolved line; and when
# several are away at once: cascades.
"""Recovery and cascades, with real primaries."""

import re
import time

import pytest

from xfrtest import lines
from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

ZONES = 40
NAMES = [f"zone{n:02}.example" for n in range(ZONES)]
LAZY = "min-retry-time 3600; min-refresh-time 3600; "
BACK_S = 40


class Scene:
    """Zones at one primary, whose secondary would wait an hour after a failure."""

    def __init__(self, lab, parameters="", names=NAMES, **places):
        self.names = names
        self.primary = lab.primary(options="notify no;", **places.get("primary", {}))
        self.primary.write("zone.db", zone_text(OLD))
        self.primary.config = "".join(
            f'zone "{name}" {{ type primary; file "zone.db"; }};\n' for name in names)
        self.secondary = lab.secondary(
            options=LAZY + "serial-query-rate 200; transfers-per-ns 10;",
            parameters=f"log yes; {parameters}", **places.get("secondary", {}))
        self.secondary.config = "".join(
            f'zone "{name}" {{ type secondary; file "{name}.db"; primaries '
            f"{{ {self.primary.address} port {self.primary.port}; }}; }};\n"
            for name in names)

    def start(self):
        """All zones transferred."""
        self.primary.start()
        with self.secondary.watch(from_start=True) as log:
            self.secondary.start()
            log.wait_count(r"Transfer completed: ", len(self.names), 60)

    def offer(self, serial=NEW):
        """Another version of all zones, for the next start of the primary."""
        self.primary.write("zone.db", zone_text(serial))

    def fail_all(self):
        """Each zone is refreshed, and each fails."""
        for name in self.names:
            self.secondary.rndc("refresh", name)
        wait_until(lambda: self.secondary.dump_block()["zones"].get("failing")
                   == len(self.names), 60, "all zones failing", poll=0.5)

    def behind(self):
        """The zones that still serve the old serial."""
        return [name for name in self.names if self.secondary.serial(name) != NEW]


def test_first_zone_brings_the_others(lab, plugin):
    """One zone succeeds; the other 39 do not wait for their retry timers."""
    scene = Scene(lab, "recovery-refresh yes; diagnose no;")
    scene.start()
    log = scene.secondary.watch()
    scene.primary.stop()
    scene.fail_all()
    scene.offer()
    scene.primary.start()
    scene.secondary.rndc("refresh", NAMES[0])
    wait_until(lambda: not scene.behind(), BACK_S, "all zones", poll=0.5)
    match = log.wait(r"xfrwatch: incident=\d+ event=resolved .*", BACK_S)
    line = lines.parse(match.group(0))
    assert line["zones"] == str(ZONES)
    assert re.fullmatch(r"\d+s", line["stale-for"])
    assert scene.secondary.dump_block()["zones"] == {"ok": ZONES}


def test_without_it_nothing_is_refreshed(lab, plugin):
    """The default: named's own timers decide."""
    scene = Scene(lab, "diagnose no; reminder-interval 5;", names=NAMES[:5])
    scene.start()
    log = scene.secondary.watch()
    scene.primary.stop()
    scene.fail_all()
    scene.offer()
    scene.primary.start()
    scene.secondary.rndc("refresh", NAMES[0])
    log.wait(rf"zone {NAMES[0]}/IN: transferred serial {NEW}", 20)
    log.wait(r"xfrwatch: incident=\d+ event=reminder .* zones=4 ", 20)
    log.wait(r"xfrwatch: incident=\d+ event=reminder ", 20)
    assert scene.behind() == NAMES[1:5]


def test_refreshes_are_paced(lab, plugin):
    """Ten a second, not all at once."""
    scene = Scene(lab, "recovery-refresh yes; recovery-rate 10; diagnose no;")
    scene.start()
    scene.primary.stop()
    scene.fail_all()
    scene.offer()
    scene.primary.start()
    before = time.monotonic()
    scene.secondary.rndc("refresh", NAMES[0])
    wait_until(lambda: not scene.behind(), BACK_S, "all zones")
    assert time.monotonic() - before >= (ZONES - 1 - 10) / 10


@pytest.mark.hosts
def test_unreachable_primary_is_tried_when_it_answers(lab, plugin):
    """named would skip it for ten minutes; the diagnosis finds that it is back."""
    names = NAMES[:8]
    hosts = lab.hosts
    scene = Scene(
        lab, "recovery-refresh yes; diagnose-interval 2;", names,
        primary={"netns": hosts.name["B"], "address": hosts.address("B")},
        secondary={"netns": hosts.name["A"], "address": hosts.address("A")})
    scene.start()
    log = scene.secondary.watch()
    scene.primary.stop()
    scene.offer()
    hosts.filter("B", "tcp dport 53 reject with tcp reset")
    scene.primary.start()
    scene.fail_all()
    assert log.matches(r"is unreachable \(cached\)|failed to connect: connection refused")
    hosts.unfilter("B")
    wait_until(lambda: not scene.behind(), 60, "all zones", poll=0.5)
    log.wait(r"xfrwatch: incident=\d+ event=resolved .* cause=connect-refused ", 20)


def test_several_primaries_at_once_are_one_cascade(lab, plugin):
    """Three primaries go down together: one line links their incidents."""
    primaries = []
    config = ""
    for number in range(3):
        primary = lab.primary(name=f"primary{number}", options="notify no;")
        primary.write("zone.db", zone_text(OLD))
        primary.config = f'zone "zone{number}.example" {{ type primary; file "zone.db"; }};\n'
        primary.start()
        primaries.append(primary)
        config += (f'zone "zone{number}.example" {{ type secondary; file "{number}.db"; '
                   f"primaries {{ 127.0.0.1 port {primary.port}; }}; }};\n")
    channel = Channel(lab)
    secondary = lab.secondary(options=LAZY, parameters=f"log yes; {channel.parameter}")
    secondary.config = config
    log = secondary.watch(from_start=True)
    secondary.start()
    log.wait_count(r"Transfer completed: ", 3, 30)
    for primary in primaries:
        primary.stop()
    for number in range(3):
        secondary.rndc("refresh", f"zone{number}.example")
    match = log.wait(r"xfrwatch: cascade=\d+ event=cascade .*", 30)
    line = lines.parse(match.group(0))
    assert line["primaries"] == "3" and line["zones"] == "3"
    incidents = channel.json("/json/v1/incidents?state=open")["incidents"]
    assert sorted(line["incidents"].split(",")) == sorted(str(i["id"]) for i in incidents)
    assert {i["cascade"] for i in incidents} == {int(line["cascade"])}


def test_one_primary_failing_alone_is_none(lab, plugin):
    """Five zones at one primary with one cause: one incident, no cascade."""
    scene = Scene(lab, "diagnose no; reminder-interval 8;", names=NAMES[:5])
    scene.start()
    log = scene.secondary.watch()
    scene.primary.stop()
    scene.fail_all()
    log.wait(r"xfrwatch: incident=\d+ event=reminder ", 30)
    assert not log.matches("event=cascade")

# SPDX-License-Identifier: MPL-2.0
# Which zones are known, and how soon: each secondary, mirror and stub zone of each
# view, wherever it comes from, with no traffic at all, however named listens.
"""Zones that come and go, views that we cannot reach, silent refreshes."""

import email.utils
import glob
import os
import re
import shutil
import time

import dns.exception
import dns.rcode
import pytest

from xfrtest.faults import OLD, ZONE
from xfrtest.lines import ours
from xfrtest.ports import Port
from xfrtest.primary import ScriptedZone, send_notify
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

TIMERS = "min-retry-time 1; max-retry-time 2; min-refresh-time 1; max-refresh-time 2;"
LOOK_BYTES = 256 * 1024  # of names, in one look at the zone table
PARTS_S = 30  # two walks over the zone table in parts; with many zones they are rarer
KNOWN_S = 2  # after a start or reconfiguration
CAME_S = 3  # after rndc addzone and the like
SETTLE_S = 4  # between refreshes that are to be told apart
ROUND_S = 30  # with two primaries, a silent success is believed after some rounds
LOUD = "escalation { warning 100; err 100; crit 100; alert 0; };"
ANCHOR = ("trust-anchors { \"m.example\" static-ds 1 13 2 \"" + "0" * 64 + "\"; };\n")


def _said(log):
    """The events, but for what was found by asking the primaries."""
    return [e["event"] for e in ours(log.lines()) if e["event"] != "diagnosed"]


def scripted(lab, *zones, refresh=3600, retry=1800, expire=604800):
    """A primary of these zones."""
    return lab.scripted(*(ScriptedZone(zone, zone_text(
        OLD, refresh=refresh, retry=retry, expire=expire)) for zone in zones or (ZONE,)))


def zone_at(primary, zone=ZONE, kind="secondary", extra="", file=True):
    """A zone statement."""
    name = f'file "{zone}.db";' if file else ""
    return (f'zone "{zone}" {{ type {kind}; primaries {{ 127.0.0.1 port {primary.port}; }}; '
            f"{name} {extra} }};\n")


def view_of(name, zones, match="any"):
    """A view; the harness puts the plugin statement into it."""
    return f'view "{name}" {{\n match-clients {{ {match}; }};\n{zones}}};\n'


def total(server):
    """How many zones the block counts."""
    return sum(server.dump_block()["zones"].values())


def wait_total(server, count, within):
    """Wait until the block counts so many."""
    try:
        wait_until(lambda: total(server) == count, within)
    except TimeoutError:
        pytest.fail(f"{total(server)} zones, expected {count} within {within} s:\n"
                    + "\n".join(server.stats_blocks()[-1]["lines"]))


def wait_zones(server, expected, within):
    """Wait until the block counts so many of each state."""
    try:
        wait_until(lambda: server.dump_block()["zones"] == expected, within)
    except TimeoutError:
        pytest.fail(f"{server.stats_blocks()[-1]['zones']}, expected {expected}")


def up(server):
    """Start a named that may answer nobody: up is when rndc says so."""
    server.spawn()

    def ready():
        assert server.process.poll() is None, server.read("startup.log")
        return server.rndc("status", check=False, quick=True)

    wait_until(ready, 30, "rndc status")
    return server


EVERY_KIND = """
zone "p.example" {{ type primary; file "p.db"; }};
zone "f.example" {{ type forward; forwarders {{ 127.0.0.1 port {port}; }}; forward only; }};
zone "ss.example" {{ type static-stub; server-addresses {{ 127.0.0.1; }}; }};
zone "." {{ type hint; file "hints.db"; }};
zone "h.example" {{ type secondary; primaries {{ 127.0.0.1 port {port}; }}; notify no; }};
zone "m.example" {{ type mirror; primaries {{ 127.0.0.1 port {port}; }}; notify no; }};
zone "st.example" {{ type stub; primaries {{ 127.0.0.1 port {port}; }}; file "st.db"; }};
zone "old.example" {{ type slave; masters {{ 127.0.0.1 port {port}; }}; }};
zone "never.example" {{ type secondary; primaries {{ 127.0.0.1 port {port}; }}; }};
"""


def test_every_kind_of_zone(lab, plugin):
    """Secondary, mirror and stub zones count; primary, forward, hint and so on do not."""
    assert plugin
    primary = scripted(lab, "h.example", "st.example", "old.example", "m.example")
    server = lab.secondary(options="recursion yes; allow-recursion { 127.0.0.1; };")
    server.write("p.db", zone_text(OLD))
    server.write("hints.db", ". 3600 IN NS ns.invalid.\n")
    server.config = ANCHOR + EVERY_KIND.format(port=primary.port)
    up(server)
    wait_total(server, 5, KNOWN_S)
    for zone in ("h.example", "old.example"):
        server.wait_serial(zone, OLD)
    wait_zones(server, {"ok": 3, "never loaded": 2}, 10)
    server.reconfig()
    wait_total(server, 5, KNOWN_S)
    assert server.stop() == 0


def test_three_hundred_zones(lab, plugin):
    """All there two seconds after the start, all gone two seconds after they went."""
    assert plugin
    zones = [f"z{n}.example" for n in range(300)]
    primary = scripted(lab, *zones)
    server = lab.secondary()
    server.config = "".join(zone_at(primary, zone, file=False) for zone in zones)
    up(server)
    wait_total(server, 300, KNOWN_S)
    server.config = zone_at(primary, zones[0])
    server.reconfig()
    wait_total(server, 1, KNOWN_S)


def test_more_names_than_one_look_takes(lab, plugin):
    """The zone table is read in parts then: nothing is lost between them, and what goes
    is gone."""
    assert plugin
    long = ".".join(letter * 60 for letter in "xyz")
    count = LOOK_BYTES // len(long) * 3 // 2
    primary = scripted(lab, "b.example")
    server = lab.secondary(options="allow-new-zones yes;")
    server.config = "".join(zone_at(primary, f"n{n}.{long}.example", file=False)
                            for n in range(count))
    up(server)
    wait_total(server, count, KNOWN_S)
    server.rndc("addzone", "b.example", "{ type secondary; primaries { 127.0.0.1 port "
                f"{primary.port}; }}; }};")
    wait_total(server, count + 1, PARTS_S)
    server.rndc("delzone", "b.example")
    # What one walk in parts does not find may have slipped through between them.
    wait_total(server, count, PARTS_S)
    server.reconfig()
    wait_total(server, count, KNOWN_S)


def test_addzone_modzone_delzone(lab, plugin):
    """What rndc adds, changes and deletes; nothing is kept of what went."""
    assert plugin
    primary, other = scripted(lab, "a.example", "b.example"), scripted(lab, "b.example")
    other.mode = "refused"
    server = lab.secondary(options=TIMERS + "allow-new-zones yes;")
    server.config = zone_at(primary, "a.example")
    server.start()
    body = "{{ type secondary; primaries {{ 127.0.0.1 port {}; }}; file \"b.db\"; }};"
    server.rndc("addzone", "b.example", body.format(primary.port))
    wait_zones(server, {"ok": 2}, CAME_S)
    with server.watch() as log:
        server.rndc("modzone", "b.example", body.format(other.port))
        wait_total(server, 2, CAME_S)
        server.rndc("refresh", "b.example")
        log.wait(rf"event=opened .*primary=127\.0\.0\.1#{other.port} .*first-zone=b.example/IN",
                 10)
        # The old primary counts until the new one has failed several times.
        wait_until(lambda: list(server.dump_block()["failing"]) == ["b.example/IN"], 30)
        server.rndc("delzone", "b.example")
        wait_zones(server, {"ok": 1}, CAME_S)
        assert not server.dump_block()["incidents"]
    server.reconfig()
    wait_zones(server, {"ok": 1}, KNOWN_S)


def added(server, body):
    """Add a zone by rndc, and wait until it is served."""
    server.rndc("addzone", "b.example", body)
    server.wait_serial("b.example", OLD)


def test_added_zone_that_fails(lab, plugin):
    """One that is in no configuration file fails, escalates and recovers as any other."""
    assert plugin
    primary = scripted(lab, "b.example", refresh=1, retry=1)
    server = lab.secondary(options=TIMERS + "allow-new-zones yes;", parameters=LOUD)
    server.start()
    added(server, "{ type secondary; primaries { 127.0.0.1 port "
          f"{primary.port}; }}; file \"b.db\"; }};")
    with server.watch() as log:
        primary.mode = "refused"
        log.wait("event=(opened|escalated) severity=crit .*deadline-in=[0-9]+s", 10)
        wait_zones(server, {"failing": 1}, KNOWN_S)
        primary.mode = "good"
        log.wait("event=resolved", 10)


def test_added_zone_with_two_primaries(lab, plugin):
    """One of them broken: one incident that stays, although their number is not known."""
    assert plugin
    broken, good = (scripted(lab, "b.example", refresh=1, retry=1) for _ in range(2))
    server = lab.secondary(options=TIMERS + "allow-new-zones yes;", parameters=LOUD)
    server.start()
    added(server, f"{{ type secondary; primaries {{ 127.0.0.1 port {broken.port}; "
          f"127.0.0.1 port {good.port}; }}; file \"b.db\"; }};")
    with server.watch() as log:
        broken.mode = "refused"
        asked = broken.count("soa")
        wait_until(lambda: broken.count("soa") > asked + 8, 30, "some refreshes")
        assert _said(log) == ["opened"]
    wait_zones(server, {"ok": 1}, KNOWN_S)


def test_added_zones_survive_a_restart(lab, plugin):
    """Zones of rndc addzone are in no configuration file."""
    assert plugin
    primary = scripted(lab, "a.example", "b.example")
    server = lab.secondary(options="allow-new-zones yes;")
    server.config = zone_at(primary, "a.example")
    server.start()
    server.rndc("addzone", "b.example", "{ type secondary; primaries { 127.0.0.1 port "
                f"{primary.port}; }}; }};")
    wait_total(server, 2, CAME_S)
    assert server.stop() == 0
    up(server)
    wait_total(server, 2, KNOWN_S)


CATALOG = """$TTL 5
@ IN SOA ns.invalid. h.invalid. {serial} 1 1 604800 5
@ IN NS invalid.
version IN TXT "2"
{members}
"""


def catalog(serial, members):
    """The text of a catalog zone (RFC 9432)."""
    return CATALOG.format(serial=serial, members="\n".join(
        f"of-{member.partition('.')[0]}.zones IN PTR {member}." for member in members))


def test_catalog_zone(lab, plugin):
    """Members come and go with the catalog of a real primary."""
    assert plugin
    members = [f"member{n}.example" for n in range(3)]
    source = lab.primary()
    source.write("catalog.db", catalog(1, members[:2]))
    for member in members:
        source.write(f"{member}.db", zone_text(OLD))
    source.config = 'zone "catalog.invalid" { type primary; file "catalog.db"; };\n' + "".join(
        f'zone "{member}" {{ type primary; file "{member}.db"; }};\n' for member in members)
    source.start()
    server = lab.secondary(
        options=TIMERS + 'catalog-zones { zone "catalog.invalid" default-primaries '
        f"{{ 127.0.0.1 port {source.port}; }} min-update-interval 1; }};")
    server.config = zone_at(source, "catalog.invalid")
    up(server)
    for member in members[:2]:
        server.wait_serial(member, OLD)
    wait_zones(server, {"ok": 3}, CAME_S)
    for serial, present in ((2, members), (3, members[2:]), (4, [])):
        source.write("catalog.db", catalog(serial, present))
        source.rndc("reload", "catalog.invalid")
        server.wait_serial("catalog.invalid", serial)
        for member in present:
            server.wait_serial(member, OLD)
        for member in members:
            if member not in present:
                wait_until(lambda name=member: server.serial(name) is None, 20)
        wait_zones(server, {"ok": 1 + len(present)}, CAME_S)


def test_inline_signed(lab, plugin):
    """The zone that is transferred is the unsigned one behind the signed one."""
    assert plugin
    primary = scripted(lab, refresh=1, retry=1)
    server = lab.secondary(options=TIMERS)
    server.config = zone_at(primary, extra="inline-signing yes; dnssec-policy default;")
    up(server)
    wait_total(server, 1, KNOWN_S)
    wait_until(lambda: server.serial(ZONE) is not None, 20)
    with server.watch() as log:
        primary.mode = "refused"
        log.wait(r"event=opened .*first-zone=example\.com/IN deadline-in=\d+s", 10)
        block = server.dump_block()
        assert block["zones"] == {"failing": 1}
        assert block["failing"]["example.com/IN"]["serving"] == OLD
        primary.mode = "good"
        log.wait(r"event=resolved", 10)
    wait_zones(server, {"ok": 1}, CAME_S)


def test_never_loaded(lab, plugin):
    """Known from the configuration, at alert as soon as a refresh has failed."""
    assert plugin
    primary = scripted(lab, refresh=1, retry=1)
    primary.mode = "refused"
    server = lab.secondary(options=TIMERS)
    server.config = zone_at(primary)
    up(server)
    wait_zones(server, {"never loaded": 1}, KNOWN_S)
    with server.watch(from_start=True) as log:
        log.wait(r"event=(opened|escalated) severity=alert cause=refused-query "
                 r".*deadline-in=- .*serving=- ", 10)
        primary.mode = "good"
        server.rndc("refresh", ZONE)
        log.wait("event=resolved", 10)
    wait_zones(server, {"ok": 1}, CAME_S)


# Views.

CLIENT = "127.0.0.77"
NOBODY = "127.0.0.78"


def hidden_view(lab, match, refresh=1):
    """A view that only `match` reaches, with a loaded zone, and one for all others."""
    primary = scripted(lab, refresh=refresh, retry=1)
    server = lab.secondary(options=TIMERS)
    server.config = (view_of("hidden", zone_at(primary), match)
                     + view_of("open", zone_at(primary, "o.example", file=False)))
    return server, primary


@pytest.mark.parametrize("match", [CLIENT, "192.0.2.0/24", '!127.0.0.0/8; key "rndc"', "none"])
def test_hidden_view_is_known_at_once(lab, plugin, match):
    """Its zones from the configuration, failure and recovery from named's lines."""
    assert plugin
    server, primary = hidden_view(lab, match)
    up(server)
    wait_total(server, 2, KNOWN_S)
    with server.watch(from_start=True) as log:
        log.wait(r"zone example\.com/IN/hidden: transferred serial", 20)
        primary.mode = "refused"
        log.wait(r"event=opened .*cause=refused-query", 10)
    block = wait_until(lambda: (lambda b: b if "example.com/IN/hidden" in b["failing"] else None)(
        server.dump_block()), 5, "the hidden zone")
    assert block["failing"]["example.com/IN/hidden"]["view"] == "hidden"
    with server.watch() as log:
        primary.mode = "good"  # and a transfer: named says nothing of less
        next(iter(primary.zones.values())).serial = OLD + 1
        log.wait(r"event=resolved", 15)
    server.reconfig()
    wait_total(server, 2, KNOWN_S)
    assert server.stop() == 0


def test_timers_from_the_first_client(lab, plugin):
    """A client's query tells the deadline of the hidden view's zone."""
    assert plugin
    server, primary = hidden_view(lab, CLIENT)
    primary.mode = "refused"
    text = zone_text(OLD, refresh=1, retry=1, expire=604800)
    server.write(f"{ZONE}.db", text)
    server.config = server.config.replace(f'file "{ZONE}.db";',
                                          f'file "{ZONE}.db"; masterfile-format text;')
    up(server)
    key = "example.com/IN/hidden"
    wait_until(lambda: key in server.dump_block()["failing"], 10)
    assert server.dump_block()["failing"][key]["deadline-in"] == "-"
    answer = server.query(ZONE, "SOA", source=CLIENT)
    assert answer.rcode() == dns.rcode.NOERROR
    block = wait_until(lambda: (lambda b: b if b["failing"].get(key, {}).get(
        "deadline-in", "-") != "-" else None)(server.dump_block()), 5, "the deadline")
    assert abs(block["failing"][key]["deadline-in"] - 604800) < 60
    assert block["failing"][key]["serving"] == OLD
    primary.mode = "good"

    def client_sees_recovery():
        server.query(ZONE, "SOA", source=CLIENT)
        return server.dump_block()["zones"].get("ok")

    wait_until(client_sees_recovery, 10, "the recovery, which named does not log")


def test_zone_in_two_views(lab, plugin):
    """Each view has its own; one that is shared by in-view counts once."""
    assert plugin
    primary = scripted(lab, refresh=1, retry=1)
    other = scripted(lab, refresh=1, retry=1)
    server = lab.secondary(options=TIMERS)
    server.config = (
        view_of("one", zone_at(primary), CLIENT)
        + view_of("two", zone_at(other, file=False))
        + view_of("three", f'zone "{ZONE}" {{ in-view "one"; }};\n', NOBODY))
    with server.watch(from_start=True) as log:
        server.start()
        log.wait_all([rf"zone example\.com/IN/{view}: transferred serial"
                      for view in ("one", "two")], 20)
    wait_zones(server, {"ok": 2}, 10)
    primary.mode = "refused"
    block = wait_until(lambda: (lambda b: b if b["failing"] else None)(server.dump_block()), 10)
    assert list(block["failing"]) == ["example.com/IN/one"]
    assert block["zones"] == {"ok": 1, "failing": 1}
    other.mode = "refused"
    wait_zones(server, {"failing": 2}, 10)
    primary.mode = other.mode = "good"
    wait_zones(server, {"failing": 1, "ok": 1}, 10)
    next(iter(primary.zones.values())).serial = OLD + 1
    wait_zones(server, {"ok": 2}, 10)


def test_views_and_zones_that_go(lab, plugin):
    """Removed zones and views leave nothing, not even their incidents."""
    assert plugin
    primary = scripted(lab, ZONE, "a.example", "b.example", refresh=1, retry=1)
    broken = scripted(lab, ZONE, refresh=1, retry=1)
    broken.mode = "refused"
    server = lab.secondary(options=TIMERS)
    one = view_of("one", zone_at(broken, file=False) + zone_at(primary, "a.example"), CLIENT)
    two = view_of("two", zone_at(primary, file=False)
                  + zone_at(primary, "b.example", file=False))
    server.config = one + two
    server.start()
    # That it never loaded could only be read in the view itself.
    wait_zones(server, {"ok": 3, "failing": 1}, 10)
    wait_until(lambda: server.dump_block()["incidents"], 10)
    server.config = two
    server.reconfig()
    wait_zones(server, {"ok": 2}, KNOWN_S)
    assert not server.dump_block()["incidents"]
    server.config = view_of("two", zone_at(primary, file=False))
    server.reconfig()
    wait_zones(server, {"ok": 1}, KNOWN_S)
    server.config = zone_at(primary)
    server.reconfig()
    wait_total(server, 1, KNOWN_S)


# Silent refreshes: BIND logs nothing when the serial has not changed.

def up_to_date(server):
    """The count of the block."""
    return server.dump_block()["attempts"].get("zone up to date", 0)


def settle(seconds=SETTLE_S):
    """Let some seconds go by: named's timers are whole seconds, and what happens
    within two of them is one event to who reads them."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 5)


def test_silent_refreshes_are_counted(lab, plugin):
    """As many as the primary was asked, by the zone's own timer."""
    assert plugin
    primary = scripted(lab, refresh=SETTLE_S, retry=SETTLE_S)
    server = lab.secondary(options=f"min-refresh-time {SETTLE_S};")
    server.config = zone_at(primary)
    server.start()
    server.wait_serial(ZONE, OLD)
    asked, seen = primary.count("soa"), up_to_date(server)
    for count in range(1, 6):
        wait_until(lambda n=count: primary.count("soa") >= asked + n, 10, "a refresh")
        wait_until(lambda n=count: up_to_date(server) >= seen + n, KNOWN_S, "its count")
    block = server.dump_block()
    assert block["attempts"]["zone up to date"] <= primary.count("soa")
    assert block["attempts"]["failed"] == 0


@pytest.mark.parametrize("how", ["rndc", "notify"])
def test_one_silent_refresh(lab, plugin, how):
    """Each is seen within two seconds, with an hour between those of the timer."""
    assert plugin
    primary = scripted(lab)
    server = lab.secondary()
    server.config = zone_at(primary)
    server.start()
    server.wait_serial(ZONE, OLD)
    wait_total(server, 1, KNOWN_S)
    for _ in range(3):
        settle()
        before, asked = up_to_date(server), primary.count("soa")
        if how == "rndc":
            server.rndc("refresh", ZONE)
        else:
            send_notify(ZONE, server.address, server.port)
        wait_until(lambda: primary.count("soa") > asked, 10, "the question")
        wait_until(lambda: up_to_date(server) == before + 1, KNOWN_S, "the refresh")


@pytest.mark.parametrize("pause", [0, SETTLE_S], ids=["at-once", "later"])
def test_recovery_by_a_silent_refresh(lab, plugin, pause):
    """Resolved soon after the primary's first good answer, even right after a transfer."""
    assert plugin
    primary = scripted(lab, retry=1)
    server = lab.secondary(options="min-retry-time 1; max-retry-time 2;")
    server.config = zone_at(primary)
    server.start()
    server.wait_serial(ZONE, OLD)
    settle(pause)
    with server.watch() as log:
        primary.mode = "refused"
        server.rndc("refresh", ZONE)
        log.wait("event=opened", 10)
        asked = primary.count("soa")
        primary.mode = "good"
        wait_until(lambda: primary.count("soa") > asked, 10, "the next question")
        log.wait("event=resolved", KNOWN_S + 1)
    wait_zones(server, {"ok": 1}, KNOWN_S)


def test_deadline_after_a_silent_refresh(lab, plugin):
    """The deadline is counted from the last success, as named counts it."""
    assert plugin
    primary = scripted(lab, retry=1, expire=3600)
    server = lab.secondary(options="min-retry-time 1; max-retry-time 2;")
    server.config = zone_at(primary)
    server.start()
    server.wait_serial(ZONE, OLD)
    settle()
    asked = primary.count("soa")
    server.rndc("refresh", ZONE)
    wait_until(lambda: primary.count("soa") > asked, 10)
    refreshed = time.time()
    primary.mode = "refused"
    server.rndc("refresh", ZONE)
    wait_until(lambda: server.dump_block()["failing"], 10)

    def end():
        zone = server.dump_block()["failing"]["example.com/IN"]
        return time.time() + zone["deadline-in"]

    wait_until(lambda: abs(refreshed + 3600 - end()) <= 2, KNOWN_S, "the new deadline")
    told = re.search(r"^expires: (.+)$", server.rndc("zonestatus", ZONE), re.M).group(1)
    assert abs(email.utils.parsedate_to_datetime(told).timestamp() - end()) <= 2


def test_one_of_two_primaries_is_broken(lab, plugin):
    """The zone is ok; the broken one is counted, at notice, and grows no louder."""
    assert plugin
    broken, good = (scripted(lab, refresh=1, retry=1) for _ in range(2))
    server = lab.secondary(options=TIMERS, parameters=LOUD)
    server.config = (f'zone "{ZONE}" {{ type secondary; file "{ZONE}.db"; primaries {{ '
                     f"127.0.0.1 port {broken.port}; 127.0.0.1 port {good.port}; }}; }};\n")
    server.start()
    server.wait_serial(ZONE, OLD)
    with server.watch() as log:
        broken.mode = "refused"
        opened = log.wait(r"xfrwatch: incident=(\d+) event=opened severity=notice "
                          rf"cause=refused-query primary=127\.0\.0\.1#{broken.port} ", 10)
        asked = broken.count("soa")
        wait_until(lambda: broken.count("soa") > asked + 3, 20, "some more refreshes")
        block = server.dump_block()
        assert block["zones"] == {"ok": 1} and not block["failing"]
        assert list(block["primaries"]) == [f"127.0.0.1#{broken.port}"]
        assert block["primaries"][f"127.0.0.1#{broken.port}"]["refused-query"] >= 2
        assert [i["severity"] for i in block["incidents"]] == ["notice"]
        broken.mode = "good"
        log.wait(rf"incident={opened.group(1)} event=resolved", ROUND_S)
        assert _said(log) == ["opened", "resolved"]


# However named listens and answers.

def ipv6_only(server):
    """Only ::1."""
    server.address = "::1"


def two_ports(server):
    """A second port on the same address."""
    server.options += f" listen-on port {server.second_port} {{ 127.0.0.1; }};"


def both_families(server):
    """127.0.0.1 and ::1."""
    server.options += f" listen-on-v6 port {server.port} {{ ::1; }};"
    plain = server.render
    server.render = lambda: plain().replace("listen-on-v6 { none; };\n", "\n", 1)


def nowhere(server):
    """No listener at all."""
    plain = server.render
    server.render = lambda: re.sub(r"listen-on port \d+ \{[^}]*\};", "listen-on { none; };",
                                   plain())


def with_option(text):
    """Just that option."""
    def apply(server):
        server.options += " " + text
    return apply


MANNERS = {
    "plain": with_option(""),
    "ipv6-only": ipv6_only,
    "both-families": both_families,
    "two-ports": two_ports,
    "nowhere": nowhere,
    "allow-query-none": with_option("allow-query { none; };"),
    "allow-query-on-none": with_option("allow-query-on { none; };"),
    "blackhole": with_option("blackhole { 127.0.0.1; };"),
    "recursion": with_option("recursion yes; allow-recursion { any; };"),
    "rate-limit": with_option("rate-limit { responses-per-second 1; window 5; };"),
    "rate-limit-drop": with_option("rate-limit { all-per-second 1; slip 0; };"),
    "querylog": with_option("querylog yes;"),
    "minimal": with_option("minimal-any yes; minimal-responses yes; version none;"),
    "cookies": with_option("require-server-cookie yes; answer-cookie yes;"),
}
DEAF = {"nowhere", "blackhole"}


@pytest.mark.parametrize("debug", [0, 99], ids=["info", "debug"])
@pytest.mark.parametrize("manner", MANNERS)
def test_however_named_listens(lab, plugin, manner, debug):
    """Zones, failures and recovery are seen; our questions stand in no log."""
    assert plugin
    # Not at 127.0.0.1: named talks to no primary that is in its blackhole.
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD, refresh=1, retry=1)),
                           address="127.0.0.5")
    server = lab.secondary(options=TIMERS, debug=debug)
    second = Port()
    lab.defer(second.close)
    server.second_port = second.number
    MANNERS[manner](server)
    server.config = zone_at(primary).replace("127.0.0.1 ", primary.address + " ")
    up(server)
    wait_total(server, 1, KNOWN_S)
    with server.watch(from_start=True) as log:
        log.wait(r"zone example\.com/IN: transferred serial", 20)
        wait_zones(server, {"ok": 1}, CAME_S)
        primary.mode = "refused"
        log.wait(r"xfrwatch: incident=1 event=opened severity=notice cause=refused-query", 10)
        block = server.dump_block()
        assert list(block["failing"]) == ["example.com/IN"]
        if manner not in DEAF:
            assert block["failing"]["example.com/IN"]["deadline-in"] != "-"
        primary.mode = "good"
        if manner in DEAF:  # no timers: a transfer is what named tells of
            next(iter(primary.zones.values())).serial = OLD + 1
        log.wait(r"xfrwatch: incident=1 event=resolved", 10)
    wait_zones(server, {"ok": 1}, CAME_S)
    assert server.stop() == 0
    for path in glob.glob(os.path.join(server.dir, "*.log*")) + [server.path("stderr")]:
        with open(path, encoding="utf-8", errors="replace") as inp:
            for line in inp:
                assert "xfrwatch.invalid" not in line.lower(), (path, line)


def test_questions_of_clients_are_logged(lab, plugin):
    """Only our own are kept out of the query log."""
    assert plugin
    primary = scripted(lab)
    server = lab.secondary(options="querylog yes;")
    server.config = zone_at(primary)
    server.start()
    with server.watch() as log:
        for name in ("www.example.com", "xfrwatch.example", "other.invalid"):
            try:
                server.query(name, "TXT", timeout=2)
            except dns.exception.DNSException:
                pass
            log.wait(rf"query: {name} IN TXT", 5)


def test_addresses_that_come_later(lab, plugin):
    """An address that is configured while named runs becomes a way for our questions."""
    assert plugin
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and ip(8)")
    hosts = lab.hosts
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD, refresh=1, retry=1)),
                           address="127.0.0.1", netns=hosts.name["A"])
    server = lab.secondary(options=TIMERS, netns=hosts.name["A"], address="10.9.9.9")
    server.config = zone_at(primary)
    up(server)
    wait_total(server, 1, KNOWN_S)
    hosts.ip("A", "addr", "add", "10.9.9.9/32", "dev", "lo")
    server.rndc("scan")
    primary.mode = "refused"
    wait_until(lambda: any(zone["deadline-in"] != "-" for zone in
                           server.dump_block()["failing"].values()), 15, "a deadline")

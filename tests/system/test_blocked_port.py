# SPDX-License-Identifier: MPL-2.0
# The case this project exists for: 312 zones, and a packet filter takes TCP
# port 53 between the primary and the secondary while UDP and NOTIFY pass.
"""One blocked port is one incident with 312 zones, told in few lines."""

import re
import time

import dns.rcode
import pytest

from xfrtest.faults import NEW, OLD
from xfrtest.named import dropped_syn_s, plugin_path
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

ZONES = 312
REFRESH_S = 120
RETRY_S = 30
EXPIRE_S = 1209600
LINES_MAX = 12
FIRST_MINUTE_S = 60
# named remembers an unreachable primary for ten minutes; then the next retry.
RECOVERY_S = 600 + 2 * RETRY_S + 60

# What the filter does, and whether named is made to give up sooner.
VERDICTS = [
    pytest.param("drop", False, id="drop"),
    pytest.param("reject with tcp reset", False, id="reject"),
    pytest.param("drop", True, id="drop-short-syn"),
]
GIVES_UP_S = 30  # 9.18 does, without an answer to its SYN
FAILED = {"drop": "timed out", "reject with tcp reset": "connection refused"}
CAUSES = {"drop": "connect-timeout", "reject with tcp reset": "connect-refused"}


def names():
    """The zones."""
    return [f"zone{n:03}.example" for n in range(ZONES)]


def primary_zone_file(serial):
    """The content that all zones share; the new version has one record more."""
    records = ["www IN A 192.0.2.1"]
    if serial == NEW:
        records.append("gained IN A 192.0.2.2")
    return zone_text(serial, REFRESH_S, RETRY_S, EXPIRE_S, records=records)


class Scene:
    """Primary in B, secondary in A, a filter between them."""

    def __init__(self, lab, verdict, hurried):
        self.verdict = verdict
        self.lab = lab
        # How much later than in 9.18 it is before anything can be known.
        self.later_s = (dropped_syn_s(lab.root) - GIVES_UP_S
                        if verdict == "drop" and not hurried else 0)
        hosts = self.hosts = lab.hosts
        if hurried:
            hosts.sysctl("A", "net.ipv4.tcp_syn_retries", 1)
        self.primary = lab.primary(
            netns=hosts.name["B"], address=hosts.address("B"),
            options=f"notify explicit; also-notify {{ {hosts.address('A')}; }}; "
                    + ("notify-rate 100;" if hurried else ""))
        self.primary.write("shared.db", primary_zone_file(OLD))
        self.primary.config = "".join(
            f'zone "{name}" {{ type primary; file "shared.db"; }};\n' for name in names())
        self.secondary = lab.secondary(
            netns=hosts.name["A"], address=hosts.address("A"),
            options=f"min-refresh-time 10; max-refresh-time {REFRESH_S}; min-retry-time 10; "
                    f"max-retry-time {RETRY_S}; "
                    + ("serial-query-rate 100; transfers-per-ns 20;" if hurried else ""))
        self.secondary.config = "".join(
            f'zone "{name}" {{ type secondary; '
            f"primaries {{ {hosts.address('B')}; }}; file \"{name}.db\"; }};\n"
            for name in names())

    def start(self):
        """All zones at the old serial."""
        self.primary.start()
        with self.secondary.watch() as log:
            self.secondary.start()
            log.wait_count(rf"transferred serial {OLD}", ZONES, 120)
            log.wait_count(r"Transfer completed: ", ZONES, 30)

    def block(self):
        """TCP is taken away, the primary moves on and says so."""
        self.hosts.filter("B", f"tcp dport 53 {self.verdict}")
        self.primary.write("shared.db", primary_zone_file(NEW))
        self.primary.rndc("reload")
        self.primary.wait_serial(names()[-1], NEW)

    def lift(self):
        """The filter goes."""
        self.hosts.unfilter("B")

    def gained(self, name):
        """Whether the secondary answers the new record."""
        answer = self.secondary.query("gained." + name, "A")
        return answer.rcode() == dns.rcode.NOERROR and bool(answer.answer)


@pytest.fixture
def scene(lab, request):
    """The scene for the verdict of the test."""
    built = Scene(lab, *request.param)
    built.start()
    return built


def scenes():
    """VERDICTS, for the fixture above."""
    return pytest.mark.parametrize(
        "scene", [pytest.param(p.values, id=p.id) for p in VERDICTS], indirect=True)


@pytest.mark.hosts
@pytest.mark.slow
@pytest.mark.timeout(500)
@scenes()
def test_named_is_blocked(scene):
    """named hears of the new serial by UDP, and cannot get it by TCP."""
    with scene.secondary.watch() as log:
        scene.block()
        log.wait_all([rf"notify from .*: serial {NEW}",
                      r"failed to connect: " + FAILED[scene.verdict]], 90 + scene.later_s)
        log.wait(r"is unreachable \(cached\)", REFRESH_S)
        assert all(scene.secondary.serial(name) == OLD for name in names()[::50])


@pytest.mark.hosts
@pytest.mark.slow
@pytest.mark.timeout(1500)
@scenes()
def test_one_incident(scene, plugin):
    """One incident with 312 zones, few lines, right serials; and it ends."""
    assert plugin == plugin_path()
    cause = CAUSES[scene.verdict]
    primary = scene.primary.address + "#53"
    with scene.secondary.watch() as log:
        started = time.monotonic()
        scene.block()
        block = wait_until(lambda: _all_in_one(scene), REFRESH_S + scene.later_s,
                           "312 zones, one incident")
        log.wait(rf"xfrwatch: incident=\d+ event=opened severity=\w+ cause={cause} "
                 rf"primary={re.escape(primary)} ", 10)
        _check_block(block, cause, primary)
        minute_s = scene.later_s + FIRST_MINUTE_S
        wait_until(lambda: time.monotonic() - started > minute_s, minute_s + 5,
                   "the end of the first minute")
        ours = log.matches(r"xfrwatch: ")
        assert len(ours) <= LINES_MAX, [m.string for m in ours]

        scene.lift()
        log.wait(rf"xfrwatch: incident=\d+ event=resolved severity=\w+ cause={cause} "
                 rf"primary={re.escape(primary)} zones={ZONES} ", RECOVERY_S)
        assert all(scene.secondary.serial(name) == NEW for name in names())
        assert all(scene.gained(name) for name in names())
        assert len(log.matches(r"xfrwatch: incident=\d+ event=opened ")) == 1
        assert len(log.matches(r"xfrwatch: incident=\d+ event=resolved ")) == 1
    after = scene.secondary.dump_block()
    assert after["zones"] == {"ok": ZONES}
    assert not after["incidents"] and not after["failing"]


def _all_in_one(scene):
    block = scene.secondary.dump_block()
    incidents = block["incidents"]
    return block if len(incidents) == 1 and incidents[0].get("zones") == ZONES else None


def _check_block(block, cause, primary):
    assert block["incidents"][0]["cause"] == cause
    assert block["incidents"][0]["primary"] == primary
    assert block["zones"].get("failing") == ZONES
    assert len(block["failing"]) == ZONES
    for name, zone in block["failing"].items():
        assert zone["serving"] == OLD, name
        assert zone["offered"] == NEW, name
        assert zone["primary"] == primary, name
    assert block["recorder"]["events lost"] == 0
    assert block["recorder"]["messages unclassified"] == 0

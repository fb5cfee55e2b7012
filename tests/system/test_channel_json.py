# SPDX-License-Identifier: MPL-2.0
# What the statistics channel says in JSON, held against what really happened between a
# real named and its primaries: states, serials, times, incidents, events; and against
# the other surface, the block behind rndc stats.
"""The JSON of the statistics channel."""

import base64
import datetime
import re
import time

import dns.name
import pytest

from xfrtest.channel import Channel
from xfrtest.faults import FAULTS, NEW, OLD, OTHER_SECRET, SECRET, key_statement
from xfrtest.ports import Port
from xfrtest.primary import ScriptedZone, send_notify
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

ZONES = ("a.example", "b.example", "c.example")
EXPIRE_S = 604800
WAIT_S = 20
SLACK_S = 2  # named's own times are whole seconds, and a zone's expiry is spread
PATHS = ("/", "/json/v1", "/json/v1/status", "/json/v1/zones", "/json/v1/incidents",
         "/json/v1/events?limit=10000", "/metrics?zones=all", "/healthz")


def when(text):
    """Seconds since the epoch of a time in an answer, which must look like one."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text), text
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


class Scene:
    """A secondary with a channel, and its scripted primary."""

    def __init__(self, lab):
        self.began = time.time()
        self.primary = lab.scripted(*(ScriptedZone(zone, zone_text(OLD, expire=EXPIRE_S))
                                      for zone in ZONES))
        self.channel = Channel(lab)
        self.secondary = lab.secondary(parameters=self.channel.parameter + " log yes;")
        self.secondary.config = "".join(
            f'zone "{zone}" {{ type secondary; file "{number}.db"; request-ixfr no; '
            f'primaries {{ 127.0.0.1 port {self.primary.port}; }}; }};\n'
            for number, zone in enumerate(ZONES))
        self.address = f"127.0.0.1#{self.primary.port}"
        self.secondary.start()
        wait_until(self.channel.listens, WAIT_S, "the channel")
        self.wait(lambda: len(self.zones("state=ok")) == len(ZONES) and all(
            zone.get("serial") == OLD and "expires" in zone for zone in self.zones()),
            "all zones loaded, their timers known")

    def get(self, path):
        """One answer, parsed; what all of them have."""
        before = time.time()
        answer = self.channel.json(path)
        assert next(iter(answer)) == "json-stats-version"
        assert answer["json-stats-version"] == "1.0"
        assert before - 0.1 <= when(answer["current-time"]) <= time.time() + 0.1
        return answer

    def status(self):
        """The counts."""
        return self.get("/json/v1/status")

    def zones(self, query=""):
        """The zone objects of one page."""
        return self.get(f"/json/v1/zones?{query}")["zones"]

    def zone(self, name):
        """One of them."""
        (zone,) = self.zones(f"name={name}")
        assert zone["name"] == name
        return zone

    def incidents(self, state="all"):
        """The incident objects."""
        return self.get(f"/json/v1/incidents?state={state}")["incidents"]

    def wait(self, condition, what):
        """Until it is so."""
        return wait_until(condition, WAIT_S, what, poll=0.1)

    def offer(self, serial, mode, *zones):
        """The primary has a new serial of these, and answers as the mode says."""
        self.primary.mode = mode
        for zone in zones:
            self.primary.zones[dns.name.from_text(zone)].serial = serial

    def fail(self, times):
        """The primary refuses so many transfers, in all."""
        # named does not ask at a NOTIFY that comes while it is at it still.
        self.wait(lambda: self.status()["causes"]["refused-transfer"] >= times
                  or self.notify(*ZONES), f"{times} failures")

    def notify(self, *zones):
        """Tell named of the serial, so that it asks now."""
        for zone in zones:
            soa = self.primary.zones[dns.name.from_text(zone)].soa()
            send_notify(zone, self.secondary.address, self.secondary.port, soa=soa)


def test_all_is_well(lab, plugin):
    """Counts, serials and times of zones that are fed."""
    assert plugin
    scene = Scene(lab)
    status = scene.status()
    assert status["zones"] == {"ok": 3, "failing": 0, "never-loaded": 0, "expired": 0}
    assert status["attempts"] == {"total": 3, "transferred": 3, "up-to-date": 0, "failed": 0}
    assert len(status["causes"]) > 30 and not any(status["causes"].values())
    assert status["incidents"] == {"open": 0} and "severity" not in status
    assert status["recorder"]["lost"] == 0 and status["recorder"]["unclassified"] == 0
    assert re.match(r"9\.\d+\.\d+", status["bind-version"]) and status["xfrwatch-version"]
    assert status["mode"] == "full"
    upstream = status["bind-version"].split("-")[0]
    assert status["bind-built-for"].split("-")[0] == upstream
    (primary,) = status["primaries"]
    assert primary["address"] == scene.address
    assert (primary["zones"], primary["failing"], primary["causes"]) == (3, 0, {})
    assert scene.began <= when(primary["last-success"]) <= time.time()
    assert scene.began - 1 <= when(status["boot-time"]) <= when(status["config-time"])
    assert when(status["config-time"]) <= time.time()
    for path in ("/json/v1", "/json/v1/"):
        assert {**scene.get(path), "current-time": status["current-time"]} == status
    for zone in scene.zones():
        check_fed(scene, zone)
    assert not scene.incidents()

    scene.secondary.reconfig()
    later = scene.wait(lambda: _changed(scene, "config-time", status), "a later config-time")
    assert later["boot-time"] == status["boot-time"]
    assert when(later["config-time"]) > when(status["config-time"])


def _changed(scene, field, before):
    status = scene.status()
    return status if status[field] != before[field] else None


def check_fed(scene, zone):
    """A zone that was just transferred."""
    now = time.time()
    assert zone["class"] == "IN" and zone["view"] == "_default"
    assert zone["type"] == "secondary" and zone["state"] == "ok"
    assert zone["serial"] == OLD and zone["serial-offered"] == OLD
    assert zone["failures"] == 0
    for absent in ("cause", "severity", "incident", "failing-for", "serial-notified",
                   "signature-expires"):
        assert absent not in zone, absent
    for field in ("since", "last-attempt", "last-success", "last-transfer",
                  "serial-offered-at"):
        assert scene.began - 1 <= when(zone[field]) <= now, field
    assert zone["expire"] == EXPIRE_S
    assert zone["expires"] == zone["deadline"]
    left = when(zone["deadline"]) - now
    assert EXPIRE_S - WAIT_S - SLACK_S < left <= EXPIRE_S + SLACK_S
    assert abs(zone["deadline-in"] - left) <= SLACK_S
    assert now < when(zone["next-refresh"]) <= now + zone["refresh"] + SLACK_S
    (primary,) = zone["primaries"]
    assert primary["address"] == scene.address and primary["outcome"] == "ok"
    assert primary["failures"] == 0 and scene.began <= when(primary["last"]) <= now


def test_an_incident_from_beginning_to_end(lab, plugin):
    """Two of three zones are refused; then the primary is mended."""
    assert plugin
    scene = Scene(lab)
    broken, failing = ("a.example", "b.example"), time.time()
    scene.offer(NEW, "transfer-refused", *broken)
    scene.notify(*broken)
    scene.wait(lambda: len(scene.zones("state=failing")) == 2, "two failing zones")
    (incident,) = scene.wait(lambda: _of_two(scene), "an incident of two zones")
    assert incident["state"] == "open" and incident["cause"] == "refused-transfer"
    assert incident["family"] == "access" and incident["primary"] == scene.address
    assert incident["zones"] == incident["zones-peak"] == 2
    assert {incident["first-zone"], incident["last-zone"]} == {f"{z}/IN" for z in broken}
    assert failing - 1 <= when(incident["opened"]) <= time.time()
    assert "closed" not in incident and incident["failing-for"] <= WAIT_S
    assert incident["deadline-zone"] in {f"{z}/IN" for z in broken}
    assert 0 <= incident["confidence"] <= 100
    assert "allow-transfer" in incident["action"] and "127.0.0.1" in incident["action"]
    assert incident["steps"][0] == incident["action"] and len(incident["steps"]) > 1
    diagnosed(scene, broken, failing)

    for name in broken:
        zone = scene.zone(name)
        assert zone["state"] == "failing" and zone["cause"] == "refused-transfer"
        assert zone["incident"] == incident["id"]
        assert zone["serial"] == OLD and zone["serial-notified"] == NEW
        assert zone["serial-lag"] == NEW - OLD and zone["deadline-by"] == "expire"
        assert failing - 1 <= when(zone["behind-since"]) <= time.time()
        assert failing - 1 <= when(zone["serial-notified-at"]) <= time.time()
        assert failing - 1 <= when(zone["since"]) and zone["failures"] >= 1
        (primary,) = zone["primaries"]
        assert primary["outcome"] == "failed" and primary["cause"] == "refused-transfer"
    assert scene.zone("c.example")["state"] == "ok"
    assert min(z["deadline"] for z in map(scene.zone, broken)) == incident["deadline"]
    agrees_with_block(scene)
    filters(scene, broken)

    scene.offer(NEW, "good", *broken)
    scene.notify(*broken)
    scene.wait(lambda: not scene.incidents("open"), "the end of the incident")
    (closed,) = scene.incidents("closed")
    assert closed["id"] == incident["id"] and closed["state"] == "closed"
    assert closed["zones"] == 0 and closed["zones-peak"] == 2
    assert when(closed["opened"]) < when(closed["closed"]) <= time.time()
    assert closed["stale-for"] <= closed["failing-for"] + WAIT_S
    for name in broken:
        scene.wait(lambda name=name: scene.zone(name).get("serial") == NEW, "the new serial")
        zone = scene.zone(name)
        assert zone["state"] == "ok" and zone["failures"] == 0 and "incident" not in zone
    status = scene.status()
    assert status["zones"]["ok"] == 3 and "severity" not in status
    assert status["causes"]["refused-transfer"] == status["attempts"]["failed"] >= 2


def diagnosed(scene, zones, since):
    """What the primary said when it was asked; the block says the same."""
    (incident,) = scene.wait(lambda: [i for i in scene.incidents("open") if "evidence" in i],
                             "a diagnosis")
    checks = {finding["check"]: finding for finding in incident["evidence"]}
    assert {"soa-udp", "tcp-connect", "soa-tcp"} <= set(checks)
    assert str(NEW) in checks["soa-udp"]["result"]
    for finding in checks.values():
        assert finding.get("stance", "agrees") in ("agrees", "contradicts")
        assert since - 1 <= when(finding["at"]) <= when(incident["diagnosed-at"]) + 0.001
    assert incident["checked-zone"] in {f"{zone}/IN" for zone in zones}
    assert incident["source"] == "127.0.0.1" and "key" not in incident
    assert incident["diagnoses"] >= 1
    assert when(incident["next-diagnosis"]) > when(incident["diagnosed-at"])
    (told,) = scene.secondary.dump_block()["incidents"]
    assert [f["check"] for f in told["evidence"]] == list(checks)
    assert told["steps"] == scene.incidents("open")[0]["steps"]


def _of_two(scene):
    incidents = scene.incidents("open")
    return incidents if incidents and incidents[0]["zones"] == 2 else None


def agrees_with_block(scene):
    """The same in the statistics file."""
    block, status = scene.secondary.dump_block(), scene.status()
    named = {"never loaded": "never-loaded"}
    assert {named.get(k, k): n for k, n in block["zones"].items()} == {
        k: n for k, n in status["zones"].items() if n}
    assert block["attempts"] == {
        "attempts": status["attempts"]["total"],
        "zone up to date": status["attempts"]["up-to-date"],
        "zone transferred": status["attempts"]["transferred"],
        "failed": status["attempts"]["failed"]}
    assert block["causes"] == {k: n for k, n in status["causes"].items() if n}
    assert block["primaries"] == {p.get("address", "-"): p["causes"]
                                  for p in status["primaries"] if p["causes"]}
    incidents = {i["id"]: i for i in scene.incidents("open")}
    assert len(block["incidents"]) == len(incidents) == status["incidents"]["open"]
    for one in block["incidents"]:
        other = incidents[one["id"]]
        for field in ("severity", "cause", "primary", "zones", "deadline-zone"):
            assert one[field] == other[field], field
    zones = {f"{z['name']}/{z['class']}": z for z in scene.zones("state=unhealthy")}
    assert block["failing"].keys() == zones.keys()
    for key, one in block["failing"].items():
        other = zones[key]
        assert (one["cause"], one["failures"], one["serving"], one["severity"],
                one["state"]) == (other["cause"], other["failures"], other["serial"],
                                  other["severity"], other["state"])
        assert one["primary"] == other["primaries"][0]["address"]
        assert abs(one["deadline-in"] - other["deadline-in"]) <= SLACK_S
    assert block["recorder"]["events recorded"] <= status["recorder"]["recorded"]
    assert block["recorder"]["events lost"] == status["recorder"]["lost"]


def filters(scene, broken):
    """Each finds what it should, with real names."""
    def found(query):
        return {zone["name"] for zone in scene.zones(query)}

    address = scene.address.replace("#", "%23")
    assert found("state=unhealthy") == found("cause=refused-transfer") == set(broken)
    assert found("cause=connect-refused") == set()
    assert found("state=ok") == {"c.example"} == found("name=C.example.")
    assert found(f"primary={address}") == set(ZONES) == found("view=_default")
    assert found("name=b*&state=failing") == {"b.example"}
    assert [z["name"] for z in scene.zones("sort=deadline")] == sorted(
        broken, key=lambda name: scene.zone(name)["deadline"]) or (
            scene.zone(broken[0])["deadline"] == scene.zone(broken[1])["deadline"])


def test_pages_of_many_zones(lab, plugin):
    """Read in pages while a reconfiguration adds and removes zones."""
    assert plugin
    scene = Scene(lab)
    nobody = Port()
    lab.defer(nobody.close)

    def many(*ranges):
        return "".join(
            f'zone "z{n}.example" {{ type secondary; file "z{n}.db"; '
            f"primaries {{ 127.0.0.1 port {nobody.number}; }}; }};\n"
            for some in ranges for n in some)

    base = scene.secondary.config
    scene.secondary.config = base + many(range(300))
    scene.secondary.reconfig()
    scene.wait(lambda: scene.status()["zones"]["never-loaded"] == 300, "300 more zones")
    names = [z["name"] for z in scene.channel.all_zones("limit=17")]
    assert len(names) == len(set(names)) == 303
    names = [z["name"] for z in scene.channel.all_zones("state=never-loaded&limit=100")]
    assert len(names) == len(set(names)) == 300
    names = [z["name"] for z in scene.channel.all_zones("sort=deadline&limit=70")]
    assert len(names) == len(set(names)) == 300

    page = scene.get("/json/v1/zones?limit=40")
    names = [z["name"] for z in page["zones"]]
    scene.secondary.config = base + many(range(150), range(300, 450))
    scene.secondary.reconfig()
    scene.wait(lambda: not scene.zones("name=z299.example")
               and scene.zones("name=z449.example"), "other zones")
    while "next" in page:
        page = scene.get(f"/json/v1/zones?limit=40&after={page['next']}")
        names += [z["name"] for z in page["zones"]]
    stayed = {f"z{n}.example" for n in range(150)} | set(ZONES)
    assert len(names) == len(set(names)) and stayed <= set(names)
    status = scene.status()
    assert sum(status["zones"].values()) == 303


def test_the_tail_of_events(lab, plugin):
    """Each line of named's about a transfer that fails, once, in order; after a restart."""
    assert plugin
    scene = Scene(lab)
    first = scene.get("/json/v1/events?after=0&limit=10000")
    assert first["lost"] == 0 and "restarted" not in first
    events = list(first["events"])
    scene.offer(NEW, "transfer-refused", *ZONES)
    for turn in range(5):
        scene.fail(3 * turn + 3)
        read_on(scene, events)
    refused = "failed while receiving responses: REFUSED"
    scene.wait(lambda: "\n".join(scene.secondary.log_lines()).count(refused)
               == len(failures_of(read_on(scene, events))), "an event for each line")
    after = events[-1]["seq"]
    assert [e["seq"] for e in events] == list(range(1, after + 1))
    failed = failures_of(events)
    assert len(failed) >= 15
    for event in failed:
        assert event["cause"] == "refused-transfer" and event["phase"] == "transfer"
        assert event["primary"] == scene.address and event["view"] == "_default"
        assert event["zone"] in {f"{zone}/IN" for zone in ZONES}
        assert scene.began - 1 <= when(event["time"]) <= time.time()
    times = [when(e["time"]) for e in events]
    assert all(b - a > -1 for a, b in zip(times, times[1:]))
    log = "\n".join(scene.secondary.log_lines())
    assert all(event["text"] in log for event in failed)
    newest = scene.get("/json/v1/events?limit=3")["events"]
    assert [e["seq"] for e in newest] == list(range(after - 2, after + 1))

    assert scene.secondary.stop() == 0
    scene.primary.mode = "good"
    scene.secondary.start()
    wait_until(scene.channel.listens, WAIT_S, "the channel")
    answer = scene.get("/json/v1/events?after=100000")
    assert answer["restarted"] is True and answer["after"] == 0
    assert len(answer["events"]) + answer["lost"] == answer["next"]
    assert when(answer["boot-time"]) > when(first["boot-time"])


def read_on(scene, events):
    """Add all that came since; nothing may be lost."""
    while True:
        after = events[-1]["seq"]
        answer = scene.get(f"/json/v1/events?after={after}&limit=7")
        assert answer["lost"] == 0 and answer["after"] == after
        assert len(answer["events"]) == answer["next"] - after <= 7
        events += answer["events"]
        if not answer["events"]:
            return events


def failures_of(events):
    """Those by which named says that an attempt failed."""
    return [event for event in events if event["kind"] == "attempt-failed"]


def test_a_small_ring_counts_what_it_lost(lab, plugin):
    """More lines than the ring holds, and a ring that grows: nothing goes unnoticed."""
    assert plugin
    scene = Scene(lab)
    scene.secondary.parameters = scene.channel.parameter + " ring-size 64;"
    scene.secondary.reconfig()
    scene.wait(lambda: scene.status()["recorder"]["capacity"] == 64, "a ring of 64")
    scene.offer(NEW, "transfer-refused", *ZONES)
    for turn in range(6):
        scene.fail(3 * turn + 3)
    answer = scene.get("/json/v1/events?after=1&limit=10000")
    assert answer["lost"] > 0 and "restarted" not in answer
    assert len(answer["events"]) <= 64
    assert len(answer["events"]) + answer["lost"] == answer["next"] - 1
    scene.secondary.parameters = scene.channel.parameter + " ring-size 1024;"
    scene.secondary.reconfig()
    scene.wait(lambda: scene.status()["recorder"]["capacity"] == 1024, "a ring of 1024")
    later = scene.get(f"/json/v1/events?after={answer['next']}")
    assert "restarted" not in later and later["next"] >= answer["next"]
    assert len(later["events"]) + later["lost"] == later["next"] - answer["next"]
    # The monitor itself missed none of them.
    assert scene.status()["recorder"]["lost"] == 0


@pytest.mark.parametrize("name", ("transfer-refused", "tsig-wrong-secret",
                                  "tsig-unknown-key"))
def test_no_secret_is_told(lab, plugin, name):
    """A TSIG key, right, wrong or unknown, is in no answer and in no log."""
    assert plugin
    channel = Channel(lab)
    lab.debug, lab.parameters = 3, channel.parameter + " log yes;"
    fault = FAULTS[name](lab)
    if name == "transfer-refused":
        fault.primary_config = fault.secondary_config = key_statement()
        fault.primaries_suffix = " key xfr"
    fault.setup()
    fault.inject()
    fault.provoke()
    incident = wait_until(lambda: channel.json("/json/v1/incidents")["incidents"], WAIT_S,
                          "an incident")[0]
    assert incident["cause"] in (fault.cause, *fault.refined)
    told = [channel.get(path) for path in PATHS]
    told += [channel.request("/json/v1/zones?name=" + SECRET[:8] + "%")[2].decode(),
             fault.secondary.read("named.log"), fault.secondary.read("startup.log"),
             fault.secondary.stats()]
    for secret in (SECRET, OTHER_SECRET):
        raw = base64.b64decode(secret)
        for form in (secret, secret.rstrip("="), raw.decode(), raw.hex()):
            assert not any(form in text for text in told)


def test_a_zone_that_is_lost(lab, plugin):
    """From its last refresh to its expiry: what is left, what is served, how loud."""
    assert plugin
    channel = Channel(lab)
    lab.parameters = channel.parameter + " log yes;"
    fault = FAULTS["expired"](lab)
    fault.expire = 10  # the least that the refresh and retry times there allow
    fault.setup()
    with fault.secondary.watch() as log:
        fault.inject()
        fault.provoke()
        zone = wait_until(lambda: [z for z in channel.json("/json/v1/zones?state=failing")
                                   ["zones"] if "deadline" in z],
                          WAIT_S, "a failing zone, its timers known", poll=0.05)[0]
        deadline = when(zone["deadline"])
        assert zone["serial"] == OLD and 0 <= deadline - time.time() <= fault.expire + 1
        log.wait(r"zone example\.com/IN: expired", WAIT_S)
        assert abs(time.time() - deadline) < SLACK_S
    zone = wait_until(lambda: channel.json("/json/v1/zones?state=expired")["zones"],
                      WAIT_S, "an expired zone")[0]
    assert zone["severity"] == "alert" and zone["cause"] == fault.cause
    assert zone["deadline-in"] == 0 and "serial" not in zone
    status = channel.json()
    assert status["severity"] == "alert"
    assert status["zones"] == {"ok": 0, "failing": 0, "never-loaded": 0, "expired": 1}
    incidents = channel.json("/json/v1/incidents?state=open")["incidents"]
    incident = next(i for i in incidents if i["id"] == zone["incident"])
    assert incident["severity"] == "alert" and incident["expired"] == 1


def test_what_is_wrong_is_said(lab, plugin):
    """Errors over HTTP: status, type, and words that help."""
    assert plugin
    scene = Scene(lab)
    for path, method, status, words in (
            ("/json/v1/zones?limit=0", "GET", 400, ("limit", "0", "1 to 1000000")),
            ("/json/v1/zones?stat=ok", "GET", 400, ("stat", "state, cause")),
            ("/json/v1/zones?cause=no", "GET", 400, ("cause", "no", "connect-refused")),
            ("/json/v1/events?after=x", "GET", 400, ("after", "x", "sequence number")),
            ("/json/v1/zones/", "GET", 404, ("/json/v1/zones",)),
            ("/nothing", "GET", 404, ("/healthz",)),
            ("/json/v1", "POST", 405, ("GET and HEAD",))):
        got, fields, body = scene.channel.request(path, method=method)
        assert got == status, (path, body)
        assert fields["content-type"] == "application/json"
        assert (fields.get("allow") == "GET, HEAD") == (status == 405)
        for word in words:
            assert word in body.decode(), (path, word)
    status, fields, body = scene.channel.request("/json/v1", method="HEAD")
    assert status == 200 and body == b"" and fields["content-type"] == "application/json"

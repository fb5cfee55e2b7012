# SPDX-License-Identifier: MPL-2.0
# /metrics as it is used: linted by promtool, scraped by a real Prometheus in both
# formats and beside prometheus-bind-exporter, asked in PromQL while a transfer fails
# and is mended.
"""The metrics in Prometheus."""

import re
import subprocess

import dns.name

from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD
from xfrtest.ports import Port
from xfrtest.primary import ScriptedZone, send_notify
from xfrtest.prometheus import (OPENMETRICS_ACCEPT, OPENMETRICS_TYPE, TEXT_ACCEPT, TEXT_TYPE,
                                check_metrics, fetch, program, promtool, start_exposition,
                                start_prometheus)
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

ZONES = ("a.example", "b.example", "c.example")
# Names as an attacker would choose them, and as BIND prints them.
HOSTILE = {r"evil\"}\0101\\.example": r'evil\"}\0101\\.example',
           r"<script>.example": "<script>.example",
           "0/25.2.0.192.in-addr.arpa": "0/25.2.0.192.in-addr.arpa"}
MEND_S = 20


class Scene:
    """A secondary with a channel, and its scripted primary."""

    def __init__(self, lab, zones=ZONES, options=""):
        self.primary = lab.scripted(*(ScriptedZone(zone, zone_text(OLD)) for zone in zones))
        self.channel = Channel(lab)
        self.secondary = lab.secondary(parameters=self.channel.parameter)
        self.secondary.config = options + "".join(
            f'zone "{zone}" {{ type secondary; file "{number}.db"; request-ixfr no; '
            f'primaries {{ 127.0.0.1 port {self.primary.port}; }}; }};\n'
            for number, zone in enumerate(zones))
        self.secondary.start()
        for zone in zones:
            self.secondary.wait_serial(zone, OLD)
        self.url = self.channel.url + "metrics"
        self.address = f"127.0.0.1#{self.primary.port}"

    def metrics(self, accept=TEXT_ACCEPT, query=""):
        """One scrape."""
        status, kind, text = fetch(self.url + query, accept)
        assert status == 200, text
        assert kind == (OPENMETRICS_TYPE if accept == OPENMETRICS_ACCEPT else TEXT_TYPE)
        return text

    def wait_line(self, line):
        """Wait until a scrape has it."""
        wait_until(lambda: line in self.metrics().splitlines(), MEND_S, line, poll=0.1)

    def offer(self, serial, mode):
        """The primary has a new serial, and answers transfers as the mode says."""
        self.primary.mode = mode
        for zone in self.primary.zones.values():
            zone.serial = serial

    def notify(self, *zones):
        """Tell named of the serial, so that it asks now."""
        for zone in zones:
            soa = self.primary.zones[dns.name.from_text(zone)].soa()
            send_notify(zone, self.secondary.address, self.secondary.port, soa=soa)


def test_promtool_has_nothing_to_say(lab, plugin):
    """Healthy and broken, all zones and few, and with hostile names."""
    assert plugin
    scene = Scene(lab, ZONES + tuple(HOSTILE))
    scene.wait_line('bind_secondary_zones{view="_default",state="ok"} 6')
    for query in ("", "?zones=all"):
        text = scene.metrics(query=query)
        check_metrics(text)
        assert scene.metrics(OPENMETRICS_ACCEPT, query).endswith("\n# EOF\n")
        assert text.count("\nbind_zone_served_serial{") == (6 if query else 0)
    causes = re.findall(r'^bind_secondary_refresh_failures_total\{cause="([^"]+)"\} 0$',
                        scene.metrics(), re.M)
    assert len(causes) > 30 and {"connect-refused", "unclassified"} <= set(causes)

    scene.offer(NEW, "transfer-refused")
    scene.notify(*ZONES, *HOSTILE)
    scene.wait_line('bind_secondary_zones{view="_default",state="failing"} 6')
    text = scene.metrics()
    check_metrics(text)
    for name in HOSTILE.values():
        label = name.replace("\\", "\\\\").replace('"', '\\"')
        assert (f'bind_zone_served_serial{{view="_default",zone_name="{label}"}} {OLD}\n'
                in text), name
    # The reader of Prometheus itself, which does not forgive, in both formats.
    prometheus = start_prometheus(lab, {
        "openmetrics": scene.channel.url.split("/")[2],
        "text": start_exposition(lab, source=scene.url).target})
    prometheus.wait_up()
    for job in ("openmetrics", "text"):
        names = prometheus.values(f'bind_zone_served_serial{{job="{job}"}}', "zone_name")
        assert names == {name: OLD for name in (*ZONES, *HOSTILE.values())}


def exporter_of(lab, port):
    """Debian's prometheus-bind-exporter for a statistics channel of named's own."""
    held = Port()
    lab.defer(held.close)
    groups = "server,view"
    if fetch(f"http://127.0.0.1:{port}/json/v1/tasks")[0] == 200:
        groups += ",tasks"  # 9.20 has none, and then the exporter would show nothing
    process = subprocess.Popen(
        [program("prometheus-bind-exporter"), f"--bind.stats-url=http://127.0.0.1:{port}/",
         f"--web.listen-address=127.0.0.1:{held.number}",
         f"--bind.stats-groups={groups}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end():
        process.terminate()
        process.wait(20)

    lab.defer(end)
    target = f"127.0.0.1:{held.number}"

    def answers():
        try:
            return fetch(f"http://{target}/metrics")[0] == 200
        except OSError:
            return False

    wait_until(answers, 20, "start of the exporter", poll=0.1)
    return target


def families(text):
    """{family: (type, help)} of a text."""
    return {name: (kind, re.search(rf"^# HELP {name} (.*)$", text, re.M).group(1))
            for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)}


def own_complaints(text):
    """What promtool has to say of another's metrics."""
    return set(promtool("check", "metrics", text=text)[1].split("\n"))


def check_no_clash(prometheus, scene, target):
    """No name, type, help text or series of ours is one of the exporter's."""
    ours, theirs = scene.metrics(query="?zones=all"), fetch(f"http://{target}/metrics")[2]
    assert "bind_zone_serial" in families(theirs) and len(families(ours)) > 15
    assert not families(ours).keys() & families(theirs).keys()
    assert own_complaints(theirs + ours) == own_complaints(theirs)

    def names(job):
        return {s.labels["__name__"] for s in prometheus.query(f'{{job="{job}"}}')}

    shared = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
              "scrape_samples_post_metric_relabeling", "scrape_series_added"}
    assert names("xfrwatch") & names("bind") == shared
    for name, said in prometheus.metadata().items():
        # The older format has no units; else all must say the same.
        assert len({(m["type"], m["help"]) for m in said}) == 1 or (
            not name.startswith("bind_")), (name, said)
    assert {m["unit"] for m in prometheus.metadata("bind_zone_deadline_timestamp_seconds")[
        "bind_zone_deadline_timestamp_seconds"]} == {"", "seconds"}
    # The labels are made to be joined: what is served, as both see it.
    joined = prometheus.query(
        'bind_zone_served_serial{job="all"} == on (view, zone_name) group_left '
        'bind_zone_serial{job="bind"}')
    assert {s.labels["zone_name"] for s in joined} == set(ZONES)


def check_failing(prometheus, scene, zone):
    """What PromQL says while a zone cannot be transferred."""
    for job in ("xfrwatch", "text"):
        where = f'job="{job}"'
        prometheus.wait_value(f'bind_secondary_zones{{{where},state="failing"}}', 1)
        assert prometheus.value(f"sum(bind_secondary_zones{{{where}}})") == len(ZONES)
        assert prometheus.value(f"sum(bind_secondary_refresh_failures_total{{{where}}})") == 1
        assert prometheus.values(f"bind_secondary_refresh_failures_total{{{where}}} > 0",
                                 "cause") == {"refused-transfer": 1}
        prometheus.wait_value("increase(bind_secondary_refresh_failures_total{"
                              f'{where},cause="refused-transfer"}}[30s])', lambda v: v > 0)
        assert prometheus.values(f"bind_secondary_primary_failing_zones{{{where}}}",
                                 "primary") == {scene.address: 1}
        assert [(s.labels["cause"], s.labels["primary"], s.value) for s in prometheus.query(
            f"bind_secondary_incidents{{{where}}}")] == [("refused-transfer", scene.address, 1)]
        # In a week, as zone_text() says, and the same for the server and the zone.
        deadline = prometheus.value(
            f"bind_secondary_next_deadline_timestamp_seconds{{{where}}} - time()")
        assert 604800 - 120 < deadline <= 604800
        assert prometheus.value(
            f"bind_zone_deadline_timestamp_seconds{{{where}}} == on (view) group_left "
            f"bind_secondary_next_deadline_timestamp_seconds{{{where}}}") is not None
        assert prometheus.values(f"bind_secondary_zones_deadline{{{where}}}", "within") == {
            "1h": 0, "6h": 0, "1d": 0, "3d": 0}
        assert prometheus.values(
            f"bind_zone_primary_serial{{{where}}} - bind_zone_served_serial", "zone_name"
        ) == {zone: NEW - OLD}
        assert prometheus.value(f"bind_zone_failures{{{where}}}") == 1
        age = prometheus.value(f"time() - bind_zone_last_attempt_timestamp_seconds{{{where}}}")
        assert 0 <= age < 30
    assert len(prometheus.query('bind_zone_failures{job="all"}')) == len(ZONES)


def check_mended(prometheus):
    """And after it was mended: the zone's series are gone, counters stay."""
    for job in ("xfrwatch", "text"):
        where = f'job="{job}"'
        prometheus.wait_value(f'bind_secondary_zones{{{where},state="ok"}}', len(ZONES))
        prometheus.wait_value(f"bind_zone_failures{{{where}}}", None)
        assert prometheus.query(f"bind_secondary_incidents{{{where}}}") == []
        assert prometheus.query(
            f"bind_secondary_next_deadline_timestamp_seconds{{{where}}}") == []
        assert prometheus.value(f"sum(bind_secondary_refresh_failures_total{{{where}}})") == 1
        assert prometheus.value(f"bind_secondary_transfers_total{{{where}}}") == len(ZONES) + 1
        assert prometheus.value(f"bind_secondary_refresh_attempts_total{{{where}}}") >= 5
        assert prometheus.value(f"bind_secondary_events_lost_total{{{where}}}") == 0
        assert prometheus.value(f"bind_secondary_messages_unclassified_total{{{where}}}") == 0
    for counter in ("refresh_attempts", "refresh_failures", "transfers", "events_recorded"):
        assert prometheus.value(f"sum(resets(bind_secondary_{counter}_total[2m]))") == 0


def test_beside_the_exporter_of_bind(lab, plugin):
    """A transfer fails and is mended; named's own statistics in the same Prometheus."""
    assert plugin
    own = Port()
    lab.defer(own.close)
    scene = Scene(lab, options=f"statistics-channels {{ inet 127.0.0.1 port {own.number} "
                  "allow { 127.0.0.1; }; };\n")
    target = scene.channel.url.split("/")[2]
    exporter = exporter_of(lab, own.number)
    both = start_exposition(lab)
    both.answer = lambda _path: (200, TEXT_TYPE, fetch(f"http://{exporter}/metrics")[2]
                                 + scene.metrics(query="?zones=all"))
    prometheus = start_prometheus(lab, {
        "xfrwatch": target, "bind": exporter, "both": both.target,
        "text": start_exposition(lab, source=scene.url).target,
        "all": {"target": target, "params": {"zones": ["all"]}}})
    prometheus.wait_up()
    assert prometheus.values("bind_xfrwatch_info", "job").keys() == {
        "xfrwatch", "text", "all", "both"}
    info = prometheus.query('bind_xfrwatch_info{job="xfrwatch"}')[0].labels
    assert re.fullmatch(r"\d+\.\d+.*", info["version"])
    assert re.match(r"9\.\d+\.\d+", info["bind_version"])
    assert prometheus.value('bind_xfrwatch_reduced{job="xfrwatch"}') == 0
    check_no_clash(prometheus, scene, exporter)

    zone = ZONES[0]
    scene.offer(NEW, "transfer-refused")
    scene.notify(zone)
    check_failing(prometheus, scene, zone)
    # named's own view of the same: the names mean different things and both are there.
    prometheus.wait_value('bind_zone_transfer_failure_total{job="bind"}', lambda v: v >= 1)
    scene.primary.mode = "good"
    scene.notify(zone)
    scene.secondary.wait_serial(zone, NEW)
    check_mended(prometheus)

    # Nothing was dropped on the way: each sample that was scraped was taken.
    for sample in prometheus.query(
            "scrape_samples_scraped - scrape_samples_post_metric_relabeling"):
        assert sample.value == 0, sample
    assert not re.search(r"uplicate|out.of.order|parse", prometheus.log()), prometheus.log()

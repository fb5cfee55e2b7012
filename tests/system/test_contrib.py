# SPDX-License-Identifier: MPL-2.0
# The kit for monitoring in contrib/: that the rules, the scrape configuration and the
# dashboard are sound, speak of nothing that xfrwatch does not serve, and do in a real
# Prometheus what they are for while real transfers fail.
"""Rules for Prometheus and the dashboard for Grafana, against the real thing."""

import json
import os
import re

import pytest

from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD
from xfrtest.ports import Port
from xfrtest.primary import ScriptedZone
from xfrtest.prometheus import (check_rules, promtool, run_rule_tests, start_exposition,
                                start_prometheus)
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CONTRIB = os.path.join(SOURCE, "contrib")
RULES = os.path.join(CONTRIB, "prometheus", "xfrwatch.rules.yml")
RULE_TESTS = "xfrwatch.rules.test.yml"
SCRAPE = os.path.join(CONTRIB, "prometheus", "scrape.yml")
DASHBOARD = os.path.join(CONTRIB, "grafana", "xfrwatch.json")
TABLE = os.path.join(SOURCE, "plugin", "report", "channel", "metrics.tbl.h")

TIMERS = ("min-retry-time 1; max-retry-time 2; min-refresh-time 1; max-refresh-time 2; "
          "serial-query-rate 100;")
MANY = 12  # zones of one primary; the rules call ten many
EXPIRE_S = 25  # time enough to see what is said before that
FOR = "1s"
# Prometheus's own, and those that a target gives to all its series.
COMMON_LABELS = {"job", "instance"}
GRID_COLUMNS = 24
UNITS = {"none", "cpm", "cps", "dtdhms", "dateTimeFromNow"}
FIRES_S = 30


def read(path):
    """A file's text."""
    with open(path, encoding="utf-8") as inp:
        return inp.read()


# What there is

def served():
    """{metric: set of its labels}, out of the table that /metrics is made from."""
    rows = re.findall(r'^XFW_METRIC\(\w+, "(\w+)", \w+,\s+\w+,\s+"\w*",\s+"([\w,]*)"',
                      read(TABLE), re.M)
    assert len(rows) >= 20
    return {name: set(labels.split(",")) - {""} for name, labels in rows}


def named_in(text):
    """(metric, labels) pairs that an expression, or a file of them, speaks of."""
    pairs = []
    labels = set().union(*served().values())
    for metric, matchers in re.findall(r"\b(bind_\w*[a-z])\b(?!_?\*)(?:\{([^}]*)\})?", text):
        if metric not in labels:  # bind_version is one
            pairs.append((metric, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))))
    return pairs


def grouped_in(text):
    """Labels in by (), without (), on () and the like."""
    lists = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right) *\(([\w, ]*)\)", text)
    return {label for one in lists for label in re.findall(r"\w+", one)}


def check_names(text):
    """Every metric and label in it is one that xfrwatch serves."""
    metrics = served()
    pairs = named_in(text)
    assert pairs
    for metric, labels in pairs:
        assert metric in metrics, metric
        assert labels <= metrics[metric] | COMMON_LABELS, (metric, labels)
    known = set().union(*metrics.values()) | COMMON_LABELS
    assert grouped_in(text) <= known, grouped_in(text) - known
    in_templates = set(re.findall(r"(?:\$labels|\.Labels)\.(\w+)", text))
    assert in_templates <= known, in_templates - known


# The rules

def test_rules_and_their_tests():
    """promtool finds nothing wrong, and each alert does what its test says."""
    assert "rules found" in check_rules(RULES)
    assert "SUCCESS" in run_rule_tests(os.path.dirname(RULES), RULE_TESTS)
    alerts = re.findall(r"^ +- alert: (\w+)$", read(RULES), re.M)
    tested = set(re.findall(r"^ +alertname: (\w+)$",
                            read(os.path.join(os.path.dirname(RULES), RULE_TESTS)), re.M))
    assert len(alerts) == len(set(alerts)) and set(alerts) == tested
    assert all(re.fullmatch(r"Xfrwatch([A-Z][a-z]+)+", alert) for alert in alerts)


def test_rules_speak_of_what_is_served():
    """No metric or label that xfrwatch does not have."""
    check_names(re.sub(r"^ *#.*$", "", read(RULES), flags=re.M))


def test_scrape_example():
    """promtool takes it, with the rules it names; the job is called as in the rules."""
    status, said = promtool("check", "config", SCRAPE)
    assert status == 0 and "1 rule files found" in said, said
    jobs = set(re.findall(r'\bjob="(\w+)"', read(RULES) + read(DASHBOARD).replace('\\"', '"')))
    assert jobs == {"xfrwatch"}
    assert re.search(r"^  - job_name: xfrwatch$", read(SCRAPE), re.M)


# The dashboard

def panels():
    """All panels that show something."""
    return [p for p in json.loads(read(DASHBOARD))["panels"] if p["type"] != "row"]


def expressions():
    """(title of the panel, target) of each query."""
    return [(panel["title"], target) for panel in panels() for target in panel["targets"]]


def variables():
    """{name: variable} of the dashboard."""
    return {v["name"]: v for v in json.loads(read(DASHBOARD))["templating"]["list"]}


def substituted(expression):
    """An expression as Grafana sends it with everything selected."""
    for name, variable in variables().items():
        if variable["type"] == "query":
            expression = expression.replace(f"${name}", variable["allValue"])
    expression = expression.replace("$__rate_interval", "8s")
    assert "$" not in expression, expression
    return expression


def test_dashboard_is_sound():
    """Importable, with a data source to choose; panels side by side, each explained."""
    dashboard = json.loads(read(DASHBOARD))
    assert dashboard["id"] is None and dashboard["uid"] and dashboard["title"]
    assert 36 <= dashboard["schemaVersion"] <= 39  # Grafana 9 and 10
    names = variables()
    assert names["datasource"]["type"] == "datasource"
    assert {"instance", "view"} <= set(names)
    taken = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID_COLUMNS, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    rows = max(y for _x, y in taken) + 1
    assert len(taken) == rows * GRID_COLUMNS  # no hole
    assert len({p["id"] for p in dashboard["panels"]}) == len(dashboard["panels"])
    assert len({p["title"] for p in panels()}) == len(panels())
    for panel in panels():
        assert panel["title"] and panel["description"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        assert all(t["datasource"]["uid"] == "${datasource}" for t in panel["targets"])
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])
        units = [panel["fieldConfig"]["defaults"]["unit"]] + [
            p["value"] for o in panel["fieldConfig"]["overrides"]
            for p in o["properties"] if p["id"] == "unit"]
        assert set(units) <= UNITS, units


def test_dashboard_speaks_of_what_is_served():
    """No metric or label that xfrwatch does not have."""
    check_names("\n".join(substituted(t["expr"]) for _, t in expressions()))
    for variable in variables().values():
        if variable["type"] == "query":
            check_names(substituted(variable["query"]["query"]))


def test_dashboard_filters_by_its_variables():
    """Whoever selects one secondary sees only its series."""
    for title, target in expressions():
        for metric, labels in named_in(target["expr"]):
            if f"unless on (job, instance, view, zone_name) {metric}" not in target["expr"]:
                assert "instance" in labels, (title, metric)
            if "view" in labels:
                assert "view" in served()[metric], (title, metric)


# Against the real thing

class Scene:
    """A secondary with xfrwatch's channel open and `MANY` zones of one primary, and
    another zone whose primary is not there."""

    def __init__(self, lab, expire=604800):
        dead = Port()
        lab.defer(dead.close)
        channel = Channel(lab)
        self.target = f"{channel.address}:{channel.port}"
        self.zones = [f"z{n}.example" for n in range(MANY)]
        self.primary = lab.scripted(*(
            ScriptedZone(zone, zone_text(OLD, refresh=1, retry=1, expire=expire))
            for zone in self.zones))
        self.secondary = lab.secondary(options=TIMERS, parameters=channel.parameter)
        self.secondary.config = "".join(
            f'zone "{zone}" {{ type secondary; request-ixfr no; '
            f'primaries {{ 127.0.0.1 port {at}; }}; file "{zone}.db"; }};\n'
            for zone, at in [(zone, self.primary.port) for zone in self.zones]
            + [("never.example", dead.number)])
        self.secondary.start()
        for zone in self.zones:
            self.secondary.wait_serial(zone, OLD)

    def break_transfers(self):
        """All zones change; their transfers are refused."""
        self.primary.mode = "transfer-refused"
        for zone in self.primary.zones.values():
            zone.serial = NEW
            self.primary.notify(self.secondary.address, self.secondary.port, zone)

    def mend(self):
        """The transfers are allowed again, and the operator asks for them."""
        self.primary.mode = "good"
        for zone in self.zones:
            self.secondary.rndc("refresh", zone)
        for zone in self.zones:
            self.secondary.wait_serial(zone, NEW)


def label_values(prometheus, query):
    """What Grafana offers for a variable label_values(SELECTOR, LABEL)."""
    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
    return {s[label] for s in prometheus.api("series", **{"match[]": selector})}


def test_dashboard_shows_a_failure(lab, plugin):
    """While transfers fail, every query of the dashboard answers, and with data."""
    assert plugin
    scene = Scene(lab)
    prometheus = start_prometheus(lab, {"xfrwatch": scene.target})
    scene.break_transfers()
    prometheus.wait_value('bind_secondary_zones{state="failing"}', MANY, FIRES_S)
    prometheus.wait_value("count(bind_zone_next_refresh_timestamp_seconds)", MANY + 1, FIRES_S)
    prometheus.wait_value(
        'increase(bind_secondary_refresh_failures_total{cause="refused-transfer"}[8s])',
        lambda value: value > 0, FIRES_S)
    for variable in variables().values():
        if variable["type"] == "query":
            assert label_values(prometheus, substituted(variable["query"]["query"])), variable
    shown = {}
    for title, target in expressions():
        expression = substituted(target["expr"])
        if target["range"]:
            results = prometheus.query_range(expression, 5)
            found = [labels for labels, values in results if values]
            shown[title, target["refId"]] = {json.dumps(labels, sort_keys=True): values[-1][1]
                                             for labels, values in results}
        else:
            samples = prometheus.query(expression)
            found = [s.labels for s in samples]
            shown[title, target["refId"]] = {json.dumps(s.labels, sort_keys=True): s.value
                                             for s in samples}
        assert found, (title, expression)
        for label in re.findall(r"\{\{ *(\w+) *\}\}", target["legendFormat"]):
            assert all(label in labels for labels in found), (title, label, found)

    def single(title, ref="A"):
        (value,) = shown[title, ref].values()
        return value

    assert single("Not answering") == 0
    assert single("Failing") == MANY
    assert single("Not served") == 1
    assert single("OK") == 0
    assert single("Open incidents") == 2
    assert 0 < single("Nearest deadline") <= 604800
    causes = {json.loads(labels)["cause"] for labels in shown["Failures by cause", "A"]}
    assert causes - {"connect-refused"} == {"refused-transfer"}  # the other is seldom tried
    assert len(shown["Zones nearest to their deadline", "A"]) == MANY
    assert len(shown["Zones nearest to their deadline", "B"]) == MANY + 1
    assert set(shown["Zones nearest to their deadline", "E"].values()) == {OLD}
    assert set(shown["Zones nearest to their deadline", "F"].values()) == {NEW}
    assert sorted(shown["Incidents", "B"].values()) == [1, MANY]
    # Tables are merged row by row: by all labels that their queries' results have.
    for title in {panel["title"] for panel in panels() if panel["type"] == "table"}:
        columns = {tuple(json.loads(labels)) for (of, _), samples in shown.items()
                   if of == title for labels in samples}
        assert len(columns) == 1 and "__name__" not in columns.pop(), title


@pytest.fixture
def quick_rules(tmp_path):
    """The rules as they are, but for how long something must last."""
    text, changed = re.subn(r"^( +for: ).*$", rf"\g<1>{FOR}", read(RULES), flags=re.M)
    assert changed >= 9
    path = tmp_path / "rules.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_alerts_fire_and_resolve(lab, plugin, quick_rules):
    """From the first refused transfer to expiry and repair, each alert in its time."""
    assert plugin
    scene = Scene(lab, expire=EXPIRE_S)
    other = start_exposition(lab, "something_else 1\n")
    prometheus = start_prometheus(
        lab, {"xfrwatch": {"target": None, "static_configs": [
            {"targets": [scene.target, other.target], "labels": {"site": "here"}}]}},
        rules=[quick_rules])

    def firing(name):
        return [a for a in prometheus.alerts(name) if a["state"] == "firing"]

    def fires(name, count=1, **labels):
        """Waits for it; every alert keeps the labels of its target."""
        found = wait_until(
            lambda: (lambda f: f if len(f) == count else None)(firing(name)),
            FIRES_S, f"{count} {name}", poll=0.1)
        for alert in found:
            assert alert["labels"]["site"] == "here"
            assert alert["annotations"]["summary"] and "<" not in str(alert["annotations"])
            for label, value in labels.items():
                assert alert["labels"][label] == value
        return found[0]

    def resolves(*names):
        for name in names:
            wait_until(lambda n=name: not firing(n), FIRES_S, f"end of {name}", poll=0.1)

    fires("XfrwatchMissing", instance=other.target, severity="warning")
    fires("XfrwatchZoneNeverLoaded", instance=scene.target, severity="critical")
    fires("XfrwatchZonesFailing", cause="connect-refused")
    assert not firing("XfrwatchZoneExpired") and not firing("XfrwatchPrimaryFailing")
    assert not firing("XfrwatchZoneDeadlineDay")

    scene.break_transfers()
    address = f"127.0.0.1#{scene.primary.port}"
    fires("XfrwatchZonesFailing", 2)
    alert = fires("XfrwatchPrimaryFailing", primary=address)
    assert f"cannot refresh {MANY} zones from {address}" in alert["annotations"]["description"]
    assert "Causes: refused-transfer." in alert["annotations"]["description"]
    alert = fires("XfrwatchZoneDeadlineHour", severity="critical")
    assert re.search(r"Nearest: z\d+\.example in \d+", alert["annotations"]["description"])
    fires("XfrwatchZoneDeadlineDay", severity="warning")
    alert = fires("XfrwatchZoneExpired", severity="critical")
    assert re.search(r"Last expired: z\d+\.example", alert["annotations"]["description"])

    scene.mend()
    resolves("XfrwatchZoneExpired", "XfrwatchZoneDeadlineHour", "XfrwatchZoneDeadlineDay",
             "XfrwatchPrimaryFailing")
    fires("XfrwatchZonesFailing", cause="connect-refused")
    resolves("XfrwatchDown")  # should a scrape have taken too long

    scene.secondary.stop()
    fires("XfrwatchDown", instance=scene.target, severity="critical")
    # What was known last goes on to hold.
    fires("XfrwatchZoneNeverLoaded", instance=scene.target)
    assert not firing("XfrwatchZoneExpired")
    for name in ("XfrwatchNotScraped", "XfrwatchReduced", "XfrwatchEventsLost",
                 "XfrwatchMessagesUnclassified", "XfrwatchSeriesTruncated"):
        assert not firing(name)

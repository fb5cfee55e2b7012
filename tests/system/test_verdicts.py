# SPDX-License-Identifier: MPL-2.0
# Every fault of faults.py is diagnosed while it is there: what xfrwatch finds by
# asking the primary must be that fault, and must never be that nothing is wrong.
"""Every fault: the verdict, the evidence, the plan."""

import os
import re

import pytest

from xfrtest import lines
from xfrtest.channel import Channel
from xfrtest.faults import FAULTS, ZONE, key_statement
from xfrtest.primary import MODES
from xfrtest.watch import wait_until

FIND_S = 30  # from named's line until an incident has been diagnosed
# Of these nothing can be asked: they are of this host, or of the zone's content.
NOT_ASKED = {"zone-data", "too-many-records", "ixfr-broken", "local-storage",
             "quota-deferred", "no-primaries", "notify-refused"}
ALL_WELL = "every check succeeds now"
# Below this somebody who reads it would look for another fault.
SURE = 70


def faults():
    """Those that can be diagnosed, the slow ones marked."""
    for name, cls in FAULTS.items():
        if cls.cause in NOT_ASKED:
            continue
        marks = [pytest.mark.slow] if cls.slow else []
        if cls.hosts:
            marks.append(pytest.mark.hosts)
        yield pytest.param(cls, id=name, marks=marks)


def diagnosed(fault):
    """Break it; the line of the first diagnosis, parsed."""
    fault.setup()
    with fault.secondary.watch() as log:
        fault.inject()
        fault.provoke()
        match = log.wait(r"xfrwatch: incident=\d+ event=diagnosed .*",
                         fault.timeout + fault.notice_s + FIND_S)
    return lines.parse(match.group(0))


@pytest.mark.parametrize("cls", faults())
def test_verdict_while_the_fault_is_there(cls, lab, plugin):
    """The cause, who agrees and who does not, and what to do."""
    fault = cls(lab)
    line = diagnosed(fault)
    assert line["cause"] in fault.verdicts(), line
    assert ("was" in line) == (line["cause"] != fault.cause), line
    assert line["evidence"] and line["action"], line
    (incident,) = [i for i in fault.secondary.dump_block()["incidents"]
                   if str(i["id"]) == line["incident"]]
    assert incident["cause"] == line["cause"], incident
    assert incident["confidence"] == int(line["confidence"]), incident
    assert incident["steps"][0] == line["action"], incident
    assert {e["check"] for e in incident["evidence"]}, incident
    if not fault.lasts:
        assert line["why"] == ALL_WELL, line
    elif not fault.doubted:
        assert line.get("why") != ALL_WELL, line
        assert SURE <= int(line["confidence"]) <= 99, line
        return
    assert 5 <= int(line["confidence"]) < SURE, line
    assert "contradicts" in {e.get("stance") for e in incident["evidence"]}, incident


# Primaries that give another answer than the one that was heard of

GOOD = MODES["good"]
ASKED = ("udp", "tcp", "soa")  # what a diagnosis asks is answered by these
# Everything else leaves the transfer refused, as it was heard.
CHANGED = {
    "refused": "refused-query", "notauth": "notauth", "servfail": "rcode-other",
    "formerr": "rcode-other", "notimp": "rcode-other", "nxdomain": "rcode-other",
    "notzone": "rcode-other", "yxdomain": "rcode-other", "cname": "not-authoritative",
    "non-authoritative": "not-authoritative", "referral": "not-authoritative",
    "nodata": "not-authoritative", "two-soas": "protocol", "other-opcode": "protocol",
    "garbage": "protocol", "truncated-then-close": "closed-by-peer",
    "trickling-soa": "rcode-other",
}


def modes():
    """The ways to answer, right and wrong, that a diagnosis without a key notices."""
    for name, cls in MODES.items():
        signed = name.startswith("tsig-") or name == "unsigned"
        if name == "good" or (not signed and any(
                getattr(cls, way) is not getattr(GOOD, way) for way in ASKED)):
            yield name


@pytest.mark.parametrize("mode", modes())
def test_primary_that_answers_otherwise_when_asked(mode, lab, plugin):
    """It refused the transfer; now it does something else, or lies."""
    channel = Channel(lab)
    lab.parameters = f"log yes; {channel.parameter} diagnose-interval 1;"
    fault = FAULTS["transfer-rcode-refused"](lab)
    fault.setup()
    with fault.secondary.watch() as log:
        fault.inject()
        fault.provoke()
        log.wait_all(fault.expected_lines(), fault.timeout)
        fault.primary.mode = mode
    # A diagnosis comes half a second after that; it may have begun, but for a delay.
    needed = 1 if fault.primary.count("soa", "udp") <= 2 else 3
    incident = wait_until(
        lambda: next((i for i in channel.json("/json/v1/incidents?state=open")["incidents"]
                      if i.get("diagnoses", 0) >= needed), None),
        3 * FIND_S, "a diagnosis")
    assert incident["cause"] == CHANGED.get(mode, "refused-transfer"), incident
    assert incident.get("heard", incident["cause"]) == "refused-transfer", incident
    assert 5 <= incident["confidence"] <= 99, incident
    assert incident.get("verdict") != ALL_WELL, incident
    assert {"soa-udp", "tcp-connect"} <= {e["check"] for e in incident["evidence"]}
    block = fault.secondary.dump_block()
    assert block["recorder"]["events lost"] == 0, block["lines"]


# One plan, wherever it stands

PLACES = {"address": r"127\.0\.0\.1", "port": r"\d+", "zone": re.escape(ZONE),
          "source": r"127\.0\.0\.1", "key": "xfr", "keyfile": "KEYFILE"}


def manual_steps(plugin, cause):
    """The steps of the manual that was built with the plugin, as expressions."""
    path = os.path.join(os.path.dirname(plugin), "..", "..", "doc", "xfrwatch.8")
    with open(path, encoding="utf-8") as inp:
        text = inp.read()
    listed = re.search(rf"^\.It Cm {cause}\n\(.*?^\.El$", text, re.M | re.S).group(0)
    for step in listed.split("\n.It\n")[1:]:
        step = step.removesuffix("\n.El").replace("\n", " ").replace("\\-", "-")
        step = re.sub(r"allow-transfer (\{.*?\};) or (\{.*?\};)",
                      r"allow-transfer \\<\1\\|\2\\>", step)
        yield as_expression(step.removesuffix("."))


def as_expression(step):
    """What a step of the manual may become."""
    parts = re.split(r"\\fI(\w+)\\fP", step)
    made = "".join(PLACES[part] if index % 2 else re.escape(part)
                   for index, part in enumerate(parts))
    for option in ("b", "k"):  # [-b source]
        made = re.sub(rf"\\\[\\-{option}\\ (.*?)\\\]\\ ", rf"(?:\\-{option}\\ \1\\ )?", made)
    made = made.replace(re.escape("\\<"), "(?:").replace(re.escape("\\|"), "|")
    made = made.replace(re.escape("\\>"), ")")
    return re.compile("(?i:" + made[0] + ")" + made[1:])


@pytest.mark.parametrize("key", [False, True], ids=["unsigned", "signed"])
def test_plan_is_the_same_on_all_surfaces(key, lab, plugin):
    """In the JSON (and so on the page), rndc stats, the log and the manual."""
    channel = Channel(lab)
    lab.parameters = f"log yes; {channel.parameter}"
    fault = FAULTS["transfer-refused"](lab)
    if key:
        fault.primary_config = fault.secondary_config = key_statement()
        fault.primaries_suffix = " key xfr"
    line = diagnosed(fault)
    (incident,) = channel.json("/json/v1/incidents?state=open")["incidents"]
    (block,) = fault.secondary.dump_block()["incidents"]
    assert incident["steps"] == block["steps"]
    assert incident["action"] == incident["steps"][0] == line["action"]
    expressions = list(manual_steps(plugin, line["cause"]))
    assert len(expressions) == len(incident["steps"])
    for expression, step in zip(expressions, incident["steps"]):
        assert expression.fullmatch(step), (expression.pattern, step)
    permits = f"allow-transfer {{ {'key xfr' if key else '127.0.0.1'}; }};"
    assert any(permits in step for step in incident["steps"]), incident["steps"]

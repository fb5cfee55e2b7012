# SPDX-License-Identifier: MPL-2.0
# What xfrwatch finds out by asking the primary itself: each verdict against a primary
# in which that very fault was injected, and against one that answers wrongly.
"""Diagnosis: the evidence, the verdict, the plan, and what is sent for it."""

import re

import pytest

from xfrtest import lines
from xfrtest.channel import Channel
from xfrtest.faults import (FAULTS, NEW, OLD, OTHER_SECRET, ZONE, Configured, Tls,
                            key_statement, keyring)
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

FIND_S = 30  # from named's line until an incident has been diagnosed
HEALTH_S = 2  # an answer of the channel meanwhile


class Case:
    """A fault with a statistics channel at the secondary, and what is found."""

    def __init__(self, lab, fault, parameters=""):
        self.lab = lab
        self.parameters = parameters
        self.channel = None
        self.fault = FAULTS[fault](lab) if isinstance(fault, str) else fault(lab)
        self.log = None
        make = self.fault.make_secondary

        def with_channel():
            if self.fault.hosts:
                lab.parameters = f"log yes; {parameters}"
            else:
                self.channel = Channel(lab)
                lab.parameters = f"log yes; {self.channel.parameter} {parameters}"
            make()
        self.fault.make_secondary = with_channel

    def break_it(self):
        """Set up, inject, provoke."""
        self.fault.setup()
        self.log = self.fault.secondary.watch()
        self.fault.inject()
        self.fault.provoke()
        return self

    def said(self, timeout=FIND_S):
        """The line of the first diagnosis, parsed."""
        match = self.log.wait(r"xfrwatch: incident=\d+ event=diagnosed .*", timeout)
        return lines.parse(match.group(0))

    def incident(self, timeout=FIND_S):
        """The incident as the channel tells it, once it has evidence."""
        return wait_until(self._diagnosed, timeout, "an incident with evidence")

    def _diagnosed(self):
        for incident in self.channel.json("/json/v1/incidents?state=open")["incidents"]:
            if "evidence" in incident:
                return incident
        return None


def result_of(incident, check):
    """What a check found."""
    (found,) = [e["result"] for e in incident["evidence"] if e["check"] == check]
    return found


def stance_of(incident, check):
    """Whether it agrees."""
    (found,) = [e.get("stance") for e in incident["evidence"] if e["check"] == check]
    return found


# What log lines cannot tell

@pytest.mark.parametrize("fault, cause, says", [
    ("tsig-unknown-key", "tsig-badkey", "BADKEY"),
    ("tsig-wrong-secret", "tsig-badsig", "BADSIG"),
    ("tsig-badtrunc", "tsig-badtrunc", "BADTRUNC"),
    ("tsig-badkey-scripted", "tsig-badkey", "BADKEY"),
])
def test_tsig_errors_are_told_apart(fault, cause, says, lab, plugin):
    """named says "tsig indicates error" for all of them."""
    case = Case(lab, fault).break_it()
    line = case.said()
    assert line["cause"] == cause
    assert line["was"] == "tsig-error"
    assert says in line["evidence"]
    assert int(line["confidence"]) >= 80
    incident = case.incident()
    assert incident["cause"] == cause
    assert incident["heard"] == "tsig-error"
    assert incident["key"] == "xfr"
    assert says in result_of(incident, "soa-udp")
    assert stance_of(incident, "soa-udp") == "agrees"
    (zone,) = case.channel.json(f"/json/v1/zones?name={ZONE}")["zones"]
    assert zone["cause"] == cause and zone["incident"] == incident["id"]


def test_clocks_that_differ_are_both_shown(lab, plugin):
    """BADTIME: the primary's clock and ours."""
    case = Case(lab, "tsig-clock").break_it()
    incident = case.incident()
    assert incident["cause"] == "tsig-badtime"
    found = result_of(incident, "soa-udp")
    clocks = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found)
    assert len(clocks) == 2, found
    (apart,) = re.findall(r"(\d+) s apart", found)
    assert 3500 <= int(apart) <= 3700, found


def test_the_primary_that_lost_the_zone(lab, plugin):
    """named says REFUSED after an IXFR; asked, the primary says that it has no such zone."""
    case = Case(lab, "zone-unknown-after-ixfr").break_it()
    incident = case.incident()
    assert incident["cause"] == "notauth", incident
    assert "REFUSED" in result_of(incident, "soa-udp")


def test_transfer_refused_is_made_sure_of(lab, plugin):
    """SOA is answered, the transfer is not; the plan has the line that the primary lacks."""
    case = Case(lab, "transfer-refused").break_it()
    incident = case.incident()
    assert incident["cause"] == "refused-transfer"
    assert "NOERROR" in result_of(incident, "soa-udp")
    assert str(NEW) in result_of(incident, "soa-tcp")
    assert "REFUSED" in result_of(incident, "ixfr-udp")
    assert stance_of(incident, "ixfr-udp") == "agrees"
    assert incident["confidence"] >= 85
    assert any("allow-transfer { 127.0.0.1; };" in step for step in incident["steps"])
    assert incident["action"] == incident["steps"][0]
    (zone,) = case.channel.json(f"/json/v1/zones?name={ZONE}")["zones"]
    assert zone["serial-offered"] == NEW and zone["serial"] == OLD
    assert zone["serial-lag"] == NEW - OLD


def test_source_address_that_is_not_here(lab, plugin):
    """named says nothing at all; our own socket cannot have the address either."""
    case = Case(lab, "transfer-source-unusable").break_it()
    incident = wait_until(
        lambda: next((i for i in case.channel.json("/json/v1/incidents?state=open")
                      ["incidents"] if i["cause"] == "local-source"), None),
        case.fault.notice_s + FIND_S, "local-source")
    assert "not available" in result_of(incident, "source-address")


def test_no_daemon_at_the_primary(lab, plugin):
    """UDP and TCP are both refused."""
    case = Case(lab, "primary-down").break_it()
    incident = case.incident()
    assert incident["cause"] == "connect-refused"
    assert "refused" in result_of(incident, "tcp-connect")
    assert "no server listens" in incident["verdict"]
    assert incident["confidence"] >= 90


@pytest.mark.parametrize("fault, cause, why", [
    ("tcp-refused", "connect-refused", "UDP port 53 answers"),
    pytest.param("tcp-dropped", "connect-timeout",
                 "UDP port 53 answers, TCP port 53 does not: packet filter",
                 marks=pytest.mark.slow),
    pytest.param("host-dropped", "host-down", "neither UDP nor TCP port 53 answers",
                 marks=pytest.mark.slow),
])
@pytest.mark.hosts
def test_filters_between_hosts(fault, cause, why, lab, plugin):
    """What the packet filter lets through tells where the fault is."""
    case = Case(lab, fault)
    case.break_it()
    line = case.said(case.fault.timeout + FIND_S)
    assert line["cause"] == cause, line
    assert why in line["why"]
    block = case.fault.secondary.dump_block()
    (incident,) = block["incidents"]
    assert incident["cause"] == cause
    assert incident["steps"]


@pytest.mark.slow
@pytest.mark.hosts
def test_soa_timeout_with_tcp_answering(lab, plugin):
    """UDP is dropped and the zone is up to date: blocked UDP, and the zone is fed."""
    case = Case(lab, "udp-dropped").break_it()
    line = case.said(case.fault.timeout + FIND_S)
    assert line["cause"] == "udp-blocked"
    assert "timed out" in line["evidence"]


# How it asks

def test_same_key_and_source_as_named(lab, plugin):
    """The key of the server statement, and transfer-source."""
    zone = ScriptedZone(ZONE, zone_text(OLD))
    primary = lab.scripted(zone, keyring=keyring())
    channel = Channel(lab)
    secondary = lab.secondary(parameters=f"log yes; {channel.parameter}")
    secondary.config = (
        key_statement() + 'server 127.0.0.1 { keys { "xfr"; }; };\n'
        f'primaries there port {primary.port} {{ 127.0.0.1; }};\n'
        f'zone "{ZONE}" {{ type secondary; primaries {{ there; }}; file "z.db"; '
        "transfer-source 127.0.0.9; };\n")
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    primary.mode = "transfer-refused"
    zone.serial = NEW
    before = len(primary.asked)
    secondary.rndc("refresh", ZONE)
    incident = wait_until(
        lambda: next((i for i in channel.json("/json/v1/incidents")["incidents"]
                      if "evidence" in i), None), FIND_S, "evidence")
    # named itself tries another source address as well, when this one failed.
    ours = [a for a in primary.asked[before:] if a["kind"] == "ixfr"
            and a["transport"] == "udp"]
    assert {(a["source"], a["key"]) for a in ours} == {("127.0.0.9", "xfr")}
    assert ("soa", "tcp", "127.0.0.9", "xfr") in {
        (a["kind"], a["transport"], a["source"], a["key"]) for a in primary.asked[before:]}
    assert incident["key"] == "xfr" and incident["source"] == "127.0.0.9"
    assert any('allow-transfer { key xfr; };' in step for step in incident["steps"])


def test_never_a_whole_transfer(lab, plugin):
    """Of AXFR and IXFR over TCP there is only what named asks itself."""
    case = Case(lab, "transfer-rcode-refused", "reminder-interval 4;").break_it()
    case.incident()
    case.log.wait(r"xfrwatch: incident=\d+ event=reminder ", 20)
    asked = case.fault.primary.asked
    tried = len(case.log.matches("Transfer completed: ")) + 1  # the first one
    assert len([a for a in asked if a["transport"] == "tcp"
                and a["kind"] in ("axfr", "ixfr")]) <= 2 * tried
    assert [a for a in asked if a["transport"] == "udp" and a["kind"] == "ixfr"]


def test_diagnose_no_sends_nothing(lab, plugin):
    """Only named asks; the incident has no evidence, a plan all the same."""
    case = Case(lab, "transfer-rcode-refused", "diagnose no; reminder-interval 4;")
    case.break_it()
    case.log.wait(r"xfrwatch: incident=\d+ event=reminder ", 30)
    assert not _times(case)
    assert case.fault.primary.count("soa", "udp") == 2  # the first refresh, and this one
    (incident,) = case.channel.json("/json/v1/incidents?state=open")["incidents"]
    assert "evidence" not in incident and incident["steps"]
    assert not case.log.matches("event=diagnosed")


def test_zone_that_named_conf_does_not_list(lab, plugin):
    """Asked unsigned, and it says so."""
    case = Case(lab, "transfer-refused")
    fault = case.fault
    statement = fault.zone_statement

    fault.secondary_options = "allow-new-zones yes;"
    fault.zone_statement = lambda: ""
    start = type(fault).settle

    def add(self=fault):
        start(self)
    fault.settle = add
    fault.healthy_first = False
    fault.setup()
    fault.secondary.start()
    text = statement()
    fault.secondary.rndc("addzone", ZONE, text[text.index("{"):].strip())
    fault.secondary.wait_serial(ZONE, OLD)
    fault.settle()
    case.log = fault.secondary.watch()
    fault.inject()
    fault.provoke()
    incident = case.incident()
    assert "not in named.conf" in result_of(incident, "configuration")
    assert "NOERROR" in result_of(incident, "soa-udp")
    assert "key" not in incident


def test_asked_again_at_growing_intervals(lab, plugin):
    """One a second at most, then later and later."""
    case = Case(lab, "transfer-rcode-refused", "diagnose-interval 1;").break_it()
    first = wait_until(lambda: len(_times(case)) >= 3 and _times(case), 30, "three diagnoses")
    assert first[1] - first[0] >= 0.9
    assert first[2] - first[1] >= 1.8
    assert case.incident()["diagnoses"] >= 3


def _four_primaries(lab, parameters):
    """Four of them refuse at once; when each was asked by us for the first time."""
    primaries = [lab.scripted(ScriptedZone(f"zone{n}.example", zone_text(OLD)))
                 for n in range(4)]
    secondary = lab.secondary(parameters=f"log yes; {parameters}")
    secondary.config = "".join(
        f'zone "zone{n}.example" {{ type secondary; file "{n}.db"; '
        f"primaries {{ 127.0.0.1 port {p.port}; }}; }};\n"
        for n, p in enumerate(primaries))
    with secondary.watch(from_start=True) as log:
        secondary.start()
        log.wait_count("Transfer completed: ", 4, 30)
    for n, primary in enumerate(primaries):
        primary.mode = "transfer-refused"
        next(iter(primary.zones.values())).serial = NEW
        secondary.rndc("refresh", f"zone{n}.example")

    def asked():
        times = [[a["at"] for a in p.asked if (a["kind"], a["transport"])
                  == ("ixfr", "udp")] for p in primaries]
        return all(times) and sorted(t[0] for t in times)
    return wait_until(asked, FIND_S, "all four asked")


def test_one_diagnosis_a_second(lab, plugin):
    """The default, however many primaries fail at once."""
    times = _four_primaries(lab, "")
    assert all(b - a >= 0.9 for a, b in zip(times, times[1:])), times


def test_more_diagnoses_a_second_if_told(lab, plugin):
    """Twenty a second."""
    times = _four_primaries(lab, "diagnose-rate 20;")
    assert times[-1] - times[0] < 2, times


def _times(case):
    """Of the check that named never makes itself."""
    return [a["at"] for a in case.fault.primary.asked
            if (a["kind"], a["transport"]) == ("ixfr", "udp")]


# Primaries that lie, or worse

def test_contradictions_are_shown_and_lower_the_confidence(lab, plugin):
    """REFUSED by UDP, NOERROR by TCP."""
    honest = Case(lab, "transfer-rcode-refused").break_it().incident()
    with type(lab)() as other:
        lying = Case(other, _two_faced()).break_it().incident()
        stances = {e["check"]: e.get("stance") for e in lying["evidence"]}
        assert "contradicts" in stances.values(), lying
        assert lying["confidence"] < honest["confidence"]


def _two_faced():
    class TwoFaced(FAULTS["soa-servfail"]):
        """SOA by TCP, REFUSED for all else."""

        mode = "two-faced"
        lines = (r"zone example\.com/IN: refresh: unexpected rcode \(REFUSED\)",)
    return TwoFaced


@pytest.mark.parametrize("mode", ["garbage", "two-soas", "other-opcode", "trickling-soa",
                                  "truncated-then-close", "tcp-silence", "cname",
                                  "tsig-unasked", "wrong-id", "truncated-everywhere"])
def test_a_primary_that_answers_wrongly(mode, lab, plugin):
    """Whatever it sends, the monitor answers, and the diagnosis ends."""
    case = Case(lab, "transfer-rcode-refused", "diagnose-interval 1;").break_it()
    first = case.incident()["diagnoses"]
    case.fault.primary.mode = mode
    # The second one from now on began after that.
    incident = wait_until(
        lambda: next((i for i in case.channel.json("/json/v1/incidents")["incidents"]
                      if i.get("diagnoses", 0) >= first + 2), None),
        3 * FIND_S, "two more diagnoses")
    wait_until(lambda: case.channel.get("/healthz"), HEALTH_S, "the channel")
    assert 5 <= incident["confidence"] <= 99
    assert {e["check"] for e in incident["evidence"]} >= {"soa-udp", "tcp-connect"}
    assert case.fault.secondary.dump_block()["recorder"]["events lost"] == 0


def test_a_primary_that_floods(lab, plugin):
    """Ten thousand datagrams for one: what was asked for is found, or not, in time."""
    case = Case(lab, "soa-servfail")
    case.fault.setup()
    case.log = case.fault.secondary.watch()
    junk = bytes(range(256)) * 4
    case.fault.primary.flood = lambda request: (
        (request.raw[:2] if n % 2 else b"\0\0") + junk for n in range(10000))
    case.fault.inject()
    case.fault.provoke()
    incident = case.incident(FIND_S + 15)
    wait_until(lambda: case.channel.get("/healthz"), HEALTH_S, "the channel")
    assert "soa-udp" in {e["check"] for e in incident["evidence"]}


def test_serial_of_an_unsigned_liar_is_not_believed(lab, plugin):
    """A key is configured: what comes without its signature is no serial."""
    case = Case(lab, "tsig-missing").break_it()
    incident = case.incident()
    assert incident["cause"] == "tsig-missing"
    (zone,) = case.channel.json(f"/json/v1/zones?name={ZONE}")["zones"]
    assert zone.get("serial-offered") != NEW


def test_both_secrets_stay_secret(lab, plugin):
    """No surface shows the key's secret, whatever is wrong with it."""
    case = Case(lab, "tsig-wrong-secret").break_it()
    case.incident()
    texts = [case.channel.get(path) for path in
             ("/json/v1/incidents", "/json/v1/zones", "/json/v1/events", "/metrics", "/")]
    texts.append("\n".join(case.fault.secondary.log_lines()))
    texts.append("\n".join(case.fault.secondary.dump_block()["lines"]))
    for text in texts:
        assert OTHER_SECRET not in text and "c2VjcmV0IG9m" not in text


# Over TLS

@pytest.mark.parametrize("fault, result", [
    ("tls-bad-certificate",
     "failed.*certificate CN=server.example: unable to get local issuer certificate"),
    ("tls-wrong-hostname",
     "failed.*certificate CN=server.example is not for elsewhere.example"),
    ("tls-without-alpn", "failed.*the server does not agree on ALPN dot"),
    pytest.param("tls-not-spoken", "timed out.*the port may be for plain DNS",
                 marks=pytest.mark.slow),
])
def test_handshakes_that_fail(fault, result, lab, plugin):
    """named's own line says less; nothing is asked without TLS."""
    case = Case(lab, fault).break_it()
    line = case.said(case.fault.timeout + FIND_S)
    assert line["cause"] == "tls-failure", line
    incident = case.incident()
    assert incident["cause"] == "tls-failure"
    assert "connected" in result_of(incident, "tcp-connect")
    assert re.search(result, result_of(incident, "tls-handshake")), incident
    assert stance_of(incident, "tls-handshake") == "agrees"
    assert {e["check"] for e in incident["evidence"]} <= {
        "configuration", "tcp-connect", "tls-handshake"}
    assert incident["confidence"] >= 75
    assert incident["steps"]


class TlsRefused(Tls, Configured):
    """Both sides show certificates; the transfer is refused."""

    broken_zone = "allow-transfer { none; };"
    cause = "refused-transfer"

    def primary_config_text(self):
        return super().primary_config_text().replace(
            "key-file", f'ca-file "{self.files["issuer"]}"; key-file')

    def tls_statement(self, authority, hostname="server.example"):
        client = self.certificate("client", "issuer")
        self.secondary.write("our key", open(client + ".key").read())
        return super().tls_statement(authority, hostname).replace(
            "remote-hostname", f'cert-file "{client}.pem"; '
            f'key-file "{self.secondary.path("our key")}"; '
            'protocols { TLSv1.3; }; remote-hostname')


def test_asked_over_tls_as_named_asks(lab, plugin):
    """The handshake with our certificate, verified; the SOA over it."""
    case = Case(lab, TlsRefused).break_it()
    incident = case.incident()
    assert incident["cause"] == "refused-transfer", incident
    assert re.search(r"handshake done, .*TLSv1\.3, certificate CN=server\.example, "
                     r"valid until \d{4}-\d\d-\d\d$",
                     result_of(incident, "tls-handshake")), incident
    assert f"serial {NEW}" in result_of(incident, "soa-tcp")
    assert "soa-udp" not in {e["check"] for e in incident["evidence"]}

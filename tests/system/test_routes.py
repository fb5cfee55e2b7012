# SPDX-License-Identifier: MPL-2.0
# Routes: a diagnosis asks a primary with the key, from the source address and over
# the transport that named takes for it out of named.conf, however that is written.
# Of the questions that a scripted primary hears, IXFR by UDP is always ours and a
# transfer by TCP always named's: they must agree, and be what the case says.
"""How the primary is asked, for many ways to write named.conf."""

import contextlib
import re
import threading

import dns.exception
import dns.name
import dns.tsig
import pytest

from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD, SECRET, ZONE, key_statement, keyring
from xfrtest.named import has_alt_transfer_source
from xfrtest.ports import Port
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

FIND_S = 30  # from a refresh until the diagnosis
LOCAL = "127.0.0.1"
CATALOG = "catalog.invalid"
TEXTS = {CATALOG: zone_text(OLD, ns="invalid.", records=[
    'version IN TXT "2"', f"one.zones IN PTR {ZONE}."])}

# Names of keys by what a configuration says for their statements.
KEYS = {"xfr": "xfr", "other": "other", "quoted": "a b.c", "sha512": "sha512",
        "md5": "md5"}
USUAL = "hmac-sha256"
ALGORITHMS = {"sha512": "hmac-sha512", "md5": "hmac-md5"}

# One zone with what stands in its braces.
ONE = f'zone "{ZONE}" {{ type secondary; file "z.db"; %s }};\n'
PLAIN = ONE % f"primaries port $port {{ {LOCAL}; }};"


class Case:
    """A configuration and what it comes to.

    config   named.conf; $port the primaries', $plugin the plugin's statement, and
             $xfr and so on statements of keys
    asks     what each primary should hear: {address: (key, source address)}
    edns     whether our questions have an OPT record
    tcp      whether they come by TCP only
    options  inside options {}
    others   zones beside it
    files    to be included: {name: text}
    """

    def __init__(self, name, config, asks, edns=True, tcp=False, options="",
                 parameters="", others=(), files=None):
        self.name = name
        self.config = config
        self.asks = asks
        self.edns = edns
        self.tcp = tcp
        self.options = options
        self.parameters = parameters
        self.others = others
        self.files = files or {}


class Bench:
    """Scripted primaries on one port, and a secondary with a statistics channel."""

    def __init__(self, lab, addresses=(LOCAL,), parameters="", zones=(ZONE,)):
        self.lab = lab
        held = Port(addresses)
        lab.defer(held.close)
        self.port = held.number
        self.zones = []
        self.primaries = {}
        for address in addresses:
            here = [ScriptedZone(zone, TEXTS.get(zone, zone_text(OLD))) for zone in zones]
            self.zones += here
            self.primaries[address] = lab.scripted(
                *here, address=address, port=self.port, keyring=all_keys())
        self.channel = Channel(lab)
        self.secondary = lab.secondary(
            parameters=f"log yes; {self.channel.parameter} {parameters}")
        self.plugin = self.secondary.plugin_statement()

    def write(self, config, options="", files=None):
        """Fill in what a configuration names by $."""
        secondary = self.secondary
        if "$plugin" in config:
            secondary.plugin = False  # it says itself where the statement stands
        places = {"port": self.port, "plugin": self.plugin, **statements()}
        for name, text in (files or {}).items():
            secondary.write(name, fill(text, places))
        secondary.config = fill(config, places)
        secondary.options = fill(options, places)
        if has_alt_transfer_source(self.lab.root):
            # named would try without transfer-source after a failure.
            secondary.options += " use-alt-transfer-source no;"

    def start(self, count=1):
        """Start, and wait for so many zones to be transferred."""
        self.secondary.start()
        with self.secondary.watch(from_start=True) as log:
            log.wait_count("Transfer completed: ", count)
        assert len(log.matches(f"transferred serial {OLD}")) >= count

    def break_it(self, *zones):
        """All primaries have something new, and refuse its transfer."""
        for primary in self.primaries.values():
            primary.mode = "transfer-refused"
        for zone in self.zones:
            zone.serial = NEW
        for zone in zones or (ZONE,):
            self.secondary.rndc("refresh", *zone.split())

    def incident(self, address=LOCAL, diagnoses=1):
        """The open incident of a primary, once it was diagnosed that often."""
        name = f"{address}#{self.port}"
        return wait_until(lambda: next(
            (i for i in self.channel.json("/json/v1/incidents?state=open")["incidents"]
             if i["primary"] == name and i.get("diagnoses", 0) >= diagnoses
             and "evidence" in i), None), FIND_S, f"diagnosis of {name}")

    def asked(self, address=LOCAL):
        """Questions for the zone."""
        return [a for a in self.primaries[address].asked if a["zone"] == ZONE]

    def ours(self, address=LOCAL):
        """Those of them that named never asks."""
        return [a for a in self.asked(address)
                if (a["kind"], a["transport"]) == ("ixfr", "udp")]

    def named(self, address=LOCAL):
        """Those that we never ask."""
        return [a for a in self.asked(address)
                if a["kind"] in ("axfr", "ixfr") and a["transport"] == "tcp"]


def fill(text, places):
    """The text with each $name replaced; letters may follow at once."""
    return re.sub(r"\$(" + "|".join(places) + ")", lambda m: str(places[m[1]]), text)


def statements():
    """Of the keys, for named.conf."""
    return {each: key_statement(name).replace(USUAL, ALGORITHMS.get(each, USUAL))
            for each, name in KEYS.items()}


def all_keys():
    """The same for the primaries."""
    ring = {}
    for name in KEYS.values():
        for owner, key in keyring(name).items():
            algorithm = ALGORITHMS.get(name, USUAL).replace(
                "hmac-md5", "hmac-md5.sig-alg.reg.int")
            ring[owner] = dns.tsig.Key(owner, key.secret, dns.name.from_text(algorithm))
    return ring


def ways(asked):
    """Keys and source addresses of questions."""
    return {(a["key"], a["source"]) for a in asked}


def found(incident, check):
    """What a check found, None if there is nothing of it."""
    return next((e["result"] for e in incident["evidence"] if e["check"] == check), None)


def server(address, text):
    """A server statement."""
    return f"server {address} {{ {text} }};\n"


SIGNS = 'keys { "xfr"; };'
OTHER = 'keys { "other"; };'

CASES = [
    # Keys
    Case("unsigned", PLAIN, {LOCAL: (None, LOCAL)}),
    Case("key-in-element", "$xfr" + ONE % f"primaries port $port {{ {LOCAL} key xfr; }};",
         {LOCAL: ("xfr", LOCAL)}),
    Case("key-in-server", "$xfr" + server(LOCAL, SIGNS) + PLAIN, {LOCAL: ("xfr", LOCAL)}),
    Case("key-in-prefix", "$xfr" + server("127.0.0.0/8", SIGNS) + PLAIN,
         {LOCAL: ("xfr", LOCAL)}),
    Case("element-wins", "$xfr $other" + server(LOCAL, OTHER)
         + ONE % f"primaries port $port {{ {LOCAL} key xfr; }};", {LOCAL: ("xfr", LOCAL)}),
    Case("longest-prefix", "$xfr $other" + server("127.0.0.0/8", OTHER)
         + server("127.0.0.0/24", SIGNS) + server("0.0.0.0/0", OTHER) + PLAIN,
         {LOCAL: ("xfr", LOCAL)}),
    Case("hole-in-prefix", "$xfr" + server("127.0.0.0/8", SIGNS)
         + server(LOCAL, "bogus no;") + PLAIN, {LOCAL: (None, LOCAL)}),
    Case("other-prefix", "$xfr" + server("127.0.1.0/24", SIGNS) + PLAIN,
         {LOCAL: (None, LOCAL)}),
    Case("quoted-key", "$quoted" + ONE % f'primaries port $port {{ {LOCAL} key "a b.c"; }};',
         {LOCAL: (r"a\032b.c", LOCAL)}),
    Case("quoted-key-in-server", "$quoted" + server(LOCAL, 'keys { "a b.c"; };') + PLAIN,
         {LOCAL: (r"a\032b.c", LOCAL)}),
    *(Case(f"key-with-{ALGORITHMS[key]}", f"${key} " + server(LOCAL, f"keys {{ {key}; }};")
           + PLAIN, {LOCAL: (key, LOCAL)}) for key in ALGORITHMS),
    Case("key-in-another-case", "$xfr" + ONE % f"primaries port $port {{ {LOCAL} key XFR; }};",
         {LOCAL: ("xfr", LOCAL)}),

    # Lists by name
    Case("list", f'$xfr primaries there port $port {{ {LOCAL} key "xfr"; }};\n'
         + ONE % "primaries { there; };", {LOCAL: ("xfr", LOCAL)}),
    Case("list-port-from-zone", f"$xfr primaries there {{ {LOCAL} key xfr; }};\n"
         + ONE % "primaries port $port { there; };", {LOCAL: ("xfr", LOCAL)}),
    Case("list-has-its-own-port", f"primaries there port $port {{ {LOCAL}; }};\n"
         + ONE % "primaries port 9 { there; };", {LOCAL: (None, LOCAL)}),
    Case("element-has-its-own-port", f"primaries there port 9 {{ {LOCAL} port $port; }};\n"
         + ONE % "primaries { there; };", {LOCAL: (None, LOCAL)}),
    Case("port-of-options", ONE % f"primaries {{ {LOCAL}; }};", {LOCAL: (None, LOCAL)},
         options="port $port;"),
    Case("nested-lists",
         "$xfr $other"
         "primaries inner { 127.0.0.2 key other; };\n"
         "primaries middle port $port { 127.0.0.3 key xfr; inner; inner; middle; };\n"
         f"primaries outer {{ middle; {LOCAL} port $port; inner; }};\n"
         + ONE % "primaries { outer; };",
         {LOCAL: (None, LOCAL), "127.0.0.2": ("other", LOCAL), "127.0.0.3": ("xfr", LOCAL)}),
    Case("list-in-another-case", f"$xfr primaries THERE port $port {{ {LOCAL} key xfr; }};\n"
         + ONE % "primaries { there; };", {LOCAL: ("xfr", LOCAL)}),
    Case("list-after-its-use", "$xfr" + ONE % "primaries { there; };"
         + f"primaries there port $port {{ {LOCAL} key xfr; }};\n", {LOCAL: ("xfr", LOCAL)}),
    Case("masters", f"$xfr masters there port $port {{ {LOCAL} key xfr; }};\n"
         + ONE.replace("secondary", "slave") % "masters { there; };",
         {LOCAL: ("xfr", LOCAL)}),

    # Source addresses
    Case("source-of-options", PLAIN, {LOCAL: (None, "127.0.0.4")},
         options="transfer-source 127.0.0.4;"),
    Case("source-of-zone", ONE % (f"primaries port $port {{ {LOCAL}; }}; "
                                  "transfer-source 127.0.0.5;"),
         {LOCAL: (None, "127.0.0.5")}, options="transfer-source 127.0.0.4;"),
    Case("source-any-of-zone", ONE % (f"primaries port $port {{ {LOCAL}; }}; "
                                      "transfer-source *;"),
         {LOCAL: (None, LOCAL)}, options="transfer-source 127.0.0.4;"),
    Case("source-of-view", 'view "v" { match-clients { any; }; transfer-source 127.0.0.6;\n'
         "$plugin" + PLAIN + "};\n", {LOCAL: (None, "127.0.0.6")},
         options="transfer-source 127.0.0.4;"),
    Case("source-is-not-of-queries", PLAIN, {LOCAL: (None, "127.0.0.4")},
         options="query-source address 127.0.0.3; notify-source 127.0.0.3; "
         "transfer-source 127.0.0.4;"),
    Case("source-of-server", server(LOCAL, "transfer-source 127.0.0.7;")
         + ONE % (f"primaries port $port {{ {LOCAL}; }}; transfer-source 127.0.0.5;"),
         {LOCAL: (None, "127.0.0.7")}),
    Case("source-any-of-server", server(LOCAL, "transfer-source *;")
         + ONE % (f"primaries port $port {{ {LOCAL}; }}; transfer-source 127.0.0.5;"),
         {LOCAL: (None, LOCAL)}),
    Case("source-of-each-zone",
         f"$xfr primaries there port $port {{ {LOCAL} key xfr; }};\n"
         'zone "other.example" { type secondary; primaries { there; }; file "o.db"; '
         "transfer-source 127.0.0.8; };\n"
         + ONE % "primaries { there; }; transfer-source 127.0.0.5;",
         {LOCAL: ("xfr", "127.0.0.5")}, others=("other.example",)),
    Case("source-v6", "$xfr" + server("::1", SIGNS)
         + ONE % "primaries port $port { ::1; }; transfer-source-v6 ::1; "
         "transfer-source 127.0.0.5;", {"::1": ("xfr", "::1")}),
    Case("v6-prefix", "$xfr" + server("::/0", SIGNS) + ONE % "primaries port $port { ::1; };",
         {"::1": ("xfr", "::1")}),

    # Views
    Case("server-of-view", '$xfr $other' + server(LOCAL, OTHER)
         + 'view "v" { match-clients { any; };\n$plugin' + server(LOCAL, SIGNS) + PLAIN
         + "};\n", {LOCAL: ("xfr", LOCAL)}),
    Case("servers-of-view-hide-others", '$xfr $other' + server(LOCAL, OTHER)
         + 'view "v" { match-clients { any; };\n$plugin' + server("127.0.0.2", SIGNS) + PLAIN
         + "};\n", {LOCAL: (None, LOCAL)}),
    Case("server-outside-of-view", '$xfr' + server(LOCAL, SIGNS)
         + 'view "v" { match-clients { any; };\n$plugin' + PLAIN + "};\n",
         {LOCAL: ("xfr", LOCAL)}),
    Case("key-of-view", 'view "v" { match-clients { any; };\n$plugin$xfr'
         + server(LOCAL, SIGNS) + PLAIN + "};\n", {LOCAL: ("xfr", LOCAL)}),
    # Transport
    Case("tcp-only", server(LOCAL, "tcp-only yes;") + PLAIN, {LOCAL: (None, LOCAL)}, tcp=True),
    Case("tcp-only-no", server(LOCAL, "tcp-only no;") + PLAIN, {LOCAL: (None, LOCAL)}),
    Case("edns-no", server(LOCAL, "edns no;") + PLAIN, {LOCAL: (None, LOCAL)}, edns=False),

    # Many
    Case("hundred-primaries",
         "$xfr primaries many port $port { "
         + " ".join(f"127.0.9.{n};" for n in range(1, 100)) + f" {LOCAL} key xfr; }};\n"
         + ONE % "primaries { many; };", {LOCAL: ("xfr", LOCAL)},
         parameters="diagnose-rate 100;",
         options="serial-query-rate 1000;"),
    Case("included-files", 'include "keys.conf";\ninclude "zones.conf";\n'
         + server(LOCAL, SIGNS), {LOCAL: ("xfr", "127.0.0.5")},
         files={"keys.conf": "$xfr", "zones.conf": 'include "lists.conf";\n'
                + ONE % "primaries { there; }; transfer-source 127.0.0.5;",
                "lists.conf": f"primaries there port $port {{ {LOCAL}; }};\n"}),
    Case("member-of-catalog", "$xfr $other" + 'zone "catalog.invalid" { type secondary; '
         f"primaries port $port {{ {LOCAL} key xfr; }}; file \"catalog.db\"; }};\n",
         {LOCAL: ("other", "127.0.0.4")},
         options='catalog-zones { zone "catalog.invalid" default-primaries port $port '
         f"{{ {LOCAL} key other; }}; }}; transfer-source 127.0.0.4;",
         others=(CATALOG,)),
    Case("member-of-catalog-in-view", "$xfr $other"
         f"primaries there port $port {{ {LOCAL} key xfr; }};\n"
         'view "v" { match-clients { any; }; transfer-source 127.0.0.6;\n$plugin'
         'catalog-zones { zone "catalog.invalid" default-masters { there; }; };\n'
         'zone "catalog.invalid" { type secondary; primaries { there; }; file "c.db"; };\n'
         "};\n", {LOCAL: ("xfr", "127.0.0.6")}, others=(CATALOG,)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_named_asks(case, lab, plugin):
    """The same key and source as named's, and what the configuration says."""
    bench = Bench(lab, tuple(case.asks), case.parameters, (ZONE, *case.others))
    bench.write(case.config, case.options, case.files)
    bench.start(1 + len(case.others))
    bench.break_it()
    for address, way in case.asks.items():
        incident = bench.incident(address)
        assert (incident.get("key") or "").lower() == (way[0] or "")
        assert incident["source"] == way[1]
        assert found(incident, "configuration") is None
        assert found(incident, "key") is None
        assert incident["cause"] == "refused-transfer"
        asked = bench.asked(address)
        assert ways(asked) == {way}  # of both, by UDP and TCP
        assert bench.named(address) and (case.tcp or bench.ours(address))
        assert {a["edns"] for a in asked if a["transport"] == "udp"} <= {case.edns}
        assert any(a["edns"] for a in asked) == case.edns
        assert {a["transport"] for a in asked} == ({"tcp"} if case.tcp else {"tcp", "udp"})
        assert case.tcp == (found(incident, "soa-udp") is None)
        assert "NOERROR" in found(incident, "soa-tcp")


def test_two_views(lab, plugin):
    """Each with its keys and sources; the second one's keyring comes with a client."""
    bench = Bench(lab, (LOCAL, "127.0.0.2"))
    bench.write(
        '$xfr $other view "a" { match-clients { 127.0.0.1; };\n$plugin'
        + server("127.0.0.0/8", SIGNS) + PLAIN
        + '};\nview "b" { match-clients { any; }; transfer-source 127.0.0.6;\n$plugin'
        + server("127.0.0.0/8", OTHER)
        + PLAIN.replace(LOCAL, "127.0.0.2").replace("z.db", "b.db") + "};\n")
    bench.start(2)
    bench.break_it(f"{ZONE} IN a", f"{ZONE} IN b")
    with clients(bench.secondary, "127.0.0.98"):
        first, second = bench.incident(LOCAL), bench.incident("127.0.0.2")
    assert (first["key"], first["source"]) == ("xfr", LOCAL)
    assert (second["key"], second["source"]) == ("other", "127.0.0.6")
    assert ways(bench.ours(LOCAL)) == ways(bench.named(LOCAL)) == {("xfr", LOCAL)}
    assert (ways(bench.ours("127.0.0.2")) == ways(bench.named("127.0.0.2"))
            == {("other", "127.0.0.6")})


@contextlib.contextmanager
def clients(secondary, source):
    """Somebody asks the secondary from that address, again and again."""
    gone = threading.Event()

    def ask():
        while not gone.wait(0.1):
            with contextlib.suppress(OSError, dns.exception.DNSException):
                secondary.query(ZONE, source=source)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        gone.set()
        thread.join()


def test_view_without_the_plugin(lab, plugin):
    """Its keyring is out of reach: asked unsigned, and it says so."""
    bench = Bench(lab)
    bench.write('$xfr view "a" { match-clients { 127.0.0.99; };\n$plugin };\n'
                'view "b" { match-clients { any; };\n' + server(LOCAL, SIGNS) + PLAIN + "};\n")
    bench.start()
    bench.break_it(f"{ZONE} IN b")
    incident = bench.incident()
    assert "out of reach, asked unsigned" in found(incident, "key")
    assert "key" not in incident
    assert ways(bench.named()) == {("xfr", LOCAL)}
    assert ways(bench.ours()) == {(None, LOCAL)}


def test_key_with_short_signatures(lab, plugin):
    """digest-bits; a real named checks it (RFC 8945 5.2.2.1)."""
    key = key_statement("short").replace("hmac-sha256", "hmac-sha256-128")
    primary = lab.primary(options="allow-query { key short; }; allow-transfer { none; };")
    primary.write("z.db", zone_text(OLD))
    primary.config = key + f'zone "{ZONE}" {{ type primary; file "z.db"; }};\n'
    primary.start()
    bench = Bench(lab)
    bench.port = primary.port
    bench.write(key + server(LOCAL, "keys { short; };") + PLAIN)
    bench.secondary.start()
    incident = bench.incident()
    assert incident["cause"] == "refused-transfer" and incident["key"] == "short"
    assert "NOERROR" in found(incident, "soa-udp") and "NOERROR" in found(incident, "soa-tcp")
    assert "REFUSED" in found(incident, "ixfr-udp")


def test_zone_of_rndc_addzone(lab, plugin):
    """named.conf does not list it; the server statement holds for it all the same."""
    bench = Bench(lab)
    bench.write("$xfr" + server(LOCAL, SIGNS + " transfer-source 127.0.0.7;"),
                "allow-new-zones yes;")
    bench.secondary.start()
    bench.secondary.rndc("addzone", ZONE, "{ type secondary; file \"z.db\"; primaries port "
                         f"{bench.port} {{ {LOCAL}; }}; }};")
    bench.secondary.wait_serial(ZONE, OLD)
    bench.break_it()
    incident = bench.incident()
    assert "zone is not in named.conf" in found(incident, "configuration")
    assert "server statement" in found(incident, "configuration")
    assert incident["key"] == "xfr" and incident["source"] == "127.0.0.7"
    assert ways(bench.ours()) == ways(bench.named()) == {("xfr", "127.0.0.7")}


def last_way(bench):
    """How the newest diagnosis asked."""
    return bench.ours()[-1]["key"], bench.ours()[-1]["source"]


def test_key_that_reconfig_replaces(lab, plugin):
    """The next diagnosis asks as the new configuration says."""
    bench = Bench(lab, parameters="diagnose-interval 1;")
    bench.write("$xfr" + server(LOCAL, SIGNS) + PLAIN)
    bench.start()
    bench.break_it()
    assert bench.incident()["key"] == "xfr"
    bench.write("$other" + server(LOCAL, OTHER + " transfer-source 127.0.0.7;") + PLAIN)
    bench.secondary.reconfig()
    wait_until(lambda: last_way(bench) == ("other", "127.0.0.7"), FIND_S, "the new key")
    incident = bench.incident(diagnoses=bench.incident()["diagnoses"] + 1)
    assert incident["key"] == "other" and incident["source"] == "127.0.0.7"
    assert found(incident, "key") is None


@pytest.mark.parametrize("mistake", [
    pytest.param("mistake;\n", id="does-not-parse"),
    # Read and checked, and our instance made, when named finds that this one is not.
    pytest.param('plugin query "/nowhere/none.so" { };\n', id="fails-half-way"),
])
def test_reconfig_that_fails(mistake, lab, plugin):
    """The old configuration is the one that named runs, and the one to ask by."""
    bench = Bench(lab, parameters="diagnose-interval 1;")
    bench.write("$xfr $other" + server(LOCAL, SIGNS) + PLAIN)
    bench.start()
    bench.break_it()
    first = bench.incident()["diagnoses"]
    bench.write("$xfr $other" + server(LOCAL, OTHER + " transfer-source 127.0.0.7;") + PLAIN
                + mistake)
    assert bench.secondary.reconfig(check=False) is None
    incident = bench.incident(diagnoses=first + 2)
    assert incident["key"] == "xfr" and incident["source"] == LOCAL
    assert ways(bench.ours()) == {("xfr", LOCAL)}


def test_key_that_is_not_there(lab, plugin):
    """named asks nobody; we find that the key is missing, and ask without."""
    bench = Bench(lab, zones=(ZONE, CATALOG))
    # In a catalog's statement, as 9.20 refuses such a key in a zone's.
    config = (f'zone "{CATALOG}" {{ type secondary; file "c.db"; '
              f"primaries port $port {{ {LOCAL}; }}; }};\n")
    options = (f'catalog-zones {{ zone "{CATALOG}" default-primaries port $port '
               f"{{ {LOCAL} key xfr; }}; }};")
    bench.write("$xfr" + config, options)
    bench.start(2)
    bench.write(config, options)
    bench.secondary.reconfig()
    before = len(bench.named())
    bench.break_it()
    incident = wait_until(lambda: next(
        (i for i in bench.channel.json("/json/v1/incidents?state=open")["incidents"]
         if "evidence" in i), None), FIND_S, "diagnosis")
    assert incident["cause"] == "key-missing"
    assert "xfr: no such key in named's keyring, asked unsigned" in found(incident, "key")
    assert "NOERROR" in found(incident, "soa-udp")
    assert SECRET not in str(incident)
    assert len(bench.named()) == before

# SPDX-License-Identifier: MPL-2.0
# The statistics channel's life in named: where it listens and to whom, what happens
# when it cannot, and what a reconfiguration does to it and to those who are connected.
"""Listeners, address-match lists, reconfigurations."""

import re
import socket
import subprocess
import time

import pytest

from xfrtest import netns
from xfrtest.channel import Channel
from xfrtest.faults import OLD, ZONE
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

ACLS = ("acl ours { 127.0.0.0/8; };\n"
        "acl others { !127.0.0.3; ours; };\n")


def secondary_with(lab, *channels, config="", start=True, **kwargs):
    """A secondary with these channels and a zone that is served."""
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    secondary = lab.secondary(parameters=" ".join(c.parameter for c in channels), **kwargs)
    secondary.config = (
        config + f'zone "{ZONE}" {{ type secondary; file "zone.db"; request-ixfr no; '
        f'primaries {{ 127.0.0.1 port {primary.port}; }}; }};\n')
    if start:
        secondary.start()
        for channel in channels:
            wait_until(channel.listens, 10, f"a listener at {channel.name}")
    return secondary


def set_channels(secondary, *channels):
    """Reconfigure with these."""
    secondary.parameters = " ".join(c.parameter for c in channels)
    secondary.reconfig()


def listening(server):
    """The TCP ports that the server's process listens at."""
    lines = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {int(line.split()[3].rsplit(":", 1)[1]) for line in lines
            if f"pid={server.process.pid}," in line}


class Kept:
    """A connection that stays open from one request to the next."""

    def __init__(self, channel):
        self.connection = channel.connection()

    def status(self):
        """Of one more request."""
        self.connection.auto_open = self.connection.sock is None
        self.connection.request("GET", "/healthz")
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def ended(self):
        """Whether the server closed it."""
        self.connection.sock.settimeout(5)
        try:
            return self.connection.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        """Ours."""
        self.connection.close()


@pytest.fixture
def kept(lab):
    """Makes such connections."""
    def make(channel):
        connection = Kept(channel)
        lab.defer(connection.close)
        return connection
    return make


def test_off_unless_configured(lab, plugin):
    """named listens where it does without us, and nowhere else."""
    assert plugin
    secondary = secondary_with(lab)
    secondary.wait_serial(ZONE, OLD)
    assert listening(secondary) == {secondary.port, secondary.control_port}


def test_several_listeners(lab, plugin):
    """IPv4 and IPv6, the same answers; each is said in the log."""
    assert plugin
    channels = [Channel(lab), Channel(lab), Channel(lab, "::1")]
    secondary = secondary_with(lab, *channels)
    for channel in channels:
        assert channel.get("/healthz") == "ok\n"
        assert channel.json()["xfrwatch-version"]
        wait_until(lambda name=channel.name: [line for line in secondary.log_lines()
                                              if "xfrwatch: " in line and name in line],
                   5, "a line about it")
    assert listening(secondary) == {secondary.port, secondary.control_port,
                                    *(c.port for c in channels)}


@pytest.mark.parametrize("allow,allowed,refused", [
    ("127.0.0.2;", ["127.0.0.2"], ["127.0.0.1", "127.0.0.3"]),
    ("!127.0.0.2; any;", ["127.0.0.1", "127.0.0.3"], ["127.0.0.2"]),
    ("ours;", ["127.0.0.1", "127.0.0.200"], []),
    ("others;", ["127.0.0.1", "127.0.0.2"], ["127.0.0.3"]),
    ("!{ !127.0.0.2; any; }; localhost; ours;", ["127.0.0.2"], ["127.0.0.1", "127.0.0.3"]),
    ("localhost;", ["127.0.0.1"], ["127.0.0.77"]),
    ("localnets;", ["127.0.0.1", "127.0.0.77"], []),
    ("none;", [], ["127.0.0.1", "127.0.0.2"]),
    ("", [], ["127.0.0.1", "127.0.0.2"]),
    ("key rndc; 127.0.0.9;", ["127.0.0.9"], ["127.0.0.1"]),
    (None, ["127.0.0.1"], ["127.0.0.2"]),
], ids=["address", "but-one", "acl", "acl-but-one", "nested", "localhost", "localnets",
        "none", "empty", "key", "default"])
def test_allow(lab, plugin, allow, allowed, refused):
    """named's own lists decide, ACLs of the configuration included; who may not gets 403."""
    assert plugin
    channel = Channel(lab, allow=allow)
    secondary_with(lab, channel, config=ACLS)
    for path in ("/", "/json/v1/zones", "/metrics", "/healthz", "/nowhere"):
        for source in refused:
            status, fields, body = channel.request(path, source=source)
            assert status == 403, (path, source)
            assert fields["content-type"].startswith("application/json")
            assert b"error" in body and ZONE.encode() not in body
        for source in allowed:
            status, _, _ = channel.request(path, source=source)
            assert status == (404 if path == "/nowhere" else 200), (path, source)


def test_allow_follows_the_configuration(lab, plugin, kept):
    """The list changes under a connection that stays."""
    assert plugin
    channel = Channel(lab, allow="ours;")
    secondary = secondary_with(lab, channel, config="acl ours { 127.0.0.1; };\n")
    connection = kept(channel)
    assert connection.status() == 200
    secondary.config = secondary.config.replace("{ 127.0.0.1; }", "{ 127.0.0.2; }", 1)
    secondary.reconfig()
    wait_until(lambda: connection.status() == 403, 5, "the new list")
    assert channel.request("/healthz", source="127.0.0.2")[0] == 200
    channel.allow = "!ours; any;"
    set_channels(secondary, channel)
    wait_until(lambda: connection.status() == 200, 5, "the newest list")
    assert channel.request("/healthz", source="127.0.0.2")[0] == 403


def test_reconfig_keeps_what_stays(lab, plugin, kept):
    """Connections to a listener that stays live on; those to one that goes are closed."""
    assert plugin
    stays, goes, comes = Channel(lab), Channel(lab), Channel(lab, "::1")
    secondary = secondary_with(lab, stays, goes)
    one, two = kept(stays), kept(goes)
    assert one.status() == 200 and two.status() == 200
    for _ in range(3):
        secondary.reconfig()
        assert one.status() == 200 and two.status() == 200
    set_channels(secondary, comes, stays)
    wait_until(comes.listens, 5, "the new listener")
    assert two.ended() and not goes.listens()
    assert one.status() == 200
    assert comes.get("/healthz") == "ok\n"
    set_channels(secondary)
    wait_until(lambda: not stays.listens() and not comes.listens(), 5, "both gone")
    assert one.ended()
    assert secondary.serial(ZONE) == OLD
    assert secondary.stop() == 0


def test_reconfig_that_fails_costs_nothing(lab, plugin, kept):
    """A configuration that named refuses half-way changes no listener."""
    assert plugin
    channel, wrong = Channel(lab), Channel(lab)
    secondary = secondary_with(lab, channel)
    connection = kept(channel)
    assert connection.status() == 200
    good = secondary.config
    with secondary.watch() as log:
        # named-checkconf takes it; named finds it out when the plugin is there already.
        secondary.config = good + 'controls { inet 192.0.2.1 allow { nobody; }; };\n' + \
            'zone "broken.example" { type primary; file "x"; allow-query { nobody; }; };\n'
        secondary.parameters = wrong.parameter
        assert secondary.reconfig(check=False) is None
        log.wait(r"reloading configuration failed", 10)
    assert connection.status() == 200
    assert not wrong.listens()
    secondary.config = good
    secondary.parameters = channel.parameter
    secondary.reconfig()
    assert connection.status() == 200


def test_plugin_that_goes_and_comes(lab, plugin, kept):
    """Without the statement the port is closed; with it, it is open again."""
    assert plugin
    channel = Channel(lab)
    secondary = secondary_with(lab, channel)
    connection = kept(channel)
    assert connection.status() == 200
    path = secondary.plugin
    for _ in range(3):
        secondary.plugin = False
        secondary.reconfig()
        wait_until(lambda: not channel.listens(), 5, "the end")
        assert connection.ended()
        secondary.plugin = path
        secondary.reconfig()
        wait_until(channel.listens, 5, "the beginning")
        connection = kept(channel)
        assert connection.status() == 200
    assert secondary.stop() == 0


def test_port_in_use(lab, plugin):
    """Said once, with the address; named serves; the next reconfig tries again."""
    assert plugin
    channel, other = Channel(lab), Channel(lab)
    with socket.create_server((channel.address, channel.port)) as taken:
        secondary = secondary_with(lab, channel, other, start=False)
        secondary.start()
        with secondary.watch(from_start=True) as log:
            log.wait(rf"error: xfrwatch: .*{channel.name}.*(address|Address).* in use", 10)
        wait_until(other.listens, 5, "the other listener")
        secondary.wait_serial(ZONE, OLD)
        with secondary.watch() as log:
            secondary.reconfig()
            log.wait(rf"xfrwatch: .*{channel.name}.* in use", 10)
        said = [line for line in secondary.log_lines()
                if channel.name in line and " in use" in line]
        assert len(said) == 2, said
        assert all("error: " in line for line in said)
        taken.close()
    secondary.reconfig()
    wait_until(channel.listens, 5, "the listener, now that the port is free")
    assert channel.get("/healthz") == "ok\n"


def test_address_not_there(lab, plugin):
    """An address of no interface."""
    assert plugin
    channel = Channel(lab)
    away = Channel(address="192.0.2.77", port=channel.port)
    secondary = secondary_with(lab, away, channel, start=False)
    secondary.start()
    with secondary.watch(from_start=True) as log:
        log.wait(rf"error: xfrwatch: .*{away.name}.*not available", 10)
    wait_until(channel.listens, 5, "the other listener")
    secondary.wait_serial(ZONE, OLD)


def test_privileged_port(lab, plugin):
    """A port that named has no right to."""
    assert plugin
    netns.require()
    channel = Channel(port=80)
    secondary = lab.secondary(
        parameters=channel.parameter, netns=lab.hosts.name["A"], port=5300,
        prefix=["setpriv", "--bounding-set", "-net_bind_service", "--inh-caps",
                "-net_bind_service"])
    secondary.control_port = 9530
    secondary.start()
    with secondary.watch(from_start=True) as log:
        log.wait(rf"error: xfrwatch: .*{channel.name}.*(permission|Permission) denied", 10)
    assert secondary.stop() == 0


def test_views_share_it(lab, plugin):
    """The same statement in each view is one listener, said once."""
    assert plugin
    channel = Channel(lab)
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    zone = (f'zone "{ZONE}" {{ type secondary; primaries '
            f'{{ 127.0.0.1 port {primary.port}; }}; }};\n')
    secondary = lab.secondary(parameters=channel.parameter)
    secondary.config = "".join(
        f'view "{name}" {{\n match-clients {{ {match}; }};\n{zone}}};\n'
        for name, match in (("one", "127.0.0.5"), ("two", "any"), ("three", "any")))
    secondary.start()
    wait_until(channel.listens, 5, "the listener")
    wait_until(lambda: sum(channel.json()["zones"].values()) == 3, 10, "three zones")
    for _ in range(2):
        secondary.reconfig()
    assert {zone["view"] for zone in channel.all_zones()} == {"one", "two", "three"}
    wait_until(lambda: [line for line in secondary.log_lines() if channel.name in line],
               5, "a line about it")
    assert secondary.stop() == 0
    said = [line for line in secondary.log_lines() if channel.name in line]
    assert sum("listening" in line for line in said) == 1, said


def test_named_ends_with_clients_connected(lab, plugin, kept):
    """Open connections, one of them in the middle of a request, do not delay the end."""
    assert plugin
    channel = Channel(lab)
    secondary = secondary_with(lab, channel)
    connections = [kept(channel) for _ in range(20)]
    assert all(c.status() == 200 for c in connections)
    half = [channel.socket() for _ in range(20)]
    for one in half:
        one.sendall(b"GET /json/v1/zones HTTP/1.1\r\nHost: x\r\n")
    begun = time.monotonic()
    assert secondary.stop() == 0
    assert time.monotonic() - begun < 10
    assert all(c.ended() for c in connections)
    for one in half:
        one.close()


def test_bytes_in_names_are_text(lab, plugin):
    """A zone's name that is markup and JSON is a string on each surface."""
    assert plugin
    channel = Channel(lab)
    name = r"\"\\><img\032src=x>.example"
    secondary = lab.secondary(parameters=channel.parameter)
    secondary.config = (f'zone "{name}" {{ type secondary; '
                        'primaries { 127.0.0.1 port 1; }; };\n')
    secondary.start()
    wait_until(channel.listens, 5, "the listener")
    zone = wait_until(lambda: channel.json("/json/v1/zones")["zones"], 10, "the zone")[0]
    assert "<img" in zone["name"] and zone["name"].endswith(".example"), zone
    assert re.search(r'zone_name=".*<img', channel.get("/metrics?zones=all"))

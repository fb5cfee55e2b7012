# SPDX-License-Identifier: MPL-2.0
# What is told of the plugin's mode: an operator whose BIND was upgraded sees on every
# surface that xfrwatch is reduced, between which versions, and still what fails and when
# the zone is lost. The plugin of another version comes from XFW_PLUGIN_OTHER.
"""Reduced mode on every surface."""

import datetime
import os
import re

import pytest

from xfrtest import bind as binds
from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

WAIT_S = 20
EXPIRE_S = 604800
SLACK_S = 3  # EXPIRE counts whole seconds, and so does rndc


@pytest.fixture
def other():
    """A plugin that was built for another version of the installed BIND's series."""
    path = os.environ.get("XFW_PLUGIN_OTHER")
    if not path:
        pytest.skip("XFW_PLUGIN_OTHER does not name a plugin")
    return binds.Plugin(binds.built_for(path), path)


class Scene:
    """A secondary with that plugin, and a primary."""

    def __init__(self, lab, plugin, parameters=""):
        self.primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD, expire=EXPIRE_S)))
        self.channel = Channel(lab)
        self.secondary = lab.secondary(
            plugin=plugin.path, parameters=self.channel.parameter + parameters)
        self.secondary.config = (
            f'zone "{ZONE}" {{ type secondary; file "1.db"; request-ixfr no; '
            f"primaries {{ 127.0.0.1 port {self.primary.port}; }}; }};\n")
        self.secondary.start()
        self.secondary.wait_serial(ZONE, OLD)
        wait_until(self.channel.listens, WAIT_S, "the channel")

    def zone(self):
        """The zone in JSON, if it is known."""
        zones = self.channel.json("/json/v1/zones")["zones"]
        return zones[0] if zones else {}

    def fail(self):
        """A transfer fails; wait until it is told."""
        self.primary.mode = "transfer-refused"
        next(iter(self.primary.zones.values())).serial = NEW
        self.secondary.rndc("refresh", ZONE)
        wait_until(lambda: self.zone().get("state") == "failing", WAIT_S, "the failure")

    def expires(self):
        """When named expires the zone, as rndc tells it."""
        said = re.search(r"^expires: (.+) GMT$", self.secondary.rndc("zonestatus", ZONE), re.M)
        return datetime.datetime.strptime(said.group(1), "%a, %d %b %Y %H:%M:%S").replace(
            tzinfo=datetime.timezone.utc).timestamp()


def test_every_surface_tells_it(lab, other):
    """JSON, metrics, the statistics file; what is alive is still alive."""
    running = binds.installed().version
    scene = Scene(lab, other)
    scene.fail()
    status = scene.channel.json("/json/v1/status")
    assert (status["mode"], status["bind-version"], status["bind-built-for"]) == (
        "reduced", running, other.version)
    assert status["zones"]["failing"] == 1 and status["causes"]["refused-transfer"] >= 1
    _, _, metrics = scene.channel.request("/metrics")
    assert b"\nbind_xfrwatch_reduced 1\n" in metrics
    assert f'bind_version="{running}"'.encode() in metrics
    assert scene.channel.request("/healthz")[::2] == (200, b"ok\n")
    block = wait_until(lambda: (lambda b: b if b["failing"] else None)(
        scene.secondary.dump_block()), WAIT_S, "the zone in the block")
    assert block["mode"] == ("reduced", other.version, running)


def test_deadline_is_told(lab, other):
    """When the zone is lost is known without a look into named, and is not moved by
    attempts that fail."""
    scene = Scene(lab, other)
    scene.fail()
    deadline = wait_until(lambda: scene.zone().get("deadline"), WAIT_S, "the deadline")
    told = datetime.datetime.strptime(deadline, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    assert abs(told - scene.expires()) <= SLACK_S
    assert scene.zone()["serial"] == OLD and scene.zone()["expire"] == EXPIRE_S
    (incident,) = scene.channel.json("/json/v1/incidents?state=open")["incidents"]
    assert incident["deadline-zone"] == f"{ZONE}/IN" and incident["deadline"] == deadline


def test_what_cannot_be_read_is_said(lab, other):
    """A wrong value and an acl by name: named starts, the log tells file and line."""
    left_out = Channel(lab, allow="staff;")
    scene = Scene(lab, other, parameters=f"\nreminder-interval soon;\n{left_out.parameter}\n")
    scene.fail()
    # It is said before `logging` is in force.
    said = [line for line in scene.secondary.read("startup.log").splitlines()
            if "named.conf:" in line]
    assert any("error" in line and "'reminder-interval' must be" in line for line in said), said
    assert any("error" in line and "staff" in line for line in said), said
    assert len({re.search(r"named\.conf:(\d+)", line).group(1) for line in said}) == 2
    assert not left_out.listens()

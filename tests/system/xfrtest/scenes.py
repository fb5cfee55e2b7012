# SPDX-License-Identifier: MPL-2.0
# What is no fault: healthy refreshes, transfers and endings, with the lines
# that named prints.  For the corpus, and for tests that nothing is reported.
"""Scenes without a fault; SCENES maps a name to a class as in faults.py."""

from .faults import (COMPLETED, LARGE, NEW, OLD, Configured, Fault, Scripted, Tls, Tsig)
from .primary import ScriptedZone, send_notify

SCENES = {}


def scene(name):
    """Register a class under the name of its scene."""
    def register(cls):
        cls.name = name
        SCENES[name] = cls
        return cls
    return register


class Scene(Fault):
    """No cause, nothing to mend."""

    cause = None
    state = "ok"
    attempts = 0
    heals = False

    def inject(self):
        self.offer()

    def heal(self):
        pass


@scene("first-axfr")
class FirstAxfr(Scene):
    """The first transfer of a zone."""

    healthy_first = False
    lines = (r"zone example\.com/IN: transferred serial 2026032801",
             r"transfer of 'example\.com/IN' from .*: Transfer status: success", COMPLETED)

    def inject(self):
        pass


@scene("ixfr")
class Ixfr(Scene):
    """An incremental transfer."""

    primary_zone = "ixfr-from-differences yes;"
    lines = (r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)


@scene("unchanged")
class Unchanged(Scene):
    """A refresh that finds the serial unchanged: nothing is said at info."""

    lines = (r"received control channel command",)
    debug_lines = (r"zone example\.com/IN: .*serial: new 2026032801, old 2026032801",)

    def inject(self):
        pass


@scene("notify-newer")
class NotifyNewer(Scene):
    """NOTIFY with a new serial, and the transfer that it causes."""

    lines = (r"zone example\.com/IN: notify from .*: serial 2026032901",
             r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def provoke(self):
        send_notify(self.zone, self.secondary.address, self.secondary.port,
                    soa=ScriptedZone(self.zone, self.text(NEW)).soa())


@scene("notify-without-serial")
class NotifyWithoutSerial(NotifyNewer):
    """NOTIFY that does not tell the serial."""

    lines = (r"zone example\.com/IN: notify from .*: no serial",
             r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def provoke(self):
        send_notify(self.zone, self.secondary.address, self.secondary.port)


@scene("retransfer")
class Retransfer(Scene):
    """rndc retransfer."""

    lines = (r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def provoke(self):
        self.secondary.rndc("retransfer", self.zone)


@scene("tsig-transfer")
class TsigTransfer(Tsig, Scene):
    """A signed transfer."""

    cause = None
    state = "ok"
    lines = (r"zone example\.com/IN: transferred serial 2026032901: TSIG 'xfr'", COMPLETED)

    def inject(self):
        self.offer()


@scene("tls-transfer")
class TlsTransfer(Tls, Scene):
    """A transfer over TLS."""

    cause = None
    lines = (r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def inject(self):
        self.offer()


@scene("ixfr-refused-axfr-works")
class IxfrRefused(Scripted, Scene):
    """The primary refuses IXFR; named falls back to AXFR by itself."""

    cause = None
    mode = "ixfr-refused"
    lines = (r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)


class Interrupted(Scripted, Scene):
    """Something ends a transfer that is under way."""

    cause = None
    mode = "stall-mid-transfer"
    text_records = LARGE
    secondary_zone = "request-ixfr no;"

    def provoke(self):
        with self.secondary.watch() as log:
            super().provoke()
            log.wait(r"transfer of 'example\.com/IN' from .*: connected using")
        self.interrupt()

    def interrupt(self):
        """End it."""
        raise NotImplementedError


@scene("shutdown-midway")
class ShutdownMidway(Interrupted):
    """named is told to end while a transfer runs."""

    lines = (r"general: .*shutting down",)

    def interrupt(self):
        self.secondary.stop()


@scene("zone-removed-midway")
class ZoneRemovedMidway(Interrupted):
    """A reconfiguration takes the zone away while its transfer runs."""

    lines = (r"transfer of 'example\.com/IN' from .*: shut down: ",)

    def interrupt(self):
        self.secondary.config = ""
        self.secondary.reconfig()


@scene("refresh-in-progress")
class RefreshInProgress(Interrupted):
    """NOTIFY while a transfer of the zone runs."""

    lines = (r"zone example\.com/IN: notify from .*: refresh in progress, "
             r"refresh check queued",)

    def interrupt(self):
        send_notify(self.zone, self.secondary.address, self.secondary.port,
                    soa=ScriptedZone(self.zone, self.text(NEW)).soa())


@scene("ixfr-chain")
class IxfrChain(Scripted, Scene):
    """A scripted incremental transfer."""

    cause = None
    mode = "good"
    lines = (r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def inject(self):
        self.offer()
        zone = self.scripted_zone
        added = zone.rrset("new", "A", "192.0.2.200")
        zone.deltas = (OLD, [], [added])
        zone.rrsets.append(added)


@scene("quota-deferred")
class QuotaDeferred(Scripted, Scene):
    """Another zone's transfer holds the only transfer slot: waiting a while is no failure."""

    cause = None
    mode = "stall-mid-transfer"
    state = "ok"
    secondary_options = "transfers-in 1; transfers-per-ns 1;"
    lines = (r"zone example\.com/IN: zone transfer deferred due to quota",)
    text_records = LARGE
    attempts = 0

    def make_primary(self):
        super().make_primary()
        self.other = ScriptedZone("first.example", self.text(OLD))
        self.primary.zones[self.other.origin] = self.other

    def zone_statement(self):
        return super().zone_statement() + super().zone_statement().replace(
            self.zone, "first.example")

    def inject(self):
        self.offer()
        self.secondary.wait_serial("first.example", OLD)
        self.other.serial = NEW
        self.primary.mode = self.mode
        with self.secondary.watch() as log:
            self.secondary.rndc("refresh", "first.example")
            log.wait(r"transfer of 'first\.example/IN' from .*: connected using")

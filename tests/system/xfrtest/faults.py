# SPDX-License-Identifier: MPL-2.0
# Every fault by its name: how to build a primary and a secondary that work,
# how to break them, the lines that named itself then logs (they prove that the
# fault is real), the cause and state that xfrwatch must report, how to mend.
"""The faults.  FAULTS maps a name to its class; see Fault for the contract."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time

import dns.name
import dns.tsig
import pytest

from .named import aborts_without_alpn, says_tls_timeout
from .netns import run_in
from .ports import Port
from .primary import ScriptedZone, send_notify
from .watch import wait_until
from .zones import filler, zone_text

ZONE = "example.com"
OLD, NEW = 2026032801, 2026032901
SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cywgbm90IG9mIG1lbg=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3RzLCBoZXJl"

# What closes a transfer, whatever its result (printed when it is freed).
COMPLETED = r"transfer of 'example\.com/IN.*: Transfer completed: "

FAULTS = {}


def key_statement(name="xfr", secret=SECRET):
    """A TSIG key for named.conf."""
    return f'key "{name}" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'


def clock_environ(directory, offset_s):
    """The environment of a process whose clock is off by so many seconds."""
    compiler = shutil.which("cc") or pytest.skip("no C compiler for the wrong clock")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock.c")
    library = os.path.join(directory, "clock.so")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return {"LD_PRELOAD": library, "XFRTEST_CLOCK_OFFSET_S": str(offset_s)}


def keyring(name="xfr", secret=SECRET):
    """The same key for dnspython."""
    key = dns.tsig.Key(name, secret, dns.tsig.HMAC_SHA256)
    return {key.name: key}


def fault(name):
    """Register a class under the name of its fault."""
    def register(cls):
        cls.name = name
        FAULTS[name] = cls
        return cls
    return register


class Fault:
    """The contract.

    lines        regular expressions; named prints each of them once broken
    debug_lines  the same, at `named -d 3` only (nothing is said at info)
    cause        the cause that xfrwatch's classifier finds
    refined      causes that a diagnosis by asking the primary may put instead
    verdict      the one that it must put, if it is asked while it is broken
    lasts        it is still broken when the primary is asked
    doubted      what the primary then answers contradicts the cause
    restarts     heal() stops the primary for a moment, and who asks it then finds
                 no server
    state        of the zone while it is broken; None: nothing is promised
    attempts     failed attempts that provoke() causes, counted by xfrwatch
    timeout      bound for the lines, seconds
    notice_s     bound for xfrwatch to find the cause after them
    setup()      start everything, healthy unless state is never-loaded
    inject()     break it
    provoke()    cause one refresh
    heal()       mend it; then recovered() must become true
    """

    name = None
    lines = ()
    debug_lines = ()
    cause = None
    refined = ()
    verdict = None
    lasts = True
    doubted = False
    restarts = False
    state = "failing"
    attempts = 1
    timeout = 20
    notice_s = 10
    slow = False
    hosts = False
    heals = True
    zone = ZONE
    healthy_first = True

    # Pieces that most faults fill in
    family = 4
    primary_options = ""
    primary_config = ""
    primary_zone = ""
    secondary_options = ""
    secondary_config = ""
    secondary_zone = ""
    primaries_suffix = ""
    zone_type = "secondary"
    expire = 604800

    def __init__(self, lab):
        self.lab = lab
        self.primary = None
        self.secondary = None

    # Building

    def place(self, host):
        """Where a server lives: keyword arguments for Named and Primary."""
        if self.hosts:
            return {"netns": self.lab.hosts.name[host],
                    "address": self.lab.hosts.address(host, self.family)}
        return {"address": "127.0.0.1" if self.family == 4 else "::1"}

    def text(self, serial):
        """The zone's text with that serial."""
        return zone_text(serial, expire=self.expire, records=["www IN A 192.0.2.1"])

    def primaries(self):
        """The inside of the primaries statement."""
        return (f"{self.primary.address} port {self.primary.port}"
                f"{self.primaries_suffix};")

    def zone_statement(self):
        """The zone at the secondary."""
        return (f'zone "{self.zone}" {{ type {self.zone_type}; '
                f"primaries {{ {self.primaries()} }}; "
                f'file "{self.zone}.db"; {self.secondary_zone} }};\n')

    def make_primary(self):
        """Make (and start) the primary: a real named."""
        self.primary = self.lab.primary(
            options=self.primary_options, **self.place("B"))
        self.primary.write("zone.db", self.text(OLD))
        self.primary.config = self.primary_config_text()
        self.primary.start()

    def primary_config_text(self):
        """The primary's zone and what else it needs."""
        return (self.primary_config + f'zone "{self.zone}" {{ type primary; '
                f'file "zone.db"; {self.primary_zone} }};\n')

    def make_secondary(self):
        """Make the secondary, not started."""
        self.secondary = self.lab.secondary(
            options=self.secondary_options, **self.place("A"))
        self.secondary.config = self.secondary_config + self.zone_statement()

    def setup(self):
        """Everything healthy (or, never-loaded, about to be started)."""
        self.make_primary()
        self.make_secondary()
        if self.healthy_first:
            self.secondary.start()
            self.secondary.wait_serial(self.zone, OLD)
            self.settle()

    def settle(self):
        """Let the first transfer print its last line."""
        with self.secondary.watch(from_start=True) as log:
            log.wait("Transfer completed: ")

    # Breaking and mending

    def offer(self, serial=NEW):
        """Give the primary another version of the zone."""
        self.primary.write("zone.db", self.text(serial))
        self.primary.rndc("reload", self.zone)
        self.primary.wait_serial(self.zone, serial)

    def inject(self):
        """Break it."""
        raise NotImplementedError

    def provoke(self):
        """Cause one refresh."""
        if not self.secondary.running:
            self.secondary.start()
        else:
            self.secondary.rndc("refresh", self.zone)

    def heal(self):
        """Mend it."""
        raise NotImplementedError

    def recovered(self):
        """Wait until the secondary serves what the primary offers."""
        def ask_again():
            if self.secondary.serial(self.zone) == NEW:
                return True
            self.secondary.rndc("refresh", self.zone, check=False)
            return False
        wait_until(ask_again, 60, "recovery", poll=0.5)

    @property
    def address(self):
        """The broken primary as xfrwatch names it."""
        return f"{self.primary.address}#{self.primary.port}"

    def verdicts(self):
        """The causes that a diagnosis may find."""
        if self.verdict is not None:
            return {self.verdict}
        return {self.cause, *self.refined}

    def expected_lines(self, debug=False):
        """The patterns to wait for, with the closing line of a transfer."""
        patterns = list(self.lines) + (list(self.debug_lines) if debug else [])
        if any(p.startswith("transfer of") for p in patterns):
            patterns.append(COMPLETED)
        return patterns


def refresh_says(text):
    """A line of the SOA phase."""
    return r"zone example\.com/IN: refresh: " + text


def receiving_says(text):
    """A line of the transfer phase."""
    return (r"transfer of 'example\.com/IN' from .*: failed while "
            r"(receiving|processing) responses: " + text)


class Configured(Fault):
    """Broken and mended by the real primary's configuration."""

    broken_zone = ""

    def inject(self):
        self.offer()
        self.primary_zone = self.broken_zone
        self.primary.config = self.primary_config_text()
        self.primary.reconfig()

    def heal(self):
        self.primary_zone = type(self).primary_zone
        self.primary.config = self.primary_config_text()
        self.primary.reconfig()


@fault("query-refused")
class QueryRefused(Configured):
    """The primary's access lists leave us out altogether."""

    broken_zone = "allow-query { none; }; allow-transfer { none; };"
    cause = "refused-query"
    lines = (r"zone example\.com/IN: refresh: unexpected rcode \(REFUSED\) from primary",
             r"transfer of 'example\.com/IN' from .*: failed while receiving responses: REFUSED")


@fault("query-refused-transfer-works")
class QueryRefusedTransferWorks(Configured):
    """allow-query at the primary leaves us out, allow-transfer does not."""

    broken_zone = "allow-query { none; };"
    cause = "refused-query"
    state = "ok"  # the transfer is tried all the same
    attempts = None  # each refresh of the zone
    lines = (r"zone example\.com/IN: refresh: unexpected rcode \(REFUSED\) from primary",
             r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)


@fault("transfer-refused")
class TransferRefused(Configured):
    """allow-transfer at the primary leaves us out."""

    broken_zone = "allow-transfer { none; };"
    cause = "refused-transfer"
    lines = (r"transfer of 'example\.com/IN' from .*: failed while receiving responses: REFUSED",)


@fault("transfer-refused-ipv6")
class TransferRefusedIpv6(TransferRefused):
    """The same over IPv6."""

    family = 6


@fault("transfer-refused-never-loaded")
class TransferRefusedNeverLoaded(TransferRefused):
    """allow-transfer leaves us out from the beginning."""

    state = "never-loaded"
    healthy_first = False


class Unknown(Configured):
    """The primary does not have the zone."""

    def inject(self):
        self.offer()
        self.primary.config = ""
        self.primary.reconfig()


@fault("zone-unknown")
class ZoneUnknown(Unknown):
    """The primary does not have the zone; the secondary never got it."""

    cause = "notauth"
    state = "never-loaded"
    healthy_first = False
    verdict = "notauth"
    lines = (r"zone example\.com/IN: refresh: unexpected rcode \(REFUSED\) from primary",
             receiving_says("NOTAUTH"))


@fault("zone-unknown-after-ixfr")
class ZoneUnknownAfterIxfr(Unknown):
    """The primary lost the zone: IXFR first, and all that named says is REFUSED."""

    cause = "refused-query"
    refined = ("notauth",)
    verdict = "notauth"
    lines = (r"zone example\.com/IN: refresh: unexpected rcode \(REFUSED\) from primary",
             receiving_says("REFUSED"))


@fault("primary-down")
class PrimaryDown(Fault):
    """No daemon at the primary."""

    cause = "connect-refused"
    lines = (r"zone example\.com/IN: refresh: failure trying primary .*: connection refused",)

    def inject(self):
        self.offer()
        self.primary.stop()

    def heal(self):
        self.primary.start()


@fault("primary-down-ipv6")
class PrimaryDownIpv6(PrimaryDown):
    """No daemon at the primary, over IPv6."""

    family = 6


class Filtered(Fault):
    """A packet filter between two hosts."""

    hosts = True
    rules = ()
    filtered_host = "B"
    hook = "input"

    def inject(self):
        self.offer()
        self.lab.hosts.filter(self.filtered_host, *self.rules, hook=self.hook)

    def heal(self):
        self.lab.hosts.unfilter(self.filtered_host)


@fault("tcp-refused")
class TcpRefused(Filtered):
    """TCP port 53 is refused, UDP answers."""

    rules = ("tcp dport 53 reject with tcp reset",)
    cause = "connect-refused"
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: connection refused",)


@fault("tcp-refused-ipv6")
class TcpRefusedIpv6(TcpRefused):
    """The same over IPv6."""

    family = 6


@fault("tcp-dropped")
class TcpDropped(Filtered):
    """TCP port 53 is dropped, UDP answers."""

    rules = ("tcp dport 53 drop",)
    cause = "connect-timeout"
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: timed out",)
    slow = True
    timeout = 150


@fault("tcp-dropped-ipv6")
class TcpDroppedIpv6(TcpDropped):
    """The same over IPv6."""

    family = 6


@fault("udp-dropped")
class UdpDropped(Filtered):
    """UDP port 53 is dropped, TCP works: late, but the zone arrives."""

    rules = ("udp dport 53 drop",)
    cause = "udp-blocked"
    state = "ok"
    lines = (r"zone example\.com/IN: refresh: retry limit for primary .* exceeded",
             r"zone example\.com/IN: transferred serial 2026032901",
             COMPLETED)
    slow = True
    timeout = 90


@fault("host-dropped")
class HostDropped(Filtered):
    """Nothing gets through, UDP or TCP."""

    rules = ("meta l4proto { tcp, udp } th dport 53 drop",)
    cause = "connect-timeout"
    refined = ("host-down",)
    verdict = "host-down"
    lines = (r"zone example\.com/IN: refresh: retry limit for primary .* exceeded",
             r"transfer of 'example\.com/IN' from .*: failed to connect: timed out")
    slow = True
    timeout = 220


@fault("soa-timeout")
class SoaTimeout(Filtered):
    """Nothing gets through by UDP, and TCP is not to be tried."""

    rules = ("udp dport 53 drop",)
    secondary_zone = "try-tcp-refresh no;"
    cause = "soa-timeout"
    refined = ("udp-blocked",)
    verdict = "udp-blocked"
    lines = (r"zone example\.com/IN: refresh: retry limit for primary .* exceeded",)
    slow = True
    timeout = 90


@fault("tcp-host-prohibited")
class TcpHostProhibited(Filtered):
    """A firewall says by ICMP that the host is prohibited."""

    rules = ("tcp dport 53 reject with icmpx admin-prohibited",)
    cause = "unreachable"
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: host unreachable",)


@fault("tcp-admin-prohibited-ipv6")
class TcpAdminProhibitedIpv6(Filtered):
    """A firewall says by ICMPv6 that we are prohibited."""

    family = 6
    rules = ("tcp dport 53 reject with icmpv6 admin-prohibited",)
    cause = "connect-denied"
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: permission denied",)

    def setup(self):
        self.lab.hosts.sysctl("B", "net.ipv6.icmp.ratelimit", 0)
        super().setup()


class Routed(Fault):
    """A routing policy of the secondary's own host."""

    hosts = True
    selector = ("ipproto", "tcp", "dport", "53")
    policy = "prohibit"

    def rule(self, verb):
        """The ip(8) arguments of the policy rule."""
        self.lab.hosts.ip(
            "A", "-6" if self.family == 6 else "-4", "rule", verb, "to",
            self.lab.hosts.address("B", self.family), *self.selector, self.policy)

    def inject(self):
        self.offer()
        self.rule("add")

    def heal(self):
        self.rule("del")


@fault("local-prohibited")
class LocalProhibited(Routed):
    """The local host prohibits the connection."""

    cause = "connect-denied"
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: permission denied",)


@fault("no-route")
class NoRoute(Routed):
    """No route for the transfer's connection."""

    policy = "unreachable"
    cause = "unreachable"
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: "
             r"(network|host) unreachable",)


@fault("no-route-at-all")
class NoRouteAtAll(Routed):
    """No route to the primary for anything: the question cannot be sent."""

    policy = "unreachable"
    selector = ()
    cause = "unreachable"
    lines = (refresh_says(r"failure trying primary .*: "
                          r"(operation canceled|(network|host) unreachable)"),)


class Scripted(Fault):
    """A scripted primary, broken and mended by the name of its mode."""

    mode = None
    key = False
    bump = True
    text_records = ("www IN A 192.0.2.1",)

    def text(self, serial):
        return zone_text(serial, expire=self.expire, records=self.text_records)

    def make_primary(self):
        self.scripted_zone = ScriptedZone(self.zone, self.text(OLD))
        self.primary = self.lab.scripted(
            self.scripted_zone, keyring=keyring(), **self.place("B"))
        if self.key:
            self.secondary_config = key_statement() + self.secondary_config
            self.primaries_suffix = " key xfr"

    def offer(self, serial=NEW):
        self.scripted_zone.serial = serial

    def inject(self):
        if self.bump:
            self.offer()
        self.primary.mode = self.mode

    def heal(self):
        self.offer()
        self.primary.mode = "good"


def scripted(name, mode, cause, *lines, **attributes):
    """A fault that is one mode of the scripted primary and one set of lines."""
    attributes.update(mode=mode, cause=cause, lines=lines, __doc__=f"Primary: {mode}.")
    return fault(name)(type("Scripted_" + name.replace("-", "_"), (Scripted,), attributes))


LARGE = tuple(filler(300))

# The SOA phase
scripted("soa-servfail", "servfail", "rcode-other",
         refresh_says(r"unexpected rcode \(SERVFAIL\) from primary"))
scripted("soa-notauth", "notauth", "notauth",
         refresh_says(r"unexpected rcode \(NOTAUTH\) from primary"))
scripted("soa-formerr", "formerr", "rcode-other",
         refresh_says(r"unexpected rcode \(FORMERR\) from primary"))
scripted("soa-notimp", "notimp", "rcode-other",
         refresh_says(r"unexpected rcode \(NOTIMP\) from primary"))
scripted("soa-nxdomain", "nxdomain", "rcode-other",
         refresh_says(r"unexpected rcode \(NXDOMAIN\) from primary"))
scripted("soa-non-authoritative", "non-authoritative", "not-authoritative",
         refresh_says(r"non-authoritative answer from primary"))
scripted("soa-referral", "referral", "not-authoritative",
         refresh_says(r"referral response from primary"))
scripted("soa-nodata", "nodata", "not-authoritative",
         refresh_says(r"NODATA response from primary"))
scripted("soa-cname", "cname", "zone-data",
         refresh_says(r"CNAME at top of zone in primary"))
scripted("soa-two", "two-soas", "protocol",
         refresh_says(r"(answer SOA count \(2\) != 1 from primary|failure trying primary)"))
scripted("soa-opcode", "other-opcode", "protocol",
         refresh_says(r"(unexpected opcode \(STATUS\) from|failure trying primary)"))
scripted("soa-garbage", "garbage", "protocol",
         refresh_says(r"failure trying primary"))
scripted("soa-silence", "silence", "transfer-timeout",
         refresh_says(r"retry limit for primary .* exceeded"),
         receiving_says("timed out"), slow=True, timeout=120)
scripted("truncated-then-close", "truncated-then-close", "closed-by-peer",
         refresh_says(r"truncated UDP answer, initiating TCP zone xfer for primary"),
         receiving_says("end of file"))
scripted("udp-silent-unchanged", "udp-silence", "udp-blocked",
         refresh_says(r"retry limit for primary .* exceeded"), COMPLETED,
         slow=True, timeout=90, bump=False, state="ok")

# The transfer phase
for _rcode, _cause in (("refused", "refused-transfer"), ("notauth", "notauth"),
                       ("servfail", "rcode-other"), ("formerr", "rcode-other"),
                       ("notimp", "rcode-other"), ("nxdomain", "rcode-other"),
                       ("notzone", "rcode-other"), ("yxdomain", "rcode-other")):
    scripted(f"transfer-rcode-{_rcode}", f"transfer-{_rcode}", _cause,
             receiving_says(_rcode.upper()), doubted=_cause == "notauth")
scripted("transfer-closed", "close", "closed-by-peer", receiving_says("end of file"))
scripted("transfer-closed-midway", "close-mid-transfer", "closed-by-peer",
         receiving_says("end of file"), text_records=LARGE)
scripted("transfer-reset-midway", "reset-mid-transfer", "closed-by-peer",
         receiving_says("(connection reset|end of file)"), text_records=LARGE)
scripted("transfer-stalls", "stall-mid-transfer", "transfer-timeout",
         r"transfer of 'example\.com/IN' from .*: .*timed out",
         text_records=LARGE, slow=True, timeout=90,
         secondary_zone="max-transfer-idle-in 1;")
scripted("transfer-silence", "tcp-silence", "transfer-timeout",
         r"transfer of 'example\.com/IN' from .*: .*timed out",
         slow=True, timeout=90, secondary_zone="max-transfer-idle-in 1;")
scripted("transfer-garbage", "transfer-garbage", "protocol",
         r"transfer of 'example\.com/IN' from .*: failed while receiving responses: ",
         secondary_zone="request-ixfr no;")
scripted("transfer-wrong-id", "wrong-id", "protocol",
         receiving_says("unexpected (message id|error)"),  # 9.18, 9.20
         secondary_zone="request-ixfr no;")
for _mode, _says in (("question-name", "question name mismatch"),
                     ("question-type", "question type mismatch"),
                     ("question-missing", "missing question section"),
                     ("question-twice", r"too many questions \(2\)")):
    scripted(f"transfer-{_mode}", _mode, "protocol",
             r"transfer of 'example\.com/IN' from .*: " + _says,
             receiving_says("FORMERR"), secondary_zone="request-ixfr no;")
scripted("transfer-no-soa-first", "no-soa-first", "protocol",
         r"transfer of 'example\.com/IN' from .*: first RR in zone transfer must be SOA",
         receiving_says("FORMERR"), secondary_zone="request-ixfr no;")
scripted("transfer-soa-mismatch", "soa-mismatch", "protocol",
         r"transfer of 'example\.com/IN' from .*: start and ending SOA records mismatch",
         receiving_says("FORMERR"), secondary_zone="request-ixfr no;")
scripted("transfer-foreign-soa", "foreign-soa", "zone-data",
         receiving_says("not at top of zone"), secondary_zone="request-ixfr no;")
scripted("transfer-empty", "empty-transfer", "transfer-timeout",
         r"transfer of 'example\.com/IN' from .*: .*timed out",
         slow=True, timeout=90, secondary_zone="request-ixfr no; max-transfer-idle-in 1;")
scripted("transfer-ixfr-to-axfr", "ixfr-to-axfr", "protocol",
         receiving_says("FORMERR"), secondary_zone="request-ixfr no;")

# Incremental transfers
scripted("ixfr-not-exact", "ixfr-not-exact", "ixfr-broken",
         receiving_says("not exact"),
         r"transfer of 'example\.com/IN' from .*: Transfer status: IXFR failed",
         r"zone example\.com/IN: transferred serial 2026032901", state="ok")
scripted("ixfr-not-exact-axfr-refused", "ixfr-not-exact-axfr-refused", "refused-transfer",
         # two attempts: the first fails with ixfr-broken
         receiving_says("not exact"), receiving_says("REFUSED"), attempts=2)
scripted("ixfr-out-of-sync", "ixfr-out-of-sync", "ixfr-broken",
         r"transfer of 'example\.com/IN' from .*: IXFR out of sync: expected serial",
         r"transfer of 'example\.com/IN' from .*: Transfer status: IXFR failed",
         r"zone example\.com/IN: transferred serial 2026032901", state="ok")

# TSIG
scripted("tsig-missing", "unsigned", "tsig-missing",
         refresh_says(r"failure trying primary .*: expected a TSIG or SIG\(0\)"), key=True)
scripted("tsig-missing-in-transfer", "transfer-unsigned", "tsig-missing",
         receiving_says(r"expected a TSIG or SIG\(0\)"), key=True,
         secondary_zone="request-ixfr no;")
scripted("tsig-wrong-mac", "tsig-wrong-mac", "tsig-verify",
         refresh_says(r"failure trying primary .*: tsig verify failure"), key=True)
scripted("tsig-wrong-mac-in-transfer", "transfer-wrong-mac", "tsig-verify",
         receiving_says("tsig verify failure"), key=True,
         secondary_zone="request-ixfr no;")
scripted("tsig-unexpected", "tsig-unasked", "tsig-unexpected",
         receiving_says(r"did not expect a TSIG or SIG\(0\)"),
         secondary_zone="request-ixfr no;")
scripted("tsig-badtrunc", "tsig-badtrunc", "tsig-error",
         refresh_says(r"failure trying primary .*: tsig indicates error"), key=True,
         refined=("tsig-badtrunc",), verdict="tsig-badtrunc")
scripted("tsig-badkey-scripted", "tsig-badkey", "tsig-error",
         refresh_says(r"failure trying primary .*: tsig indicates error"), key=True,
         refined=("tsig-badkey",), verdict="tsig-badkey")


class Tsig(Fault):
    """Signed refreshes and transfers between real nameds."""

    primary_key = key_statement()
    broken_key = ""
    primaries_suffix = " key xfr"
    secondary_config = key_statement()

    def make_primary(self):
        self.primary_config = self.primary_key
        super().make_primary()

    def inject(self):
        self.offer()
        self.primary_config = self.broken_key
        self.primary.config = self.primary_config_text()
        self.primary.reconfig()

    def heal(self):
        self.primary_config = self.primary_key
        self.primary.config = self.primary_config_text()
        self.primary.reconfig()


@fault("tsig-unknown-key")
class TsigUnknownKey(Tsig):
    """The primary does not know our key."""

    cause = "tsig-error"
    refined = ("tsig-badkey",)
    verdict = "tsig-badkey"
    lines = (refresh_says(r"failure trying primary .*: tsig indicates error"),)


@fault("tsig-wrong-secret")
class TsigWrongSecret(Tsig):
    """The same key name, another secret."""

    broken_key = key_statement(secret=OTHER_SECRET)
    cause = "tsig-error"
    refined = ("tsig-badsig",)
    verdict = "tsig-badsig"
    lines = (refresh_says(r"failure trying primary .*: tsig indicates error"),)


@fault("tsig-clock")
class TsigClock(Tsig):
    """The primary's clock is an hour behind."""

    cause = "tsig-badtime"
    restarts = True
    lines = (refresh_says(r"failure trying primary .*: clocks are unsynchronized"),)

    def inject(self):
        self.offer()
        self.primary.stop()
        self.primary.environ = clock_environ(self.lab.dir, -3600)
        self.primary.start()

    def heal(self):
        self.primary.stop()
        self.primary.environ = {}
        self.primary.start()


@fault("key-missing")
class KeyMissing(Fault):
    """The secondary's primaries name a key that it does not have.

    They are those of a catalog zone's members, for 9.20 refuses a named.conf in
    which a zone's own name such a key.
    """

    cause = "key-missing"
    lines = (r"zone example\.com/IN: unable to find key: nowhere",)
    catalog = "catalog.example"
    member_key = key_statement("nowhere")

    def primary_config_text(self):
        self.primary.write("catalog.db", zone_text(OLD, ns="invalid.", records=[
            'version IN TXT "2"', f"member.zones IN PTR {self.zone}."]))
        return (self.member_key + super().primary_config_text()
                + f'zone "{self.catalog}" {{ type primary; file "catalog.db"; }};\n')

    def make_secondary(self):
        self.secondary_options = (
            f'catalog-zones {{ zone "{self.catalog}" in-memory yes default-primaries '
            f"{{ {self.primary.address} port {self.primary.port} key nowhere; }}; }};")
        self.secondary_config = self.member_key
        super().make_secondary()

    def zone_statement(self):
        return (f'zone "{self.catalog}" {{ type secondary; '
                f"primaries {{ {self.primaries()} }}; }};\n")

    def settle(self):
        with self.secondary.watch(from_start=True) as log:
            log.wait(COMPLETED)

    def inject(self):
        self.offer()
        self.secondary.config = self.zone_statement()
        self.secondary.reconfig()

    def heal(self):
        self.secondary.config = self.member_key + self.zone_statement()
        self.secondary.reconfig()

    @property
    def address(self):
        return "-"  # named does not say which primary


@fault("serial-backwards")
class SerialBackwards(Fault):
    """The primary goes back to an older version."""

    cause = "serial-backwards"
    lines = (r"zone example\.com/IN: serial number \(2026032701\) received from primary "
             r".* < ours \(2026032801\)",)

    def inject(self):
        self.primary.stop()
        self.primary.write("zone.db", self.text(2026032701))
        self.primary.start()

    def heal(self):
        self.offer()


@fault("serial-unchanged")
class SerialUnchanged(Fault):
    """NOTIFY keeps coming, the serial does not move."""

    cause = "serial-unchanged"
    state = "ok"
    attempts = None  # one for each NOTIFY after the first few
    notifies = 5
    lines = (r"zone example\.com/IN: notify from .*: zone is up to date",)

    def inject(self):
        self.primary.write("zone.db", self.text(OLD) + "new IN A 192.0.2.7\n")
        self.primary.rndc("reload", self.zone, check=False)

    def provoke(self):
        for number in range(1, self.notifies + 1):
            with self.secondary.watch() as log:
                send_notify(self.zone, self.secondary.address, self.secondary.port,
                            soa=ScriptedZone(self.zone, self.text(OLD)).soa())
                log.wait(self.lines[0])

    def heal(self):
        self.offer()


@fault("zone-without-ns")
class ZoneWithoutNs(Scripted):
    """The transferred zone has no NS record."""

    cause = "zone-data"
    secondary_zone = "request-ixfr no;"
    mode = "good"
    lines = (r"zone example\.com/IN: (has no NS records|transferred zone has no NS records)",
             receiving_says("bad zone"))

    def inject(self):
        self.offer()
        self.saved = self.scripted_zone.rrsets
        self.scripted_zone.rrsets = [r for r in self.saved if r.rdtype != 2]

    def heal(self):
        self.scripted_zone.rrsets = self.saved


@fault("zone-without-ns-ixfr")
class ZoneWithoutNsIxfr(Scripted):
    """An incremental transfer takes the last NS record away."""

    cause = "zone-data"
    mode = "good"
    state = None  # named unloads the zone
    lines = (r"zone example\.com/IN: transferred zone has no NS records", COMPLETED)

    def inject(self):
        zone = self.scripted_zone
        self.saved = zone.rrsets
        self.offer()
        zone.deltas = (OLD, [r for r in zone.rrsets if r.rdtype == 2], [])
        zone.rrsets = [r for r in zone.rrsets if r.rdtype != 2]

    def heal(self):
        self.scripted_zone.deltas = None
        self.scripted_zone.rrsets = self.saved


@fault("too-many-records")
class TooManyRecords(Fault):
    """More records than max-records allows."""

    cause = "too-many-records"
    secondary_zone = "max-records 10;"
    lines = (receiving_says("too many records"),)
    many = False

    def text(self, serial):
        extra = [f"host{n} IN A 192.0.2.1" for n in range(40)] if self.many else []
        return super().text(serial) + "\n".join(extra) + "\n"

    def inject(self):
        self.many = True
        self.offer(NEW - 1)

    def heal(self):
        self.many = False
        self.offer()


@fault("transfer-source-unusable")
class TransferSourceUnusable(Fault):
    """transfer-source is an address that this host does not have."""

    cause = "never-attempted"
    refined = ("local-source",)
    verdict = "local-source"
    attempts = None  # as many as the timers make
    notice_s = 60
    timers = ("min-refresh-time 1; max-refresh-time 2; "
              "min-retry-time 1; max-retry-time 2; ")
    secondary_zone = timers
    debug_lines = (r"zone example\.com/IN: .*dns_request_create\(\) failed: "
                   r"address not available",)

    def inject(self):
        self.offer()
        self.secondary_zone = self.timers + "transfer-source 192.0.2.77;"
        self.secondary.config = self.zone_statement()
        self.secondary.reconfig()

    def heal(self):
        self.secondary_zone = self.timers
        self.secondary.config = self.zone_statement()
        self.secondary.reconfig()

    @property
    def address(self):
        return "-"  # nothing was said of any primary


@fault("source-ports-exhausted")
class SourcePortsExhausted(Fault):
    """The secondary's host has no free port left for a connection to the primary."""

    hosts = True
    cause = "local-source"
    lasts = False  # provoke() has ended it
    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: "
             r"address (in use|not available)",)
    ports = (61000, 61001)

    def inject(self):
        self.offer()
        hosts = self.lab.hosts
        hosts.sysctl("A", "net.ipv4.ip_local_port_range",
                     " ".join(map(str, self.ports)))
        self.taken = run_in(hosts.name["A"], lambda: [
            socket.create_connection(
                (self.primary.address, 53), 5, (self.secondary.address, port))
            for port in self.ports])
        for connection in self.taken:
            self.lab.defer(connection.close)

    def provoke(self):
        """By NOTIFY, for rndc cannot connect either; then free the ports."""
        with self.secondary.watch() as log:
            send_notify(self.zone, self.secondary.address, self.secondary.port,
                        soa=ScriptedZone(self.zone, self.text(NEW)).soa(),
                        netns=self.lab.hosts.name["B"])
            log.wait(self.lines[0])
        self.lab.hosts.sysctl("A", "net.ipv4.ip_local_port_range", "32768 60999")
        for connection in self.taken:
            connection.close()

    def heal(self):
        pass


@fault("no-primaries")
class NoPrimaries(Fault):
    """A member of a catalog zone that names no primaries."""

    cause = "no-primaries"
    state = "never-loaded"
    heals = False
    zone = "catalog.example"
    member = "orphan.example"
    lines = (r"zone orphan\.example/IN: cannot refresh: no primaries",)
    secondary_options = 'catalog-zones { zone "catalog.example" in-memory yes; };'
    orphan = False

    def text(self, serial):
        records = ['version IN TXT "2"']
        if self.orphan:
            records.append("member.zones IN PTR orphan.example.")
        return zone_text(serial, records=records, ns="invalid.")

    def inject(self):
        self.orphan = True
        self.offer()

    @property
    def address(self):
        return "-"


class Tls(Fault):
    """Transfers over TLS."""

    cause = "tls-failure"
    tls_server = True

    def certificate(self, name, issuer=None):
        """A certificate NAME.pem, signed by issuer or by itself."""
        base = os.path.join(self.lab.dir, name)
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                   f"/CN={name}.example", "-addext", f"subjectAltName=DNS:{name}.example",
                   "-keyout", base + ".key", "-out", base + ".pem"]
        if issuer:
            command += ["-CA", os.path.join(self.lab.dir, issuer + ".pem"),
                        "-CAkey", os.path.join(self.lab.dir, issuer + ".key"),
                        "-addext", "basicConstraints=critical,CA:FALSE"]
        subprocess.run(command, check=True, capture_output=True)
        return base

    def make_primary(self):
        issuer, other = self.certificate("issuer"), self.certificate("other")
        server = self.certificate("server", "issuer")
        self.files = {"issuer": issuer + ".pem", "other": other + ".pem"}
        self.primary_config = (f'tls served {{ cert-file "{server}.pem"; '
                               f'key-file "{server}.key"; }};\n')
        self.tls_port = Port(("127.0.0.1",))
        self.lab.defer(self.tls_port.close)
        self.primary_options = (f"listen-on port {self.tls_port.number} tls served "
                                "{ 127.0.0.1; };")
        super().make_primary()

    def tls_statement(self, authority, hostname="server.example"):
        """The tls block of the secondary."""
        self.secondary.write("authority.pem", open(self.files[authority]).read())
        return (f'tls strict {{ ca-file "{self.secondary.path("authority.pem")}"; '
                f'remote-hostname "{hostname}"; }};\n')

    def primaries(self):
        return f"127.0.0.1 port {self.tls_port.number} tls strict;"

    def make_secondary(self):
        super().make_secondary()
        self.good = self.secondary.config = (
            self.tls_statement("issuer") + self.zone_statement())

    def heal(self):
        self.secondary.config = self.tls_statement("issuer") + self.zone_statement()
        self.secondary.reconfig()

    @property
    def address(self):
        return f"127.0.0.1#{self.tls_port.number}"


@fault("tls-bad-certificate")
class TlsBadCertificate(Tls):
    """The primary's certificate is signed by another authority."""

    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: "
             r"TLS peer certificate verification failed",)

    def inject(self):
        self.offer()
        self.secondary.config = self.tls_statement("other") + self.zone_statement()
        self.secondary.reconfig()


@fault("tls-wrong-hostname")
class TlsWrongHostname(Tls):
    """The primary's certificate is for another name."""

    lines = TlsBadCertificate.lines

    def inject(self):
        self.offer()
        self.secondary.config = (
            self.tls_statement("issuer", "elsewhere.example") + self.zone_statement())
        self.secondary.reconfig()


@fault("tls-not-spoken")
class TlsNotSpoken(Tls):
    """The primary's port speaks plain DNS, not TLS."""

    lines = (r"transfer of 'example\.com/IN' from .*: failed to connect: ",)
    timeout = 60
    verdict = "tls-failure"

    def primaries(self):
        if self.plain:
            return f"127.0.0.1 port {self.primary.port} tls strict;"
        return super().primaries()

    plain = False

    def __init__(self, lab):
        super().__init__(lab)
        if not says_tls_timeout(lab.root):
            self.cause, self.refined = "connect-timeout", (self.verdict,)

    def inject(self):
        self.offer()
        self.plain = True
        self.secondary.config = self.tls_statement("issuer") + self.zone_statement()
        self.secondary.reconfig()

    def heal(self):
        self.plain = False
        super().heal()

    @property
    def address(self):
        return f"127.0.0.1#{self.primary.port}"


@fault("disk-full")
class DiskFull(Fault):
    """No room for the zone's file: the zone is served, but from memory only."""

    cause = "local-storage"
    state = "ok"
    secondary_zone = "request-ixfr no; masterfile-format text;"
    lines = (r"general: error: .*disc full",)
    timeout = 60
    large = False

    def text(self, serial):
        records = filler(2000) if self.large else ["www IN A 192.0.2.1"]
        return zone_text(serial, records=records)

    def make_secondary(self):
        if os.geteuid() != 0:
            pytest.skip("a small file system needs root")
        super().make_secondary()
        self.lab.tmpfs(self.secondary.path("small"), "64k")
        self.secondary.config = self.secondary.config.replace(
            f'file "{self.zone}.db"', f'file "small/{self.zone}.db"')

    def inject(self):
        self.large = True
        self.offer(NEW - 1)

    def heal(self):
        self.large = False
        self.offer()

    @property
    def address(self):
        return None  # no primary has a part in it


@fault("unreachable-cached")
class UnreachableCached(TcpRefused):
    """After two failed connections named stops trying for ten minutes."""

    cause = "connect-refused"  # the root; the cache only repeats it
    refined = ("unreachable-cached",)
    heals = False
    attempts = 3
    lines = (r"zone example\.com/IN: (refresh|got_transfer_quota): skipping zone transfer as "
             r"primary .* is unreachable \(cached\)",)

    def provoke(self):
        for _ in range(2):
            with self.secondary.watch() as log:
                self.secondary.rndc("refresh", self.zone)
                log.wait(COMPLETED)
        self.secondary.rndc("refresh", self.zone)


@fault("expired")
class Expired(PrimaryDown):
    """Nothing new until the SOA expire time has passed."""

    state = "expired"
    expire = 20
    slow = True
    timeout = 60
    secondary_zone = ("min-refresh-time 1; max-refresh-time 5; "
                      "min-retry-time 1; max-retry-time 5;")
    lines = (*PrimaryDown.lines, r"zone example\.com/IN: expired")
    attempts = None  # as many as the timers make


@fault("notify-refused")
class NotifyRefused(Fault):
    """NOTIFY from an address that is none of the zone's primaries."""

    cause = "notify-refused"
    state = "ok"
    hosts = False
    attempts = 1
    source = "127.0.0.9"
    lines = (r"zone example\.com/IN: refused notify from non-primary: 127\.0\.0\.9#",)

    def inject(self):
        pass

    def provoke(self):
        send_notify(self.zone, self.secondary.address, self.secondary.port,
                    source=self.source)

    def heal(self):
        self.offer()

    @property
    def address(self):
        return None  # the sender's, with a port of its own


@fault("mirror-unverified")
class MirrorUnverified(Scripted):
    """A mirror zone whose content does not verify."""

    cause = "zone-data"
    state = "never-loaded"
    zone_type = "mirror"
    mode = "good"
    zone = "."
    healthy_first = False
    heals = False
    secondary_options = "recursion yes;"
    lines = (r"zone \./IN: zone verification failed", r"verify failure",
             r"Transfer completed: ")

    def zone_statement(self):
        return super().zone_statement().replace('file "..db"', 'file "root.db"')

    def inject(self):
        pass


@fault("stub-refused")
class StubRefused(Configured):
    """A stub zone's primary refuses the SOA question."""

    zone_type = "stub"
    broken_zone = "allow-query { none; };"
    cause = "refused-query"
    lines = (refresh_says(r"unexpected rcode \(REFUSED\) from primary"),)

    def setup(self):
        self.make_primary()
        self.make_secondary()
        self.secondary.start()
        wait_until(lambda: os.path.exists(self.secondary.path("example.com.db")), 20,
                   "the stub zone's file")
        loaded = int(time.time())  # its expire time is told in whole seconds
        wait_until(lambda: int(time.time()) > loaded, 5, "the next second")

    def recovered(self):
        with self.secondary.watch() as log:
            self.secondary.rndc("refresh", self.zone)
            log.wait("received control channel command")


@fault("stub-down")
class StubDown(StubRefused):
    """A stub zone's primary is down."""

    cause = "connect-refused"
    lines = PrimaryDown.lines
    inject = PrimaryDown.inject
    heal = PrimaryDown.heal


@fault("first-of-two-down")
class FirstOfTwoDown(Fault):
    """The first primary is broken, the second feeds the zone."""

    cause = "connect-refused"
    state = "ok"
    attempts = 2  # it was broken at the start, too
    lines = (refresh_says(r"failure trying primary .*: connection refused"),
             r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def make_primary(self):
        super().make_primary()
        self.dead = Port(("127.0.0.1",))
        self.lab.defer(self.dead.close)

    def primaries(self):
        return f"127.0.0.1 port {self.dead.number}; " + super().primaries()

    def inject(self):
        self.offer()

    def heal(self):
        pass

    @property
    def address(self):
        return f"127.0.0.1#{self.dead.number}"


@fault("first-of-two-refuses-transfer")
class FirstOfTwoRefusesTransfer(Fault):
    """The first primary refuses the transfer, the second feeds the zone."""

    cause = "refused-transfer"
    state = "ok"
    lines = (receiving_says("REFUSED"),
             r"zone example\.com/IN: transferred serial 2026032901")

    def make_primary(self):
        super().make_primary()
        self.zone_data = ScriptedZone(self.zone, self.text(OLD))
        self.broken = self.lab.scripted(self.zone_data)

    def primaries(self):
        return f"127.0.0.1 port {self.broken.port}; " + super().primaries()

    def inject(self):
        self.broken.mode = "transfer-refused"
        self.zone_data.serial = NEW
        self.offer()

    def heal(self):
        self.broken.mode = "good"

    @property
    def address(self):
        return f"127.0.0.1#{self.broken.port}"


@fault("view-transfer-refused")
class ViewTransferRefused(TransferRefused):
    """The same fault for a zone in a view of its own name."""

    lines = (r"transfer of 'example\.com/IN/internal' from .*: "
             r"failed while receiving responses: REFUSED",)

    def make_secondary(self):
        super().make_secondary()
        self.secondary.config = (
            'view "internal" { match-clients { any; };\n'
            + self.zone_statement() + "};\n")


@fault("inline-signed-refused")
class InlineSignedRefused(TransferRefused):
    """The same fault for a zone that the secondary signs."""

    secondary_zone = "inline-signing yes; dnssec-policy default;"
    secondary_options = 'key-directory ".";'
    lines = (receiving_says("REFUSED").replace("/IN'", "/IN( \\(unsigned\\))?'"),)

    def setup(self):
        self.make_primary()
        self.make_secondary()
        self.secondary.start()
        wait_until(lambda: self.secondary.serial(self.zone), 30, "the signed zone")
        self.settle()

    def recovered(self):
        with self.secondary.watch() as log:
            self.secondary.rndc("refresh", self.zone)
            log.wait(r"transferred serial 2026032901")


@fault("udp-refused")
class UdpRefused(Filtered):
    """UDP port 53 is refused, TCP would answer: named does not try it."""

    rules = ("udp dport 53 reject with icmpx port-unreachable",)
    cause = "connect-refused"
    refined = ("udp-blocked",)
    verdict = "udp-blocked"
    lines = PrimaryDown.lines


@fault("udp-host-prohibited")
class UdpHostProhibited(Filtered):
    """A firewall answers the SOA question with "host prohibited"."""

    rules = ("udp dport 53 reject with icmpx admin-prohibited",)
    cause = "unreachable"
    refined = ("udp-blocked",)
    verdict = "udp-blocked"
    lines = (refresh_says(r"failure trying primary .*: host unreachable"),)


scripted("transfer-too-long", "trickle", "transfer-timeout",
         r"transfer of 'example\.com/IN' from .*: maximum transfer time exceeded: timed out",
         slow=True, timeout=120, secondary_zone="request-ixfr no; max-transfer-time-in 1;")


@fault("check-names")
class CheckNames(Scripted):
    """A name that check-names does not let pass."""

    cause = "zone-data"
    mode = "good"
    secondary_zone = "request-ixfr no; check-names fail;"
    lines = (r"zone example\.com/IN: .*bad owner name \(check-names\)",
             receiving_says(r"bad .*name \(check-names\)"))

    def inject(self):
        self.offer()
        self.scripted_zone.rrsets.append(self.scripted_zone.rrset("bad_name", "A", "192.0.2.5"))

    def heal(self):
        self.scripted_zone.rrsets.pop()


@fault("too-many-records-per-type")
class TooManyRecordsPerType(TooManyRecords):
    """More records of one type and name than max-records-per-type allows."""

    secondary_zone = "max-records-per-type 10;"

    def text(self, serial):
        extra = [f"host IN A 192.0.2.{n}" for n in range(40)] if self.many else []
        return zone_text(serial) + "\n".join(extra) + "\n"


@fault("journal-disk-full")
class JournalDiskFull(Scripted):
    """No room for the journal of an incremental transfer."""

    cause = "local-storage"
    state = "ok"
    mode = "good"
    timeout = 40
    lines = (r"general: error: small/example\.com\.db\.jnl: ",
             r"zone example\.com/IN: transferred serial 2026032901", COMPLETED)

    def make_secondary(self):
        if os.geteuid() != 0:
            pytest.skip("a small file system needs root")
        super().make_secondary()
        self.lab.tmpfs(self.secondary.path("small"), "32k")
        self.secondary.config = self.secondary.config.replace(
            f'file "{self.zone}.db"', f'file "small/{self.zone}.db"')

    def inject(self):
        self.offer()
        zone = self.scripted_zone
        added = [zone.rrset(f"filler{n}", "TXT", '"' + "x" * 200 + '"') for n in range(300)]
        zone.deltas = (OLD, [], added)

    def heal(self):
        pass

    @property
    def address(self):
        return None


class ScriptedStub(Scripted):
    """A stub zone of a scripted primary."""

    zone_type = "stub"
    setup = StubRefused.setup
    recovered = StubRefused.recovered


def scripted_stub(name, mode, cause, *lines, **attributes):
    """A fault of a stub zone that is one mode of the scripted primary."""
    attributes.update(mode=mode, cause=cause, lines=lines, __doc__=f"Primary: {mode}.")
    return fault(name)(type("Stub_" + name.replace("-", "_"), (ScriptedStub,), attributes))


scripted_stub("stub-ns-refused", "ns-refused", "refused-query",
              r"zone example\.com/IN: refreshing stub: unexpected rcode \(REFUSED\) from",
              doubted=True)
scripted_stub("stub-ns-silence", "ns-silence", "soa-timeout",
              r"zone example\.com/IN: could not refresh stub from primary .*: timed out",
              slow=True, timeout=120, doubted=True)


@fault("tls-without-alpn")
class TlsWithoutAlpn(Tls):
    """A TLS server that does not speak DNS over TLS (no ALPN "dot")."""

    lines = (r"transfer of 'example\.com/IN' from .*: connected but unable to transfer: "
             r"ALPN for DoT failed",)

    def inject(self):
        if aborts_without_alpn():
            pytest.skip("this named aborts by itself at a primary without ALPN dot")
        self.offer()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        base = os.path.join(self.lab.dir, "server")
        context.load_cert_chain(base + ".pem", base + ".key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.lab.defer(self.listener.close)
        threading.Thread(target=self.serve, args=(context,), daemon=True).start()
        self.bad_port = self.listener.getsockname()[1]
        self.secondary.config = self.tls_statement("issuer") + self.zone_statement()
        self.secondary.reconfig()

    bad_port = None

    def serve(self, context):
        """Shake hands and hang up."""
        while True:
            try:
                connection, _peer = self.listener.accept()
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(1)
            except ssl.SSLError:
                continue
            except OSError:
                return  # closed

    def primaries(self):
        if self.bad_port:
            return f"127.0.0.1 port {self.bad_port} tls strict;"
        return super().primaries()

    def heal(self):
        self.bad_port = None
        super().heal()

    @property
    def address(self):
        return f"127.0.0.1#{self.bad_port}"

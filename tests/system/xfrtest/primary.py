# SPDX-License-Identifier: MPL-2.0
# A primary that misbehaves on the wire, as the name of its mode says; what a
# real named can be made to do by configuration is left to a real named.
# Runs in threads of the test; its sockets may live in a network namespace.
"""A small scripted primary: UDP and TCP, IPv4 and IPv6, TSIG."""

import random
import selectors
import socket
import struct
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.rrset
import dns.tsig
import dns.zone

from . import netns as _netns
from .ports import Port

SILENCE = "silence"  # keep the connection open and say no more
CLOSE = "close"  # end of file
RESET = "reset"  # RST
PAUSE = "pause"  # go on a little later
DRIP = "drip"  # a message that is announced whole and comes byte by byte
SILENCE_MAX_S = 180
PAUSE_S = 5
DRIP_S = 0.05
RECORDS_PER_MESSAGE = 100

MODES = {}


class ScriptedZone:
    """A zone's records, with a serial that a test may set at will."""

    def __init__(self, origin, text):
        self.origin = dns.name.from_text(origin)
        data = dns.zone.from_text(text, self.origin, relativize=False,
                                  check_origin=False)
        self.soa_rrset = None
        self.rrsets = []
        for name, rdataset in data.iterate_rdatasets():
            rrset = dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))
            if rdataset.rdtype == dns.rdatatype.SOA:
                self.soa_rrset = rrset
            else:
                self.rrsets.append(rrset)
        self.deltas = None  # (old serial, [deleted rrsets], [added rrsets])

    @property
    def serial(self):
        """The serial offered."""
        return self.soa_rrset[0].serial

    @serial.setter
    def serial(self, value):
        self.soa_rrset = self.soa(value)

    def soa(self, serial=None):
        """The SOA record, with another serial if one is given."""
        rdata = self.soa_rrset[0]
        if serial is not None:
            rdata = rdata.replace(serial=serial)
        return dns.rrset.from_rdata_list(self.origin, self.soa_rrset.ttl, [rdata])

    def rrset(self, name, rdtype, *rdata):
        """A record set with a name relative to the zone."""
        owner = dns.name.from_text(name, self.origin)
        return dns.rrset.from_text(owner, 300, "IN", rdtype, *rdata)


class Request:
    """One question as it came, and the ways to answer it."""

    def __init__(self, server, wire, tcp):
        self.server = server
        self.raw = wire
        self.tcp = tcp
        self.message = dns.message.from_wire(
            wire, keyring=server.keyring, ignore_trailing=True)
        self.question = self.message.question[0]
        self.zone = server.zones.get(self.question.name)
        self.kind = dns.rdatatype.to_text(self.question.rdtype).lower()
        self._tsig_ctx = None

    def reply(self, authoritative=True):
        """An empty answer; it will be signed if the question was."""
        answer = dns.message.make_response(self.message)
        answer.flags &= ~dns.flags.RA
        if authoritative:
            answer.flags |= dns.flags.AA
        return answer

    def unsigned(self, answer):
        """The answer's wire form without any TSIG."""
        answer.tsig = None
        return answer.to_wire(max_size=65535)

    def wire(self, answer, multi=False):
        """The answer's wire form; multi: one of several of a transfer."""
        result = answer.to_wire(max_size=65535, multi=multi,
                                tsig_ctx=self._tsig_ctx if multi else None)
        if multi and answer.tsig is not None:
            self._tsig_ctx = answer.tsig_ctx
        return result

    def messages(self, rrsets, per_message=RECORDS_PER_MESSAGE):
        """Wire forms of a transfer that holds these record sets in this order."""
        for first in range(0, len(rrsets), per_message):
            answer = self.reply()
            if first:
                answer.question = []
            answer.answer = list(rrsets[first:first + per_message])
            yield self.wire(answer, multi=True)


def mode(name):
    """Register a class of behaviour under a name."""
    def register(cls):
        MODES[name] = cls
        cls.name = name
        return cls
    return register


@mode("good")
class Good:
    """Answers as a primary should; the other modes override parts of it.

    Each method yields wire messages and, last, perhaps what to do with the
    connection.  AXFR only, unless the zone has deltas.
    """

    def udp(self, request):
        """Whatever comes by UDP."""
        if request.kind in ("axfr", "ixfr"):
            yield from self.truncated(request)
        else:
            yield from self.plain(request)

    def plain(self, request):
        """A question that is no transfer."""
        if request.kind == "soa":
            yield from self.soa(request)
            return
        answer = request.reply()
        for rrset in request.zone.rrsets:
            if (rrset.name, rrset.rdtype) == (request.question.name, request.question.rdtype):
                answer.answer = [rrset]
        yield request.wire(answer)

    def tcp(self, request):
        """Whatever comes by TCP."""
        if request.kind == "ixfr":
            yield from self.ixfr(request)
        elif request.kind == "axfr":
            yield from self.axfr(request)
        else:
            yield from self.plain(request)

    def soa(self, request):
        """The SOA question of a refresh."""
        answer = request.reply()
        answer.answer = [request.zone.soa()]
        yield request.wire(answer)

    def truncated(self, request):
        """Tells the client to come by TCP."""
        answer = request.reply()
        answer.flags |= dns.flags.TC
        yield request.wire(answer)

    def contents(self, zone):
        """What a full transfer holds."""
        return [zone.soa(), *zone.rrsets, zone.soa()]

    def axfr(self, request):
        """A full transfer."""
        yield from request.messages(self.contents(request.zone))

    def ixfr(self, request):
        """An incremental transfer, or the full one where there are no deltas."""
        zone = request.zone
        if zone.deltas is None:
            yield from self.axfr(request)
            return
        old, deleted, added = zone.deltas
        yield from request.messages(
            [zone.soa(), zone.soa(old), *deleted, zone.soa(), *added, zone.soa()])


def _always_rcode(name, rcode):
    @mode(name)
    class Always(Good):
        """Answers every question with one rcode."""

        def udp(self, request):
            answer = request.reply(authoritative=False)
            answer.set_rcode(rcode)
            yield request.wire(answer)

        tcp = udp
    return Always


def _transfer_rcode(name, rcode):
    @mode(name)
    class OnTransfer(Good):
        """Answers transfers with one rcode."""

        def axfr(self, request):
            answer = request.reply(authoritative=False)
            answer.set_rcode(rcode)
            yield request.wire(answer)

        ixfr = axfr
    return OnTransfer


for _rcode in (dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.SERVFAIL,
               dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.NXDOMAIN,
               dns.rcode.NOTZONE, dns.rcode.YXDOMAIN):
    _always_rcode(dns.rcode.to_text(_rcode).lower(), _rcode)
    _transfer_rcode("transfer-" + dns.rcode.to_text(_rcode).lower(), _rcode)


@mode("ns-refused")
class NsRefused(Good):
    """Tells the SOA, but not the name servers (a stub zone asks for them)."""

    def plain(self, request):
        if request.kind == "soa":
            yield from self.soa(request)
            return
        answer = request.reply(authoritative=False)
        answer.set_rcode(dns.rcode.REFUSED)
        yield request.wire(answer)


@mode("ns-silence")
class NsSilence(Good):
    """Tells the SOA, and nothing to the question for the name servers."""

    def plain(self, request):
        if request.kind == "soa":
            yield from self.soa(request)


@mode("non-authoritative")
class NonAuthoritative(Good):
    """The right SOA without AA, as a resolver in the path would give it."""

    def soa(self, request):
        answer = request.reply(authoritative=False)
        answer.answer = [request.zone.soa()]
        yield request.wire(answer)


@mode("referral")
class Referral(Good):
    """Points to other servers."""

    def soa(self, request):
        answer = request.reply()
        answer.authority = [dns.rrset.from_text(
            request.zone.origin, 300, "IN", "NS", "elsewhere.example.org.")]
        yield request.wire(answer)


@mode("nodata")
class NoData(Good):
    """Says that there is no SOA at the apex."""

    def soa(self, request):
        answer = request.reply()
        answer.authority = [request.zone.soa()]
        yield request.wire(answer)


@mode("cname")
class Cname(Good):
    """A CNAME at the top of the zone."""

    def soa(self, request):
        answer = request.reply()
        answer.answer = [dns.rrset.from_text(
            request.zone.origin, 300, "IN", "CNAME", "elsewhere.example.org.")]
        yield request.wire(answer)


@mode("two-soas")
class TwoSoas(Good):
    """Two SOA records in the answer."""

    def soa(self, request):
        zone = request.zone
        answer = request.reply()
        answer.answer = [zone.soa(), zone.soa(zone.serial + 1)]
        yield request.wire(answer)


@mode("other-opcode")
class OtherOpcode(Good):
    """Answers with another opcode."""

    def soa(self, request):
        answer = request.reply()
        answer.answer = [request.zone.soa()]
        wire = bytearray(request.wire(answer))
        wire[2] = (wire[2] & 0x87) | (int(dns.opcode.STATUS) << 3)
        yield bytes(wire)


@mode("garbage")
class Garbage(Good):
    """The right id, and then no DNS message."""

    def soa(self, request):
        yield request.raw[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + b"\xc0" * 40


@mode("transfer-garbage")
class TransferGarbage(Good):
    """No DNS message where the transfer should be."""

    def axfr(self, request):
        yield request.raw[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + b"\xc0" * 40

    ixfr = axfr


@mode("truncated-then-close")
class TruncatedThenClose(Good):
    """By UDP "come by TCP", there the door is shut."""

    def udp(self, request):
        yield from self.truncated(request)

    def tcp(self, request):
        yield CLOSE


@mode("close")
class Close(Good):
    """Closes each transfer's connection without an answer."""

    def axfr(self, request):
        yield CLOSE

    ixfr = axfr


@mode("close-mid-transfer")
class CloseMidTransfer(Good):
    """The first half of the transfer, then end of file."""

    def axfr(self, request):
        wires = list(request.messages(self.contents(request.zone), 10))
        yield from wires[:max(1, len(wires) // 2)]
        yield CLOSE

    ixfr = axfr


@mode("reset-mid-transfer")
class ResetMidTransfer(CloseMidTransfer):
    """The first half of the transfer, then a reset."""

    def axfr(self, request):
        for item in super().axfr(request):
            yield RESET if item == CLOSE else item

    ixfr = axfr


@mode("stall-mid-transfer")
class StallMidTransfer(CloseMidTransfer):
    """The first half of the transfer, then silence."""

    def axfr(self, request):
        for item in super().axfr(request):
            yield SILENCE if item == CLOSE else item

    ixfr = axfr


@mode("trickle")
class Trickle(Good):
    """A transfer that never ends, a little every few seconds."""

    def axfr(self, request):
        rrsets = [request.zone.soa(), *request.zone.rrsets]
        while True:
            yield from request.messages(rrsets)
            yield PAUSE
            rrsets = [request.zone.rrset("trickle", "A", "192.0.2.1")]

    ixfr = axfr


@mode("tcp-silence")
class TcpSilence(Good):
    """Takes each TCP connection and says nothing."""

    def tcp(self, request):
        yield SILENCE


@mode("two-faced")
class TwoFaced(Good):
    """Refuses by UDP and refuses transfers, but tells the SOA by TCP."""

    def udp(self, request):
        answer = request.reply(authoritative=False)
        answer.set_rcode(dns.rcode.REFUSED)
        yield request.wire(answer)

    def axfr(self, request):
        yield from self.udp(request)

    ixfr = axfr


@mode("trickling-soa")
class TricklingSoa(Good):
    """Refuses transfers; the SOA by TCP comes a byte at a time, and never whole."""

    def udp(self, request):
        answer = request.reply(authoritative=False)
        answer.set_rcode(dns.rcode.SERVFAIL)
        yield request.wire(answer)

    def tcp(self, request):
        if request.kind == "soa":
            yield DRIP
        else:
            yield from self.udp(request)


@mode("silence")
class Silence(TcpSilence):
    """Hears everything, says nothing."""

    def udp(self, request):
        yield from ()


@mode("udp-silence")
class UdpSilence(Good):
    """Answers by TCP only."""

    def udp(self, request):
        yield from ()


@mode("unsigned")
class Unsigned(Good):
    """Leaves the TSIG away."""

    def soa(self, request):
        answer = request.reply()
        answer.answer = [request.zone.soa()]
        yield request.unsigned(answer)


@mode("transfer-unsigned")
class TransferUnsigned(Good):
    """Leaves the TSIG away in transfers only."""

    def axfr(self, request):
        answer = request.reply()
        answer.answer = self.contents(request.zone)
        yield request.unsigned(answer)

    ixfr = axfr


def _tsig_error(name, error):
    @mode(name)
    class TsigError(Good):
        """An answer whose TSIG record holds an error and no MAC (RFC 8945 5.3.2)."""

        def udp(self, request):
            if not request.message.had_tsig:
                yield from super().udp(request)
                return
            answer = request.reply()
            answer.set_rcode(dns.rcode.NOTAUTH)
            answer.tsig = None
            answer.use_edns(False)  # the TSIG record must be the last
            question = request.message.tsig[0]
            tsig = dns.rdtypes.ANY.TSIG.TSIG(
                dns.rdataclass.ANY, dns.rdatatype.TSIG, question.algorithm,
                int(time.time()), 300, b"", request.message.id, error, b"")
            answer.additional.append(dns.rrset.from_rdata(
                request.message.tsig.name, 0, tsig))
            yield answer.to_wire()

        tcp = udp
    return TsigError


_tsig_error("tsig-badsig", 16)
_tsig_error("tsig-badkey", 17)


@mode("tsig-badtrunc")
class TsigBadTrunc(Good):
    """A signed answer whose TSIG record says that the MAC was cut too short."""

    def udp(self, request):
        if not request.message.had_tsig:
            yield from super().udp(request)
            return
        answer = request.reply()
        answer.set_rcode(dns.rcode.NOTAUTH)
        name = request.message.keyname
        answer.use_tsig(request.server.keyring, name, tsig_error=22,
                        algorithm=request.message.keyalgorithm)
        answer.request_mac = request.message.mac
        yield answer.to_wire()

    tcp = udp


@mode("tsig-wrong-mac")
class TsigWrongMac(Good):
    """A signature that does not fit."""

    def soa(self, request):
        answer = request.reply()
        answer.answer = [request.zone.soa()]
        wire = bytearray(request.wire(answer))
        if answer.tsig:
            wire[wire.index(answer.tsig[0].mac)] ^= 0xFF
        yield bytes(wire)


@mode("transfer-wrong-mac")
class TransferWrongMac(Good):
    """A signature that does not fit, in transfers only."""

    def axfr(self, request):
        answer = request.reply()
        answer.answer = self.contents(request.zone)
        wire = bytearray(request.wire(answer))
        if answer.tsig:
            wire[wire.index(answer.tsig[0].mac)] ^= 0xFF
        yield bytes(wire)

    ixfr = axfr


@mode("tsig-unasked")
class TsigUnasked(Good):
    """Signs a transfer although nobody asked for it."""

    def axfr(self, request):
        answer = request.reply()
        answer.answer = self.contents(request.zone)
        name, key = next(iter(request.server.keyring.items()))
        answer.use_tsig({name: key}, name, algorithm=key.algorithm)
        answer.request_mac = b""
        yield answer.to_wire(max_size=65535)


@mode("wrong-id")
class WrongId(Good):
    """Another message id in transfers."""

    def axfr(self, request):
        for wire in request.messages(self.contents(request.zone)):
            yield struct.pack("!H", struct.unpack("!H", wire[:2])[0] ^ 1) + wire[2:]

    ixfr = axfr


def _edited_question(name, edit):
    @mode(name)
    class Edited(Good):
        """A transfer whose question is not the one asked."""

        def axfr(self, request):
            answer = request.reply()
            answer.answer = self.contents(request.zone)
            answer.question = edit(request)
            yield request.wire(answer)

        ixfr = axfr
    return Edited


_edited_question("question-name", lambda request: [dns.rrset.RRset(
    dns.name.from_text("other.example."), dns.rdataclass.IN, request.question.rdtype)])
_edited_question("question-type", lambda request: [dns.rrset.RRset(
    request.question.name, dns.rdataclass.IN, dns.rdatatype.TXT)])
_edited_question("question-missing", lambda request: [])
_edited_question("question-twice", lambda request: [
    request.question, dns.rrset.RRset(request.question.name, dns.rdataclass.IN,
                                      dns.rdatatype.TXT)])


@mode("no-soa-first")
class NoSoaFirst(Good):
    """A transfer that does not begin with the SOA."""

    def contents(self, zone):
        return [*zone.rrsets, zone.soa()]


@mode("soa-mismatch")
class SoaMismatch(Good):
    """A transfer that ends with another SOA than it began with."""

    def contents(self, zone):
        return [zone.soa(), *zone.rrsets, zone.soa(zone.serial + 1)]


@mode("foreign-soa")
class ForeignSoa(Good):
    """A SOA that is not at the top of the zone."""

    def contents(self, zone):
        rrset = dns.rrset.from_rdata_list(
            dns.name.from_text("sub", zone.origin), 300, [zone.soa()[0]])
        return [zone.soa(), *zone.rrsets, rrset, zone.soa()]


@mode("empty-transfer")
class EmptyTransfer(Good):
    """A transfer without any record."""

    def axfr(self, request):
        yield request.wire(request.reply())

    ixfr = axfr


@mode("ixfr-not-exact")
class IxfrNotExact(Good):
    """An incremental transfer that deletes what is not there."""

    def ixfr(self, request):
        zone = request.zone
        old = request.message.authority[0][0].serial
        yield from request.messages([
            zone.soa(), zone.soa(old), zone.rrset("never-there", "A", "192.0.2.99"),
            zone.soa(), zone.rrset("new", "A", "192.0.2.1"), zone.soa()])


@mode("ixfr-not-exact-axfr-refused")
class IxfrNotExactAxfrRefused(IxfrNotExact):
    """As ixfr-not-exact, and no full transfer either."""

    def axfr(self, request):
        answer = request.reply(authoritative=False)
        answer.set_rcode(dns.rcode.REFUSED)
        yield request.wire(answer)


@mode("ixfr-out-of-sync")
class IxfrOutOfSync(Good):
    """Two differences that do not follow one another."""

    def ixfr(self, request):
        zone = request.zone
        old = request.message.authority[0][0].serial
        yield from request.messages([
            zone.soa(), zone.soa(old), zone.soa(old + 1),
            zone.soa(old + 7), zone.soa(), zone.soa()])


@mode("ixfr-refused")
class IxfrRefused(Good):
    """No incremental transfers; full ones work."""

    def ixfr(self, request):
        answer = request.reply(authoritative=False)
        answer.set_rcode(dns.rcode.REFUSED)
        yield request.wire(answer)


@mode("ixfr-to-axfr")
class IxfrToAxfr(Good):
    """An incremental answer to a full question."""

    def axfr(self, request):
        zone = request.zone
        yield from request.messages([
            zone.soa(), zone.soa(zone.serial - 1), zone.soa(), zone.soa()])


@mode("truncated-everywhere")
class TruncatedEverywhere(Good):
    """TC by UDP and by TCP."""

    def udp(self, request):
        yield from self.truncated(request)

    def soa(self, request):
        yield from self.truncated(request)


class Primary:
    """The server.  `mode` may be set at any time, by name.

    zones: ScriptedZone objects; keyring: as dnspython's, {name: dns.tsig.Key}.
    """

    def __init__(self, *zones, address="127.0.0.1", port=None, netns=None, keyring=None):
        self.zones = {zone.origin: zone for zone in zones}
        self.address = address
        self.keyring = keyring
        self._held = None
        if port is None and netns is None:
            self._held = Port((address,))
            port = self._held.number
        self.port = port or 53
        self._mode = MODES["good"]()
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._connections = set()
        self._lock = threading.Lock()
        self.questions = []  # (kind, "udp" or "tcp", name)
        # The same as dictionaries: kind, transport, zone, key, source, edns, at.
        self.asked = []
        self.flood = None  # function(request) of what is sent beside each UDP answer
        self._udp, self._tcp = _netns.run_in(netns, self._sockets)
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    @property
    def mode(self):
        """The name of the present behaviour."""
        return self._mode.name

    @mode.setter
    def mode(self, name):
        self._mode = MODES[name]()
        with self._lock:
            self._changed.set()
            self._changed = threading.Event()

    def count(self, kind, transport=None):
        """How many questions of that kind have come."""
        return sum(1 for k, t, _ in list(self.questions)
                   if k == kind and transport in (None, t))

    def _sockets(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((self.address, self.port))
        tcp = socket.socket(family, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((self.address, self.port))
        tcp.listen(128)
        return udp, tcp

    def _loop(self):
        with selectors.DefaultSelector() as selector:
            for item in (self._udp, self._tcp, self._wake):
                selector.register(item, selectors.EVENT_READ)
            while not self._stop.is_set():
                for key, _ in selector.select():
                    if key.fileobj is self._udp:
                        self._serve_udp()
                    elif key.fileobj is self._tcp:
                        connection, _peer = self._tcp.accept()
                        with self._lock:
                            self._connections.add(connection)
                        threading.Thread(target=self._serve_tcp, args=(connection,),
                                         daemon=True).start()

    def _request(self, wire, tcp, peer=None):
        try:
            request = Request(self, wire, tcp)
        except Exception:  # a question we cannot read is one we do not answer
            return None
        self.questions.append((request.kind, "tcp" if tcp else "udp",
                               request.question.name))
        self.asked.append({
            "kind": request.kind, "transport": "tcp" if tcp else "udp",
            "key": request.message.keyname and request.message.keyname.to_text(True),
            "zone": request.question.name.to_text(True),
            "source": peer and peer[0], "edns": request.message.edns >= 0,
            "at": time.monotonic()})
        return request

    def _serve_udp(self):
        wire, peer = self._udp.recvfrom(65535)
        request = self._request(wire, tcp=False, peer=peer)
        if request is None or request.zone is None:
            return
        for item in self.flood(request) if self.flood else ():
            self._udp.sendto(item, peer)
        for item in self._mode.udp(request):
            if isinstance(item, bytes):
                self._udp.sendto(item, peer)

    def _serve_tcp(self, connection):
        try:
            with connection:
                while self._serve_one(connection):
                    pass
        except OSError:
            pass  # the other side went away
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _serve_one(self, connection):
        length = _receive(connection, 2)
        wire = length and _receive(connection, struct.unpack("!H", length)[0])
        request = wire and self._request(wire, tcp=True, peer=connection.getpeername())
        if not request or request.zone is None:
            return False
        with self._lock:
            changed = self._changed
        for item in self._mode.tcp(request):
            if isinstance(item, bytes):
                connection.sendall(struct.pack("!H", len(item)) + item)
            elif item == PAUSE:
                if changed.wait(PAUSE_S):
                    return False
            elif item == SILENCE:
                changed.wait(SILENCE_MAX_S)
                return False
            elif item == DRIP:
                connection.sendall(struct.pack("!H", 65535))
                while not changed.wait(DRIP_S):
                    connection.sendall(b"\0")
                return False
            elif item == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
                return False
            else:
                return False
        return True

    def notify(self, target, port, zone=None, source=None, serial=None, key=None,
               timeout=5):
        """Send a NOTIFY; return the answer."""
        zone = zone or next(iter(self.zones.values()))
        return send_notify(zone.origin, target, port, source=source, key=key,
                           soa=zone.soa(serial), timeout=timeout)

    def close(self):
        """Stop, and end every connection."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._waker.send(b"x")
        with self._lock:
            self._changed.set()
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join(10)
        for item in (self._udp, self._tcp, self._wake, self._waker):
            item.close()
        if self._held:
            self._held.close()


def _receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return data


def send_notify(origin, target, port, source=None, soa=None, key=None, timeout=5,
                netns=None):
    """Send one NOTIFY for a zone, perhaps from another address; return the answer."""
    import dns.query

    message = dns.message.make_query(origin, "SOA")
    message.set_opcode(dns.opcode.NOTIFY)
    message.flags = (message.flags & ~dns.flags.RD) | dns.flags.AA
    message.id = random.randrange(65536)
    if soa is not None:
        message.answer = [soa]
    if key is not None:
        message.use_tsig({key.name: key}, key.name)
    return _netns.run_in(netns, lambda: dns.query.udp(
        message, target, timeout=timeout, port=port, source=source))

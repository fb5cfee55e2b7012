# SPDX-License-Identifier: MPL-2.0
# A statistics channel without a named: the page as it is built, and made-up answers
# of the JSON API for each scene that the page must cope with. Tests change the scene
# while a browser looks; by hand:
#
#	python3 -m xfrtest.fakechannel --scene incidents	(in tests/system)
"""Serve the page with scripted answers."""

import argparse
import datetime
import http.server
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.parse

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                    *[os.pardir] * 3))
FOLDER = os.path.join(TOP, "plugin", "report", "channel", "page")
CAUSES = os.path.join(TOP, "include", "xfrwatch", "causes.tbl.h")

WEEK_S = 604800
STATES = ("ok", "failing", "never-loaded", "expired")
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>document.title='owned'</script>",
    "\"><svg onload=alert(2)>",
    "${alert(3)}.{{constructor}}",
    "__proto__",
    "constructor",
    "a" * 63 + "." + "b" * 63 + "." + "c" * 63 + "." + "d" * 59,
    "\\000\\027[31m\\226\\128\\174.example",
    "javascript:alert(4)",
    "with\\032space.example",
    "' onfocus='alert(5)' autofocus='",
]


def embed(what):
    """What the build makes: "html" or "policy"."""
    return subprocess.run(
        ["/bin/sh", os.path.join(FOLDER, "embed.sh"), what, FOLDER, CAUSES],
        stdout=subprocess.PIPE, check=True).stdout


def iso(seconds):
    """A time as the API writes it."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def cause_names():
    """All causes, in the table's order."""
    with open(CAUSES, encoding="ascii") as inp:
        return [line.split('"')[1] for line in inp if line.startswith("XFW_CAUSE(")]


def severity(left_s, expire_s):
    """The default escalation."""
    share = 100 * left_s / expire_s
    for limit, name in ((10, "alert"), (25, "crit"), (50, "err"), (75, "warning")):
        if share <= limit:
            return name
    return "notice"


class World:
    """What a named might tell; scenes are made by filling it."""

    def __init__(self):
        self.now = time.time()
        self.causes = dict.fromkeys(cause_names(), 0)
        self.ok = 0
        self.zones = []      # those that are not ok, nearest deadline first
        self.incidents = []
        self.primaries = []
        self.events = []
        self.lost = 0
        self.mode = "full"
        self.bind_version = "9.18.49-1~deb12u3-Debian"

    def zone(self, name, left_s, cause="connect-refused", primary="10.0.0.53#53", **more):
        """A zone that fails; left_s None for one that never loaded."""
        now = self.now
        zone = {"name": name, "class": "IN", "view": "_default", "type": "secondary",
                "state": "failing", "since": iso(now - 43380), "cause": cause,
                "failures": 51, "last-attempt": iso(now - 70), "refresh": 7200,
                "retry": 900, "next-refresh": iso(now + 830), "serial-offered": 2026112003,
                "serial-offered-at": iso(now - 3000), "incident": 1,
                "primaries": [{"address": primary, "outcome": "failed", "cause": cause,
                               "failures": 51, "last": iso(now - 70)}]}
        if left_s is None:
            zone.update({"state": "never-loaded", "severity": "alert"})
            del zone["serial-offered"], zone["serial-offered-at"]
        else:
            zone.update({"serial": 2026112001, "expire": WEEK_S,
                         "last-success": iso(now - WEEK_S + max(left_s, 0)),
                         "last-transfer": iso(now - WEEK_S - 5000),
                         "expires": iso(now + left_s), "deadline": iso(now + left_s),
                         "deadline-in": int(max(left_s, 0)),
                         "severity": severity(left_s, WEEK_S)})
            if left_s <= 0:
                zone["state"] = "expired"
        zone.update(more)
        self.zones.append(zone)
        return zone

    def incident(self, number, level, cause, primary, zones, **more):
        """An open incident."""
        now = self.now
        incident = {"id": number, "state": "open", "severity": level, "cause": cause,
                    "family": "network", "primary": primary, "zones": zones,
                    "zones-peak": zones, "expired": 0, "opened": iso(now - 43380),
                    "confidence": 95, "action": "check firewall rules for TCP port 53 from "
                    "here to " + primary.split("#", maxsplit=1)[0]}
        incident.update(more)
        incident.setdefault("steps", [incident["action"], "look at the log of named on "
                                      + primary.split("#", maxsplit=1)[0]])
        self.incidents.append(incident)
        return incident

    def primary(self, address, zones, failing, **causes):
        """A primary."""
        primary = {"address": address, "zones": zones, "failing": failing,
                   "last-success": iso(self.now - 60 - 7 * failing),
                   "causes": {name.replace("_", "-"): n for name, n in causes.items()}}
        for name, n in primary["causes"].items():
            self.causes[name] += n
        self.primaries.append(primary)

    def event(self, zone, text, kind="xfr-failed", **more):
        """The next event of the ring."""
        event = {"seq": len(self.events) + 1, "time": iso(self.now - 600 + len(self.events)),
                 "zone": zone, "view": "_default", "kind": kind, "text": text}
        event.update(more)
        self.events.append(event)

    # The answers.

    def status(self, _query):
        """json/v1/status"""
        counts = dict.fromkeys(STATES, 0)
        counts["ok"] = self.ok
        for zone in self.zones:
            counts[zone["state"]] += 1
        levels = ("none", "info", "notice", "warning", "err", "crit", "alert")
        worst = max((i["severity"] for i in self.incidents if i["state"] == "open"),
                    key=levels.index, default="none")
        failed = sum(self.causes.values())
        return {"json-stats-version": "1.0", "xfrwatch-version": "0.1.0",
                "mode": self.mode, "bind-version": self.bind_version,
                "bind-built-for": "9.18.49-1~deb12u1-Debian", "boot-time": iso(self.now - 864000),
                "config-time": iso(self.now - 86400), "severity": worst,
                "incidents": {"open": sum(i["state"] == "open" for i in self.incidents)},
                "zones": counts,
                "attempts": {"total": failed + 49988, "transferred": 9876,
                             "up-to-date": 40112, "failed": failed},
                "causes": self.causes, "primaries": self.primaries,
                "recorder": {"recorded": len(self.events) + 51000, "lost": self.lost,
                             "unclassified": 0, "capacity": 8192}}

    def incident_list(self, _query):
        """json/v1/incidents"""
        return {"incidents": self.incidents}

    def matching(self, query):
        """The zones that a query names, as (token, zone)."""
        name, cause = None, query.get("cause")
        if "name" in query:
            name = re.compile("^" + re.escape(query["name"]).replace(r"\*", ".*") + "$", re.I)
        primary = query.get("primary")
        zones = self.zones
        if query.get("state") != "unhealthy":
            zones = zones + [{"name": f"zone{n}.example", "class": "IN", "view": "_default",
                              "type": "secondary", "state": "ok", "serial": 2026112001,
                              "serial-offered": 2026112001, "expire": WEEK_S,
                              "last-success": iso(self.now - 100 - n),
                              "deadline": iso(self.now + WEEK_S - 100 - n),
                              "primaries": []} for n in range(min(self.ok, 2000))]
        for number, zone in enumerate(zones, 1):
            if ((name is None or name.search(zone["name"]))
                    and (cause is None or zone.get("cause") == cause)
                    and (primary is None or any(p["address"] == primary
                                                for p in zone["primaries"]))):
                yield number, zone

    def zone_list(self, query):
        """json/v1/zones"""
        limit, after = int(query.get("limit", 1000)), int(query.get("after", 0))
        answer = {"zones": []}
        for number, zone in self.matching(query):
            if number <= after:
                continue
            if len(answer["zones"]) == limit:
                answer["next"] = answer.pop("last")
                break
            answer["zones"].append(zone)
            answer["last"] = str(number)
        answer.pop("last", None)
        return answer

    def event_list(self, query):
        """json/v1/events"""
        return {"events": self.events[-int(query.get("limit", 100)):],
                "next": len(self.events), "lost": 0}


def empty():
    """No zone at all."""
    return World()


def healthy():
    """Everything is as it should be."""
    world = World()
    world.ok = 9683
    for number in range(3):
        world.primary(f"10.0.0.{53 + number}#53", 9683, 0)
    world.primary("2001:db8:53::1#53", 1200, 0)
    for number in range(30):
        world.event(f"zone{number}.example/IN", f"transferred serial {2026112000 + number}",
                    kind="xfr-serial", phase="transfer", primary="10.0.0.53#53")
    world.incident(1, "notice", "soa-timeout", "10.0.0.54#53", 0, state="closed", **{
        "zones-peak": 41, "opened": iso(world.now - 9000), "closed": iso(world.now - 7300)})
    return world


def incidents():
    """A night on call."""
    world = World()
    world.ok = 9371
    world.primary("10.0.0.53#53", 9683, 312, connect_refused=15912, soa_timeout=12)
    world.primary("10.0.0.54#53", 46, 4, refused_transfer=46)
    world.primary("2001:db8:53::1#53", 1200, 2, tsig_badtime=233, tsig_verify=4)
    world.primary("10.0.0.55#53", 9683, 0)
    world.primary("192.0.2.9#5353", 3, 1, zone_data=7)
    world.zone("lost.example", -8000, "refused-transfer", "10.0.0.54#53", incident=3)
    world.zone("gone.example.org", -300, "refused-transfer", "10.0.0.54#53", incident=3)
    world.zone("new-customer.example", None, "refused-transfer", "10.0.0.54#53", incident=3)
    world.zone("bad-data.example.net", None, "zone-data", "192.0.2.9#5353", incident=5)
    world.zone("signed.example", 3500, "tsig-badtime", "2001:db8:53::1#53", incident=4, **{
        "signature-expires": iso(world.now + 3500), "view": "internal", "serial-lag": 2,
        "deadline-by": "signature", "behind-since": iso(world.now - 3000),
        "expires": iso(world.now + 400000)})
    both = world.zone("example.com", 86400)
    both["primaries"].insert(0, {**both["primaries"][0], "address": "10.0.0.55#53",
                                 "cause": "soa-timeout"})
    for number in range(310):
        world.zone(f"customer{number:03d}.example", 90000 + 1500 * number)
    world.zone("1.0.10.in-addr.arpa", 599000, "tsig-badtime", "2001:db8:53::1#53", incident=4)
    world.incident(1, "crit", "connect-refused", "10.0.0.53#53", 312, **{
        "zones-peak": 340, "deadline": iso(world.now + 86400), "deadline-zone": "example.com/IN",
        "deadline-by": "expire", "confidence": 93, "cascade": 1, "heard": "connect-timeout",
        "verdict": "nothing listens on TCP port 53, though UDP port 53 answers",
        "checked-zone": "example.com/IN", "key": "xfr-key", "source": "10.0.0.9",
        "diagnosed-at": iso(world.now - 130), "diagnoses": 7,
        "next-diagnosis": iso(world.now + 3470),
        "steps": ["check firewall rules for TCP port 53 from here to 10.0.0.53",
                  "ask by hand: dig @10.0.0.53 -p 53 +tcp example.com SOA",
                  "rndc retransfer example.com"],
        "evidence": [{"at": iso(world.now - 130), "check": "tcp-connect",
                      "result": "connection refused", "stance": "agrees"},
                     {"at": iso(world.now - 130), "check": "soa-udp", "result": "timed out "
                      "after 3 s", "stance": "contradicts"},
                     {"at": iso(world.now - 131), "check": "key", "result": "found"}]})
    world.incident(3, "alert", "refused-transfer", "10.0.0.54#53", 3, family="access",
                   action="check on 10.0.0.54 that allow-transfer for lost.example covers "
                   "this server's address or TSIG key", **{
                       "deadline": iso(world.now - 8000), "deadline-zone": "lost.example/IN",
                       "expired": 2})
    world.incident(4, "alert", "tsig-badtime", "2001:db8:53::1#53", 2, family="tsig",
                   action="check time synchronisation here and on 2001:db8:53::1", **{
                       "opened": iso(world.now - 5000), "deadline": iso(world.now + 3500),
                       "deadline-by": "signature", "cascade": 1,
                       "deadline-zone": "signed.example/IN/internal"})
    world.incident(5, "alert", "zone-data", "192.0.2.9#5353", 1, family="data",
                   action="check bad-data.example.net on 192.0.2.9 with named-checkzone: "
                   "SOA, NS and names")
    world.incident(6, "notice", "soa-timeout", "10.0.0.53#53", 12, confidence=60, **{
        "opened": iso(world.now - 95), "recovering": True, "stale-for": 45, "cascade": 1})
    world.incident(2, "notice", "soa-timeout", "10.0.0.55#53", 0, state="closed", **{
        "zones-peak": 41, "opened": iso(world.now - 90000), "closed": iso(world.now - 86000),
        "stale-for": 3900})
    for number in range(40):
        world.event(f"customer{number:03d}.example/IN",
                    "failed to connect: connection refused" if number % 5 else
                    "Transfer status: connection refused", cause="connect-refused",
                    phase="transfer", primary="10.0.0.53#53",
                    kind="xfr-failed" if number % 5 else "xfr-status-failed")
    return world


def many(count=100000):
    """All zones fail, behind many primaries."""
    world = World()
    like = world.zone("template", 600)
    world.zones = [
        {**like, "name": f"zone{number:06d}.example", "deadline": iso(world.now + 600 + number * 5),
         "deadline-in": 600 + number * 5, "severity": severity(600 + number * 5, WEEK_S),
         "primaries": [{**like["primaries"][0], "address": f"10.0.{number % 30}.53#53"}]}
        for number in range(count)]
    for number in range(30):
        address = f"10.0.{number}.53#53"
        world.primary(address, count // 30, count // 30, connect_refused=170000)
        world.incident(number + 1, "alert", "connect-refused", address, count // 30, **{
            "deadline": iso(world.now + 600 + number * 5),
            "deadline-zone": f"zone{number:06d}.example/IN"})
    for number in range(50):
        world.event(f"zone{number:06d}.example/IN", "failed to connect: connection refused",
                    cause="connect-refused", phase="transfer", primary="10.0.0.53#53")
    world.lost = 1234
    return world


def hostile():
    """Names and texts that would be markup in a careless page."""
    world = World()
    world.ok = 1
    for number, name in enumerate(HOSTILE):
        world.zone(name, 1000 + number, cause=name if number < 6 else "unclassified",
                   primary=name, view=name)
        world.event(name, name, primary=name, kind=name)
        world.incident(number + 1, "crit", name, name, 1, action=name, evidence=[
            {"check": name, "result": name, "stance": name, "at": iso(world.now)}],
                       steps=[name, name], verdict=name, heard=name, key=name, source=name, **{
                           "deadline": iso(world.now + 1000), "deadline-zone": name,
                           "checked-zone": name, "diagnosed-at": iso(world.now)})
        world.primaries.append({"address": name, "zones": 1, "failing": 1,
                                "causes": {name: 1}})
    return world


def reduced():
    """named was upgraded, xfrwatch not yet built again."""
    world = healthy()
    world.ok = 3
    world.mode = "reduced"
    world.bind_version = "9.18.51-1~deb12u1-Debian"
    return world


SCENES = {"empty": empty, "healthy": healthy, "incidents": incidents, "many": many,
          "hostile": hostile, "reduced": reduced}


class FakeChannel:
    """The server; `world` may be changed or replaced at any time.

    `fault`, a function of the path, may give (status, body), or "silent" for no
    answer at all, or None for the true one. `heard` holds when (monotonic
    seconds) each target was asked for.
    """

    def __init__(self, world, prefix="/", port=0):
        self.world = world
        self.prefix = prefix
        self.fault = lambda path: None
        self.heard = []
        self.page = embed("html")
        self.policy = embed("policy").decode().strip()
        self._ended = threading.Event()
        self._connections = set()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self):
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def close(self):
        """Stop; whoever waits for an answer gets none, connections end."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself

    def _handler(channel):  # pylint: disable=no-self-argument
        class Handler(http.server.BaseHTTPRequestHandler):
            """One connection."""
            protocol_version = "HTTP/1.1"

            def setup(self):
                """A new one."""
                super().setup()
                channel._connections.add(self.connection)

            def finish(self):
                """Its end."""
                channel._connections.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    pass  # the client has gone

            def log_message(self, *_args):  # pylint: disable=arguments-differ
                """Say nothing."""

            def do_GET(self):  # pylint: disable=invalid-name
                """Answer."""
                channel.heard.append((time.monotonic(), self.path))
                channel.answer(self)

        return Handler

    def answer(self, handler):
        """One request."""
        path, _, query = handler.path.partition("?")
        if not path.startswith(self.prefix):
            self.send(handler, 404, {"error": "outside"})
            return
        path = path[len(self.prefix):]
        fault = self.fault(path)
        if fault == "silent":
            self._ended.wait(60)
            handler.close_connection = True
            return
        if fault is not None:
            self.send(handler, *fault)
            return
        if path == "":
            self.send(handler, 200, self.page, "text/html; charset=utf-8", {
                "Content-Security-Policy": self.policy, "Referrer-Policy": "no-referrer"})
            return
        world = self.world
        routes = {"json/v1/status": world.status, "json/v1/incidents": world.incident_list,
                  "json/v1/zones": world.zone_list, "json/v1/events": world.event_list}
        if path not in routes:
            self.send(handler, 404, {"error": "there is nothing here"})
            return
        values = dict(urllib.parse.parse_qsl(query, strict_parsing=bool(query)))
        body = {"current-time": iso(time.time()), **routes[path](values)}
        self.send(handler, 200, body)

    @staticmethod
    def send(handler, status, body, content_type="application/json", fields=None):
        """An answer; the client may have gone."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in (fields or {}).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True


def main():
    """Serve one scene until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--scene", choices=SCENES, default="incidents")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    channel = FakeChannel(SCENES[options.scene](), port=options.port)
    print(channel.url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        channel.close()


if __name__ == "__main__":
    main()

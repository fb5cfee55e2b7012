# SPDX-License-Identifier: MPL-2.0
# Clients of the statistics channel that mean no good, or do no good: what they
# cannot do to named, to xfrwatch, and to a client that behaves.
"""Slow senders, idle crowds, readers that do not read, and requests that are none."""

import ctypes
import json
import random
import re
import resource
import select
import socket
import time

import pytest

from xfrtest.channel import Channel
from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.load import Load, descriptors, resident_kb
from xfrtest.primary import ScriptedZone, send_notify
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

CROWD = 1000
# channel.h: connections of one listener, seconds for a request
CONNECTIONS_MAX = 256
REQUEST_S = 10

# What they may cost named. The kernel's buffers are not in it.
GROWTH_MAX_KB = 48 * 1024
# A question takes less than a millisecond; the machine is shared with other tests.
ANSWER_MAX_S = 1.0
QUESTIONS = 20
SCRAPE_MAX_S = 3.0
TCP_REPAIR = 19


def mhd_version():
    """Of libmicrohttpd: the series close on what is no HTTP at all in different ways."""
    library = ctypes.CDLL("libmicrohttpd.so.12")
    library.MHD_get_version.restype = ctypes.c_char_p
    return library.MHD_get_version().decode()


class Questions(Load):
    """DNS queries all the time, each of which is answered soon."""

    def __init__(self, server):
        super().__init__(server, ZONE, pause=0.005)

    def __exit__(self, *exc):
        # A fast machine is done with the hostile ones before named was asked often.
        if exc[0] is None:
            wait_until(lambda: self.answered > QUESTIONS or self.failed, 10, "answers")
        super().__exit__(*exc)

    def check(self):
        """named answered all of them, and soon."""
        assert self.answered > QUESTIONS and self.failed == 0
        assert self.worst_s < ANSWER_MAX_S


class Scene:
    """A secondary with a channel, one zone, and a primary that does as told."""

    def __init__(self, lab):
        self.lab = lab
        self.primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
        self.channel = Channel(lab)
        self.secondary = lab.secondary(parameters=self.channel.parameter + " log yes;")
        self.secondary.config = (
            f'zone "{ZONE}" {{ type secondary; file "zone.db"; request-ixfr no; '
            f'primaries {{ 127.0.0.1 port {self.primary.port}; }}; }};\n')
        self.secondary.start()
        self.secondary.wait_serial(ZONE, OLD)
        wait_until(self.channel.listens, 10, "a listener")
        wait_until(lambda: "bind_secondary_zones" in self.scrape(), 10, "a scrape")
        for _ in range(20):  # what stays allocated for good is there now
            self.scrape()
        self.before_kb = resident_kb(self.secondary)
        self.before_fds = descriptors(self.secondary)

    def scrape(self):
        """As Prometheus would; must come soon."""
        begin = time.monotonic()
        text = self.channel.get("/metrics")
        assert time.monotonic() - begin < SCRAPE_MAX_S
        assert text.endswith("\n")
        return text

    def check_bounds(self, spare_fds=CONNECTIONS_MAX):
        """Memory and descriptors are within theirs."""
        assert descriptors(self.secondary) <= self.before_fds + spare_fds + 20
        assert resident_kb(self.secondary) - self.before_kb < GROWTH_MAX_KB

    def check_over(self):
        """All descriptors come back when they have gone."""
        wait_until(lambda: descriptors(self.secondary) <= self.before_fds + 5, 20,
                   "descriptors given back")
        assert self.secondary.running
        assert self.channel.get("/healthz").strip() == "ok"

    def connect(self):
        """A connection that the lab closes."""
        client = self.channel.socket()
        self.lab.defer(client.close)
        return client

    def crowd(self, size, text=b""):
        """So many connections, each of which has said that and says no more."""
        clients = []
        for _ in range(size):
            client = self.connect()
            try:
                client.sendall(text)
            except OSError:
                pass  # sent away already
            clients.append(client)
        return clients

    def fail_a_transfer(self):
        """The primary refuses; xfrwatch has to say so, in the log and over HTTP."""
        with self.secondary.watch() as log:
            self.primary.mode = "transfer-refused"
            for zone in self.primary.zones.values():
                zone.serial = NEW
                send_notify(ZONE, self.secondary.address, self.secondary.port, soa=zone.soa())
            log.wait(r"incident=\d+ event=opened .*cause=refused-transfer", 10)
        wait_until(lambda: self.channel.json()["zones"].get("failing") == 1, 10, "failing: 1")


@pytest.fixture
def scene(lab, plugin):
    """The secondary; descriptors enough for a crowd."""
    assert plugin
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    return Scene(lab)


def vanish(client):
    """Go away without telling the other side (a host that lost its power)."""
    try:
        client.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except OSError:
        return  # that takes root; then it is one more that is silent
    client.close()


def is_closed(client):
    """Whether the server has closed it; what it still sends is thrown away."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_a_thousand_connections(scene):
    """Silent ones, half a request, half-open ones: named and a scrape do not notice."""
    with Questions(scene.secondary) as questions:
        clients = scene.crowd(CROWD // 4)
        clients += scene.crowd(CROWD // 4, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX:")
        gone = scene.crowd(CROWD // 4, b"GET /json/v1/zones HTT")
        for client in gone:
            vanish(client)
        clients += scene.crowd(CROWD // 4, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(10):
            scene.scrape()
            scene.check_bounds()
        scene.fail_a_transfer()
        assert 'cause="refused-transfer"' in scene.scrape()
        # The latest of them are still there, the first have made room.
        assert all(is_closed(client) for client in clients[:CROWD // 4])
        assert not is_closed(clients[-1])
        assert sum(not is_closed(client) for client in clients) <= CONNECTIONS_MAX
        # So many again, while somebody scrapes, on one connection as Prometheus does.
        connection = scene.channel.connection()
        for _ in range(20):
            scene.crowd(10)
            connection.request("GET", "/metrics")
            assert connection.getresponse().read().endswith(b"\n")
        connection.close()
    questions.check()
    for client in clients:
        client.close()
    scene.check_bounds()


def test_slow_senders(scene):
    """A byte now and then does not keep a connection; time is for all of a request."""
    # As if it were a request of a real client, very slowly.
    text = b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + b"X-Padding: x\r\n" * 100
    begin = time.monotonic()
    clients = {scene.connect(): 0 for _ in range(100)}
    ended = []
    with Questions(scene.secondary) as questions:
        while clients:
            now = time.monotonic() - begin
            assert now < REQUEST_S + 10
            for client, at in list(clients.items()):
                if is_closed(client):
                    ended.append(now)
                    del clients[client]
                    continue
                try:
                    client.send(text[at:at + 1])
                    clients[client] = at + 1
                except OSError:
                    pass  # seen in the next round
            scene.scrape()
            select.select([], [], [], 0.25)
    assert min(ended) > REQUEST_S - 1.5 and max(ended) < REQUEST_S + 5
    questions.check()
    scene.check_over()


def test_readers_that_do_not_read(scene):
    """Answers that nobody takes fill neither memory nor the places of others."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with Questions(scene.secondary) as questions:
        clients = scene.crowd(200)
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
        for _ in range(20):  # as much as they can be made to take
            for client in clients:
                try:
                    client.send(request * 40)
                except OSError:
                    pass
            scene.scrape()
            scene.check_bounds()
        scene.fail_a_transfer()
        # More than there are places: those who take nothing have to go.
        clients += scene.crowd(100, request * 200)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            scene.scrape()
            scene.check_bounds()
    questions.check()
    for client in clients:
        client.close()
    scene.check_over()


def talk(scene, data, timeout=REQUEST_S + 5):
    """Send bytes, close our half; all that comes back until the server closes."""
    got = b""
    with scene.channel.socket(timeout=timeout) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            while piece := client.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
    return got


def status(answer):
    """Of the first answer in these bytes; None if there is none."""
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(match.group(1)) if match else None


def request(line, *fields):
    """A request that closes the connection."""
    return "\r\n".join([line, "Host: x", "Connection: close", *fields, "", ""]).encode()


def test_requests_at_the_edge(scene):
    """Each is answered as HTTP has it, and the next client finds nothing changed."""
    get = "GET /json/v1/status HTTP/1.1"
    old = mhd_version().startswith("0.9.")
    cases = [
        (request(get), 200),
        (request(get, "Range: bytes=0-9"), 200),
        (request("HEAD /metrics HTTP/1.1"), 200),
        (b"GET /metrics HTTP/1.0\r\n\r\n", 200),
        (b"\r\n" * (2 if old else 1) + request(get), 200),
        (request("GET /json/v1/zones?name=%zz HTTP/1.1"), 400),
        (request("GET /json/v1/zones?name=%00 HTTP/1.1"), 400),
        (request("GET /json/v1/zones?name=% HTTP/1.1"), 400),
        (request("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), 404),
        (request("GET /../../etc/passwd HTTP/1.1"), 404),
        (request("POST /json/v1 HTTP/1.1", "Content-Length: 999999999999"), 405),
        (request("PUT /json/v1 HTTP/1.1", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n", 405),
        (request("DELETE / HTTP/1.1"), 405),
        (request("\x01\x02 / HTTP/1.1"), 405),
        (request(get, "Content-Length: -1"), 400),
        (request(get, "Content-Length: 99999999999999999999999"), 413),
        (request(get, "no colon"), 400),
        (b"GET /json/v1 HTTP/1.1\r\n\r\n", 400),
        (b"GET /json/v1 HTTP/7.3\r\n\r\n", 505),
        (b"GET /json/v1 SMTP\r\n\r\n", 400),
        (request("GET /" + "x" * 100000 + " HTTP/1.1"), 414),
        (request(get, "X: " + "x" * 100000), 431),
        (request(get, *["X: y"] * 5000), 431),
        (b"", None),
        (b"\0" * 20000, 414 if old else None),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 300, None),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ]
    for data, wanted in cases:
        answer = talk(scene, data)
        assert status(answer) == wanted, (data[:80], answer[:200])
        assert scene.channel.get("/healthz").strip() == "ok"
    head, body = talk(scene, cases[1][0]).split(b"\r\n\r\n", 1)
    assert json.loads(body)["zones"]["ok"] == 1  # all of it, whatever the range
    head, body = talk(scene, cases[2][0]).split(b"\r\n\r\n", 1)
    assert b"text/plain" in head and body == b""
    head, body = talk(scene, cases[3][0]).split(b"\r\n\r\n", 1)
    assert b"chunked" not in head and body.startswith(b"# ") and body.endswith(b"\n")
    # A hundred in one go, answered in order, on one connection.
    paths = ["/healthz", "/json/v1/status", "/nowhere", "/metrics"] * 25
    pipeline = "".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths).encode()
    answer = talk(scene, pipeline[:-2] + b"Connection: close\r\n\r\n")
    found = re.findall(rb"(?m)^HTTP/1\.1 (\d+) ", answer)
    assert found == [b"200", b"200", b"404", b"200"] * 25
    scene.check_over()


def mangled(generator):
    """A request with something wrong in it, or none at all."""
    text = bytearray(generator.choice((
        request("GET /metrics HTTP/1.1", "Accept-Encoding: gzip"),
        request("GET /json/v1/zones?limit=1&state=ok HTTP/1.1"),
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5,
        generator.randbytes(300))))
    for _ in range(generator.randrange(4)):
        at = generator.randrange(len(text))
        what = generator.randrange(4)
        if what == 0:
            text[at] = generator.randrange(256)
        elif what == 1:
            del text[at:at + generator.randrange(20)]
        elif what == 2:
            text[at:at] = generator.randbytes(generator.randrange(20))
        else:
            text[at:at] = text[:at] * generator.randrange(3)
        if not text:
            break
    return bytes(text)


def test_garbage(scene):
    """Thousands of mangled requests, given up in the middle, reset, or waited for."""
    seed = random.randrange(1 << 32)
    generator = random.Random(seed)
    print("seed", seed)
    linger = b"\1\0\0\0\0\0\0\0"  # closed by a reset
    with Questions(scene.secondary) as questions:
        for number in range(10000):
            with scene.channel.socket() as client:
                try:
                    client.sendall(mangled(generator))
                    if number % 3 == 0:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    elif number % 3 == 1:
                        client.setblocking(False)
                        client.recv(100)
                except OSError:
                    pass
            if number % 500 == 0:
                scene.scrape()
        scene.fail_a_transfer()
    questions.check()
    scene.check_bounds()
    scene.check_over()

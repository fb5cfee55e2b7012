# SPDX-License-Identifier: MPL-2.0
# The statistics channel from a client's side: a free port for it, requests as any
# HTTP client makes them, and requests byte by byte.
"""A secondary's statistics channel."""

import http.client
import json
import socket

from .ports import Port
from .watch import wait_until

TIMEOUT_S = 10


class Channel:
    """Where a statistics channel listens, or will listen."""

    def __init__(self, lab=None, address="127.0.0.1", port=None, allow="localhost;"):
        self.address = address
        self._port = None
        if port is None:
            self._port = Port((address,))
            port = self._port.number
            if lab is not None:
                lab.defer(self._port.close)
        self.port = port
        self.allow = allow
        self._met = False

    @property
    def parameter(self):
        """The statement for the plugin's braces."""
        allow = f" allow {{ {self.allow} }}" if self.allow is not None else ""
        return f"statistics-channel {self.address} port {self.port}{allow};"

    @property
    def name(self):
        """As xfrwatch prints it."""
        return f"{self.address}#{self.port}"

    @property
    def url(self):
        """Of the page."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}/"

    def connection(self, source=None):
        """An http.client connection, to be closed by the caller."""
        return http.client.HTTPConnection(
            self.address, self.port, timeout=TIMEOUT_S,
            source_address=(source, 0) if source else None)

    def socket(self, source=None, timeout=TIMEOUT_S):
        """A plain connection, to be closed by the caller."""
        return socket.create_connection(
            (self.address, self.port), timeout, (source, 0) if source else None)

    def request(self, path, method="GET", headers=None, source=None):
        """Status, header fields (names in small letters), body."""
        connection = self.connection(source)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, answer.read()
        finally:
            connection.close()

    def get(self, path, **kwargs):
        """The body of an answer that must be 200, as text."""
        status, _fields, body = self.request(path, **kwargs)
        assert status == 200, (path, status, body[:500])
        return body.decode()

    def json(self, path="/json/v1/status"):
        """The same, parsed.  named opens it a moment after it begins to serve."""
        if not self._met:
            wait_until(self.listens, TIMEOUT_S, f"a listener at {self.name}")
            self._met = True
        return json.loads(self.get(path))

    def all_zones(self, query=""):
        """Every zone object, page by page."""
        zones, after = [], ""
        while True:
            page = self.json(f"/json/v1/zones?{query}{after}")
            zones += page["zones"]
            if "next" not in page:
                return zones
            after = ("&" if query else "") + "after=" + page["next"]

    def listens(self):
        """Whether anybody takes a connection there."""
        try:
            self.socket().close()
        except ConnectionRefusedError:
            return False
        return True

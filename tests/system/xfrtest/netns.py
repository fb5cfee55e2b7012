# SPDX-License-Identifier: MPL-2.0
# Two hosts on one wire: network namespaces A (the secondary's) and B (the
# primary's) joined by a veth pair, with IPv4 and IPv6, and packet filters in
# either.  Names are fresh for each test; everything is removed at the end.
"""Hosts in network namespaces, and filters between them."""

import ctypes
import os
import secrets
import subprocess
import threading

import pytest

CLONE_NEWNET = 0x40000000
ADDRESSES = {
    "A": ("10.77.0.1", "fd77::1"),
    "B": ("10.77.0.2", "fd77::2"),
}


def ip(*args, check=True):
    """Run ip(8) and return its output."""
    return subprocess.run(
        ["ip", *map(str, args)], check=check, text=True, capture_output=True
    ).stdout


def run_in(namespace, function):
    """Call function() in a thread that lives in that namespace; None: here.

    Sockets stay in the namespace in which they were made.
    """
    if namespace is None:
        return function()
    outcome = {}

    def body():
        try:
            with open(f"/run/netns/{namespace}") as handle:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            outcome["value"] = function()
        except BaseException as error:  # handed to the caller below
            outcome["error"] = error

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def require():
    """Skip the test where namespaces cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")


class Hosts:
    """Hosts "A" and "B"; `name["A"]` is the namespace's name."""

    def __init__(self):
        require()
        tag = f"xfw{os.getpid()}-{secrets.token_hex(3)}"
        self.name = {"A": tag + "a", "B": tag + "b"}
        self._made = []
        self._tables = set()
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _make(self):
        for host in "AB":
            ip("netns", "add", self.name[host])
            self._made.append(self.name[host])
        ip("link", "add", "va", "netns", self.name["A"], "type", "veth",
           "peer", "name", "vb", "netns", self.name["B"])
        for host, link in (("A", "va"), ("B", "vb")):
            v4, v6 = ADDRESSES[host]
            self.ip(host, "link", "set", "lo", "up")
            self.ip(host, "addr", "add", v4 + "/24", "dev", link)
            self.ip(host, "addr", "add", v6 + "/64", "dev", link, "nodad")
            self.ip(host, "link", "set", link, "up")

    def ip(self, host, *args, check=True):
        """Run `ip -n HOST ...`."""
        return ip("-n", self.name[host], *args, check=check)

    def run(self, host, *command, check=True):
        """Run a command inside the host's namespace."""
        return subprocess.run(
            ["ip", "netns", "exec", self.name[host], *command],
            check=check, text=True, capture_output=True,
        ).stdout

    def address(self, host, family=4):
        """The host's address on the wire."""
        return ADDRESSES[host][0 if family == 4 else 1]

    def sysctl(self, host, key, value):
        """Set a sysctl of the host."""
        self.run(host, "sysctl", "-q", "-w", f"{key}={value}")

    def filter(self, host, *rules, hook="input"):
        """Install packet filter rules, in place of those set before."""
        self.unfilter(host)
        text = [f"add table inet xfw",
                f"add chain inet xfw c {{ type filter hook {hook} priority 0; }}"]
        text += [f"add rule inet xfw c {rule}" for rule in rules]
        subprocess.run(
            ["ip", "netns", "exec", self.name[host], "nft", "-f", "-"],
            input="\n".join(text) + "\n", text=True, check=True,
            capture_output=True,
        )
        self._tables.add(host)

    def unfilter(self, host):
        """Lift the filter."""
        if host in self._tables:
            self.run(host, "nft", "delete", "table", "inet", "xfw")
            self._tables.discard(host)

    def close(self):
        """Remove both hosts."""
        while self._made:
            ip("netns", "del", self._made.pop(), check=False)

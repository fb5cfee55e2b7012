# SPDX-License-Identifier: MPL-2.0
# What a scrape costs behind its answer: nothing. A connection to named's control channel
# has the debug level followed closely for half a second; one to our own channel has not.
"""Scrapes do not keep the monitor busy."""

import os
import time

from xfrtest.channel import Channel
from xfrtest.watch import wait_until

SPAN_S = 1
QUIET = 150  # sleeps in that time, at most; a second of following has some 500 more


def sleeps(server):
    """How often the monitor's thread has gone to sleep."""
    tasks = f"/proc/{server.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status", encoding="ascii") as inp:
            fields = dict(line.split(":", 1) for line in inp)
        if fields["Name"].strip() == "xfrwatch":
            return int(fields["voluntary_ctxt_switches"])
    raise AssertionError("no thread of xfrwatch")


def in_a_second(server):
    """Sleeps in the time from now on."""
    before, end = sleeps(server), time.monotonic() + SPAN_S
    wait_until(lambda: time.monotonic() >= end, SPAN_S + 5, "a second")
    return sleeps(server) - before


def test_a_scrape_is_over_with_its_answer(lab, plugin):
    """No wake-ups behind it."""
    assert plugin
    channel = Channel(lab)
    server = lab.secondary(parameters=f"log yes; {channel.parameter}").start()
    channel.json()
    wait_until(lambda: in_a_second(server) < QUIET, 30, "the end of the start")
    channel.get("/metrics")
    assert in_a_second(server) < QUIET

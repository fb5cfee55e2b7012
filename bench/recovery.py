#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# How long zones wait behind an outage, with recovery-refresh and without: the 312
# zones of tests/system/test_blocked_port.py. TCP to their primary is dropped until
# all of them fail, and some time more; then it passes again. Both are measured in one
# run, each in namespaces of its own. Needs root and XFW_PLUGIN; takes up to 20 minutes.
"""Measure the median and the last recovery of 312 zones."""

import os
import statistics
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tests", "system"))

from test_blocked_port import REFRESH_S, Scene, ZONES, names  # noqa: E402
from xfrtest import Lab  # noqa: E402
from xfrtest.faults import NEW  # noqa: E402
from xfrtest.named import plugin_path  # noqa: E402
from xfrtest.watch import wait_until  # noqa: E402

BLOCKED_S = 60      # from then on that all zones fail
GIVE_UP_S = 900
CONNECT_S = 7       # until a connection attempt times out, as in the short test
POLL_S = 0.2


def all_failing(scene):
    """One incident with all zones."""
    incidents = scene.secondary.dump_block()["incidents"]
    return len(incidents) == 1 and incidents[0].get("zones") == ZONES


def recovery_times(scene):
    """Seconds from the end of the outage until each zone has the new serial."""
    times = []
    with scene.secondary.watch() as log:
        scene.lift()
        began = time.monotonic()

        def collect():
            seen = len(log.matches(rf"transferred serial {NEW}"))
            times.extend([time.monotonic() - began] * (seen - len(times)))
            return seen >= ZONES

        wait_until(collect, GIVE_UP_S, "recovery of all zones", POLL_S)
    assert all(scene.gained(name) for name in names())
    return times


def measure(parameters, results):
    """One outage with these parameters of the plugin."""
    try:
        with Lab(parameters=f"log yes; {parameters}") as lab:
            scene = Scene(lab, "drop", CONNECT_S)
            scene.start()
            scene.block()
            wait_until(lambda: all_failing(scene), 2 * REFRESH_S, "all zones failing", 1)
            failing = time.monotonic()
            wait_until(lambda: time.monotonic() - failing > BLOCKED_S, BLOCKED_S + 5,
                       "the end of the outage")
            results[parameters] = recovery_times(scene)
    except Exception as error:  # pylint: disable=broad-except; said below
        results[parameters] = error


def main():
    """Both, at the same time; one table."""
    if plugin_path() is None:
        sys.exit("XFW_PLUGIN does not name a plugin")
    results = {"recovery-refresh no;": None, "recovery-refresh yes;": None}
    threads = [threading.Thread(target=measure, args=(parameters, results))
               for parameters in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{ZONES} zones, seconds from the end of the outage")
    for parameters, times in results.items():
        if isinstance(times, Exception):
            print(f"{parameters:24} failed: {times}")
            continue
        print(f"{parameters:24} first {min(times):6.1f}  median "
              f"{statistics.median(times):6.1f}  last {max(times):6.1f}")
    return any(isinstance(times, Exception) for times in results.values())


if __name__ == "__main__":
    sys.exit(main())

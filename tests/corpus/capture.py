#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# Makes the corpus anew: runs each fault and each healthy scene between real
# servers and keeps the lines that the secondary printed, unedited.
"""Write <series>/<name>.log and <series>/<name>.debug3.log.

Usage: capture.py [--only SUBSTRING] [--jobs N] [--info-only | --debug-only]
Environment: XFW_NAMED_ROOT, the root directory of another series' installation
(secondaries run in it with chroot; it wants /proc); XFW_NAMED, named's path.  Needs root for
the faults between hosts.
"""

import argparse
import concurrent.futures
import os
import re
import sys
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))

from xfrtest import Lab  # noqa: E402
from xfrtest.faults import FAULTS  # noqa: E402
from xfrtest.named import named_version  # noqa: E402
from xfrtest.scenes import SCENES  # noqa: E402

# What libdns logs under; the rest is named's own talk and never reaches the tap.
CATEGORIES = re.compile(
    r"^(general|xfer-in|notify|dnssec|zoneload|database|security|update): ")
# Lines of named itself (not of libdns) in category general.
NOT_LIBDNS = re.compile(
    r"control (channel|connection)|exclusive task mode|loading configuration|working directory|trust anchors|GeoIP|"
    r"port range|task pool|scheduled loading|newly configured|configuration succeeded|"
    r": running$|all zones loaded|shutting down|stopping command channel|exiting$|"
    r"set maximum|load_configuration|load_zones|apply_configuration|automatic empty|"
    r"managed-keys|listening on|no longer listening|generating session key|"
    r"loading additional|the rndc|/xfrtest-")
SLOW_SERIES_FACTOR = 5


def capture(name, debug, full):
    """Run one; return (name, debug, text of the file or None, complaint)."""
    cls = FAULTS.get(name) or SCENES[name]
    try:
        with Lab(debug=debug, plugin=False) as lab:
            scene = cls(lab)
            scene.setup()
            log = scene.secondary.watch()
            scene.inject()
            scene.provoke()
            factor = SLOW_SERIES_FACTOR if full.startswith("9.2") else 1
            log.wait_all(scene.expected_lines(debug >= 3), scene.timeout * factor)
            if scene.secondary.running:
                scene.secondary.rndc("status")
            lines = [line for line in log.lines()
                     if CATEGORIES.match(line) and not NOT_LIBDNS.search(line)]
            return name, debug, header(scene, debug, full) + "".join(
                line + "\n" for line in lines), None
    except BaseException:  # told to the user, who decides
        return name, debug, None, traceback.format_exc()


def header(scene, debug, full):
    """The comment in front of the lines."""
    about = (scene.__doc__ or "").strip().splitlines()[0]
    return (f"# named: {full}\n# scene: {scene.name}\n# about: {about}\n"
            f"# debug: {debug}\n# cause: {scene.cause or 'none'}\n"
            f"# state: {scene.state or '-'}\n# zone: {getattr(scene, 'member', scene.zone)}\n"
            f"# primary: {scene.address or '-'}\n")


def main():
    """Capture what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names that hold this text")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--info-only", action="store_true")
    parser.add_argument("--debug-only", action="store_true")
    arguments = parser.parse_args()
    full = named_version(os.environ.get("XFW_NAMED_ROOT") or None)
    series = full.partition("-")[0]
    directory = os.path.join(HERE, series)
    os.makedirs(directory, exist_ok=True)
    work = [(name, debug) for name in [*FAULTS, *SCENES] for debug in (0, 3)
            if arguments.only in name
            and not (debug and arguments.info_only)
            and not (not debug and arguments.debug_only)
            and (debug or (FAULTS.get(name) or SCENES[name]).lines)]
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        jobs = [pool.submit(capture, name, debug, full) for name, debug in work]
        for job in concurrent.futures.as_completed(jobs):
            name, debug, text, complaint = job.result()
            if text is None:
                failed += 1
                print(f"FAILED {name} debug {debug}\n{complaint}", flush=True)
                continue
            suffix = ".debug3.log" if debug else ".log"
            with open(os.path.join(directory, name + suffix), "w") as out:
                out.write(text)
    print(f"{series}: {len(work) - failed} captured, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

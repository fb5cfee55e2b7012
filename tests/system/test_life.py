# SPDX-License-Identifier: MPL-2.0
# The plugin's life in named, and named's death with it: reconfiguration under
# load, coming and going, endings of every kind.  named must not notice.
"""Reconfiguration, removal, failure to start, and every way to end."""

import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from xfrtest import Lab
from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.load import Load, resident_kb
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text
from test_logging import differences, read_logs

RECONFIGURATIONS = 200
GROWTH_MAX_KB = 40 * 1024
VALGRIND_FACTOR = 30


def zone_at(port, zone=ZONE, extra=""):
    """A secondary zone statement."""
    return (f'zone "{zone}" {{ type secondary; primaries {{ 127.0.0.1 port {port}; }}; '
            f'file "{zone}.db"; request-ixfr no; {extra} }};\n')


def build(lab, mode="good", **kwargs):
    """A scripted primary and a secondary of it, not started."""
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    primary.mode = mode
    secondary = lab.secondary(**kwargs)
    secondary.config = zone_at(primary.port)
    return secondary, primary


@pytest.mark.parametrize("command", ["reconfig", "reload"])
def test_two_hundred_times_under_load(lab, plugin, command):
    """named answers all the time, does not grow, and ends with status 0."""
    assert plugin
    secondary, _ = build(lab)
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    with Load(secondary, ZONE) as load:
        for number in range(RECONFIGURATIONS):
            secondary.rndc(command)
            if number == RECONFIGURATIONS // 4:
                early = resident_kb(secondary)
        grown = resident_kb(secondary) - early
    assert secondary.running
    assert load.answered > RECONFIGURATIONS and load.failed <= load.answered // 100
    assert grown < GROWTH_MAX_KB, f"{grown} KB"
    assert secondary.dump_block()["zones"] == {"ok": 1}
    assert secondary.stop() == 0


def test_added_and_removed_by_reconfig(lab, plugin):
    """The plugin comes and goes with the configuration, again and again."""
    secondary, _ = build(lab)
    secondary.plugin = False
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    with Load(secondary, ZONE):
        for _ in range(10):
            secondary.plugin = plugin
            secondary.reconfig()
            assert secondary.dump_block()["zones"] == {"ok": 1}
            blocks = len(secondary.stats_blocks())
            secondary.plugin = False
            secondary.reconfig()
            secondary.rndc("stats")
            with pytest.raises(TimeoutError):
                wait_until(lambda: len(secondary.stats_blocks()) > blocks, 0.5)
    with secondary.watch() as log:
        secondary.rndc("retransfer", ZONE)
        log.wait(r"Transfer completed: ")
    assert secondary.stop() == 0


def test_reconfig_that_fails(lab, plugin):
    """A bad configuration is refused; the plugin goes on with the old one."""
    assert plugin
    secondary, primary = build(lab, mode="transfer-refused")
    secondary.start()
    wait_until(lambda: secondary.dump_block()["incidents"], 20, "an incident")
    good, parameters = secondary.config, secondary.parameters
    for config, text in ((good + "nonsense;\n", parameters),
                         (good, "reminder-interval tomorrow;"),
                         (good + zone_at(primary.port), parameters)):
        secondary.config, secondary.parameters = config, text
        secondary.write_config()
        assert secondary.rndc("reconfig", check=False) is None
        assert secondary.dump_block()["incidents"]
    secondary.config, secondary.parameters = good, parameters
    secondary.reconfig()
    primary.mode = "good"
    with secondary.watch() as log:
        secondary.rndc("refresh", ZONE)
        log.wait(r"xfrwatch: incident=\d+ event=resolved ")
    assert secondary.stop() == 0


def test_history_survives_reconfig(lab, plugin):
    """Counts, incident and failing zone are the same after reconfig and reload."""
    assert plugin
    secondary, _ = build(lab, mode="transfer-refused")
    secondary.start()
    # It is "failing" until named's own timers say that it never loaded.
    before = wait_until(lambda: (lambda b: b if b["incidents"] and b["zones"].get(
        "never loaded") else None)(secondary.dump_block()), 20, "an incident")
    for command in ("reconfig", "reload"):
        secondary.rndc(command)
        after = secondary.dump_block()
        assert after["incidents"][0]["id"] == before["incidents"][0]["id"]
        assert after["causes"]["refused-transfer"] >= before["causes"]["refused-transfer"]
        assert after["zones"] == before["zones"]
    opened = [line for line in secondary.log_lines() if "event=opened" in line]
    assert len(opened) == 1


def test_zones_come_and_go(lab, plugin):
    """Zones of a reconfiguration and of rndc addzone are known within two seconds."""
    assert plugin
    secondary, primary = build(lab, options="allow-new-zones yes;")
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    total = lambda: sum(secondary.dump_block()["zones"].values())  # noqa: E731
    wait_until(lambda: total() == 1, 2, "one zone")
    secondary.config += zone_at(primary.port, "second.example")
    secondary.reconfig()
    wait_until(lambda: total() == 2, 3, "the second zone")
    secondary.rndc("addzone", "third.example", "{ type secondary; primaries "
                   f"{{ 127.0.0.1 port {primary.port}; }}; }};")
    wait_until(lambda: total() == 3, 3, "the third zone")
    secondary.rndc("delzone", "third.example")
    wait_until(lambda: total() == 2, 3, "the third zone's end")
    secondary.config = zone_at(primary.port)
    secondary.reconfig()
    wait_until(lambda: total() == 1, 3, "the second zone's end")


def test_two_views_and_reconfig(lab, plugin):
    """Two views with a plugin statement each, fifty reconfigurations, a view that goes."""
    assert plugin
    secondary, primary = build(lab)
    view = ('view "{0}" {{ match-clients {{ {1}; }}; zone "' + ZONE + '" {{ type secondary; '
            "primaries {{ 127.0.0.1 port " + str(primary.port) + "; }}; }}; }};\n")
    secondary.config = view.format("one", "127.0.0.1") + view.format("two", "any")
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    wait_until(lambda: secondary.dump_block()["zones"] == {"ok": 2}, 10, "both zones")
    with Load(secondary, ZONE):
        for _ in range(50):
            secondary.rndc("reconfig")
    assert secondary.dump_block()["zones"] == {"ok": 2}
    secondary.config = view.format("one", "127.0.0.1")
    secondary.reconfig()
    wait_until(lambda: secondary.dump_block()["zones"] == {"ok": 1}, 3, "one zone")
    assert secondary.stop() == 0


def test_statement_without_braces(lab, plugin):
    """`plugin query "xfrwatch.so";` works, with the defaults."""
    assert plugin
    secondary, _ = build(lab)
    secondary.parameters = None
    status, output = secondary.check_config()
    assert status == 0, output
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    assert secondary.dump_block()["zones"] == {"ok": 1}
    assert secondary.stop() == 0


def test_all_zones_fail_at_the_start(lab, plugin):
    """Fifty zones that all fail from the beginning: one incident."""
    assert plugin
    secondary, primary = build(lab)
    port = primary.port
    primary.close()
    secondary.config = "".join(zone_at(port, f"z{n}.example") for n in range(50))
    secondary.start()
    block = wait_until(lambda: (lambda b: b if b["zones"] == {"never loaded": 50}
                                and b["incidents"]
                                and b["incidents"][0]["zones"] == 50 else None)(
        secondary.dump_block()), 30, "50 zones never loaded")
    assert [i["cause"] for i in block["incidents"]] == ["connect-refused"]
    assert secondary.stop() == 0


ENDINGS = {
    "rndc-stop": lambda named: named.rndc("stop"),
    "rndc-halt": lambda named: named.rndc("halt"),
    "SIGTERM": lambda named: named.signal(signal.SIGTERM),
    "SIGINT": lambda named: named.signal(signal.SIGINT),
}


def _life(path, ending, mode, under_load):
    with Lab() as lab:
        secondary, _ = build(lab, mode=mode, plugin=path or False)
        with secondary.watch() as log:
            secondary.start()
            log.wait(r"Transfer completed: ")
            if under_load:
                with Load(secondary, ZONE) as load:
                    wait_until(lambda: load.answered + load.failed > 50, 20, "some load")
                    ENDINGS[ending](secondary)
                    status = secondary.wait_exit()
            else:
                ENDINGS[ending](secondary)
                status = secondary.wait_exit()
        return status, read_logs(secondary)


@pytest.mark.parametrize("mode", ["good", "transfer-refused"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_endings(plugin, ending, mode):
    """Exit status and log are those of named without the plugin."""
    without, with_plugin = _life(None, ending, mode, False), _life(plugin, ending, mode, False)
    assert with_plugin[0] == without[0] == 0
    assert not differences(without[1], with_plugin[1])


@pytest.mark.parametrize("ending", ENDINGS)
def test_endings_under_load(plugin, ending):
    """The same while queries come in."""
    assert _life(plugin, ending, "good", True)[0] == 0


@pytest.mark.parametrize("wait_s", [0, 0.02, 0.1])
def test_ended_while_starting(lab, plugin, wait_s):
    """SIGTERM soon after the plugin was loaded."""
    assert plugin
    secondary, _ = build(lab)
    with secondary.watch("startup.log") as log:
        secondary.spawn()
        log.wait(r"registering plugin '.*xfrwatch")
        wait_until(lambda ends=time.monotonic() + wait_s: time.monotonic() >= ends, 1)
        secondary.signal(signal.SIGTERM)
        # What named does with a signal at this moment is its own affair: it may
        # count as a failure to start, find no handler yet, and without any
        # plugin 9.18.49 aborts in dns_cache_create() one time in forty.
        assert secondary.wait_exit() in (0, 1, -signal.SIGTERM, -signal.SIGABRT)
    critical = [line for name in ("startup.log", "named.log")
                for line in secondary.read(name).splitlines() if ": critical: " in line]
    assert not any("xfrwatch" in line for line in critical), critical


def _failed_start(path, prepare):
    with Lab() as lab:
        secondary, _ = build(lab, plugin=path or False)
        prepare(lab, secondary)
        secondary.spawn()
        status = secondary.wait_exit()
        return status, read_logs(secondary)


def _port_taken(lab, secondary):
    taken = socket.socket()
    taken.bind(("127.0.0.1", secondary.port))
    taken.listen(1)
    lab.defer(taken.close)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", secondary.port))
    lab.defer(udp.close)


def _broken_zone(_lab, secondary):
    secondary.config += 'zone "x.example" { type secondary; };\n'


def _unknown_directory(_lab, secondary):
    secondary.options += 'directory "/nonexistent";'
    secondary.options += "no-such-option yes;"


@pytest.mark.parametrize("prepare", [_broken_zone, _unknown_directory])
def test_failure_to_start(plugin, prepare):
    """A named that cannot start fails with the same status and log."""
    without, with_plugin = _failed_start(None, prepare), _failed_start(plugin, prepare)
    assert without[0] == with_plugin[0] != 0
    assert not differences(without[1], with_plugin[1])


def test_port_in_use(plugin):
    """named's port is taken: what happens is what happens without the plugin."""
    outcomes = []
    for path in (None, plugin):
        with Lab() as lab:
            secondary, _ = build(lab, plugin=path or False)
            _port_taken(lab, secondary)
            secondary.spawn()
            with secondary.watch("startup.log", from_start=True) as log:
                log.wait(r"unable to listen on any configured interfaces", 20)
                status = None
                try:
                    status = secondary.process.wait(5)
                except subprocess.TimeoutExpired:
                    secondary.signal(signal.SIGTERM)
                outcomes.append((status, secondary.wait_exit(), read_logs(secondary)))
    assert outcomes[0][:2] == outcomes[1][:2]
    assert not differences(outcomes[0][2], outcomes[1][2])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_valgrind(lab, plugin):
    """No error and no leak that is ours, over a life with everything in it."""
    assert plugin
    if not shutil.which("valgrind"):
        pytest.skip("no valgrind")
    secondary, primary = build(lab)
    report = secondary.path("valgrind.txt")
    secondary.prefix = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect",
                        "--num-callers=30", "--fair-sched=yes", f"--log-file={report}"]
    secondary.environ = {"GLIBCXX_FORCE_NEW": "1"}
    secondary.start(timeout=4 * VALGRIND_FACTOR)
    secondary.wait_serial(ZONE, OLD, timeout=2 * VALGRIND_FACTOR)
    primary.mode = "transfer-refused"
    next(iter(primary.zones.values())).serial = NEW
    with secondary.watch() as log:
        secondary.rndc("refresh", ZONE)
        log.wait(r"xfrwatch: incident=\d+ event=opened", VALGRIND_FACTOR)
        for _ in range(5):
            secondary.rndc("reconfig")
            secondary.rndc("stats")
        primary.mode = "good"
        secondary.rndc("refresh", ZONE)
        log.wait(r"xfrwatch: incident=\d+ event=resolved", VALGRIND_FACTOR)
    assert secondary.stop(timeout=4 * VALGRIND_FACTOR) == 0
    records = re.split(r"\n==\d+== \n", secondary.read("valgrind.txt"))
    ours = [record for record in records if "xfw_" in record or "xfrwatch.so" in record]
    assert not ours, "\n\n".join(ours)

# SPDX-License-Identifier: MPL-2.0
# Each fault by its name: named itself says that the fault is real, and
# xfrwatch says which one it is, in the log and in the statistics file.
"""Every fault: named's own lines, the cause, the recovery."""

import pytest

from xfrtest.faults import FAULTS
from xfrtest.scenes import SCENES
from xfrtest.watch import wait_until

LINE_TIMEOUT_S = 10
STATES = {"ok": "ok", "failing": "failing", "expired": "expired",
          "never-loaded": "never loaded"}


def parameters():
    """The faults, the slow ones marked."""
    for name, cls in FAULTS.items():
        marks = [pytest.mark.slow] if cls.slow else []
        if cls.hosts:
            marks.append(pytest.mark.hosts)
        yield pytest.param(cls, id=name, marks=marks)


def break_it(fault, debug):
    """Set up, inject, provoke; return the watchers, opened before the fault."""
    fault.setup()
    log = fault.secondary.watch()
    fault.inject()
    fault.provoke()
    log.wait_all(fault.expected_lines(debug), fault.timeout)
    return log


@pytest.mark.parametrize("cls", parameters())
def test_named_says_so(cls, lab):
    """The fault is real: named prints its lines, and recovers when it is mended."""
    silent = not cls.lines
    lab.plugin = False
    lab.debug = 3 if silent else 0
    fault = cls(lab)
    break_it(fault, debug=silent)
    if fault.heals:
        fault.heal()
        fault.recovered()


@pytest.mark.parametrize("cls", parameters())
def test_cause_in_log_and_statistics(cls, lab, plugin):
    """xfrwatch names the cause, counts the attempt once, and sees the recovery."""
    fault = cls(lab)
    break_it(fault, debug=False).close()
    causes = {fault.cause, *fault.refined}
    block = wait_until(lambda: _with_cause(fault, causes), fault.notice_s,
                       f"{fault.cause} and {fault.state} in the statistics file")
    cause = next(iter(causes & set(block["causes"])))
    _check_block(fault, block, cause)
    with fault.secondary.watch(from_start=True) as log:
        opened = log.wait(_opened(fault, causes), LINE_TIMEOUT_S)
        if fault.heals:
            fault.heal()
            fault.recovered()
            if fault.state != "ok":
                # By then the primary may have been asked, and the cause be another.
                causes |= {"connect-refused"} if fault.restarts else set()
                log.wait(rf"xfrwatch: incident={opened['number']} event=resolved "
                         rf"severity=\S+ cause=({'|'.join(causes)}) ", LINE_TIMEOUT_S)
    assert fault.secondary.stop() == 0


def _with_cause(fault, causes):
    block = fault.secondary.dump_block()
    if not causes & set(block["causes"]):
        return None
    # A zone's timers, and so never-loaded, are known within two seconds.
    return block if fault.state is None or block["zones"].get(STATES[fault.state]) else None


def _check_block(fault, block, cause):
    if fault.attempts is not None:
        assert block["causes"][cause] == 1 or fault.attempts != 1, block["lines"]
        assert sum(block["causes"].values()) <= max(fault.attempts, 1), block["lines"]
    if fault.address is not None:
        assert cause in block["primaries"].get(fault.address, {}), block["lines"]
    if fault.state == "ok":
        assert not block["zones"].get("failing"), block["lines"]
    assert block["recorder"]["messages unclassified"] == 0, block["lines"]
    assert block["recorder"]["events lost"] == 0


def _opened(fault, causes):
    primary = r"\S+" if fault.address is None else fault.address.replace(".", r"\.")
    return (rf"xfrwatch: incident=(?P<number>\d+) event=opened severity=\w+ "
            rf"cause=({'|'.join(sorted(causes))}) primary={primary} "
            r"zones=\d+ first-zone=\S+")


@pytest.mark.parametrize("name", SCENES)
def test_healthy_scenes_are_no_failures(name, lab, plugin):
    """Nothing is reported where nothing is wrong."""
    assert plugin
    scene = SCENES[name](lab)
    scene.setup()
    with scene.secondary.watch() as log:
        scene.inject()
        scene.provoke()
        log.wait_all(scene.expected_lines(), scene.timeout)
        if scene.secondary.running:
            block = scene.secondary.dump_block()
            assert not block["causes"] and not block["failing"], block["lines"]
            assert block["recorder"]["messages unclassified"] == 0, block["lines"]
            assert scene.secondary.stop() == 0
        assert not log.matches(r"xfrwatch: incident=")


def test_every_fault_of_the_issue_is_here():
    """The list is complete and each fault says what it causes."""
    for name, cls in FAULTS.items():
        assert cls.cause, name
        assert cls.lines or cls.debug_lines, name

# SPDX-License-Identifier: MPL-2.0
# Reader of the block that xfrwatch appends to named's statistics file; strict
# about its layout, so that a change of the layout fails a test.
"""The xfrwatch blocks of a statistics file, as dictionaries."""

import re

BEGIN = re.compile(r"^\+\+\+ xfrwatch Statistics Dump \+\+\+ \((\d+)\)$")
END = re.compile(r"^--- xfrwatch Statistics Dump --- \((\d+)\)$")
HEADING = re.compile(r"^\+\+ (.+) \+\+$")
COUNT = re.compile(r"^ *(\d+) (.+)$")
PRIMARY = re.compile(r"^\[primary (\S+)\]$")
VIEW = re.compile(r"^\[View: (.+)\]$")
INCIDENT = re.compile(r"^\[incident (\d+)\] (\S+) (\S+) primary (\S+)$")
DEADLINE = re.compile(r"^seconds to the nearest deadline \((\S+)\)(?: by (signature))?$")
NOTE = re.compile(r"^ {21}(check|cascade|heard as|checked zone|why|step \d+):? (.+)$")
MODE = re.compile(r"^ {21}mode: (reduced), built for BIND (\S+), running in BIND (\S+)$")
FINDING = re.compile(r"^([a-z-]+): (.+?)(?: \((agrees|contradicts)\))?$")
ZONE_KEYS = ("primary", "failures", "failing-for", "deadline-in", "serving", "offered")


class FormatError(ValueError):
    """A line that interfaces.md does not know."""


def read_blocks(path):
    """All complete xfrwatch blocks of a file, oldest first."""
    try:
        with open(path, encoding="utf-8") as inp:
            return parse_blocks(inp.read())
    except FileNotFoundError:
        return []


def parse_blocks(text):
    """All complete xfrwatch blocks of a text.

    Each: time, and by heading: zones {state: n} without zeros, attempts {what: n}, causes
    {name: n}, texts {name: text}, primaries {address: {cause: n}}, incidents
    [..], failing {"zone/IN": {...}}, recorder {what: n}, mode None or (mode, version
    built for, version running). An incident's findings are "evidence" [{check, result,
    stance}], its plan "steps" [..].
    """
    blocks, lines = [], None
    for line in text.splitlines():
        if BEGIN.match(line):
            lines = [line]
        elif lines is not None:
            lines.append(line)
            if END.match(line):
                blocks.append(_parse(lines))
                lines = None
    return blocks


def _parse(lines):
    block = {"time": int(BEGIN.match(lines[0]).group(1)), "headings": [],
             "zones": {}, "attempts": {}, "causes": {}, "texts": {},
             "primaries": {}, "incidents": [], "failing": {}, "recorder": {},
             "mode": None, "more": None, "lines": lines}
    if int(END.match(lines[-1]).group(1)) != block["time"]:
        raise FormatError("begin and end of the block differ in time")
    section, subhead = None, None
    for line in lines[1:-1]:
        heading = HEADING.match(line)
        if heading:
            section, subhead = heading.group(1), None
            block["headings"].append(section)
        elif section == "Failures by Primary" and PRIMARY.match(line):
            subhead = block["primaries"].setdefault(PRIMARY.match(line).group(1), {})
        elif section == "Open Incidents" and INCIDENT.match(line):
            number, severity, cause, primary = INCIDENT.match(line).groups()
            subhead = {"id": int(number), "severity": severity, "cause": cause,
                       "primary": primary, "facts": [], "evidence": [], "steps": []}
            block["incidents"].append(subhead)
        elif section == "Open Incidents" and subhead is not None and NOTE.match(line):
            _noted(subhead, *NOTE.match(line).groups())
        elif section == "Failing Zones" and VIEW.match(line):
            subhead = VIEW.match(line).group(1)
        elif section == "Recorder" and block["mode"] is None and MODE.match(line):
            block["mode"] = MODE.match(line).groups()
        elif section == "Failing Zones":
            _failing(block, line, subhead)
        else:
            _counted(block, section, subhead, line)
    return block


def _counted(block, section, subhead, line):
    match = COUNT.match(line)
    if not match:
        raise FormatError(f"in {section}: {line!r}")
    count, what = int(match.group(1)), match.group(2)
    if section == "Secondary Zones":
        if count:
            block["zones"][what] = count
    elif section == "Refresh and Transfer Attempts":
        block["attempts"][what] = count
    elif section == "Failures by Cause":
        cause, separator, text = what.partition(": ")
        if not separator:
            raise FormatError(f"cause without text: {line!r}")
        block["causes"][cause] = count
        block["texts"][cause] = text
    elif section == "Failures by Primary" and subhead is not None:
        subhead[what] = count
    elif section == "Open Incidents" and subhead is not None:
        subhead["facts"].append(what)
        if what == "zones":
            subhead["zones"] = count
        elif what == "seconds failing":
            subhead["failing-for"] = count
        elif what == "zones expired":
            subhead["expired"] = count
        elif what == "percent sure":
            subhead["confidence"] = count
        elif DEADLINE.match(what):
            subhead["deadline-in"] = count
            subhead["deadline-zone"], by = DEADLINE.match(what).groups()
            if by:
                subhead["deadline-by"] = by
        else:
            raise FormatError(f"incident: {line!r}")
    elif section == "Recorder":
        block["recorder"][what] = count
    else:
        raise FormatError(f"in {section}: {line!r}")


def _noted(incident, what, text):
    if what == "check":
        match = FINDING.match(text)
        if not match:
            raise FormatError(f"finding: {text!r}")
        finding = zip(("check", "result", "stance"), match.groups())
        incident["evidence"].append({key: value for key, value in finding if value})
    elif what.startswith("step"):
        incident["steps"].append(text)
        if what != f"step {len(incident['steps'])}":
            raise FormatError(f"{what} out of order: {text!r}")
    else:
        incident[what.replace(" ", "-")] = int(text) if what == "cascade" else text


def _failing(block, line, view):
    words = line.split()
    if len(words) < 2 or words[1] == "more" or words[0].isdigit():
        block["more"] = line
        return
    zone = {"cause": words[1], "view": view}
    rest = words[2:]
    if len(rest) % 2:
        raise FormatError(f"failing zone: {line!r}")
    for key, value in zip(rest[::2], rest[1::2]):
        if key not in ZONE_KEYS and not re.match(r"^[a-z-]+$", key):
            raise FormatError(f"failing zone: {line!r}")
        zone[key] = int(value) if re.fullmatch(r"-?\d+", value) else value
    block["failing"][words[0]] = zone

# SPDX-License-Identifier: MPL-2.0
# Strict reader of xfrwatch's own log lines, as interfaces.md lays them out: a line
# that is not exactly so fails the test that reads it.
"""The key=value lines of xfrwatch, as dictionaries."""

import re

BARE = r'[^\s"=]+'
QUOTED = r'"[^"]*"'
PAIR = re.compile(rf" ([a-z][a-z-]*)=({QUOTED}|{BARE})")
HEAD = "xfrwatch:"
OURS = re.compile(r"xfrwatch: (?:incident|zone|cascade)=")

SEVERITIES = ("notice", "warning", "err", "crit", "alert")
# named's log has no level between error and critical.
LEVELS = {"notice": "notice", "warning": "warning", "err": "error", "crit": "critical",
          "alert": "critical"}

# In this order; "?" marks what is there only if there is something to say.
_DEADLINE = ["deadline-in", "deadline-zone", "deadline-by?", "serving", "offered",
             "confidence", "action"]
_HEAD = ["incident", "event", "severity", "cause", "primary"]
_INCIDENT = _HEAD + ["zones", "expired?"]
_NEXT = ["expired?", "next-in?", "next-zone?"]
KEYS = {
    "opened": _INCIDENT + ["first-zone"] + _DEADLINE,
    "escalated": _INCIDENT + ["failing-for"] + _DEADLINE,
    "reminder": _INCIDENT + ["failing-for"] + _DEADLINE,
    "resolved": _INCIDENT + ["failing-for", "stale-for"],
    "diagnosed": _HEAD[:4] + ["was?", "primary", "zones", "expired?", "checked-zone",
                              "evidence", "why?", "confidence", "action"],
    "expired": ["zone", "event", "severity", "cause", "primary", "serving"] + _NEXT,
    "cascade": ["cascade", "event", "severity", "incidents", "primaries", "zones",
                "primary?", "action"],
}
# Many zones at once: the first five have a line each, this one counts the others.
_EXPIRED_MORE = _HEAD + ["zones"] + _NEXT
PROSE = ("action", "evidence", "why")
VALUES = {
    "incident": r"[1-9]\d*", "event": r"[a-z]+", "severity": "|".join(SEVERITIES),
    "cause": r"[a-z]+(?:-[a-z]+)*", "primary": r"-|[0-9a-f.:%\w]+#\d+", "zones": r"[1-9]\d*",
    "failing-for": r"\d+s", "deadline-in": r"-|\d+s", "serving": r"-|\d+",
    "offered": r"-|\d+", "confidence": r"\d\d?", "expired": r"[1-9]\d*",
    "next-in": r"-|\d+s", "deadline-by": "signature", "stale-for": r"-|\d+s",
    "was": r"[a-z]+(?:-[a-z]+)*", "cascade": r"[1-9]\d*", "primaries": r"[1-9]\d*",
    "incidents": r"[1-9]\d*(?:,[1-9]\d*)*(?:,\.\.\.)?",
}


class LineError(ValueError):
    """A line that interfaces.md does not know."""


def parse(text):
    """One line, from "xfrwatch:" on (what a log puts before it is cut off)."""
    at = text.find(HEAD)
    if at < 0:
        raise LineError(f"not ours: {text!r}")
    rest = text[at + len(HEAD):]
    pairs, end = {}, 0
    for match in PAIR.finditer(rest):
        if match.start() != end:
            break
        if match.group(1) in pairs:
            raise LineError(f"{match.group(1)} twice: {text!r}")
        value = match.group(2)
        quoted = value.startswith('"')
        if quoted:
            value = value[1:-1]
            if match.group(1) not in PROSE and not re.search("[ =]", value):
                raise LineError(f"needless quotes: {text!r}")
        pairs[match.group(1)] = value
        end = match.end()
    if end != len(rest):
        raise LineError(f"cannot read {rest[end:]!r} of {text!r}")
    _check(pairs, text)
    return pairs


def _in_order(keys, expected):
    """Whether the keys are those expected, some of which may be left out."""
    for key in expected:
        if keys[:1] == [key.rstrip("?")]:
            keys = keys[1:]
        elif not key.endswith("?"):
            return False
    return not keys


def _check(pairs, text):
    expected = KEYS.get(pairs.get("event"))
    if pairs.get("event") == "expired" and "incident" in pairs:
        expected = _EXPIRED_MORE
    if expected is None:
        raise LineError(f"unknown event: {text!r}")
    if not _in_order(list(pairs), expected):
        raise LineError(f"keys {list(pairs)}, expected {expected}: {text!r}")
    if not text.isascii() or not text.isprintable():
        raise LineError(f"not plain text: {text!r}")
    for key, value in pairs.items():
        if key in VALUES and not re.fullmatch(VALUES[key], value):
            raise LineError(f"{key}={value!r}: {text!r}")


def ours(lines):
    """What xfrwatch said in these log lines about incidents and zones, parsed."""
    return [parse(line) for line in lines if OURS.search(line)]


def texts(lines):
    """The same as plain text, from "xfrwatch:" on."""
    return [line[line.index(HEAD):] for line in lines if OURS.search(line)]

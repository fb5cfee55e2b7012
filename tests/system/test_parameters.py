# SPDX-License-Identifier: MPL-2.0
# The parameters between the plugin's braces: what is refused and how it is told,
# what is accepted, and that a change takes effect without a restart.
"""Parameters, as named-checkconf and named see them."""

import os
import re
import shutil
import subprocess

import pytest

from xfrtest.faults import OLD, ZONE
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

CHECKCONF_TIMEOUT_S = 60
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                     "include", "xfrwatch", "params.tbl.h")
PARAM = re.compile(r'^XFW_PARAM\((\w+), "([^"]+)", (\w+), (\w+), (\d+), (\d+), (\d+),', re.M)
CHANNEL = "statistics-channel"
STEPS = ("warning", "err", "crit", "alert")
DAY_STEPS = ("warning", "err")
FACILITIES = ("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 "
              "local1 local2 local3 local4 local5 local6 local7").split()


def table():
    """params.tbl.h: name, kind, minimum, default, maximum of each parameter."""
    with open(TABLE, encoding="ascii") as inp:
        rows = PARAM.findall(inp.read())
    return [(name, kind, int(low), int(default), int(high))
            for _id, name, kind, _scope, low, default, high in rows]


ROWS = table()
NAMES = [row[0] for row in ROWS]
NUMBERS = [row for row in ROWS if row[1] == "NUMBER"]
BOOLS = [row[0] for row in ROWS if row[1] == "BOOL"]
DAYS = [row for row in ROWS if row[1] == "DAYS"]


def clause(row, value):
    """A parameter with that value."""
    name, kind = row[:2]
    if kind == "ESCALATION":
        return f"{name} {{ " + " ".join(f"{step} {value};" for step in STEPS) + " };"
    if kind == "DAYS":
        return f"{name} {{ warning {value}; err {value}; }};"
    if kind == "CHANNEL":
        return f"{name} 127.0.0.1 port {value} allow {{ localhost; }};"
    return f"{name} {value};"


class Checked:
    """What named-checkconf said."""

    def __init__(self, directory, text, prefix=(), name="named.conf"):
        if isinstance(text, str):
            text = text.encode()
        with open(os.path.join(directory, name), "wb") as out:
            out.write(text)
        result = subprocess.run(
            [*prefix, "named-checkconf", name], cwd=directory, check=False,
            timeout=CHECKCONF_TIMEOUT_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.status = result.returncode
        self.output = result.stdout.decode(errors="replace")

    def line(self, place):
        """The rest of the first message at a place ("file:line")."""
        for line in self.output.splitlines():
            if line.startswith(place + ": "):
                return line[len(place) + 2:]
        return pytest.fail(f"nothing about {place} in:\n{self.output[:4000]}")


def statement(plugin, block):
    """A plugin statement; block None: without braces."""
    return f'plugin query "{plugin}"' + (";\n" if block is None else f" {{{block}}};\n")


# Each: the block's lines, the line in question (from 0), and what the message about
# that line holds: the value or name, and what is allowed.  {names}: any line of the
# output must name every parameter.
def mistakes():
    """Every kind of mistake for every parameter."""
    for name in BOOLS:
        for word in ("maybe", "2", '""', '"yes "', "yess"):
            yield (f"{name}-{word}", ["", f"\t{name} {word};"], 1,
                   [f"'{name}'", f"'{word.strip(chr(34))}'", "yes or no"])
    for name, _kind, low, _default, high in NUMBERS:
        below = [] if low == 0 else [low - 1]
        for word in (*below, high + 1, -1, "x", "1x", "0x40", '""', "18446744073709551616",
                     "4294967360", "64.0"):
            yield (f"{name}-{word}", ["", "", f"\t{name} {word};", ""], 2,
                   [f"'{name}'", f"'{str(word).strip(chr(34))}'", f"from {low} to {high}"])
    for word in (65, 100, 8191, 1048575):
        yield (f"ring-size-{word}", [f"ring-size {word};"], 0,
               ["'ring-size'", f"'{word}'", "a power of two", "from 64 to 1048576"])
    for word in ("local8", "LOG_DAEMON", "yes", '""'):
        yield (f"syslog-{word}", ["", f"syslog {word};"], 1,
               ["'syslog'", f"'{word.strip(chr(34))}'", "none", *FACILITIES])
    for step in STEPS:
        for word in ("101", "-1", "many", "50%"):
            yield (f"escalation-{step}-{word}",
                   ["", "escalation {", f"\t{step} {word};", "};"], 2,
                   [f"'{step}'", f"'{word}'", "from 0 to 100"])
    for text in ("warning 10; err 50;", "err 76;", "alert 26;", "crit 9;"):
        yield (f"escalation-grows-{text}", ["", "log yes;", f"escalation {{ {text} }};"], 2,
               ["'escalation'", "must not grow", *re.findall(r"\w+ \d+", text)])
    for name, _kind, low, _default, high in DAYS:
        for step in DAY_STEPS:
            for word in (high + 1, "-1", "7d", "soon", "1.5", '""'):
                yield (f"{name}-{step}-{word}",
                       ["", f"{name} {{", f"\t{step} {word};", "};"], 2,
                       [f"'{step}'", f"'{str(word).strip(chr(34))}'",
                        f"from {low} to {high}"])
        for text in ("warning 3; err 5;", "warning 6;", "err 15;", "warning 0;"):
            yield (f"{name}-grows-{text}", ["", "log yes;", f"{name} {{ {text} }};"], 2,
                   [f"'{name}'", "must not grow", *re.findall(r"\w+ \d+", text)])
        yield f"{name}-unknown-step", [f"{name} {{", "  crit 5;", "};"], 1, ["'crit'", "{names}"]
        yield f"{name}-step-twice", [f"{name} {{", "  err 5;", "  err 6;", "};"], 2, ["'err'"]
        yield f"{name}-word-for-block", ["", f"{name} 14;"], 1, ["'14'", "'{'"]
    for name in NAMES:
        good = clause(next(row for row in ROWS if row[0] == name),
                      {"BOOL": "yes", "FACILITY": "none", "NUMBER": "64", "CHANNEL": "64",
                       "ESCALATION": "50", "DAYS": "5"}[next(r[1] for r in ROWS if r[0] == name)])
        yield (f"{name}-twice", ["", good, "", good], 3,
               [f"'{name}'", "twice" if name == CHANNEL else "redefined"])
        yield (f"{name}-no-semicolon", ["", good[:-1], "", "log yes;"], 3,
               ["missing ';'", "'log'"])
        yield f"{name}-no-value", ["", f"{name};"], 1, ["';'"]
    for word in ("0", "65536", "-1", "http", "80x", '""'):
        yield (f"channel-port-{word}", ["", f"{CHANNEL} ::1", f"\tport {word};"], 2,
               ["'port'", f"'{CHANNEL}'", "from 1 to 65535", f"'{word.strip(chr(34))}'"])
    for word in ("localhost", "127.0.0.300", "::1::", "inet", "fe80::1%nowhere",
                 "127.0.0.1:80", '""'):
        yield (f"channel-address-{word}", ["", f"{CHANNEL} {word} port 80;"], 1,
               [f"'{CHANNEL}'", "IPv4 or IPv6 address, '*' or '::'",
                f"'{word.strip(chr(34))}'"])
    yield ("channel-twice-default", [f"{CHANNEL} ::1;", f"{CHANNEL} 0::1 port 8054;"], 1,
           [f"'{CHANNEL}'", "twice", "::1#8054"])
    yield ("channel-acl-undefined", ["", f"{CHANNEL} ::1 allow {{ nobody; }};"], 1,
           ["'allow'", f"'{CHANNEL}'", "address match list", "defines"])
    yield ("channel-acl-undefined-name", ["", f"{CHANNEL} ::1 allow {{ nobody; }};"], 1,
           ["undefined ACL", "'nobody'"])
    yield ("channel-acl-prefix", ["", "", f"{CHANNEL} ::1 allow {{ 10.0.0.1/8; }};"], 2,
           ["10.0.0.1/8"])
    yield ("channel-acl-no-list", ["", f"{CHANNEL} ::1 allow localhost;"], 1,
           ["'{'", "'localhost'", "{names}"])
    yield ("channel-order", ["", f"{CHANNEL} ::1 allow {{ any; }} port 80;"], 1,
           ["'port'", "{names}"])
    yield ("channel-block", [f"{CHANNEL} {{ inet ::1; }};"], 0, ["'{'", "{names}"])
    yield "unknown", ["", "", "frobnicate 5;"], 2, ["unknown option", "'frobnicate'", "{names}"]
    yield "unknown-step", ["escalation {", "  emerg 5;", "};"], 1, ["'emerg'", "{names}"]
    yield "step-twice", ["escalation {", "  err 5;", "  err 6;", "};"], 2, ["'err'"]
    yield "block-for-word", ["", "log { yes; };"], 1, ["'{'"]
    yield "word-for-block", ["", "escalation 75;"], 1, ["'75'", "'{'"]
    yield "nested", ["", "log yes;", "escalation { err { err { err 5; }; }; };"], 2, ["'{'"]
    yield "two-values", ["", "log yes no;"], 1, ["missing ';'", "'no'"]
    yield "named-option", ["recursion no;"], 0, ["'recursion'", "{names}"]
    yield "open-comment", ["", "log yes; /* and so on"], 2, ["unexpected end"]


MISTAKES = list(mistakes())


def check_message(checked, place, fragments):
    """One message about the place holds all that is wanted."""
    assert checked.status == 1, checked.output
    messages = [line[len(place) + 2:] for line in checked.output.splitlines()
                if line.startswith(place + ": ")]
    wanted = [fragment for fragment in fragments if fragment != "{names}"]
    assert any(all(fragment in message for fragment in wanted) for message in messages), \
        f"wanted {wanted} at {place}, in:\n{checked.output}"
    if "{names}" in fragments:
        assert any(all(name in line for name in NAMES)
                   for line in checked.output.splitlines()), checked.output


@pytest.mark.parametrize("lines,wrong,fragments", [m[1:] for m in MISTAKES],
                         ids=[m[0] for m in MISTAKES])
def test_mistake(tmp_path, plugin, lines, wrong, fragments):
    """Status, file, line, value and what is allowed; also in an included file."""
    text = statement(plugin, "\n".join(lines) + "\n")
    checked = Checked(tmp_path, "// a line\n\n" + text + "// behind\n\n")
    check_message(checked, f"named.conf:{3 + wrong}", fragments)
    (tmp_path / "part.conf").write_text("// first\n" + text + "\n")
    checked = Checked(tmp_path, 'options { };\n\n\ninclude "part.conf";\n\n')
    check_message(checked, f"part.conf:{2 + wrong}", fragments)


@pytest.mark.parametrize("lines,wrong,fragments",
                         [m[1:] for m in MISTAKES[::7]], ids=[m[0] for m in MISTAKES[::7]])
def test_named_does_not_start(lab, plugin, lines, wrong, fragments):
    """named says the same and ends."""
    assert plugin
    server = lab.secondary(parameters="\n".join(["", *lines, ""]))
    before = server.render().split("plugin query")[0].count("\n")
    server.spawn()
    assert server.wait_exit() == 1
    line = next((line for line in server.read("startup.log").splitlines()
                 if all(f in line for f in fragments if f != "{names}")), None)
    assert line, server.read("startup.log")
    assert f"named.conf:{before + 2 + wrong}: " in line, line


def test_all_mistakes_of_a_block_are_told(tmp_path, plugin):
    """Not only the first one."""
    checked = Checked(tmp_path, statement(
        plugin, "\nlog maybe;\nring-size 3;\nescalation {\nwarning x;\nalert y;\n};\n"))
    for line, name in ((2, "'log'"), (3, "'ring-size'"), (5, "'warning'"), (6, "'alert'")):
        assert name in checked.line(f"named.conf:{line}")


def test_table_is_read():
    """The table and these tests are about the same parameters."""
    assert {CHANNEL, "syslog", "log", "escalation", "reminder-interval", "ring-size",
            "statistics-file", "diagnose", "diagnose-rate", "diagnose-per-primary",
            "diagnose-interval", "recovery-refresh", "recovery-rate",
            "signatures-expiring"} <= set(NAMES)
    for name, kind, low, default, high in ROWS:
        assert kind in ("BOOL", "NUMBER", "FACILITY", "ESCALATION", "DAYS", "CHANNEL"), name
        assert low <= default <= high or kind == "FACILITY", name


GOOD = ([(row[0], value) for row in ROWS if row[1] == "BOOL"
         for value in ("yes", "no", "true", "false", "1", "0", "YES", '"no"')]
        + [(row[0], value) for row in ROWS if row[1] in ("NUMBER", "ESCALATION", "DAYS")
           for value in (row[2], row[4])]
        + [("syslog", word) for word in (*FACILITIES, "none", "LOCAL3", '"daemon"')])
CHANNELS = (
    "127.0.0.1", "::1", "*", "::", '"127.0.0.1"', "fe80::1%lo port 80", "127.0.0.1 port 1",
    "127.0.0.1 port 65535", "::1 port 80 allow { any; }", "* allow { none; }",
    "* PORT 80 ALLOW { localhost; }",
    "127.0.0.1 allow { !10.0.0.1; 10.0.0.0/8; 2001:db8::/32; localnets; ours; }",
    "127.0.0.1 allow { { !192.0.2.1; ours; }; key ddns; }", "127.0.0.1 allow { }")


def test_accepted_by_named_checkconf(tmp_path, plugin):
    """Minimum and maximum of the table, all words and facilities, in any order."""
    for name, value in GOOD:
        row = next(row for row in ROWS if row[0] == name)
        checked = Checked(tmp_path, statement(plugin, clause(row, value)))
        assert (checked.status, checked.output) == (0, ""), (name, value)
    all_of_them = [clause(row, {"BOOL": "no", "FACILITY": "local0"}.get(row[1], row[4]))
                   for row in ROWS]
    for words in CHANNELS:
        checked = Checked(tmp_path, "acl ours { 192.0.2.0/24; };\n"
                          + statement(plugin, f"{CHANNEL} {words};"))
        assert (checked.status, checked.output) == (0, ""), words
    for name, *_ in DAYS:
        for text in ("", "warning 7;", "err 0;", "warning 365; err 14;", "err 0; warning 0;"):
            checked = Checked(tmp_path, statement(plugin, f"{name} {{ {text} }};"))
            assert (checked.status, checked.output) == (0, ""), (name, text)
    for lines in (all_of_them, all_of_them[::-1]):
        checked = Checked(tmp_path, statement(plugin, " ".join(lines)))
        assert (checked.status, checked.output) == (0, "")


@pytest.mark.parametrize("which", [2, 4], ids=["minimum", "maximum"])
def test_accepted_by_named(lab, plugin, which):
    """named runs with every parameter at its limit. (A port of its own may not be free.)"""
    assert plugin
    parameters = " ".join(
        clause(row, {"BOOL": "yes", "FACILITY": "none"}.get(row[1], row[which]))
        for row in ROWS if row[1] != "CHANNEL")
    server = lab.secondary(parameters=parameters).start()
    assert server.dump_block()["recorder"]["events lost"] == 0
    assert server.stop() == 0


@pytest.mark.parametrize("block", [
    None, "", " ", "\n\n\n", "// nothing\n", "# nothing\n", "/* nothing */",
    "// caf\u00e9 \u2014 \u65e5\u672c\n log yes;",
    "/* \x01\x7f */ log yes;",
    "log yes;", "\r\n log yes;\r\n", "/* ; */ log yes;",
], ids=range(12))
def test_nothing_or_nearly_nothing(tmp_path, plugin, block):
    """No block, an empty one, comments, bytes of any kind in them."""
    checked = Checked(tmp_path, statement(plugin, block))
    assert (checked.status, checked.output) == (0, "")


def test_huge_blocks(tmp_path, plugin):
    """A megabyte of comments is read; ten thousand duplicates are refused; in time."""
    comment = "// " + "x" * 97 + "\n"
    checked = Checked(tmp_path, statement(
        plugin, "\n" + comment * 10000 + "ring-size 128;\n"))
    assert (checked.status, checked.output) == (0, "")
    checked = Checked(tmp_path, statement(
        plugin, "\n" + comment * 10000 + "ring-size 100;\n"))
    assert "'100'" in checked.line("named.conf:10002")
    checked = Checked(tmp_path, statement(plugin, "\n" + "log yes;\n" * 10000))
    assert checked.status == 1
    assert "redefined" in checked.line("named.conf:3")
    checked = Checked(tmp_path, statement(plugin, "\nsyslog " + "y" * 500000 + ";\n"))
    assert checked.status == 1
    assert "'syslog'" in checked.line("named.conf:2")


@pytest.mark.parametrize("text", [
    b"log y\xc3\xa9s;", b"log \xff\xfe;", b"log \"yes\x01\";", b"\xe2\x80\x8blog yes;",
    b"syslog \"a\\\"b\";", b"syslog \"%s%n%s%n\";", b"log yes\x00;", b"log \x00yes;",
], ids=range(8))
def test_strange_bytes(tmp_path, plugin, text):
    """Bytes that are no parameter are refused by a message, not by a signal."""
    checked = Checked(tmp_path, f'plugin query "{plugin}" {{\n'.encode() + text + b"\n};\n")
    assert checked.status == 1, checked.output
    assert re.search(r"^named\.conf:\d+: ", checked.output, re.M)


# Several statements.

def views(plugin, *blocks):
    """A view for each block, one line each."""
    return "".join(f'view "v{number}" {{ {statement(plugin, block).strip()} }};\n'
                   for number, block in enumerate(blocks))


OTHERS = {"log": "log no;", "statistics-file": "statistics-file no;",
          "syslog": "syslog local1;", "ring-size": "ring-size 64;",
          "reminder-interval": "reminder-interval 1;",
          "escalation": "escalation { warning 74; };",
          "diagnose": "diagnose no;", "diagnose-rate": "diagnose-rate 2;",
          "diagnose-per-primary": "diagnose-per-primary 2;",
          "diagnose-interval": "diagnose-interval 61;",
          "recovery-refresh": "recovery-refresh yes;", "recovery-rate": "recovery-rate 21;",
          "signatures-expiring": "signatures-expiring { err 6; };",
          "strict-version": "strict-version yes;",
          CHANNEL: f"{CHANNEL} ::1;"}


def test_statements_that_agree(tmp_path, plugin):
    """The same parameters in each view, in the same or in other words."""
    for blocks in (("log no;", "log no;", "log no;"), (None, "", "log yes;"),
                   ("log 1; ring-size 8192;", "ring-size 8192; log true;"),
                   ("syslog LOCAL0;", "syslog local0;"),
                   ("escalation { err 50; };", "escalation { warning 75; alert 10; };", None),
                   ("signatures-expiring { err 7; };", "signatures-expiring { warning 14; };",
                    None),
                   ("diagnose yes; recovery-refresh no;",
                    "diagnose-rate 1; diagnose-per-primary 1; diagnose-interval 60; "
                    "recovery-rate 20;"),
                   (f"{CHANNEL} ::1; {CHANNEL} 127.0.0.1 port 80 allow {{ any; !10/8; }};",
                    f"{CHANNEL} 0::1 port 8054; log yes; "
                    f"{CHANNEL} 127.0.0.1 port 80 allow {{any;!10.0.0.0/8;}};")):
        checked = Checked(tmp_path, views(plugin, *blocks))
        assert (checked.status, checked.output) == (0, ""), blocks


def test_signature_days_that_conflict(tmp_path, plugin):
    """Either number of days counts."""
    for text in ("warning 15;", "err 6;", "warning 8;"):
        checked = Checked(tmp_path, views(plugin, f"signatures-expiring {{ {text} }};", None))
        assert checked.status == 1
        assert "'signatures-expiring'" in checked.line("named.conf:2"), text


@pytest.mark.parametrize("name", NAMES)
def test_statements_that_conflict(tmp_path, plugin, name):
    """The message names the parameter and both places."""
    for first, second in ((OTHERS[name], None), (None, OTHERS[name]), ("log yes;",
                                                                        OTHERS[name])):
        checked = Checked(tmp_path, views(plugin, first, first, second))
        assert checked.status == 1
        message = checked.line("named.conf:3")
        assert f"'{name}'" in message and "named.conf:1" in message and "v0" in message


def test_channels_that_conflict(tmp_path, plugin):
    """Another port, another list, one more, one less."""
    first = f"{CHANNEL} ::1 allow {{ any; }};"
    for second in (f"{CHANNEL} ::1 port 80 allow {{ any; }};",
                   f"{CHANNEL} ::1 allow {{ none; }};", f"{CHANNEL} ::1;",
                   first + f"{CHANNEL} 127.0.0.1;"):
        checked = Checked(tmp_path, views(plugin, first, second))
        assert checked.status == 1
        message = checked.line("named.conf:2")
        assert f"'{CHANNEL}'" in message and "named.conf:1" in message


def test_conflict_across_files(tmp_path, plugin):
    """Places in included files and of blocks of several lines are right."""
    (tmp_path / "one.conf").write_text("\n" + statement(plugin, "\n\nlog yes;\n\n"))
    (tmp_path / "two.conf").write_text("\n\n\n" + statement(plugin, "\n\n\nlog no;\n\n\n"))
    checked = Checked(tmp_path, 'view "a" { include "one.conf"; };\n'
                      'view "b" { include "two.conf"; };\n')
    assert checked.status == 1
    message = checked.line("two.conf:4")
    assert "'log'" in message and "one.conf:2" in message and "'a'" in message


# named, running.

def failing(lab, parameters, **soa):
    """A secondary with a loaded zone that fails, started; returns it with its primary."""
    values = {"refresh": 1, "retry": 1, "expire": 604800, **soa}
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD, **values)))
    secondary = lab.secondary(
        parameters=parameters,
        options="min-retry-time 1; max-retry-time 2; min-refresh-time 1; max-refresh-time 2;")
    secondary.config = (f'zone "{ZONE}" {{ type secondary; request-ixfr no; primaries '
                        f'{{ 127.0.0.1 port {primary.port}; }}; file "zone.db"; }};\n')
    secondary.start()
    secondary.wait_serial(ZONE, OLD)
    primary.mode = "refused"
    wait_until(lambda: secondary.dump_block(), 5)
    return secondary, primary


def set_to(secondary, parameters):
    """Reconfigure with other parameters."""
    secondary.parameters = parameters
    secondary.reconfig()


def test_wrong_block_on_reconfig_is_refused(lab, plugin):
    """named goes on with the settings that it had, and takes the mended block."""
    assert plugin
    secondary, _ = failing(lab, "reminder-interval 1;")
    with secondary.watch() as log:
        log.wait(r"xfrwatch: incident=\d+ event=reminder ", 20)
        secondary.parameters = "reminder-interval 0; ring-size 100; log no;"
        assert secondary.reconfig(check=False) is None
        log.wait(r"named\.conf:\d+: xfrwatch: 'ring-size' must be .*'100'", 5)
        log.wait(r"xfrwatch: incident=\d+ event=reminder ", 5)
        log.wait(r"xfrwatch: incident=\d+ event=reminder ", 5)
    assert secondary.dump_block()["incidents"]
    assert secondary.serial(ZONE) == OLD
    set_to(secondary, "reminder-interval 1; log no;")
    with secondary.watch() as log, pytest.raises(TimeoutError):
        log.wait(r"xfrwatch: incident=", 3)


def test_reminder_interval_takes_effect(lab, plugin):
    """None, then one a second, then none."""
    assert plugin
    secondary, _ = failing(lab, "reminder-interval 0;")
    with secondary.watch(from_start=True) as log:
        log.wait(r"xfrwatch: incident=\d+ event=opened ", 20)
        with pytest.raises(TimeoutError):
            log.wait("event=reminder", 3)
    with secondary.watch() as log:
        set_to(secondary, "reminder-interval 1;")
        log.wait_count("event=reminder", 3, 8)
        set_to(secondary, "reminder-interval 0;")
    with secondary.watch() as log, pytest.raises(TimeoutError):
        log.wait("event=reminder", 3)


def test_escalation_takes_effect(lab, plugin):
    """The same failing zone, louder at once under a stricter policy."""
    assert plugin
    secondary, _ = failing(lab, "escalation { warning 0; err 0; crit 0; alert 0; };")
    with secondary.watch(from_start=True) as log:
        log.wait(r"xfrwatch: incident=\d+ event=opened severity=notice ", 20)
        set_to(secondary, "escalation { warning 100; err 0; crit 0; alert 0; };")
        log.wait("event=escalated severity=warning ", 5)
        set_to(secondary, "escalation { warning 100; err 100; crit 100; alert 0; };")
        log.wait("event=escalated severity=crit ", 5)
        assert secondary.dump_block()["incidents"][0]["severity"] == "crit"
        set_to(secondary, "escalation { warning 0; err 0; crit 0; alert 0; };")
        wait_until(lambda: secondary.dump_block()["incidents"][0]["severity"] == "notice", 5)


def test_log_takes_effect(lab, plugin):
    """No line of ours while it is off; the incident is known all the same."""
    assert plugin
    secondary, primary = failing(lab, "log no;")
    wait_until(lambda: secondary.dump_block()["incidents"], 20, "the incident")
    assert not [line for line in secondary.log_lines() if "xfrwatch: incident=" in line]
    with secondary.watch() as log:
        set_to(secondary, "log yes;")
        primary.mode = "good"
        log.wait(r"xfrwatch: incident=\d+ event=resolved ", 20)
        set_to(secondary, "log no;")
        primary.mode = "refused"
        wait_until(lambda: secondary.dump_block()["incidents"], 20, "the next incident")
        assert not log.matches("event=opened")


def test_statistics_file_takes_effect(lab, plugin):
    """No block while it is off."""
    assert plugin
    secondary, _ = failing(lab, "statistics-file yes;")
    for word, grows in (("no", 0), ("yes", 1), ("no", 0), ("yes", 1)):
        set_to(secondary, f"statistics-file {word};")
        before = len(secondary.stats_blocks())
        secondary.rndc("stats")
        if grows:
            wait_until(lambda: len(secondary.stats_blocks()) == before + 1, 5, "a block")
        else:
            with pytest.raises(TimeoutError):
                wait_until(lambda: len(secondary.stats_blocks()) > before, 1)


def size_kb(server):
    """Its address space."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as inp:
        return int(re.search(r"VmSize:\s+(\d+)", inp.read()).group(1))


def test_ring_size_takes_effect(lab, plugin):
    """Memory follows it both ways; nothing that was counted is lost."""
    assert plugin
    secondary, _ = failing(lab, "ring-size 64;")
    block = wait_until(lambda: (lambda b: b if b["incidents"] else None)(
        secondary.dump_block()), 20, "an incident")
    small = size_kb(secondary)
    set_to(secondary, "ring-size 262144;")
    wait_until(lambda: size_kb(secondary) > small + 16 * 1024, 5, "the larger ring")
    after = secondary.dump_block()
    assert after["incidents"][0]["id"] == block["incidents"][0]["id"]
    assert after["recorder"]["events recorded"] >= block["recorder"]["events recorded"]
    assert after["recorder"]["events lost"] == 0
    large = size_kb(secondary)
    set_to(secondary, "ring-size 64;")
    wait_until(lambda: size_kb(secondary) < large - 16 * 1024, 5, "the smaller ring")
    wait_until(lambda: secondary.dump_block()["recorder"]["events recorded"]
               > after["recorder"]["events recorded"], 10, "new events in the new ring")


# Memory.

@pytest.mark.parametrize("block,status", [
    ("\nlog yes; ring-size 128;\nescalation { warning 90; }; syslog local0;\n"
     "statistics-channel ::1 port 80 allow { !10.0.0.1; localhost; { any; }; };", 0),
    ("statistics-channel ::1 port 80 allow { any; };\n"
     "statistics-channel * port 80 allow { nobody; };\nstatistics-channel *;", 1),
    ("", 0), (None, 0),
    ("\nlog maybe; ring-size 100;\nescalation { warning x; err 99; };\n", 1),
    ("\nlog yes;\nlog { };\nfrob", 1),
    ("\nlog \"yes;\n", 1),
    ("\n" + "/* " + "x" * 70000 + " */ syslog " + "y" * 3000 + ";\n", 1),
], ids=["good", "wrong-channels", "empty", "none", "wrong-values", "unreadable", "open-string", "long"])
def test_valgrind(tmp_path, plugin, block, status):
    """No invalid read, nothing used before it was set, nothing of ours left behind."""
    if not shutil.which("valgrind"):
        pytest.skip("no valgrind")
    text = views(plugin, block, block) if block is None or "frob" not in block \
        else statement(plugin, block)
    checked = Checked(tmp_path, text, prefix=[
        "valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect",
        "--num-callers=30", "--log-file=valgrind.txt"])
    report = (tmp_path / "valgrind.txt").read_text()
    assert checked.status == status, checked.output
    records = re.split(r"\n==\d+== \n", report)
    invalid = [r for r in records if re.search(r"Invalid (read|write|free)|[Uu]ninitialised", r)]
    ours = [r for r in records if "xfw_" in r or "xfrwatch.so" in r]
    assert not invalid and not ours, "\n\n".join(invalid + ours)

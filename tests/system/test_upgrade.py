# SPDX-License-Identifier: MPL-2.0
# BIND is upgraded, or goes back, under a plugin that was built for another: named starts,
# serves and stops as ever, the plugin does what it can, and says what it cannot.
#
# Plugins of other versions and other BINDs come from the environment: XFW_PLUGIN_OTHER
# (same series) and XFW_PLUGIN_SERIES (another) from `make check-system`, XFW_UPGRADE
# (all pairs) from `make check-upgrade`.
"""Pairs of plugin and named, and libraries that lack a symbol."""

import glob
import os
import re
import subprocess

import pytest

from xfrtest import bind as binds
from xfrtest.elf import Elf
from xfrtest.faults import NEW, OLD, ZONE
from xfrtest.load import Load
from xfrtest.primary import ScriptedZone
from xfrtest.watch import wait_until
from xfrtest.zones import zone_text

START_S = 20
SAID_S = 10
RECONFIGURATIONS = 20
CHUNKS = 4

GUARD = re.compile(r"xfrwatch: (reduced|inactive): built for BIND (\S+), "
                   r"but this is BIND (of unknown version|[^\s:;,]+)(.*)$")
REMEDY = "rebuild xfrwatch against the installed bind9-dev and restart named"
LACKS = re.compile(r"lacks? (\w+)")
LEVELS = {"reduced": "warning", "inactive": "error"}
CRASH = re.compile(r"assertion failed|INSIST|REQUIRE\(|ENSURE\(|RUNTIME_CHECK|fatal error|"
                   r"exiting \(due to|: critical: |symbol lookup error|undefined symbol|"
                   r"back trace|core dumped")
WORDS = {"full": None, "reduced": "reduced", "inert": "inactive"}

BINDS, PLUGINS, LEFT_OUT = binds.manifest()
PAIRS = [(plugin, bind) for plugin in PLUGINS for bind in BINDS]
each_pair = pytest.mark.parametrize(
    "built,bind", PAIRS or [pytest.param(None, None, marks=pytest.mark.skip(
        reason="XFW_UPGRADE names no other BIND (make check-upgrade)"))],
    ids=lambda one: one.version if one else "none")
each_strictness = pytest.mark.parametrize("strict", [None, "no", "yes"])


def expected(built, bind, strict=None):
    """The mode of that plugin in that named."""
    def upstream(version):
        return version.split("-")[0]

    if upstream(built.version) == upstream(bind.version):
        return "full"
    if built.series == bind.series and strict != "yes":
        return "reduced"
    return "inert"


def plugin_of(variable):
    """A plugin that the environment names; the test is skipped without one."""
    path = os.environ.get(variable)
    if not path:
        pytest.skip(f"{variable} does not name a plugin")
    return binds.Plugin(binds.built_for(path), path)


def parameters(strict):
    """The block of the plugin statement."""
    return "log yes;" + (f" strict-version {strict};" if strict else "")


def zone_at(port, zone=ZONE):
    """A secondary zone statement."""
    return (f'zone "{zone}" {{ type secondary; primaries {{ 127.0.0.1 port {port}; }}; '
            f'file "{zone}.db"; request-ixfr no; }};\n')


def bench(lab, bind, path, strict=None, name="secondary"):
    """A scripted primary and a secondary of it, not started."""
    primary = lab.scripted(ScriptedZone(ZONE, zone_text(OLD)))
    server = binds.OtherNamed(lab.dir, name, bind, path, parameters=parameters(strict))
    lab.defer(server.close)
    server.config = zone_at(primary.port)
    return server, primary


def all_said(server):
    """Every line of its logs and of its stderr."""
    return [line for name in ("startup.log", "named.log", "stderr")
            for line in server.read(name).splitlines()]


def guard_lines(server):
    """What the version guard said, as matches."""
    return [match for match in map(GUARD.search, all_said(server)) if match]


def wait_guard(server, count=1):
    """Wait until it has said so many lines, and no more; return them."""
    wait_until(lambda: len(guard_lines(server)) >= count, SAID_S, f"line {count} of the guard")
    lines = guard_lines(server)
    assert len(lines) == count, lines
    return lines


def check_said(server, mode, built):
    """One line with both versions and the remedy, or none in full mode."""
    if WORDS[mode] is None:
        assert not guard_lines(server)
        return
    lines = wait_guard(server)
    word, built_for, running, rest = lines[0].groups()
    assert (word, built_for) == (WORDS[mode], built.version)
    assert running in (server.bind.version, "of unknown version")
    assert running == server.bind.version or server.bind.series not in ("9.18", "9.20")
    assert REMEDY in rest
    said = [line for line in server.read("named.log").splitlines() if GUARD.search(line)]
    assert all(f": {LEVELS[word]}: " in line for line in said), said


def check_healthy(server):
    """It runs, and has told of nothing that a named should not."""
    assert server.running
    wrong = [line for line in all_said(server) if CRASH.search(line)]
    assert not wrong, wrong


def stop_well(server):
    """It ends by itself with status 0, without a word on its memory."""
    status = server.stop()
    wrong = [line for line in all_said(server) if CRASH.search(line)]
    assert status == 0 and not wrong, (status, wrong)
    assert not glob.glob(server.path("core*"))


def check_recorded(server, primary, mode, built):
    """A transfer fails: the cause is counted if the mode counts, the zone is served on."""
    primary.mode = "transfer-refused"
    next(iter(primary.zones.values())).serial = NEW
    with server.watch() as log:
        server.rndc("refresh", ZONE)
        log.wait(r"(failed while receiving responses|Transfer status): REFUSED")
    if mode == "inert":
        server.rndc("stats")
        with pytest.raises(TimeoutError):
            wait_until(server.stats_blocks, 0.5)
    else:
        block = wait_until(lambda: (lambda b: b if b["causes"] else None)(
            server.dump_block()), 10, "a cause")
        assert list(block["causes"]) == ["refused-transfer"]
        assert block["mode"] == (None if mode == "full" else (
            "reduced", built.version, server.bind.version))
    assert server.serial(ZONE) == OLD


def check_recovers(server, primary):
    """The transfer works again, and the new data is served."""
    primary.mode = "good"
    server.rndc("refresh", ZONE)
    server.wait_serial(ZONE, NEW)


def check_checkconf(server, mode):
    """named-checkconf agrees with named, and says what named will say."""
    status, output = server.check_config()
    assert status == 0, output
    assert not CRASH.search(output), output
    said = [match.group(1) for match in map(GUARD.search, output.splitlines()) if match]
    assert said == [WORDS[mode]] if WORDS[mode] else not said, output
    return output


def check_life(server, primary, mode, built):
    """A life: start, a transfer that fails, reconfigurations, end."""
    check_checkconf(server, mode)
    server.start(timeout=START_S)
    libraries = server.mapped("libisc-")
    assert libraries or server.bind.series not in ("9.18", "9.20")
    assert all(server.bind.version in path for path in libraries), libraries
    server.wait_serial(ZONE, OLD)
    check_said(server, mode, built)
    check_recorded(server, primary, mode, built)
    for _ in range(3):
        server.rndc("reconfig")
        assert server.serial(ZONE) == OLD
    check_recovers(server, primary)
    check_said(server, mode, built)
    check_healthy(server)
    stop_well(server)


#--- pairs ---------------------------------------------------------------------------

@each_strictness
@each_pair
def test_pair(lab, built, bind, strict):
    """Every plugin in every named, whatever strict-version says."""
    if bind.root and os.geteuid() != 0:
        pytest.skip("chroot(8) needs root")
    server, primary = bench(lab, bind, built.path, strict)
    check_life(server, primary, expected(built, bind, strict), built)


def test_all_could_be_had():
    """What `make check-upgrade` had to leave out is told as skipped."""
    if not BINDS:
        pytest.skip("XFW_UPGRADE names no other BIND (make check-upgrade)")
    if LEFT_OUT:
        pytest.skip("; ".join(LEFT_OUT))
    assert len({bind.series for bind in BINDS}) > 2


@each_strictness
@pytest.mark.parametrize("variable", ["XFW_PLUGIN_OTHER", "XFW_PLUGIN_SERIES"])
def test_other_build(lab, variable, strict):
    """The same with the installed named and a plugin that says it is of another version
    or series: what the table of pairs has wherever no other BIND can be had."""
    built, bind = plugin_of(variable), binds.installed()
    server, primary = bench(lab, bind, built.path, strict)
    mode = expected(built, bind, strict)
    assert mode == ("inert" if variable == "XFW_PLUGIN_SERIES" or strict == "yes"
                    else "reduced")
    check_life(server, primary, mode, built)


@each_strictness
def test_same_build(lab, plugin, strict):
    """The version that it was built for: full, whatever strict-version says."""
    built, bind = binds.own_plugin(), binds.installed()
    server, primary = bench(lab, bind, plugin, strict)
    check_life(server, primary, "full", built)


#--- reduced mode over time ----------------------------------------------------------

def test_reconfigured_under_load(lab):
    """Twenty reconfigurations while queries come in: all are answered, one line."""
    built = plugin_of("XFW_PLUGIN_OTHER")
    server, primary = bench(lab, binds.installed(), built.path)
    server.start()
    server.wait_serial(ZONE, OLD)
    with Load(server, ZONE) as load:
        for _ in range(RECONFIGURATIONS):
            server.rndc("reconfig")
    assert load.answered > RECONFIGURATIONS and load.failed <= load.answered // 100
    check_recorded(server, primary, "reduced", built)
    check_said(server, "reduced", built)
    check_healthy(server)
    stop_well(server)


def test_strict_version_changed(lab):
    """reconfig brings the mode that strict-version asks for, each with a line."""
    built, bind = plugin_of("XFW_PLUGIN_OTHER"), binds.installed()
    server, primary = bench(lab, bind, built.path, "no")
    server.start()
    server.wait_serial(ZONE, OLD)
    words = ["reduced"]
    wait_guard(server)
    for strict, word in (("yes", "inactive"), ("no", "reduced"), ("yes", "inactive"),
                         (None, "reduced")):
        server.parameters = parameters(strict)
        with server.watch() as log:
            server.reconfig()
            log.wait(rf": {LEVELS[word]}: xfrwatch: {word}: built for BIND ")
        words.append(word)
        assert [match.group(1) for match in guard_lines(server)] == words
        count = len(server.stats_blocks())
        server.rndc("stats")
        if word == "reduced":
            wait_until(lambda: len(server.stats_blocks()) > count, 5, "a block")
        else:
            with pytest.raises(TimeoutError):
                wait_until(lambda: len(server.stats_blocks()) > count, 0.5)
    check_recorded(server, primary, "reduced", built)
    check_healthy(server)
    stop_well(server)


VIEW = ('view "{0}" {{ match-clients {{ {1}; }}; zone "' + ZONE + '" {{ type secondary; '
        "primaries {{ 127.0.0.1 port {2}; }}; request-ixfr no; }}; }};\n")


@pytest.mark.parametrize("strict,mode", [("no", "reduced"), ("yes", "inert")])
def test_several_views(lab, strict, mode):
    """Three views, a statement in each; a view that goes, and comes back."""
    built, bind = plugin_of("XFW_PLUGIN_OTHER"), binds.installed()
    server, primary = bench(lab, bind, built.path, strict)
    everybody = (VIEW.format("one", "127.0.0.1", primary.port)
                 + VIEW.format("two", "127.0.0.2", primary.port)
                 + VIEW.format("three", "any", primary.port))
    server.config = everybody
    server.start()
    server.wait_serial(ZONE, OLD)
    check_said(server, mode, built)
    with Load(server, ZONE) as load:
        for number in range(RECONFIGURATIONS):
            server.config = everybody if number % 2 else VIEW.format(
                "one", "127.0.0.1", primary.port)
            server.reconfig()
    assert load.answered and load.failed <= load.answered // 100
    check_said(server, mode, built)
    check_healthy(server)
    stop_well(server)


@pytest.mark.parametrize("strict", ["no", "yes"])
def test_comes_and_goes(lab, strict):
    """The statement is removed and put back by reconfig."""
    built = plugin_of("XFW_PLUGIN_OTHER")
    server, primary = bench(lab, binds.installed(), built.path, strict)
    path = server.plugin
    server.start()
    server.wait_serial(ZONE, OLD)
    for number in range(1, 6):
        wait_guard(server, number)  # said by a thread that ends with the statement
        server.plugin = False
        server.reconfig()
        server.plugin = path
        server.reconfig()
        wait_guard(server, number + 1)
    check_recorded(server, primary, "reduced" if strict == "no" else "inert", built)
    check_healthy(server)
    stop_well(server)


#--- a symbol lacks --------------------------------------------------------------------

def loaded_libraries():
    """BIND's libraries as the installed named loads them: {path: Elf}."""
    said = subprocess.run(["ldd", binds.installed().program], check=True, text=True,
                          capture_output=True).stdout
    paths = re.findall(r"=> (/\S*/lib(?:isc|dns|ns|isccfg|isccc|bind9|irs)-\S+\.so)", said)
    if not paths:
        pytest.skip("named is linked with no library of BIND's")
    return {path: Elf(path) for path in paths}


def base_symbols():
    """Those that reduced mode needs, by the plugin's table of symbols."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../../plugin/named/symbols.tbl.h")
    with open(path, encoding="utf-8") as inp:
        return set(re.findall(r"^XFW_SYMBOL\(BASE, (\w+)\)", inp.read(), re.M))


def check_lack(server, primary, built, symbol, base, strict=None):
    """One line names the symbol; without one of the base it is inert, else reduced."""
    mode = "inert" if base or strict == "yes" else "reduced"
    check_checkconf(server, mode)
    server.start(timeout=START_S)
    server.wait_serial(ZONE, OLD)
    lines = wait_guard(server)
    assert lines[0].group(1) == WORDS[mode], lines[0].group()
    assert LACKS.findall(lines[0].group(4)) == [symbol], lines[0].group()
    assert REMEDY in lines[0].group(4)
    check_recorded(server, primary, mode, built)
    server.rndc("reconfig")
    assert server.serial(ZONE) == OLD
    assert len(guard_lines(server)) == 1
    check_healthy(server)
    stop_well(server)


def test_library_lacks_a_symbol(lab, plugin):
    """Copies of BIND's libraries, each without one symbol that the plugin alone needs."""
    libraries = loaded_libraries()
    programs = [Elf(binds.installed().program), Elf(binds.installed().checkconf)]
    taken = set().union(*(elf.wanted() for elf in (*libraries.values(), *programs)))
    needed, base = Elf(plugin).wanted(), base_symbols()
    victims = [(path, symbol.name) for path, elf in libraries.items()
               for symbol in elf.symbols
               if symbol.defined and symbol.name in needed - taken]
    assert victims
    for path, name in victims:
        folder = os.path.join(lab.dir, name)
        os.makedirs(folder)
        changed = Elf(path)
        changed.rename(name)
        changed.write(os.path.join(folder, os.path.basename(path)))
        own = binds.installed()
        bind = binds.Bind(own.version, own.program, own.checkconf, folder)
        server, primary = bench(lab, bind, plugin, name=f"secondary-{name}")
        check_lack(server, primary, binds.own_plugin(), name, name in base)


def without(plugin, symbol, path):
    """A plugin to which every library lacks that symbol: it asks for a name that nobody
    has. Returns what it asks for instead, None if the name cannot be told from others."""
    elf = Elf(plugin)
    other = "Z" + symbol[1:]
    if elf.replace_string(symbol, other) < 2:  # the loader's, and the guard's own
        return None
    elf.write(path)
    return other if other in Elf(path).wanted() else None


def lacking(lab, plugin, chunk):
    """A share of the plugins that want a symbol which no library has: (symbol, what is
    asked for instead, plugin)."""
    has = {symbol.name for elf in loaded_libraries().values() for symbol in elf.symbols
           if symbol.defined}
    path, done = os.path.join(lab.dir, "xfrwatch.so"), 0
    for symbol in sorted(Elf(plugin).wanted() & has)[chunk::CHUNKS]:
        other = without(plugin, symbol, path)
        if other is not None:
            done += 1
            yield symbol, other, path
    assert done > 1


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_library_has_a_symbol(lab, plugin, chunk):
    """The same for every symbol that the plugin needs of BIND: named-checkconf tells of
    each; a named is started without each that reduced mode needs and some of the others
    (without all of them if XFW_EVERY_SYMBOL is set)."""
    base = base_symbols()
    for number, (symbol, other, path) in enumerate(lacking(lab, plugin, chunk)):
        server, primary = bench(lab, binds.installed(), path, name=f"secondary-{symbol}")
        if symbol in base or number % 8 == 0 or os.environ.get("XFW_EVERY_SYMBOL"):
            check_lack(server, primary, binds.own_plugin(), other, symbol in base)
        else:
            output = check_checkconf(server, "reduced")
            assert LACKS.findall(output) == [other], output
        server.close()
        primary.close()

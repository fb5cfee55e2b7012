# SPDX-License-Identifier: MPL-2.0
"""
`make check-symbols`: what of BIND the plugin refers to, in each of its modes, is what
the kept lists say, and what BIND's libraries have.
"""

import os
import re
import sys

import build
import elf
import exports
import includes
import layout
import members
import table

ENTRY_POINTS = {"plugin_check", "plugin_destroy", "plugin_register", "plugin_version"}
DOOR = {"xfw_full"}  # all that the base may use of the full files (base.h)
UPDATE = "is it meant to be so? `make update-symbols` rewrites the lists"


class Report:
    def __init__(self):
        self.failed = 0

    def hold(self, what, wrong=(), hint=None):
        """wrong: what speaks against it, one line each."""
        wrong = sorted(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {what}")
        for line in wrong:
            print(f"     {line}")
        if wrong and hint:
            print(f"     ({hint})")
        self.failed += bool(wrong)

    def skip(self, what, reason):
        print(f"skip {what}: {reason}")


def differences(found, kept, here, there):
    """here: what is true of what was found alone; there: of what was kept alone."""
    return [f"{name}: {here}" for name in set(found) - set(kept)] + \
           [f"{name}: {there}" for name in set(kept) - set(found)]


def plugin_file(report, made):
    """Nothing of BIND's is linked, nothing but the entry points is to be had."""
    report.hold("no library of BIND's is linked to the plugin",
                (name for name in elf.needed(build.PLUGIN) if elf.is_bind(name)))
    report.hold("all libraries that the plugin needs are here",
                (name for name, file in elf.resolved(build.PLUGIN).items()
                 if file is None))
    report.hold("the plugin exports its entry points and nothing else",
                ENTRY_POINTS ^ set(elf.exported(build.PLUGIN)))
    report.hold("none of our own symbols is undefined in the plugin",
                set(made.unresolved()) - set(made.bind_names()))
    with open(build.PLUGIN, "rb") as plugin:
        text = b"xfrwatch-built-for=" + made.version.encode() + b"\0"
        report.hold(f"the plugin says that it was built for {made.version}",
                    () if text in plugin.read() else ("it does not",))


def plugin_symbols(report, made, groups, kept):
    """All that is BIND's is in the table and in the kept list, and is weak."""
    names = made.bind_names()
    report.hold(f"the plugin's {len(names)} symbols of BIND's are those of "
                f"exports-{made.series}.txt",
                differences(names, kept.rows, "not in the list",
                            "in the list, but the plugin does not refer to it"), UPDATE)
    report.hold("all of them are weak references",
                (name for name, kind in names.items() if kind not in "wv"),
                f"an XFW_SYMBOL() in {table.PATH} makes them so")
    report.hold(f"all of them are in {table.PATH}", set(names) - set(groups))
    report.hold("each group of the table is in the plugin as a whole, or not at all",
                (f"{name} ({group}) is not" for name, group in groups.items()
                 if name not in names and (
                     group in (table.BASE, table.FULL) or
                     any(groups.get(other) == group for other in names))))
    report.hold("the list has the table's groups",
                (f"{name}: {row[0]}" for name, row in kept.rows.items()
                 if groups.get(name) != row[0]), UPDATE)


def library_symbols(report, made, kept):
    """The libraries of every version of the series have them."""
    for index, version in enumerate(kept.versions):
        report.hold(f"BIND {version} exported all of them",
                    (f"{name}: not" for name, row in kept.rows.items()
                     if row[2][index] == "-"))
    version, libraries = made.installed()
    report.hold(f"BIND {version}, which is installed, is of series {made.series}",
                () if elf.series(version) == made.series else (version,))
    here = exports.of_libraries(libraries)
    wrong = []
    for name, (_, library, kinds) in kept.rows.items():
        found = here.get(name)
        if found is None or found[0] != library:
            wrong.append(f"{name}: not in {library}")
        elif found[1] not in kinds:
            wrong.append(f"{name}: is {found[1]} in {library}, was {' '.join(kinds)}")
    report.hold(f"BIND {version} exports all of them", wrong)


def halves(report, made, groups, base, full):
    """Reduced mode's files refer to nothing but what is reduced mode's."""
    kept = base_list()
    short = {os.path.basename(source) for source in base}
    report.hold(f"the {len(base)} files without BIND's headers are those of base.txt",
                differences(short, kept["file"], "not in base.txt",
                            "in base.txt, but includes a header of BIND's"))
    theirs = {}
    for source in full:
        theirs.update(elf.definitions(made.object_of(source)))
    used = set()
    wrong, doors = [], []
    for source in base:
        name = os.path.basename(source)
        references = set(elf.references(made.object_of(source)))
        used |= references & set(groups)
        wrong += [f"{name}: {symbol} ({groups[symbol]})" for symbol in references
                  if groups.get(symbol, table.BASE) != table.BASE]
        doors += [f"{name}: {symbol}" for symbol in references & set(theirs) - DOOR]
    report.hold(f"of BIND's symbols they refer to the {len(used)} of BASE alone", wrong)
    report.hold("the table has no more in BASE than they refer to",
                {name for name, group in groups.items() if group == table.BASE} - used)
    report.hold("they reach the full files through xfw_full alone", doors)
    report.hold("the monitor and its surfaces refer to nothing of BIND's",
                (f"{archive}: {symbol}" for archive in made.archives()
                 for symbol in set(elf.references(archive)) & set(groups)))


def base_list():
    """{"file": [...], "reads": [...]}"""
    kept = {"file": [], "reads": []}
    with open(f"{build.LISTS}/base.txt", encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words and words[0] != "#":
                kept[words[0]].append(words[1])
    return kept


def structures(report, made, base, full):
    """Reduced mode knows no structure of BIND's, full mode those of the list."""
    with open(f"{made.srcdir}/plugin/named/opaque_check.c", encoding="utf-8") as source:
        asserted = {f"{record}.{member}" for record, member in re.findall(
            r"offsetof\(\s*(isc_\w+),\s*(\w+)\)", source.read())}
    report.hold("what the base reads once it has made sure is what base.txt says",
                differences(asserted, base_list()["reads"],
                            "in opaque_check.c, but not in base.txt",
                            "in base.txt, but not in opaque_check.c"))
    what = f"members of BIND's structures are those of members-{made.series}.txt"
    if not members.available(made.clang):
        report.skip(what, f"no {made.clang} here (Debian: clang)")
        return
    report.hold("the base touches no member of BIND's structures",
                (f"{name}: {', '.join(files)}" for (_, name), files in
                 members.of_sources(made.clang, made.flags, base).items()))
    found = members.of_sources(made.clang, made.flags, full)
    kept = members.read(members.path(build.LISTS, made.series))
    found = {" ".join(use + tuple(files)) for use, files in found.items()}
    kept = {" ".join(use + tuple(files)) for use, files in kept.items()}
    report.hold(f"the full files' {len(found)} {what}",
                differences(found, kept, "not in the list",
                            "in the list, but not in the source"),
                UPDATE)


def layouts(report, made):
    """Revisions of an upstream version have what we touch in the same places."""
    versions, rows = layout.read(layout.path(build.LISTS, made.series))
    names = layout.names(members.read(members.path(build.LISTS, made.series)))
    report.hold(f"layout-{made.series}.txt has what members-{made.series}.txt has",
                differences(names, rows, "not in the former", "not in the latter"),
                UPDATE)
    report.hold("revisions of one upstream version differ in what revisions.txt has",
                (" ".join(pair) for pair in layout.unlike(versions, rows) ^
                 layout.excused(f"{build.LISTS}/revisions.txt", made.series)))
    installed = made.installed()[0]
    columns = [index for index, version in enumerate(versions)
               if installed.startswith(version)]
    what = f"BIND {installed}'s headers have them in the places that the list has"
    if not columns:
        report.skip(what, "no column of the list is of that version")
        return
    here = layout.measure(made.compiler, made.flags, made.srcdir, names)
    report.hold(what, (f"{name}: {here[name]}, was {rows[name][columns[-1]]}"
                       for name in names if name in rows and
                       here[name] != rows[name][columns[-1]]))


def main():
    made = build.Build()
    if not made.sources or made.version is None:
        print("skip check-symbols: configure found no BIND, there is no plugin")
        return 0
    report = Report()
    groups = table.read(made.srcdir)
    kept = exports.Exports.read(exports.path(build.LISTS, made.series))
    base, full = includes.split(made.compiler, made.flags, made.sources)
    plugin_file(report, made)
    plugin_symbols(report, made, groups, kept)
    library_symbols(report, made, kept)
    halves(report, made, groups, base, full)
    structures(report, made, base, full)
    layouts(report, made)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())

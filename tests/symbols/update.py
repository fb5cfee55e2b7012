# SPDX-License-Identifier: MPL-2.0
"""
`make update-symbols`: writes the kept lists of the series that this build is for, from
the plugin that was built, the libraries of all versions in the list `versions` (fetched
with apt, see `fetch`) and, where there is clang, the sources. Read what changed before
it is committed: the lists are what a change of the plugin is held against.
"""

import glob
import os
import subprocess
import sys

import build
import elf
import exports
import includes
import layout
import members
import table


def versions(series):
    with open(f"{build.LISTS}/versions", encoding="utf-8") as lines:
        words = [line.split("#")[0].split() for line in lines]
    return [word[1].split(":")[-1] for word in words if word and word[0] == series]


def write_exports(made, fetched):
    libraries = {}
    for version in versions(made.series):
        folders = glob.glob(glob.escape(f"{fetched}/{version}") + "/usr/lib/*")
        libraries[version] = elf.bind_libraries(folders[0], version)
    names = made.bind_names()
    made_list = exports.make(names, table.read(made.srcdir), libraries)
    missing = [name for name, row in made_list.rows.items() if row[1] == "nowhere"]
    if missing:
        sys.exit(f"update-symbols: no version of BIND has {' '.join(missing)}")
    made_list.write(exports.path(build.LISTS, made.series), made.series)
    print(f"exports-{made.series}.txt: {len(names)} symbols of {len(libraries)} versions")


def write_members(made):
    if not members.available(made.clang):
        print(f"members-{made.series}.txt stays: no {made.clang} here (Debian: clang)")
        return
    _, full = includes.split(made.compiler, made.flags, made.sources)
    found = members.of_sources(made.clang, made.flags, full)
    members.write(members.path(build.LISTS, made.series), made.series, found)
    print(f"members-{made.series}.txt: {len(found)} rows")


def write_layout(made, fetched):
    names = layout.names(members.read(members.path(build.LISTS, made.series)))
    layout.write(layout.path(build.LISTS, made.series), made.series, {
        version: layout.measure(made.compiler, made.flags, made.srcdir, names,
                                f"{fetched}/{version}")
        for version in versions(made.series)})
    print(f"layout-{made.series}.txt: {len(names)} rows")


def main():
    made = build.Build()
    if not made.sources or made.version is None:
        sys.exit("update-symbols: configure found no BIND, there is no plugin")
    fetched = os.path.abspath("symbols-fetched")
    subprocess.run([f"{build.LISTS}/fetch", fetched], check=True)
    write_exports(made, fetched)
    write_members(made)
    write_layout(made, fetched)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MPL-2.0
"""
Which members of BIND's structures the plugin's code touches, by clang's syntax tree.

Expansions of macros count, and so do the functions that BIND's headers define (static
inline), as far as our code calls them: they are compiled into the plugin. A structure
that we have one of by value counts as a whole: its size is compiled in.
"""

import os
import shlex
import subprocess

import includes
import syntax

HEAD = """\
# SPDX-License-Identifier: MPL-2.0
# What full mode knows of BIND {series}'s structures, and the files that do: reduced mode
# has none of it. "member" is read or written (in macros and inline functions of BIND's
# headers too), "size" is a structure that we have one of, "inline" is a function of
# BIND's headers that is compiled into the plugin.
# Made by `make update-symbols` with clang; compared by `make check-symbols`.
"""


def _used(unit, source):
    """{("member", "isc_buffer.used")}: what the functions of the source use."""
    found, seen = set(), set()
    waiting = [name for name, (file, _) in unit.functions.items()
            if file and os.path.realpath(file) == os.path.realpath(source)]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in unit.functions:
            continue
        seen.add(name)
        file, uses = unit.functions[name]
        if includes.is_bind(file):
            found.add(("inline", name))
        for what, value in uses:
            if what == "call":
                waiting.append(value)
            elif what == "member":
                at, member = unit.member(value)
                if includes.is_bind(at) and member:
                    found.add(("member", member))
            else:
                # A structure inside one of BIND's is that one's.
                for at, structure in unit.structures(value, what == "step"):
                    if includes.is_bind(at):
                        found.add(("size", structure))
                        break
    return found


def of_source(clang, flags, source):
    return _used(syntax.Unit.read(clang, flags, source), source)


def of_sources(clang, flags, sources):
    """{("member", "isc_buffer.used"): ["hmac.c"]}"""
    table = {}
    for source in sources:
        for use in of_source(clang, flags, source):
            table.setdefault(use, []).append(os.path.basename(source))
    return {use: sorted(files) for use, files in table.items()}


def available(clang):
    try:
        subprocess.run([*shlex.split(clang), "--version"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def path(folder, series):
    return os.path.join(folder, f"members-{series}.txt")


def read(name):
    table = {}
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words and words[0] != "#":
                table[words[0], words[1]] = words[2:]
    return table


def write(name, series, table):
    order = ("member", "size", "inline")
    with open(name, "w", encoding="utf-8") as out:
        out.write(HEAD.format(series=series))
        for (kind, what), files in sorted(
                table.items(), key=lambda row: (order.index(row[0][0]), row[0][1])):
            out.write(f"{kind} {what} {' '.join(files)}\n")

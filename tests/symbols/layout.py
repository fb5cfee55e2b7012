# SPDX-License-Identifier: MPL-2.0
"""
The kept lists layout-SERIES.txt: where the members that full mode touches are, and how
large the structures are that it has one of, in each version of BIND whose headers were
read. Full mode is meant for all revisions of one upstream version: where they differ,
the code has to be made for it, and revisions.txt says how it is.
"""

import os
import re
import shlex
import subprocess
import tempfile

HEAD = """\
# SPDX-License-Identifier: MPL-2.0
# The offset of each member of BIND {series}'s structures that full mode touches, and the
# size of each structure that it has one of (members-{series}.txt), in each version.
# Made by `make update-symbols`; compared by `make check-symbols`.
"""


def path(folder, series):
    return os.path.join(folder, f"layout-{series}.txt")


def names(members):
    """Of the list of members: what has a place or a size."""
    return sorted(name for kind, name in members if kind in ("member", "size"))


def _expression(name):
    record, _, member = name.partition(".")
    record = record if record.endswith("_t") else f"struct {record}"
    return f"offsetof({record}, {member})" if member else f"sizeof({record})"


def _headers(srcdir):
    """What compat.h includes of BIND's, of the system's before."""
    with open(f"{srcdir}/plugin/named/compat.h", encoding="utf-8") as source:
        return re.findall(r"^#include <.*>", source.read(), re.M)


def measure(compiler, flags, srcdir, wanted, root=None):
    """{name: number or None}, with the headers installed or those unpacked in a root."""
    lines = ["#include <stdio.h>", "#include <stddef.h>", *_headers(srcdir),
             "int main(void) {"]
    lines += [f'printf("%zu\\n", {_expression(name)});' for name in wanted]
    if root:
        flags = ["-I", f"{root}/usr/include", *flags]
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/layout"
        with open(f"{program}.c", "w", encoding="utf-8") as source:
            source.write("\n".join(lines) + "\nreturn (0);\n}\n")
        done = subprocess.run(
            [*shlex.split(compiler), *flags, "-w", f"{program}.c", "-o", program],
            stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            output = subprocess.run([program], check=True, text=True,
                                    stdout=subprocess.PIPE).stdout
            return dict(zip(wanted, output.split()))
    if len(wanted) == 1:
        return {wanted[0]: "-"}
    half = len(wanted) // 2  # find out which it is that the headers have not
    found = measure(compiler, flags, srcdir, wanted[:half])
    found.update(measure(compiler, flags, srcdir, wanted[half:]))
    return found


def read(name):
    """([version], {name: [number]})"""
    versions, rows = [], {}
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words[:1] == ["versions"]:
                versions = words[1:]
            elif words and words[0] != "#":
                rows[words[0]] = words[1:]
    return versions, rows


def write(name, series, by_version):
    """by_version: {version: {name: number}}"""
    with open(name, "w", encoding="utf-8") as out:
        out.write(HEAD.format(series=series))
        out.write("versions " + " ".join(by_version) + "\n")
        for row in next(iter(by_version.values())):
            numbers = (table[row] for table in by_version.values())
            out.write(f"{row} {' '.join(numbers)}\n")


def upstream(version):
    return re.split(r"[-+~]", version)[0]


def unlike(versions, rows):
    """{(upstream version, name)}: what revisions of one upstream version have apart."""
    found = set()
    for name, numbers in rows.items():
        seen = {}
        for version, number in zip(versions, numbers):
            if seen.setdefault(upstream(version), number) != number:
                found.add((upstream(version), name))
    return found


def excused(name, series):
    """{(upstream version, name)} of revisions.txt"""
    with open(name, encoding="utf-8") as lines:
        words = [line.split("#")[0].split() for line in lines]
    return {(row[0], row[1]) for row in words
            if row and row[0].startswith(series + ".")}

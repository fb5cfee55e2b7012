# SPDX-License-Identifier: MPL-2.0
"""What ELF files say of themselves, by binutils: symbols, types, libraries."""

import glob
import os
import re
import subprocess

# Of BIND's libraries, the ones that a plugin can meet in named. libbind9 and libirs are
# gone in 9.20.
BIND_LIBRARIES = ("libisc", "libdns", "libns", "libisccfg", "libisccc", "libbind9",
                  "libirs")

# The compiler's own start files refer to these, and nothing has to define them.
OF_THE_TOOLCHAIN = frozenset((
    "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__gmon_start__",
    "__cxa_finalize", "_GLOBAL_OFFSET_TABLE_"))

_ROW = re.compile(r"^(?:[0-9a-fA-F]+)?\s*(?:[0-9a-fA-F]+\s+)?([A-Za-z?])\s+(\S+)$")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def _nm(path, *options):
    """{name: letter}"""
    table = {}
    for line in run("nm", *options, path).splitlines():
        row = _ROW.match(line.strip())
        if row:
            table[row.group(2).split("@")[0]] = row.group(1)
    return table


def exported(library):
    """{name: "T"} of a shared library; data is D (written), B (zero) or R (constant)."""
    return _nm(library, "-D", "--defined-only")


def undefined(path):
    """{name: "U"} of a shared library; a weak reference is w or v."""
    table = _nm(path, "-D", "--undefined-only")
    return {name: kind for name, kind in table.items()
            if name not in OF_THE_TOOLCHAIN}


def references(objects):
    """{name: letter}: what an object file refers to and does not define."""
    table = _nm(objects, "--undefined-only")
    return {name: kind for name, kind in table.items()
            if name not in OF_THE_TOOLCHAIN}


def definitions(objects):
    """{name: letter} of an object's or an archive's global symbols."""
    return _nm(objects, "--defined-only", "--extern-only")


def needed(path):
    """The DT_NEEDED of a shared library."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", path))


def resolved(path):
    """{DT_NEEDED: file}, as the loader of this machine finds them."""
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", path), re.M))
    for loader in re.findall(r"^\s*(/\S+) \(0x", run("ldd", path), re.M):
        found[os.path.basename(loader)] = loader
    return {name: found.get(name) for name in needed(path)}


def is_bind(name):
    """Whether a library of that name is BIND's: libisc-9.18.49-1.so, libdns.so.1."""
    return re.split(r"[-.]", os.path.basename(name))[0] in BIND_LIBRARIES


def bind_libraries(folder, version):
    """{"libisc": file}: BIND's libraries of that version in a folder."""
    found = {}
    for library in BIND_LIBRARIES:
        name = glob.escape(f"{folder}/{library}-{version}") + "*.so"
        for path in glob.glob(name):
            found[library] = path
    return found


def bind_version(path):
    """The version in the name of one of BIND's libraries: "9.18.49-1~deb12u3-Debian"."""
    match = re.search(r"/lib\w+-([^/]*)\.so$", path)
    return match.group(1) if match else None


def series(version):
    """ "9.18" """
    return ".".join(version.split(".")[:2])

# SPDX-License-Identifier: MPL-2.0
"""The build that make calls us in, and the BIND that is installed (symbols.am)."""

import glob
import os
import re
import shlex

import elf

PLUGIN = "plugin/.libs/xfrwatch.so"
OBJECTS = "plugin/named/.libs"
LISTS = os.path.dirname(os.path.abspath(__file__))

_BY_PREFIX = ("-I", "-D", "-U", "-std=")
_WITH_NEXT = ("-isystem", "-include", "-idirafter", "-I", "-D", "-U")


def _preprocessing(words):
    """The flags that say what the source is; the rest is the compiler's own affair."""
    kept, words = [], iter(words)
    for word in words:
        if word in _WITH_NEXT:
            kept += [word, next(words)]
        elif word.startswith(_BY_PREFIX):
            kept.append(word)
    return kept


class Build:
    def __init__(self):
        self.srcdir = os.environ["srcdir"]
        self.compiler = os.environ["CC"]
        self.clang = os.environ.get("CLANG") or "clang"
        self.flags = _preprocessing(shlex.split(os.environ["CPPFLAGS"]))
        self.sources = [f"{self.srcdir}/{name}"
                        for name in os.environ.get("SOURCES", "").split()]
        with open("config.h", encoding="utf-8") as config:
            match = re.search(r'#define XFW_BIND_BUILD "(.*)"', config.read())
        self.version = match.group(1) if match else None
        self.series = elf.series(self.version) if match else None

    def object_of(self, source):
        stem = os.path.splitext(os.path.basename(source))[0]
        found = glob.glob(f"{OBJECTS}/*-{stem}.o")
        if len(found) != 1:
            raise SystemExit(f"no one object of {source} in {OBJECTS}: {found}")
        return found[0]

    def archives(self):
        """What is not plugin/named: plain C without BIND."""
        return [path for path in glob.glob("plugin/**/.libs/*.a", recursive=True)
                if not path.startswith(OBJECTS)]

    def installed(self):
        """(version, {"libisc": file}) of the development files' libraries."""
        link = elf.run(*shlex.split(self.compiler), "-print-file-name=libisc.so")
        path = os.path.realpath(link.strip())
        version = elf.bind_version(path)
        if version is None:
            raise SystemExit("libisc.so is not to be found (Debian: bind9-dev)")
        return version, elf.bind_libraries(os.path.dirname(path), version)

    def unresolved(self):
        """{name: letter}: what the plugin refers to that none of its libraries has."""
        theirs = set()
        for file in elf.resolved(PLUGIN).values():
            if file is not None:
                theirs.update(elf.exported(file))
        return {name: kind for name, kind in elf.undefined(PLUGIN).items()
                if name not in theirs}

    def bind_names(self):
        """What of that is not ours must be BIND's."""
        return {name: kind for name, kind in self.unresolved().items()
                if not name.startswith("xfw_")}

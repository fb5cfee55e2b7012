# SPDX-License-Identifier: MPL-2.0
"""
`make check-symbols-broken`: breaks copies of the plugin, its sources and its lists in one
way each, and wants check.py to fail for exactly that, which it has a sentence for.
"""

import os
import shlex
import shutil
import subprocess
import sys

import build
import elf
import exports
import layout
import members

WORK = "symbols-broken"
TOUCHES = '#include "compat.h"\nint xfw_broken(dns_view_t *v);\n' \
    "int xfw_broken(dns_view_t *v) { return (v->rdclass); }\n"
CALLS = "int {0}(void);\n{1}int xfw_broken(void);\n" \
    "int xfw_broken(void) {{ return ({0}()); }}\n"
WEAK = "#pragma weak {0}\n"
EXPORT = '__attribute__((visibility("default"))) int xfw_exported(void);\n' \
    "int xfw_exported(void) { return (1); }\n"


class Copy:
    """A build folder of its own with what check.py reads."""

    def __init__(self, made):
        self.made = made
        shutil.rmtree(WORK, ignore_errors=True)
        for folder in ("include", "plugin", "tests/symbols"):
            shutil.copytree(f"{made.srcdir}/{folder}", f"{WORK}/src/{folder}",
                            ignore=shutil.ignore_patterns("*.o", "*.lo", ".libs"))
        os.makedirs(f"{WORK}/build")
        shutil.copy("config.h", f"{WORK}/build")
        for folder in (build.OBJECTS, "plugin/core/.libs", "plugin/report/.libs",
                       "plugin/.libs"):
            shutil.copytree(folder, f"{WORK}/build/{folder}", symlinks=True)
        self.needed = [f"-l:{name}" for name in elf.needed(build.PLUGIN)]
        include = os.path.abspath(f"{WORK}/src/include")
        self.environ = dict(
            os.environ, srcdir="../src", CLANG="none",
            CPPFLAGS=f"-I{shlex.quote(include)} {os.environ['CPPFLAGS']}",
            SOURCES=" ".join(os.path.relpath(source, made.srcdir)
                             for source in made.sources))

    def source(self, name):
        return f"{WORK}/src/plugin/named/{name}"

    def compile(self, name, to=None):
        """Again, as the copy of the source is now."""
        flags = ["-iquote", os.path.dirname(self.source(name)), "-I",
                 f"{WORK}/src/include"] + self.made.flags
        source = self.source(name)
        output = to or f"{WORK}/build/" + self.made.object_of(name)
        subprocess.run([*shlex.split(self.made.compiler), *flags, "-w", "-O2", "-fPIC",
                        "-fvisibility=hidden", "-c", source, "-o", output], check=True)

    def link(self, more=(), script=True):
        objects = [f"{WORK}/build/{self.made.object_of(source)}"
                   for source in self.made.sources]
        command = [*shlex.split(self.made.compiler), "-shared", *objects,
                   "-Wl,--whole-archive", f"{WORK}/build/plugin/core/.libs/libcore.a",
                   f"{WORK}/build/plugin/report/.libs/libreport.a",
                   "-Wl,--no-whole-archive", *self.needed, *more]
        if script:
            command.append("-Wl,--version-script,plugin/.libs/xfrwatch.ver")
        subprocess.run([*command, "-o", f"{WORK}/build/{build.PLUGIN}"], check=True)

    def check(self):
        """The sentences that failed."""
        done = subprocess.run(
            [sys.executable, os.path.abspath(f"{WORK}/src/tests/symbols/check.py")],
            cwd=f"{WORK}/build", env=self.environ, text=True, stdout=subprocess.PIPE,
            check=False)
        failed = [line[5:] for line in done.stdout.splitlines()
                  if line.startswith("FAIL ")]
        if bool(failed) != (done.returncode != 0):
            raise SystemExit(f"status {done.returncode}, but failed: {failed}")
        return failed


def append(copy, name, text):
    with open(copy.source(name), "a", encoding="utf-8") as source:
        source.write(text)


def replace(path, old, new):
    with open(path, "rb") as file:
        content = file.read()
    if old not in content:
        raise SystemExit(f"{path} has no {old!r}")
    with open(path, "wb") as file:
        file.write(content.replace(old, new))


def in_source(name, text, **linked):
    def change(copy):
        append(copy, name, text)
        copy.compile(name)
        copy.link(**linked)
    return change


def not_in_table(copy):
    replace(copy.source("symbols.tbl.h"), b"XFW_SYMBOL(FULL, dns_zone_refresh)\n", b"")
    copy.compile("refresh.c")
    copy.link()


def linked_to_bind(copy):
    copy.link(more=["-Wl,--no-as-needed", copy.made.installed()[1]["libisc"]])


def in_core(copy):
    append(copy, "reduced.c", CALLS.format("dns_zone_refresh", ""))
    to = f"{WORK}/build/broken.o"
    copy.compile("reduced.c", to)
    subprocess.run(["ar", "q", f"{WORK}/build/plugin/core/.libs/libcore.a", to],
                   check=True)


def other_version(copy):
    replace(f"{WORK}/build/{build.PLUGIN}", b"xfrwatch-built-for=9",
            b"xfrwatch-built-for=8")


def in_list(name, old, new):
    def change(copy):
        replace(f"{WORK}/src/tests/symbols/{name.format(copy.made.series)}", old, new)
    return change


def now_data(copy):
    """All versions of the list have data where the library has a function."""
    path = exports.path(f"{WORK}/src/tests/symbols", copy.made.series)
    kept = exports.Exports.read(path)
    group, library, kinds = kept.rows["dns_zone_refresh"]
    kept.rows["dns_zone_refresh"] = (group, library, ["D"] * len(kinds))
    kept.write(path, copy.made.series)


def moved(copy):
    """All versions of the list have a member where the headers have it not."""
    path = layout.path(f"{WORK}/src/tests/symbols", copy.made.series)
    versions, rows = layout.read(path)
    rows["isc_buffer.used"] = ["999"] * len(versions)
    layout.write(path, copy.made.series, {
        version: {name: row[index] for name, row in rows.items()}
        for index, version in enumerate(versions)})


def lacking_library(copy):
    """A compiler that finds a BIND whose libdns has lost a symbol."""
    folder = os.path.abspath(f"{WORK}/libraries")
    os.makedirs(folder)
    version, libraries = copy.made.installed()
    for library in libraries.values():
        shutil.copy(library, folder)
    replace(f"{folder}/libdns-{version}.so", b"\0dns_zone_refresh\0",
            b"\0dns_zone_refusal\0")
    compiler = os.path.abspath(f"{WORK}/cc")
    with open(compiler, "w", encoding="utf-8") as script:
        script.write(f'#!/bin/sh\n[ "$1" != -print-file-name=libisc.so ] || {{\n'
                     f"\techo '{folder}/libisc-{version}.so'\n\texit 0\n}}\n"
                     f'exec {copy.made.compiler} "$@"\n')
    os.chmod(compiler, 0o755)
    copy.environ["CC"] = compiler


def with_clang(name, text):
    def change(copy):
        in_source(name, text)(copy)
        copy.environ["CLANG"] = copy.made.clang
    return change


# What is broken, how, and the sentences that must fail: how they begin.
LISTED = "the plugin's 1"  # so many symbols
BREAKS = (
    ("nothing", lambda copy: copy.link(), ()),
    ("a symbol that nobody has", in_source("full.c", CALLS.format("dns_fake", "")),
     (LISTED, "all of them are weak", "all of them are in plugin")),
    ("the same, weak", in_source(
        "full.c", CALLS.format("dns_fake", WEAK.format("dns_fake"))),
     (LISTED, "all of them are in plugin")),
    ("a strong reference", not_in_table,
     ("all of them are weak", "all of them are in plugin", "the list has")),
    ("one of our own undefined", in_source("full.c", CALLS.format("xfw_fake", "")),
     ("none of our own",)),
    ("a base file with a symbol of full mode", in_source(
        "reduced.c", CALLS.format("dns_zone_refresh",
                                  WEAK.format("dns_zone_refresh"))),
     ("of BIND's symbols they refer",)),
    ("a base file that calls a full one", in_source(
        "reduced.c", CALLS.format("xfw_acl_allowed", "")),
     ("they reach the full files",)),
    ("a base file with a header of BIND's", in_source(
        "reduced.c", "#include <isc/types.h>\n"),
     ("the 5 files", "the table has no more", "they reach")),
    ("a full file with one more member", with_clang("hook.c", TOUCHES),
     ("the full files'",)),
    ("a full file with one more structure", with_clang(
        "hook.c", "int xfw_broken(void);\nint xfw_broken(void) "
        "{ isc_region_t r = { 0 }; return (r.base == NULL); }\n"),
     ("the full files'",)),
    ("a function that is exported", in_source("full.c", EXPORT, script=False),
     ("the plugin exports",)),
    ("a library of BIND's that is linked", linked_to_bind,
     ("no library", LISTED, "each group")),
    ("a symbol of BIND's in the monitor", in_core, ("the monitor",)),
    ("another version in the plugin", other_version, ("the plugin says",)),
    ("a symbol that one version lacks", in_list(
        "exports-{}.txt", b"dns_zone_refresh T", b"dns_zone_refresh -"), ("BIND ",)),
    ("a function that has become data", now_data, ("BIND ",)),
    ("a list with one symbol more", in_list(
        "exports-{}.txt", b"FULL libdns dns_zone_refresh",
        b"FULL libdns dns_zone_fresh T T T\nFULL libdns dns_zone_refresh"),
     (LISTED, "the list has", "BIND ")),
    ("a library that lacks a symbol", lacking_library, ("BIND ",)),
    ("a list with one file more", in_list(
        "base.txt", b"file tap.c\n", b"file tap.c\nfile taps.c\n"), ("the ",)),
    ("a list with one read more", in_list(
        "base.txt", b"file tap.c\n", b"file tap.c\nreads isc_x_t.y\n"),
     ("what the base reads",)),
    ("a member that has moved", moved, ("BIND ",)),
    ("revisions that differ otherwise", in_list(
        "revisions.txt", b"\n9.18.49 dns_rdataset ",
        b"\n9.18.1 isc_buffer\n9.20.1 isc_buffer\n9.18.49 dns_rdataset "),
     ("revisions of",)),
    ("a list of places with one less", in_list(
        "layout-{}.txt", b"isc_buffer.used ", b"isc_buffer.unused "), ("layout-",)),
)


def main():
    made = build.Build()
    if not made.sources or made.version is None:
        print("skip check-symbols-broken: configure found no BIND, there is no plugin")
        return 0
    unnoticed = 0
    for what, change, wanted in BREAKS:
        copy = Copy(made)
        change(copy)
        if copy.environ["CLANG"] != "none" and not members.available(made.clang):
            print(f"skip {what}: no {made.clang} here (Debian: clang)")
            continue
        failed = copy.check()
        right = len(failed) == len(wanted) and all(
            any(line.startswith(words) for line in failed) for words in wanted)
        print(f"{'ok  ' if right else 'FAIL'} {what}: "
              f"{'; '.join(failed) or 'no failure'}", flush=True)
        unnoticed += not right
    shutil.rmtree(WORK)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())

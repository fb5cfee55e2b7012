# SPDX-License-Identifier: MPL-2.0
# Makes what tests/system/test_upgrade.py needs for pairs of plugin and named: other
# BINDs, unpacked and not installed, and a plugin built with the headers of each.
"""
    prepare.py SOURCE BUILD MAKE

Called by `make check-upgrade`. Below BUILD/upgrade:

    apt/NAME/       package lists and archives of Debian suites that this system's
                    apt is not set up with
    bind/VERSION/   the packages of that BIND, unpacked
    build/VERSION/  the plugin, built with its headers
    manifest.json   the result: {"binds": [...], "plugins": [...], "skipped": [...]}

Other versions of the series that is installed, as far as apt can get them; each series
of tests/matrix/series; named of Debian's experimental suite, which has no headers. What
cannot be had is left out, with the reason; what cannot be built is an error. Nothing is
installed, and no right is needed: a named that this system's libraries are too old for
gets those of its own Debian beside it, and is then run with chroot(8).
"""

import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

APT_S = 300
BUILD_S = 600
RUN_S = 30

# With named-checkconf, and the headers.
PACKAGES = ("bind9", "bind9-libs", "bind9-utils", "bind9-dev")
PROGRAMS = PACKAGES[:3]
# What the plugin is linked with and named is not, by names of several Debians.
PLUGIN_LIBRARIES = (("libmicrohttpd12t64", "libmicrohttpd12"), ("liburcu8t64", "liburcu8"))
HEADERS = re.compile(r"(\S*)/(?:isc|dns|dst|ns|isccc|isccfg|irs|bind9|pk11)/\w+\.h")
NEXT = ("9.21", "sid", "experimental")


class Unavailable(Exception):
    """Something that cannot be had here, and why."""


def say(text):
    print(f"upgrade: {text}", flush=True)


def run(command, timeout, **kwargs):
    """Its output; Unavailable if it fails or takes too long."""
    try:
        return subprocess.run(command, check=True, text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL,
                              env={**os.environ, "LC_ALL": "C"}, **kwargs).stdout
    except FileNotFoundError as error:
        raise Unavailable(f"there is no {error.filename}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} took more than {timeout} s") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise Unavailable(f"{' '.join(command[:1] + command[-2:])}: "
                          f"{said[-1] if said else error.returncode}") from error


def series_of(version):
    """ "1:9.18.49-1~deb12u3" or "9.18.49-1-Debian" -> "9.18" """
    return ".".join(version.split(":")[-1].split(".")[:2])


class Apt:
    """apt, set up as this system's is, or for other suites of the same mirror."""

    def __init__(self, options=()):
        self.options = list(options)

    def run(self, program, *words, **kwargs):
        return run([program, *self.options, *words], APT_S, **kwargs)

    def versions(self, package):
        """Its versions, newest first; none is no error."""
        rows = self.run("apt-cache", "madison", package).splitlines()
        return list(dict.fromkeys(row.split("|")[1].strip() for row in rows))

    def download(self, folder, packages):
        """Fetch these ("NAME=VERSION") into a folder, and nothing that they need."""
        self.run("apt-get", "-q", "download", *packages, cwd=folder)


def mirror_of(what):
    """The mirror's URI, as tests/matrix finds it; "" without one."""
    script = os.path.join(source, "tests/matrix/mirror.sh")
    return run(["bash", "-c", '. "$0"; mirror_of "$1"', script, what], APT_S).strip()


class OtherApt(Apt):
    """Its lists and archives are in a folder of ours."""

    def __init__(self, name, suites, security=(), prefer=None):
        self.folder = os.path.join(top, "apt", name)
        for sub in ("lists/partial", "archives/partial"):
            os.makedirs(os.path.join(self.folder, sub), exist_ok=True)
        self._write("status", "")
        self._write("preferences", "" if prefer is None else
                    f"Package: {' '.join(PACKAGES)}\nPin: release n={prefer}\n"
                    "Pin-Priority: 990\n")
        self._write("sources.list", self._sources(suites, security))
        super().__init__([f"-o{key}={value}" for key, value in {
            "Dir::State": self.folder,
            "Dir::State::lists": f"{self.folder}/lists",
            "Dir::State::status": f"{self.folder}/status",
            "Dir::Cache": self.folder,
            "Dir::Cache::archives": f"{self.folder}/archives",
            "Dir::Etc::sourcelist": f"{self.folder}/sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": f"{self.folder}/preferences",
            "Dir::Etc::preferencesparts": "-",
            "Acquire::Languages": "none",
            "APT::Update::Error-Mode": "any",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "true",
        }.items()])
        self.run("apt-get", "-q", "update")

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
            out.write(text)

    @staticmethod
    def _sources(suites, security):
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        signed = f"[signed-by={keyring}] " if os.access(keyring, os.R_OK) else ""
        lines = []
        for what, names in (("main", suites), ("security", security)):
            uri = mirror_of(what)
            if names and not uri and what == "main":
                raise Unavailable("apt is not set up with a mirror of Debian")
            lines += [f"deb {signed}{uri} {name} main\n" for name in names if uri]
        return "".join(lines)

    def download_all(self, packages):
        """Fetch these with all that they need; return the archives."""
        archives = os.path.join(self.folder, "archives")
        for old in glob.glob(f"{archives}/*.deb"):
            os.remove(old)
        known = self.run("apt-cache", "pkgnames").split()
        more = [next(name for name in names if name in known)
                for names in PLUGIN_LIBRARIES]
        self.run("apt-get", "-q", "-y", "--download-only", "install", *packages, *more)
        return glob.glob(f"{archives}/*.deb")


#--- other BINDs -------------------------------------------------------------------

def unpack(archives, folder):
    for archive in archives:
        run(["dpkg-deb", "-x", archive, folder], APT_S)


def version_in(folder):
    """"9.18.49-1~deb12u1-Debian": as the library's name has it."""
    for path in glob.glob(f"{folder}/usr/lib/*/libisc-*.so"):
        return re.search(r"/libisc-([^/]*)\.so$", path).group(1)
    raise Unavailable(f"no libisc in the packages in {folder}")


def describe(folder, root):
    """What the manifest says of an unpacked BIND."""
    libraries = os.path.dirname(glob.glob(f"{folder}/usr/lib/*/libisc-*.so")[0])
    inside = "" if root else folder
    version = version_in(folder)
    return {"version": version, "series": series_of(version),
            "program": f"{inside}/usr/sbin/named",
            "checkconf": f"{inside}/usr/bin/named-checkconf",
            "libraries": None if root else libraries,
            "root": folder if root else None,
            "headers": f"{folder}/usr/include"
            if os.path.isdir(f"{folder}/usr/include/isc") else None}


def runs_here(bind):
    """Whether this system's libraries are enough for it."""
    environment = ["env", f"LD_LIBRARY_PATH={bind['libraries']}"]
    try:
        said = run([*environment, bind["program"], "-v"], RUN_S)
        run([*environment, bind["checkconf"], "-v"], RUN_S)
    except Unavailable:
        return False
    return said.split()[1] == bind["version"]


def unpacked(apt, version, packages):
    """An unpacked BIND, from an earlier run or fetched now."""
    folder = os.path.join(top, "bind", version.split(":")[-1])
    done = os.path.join(folder, ".unpacked")
    if not os.path.exists(done):
        say(f"fetching BIND {version}")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(f"{folder}/archives")
        wanted = [f"{package}={version}" for package in packages]
        apt.download(f"{folder}/archives", wanted)
        unpack(glob.glob(f"{folder}/archives/*.deb"), folder)
        shutil.rmtree(f"{folder}/archives")
        root = not runs_here(describe(folder, root=False))
        if root:
            say("  this system's libraries do not fit it: fetching its own")
            if not isinstance(apt, OtherApt):
                raise Unavailable(f"BIND {version} does not run with this system's libraries")
            unpack(apt.download_all(f"{package}={version}" for package in PROGRAMS), folder)
            for mounted in ("dev", "proc", "tmp"):
                os.makedirs(f"{folder}/{mounted}", exist_ok=True)
            for link in ("bin", "sbin", "lib", "lib64"):
                path = f"{folder}/{link}"
                if os.path.isdir(f"{folder}/usr/{link}") and not os.path.lexists(path):
                    os.symlink(f"usr/{link}", path)
        with open(done, "w", encoding="utf-8") as out:
            out.write("root\n" if root else "\n")
    with open(done, encoding="utf-8") as inp:
        return describe(folder, root=inp.read().strip() == "root")


def installed():
    """The BIND of this system, in the words of the manifest."""
    program = "/usr/sbin/named"
    version = run([program, "-v"], RUN_S).split()[1]
    return {"version": version, "series": series_of(version), "program": program,
            "checkconf": shutil.which("named-checkconf", path="/usr/bin:/usr/sbin"),
            "libraries": None, "root": None, "headers": "/usr/include"}


def versions(apt, series, packages=PACKAGES):
    """Those of the series that all packages are there for."""
    sets = [set(apt.versions(package)) for package in packages]
    return [version for version in apt.versions("bind9")
            if series_of(version) == series and all(version in s for s in sets)]


def is_version(bind, version):
    """Whether that package ("1:9.18.49-1~deb12u1") holds that BIND."""
    return re.match(re.escape(version.split(":")[-1]) + r"(-Debian)?$", bind["version"])


def table():
    """tests/matrix/series: (series, suite, security suite)."""
    with open(os.path.join(source, "tests/matrix/series"), encoding="utf-8") as inp:
        rows = [line.split() for line in inp if line.strip() and line[0] != "#"]
    return [(row[1].rstrip("."), row[2], row[3]) for row in rows if row[4] == "-"]


def all_binds(skipped):
    """The one that is installed, others of its series, those of other series, the next."""
    own = installed()
    binds = [own]

    def add(apt, series, packages=PACKAGES):
        found = versions(apt, series, packages)
        if not found:
            raise Unavailable(f"there is no {series} with {packages[-1]}")
        for version in found:
            if not any(is_version(bind, version) for bind in binds):
                binds.append(unpacked(apt, version, packages))

    def attempt(what, function):
        try:
            function()
        except Unavailable as error:
            skipped.append(f"{what}: {error}")
            say(f"{what} is left out: {error}")

    attempt(f"other versions of {own['series']} from this system's apt",
            lambda: add(Apt(), own["series"]))
    for series, suite, security in table():
        attempt(f"BIND {series} of {suite}",
                lambda: add(OtherApt(suite, [suite], [security]), series))
    series, suite, prefer = NEXT
    attempt(f"BIND {series} of {prefer}",
            lambda: add(OtherApt(prefer, [suite, prefer], prefer=prefer), series, PROGRAMS))
    return binds


#--- plugins --------------------------------------------------------------------------

def check_headers(folder, headers):
    """No header of another BIND's was used."""
    used = set()
    for path in glob.glob(f"{folder}/plugin/named/.deps/xfrwatch_la-*.Plo"):
        with open(path, encoding="utf-8") as inp:
            used |= set(HEADERS.findall(inp.read()))
    used = {path for path in used  # the build folder may be below the sources
            if path.startswith(f"{top}/") or not path.startswith(f"{source}/")}
    if {os.path.normpath(path) for path in used} != {os.path.normpath(headers)}:
        sys.exit(f"upgrade: headers from {sorted(used)} instead of {headers}")


def make(folder, make_program, *words):
    """make, showing its output only if it fails."""
    result = subprocess.run([make_program, "-C", folder, "-j", str(os.cpu_count()), *words],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=BUILD_S, check=False)
    if result.returncode != 0:
        sys.exit(f"{result.stdout[-4000:]}\nupgrade: make in {folder} failed")


def built(bind, make_program):
    """The plugin for that BIND: what includes its headers is compiled, the rest is that
    of the main build."""
    folder = os.path.join(top, "build", bind["version"])
    os.makedirs(folder, exist_ok=True)
    say(f"building for BIND {bind['version']}")
    given = shlex.split(run([os.path.join(build, "config.status"), "--config"], RUN_S))
    if not os.path.exists(f"{folder}/config.status"):
        with open(f"{folder}/configure.log", "w", encoding="utf-8") as log:
            status = subprocess.run(
                [f"{source}/configure", *given, f"--with-bind-version={bind['version']}",
                 "--with-plugindir=/nonexistent", f"CPPFLAGS=-isystem {bind['headers']}"],
                cwd=folder, stdout=log, stderr=log, timeout=BUILD_S, check=False).returncode
        if status != 0:
            sys.exit(f"upgrade: configure failed, see {folder}/configure.log")
    make(folder, make_program, "plugin/xfrwatch.la", "plugin_xfrwatch_la_DEPENDENCIES=",
         f"plugin_xfrwatch_la_LIBADD={build}/plugin/core/libcore.la "
         f"{build}/plugin/report/libreport.la")
    check_headers(folder, bind["headers"])
    return {"version": bind["version"], "series": bind["series"],
            "path": f"{folder}/plugin/.libs/xfrwatch.so"}


def all_plugins(binds, make_program):
    own = binds[0]
    plugins = [{"version": own["version"], "series": own["series"],
                "path": f"{build}/plugin/.libs/xfrwatch.so"}]
    return plugins + [built(bind, make_program) for bind in binds[1:] if bind["headers"]]


def main(make_program):
    skipped, binds, plugins = [], [], []
    os.makedirs(top, exist_ok=True)
    if os.path.exists(f"{build}/plugin/.libs/xfrwatch.so"):
        binds = all_binds(skipped)
        plugins = all_plugins(binds, make_program)
    else:
        skipped.append("no plugin was built")
    manifest = {"binds": binds, "plugins": plugins, "skipped": skipped}
    with open(os.path.join(top, "manifest.json"), "w", encoding="utf-8") as out:
        json.dump(manifest, out, indent=1)
    say("BIND " + (", ".join(bind["version"] for bind in binds) or "none"))


source, build = (os.path.abspath(path) for path in sys.argv[1:3])
top = os.path.join(build, "upgrade")
main(sys.argv[3])

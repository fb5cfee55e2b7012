# SPDX-License-Identifier: MPL-2.0
# Other BINDs than the one that is installed: unpacked packages, run where they are, and
# the plugins that were built for them (tests/upgrade/prepare.py makes both).
"""A named of another installation, and which plugins there are."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from .named import Named, named_program, named_version, plugin_path

# Mounts of its own, which end with it. Named's directory lies in the /tmp of the host.
ENTER_ROOT = """
root=$1 directory=$2
shift 2
mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" &&
mount -t tmpfs tmpfs "$root/tmp" && mkdir -p "$root$directory" &&
mount --bind "$directory" "$root$directory" && exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Bind:
    """An installation of BIND.

    version    as named and the names of its libraries tell it
    program    named; checkconf: named-checkconf; paths in `root` if there is one
    libraries  folder of its libraries, where they are not found without help
    root       where to chroot(8) for it
    """

    version: str
    program: str
    checkconf: str
    libraries: str = None
    root: str = None

    @property
    def series(self):
        """ "9.18" """
        return ".".join(self.version.split(".")[:2])

    def wrap(self, command, directory):
        """The command line that runs a command of this installation."""
        if self.root:
            return ["unshare", "-m", "sh", "-c", ENTER_ROOT, "sh", self.root, directory,
                    *command]
        if self.libraries:
            return ["env", f"LD_LIBRARY_PATH={self.libraries}", *command]
        return list(command)


@dataclass(frozen=True)
class Plugin:
    """A plugin, and the BIND that it was built for."""

    version: str
    path: str

    @property
    def series(self):
        """ "9.18" """
        return ".".join(self.version.split(".")[:2])


def installed():
    """The BIND that is installed."""
    return Bind(named_version(), named_program(),
                shutil.which("named-checkconf", path="/usr/bin:/usr/sbin:/usr/local/bin"))


def built_for(path):
    """The version of BIND that a plugin says it was built for."""
    with open(path, "rb") as inp:
        match = re.search(rb"xfrwatch-built-for=([!-~]+)\0", inp.read())
    assert match, f"{path} does not say what it was built for"
    return match.group(1).decode()


def own_plugin():
    """The plugin under test, None without one."""
    path = plugin_path()
    return Plugin(built_for(path), path) if path else None


def manifest():
    """(binds, plugins, what was left out and why) that XFW_UPGRADE names, or none."""
    path = os.environ.get("XFW_UPGRADE")
    if not path:
        return [], [], []
    with open(path, encoding="utf-8") as inp:
        rows = json.load(inp)
    return ([Bind(*(row[key] for key in ("version", "program", "checkconf", "libraries",
                                         "root"))) for row in rows["binds"]],
            [Plugin(row["version"], row["path"]) for row in rows["plugins"]],
            rows["skipped"])


class OtherNamed(Named):
    """A named of any installation, with a plugin of any build."""

    def __init__(self, base, name, bind, plugin=None, **kwargs):
        super().__init__(base, name, plugin=False, **kwargs)
        self.bind = bind
        if plugin:
            # Where it is seen in any root.
            self.plugin = self.path(os.path.basename(plugin))
            shutil.copy(plugin, self.plugin)

    def render(self):
        """`lock-file` is 9.18's alone."""
        text = super().render().replace("\tlock-file none;\n", "")
        if self.bind.series == "9.18":
            text = text.replace("options {\n", "options {\n\tlock-file none;\n", 1)
        return text

    def command(self):
        """The command line that start() runs."""
        return self.bind.wrap(
            [self.bind.program, "-f", "-c", self.path("named.conf"),
             "-L", self.path("startup.log"), *self.arguments], self.dir)

    def check_config(self):
        """Run its named-checkconf; return (exit status, output)."""
        self.write_config()
        result = subprocess.run(
            self.bind.wrap([self.bind.checkconf, self.path("named.conf")], self.dir),
            cwd=self.dir, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=60)
        return result.returncode, result.stdout

    def mapped(self, name):
        """The files of that name that its process has mapped."""
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8") as inp:
            return {line.split()[-1] for line in inp if name in line.split("/")[-1]}

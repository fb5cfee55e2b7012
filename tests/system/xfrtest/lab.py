# SPDX-License-Identifier: MPL-2.0
# The bench on which one test builds its servers: whatever it hands out is
# stopped and removed at the end, in the reverse order, whatever happened.
"""One test's servers, hosts and files."""

import os
import shutil
import subprocess
import tempfile

from .named import Named
from .netns import Hosts
from .primary import Primary


class Lab:
    """Makes things; close() unmakes them.  `debug`: named -d of every named;
    `root`: where secondaries are run with chroot(8) (other series);
    `plugin`: as Named's, for secondaries; primaries never have the plugin."""

    def __init__(self, debug=0, root=None, plugin=None, parameters="log yes;"):
        self.dir = tempfile.mkdtemp(prefix="xfrtest-")
        os.chmod(self.dir, 0o755)
        self.debug = debug
        self.root = root or os.environ.get("XFW_NAMED_ROOT") or None
        self.plugin = plugin
        self.parameters = parameters
        self._hosts = None
        self._closers = []

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def defer(self, function):
        """Call function() when the lab closes."""
        self._closers.append(function)

    def close(self):
        """Unmake everything; the first error is raised at the end."""
        failure = None
        while self._closers:
            try:
                self._closers.pop()()
            except Exception as error:  # go on: the rest must go too
                failure = failure or error
        if not os.environ.get("XFW_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        if failure:
            raise failure

    @property
    def hosts(self):
        """The two hosts; made at the first use."""
        if self._hosts is None:
            self._hosts = Hosts()
            self.defer(self._hosts.close)
        return self._hosts

    def primary(self, name="primary", **kwargs):
        """A real named without the plugin."""
        server = Named(self.dir, name, plugin=False, **kwargs)
        self.defer(server.close)
        return server

    def secondary(self, name="secondary", **kwargs):
        """A real named with the plugin, if there is one."""
        kwargs.setdefault("plugin", self.plugin)
        kwargs.setdefault("parameters", self.parameters)
        kwargs.setdefault("debug", self.debug)
        server = Named(self.dir, name, root=self.root, **kwargs)
        self.defer(server.close)
        return server

    def scripted(self, *zones, **kwargs):
        """A primary that misbehaves as told."""
        server = Primary(*zones, **kwargs)
        self.defer(server.close)
        return server

    def tmpfs(self, path, size):
        """A small file system at path."""
        os.makedirs(path, exist_ok=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", path],
            check=True,
        )
        self.defer(lambda: subprocess.run(["umount", "-l", path], check=False))

# SPDX-License-Identifier: MPL-2.0
"""Which of the plugin's sources include headers of BIND's, by the compiler itself."""

import re
import shlex

import elf

# isc/log.h, but not our own xfrwatch/ and not the system's.
HEADER = re.compile(r"(?:^|/)(?:isc|isccc|isccfg|dns|dst|ns|irs|bind9)/[\w.-]+\.h$")


def is_bind(path):
    return path is not None and HEADER.search(path) is not None


def of_source(compiler, flags, source):
    """All files that the source includes."""
    rule = elf.run(*shlex.split(compiler), *flags, "-M", "-MT", "x", source)
    return shlex.split(rule.replace("\\\n", " "))[1:]


def split(compiler, flags, sources):
    """(base, full): sources that include no header of BIND's, and those that do."""
    base, full = [], []
    for source in sources:
        bind = any(is_bind(path) for path in of_source(compiler, flags, source))
        (full if bind else base).append(source)
    return base, full

# SPDX-License-Identifier: MPL-2.0
# The harness of xfrwatch's system tests: real nameds, hosts in network
# namespaces, primaries that misbehave, and each fault by its name.
"""Start, break, watch and mend real name servers."""

from .lab import Lab
from .named import Named
from .netns import Hosts
from .primary import Primary
from .stats import parse_blocks, read_blocks
from .watch import LogWatcher, wait_until

__all__ = [
    "Hosts",
    "Lab",
    "LogWatcher",
    "Named",
    "Primary",
    "parse_blocks",
    "read_blocks",
    "wait_until",
]

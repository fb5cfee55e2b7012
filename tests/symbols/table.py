# SPDX-License-Identifier: MPL-2.0
"""The plugin's own table of BIND's symbols (plugin/named/symbols.tbl.h)."""

import re

PATH = "plugin/named/symbols.tbl.h"
BASE = "BASE"
FULL = "FULL"  # all other groups are full mode's too, each in the series that have it


def read(srcdir):
    """{name: group}"""
    table = {}
    with open(f"{srcdir}/{PATH}", encoding="utf-8") as source:
        text = re.sub(r"/\*.*?\*/", "", source.read(), flags=re.S)
    for group, name in re.findall(r"^XFW_SYMBOL\((\w+),\s*(\w+)\)", text, re.M):
        if name in table:
            raise SystemExit(f"{PATH}: {name} stands there twice")
        table[name] = group
    return table

# SPDX-License-Identifier: MPL-2.0
"""The kept lists exports-SERIES.txt: what BIND's libraries export of what we use."""

import os

import elf

HEAD = """\
# SPDX-License-Identifier: MPL-2.0
# The symbols of BIND {series} that the plugin refers to, by mode: BASE is all that
# reduced mode has, full mode has every one. Then the library, and the kind that it is
# exported with in each version whose libraries were read: T a function, D, B and R
# data, - not there (the test fails).
# Made by `make update-symbols`, which says how; compared by `make check-symbols`.
"""


class Exports:
    """versions: of the packages. rows: {name: (group, library, [kind])}"""

    def __init__(self, versions, rows):
        self.versions = versions
        self.rows = rows

    @classmethod
    def read(cls, path):
        versions, rows = [], {}
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                words = line.split()
                if words[:1] == ["versions"]:
                    versions = words[1:]
                elif words and words[0] != "#":
                    group, library, name = words[:3]
                    rows[name] = (group, library, words[3:])
        return cls(versions, rows)

    def write(self, path, series):
        with open(path, "w", encoding="utf-8") as out:
            out.write(HEAD.format(series=series))
            out.write("versions " + " ".join(self.versions) + "\n")
            for name, (group, library, kinds) in sorted(
                    self.rows.items(), key=lambda row: (row[1][0] != "BASE", row[0])):
                out.write(f"{group} {library} {name} {' '.join(kinds)}\n")


def path(folder, series):
    return os.path.join(folder, f"exports-{series}.txt")


def of_libraries(libraries):
    """{name: (library, kind)}; BIND's libraries export no name twice that we use."""
    table = {}
    for library, file in libraries.items():
        for name, kind in elf.exported(file).items():
            table.setdefault(name, (library, kind))
    return table


def make(names, groups, libraries_of):
    """names: what the plugin refers to; libraries_of: {version: {"libisc": file}}"""
    tables = {version: of_libraries(files) for version, files in libraries_of.items()}
    rows = {}
    for name in names:
        found = [table.get(name) for table in tables.values()]
        library = next((hit[0] for hit in found if hit), "nowhere")
        kinds = [hit[1] if hit and hit[0] == library else "-" for hit in found]
        rows[name] = (groups.get(name, "none"), library, kinds)
    return Exports(list(tables), rows)

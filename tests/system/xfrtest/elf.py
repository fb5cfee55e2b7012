# SPDX-License-Identifier: MPL-2.0
# The dynamic symbols of ELF files, as far as tests change them: a copy of a library
# that lacks a symbol.
"""Dynamic symbols: which there are, which are needed, and a copy without one."""

import struct
from dataclasses import dataclass

SHT_RELA, SHT_DYNSYM = 4, 11


@dataclass(frozen=True)
class Symbol:
    """One entry of .dynsym; `at` is where its name's offset stands in the file."""

    name: str
    defined: bool
    at: int


class Elf:
    """A 64-bit ELF file."""

    def __init__(self, path):
        with open(path, "rb") as inp:
            self.data = bytearray(inp.read())
        assert self.data[:5] == b"\x7fELF\x02", path
        self.order = "<" if self.data[5] == 1 else ">"
        self.sections = self._sections()
        self.symbols = self._symbols()

    def _unpack(self, layout, at):
        return struct.unpack_from(self.order + layout, self.data, at)

    def _sections(self):
        start, = self._unpack("Q", 40)
        size, count = self._unpack("HH", 58)
        rows = []
        for number in range(count):
            _, kind, _, _, offset, length, link = self._unpack("IIQQQQI", start + number * size)
            rows.append((kind, offset, length, link))
        return rows

    def _of_kind(self, wanted):
        return [row for row in self.sections if row[0] == wanted]

    def _symbols(self):
        _, offset, length, link = self._of_kind(SHT_DYNSYM)[0]
        self.strings = self.sections[link][1]
        found = []
        for at in range(offset, offset + length, 24):
            name, _, _, section = self._unpack("IBBH", at)
            found.append(Symbol(self.string(name), section != 0, at))
        return found

    def string(self, offset):
        """A name of .dynstr."""
        begin = self.strings + offset
        return self.data[begin:self.data.index(0, begin)].decode()

    def wanted(self):
        """The names that the loader has to resolve for it: what it does not define, and
        what it defines and refers to by name all the same."""
        names = {symbol.name for symbol in self.symbols if not symbol.defined}
        for _, offset, length, link in self._of_kind(SHT_RELA):
            if self.sections[link][0] == SHT_DYNSYM:
                for at in range(offset, offset + length, 24):
                    _, info = self._unpack("QQ", at)
                    names.add(self.symbols[info >> 32].name)
        return names - {""}

    def rename(self, name):
        """Takes the first letter from the name of a symbol. Nobody else's name changes,
        even if they share their bytes; who asks for the old name does not find it."""
        symbol = next(symbol for symbol in self.symbols if symbol.name == name)
        offset, = self._unpack("I", symbol.at)
        struct.pack_into(self.order + "I", self.data, symbol.at, offset + 1)

    def replace_string(self, old, new):
        """Puts a C string in the place of another of the same length, wherever it stands
        on its own; returns how often it did."""
        find, put = b"\0" + old.encode() + b"\0", b"\0" + new.encode() + b"\0"
        assert len(find) == len(put)
        count = self.data.count(find)
        self.data = self.data.replace(find, put)
        return count

    def write(self, path):
        """Write the changed file; return its path."""
        with open(path, "wb") as out:
            out.write(self.data)
        return path

# SPDX-License-Identifier: MPL-2.0
"""
One C source as clang sees it (-ast-dump=json): which members of which structures, which
structures as a whole and which functions each of its functions uses.

Expansions of macros are in clang's tree; functions that headers define are there too, so
that what they use can be followed.
"""

import json
import re
import shlex

import elf

_TYPE = re.compile(r"(?:(?:const|volatile|static|struct|union) )*([\w:]+)(?: ?\[\d*\])*$")
_POINTER = re.compile(r"(.*?) ?\*(?: ?(?:const|volatile|restrict))*$")
_MOVES = ("++", "--", "+", "-", "+=", "-=")


class Unit:
    def __init__(self, tree):
        self._file = None    # of the place that was printed last: clang prints changes
        self._fields = {}    # id: (file, id of the structure, name)
        self._names = {}     # id of a structure: its name, or that of its type
        self._outer = {}     # id of a structure without one: (id of the outer, member)
        self._records = {}   # name: (file, [type of a field])
        self.functions = {}  # name: (file, [(what, of what)]); a file: its variables
        for node in tree["inner"]:
            self._declaration(node)

    @classmethod
    def read(cls, clang, flags, source):
        return cls(json.loads(elf.run(
            *shlex.split(clang), "-w", "-fsyntax-only", "-Xclang", "-ast-dump=json",
            *flags, source)))

    # Places: clang prints a file only where it is not that of the place before.

    def _place(self, place):
        self._file = place.get("file", self._file)
        for key in ("spellingLoc", "expansionLoc", "begin", "end"):
            if key in place:
                self._place(place[key])

    def _visit(self, node):
        """The file that the node is in: what a macro makes is where that is used."""
        self._place(node.get("loc", {}))
        file = self._file
        self._place(node.get("range", {}))
        return file

    # Declarations

    def _declaration(self, node):
        file = self._visit(node)
        kind = node["kind"]
        uses = []
        if kind == "RecordDecl":
            self._record(node, file)
            return
        if kind == "VarDecl":
            uses = self.functions.setdefault(file, (file, []))[1]
            uses.append(("size", node["type"]))
        self._uses(node, uses)
        if kind == "TypedefDecl":
            for inner in node.get("inner", ()):
                owned = inner.get("ownedTagDecl")
                if owned is not None and owned["id"] in self._records:
                    self._names.setdefault(owned["id"], node["name"])
                    self._records[node["name"]] = self._records.pop(owned["id"])
        elif kind == "FunctionDecl" and any(
                inner.get("kind") == "CompoundStmt" for inner in node.get("inner", ())):
            self.functions[node["name"]] = (file, uses)

    def _record(self, node, file):
        types = []
        inside = None  # a structure without a name, which the next field is one of
        if "name" in node:
            self._names[node["id"]] = node["name"]
        for child in node.get("inner", ()):
            at = self._visit(child)
            if child["kind"] == "RecordDecl":
                self._record(child, at)
                inside = None if "name" in child else child["id"]
                continue
            if child["kind"] == "FieldDecl":
                if inside is not None:
                    self._outer[inside] = (node["id"], child.get("name"))
                    inside = None
                self._fields[child["id"]] = (at, node["id"], child.get("name"))
                types.append(child["type"])
            self._uses(child, [])
        if node.get("completeDefinition"):
            self._records[node.get("name", node["id"])] = (file, types)

    # Expressions

    def _uses(self, node, uses):
        for child in node.get("inner", ()):
            if "kind" not in child:
                continue
            file = self._visit(child)
            if child["kind"] == "RecordDecl":
                self._record(child, file)
            else:
                self._use(child, uses)
                self._uses(child, uses)

    @staticmethod
    def _use(node, uses):
        kind = node["kind"]
        if kind == "MemberExpr":
            uses.append(("member", node["referencedMemberDecl"]))
        elif kind == "DeclRefExpr":
            if node["referencedDecl"]["kind"] == "FunctionDecl":
                uses.append(("call", node["referencedDecl"]["name"]))
        elif kind in ("VarDecl", "ParmVarDecl", "CompoundLiteralExpr",
                      "ArraySubscriptExpr"):
            uses.append(("size", node["type"]))
        elif kind == "UnaryExprOrTypeTraitExpr":
            inner = node.get("inner", [{}])
            uses.append(("size", node.get("argType") or inner[0].get("type", {})))
        elif node.get("opcode") == "=":
            uses.append(("size", node["type"]))
        elif node.get("opcode") in _MOVES:
            uses.append(("step", node["type"]))

    # Names

    def member(self, key):
        """(file, "isc_buffer.used") of a field; no name for what has none."""
        file, record, name = self._fields.get(key, (None, None, None))
        if name is None:
            return file, None
        return file, f"{self._record_name(record)}.{name}"

    def _record_name(self, record):
        if record in self._names:
            return self._names[record]
        outer, member = self._outer.get(record, (None, None))
        if outer is None:
            return "unnamed"
        return ".".join(filter(None, (self._record_name(outer), member)))

    def structures(self, of_type, step=False):
        """[(file, name)]: what a variable of the type holds, fields of fields too."""
        for text in (of_type.get("desugaredQualType"), of_type.get("qualType")):
            if step and text:
                pointer = _POINTER.match(text)
                text = pointer.group(1) if pointer else None
            match = _TYPE.match(text or "")
            if match and match.group(1) in self._records:
                file, types = self._records[match.group(1)]
                return [(file, match.group(1))] + [
                    inner for field in types for inner in self.structures(field)]
        return []

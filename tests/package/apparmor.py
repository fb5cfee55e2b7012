# SPDX-License-Identifier: MPL-2.0
# Whether what the plugin's thread did, as strace saw it, is allowed by a profile of
# AppArmor, as "apparmor_parser -p" prints it: for kernels that have no AppArmor.
"""apparmor.py TRACE PROFILE: exit status 0 if all is allowed and there was something."""

import os
import re
import sys

NAMED_THREAD = "xfrwatch"

OPEN = re.compile(r'^(\d+) .*?openat\([^,]*, "([^"]*)", ([A-Z_|]+).*\) = (-?\d+)')
OTHER = re.compile(r'^(\d+) .*?(inotify_add_watch)\(\d+, "([^"]*)".*\) = (-?\d+)')
UNIX = re.compile(r'^(\d+) .*?connect\(\d+, \{sa_family=AF_UNIX, sun_path="([^"]*)"')
SOCKET = re.compile(r'^(\d+) .*?socket\((AF_\w+), (SOCK_\w+)')
NAME = re.compile(r'^(\d+) .*?prctl\(PR_SET_NAME, "([^"]*)"')
PID = re.compile(r"^(\d+) ")

FAMILIES = {"AF_INET": "inet", "AF_INET6": "inet6", "AF_NETLINK": "netlink"}
TYPES = {"SOCK_STREAM": "stream", "SOCK_DGRAM": "dgram", "SOCK_RAW": "raw"}


def variables(text):
    """{name: [values]} of all definitions."""
    found = {}
    for name, values in re.findall(r"^\s*@\{(\w+)\}\s*\+?=\s*(.*)$", text, re.M):
        found.setdefault(name, []).extend(v.strip('"') for v in values.split())
    return found


def expanded(glob, known):
    """The glob with each variable as {a,b}."""
    while True:
        found = re.search(r"@\{(\w+)\}", glob)
        if not found:
            return re.sub("//+", "/", glob)
        values, rest = known.get(found.group(1), ["[0-9]*"]), glob[found.end():]
        if rest.startswith("/"):
            values = [value.rstrip("/") for value in values]
        glob = glob[:found.start()] + "{" + ",".join(values) + "}" + rest


def regex(glob):
    """AppArmor's globs: * within a directory, ** beyond, {a,b}, [abc], ?."""
    out, at, depth = "", 0, 0
    while at < len(glob):
        char = glob[at]
        if glob.startswith("**", at):
            out += ".*"
            at += 1
        elif char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "{":
            out += "(?:"
            depth += 1
        elif char == "}":
            out += ")"
            depth -= 1
        elif char == "," and depth:
            out += "|"
        elif char == "[":
            end = glob.index("]", at)
            out += "[" + glob[at + 1:end] + "]"
            at = end
        elif char == "\\":
            at += 1
            out += re.escape(glob[at])
        else:
            out += re.escape(char)
        at += 1
    return re.compile(out + r"\Z")


def rules(text):
    """[(regex, permissions)] of files, {(family, type)} of sockets; None is any."""
    known = variables(text)
    files, sockets = [], set()
    for line in text.splitlines():
        line = re.sub(r"\s#.*|^#.*", "", line).strip()
        found = re.match(r'(?:owner\s+)?"?((?:/|@\{)\S*?)"?\s+([a-zA-Z]+),$', line)
        if found:
            files.append((regex(expanded(found.group(1), known)), found.group(2)))
        found = re.match(r"network(?:\s+(\w+))?(?:\s+(\w+))?\s*,$", line)
        if found:
            sockets.add((found.group(1), found.group(2)))
    return files, sockets


def real(path, pid):
    """As the kernel names it."""
    path = re.sub(r"^/proc/(self|thread-self)(?=/|$)", f"/proc/{pid}", path)
    return re.sub(r"^/var/run/", "/run/", path)


def deeds(trace):
    """What the plugin's thread did, and what named opened to load the plugin:
    [(what, path or (family, type), permissions)]."""
    lines = trace.splitlines()
    ours = {m.group(1) for m in map(NAME.match, lines) if m and m.group(2) == NAMED_THREAD}
    pid = PID.match(lines[0]).group(1)
    done = []
    for line in lines:
        who = PID.match(line)
        found = OPEN.match(line)
        loading = found and re.search(r"\.so(\.\d|$)", found.group(2))
        if not who or not (who.group(1) in ours or loading):
            continue
        if found and found.group(4) != "-1":
            path, flags = real(found.group(2), pid), found.group(3)
            if loading:
                path = os.path.realpath(path)
            if "O_DIRECTORY" in flags:
                path = path.rstrip("/") + "/"
            need = {"O_RDWR": "rw", "O_WRONLY": "w"}.get(
                next((f for f in flags.split("|") if f in ("O_RDWR", "O_WRONLY")), ""), "r")
            done.append(("open", path, need + ("m" if loading else "")))
        found = OTHER.match(line)
        if found and found.group(4) != "-1":
            done.append((found.group(2), real(found.group(3), pid), "r"))
        found = UNIX.match(line)
        if found:
            done.append(("connect", real(found.group(2), pid), "w"))
        found = SOCKET.match(line)
        if found and found.group(2) in FAMILIES:
            done.append(("socket", (FAMILIES[found.group(2)], TYPES[found.group(3)]), ""))
    return ours, sorted(set(done), key=repr)


def allowed(deed, files, sockets):
    _, what, need = deed
    if isinstance(what, tuple):
        family, kind = what
        return any(f in (None, family) and k in (None, kind) for f, k in sockets)
    granted = "".join(p for pattern, p in files if pattern.match(what))
    return all(p in granted for p in need)


def main(trace, profile):
    with open(trace, encoding="utf-8", errors="replace") as file:
        ours, done = deeds(file.read())
    with open(profile, encoding="utf-8") as file:
        files, sockets = rules(file.read())
    wrong = 0
    for deed in done:
        fine = allowed(deed, files, sockets)
        wrong += not fine
        print("allowed " if fine else "REFUSED ", *deed)
    print(f"{len(ours)} threads of the plugin, {len(done)} deeds, {wrong} refused")
    return 0 if ours and done and not wrong else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

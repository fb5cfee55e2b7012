# SPDX-License-Identifier: MPL-2.0
# What a part of the bench found: figures with their budgets, tables, plots, notes; and
# the statistics behind them. Saved as JSON into the folder that XFW_BENCH_OUT names.
"""Figures, and what they were measured with."""

import argparse
import datetime
import json
import math
import os
import platform
import random
import re
import statistics
import subprocess
import sys

BOOTSTRAPS = 2000
QUICK = "--quick"
SEED = 20260328  # the same data give the same interval


def median(values):
    """The median; nothing of nothing."""
    return statistics.median(values) if values else float("nan")


def quantile(values, share):
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def interval(values, statistic=median):
    """The 95 % interval of a statistic, by bootstrap."""
    draw = random.Random(SEED)
    found = sorted(statistic(draw.choices(values, k=len(values)))
                   for _ in range(BOOTSTRAPS))
    return found[int(0.025 * BOOTSTRAPS)], found[int(0.975 * BOOTSTRAPS)]


def ratios(ours, theirs):
    """Pair by pair, as they were measured one after the other."""
    assert len(ours) == len(theirs) and ours
    return [a / b for a, b in zip(ours, theirs)]


def _processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as inp:
        found = re.search(r"^model name\s*:\s*(.*)$", inp.read(), re.M)
    return found.group(1) if found else platform.machine()


def _memory_gb():
    with open("/proc/meminfo", encoding="ascii") as inp:
        return round(int(re.search(r"MemTotal:\s+(\d+)", inp.read()).group(1)) / 2**20)


def _debian():
    try:
        with open("/etc/os-release", encoding="utf-8") as inp:
            return re.search(r'PRETTY_NAME="([^"]*)"', inp.read()).group(1)
    except OSError:
        return platform.system()


def package(name):
    """The installed version of a Debian package, or None."""
    result = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name],
                            text=True, capture_output=True, check=False)
    status, _, version = result.stdout.partition(" ")
    return version if status == "installed" else None


def machine():
    """Where this is measured."""
    return (f"{os.cpu_count()} processors ({_processor()}), {_memory_gb()} GB, "
            f"Linux {platform.release()}, {_debian()}")


class Part:
    """One part of the report.

    name      of its file, one word
    title     its heading
    question  what an operator wants to know, one sentence
    method    how it was measured, so that another can do it again: a paragraph
    packages  Debian packages whose versions belong beside the figures
    """

    def __init__(self, name, title, question, method, packages=("bind9",)):
        self.data = {
            "name": name, "title": title, "question": question, "method": method,
            "machine": machine(),
            "versions": {p: package(p) or "not installed" for p in packages},
            "quick": QUICK in sys.argv, "begin": self._now(),
            "figures": [], "tables": [], "plots": [], "notes": [],
        }

    @staticmethod
    def _now():
        return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%MZ")

    def figure(self, what, value, unit="", low=None, high=None, n=None,
               budget=None, met=None, noise=None):
        """One figure. budget: as text ("<= 1.02"), met: whether it is kept (worked out from
        the value if the budget has that form); low, high: 95 % interval; n: of how many
        measurements; noise: what the same measurement gives of two that are equal, as text."""
        if budget is not None and met is None:
            sign, limit = re.match(r"(<=|>=)\s*([0-9.]+)", budget).groups()
            met = value <= float(limit) if sign == "<=" else value >= float(limit)
        self.data["figures"].append({
            "what": what, "value": value, "unit": unit, "low": low, "high": high, "n": n,
            "budget": budget, "met": met, "noise": noise,
        })
        return met

    def ratio(self, what, ours, theirs, budget=None, same=None):
        """The median of ours/theirs, pair by pair. same: (again, theirs), two that are equal,
        of the same run: the noise."""
        pairs = ratios(ours, theirs)
        low, high = interval(pairs)
        noise = None
        if same:
            equal = ratios(*same)
            noise = "{:.3f} [{:.3f}, {:.3f}]".format(median(equal), *interval(equal))
        return self.figure(what, median(pairs), "ratio", low, high, len(pairs), budget,
                           noise=noise)

    def table(self, title, columns, rows):
        """Rows of text or numbers below a heading."""
        self.data["tables"].append({"title": title, "columns": list(columns),
                                    "rows": [list(row) for row in rows]})

    def plot(self, file, title, x, y, series, kind="lines", logx=False, logy=False,
             budget=None):
        """A picture, doc/FILE.svg. kind: lines, dots, steps or bars; series: a list of
        (label, [x ...], [y ...]) (bars: x are texts); budget: a line at that y."""
        self.data["plots"].append({
            "file": file, "title": title, "x": x, "y": y, "kind": kind, "logx": logx,
            "logy": logy, "budget": budget,
            "series": [{"label": s[0], "x": list(s[1]), "y": list(s[2])} for s in series],
        })

    def note(self, text):
        """A paragraph below the figures: what the reader must know to believe them."""
        self.data["notes"].append(text)

    def save(self):
        """Write it where report.py looks; say it on the terminal, too."""
        self.data["end"] = self._now()
        out = os.environ.get("XFW_BENCH_OUT", ".")
        os.makedirs(out, exist_ok=True)
        path = os.path.join(out, self.data["name"] + ".json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.data, file, indent=1)
            file.write("\n")
        os.replace(path + ".new", path)
        for f in self.data["figures"]:
            print(f"{self.data['name']}: {f['what']}: {f['value']:.6g} {f['unit']}"
                  + (f" (budget {f['budget']}: {'kept' if f['met'] else 'MISSED'})"
                     if f["budget"] else ""))


def arguments(description):
    """The command line of every part: --quick tries it in a minute and proves nothing."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(QUICK, action="store_true",
                        help="small sizes: to see that it runs, not to measure")
    return parser.parse_args()

#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# Makes RESULTS.md and the plots of what the parts of the bench saved in XFW_BENCH_OUT.
# It knows no part: see xfrbench/figures.py for what a part may say.
#
#	report.py PART...	in this order; one that was not measured is named
"""The report of the bench."""

import json
import os
import re
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

matplotlib.rcParams.update({
    "svg.hashsalt": "xfrwatch", "svg.fonttype": "none", "font.size": 10,
    "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "figure.figsize": (7.2, 3.8), "legend.frameon": False,
})
COLOURS = ("#0b6e99", "#d9730d", "#6b8e23", "#8e44ad", "#7f8c8d", "#c0392b")

HEAD = """# What xfrwatch costs

Made by `make bench`; do not edit. Every comparison is a ratio of two measurements that were
taken in turn in one run, on one machine, and is given as the median and its 95 % interval
(bootstrap). "Noise" is what the same measurement gives of two nameds that are equal.
A budget is what we promise; `missed` means that it is not kept.
"""


def number(value, ratio=False):
    """A figure as people read it: three digits that count, of a ratio three decimals."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if value != value:
        return "-"
    if ratio:
        return f"{value:.3f}"
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def rows(columns, body):
    """A table of Markdown; columns of numbers to the right."""
    right = [all(isinstance(r[i], (int, float)) for r in body) for i in range(len(columns))]
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "|".join("---:" if r else "---" for r in right) + "|"
    for row in body:
        yield "| " + " | ".join(number(cell).replace("|", "\\|") for cell in row) + " |"


def measured(figure):
    """A figure's value with its unit; never rounded to a budget that it misses."""
    if figure["unit"] == "ratio":
        text = number(figure["value"], True)
        if figure["met"] is False and float(text) == float(figure["budget"].split()[1]):
            text = f"{figure['value']:.4f}"
        return text
    return f"{number(figure['value'])} {figure['unit']}".rstrip()


def figures(part):
    """The table of a part's figures."""
    body = []
    for f in part["figures"]:
        ratio = f["unit"] == "ratio"
        spread = ("" if f["low"] is None else
                  f"{number(f['low'], ratio)} to {number(f['high'], ratio)}")
        verdict = "" if f["budget"] is None else "kept" if f["met"] else "**missed**"
        value = measured(f)
        body.append((f["what"], value, spread, str(f["n"] or ""), f["noise"] or "",
                     f["budget"] or "", verdict))
    return rows(("figure", "median or value", "95 % interval", "n", "noise (A/A)", "budget",
                 ""), body)


def draw(plot, folder):
    """One picture."""
    figure, axes = plt.subplots()
    for i, series in enumerate(plot["series"]):
        colour = COLOURS[i % len(COLOURS)]
        x, y = series["x"], series["y"]
        if plot["kind"] == "bars":
            width = 0.8 / len(plot["series"])
            at = [j + (i - (len(plot["series"]) - 1) / 2) * width for j in range(len(x))]
            axes.bar(at, y, width * 0.9, label=series["label"], color=colour)
            axes.set_xticks(range(len(x)), x)
            axes.grid(axis="x", visible=False)
        elif plot["kind"] == "dots":
            axes.plot(x, y, "o", markersize=3.5, label=series["label"], color=colour)
        else:
            axes.plot(x, y, drawstyle="steps-post" if plot["kind"] == "steps" else "default",
                      marker="o" if len(x) <= 12 else "", label=series["label"], color=colour)
    if plot["budget"] is not None:
        axes.axhline(plot["budget"], color="#c0392b", linestyle="--", linewidth=1,
                     label="budget")
    if plot["logx"]:
        axes.set_xscale("log")
    if plot["logy"]:
        axes.set_yscale("log")
    axes.set_title(plot["title"], loc="left", fontsize=11)
    axes.set_xlabel(plot["x"])
    axes.set_ylabel(plot["y"])
    if len(plot["series"]) > 1 or plot["budget"] is not None:
        axes.legend(fontsize=9)
    figure.tight_layout()
    figure.savefig(os.path.join(folder, plot["file"] + ".svg"), metadata={"Date": None})
    plt.close(figure)


def section(part):
    """A part of the report."""
    yield f"\n## {part['title']}\n"
    yield part["question"] + "\n"
    yield from figures(part)
    for table in part["tables"]:
        yield f"\n**{table['title']}**\n"
        yield from rows(table["columns"], table["rows"])
    for plot in part["plots"]:
        yield f"\n![{plot['title']}](../doc/{plot['file']}.svg)"
    for note in part["notes"]:
        yield "\n" + note
    versions = ", ".join(f"{k} {v}" for k, v in part["versions"].items())
    yield f"\nHow: {part['method']}\n"
    yield f"Measured {part['begin']} to {part['end']} on {part['machine']}; {versions}."


def summary(parts):
    """All budgets in one table."""
    body = [(part["title"], f["what"], f["budget"],
             measured(f),
             "kept" if f["met"] else "**missed**")
            for part in parts for f in part["figures"] if f["budget"]]
    return rows(("", "budget for", "budget", "measured", ""), body)


def main():
    """Read, draw, write."""
    out = os.environ.get("XFW_BENCH_OUT", ".")
    report = os.environ.get("XFW_BENCH_REPORT", os.path.join(out, "RESULTS.md"))
    pictures = os.environ.get("XFW_BENCH_PICTURES", out)
    parts, missing = [], []
    for name in sys.argv[1:]:
        path = os.path.join(out, name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                parts.append(json.load(file))
        else:
            missing.append(name)
    lines = [HEAD]
    if any(part.get("quick") for part in parts):
        lines.append("**Run with --quick, to see that it runs: these figures prove nothing.**\n")
    lines.extend(summary(parts))
    if missing:
        lines.append(f"\nNot measured: {', '.join(missing)}.")
    for part in parts:
        lines.extend(section(part))
        for plot in part["plots"]:
            draw(plot, pictures)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
    with open(report, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"bench: {report}")


if __name__ == "__main__":
    main()

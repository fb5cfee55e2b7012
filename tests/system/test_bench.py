# SPDX-License-Identifier: MPL-2.0
# What the report of `make bench` says of figures that are known: a budget that is missed
# must not read as kept. No named; the parts themselves are run in small by check-bench.
"""The report of the measuring bench."""

import os
import subprocess
import sys
import xml.etree.ElementTree

import pytest

pytest.importorskip("matplotlib")

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench")
sys.path.insert(0, BENCH)

from xfrbench.figures import Part, interval, median, quantile  # noqa: E402


@pytest.fixture(name="report")
def report_of(tmp_path, monkeypatch):
    """Save the part, make the report; return its lines."""
    monkeypatch.setenv("XFW_BENCH_OUT", str(tmp_path))

    def make(part, *names):
        part.save()
        subprocess.run(["/usr/bin/python3", os.path.join(BENCH, "report.py"), *names],
                       check=True, timeout=60, capture_output=True)
        return (tmp_path / "RESULTS.md").read_text(encoding="utf-8").splitlines()

    return make


def part():
    """One without figures."""
    return Part("query", "Query path", "What does a query cost?", "By counting.")


def row(lines, what):
    """The cells of a figure in its part's table."""
    return [cell.strip() for cell in
            next(l for l in lines if l.startswith(f"| {what} |")).split("|")[1:-1]]


@pytest.mark.parametrize("budget, value, verdict", [
    (">= 0.99", 0.99, "kept"), (">= 0.99", 0.9899, "**missed**"),
    ("<= 1.02", 1.02, "kept"), ("<= 1.02", 1.0201, "**missed**"),
    ("<= 0", 0, "kept"), ("<= 0", 1, "**missed**"),
])
def test_a_missed_budget_is_said(report, budget, value, verdict):
    """In the part and in the summary."""
    p = part()
    p.figure("the figure", value, budget=budget)
    lines = report(p, "query")
    assert row(lines, "the figure")[-2:] == [budget, verdict]
    assert [l for l in lines if l.startswith("| Query path | the figure |")
            and l.endswith(f"| {verdict} |")]


def test_a_ratio_goes_pair_by_pair(report):
    """A machine that grows slower within a run does not matter; its noise is told."""
    drift = [1 + i / 10 for i in range(20)]
    p = part()
    p.ratio("queries a second", [98 / d for d in drift], [100 / d for d in drift],
            ">= 0.99", same=([100 / d for d in drift], [100 / d for d in drift]))
    cells = row(report(p, "query"), "queries a second")
    assert cells[1:6] == ["0.980", "0.980 to 0.980", "20", "1.000 [1.000, 1.000]", ">= 0.99"]
    assert cells[6] == "**missed**"


def test_a_missed_budget_is_not_rounded_to_it(report):
    """Else it reads as kept."""
    p = part()
    p.ratio("queries a second", [0.9898], [1], ">= 0.99")
    assert row(report(p, "query"), "queries a second")[1] == "0.9898"


@pytest.mark.parametrize("quick", [False, True])
def test_a_quick_run_says_so(report, quick):
    """It proves nothing."""
    p = part()
    p.data["quick"] = quick
    assert any("prove nothing" in line for line in report(p, "query")) == quick


def test_what_was_not_measured_is_named(report):
    """A part that failed is not left out in silence."""
    assert "Not measured: idle, storm." in report(part(), "query", "idle", "storm")


def test_a_plot_is_a_picture_of_its_data(report, tmp_path):
    """With axes, legend and budget named."""
    p = part()
    p.plot("bench-x", "A title", "zones", "milliseconds",
           [("ours", [1, 2, 3], [4, 5, 6]), ("theirs", [1, 2, 3], [7, 8, 9])], budget=20)
    lines = report(p, "query")
    assert "![A title](../doc/bench-x.svg)" in lines
    picture = xml.etree.ElementTree.parse(tmp_path / "bench-x.svg")
    said = {"".join(e.itertext()).strip() for e in picture.iter()
            if e.tag.endswith("}text")}
    assert {"A title", "zones", "milliseconds", "ours", "theirs", "budget"} <= said


def test_statistics():
    """Of numbers whose median, quantiles and interval are known."""
    assert median([3, 1, 2]) == 2 and median([4, 1, 2, 3]) == 2.5
    assert quantile(range(100), 0.99) == 98 and quantile([5], 0.5) == 5
    low, high = interval(list(range(101)))
    assert 30 < low < 50 < high < 70
    assert interval([7] * 10) == (7, 7)

# SPDX-License-Identifier: MPL-2.0
# Fixtures of the system tests.
"""Fixtures: a bench, and the plugin if it was built; the order of the tests."""

import os
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xfrtest import Lab  # noqa: E402
from xfrtest.named import plugin_path  # noqa: E402


def _length(item):
    """How long it may take, as far as its marks tell."""
    limit = item.get_closest_marker("timeout")
    return (limit.args[0] if limit else 0, item.get_closest_marker("slow") is not None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The long ones first: else, of several at a time, one begins when all others end."""
    items.sort(key=_length, reverse=True)


@pytest.fixture
def lab():
    """A bench; whatever is on it is stopped and removed after the test."""
    with Lab() as bench:
        yield bench


@pytest.fixture
def plugin():
    """The plugin under test; the test is skipped without one."""
    path = plugin_path()
    if path is None:
        pytest.skip("XFW_PLUGIN does not name a plugin")
    if not os.path.exists(path):
        pytest.fail(f"XFW_PLUGIN={path} does not exist")
    return path

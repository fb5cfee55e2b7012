# SPDX-License-Identifier: MPL-2.0
# What the parts of `make bench` share. Each part is a program beside this folder:
# it measures, fills a Part (figures.py) and saves it; report.py makes the report of
# what was saved and knows none of the parts.
"""The measuring bench of xfrwatch."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "tests", "system"))

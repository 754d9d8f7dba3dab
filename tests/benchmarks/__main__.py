# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run all benchmarks, or those that are named, and print the tables.

python -m ansible_collections.oceanbase.ops.tests.benchmarks [NAME ...] [--rst FILE]
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Sequence

from . import frame, report, truth_table

NAMES = [
    "one_query",
    "many_hosts",
    "many_waits",
    "watching",
    "polls",
    "gate_delay",
    "live",
    "large_dag",
    "many_tasks",
    "vendor",
    "truth_table",
]

HEADER = ["What", "Target", "Measured", ""]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--rst", type=Path, help="write the tables for the docs here")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    print(report.machine(), flush=True)
    figures: list[report.Figure] = []
    for name in options.names or NAMES:
        began = time.monotonic()
        found = import_module(f"{frame.PACKAGE}.{name}").measure()
        print(f"\n{name} ({time.monotonic() - began:.0f} s)")
        print(report.text(report.rows(found)), flush=True)
        figures += found
    if options.rst:
        _write(
            options.rst, figures, with_truth="truth_table" in (options.names or NAMES)
        )
    return 0


def _write(path: Path, figures: Sequence[report.Figure], *, with_truth: bool) -> None:
    """Write what goes into the documentation."""
    parts = [report.machine(), report.rst(HEADER, report.rows(figures))]
    if with_truth:
        parts.append(report.rst(truth_table.HEADER, truth_table.table()))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table that a run ends with, and its closing line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from . import counts


@dataclass(frozen=True)
class Row:
    """How one stage ended, or how long all of them took."""

    name: str
    seconds: float
    counts: counts.Counts

    def __str__(self) -> str:
        of = self.counts
        return (
            f"{'FAILED' if of.failed else 'ok':<7} {self.name:<24} "
            f"{self.seconds:5.0f} s {of.passed:6} ok {of.failed:4} failed"
            f" {of.skipped:4} skipped"
        )


def text(rows: Sequence[Row], *, seconds: float) -> str:
    """The table, and below it the sum of its rows alone on a line."""
    title = f"All stages, {seconds:.0f} s (logs in .nox/logs):"
    total = counts.add([row.counts for row in rows])
    return "\n".join([title, *map(str, rows), "", counts.closing_line(total)])


def write(path: Path, rows: Sequence[Row], *, seconds: float) -> None:
    """Keep a table for a later command of the same run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"seconds": seconds, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(kept), encoding="utf-8")


def read(path: Path) -> tuple[list[Row], float]:
    """The rows and the seconds of the commands before; none where there was none."""
    if not path.is_file():
        return [], 0.0
    kept = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        Row(entry["name"], entry["seconds"], counts.Counts(**entry["counts"]))
        for entry in kept["rows"]
    ]
    return rows, float(kept["seconds"])

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A figure beside its target, and the tables of them."""

from __future__ import annotations

import os
import platform
import textwrap
from dataclasses import dataclass
from typing import Iterable, Sequence

import ansible.release


@dataclass(frozen=True)
class Figure:
    """One measured figure; `reached` is None where no target is set for it."""

    what: str
    target: str
    measured: str
    reached: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "not reached", None: ""}[self.reached]


def at_most(what: str, value: float, limit: float, form: str = "{:.2f}") -> Figure:
    """Return the figure of a value that has an upper limit."""
    target = f"at most {form.format(limit)}"
    return Figure(what, target, form.format(value), value <= limit)


def share(what: str, value: float, limit: int) -> Figure:
    """Return the figure of a cost that is to be at most 1/limit of another."""
    return Figure(what, f"at most 1/{limit}", f"1/{1 / value:.0f}", value <= 1 / limit)


def machine() -> str:
    """The kind of machine, without its name."""
    return (
        f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}, "
        f"ansible-core {ansible.release.__version__}"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].partition(":")[2].strip() if lines else platform.machine()


def rows(figures: Iterable[Figure]) -> list[list[str]]:
    return [[one.what, one.target, one.measured, one.verdict] for one in figures]


def text(lines: Sequence[Sequence[str]]) -> str:
    """Return the lines as columns for a terminal; the first one wraps."""
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    widths[0] = min(widths[0], 60)
    shown = []
    for first, *others in lines:
        wrapped = textwrap.wrap(first, widths[0]) or [""]
        cells = [wrapped[0], *others]
        shown.append("  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip())
        shown += [f"  {more}" for more in wrapped[1:]]
    return "\n".join(shown)


def rst(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return the lines as a table for the documentation."""
    shown = [".. list-table::", "   :header-rows: 1", ""]
    for line in [header, *lines]:
        shown += [f"   {'*' if at == 0 else ' '} - {c}" for at, c in enumerate(line)]
    return "\n".join(shown).replace(" - \n", " -\n")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memory of this process, and of another with all that it has started."""

from __future__ import annotations

import threading
from pathlib import Path

EVERY = 0.05  # seconds between two samples


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    # Not getrusage: it counts what the parent had when it forked.
    return _kilobytes(Path("/proc/self/status"), "VmHWM:") / 1024


class Peak:
    """The most memory that a process and all below it have at one moment, sampled.

    A page that several of them share is counted once (PSS).
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Return it in MiB."""
        self._over.set()
        self._thread.join()
        return self._most / 1024

    def _sample(self) -> None:
        while not self._over.wait(EVERY):
            rollups = [Path(f"/proc/{pid}/smaps_rollup") for pid in _tree(self._pid)]
            self._most = max(
                self._most, sum(_kilobytes(one, "Pss:") for one in rollups)
            )


def _tree(root: int) -> set[int]:
    """Return a process and all below it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name before it may hold anything, brackets too.
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (OSError, UnicodeError):
            continue  # it has ended
        parents[int(stat.parent.name)] = int(fields[1])
    found, more = {root}, {root}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def _kilobytes(path: Path, name: str) -> float:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0  # it has ended
    return next((float(x.split()[1]) for x in lines if x.startswith(name)), 0.0)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each cluster's tasks, and kept over a restart where a file is given.

An event is written down before it is given and struck when it was: what kills the
process in between has it told once more, with the same id, and nothing is lost.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from typing import Any, Mapping

from .. import errors

FORMAT = 1
MOST = 1000  # finished tasks of a cluster that are remembered


class Memory:
    """Marks of all clusters; each cluster's thread keeps its own part."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._guard = None if path is None else _claim(path)
        self._parts: dict[str, str] = _read(path) if path else {}

    def of(self, cluster: str) -> dict[str, Any]:
        """Return what is known of a cluster: tops, marks, outages, pending events."""
        known = json.loads(self._parts.get(cluster) or "{}")
        tasks: dict[str, Any] = {"tops": {}, "marks": {}, "pending": []}
        return {**tasks, "outage": None, "outages": 0, **known}

    def keep(self, cluster: str, part: Mapping[str, Any]) -> None:
        """Write a cluster's part; whole, and all at once, or not at all."""
        if self._path is None:
            return
        text = json.dumps(part, separators=(",", ":"))
        with self._lock:
            if self._parts.get(cluster) != text:
                self._parts[cluster] = text
                self._write()

    def close(self) -> None:
        """Let another process have the file."""
        if self._guard is not None:
            os.close(self._guard)
            self._guard = None

    def _write(self) -> None:
        path = str(self._path)
        parts = ",".join(
            f"{json.dumps(name)}:{text}" for name, text in self._parts.items()
        )
        content = f'{{"format":{FORMAT},"clusters":{{{parts}}}}}'
        new = f"{path}.new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(new, path)


def trimmed(marks: dict[str, Any]) -> dict[str, Any]:
    """Return marks without the oldest of those finished tasks that are too many."""
    done = [id for id, mark in marks.items() if mark.get("rest", True)]
    for id in done[: max(0, len(done) - MOST)]:
        del marks[id]
    return marks


def _claim(path: str) -> int:
    """Return the lock of a state file; refuse it where another process has it."""
    try:
        held = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as e:
        raise errors.InvalidOption("state_file", f"{path}: {e.strerror}") from e
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        os.close(held)
        raise errors.InvalidOption(
            "state_file", f"{path}: another event source uses it; give each its own"
        ) from e
    return held


def _read(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as f:
            known = json.load(f)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as e:
        raise _unread(path, str(e)) from e
    if not isinstance(known, dict) or known.get("format") != FORMAT:
        raise _unread(path, f"it is not of format {FORMAT}")
    return {name: json.dumps(part) for name, part in known["clusters"].items()}


def _unread(path: str, why: str) -> errors.InvalidOption:
    return errors.InvalidOption(
        "state_file",
        f"{path} cannot be read: {errors.printable(why)}; mend it, or remove it: then "
        "`since` says what is told at the start",
    )

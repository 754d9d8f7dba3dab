# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clocks that drive the simulated servers: one that runs, one that tests turn."""

from __future__ import annotations

import threading
import time
from typing import Callable, Protocol

DEFAULT_START = 1767268800.0
"""2026-01-01T12:00:00Z, where a turned clock begins."""


class Clock(Protocol):
    """What the servers ask; all values are unix seconds."""

    def now(self) -> float:
        """The time that drives tasks and limits faults."""

    def wall(self) -> float:
        """The time of the servers' hosts, which signatures are checked with."""

    def on_advance(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each jump of the clock (never for one that runs)."""


class RealClock:
    """A clock that runs by itself, `speed` times as fast as the real one.

    `wall()` stays at real time, so that a fast simulation does not expire the
    signatures of its clients.
    """

    def __init__(self, speed: float = 1.0, *, start: float | None = None) -> None:
        self.speed = speed
        self._start = time.time() if start is None else start
        self._origin = time.monotonic()

    def now(self) -> float:
        return self._start + (time.monotonic() - self._origin) * self.speed

    def wall(self) -> float:
        return time.time()

    def on_advance(self, callback: Callable[[], None]) -> None:
        del callback


class TurnedClock:
    """A clock that stands still until `advance` is called."""

    def __init__(self, start: float = DEFAULT_START) -> None:
        self._now = float(start)
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def now(self) -> float:
        with self._lock:
            return self._now

    def wall(self) -> float:
        return self.now()

    def advance(self, seconds: float) -> float:
        """Turn the clock on by `seconds`; returns the new time."""
        if seconds < 0:
            raise ValueError("a clock does not run backwards; use an agent's skew")
        with self._lock:
            self._now += seconds
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()
        return self.now()

    def on_advance(self, callback: Callable[[], None]) -> None:
        with self._lock:
            self._callbacks.append(callback)

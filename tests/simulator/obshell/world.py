# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time that moves obshell's agents and clusters."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from typing import Any, Callable

from .. import clock as clocks
from . import engine
from .dag import NEVER


class World:
    """Everything that shares one clock; `lock` guards all of it.

    Agents and clusters register themselves; what moves here is their stores.
    """

    def __init__(self, clock: clocks.Clock, *, seed: int = 1) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.agents: list[Any] = []
        self.clusters: list[Any] = []
        self.now = clock.now()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._busy = False

    def catch_up(self) -> float:
        """Let everything happen that is due; returns the time."""
        if self._busy:
            # Something that is due has effects that catch up themselves.
            return self.now
        self._busy = True
        try:
            return self._run(self.clock.now())
        finally:
            self._busy = False

    def _run(self, until: float) -> float:
        while True:
            stores = [a.store for a in self.agents] + [c.store for c in self.clusters]
            store = min(stores, key=lambda s: s.next_event(), default=None)
            due = store.next_event() if store else NEVER
            if self._timers and self._timers[0][0] <= min(due, until):
                moment, _number, action = heapq.heappop(self._timers)
                self.now = max(self.now, moment)
                action()
            elif store and due <= until:
                self.now = max(self.now, due)
                engine.advance(store, self.now)
            else:
                self.now = max(self.now, until)
                return self.now

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Do something at a time to come."""
        heapq.heappush(self._timers, (moment, next(self._numbers), action))

    def agent_at(self, ip: str, port: int) -> Any:
        """The agent of an address, None where nobody is."""
        return next((a for a in self.agents if (a.ip, a.port) == (ip, port)), None)

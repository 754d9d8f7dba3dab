# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between a client and a server, switched on for some requests.

    refuse        connections are refused, open ones are cut
    reset         the request is read, then RST
    close         the request is read, then the connection ends without an answer
    hang          no answer until the fault is over; then the true one
    trickle       the true answer, byte by byte, headers too (interval=0.2)
    trickle_body  the headers at once, the body byte by byte
    status        an error: status=, code=, err_code=, message=, headers=, body=
    html          a web page: status=200
    truncated     the true answer cut in the middle: form="cut" (a Content-Length that
                  fits what is sent) or form="short" (one that promises more)
    foreign       valid JSON of somebody else: payload={"hello": 1}
    huge          a body that does not end before 1 GiB: limit=
    redirect      status=302, location="/login"

`handled=True` lets the server carry the request out before its answer is lost
(reset, close) or replaced (status, html, foreign, huge, redirect).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Pattern

from . import clock as clocks

KINDS = [
    "refuse",
    "reset",
    "close",
    "hang",
    "trickle",
    "trickle_body",
    "status",
    "html",
    "truncated",
    "foreign",
    "huge",
    "redirect",
]


@dataclass
class Fault:
    """One fault; `count` requests are left to hit (None: all) after `skip` others."""

    kind: str
    count: int | None = None
    until: float | None = None
    path: Pattern[str] | None = None
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    hits: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """End the fault: a request that hangs gets its answer."""
        self.over.set()

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)


class Faults:
    """The faults of one server, in the order in which they were added."""

    def __init__(self, clock: clocks.Clock, *, on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        count: int | None = None,
        seconds: float | None = None,
        path: str | None = None,
        skip: int = 0,
        **options: Any,
    ) -> Fault:
        """Switch a fault on for `count` requests and `seconds` of simulated time.

        `path` is a regular expression, searched in the request target; `skip` lets
        that many matching requests through first.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}: one of {', '.join(KINDS)}")
        until = None if seconds is None else self._clock.now() + seconds
        pattern = re.compile(path) if path else None
        fault = Fault(kind, count, until, pattern, skip, options)
        with self._lock:
            self._faults.append(fault)
        self._on_change()
        return fault

    def clear(self) -> None:
        """End all faults; what hangs is answered."""
        with self._lock:
            for fault in self._faults:
                fault.release()
            self._faults = []
        self._on_change()

    def clear_kind(self, kind: str) -> None:
        """End the faults of one kind."""
        with self._lock:
            for fault in [f for f in self._faults if f.kind == kind]:
                fault.release()
                self._faults.remove(fault)
        self._on_change()

    def active(self, fault: Fault) -> bool:
        if fault.over.is_set():
            return False
        return fault.until is None or self._clock.now() < fault.until

    def refusing(self) -> bool:
        """Whether connections are refused at this moment."""
        with self._lock:
            return any(f.kind == "refuse" and self.active(f) for f in self._faults)

    def take(self, target: str) -> Fault | None:
        """The fault that hits this request, if any; counts it."""
        with self._lock:
            self._faults = [f for f in self._faults if self.active(f)]
            for fault in self._faults:
                if fault.kind == "refuse" or not _matches(fault, target):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count == 0:
                    continue
                if fault.count is not None:
                    fault.count -= 1
                fault.hits += 1
                return fault
        return None


def _matches(fault: Fault, target: str) -> bool:
    return fault.path is None or fault.path.search(target) is not None

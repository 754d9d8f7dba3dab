# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller of a wait asks for, and how often that means to look. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .. import errors
from ..task import task, verdict

ON_TIMEOUT = ["fail", "continue", "cancel"]
_SMALLEST = {"sleep": 0.1, "heartbeat": 1}
_NUMBERS = ("timeout", "delay", "sleep", "max_outage", "heartbeat", "log_lines")


@dataclass(frozen=True)
class Rules:
    """Seconds, lines, outcomes; the defaults are those of the options."""

    timeout: float = 3600.0
    delay: float = 0.0
    sleep: float | None = None
    outcome: Sequence[str] = verdict.ACCEPTED
    max_outage: float = 600.0
    heartbeat: float = 30.0
    log_lines: int = task.LOG_LINES
    until: str = "done"
    on_timeout: str = "fail"

    def pace(self, waited: float, costs: int, *, outage: bool) -> float:
        """Return the seconds to the next look: 5 % of the time waited, 1 to 10 s.

        Servers move once a second; a look of several requests waits that much longer,
        and who is down is not asked more than once a second, however many there are.
        """
        if self.sleep is not None:
            return self.sleep
        pace = min(10.0, max(1.0, 0.05 * waited, float(costs)))
        return max(pace, float(costs)) if outage else pace


def checked(params: Mapping[str, Any]) -> Rules:
    """Return the rules that options describe; refuse numbers that make no sense."""
    given = {name: params[name] for name in Rules.__dataclass_fields__}
    for name in _NUMBERS:
        value, least = given[name], _SMALLEST.get(name, 0)
        if value is not None and not least <= value < float("inf"):
            raise errors.InvalidOption(name, f"at least {least} is expected")
    if given["timeout"] <= given["delay"]:
        raise errors.InvalidOption("delay", "it must be below timeout")
    if given["sleep"] and given["sleep"] > given["timeout"]:
        raise errors.InvalidOption("sleep", "it must not be above timeout")
    if not given["outcome"]:
        raise errors.InvalidOption("outcome", "give at least one")
    return Rules(**{**given, "outcome": tuple(given["outcome"])})

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller of a wait asks for, and how often that means to look. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .. import arguments, errors
from ..task import verdict

MINUTE = 60.0


@dataclass(frozen=True)
class Rules:
    """Seconds, lines, outcomes; the defaults are those of the options."""

    timeout: float = 3600.0
    delay: float = 0.0
    sleep: float | None = None
    outcome: Sequence[str] = verdict.ACCEPTED
    max_outage: float = 600.0
    max_first_outage: float = 30.0
    max_stall: float | None = None
    heartbeat: float = 30.0
    log_lines: int = 3
    details: bool = False
    on_timeout: str = "fail"

    def pace(self, waited: float, costs: int, *, outage: bool) -> float:
        """Return the seconds to the next look: 1, after a minute 5 % of those waited.

        They are 10 at most. Servers move once a second. A look of many requests waits
        longer: at most two requests a second in the first minute, one after it and in
        an outage.
        """
        if self.sleep is not None:
            return self.sleep
        if waited < MINUTE:
            return max(1.0, costs * (1.0 if outage else 0.5))
        return max(min(10.0, 0.05 * waited), costs * 1.0)


def options() -> dict[str, Any]:
    """Return the spec of the options that are rules."""
    default = Rules
    return dict(
        outcome=dict(
            type="list",
            elements="str",
            choices=list(verdict.DONE),
            default=list(default.outcome),
        ),
        timeout=dict(type="float", default=default.timeout),
        delay=dict(type="float", default=default.delay),
        sleep=dict(type="float"),
        max_outage=dict(type="float", default=default.max_outage),
        max_first_outage=dict(type="float", default=default.max_first_outage),
        max_stall=dict(type="float"),
        on_timeout=dict(
            type="str",
            choices=["fail", "continue", "cancel"],
            default=default.on_timeout,
        ),
        log_lines=dict(type="int", default=default.log_lines),
        heartbeat=dict(type="float", default=default.heartbeat),
        details=dict(type="bool", default=default.details),
    )


def progress() -> dict[str, Any]:
    """Return the spec of the option that says what a wait shows."""
    words = ["changes", "logs", "none"]
    return dict(progress=dict(type="str", choices=words, default=words[0]))


def checked(params: Mapping[str, Any]) -> Rules:
    """Return the rules that options describe; refuse numbers that make no sense."""
    given = {name: params[name] for name in Rules.__dataclass_fields__}
    arguments.at_least(0, given, "timeout", "delay", "max_outage", "log_lines")
    arguments.at_least(0, given, "max_first_outage")
    arguments.at_least(1, given, "max_stall")
    arguments.at_least(0.1, given, "sleep")
    arguments.at_least(1, given, "heartbeat")
    if not given["timeout"]:
        raise errors.InvalidOption(
            "timeout",
            "seconds above 0 are expected; check mode is one look without a wait",
        )
    if given["timeout"] <= given["delay"]:
        raise errors.InvalidOption("delay", "it must be below timeout")
    if given["sleep"] and given["sleep"] > given["timeout"]:
        raise errors.InvalidOption("sleep", "it must not be above timeout")
    if not given["outcome"]:
        raise errors.InvalidOption("outcome", "give at least one")
    return Rules(**{**given, "outcome": tuple(given["outcome"])})

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that a module does for its own tasks: which options they have, and one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Mapping, Sequence

from .. import errors, transport
from ..task import verdict
from . import history, rules, target, waiter
from . import server as face

# What such a module itself decides: only what did its work is good.
_DECIDED = {"outcome": verdict.ACCEPTED, "on_timeout": "fail"}
# What such a module returns of a wait, however that ends.
_TOLD = ("tasks", "task", "outcome", "elapsed", "stats")


def options() -> dict[str, Any]:
    """Return the spec of the options of such a wait, those of wait_for_task."""
    known = {**rules.options(), **rules.progress()}
    return {name: option for name, option in known.items() if name not in _DECIDED}


def checked(params: Mapping[str, Any]) -> rules.Rules:
    """Return the rules of such a wait; refuse numbers that make no sense."""
    return rules.checked({**params, **_DECIDED})


@dataclass
class Waits:
    """What the waits of one module have in common; clock and sleep are parameters.

    `deadline` and `tally` are those of the server's client; times are seconds.
    """

    server: face.Server
    rules: rules.Rules
    deadline: transport.Deadline = field(default_factory=transport.Deadline)
    tally: transport.Tally = field(default_factory=transport.Tally)
    show: history.Show | None = None
    logs: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    warn: Callable[[str], None] = lambda text: None

    def follow(
        self, task_ids: Sequence[str], *, outcome: Sequence[str], check: bool = False
    ) -> dict[str, Any]:
        """Wait for tasks and return what is told of it; raises as Wait.run does.

        With `check` it looks once. Later questions have no deadline.
        """
        wait = waiter.Wait(
            self.server,
            [target.Target(task_id=id) for id in task_ids],
            replace(self.rules, outcome=tuple(outcome)),
            tally=self.tally,
            deadline=self.deadline,
            clock=self.clock,
            sleep=self.sleep,
            show=self.show,
            logs=self.logs,
        )
        try:
            wait.look_once() if check else wait.run()
        except errors.OpsError as e:
            e.result = _told(e.result)
            raise
        finally:
            self.deadline.at = None
            for text in dict.fromkeys(wait.warnings):
                self.warn(text)
        return _told(wait.result())


def _told(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: result[key] for key in _TOLD if key in result}

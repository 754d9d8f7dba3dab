# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client whose answers are written down, and a clock that only sleep turns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.oceanbase.ops.plugins.module_utils import errors, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.task import task
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    record,
    target,
    waiter,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)

SUB = task.SubTask(id="11", name="part", state="RUNNING", operator="RUN")
NODE = task.Node(
    id="11", name="step", state="RUNNING", operator="RUN", sub_tasks=(SUB,)
)
TASK = task.Task(
    server="obshell",
    id="11",
    name="Cluster scale out",
    state="RUNNING",
    operator="RUN",
    stage=1,
    max_stage=2,
    nodes=(NODE,),
)


def at(state="RUNNING", operator="RUN", **more):
    """Return the task in one state."""
    return replace(TASK, state=state, operator=operator, **more)


RUNNING, SUCCEEDED, FAILED = at(), at("SUCCEED"), at("FAILED")


class Clock:
    """Seconds that pass only while somebody sleeps or a request takes its time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.naps.append(seconds)
        self.now += seconds


class Client:
    """Gives the written answers of each id in turn, the last one for ever.

    An answer is a task, an error to raise, or a number: seconds until which (of the
    clock) the answer before it holds. Under `known` and `busy` each answer is a list
    of tasks.
    """

    server = "obshell"

    def __init__(self, clock: Clock, tally: transport.Tally, script: dict[str, Any]):
        self.clock = clock
        self.tally = tally
        self.script = {key: list(answers) for key, answers in script.items()}
        self.asked: list[tuple[str, bool]] = []
        self.memory = {"http://h": {"key": "k"}}
        self.answered: list[str] = []

    def fetch(self, task_id: str, *, details: bool = True) -> task.Task:
        answer = self._next(task_id, details)
        assert answer is not None
        if answer.id == TASK.id != task_id:
            answer = replace(answer, id=task_id)
        return answer if details else replace(answer, nodes=None)

    def last(self, scope: str) -> Any:
        return self._next(scope, True)

    def known(self, ids: Any) -> Any:
        return self._next("known", False) if "known" in self.script else []

    def check_narrow(self, narrow: Any) -> None:
        pass

    def busy(self, scope: str, **narrow: str) -> Any:
        return self._next("busy", False)

    def checked(self, id: str, option: str, *, scope: Any = None) -> str:
        return id

    def check_scope(self, option: str, scope: str) -> None:
        pass

    def cancel(self, late: Any) -> Any:
        return self.script.get("cancel", [(True, [])])[0]

    def advice(self, of: task.Task) -> dict[str, str]:
        return {}

    def explained(self, failed: task.Task, log_lines: int) -> Any:
        return failed, []

    def _next(self, key: str, details: bool) -> Any:
        self.asked.append((key, details))
        self.tally.requests += 1
        self.tally.bytes += 1000 if details else 100
        answers = self.script[key]
        while len(answers) > 1 and isinstance(answers[1], (int, float)):
            if self.clock.now - 100.0 < answers[1]:
                break
            del answers[:2]
        answer = answers[0]
        if len(answers) > 1 and not isinstance(answers[1], (int, float)):
            answers.pop(0)
        if isinstance(answer, errors.OpsError):
            raise type(answer)(answer.message, **_options(answer))
        return answer


def _options(error: errors.OpsError) -> dict[str, Any]:
    names = ("reason", "wait")
    found = {name: getattr(error, name) for name in names if hasattr(error, name)}
    return {**error.details, **found}


def wait_for(script, *, targets=None, quiet=None, resume=None, show=None, **rules):
    """Return a wait over the script, its clock and its client; nothing is run yet."""
    clock, tally = Clock(), transport.Tally()
    client = Client(clock, tally, script)
    rules.setdefault("details", True)
    if targets is None:
        ids = [] if quiet else [key for key in script if key != "known"]
        targets = [target.Target(task_id=task_id) for task_id in ids]
    return waiter.Wait(
        client,
        targets,
        wait_rules.Rules(**rules),
        quiet,
        tally=tally,
        clock=clock,
        sleep=clock.sleep,
        show=show,
        earlier=record.Resume.of(resume),
    )

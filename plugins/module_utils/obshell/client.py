# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell as the wait and the modules see it (wait/server.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from .. import errors, transport
from ..task import task
from . import commands, endpoints, ids, lists, locks, mapping, operations, operator

_ERROR = "ERROR: "  # how the last line of a sub-task that failed begins
_WAITS = "wait operator to advance"  # the last line of one that waits for its main task


class ObshellClient(endpoints.Endpoints):
    """Asks the agents of one cluster for tasks."""

    server = "obshell"

    @property
    def answered(self) -> list[str]:
        """The addresses that gave what was asked for, in that order."""
        return self.cluster.answered

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret: what each agent's successor may reuse."""
        return self.cluster.memory

    @property
    def notes(self) -> list[str]:
        """What is said of agents' clocks, and of how they are reached."""
        named = self.cluster.named
        found = transport.notes([agent.carrier for agent in named], "obshell")
        return found + [text for agent in named for text in agent.notes]

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self.cluster.close()

    def cut(self) -> None:
        """End, from another thread, what a request in flight is at: it fails."""
        for agent in self.cluster.named:
            agent.carrier.cut()

    def checked(self, id: str, option: str, *, scope: str | None = None) -> str:
        """Return the id; refuse what no obshell, or no task of the scope, can have."""
        ids.checked(id, option)
        if scope and ids.is_cluster(id) != (scope == "cluster"):
            raise errors.InvalidOption(option, f"{id} is not a task of the {scope}")
        return id

    def check_scope(self, option: str, scope: str) -> None:
        """Accept each: the options know no others."""

    def known(self, ids: Sequence[str]) -> Sequence[task.Task]:
        """Return those of the tasks that a list of what is unfinished holds."""
        return lists.known(self, ids)

    def check_narrow(self, narrow: Mapping[str, str]) -> None:
        """Refuse ids of OCP's."""
        for option in {"cluster_id", "tenant_id"} & set(narrow):
            raise errors.InvalidOption(
                option, "it is an id of OCP's; obshell's tasks are narrowed by tenant"
            )

    def busy(self, scope: str, **narrow: str) -> Sequence[task.Task]:
        """Return what keeps a scope from being quiet (locks.busy)."""
        return locks.busy(self, scope, **narrow)

    def running_logs(
        self, of: task.Task, which: Sequence[task.SubTask]
    ) -> Mapping[str, Sequence[str]]:
        """Return what sub-tasks have logged so far: a task has it with its details."""
        return {sub.id: sub.task_logs or () for sub in which}

    def cancel(self, late: task.Task) -> tuple[bool, Sequence[str]]:
        """Cancel a task; return what is to be said of its parts on other agents."""
        by = operator.Operator(self, self._sleep)
        return commands.cancel(by, self.fetch(late.id))

    def advice(self, of: task.Task) -> dict[str, str]:
        """Return what to do about a task (operations.advice)."""
        return operations.advice(of)

    def explained(
        self, failed: task.Task, log_lines: int
    ) -> tuple[task.Task, list[str]]:
        """Return a failed task with the causes found in its parts on other agents."""
        causes: list[task.Cause] = []
        missing: list[str] = []
        (failed,) = locks.told(self, [failed])
        for where, part_id in _parts(failed).items():
            try:
                causes += _roots(self.fetch(part_id), log_lines)
            except errors.OpsError as e:
                missing.append(f"the part {part_id} on {where}: {e.message}")
        return replace(failed, elsewhere=tuple(causes)), missing


def _roots(part: task.Task, log_lines: int) -> list[task.Cause]:
    """Return what failed in a part, also where it was passed since.

    A main task passes its parts when it fails itself, and until then they stand as
    FAILED wherever they only wait for it (protocol/obshell.md 12.3.5).
    """
    failed = [one for one in part.causes(log_lines) if one.logs[-1:] != (_WAITS,)]
    return failed or [
        task.cause_of(node, sub, log_lines)
        for node in part.nodes or ()
        for sub in node.sub_tasks
        if sub.operator == "PASS" and (sub.task_logs or [""])[-1].startswith(_ERROR)
    ]


def _parts(failed: task.Task) -> dict[str, str]:
    """Return its parts by their agents: those it lists, and those its logs blame."""
    found = dict(failed.sub_dags or {})
    for cause in failed.causes():
        part = mapping.failed_part(cause.logs)
        if part and cause.agent and not part[1]:
            found.setdefault(cause.agent, part[0])
    return found

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP as the wait and the modules see it (wait/server.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from .. import arguments, errors, transport
from ..task import task
from . import endpoints, lists, logs, operations, operator

MAX_LOGS = 10  # root causes whose logs are read to explain one failure
MAX_PATIENCE = 15.0  # seconds that a rate limit may hold up the reading of a log
MOST_LISTED = 2000  # the largest page that it gives (protocol/ocp.md 8.13)
_NOT_HERE = "OCP has no such thing; give task_id, or unfinished: all"


class OcpClient(endpoints.Endpoints):
    """Asks one OCP for tasks."""

    server = "ocp"

    @property
    def answered(self) -> list[str]:
        """Empty: there is only one address to ask."""
        return []

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for a client of a later run."""
        return self._server.memory

    @property
    def notes(self) -> list[str]:
        """What is said of its clock, and of how it is reached."""
        return transport.notes([self._server.carrier], "ocp") + self._server.notes

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self._server.close()

    def cut(self) -> None:
        """End, from another thread, what a request in flight is at: it fails."""
        self._server.carrier.cut()

    def checked(self, id: str, option: str, *, scope: str | None = None) -> str:
        """Return the id; a scope is refused, since OCP has none."""
        if scope:
            self.check_scope(option, scope)
        return id

    def check_scope(self, option: str, scope: str) -> None:
        """Refuse all but what is unfinished anywhere: OCP has no scopes."""
        if (option, scope) != ("unfinished", "all"):
            raise errors.InvalidOption(option, _NOT_HERE)

    def check_narrow(self, narrow: Mapping[str, str]) -> None:
        """Refuse what OCP cannot tell tasks by."""
        if "tenant" in narrow:
            raise errors.InvalidOption(
                "tenant", "OCP's tasks are narrowed by the id of a tenant: tenant_id"
            )
        if "cluster_id" in narrow and self.express:
            raise errors.InvalidOption("cluster_id", "OCP Express has one cluster")
        for option in {"cluster_id", "tenant_id"} & set(narrow):
            arguments.task_id(narrow[option], option)

    def last(self, scope: str, *, details: bool = True) -> task.Task | None:
        """Refuse: OCP has no last task of a scope."""
        self.check_scope("last", scope)
        return None

    def known(self, ids: Sequence[str]) -> Sequence[task.Task]:
        """Return what is running, as the newest of it are listed.

        An entry has no operation, and its subtasks are not told to be all.
        """
        found = self.page({"status": "RUNNING"}, 1, MOST_LISTED).tasks
        return [
            replace(one, nodes=None, operator="", stage=None, max_stage=None)
            for one in found
        ]

    def busy(self, scope: str, **narrow: str) -> Sequence[task.Task]:
        """Return what is at work anywhere (lists.busy)."""
        return lists.busy(self, **narrow)

    def running_logs(
        self, of: task.Task, which: Sequence[task.SubTask]
    ) -> Mapping[str, Sequence[str]]:
        """Return what subtasks have logged so far, each asked for by itself."""
        texts, _missing = self.logs(of.id, [sub.id for sub in which])
        return {id: logs.lines_of(text) for id, text in texts.items()}

    def cancel(self, late: task.Task) -> tuple[bool, Sequence[str]]:
        """Cancel the subtasks of a task, as ocp_task does; nothing else goes on."""
        by = operator.Operator(self, self._sleep)
        sent, _decision = by.operate(self.fetch(late.id), "cancel")
        return bool(sent), []

    def advice(self, of: task.Task) -> dict[str, str]:
        """Return what to do about a task (operations.advice)."""
        return operations.advice(of)

    def facts(
        self, of: task.Task, which: str, log_lines: int, *, whole: bool
    ) -> tuple[task.Facts, list[str]]:
        """Return the facts of a task with logs of its subtasks, and what is missing.

        `which` is none, failed or all; of each log the last `log_lines`. A task that
        is not `whole`, from a list, is read again where it has logs to show.
        """
        ids = logs.with_a_log(of, which)
        if not ids:
            return of.to_dict(), []
        if not whole:
            of = self.fetch(of.id)
            ids = logs.with_a_log(of, which)
        texts, missing = self.logs(of.id, ids)
        capped = {id: logs.capped(text, log_lines) for id, text in texts.items()}
        failure = logs.told(of, texts, task.LOG_LINES).failure()
        return {**logs.with_logs(of, capped).to_dict(), "failure": failure}, missing

    def explained(
        self, failed: task.Task, log_lines: int
    ) -> tuple[task.Task, list[str]]:
        """Return a failed task with the telling log lines of its root causes.

        Each such sub-task gets at most `log_lines`, the last of which explains it.
        A log that could not be read is a warning: it never hides the verdict.
        """
        if failed.state != "FAILED" or log_lines < 1:
            return failed, []
        roots = [cause.sub_task_id for cause in failed.causes(0) if cause.sub_task_id]
        texts, missing = self.logs(failed.id, roots[:MAX_LOGS])
        if len(roots) > MAX_LOGS:
            left = len(roots) - MAX_LOGS
            missing.append(f"the logs of {left} more failed subtasks were not read")
        return logs.told(failed, texts, log_lines), missing

    def logs(
        self, id: str, sub_task_ids: Sequence[str]
    ) -> tuple[dict[str, str], list[str]]:
        """Return the whole logs of subtasks by their ids, and what is missing.

        A short wait that a rate limit asks for is kept once for each log. After an
        error that the next request would meet too, no more is asked for.
        """
        texts: dict[str, str] = {}
        for number, sub_task_id in enumerate(sub_task_ids):
            try:
                texts[sub_task_id] = self._patient_log(id, sub_task_id)
            except errors.OpsError as e:
                missing = [f"the log of subtask {sub_task_id} is missing: {e.message}"]
                left = len(sub_task_ids) - number - 1
                if left:
                    missing.append(f"{left} more logs were not asked for")
                return texts, missing
        return texts, []

    def _patient_log(self, id: str, sub_task_id: str) -> str:
        try:
            return self.log(id, sub_task_id)
        except errors.Unavailable as e:
            if e.wait is None or e.wait > MAX_PATIENCE:
                raise
            self._sleep(e.wait)
        return self.log(id, sub_task_id)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of OCP's tasks (protocol/ocp.md, 3.1)."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Callable

from .. import message
from . import answers, auth, engine, lists, operations, render
from .errors import Failure
from .task import Sub, Task

MAX_LONG = 2**63 - 1
TASKS = "/tasks/instances"
Call = Callable[[message.Request, auth.Caller, "re.Match[str]"], message.Response]


class TaskRoutes:
    """Answers what callers ask about tasks; `calls` are (method, path, function)."""

    def __init__(
        self,
        tasks: engine.Engine,
        renderer: render.Renderer,
        writer: answers.Answers,
        *,
        express: bool,
    ) -> None:
        self.engine = tasks
        self.render = renderer
        self.answers = writer
        self.express = express
        # D422 spells the filter without the s; which one is read is unconfirmed.
        self.cluster_filters = ["cluterName"]
        self.calls = self._calls()

    def find(self, task_id: int) -> Task:
        task = self.engine.find(task_id)
        if task is None:
            raise Failure("task_missing")
        return task

    def _calls(self) -> list[tuple[str, str, Call]]:
        one = rf"{TASKS}/(?P<task>[^/]+)"
        sub = rf"{one}/subtasks/(?P<sub>[^/]+)"
        calls: list[tuple[str, str, Call]] = [
            ("GET", TASKS, self._list),
            ("GET", one, self._get),
            ("POST", f"{one}/retry", self._retry),
            ("POST", f"{one}/rollback", self._rollback),
            ("GET", f"{sub}/log", self._log),
            ("POST", f"{sub}/retry", self._retry_subtask),
            ("POST", f"{sub}/skip", self._skip),
            ("POST", f"{sub}/cancel", self._cancel),
        ]
        if self.express:
            calls.append(("POST", f"{one}/downloadDiagnosis", self._diagnosis))
        return calls

    def _list(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        del match
        self._permit(caller, reads=True)
        page = lists.page(
            self.engine.all(),
            request.query,
            express=self.express,
            cluster_filters=self.cluster_filters,
        )
        entries = [self.render.entry(task) for task in page.tasks]
        data = {"contents": entries, "page": page.to_dict()}
        return self.answers.success(request, data)

    def _get(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        self._permit(caller, reads=True)
        task = self.find(_long(match["task"], "taskInstanceId"))
        return self.answers.success(request, self.render.detail(task))

    def _retry(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        self._permit(caller)
        task = self.find(_long(match["task"], "taskInstanceId"))
        self._operate(lambda now: operations.retry(task, now))
        return self.answers.success(request, self.render.detail(task))

    def _rollback(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        self._permit(caller)
        task = self.find(_long(match["task"], "taskInstanceId"))
        self._operate(lambda now: operations.rollback(task, now))
        # OCP's documentation promises the task here; Express gives nothing.
        data = None if self.express else self.render.detail(task)
        return self.answers.success(request, data)

    def _log(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        self._permit(caller, reads=True)
        _long(match["task"], "taskInstanceId")
        found = self.engine.find_subtask(_long(match["sub"], "subtaskInstanceId"))
        text = found[1].log.text(self.engine.clock.now()) if found else ""
        return self.answers.success(request, {"log": text})

    def _retry_subtask(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        task, sub = self._subtask(caller, match)
        self._operate(lambda now: operations.retry_subtask(task, sub, now))
        return self.answers.success(request, self.render.subtask(task, sub))

    def _skip(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        task, sub = self._subtask(caller, match)
        checked = not self.express
        self._operate(lambda now: operations.skip(task, sub, now, checked=checked))
        return self.answers.success(request)

    def _cancel(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        task, sub = self._subtask(caller, match)
        self._operate(lambda now: operations.cancel(task, sub, now))
        return self.answers.success(request)

    def _diagnosis(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        del caller
        if "application/json" in request.headers.get("accept", "*/*"):
            return answers.html()
        task = self.find(_long(match["task"], "taskInstanceId"))
        headers = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Disposition", 'attachment; filename="null"'),
        ]
        return message.Response(200, headers, self._archive(task), chunked=True)

    def _archive(self, task: Task) -> bytes:
        now = self.engine.clock.now()
        lines = [
            f"SubtaskInfo: id={sub.id}, state={sub.status},"
            f" upstreams={[up.id for up in sub.ups]}"
            for sub in task.subs.values()
        ]
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("task_info.txt", "\n".join(lines))
            for sub in task.subs.values():
                archive.writestr(f"subtask_{sub.id}_1.log", sub.log.text(now))
        return held.getvalue()

    def _operate(self, operation: Callable[[float], None]) -> None:
        try:
            operation(self.engine.clock.now())
        except operations.Refused as e:
            raise Failure(e.kind, e.subject, e.state) from e

    def _subtask(self, caller: auth.Caller, match: re.Match[str]) -> tuple[Task, Sub]:
        self._permit(caller)
        _long(match["task"], "taskInstanceId")
        found = self.engine.find_subtask(_long(match["sub"], "subtaskInstanceId"))
        if found is None:
            raise Failure("task_missing")
        return found

    def _permit(self, caller: auth.Caller, *, reads: bool = False) -> None:
        """Express knows no permission for tasks (6)."""
        granted = caller.user.reads_tasks if reads else caller.user.runs_tasks
        if not granted and not self.express:
            raise Failure("forbidden")


def _long(text: str, name: str) -> int:
    """An id as Spring reads a Long: spaces, signs and hexadecimal digits too (8.14)."""
    digits = re.sub(r"\s", "", text)
    match = re.fullmatch(r"([+-]?)(0[xX]|#)?([0-9a-fA-F]+)", digits)
    value = None
    if match and (match[2] or match[3].isdigit()):
        value = int(match[1] + match[3], 16 if match[2] else 10)
    if value is None or not -MAX_LONG - 1 <= value <= MAX_LONG:
        raise Failure(
            "bad_argument",
            message=f"The parameter '{name}' of value '{text}' could not be converted"
            " to type 'Long'",
            debug="Failed to convert value of type 'java.lang.String' to required type"
            " 'java.lang.Long'; nested exception is java.lang.NumberFormatException:"
            f' For input string: "{text}"',
        )
    return value

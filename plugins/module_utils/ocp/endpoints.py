# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's task endpoints: one question each."""

from __future__ import annotations

import time
from typing import Any, Callable, Mapping

from .. import errors, transport
from ..task import task
from . import auth, mapping, replies, server

INSTANCES = "/tasks/instances"


class Endpoints:
    """What one OCP can be asked for, and told to do; sleep is in seconds."""

    def __init__(
        self,
        transport_: transport.Transport,
        credentials: auth.Credentials,
        base_path: str = "/api/v2",
        *,
        memory: Mapping[str, Any] | None = None,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = transport_.url
        self._sleep = sleep
        self._server = server.Server(
            transport_, credentials, base_path, memory=memory, wall_clock=wall_clock
        )

    @property
    def base_path(self) -> str:
        return self._server.base_path

    @property
    def express(self) -> bool:
        """True for OCP Express, which knows fewer filters (protocol/ocp.md 8.13)."""
        return self.base_path.endswith("/api/v1")

    def fetch(self, id: str, *, details: bool = True) -> task.Task:
        """Return the task; OCP has no short form, so details always come.

        Raises TaskNotFound when the server proves that there is none.
        """
        data = self._get(f"task {id}", f"{INSTANCES}/{id}")
        try:
            return mapping.to_task(data)
        except errors.InvalidAnswer as e:
            e.message = f"GET task {id} at {self.url}: {e.message}"
            raise

    def page(self, query: Mapping[str, Any], number: int, size: int) -> mapping.Page:
        """Return one page, counted from 1, of the list of tasks, the newest first."""
        paging = {"page": number, "size": size, "sort": "id,desc"}
        target = transport.target(INSTANCES, {**query, **paging})
        return mapping.to_page(self._get("the list of tasks", target))

    def log(self, id: str, sub_task_id: str) -> str:
        """Return the whole log of a subtask, of all its runs."""
        what = f"log of subtask {sub_task_id} of task {id}"
        data = self._get(what, f"{INSTANCES}/{id}/subtasks/{sub_task_id}/log")
        text = data.get("log", "") if isinstance(data, dict) else None
        if not isinstance(text, str):
            raise errors.InvalidAnswer(
                f"{what}: {self.url}: a text was expected, not "
                f"{errors.printable(data, 120)}"
            )
        return text

    def operate(self, id: str, operation: str, sub_task_id: str | None = None) -> None:
        """Ask once: retry, rollback of a task; retry, skip, cancel of a subtask."""
        path, what = f"{INSTANCES}/{id}", f"{operation} task {id}"
        if sub_task_id is not None:
            path += f"/subtasks/{sub_task_id}"
            what = f"{operation} subtask {sub_task_id} of task {id}"
        reply = self._server.call("POST", f"{path}/{operation}")
        if not reply.ok:
            raise self._server.refusal(what, reply)

    def call(self, method: str, target: str, body: Any = None) -> replies.Reply:
        """Return the reply to any call; `target` is below the base path.

        Raises Refused or Unavailable for an error, with the server's words.
        """
        reply = self._server.call(method, target, body)
        if not reply.ok:
            what = f"{method} {self._server.base_path}{target.partition('?')[0]}"
            raise self._server.refusal(what, reply)
        return reply

    def _get(self, what: str, target: str) -> Any:
        reply = self._server.call("GET", target)
        if not reply.ok:
            raise self._server.refusal(what, reply, reading=True)
        return reply.data

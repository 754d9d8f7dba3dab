# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An obshell agent's envelope and its errors (protocol 1)."""

from __future__ import annotations

from typing import Any

from .. import message
from . import errors, facts
from .agent import Agent
from .call import PREFIX

CHUNKED_OVER = 2048
"""Go gives a Content-Length only to answers that fit its buffer (10.1.1)."""


class Answers:
    """Writes the answers of one agent."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def envelope(
        self,
        request: message.Request,
        status: int,
        rest: dict[str, Any],
        *,
        untraced: bool = False,
        err_code: str = "",
        login_failed: bool = False,
    ) -> message.Response:
        now = facts.rfc3339(int(self.agent.wall() * 1e6) * 1000 + self._nanoseconds())
        payload = {
            "successful": status < 400,
            "timestamp": now,
            "duration": 0,
            "status": status,
            "traceId": "" if untraced else self._trace_id(request),
            **rest,
        }
        return encoded(status, payload, err_code=err_code, login_failed=login_failed)

    def _nanoseconds(self) -> int:
        return self.agent.random.randrange(1000)

    def _trace_id(self, request: message.Request) -> str:
        if request.target == f"{PREFIX}/status":
            return ""
        given = request.headers.get("x-obshell-trace-id")
        return given or f"{self.agent.random.getrandbits(64):016x}"

    def error(
        self, request: message.Request, problem: errors.Problem
    ) -> message.Response:
        error = problem.to_dict(self.agent.era)
        error["message"] = self._translated(request, error["message"])
        rest = {} if problem.data is errors.ABSENT else {"data": problem.data}
        return self.envelope(
            request,
            problem.status_in(self.agent.era),
            {**rest, "error": error},
            untraced=problem.untraced,
            err_code=str(error.get("errCode", error.get("code"))),
            login_failed=problem.login_failed,
        )

    def _translated(self, request: message.Request, text: str) -> str:
        """One language tag is understood, a browser's list is not (1.5)."""
        tag = request.headers.get("accept-language", "")
        if self.agent.era.strings and tag.lower().split("-")[0] == "zh":
            return text.replace("Task not found", "未找到任务", 1)
        return text

    def panic(self) -> message.Response:
        """gin's recovery: prebuilt when the process started (1.6)."""
        problem = errors.Problem(
            "Common.Unexpected", 500, "Unexpected error: Internal Server Error"
        )
        error = problem.to_dict(self.agent.era)
        payload = {
            "successful": False,
            "timestamp": facts.rfc3339(self.agent.started_ns),
            "duration": 0,
            "status": 500,
            "traceId": "",
            "error": error,
        }
        return encoded(500, payload, err_code="Common.Unexpected")

    def injected(
        self, status: int, code: int | None, err_code: str | None, text: str
    ) -> bytes:
        """The body of an error that a fault makes."""
        error: dict[str, Any] = {} if code is None else {"code": code}
        if err_code is not None:
            error["errCode"] = err_code
        error["message"] = text
        now = facts.rfc3339(int(self.agent.wall() * 1e6) * 1000)
        return facts.encode(
            {
                "successful": False,
                "timestamp": now,
                "duration": 0,
                "status": status,
                "traceId": f"{self.agent.random.getrandbits(64):016x}",
                "error": error,
            }
        )


def encoded(
    status: int,
    payload: dict[str, Any],
    *,
    err_code: str = "",
    login_failed: bool = False,
) -> message.Response:
    """An envelope as bytes, as gin sends it."""
    body = facts.encode(payload)
    return message.Response(
        status,
        [("Content-Type", "application/json")],
        body,
        chunked=len(body) > CHUNKED_OVER,
        err_code=err_code,
        login_failed=login_failed,
    )

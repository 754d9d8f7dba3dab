# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's errors as each era of versions words them (protocol 1.2, 1.7 and 10.1)."""

from __future__ import annotations

from typing import Any

from .era import Era

ABSENT = object()
"""No `data` key at all; None is an explicit null."""


class Problem(Exception):
    """An error answer: its string form, and its number form (`old`) before 4.3.1.

    `old` is (status, code, message); a message of None is taken over from the new.
    """

    def __init__(
        self,
        err_code: str,
        status: int,
        message: str,
        *,
        code: int = 0,
        old: tuple[int, int, str | None] = (500, 1002, None),
        data: Any = ABSENT,
        login_failed: bool = False,
        untraced: bool = False,
    ) -> None:
        super().__init__(message)
        self.err_code = err_code
        self.status = status
        self.message = message
        self.code = code
        self.old = old
        self.data = data
        self.login_failed = login_failed
        self.untraced = untraced

    def with_data(self, data: Any = None) -> Problem:
        """Some handlers send `data` beside `error` (1.1)."""
        self.data = data
        return self

    def status_in(self, era: Era) -> int:
        return self.status if era.strings else self.old[0]

    def to_dict(self, era: Era) -> dict[str, Any]:
        """The `error` object."""
        if era.strings:
            error: dict[str, Any] = {"code": self.code} if self.code else {}
            return {**error, "errCode": self.err_code, "message": self.message}
        _status, code, text = self.old
        if code == 10008 and not era.since(4, 2, 6):
            # The message file of these versions has no such entry (10.1.2).
            return {"code": code, "message": "err.unauthorized"}
        return {"code": code, "message": self.message if text is None else text}


class Panic(Exception):
    """A handler died; gin answers with a prebuilt envelope (1.6)."""


class Raw(Exception):
    """An answer that was made elsewhere and is passed on as it is."""

    def __init__(self, response: Any) -> None:
        super().__init__("forwarded")
        self.response = response


def no_route(era: Era) -> Problem:
    return Problem(
        "Common.NotFound",
        404,
        "Element not found: 404 not found",
        old=(400, 1000, "Bad request: 404 not found"),
    )


def task_not_found(why: str = "record not found") -> Problem:
    return Problem(
        "Task.NotFound", 404, f"Task not found: {why}", old=(404, 2300, None)
    )


def invalid_id(text: str, why: str = "", *, old: str = "") -> Problem:
    message = f"Invalid ID: {text}" + (f": {why}" if why else "")
    legacy = f"Illegal argument: {old or 'invalid id: ' + text}"
    return Problem("Task.GenericID.Invalid", 400, message, old=(400, 1001, legacy))


def bind_failed(text: str) -> Problem:
    return Problem(
        "Common.BindJsonFailed",
        400,
        f"Bind JSON failed: {text}",
        old=(400, 1001, f"Illegal argument: {text}"),
    )


def required(struct: str, name: str) -> Problem:
    return bind_failed(
        f"Key: '{struct}.{name}' Error:Field validation for '{name.split('.')[-1]}' "
        "failed on the 'required' tag"
    )


def unexpected(text: str) -> Problem:
    """A plain Go error that no handler wraps (1.2)."""
    return Problem(
        "Common.Unexpected", 500, text, old=(500, 1002, f"Unexpected error: {text}")
    )


def no_response_body(what: str) -> Problem:
    """The handler forgot to answer (3.10)."""
    return Problem(
        "Common.Unexpected",
        500,
        "Unexpected error: ocsagent cannot build response body",
        old=(400, 1000, f"Bad request: only cluster agent can get {what}"),
    )


def refused(method: str, agent: str, target: str) -> Problem:
    return unexpected(
        f'{method.capitalize()} "http://{agent}{target}": dial tcp {agent}: '
        "connect: connection refused"
    )


def rpc_failed(agent: str) -> Problem:
    return Problem(
        "Agent.RPC.RequestFailed",
        500,
        f"get {agent} status failed: Request [GET]{agent} to /api/v1/info failed: "
        f'Get "http://{agent}/api/v1/info": dial tcp {agent}: connect: '
        "connection refused",
        old=(500, 1002, f"Unexpected error: get {agent} status failed"),
    )


def identity_unknown(identity: str) -> Problem:
    return Problem(
        "Agent.Identify.Unknown",
        500,
        f"Agent identify is unknown: {identity}",
        old=(400, 1000, f"Bad request: unknown agent identity: {identity}"),
    )


def wrong_identity(
    agent: str, identity: str, wanted: str, old: tuple[int, int, str]
) -> Problem:
    return Problem(
        "Agent.Identify.NotSupportOperation",
        400,
        f"'{agent}' is '{identity}', instead of '{wanted}', does not support this "
        "operation",
        old=old,
    )


def not_cluster_agent(agent: str, identity: str) -> Problem:
    old = (500, 1010, f"Known error: {agent} is not cluster agent")
    return wrong_identity(agent, identity, "CLUSTER AGENT", old)


def not_single_agent(agent: str, identity: str, code: int = 1010) -> Problem:
    status, word = (400, "Bad request") if code == 1000 else (500, "Known error")
    old = (status, code, f"{word}: {agent} is not single agent")
    return wrong_identity(agent, identity, "SINGLE", old)


def agent_locked(agent: str, task: str, era: Era) -> Problem:
    if era.since(4, 3, 0):
        old = "failed to start maintenance: agent is under maintaince"
    else:
        old = "failed to start maintenance: agent status is not 1"
    return Problem(
        "Agent.UnderMaintenance",
        500,
        f"Create task '{task}' failed: {agent} is under maintenance",
        old=(500, 1002, f"Unexpected error: {old}"),
    )


def agent_locked_for_operator(agent: str) -> Problem:
    text = f"{agent} is under maintenance"
    return Problem("Agent.UnderMaintenance", 500, text)


def cluster_locked(task: str, holder: str, era: Era) -> Problem:
    why = "cluster is under maintenance" if era.since(4, 3, 0) else "cluster is not 1"
    text = (
        f"Create task '{task}' failed: OceanBase cluster is under maintenance by DAG: "
        f"{holder}, please try again later"
    )
    legacy = "create dag instance failed: failed to start maintenance: " + why
    return Problem(
        "OB.Cluster.UnderMaintenanceWithDag",
        500,
        text,
        old=(500, 1002, f"Unexpected error: {legacy}"),
    )


def cluster_locked_for_operator() -> Problem:
    return Problem(
        "OB.Cluster.UnderMaintenance",
        500,
        "OceanBase cluster is under maintenance, please try again later",
    )


def tenant_locked(name: str, task: str = "") -> Problem:
    prefix = f"Create task '{task}' failed: " if task else ""
    text = f"{prefix}Tenant '{name}' is under maintenance, please try again later."
    return Problem("OB.Tenant.UnderMaintenance", 500, text)


def not_holding() -> Problem:
    return Problem(
        "Agent.OceanBase.NotHold",
        500,
        "Agent is not holding OceanBase",
        old=(500, 1002, "Unexpected error: oceanbase db is nil"),
    )


def not_ocs() -> Problem:
    return Problem(
        "Agent.OceanBase.DB.NotOcs",
        500,
        "The current database is not OCS",
        old=(500, 1002, "Unexpected error: current database is not ocs"),
    )


def observer_gone() -> Problem:
    return Problem(
        "OB.Server.Process.NotExist",
        500,
        "Observer process does not exist",
        old=(500, 1002, "Unexpected error: oceanbase db is nil"),
    )


def observer_check_failed(pid: int) -> Problem:
    return Problem(
        "OB.Server.Process.CheckFailed",
        500,
        f"Check observer process exist: readlink /proc/{pid}/cwd: "
        "no such file or directory",
        old=(500, 1002, "Unexpected error: oceanbase db is nil"),
    )


def as_task_not_found(problem: Problem) -> Problem:
    """WrapRetain: the outer words, the inner code and status (1.2, 3.9)."""
    text = problem.old[2] or problem.message
    inner = text.split(": ", 1)[1] if ": " in text else text
    return Problem(
        problem.err_code,
        problem.status,
        f"Task not found: {problem.message}",
        code=problem.code,
        old=(404, 2300, f"Task not found: {inner}"),
    )

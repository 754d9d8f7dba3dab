# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's errors as each era of versions words them (protocol 1.2, 1.7 and 10.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

ABSENT = object()
"""No `data` key at all; None is an explicit null."""


@dataclass(frozen=True)
class Era:
    """What a version of obshell has and says."""

    version: tuple[int, ...]

    @classmethod
    def of(cls, version: str) -> Era:
        return cls(tuple(int(part) for part in version.split(".")))

    def since(self, *version: int) -> bool:
        return self.version >= version

    @property
    def key_bits(self) -> int:
        return 1024 if self.since(4, 4, 2) else 512

    @property
    def strings(self) -> bool:
        """errCode instead of numbers."""
        return self.since(4, 3, 1)

    @property
    def lists(self) -> bool:
        """dags/*, main_dags, logs, and forwarding by a FOLLOWER over TCP."""
        return self.since(4, 3, 0)


def worded(line: str, era: Era) -> str:
    """A log line; codes are written in brackets since there are codes (10.2)."""
    if era.strings:
        return line
    return re.sub(r"\[[A-Za-z.]+\]: (Unexpected error: )?", "", line)


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


def unauthorized(
    name: str,
    text: str,
    reason: str,
    *,
    login_failed: bool = False,
    prefix: str = "Unauthorized: ",
) -> Problem:
    return Problem(
        f"Security.Authentication.{name}",
        401,
        prefix + text,
        code=10008,
        old=(401, 10008, f"Verification failed: {reason}"),
        login_failed=login_failed,
    )


def decrypt_failed(text: str, era: Era, *, seekdb: bool = False) -> Problem:
    return Problem(
        "Security.Authentication.Header.DecryptFailed",
        401,
        f"Decrypt http header failed: {text}",
        code=1 if era.since(4, 4, 2) and not seekdb else 0,
        old=(401, 10008, "Verification failed: header decrypt failed"),
        untraced=True,
    )


def keys_invalid() -> Problem:
    return Problem(
        "Request.Body.Decrypt.AES.KeyAndIv.Invalid",
        500,
        "Unauthorized: AES key and IV size error",
        old=(401, 10008, "Verification failed: body decrypt failed"),
        untraced=True,
    )


def header_missing() -> Problem:
    return Problem(
        "Request.Header.NotFound",
        400,
        "X-OCS-Agent-Header or X-OCS-Header not found in http request header",
        old=(401, 10008, "Verification failed: header not found"),
    )


def uri_mismatch() -> Problem:
    return unauthorized("Header.UriMismatch", "URI mismatch", "uri mismatch", prefix="")


def expired() -> Problem:
    return unauthorized("Expired", "Authentication expired", "auth expired")


def timestamp_invalid(text: str) -> Problem:
    go = f'strconv.ParseInt: parsing "{text}": invalid syntax'
    return unauthorized(
        "Timestamp.Invalid", f"Invalid timestamp: {text}, err: {go}", go
    )


def wrong_root_password() -> Problem:
    return unauthorized(
        "IncorrectOceanbasePassword",
        "OceanBase password is incorrect",
        "access denied: oceanbase password is incorrect",
        login_failed=True,
    )


def wrong_seekdb_password() -> Problem:
    return unauthorized(
        "IncorrectseekdbPassword",
        "seekdb password is incorrect",
        "",
        login_failed=True,
    )


def wrong_agent_password() -> Problem:
    return unauthorized(
        "IncorrectAgentPassword",
        "Agent password is incorrect",
        "access denied: agent password is incorrect",
        login_failed=True,
    )


def use_agent_password(why: str, old: str) -> Problem:
    return unauthorized(
        "WithAgentPassword", f"Should use agent_password to verify: {why}", old
    )


def use_root_password() -> Problem:
    return unauthorized(
        "WithOceanBasePassword",
        "Should use oceanbase_password to verify: agent password is not initialized",
        "agent password is not initialized, use oceanbase password to verify",
    )


def session_invalid() -> Problem:
    return unauthorized("SessionInvalid", "Session is invalid", "", prefix="")


def no_aes_key() -> Problem:
    return Problem("Request.AESKey.NotFound", 400, "AES key not found")


def unix_denied() -> Problem:
    return Problem(
        "Security.User.PermissionDenied",
        401,
        "Permission denied",
        old=(401, 10000, None),
        untraced=True,
    )


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


_OPERATORS = {
    # operator: (new words, code word, old words)
    "retry": ("Failed to set DAG retry", "Retry", "failed to set dag retry"),
    "rollback": (
        "Failed to set DAG rollback",
        "Rollback",
        "failed to set dag rollback",
    ),
    "pass": ("Failed to pass DAG", "Pass", "failed to pass dag"),
    "cancel": ("Failed to cancel DAG", "Cancel", "failed to cancel dag"),
}


def wrong_state(operator: str) -> Problem:
    """The DAG is not in a state for this operator (3.6)."""
    words, code_word, old = _OPERATORS[operator]
    if operator == "cancel":
        name, why, legacy = "CancelFinishedDag", "DAG is finished", "dag is finished"
    elif operator == "pass":
        name, why, legacy = "PassNotFailedDag", "DAG is not failed", "dag is not failed"
    else:
        name = f"{code_word}NotFailedDag"
        why, legacy = "DAG state is not failed", "dag state is not failed"
    return Problem(
        f"Task.Dag.Operator.{name}",
        400,
        f"{words}: {why}",
        old=(500, 1010, f"Known error: {old}: {legacy}"),
    )


def not_allowed(operator: str, node: str) -> Problem:
    words, code_word, old = _OPERATORS[operator]
    return Problem(
        f"Task.Dag.Operator.{code_word}NotAllowed",
        400,
        f"{words}: node {node} cannot {operator}",
        old=(500, 1010, f"Known error: {old}: {node} can not {operator}"),
    )


def unknown_operator(kind: str, word: str) -> Problem:
    return Problem(
        f"Task.{kind}.Operator.NotSupport",
        400,
        f"Operator {word} is not supported",
        old=(500, 1010, f"Known error: invalid operator: {word}"),
    )


def node_refused(name: str, why: str) -> Problem:
    text = f"Failed to pass node: {why}"
    return Problem(f"Task.Node.Operator.{name}", 400, text, old=(500, 1010, None))

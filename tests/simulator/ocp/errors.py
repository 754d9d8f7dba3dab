# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's errors by version and language (protocol/ocp.md, 1.3 and 8.8).

The statuses, codes and texts of OCP Express are recorded; OCP's codes are documented,
and its HTTP statuses are taken to be those of Express.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

Code = Union[int, str]

VERSIONS = ("3.1", "4.2.1", "4.2.2", "4.3", "express")


@dataclass(frozen=True)
class Kind:
    """An error: HTTP status, code on Express, up to 4.2.1 and from 4.2.2 on, texts."""

    status: int
    express: int
    old: int
    new: str
    key: str
    english: str
    chinese: str


KINDS = {
    "task_missing": Kind(
        404,
        20000,
        4001,
        "TSK10001",
        "TASK_NOT_EXISTS",
        "The {0} task does not exist.",
        "任务 {0} 不存在",
    ),
    "state": Kind(
        400,
        20003,
        4007,
        "TSK10007",
        "TASK_STATE_INVALID",
        "This operation is not supported for the %s task in the %s state.",
        "%s 任务处于 %s 状态，不支持该操作",
    ),
    "rollback": Kind(
        400,
        20004,
        4009,
        "TSK10009",
        "TASK_PROHIBIT_ROLLBACK",
        "Task {0} can not rollback.",
        "任务 {0} 不能回滚",
    ),
    "skip": Kind(
        400,
        20003,
        4010,
        "TSK10010",
        "SUBTASK_PROHIBIT_SKIP",
        "Subtask {0} can not skip.",
        "子任务 {0} 不能跳过",
    ),
    "not_found": Kind(
        404,
        10002,
        1002,
        "COM10002",
        "COMMON_NOT_FOUND",
        "The requested resource does not exist.",
        "请求的资源不存在",
    ),
    "bad_argument": Kind(
        400,
        0,
        1001,
        "COM10001",
        "COMMON_ILLEGAL_ARGUMENT",
        "The request parameter is invalid.",
        "请求参数无效",
    ),
    "bad_sort": Kind(
        400,
        0,
        1001,
        "COM10011",
        "COMMON_SORT_INVALID",
        "Sorting by this property is not supported.",
        "不支持按该属性排序",
    ),
    "forbidden": Kind(
        403,
        30014,
        3100,
        "IAM11000",
        "IAM_NO_PERMISSION",
        "You do not have the permission for this operation.",
        "没有权限执行该操作",
    ),
    "no_login": Kind(
        401,
        0,
        3000,
        "IAM10000",
        "IAM_USER_NOT_AUTHENTICATED",
        "The current user has not logged on or a logon error has occurred. Please log"
        " on and try again.",
        "当前用户未登录或登录异常，请登录后重试",
    ),
    "credentials": Kind(
        401,
        0,
        3004,
        "IAM10004",
        "Bad credentials",
        "Bad credentials",
        "Bad credentials",
    ),
    "locked": Kind(
        401,
        0,
        3003,
        "IAM10003",
        "IAM_USER_LOCKED",
        "The account is locked.",
        "账号已被锁定",
    ),
    "throttled": Kind(
        429,
        0,
        0,
        "",
        "IAM_TOO_MANY_REQUESTS",
        "The number of requests exceeds the limit.",
        "请求次数超过限制",
    ),
    "busy": Kind(
        409,
        0,
        11020,
        "OBE11020",
        "OB_CLUSTER_OPERATION_RUNNING",
        "The previous operation of the cluster is still running.",
        "集群的上一个操作仍在执行",
    ),
}


class Failure(Exception):
    """An error to answer; `args` fill the text, `extra` goes into `error`."""

    def __init__(
        self,
        kind: str,
        *args: Any,
        message: str = "",
        debug: str = "",
        login_failed: bool = False,
        extra: dict[str, Any] | None = None,
        status: int = 0,
        code: Code | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.fills = args
        self.message = message
        self.debug = debug
        self.login_failed = login_failed
        self.extra = extra or {}
        self.status = status or KINDS[kind].status
        self.own_code = code

    def code(self, version: str) -> Code:
        if self.own_code is not None:
            return self.own_code
        return code_of(self.kind, version)

    def text(self, language: str) -> str:
        """Exactly `en-US` and `zh-CN` give sentences, all else the key (8.8)."""
        if self.message:
            return self.message
        kind = KINDS[self.kind]
        text = {"en-US": kind.english, "zh-CN": kind.chinese}.get(language)
        if text is None:
            return kind.key
        return text % self.fills if "%s" in text else text


def code_of(kind: str, version: str) -> Code:
    """The code that `version` gives: numbers up to 4.2.1, then prefixed strings."""
    found = KINDS[kind]
    if version == "express":
        return found.express
    if version in ("4.2.2", "4.3"):
        # The only documented 429 has the number 0.
        return found.new or 0
    if version == "3.1" and kind in ("rollback", "skip"):
        # 4009 and 4010 came with 4.0.
        return KINDS["state"].old
    return found.old

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs wait_for_task in slices and shows what each has to tell."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.task import lines
from ..modules import wait_for_task

MODULE = "oceanbase.ops.wait_for_task"
NOTE = "stopping the play does not stop the task"
_MASKS = ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********")
display = Display()

# Display leaves it to the system when a line leaves; what goes into a pipe or a file it
# keeps until the play ends. Ansible loads this class before it forks the worker.
with contextlib.suppress(AttributeError, ValueError):
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


class ActionModule(ActionBase):  # type: ignore[misc]
    """The verdict is the module's alone; this only splits the wait and prints."""

    _supports_async = True
    _supports_check_mode = True

    def run(
        self, tmp: Any = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        task_vars = task_vars or {}
        super().run(tmp, task_vars)
        args = dict(self._task.args)
        spec = wait_for_task.spec()["argument_spec"]
        # Checked here first: a failing module returns all it was given, a password
        # under a mistyped name too, and Ansible cannot know that as a secret.
        refused = ArgumentSpecValidator(spec).validate(args)
        if refused.error_messages:
            return {"failed": True, "msg": _refusal(refused)}
        if self._silent(refused.validated_parameters):
            return self._once(args, task_vars)
        return self._in_slices(args, task_vars)

    def _silent(self, given: dict[str, Any]) -> bool:
        asked_for = given["progress"] == "none" or given["until"] == "change"
        of_task = self._task
        return bool(
            asked_for or of_task.async_val or of_task.check_mode or of_task.no_log
        )

    def _once(self, args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name=MODULE,
            module_args=args,
            task_vars=task_vars,
            wrap_async=self._task.async_val,
        )
        return result

    def _in_slices(
        self, args: dict[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        host = str(task_vars.get("inventory_hostname", "localhost"))
        resume = args.get("resume")
        began = time.monotonic() - float((resume or {}).get("elapsed", 0))
        parent, first = os.getppid(), True
        while True:
            given = {**args, "until": "change"}
            if resume:
                given["resume"] = {**resume, "elapsed": time.monotonic() - began}
            result = self._once(given, task_vars)
            over = result.get("failed") or result.get("done")
            self._show(result.pop("news", None) or [], host, first and not over)
            first = False
            resume = result.get("resume")
            if over or result.get("timed_out") or not resume:
                return _tidied(result, args)
            if os.getppid() != parent:
                return {"failed": True, "msg": f"the play is gone; {NOTE}"}
            if _masked(resume):
                return self._rest(args, task_vars, time.monotonic() - began)

    def _rest(
        self, args: dict[str, Any], task_vars: dict[str, Any], waited: float
    ) -> dict[str, Any]:
        """Go on without slices: a short password hides what a slice must know."""
        timeout = float(args.get("timeout") or 3600)
        given = {**args, "delay": 0, "timeout": max(timeout - waited, 1)}
        result = self._once(given, task_vars)
        result.pop("news", None)
        return _tidied(result, args)

    def _show(self, news: list[dict[str, Any]], host: str, first: bool) -> None:
        for text in lines.lines(news, host):
            display.display(f"{text} | {NOTE}" if first else text)
            first = False


def _refusal(refused: Any) -> str:
    text = "; ".join(refused.error_messages)
    return f"no such option: {text}" if refused.unsupported_parameters else text


def _masked(resume: Any) -> bool:
    text = json.dumps(resume, default=str)
    return any(mask in text for mask in _MASKS)


def _tidied(result: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    """Return the result as that of one run: without what is only for slices."""
    if not result.get("timed_out"):
        result.pop("resume", None)
    invocation = result.get("invocation")
    if isinstance(invocation, dict) and isinstance(invocation.get("module_args"), dict):
        for name in ("until", "resume"):
            if name not in args:
                invocation["module_args"].pop(name, None)
    return result

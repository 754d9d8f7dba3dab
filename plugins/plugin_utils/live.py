# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows what a wait has to tell when it happens, for each module that waits."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Mapping

from ansible import constants as C
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display

from ..module_utils.task import glance, lines
from . import worker

NOTE = "stopping the play does not stop the task"
# Their standard output is for machines; lines go to the other one.
_FOR_MACHINES = ("json", "jsonl", "ansible.posix.json", "ansible.posix.jsonl")
display = Display()

# Display leaves it to the system when a line leaves; what goes into a pipe or a file it
# keeps until the play ends. Ansible loads this class before it forks the worker.
with contextlib.suppress(AttributeError, ValueError):
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


class Action(worker.Action):
    """The action plugin of a module that waits; the verdict is the waiter's alone."""

    def run(
        self, tmp: Any = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the result; show a failure at one glance, whichever way it ran."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        for text in [] if self._silent(self._task.args) else glance.lines(result):
            _print(f"{worker.host_of(task_vars)} | {text}")
        return result

    def progress(self, options: Mapping[str, Any]) -> str:
        """Return what is to be shown, by options that may not be checked yet."""
        return str(options.get("progress"))

    def shared(
        self, params: Mapping[str, Any], secrets: set[str], task_vars: Mapping[str, Any]
    ) -> dict[str, Any]:
        if self._silent(params):
            return {}
        host, first = worker.host_of(task_vars), True

        def show(change: Mapping[str, Any]) -> None:
            nonlocal first
            over = change.get("outcome") not in (None, "running")
            over = over or change["what"] in ("nothing", "quiet")
            note = f" | {NOTE}" if first and not over else ""
            text = f"{lines.line(change, host)}{note}"
            _print(remove_values(text, secrets))
            first = False

        return {"show": show}

    def tell_elsewhere(
        self, reason: str, params: Mapping[str, Any], task_vars: Mapping[str, Any]
    ) -> None:
        if not self._silent(params):
            host = worker.host_of(task_vars)
            _print(f"{host} | waits as a module, without live lines: {reason}; {NOTE}")

    def _silent(self, params: Mapping[str, Any]) -> bool:
        asked_for = self.progress(params) == "none"
        return bool(asked_for or self._task.check_mode or self._task.no_log)


class Errand(Action):
    """The action plugin of a module that waits for the task that it submits."""

    def progress(self, options: Mapping[str, Any]) -> str:
        """Return what its wait is to show: nothing where there is none."""
        waits = (options.get("wait", True), options.get("wait_for_others", False))
        if not any(boolean(one, strict=False) for one in waits):
            return "none"
        given = options.get("wait_options")
        return str(given.get("progress") if isinstance(given, Mapping) else None)


def _print(text: str) -> None:
    display.display(text, stderr=C.DEFAULT_STDOUT_CALLBACK in _FOR_MACHINES)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module in Ansible's own worker process where that is the same.

A module on a local connection is a process that imports for half a second to send
four requests. The worker is forked from a process that has imported all of it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Any, Iterator, Mapping

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import arguments, connect, errors, hints, masking

SWITCH = "oceanbase_ops_in_worker"
PARENT = 1.0  # seconds after which it is looked whether Ansible is still there
_OTHER_PYTHON = ("PYTHON", "LD_")  # variables that would make another Python of it
display = Display()


class Task:
    """What a module's run() may touch, as an AnsibleModule has it."""

    def __init__(self, params: dict[str, Any], *, check_mode: bool) -> None:
        self.params = params
        self.check_mode = check_mode
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Action(ActionBase):  # type: ignore[misc]
    """The action plugin of one module, which names it as `call`."""

    _supports_async = True
    _supports_check_mode = True
    call: connect.Call

    def run(
        self, tmp: Any = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the module returns, whichever way it runs."""
        task_vars = task_vars or {}
        super().run(tmp, task_vars)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        reason = self._elsewhere(task_vars, environment)
        with _surroundings(environment, self._loader.get_basedir()):
            spec = self.call.spec()
            checked = connect.validated(spec, self._task.args)
            if refused := _refusal(checked, str(self._task.action), spec):
                return refused
            params = checked.validated_parameters
            reason = reason or _forbidden(params)
            if reason is None:
                with _while_there_is_a_play():
                    return self._here(params, task_vars)
        self.tell_elsewhere(reason, params, task_vars)
        return self._by_module(task_vars)

    def shared(
        self, params: Mapping[str, Any], secrets: set[str], task_vars: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the module's build() is given besides the options."""
        return {}

    def tell_elsewhere(
        self, reason: str, params: Mapping[str, Any], task_vars: Mapping[str, Any]
    ) -> None:
        """Say why the module runs as a process of its own; here only with -v."""
        display.v(f"{host_of(task_vars)} | runs as a module: {reason}")

    def _elsewhere(
        self, task_vars: Mapping[str, Any], environment: Mapping[str, Any]
    ) -> str | None:
        """Return why this process is not what the module would get; None if it is."""
        wanted = task_vars.get(SWITCH, True)
        if not boolean(self._templar.template(wanted), strict=False):
            return f"{SWITCH} is false"
        if self._connection.transport != "local":
            return f"the connection is {self._connection.transport}"
        if self._connection.become is not None:
            return "it becomes another user"
        if self._task.async_val:
            return "it is asynchronous"
        if python := self._other_python(task_vars):
            return f"{python} is asked for, and this is {sys.executable}"
        for name in environment:
            if str(name).startswith(_OTHER_PYTHON):
                return f"environment sets {name}"
        return connect.missing_library()

    def _other_python(self, task_vars: Mapping[str, Any]) -> str | None:
        """Return the Python that is named, as for the module, if it is not this one."""
        if self._task.delegate_to:
            delegated = task_vars.get("ansible_delegated_vars") or {}
            task_vars = delegated.get(self._task.delegate_to) or {}
        named = C.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
        python = str(self._templar.template(named)).strip()
        return None if python.startswith("auto") or is_this(python) else python

    def _here(
        self, params: dict[str, Any], task_vars: Mapping[str, Any]
    ) -> dict[str, Any]:
        task = Task(params, check_mode=bool(self._task.check_mode))
        secrets = masking.secrets(params)
        result = self.call.answer(task, **self.shared(params, secrets, task_vars))
        if _shows_options(task_vars):
            result["invocation"] = {"module_args": params}
        if text := connect.hidden_ids(result, secrets):
            task.warn(text)
        if task.warnings:
            result["warnings"] = task.warnings
        resume = result.pop("resume", None)
        shown: dict[str, Any] = remove_values(result, secrets)
        # It holds no secret, and what looks like one must not be lost from it.
        return shown if resume is None else {**shown, "resume": resume}

    def _by_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        # Ansible writes its own options into this, and until runs it again.
        result: dict[str, Any] = self._execute_module(
            module_args=dict(self._task.args),
            task_vars=task_vars,
            wrap_async=self._task.async_val,
        )
        return result


def host_of(task_vars: Mapping[str, Any]) -> str:
    """Return the name of the host that a task is for, on one line."""
    return errors.printable(task_vars.get("inventory_hostname", "localhost"), 80)


def _shows_options(task_vars: Mapping[str, Any]) -> bool:
    """Tell whether results have `invocation`: before ansible-core 2.21 all had."""
    try:
        wanted = C.config.get_config_value("INJECT_INVOCATION", variables=task_vars)
    except AnsibleError:
        return True
    return bool(wanted)


def is_this(python: str) -> bool:
    """Tell whether a path is this Python: by another name, but of one environment.

    Two virtual environments are links to one program, and are not the same.
    """
    folder, own = os.path.dirname(python), os.path.dirname(sys.executable)
    if folder != own:
        return False
    return os.path.realpath(python) == os.path.realpath(sys.executable)


def _refusal(checked: Any, name: str, spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the failure of options that are refused, in the words of AnsibleModule.

    Nothing of what was given is shown: a mistyped name may hold a secret.
    """
    if not checked.error_messages:
        return None
    text = checked.errors.msg
    if isinstance(checked.errors[0], UnsupportedError):
        text = f"Unsupported parameters for ({name}) module: {text}"
    given = checked.validated_parameters
    return {"failed": True, "msg": hints.refused(text, given, spec["argument_spec"])}


def _forbidden(params: Mapping[str, Any]) -> str | None:
    if sys.platform != "darwin":
        return None
    for server in arguments.SERVERS:
        if (params.get(server) or {}).get("use_proxy"):
            return "macOS looks proxies up in ways that do not survive a fork"
    return None


@contextlib.contextmanager
def _surroundings(environment: Mapping[str, Any], folder: str) -> Iterator[None]:
    """Have the keyword `environment`, and relative paths, as a module has them."""
    before, cwd = dict(os.environ), os.getcwd()
    os.environ.update({str(name): str(value) for name, value in environment.items()})
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _while_there_is_a_play() -> Iterator[None]:
    """End this process soon after Ansible itself is gone, whatever it waits for."""
    parent, over = os.getppid(), threading.Event()

    def watch() -> None:
        while not over.wait(PARENT):
            if os.getppid() != parent:
                os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a client, and from a module's run to its result and its end."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import traceback
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Mapping

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from . import arguments, errors, exchange, hints, masking
from .obshell import auth as obshell_auth
from .obshell import client as obshell
from .obshell import connection as obshell_connection
from .ocp import client as ocp
from .ocp import connection as ocp_connection
from .wait import server

_OPTIONS = {"obshell": arguments.obshell_options, "ocp": arguments.ocp_options}
WARNINGS = 19  # of one call, and a line that says how many more
_WHERE = (
    "on the host that runs the module; run it on the controller "
    "(hosts: localhost or delegate_to: localhost)"
)


class Module(AnsibleModule):  # type: ignore[misc]
    """Keeps secrets out of results that Ansible itself does not know as such."""

    def __init__(self, argument_spec: Mapping[str, Any], **rules: Any) -> None:
        self._refused = True  # while Ansible checks the options
        super().__init__(argument_spec=argument_spec, supports_check_mode=True, **rules)
        self._refused = False
        # What Ansible does not know as secrets: of the environment, in an address, and
        # what a secret looks like in a header or an address.
        self.no_log_values.update(masking.secrets(self.params))

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        """Hide what was given under a name that is no option, such as `pasword`.

        A refused module returns all that it was given; Ansible knows a secret by its
        option's name only.
        """
        self.no_log_values.update(_unknown(self.params, self.argument_spec))
        if self._refused:
            msg = hints.refused(msg, self.params, self.argument_spec)
        super().fail_json(msg, **kwargs)


def _unknown(params: Mapping[str, Any], spec: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for name, value in params.items():
        options = spec.get(name, {}).get("options")
        if isinstance(value, dict) and options:
            found |= _unknown(value, options)
        elif name not in spec and not name.startswith("_ansible"):
            found |= _strings(value)
    return found


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {text for item in value for text in _strings(item)}
    return set() if value is None or isinstance(value, bool) else {str(value)}


class Caller:
    """What run() may touch of a module: its options, check mode, and a warning.

    A warning is a line, whatever servers have said in it, told once; of many the first.
    """

    def __init__(self, module: Any) -> None:
        self.params: dict[str, Any] = module.params
        self.check_mode: bool = module.check_mode
        self._warn = module.warn
        self._warnings: dict[str, None] = {}

    def warn(self, text: str) -> None:
        """Keep a warning for the end."""
        self._warnings[errors.line(text)] = None

    def tell(self) -> None:
        """Give the warnings to the module."""
        known = list(self._warnings)
        for text in known[:WARNINGS]:
            self._warn(text)
        if len(known) > WARNINGS:
            self._warn(f"and {len(known) - WARNINGS} more warnings")


@dataclass(frozen=True)
class Call:
    """A module, as its own process and Ansible's worker run it.

    `spec` returns what AnsibleModule is given; `build` makes of the options what `run`
    works with, and sends nothing; `known` returns what of it is to be told even when
    something unexpected ends it.
    """

    spec: Callable[[], dict[str, Any]]
    build: Callable[..., Any]
    run: Callable[[Any, Any], dict[str, Any]]
    known: Callable[[Any], dict[str, Any]] = lambda work: {}

    def answer(self, module: Any, **shared: Any) -> dict[str, Any]:
        """Return the result; that of a failure has `failed` and `msg`.

        `module` has what run() may touch: params, check_mode, warn.
        """
        work, caller = None, Caller(module)
        try:
            work = self.build(module.params, **shared)
            return {"changed": False, **self.run(caller, work)}
        except errors.OpsError as e:
            return {"failed": True, **e.to_result()}
        except Exception as e:  # a fault of ours must not be silent, nor forget
            return {"failed": True, **self._unexpected(e, work)}
        finally:
            if work is not None:
                work.close()
                for text in work.notes:
                    caller.warn(text)
            caller.tell()

    def _unexpected(self, e: Exception, work: Any) -> dict[str, Any]:
        trace = "".join(traceback.format_exception(type(e), e, e.__traceback__))
        known: dict[str, Any] = {}
        if work is not None:
            with contextlib.suppress(Exception):
                known = self.known(work)
        error = errors.Unexpected(
            f"unexpected {type(e).__name__}: {errors.printable(e)}; a fault of this "
            "collection, please report it with `exception`; what runs at the server "
            "goes on"
        )
        error.result = {**known, "exception": trace}
        return error.to_result()


def hidden_ids(result: Mapping[str, Any], secrets: Iterable[str]) -> str | None:
    """Return the warning that Ansible hides ids that look like a secret, or None."""
    ids = [one.get("id") for one in result.get("tasks") or []]
    ids += result.get("task_ids") or []
    if remove_values(ids, secrets) == ids:
        return None
    return (
        "a password is so short that ids hold it, and Ansible hides them as if they "
        "were that secret: what takes such an id will not know it; a longer password "
        "helps"
    )


def main(call: Call) -> None:
    """Run a module in a process of its own: the one place where any of them ends."""
    module = Module(**call.spec())
    result = call.answer(module)
    resume = result.get("resume")
    if resume and remove_values(resume, module.no_log_values) != resume:
        result["resume"] = None
        module.warn(
            "resume is null, for Ansible would hide a part of it that looks like a "
            "password: give task_id to wait anew"
        )
    if text := hidden_ids(result, module.no_log_values):
        module.warn(text)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def obshell_client(params: Mapping[str, Any], **more: Any) -> obshell.ObshellClient:
    """Return the client that the option `obshell` describes."""
    need_libraries("obshell")
    return obshell_connection.client(params["obshell"], **more)


def ocp_client(params: Mapping[str, Any], **more: Any) -> ocp.OcpClient:
    """Return the client that the option `ocp` describes."""
    need_libraries("ocp")
    return ocp_connection.client(params["ocp"], **more)


def chosen_client(params: Mapping[str, Any], **shared: Any) -> server.Server:
    """Return the client of the server that the options choose.

    `shared` is what clients are given besides their option: deadline, tally, memory.
    """
    name, given = chosen_server(params)
    need_libraries(name)
    make: dict[str, Callable[..., server.Server]] = {
        "obshell": obshell_connection.client,
        "ocp": ocp_connection.client,
    }
    return make[name](given, **shared)


def validated(spec: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Return options as a module would get them: plain, decrypted, untagged."""
    plain = json.loads(json.dumps(dict(given), default=_plain))
    return ArgumentSpecValidator(**spec).validate(plain)


def _plain(value: Any) -> str:
    """Return what JSON has no word for as Ansible gives it to a module."""
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def need_libraries(server: str) -> None:
    """Raise MissingLibrary where one that the server's client needs is not there."""
    needed = {"requests": exchange.REQUESTS_MISSING}
    if server == "obshell":
        needed["cryptography"] = obshell_auth.CRYPTOGRAPHY_MISSING
    for name, trace in needed.items():
        if trace:
            reason = f"to talk to {server}, {_WHERE}"
            raise errors.MissingLibrary(
                missing_required_lib(name, reason=reason), trace
            )
    if server == "obshell" and (
        text := obshell_auth.too_old(obshell_auth.CRYPTOGRAPHY_VERSION)
    ):
        raise errors.MissingLibrary(text, "")


def missing_library() -> str | None:
    """Return which library this Python lacks to talk to either server; None if none."""
    for name in arguments.SERVERS:
        try:
            need_libraries(name)
        except errors.MissingLibrary as e:
            return e.message
    return None


def chosen_server(params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return which server a task is about, and its connection option.

    An explicit option wins over the environment; where both or neither is explicit
    the option `server` decides, else the only one that the environment knows.
    """
    explicit = [name for name in arguments.SERVERS if params.get(name) is not None]
    variables = {name: arguments.variable(name, "url") for name in arguments.SERVERS}
    inherited = [name for name in variables if os.environ.get(variables[name])]
    candidates = explicit or inherited
    wanted = params.get("server")
    if wanted and wanted not in candidates and not inherited.count(wanted):
        raise errors.InvalidOption(
            "server", f"it says {wanted}, but no {wanted}.url was given"
        )
    if not candidates:
        raise errors.InvalidOption(
            "obshell or ocp",
            f"give one of them, or set {' or '.join(variables.values())}",
        )
    if len(candidates) > 1 and not wanted:
        where = "given" if explicit else "in the environment"
        raise errors.InvalidOption(
            "server", f"obshell and ocp are both {where}; say which with server"
        )
    name = wanted or candidates[0]
    return name, params.get(name) or _inherit(name)


def _inherit(name: str) -> dict[str, Any]:
    return checked_option(name, _OPTIONS[name](), {})[name]  # type: ignore[no-any-return]


def checked_option(
    name: str, spec: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what an option holds, as Ansible checks options by this spec."""
    result = ArgumentSpecValidator(spec).validate(dict(given))
    if result.error_messages:
        words = "; ".join(result.error_messages)
        if result.unsupported_parameters:
            words = f"unsupported: {result.errors.msg}"
        raise errors.InvalidOption(name, hints.refused(words, given, spec))
    return dict(result.validated_parameters)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a client, and from a module's run to its result."""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping, TypeVar

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from . import arguments, errors, exchange
from .obshell import auth as obshell_auth
from .obshell import client as obshell
from .obshell import connection as obshell_connection
from .ocp import client as ocp
from .ocp import connection as ocp_connection
from .wait import server

Client = TypeVar("Client")

_OPTIONS = {"obshell": arguments.obshell_options, "ocp": arguments.ocp_options}
_WHERE = (
    "on the host that runs the module; run it on the controller "
    "(hosts: localhost or delegate_to: localhost)"
)


class Module(AnsibleModule):  # type: ignore[misc]
    """Keeps secrets out of results that Ansible itself does not know as such."""

    def __init__(self, argument_spec: Mapping[str, Any], **rules: Any) -> None:
        super().__init__(argument_spec=argument_spec, supports_check_mode=True, **rules)
        # What is read from the environment by us, not by Ansible.
        for name in arguments.SERVERS:
            if name in argument_spec and not argument_spec[name].get("apply_defaults"):
                self.no_log_values.update(arguments.inherited_secrets([name]))

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        """Hide what was given under a name that is no option, such as `pasword`.

        A refused module returns all that it was given; Ansible knows a secret by its
        option's name only.
        """
        self.no_log_values.update(_unknown(self.params, self.argument_spec))
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


def main(
    spec: Mapping[str, Any],
    build: Callable[[Mapping[str, Any]], Client],
    run: Callable[[Any, Client], dict[str, Any]],
) -> None:
    """Run a module: the one place where any of them ends.

    `spec` is what AnsibleModule is given; `build` makes of the options what `run`
    works with, and sends nothing.
    """
    module = Module(**spec)
    try:
        result = run(module, build(module.params))
    except errors.OpsError as e:
        module.fail_json(**e.to_result())
    module.exit_json(**{"changed": False, **result})


def obshell_client(params: Mapping[str, Any]) -> obshell.ObshellClient:
    """Return the client that the option `obshell` describes."""
    need_libraries("obshell")
    return obshell_connection.client(params["obshell"])


def ocp_client(params: Mapping[str, Any]) -> ocp.OcpClient:
    """Return the client that the option `ocp` describes."""
    need_libraries("ocp")
    return ocp_connection.client(params["ocp"])


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


def chosen_server(params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return which server a task is about, and its connection option.

    An explicit option wins over the environment; where both or neither is explicit
    the option `server` decides, else the only one that the environment knows.
    """
    explicit = [name for name in arguments.SERVERS if params.get(name) is not None]
    inherited = [
        name for name in arguments.SERVERS if os.environ.get(f"{name.upper()}_URL")
    ]
    candidates = explicit or inherited
    wanted = params.get("server")
    if wanted and wanted not in candidates and not inherited.count(wanted):
        raise errors.InvalidOption(
            "server", f"it says {wanted}, but no {wanted}.url was given"
        )
    if not candidates:
        raise errors.InvalidOption(
            "obshell or ocp", "give one of them, or set OBSHELL_URL or OCP_URL"
        )
    if len(candidates) > 1 and not wanted:
        where = "given" if explicit else "in the environment"
        raise errors.InvalidOption(
            "server", f"obshell and ocp are both {where}; say which with server"
        )
    name = wanted or candidates[0]
    return name, params.get(name) or _inherit(name)


def _inherit(name: str) -> dict[str, Any]:
    result = ArgumentSpecValidator(_OPTIONS[name]()).validate({})
    if result.error_messages:
        raise errors.InvalidOption(name, "; ".join(result.error_messages))
    return dict(result.validated_parameters[name])

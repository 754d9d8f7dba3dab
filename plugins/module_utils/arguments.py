# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Option specs that modules share, and what is checked before anything is sent."""

from __future__ import annotations

import os
import re
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean

from . import errors, obshell_auth, transport

try:
    from ansible.module_utils.basic import AnsibleFallbackNotFound
except ImportError:  # it moved between releases of ansible-core
    from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

SECRETS = (
    "password",
    "next_password",
    "agent_password",
    "access_key",
    "secret_key",
)
SERVERS = ("obshell", "ocp")
_ID = re.compile(r"[1-9][0-9]*$")
_WHERE = (
    "on the host that runs the module; run it on the controller "
    "(hosts: localhost or delegate_to: localhost)"
)


class Module(AnsibleModule):  # type: ignore[misc]
    """Hides what was given under a name that is no option, such as `pasword`.

    A refused module returns all that it was given; Ansible knows a secret by its
    option's name only.
    """

    def fail_json(self, msg: str, **kwargs: Any) -> None:
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


def environment(*names: str) -> str:
    """Return the first of these that is set; an empty value counts as not given."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise AnsibleFallbackNotFound


def _from_environment(prefix: str, options: dict[str, Any]) -> dict[str, Any]:
    for name, option in options.items():
        option["fallback"] = (environment, [f"{prefix}_{name.upper()}"])
        option["no_log"] = name in SECRETS
    return options


def _connection() -> dict[str, Any]:
    return dict(
        validate_certs=dict(type="bool", default=True),
        ca_path=dict(type="path"),
        client_cert=dict(type="path"),
        client_key=dict(type="path"),
        use_proxy=dict(type="bool", default=False),
        request_timeout=dict(type="float", default=30),
    )


def obshell_options(*, apply_defaults: bool = True) -> dict[str, Any]:
    """Return the spec of the option `obshell`."""
    options = dict(
        url=dict(type="list", elements="str"),
        password=dict(type="str"),
        next_password=dict(type="str"),
        agent_password=dict(type="str"),
        public_key_sha256=dict(type="list", elements="str"),
        **_connection(),
    )
    return dict(
        obshell=dict(
            type="dict",
            apply_defaults=apply_defaults,
            options=_from_environment("OBSHELL", options),
        )
    )


def ocp_options(*, apply_defaults: bool = True) -> dict[str, Any]:
    """Return the spec of the option `ocp`."""
    options = dict(
        url=dict(type="str"),
        username=dict(type="str"),
        password=dict(type="str"),
        access_key=dict(type="str"),
        secret_key=dict(type="str"),
        base_path=dict(type="str", default="/api/v2"),
        **_connection(),
    )
    return dict(
        ocp=dict(
            type="dict",
            apply_defaults=apply_defaults,
            options=_from_environment("OCP", options),
        )
    )


def wait_options() -> dict[str, Any]:
    """Return the spec of wait_for_task, which its action plugin checks too."""
    return dict(
        server=dict(type="str", choices=list(SERVERS)),
        task_id=dict(type="list", elements="str"),
        last=dict(type="str", choices=["cluster", "agent"]),
        unfinished=dict(type="str", choices=["cluster", "agent", "agents", "all"]),
        newer_than=dict(type="str"),
        name=dict(type="str"),
        tenant=dict(type="str"),
        outcome=dict(
            type="list",
            elements="str",
            choices=[
                "succeeded",
                "passed",
                "rolled_back",
                "failed",
                "rollback_failed",
                "cancelled",
                "unknown",
            ],
            default=["succeeded", "passed"],
        ),
        timeout=dict(type="float", default=3600),
        delay=dict(type="float", default=0),
        sleep=dict(type="float"),
        max_outage=dict(type="float", default=600),
        on_timeout=dict(
            type="str", choices=["fail", "continue", "cancel"], default="fail"
        ),
        log_lines=dict(type="int", default=20),
        progress=dict(type="str", choices=["changes", "none"], default="changes"),
        heartbeat=dict(type="float", default=30),
        until=dict(type="str", choices=["done", "change"], default="done"),
        resume=dict(type="dict"),
        **obshell_options(apply_defaults=False),
        **ocp_options(apply_defaults=False),
    )


def need_libraries(server: str) -> None:
    """Raise MissingLibrary where one that the server's client needs is not there."""
    needed = {"requests": transport.REQUESTS_MISSING}
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
    explicit = [name for name in SERVERS if params.get(name) is not None]
    inherited = [name for name in SERVERS if os.environ.get(f"{name.upper()}_URL")]
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
    spec = {"obshell": obshell_options, "ocp": ocp_options}[name]()
    result = ArgumentSpecValidator(spec).validate({})
    if result.error_messages:
        raise errors.InvalidOption(name, "; ".join(result.error_messages))
    return dict(result.validated_parameters[name])


def inherited_secrets() -> list[str]:
    """Return the secrets that the environment holds, for no_log."""
    names = [f"{s.upper()}_{key.upper()}" for s in SERVERS for key in SECRETS]
    return [os.environ[name] for name in names if os.environ.get(name)]


def connection(given: Mapping[str, Any], option: str) -> transport.Connection:
    """Return how to connect, for the option of either server."""
    timeout = given.get("request_timeout")
    timeout = 30.0 if timeout is None else float(timeout)
    if not 0 < timeout < float("inf"):
        raise errors.InvalidOption(
            f"{option}.request_timeout", "seconds above 0 are expected"
        )
    for key in ("ca_path", "client_cert", "client_key"):
        transport.readable(given.get(key), f"{option}.{key}")
    if given.get("client_key") and not given.get("client_cert"):
        raise errors.InvalidOption(f"{option}.client_key", "it needs client_cert")
    return transport.Connection(
        validate_certs=boolean(given.get("validate_certs", True)),
        ca_path=given.get("ca_path"),
        client_cert=given.get("client_cert"),
        client_key=given.get("client_key"),
        use_proxy=boolean(given.get("use_proxy", False)),
        request_timeout=timeout,
    )


def elements(values: Any, option: str) -> list[str]:
    """Return the stripped elements of a list option; an empty one is refused."""
    found = [str(value).strip() for value in values or []]
    if any(not value for value in found):
        raise errors.InvalidOption(option, "an element is empty")
    return found


def task_ids(values: Any, option: str = "task_id") -> list[str]:
    """Return ids as strings, each once; refuse what cannot be one."""
    found = elements(values, option)
    for value in found:
        task_id(value, option)
    return list(dict.fromkeys(found))


def task_id(value: Any, option: str = "task_id") -> str:
    """Return the id as a string; refuse what cannot be one."""
    text = str(value).strip()
    if not _ID.match(text):
        raise errors.InvalidOption(
            option, f"'{errors.printable(text, 60)}' is not a task id (digits only)"
        )
    return text

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Option specs that modules share, and what is checked before anything is sent. Pure.

Only the environment is read, and whether a file is there.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from dataclasses import dataclass
from typing import Any, Mapping
from urllib.parse import urlsplit

from ansible.module_utils.parsing.convert_bool import boolean

from . import errors

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
# Servers, and how the variables of the environment begin that speak of them: OCP_*
# is OpenShift's.
_PREFIXES = {"obshell": "OBSHELL", "ocp": "OCEANBASE_OCP"}
SERVERS = tuple(_PREFIXES)
_ID = re.compile(r"[1-9][0-9]*$")
UNIX = "unix://"
_EXAMPLES = {
    "obshell.url": "http://10.0.0.1:2886",
    "url": "http://10.0.0.4:2886",
    "ocp.url": "http://ocp.example.com:8080",
}
READING = ("GET", "HEAD")  # methods that change nothing
PATIENCE = 30.0  # seconds for one request


@dataclass(frozen=True)
class Connection:
    """How to reach servers: TLS as in ansible.builtin.uri; times in seconds."""

    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    use_proxy: bool = False
    request_timeout: float = PATIENCE
    server: str = ""  # `obshell` or `ocp`, for what is said of it

    @property
    def verify(self) -> bool | str:
        return (self.ca_path or _authorities()) if self.validate_certs else False

    @property
    def cert(self) -> None | str | tuple[str, str]:
        if self.client_cert and self.client_key:
            return (self.client_cert, self.client_key)
        return self.client_cert


def _authorities() -> bool | str:
    """Return what to trust, as ansible.builtin.uri does; True for what requests has."""
    named = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    if named:
        return named
    known = ssl.get_default_verify_paths()
    if not known.cafile and known.capath and any(os.scandir(known.capath)):
        return known.capath
    return known.cafile or True


def environment(*names: str) -> str:
    """Return the first of these that is set; an empty value counts as not given."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise AnsibleFallbackNotFound


def variable(server: str, name: str) -> str:
    """Return the environment variable that a server's option is read from."""
    return f"{_PREFIXES[server]}_{name.upper()}"


def _from_environment(server: str, options: dict[str, Any]) -> dict[str, Any]:
    for name, option in options.items():
        option["fallback"] = (environment, [variable(server, name)])
        option["no_log"] = name in SECRETS
    return options


def _connection() -> dict[str, Any]:
    return dict(
        validate_certs=dict(type="bool", default=True),
        ca_path=dict(type="path"),
        client_cert=dict(type="path"),
        client_key=dict(type="path"),
        use_proxy=dict(type="bool", default=False),
        request_timeout=dict(type="float"),
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
            options=_from_environment("obshell", options),
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
            options=_from_environment("ocp", options),
        )
    )


def call_options() -> dict[str, Any]:
    """Return the spec of what any call of a server consists of, but for its body."""
    return dict(
        path=dict(type="str", required=True),
        method=dict(
            type="str",
            choices=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            default="GET",
        ),
        query=dict(type="dict"),
    )


def path(text: str, below: str) -> str:
    """Return the path of a call; refuse one that does not go on `below`."""
    if text.startswith(f"{below}/"):
        shown = errors.printable(text.replace(below, "", 1), 120)
        raise errors.InvalidOption("path", f"leave {below} out: '{shown}'")
    if not text.startswith("/") or text.startswith("//"):
        raise errors.InvalidOption(
            "path", f"it begins with one slash and goes on below {below}"
        )
    return text


def at_least(least: float, params: Mapping[str, Any], *options: str) -> None:
    """Refuse numbers that are below the least, or without end."""
    for option in options:
        value = params[option]
        if value is not None and not least <= value < float("inf"):
            raise errors.InvalidOption(option, f"at least {least} is expected")


def connection(
    given: Mapping[str, Any], option: str, *, patience: float = PATIENCE
) -> Connection:
    """Return how to connect, for the option of either server.

    `patience` is for requests for which the option gives no seconds.
    """
    timeout = given.get("request_timeout")
    timeout = patience if timeout is None else float(timeout)
    if not 0 < timeout < float("inf"):
        raise errors.InvalidOption(
            f"{option}.request_timeout", "seconds above 0 are expected"
        )
    for key in ("ca_path", "client_cert", "client_key"):
        readable(given.get(key), f"{option}.{key}")
    if given.get("client_key") and not given.get("client_cert"):
        raise errors.InvalidOption(f"{option}.client_key", "it needs client_cert")
    return Connection(
        validate_certs=boolean(given.get("validate_certs", True)),
        ca_path=given.get("ca_path"),
        client_cert=given.get("client_cert"),
        client_key=given.get("client_key"),
        use_proxy=boolean(given.get("use_proxy", False)),
        request_timeout=timeout,
        server=option,
    )


def readable(path: str | None, option: str) -> None:
    """Refuse a file option that names no readable file or folder."""
    if path and not os.access(path, os.R_OK):
        raise errors.InvalidOption(option, f"'{path}' cannot be read")


def base_url(text: str, option: str, *, path: bool = True, unix: bool = False) -> str:
    """Return the URL without its trailing slash; refuse what is not http or https.

    `path` says whether it may have one, as behind a reverse proxy; `unix` whether it
    may name a socket, as unix:///home/ob/run/obshell.sock.
    """
    url = text.strip().rstrip("/")
    if unix and url.startswith(UNIX):
        if not url.startswith(f"{UNIX}/"):
            raise errors.InvalidOption(
                option, "a socket is named as unix:///home/ob/run/obshell.sock"
            )
        return url
    try:
        parts = urlsplit(url)
        # Reading a port that is none raises ValueError.
        valid = parts.port != 0 and bool(parts.hostname)
        valid = valid and parts.scheme in ("http", "https")
        valid = valid and _is_host(parts.hostname or "")
    except ValueError:
        valid = False
    if not valid:
        shown = errors.printable(url.rpartition("@")[2])
        raise errors.InvalidOption(
            option, f"'{shown}' is not a URL such as {_EXAMPLES[option]}"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise errors.InvalidOption(
            option, "only scheme, host, port and path belong into it; no credentials"
        )
    if re.search(r"/api(/v[0-9])?$", parts.path):
        raise errors.InvalidOption(option, "leave out /api and all after it")
    if parts.path and not path:
        raise errors.InvalidOption(option, f"'{url}' must not have a path")
    return url


def _is_host(name: str) -> bool:
    """Tell whether a name can be one of a host; raises ValueError for an odd one."""
    if ":" in name:
        return bool(ipaddress.ip_address(name.partition("%")[0]))
    # Refuses empty labels and those that are too long (RFC 1034).
    plain = name.rstrip(".").encode("idna").decode("ascii")
    return len(plain) < 254 and bool(re.match(r"[A-Za-z0-9._-]+$", plain))


def elements(values: Any, option: str) -> list[str]:
    """Return the stripped elements of a list option; an empty one is refused."""
    found = [str(value).strip() for value in values or []]
    if any(not value for value in found):
        raise errors.InvalidOption(option, "an element is empty")
    return found


def texts(params: Mapping[str, Any], option: str, of: str) -> list[str]:
    """Return the keys that a list option names; refuse one that is no text in `of`."""
    found = elements(params[option], option)
    for name in found:
        if not isinstance((params[of] or {}).get(name), str):
            raise errors.InvalidOption(option, f"{of} has no text '{name}'")
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

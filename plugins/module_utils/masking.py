# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be shown: the secrets of a call, and what they look like elsewhere.

In the body of a call they are told by the names of their keys.

Only the environment is read.
"""

from __future__ import annotations

import base64
import os
from typing import Any, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus, unquote

from . import arguments

ENCODED = 6  # characters of a secret that is looked for in other forms too
# How the keys end that hold a secret: rootPwd, rootPassword, agent_password, secretKey.
KEYS = ("password", "passwd", "pwd", "passphrase", "secret", "secretkey", "token")


def inherited_secrets(servers: Sequence[str] = arguments.SERVERS) -> list[str]:
    """Return the secrets that the environment holds for these servers, for no_log."""
    names = [
        arguments.variable(one, key) for one in servers for key in arguments.SECRETS
    ]
    return [os.environ[name] for name in names if os.environ.get(name)]


def secrets(params: Mapping[str, Any]) -> set[str]:
    """Return the secrets that were given, or that the environment holds for these.

    With what they look like where servers echo them: in an address, in a header.
    """
    servers = [server for server in arguments.SERVERS if server in params]
    known: set[str] = set(inherited_secrets(servers))
    known.update(_below([params.get("query"), params.get("body")]))
    known.update(str(params[key]) for key in arguments.SECRETS if params.get(key))
    users: set[str] = set()
    for server in servers:
        option = params[server] if isinstance(params[server], dict) else {}
        known.update(str(option[key]) for key in arguments.SECRETS if option.get(key))
        users.add(str(option.get("username") or ""))
        urls = option.get("url") or ()
        for url in [urls] if isinstance(urls, str) else urls:
            known.update(_in_url(str(url)))
    known.discard("")
    return known | {form for one in known for form in _forms(one, users)}


def _below(values: Iterable[Any]) -> Iterator[str]:
    """Yield the texts of keys that are named as a secret's, however deep."""
    for value in values:
        if isinstance(value, dict):
            for key, inner in value.items():
                name = str(key).lower().replace("_", "").replace("-", "")
                if name.endswith(KEYS) and isinstance(inner, str):
                    yield inner
            yield from _below(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _below(value)


def _in_url(url: str) -> set[str]:
    """Return the password that should not stand in an address, as it stands there."""
    user, _sign, _host = url.rpartition("@")
    password = user.rpartition("/")[2].partition(":")[2]
    return {password, unquote(password)} if password else set()


def _forms(secret: str, users: Iterable[str]) -> set[str]:
    """Return a secret as others write it; of a short one no other is sure to be it."""
    if len(secret) < ENCODED:
        return set()
    pairs = [secret, *(f"{user}:{secret}" for user in users if user)]
    coded = [base64.b64encode(one.encode("utf-8", "replace")) for one in pairs]
    urls = {quote(secret, safe=""), quote_plus(secret)}
    return {one.decode("ascii") for one in coded} | urls

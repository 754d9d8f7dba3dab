# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client that the option `obshell` describes."""

from __future__ import annotations

import re
import time
from typing import Any, Callable, Mapping

from .. import arguments, errors, hints, transport
from . import agents, login
from . import client as obshell


def client(
    given: Mapping[str, Any] | None,
    *,
    deadline: transport.Deadline | None = None,
    tally: transport.Tally | None = None,
    memory: Mapping[str, Any] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    patience: float = arguments.PATIENCE,
) -> obshell.ObshellClient:
    """Return the client for the option `obshell`; refuse what cannot work."""
    given = given or {}
    urls = arguments.elements(given.get("url"), "obshell.url")
    if not urls:
        raise hints.without_url(given, "obshell")
    connection = arguments.connection(given, "obshell", patience=patience)
    pins = arguments.elements(
        given.get("public_key_sha256"), "obshell.public_key_sha256"
    )
    for pin in pins:
        if not re.match(r"[0-9a-fA-F]{64}$", pin):
            raise errors.InvalidOption(
                "obshell.public_key_sha256", "64 hexadecimal digits are expected"
            )
    credentials = login.Credentials(
        given.get("password"),
        given.get("next_password"),
        given.get("agent_password"),
        tuple(pin.lower() for pin in pins),
    )
    asked = []
    for text in urls:
        url = arguments.base_url(text, "obshell.url", path=False, unix=True)
        carrier = transport.Transport(url, connection, deadline=deadline, tally=tally)
        asked.append(agents.Agent(carrier, credentials, memory=(memory or {}).get(url)))
    return obshell.ObshellClient(asked, sleep=sleep)

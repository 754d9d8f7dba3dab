# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client that the option `obshell` describes."""

from __future__ import annotations

import re
from typing import Any, Mapping

from . import arguments, errors, obshell, obshell_agent, transport


def client(
    given: Mapping[str, Any] | None,
    *,
    deadline: transport.Deadline | None = None,
    tally: transport.Tally | None = None,
    memory: Mapping[str, Any] | None = None,
) -> obshell.ObshellClient:
    """Return the client for the option `obshell`; refuse what cannot work."""
    given = given or {}
    urls = arguments.elements(given.get("url"), "obshell.url")
    if not urls:
        raise errors.InvalidOption(
            "obshell.url", "give the address of an agent, or set OBSHELL_URL"
        )
    connection = arguments.connection(given, "obshell")
    pins = arguments.elements(
        given.get("public_key_sha256"), "obshell.public_key_sha256"
    )
    for pin in pins:
        if not re.match(r"[0-9a-fA-F]{64}$", pin):
            raise errors.InvalidOption(
                "obshell.public_key_sha256", "64 hexadecimal digits are expected"
            )
    credentials = obshell_agent.Credentials(
        given.get("password"),
        given.get("next_password"),
        given.get("agent_password"),
        tuple(pin.lower() for pin in pins),
    )
    agents = []
    for text in urls:
        url = transport.base_url(text, "obshell.url", path=False, unix=True)
        carrier = transport.Transport(url, connection, deadline=deadline, tally=tally)
        agents.append(
            obshell_agent.Agent(carrier, credentials, memory=(memory or {}).get(url))
        )
    return obshell.ObshellClient(agents)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client that the option `ocp` describes."""

from __future__ import annotations

import time
from typing import Any, Callable, Mapping

from .. import arguments, hints, transport
from . import auth
from . import client as ocp


def client(
    given: Mapping[str, Any] | None,
    *,
    deadline: transport.Deadline | None = None,
    tally: transport.Tally | None = None,
    memory: Mapping[str, Any] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> ocp.OcpClient:
    """Return the client for the option `ocp`; refuse what cannot work."""
    given = given or {}
    if not given.get("url"):
        raise hints.without_url(given, "ocp")
    url = arguments.base_url(given["url"], "ocp.url")
    carrier = transport.Transport(
        url, arguments.connection(given, "ocp"), deadline=deadline, tally=tally
    )
    credentials = auth.Credentials(
        given.get("username"),
        given.get("password"),
        given.get("access_key"),
        given.get("secret_key"),
    )
    base_path = given.get("base_path") or "/api/v2"
    return ocp.OcpClient(carrier, credentials, base_path, memory=memory, sleep=sleep)

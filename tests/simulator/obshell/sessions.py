# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's sessions, and the password of an agent (protocol 2.7 and 2.8)."""

from __future__ import annotations

from typing import Any

from . import auth, auth_errors, errors
from .call import Call, body_of, route


def login(call: Call) -> str:
    if call.header is None:
        raise auth_errors.header_missing()
    return auth.login(call.agent, call.header)


def logout(call: Call) -> Any:
    session_id = str(body_of(call).get("session_id", ""))
    if call.agent.sessions.pop(session_id, None) is None:
        raise auth_errors.session_invalid()
    return errors.ABSENT


def agent_password(call: Call) -> Any:
    password = body_of(call).get("password")
    if not password:
        raise errors.required("SetAgentPasswordParam", "Password")
    call.agent.agent_password = str(password)
    return errors.ABSENT


ROUTES = [
    route("POST", "/login", login, since=(4, 3, 3), flavours="ob"),
    route("POST", "/logout", logout, since=(4, 3, 3), flavours="ob"),
    route("POST", "/agent/password", agent_password, since=(4, 2, 6), flavours="ob"),
]

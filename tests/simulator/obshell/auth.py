# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an agent opens the envelope of a request, and whom it lets in (protocol 2)."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from dataclasses import dataclass
from typing import Any

from .. import message
from . import auth_errors, crypto, database, errors, identities
from .agent import Agent

OCS, AGENT, V1 = "x-ocs-header", "x-ocs-agent-header", "x-ocs-auth"
SESSION_SECONDS = 1800.0

_FIELDS = {
    # key in lower case: (Go's name, accepted type, Go's word for that type)
    "auth": ("Auth", str, "string"),
    "ts": ("Ts", str, "string"),
    "uri": ("Uri", str, "string"),
    "keys": ("Keys", str, "[]uint8"),
    "token": ("Token", str, "string"),
    "session_id": ("SessionID", str, "string"),
}


@dataclass(frozen=True)
class Header:
    """A header that could be decrypted."""

    name: str
    auth: str = ""
    ts: str = ""
    uri: str = ""
    keys: bytes = b""
    session_id: str = ""


def open_header(agent: Agent, request: message.Request) -> Header | None:
    """Decrypt the header, on every route (2.1); the agent header wins."""
    for name in (AGENT, OCS):
        if name == AGENT and (agent.seekdb or not agent.era.since(4, 2, 6)):
            continue
        text = request.headers.get(name)
        if text:
            try:
                return _parse(name, agent.key.decrypt(text))
            except crypto.DecryptError as e:
                raise auth_errors.decrypt_failed(
                    str(e), agent.era, seekdb=agent.seekdb
                ) from e
    return None


def _parse(name: str, plain: bytes) -> Header:
    try:
        # Go's decoder reads one value and ignores what follows.
        values, _end = json.JSONDecoder().raw_decode(plain.decode("utf-8").lstrip())
    except (ValueError, UnicodeDecodeError):
        char = plain[:1].decode("latin-1")
        raise crypto.DecryptError(
            f"invalid character '{char}' looking for beginning of value"
        ) from None
    if not isinstance(values, dict):
        raise crypto.DecryptError(
            f"json: cannot unmarshal {_go_type(values)} into Go value of type "
            "secure.HttpHeader"
        )
    found = _fields(values)
    try:
        keys = base64.b64decode(found.pop("keys", ""), validate=True)
    except binascii.Error:
        raise crypto.DecryptError("illegal base64 data at input byte 0") from None
    found.pop("token", None)
    return Header(name, keys=keys, **found)


def _fields(values: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in values.items():
        go_name, kind, go_kind = _FIELDS.get(key.lower(), ("", str, ""))
        if not go_name or value is None:
            continue
        if not isinstance(value, kind):
            raise crypto.DecryptError(
                f"json: cannot unmarshal {_go_type(value)} into Go struct field "
                f"HttpHeader.{go_name} of type {go_kind}"
            )
        found[key.lower()] = value
    return found


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (list, dict)):
        return "array" if isinstance(value, list) else "object"
    return "string" if isinstance(value, str) else "value"


def open_body(request: message.Request, header: Header | None) -> bytes:
    """Decrypt the body if a header came with it; an empty one becomes {} (2.1)."""
    if not request.body:
        return b"{}"
    if header is None or request.target == "/api/v1/package":
        return request.body
    if len(header.keys) < 16:
        raise auth_errors.keys_invalid()
    try:
        return crypto.aes_decrypt(header.keys, request.body)
    except ValueError as e:
        raise errors.Panic from e


def verify(
    agent: Agent,
    request: message.Request,
    header: Header | None,
    *,
    agent_only: bool = False,
) -> None:
    """Let the request in or raise; `agent_only` for obproxy's tasks (2.7)."""
    if request.over_unix:
        _verify_peer(request)
        return
    if agent.auth_v1:
        _verify_v1(agent, request)
        return
    if header is None:
        raise auth_errors.header_missing()
    if header.uri != request.target:
        raise auth_errors.uri_mismatch()
    if header.session_id and agent.identity == identities.CLUSTER_AGENT:
        _verify_session(agent, header)
    elif agent_only:
        _verify_agent_route(agent, header)
    elif agent.seekdb and agent.identity != identities.SINGLE:
        _verify_root(agent, header)
    elif agent.identity == identities.SINGLE:
        _verify_single(agent, header)
    else:
        _verify_member(agent, header)


def _verify_peer(request: message.Request) -> None:
    """Root, or whoever owns the agent's process; here both are this process's user."""
    if request.peer_uid not in (0, os.getuid(), None):
        raise auth_errors.unix_denied()


def _verify_single(agent: Agent, header: Header) -> None:
    if agent.agent_password is None:
        return
    if header.name != AGENT:
        raise auth_errors.use_agent_password(
            "agent password has been set",
            "agent password has been set, use agent password to verify",
        )
    _verify_agent_password(agent, header)


def _verify_member(agent: Agent, header: Header) -> None:
    if header.name == AGENT:
        if agent.agent_password is not None:
            _verify_agent_password(agent, header)
        elif agent.password is not None:
            raise auth_errors.use_root_password()
        return
    if agent.password is None and agent.agent_password is not None:
        raise auth_errors.use_agent_password(
            "oceanbase password is not initialized",
            "oceanbase password is not initialized, use agent password to verify",
        )
    _verify_root(agent, header)


def _verify_agent_route(agent: Agent, header: Header) -> None:
    if header.name != AGENT:
        raise auth_errors.use_agent_password(
            "this route only support agent password",
            "Please use agent password to verify",
        )
    if agent.agent_password is None:
        raise auth_errors.unauthorized(
            "AgentPasswordNotInitialized",
            "Agent password is not initialized",
            "agent password is not initialized",
        )
    _verify_agent_password(agent, header)


def _verify_agent_password(agent: Agent, header: Header) -> None:
    _verify_time(agent, header)
    if header.auth != agent.agent_password:
        agent.failed_logins += 1
        raise auth_errors.wrong_agent_password()


def _verify_root(agent: Agent, header: Header) -> None:
    """The cached password, or one that the database accepts (2.7)."""
    _verify_time(agent, header)
    if header.auth == (agent.password or ""):
        return
    known = database.password(agent)
    if known is not None and agent.ob_state == 3 and header.auth == known:
        agent.password = header.auth
        agent.sessions.clear()
        return
    if agent.password is None and not agent.era.since(4, 2, 4):
        # Any password was good while none was known and no observer ran.
        return
    agent.failed_logins += 1
    if agent.seekdb:
        raise auth_errors.wrong_seekdb_password()
    raise auth_errors.wrong_root_password()


def _verify_time(agent: Agent, header: Header) -> None:
    # An empty password is compared without a look at the time (8.13).
    if header.auth:
        check_time(agent, header.ts)


def check_time(agent: Agent, ts: str) -> None:
    if not re.match(r"^[+-]?\d+$", ts):
        raise auth_errors.timestamp_invalid(ts)
    if int(agent.wall()) > int(ts):
        raise auth_errors.expired()


def _verify_session(agent: Agent, header: Header) -> None:
    check_time(agent, header.ts)
    until = agent.sessions.get(header.session_id)
    if until is None:
        raise auth_errors.session_invalid()
    if agent.world.now > until:
        raise auth_errors.unauthorized(
            "SessionExpired", "Session is expired", "", prefix=""
        )
    agent.sessions[header.session_id] = agent.world.now + SESSION_SECONDS


def _verify_v1(agent: Agent, request: message.Request) -> None:
    """X-OCS-Auth of 4.2.2 (2.2); no recording: from the SDKs and the documentation."""
    text = request.headers.get(V1)
    if text is None:
        raise auth_errors.header_missing()
    try:
        values = json.loads(agent.key.decrypt(text))
        password, ts = str(values["password"]), int(values["ts"])
    except (crypto.DecryptError, ValueError, KeyError, TypeError) as e:
        raise auth_errors.decrypt_failed(str(e), agent.era) from e
    if agent.identity == identities.SINGLE:
        return
    if int(agent.wall()) > ts:
        raise auth_errors.expired()
    _verify_root(agent, Header(V1, auth=password, ts=str(ts)))


def login(agent: Agent, header: Header) -> str:
    """A new session id, encrypted with the caller's keys (2.8)."""
    if len(header.keys) < 32:
        raise auth_errors.no_aes_key()
    session_id = f"{agent.random.getrandbits(256):064x}"
    agent.sessions[session_id] = agent.world.now + SESSION_SECONDS
    return crypto.aes_encrypt(header.keys, session_id.encode())

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request on its way to a handler, and the routes that handlers have."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Pattern

from .. import message
from . import auth, errors
from .agent import Agent
from .era import Era

NO_CONTENT = object()
PREFIX = "/api/v1"
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


@dataclass(frozen=True)
class Call:
    """One request on its way to a handler."""

    agent: Agent
    request: message.Request
    header: auth.Header | None
    body: bytes
    args: tuple[str, ...] = ()

    @property
    def era(self) -> Era:
        return self.agent.era


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    """`since` is the first version that has it; `obproxy` ids need the agent header."""

    method: str
    pattern: Pattern[str]
    handler: Handler
    since: tuple[int, ...] = ()
    public: bool = False
    flavours: str = "ob seekdb"


def route(
    method: str,
    path: str,
    handler: Handler,
    *,
    since: tuple[int, ...] = (),
    public: bool = False,
    flavours: str = "ob seekdb",
) -> Route:
    """A path with `:name` for one segment."""
    regex = re.sub(r":\w+", r"([^/]+)", PREFIX + path)
    pattern = re.compile(f"^{regex}$")
    return Route(method, pattern, handler, since, public, flavours)


def body_of(call: Call) -> dict[str, Any]:
    """The body as an object with keys in lower case, as Go matches them."""
    if not call.request.body and not call.era.lists:
        raise errors.bind_failed("EOF")
    try:
        values = json.loads(call.body)
    except ValueError:
        char = call.body[:1].decode("latin-1")
        raise errors.bind_failed(
            f"invalid character '{char}' looking for beginning of value"
        ) from None
    if not isinstance(values, dict):
        raise errors.bind_failed("json: cannot unmarshal into Go value of type param")
    return {key.lower(): value for key, value in values.items()}


def details(call: Call) -> bool:
    """show_details as Go's ParseBool reads it; rubbish kills the handler (3.1)."""
    values = call.request.query.get("show_details")
    if values is None:
        return True
    if values[0] in _TRUE:
        return True
    if values[0] in _FALSE or values[0] == "":
        return False
    raise errors.Panic

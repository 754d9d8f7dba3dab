# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a cluster, for an inventory: one shape for both wings. Pure.

All text in it was given by a server and becomes names and variables of Ansible's: what
does not look like a name, an address or a number is refused, not repaired.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any, Mapping

from . import errors

_ID = re.compile(r"[1-9][0-9]{0,18}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+ -]{0,127}")


@dataclass(frozen=True)
class Server:
    """One server of a cluster; what is not known is None.

    `port` is that of its agent, for OCP that of its RPC; with `ip` it is unique within
    its cluster. `identity` is obshell's word for what its agent is, `status` that of
    its observer; it is `in_service` while that status says so. `host_id` is OCP's id
    of its host.
    """

    ip: str
    port: int
    zone: str | None = None
    identity: str | None = None
    status: str | None = None
    in_service: bool | None = None
    version: str | None = None
    obshell_version: str | None = None
    obshell_url: str | None = None
    sql_port: int | None = None
    rpc_port: int | None = None
    host_id: int | None = None

    def facts(self) -> dict[str, Any]:
        """Return the variables of its host, plain data without a secret."""
        return {f"oceanbase_{key}": value for key, value in vars(self).items()}


class Row:
    """One row of an answer, whose values are read with their names for errors.

    `what` says of which answer. Raises InvalidAnswer for what is not as it must be.
    """

    def __init__(self, row: Any, what: str) -> None:
        if not isinstance(row, Mapping):
            raise _odd(what, "a server", row)
        self._row, self._what = row, what

    def ip(self, key: str) -> str:
        """Return an address of the Internet Protocol."""
        text = str(self._row.get(key) or "")
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise _odd(self._what, key, self._row.get(key)) from None

    def port(self, key: str) -> int:
        """Return a port."""
        number = self._row.get(key)
        good = isinstance(number, int) and not isinstance(number, bool)
        if not good or not 0 < int(str(number)) < 65536:
            raise _odd(self._what, key, number)
        return int(str(number))

    def maybe_port(self, key: str) -> int | None:
        """Return a port, None where none is said."""
        return None if not self._row.get(key) else self.port(key)

    def maybe_id(self, key: str) -> int | None:
        """Return an id as a number, None where none is said."""
        text = str(self._row.get(key) or "")
        if text and not _ID.fullmatch(text):
            raise _odd(self._what, key, self._row.get(key))
        return int(text) if text else None

    def name(self, key: str) -> str | None:
        """Return a word, such as that of a zone or a status; None for an empty one."""
        text = self._row.get(key)
        if text in (None, ""):
            return None
        if not isinstance(text, str) or not _NAME.fullmatch(text):
            raise _odd(self._what, key, text)
        return text


def rows(found: Any, what: str, key: str) -> list[Any]:
    """Return the rows of a list, or refuse what is none."""
    if not isinstance(found, list):
        raise _odd(what, key, found)
    return found


def table(found: Any, what: str, key: str) -> Mapping[str, Any]:
    """Return an object, or refuse what is none."""
    if not isinstance(found, Mapping):
        raise _odd(what, key, found)
    return found


def whole(servers: list[Server], what: str) -> list[Server]:
    """Return the servers of one cluster; refuse one that is there twice, or none."""
    if not servers:
        raise errors.InvalidAnswer(f"{what}: it lists no server")
    known: set[tuple[str, int]] = set()
    for one in servers:
        if (one.ip, one.port) in known:
            raise errors.InvalidAnswer(f"{what}: it lists {one.ip}:{one.port} twice")
        known.add((one.ip, one.port))
    return servers


def _odd(what: str, key: str, found: Any) -> errors.InvalidAnswer:
    shown = errors.printable(found, 60)
    return errors.InvalidAnswer(f"{what}: {key} is not as expected: {shown}")

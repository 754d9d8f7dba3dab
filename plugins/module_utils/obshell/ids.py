# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's ids: which agent a local one names, and what can be none. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from .. import arguments, errors

# The first digit says how many digits the agent's address has; a port of five digits
# and the number follow (protocol/obshell.md 3.2).
_ADDRESS = {"2": 10, "4": 10, "3": 39, "5": 39}
_PORT = 5
PLAIN = re.compile(r"[1-9][0-9]{0,59}\Z", re.ASCII)


def is_cluster(id: str) -> bool:
    """Tell whether any member of the cluster answers for the id."""
    return id[:1] == "1"


def is_obproxy(id: str) -> bool:
    """Tell whether the id is of obproxy's tasks, which want the agent's password."""
    return id[:1] in ("4", "5")


def owner_of(id: str) -> str | None:
    """Return `ip:port` of the agent that a local id names, None for any other id."""
    digits = _ADDRESS.get(id[:1])
    if digits is None or len(id) < 1 + digits + _PORT + 1:
        return None
    port_at = 1 + digits
    end = port_at + _PORT
    address, port = int(id[1:port_at]), int(id[port_at:end])
    try:
        if digits == 10:
            return f"{ipaddress.IPv4Address(address)}:{port}"
        return f"[{ipaddress.IPv6Address(address)}]:{port}"
    except ValueError:
        return None


def address(ip: Any, port: Any) -> str:
    """Return `ip:port` as owner_of does, an IPv6 address in brackets."""
    return f"[{ip}]:{port}" if ":" in str(ip) else f"{ip}:{port}"


def given(found: Any, field: str) -> str:
    """Return an id that an agent gave; refuse one that could lead to another route."""
    id = str(found)
    plain = isinstance(found, (str, int)) and not isinstance(found, bool)
    if plain and PLAIN.match(id) and (is_cluster(id) or owner_of(id)):
        return id
    raise errors.InvalidAnswer(
        f"{field}: an id was expected, not {errors.printable(repr(found), 60)}"
    )


def all_checked(given: Any, option: str) -> list[str]:
    """Return the ids of a list option, each once; refuse it for one that is none."""
    return [checked(id, option) for id in arguments.task_ids(given, option)]


def checked(given: Any, option: str) -> str:
    """Return the id; refuse what no obshell can have given, before it is sent."""
    id = arguments.task_id(given, option)
    shown = errors.printable(id, 60)
    if len(id) > 1 and (is_cluster(id) or owner_of(id)):
        return id
    raise errors.InvalidOption(
        option,
        f"'{shown}' is no id of obshell's: they begin with 1 and have two digits or "
        "more, or begin with 2 to 5 and hold the address of an agent; OCP's tasks are "
        "asked for with the modules of OCP",
    )

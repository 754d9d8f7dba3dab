# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as the inventory plugin is told of them, and their servers as hosts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..module_utils import arguments, clusters, errors


@dataclass(frozen=True)
class Host:
    """One server as a host; the first of its groups is the cluster's."""

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Any]


def checked(given: Any) -> list[dict[str, Any]]:
    """Return clusters by the modules' own specs; refuse what none can be.

    Two must not become one group. Raises InvalidOption.
    """
    found = clusters.checked(given, {"cluster_id": {"type": "str", "required": True}})
    for number, one in enumerate(found, 1):
        if one.get("cluster_id"):
            where = f"clusters[{number}].cluster_id"
            one["cluster_id"] = arguments.task_id(one["cluster_id"], where)
    groups = Counter(_group(one) for one in found)
    if twice := [name for name, many in groups.items() if many > 1]:
        raise errors.InvalidOption("clusters", f"two are named {', '.join(twice)}")
    return found


def asked(
    of: Sequence[Mapping[str, Any]], *, skip: bool
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Return the variables of servers by cluster, and what is said of who is missing.

    With `skip` a cluster that does not answer is left out; else its error is raised,
    with its name.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for one in of:
        name = str(one["name"])
        try:
            found[name] = [server.facts() for server in clusters.servers_of(one)]
        except errors.OpsError as e:
            e.message = f"cluster {name}: {e.message}"
            if not (skip and e.transient):
                raise
            missing.append(f"{e.message}; it is left out (skip_unreachable)")
    return found, missing


def hosts(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Host]:
    """Return the servers of all clusters as hosts, each of another name."""
    known = [(name, server) for name, servers in found.items() for server in servers]
    times = Counter(server["oceanbase_ip"] for _name, server in known)
    return [
        Host(
            _host(name, server, times), _groups(name, server), _variables(name, server)
        )
        for name, server in known
    ]


def _host(cluster: str, server: Mapping[str, Any], times: Mapping[str, int]) -> str:
    ip = str(server["oceanbase_ip"])
    return ip if times[ip] == 1 else f"{cluster}_{ip}_{server['oceanbase_port']}"


def _variables(cluster: str, server: Mapping[str, Any]) -> dict[str, Any]:
    first = {"ansible_host": server["oceanbase_ip"], "oceanbase_cluster": cluster}
    return {**first, **server}


def _group(cluster: Mapping[str, Any]) -> str:
    return _plain(str(cluster["name"]))


def _groups(cluster: str, server: Mapping[str, Any]) -> tuple[str, ...]:
    above = _plain(cluster)
    parts = [
        (key, server[f"oceanbase_{key}"]) for key in ("zone", "identity", "status")
    ]
    below = [f"{above}_{key}_{_plain(str(value))}" for key, value in parts if value]
    return (above, *below)


def _plain(text: str) -> str:
    """Return a name as a group of Ansible's can have it."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()

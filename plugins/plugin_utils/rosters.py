# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as the inventory plugin is told of them, and their servers as hosts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..module_utils import arguments, connect, errors, hints
from . import worker

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}")


@dataclass(frozen=True)
class Host:
    """One server as a host; the first of its groups is the cluster's."""

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Any]


def checked(clusters: Sequence[Any]) -> list[dict[str, Any]]:
    """Return clusters by the modules' own specs; refuse what none can be.

    The environment is read for a single one alone. Raises InvalidOption.
    """
    if not clusters:
        raise errors.InvalidOption("clusters", "give at least one")
    found = []
    for number, given in enumerate(clusters, 1):
        if not isinstance(given, Mapping):
            raise errors.InvalidOption("clusters", f"number {number} is no dictionary")
        found.append(_cluster(given, f"clusters[{number}]", alone=len(clusters) == 1))
    twice = [
        name for name, many in Counter(_group(one) for one in found).items() if many > 1
    ]
    if twice:
        raise errors.InvalidOption("clusters", f"two are named {', '.join(twice)}")
    return found


def _cluster(given: Mapping[str, Any], where: str, *, alone: bool) -> dict[str, Any]:
    ways = [one for one in arguments.SERVERS if given.get(one) is not None]
    if len(ways) != 1:
        raise errors.InvalidOption(where, "give obshell, or ocp with cluster_id")
    of_ocp = ways == ["ocp"]
    server = arguments.ocp_options() if of_ocp else arguments.obshell_options()
    options = server[ways[0]]["options"]
    if not alone:
        options = {key: _bare(one) for key, one in options.items()}
    spec: dict[str, Any] = {
        "name": {"type": "str", "required": True},
        ways[0]: {**server[ways[0]], "options": options},
    }
    if of_ocp:
        spec["cluster_id"] = {"type": "str", "required": True}
    result = worker.checked_options({"argument_spec": spec}, given)
    params: dict[str, Any] = result.validated_parameters
    if result.error_messages:
        text = hints.refused(result.errors.msg, params, spec)
        raise errors.InvalidOption(where, text)
    if not _NAME.fullmatch(params["name"]):
        raise errors.InvalidOption(
            f"{where}.name", "a letter, then letters, digits, - and _ are expected"
        )
    if of_ocp:
        params["cluster_id"] = arguments.task_id(params["cluster_id"], "cluster_id")
    return params


def _bare(option: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in option.items() if key != "fallback"}


def asked(
    clusters: Sequence[Mapping[str, Any]], *, skip: bool
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Return the variables of servers by cluster, and what is said of who is missing.

    With `skip` a cluster that does not answer is left out; else its error is raised,
    with its name.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for one in clusters:
        name = str(one["name"])
        try:
            found[name] = [server.facts() for server in connect.servers_of(one)]
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

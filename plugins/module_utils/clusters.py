# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as an inventory and an event source are told of them: checked options."""

from __future__ import annotations

import contextlib
import re
from typing import Any, Mapping, Sequence

from . import arguments, connect, errors, hints, roster
from .obshell import roster as obshell_roster
from .ocp import roster as ocp_roster

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}")


def checked(clusters: Any, more: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return clusters by the modules' own specs; refuse what none can be.

    `more` are further options of a cluster through OCP. The environment is read for a
    single one alone. Raises InvalidOption.
    """
    if not isinstance(clusters, Sequence) or isinstance(clusters, str):
        raise errors.InvalidOption("clusters", "a list is expected")
    if not clusters:
        raise errors.InvalidOption("clusters", "give at least one")
    found: list[dict[str, Any]] = []
    for number, given in enumerate(clusters, 1):
        if not isinstance(given, Mapping):
            raise errors.InvalidOption("clusters", f"number {number} is no dictionary")
        alone = len(clusters) == 1
        found.append(_cluster(given, f"clusters[{number}]", more, alone=alone))
    names = [one["name"] for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise errors.InvalidOption("clusters", f"two are named {', '.join(twice)}")
    return found


def servers_of(params: Mapping[str, Any]) -> list[roster.Server]:
    """Return the servers of one cluster, for an inventory.

    Of `obshell` and `ocp` one is given, the latter with `cluster_id`.
    """
    if params.get("ocp") is None:
        of_obshell = connect.obshell_client(params)
        with contextlib.closing(of_obshell):
            return obshell_roster.servers(of_obshell)
    of_ocp = connect.ocp_client(params)
    with contextlib.closing(of_ocp):
        return ocp_roster.servers(of_ocp, params["cluster_id"])


def _cluster(
    given: Mapping[str, Any], where: str, more: Mapping[str, Any], *, alone: bool
) -> dict[str, Any]:
    ways = [one for one in arguments.SERVERS if given.get(one) is not None]
    if len(ways) != 1:
        also = "".join(f" with {name}" for name in more)
        raise errors.InvalidOption(where, f"give obshell, or ocp{also}")
    of_ocp = ways == ["ocp"]
    server = arguments.ocp_options() if of_ocp else arguments.obshell_options()
    options = server[ways[0]]["options"]
    if not alone:
        options = {key: _bare(one) for key, one in options.items()}
    spec: dict[str, Any] = {
        "name": {"type": "str", "required": True},
        ways[0]: {**server[ways[0]], "options": options},
        **(more if of_ocp else {}),
    }
    result = connect.validated({"argument_spec": spec}, given)
    params: dict[str, Any] = result.validated_parameters
    if result.error_messages:
        text = hints.refused(result.errors.msg, params, spec)
        raise errors.InvalidOption(where, text)
    if not _NAME.fullmatch(params["name"]):
        raise errors.InvalidOption(
            f"{where}.name", "a letter, then letters, digits, - and _ are expected"
        )
    return params


def _bare(option: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in option.items() if key != "fallback"}

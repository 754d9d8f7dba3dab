# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the event source, checked before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from .. import arguments, clusters, connect, errors, hints
from ..task import verdict

CHANGES = (
    "task_seen",
    "task_stage",
    "task_state",
    "task_done",
    "sub_task_failed",
    "sub_task_retried",
    "outage",
    "outage_over",
)
SCOPES = ("cluster", "agent", "agents", "all")
SINCE = ("now", "unfinished", "all")
_OWN = {
    "scope": {"type": "str", "choices": list(SCOPES), "default": "all"},
    "name": {"type": "str"},
    "tenant": {"type": "str"},
    "outcome": {
        "type": "list",
        "elements": "str",
        "choices": list(verdict.DONE),
        "default": [],
    },
    "changes": {
        "type": "list",
        "elements": "str",
        "choices": list(CHANGES),
        "default": ["task_done"],
    },
    "interval": {"type": "float", "default": 5.0},
    "since": {"type": "str", "choices": list(SINCE), "default": "now"},
    "state_file": {"type": "path"},
}
ALONE = "oceanbase"  # the name of a cluster that was given none


@dataclass(frozen=True)
class Rules:
    """What is told, and how often is looked (seconds)."""

    scope: str = "all"
    name: str | None = None
    tenant: str | None = None
    outcome: tuple[str, ...] = ()
    changes: tuple[str, ...] = ("task_done",)
    interval: float = 5.0
    since: str = "now"


@dataclass(frozen=True)
class Options:
    """The checked options: clusters as the modules' options, rules, the state file."""

    clusters: tuple[Mapping[str, Any], ...]
    rules: Rules
    state_file: str | None = None


def checked(args: Mapping[str, Any]) -> Options:
    """Return the options of the event source; raise InvalidOption for what is wrong."""
    given = dict(args)
    connections = {
        key: given.pop(key)
        for key in ("clusters", *arguments.SERVERS)
        if given.get(key) is not None
    }
    result = connect.validated({"argument_spec": _OWN}, given)
    params = result.validated_parameters
    if result.error_messages:
        text = hints.refused(result.errors.msg, params, _OWN)
        raise errors.InvalidOption("tasks", text)
    arguments.at_least(1, params, "interval")
    if not params["changes"]:
        raise errors.InvalidOption("changes", "give at least one")
    file = params.pop("state_file")
    several = {key: tuple(params[key]) for key in ("outcome", "changes")}
    return Options(
        tuple(_clusters(connections, params["scope"])),
        Rules(**{**params, **several}),
        file,
    )


def _clusters(given: Mapping[str, Any], scope: str) -> list[dict[str, Any]]:
    if len(given) != 1:
        raise errors.InvalidOption(
            "clusters", "give either clusters, or obshell or ocp for a single one"
        )
    key, value = next(iter(given.items()))
    if key != "clusters":
        value = [{"name": ALONE, key: value}]
    found = clusters.checked(value, {})
    if scope != "all" and any("ocp" in one for one in found):
        raise errors.InvalidOption("scope", "OCP has no scopes: leave it out")
    return found

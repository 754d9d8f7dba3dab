# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task holds its lock: what no answer shows, by the protocol. Pure.

A maintenance task holds its lock while it is at work, and when it has failed, unless
the node that failed releases it (protocol/obshell.md 12.3.20).
"""

from __future__ import annotations

from typing import Any, Mapping

# Those that release it wherever they fail; tenants' tasks do so too.
_RELEASING = (
    *("Add obproxy", "Kill observer", "Start observer for scale in rollback"),
    *("Start seekdb", "Stop seekdb", "Restart seekdb"),
)
# That releases it at its first node only.
_AT_FIRST = "Cluster scale in"
_KEEPING = (
    *("Cluster scale out", "Delete zone", "Local scale out", "Initialize cluster"),
    *("Start observer", "Stop observer", "Join self", "Join to master"),
    *("Remove all agents", "Update cluster config", "Update observer config"),
)
# With the package behind it.
_UPGRADES = ("Upgrade obshell ", "OB rolling upgrade ", "OB stop service upgrade ")


def locked(
    *, name: str, state: str, operator: str, stage: int | None, scope: str | None
) -> bool | None:
    """Return whether a task holds its lock, None where that cannot be known.

    `scope` is what it locks: cluster, agent, tenant or obproxy, "none", or None where
    the server does not say (before 4.3.1). A rollback takes the lock again first; no
    one saw whether its failure releases it.
    """
    if scope == "none" or state == "SUCCEED":
        return False
    if state != "FAILED":
        return True if scope or _is_known(name) else None
    undoing = operator == "ROLLBACK"
    if scope == "tenant" or name in _RELEASING:
        return None if undoing else False
    if name == _AT_FIRST:
        first = stage == 1
        return None if stage is None or (first and undoing) else not first
    return True if _keeps(name) else None


def _keeps(name: str) -> bool:
    return name in _KEEPING or name.startswith(_UPGRADES)


def _is_known(name: str) -> bool:
    return name in (*_RELEASING, _AT_FIRST) or _keeps(name)


def of_agent(status: Mapping[str, Any]) -> bool | None:
    """Return whether a /status says that the agent's own lock is held; None: unsaid."""
    said = status.get("underMaintenance")
    return said if isinstance(said, bool) else None

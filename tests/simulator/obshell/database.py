# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's database as one of its agents finds it (protocol 3.9)."""

from __future__ import annotations

from . import errors, identities
from .agent import Agent
from .cluster import Cluster


def password(agent: Agent) -> str | None:
    """The password that a login at the database would accept."""
    if agent.seekdb:
        return agent.seekdb_password
    cluster: Cluster | None = agent.cluster
    return cluster.password if cluster else None


def problem(agent: Agent) -> errors.Problem | None:
    """Why the tasks in the cluster's database cannot be read here, if so."""
    if agent.seekdb:
        return None
    if agent.cluster is None or agent.identity == identities.SCALING_OUT:
        return errors.not_holding()
    if agent.ob_state == 3:
        just_started = agent.restarts and agent.world.now - agent.started_at < 0.3
        return errors.not_ocs() if just_started else None
    if not agent.process_known:
        return errors.not_holding()
    if agent.world.now - agent.ob_down_since < 1.0:
        return errors.observer_check_failed(agent.pid + 7)
    return errors.observer_gone()

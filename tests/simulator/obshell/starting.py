# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a task begins, or why it does not (protocol 3.5 and 5)."""

from __future__ import annotations

from typing import Any

from . import errors, facts, operations
from .call import Call
from .dag import Dag
from .era import Era
from .scenario import TENANT, Scenario
from .store import Store
from .world import World


def start(store: Store, scenario: Scenario, era: Era) -> Dag:
    """Create a task unless a lock forbids it; plans what `then` says."""
    holder = store.locks.holder(scenario)
    if holder is not None:
        raise _locked(store, scenario, holder, era)
    world: World = store.owner.world
    dag = store.create(scenario, world.now)
    for seconds, operator in scenario.then:
        _plan(world, store, dag, operator, world.now + seconds, era)
    return dag


def _plan(
    world: World,
    store: Store,
    dag: Dag,
    operator: str,
    moment: float,
    era: Era,
) -> None:
    def act() -> None:
        try:
            operations.apply(world, store, dag, operator, era)
        except errors.Problem:
            _plan(world, store, dag, operator, world.now + 1, era)

    world.at(moment, act)


def _locked(
    store: Store,
    scenario: Scenario,
    holder: Dag,
    era: Era,
) -> errors.Problem:
    if not store.in_database:
        return errors.agent_locked(store.owner.address, scenario.name, era).with_data()
    if scenario.maintenance == TENANT and holder is not store.locks.whole:
        return errors.tenant_locked(scenario.key, scenario.name).with_data()
    return errors.cluster_locked(scenario.name, holder.name, era).with_data()


def started(call: Call, store: Store, scenario: Scenario) -> dict[str, Any]:
    """Start a task; gives the answer to its submit."""
    dag = start(store, scenario, call.era)
    return facts.dag(store, dag, call.era, details=False, created=True)

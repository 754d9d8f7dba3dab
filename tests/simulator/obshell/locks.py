# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which DAG forbids which others, until it is mended."""

from __future__ import annotations

from .dag import Dag
from .scenario import GLOBAL, NO_MAINTENANCE, TENANT, Scenario


class Locks:
    """The maintenance locks of a store (3.5); a FAILED DAG keeps its own."""

    def __init__(self) -> None:
        self.whole: Dag | None = None
        self.tenants: dict[str, Dag] = {}

    def holder(self, scenario: Scenario) -> Dag | None:
        """Who forbids a new DAG of this kind."""
        if scenario.maintenance == NO_MAINTENANCE:
            return None
        if scenario.maintenance == TENANT:
            return self.tenants.get(scenario.key) or self.whole
        return self.whole

    def take(self, dag: Dag) -> None:
        if dag.scenario.maintenance == GLOBAL:
            self.whole = dag
        elif dag.scenario.maintenance == TENANT:
            self.tenants[dag.scenario.key] = dag

    def release(self, dag: Dag) -> None:
        if self.whole is dag:
            self.whole = None
        if self.tenants.get(dag.scenario.key) is dag:
            del self.tenants[dag.scenario.key]

    def holds(self, dag: Dag) -> bool:
        return self.whole is dag or self.tenants.get(dag.scenario.key) is dag

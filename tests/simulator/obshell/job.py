# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the work of a sub-task sees and does."""

from __future__ import annotations

from typing import Any

from .dag import ROLLBACK, Dag, Node, SubTask
from .store import Store


class Job:
    """One run of a sub-task, forward or back."""

    def __init__(self, store: Store, dag: Dag, node: Node, sub_task: SubTask) -> None:
        self.store = store
        self.dag = dag
        self.node = node
        self.sub_task = sub_task

    @property
    def owner(self) -> Any:
        """The cluster or agent whose store this is."""
        return self.store.owner

    @property
    def undoing(self) -> bool:
        return self.sub_task.operator == ROLLBACK

    @property
    def generic_id(self) -> str:
        return self.store.generic_id(self.dag.number)

    def log(self, line: str) -> None:
        self.store.log(self.sub_task, line)

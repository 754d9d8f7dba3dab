# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DAGs, nodes and sub-tasks as they are at one moment (protocol 3.3 to 3.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Iterator

from .scenario import Scenario, Stage, Step

PENDING, READY, RUNNING = "PENDING", "READY", "RUNNING"
FAILED, SUCCEED = "FAILED", "SUCCEED"
RUN, RETRY, ROLLBACK, CANCEL, PASS = "RUN", "RETRY", "ROLLBACK", "CANCEL", "PASS"

NEVER = math.inf
EPOCH = 0
"""The time of what was reset by an operator (3.7), in nanoseconds."""


@dataclass
class Log:
    number: int
    execute_times: int
    content: str
    time: int


@dataclass
class SubTask:
    number: int
    name: str
    step: Step
    agent: Any
    start: int
    end: int
    state: str = PENDING
    operator: str = RUN
    execute_times: int = 0
    runs: int = 0
    logs: list[Log] = field(default_factory=list)
    work: Iterator[float] | None = None
    due: float = NEVER


@dataclass
class Node:
    number: int
    stage: Stage
    start: int
    end: int
    sub_tasks: list[SubTask]
    state: str = PENDING
    operator: str = RUN

    @property
    def name(self) -> str:
        return self.stage.name


@dataclass
class Dag:
    number: int
    scenario: Scenario
    nodes: list[Node]
    start: int
    end: int
    stage: int = 1
    state: str = READY
    operator: str = RUN
    additional_data: dict[str, Any] = field(default_factory=dict)
    finished: bool = False

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def node(self) -> Node:
        return self.nodes[self.stage - 1]

    @property
    def active(self) -> bool:
        return self.state in (READY, RUNNING)

    @property
    def main_dag_id(self) -> str | None:
        return self.additional_data.get("main_dag_id")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters, order and pages of OCP's task list (protocol/ocp.md, 3.2 and 8.13)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from .errors import Failure
from .scenario import Scenario
from .task import Task

MAX_SIZE = 2000
Query = Mapping[str, Sequence[str]]
Test = Callable[[Task], bool]
SORTS: dict[str, Callable[[Task], Any]] = {
    "id": lambda task: task.id,
    "name": lambda task: task.scenario.name,
    "status": lambda task: task.status,
    "type": lambda task: task.scenario.type,
    "operation": lambda task: task.operation,
    "createTime": lambda task: task.create_time,
    "startTime": lambda task: task.start_time,
    "finishTime": lambda task: task.finish_time or 0.0,
}


@dataclass(frozen=True)
class Page:
    """A part of the tasks that match."""

    tasks: list[Task]
    number: int
    size: int
    total: int

    def to_dict(self) -> dict[str, int]:
        return {
            "number": self.number,
            "size": self.size,
            "totalElements": self.total,
            "totalPages": math.ceil(self.total / self.size),
        }


def page(
    tasks: list[Task],
    query: Query,
    *,
    express: bool,
    cluster_filters: Sequence[str],
) -> Page:
    """The page that `query` asks for; raises Failure for an order there is not."""
    tests = express_tests(query) if express else ocp_tests(query, cluster_filters)
    if "status" in query:
        words = ",".join(query["status"]).upper().split(",")
        tests.append(lambda task: task.status in words)
    found = [task for task in tasks if all(test(task) for test in tests)]
    found = in_order(found, parameter(query, "sort") or "id,desc", express=express)
    size = min(natural(query, "size", MAX_SIZE if express else 10), MAX_SIZE)
    number = natural(query, "page", 1)
    shown = found[(number - 1) * size : number * size]
    return Page(shown, number, size, len(found))


def express_tests(query: Query) -> list[Test]:
    """Express lists manual tasks only and knows a keyword."""
    keyword = parameter(query, "keyword").lower()
    return [
        lambda task: task.scenario.type == "MANUAL",
        lambda task: keyword in task.scenario.name.lower(),
    ]


def ocp_tests(query: Query, cluster_filters: Sequence[str]) -> list[Test]:
    exact: dict[str, Callable[[Scenario], Any]] = {
        "type": lambda s: s.type,
        "clusterId": lambda s: s.cluster and s.cluster.id,
        "tenantId": lambda s: s.tenant and s.tenant.id,
        "hostId": lambda s: s.host_id,
    }
    fuzzy: dict[str, Callable[[Scenario], str]] = {
        "name": lambda s: s.name,
        "tenantName": lambda s: s.tenant.name if s.tenant else "",
    }
    for name in cluster_filters:
        fuzzy[name] = lambda s: s.cluster.name if s.cluster else ""
    return [
        is_equal(read, parameter(query, name))
        for name, read in exact.items()
        if parameter(query, name)
    ] + [contains(read, parameter(query, name)) for name, read in fuzzy.items()]


def is_equal(read: Callable[[Scenario], Any], wanted: str) -> Test:
    return lambda task: str(read(task.scenario)) == wanted


def contains(read: Callable[[Scenario], str], part: str) -> Test:
    return lambda task: part.lower() in read(task.scenario).lower()


def in_order(tasks: list[Task], sort: str, *, express: bool) -> list[Task]:
    name, _comma, direction = sort.partition(",")
    key = SORTS.get(name)
    if key is None:
        raise _bad_sort(name, express=express)
    return sorted(tasks, key=key, reverse=direction.lower() == "desc")


def _bad_sort(name: str, *, express: bool) -> Failure:
    if not express:
        return Failure("bad_sort")
    debug = f"No property '{name}' found for type 'TaskInstanceOverview'"
    text = f"Unhandled exception, type=PropertyReferenceException, message={debug}"
    return Failure("bad_sort", message=text, debug=debug, status=500)


def parameter(query: Query, name: str) -> str:
    return ",".join(query.get(name, []))


def natural(query: Query, name: str, default: int) -> int:
    """A page or a size: what is no positive number is the default (8.13)."""
    text = parameter(query, name)
    value = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    return value or default

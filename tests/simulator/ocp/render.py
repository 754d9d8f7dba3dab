# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks as OCP's JSON shows them (protocol/ocp.md, 3.3 to 3.5, 8.3 and 8.15)."""

from __future__ import annotations

import datetime
import random
from typing import Any

from . import log as logs
from .task import Sub, Task

MAX_SAFE = 2**53 - 1


def number(value: int) -> int | str:
    """A long as the server writes it: beyond 2^53-1 a string (1.5)."""
    return value if abs(value) <= MAX_SAFE else str(value)


def sorted_keys(value: Any) -> Any:
    """Members in alphabetical order, those that are None left out (1.1, 1.5)."""
    if isinstance(value, dict):
        return {k: sorted_keys(value[k]) for k in sorted(value) if value[k] is not None}
    if isinstance(value, (list, tuple)):
        return [sorted_keys(item) for item in value]
    return value


class Renderer:
    """Makes the answers of one server; `rng` changes the order of subtasks (8.2)."""

    def __init__(
        self, *, express: bool, zone: datetime.timezone, rng: random.Random
    ) -> None:
        self.express = express
        self.zone = zone
        self.rng = rng

    def detail(self, task: Task) -> dict[str, Any]:
        """A task instance as a GET, a retry or (on OCP) a rollback gives it."""
        subs = [self.subtask(task, sub) for sub in task.subs.values()]
        self.rng.shuffle(subs)
        return {
            **self._head(task),
            "createTime": self._date(task.create_time, digits=0),
            "executor": logs.SERVER,
            "operation": task.operation,
            "prohibitRollback": task.prohibit_rollback,
            "subtasks": subs,
            "taskDefinitionId": 1 if task.scenario.type == "SYS_SCHEDULED" else -1,
            "type": task.scenario.type,
        }

    def entry(self, task: Task) -> dict[str, Any]:
        """A task as the list shows it: without operation, type and edges."""
        subs = sorted(task.subs.values(), key=lambda sub: sub.id)
        return {
            **self._head(task),
            "subtasks": [self._short(sub) for sub in subs],
        }

    def submitted(self, task: Task, shape: str) -> dict[str, Any]:
        """The answer to a submit, in the `newer` or the `older` shape (3.5)."""
        if shape == "older":
            return self._submitted_older(task)
        scenario = task.scenario
        detail = self.detail(task)
        for key in ("createTime", "cluster", "tenant", "tenantInfo"):
            detail.pop(key, None)
        for sub in detail["subtasks"]:
            sub.pop("createTime")
        detail["creator"] = task.creator
        detail["startTime"] = self._date(task.start_time, digits=9)
        if self.express:
            detail["obTenantId"] = scenario.tenant and scenario.tenant.ob_tenant_id
        else:
            detail["clusterId"] = scenario.cluster and scenario.cluster.id
            detail["tenantId"] = scenario.tenant and scenario.tenant.id
            detail["hostId"] = scenario.host_id
        return detail

    def subtask(self, task: Task, sub: Sub) -> dict[str, Any]:
        return {
            **self._short(sub),
            "createTime": self._date(task.create_time, digits=0),
            "executor": logs.SERVER if sub.start_time is not None else None,
            "finishTime": self._date(sub.finish_time),
            "nodeType": "JAVA_TASK",
            "parallelIdx": sub.spec.parallel_index,
            "prohibitRollback": sub.spec.prohibit_rollback,
            "runTime": sub.run_time,
            "seriesId": sub.series,
            "startTime": self._date(sub.start_time),
            "timeout": sub.spec.limit,
            **self._edges(task, sub),
        }

    def _head(self, task: Task) -> dict[str, Any]:
        return {
            "id": number(task.id),
            "name": task.scenario.name,
            "status": dict(task.scenario.words).get(task.status, task.status),
            "startTime": self._date(task.start_time),
            "finishTime": self._date(task.finish_time),
            **self._owners(task),
        }

    def _owners(self, task: Task) -> dict[str, Any]:
        cluster, tenant = task.scenario.cluster, task.scenario.tenant
        system = task.scenario.type == "SYS_SCHEDULED"
        creator = "system" if system else task.creator
        if self.express:
            return {
                "creator": {"name": creator},
                "tenantInfo": tenant
                and {"name": tenant.name, "obTenantId": tenant.ob_tenant_id},
            }
        return {
            "creator": {"id": 100, "name": creator},
            "cluster": cluster
            and {
                "id": number(cluster.id),
                "name": cluster.name,
                "obClusterId": cluster.ob_cluster_id,
                "type": cluster.type,
            },
            "tenant": tenant
            and {
                "id": number(tenant.id),
                "name": tenant.name,
                "obTenantId": tenant.ob_tenant_id,
                "mode": tenant.mode,
            },
        }

    def _submitted_older(self, task: Task) -> dict[str, Any]:
        edged = [
            {**self._short(sub), **self._edges(task, sub)} for sub in task.subs.values()
        ]
        self.rng.shuffle(edged)
        head = self._head(task)
        head.pop("finishTime")
        text = "Context(parallelIdx=-1, parallel=null, stringMap={}, listMap={})"
        return {**head, "context": text, "tasks": edged}

    @staticmethod
    def _short(sub: Sub) -> dict[str, Any]:
        return {
            "id": number(sub.id),
            "name": sub.spec.name,
            "description": sub.spec.name,
            "status": sub.status,
            "operation": sub.operation,
        }

    def _edges(self, task: Task, sub: Sub) -> dict[str, Any]:
        ups = [up.id for up in sub.ups]
        downs = [down.id for down in sub.downs]
        handle = sub.spec.handle
        for source, target in task.scenario.shown_edges:
            if target == handle:
                ups.append(self._named(task, source))
            if source == handle:
                downs.append(self._named(task, target))
        self.rng.shuffle(ups)
        self.rng.shuffle(downs)
        return {
            "upstreams": [number(up) for up in ups],
            "downstreams": [number(down) for down in downs],
        }

    @staticmethod
    def _named(task: Task, given: str | int) -> int:
        return given if isinstance(given, int) else task.subs[given].id

    def _date(self, time: float | None, *, digits: int = 3) -> str | None:
        return None if time is None else logs.iso(time, self.zone, digits=digits)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's routes that start tasks, and where their answers have the ids.

After protocol/ocp.md, 5.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

from .. import message
from . import engine, given, lists, products, render, servers
from .errors import Failure
from .scenario import Cluster, Scenario, Tenant

CLUSTER = r"/ob/clusters/(?P<cluster>\d+)"


@dataclass(frozen=True)
class Route:
    """A call that may start tasks.

    `answer` says where the ids are: `task` (data.id), `hosts` (data.contents[].id),
    `backup` (data.backupObjectOpsResultList[].taskIdList), `report`
    (data.taskInstanceId), `none` (no data), `entity` (an id that is no task's).
    `texts` are the messages where a required member is missing.
    """

    method: str
    path: str
    kind: str
    required: tuple[str, ...] = ()
    answer: str = "task"
    exclusive: bool = False
    texts: tuple[str, ...] = ()


OCP = (
    Route(
        "POST",
        f"{CLUSTER}/servers",
        "add_server",
        ("zoneName", "servers"),
        "task",
        True,
    ),
    Route(
        "POST",
        f"{CLUSTER}/servers/batchDelete",
        "remove_server",
        ("servers",),
        "task",
        True,
    ),
    Route("POST", f"{CLUSTER}/zones", "add_zone", ("name", "servers"), "task", True),
    Route("POST", f"{CLUSTER}/upgrade", "upgrade", ("rpmFileName",), "task", True),
    Route("POST", f"{CLUSTER}/(?:re)?start", "restart_cluster", (), "task", True),
    Route("POST", f"{CLUSTER}/stop", "restart_cluster", (), "task", True),
    Route(
        "POST", f"{CLUSTER}/tenants/createTenant", "create_tenant", ("name", "zones")
    ),
    Route("POST", f"{CLUSTER}/tenants", "tenant", ("name", "zones"), "entity"),
    Route("DELETE", rf"{CLUSTER}/tenants/\d+", "delete_tenant", (), "none"),
    Route("POST", f"{CLUSTER}/backup/backupNow", "backup", (), "backup"),
    Route("POST", f"{CLUSTER}/performance/workload/reports", "report", (), "report"),
    Route(
        "POST",
        "/compute/hosts/batchCreate",
        "add_host",
        ("hostBasicDataList",),
        "hosts",
    ),
    Route("POST", r"/compute/hosts/\d+/agent/(?:stop|restart)", "reinstall_agent"),
    Route("POST", "/compute/idcs", "idc", ("name",), "entity"),
)
EXPRESS = (
    Route(
        "POST",
        "/ob/tenants",
        "create_tenant",
        ("zones", "rootPassword", "name"),
        # Unfilled keys, as recorded (286).
        texts=tuple(
            f"{{error.ob.tenant.{word}.empty}}" for word in ("zone", "password", "name")
        ),
    ),
    Route("POST", r"/ob/tenants/\d+/(?:add|delete|modify)Replica", "modify_tenant", ()),
    Route("POST", "/obagent/restart", "restart_agent"),
)

DEFAULTS: dict[str, given.Given] = {
    kind: kind
    for kind in (
        "add_server",
        "remove_server",
        "add_zone",
        "upgrade",
        "restart_cluster",
        "create_tenant",
        "backup",
        "add_host",
        "reinstall_agent",
        "restart_agent",
    )
}
DEFAULTS["delete_tenant"] = products.product("Delete tenant", "Delete tenant")
DEFAULTS["modify_tenant"] = products.product("Modify replica", "Modify replica")
DEFAULTS["report"] = products.product("Generate report", "Collect", "Render")


class Submits:
    """Answers the submit routes of one server.

    `starts` says which scenario each kind starts, `refused` which tenants' part of a
    backup fails and with which hint, `shape` how tasks are shown (3.5).
    """

    def __init__(
        self,
        tasks: engine.Engine,
        renderer: render.Renderer,
        *,
        express: bool,
        shape: str,
    ) -> None:
        self.engine = tasks
        self.render = renderer
        self.routes = EXPRESS if express else OCP
        self.shape = shape
        self.starts = dict(DEFAULTS)
        self.refused: dict[int, str] = {}
        self.agents = {"127.0.0.1"}
        self.servers = servers.Servers(tasks)

    def methods(self, path: str) -> list[str]:
        """The methods that `path` has."""
        found = (route for route in self.routes if re.fullmatch(route.path, path))
        return [route.method for route in found]

    def answer(self, request: message.Request, path: str, creator: str) -> Any:
        """The `data` of the answer; starts what the route starts."""
        route, names = self._find(request.method, path)
        if route.kind == "restart_agent":
            self._check_agent(request)
        body = payload(request, route)
        if route.answer == "entity":
            # An id that is not a task's: its status is none of a task's words.
            return {"id": 7, "name": body["name"], "status": "CREATING"}
        scenario = self._scenario(route, names)
        if route.exclusive:
            self._check_idle(scenario)
        if route.kind == "remove_server":
            self._check_servers(int(names["cluster"]), body)
        if route.answer == "hosts":
            hosts = range(1, len(body["hostBasicDataList"]) + 1)
            tasks = [self._start(scenario, creator, host_id=host) for host in hosts]
            return {"contents": tasks}
        if route.answer == "backup":
            tenants = _member(body, "tenantIds") or [1]
            results = [self._backup(scenario, creator, int(one)) for one in tenants]
            return {"backupObjectOpsResultList": results}
        started = self._start(scenario, creator)
        if route.kind == "add_server":
            self.servers.add(int(started["id"]), int(names["cluster"]), body)
        if route.kind == "remove_server":
            self.servers.remove(int(started["id"]), int(names["cluster"]), body)
        if route.answer == "report":
            return {"id": 3, "taskInstanceId": started["id"]}
        return None if route.answer == "none" else started

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        for route in self.routes:
            match = re.fullmatch(route.path, path)
            if match and route.method == method:
                return route, match.groupdict()
        raise Failure("not_found")

    def _start(self, scenario: Scenario, creator: str, **fields: Any) -> dict[str, Any]:
        task = self.engine.start(dataclasses.replace(scenario, **fields), creator)
        return self.render.submitted(task, self.shape)

    def _backup(self, scenario: Scenario, creator: str, tenant: int) -> dict[str, Any]:
        """One tenant's part, which may fail inside a successful answer."""
        if tenant in self.refused:
            return {
                "objectId": tenant,
                "beSuccessful": False,
                "errorCode": "BACKUP10003",
                "hint": self.refused[tenant],
                "taskIdList": [],
            }
        owner = dataclasses.replace(scenario.tenant or Tenant(), id=tenant)
        task = self._start(scenario, creator, tenant=owner)
        return {"objectId": tenant, "beSuccessful": True, "taskIdList": [task["id"]]}

    def _scenario(self, route: Route, names: dict[str, str]) -> Scenario:
        scenario = given.scenario(self.starts[route.kind])
        if "cluster" not in names:
            return scenario
        cluster = scenario.cluster or Cluster()
        cluster = dataclasses.replace(cluster, id=int(names["cluster"]))
        return dataclasses.replace(scenario, cluster=cluster)

    def _check_idle(self, scenario: Scenario) -> None:
        """One operation of a cluster at a time."""
        for task in self.engine.all():
            cluster = task.scenario.cluster
            same = cluster and scenario.cluster and cluster.id == scenario.cluster.id
            if same and not task.ended:
                raise Failure("busy")

    def _check_servers(self, cluster: int, body: dict[str, Any]) -> None:
        """What OCP says of a host that is no server is not known; this is made up."""
        if not self.servers.knows(cluster, body):
            raise Failure("not_found")

    def _check_agent(self, request: message.Request) -> None:
        address = lists.parameter(request.query, "ip")
        if not address:
            raise Failure(
                "bad_argument",
                message="ip parameter is missing",
                debug="Required request parameter 'ip' for method parameter type"
                " String is not present",
            )
        if address not in self.agents:
            raise Failure("not_found")


def payload(request: message.Request, route: Route) -> Any:
    """The body, checked as the server checks it; None where there is none to read."""
    if not route.required:
        return read_json(request) if request.body else None
    content_type = request.headers.get("content-type", "")
    if content_type.split(";")[0].strip() != "application/json":
        shown = content_type if "charset" in content_type else f"{content_type};"
        shown = shown if "charset" in shown else f"{shown}charset=UTF-8"
        raise Failure(
            "bad_argument",
            message=f"{shown} media type is not supported. Supported media types are"
            " application/json, application/*+json",
            debug=f"Content type '{shown}' not supported",
            status=415,
            code=0,
        )
    body = read_json(request)
    texts = route.texts or [f"{name} must not be empty" for name in route.required]
    subs = [
        {"field": name, "message": text, "object": "param"}
        for name, text in zip(route.required, texts)
        if not _member(body, name)
    ]
    if subs:
        raise Failure(
            "bad_argument", message=subs[0]["message"], extra={"subErrors": subs}
        )
    return body


def read_json(request: message.Request) -> Any:
    try:
        return json.loads(request.body or b"")
    except ValueError as e:
        raise Failure(
            "bad_argument",
            message="Malformed JSON request",
            debug=f"JSON parse error: {e}",
            code=0,
        ) from None


def _member(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, dict) else None

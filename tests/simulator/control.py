# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control port: what tests written in Python call, over HTTP for playbooks.

Each call is `POST /<call>` with one JSON object, and answers one JSON object; what a
server is called is in the answer to `GET /`.

    GET  /                  names, URLs and credentials of all servers
    GET  /requests          ?server=NAME: what it served, and counts by method
    POST /clock/advance     {"seconds"}            turned clocks only
    POST /faults            {"server", "kind", ...}  options of wire.Server.faults.add
    POST /faults/clear      {"server"}             without a name: of all servers
    POST /start             {"on", "scenario", ...}  returns {"task_id"}
    POST /on_submit         {"on": an OCP, "kind", "scenario", ...}  from now on
    POST /agent             {"server", "do": "stop | start | restart | rotate_key |
                            observer_down | observer_up", ...}
    POST /set               {"server", "skew" | "start_fails" | ...}, or
                            {"on": a cluster, "tenant_fails"}
    POST /password          {"on": a cluster or an OCP, "password"}
    POST /requests/clear    {}
    POST /reset             a new world on the same ports
    POST /shutdown
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Callable

from . import clock as clocks
from . import message, wire

DO = ["stop", "start", "restart", "rotate_key", "observer_down", "observer_up"]
SETTABLE = (
    "skew",
    "start_fails",
    "delete_fails",
    "delete_seconds",
    "unpack_fails",
    "backup_fails",
    "agent_password",
    "identity",
    "version",
    "installed",
)
SETTABLE_OF_CLUSTERS = ("tenant_fails",)


class Control:
    """Serves the calls above for one world; `rebuild` makes it anew."""

    def __init__(self, world: Any, *, rebuild: Callable[[], Any]) -> None:
        self.world = world
        self.rebuild = rebuild
        self.on_shutdown: Callable[[], None] = lambda: None
        self.server = wire.Server(self.handle, clocks.RealClock())
        self.calls: dict[str, Callable[[dict[str, Any]], Any]] = {
            "clock/advance": self._advance,
            "faults": self._fault,
            "faults/clear": self._clear_faults,
            "start": self._start,
            "on_submit": self._on_submit,
            "agent": self._agent,
            "set": self._set,
            "password": self._password,
            "requests/clear": self._clear_requests,
            "reset": self._reset,
            "shutdown": self._shutdown,
        }

    def handle(self, request: message.Request) -> message.Response:
        name = request.path.strip("/")
        if request.method == "GET" and name == "":
            return _answer(self.world.describe())
        if request.method == "GET" and name == "requests":
            return _answer(self._requests(request.query.get("server", [""])[0]))
        call = self.calls.get(name)
        if request.method != "POST" or call is None:
            return _answer({"error": f"unknown call {name!r}"}, status=404)
        try:
            return _answer(call(json.loads(request.body or b"{}")) or {})
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            return _answer({"error": f"{type(e).__name__}: {e}"}, status=400)

    def _wire(self, name: str) -> wire.Server:
        server: wire.Server = self.world.servers[name].server
        return server

    def _requests(self, name: str) -> dict[str, Any]:
        names = [name] if name else list(self.world.servers)
        return {n: _seen(self.world.servers[n]) for n in names}

    def _advance(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"now": self.world.clock.advance(args["seconds"])}

    def _fault(self, args: dict[str, Any]) -> None:
        self._wire(args.pop("server")).faults.add(args.pop("kind"), **args)

    def _clear_faults(self, args: dict[str, Any]) -> None:
        names = [args["server"]] if "server" in args else list(self.world.servers)
        for name in names:
            self._wire(name).faults.clear()

    def _start(self, args: dict[str, Any]) -> dict[str, Any]:
        where = self.world.starters[args.pop("on")]
        if "target" in args:
            args["target"] = self.world.servers[args["target"]]
        if "then" in args:
            args["then"] = tuple((float(s), op) for s, op in args["then"])
        return {"task_id": where.start(args.pop("scenario"), **args)}

    def _on_submit(self, args: dict[str, Any]) -> None:
        server = self.world.starters[args.pop("on")]
        server.on_submit(args.pop("kind"), args.pop("scenario"), **args)

    def _agent(self, args: dict[str, Any]) -> None:
        agent, do = self.world.servers[args.pop("server")], args.pop("do")
        if do not in DO:
            raise ValueError(f"do is one of {', '.join(DO)}")
        getattr(agent, do)(**args)

    def _set(self, args: dict[str, Any]) -> None:
        if "on" in args:
            thing, names = self.world.starters[args.pop("on")], SETTABLE_OF_CLUSTERS
            if not hasattr(thing, "agents"):
                raise ValueError("on: only of a cluster of obshell can this be set")
        else:
            thing, names = self.world.servers[args.pop("server")], SETTABLE
        for name, value in args.items():
            if name not in names:
                raise ValueError(f"can set {', '.join(names)}")
            setattr(thing, name, value)

    def _password(self, args: dict[str, Any]) -> None:
        self.world.starters[args["on"]].set_password(args["password"])

    def _clear_requests(self, args: dict[str, Any]) -> None:
        for server in self.world.servers.values():
            server.server.requests.clear()

    def _reset(self, args: dict[str, Any]) -> Any:
        self.world = self.rebuild()
        return self.world.describe()

    def _shutdown(self, args: dict[str, Any]) -> None:
        self.on_shutdown()


def _seen(server: Any) -> dict[str, Any]:
    return {
        "counts": server.server.counts(),
        "failed_logins": server.failed_logins,
        "requests": [asdict(seen) for seen in list(server.server.requests)],
    }


def _answer(payload: Any, *, status: int = 200) -> message.Response:
    return message.json_response(payload, status=status)

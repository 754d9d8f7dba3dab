# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An obshell agent's HTTP: routing, and what fits no handler (protocol 1 and 2.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable
from urllib.parse import unquote

from .. import message
from . import (
    agent_submits,
    auth,
    auth_errors,
    cluster_submits,
    errors,
    identities,
    info,
    lists,
    routes,
    seekdb,
    sessions,
    upgrade_submits,
)
from .agent import Agent
from .answers import Answers
from .call import NO_CONTENT, PREFIX, Call, Route

ROUTES = [
    *info.ROUTES,
    *lists.ROUTES,
    *routes.ROUTES,
    *sessions.ROUTES,
    *cluster_submits.ROUTES,
    *agent_submits.ROUTES,
    *upgrade_submits.ROUTES,
    *seekdb.ROUTES,
]


class Service:
    """Answers the requests to one agent."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.answers = Answers(agent)
        self.reload()

    def reload(self) -> None:
        """Serve the routes that the agent's version has."""
        flavour = "seekdb" if self.agent.seekdb else "ob"
        self.routes = [
            r
            for r in ROUTES
            if self.agent.era.since(*r.since) and flavour in r.flavours.split()
        ]

    def __call__(self, request: message.Request) -> message.Response:
        with self.agent.world.lock:
            self.agent.world.catch_up()
            return self.answer(request)

    def answer(self, request: message.Request) -> message.Response:
        if not request.path.startswith(PREFIX + "/"):
            return self._outside(request)
        redirect = self._redirect(request)
        if redirect:
            return redirect
        return self._guard(request, lambda: self._open(request))

    def forwarded(self, call: Call, request: message.Request) -> message.Response:
        """Answer for another agent, which has opened the request (2.7).

        Only the language goes with it, so the trace id is this agent's own (1.4).
        """
        kept = {k: v for k, v in request.headers.items() if k == "accept-language"}
        inner = replace(request, headers=kept)
        return self._guard(inner, lambda: self._dispatch(inner, call.header, call.body))

    def _guard(
        self, request: message.Request, serve: Callable[[], Any]
    ) -> message.Response:
        try:
            data = serve()
        except errors.Raw as e:
            response: message.Response = e.response
            return response
        except errors.Panic:
            return self.answers.panic()
        except errors.Problem as e:
            return self.answers.error(request, e)
        if data is NO_CONTENT:
            return message.Response(204)
        return self.answers.envelope(
            request, 200, {} if data is errors.ABSENT else data
        )

    def _open(self, request: message.Request) -> Any:
        header = auth.open_header(self.agent, request)
        body = auth.open_body(request, header)
        return self._dispatch(request, header, body, check=True)

    def _dispatch(
        self,
        request: message.Request,
        header: auth.Header | None,
        body: bytes,
        *,
        check: bool = False,
    ) -> Any:
        route, args = self._find(request.method, request.path)
        if route is None:
            raise errors.no_route(self.agent.era)
        call = Call(self.agent, request, header, body, args)
        if check and not route.public:
            self._verify(call)
        data = route.handler(call)
        return data if data in (NO_CONTENT, errors.ABSENT) else {"data": data}

    def _verify(self, call: Call) -> None:
        """Who is let in; a FOLLOWER passes the request to its master (2.7)."""
        obproxy = bool(call.args) and call.args[0][:1] in ("4", "5")
        agent_only = (
            obproxy
            and not self.agent.seekdb
            and call.era.since(4, 2, 6)
            and call.request.path.startswith(f"{PREFIX}/task/")
        )
        follower = (
            self.agent.identity == identities.FOLLOWER and not call.request.over_unix
        )
        if not follower or agent_only:
            auth.verify(self.agent, call.request, call.header, agent_only=agent_only)
            return
        if call.header is None:
            raise auth_errors.header_missing()
        if call.header.uri != call.request.target:
            raise auth_errors.uri_mismatch()
        self._forward_to_master(call)

    def _forward_to_master(self, call: Call) -> None:
        assert call.header is not None
        if not call.era.lists:
            raise auth_errors.wrong_root_password()
        if call.header.name == auth.AGENT:
            raise errors.Problem(
                "Request.Forward.Header.NotExist",
                500,
                "Header not found when auto-forwarding request to master",
            )
        master = self.agent.master
        if master is None:
            raise errors.Problem("Agent.NoMaster", 500, "Master agent is not found")
        if not master.alive:
            method, target = call.request.method, call.request.target
            raise errors.refused(method, master.address, target)
        auth.verify(master, call.request, call.header)
        if call.request.path == f"{PREFIX}/task/dag/maintain/agent":
            # The master sends it back to the follower that was asked (3.10).
            return
        raise errors.Raw(master.service.forwarded(call, call.request))

    def _find(
        self, method: str | None, path: str
    ) -> tuple[Route | None, tuple[str, ...]]:
        for route in self.routes:
            match = route.pattern.match(path)
            if match and method in (route.method, None):
                return route, tuple(unquote(group) for group in match.groups())
        return None, ()

    def _outside(self, request: message.Request) -> message.Response:
        """The web page from 4.3 on (10.1.4)."""
        if self.agent.era.lists and request.method in ("GET", "HEAD"):
            pairs = [("Content-Type", "text/html; charset=utf-8")]
            return message.Response(200, pairs, b"<html></html>\n")
        return self.answers.error(request, errors.no_route(self.agent.era))

    def _redirect(self, request: message.Request) -> message.Response | None:
        path = request.path
        if not path.endswith("/") or self._find(None, path.rstrip("/"))[0] is None:
            return None
        query = request.target[len(path) :]
        location = path.rstrip("/") + query
        pairs = [("Location", location)]
        if request.method != "GET":
            return message.Response(307, pairs)
        page = f'<a href="{location}">Moved Permanently</a>.\n\n'
        pairs.insert(0, ("Content-Type", "text/html; charset=utf-8"))
        return message.Response(301, pairs, page.encode())

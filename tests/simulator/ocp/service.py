# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's HTTP: what is open, who is let in, and which route answers (1 and 8)."""

from __future__ import annotations

import re
import urllib.parse

from .. import message
from . import answers, auth, routes, submits
from . import log as logs
from .errors import Failure

BUILDS = {
    "3.1": "3.1.0-20210630",
    "4.2.1": "4.2.1-20231208",
    "4.2.2": "4.2.2-20240315",
    "4.3": "4.3.0-20240415",
    "express": "4.2.2-20240108",
}


class Service:
    """Answers the requests to one server."""

    def __init__(
        self,
        *,
        express: bool,
        version: str,
        base_path: str,
        html_for_unknown: bool,
        guard: auth.Guard,
        writer: answers.Answers,
        tasks: routes.TaskRoutes,
        starting: submits.Submits,
    ) -> None:
        self.express = express
        self.version = version
        self.base_path = base_path
        self.html_for_unknown = html_for_unknown
        self.guard = guard
        self.answers = writer
        self.submits = starting
        self.calls = list(tasks.calls)
        if not express:
            self.calls.append(("GET", f"{submits.CLUSTER}/servers", self._servers))

    def answer(self, request: message.Request) -> message.Response:
        refused = self._firewall(request)
        if refused:
            return refused
        extra = [("Set-Cookie", c) for c in self.guard.csrf_cookie(request)]
        extra.append(answers.NO_CACHE)
        path = urllib.parse.unquote(request.path)
        try:
            opened = self._open_route(request, path)
            if opened is not None:
                return answers.with_headers(opened, extra)
            if not path.startswith("/api/"):
                return answers.with_headers(self._page_route(request), extra)
            caller = self.guard.identify(request)
            extra += [("Set-Cookie", cookie) for cookie in caller.cookies]
            extra += self.guard.admit(caller.user)
            return answers.with_headers(self._answer(request, caller, path), extra)
        except Failure as e:
            return answers.with_headers(self.answers.failure(request, e), extra)
        except auth.Throttled as e:
            failure = self.answers.failure(request, Failure("throttled"))
            return answers.with_headers(failure, extra + e.headers)

    def _firewall(self, request: message.Request) -> message.Response | None:
        """What is refused before anybody is asked for a password (8.10)."""
        if "%2f" in request.path.lower():
            text = b"<!doctype html><html><body><h1>HTTP Status 400</h1></body></html>"
            headers = [
                ("Content-Type", "text/html;charset=utf-8"),
                ("Connection", "close"),
            ]
            return message.Response(400, headers, text)
        if "//" in request.path or ";" in request.path:
            return self._to_login(request)
        return None

    @staticmethod
    def _to_login(request: message.Request) -> message.Response:
        host = request.headers.get("host", "127.0.0.1")
        return message.Response(302, [("Location", f"http://{host}/login")])

    def _open_route(
        self, request: message.Request, path: str
    ) -> message.Response | None:
        """Routes without authentication (1.1)."""
        if request.method not in ("GET", "HEAD"):
            return None
        if path == f"{self.base_path}/time":
            if self.express:
                return self.answers.reply(request, self.answers.timestamp())
            return answers.plain(self.answers.timestamp())
        if path == "/api/status" and not self.express:
            return answers.plain("okay")
        if path == f"{self.base_path}/status" and self.express:
            version = BUILDS[self.version]
            data = {"server": logs.SERVER, "version": version, "status": "ok"}
            return self.answers.reply(request, data)
        if path == f"{self.base_path}/loginKey":
            # An empty key: passwords of the web login are not sealed (2.4).
            return self.answers.success(request, {"publicKey": ""})
        return None

    def _page_route(self, request: message.Request) -> message.Response:
        try:
            self.guard.identify(request)
        except Failure:
            return self._to_login(request)
        return answers.html()

    def _answer(
        self, request: message.Request, caller: auth.Caller, path: str
    ) -> message.Response:
        if self.guard.csrf_missing(request, caller):
            return answers.html()
        if not path.startswith(f"{self.base_path}/"):
            return self._unknown()
        route = path[len(self.base_path) :].rstrip("/")
        allowed = self._methods(route)
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS" and allowed:
            methods = sorted({*allowed, *(["HEAD"] if "GET" in allowed else [])})
            return message.Response(200, [("Allow", ",".join(methods + ["OPTIONS"]))])
        if method not in allowed:
            return self._unknown(allowed)
        if not answers.takes_json(request):
            return answers.html()
        return self._dispatch(request, caller, method, route)

    def _dispatch(
        self, request: message.Request, caller: auth.Caller, method: str, route: str
    ) -> message.Response:
        if route == "/info":
            return self._info(request)
        for verb, pattern, call in self.calls:
            match = re.fullmatch(pattern, route)
            if match and verb == method:
                return call(request, caller, match)
        data = self.submits.answer(request, route, caller.user.name)
        return self.answers.success(request, data)

    def _methods(self, route: str) -> list[str]:
        if route == "/info":
            return ["GET"]
        calls = self.calls
        own = [verb for verb, pattern, _call in calls if re.fullmatch(pattern, route)]
        return own + self.submits.methods(route)

    def _servers(
        self, request: message.Request, caller: auth.Caller, match: re.Match[str]
    ) -> message.Response:
        del caller
        found = self.submits.servers.of(int(match["cluster"]))
        return self.answers.success(request, {"contents": found})

    def _info(self, request: message.Request) -> message.Response:
        """Not in the envelope (1.1)."""
        name = "ocp-express-server" if self.express else "ocp-server"
        info = {
            "artifact": name,
            "buildJavaVersion": "1.8",
            "buildTime": "2024-01-08T16:55:29.072+08:00",
            "buildVersion": BUILDS[self.version],
            "group": "com.oceanbase",
            "name": name,
            "springBootVersion": "2.3.9.RELEASE",
        }
        return self.answers.reply(request, info)

    def _unknown(self, allowed: list[str] | None = None) -> message.Response:
        """Express shows its page, with status 200 (8.9)."""
        if self.html_for_unknown:
            allow = [("Allow", ",".join(allowed))] if allowed else []
            return answers.with_headers(answers.html(), allow)
        raise Failure("not_found")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of AWX's API as the modules of awx.awx need to create things by name."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]
# What AWX adds to an answer and never takes.
_ADDED = {"id", "type", "url", "related", "summary_fields", "scm_revision"}
_RELATED = ("survey_spec", "credentials", "success_nodes", "failure_nodes")


class Awx:
    """Things by kind and id; forgets everything at its end."""

    def __init__(self, prefix: str = "/api") -> None:
        self.prefix = prefix
        self.things: dict[str, dict[int, Json]] = {
            "organizations": {1: {"id": 1, "name": "Default"}}
        }
        # Templates of both kinds are asked for as one; a token is given and taken back.
        self.tokens: list[int] = []
        self.surveys: dict[int, Json] = {}
        self.attached: dict[str, list[int]] = {}
        self.changes: list[str] = []
        handler = type("Handler", (_Handler,), {"awx": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def named(self, kind: str, name: str) -> Json:
        """Return the only thing of that name, without what AWX added."""
        (found,) = (one for one in self.things[kind].values() if one["name"] == name)
        return {key: value for key, value in found.items() if key not in _ADDED}

    def answer(self, method: str, target: str, body: Json) -> tuple[int, Json]:
        prefix, _separator, path = urlsplit(target).path.partition("/v2/")
        if prefix != self.prefix:
            return 404, {"detail": "The requested resource could not be found."}
        parts = path.strip("/").split("/")
        if parts[0] == "tokens":
            return self._token(method, parts[1:])
        if method != "GET":
            self.changes.append(f"{method} {'/'.join(parts)}")
        kind, *rest = parts
        if kind == "unified_job_templates":
            self.things[kind] = {
                **self.things.get("job_templates", {}),
                **self.things.get("workflow_job_templates", {}),
            }
        things = self.things.setdefault(kind, {})
        if not rest and method == "GET":
            return 200, _listed(
                list(things.values()), dict(parse_qsl(target.split("?")[1]))
            )
        if not rest:
            return 201, self._create(kind, body)
        thing = things[int(rest[0])]
        if rest[1:] == ["survey_spec"]:
            return 200, self._survey(thing["id"], method, body)
        if rest[1:] == ["create_approval_template"]:
            made = self._create("workflow_approval_templates", body)
            thing["related"]["unified_job_template"] = made["url"]
            return 201, made
        if rest[1:]:
            return self._attach("/".join(parts), method, body)
        if method == "PATCH":
            thing.update(body)
        return 200, thing

    def _create(self, kind: str, body: Json) -> Json:
        # No number twice: what is attached is told by it.
        number = sum(len(things) for things in self.things.values()) + 101
        url = f"{self.prefix}/v2/{kind}/{number}/"
        related = {name: f"{url}{name}/" for name in _RELATED}
        one = f"{kind[:-3]}y" if kind.endswith("ies") else kind[:-1]
        added = {"id": number, "type": one, "url": url, "related": related}
        empty = {"summary_fields": {}, "scm_revision": ""}
        self.things.setdefault(kind, {})[number] = {**body, **added, **empty}
        return self.things[kind][number]

    def _token(self, method: str, rest: list[str]) -> tuple[int, Json]:
        if method == "POST":
            self.tokens.append(len(self.tokens) + 1)
            return 201, {"id": self.tokens[-1], "token": "t"}
        self.tokens.remove(int(rest[0]))
        return 204, {}

    def _survey(self, number: int, method: str, body: Json) -> Json:
        if method == "POST":
            self.surveys[number] = body
            return {}
        return self.surveys.get(number, {})

    def _attach(self, where: str, method: str, body: Json) -> tuple[int, Json]:
        found = self.attached.setdefault(where, [])
        if method == "POST":
            found.append(body["id"])
            return 204, {}
        return 200, _listed([{"id": number} for number in found], {})


def _listed(things: list[Json], wanted: Json) -> Json:
    found = [
        thing
        for thing in things
        if all(str(thing.get(key)) == value for key, value in wanted.items())
    ]
    return {"count": len(found), "next": None, "results": found}


class _Handler(BaseHTTPRequestHandler):
    awx: Awx

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        status, payload = self.awx.answer(self.command, self.path, body)
        content = b"" if status == 204 else json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

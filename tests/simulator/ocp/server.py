# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP and OCP Express, as protocol/ocp.md describes and recordings show them.

    Ocp(clock, "admin", "secret")                                   OCP 4.2.2
    Ocp(clock, "admin", "secret", "/api/v1", express=True)          OCP Express 4.2.2

What no source says of OCP is taken from Express, with which it shares its origin; the
answer to an unknown route is the exception (`html_for_unknown`).
"""

from __future__ import annotations

import datetime
import random
import threading
from typing import Any

from .. import clock as clocks
from .. import message, wire
from . import answers, auth, engine, errors, given, render, routes, service, submits
from .task import Change


class Ocp:
    """One server; `handle` answers its requests, `start` makes a task without one.

    Options: `version` (see errors.VERSIONS), `first_id` of tasks and subtasks,
    `utc_offset` hours, `submit_shape` newer or older (3.5), `html_for_unknown`,
    `lock_after` failed logins (0: never), `retention` seconds, `seed` of everything
    that varies.
    """

    def __init__(
        self,
        clock: clocks.Clock,
        username: str,
        password: str,
        base_path: str = "/api/v2",
        express: bool = False,
        access_key: str | None = None,
        secret_key: str | None = None,
        *,
        version: str = "",
        first_id: int = 1,
        utc_offset: float = 8,
        submit_shape: str = "newer",
        html_for_unknown: bool | None = None,
        lock_after: int | None = None,
        retention: float | None = None,
        seed: int = 1,
    ) -> None:
        self.clock = clock
        self.express = express or version == "express"
        self.version = "express" if self.express else version or "4.2.2"
        if self.version not in errors.VERSIONS:
            raise ValueError(f"version is one of {', '.join(errors.VERSIONS)}")
        self.base_path = base_path
        self.username = username
        self.server: wire.Server | None = None
        self._rng = random.Random(seed)
        self._lock = threading.RLock()
        zone = datetime.timezone(datetime.timedelta(hours=utc_offset))
        self.engine = engine.Engine(
            clock, zone=zone, first_id=first_id, seed=seed, retention=retention
        )
        self.answers = answers.Answers(
            clock, version=self.version, zone=zone, rng=self._rng
        )
        default_lock = 0 if self.express else 5
        self.guard = auth.Guard(
            clock,
            express=self.express,
            access_keys=not self.express and self.version != "3.1",
            rng=self._rng,
            lock_after=default_lock if lock_after is None else lock_after,
        )
        self.guard.add_user(username, password)
        if access_key is not None:
            self.add_access_key(access_key, secret_key or "", username)
        renderer = render.Renderer(express=self.express, zone=zone, rng=self._rng)
        self.routes = routes.TaskRoutes(
            self.engine, renderer, self.answers, express=self.express
        )
        self.submits = submits.Submits(
            self.engine, renderer, express=self.express, shape=submit_shape
        )
        unknown = self.express if html_for_unknown is None else html_for_unknown
        self.service = service.Service(
            express=self.express,
            version=self.version,
            base_path=base_path,
            html_for_unknown=unknown,
            guard=self.guard,
            writer=self.answers,
            tasks=self.routes,
            starting=self.submits,
        )

    # What tests and the control port do

    @property
    def failed_logins(self) -> int:
        return self.guard.failed_logins

    @property
    def sessions_made(self) -> int:
        return self.guard.sessions_made

    @property
    def skew(self) -> float:
        """How far the server's clock is ahead, in seconds."""
        return self.guard.skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        self.guard.skew = self.answers.skew = seconds
        if self.server:
            self.server.skew = seconds

    @property
    def url(self) -> str:
        if self.server is None:
            raise RuntimeError("this OCP is not served")
        return self.server.url

    def start(self, scenario: given.Given, **options: Any) -> str:
        """Start a task; gives its id. Options as in given.scenario."""
        creator = options.pop("creator", self.username)
        with self._lock:
            task = self.engine.start(given.scenario(scenario, **options), creator)
            return str(task.id)

    def task(self, task_id: int | str) -> dict[str, Any]:
        """The task as a GET shows it now."""
        with self._lock:
            return dict(
                render.sorted_keys(
                    self.routes.render.detail(self.routes.find(int(task_id)))
                )
            )

    def history(self, task_id: int | str) -> list[Change]:
        """Every change of the task so far."""
        with self._lock:
            return list(self.routes.find(int(task_id)).history)

    def add_user(self, name: str, password: str, **permissions: bool) -> None:
        """Permissions are reads_tasks and runs_tasks, both granted by default."""
        self.guard.add_user(name, password, **permissions)

    def permit(self, name: str = "", **permissions: bool) -> None:
        """Grant or take permissions of a user that is there."""
        user = self.guard.users[name or self.username]
        for permission, granted in permissions.items():
            setattr(user, permission, granted)

    def on_submit(self, kind: str, scenario: given.Given, **options: Any) -> None:
        """Start `scenario` at the next submits of `kind` (a kind of submits)."""
        self.submits.starts[kind] = given.scenario(scenario, **options)

    def refuse_backup(
        self, tenant: int, hint: str = "backup is not configured"
    ) -> None:
        """Let the tenant's part of a backup fail inside a successful answer."""
        self.submits.refused[int(tenant)] = hint

    def set_password(self, password: str, user: str = "") -> None:
        self.guard.users[user or self.username].password = password

    def add_access_key(self, access_key: str, secret_key: str, user: str = "") -> None:
        self.guard.keys[access_key] = (secret_key, user or self.username)

    def limit(self, count: int, seconds: float, user: str = "") -> None:
        """Allow `user` only `count` requests in `seconds`; 0 removes the limit."""
        name = user or self.username
        self.guard.limits.pop(name, None)
        if count:
            self.guard.limits[name] = auth.Limit(count, seconds)

    def forget(self, task_id: int | str) -> None:
        """Delete a task as the retention time does."""
        with self._lock:
            self.engine.forget(int(task_id))

    def restart(
        self, down: float = 5.0, start_delay: float = engine.START_DELAY
    ) -> None:
        """Kill the server; it is away for `down` seconds, its workers for longer."""
        with self._lock:
            self.engine.kill()
            self.engine.resume(self.clock.now() + down + start_delay)
            self.guard.forget_sessions()
        if self.server and down > 0:
            self.server.faults.add("refuse", seconds=down)

    def error_body(
        self, status: int, code: int | None, err_code: str | None, text: str
    ) -> bytes:
        """An injected error in this server's envelope."""
        error = {"code": (err_code or code or 0), "message": text}
        return answers.dump(self.answers.envelope(status, {"error": error}, trace=""))

    def handle(self, request: message.Request) -> message.Response:
        with self._lock:
            return self.service.answer(request)

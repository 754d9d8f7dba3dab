# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    TASKS,
    ask,
    error,
    make,
    turn,
)


@pytest.mark.parametrize(
    ("version", "missing", "state", "no_rollback"),
    [
        ("3.1", 4001, 4007, 4007),
        ("4.2.1", 4001, 4007, 4009),
        ("4.2.2", "TSK10001", "TSK10007", "TSK10009"),
        ("4.3", "TSK10001", "TSK10007", "TSK10009"),
        ("express", 20000, 20003, 20004),
    ],
)
def test_codes_by_version(
    version: str, missing: Any, state: Any, no_rollback: Any
) -> None:
    server = make(version=version)
    task_id = server.start("no_rollback")
    retry = f"{TASKS}/{task_id}/retry"
    assert error(ask(server, "GET", f"{TASKS}/99"))["code"] == missing
    assert error(ask(server, "POST", retry))["code"] == state
    turn(server, 10)
    rollback = f"{TASKS}/{task_id}/rollback"
    assert error(ask(server, "POST", rollback))["code"] == no_rollback


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "The {0} task does not exist."),
        ("zh-CN", "任务 {0} 不存在"),
        ("en", "TASK_NOT_EXISTS"),
        ("fr", "TASK_NOT_EXISTS"),
    ],
)
def test_texts_by_exact_language(language: str, text: str) -> None:
    response = ask(make(), "GET", f"{TASKS}/99", accept_language=language)
    assert error(response)["message"] == text


def test_ocp_answers_an_unknown_route_with_404_unless_told_otherwise() -> None:
    assert ask(make(), "GET", "/api/v2/tasks/1").status == 404
    page = ask(make(html_for_unknown=True), "POST", f"{TASKS}/1/cancel")
    assert (page.status, page.body[:15]) == (200, b"<!doctype html>")


def test_open_routes() -> None:
    server = make(utc_offset=0)
    time = ask(server, "GET", "/api/v2/time", authorization="")
    assert time.body.startswith(b"2026-01-01T12:00:00.") and time.body.endswith(b"Z")
    assert ask(server, "GET", "/api/status", authorization="").body == b"okay"
    assert ask(server, "GET", "/api/v2/info", authorization="").status == 401
    info = json.loads(ask(server, "GET", "/api/v2/info").body)
    assert info["buildVersion"].startswith("4.2.2-")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import lines

HEAD = {
    "what": "stage",
    "task_id": "11",
    "name": "Cluster scale out",
    "state": "RUNNING",
    "operator": "RUN",
    "outcome": "running",
    "stage": 4,
    "max_stage": 9,
    "node": "Wait remote deploy finish",
    "elapsed": 12.4,
}


def test_a_line_names_host_task_stage_state_and_seconds():
    assert lines.lines([HEAD], "db1") == [
        "db1 | Cluster scale out 11 | 4/9 Wait remote deploy finish | RUNNING | 12 s"
    ]


@pytest.mark.parametrize(
    "change, end",
    [
        (
            {"state": "SUCCEED", "operator": "ROLLBACK", "outcome": "rolled_back"},
            "SUCCEED ROLLBACK (rolled_back) | 12 s",
        ),
        (
            {"what": "failed", "sub_task": "x", "agent": "h:1", "line": "no space"},
            "RUNNING | 12 s | failed: x on h:1: no space",
        ),
        (
            {"what": "retried", "sub_task": "x", "agent": None},
            "RUNNING | 12 s | runs again: x",
        ),
        (
            {"what": "follows", "main_task": "7"},
            "12 s | a part of task 7, which is waited for",
        ),
        (
            {"what": "waiting_for_newer", "newer_than": "11"},
            "waiting for a task newer than 11; shown is the last one",
        ),
        ({"what": "heartbeat"}, "RUNNING | 12 s"),
    ],
)
def test_each_kind_of_change_has_its_words(change, end):
    assert lines.line({**HEAD, **change}).endswith(end)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"what": "outage", "reason": "refused"}, "3 s | no good answer: refused"),
        (
            {"what": "back", "lasted": 9.0},
            "3 s | good answers again, after 9 s without",
        ),
    ],
)
def test_what_is_about_no_task_is_told_without_one(change, words):
    assert lines.line({"task_id": None, "elapsed": 3.0, **change}) == words


def test_a_line_is_one_line_and_short_whatever_a_server_says():
    text = lines.line({**HEAD, "what": "failed", "line": "a\n\x1b[2J" * 200})
    assert text.isprintable()
    assert len(text) < 300

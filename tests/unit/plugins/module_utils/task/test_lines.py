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


LINE = "Cluster scale out 11 | 4/9 Wait remote deploy finish"


def test_a_line_names_host_task_and_stage():
    assert lines.line(HEAD, "db1") == f"db1 | {LINE}"


def test_a_step_that_has_just_begun_has_no_age():
    assert lines.line({**HEAD, "stage_age": 0.4}, "db1") == f"db1 | {LINE}"


def test_a_name_is_cut_only_where_it_does_not_fit():
    long = {**HEAD, "percent": 27, "age": 6.0, "at_work": "on 10.0.0.4"}
    for length in range(1, 90):
        shown = lines.line({**long, "node": "n" * length}, "localhost")
        assert len(shown) <= lines.WIDTH
        assert ("..." in shown) == (f" {'n' * length} |" not in shown)
        if "..." in shown:
            assert len(shown) > lines.WIDTH - 20  # dropped were a host, or four dots


AGES = {"percent": 36, "stage_age": 130.9, "age": 400.0}


@pytest.mark.parametrize(
    "change, shown",
    [
        (
            {**AGES, "at_work": "on 10.0.0.4"},
            "36 % | 4/9 Wait remote deploy finish 2:10 | task 6:40 | on 10.0.0.4",
        ),
        (
            {**AGES, "age": 3730.0, "unchanged": 250.0, "node": "Wait"},
            "36 % | 4/9 Wait 2:10 | task 1:02:10 | unchanged 4:10",
        ),
        ({"state": "READY"}, "4/9 Wait remote deploy finish | READY"),
        ({"operator": "ROLLBACK"}, "4/9 Wait remote deploy finish | RUNNING ROLLBACK"),
        (
            {"state": "SUCCEED", "outcome": "succeeded", **AGES, "duration": 492.0},
            "4/9 Wait remote deploy finish | SUCCEED | took 8:12",
        ),
        (
            {
                **{"state": "SUCCEED", "outcome": "rolled_back"},
                **{"operator": "ROLLBACK", "duration": 61.0, "retries": 5},
            },
            "SUCCEED ROLLBACK (rolled_back) | took 1:01",
        ),
        (
            {"state": "FAILED", "outcome": "failed", "retries": 2, "duration": None},
            "FAILED | 2 retries",
        ),
        (
            {"what": "failed", "sub_task": "x", "agent": "h:1", "line": "no space"},
            "finish | failed: x on h:1: no space",
        ),
        (
            {"what": "failed", "sub_task": "x", "line": "ERROR: [A.B]: no space"},
            "finish | failed: x: no space",
        ),
        (
            {"what": "retried", "sub_task": "x", "agent": None},
            "finish | runs again: x",
        ),
        (
            {"what": "follows", "main_task": "7"},
            "a part of task 7, which is waited for",
        ),
        (
            {"what": "waiting_for_newer", "newer_than": "11"},
            "waiting for a task newer than 11; shown is the last one",
        ),
    ],
)
def test_each_kind_of_change_has_its_words(change, shown):
    text = lines.line({**HEAD, **change}, "db1")
    assert text.endswith(f" {shown}")


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
    told = {"task_id": None, "elapsed": 3.0, **change}
    assert lines.line(told, "db1") == f"db1 | {words}"


def test_a_line_is_one_line_and_short_whatever_a_server_says():
    told = {**HEAD, "what": "failed", "line": "a\n\x1b[2J" * 200}
    text = lines.line(told, "db1")
    assert text.isprintable()
    assert len(text) < 300


@pytest.mark.parametrize("what", ["failed", "log"])
@pytest.mark.parametrize("sub_task", ["x", "Wait for everything in the world " * 10])
def test_of_a_long_message_the_end_is_shown(what, sub_task):
    said = f"ERROR: {'wrapped: ' * 100}observer: cannot start"
    told = {**HEAD, "what": what, "sub_task": sub_task, "line": said}
    text = lines.line({**told, "agent": "10.0.0.4:2886"}, "localhost")
    assert text.endswith("observer: cannot start")
    assert len(text) <= lines.LENGTH


@pytest.mark.parametrize("name", ["x", "Create a very long thing " * 10])
@pytest.mark.parametrize("node", ["y", "Wait for everything in the world " * 10])
@pytest.mark.parametrize(
    "at_work", [None, "14/30 sub-tasks | Install x10: 10.0.0.3 +7"]
)
def test_a_line_fits_in_the_columns_of_a_terminal(name, node, at_work):
    more = {"name": name, "node": node, "at_work": at_work, "percent": 36, "age": 400}
    text = lines.line({**HEAD, **more, "stage_age": 130}, "db1")
    assert len(text) <= lines.WIDTH

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    submits as ocp_submits,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

TASK = ocp_served.recorded(5)
OTHER = {"id": "9007199254740993", "name": "Add host", "status": "RUNNING"}
BATCH = {
    "backupObjectOpsResultList": [
        {"beSuccessful": True, "taskIdList": [11, "12"], "objectName": "tpcc"},
        {"beSuccessful": False, "errorCode": 5024, "hint": "no backup set"},
    ]
}


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (None, []),
        ([], []),
        ("text", []),
        ({}, []),
        (TASK, ["1"]),
        (OTHER, ["9007199254740993"]),
        ({"id": 7, "name": "tenant", "status": "CREATING"}, []),
        ({"id": 7, "name": "idc1"}, []),
        ({"contents": [TASK, OTHER, {"id": 9, "status": "ONLINE"}]}, None),
        ({"contents": None}, []),
        ({"taskInstanceId": 33}, ["33"]),
        ({**TASK, "taskInstanceId": "34"}, ["34"]),
        (BATCH, ["11", "12"]),
        ({"taskInstanceIds": [33, "34", 33]}, ["33", "34"]),
        ({"taskId": 35}, ["35"]),
        ({"taskIds": ["36", 37]}, ["36", "37"]),
        ({"taskId": None, "taskIds": []}, []),
        ({"taskId": "soon", "taskIds": ["x"]}, []),
        ({"task": OTHER}, ["9007199254740993"]),
        ({"taskInstance": OTHER, "tenant": {"id": 3}}, ["9007199254740993"]),
        ({"task": {"id": 7, "status": "ONLINE"}}, []),
        ([TASK, OTHER], None),
        ([TASK, {"id": 9, "status": "ONLINE"}, None, "12"], ["1"]),
        ({"backupObjectOpsResultList": "?"}, []),
        ({"backupObjectOpsResultList": [None, {"taskIdList": None}]}, []),
    ],
)
def test_ids_are_found_where_ocp_puts_them(data, ids):
    expected = ["1", "9007199254740993"] if ids is None else ids
    assert ocp_submits.started(data) == expected


@pytest.mark.parametrize("data", [[TASK, OTHER], {"contents": [TASK, OTHER]}])
def test_all_tasks_of_a_batch_have_their_facts(data):
    found, odd = ocp_submits.tasks_in(data)
    assert [one.id for one in found] == ["1", "9007199254740993"] and odd == []


@pytest.mark.parametrize(
    ("data", "speaks"),
    [
        ({"taskUuid": "a1"}, True),
        ({"result": {"subTasks": [5]}}, True),
        ([{"x": [{"TASK_NO": 1}]}], True),
        ({"taskId": None, "tasks": []}, False),
        ({"id": 3, "name": "task"}, False),
        (None, False),
        ([], False),
        ("task", False),
    ],
)
def test_whether_an_answer_speaks_of_tasks(data, speaks):
    assert ocp_submits.speaks_of_tasks(data) is speaks


@pytest.mark.parametrize(
    ("pointer", "data", "ids"),
    [
        ("/taskId", {"taskId": 5, "id": 1, "status": "RUNNING"}, ["5"]),
        ("/a/0/b", {"a": [{"b": "6"}]}, ["6"]),
        ("/a/*/b", {"a": [{"b": 6}, {}, {"b": [7, 6]}]}, ["6", "7"]),
        ("/*/b", {"x": {"b": 6}}, ["6"]),
        ("/a~1b/c~0d", {"a/b": {"c~d": 8}}, ["8"]),
        ("/none/here", {"a": 1}, []),
        ("/a/3", {"a": [1]}, []),
        ("/a", {"a": None}, []),
        ("/a", None, []),
    ],
)
def test_a_pointer_wins(pointer, data, ids):
    assert ocp_submits.started(data, pointer) == ids


def test_a_pointer_to_something_else_is_a_clear_error():
    with pytest.raises(errors.InvalidAnswer, match="task_id_pointer /a"):
        ocp_submits.started({"a": "soon"}, "/a")
    with pytest.raises(errors.InvalidOption, match="task_id_pointer"):
        ocp_submits.started({}, "a.b")


def test_facts_come_from_the_tasks_in_the_answer():
    found, odd = ocp_submits.tasks_in({"contents": [TASK, OTHER]})
    assert [one.id for one in found] == ["1", "9007199254740993"] and odd == []
    assert ocp_submits.tasks_in(BATCH) == ([], [])


def test_an_odd_task_does_not_hide_that_work_was_started():
    strange = {**OTHER, "subtasks": "?"}
    found, odd = ocp_submits.tasks_in(strange)
    assert found == [] and "subtasks was expected" in odd[0]
    assert ocp_submits.started(strange) == [OTHER["id"]]


def test_failed_parts_inside_a_success_are_found():
    assert ocp_submits.failed_parts(BATCH) == BATCH["backupObjectOpsResultList"][1:]
    assert ocp_submits.failed_parts(TASK) == []

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task that a server ever answered, mapped to facts."""

from __future__ import annotations

import functools
import json
from typing import Any, Iterator, NamedTuple

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import task
from ansible_collections.oceanbase.ops.tests import recordings

# Counted with a script that knows nothing of the code under test.
TASKS = {
    "obshell-4.2.3.0": 210,
    "obshell-4.3.0.0": 311,
    "obshell-4.5.0.0": 358,
    "obshell-cluster-4.2.3.0": 286,
    "obshell-cluster-4.5.0.0": 1653,
    "obshell-seekdb-4.5.0.0": 205,
    "ocp-express-4.2.2": 267,
    "vendor-docs": 5,
}
ENDED = ("SUCCEED", "FAILED")
NOT_STARTED = ("PENDING", "READY")
LEVEL_KEYS = {"id", "name", "state", "operator", "start_time", "end_time"}
LEVEL_KEYS |= {"additional_data", "duration"}
TASK_KEYS = LEVEL_KEYS | {"dag_id", "stage", "max_stage", "nodes", "server", "outcome"}
TASK_KEYS |= {"done", "progress", "maintenance", "skipped", "main_task", "sub_dags"}
TASK_KEYS |= {"failure", "locked", "cause"}
NODE_KEYS = LEVEL_KEYS | {"node_id", "upstreams", "downstreams", "sub_tasks"}
SUB_TASK_KEYS = LEVEL_KEYS | {"task_id", "execute_times", "execute_agent", "task_logs"}
SUB_TASK_KEYS |= {"followed"}
FAILURE_KEYS = {"node", "sub_task", "sub_task_id", "agent", "attempts", "logs", "also"}
FAILURE_KEYS |= {"asked_by"}
VERDICTS = {
    ("SUCCEED", "RUN"): "succeeded",
    ("SUCCEED", "RETRY"): "succeeded",
    ("SUCCEED", "PASS"): "passed",
    ("SUCCEED", "ROLLBACK"): "rolled_back",
    ("FAILED", "RUN"): "failed",
    ("FAILED", "RETRY"): "failed",
    ("FAILED", "ROLLBACK"): "rollback_failed",
    ("FAILED", "CANCEL"): "cancelled",
}


def is_dag(data: Any) -> bool:
    return isinstance(data, dict) and "dag_id" in data


def is_instance(data: Any) -> bool:
    return isinstance(data, dict) and ("subtasks" in data or "tasks" in data)


def tasks_in(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    body = exchange["response"]["body"]
    data = body.get("data") if isinstance(body, dict) else None
    listed = data.get("contents", [data]) if isinstance(data, dict) else []
    return [entry for entry in listed or [] if is_dag(entry) or is_instance(entry)]


class Judged(NamedTuple):
    """Where it is, what the server said, and what we made of it."""

    where: str
    data: dict[str, Any]
    mapped: task.Task
    facts: dict[str, Any]


def judge(where: str, data: dict[str, Any]) -> Judged:
    judged = (obshell_mapping if is_dag(data) else ocp_mapping).to_task(data)
    return Judged(where, data, judged, judged.to_dict())


@functools.lru_cache(maxsize=None)
def recorded(name: str) -> list[Judged]:
    return [
        judge(f"{name} {exchange['n']}[{index}]", data)
        for exchange in recordings.load(name)
        for index, data in enumerate(tasks_in(exchange))
    ]


def expected_of_dag(data: dict[str, Any]) -> str:
    """The verdict by protocol/obshell.md 3.5 and 12.3.5, restated."""
    if (data["additional_data"] or {}).get("main_dag_id"):
        return "part"
    parts = [p for node in data["nodes"] or [] for p in (node, *node["sub_tasks"])]
    verdict = VERDICTS.get((data["state"], data["operator"]), "running")
    if verdict == "succeeded" and any(part["operator"] == "PASS" for part in parts):
        return "passed"
    return verdict


def expected_of_instance(data: dict[str, Any]) -> str:
    """The verdict by protocol/ocp.md 3.6 and 8.5, restated."""
    parts = data.get("subtasks") or data.get("tasks") or []
    # Entries of a list carry no operation; a rolled back one shows in its subtasks.
    undone = any(part["operation"].startswith("ROLLBACK") for part in parts)
    operation = data.get("operation") or ("ROLLBACK" if undone else "EXECUTE")
    state = {"SUCCESSFUL": "SUCCEED"}.get(data["status"], data["status"])
    verdict = VERDICTS.get((state, operation.replace("EXECUTE", "RUN")), "running")
    failed = {part["id"]: part for part in parts if part["status"] == "FAILED"}
    roots = [p for p in failed.values() if not failed.keys() & p.get("upstreams", [])]
    if verdict == "failed" and {root["operation"] for root in roots} == {"CANCEL"}:
        return "cancelled"
    if verdict == "succeeded" and any(part["operation"] == "SKIP" for part in parts):
        return "passed"
    return verdict


@pytest.mark.parametrize("name", recordings.NAMES)
def test_every_recorded_task_is_judged_by_its_state_and_operator(name: str) -> None:
    count = 0
    for where, data, _task, facts in recorded(name):
        expected = expected_of_dag if is_dag(data) else expected_of_instance
        assert facts["outcome"] == expected(data), where
        assert facts["done"] == (facts["outcome"] not in ("running", "part")), where
        count += 1
    assert count == TASKS[name]


@pytest.mark.parametrize("name", recordings.NAMES)
def test_every_documented_key_is_present_and_no_other(name: str) -> None:
    for where, data, _task, facts in recorded(name):
        assert set(facts) == TASK_KEYS, where
        assert facts["server"] == ("obshell" if is_dag(data) else "ocp"), where
        for node in facts["nodes"] or []:
            assert set(node) == NODE_KEYS, where
            for sub_task in node["sub_tasks"]:
                assert set(sub_task) == SUB_TASK_KEYS, where


def levels(facts: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = facts["nodes"] or []
    return [facts, *nodes, *(sub for node in nodes for sub in node["sub_tasks"])]


@pytest.mark.parametrize("name", recordings.NAMES)
def test_a_time_is_null_until_it_is_known(name: str) -> None:
    for where, _data, _task, facts in recorded(name):
        for level in levels(facts):
            start, end = level["start_time"], level["end_time"]
            for time in (start, end):
                assert time is None or time[:4] not in ("0001", "1970"), where
            if level["state"] in NOT_STARTED:
                assert start is None, where
            if level["state"] not in ENDED:
                assert end is None and level["duration"] is None, where
            assert level["duration"] is None or level["duration"] >= 0, where


@pytest.mark.parametrize("name", recordings.NAMES)
def test_an_end_that_the_server_gives_is_not_lost(name: str) -> None:
    for where, data, _task, facts in recorded(name):
        start_key, end_key = "start_time", "end_time"
        if not is_dag(data):
            start_key, end_key = "startTime", "finishTime"
        if facts["state"] in ENDED:
            assert facts["end_time"] == data[end_key], where
            assert facts["start_time"] == data[start_key], where
            assert facts["duration"] is not None, where


@pytest.mark.parametrize("name", recordings.NAMES)
def test_progress_is_never_beyond_its_total(name: str) -> None:
    for where, _data, _task, facts in recorded(name):
        progress = facts["progress"]
        assert (progress is None) == (facts["nodes"] is None), where
        if progress is None:
            continue
        assert set(progress) == {"done", "total", "percent"}, where
        assert 0 <= progress["done"] <= progress["total"], where
        assert 0 <= progress["percent"] <= 100, where
        if facts["outcome"] in ("succeeded", "passed", "rolled_back"):
            assert progress["percent"] == 100, where
        if progress["done"] < progress["total"]:
            assert progress["percent"] < 100, where


@pytest.mark.parametrize("name", recordings.NAMES)
def test_failed_tasks_and_only_they_have_a_failure(name: str) -> None:
    for where, _data, _task, facts in recorded(name):
        failure = facts["failure"]
        assert (failure is not None) == (facts["state"] == "FAILED"), where
        if failure is None:
            continue
        assert set(failure) == FAILURE_KEYS, where
        assert len(failure["logs"]) <= 20, where
        for other in failure["also"]:
            assert set(other) == FAILURE_KEYS - {"also"}, where
        failed = {
            sub["id"]
            for node in facts["nodes"] or []
            for sub in node["sub_tasks"]
            if sub["state"] == "FAILED"
        }
        named = {cause["sub_task_id"] for cause in (failure, *failure["also"])}
        assert named - {None} <= failed, where
        assert bool(named - {None}) == bool(failed), where


@pytest.mark.parametrize("name", recordings.NAMES)
def test_ids_are_strings_and_edges_join_nodes_of_the_task(name: str) -> None:
    for where, data, _task, facts in recorded(name):
        assert facts["id"] == str(data["id"]), where
        assert all(isinstance(level["id"], str) for level in levels(facts)), where
        nodes = facts["nodes"] or []
        before: set[str] = set()
        for node in nodes:
            assert set(node["upstreams"]) <= before, where
            before.add(node["id"])
        for node in nodes:
            after = {n["id"] for n in nodes if node["id"] in n["upstreams"]}
            # A list of OCP names no edges.
            if any(n["upstreams"] for n in nodes):
                assert set(node["downstreams"]) == after, where


@pytest.mark.parametrize("name", recordings.NAMES)
def test_facts_are_plain_data_and_make_the_same_task_again(name: str) -> None:
    for where, _data, judged, facts in recorded(name):
        again = json.loads(json.dumps(facts))
        assert again == facts, where
        assert task.Task.from_dict(again).to_dict() == facts, where
        assert task.Task.from_dict(facts) == judged, where


def followed(name: str) -> Iterator[list[Judged]]:
    """Yield the answers of each operation on a task that was followed."""
    polls = {judged.where: judged for judged in recorded(name)}
    runs: dict[tuple[str, str, str], list[Judged]] = {}
    for exchange in recordings.load(name):
        poll = polls.get(f"{name} {exchange['n']}[0]")
        # Slugs number the answers of one wait: init-retry-poll01, poll02 ...
        series = exchange["slug"].rstrip("0123456789")
        if poll and poll.facts["progress"] and series != exchange["slug"]:
            key = (series, poll.facts["id"], poll.facts["operator"])
            runs.setdefault(key, []).append(poll)
    yield from (run for run in runs.values() if len(run) > 1)


@pytest.mark.parametrize("name", [n for n in recordings.NAMES if n != "vendor-docs"])
def test_progress_never_goes_backwards_within_one_operation(name: str) -> None:
    runs = 0
    for run in followed(name):
        runs += 1
        for before, after in zip(run, run[1:]):
            was, now = before.facts["progress"], after.facts["progress"]
            assert now["total"] == was["total"], after.where
            assert now["done"] >= was["done"], after.where
    assert runs >= 4

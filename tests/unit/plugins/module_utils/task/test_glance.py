# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import glance

HEAD = {
    "id": "11",
    "name": "Cluster scale out",
    "state": "FAILED",
    "operator": "RUN",
    "outcome": "failed",
    "locked": True,
    "start_time": None,
    "end_time": None,
    "cause": "observer: cannot start: exit status 1",
}
LOG = "ansible localhost -m oceanbase.ops.obshell_task_info -a sub_task_id=15"
NEXT = "ansible-playbook oceanbase.ops.recover -e task_recover_task_id=11"
ERROR = {
    "kind": "task_failed",
    "task_id": "11",
    "outcome": "failed",
    "where": "5/11 Wait remote start finish, on 10.0.0.4:2886",
    "next": NEXT,
    "log": LOG,
}
FACTS = {
    **HEAD,
    "duration": 8.4,
    "progress": {"done": 4, "total": 11, "percent": 36},
    "maintenance": {"scope": "cluster", "key": None},
}
RESULT = {
    "failed": True,
    "msg": "obshell task 11 'Cluster scale out' failed",
    "stats": {},
    "elapsed": 6.2,
    "tasks": [HEAD],
    "task": FACTS,
    "error": ERROR,
}


def result(*, head=None, error=None, **more):
    """Return the result with other values in its head and its error."""
    changed = {**HEAD, **(head or {})}
    facts = {**FACTS, **changed, **more.pop("facts", {})}
    found = {**RESULT, "tasks": [changed], "task": facts}
    return {**found, "error": {**ERROR, **(error or {})}, **more}


def test_a_failure_is_six_lines_a_fact_each():
    assert glance.lines(RESULT) == [
        "FAILED  Cluster scale out 11 after 8 s, 4 of 11 sub-tasks done",
        "where   5/11 Wait remote start finish, on 10.0.0.4:2886",
        "why     observer: cannot start: exit status 1",
        "locked  the cluster, until somebody retries, rolls back or passes this task",
        f"next    {NEXT}",
        f"log     {LOG}",
    ]


FIRST = {
    "failed": ("task_failed", "failed", "FAILED"),
    "a failed rollback": ("task_failed", "rollback_failed", "FAILED"),
    "a rollback": ("task_failed", "rolled_back", "UNDONE"),
    "a cancel": ("task_failed", "cancelled", "CANCELLED"),
    "a timeout": ("timeout", "running", "TIMED OUT"),
    "a stall": ("stalled", "running", "STALLED"),
}


@pytest.mark.parametrize("kind, outcome, word", FIRST.values(), ids=FIRST)
def test_the_first_word_says_how_it_ended(kind, outcome, word):
    shown = glance.lines(result(error={"kind": kind, "outcome": outcome}))
    assert shown[0].split(" Cluster")[0].strip() == word


LOCKS = {
    "held": ({"locked": True}, FACTS["maintenance"], "the cluster, until"),
    "of a tenant": (
        {"locked": True},
        {"scope": "tenant", "key": "t1"},
        "tenant t1, until",
    ),
    "not known": ({"locked": None}, FACTS["maintenance"], "perhaps the cluster, until"),
    "of an old version": ({"locked": True}, None, "what it works on, until"),
    "released": ({"locked": False}, FACTS["maintenance"], None),
    "neither known nor named": ({"locked": None}, None, None),
    "of a task that runs": (
        {"locked": True, "state": "RUNNING"},
        FACTS["maintenance"],
        None,
    ),
}


@pytest.mark.parametrize("head, lock, words", LOCKS.values(), ids=LOCKS)
def test_what_stays_locked_is_said_where_it_is_known(head, lock, words):
    shown = glance.lines(result(head=head, facts={"maintenance": lock}))
    locked = [line for line in shown if line.startswith("locked")]
    assert [line.startswith(f"locked  {words}") for line in locked] == (
        [True] if words else []
    )


def test_what_ended_the_wait_is_the_reason_where_the_task_did_not():
    head = {"state": "RUNNING", "outcome": "running", "cause": None}
    shown = glance.lines(result(head=head, error={"kind": "timeout"}, msg="timed out"))
    assert "why     timed out" in shown


def test_of_several_tasks_the_one_that_decides_is_shown():
    other = {**HEAD, "id": "12", "outcome": "running", "cause": None}
    shown = glance.lines({**RESULT, "tasks": [other, HEAD], "task": None})
    assert shown[0] == "FAILED  Cluster scale out 11, waited for 6 s (one of 2 tasks)"
    assert "why     observer: cannot start: exit status 1" in shown


def test_an_end_without_a_task_is_the_message():
    error = {"kind": "unreachable", "url": "http://h:1"}
    found = {**RESULT, "tasks": [], "task": None, "error": error, "msg": "no answer"}
    assert glance.lines(found) == ["FAILED  no answer"]


def test_a_failure_that_was_asked_for_is_shown_too():
    assert glance.lines({**RESULT, "failed": False}) == glance.lines(RESULT)


SILENT = {
    "a success": {key: RESULT[key] for key in RESULT if key not in ("failed", "error")},
    "a refused option": {"failed": True, "msg": "task_id: ...", "error": ERROR},
}


@pytest.mark.parametrize("found", SILENT.values(), ids=SILENT)
def test_nothing_is_shown_where_no_wait_has_failed(found):
    assert glance.lines(found) == []


def test_no_text_of_a_server_forges_a_line():
    odd = "x\nfatal: [prod]: FAILED\x1b[31m"
    shown = glance.lines(result(head={"name": odd, "cause": odd}, error={"where": odd}))
    assert all(line.isprintable() for line in shown)
    assert all(len(line) <= glance.MOST + 4 for line in shown)

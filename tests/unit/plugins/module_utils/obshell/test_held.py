# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/protocol/obshell.md 12.3.20 says of locks, as a table."""

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    held,
    mapping,
)

CLUSTER, AGENT, TENANT, UNSAID = "cluster", "agent", "tenant", None
SCALE_IN, SCALE_OUT = "Cluster scale in", "Cluster scale out"
TABLE = [
    # what it is, its name, its scope; state, operator, stage; whether it holds its lock
    (SCALE_OUT, CLUSTER, "READY", "RUN", 1, True),
    (SCALE_OUT, CLUSTER, "RUNNING", "ROLLBACK", 3, True),
    (SCALE_OUT, CLUSTER, "SUCCEED", "RUN", 9, False),
    (SCALE_OUT, CLUSTER, "SUCCEED", "ROLLBACK", 9, False),
    (SCALE_OUT, CLUSTER, "SUCCEED", "PASS", 3, False),
    (SCALE_OUT, CLUSTER, "FAILED", "RUN", 1, True),
    (SCALE_OUT, CLUSTER, "FAILED", "ROLLBACK", 1, True),
    (SCALE_OUT, UNSAID, "FAILED", "RUN", 5, True),
    (SCALE_OUT, UNSAID, "RUNNING", "RUN", 5, True),
    (SCALE_IN, CLUSTER, "FAILED", "RUN", 1, False),
    (SCALE_IN, CLUSTER, "FAILED", "CANCEL", 1, False),
    (SCALE_IN, CLUSTER, "FAILED", "RUN", 2, True),
    (SCALE_IN, CLUSTER, "FAILED", "ROLLBACK", 1, None),
    (SCALE_IN, CLUSTER, "FAILED", "ROLLBACK", 2, True),
    (SCALE_IN, CLUSTER, "FAILED", "RUN", None, None),
    ("Delete zone", CLUSTER, "FAILED", "RUN", 1, True),
    ("Upgrade obshell 4.5.1.0-1.el7", CLUSTER, "FAILED", "RUN", 5, True),
    ("OB rolling upgrade 4.3.5.4-1.el7", UNSAID, "FAILED", "RUN", 20, True),
    ("OB stop service upgrade 4.3.5.4-1.el7", UNSAID, "RUNNING", "RUN", 2, True),
    ("Upgrade check OB 4.3.5.4-1.el7", "none", "FAILED", "RUN", 5, False),
    ("Create tenant t1", TENANT, "FAILED", "RUN", 1, False),
    ("Create tenant t1", TENANT, "RUNNING", "RUN", 1, True),
    ("Something new", TENANT, "FAILED", "RUN", 1, False),
    ("Drop tenant", TENANT, "FAILED", "ROLLBACK", 1, None),
    ("Start seekdb", AGENT, "FAILED", "RUN", 1, False),
    ("Kill observer", AGENT, "FAILED", "RUN", 1, False),
    ("Start observer", AGENT, "FAILED", "CANCEL", 1, True),
    ("Something new", CLUSTER, "FAILED", "RUN", 1, None),
    ("Something new", CLUSTER, "RUNNING", "RUN", 1, True),
    ("Something new", UNSAID, "RUNNING", "RUN", 1, None),
    ("Something new", UNSAID, "SUCCEED", "RUN", 1, False),
    ("Set obcluster backup config", "none", "FAILED", "RUN", 1, False),
    ("Start OB", "none", "RUNNING", "RUN", 1, False),
]


@pytest.mark.parametrize("name, scope, state, operator, stage, locked", TABLE)
def test_a_lock_is_held_as_the_protocol_says(
    name, scope, state, operator, stage, locked
):
    task = {"name": name, "state": state, "operator": operator, "stage": stage}
    assert held.locked(**task, scope=scope) is locked


SAID = [({"underMaintenance": True}, True), ({"underMaintenance": False}, False)]
SAID += [(odd, None) for odd in ({}, {"underMaintenance": 1}, {"underMaintenance": ""})]


@pytest.mark.parametrize("status, locked", SAID)
def test_only_what_an_agent_says_of_its_lock_counts(status, locked):
    assert held.of_agent(status) is locked


def failed(id, logs, **sub):
    """Return a task whose only sub-task has failed with these lines."""
    sub_task = {"id": "15", "task_id": 5, "name": "wait", "state": "FAILED"}
    sub_task = {**sub_task, "operator": "RUN", "task_logs": logs, **sub}
    sub_task["execute_agent"] = {"ip": "10.0.0.1", "port": 2886}
    node = {"id": "14", "node_id": 4, "name": "Wait", "state": "FAILED"}
    node = {**node, "operator": "RUN", "sub_tasks": [sub_task]}
    head = {"id": id, "dag_id": 1, "name": "Cluster scale out", "stage": 1}
    head = {**head, "max_stage": 1, "state": "FAILED", "operator": "RUN"}
    return mapping.to_task({**head, "nodes": [node]})


PART = "22130706433028871"  # of the agent 127.0.0.1:2887
BLAMED = {
    f"dag {PART} Local scale out failed: [Start observer] no space": "127.0.0.1:2887",
    f"ERROR: Unexpected error: dag {PART} Local scale out failed": "127.0.0.1:2887",
    f"dag {PART} Local scale out is running": None,
    "dag 11 Cluster scale out failed: it did": None,
    "dag 99999999999999999 failed": None,
    "remote start observer task failed": None,
}


@pytest.mark.parametrize("line, where", BLAMED.items())
def test_the_agent_whose_part_failed_is_read_from_the_log(line, where):
    failure = failed("11", ["begun", line, "the end"]).failure()
    asked_by = "10.0.0.1:2886" if where else None
    assert (failure["agent"], failure["asked_by"]) == (
        where or "10.0.0.1:2886",
        asked_by,
    )


def test_a_part_that_failed_before_a_success_is_no_cause():
    line = f"dag {PART} Local scale out failed: no space"
    assert failed("11", [line], state="SUCCEED").nodes[0].sub_tasks[0].followed is None


def test_the_agent_on_which_a_part_was_begun_is_read_from_the_log():
    line = f"create local scale out dag success, genericID:{PART}"
    sub = failed("11", [line], state="SUCCEED").nodes[0].sub_tasks[0]
    assert sub.followed == "127.0.0.1:2887"

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chosen answers of real servers, and by hand what the facts of each must be.

A case names the recording, the number of the exchange, which entry of a list, and
the facts it is about. Short forms: progress is (done, total), maintenance (scope,
key), `at` goes into nodes and sub-tasks counted from 1: (3,) or (3, 1). A failure
gives the number of log lines and the last of them instead of all.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.tests import recordings

LOCAL = "obshell-4.5.0.0"
LOCAL_43 = "obshell-4.3.0.0"
LOCAL_42 = "obshell-4.2.3.0"
CLUSTER = "obshell-cluster-4.5.0.0"
CLUSTER_42 = "obshell-cluster-4.2.3.0"
SEEKDB = "obshell-seekdb-4.5.0.0"
OCP = "ocp-express-4.2.2"
VENDOR = "vendor-docs"

AGENT, GLOBAL = ("agent", ""), ("cluster", "")
NOT_STARTED = {"start_time": None, "end_time": None, "duration": None}
UNNAMED = {"node": None, "sub_task": None, "sub_task_id": None, "agent": None}
UNNAMED = {**UNNAMED, "attempts": None, "lines": 0, "also": []}

NO_OBSERVER = (
    "ERROR: [Common.Unexpected]: Unexpected error: /bin/bash: line 1: "
    "/opt/ob1/bin/observer: No such file or directory\n: exit status 127"
)
CANNOT_START = (
    "ERROR: [Common.Unexpected]: Unexpected error: observer: cannot start\n"
    ": exit status 1"
)
TARGET_FAILED = (
    "ERROR: [Common.Unexpected]: Unexpected error: dag 22130706433028871 Local scale "
    "out failed: [Start observer] ERROR: [Common.Unexpected]: Unexpected error: "
    "observer: cannot start\n: exit status 1"
)
BUSY_2 = (
    "ERROR: [Agent.UnderMaintenanceDag]: 127.0.0.1:2887 is under maintenance by DAG "
    "[22130706433028873:Start observer]"
)
BUSY_3 = (
    "ERROR: [Agent.UnderMaintenanceDag]: 127.0.0.1:2888 is under maintenance by DAG "
    "[22130706433028883:Start observer]"
)
INIT_NODES = [
    "Integrate config",
    "Create observer workdir",
    "Start observer",
    "Cluster boostrap",
    "Migrate table",
    "Modify password",
    "Migrate data",
    "Convert follower to cluster agent",
    "Synchronize agent from cluster",
    "Convert master to cluster agent",
    "Synchronize agent from cluster",
]
DEMO_CHAIN = ["Demo prepare", "Demo install", "Demo finish"]

# One life: ob/init fails in its third stage, is retried, fails, is rolled back.
INIT: dict[str, Any] = {
    "id": "22130706433028864",
    "dag_id": 4,
    "server": "obshell",
    "name": "Initialize cluster",
    "max_stage": 11,
    "maintenance": AGENT,
    "main_task": None,
    "sub_dags": None,
    "skipped": [],
}
INIT_LIFE: list[dict[str, Any]] = [
    {
        "case": "the answer of a submit, without nodes",
        "in": (LOCAL, 135),
        **INIT,
        **NOT_STARTED,
        **{"state": "READY", "operator": "RUN", "stage": 1},
        **{"outcome": "running", "done": False, "nodes": None, "progress": None},
        **{"failure": None, "additional_data": None},
    },
    {
        "case": "a sub-task has failed, the task does not know yet",
        "in": (LOCAL, 145),
        **INIT,
        **{"state": "RUNNING", "operator": "RUN", "stage": 3},
        **{"outcome": "running", "done": False, "failure": None, "progress": (2, 11)},
        # The end that the server gives is the creation, before the start.
        "start_time": "2026-11-21T09:01:51.909277731Z",
        "end_time": None,
        "duration": None,
        "additional_data": {},
        "node_names": INIT_NODES,
        "at": {
            (1,): {"upstreams": [], "downstreams": ["22130706433028865"]},
            (3,): {
                **{"id": "22130706433028866", "node_id": 6},
                **{"state": "RUNNING", "operator": "RUN", "end_time": None},
                "upstreams": ["22130706433028865"],
                "downstreams": ["22130706433028867"],
            },
            (3, 1): {
                **{"id": "22130706433028866", "task_id": 6, "execute_times": 1},
                **{"state": "FAILED", "operator": "RUN", "duration": 0.002241679},
                "execute_agent": {"ip": "127.0.0.1", "port": 2886},
                "end_time": "2026-11-21T09:01:55.921431687Z",
            },
            (11,): {**NOT_STARTED, "downstreams": []},
            (11, 1): {**NOT_STARTED, "execute_times": 0, "task_logs": None},
        },
    },
    {
        "case": "failed at the first attempt",
        "in": (LOCAL, 146),
        **INIT,
        **{"state": "FAILED", "operator": "RUN", "stage": 3},
        **{"outcome": "failed", "done": True, "progress": (2, 11)},
        "start_time": "2026-11-21T09:01:51.909277731Z",
        "end_time": "2026-11-21T09:01:56.920954607Z",
        "duration": 5.011676876,
        "failure": {
            **{"node": "Start observer", "sub_task": "Start observer"},
            **{"sub_task_id": "22130706433028866", "agent": "127.0.0.1:2886"},
            **{"attempts": 1, "lines": 5, "last_line": NO_OBSERVER, "also": []},
        },
        "at": {(3,): {"state": "FAILED", "operator": "RUN", "duration": 1.001986408}},
    },
    {
        "case": "retry asked for: times are the epoch, the sub-task still FAILED",
        "in": (LOCAL, 171),
        **INIT,
        **NOT_STARTED,
        **{"state": "READY", "operator": "RUN", "stage": 3},
        **{"outcome": "running", "done": False, "failure": None, "progress": (2, 11)},
        "at": {
            (2,): {"state": "SUCCEED", "operator": "RUN", "duration": 1.001430556},
            (3,): {"state": "PENDING", "operator": "RETRY", **NOT_STARTED},
            (3, 1): {"state": "FAILED", "operator": "RUN", "execute_times": 1},
        },
    },
    {
        "case": "in a retry, undone before it runs again: that is not done",
        "in": (LOCAL, 172),
        **INIT,
        **{"state": "RUNNING", "operator": "RUN", "stage": 3},
        **{"outcome": "running", "done": False, "failure": None, "progress": (2, 11)},
        "start_time": "2026-11-21T09:01:57.922002692Z",
        "end_time": None,
        "duration": None,
        "at": {
            (3,): {"state": "RUNNING", "operator": "RETRY", "end_time": None},
            (3, 1): {"state": "SUCCEED", "operator": "ROLLBACK", "execute_times": 2},
        },
    },
    {
        "case": "the retry failed too, the third execution with the undoing",
        "in": (LOCAL, 174),
        **INIT,
        **{"state": "FAILED", "operator": "RUN", "stage": 3},
        **{"outcome": "failed", "done": True, "progress": (2, 11)},
        "start_time": "2026-11-21T09:01:57.922002692Z",
        "end_time": "2026-11-21T09:01:59.924417442Z",
        "duration": 2.00241475,
        "failure": {
            **{"node": "Start observer", "sub_task": "Start observer"},
            **{"sub_task_id": "22130706433028866", "agent": "127.0.0.1:2886"},
            **{"attempts": 3, "lines": 12, "last_line": NO_OBSERVER, "also": []},
        },
        "at": {(3,): {"state": "FAILED", "operator": "RETRY"}},
    },
    {
        "case": "rollback asked for: three nodes to undo, none is",
        "in": (LOCAL, 182),
        **INIT,
        **NOT_STARTED,
        **{"state": "READY", "operator": "ROLLBACK", "stage": 3},
        **{"outcome": "running", "done": False, "failure": None, "progress": (0, 3)},
        "at": {
            (1,): {"state": "PENDING", "operator": "ROLLBACK", **NOT_STARTED},
            (1, 1): {"state": "SUCCEED", "operator": "RUN", "execute_times": 1},
            (3, 1): {"state": "FAILED", "operator": "RUN", "execute_times": 3},
            (4,): {"state": "PENDING", "operator": "RUN"},
        },
    },
    {
        "case": "rolling back: the stage counts down",
        "in": (LOCAL, 184),
        **INIT,
        **{"state": "RUNNING", "operator": "ROLLBACK", "stage": 2},
        **{"outcome": "running", "done": False, "failure": None, "progress": (1, 3)},
        **{"start_time": "2026-11-21T09:02:00.926516067Z", "end_time": None},
    },
    {
        "case": "rolled back",
        "in": (LOCAL, 188),
        **INIT,
        **{"state": "SUCCEED", "operator": "ROLLBACK", "stage": 1},
        **{"outcome": "rolled_back", "done": True, "progress": (3, 3)},
        "start_time": "2026-11-21T09:02:00.926516067Z",
        "end_time": "2026-11-21T09:02:05.969203189Z",
        "duration": 5.042687122,
        "failure": None,
    },
]

CANCELLED: dict[str, Any] = {
    **INIT,
    "id": "22130706433028865",
    "dag_id": 5,
    "start_time": "2026-11-21T09:02:08.973012687Z",
    "stage": 2,
    "operator": "CANCEL",
}
OPERATORS: list[dict[str, Any]] = [
    {
        "case": "a finished task of one node",
        "in": (LOCAL, 76),
        **{"id": "22130706433028861", "dag_id": 1, "name": "Join self"},
        **{"state": "SUCCEED", "operator": "RUN", "stage": 1, "max_stage": 1},
        **{"outcome": "succeeded", "done": True, "progress": (1, 1), "failure": None},
        "start_time": "2026-11-21T09:01:45.899262798Z",
        "end_time": "2026-11-21T09:01:46.902434983Z",
        "duration": 1.003172185,
        "maintenance": AGENT,
        "additional_data": None,
        "at": {
            (1,): {"upstreams": [], "downstreams": [], "duration": 1.002442144},
            (1, 1): {
                "duration": 0.000669031,
                "task_logs": ["set agent identity to master"],
            },
        },
    },
    {
        "case": "being cancelled: the next node is FAILED, the task not yet",
        "in": (LOCAL, 213),
        **CANCELLED,
        **{"state": "RUNNING", "end_time": None, "duration": None, "failure": None},
        **{"outcome": "running", "done": False, "progress": (1, 11)},
        "at": {
            (2,): {"state": "FAILED", "operator": "CANCEL", "duration": 0.000164644},
            (2, 1): {"state": "PENDING", "operator": "RUN", **NOT_STARTED},
        },
    },
    {
        "case": "cancelled between two stages: no sub-task has failed",
        "in": (LOCAL, 214),
        **CANCELLED,
        **{"state": "FAILED", "outcome": "cancelled", "done": True},
        **{"end_time": "2026-11-21T09:02:09.975493602Z", "duration": 1.002480915},
        "progress": (1, 11),
        "failure": {**UNNAMED, "node": "Create observer workdir"},
    },
    {
        "case": "the same without details: cancelled, and no more is known",
        "in": (LOCAL, 227),
        **CANCELLED,
        **{"state": "FAILED", "outcome": "cancelled", "done": True},
        **{"end_time": "2026-11-21T09:02:09.975493602Z", "duration": 1.002480915},
        **{"nodes": None, "progress": None, "additional_data": None},
        "failure": UNNAMED,
    },
    {
        "case": "a passed node counts as done and is named",
        "in": (LOCAL, 246),
        **INIT,
        **NOT_STARTED,
        **{"id": "22130706433028866", "dag_id": 6, "skipped": ["Start observer"]},
        **{"state": "READY", "operator": "RUN", "stage": 3, "outcome": "running"},
        **{"done": False, "failure": None, "progress": (3, 11)},
        "at": {
            (3,): {"state": "SUCCEED", "operator": "PASS"},
            (3, 1): {"state": "SUCCEED", "operator": "PASS", "execute_times": 1},
        },
    },
    {
        "case": "failed after a passed node: the failure is the later one",
        "in": (LOCAL, 250),
        **INIT,
        **{"id": "22130706433028866", "dag_id": 6, "skipped": ["Start observer"]},
        **{"state": "FAILED", "operator": "RUN", "stage": 4, "outcome": "failed"},
        **{"done": True, "progress": (3, 11), "duration": 3.004864865},
        "failure": {
            **{"node": "Cluster boostrap", "sub_task": "Cluster boostrap"},
            **{"sub_task_id": "221307064330288629", "agent": "127.0.0.1:2886"},
            **{"attempts": 1, "lines": 2, "also": []},
            "last_line": "ERROR: [OB.Cluster.MysqlPortNotInitialized]: get port "
            "failed: MySQL port has not been initialized",
        },
        "at": {(3,): {"duration": 1.141435909}},
    },
    {
        "case": "cancelled while three agents worked: three causes",
        "in": (LOCAL, 535, 0),
        **INIT,
        **{"state": "FAILED", "operator": "CANCEL", "stage": 3},
        # Sub-tasks by node: 1 and 3 done, 3 failed, 12 in the eight nodes behind.
        **{"outcome": "cancelled", "done": True, "progress": (4, 19)},
        "start_time": "2026-11-21T09:13:37.214403962Z",
        "end_time": "2026-11-21T09:13:38.217606882Z",
        "duration": 1.00320292,
        "failure": {
            **{"node": "Start observer", "sub_task": "Start observer"},
            **{"sub_task_id": "22130706433028868", "agent": "127.0.0.1:2886"},
            **{"attempts": 1, "lines": 10, "last_line": "sub task cancelled"},
            "also": [
                {
                    **{"node": "Start observer", "sub_task": "Start observer"},
                    **{"sub_task_id": "22130706433028869", "agent": "127.0.0.1:2887"},
                    **{"attempts": 1, "lines": 14, "last_line": "sub task cancelled"},
                },
                {
                    **{"node": "Start observer", "sub_task": "Start observer"},
                    **{"sub_task_id": "221307064330288610", "agent": "127.0.0.1:2888"},
                    **{"attempts": 1, "lines": 14, "last_line": "sub task cancelled"},
                },
            ],
        },
        "at": {
            (2,): {"state": "SUCCEED", "duration": 3.004988729},
            (2, 2): {"id": "22130706433028866", "task_id": 6, "duration": 2.013236866},
            (3,): {"state": "FAILED", "operator": "CANCEL", "duration": 0.000968434},
            (3, 3): {"id": "221307064330288610", "task_id": 10},
        },
    },
    {
        "case": "the same list: what ob/init started elsewhere names no main task",
        "in": (LOCAL, 535, 1),
        **{"id": "22130706433028873", "dag_id": 3, "name": "Start observer"},
        **{"state": "RUNNING", "operator": "RUN", "stage": 1, "max_stage": 1},
        **{"outcome": "running", "done": False, "main_task": None, "sub_dags": None},
        "start_time": "2026-11-21T09:13:25.372136181Z",
        **{"end_time": None, "duration": None, "progress": (0, 1), "failure": None},
        "maintenance": AGENT,
        "at": {(1, 1): {"state": "RUNNING", "operator": "RUN"}},
    },
    {
        "case": "the same list, the third agent",
        "in": (LOCAL, 535, 2),
        **{"id": "22130706433028883", "state": "RUNNING", "outcome": "running"},
        "at": {(1, 1): {"execute_agent": {"ip": "127.0.0.1", "port": 2888}}},
    },
    {
        "case": "the rollback failed on two agents, one is undone",
        "in": (LOCAL, 554),
        **INIT,
        **{"state": "FAILED", "operator": "ROLLBACK", "stage": 3},
        **{"outcome": "rollback_failed", "done": True, "progress": (1, 7)},
        "duration": 5.00869422,
        "failure": {
            **{"node": "Start observer", "sub_task": "Start observer"},
            **{"sub_task_id": "22130706433028869", "agent": "127.0.0.1:2887"},
            **{"attempts": 2, "lines": 15, "last_line": BUSY_2},
            "also": [
                {
                    **{"node": "Start observer", "sub_task": "Start observer"},
                    **{"sub_task_id": "221307064330288610", "agent": "127.0.0.1:2888"},
                    **{"attempts": 2, "lines": 15, "last_line": BUSY_3},
                }
            ],
        },
        "at": {
            (3,): {"state": "FAILED", "operator": "ROLLBACK", "duration": 5.008190033},
            (3, 1): {"state": "SUCCEED", "operator": "ROLLBACK"},
            (3, 2): {"state": "FAILED", "operator": "ROLLBACK"},
        },
    },
    {
        "case": "cancel asked for (4.2.3.0: no maintenance_type)",
        "in": (LOCAL_42, 212),
        **{"id": "22130706433028865", "state": "READY", "operator": "CANCEL"},
        **{"outcome": "running", "maintenance": None, "progress": (1, 11)},
        **NOT_STARTED,
        "at": {(2,): {"state": "PENDING", "operator": "CANCEL", **NOT_STARTED}},
    },
    {
        "case": "rolling back three sub-tasks side by side (4.2.3.0)",
        "in": (LOCAL_42, 458),
        **{"state": "RUNNING", "operator": "ROLLBACK", "stage": 3, "max_stage": 11},
        # Four nodes are undone: 1 + 3 + 3 + 1 sub-tasks, the last one already.
        **{"outcome": "running", "progress": (1, 8), "maintenance": None},
        "at": {
            (3,): {"state": "RUNNING", "operator": "ROLLBACK"},
            (3, 2): {"state": "RUNNING", "operator": "ROLLBACK", "execute_times": 2},
            (4,): {"state": "SUCCEED", "operator": "ROLLBACK"},
        },
    },
    {
        "case": "being cancelled while its sub-task stops (4.3.0.0)",
        "in": (LOCAL_43, 555),
        **{"id": "22130706433028883", "name": "Start observer"},
        **{"state": "RUNNING", "operator": "CANCEL", "outcome": "running"},
        **{"end_time": None, "duration": None, "progress": (0, 1), "failure": None},
        "maintenance": None,
        "at": {
            (1,): {"state": "RUNNING", "operator": "CANCEL", "duration": None},
            (1, 1): {"state": "FAILED", "operator": "RUN", "duration": 21.032075452},
        },
    },
    {
        "case": "a retry that failed while undoing",
        "in": (SEEKDB, 171),
        **{"id": "22130706433029906", "name": "Start seekdb", "maintenance": AGENT},
        **{"state": "FAILED", "operator": "RUN", "outcome": "failed"},
        **{"progress": (0, 1), "duration": 1.002672444},
        "failure": {
            **{"node": "Start seekdb", "sub_task": "Start seekdb", "attempts": 2},
            **{"sub_task_id": "22130706433029908", "agent": "127.0.0.1:2990"},
            **{"lines": 6, "also": []},
            "last_line": "ERROR: [Task.Param.NotSet]: Parameter 'observerPid' is not "
            "set",
        },
        "at": {
            (1,): {"state": "FAILED", "operator": "RETRY"},
            (1, 1): {"state": "FAILED", "operator": "ROLLBACK"},
        },
    },
    {
        "case": "a failed task declared passed",
        "in": (SEEKDB, 181),
        **{"id": "22130706433029907", "name": "Start seekdb"},
        **{"state": "SUCCEED", "operator": "PASS", "outcome": "passed", "done": True},
        **{"skipped": ["Start seekdb"], "progress": (1, 1), "failure": None},
        **{"duration": 1.023017658},
    },
    {
        "case": "the next stage after a good retry",
        "in": (SEEKDB, 250),
        **{"id": "221307064330299013", "name": "Restart seekdb", "outcome": "running"},
        **{"state": "RUNNING", "operator": "RUN", "stage": 2, "max_stage": 2},
        **{"progress": (1, 2), "end_time": None},
        "start_time": "2026-11-21T09:19:46.879130108Z",
        "at": {
            (1,): {"state": "SUCCEED", "operator": "RETRY", "duration": 2.003050191},
            (1, 1): {"state": "SUCCEED", "operator": "RUN", "execute_times": 3},
        },
    },
]

SCALE_OUT: dict[str, Any] = {
    **{"name": "Cluster scale out", "maintenance": GLOBAL, "main_task": None},
    **{"sub_dags": None, "skipped": [], "additional_data": {}},
}
LOCAL_SCALE_OUT: dict[str, Any] = {
    **{"name": "Local scale out", "maintenance": AGENT, "outcome": "part"},
    **{"done": False, "max_stage": 7, "sub_dags": None, "skipped": []},
}
SCALE_OUTS: list[dict[str, Any]] = [
    {
        "case": "the answer of a submit: Go's zero time",
        "in": (CLUSTER, 95),
        **SCALE_OUT,
        **NOT_STARTED,
        **{"id": "11", "dag_id": 1, "state": "READY", "operator": "RUN"},
        **{"stage": 1, "max_stage": 11, "outcome": "running", "done": False},
        **{"nodes": None, "progress": None, "additional_data": None},
    },
    {
        "case": "READY has no start, whatever the server says",
        "in": (CLUSTER, 100),
        **SCALE_OUT,
        **NOT_STARTED,
        **{"id": "11", "state": "READY", "operator": "RUN", "outcome": "running"},
        "progress": (0, 11),
        "at": {(1,): NOT_STARTED, (1, 1): {**NOT_STARTED, "task_logs": None}},
    },
    {
        "case": "the target waits to be advanced: FAILED on the way to success",
        "in": (CLUSTER, 141),
        **LOCAL_SCALE_OUT,
        **{"id": "22130706433028871", "dag_id": 1, "main_task": "11", "stage": 4},
        **{"state": "FAILED", "operator": "RUN", "progress": (3, 7)},
        "duration": 6.01088749,
        "failure": {
            **{"node": "Start preparations", "sub_task": "Start preparations"},
            **{"sub_task_id": "22130706433028874", "agent": "127.0.0.1:2887"},
            **{"attempts": 1, "lines": 2, "last_line": "wait operator to advance"},
            "also": [],
        },
    },
    {
        "case": "scaled out",
        "in": (CLUSTER, 197),
        **SCALE_OUT,
        **{"id": "11", "dag_id": 1, "state": "SUCCEED", "operator": "RUN"},
        **{"stage": 11, "max_stage": 11, "outcome": "succeeded", "done": True},
        **{"progress": (11, 11), "failure": None},
        # The clock of the database, eight hours on, under the host's zone.
        "start_time": "2026-11-21T18:19:39.291793Z",
        "end_time": "2026-11-21T18:20:18.405778Z",
        "duration": 39.113985,
        "at": {(1, 1): {"task_logs": [], "state": "SUCCEED"}},
    },
    {
        "case": "scaled out: the target's own task",
        "in": (CLUSTER, 195),
        **LOCAL_SCALE_OUT,
        **{"id": "22130706433028871", "main_task": "11", "stage": 7},
        **{"state": "SUCCEED", "operator": "RUN", "progress": (7, 7)},
        **{"duration": 23.031877418, "failure": None},
        "additional_data": {
            "main_dag_id": "11",
            "scaleOutUUID": "4864a654-9263-4525-b99b-ff3848fde4dd",
        },
    },
    {
        "case": "the scale-out failed: the target's lines are in its own",
        "in": (CLUSTER, 377),
        **SCALE_OUT,
        **{"id": "14", "dag_id": 4, "state": "FAILED", "operator": "RUN"},
        **{"stage": 5, "max_stage": 9, "outcome": "failed", "done": True},
        **{"progress": (4, 9), "duration": 21.402352, "locked": True},
        "failure": {
            "node": "Wait remote start finish",
            "sub_task": "Wait remote start finish",
            **{"sub_task_id": "126", "agent": "127.0.0.1:2887", "attempts": 1},
            "asked_by": "127.0.0.1:2886",
            **{"lines": 7, "last_line": TARGET_FAILED, "also": []},
        },
    },
    {
        "case": "the scale-out failed: the target's own task",
        "in": (CLUSTER, 375),
        **LOCAL_SCALE_OUT,
        **{"id": "22130706433028871", "main_task": "14", "stage": 5},
        **{"state": "FAILED", "operator": "RUN", "progress": (4, 7)},
        "duration": 4.008227047,
        "failure": {
            **{"node": "Start observer", "sub_task": "Start observer", "attempts": 1},
            **{"sub_task_id": "22130706433028875", "agent": "127.0.0.1:2887"},
            **{"lines": 5, "last_line": CANNOT_START, "also": []},
        },
    },
    {
        "case": "retried and failed again: the last 20 of 21 lines",
        "in": (CLUSTER, 416),
        **SCALE_OUT,
        **{"id": "14", "state": "FAILED", "operator": "RUN", "outcome": "failed"},
        **{"progress": (4, 9), "duration": 6.093751},
        "failure": {
            **{"sub_task_id": "126", "agent": "127.0.0.1:2887", "attempts": 3},
            "asked_by": "127.0.0.1:2886",
            **{"lines": 20, "last_line": TARGET_FAILED, "also": []},
        },
        "at": {(5,): {"state": "FAILED", "operator": "RETRY", "duration": 6.075227}},
    },
    {
        "case": "the scale-out was rolled back",
        "in": (CLUSTER, 445),
        **SCALE_OUT,
        **{"id": "14", "state": "SUCCEED", "operator": "ROLLBACK", "stage": 1},
        **{"max_stage": 9, "outcome": "rolled_back", "done": True},
        **{"progress": (5, 5), "duration": 10.200564, "failure": None},
    },
    {
        "case": "the scale-out was rolled back: the target's own task",
        "in": (CLUSTER, 444),
        **LOCAL_SCALE_OUT,
        **{"id": "22130706433028871", "main_task": "14", "stage": 1},
        **{"state": "SUCCEED", "operator": "ROLLBACK", "progress": (5, 5)},
        **{"duration": 9.016745005, "failure": None},
    },
    {
        "case": "a retry that mended it",
        "in": (CLUSTER, 530),
        **SCALE_OUT,
        **{"id": "15", "dag_id": 5, "state": "SUCCEED", "operator": "RUN"},
        **{"stage": 9, "max_stage": 9, "outcome": "succeeded", "done": True},
        **{"progress": (9, 9), "duration": 17.337346, "failure": None},
        "at": {
            (5,): {"state": "SUCCEED", "operator": "RETRY"},
            (5, 1): {"state": "SUCCEED", "operator": "RUN", "execute_times": 3},
        },
    },
    {
        "case": "a scale-out that failed (4.2.3.0: what it locks is not said)",
        "in": (CLUSTER_42, 270),
        **{**SCALE_OUT, "maintenance": None},
        **{"id": "12", "state": "FAILED", "operator": "RUN", "outcome": "failed"},
        **{"stage": 5, "max_stage": 9, "progress": (4, 9)},
    },
]

MAIN_AND_PARTS: list[dict[str, Any]] = [
    {
        "case": "the main task of ob/start failed and holds no lock",
        "in": (CLUSTER, 1138),
        **{"id": "221307064330288611", "dag_id": 11, "name": "Start OB"},
        **{"state": "FAILED", "operator": "RUN", "stage": 5, "max_stage": 5},
        **{"outcome": "failed", "done": True, "maintenance": None, "main_task": None},
        "sub_dags": {
            "127.0.0.1:2886": "221307064330288612",
            "127.0.0.1:2887": "22130706433028875",
        },
        **{"progress": (6, 7), "duration": 14.033259846},
        "failure": {
            "node": "Inform all agents to end the task",
            "sub_task": "Inform all agents to end the task",
            **{"sub_task_id": "221307064330288664", "agent": "127.0.0.1:2886"},
            **{"attempts": 1, "lines": 4, "also": []},
            "last_line": "ERROR: [Task.SubDag.NotAllSucceed]: check sub dag succeed "
            "failed: Sub DAG of agents: [127.0.0.1:2887] failed, main DAG failed",
        },
        "at": {
            (1, 2): {"id": "221307064330288659", "task_id": 59},
            (4, 2): {"execute_agent": {"ip": "127.0.0.1", "port": 2887}},
        },
    },
    {
        "case": "its part that worked: passed at the end",
        "in": (CLUSTER, 1157),
        **{"id": "221307064330288612", "dag_id": 12, "name": "Start observer"},
        **{"state": "SUCCEED", "operator": "PASS", "stage": 2, "max_stage": 2},
        **{"outcome": "part", "done": False, "main_task": "221307064330288611"},
        **{"sub_dags": None, "maintenance": AGENT, "failure": None},
        **{"skipped": ["Wait for task to end"], "progress": (2, 2)},
        "start_time": "2026-11-21T10:34:37.286958962Z",
        "end_time": "2026-11-21T10:34:45.336894Z",
        "duration": 8.049935038,
        "at": {
            (1,): {"state": "SUCCEED", "operator": "RETRY", "duration": 2.004930506},
            (2,): {"state": "SUCCEED", "operator": "PASS", "duration": 5.042250401},
        },
    },
    {
        "case": "its part that did not work: passed as well",
        "in": (CLUSTER, 1158),
        **{"id": "22130706433028875", "state": "SUCCEED", "operator": "PASS"},
        **{"stage": 3, "max_stage": 5, "outcome": "part", "done": False},
        **{"main_task": "221307064330288611", "progress": (5, 5)},
        "skipped": [
            "Start observer",
            "Execute start observer sql",
            "Wait for task to end",
        ],
        "at": {(4, 1): {"execute_times": 0, "task_logs": []}},
    },
    {
        "case": "a part that is read without details looks like a task of its own",
        "in": (CLUSTER, 1140),
        **{"name": "Start observer", "state": "SUCCEED", "operator": "PASS"},
        **{"main_task": None, "outcome": "passed", "nodes": None, "skipped": []},
    },
    {
        "case": "a cancelled tenant creation holds the lock of the tenant",
        "in": (CLUSTER, 1276),
        **{"id": "17", "name": "Create tenant tc", "maintenance": ("tenant", "tc")},
        **{"state": "FAILED", "operator": "CANCEL", "outcome": "cancelled"},
        **{"progress": (0, 3), "duration": 1.04171},
        "failure": {
            **{"node": "Create tenant", "sub_task": "Create tenant", "attempts": 1},
            **{"sub_task_id": "126", "agent": "127.0.0.1:2886", "also": []},
            **{"lines": 4, "last_line": "sub task cancelled"},
        },
        "at": {
            (1,): {"state": "FAILED", "operator": "CANCEL", "duration": 0.013261},
            (1, 1): {"state": "FAILED", "operator": "RUN", "duration": 1.015028},
        },
    },
    {
        "case": "a node is rolled back over a sub-task that never ran",
        "in": (CLUSTER, 1298),
        **{"id": "18", "dag_id": 8, "name": "Cluster scale in", "done": True},
        **{"state": "FAILED", "operator": "ROLLBACK", "stage": 1, "max_stage": 5},
        **{"outcome": "rollback_failed", "maintenance": GLOBAL, "progress": (1, 2)},
        "start_time": "2026-11-21T18:35:16.493242Z",
        "end_time": "2026-11-21T18:35:19.561503Z",
        "duration": 3.068261,
        "failure": {
            **{"node": "Delete observer", "sub_task": "Delete observer"},
            **{"sub_task_id": "129", "agent": "127.0.0.1:2886", "attempts": 2},
            **{"lines": 1, "also": []},
            "last_line": "ERROR: [OB.Server.NotExist]: Observer '127.0.0.1:2982' does "
            "not exist",
        },
        "at": {
            (1,): {"state": "FAILED", "operator": "ROLLBACK", "duration": 1.018299},
            (2,): {"state": "SUCCEED", "operator": "ROLLBACK", "duration": 0.00581},
            (2, 1): {
                **NOT_STARTED,
                **{"state": "PENDING", "operator": "RUN"},
                **{"execute_times": 0, "task_logs": None},
            },
        },
    },
    {
        "case": "a task that locks nothing",
        "in": (CLUSTER, 1307),
        **NOT_STARTED,
        **{"id": "19", "dag_id": 9, "name": "Set obcluster backup config"},
        **{"state": "READY", "operator": "RUN", "stage": 1, "max_stage": 2},
        **{"outcome": "running", "maintenance": None, "progress": (0, 3)},
        "at": {
            (1,): {"id": "134", "node_id": 34, "downstreams": ["135"]},
            (1, 1): {"id": "134", "execute_agent": {"ip": "127.0.0.1", "port": 2886}},
            (1, 2): {"id": "135", "execute_agent": {"ip": "127.0.0.1", "port": 2887}},
            (2, 1): {"id": "136"},
        },
    },
    {
        "case": "one node, a sub-task for each agent",
        "in": (CLUSTER, 1308),
        **{"state": "RUNNING", "operator": "RUN", "progress": (2, 3)},
        **{"start_time": "2026-11-21T18:35:25.623787Z", "end_time": None},
        "at": {
            (1,): {"state": "RUNNING", "end_time": None, "duration": None},
            (1, 1): {"state": "SUCCEED", "duration": 0.088638},
            (1, 2): {"state": "SUCCEED", "duration": 0.102249},
        },
    },
    {
        "case": "readied again after its agent went away",
        "in": (CLUSTER, 1802),
        **{"id": "19", "name": "Cluster scale in", "state": "RUNNING"},
        **{"operator": "RUN", "outcome": "running", "progress": (0, 5)},
        "at": {
            (1,): {"state": "RUNNING", "operator": "RUN"},
            (1, 1): {
                **NOT_STARTED,
                **{"state": "READY", "operator": "RUN", "execute_times": 1},
            },
        },
    },
    {
        "case": "a tenant task declared passed, one sub-task without a run",
        "in": (CLUSTER, 1647),
        **{"id": "16", "name": "Drop tenant", "maintenance": ("tenant", "t2")},
        **{"state": "SUCCEED", "operator": "PASS", "stage": 1, "max_stage": 2},
        **{"outcome": "passed", "done": True, "progress": (2, 2)},
        **{"skipped": ["Drop tenant", "Drop resource pools"], "duration": 1.323152},
        "at": {(2,): {"state": "SUCCEED", "operator": "PASS"}},
    },
]

INSTANCE: dict[str, Any] = {
    **{"server": "ocp", "dag_id": None, "main_task": None, "sub_dags": None},
    "maintenance": None,
}
CHAIN: dict[str, Any] = {**INSTANCE, "name": "Demo chain", "max_stage": 3}
INSTANCES: list[dict[str, Any]] = [
    {
        "case": "a chain whose ids say nothing about the order",
        "in": (OCP, 13),
        **CHAIN,
        **{"id": "1", "state": "SUCCEED", "operator": "RUN", "stage": 3},
        **{"outcome": "succeeded", "done": True, "progress": (3, 3), "skipped": []},
        "start_time": "2026-11-21T16:59:56.494+08:00",
        "end_time": "2026-11-21T17:00:06.446+08:00",
        "duration": 9.952,
        "node_names": DEMO_CHAIN,
        "failure": None,
        "holds": {
            **{"type": "MANUAL", "executor": "192.0.2.2", "prohibit_rollback": False}
        },
        "at": {
            (1,): {"id": "3", "upstreams": [], "downstreams": ["1"]},
            (1, 1): {"id": "3", "state": "SUCCEED", "execute_times": 1},
            (2,): {"id": "1", "upstreams": ["3"], "downstreams": ["2"]},
            (3,): {"id": "2", "upstreams": ["1"], "downstreams": []},
        },
    },
    {
        "case": "the first subtask runs",
        "in": (OCP, 7),
        **CHAIN,
        **{"id": "1", "state": "RUNNING", "operator": "RUN", "stage": 1},
        **{"outcome": "running", "done": False, "progress": (0, 3), "failure": None},
        "start_time": "2026-11-21T16:59:56.494+08:00",
        **{"end_time": None, "duration": None, "node_names": DEMO_CHAIN},
        "at": {
            (1,): {"state": "RUNNING", "operator": "RUN", "end_time": None},
            (1, 1): {"state": "RUNNING", "operator": "RUN", "end_time": None},
            (2, 1): {**NOT_STARTED, "state": "PENDING", "operator": "RUN"},
        },
    },
    {
        "case": "the second subtask failed",
        "in": (OCP, 23),
        **CHAIN,
        **{"id": "4", "state": "FAILED", "operator": "RUN", "stage": 2},
        **{"outcome": "failed", "done": True, "progress": (1, 3), "duration": 4.762},
        "failure": {
            **{"node": "Demo install", "sub_task": "Demo install"},
            **{"sub_task_id": "7", "agent": "192.0.2.2", "attempts": 1},
            **{"lines": 0, "also": []},
        },
        "at": {(2, 1): {"state": "FAILED", "operator": "RUN", "duration": 1.016}},
    },
    {
        "case": "the same as the list shows it: no operation, no edges",
        "in": (OCP, 25, 0),
        **{"id": "4", "state": "FAILED", "outcome": "failed", "done": True},
        **{"progress": (1, 3), "duration": 4.762},
        "failure": {
            **{"node": "Demo install", "sub_task": "Demo install"},
            **{"sub_task_id": "7", "agent": None, "attempts": None},
        },
    },
    {
        "case": "retried: the old end and the old start are not told",
        "in": (OCP, 28),
        **CHAIN,
        **{"id": "4", "state": "RUNNING", "operator": "RETRY", "stage": 2},
        **{"outcome": "running", "done": False, "progress": (1, 3), "failure": None},
        "start_time": "2026-11-21T17:03:20.722+08:00",
        **{"end_time": None, "duration": None},
        "at": {
            (2, 1): {
                **NOT_STARTED,
                **{"state": "READY", "operator": "RETRY", "execute_times": 2},
            }
        },
    },
    {
        "case": "runs again: its first start stays, its old end is gone",
        "in": (OCP, 31),
        **CHAIN,
        **{"id": "4", "state": "RUNNING", "operator": "RETRY", "outcome": "running"},
        **{"end_time": None, "duration": None, "progress": (1, 3), "stage": 2},
        "at": {
            (2, 1): {
                **{"state": "RUNNING", "operator": "RETRY", "execute_times": 2},
                **{"end_time": None, "duration": None},
                "start_time": "2026-11-21T17:03:23.517+08:00",
            }
        },
    },
    {
        "case": "a retry that mended it: the duration spans both attempts",
        "in": (OCP, 35),
        **CHAIN,
        **{"id": "4", "state": "SUCCEED", "operator": "RETRY", "stage": 3},
        **{"outcome": "succeeded", "progress": (3, 3), "duration": 9.801},
        "at": {
            (2,): {"operator": "RETRY", "state": "SUCCEED", "duration": 4.03},
            (3, 1): {"operator": "RUN"},
        },
    },
    {
        "case": "the retry failed",
        "in": (OCP, 48),
        **CHAIN,
        **{"id": "5", "state": "FAILED", "operator": "RETRY", "outcome": "failed"},
        **{"stage": 2, "progress": (1, 3), "duration": 7.749},
        "failure": {"sub_task_id": "10", "attempts": 2, "also": []},
    },
    {
        "case": "rollback asked for: two subtasks to undo",
        "in": (OCP, 51),
        **CHAIN,
        **{"id": "5", "state": "RUNNING", "operator": "ROLLBACK"},
        **{"outcome": "running", "done": False, "progress": (0, 2), "failure": None},
        **{"end_time": None, "duration": None, "node_names": DEMO_CHAIN},
        "at": {
            (1, 1): {"state": "SUCCEED", "operator": "ROLLBACK", "duration": 1.02},
            (2, 1): {**NOT_STARTED, "state": "READY", "operator": "ROLLBACK"},
            (3, 1): {"state": "PENDING", "operator": "RUN"},
        },
    },
    {
        "case": "rolling back: what is undone is PENDING again",
        "in": (OCP, 53),
        **CHAIN,
        **{"state": "RUNNING", "operator": "ROLLBACK", "outcome": "running"},
        "progress": (1, 2),
        "at": {
            (1, 1): {"state": "RUNNING", "operator": "ROLLBACK", "end_time": None},
            (2, 1): {**NOT_STARTED, "state": "PENDING", "operator": "ROLLBACK"},
        },
    },
    {
        "case": "rolled back: SUCCESSFUL with every subtask PENDING",
        "in": (OCP, 55),
        **CHAIN,
        **{"id": "5", "state": "SUCCEED", "operator": "ROLLBACK", "stage": 1},
        **{"outcome": "rolled_back", "done": True, "progress": (2, 2)},
        "end_time": "2026-11-21T17:03:41.626+08:00",
        **{"duration": 10.79, "failure": None, "skipped": []},
        "at": {
            (1, 1): {**NOT_STARTED, "state": "PENDING", "operator": "ROLLBACK"},
            (3, 1): {"state": "PENDING", "operator": "RUN"},
        },
    },
    {
        "case": "the same as the list shows it",
        "in": (OCP, 59, 0),
        **{"id": "5", "state": "SUCCEED", "outcome": "rolled_back", "done": True},
        **{"progress": (2, 2), "failure": None},
    },
    {
        "case": "a failed subtask is being skipped",
        "in": (OCP, 67),
        **CHAIN,
        **{"id": "6", "state": "RUNNING", "operator": "RUN", "outcome": "running"},
        **{"progress": (1, 3), "end_time": None, "failure": None},
        "skipped": ["Demo install"],
        "at": {(2, 1): {**NOT_STARTED, "state": "READY", "operator": "SKIP"}},
    },
    {
        "case": "with a skipped subtask it succeeds, which only the subtask shows",
        "in": (OCP, 71),
        **CHAIN,
        **{"id": "6", "state": "SUCCEED", "operator": "RUN", "stage": 3},
        **{"outcome": "passed", "done": True, "progress": (3, 3)},
        **{"skipped": ["Demo install"], "duration": 5.232, "failure": None},
        "node_names": DEMO_CHAIN,
        "at": {(2, 1): {"state": "SUCCEED", "operator": "SKIP", "duration": 2.089}},
    },
    {
        "case": "a subtask is told to stop",
        "in": (OCP, 88),
        **INSTANCE,
        **{"id": "8", "name": "Demo one", "state": "RUNNING", "operator": "RUN"},
        **{"outcome": "running", "progress": (0, 1), "stage": 1, "max_stage": 1},
        "at": {
            (1, 1): {
                **{"state": "CANCELING", "operator": "RUN", "end_time": None},
                "start_time": "2026-11-21T17:03:56.979+08:00",
            }
        },
    },
    {
        "case": "and stops",
        "in": (OCP, 89),
        **{"id": "8", "state": "RUNNING", "operator": "RUN", "outcome": "running"},
        "failure": None,
        "at": {(1, 1): {"state": "RUNNING", "operator": "CANCEL", "end_time": None}},
    },
    {
        "case": "cancelled: only the subtask says so",
        "in": (OCP, 91),
        **INSTANCE,
        **{"id": "8", "state": "FAILED", "operator": "RUN", "outcome": "cancelled"},
        **{"done": True, "progress": (0, 1), "duration": 6.855, "stage": 1},
        "end_time": "2026-11-21T17:04:02.922+08:00",
        "failure": {
            **{"node": "Demo install", "sub_task": "Demo install"},
            **{"sub_task_id": "18", "agent": "192.0.2.2", "attempts": 1},
            **{"lines": 0, "also": []},
        },
    },
    {
        "case": "the rollback failed at the first subtask",
        "in": (OCP, 107),
        **CHAIN,
        **{"id": "10", "state": "FAILED", "operator": "ROLLBACK"},
        **{"outcome": "rollback_failed", "done": True, "progress": (1, 2)},
        **{"duration": 5.254, "node_names": DEMO_CHAIN},
        "failure": {
            **{"node": "Demo prepare", "sub_task": "Demo prepare"},
            **{"sub_task_id": "20", "agent": "192.0.2.2", "attempts": 1, "also": []},
        },
        "at": {(1, 1): {"state": "FAILED", "operator": "ROLLBACK"}},
    },
    {
        "case": "the undoing of a subtask is being skipped",
        "in": (OCP, 115),
        **CHAIN,
        **{"state": "RUNNING", "operator": "ROLLBACK", "progress": (1, 2)},
        "at": {(1, 1): {**NOT_STARTED, "state": "READY", "operator": "ROLLBACK_SKIP"}},
    },
    {
        "case": "rolled back, one undoing skipped",
        "in": (OCP, 117),
        **CHAIN,
        **{"state": "SUCCEED", "operator": "ROLLBACK", "outcome": "rolled_back"},
        **{"progress": (2, 2), "duration": 11.282, "failure": None},
        "at": {(1, 1): {"state": "PENDING", "operator": "ROLLBACK_SKIP"}},
    },
    {
        "case": "a subtask has failed while its sibling runs on",
        "in": (OCP, 139),
        **INSTANCE,
        **{"id": "13", "name": "Demo diamond", "state": "RUNNING", "operator": "RUN"},
        **{"outcome": "running", "done": False, "failure": None, "progress": (1, 4)},
        # Both start after Demo prepare; Demo install was first, by 11 ms.
        "node_names": ["Demo prepare", "Demo install", "Demo check", "Demo finish"],
        "at": {
            (1,): {"id": "30", "downstreams": ["31", "32"]},
            (3, 1): {"state": "FAILED", "operator": "RUN", "duration": 0.019},
            (4,): {"id": "29", "upstreams": ["31", "32"]},
        },
    },
    {
        "case": "the sibling is done, the task has failed",
        "in": (OCP, 141),
        **INSTANCE,
        **{"id": "13", "state": "FAILED", "outcome": "failed", "progress": (2, 4)},
        **{"stage": 3, "max_stage": 4, "duration": 8.747},
        "failure": {
            **{"node": "Demo check", "sub_task": "Demo check", "sub_task_id": "32"},
            **{"agent": "192.0.2.2", "attempts": 1, "also": []},
        },
    },
    {
        "case": "FAILED is not at rest: the last retry is still READY",
        "in": (OCP, 309),
        **INSTANCE,
        **{"id": "23", "name": "Demo flaky", "state": "FAILED", "operator": "RUN"},
        **{"outcome": "failed", "progress": (1, 2), "stage": 2, "max_stage": 2},
        **{"duration": 2.963, "failure": UNNAMED},
        "at": {
            (2, 1): {
                **NOT_STARTED,
                **{"state": "READY", "operator": "RETRY", "execute_times": 3},
            }
        },
    },
    {
        "case": "the answer of a submit: ids as numbers and as strings",
        "in": (OCP, 312),
        **CHAIN,
        **{"id": "9007199254740990", "state": "RUNNING", "operator": "RUN"},
        **{"outcome": "running", "done": False, "progress": (0, 3), "stage": 1},
        "start_time": "2026-11-21T09:11:29.085467755Z",
        **{"end_time": None, "node_names": DEMO_CHAIN},
        "at": {
            (1,): {
                **{"id": "9007199254740990", "state": "READY", "upstreams": []},
                "downstreams": ["9007199254740992"],
            },
            (1, 1): {"id": "9007199254740990", **NOT_STARTED},
            (2,): {
                "id": "9007199254740992",
                "upstreams": ["9007199254740990"],
                "downstreams": ["9007199254740991"],
            },
            (3,): {"id": "9007199254740991", "upstreams": ["9007199254740992"]},
        },
    },
    {
        "case": "FAILED with every subtask SUCCESSFUL: no root cause to name",
        "in": (OCP, 331),
        **INSTANCE,
        **{"id": "9007199254740994", "name": "Demo flaky", "operator": "RUN"},
        **{"state": "FAILED", "outcome": "failed", "done": True, "stage": 2},
        **{"progress": (2, 2), "duration": 3.741, "failure": UNNAMED},
        "node_names": ["Demo prepare", "Demo flaky"],
        "at": {
            (2,): {"id": "9007199254740999", "upstreams": ["9007199254740998"]},
            (2, 1): {"state": "SUCCEED", "operator": "RETRY", "execute_times": 3},
        },
    },
    {
        "case": "an instance retry mended it",
        "in": (OCP, 334),
        **INSTANCE,
        **{"id": "9007199254740994", "state": "SUCCEED", "operator": "RETRY"},
        **{"outcome": "succeeded", "progress": (2, 2), "duration": 12.761},
        "failure": None,
    },
    {
        "case": "a retried subtask is told to stop",
        "in": (OCP, 351),
        **CHAIN,
        **{"id": "9007199254740995", "state": "RUNNING", "operator": "RETRY"},
        **{"outcome": "running", "end_time": None, "progress": (0, 3)},
        "at": {(1, 1): {"state": "CANCELING", "operator": "RETRY"}},
    },
    {
        "case": "cancelled during a retry",
        "in": (OCP, 353),
        **CHAIN,
        **{"id": "9007199254740995", "state": "FAILED", "operator": "RETRY"},
        **{"outcome": "cancelled", "done": True, "duration": 303.2, "stage": 1},
        "failure": {"sub_task_id": "9007199254741000", "attempts": 2, "also": []},
    },
]

AGENT_SAMPLE: dict[str, Any] = {
    **{"id": "22130706433028869", "name": "Synchronize agent from cluster"},
    **{"state": "SUCCEED", "operator": "RUN", "stage": 1, "max_stage": 1},
    **{"dag_id": 4, "outcome": "succeeded", "done": True, "progress": (1, 1)},
    "start_time": "2024-01-09T20:01:31.650764119+08:00",
    "end_time": "2024-01-09T20:01:32.655874093+08:00",
    **{"duration": 1.005109974, "maintenance": None, "additional_data": None},
}
CLUSTER_SAMPLE: dict[str, Any] = {
    **SCALE_OUT,
    **{"id": "11", "dag_id": 1, "state": "SUCCEED", "operator": "RUN"},
    **{"stage": 9, "max_stage": 9, "outcome": "succeeded", "progress": (9, 9)},
    **{"duration": 28.613749, "maintenance": None},
}
SAMPLES: list[dict[str, Any]] = [
    {
        "case": "the vendor's sample of a task of one agent",
        "in": (VENDOR, 1),
        **AGENT_SAMPLE,
        "at": {
            (1,): {"id": "22130706433028869", "node_id": 5, "duration": 1.003267648},
            (1, 1): {"task_id": 5, "duration": 0.141863132, "execute_times": 1},
        },
    },
    {
        "case": "the vendor's sample of a task of the cluster",
        "in": (VENDOR, 2),
        **CLUSTER_SAMPLE,
        "at": {
            (4,): {"name": "Wait remote deploy finish", "duration": 6.092221},
            (4, 1): {"duration": 6.056292},
        },
    },
    {
        "case": "the vendor's sample of one agent, Chinese page",
        "in": (VENDOR, 3),
        **AGENT_SAMPLE,
    },
    {
        "case": "the vendor's sample of the cluster, Chinese page",
        "in": (VENDOR, 4),
        **CLUSTER_SAMPLE,
        "at": {(8,): {"name": "Add agent  for scale_out"}},
    },
    {
        "case": "the vendor's sample of OCP: seriesId contradicts the order",
        "in": (VENDOR, 5),
        **INSTANCE,
        **{"id": "35000312", "name": "Reinstall OCP agent", "state": "SUCCEED"},
        **{"operator": "RUN", "stage": 4, "max_stage": 4, "progress": (4, 4)},
        **{"outcome": "succeeded", "done": True, "duration": 22.327, "failure": None},
        "start_time": "2021-08-25T15:09:31.74+08:00",
        "end_time": "2021-08-25T15:09:54.067+08:00",
        "node_names": [
            "Prepare reinstalling OCP agent",
            "Uninstall ocp agent",
            "Install ocp agent",
            "Finish reinstalling OCP agent",
        ],
        "at": {
            (1,): {"id": "13000335", "downstreams": ["13000333"]},
            (3,): {"id": "13000336", "upstreams": ["13000333"], "duration": 15.361},
            (4, 1): {"id": "13000334", "duration": 0.19},
        },
    },
]
CASES = [*INIT_LIFE, *OPERATORS, *SCALE_OUTS, *MAIN_AND_PARTS, *INSTANCES, *SAMPLES]


def tasks_in(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    data = exchange["response"]["body"]["data"]
    return data.get("contents", [data])


def recorded(name: str, number: int, index: int = 0) -> dict[str, Any]:
    return tasks_in(recordings.by_number(name)[number])[index]


def facts_of(data: dict[str, Any]) -> dict[str, Any]:
    return (
        (obshell_mapping if "dag_id" in data else ocp_mapping).to_task(data).to_dict()
    )


def check_duration(actual: Any, expected: Any) -> None:
    if expected is None:
        assert actual is None
    else:
        assert actual == pytest.approx(expected, abs=2e-6)


def check_progress(actual: Any, expected: Any) -> None:
    if expected is None:
        assert actual is None
        return
    done, total = expected
    assert (actual["done"], actual["total"]) == (done, total)
    assert abs(actual["percent"] - 100 * done / total) < 1


def check_maintenance(actual: Any, expected: Any) -> None:
    if expected is None:
        assert actual is None
        return
    assert set(actual) == {"scope", "key"}
    assert (actual["scope"], actual["key"] or "") == expected


def check_cause(actual: Any, expected: dict[str, Any]) -> None:
    expected = dict(expected)
    assert len(actual["logs"]) == expected.pop("lines", len(actual["logs"]))
    if "last_line" in expected:
        assert actual["logs"][-1] == expected.pop("last_line")
    for other, wanted in zip(actual.get("also", []), expected.get("also", [])):
        check_cause(other, wanted)
    assert len(actual.get("also", [])) == len(expected.pop("also", []))
    assert {key: actual[key] for key in expected} == expected


def check_failure(actual: Any, expected: Any) -> None:
    if expected is None:
        assert actual is None
    else:
        assert actual is not None
        check_cause(actual, expected)


def check_at(facts: dict[str, Any], path: tuple[int, ...], expected: Any) -> None:
    part = facts["nodes"][path[0] - 1]
    if path[1:]:
        part = part["sub_tasks"][path[1] - 1]
    check_level(part, expected)


def check_edges(actual: list[str], expected: list[str]) -> None:
    assert sorted(actual) == sorted(expected)


CHECKS = {
    "upstreams": check_edges,
    "downstreams": check_edges,
    "duration": check_duration,
    "progress": check_progress,
    "maintenance": check_maintenance,
    "failure": check_failure,
}


def check_level(facts: dict[str, Any], expected: dict[str, Any]) -> None:
    for key, value in expected.items():
        if key in CHECKS:
            CHECKS[key](facts[key], value)
        else:
            assert (key, facts[key]) == (key, value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_facts_are_what_the_server_meant(case: dict[str, Any]) -> None:
    expected = {key: value for key, value in case.items() if key not in ("case", "in")}
    facts = facts_of(recorded(*case["in"]))
    names = expected.pop("node_names", None)
    assert names is None or [node["name"] for node in facts["nodes"]] == names
    held = expected.pop("holds", {})
    assert {key: facts["additional_data"][key] for key in held} == held
    for path, part in expected.pop("at", {}).items():
        check_at(facts, path, part)
    check_level(facts, expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_logs_of_a_failure_are_the_end_of_what_was_logged(case: dict[str, Any]) -> None:
    data = recorded(*case["in"])
    logged = {
        sub["id"]: sub["task_logs"]
        for node in data.get("nodes") or []
        for sub in node["sub_tasks"]
    }
    failure = facts_of(data)["failure"]
    for cause in [failure, *failure["also"]] if failure else []:
        lines = logged.get(cause["sub_task_id"]) or []
        assert cause["logs"] == lines[-20:]


def levels_of(data: dict[str, Any]) -> set[tuple[str, ...]]:
    """Every level, state and operator that one recorded task shows."""
    if "dag_id" not in data:
        parts = data.get("subtasks") or data.get("tasks") or []
        shown = {("ocp", "sub_task", p["status"], p["operation"]) for p in parts}
        return shown | {("ocp", "task", data["status"], data.get("operation", ""))}
    found = {("obshell", "task", data["state"], data["operator"])}
    for node in data["nodes"] or []:
        found.add(("obshell", "node", node["state"], node["operator"]))
        for sub in node["sub_tasks"]:
            found.add(("obshell", "sub_task", sub["state"], sub["operator"]))
    return found


def is_task(data: Any) -> bool:
    return isinstance(data, dict) and not {"dag_id", "subtasks", "tasks"}.isdisjoint(
        data
    )


def test_the_cases_show_every_state_and_operator_ever_recorded() -> None:
    seen: set[tuple[str, ...]] = set()
    for name in recordings.NAMES:
        for exchange in recordings.load(name):
            body = exchange["response"]["body"]
            if isinstance(body, dict) and isinstance(body.get("data"), dict):
                for data in tasks_in(exchange) or []:
                    if is_task(data):
                        seen |= levels_of(data)
    shown: set[tuple[str, ...]] = set()
    for case in CASES:
        shown |= levels_of(recorded(*case["in"]))
    assert len(seen) > 60
    assert seen - shown == set()


def test_there_are_at_least_forty_cases_each_of_another_answer() -> None:
    assert len({case["in"] for case in CASES}) == len(CASES) >= 40
    assert len({case["case"] for case in CASES}) == len(CASES)

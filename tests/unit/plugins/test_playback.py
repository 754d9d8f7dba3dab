# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits on what real clusters answered, poll by poll: no verdict before the end."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target, waiter
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import replay
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

NAME = "obshell-cluster-4.5.0.0"
# First and last line, id, agent that was asked, and how it ended, from the tables
# beside the recordings.
EPISODES = [
    ("ob/init", 13, 53, "22130706433028864", 1, "succeeded"),
    ("scale-out", 100, 197, "11", 1, "succeeded"),
    ("scale-out asked of the target", 104, 198, "11", 2, "succeeded"),
    ("scale-in refused", 254, 261, "12", 1, "failed"),
    ("scale-in retried in vain", 266, 271, "12", 1, "failed"),
    ("scale-in rolled back", 273, 277, "12", 1, "rolled_back"),
    ("scale-in", 284, 319, "13", 1, "succeeded"),
    ("scale-in asked of the target", 287, 320, "13", 2, "succeeded"),
    ("scale-out that fails", 341, 377, "14", 1, "failed"),
    ("its retry", 404, 416, "14", 1, "failed"),
    ("its rollback", 418, 445, "14", 1, "rolled_back"),
    ("another that fails", 459, 497, "15", 1, "failed"),
    ("its retry that mends it", 499, 530, "15", 1, "succeeded"),
    ("stop of a server", 534, 602, "22130706433028865", 1, "succeeded"),
    ("start of a server", 606, 636, "22130706433028867", 1, "succeeded"),
    ("stop with force", 638, 664, "22130706433028869", 1, "succeeded"),
    ("start again", 683, 713, "221307064330288611", 1, "succeeded"),
    ("stop of a zone", 715, 741, "221307064330288613", 1, "succeeded"),
    ("start of a zone", 743, 775, "221307064330288615", 1, "succeeded"),
    ("stop of all", 777, 850, "221307064330288617", 1, "succeeded"),
    ("start of all that fails", 881, 900, "221307064330288619", 1, "failed"),
    ("start that fails", 1069, 1138, "221307064330288611", 1, "failed"),
    ("start with forced pass", 1156, 1179, "221307064330288614", 1, "failed"),
    ("rollback that fails", 1293, 1298, "18", 1, "rollback_failed"),
    ("backup configuration", 1307, 1311, "19", 1, "failed"),
    ("zone taken away", 1481, 1499, "112", 1, "succeeded"),
    ("tenant", 1582, 1613, "12", 1, "succeeded"),
    ("tenant asked of another", 1586, 1616, "12", 2, "succeeded"),
    ("tenant that fails", 1626, 1631, "14", 1, "failed"),
    ("tenant dropped", 1649, 1654, "17", 1, "succeeded"),
    ("scale-out while observers die", 1669, 1793, "18", 1, "succeeded"),
    ("the same asked of another", 1670, 1794, "18", 2, "succeeded"),
    ("scale-in while its agent stops", 1801, 1832, "19", 2, "succeeded"),
]


def polls(first, last, id, agent):
    """Return the recorded answers about one task, in order, as one agent gave them."""
    path = f"/api/v1/task/dag/{id}"
    return [
        exchange
        for exchange in recordings.load(NAME)
        if first <= exchange["n"] <= last
        and exchange["request"].get("agent") == agent
        and exchange["request"]["method"] == "GET"
        and exchange["request"]["path"] == path
        and not exchange["request"].get("query")
    ]


def around():
    """Return what a client asks besides: who the agent is, its key, its observer."""
    found = {}
    for exchange in recordings.load("obshell-4.5.0.0")[:10] + recordings.load(NAME):
        path, response = exchange["request"]["path"], exchange["response"]
        if response["status"] != 200 or exchange["request"]["method"] != "GET":
            continue
        if path in ("/api/v1/info", "/api/v1/secret", "/api/v1/status"):
            data = response["body"]["data"]
            up = data.get("obState") == 3 or data.get("identity") == "CLUSTER AGENT"
            if path == "/api/v1/secret" or up:
                found.setdefault(path, copy.deepcopy(exchange))
    return list(found.values())


def asked_as(exchange, agent):
    """Return the exchange as if that agent had been asked, and with no password."""
    told = copy.deepcopy(exchange)
    told["request"]["agent"] = agent
    if told["request"].get("auth"):
        told["request"]["auth"]["password"] = ""
    return told


def wait_on(exchanges, agent, task_id, clock):
    served = replay.Replay([asked_as(one, agent) for one in exchanges], agent=agent)
    deadline, tally = transport.Deadline(clock=clock), transport.Tally()
    given = {"url": [served.url], "password": ""}
    client = obshell_connection.client(given, deadline=deadline, tally=tally)
    wait = waiter.Wait(
        client,
        [target.Target(task_id=task_id)],
        wait_rules.Rules(),
        tally=tally,
        deadline=deadline,
        clock=clock,
        sleep=clock.sleep,
    )
    return served, wait


@pytest.mark.parametrize(
    "first, last, id, agent, outcome",
    [episode[1:] for episode in EPISODES],
    ids=[episode[0] for episode in EPISODES],
)
def test_a_recorded_task_is_followed_to_its_real_end(first, last, id, agent, outcome):
    answers = polls(first, last, id, agent)
    assert len(answers) > 2
    served, wait = wait_on([*around(), *answers], agent, id, scripted.Clock())
    with served:
        try:
            wait.run()
        except errors.TaskFailed as e:
            assert e.details["outcome"] == outcome
            assert outcome != "succeeded"
        assert wait.result()["outcome"] == outcome
        seen = [n for n in served.served if n in {one["n"] for one in answers}]
    # It looked at every answer, and not once more: the verdict came with the last.
    assert seen[: len(answers)] == [one["n"] for one in answers]


# The line that shows a part as it is over or stopped, and its main task's episode.
PARTS = [
    (141, "scale-out"),
    (195, "scale-out"),
    (356, "scale-out that fails"),
    (444, "its rollback"),
    (552, "stop of a server"),
    (597, "stop of a server"),
    (613, "start of a server"),
    (635, "start of a server"),
    (795, "stop of all"),
    (1087, "start that fails"),
    (1134, "start that fails"),
]


@pytest.mark.parametrize("number, main", PARTS)
def test_a_part_waits_for_its_main_task_whatever_it_says_itself(number, main):
    episode = next(one for one in EPISODES if one[0] == main)
    _name, first, last, id, agent, outcome = episode
    part = recorded_part(number, id)
    alone = copy.deepcopy(polls(first, last, id, agent)[0])
    alone["n"] = 0
    alone["request"]["path"] = f"/api/v1/task/dag/{part['id']}"
    alone["response"]["body"]["data"] = part
    exchanges = [*around(), alone, *polls(first, last, id, agent)]
    served, wait = wait_on(exchanges, agent, part["id"], scripted.Clock())
    with served:
        try:
            wait.run()
        except errors.TaskFailed:
            assert outcome != "succeeded"
    assert wait.result()["outcome"] == outcome
    assert wait.targets[0].snapshot.id == id


def recorded_part(number, main):
    data = recordings.by_number(NAME)[number]["response"]["body"]["data"]
    return next(
        dag
        for dag in data.get("contents") or [data]
        if (dag["additional_data"] or {}).get("main_dag_id") == main
        and dag["state"] in ("FAILED", "SUCCEED")
    )

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real agents answered, asked for through our client: facts, and every error."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    login as obshell_login,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target, waiter
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import replay
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_recorded import (
    AGENTS,
    NAMES,
    PREFIX,
    PUBLIC,
    agent_facts,
    bare,
    client_of,
    error_of,
    public,
)

CLUSTER = "obshell-cluster-4.5.0.0"


# Every kind of error


def kinds():
    """The first exchange of each kind of error, by status, errCode and code."""
    seen = {}
    for name in NAMES:
        for exchange in recordings.load(name):
            status, path = exchange["response"]["status"], exchange["request"]["path"]
            error = error_of(exchange)
            kind = (status, error.get("errCode"), error.get("code"))
            route = path.startswith(PREFIX) and path[len(PREFIX) :] not in PUBLIC
            tcp = exchange["request"].get("transport", "tcp") == "tcp"
            if status >= 300 and route and tcp and kind not in seen:
                seen[kind] = (name, exchange)
    return seen


KINDS = kinds()
# What a reader is told of a 401, in which the server often says nothing of use.
REFUSALS = {
    "10008": "wants the password of root@sys; none was given (obshell.password)",
    "DecryptFailed": "it cannot decrypt the header sealed with the key it just gave",
    "WithAgentPassword": "the agent's password",
    "IncorrectAgentPassword": "wants the agent's password; none was given",
    "WithOceanBasePassword": "wants the password of root@sys; none was given",
    "IncorrectOceanbasePassword": "wants the password of root@sys; none was given",
    "IncorrectseekdbPassword": "wants the password of root@sys; none was given",
    "UriMismatch": "it got another path than was signed",
    "Expired": "had expired although the clock was measured anew",
    "Invalid": "it cannot read the time in the header",
    "SessionInvalid": "wants the password of root@sys; none was given",
}


def test_many_kinds_were_recorded():
    assert len(KINDS) >= 55


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_each_kind_of_error_tells(kind):
    name, exchange = KINDS[kind]
    exchange = bare(exchange)
    request, error = exchange["request"], error_of(exchange)
    code = str(error.get("errCode") or error.get("code") or "")
    query = f"?{request['query']}" if request.get("query") else ""
    path = request["path"][len(PREFIX) :]
    with replay.Replay([*agent_facts(name), exchange]) as served:
        # Without any of the agent's nothing would be sent for a task of obproxy.
        obproxy = obshell_login.wants_agent_password(path)
        given = {"agent_password": "any"} if obproxy else {}
        client = client_of(served, **given)
        with pytest.raises(errors.OpsError) as caught:
            client.call(request["method"], path + query)
        assert [one for one in served.unknown if "/secret" not in one] == []
    told = caught.value
    assert told.message.startswith(f"{request['method']} {served.url}{PREFIX}{path}: ")
    assert "\n" not in told.message
    assert told.details["status"] == kind[0]
    assert told.details["code"] == (code or None)
    assert code in told.message
    if error.get("message"):
        said = errors.printable(error["message"])
        assert said in told.message and told.details["server_message"] == said
    if kind[0] == 401:
        assert isinstance(told, errors.AuthRefused)
        assert REFUSALS[code.rpartition(".")[2]] in told.message
    elif kind[0] >= 500 and "UnderMaintenance" not in code:
        assert isinstance(told, errors.Unavailable)
    else:
        assert told.kind == "refused"


# Every task


def polls(name, agent):
    """What was asked of one agent about tasks by their ids, without refused logins."""
    found = {}
    for exchange in recordings.load(name):
        request, response = exchange["request"], exchange["response"]
        id = request["path"].rpartition("/dag/")[2]
        wanted = (
            request["method"] == "GET"
            and request.get("agent", 1) == agent
            and request.get("transport", "tcp") == "tcp"
            and id.isdigit()
            and len(id) > 1
            and request.get("query") in (None, "", "show_details=false")
            and response["status"] in (200, 404, 500)
        )
        if wanted:
            key = (id, request.get("query") != "show_details=false")
            found.setdefault(key, []).append(bare(exchange))
    return found


POLLED = [
    (name, agent, polls(name, agent))
    for name, agent in itertools.product(NAMES, AGENTS)
]
POLLED = [(name, agent, found) for name, agent, found in POLLED if found]


# A main task that failed, and its parts behind it: by the recordings they are passed.
# In the last row one is shown as before, when its main task had not yet gone on.
PARTS = [
    ((1138, 1157, 1158), "Start observer", "observer: cannot start: exit status 1"),
    ((1138, 1157, 1123), "Start observer", "observer: cannot start: exit status 1"),
    ((1138, 1118, 1158), "Start observer", "observer: cannot start: exit status 1"),
    ((1179, 1176), "Make sure all agents are ready", "not created, main DAG failed"),
    ((1179, 1172), "Make sure all agents are ready", "not created, main DAG failed"),
]


@pytest.mark.parametrize("numbers,node,words", PARTS)
def test_a_main_task_tells_what_failed_in_its_parts(numbers, node, words):
    recorded = {one["n"]: one for one in recordings.load(CLUSTER)}
    exchanges = [_by_its_id(recorded[number]) for number in numbers]
    with replay.Replay([*agent_facts(CLUSTER), *exchanges]) as served:
        client = client_of(served)
        main = recorded[numbers[0]]["response"]["body"]["data"]["id"]
        whole, missing = client.explained(client.fetch(main), 5)
    assert missing == []
    assert whole.failure()["node"] == node and whole.cause.endswith(words)
    assert "wait operator to advance" not in str(whole.failure(1))


def _by_its_id(exchange):
    """Return the exchange as the answer to a question for this very task."""
    path = f"{PREFIX}/task/dag/{exchange['response']['body']['data']['id']}"
    asked = {"method": "GET", "path": path, "query": ""}
    return {"request": asked, "response": exchange["response"]}


@pytest.mark.parametrize("name,agent,found", POLLED, ids=lambda at: str(at)[:30])
def test_each_recorded_task_is_answered_as_it_was(name, agent, found):
    exchanges = [one for group in found.values() for one in group]
    with replay.Replay([*agent_facts(name), *exchanges]) as served:
        client = client_of(served)
        for (id, details), group in found.items():
            for exchange in group:
                check(client, id, details, exchange)


def check(client, id, details, exchange):
    status, body = exchange["response"]["status"], exchange["response"]["body"]
    if status == 200:
        known = obshell_mapping.to_task(body["data"])
        assert client.fetch(id, details=details) == known
        return
    proved = status == 404 and body["error"]["message"].endswith(
        ("record not found", "dag id not match")
    )
    # seekdb says no more than "Task not found" for ids that cannot be its own (7).
    proved = proved or body["error"]["message"] == "Task not found"
    with pytest.raises(errors.TaskNotFound if proved else errors.Unavailable):
        client.fetch(id, details=details)


# Fail-over: the driving agent stopped, observers killed, and back, second by second


class Story:
    """Two agents as they were recorded, and a clock that a wait's sleep turns.

    `gone` holds the agent that did not answer, and from when to when, in milliseconds.
    """

    def __init__(self, first, last, statuses, gone=None):
        self.now, self.gone = 0.0, gone
        recorded = [e for e in recordings.load(CLUSTER) if first <= e["n"] <= last]
        answered = [bare(e) for e in recorded if e["response"]["status"]]
        self.agents = {
            agent: replay.Replay(
                [*agent_facts(CLUSTER)[:1], *statuses.get(agent, [UP]), *answered],
                agent=agent,
                elapsed=lambda: self.now * 1000,
            )
            for agent in (1, 2)
        }

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for one in self.agents.values():
            one.close()

    def sleep(self, seconds):
        before, self.now = self.now * 1000, self.now + seconds
        agent, begin, end = self.gone or (0, 0, 0)
        if before < begin <= self.now * 1000:
            self.agents[agent].server.down()
        if before < end <= self.now * 1000:
            self.agents[agent].server.up()

    def client(self, order):
        return client_of(*(self.agents[agent] for agent in order))

    def wait(self, client, targets=(), quiet=None, timeout=600):
        wait = waiter.Wait(
            client,
            list(targets),
            wait_rules.Rules(timeout=timeout, sleep=1, details=True),
            quiet,
            clock=lambda: self.now,
            sleep=self.sleep,
        )
        try:
            wait.run()
        except errors.WaitError as e:
            return wait.result(), e.message
        return wait.result(), ""

    def seen(self):
        return [one for agent in self.agents.values() for one in agent.server.requests]


def status_at(milliseconds, state):
    data = {"obState": state, "agent": {"identity": "CLUSTER AGENT"}}
    return {**public("/status", data), "since_submit_ms": milliseconds}


UP = status_at(0, 3)
# Between these the observer of agent 1, and then of both, did not run (1676 to 1733).
OBSERVERS = (1668, 1798)
STATUSES = {
    1: [UP, status_at(5800, 0)],
    2: [UP, status_at(19800, 0), status_at(34540, 3)],
}
# Agent 1, which drove the task, was stopped between these (1808 to 1835).
AGENT = (1799, 1837)
GONE = (1, 3013, 17864)
NAME_OF = {1668: "Cluster scale out", 1799: "Cluster scale in"}


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (1,), (2,)])
def test_a_wait_outlives_the_kill_of_one_observer_and_of_both(order):
    with Story(*OBSERVERS, STATUSES) as story:
        wanted = [target.Target(task_id="18")]
        result, words = story.wait(story.client(order), wanted)
        assert not [one for one in story.seen() if one.status >= 500]
        urls = {story.agents[agent].url for agent in order}
        assert set(result["answered_by"]) == (
            urls if order[0] == 1 else {story.agents[2].url}
        )
    assert (result["outcome"], words) == ("succeeded", "")
    # The end was seen at 51.9 s, which is within a second of it.
    assert 51 <= result["elapsed"] <= 53
    assert len(result["outages"]) == 1
    outage = result["outages"][0]
    assert "observer is not up" in outage["reason"]
    # Who knows both agents did not even notice that one was down.
    begin = 6 if order == (1,) else 20
    assert (outage["from"], outage["to"]) == (begin, 35)


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2,)])
def test_a_wait_outlives_the_stop_of_the_driving_agent(order):
    with Story(*AGENT, {}, GONE) as story:
        wanted = [target.Target(task_id="19")]
        result, words = story.wait(story.client(order), wanted)
    assert (result["outcome"], words) == ("succeeded", "")
    assert result["outages"] == []
    assert 17 <= result["elapsed"] <= 19


def test_a_wait_that_knows_the_stopped_agent_alone_waits_until_it_is_back():
    with Story(*AGENT, {}, GONE) as story:
        wanted = [target.Target(task_id="19")]
        result, words = story.wait(story.client((1,)), wanted)
        seen = [one for one in story.seen() if one.status >= 500]
    assert (result["outcome"], words) == ("succeeded", "")
    assert len(result["outages"]) == 1
    outage = result["outages"][0]
    assert (outage["from"], outage["to"]) == (4, 19)
    # Back, its database was not there for a moment (1835).
    assert [one.err_code for one in seen] == ["Agent.OceanBase.DB.NotOcs"]


@pytest.mark.parametrize(
    "story, order, end",
    [
        ((*OBSERVERS, STATUSES), (1,), 52),
        ((*AGENT, {}, GONE), (2, 1), 18),
    ],
)
def test_a_wait_for_quiet_ends_with_the_recorded_task(story, order, end):
    with Story(*story) as told:
        quiet = target.Quiet("cluster", NAME_OF[story[0]])
        result, words = told.wait(told.client(order), quiet=quiet)
    assert (result["done"], words) == (True, "")
    assert end <= result["elapsed"] <= end + 2

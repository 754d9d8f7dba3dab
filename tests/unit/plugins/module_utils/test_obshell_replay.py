# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real agents answered, asked for through our client: facts, and every error."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    errors,
    obshell_dag,
    target,
    transport,
    waiter,
)
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
    "WithAgentPassword": "wants the agent's password; none was given",
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
        client = client_of(served)
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
        known = obshell_dag.to_task(body["data"])
        assert client.fetch(id, details=details) == known
        return
    proved = status == 404 and body["error"]["message"].endswith(
        ("record not found", "dag id not match")
    )
    # seekdb says no more than "Task not found" for ids that cannot be its own (7).
    proved = proved or body["error"]["message"] == "Task not found"
    with pytest.raises(errors.TaskNotFound if proved else errors.Unavailable):
        client.fetch(id, details=details)


# Fail-over: the driving agent stopped, observers killed, and back


class Clock:
    """Seconds that pass in sleep alone, in which somebody may act."""

    def __init__(self, act=lambda nap: None):
        self.now, self.naps, self.act = 0.0, 0, act

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.naps += 1
        self.act(self.naps)


def part(first, last):
    found = (e for e in recordings.load(CLUSTER) if first <= e["n"] <= last)
    return [bare(e) for e in found if e["response"]["status"]]


def status_of(agent, up):
    return public(
        "/status", {"obState": 3 if up else 0, "agent": {"identity": "CLUSTER AGENT"}}
    )


def waited(client, id, clock):
    source = target.Source(client, client.last, transport.Tally())
    wait = waiter.Wait(
        source,
        [target.Target(task_id=id)],
        waiter.Rules(timeout=3600, sleep=1),
        clock=clock,
        sleep=clock.sleep,
    )
    wait.run()
    return wait.result()


def served_by(agent, exchanges, status):
    known = [e for e in exchanges if e["request"]["path"] != f"{PREFIX}/status"]
    info = agent_facts(CLUSTER)[:1]
    return replay.Replay([*info, *status, *known], agent=agent)


def test_a_wait_outlives_the_stop_of_the_driving_agent():
    exchanges = part(1799, 1837)
    up = [status_of(1, True)]
    with served_by(1, exchanges, up) as first, served_by(2, exchanges, up) as second:

        def act(nap):
            if nap == 3:
                first.server.down()

        result = waited(client_of(first, second), "19", Clock(act))
    assert result["outcome"] == "succeeded"
    assert result["outages"] == []


def test_a_wait_outlives_the_kill_of_one_observer_and_of_both():
    exchanges = part(1668, 1798)
    # Agent 1 is down from the third look on, then both, then both are back.
    first_status = [status_of(1, up) for up in [True] * 3 + [False] * 30 + [True]]
    second_status = [status_of(2, up) for up in [True] * 12 + [False] * 18 + [True]]
    with served_by(1, exchanges, first_status) as first, served_by(
        2, exchanges, second_status
    ) as second:
        result = waited(client_of(first, second), "18", Clock())
        asked = [seen for one in (first, second) for seen in one.server.requests]
    assert result["outcome"] == "succeeded"
    assert len(result["outages"]) == 1
    assert "observer is not up" in result["outages"][0]["reason"]
    assert not [seen for seen in asked if seen.status >= 500]

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module over each recording: it says what the real agent said."""

from __future__ import annotations

import itertools
import re

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    operations as obshell_operations,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target, waiter
from ansible_collections.oceanbase.ops.plugins.modules import (
    obshell_api,
    obshell_last_task,
    obshell_task,
    obshell_task_info,
    wait_for_task,
)
from ansible_collections.oceanbase.ops.tests.simulator import replay
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_recorded import (
    AGENTS,
    NAMES,
    PUBLIC,
    agent_facts,
    client_of,
    code_of,
    data_of,
    error_of,
    over_tcp,
    public,
    route_of,
)

pytestmark = pytest.mark.slow

EACH = list(itertools.product(NAMES, AGENTS))
ENDED = ("SUCCEED", "FAILED")
BRIEF = "show_details=false"


@pytest.fixture
def run(create_module):
    """Return what a module's run() does with these params and this client."""

    def ask(module, client, **params):
        return module.run(create_module(params), client)

    return ask


def asked(name, agent, *statuses, method="GET", queries=("",)):
    """Return the exchanges below /api/v1 that an agent's client may have to read."""
    return [
        exchange
        for exchange in over_tcp(name, agent)
        if exchange["request"]["method"] == method
        and (exchange["request"].get("query") or "") in queries
        and exchange["response"]["status"] in statuses
        and route_of(exchange)
    ]


def by_route(exchanges, pattern):
    found = {}
    for exchange in exchanges:
        if re.fullmatch(pattern, route_of(exchange)):
            found.setdefault(route_of(exchange), []).append(exchange)
    return found


def facts_in(exchange):
    return [one.to_dict() for one in obshell_mapping.tasks_in(data_of(exchange))]


def played(name, exchanges):
    return replay.Replay([*agent_facts(name), *exchanges])


# obshell_api


@pytest.mark.parametrize("name, agent", EACH)
def test_api_gives_every_answer_as_it_was(name, agent, run):
    wanted = [
        exchange
        for exchange in over_tcp(name, agent)
        # What a wrong or missing header got is a test of its own.
        if exchange["response"]["status"] != 401
        and code_of(exchange) != "Request.Header.NotFound"
        and route_of(exchange) not in (None, *PUBLIC)
        and not route_of(exchange).startswith("//")
        # seekdb has no obproxy: nothing is sent that would ask for its tasks.
        and not ("seekdb" in name and "/dag/4" in route_of(exchange))
    ]
    with played(name, wanted) as served:
        client = client_of(served, agent_password="any")
        for exchange in wanted:
            check_api(run, client, exchange)
        assert [one for one in served.unknown if "/secret" not in one] == []


def check_api(run, client, exchange):
    request, status = exchange["request"], exchange["response"]["status"]
    query = f"?{request['query']}" if request.get("query") else ""
    found = run(
        obshell_api,
        client,
        path=route_of(exchange) + query,
        method=request["method"],
        query=None,
        body=request["body"] if isinstance(request.get("body"), dict) else None,
        status_code=[status],
        encrypted_fields=[],
    )
    assert found["status"] == status
    assert found["data"] == data_of(exchange)
    changing = request["method"] not in ("GET", "HEAD")
    assert found["changed"] is (changing and status == 200)
    assert found["tasks"] == facts_in(exchange)
    assert found["task_ids"] == [one["id"] for one in found["tasks"]]
    assert code_of(exchange) in (found["server_message"] or "")


# obshell_task_info: nodes, sub-tasks and their logs


@pytest.mark.parametrize("name, agent", EACH)
def test_info_gives_nodes_and_logs_as_they_were(name, agent, run):
    exchanges = asked(name, agent, 200, 404)
    nodes = by_route(exchanges, r"/task/node/\d+")
    subs = by_route(exchanges, r"/task/sub_task/\d+")
    logs = by_route(exchanges, r"/task/sub_task/\d+/logs")
    last = [group[-1] for group in (*nodes.values(), *subs.values(), *logs.values())]
    with played(name, last) as served:
        client = client_of(served)
        for route, group in nodes.items():
            check_one(run, client, "node_id", route, group[-1])
        for route, group in subs.items():
            found = check_one(run, client, "sub_task_id", route, group[-1])
            if found and "4.2.3" not in name:
                check_log(found["logs"], data_of(logs[f"{route}/logs"][-1]))
            elif found:
                lines = [row["log_content"] for row in found["logs"]]
                assert lines == (found["sub_task"]["task_logs"] or [])


def check_one(run, client, option, route, exchange):
    given = dict.fromkeys((*obshell_task_info.WHAT, *obshell_task_info.FILTERS))
    given.update({option: route.rpartition("/")[2], "details": True})
    if exchange["response"]["status"] == 404:
        with pytest.raises(errors.TaskNotFound):
            run(obshell_task_info, client, **given)
        return None
    found, data = run(obshell_task_info, client, **given), data_of(exchange)
    known = found[option[: -len("_id")]]
    for key in ("id", "name", "state", "operator", "additional_data"):
        assert known[key] == data[key]
    return found


def check_log(rows, data):
    lines = sorted(data["contents"], key=lambda one: (one["execute_times"], one["id"]))
    assert [row["log_content"] for row in rows] == [one["log_content"] for one in lines]
    assert [row["id"] for row in rows] == [one["id"] for one in lines]


# The lists, and the last tasks


LISTS = {
    "/task/dag/ob/unfinish": (obshell_task_info, {"unfinished": "cluster"}),
    "/task/dag/agent/unfinish": (obshell_task_info, {"unfinished": "agent"}),
    "/task/dags/ob": (obshell_task_info, {"history": "cluster"}),
    "/task/dags/agent": (obshell_task_info, {"history": "agent"}),
    "/task/dag/maintain/ob": (obshell_last_task, {"scope": "cluster"}),
    "/task/dag/maintain/agent": (obshell_last_task, {"scope": "agent"}),
    "/task/dag/maintain/agents": (obshell_last_task, {"scope": "agents"}),
}


# 4.2.3 has no lists of all tasks and is not asked for them.
LISTED = [
    (name, agent, route)
    for (name, agent), route in itertools.product(EACH, LISTS)
    if not ("4.2.3" in name and "/dags/" in route)
]


@pytest.mark.parametrize("name, agent, route", LISTED)
def test_lists_are_what_they_were_and_no_error_is_an_empty_one(name, agent, route, run):
    module, given = LISTS[route]
    queries = ("", BRIEF) if module is obshell_task_info else ("",)
    wanted = asked(name, agent, 200, 400, 404, 500, queries=queries)
    wanted = [one for one in wanted if route_of(one) == route]
    with played(name, wanted) as served:
        client = client_of(served)
        for exchange in wanted:
            details = exchange["request"]["query"] != BRIEF
            params = dict.fromkeys(
                (*obshell_task_info.WHAT, *obshell_task_info.FILTERS)
            )
            params.update(details=details, **given)
            check_list(run, module, client, params, exchange)


def check_list(run, module, client, params, exchange):
    status = exchange["response"]["status"]
    if status == 200:
        known = {one["id"]: one for one in facts_in(exchange)}
        found = run(module, client, **params)["tasks"]
        assert {one["id"]: one for one in found} == known
        assert len(found) == len(known)
        return
    nothing_yet = error_of(exchange).get("message", "").endswith("under maintenance")
    if status == 404 and nothing_yet and module is obshell_last_task:
        assert run(module, client, **params)["tasks"] == []
        return
    if params.get("scope") == "agents":
        # A panic, or no such route: each agent is asked for itself.
        assert status == 500 or code_of(exchange) == "Common.NotFound"
        with pytest.raises(errors.OpsError, match="maintain/agent|last task of"):
            run(module, client, **params)
        return
    with pytest.raises((errors.Unavailable, errors.Refused)) as caught:
        run(module, client, **params)
    assert code_of(exchange) in caught.value.message


# obshell_task


def operations():
    """Each operator that was sent, with the task before it, and after it."""
    for name, agent in EACH:
        exchanges, before = over_tcp(name, agent), {}
        for at, exchange in enumerate(exchanges):
            request, status = exchange["request"], exchange["response"]["status"]
            _dag, _slash, id = request["path"].rpartition("/task/dag/")
            in_full = request["method"] == "GET" and request["query"] in ("", None)
            if in_full and status == 200 and id.isdigit():
                before[id] = exchange
            body = request["body"] if request["method"] == "POST" else None
            word = body.get("operator") if isinstance(body, dict) else None
            known = word in obshell_operations.OPERATIONS and id in before
            if known and status != 401:
                later = next_look(exchanges[at:], id)
                label = f"{name} {exchange['n']}"
                yield pytest.param(
                    name, word, before[id], exchange, later or before[id], id=label
                )


def next_look(exchanges, id):
    for one in exchanges:
        request = one["request"]
        same = request["path"].endswith(f"/task/dag/{id}")
        if same and request["method"] == "GET" and request["query"] in ("", None):
            return one if one["response"]["status"] == 200 else None
    return None


def parts_of(name, main):
    """Return answers for the parts of a main task, as a list showed them last."""
    known = {}
    for exchange in itertools.chain(*(over_tcp(name, agent) for agent in AGENTS)):
        data = data_of(exchange) if exchange["n"] <= main["n"] else None
        for dag in (data.get("contents") or [data]) if isinstance(data, dict) else []:
            if "dag_id" in dag:
                known[dag["id"]] = dag
    ids = ((data_of(main)["additional_data"] or {}).get("sub_dags") or {}).values()
    return [public(f"/task/dag/{id}", known[id]) for id in ids]


OPERATIONS = list(operations())


def test_many_operations_were_recorded():
    assert len(OPERATIONS) > 60


@pytest.mark.parametrize("name, word, before, exchange, later", OPERATIONS)
def test_operations_end_as_they_did(name, word, before, exchange, later, create_module):
    looks = [before, later, later, *parts_of(name, before)]
    params = {"task_id": data_of(before)["id"], "node_id": None, "sub_tasks": False}
    module = create_module({**params, "operation": word})
    first = obshell_mapping.to_task(data_of(before))
    decision = obshell_operations.decide(first, word).what
    with played(name, [*looks, exchange]) as served:
        client = client_of(served)
        found = refusal = None
        try:
            found = obshell_task.run(module, client, lambda seconds: None)
        except errors.OpsError as e:
            refusal = e
        sent = sum(one.method == "POST" for one in served.server.requests)
    if exchange["response"]["status"] == 200 and found:
        assert (found["changed"], sent) == (True, 1)
        assert found["task"] == facts_in(later)[0]
    elif exchange["response"]["status"] == 200:
        # Cancelling or undoing a task that has parts elsewhere asks for them too.
        assert first.sub_dags or any(
            one.agent for node in first.nodes or () for one in node.sub_tasks
        )
    elif decision != "send":
        assert sent == 0
    elif found is None:
        assert "\n" not in refusal.message
        code = code_of(exchange)
        moved = obshell_operations.is_moved(code, error_of(exchange)["message"])
        assert code in refusal.message or moved


# wait_for_task


def episodes():
    """Each task from its beginning, or from an operator, to the next time it rests."""
    for name, agent in EACH:
        polls = {}
        for exchange in over_tcp(name, agent):
            request = exchange["request"]
            id = request["path"].rpartition("/task/dag/")[2]
            if not id.isdigit() or request["query"] not in ("", None):
                continue
            if request["method"] != "GET":
                polls.pop(id, None)
                continue
            data = data_of(exchange)
            if not data or (data["additional_data"] or {}).get("main_dag_id"):
                continue
            polls.setdefault(id, []).append(exchange)
            if data["state"] in ENDED:
                group = polls.pop(id)
                yield pytest.param(name, id, group, id=f"{name} {group[0]['n']}")


EPISODES = list(episodes())


def test_many_ends_were_recorded():
    assert len(EPISODES) > 150
    assert sum(len(one.values[2]) > 2 for one in EPISODES) > 50


@pytest.mark.parametrize("name, id, polls", EPISODES)
def test_a_wait_ends_with_the_answer_that_ended_the_task(
    name, id, polls, create_module
):
    end = obshell_mapping.to_task(data_of(polls[-1]))
    clock, tally = scripted.Clock(), transport.Tally()
    module = create_module({}, check_mode=False)
    with played(name, polls) as served:
        wait = waiter.Wait(
            client_of(served),
            [target.Target(task_id=id)],
            wait_rules.Rules(outcome=("succeeded", "passed")),
            tally=tally,
            clock=clock,
            sleep=clock.sleep,
        )
        try:
            found = wait_for_task.run(module, wait)
            assert found["outcome"] in ("succeeded", "passed")
        except errors.TaskFailed as e:
            found = e.result
            assert found["outcome"] not in ("succeeded", "passed")
            assert messages_name(e.message, end)
        seen = [n for n in served.served if n in {one["n"] for one in polls}]
    assert found["outcome"] == end.outcome
    assert found["task"]["state"] == end.state
    assert seen == [one["n"] for one in polls]


def messages_name(text, end):
    failed = end.causes(1)
    return end.id in text and (not failed or (failed[0].node or "") in text)

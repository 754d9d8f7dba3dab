# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.task import (
    times,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target, waiter
from ansible_collections.oceanbase.ops.tests.simulator.ocp import (
    scenarios as ocp_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served


@pytest.mark.parametrize("given_credentials", [{}, ocp_served.KEYS])
def test_a_task_is_fetched_with_either_authentication(server, given_credentials):
    id = server.start("chain")
    found = ocp_served.client(server, **given_credentials).fetch(id)
    assert (found.id, found.state, len(found.nodes)) == (id, "RUNNING", 3)


def test_one_session_serves_many_requests(server):
    id = server.start("chain")
    client = ocp_served.client(server)
    for _look in range(5):
        client.fetch(id)
    assert server.sessions_made == 1


def test_a_failure_is_told_by_the_last_run_of_its_root_cause(server):
    id = server.start(ocp_scenarios.fail_always())
    client = ocp_served.client(server)
    server.clock.advance(20)
    failed, missing = client.explained(client.fetch(id), 3)
    assert missing == []
    cause = failed.failure()
    assert cause["sub_task"] == "Demo install" and len(cause["logs"]) == 3
    assert "cannot reach 198.51.100.7:2881" in cause["logs"][-1]
    others = [sub for one in failed.nodes for sub in one.sub_tasks]
    assert [sub.task_logs is None for sub in others] == [True, False, True]


def test_two_causes_are_told_the_earlier_first(server):
    id = server.start(ocp_scenarios.wide_diamond())
    client = ocp_served.client(server)
    server.clock.advance(120)
    failed, _missing = client.explained(client.fetch(id), 20)
    cause = failed.failure()
    assert len(failed.nodes) == 30 and len(cause["also"]) == 1
    ends = {one.id: times.moment(one.end_time) for one in failed.nodes}
    assert ends[cause["sub_task_id"]] <= ends[cause["also"][0]["sub_task_id"]]
    assert cause["logs"] and cause["also"][0]["logs"]


def wait_on(server, id):
    """Return a wait that turns the server's clock."""
    rules = wait_rules.Rules(timeout=3600)
    return waiter.Wait(
        ocp_served.client(server),
        [target.Target(task_id=id)],
        rules,
        clock=server.clock.now,
        sleep=server.clock.advance,
    )


def test_a_wait_names_two_causes_the_earlier_first(server):
    wait = wait_on(server, server.start(ocp_scenarios.wide_diamond()))
    with pytest.raises(errors.TaskFailed) as caught:
        wait.run()
    cause = wait.targets[0].snapshot.failure()
    first, second = cause["sub_task"], cause["also"][0]["sub_task"]
    said = caught.value.message
    assert 0 < said.index(f"'{first}'") < said.index(f"'{second}'")
    assert said.count("no space left on device") == 2


def test_a_wait_keeps_to_a_rate_limit(server):
    id = server.start(ocp_scenarios.chain(seconds=60))
    server.limit(1, 10)
    wait = wait_on(server, id)
    wait.run()
    assert wait.targets[0].snapshot.outcome == "succeeded"
    refused = [seen for seen in server.server.requests if seen.status == 429]
    good = [seen for seen in server.server.requests if seen.status == 200]
    assert len(refused) <= len(good) + 1


def test_no_log_is_read_where_none_is_wanted(server):
    id = server.start(ocp_scenarios.fail_always())
    client = ocp_served.client(server)
    server.clock.advance(20)
    failed = client.fetch(id)
    sent = len(server.server.requests)
    assert client.explained(failed, 0) == (failed, [])
    assert len(server.server.requests) == sent


def test_a_log_that_cannot_be_read_never_hides_the_verdict(server):
    id = server.start(ocp_scenarios.diamond(failures=10**9))
    client = ocp_served.client(server)
    server.clock.advance(60)
    failed = client.fetch(id)
    server.server.faults.add("status", status=500, path=".*/log")
    same, missing = client.explained(failed, 20)
    assert same.outcome == "failed"
    assert "HTTP 500" in missing[0] and "log of subtask" in missing[0]


def test_a_refused_log_ends_the_reading_of_logs(server):
    id = server.start(ocp_scenarios.wide_diamond())
    client = ocp_served.client(server)
    server.clock.advance(120)
    failed = client.fetch(id)
    server.set_password("changed")
    client._server.carrier.forget_cookies()
    _same, missing = client.explained(failed, 20)
    assert server.failed_logins == 1
    assert missing[1:] == ["1 more logs were not asked for"]


def test_a_short_rate_limit_is_waited_for_when_a_log_is_read(server):
    id = server.start(ocp_scenarios.fail_always())
    client = ocp_served.client(server)
    server.clock.advance(20)
    server.limit(1, 10)
    failed = client.fetch(id)
    failed, missing = client.explained(failed, 20)
    assert missing == [] and failed.failure()["logs"]


def test_what_a_client_remembers_holds_no_secret(server):
    client = ocp_served.client(server, **ocp_served.KEYS)
    assert set(client.memory) == {"clock_offset"}
    json.dumps(client.memory)


def test_express_is_the_one_below_api_v1(server):
    assert not ocp_served.client(server).express
    with ocp_served.serving(express=True) as express:
        client = ocp_served.client(express)
        assert client.express
        id = express.start("chain")
        assert client.fetch(id).additional_data["creator"] == "admin"


def posts(server):
    return [seen.target for seen in server.server.requests if seen.method == "POST"]


def test_a_cancel_waits_for_a_subtask_that_is_about_to_run(server):
    id = server.start(ocp_scenarios.slow())
    client = ocp_served.client(server)
    before = client.fetch(id)
    assert "RUNNING" not in [node.state for node in before.nodes]
    assert client.cancel(before) == (True, [])
    assert len(posts(server)) == 1 and posts(server)[0].endswith("/cancel")


def test_a_cancel_whose_answer_was_lost_is_looked_up_and_not_repeated(server):
    id = server.start(ocp_scenarios.slow())
    server.clock.advance(5)
    client = ocp_served.client(server)
    server.server.faults.add("truncated", count=1, path=".*/cancel$")
    client.cancel(client.fetch(id))
    assert len(posts(server)) == 1
    server.clock.advance(5)
    assert client.fetch(id).outcome == "cancelled"


def test_what_is_over_is_not_cancelled_and_the_refusal_says_why(server):
    id = server.start(ocp_scenarios.chain())
    client = ocp_served.client(server)
    late = client.fetch(id)
    server.clock.advance(60)
    with pytest.raises(errors.Refused, match="was not sent: it has succeeded"):
        client.cancel(late)
    assert posts(server) == []


SCOPES = [("last", "cluster"), ("last", "agent")]
SCOPES += [("unfinished", scope) for scope in ("cluster", "agent", "agents")]


@pytest.mark.parametrize("way, scope", SCOPES)
def test_a_scope_is_refused_by_its_option_and_nothing_is_sent(server, way, scope):
    client = ocp_served.client(server)
    with pytest.raises(errors.InvalidOption, match="OCP has no") as refused:
        client.check_scope(way, scope)
    assert refused.value.details["option"] == way
    assert server.server.requests == []


def test_there_is_no_last_task(server):
    with pytest.raises(errors.InvalidOption, match="OCP has no"):
        ocp_served.client(server).last("cluster")


NARROW = {
    "a tenant by name": ({"tenant": "t1"}, False, "tenant"),
    "a cluster of Express": ({"cluster_id": "1"}, True, "cluster_id"),
    "a name as id": ({"tenant_id": "t1"}, False, "tenant_id"),
}


@pytest.mark.parametrize("narrow, express, option", NARROW.values(), ids=NARROW)
def test_what_cannot_narrow_is_refused_and_nothing_is_sent(narrow, express, option):
    with ocp_served.serving(express=express) as served:
        with pytest.raises(errors.InvalidOption) as refused:
            ocp_served.client(served).check_narrow(narrow)
        assert refused.value.details["option"] == option
        assert served.server.requests == []

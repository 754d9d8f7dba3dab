# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.modules import obshell_last_task


def client(connection):
    return obshell_connection.client(connection)


def test_minimal_arguments_return_the_clusters_last_task(
    sim, cluster, connection, run_main
):
    task_id = cluster.start("succeeded")
    sim.clock.advance(10)
    result = run_main(obshell_last_task, {"obshell": connection})
    assert result["changed"] is False
    assert result["task"]["id"] == task_id
    assert result["task"]["outcome"] == "succeeded"
    assert result["tasks"] == [result["task"]]
    assert result["answered_by"] == [cluster.agents[0].url]
    assert result["missing"] == []


def test_all_arguments_are_accepted_together(cluster, connection, run_main):
    every = {
        **connection,
        "next_password": "later",
        "agent_password": "of the agent",
        "public_key_sha256": [],
        "validate_certs": False,
        "ca_path": __file__,
        "client_cert": __file__,
        "client_key": __file__,
        "use_proxy": False,
        "request_timeout": 5,
    }
    result = run_main(obshell_last_task, {"obshell": every, "scope": "agent"})
    assert result["task"]["name"] == "Initialize cluster"


def test_a_client_key_without_its_certificate_conflicts(connection, refused):
    connection["client_key"] = __file__
    refused(obshell_last_task, {"obshell": connection}, "obshell.client_key")


BAD_CONNECTIONS = {
    "no option": (None, "obshell.url"),
    "no url": ({"url": None}, "obshell.url"),
    "no element": ({"url": []}, "obshell.url"),
    "an empty element": ({"url": ["http://127.0.0.1:1", " "]}, "obshell.url"),
    "no scheme": ({"url": ["127.0.0.1:2886"]}, "obshell.url"),
    "another scheme": ({"url": ["ftp://127.0.0.1:2886"]}, "obshell.url"),
    "no port": ({"url": ["http://127.0.0.1:port"]}, "obshell.url"),
    "a path": ({"url": ["http://127.0.0.1:2886/api"]}, "obshell.url"),
    "credentials": ({"url": ["http://root:pw@127.0.0.1:2886"]}, "obshell.url"),
    "a short pin": ({"public_key_sha256": ["abc"]}, "obshell.public_key_sha256"),
    "an empty pin": ({"public_key_sha256": [""]}, "obshell.public_key_sha256"),
    "no time": ({"request_timeout": 0}, "obshell.request_timeout"),
    "negative time": ({"request_timeout": -1}, "obshell.request_timeout"),
    "endless time": ({"request_timeout": "inf"}, "obshell.request_timeout"),
    "no number": ({"request_timeout": "nan"}, "obshell.request_timeout"),
    "a word": ({"request_timeout": "soon"}, "request_timeout"),
    "no ca file": ({"ca_path": "/nonexistent/ca.pem"}, "obshell.ca_path"),
    "no certificate": ({"client_cert": "/nonexistent/c.pem"}, "obshell.client_cert"),
    "an unknown key": ({"user": "root"}, "obshell.user"),
}


@pytest.mark.parametrize("given, option", BAD_CONNECTIONS.values(), ids=BAD_CONNECTIONS)
def test_a_bad_connection_is_refused_and_named(given, option, connection, refused):
    args = {} if given is None else {"obshell": {**connection, **given}}
    refused(obshell_last_task, args, option)


def test_a_bad_url_beside_a_good_one_sends_nothing_to_the_good_one(connection, refused):
    connection["url"].append("10.0.0.2:2886")
    refused(obshell_last_task, {"obshell": connection}, "obshell.url", "10.0.0.2:2886")


def test_an_unknown_scope_is_refused_and_the_known_ones_listed(connection, refused):
    args = {"obshell": connection, "scope": "tenant"}
    refused(obshell_last_task, args, "scope", "cluster, agent, agents")


def test_no_task_of_the_cluster_is_no_failure(connection, create_module):
    module = create_module({"scope": "cluster"})
    result = obshell_last_task.run(module, client(connection))
    assert (result["tasks"], result["task"], result["missing"]) == ([], None, [])


def test_the_agents_are_listed_together(connection, create_module):
    module = create_module({"scope": "agents"})
    result = obshell_last_task.run(module, client(connection))
    assert sorted(one["name"] for one in result["tasks"]) == [
        "Initialize cluster",
        "Local scale out",
    ]
    assert result["task"] is None
    assert not module.warn.called


def test_an_agent_that_panics_for_none_is_no_failure(sim, create_module, connection):
    young = sim.cluster(agents=1, password="", history=False)
    module = create_module({"scope": "agents"})
    target = {"url": [young.agents[0].url], "password": ""}
    result = obshell_last_task.run(module, client(target))
    assert (result["tasks"], result["task"]) == ([], None)
    module.warn.assert_called_once_with(result["missing"][0])
    assert young.agents[0].url in result["missing"][0]


def test_a_wrong_password_is_one_line_that_says_which(cluster, connection, run_main):
    connection["password"] = "something else"
    result = run_main(obshell_last_task, {"obshell": connection})
    assert result["failed"] is True
    assert "the password of root@sys (obshell.password)" in result["msg"]
    assert "\n" not in result["msg"]
    assert result["error"]["kind"] == "auth"
    assert result["error"]["url"] == cluster.agents[0].url
    assert [agent.failed_logins for agent in cluster.agents] == [1, 0]


def test_run_raises_what_main_reports(connection, create_module):
    module = create_module({"scope": "cluster"})
    with pytest.raises(errors.AuthRefused):
        obshell_last_task.run(module, client({**connection, "password": "no"}))


def test_check_mode_reads_the_same(cluster, connection, run_main):
    task_id = cluster.start("long")
    args = {"obshell": connection}
    looked = run_main(obshell_last_task, args, check_mode=True)
    assert looked["task"]["id"] == task_id
    assert looked["task"]["outcome"] == "running"

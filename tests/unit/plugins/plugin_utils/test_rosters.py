# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of clusters as hosts: of real answers, of odd ones, of options."""

from __future__ import annotations

import copy
import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.plugin_utils import rosters
from ansible_collections.oceanbase.ops.tests.unit.plugins import hostile

INFO = "/ob/info"
REAL = ["obshell-cluster-4.2.3.0", "obshell-cluster-4.5.0.0"]
SERVERS = "/ob/clusters/7/servers"


def answer(name, members):
    """What a real agent answered of a cluster with so many members."""

    def fits(data):
        topology = data["obcluster_info"]["topology"] or {}
        return len(data["agent_info"]) == len(topology) == members

    return hostile.recorded(name, f"{INFO}$", fits)


def asked(body, *, name="prod", status=200):
    script = hostile.routes({INFO: hostile.http(status, json.dumps(body))})
    with hostile.serving(script) as (server,):
        clusters = rosters.checked([{"name": name, **hostile.obshell(server)}])
        return rosters.asked(clusters, skip=False)[0]


@pytest.mark.parametrize("name", REAL)
def test_a_real_cluster_is_two_hosts_on_one_address(name):
    first, second = rosters.hosts(asked(answer(name, 2)))
    assert (first.name, second.name) == ("prod_127.0.0.1_2886", "prod_127.0.0.1_2887")
    assert first.groups == (
        "prod",
        "prod_zone_zone1",
        "prod_identity_cluster_agent",
        "prod_status_active",
    )
    assert dict(second.variables) == {
        "ansible_host": "127.0.0.1",
        "oceanbase_cluster": "prod",
        "oceanbase_host_id": None,
        "oceanbase_ip": "127.0.0.1",
        "oceanbase_port": 2887,
        "oceanbase_zone": "zone2",
        "oceanbase_identity": "CLUSTER AGENT",
        "oceanbase_status": "ACTIVE",
        "oceanbase_in_service": True,
        "oceanbase_version": "4.3.5.3_103000092025080818",
        "oceanbase_obshell_version": f"{name.rpartition('-')[2]}-0",
        "oceanbase_obshell_url": "http://127.0.0.1:2887",
        "oceanbase_sql_port": 2981,
        "oceanbase_rpc_port": 2982,
    }


def test_agents_before_the_cluster_is_initialised_have_no_status():
    body = hostile.recorded(
        "obshell-4.2.3.0",
        f"{INFO}$",
        lambda data: data["agent_info"][0]["identity"] == "MASTER",
    )
    hosts = rosters.hosts(asked(body))
    assert len(hosts) >= 2
    assert {host.variables["oceanbase_status"] for host in hosts} == {None}
    assert {host.variables["oceanbase_in_service"] for host in hosts} == {None}


def test_a_single_agent_is_no_cluster():
    body = hostile.recorded(
        "obshell-4.2.3.0",
        f"{INFO}$",
        lambda data: data["agent_info"][0]["identity"] == "SINGLE",
    )
    with pytest.raises(errors.Refused, match="cluster prod: .* belongs to no cluster"):
        asked(body)


def changed(change):
    body = copy.deepcopy(answer(REAL[1], 2))
    change(body["data"])
    return body


def at(*path, to):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return change


def twice(data):
    data["agent_info"].append(data["agent_info"][0])


ODD = {
    "no agents": at("agent_info", to=None),
    "agents of another shape": at("agent_info", to={"a": 1}),
    "an empty list": lambda data: data.update(
        agent_info=[], obcluster_info={"topology": None}
    ),
    "a text for an agent": at("agent_info", 1, to="10.0.0.1"),
    "a name for an address": at("agent_info", 1, "ip", to="db1 ansible_user=root"),
    "no address": at("agent_info", 1, "ip", to=None),
    "a text for a port": at("agent_info", 1, "port", to="2887"),
    "a port beyond": at("agent_info", 1, "port", to=70000),
    "a bool for a port": at("agent_info", 1, "port", to=True),
    "a template for a zone": at(
        "agent_info", 1, "zone", to="{{ lookup('pipe', 'x') }}"
    ),
    "lines for an identity": at("agent_info", 1, "identity", to="A\nfatal: [prod]"),
    "a dictionary for a version": at("agent_info", 1, "version", to={"a": 1}),
    "a zone that differs": at("agent_info", 1, "zone", to="zone9"),
    "one agent twice": twice,
    "a topology of another shape": at("obcluster_info", "topology", to=["zone1"]),
    "no topology": lambda data: data["obcluster_info"].pop("topology"),
    "no word of the cluster": at("obcluster_info", to="obcluster"),
    "servers of another shape": at("obcluster_info", "topology", "zone1", to=None),
    "a template for a key": at("obcluster_info", "topology", "{{ x }}", to=[{}]),
    "a template for a status": at(
        *("obcluster_info", "topology", "zone1", 0, "status"), to="{% x %}"
    ),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_an_odd_answer_is_no_inventory(change):
    with pytest.raises(errors.InvalidAnswer, match="^cluster prod: ") as raised:
        asked(changed(change))
    assert raised.value.message.isprintable()


def test_no_mutation_of_an_answer_gives_a_template_or_a_variable_of_ansibles():
    body, good = answer(REAL[1], 2), 0
    table = {INFO: b""}
    with hostile.serving(hostile.routes(table)) as (server,):
        clusters = rosters.checked([{"name": "prod", **hostile.obshell(server)}])
        for path, content in hostile.mutants(body, 400, "inventory"):
            table[INFO] = hostile.http(200, content)
            try:
                hosts = rosters.hosts(rosters.asked(clusters, skip=False)[0])
            except errors.OpsError as e:
                assert e.message.startswith("cluster prod: "), path
                continue
            good += 1
            shown = str([(one.name, one.groups, one.variables) for one in hosts])
            assert "{{" not in shown and "{%" not in shown, path
            for host in hosts:
                names = set(host.variables) - {"ansible_host"}
                assert all(name.startswith("oceanbase_") for name in names), path
    assert good > 10


def test_ocp_lists_its_servers():
    rows = [
        {"ip": f"10.0.0.{n}", "port": 2882, "sqlPort": 2881, "zoneName": f"zone{n}"}
        for n in (1, 2)
    ]
    rows[0].update(status="RUNNING", version="4.3.5.3", withRootServer=True)
    script = hostile.routes({SERVERS: hostile.said({"contents": rows})})
    with hostile.serving(script) as (server,):
        given = {"name": "test", **hostile.ocp(server), "cluster_id": 7}
        found, _missing = rosters.asked(rosters.checked([given]), skip=False)
    first, second = rosters.hosts(found)
    assert first.groups == ("test", "test_zone_zone1", "test_status_running")
    assert first.variables["oceanbase_in_service"] is True
    assert (second.name, second.variables["oceanbase_status"]) == ("10.0.0.2", None)


def test_a_part_of_what_ocp_counts_is_no_inventory():
    rows = [{"ip": "10.0.0.1", "port": 2882}]
    for total, whole in ((1, True), (2, False)):
        data = {"contents": rows, "page": {"totalElements": total}}
        script = hostile.routes({SERVERS: hostile.said(data)})
        with hostile.serving(script) as (server,):
            given = {"name": "test", **hostile.ocp(server), "cluster_id": 7}
            clusters = rosters.checked([given])
            if whole:
                assert len(rosters.asked(clusters, skip=False)[0]["test"]) == 1
                continue
            with pytest.raises(errors.InvalidAnswer, match="counts 2 servers and lis"):
                rosters.asked(clusters, skip=False)


def test_a_cluster_that_is_away_is_named_or_left_out():
    body = answer(REAL[1], 2)
    script = hostile.routes({INFO: hostile.http(200, json.dumps(body))})
    with hostile.serving(script) as (server,):
        dead = {"url": "http://127.0.0.1:1", "password": "x"}
        clusters = rosters.checked(
            [
                {"name": "dead", "obshell": dead},
                {"name": "prod", **hostile.obshell(server)},
            ]
        )
        with pytest.raises(errors.Unreachable, match="^cluster dead: GET http"):
            rosters.asked(clusters, skip=False)
        found, missing = rosters.asked(clusters, skip=True)
    assert set(found) == {"prod"}
    assert [text[:14] for text in missing] == ["cluster dead: "]


def test_a_refused_password_is_no_outage():
    script = hostile.routes({INFO: hostile.said(None, 401, error={"code": 10008})})
    with hostile.serving(script) as (server,):
        clusters = rosters.checked([{"name": "prod", **hostile.obshell(server)}])
        with pytest.raises(errors.AuthRefused, match="cluster prod: "):
            rosters.asked(clusters, skip=True)


def test_the_next_address_is_asked():
    body = answer(REAL[1], 2)
    script = hostile.routes({INFO: hostile.http(200, json.dumps(body))})
    with hostile.serving(script) as (server,):
        given = {"url": ["http://127.0.0.1:1", server.url], "password": "x"}
        clusters = rosters.checked([{"name": "prod", "obshell": given}])
        found, missing = rosters.asked(clusters, skip=False)
    assert (len(found["prod"]), missing) == (2, [])


# Options

URL = {"url": "http://10.0.0.1:2886"}
REFUSED = {
    "none": ([], "give at least one"),
    "a text": (["prod"], "number 1 is no dictionary"),
    "no server": ([{"name": "a"}], "give obshell, or ocp with cluster_id"),
    "both": ([{"name": "a", "obshell": URL, "ocp": {}}], "give obshell, or ocp"),
    "no name": ([{"obshell": URL}], "name"),
    "a name that is none": ([{"name": "{{ x }}", "obshell": URL}], "a letter, then"),
    "no cluster of OCP": ([{"name": "a", "ocp": {}}], "cluster_id"),
    "a cluster of OCP that is none": (
        [{"name": "a", "ocp": {}, "cluster_id": "../x"}],
        "not a task id",
    ),
    "a mistyped key": (
        [{"name": "a", "obshell": {"pasword": "Secret-1"}}],
        "did you mean obshell.password",
    ),
    "two of one name": (
        [{"name": "a-b", "obshell": URL}, {"name": "a_B", "obshell": URL}],
        "two are named a_b",
    ),
}


@pytest.mark.parametrize("clusters, said", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_is_refused(clusters, said):
    with pytest.raises(errors.InvalidOption, match=said) as raised:
        rosters.checked(clusters)
    assert "Secret" not in raised.value.message


def test_the_environment_serves_one_cluster_and_never_two(monkeypatch):
    monkeypatch.setenv("OBSHELL_URL", "http://10.0.0.1:2886")
    monkeypatch.setenv("OBSHELL_PASSWORD", "of prod")
    (only,) = rosters.checked([{"name": "prod", "obshell": {}}])
    assert only["obshell"]["password"] == "of prod"
    assert only["obshell"]["url"] == ["http://10.0.0.1:2886"]
    two = [{"name": "prod", "obshell": URL}, {"name": "test", "obshell": URL}]
    for one in rosters.checked(two):
        assert one["obshell"]["password"] is None
    with pytest.raises(errors.InvalidOption, match="obshell.url: give its address"):
        empty = [{"name": "prod", "obshell": {}}, {"name": "test", "obshell": {}}]
        rosters.asked(rosters.checked(empty), skip=False)


def test_no_two_servers_become_one_host():
    def server(ip, port):
        return {f"oceanbase_{key}": None for key in ("zone", "identity", "status")} | {
            "oceanbase_ip": ip,
            "oceanbase_port": port,
        }

    found = {
        "prod": [server("10.0.0.1", 2886), server("10.0.0.1", 2887)],
        "test": [server("10.0.0.1", 2886), server("10.0.0.2", 2886)],
    }
    assert [host.name for host in rosters.hosts(found)] == [
        "prod_10.0.0.1_2886",
        "prod_10.0.0.1_2887",
        "test_10.0.0.1_2886",
        "10.0.0.2",
    ]

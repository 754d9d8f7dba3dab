# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import (
    Agent,
    Cluster,
    Simulator,
    TurnedClock,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    crypto as obshell_crypto,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    scenario as obshell_scenario,
)
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    Asker,
    normal,
    seal,
    verdict,
)

PASSWORD = "Root.pw-1"
RECORDED_PORT = 2886


@pytest.fixture(name="sim")
def _sim() -> Iterator[Simulator]:
    with Simulator(clock=TurnedClock()) as sim:
        yield sim


@pytest.fixture(name="cluster")
def _cluster(sim: Simulator) -> Cluster:
    return sim.cluster(agents=2, password=PASSWORD)


def ask(cluster: Cluster, index: int = 0) -> Asker:
    return Asker(cluster.agents[index], PASSWORD)


def follow(sim: Simulator, asker: Asker, task_id: str, seconds: float) -> list[str]:
    """The verdicts that a poller sees, each once."""
    seen: list[str] = []
    for _tick in range(int(seconds * 2)):
        now = verdict(asker.dag(task_id))
        if not seen or seen[-1] != now:
            seen.append(now)
        sim.clock.advance(0.5)
    return seen


def error(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["errCode"]


# Against the recordings

# What cannot be sent again: headers that were broken on purpose, the unix socket.
NOT_RESENT = (
    "stale",
    "rubbish",
    "other-key",
    "ts-number",
    "plain-body",
    "no-keys-post",
    "old-v1",
    "trace",
    "err-replay",
    "seekdb-info",
)


@pytest.mark.parametrize(
    ("version", "last"), [("4.2.3.0", 253), ("4.3.0.0", 255), ("4.5.0.0", 260)]
)
def test_answers_are_those_of_the_recorded_agent(
    sim: Simulator, version: str, last: int
) -> None:
    """Errors, join, ob/init in failure, retry, rollback, cancel, node pass."""
    agent = sim.single(version=version)
    agent.start_fails = obshell_scenario.ALWAYS
    asker = Asker(agent)
    differences = []
    for exchange in recordings.load(f"obshell-{version}")[:last]:
        wanted = normal(exchange["response"]["body"], RECORDED_PORT)
        answer = resend(sim, asker, exchange, wanted)
        if answer is not None and answer != wanted:
            differences.append((exchange["n"], exchange["note"]))
    # A sub-task that was caught between two states of its node is not repeated.
    transient = {(74, 75): "4.3.0.0"}
    allowed = {n for pair, v in transient.items() if v == version for n in pair}
    assert [d for d in differences if d[0] not in allowed] == []


def resend(
    sim: Simulator,
    asker: Asker,
    exchange: dict[str, Any],
    wanted: str,
    *,
    port: int = RECORDED_PORT,
) -> str | None:
    """Send a recorded request; a poll is repeated until its change is there."""
    sent, agent = exchange["request"], asker.agent
    prefix = "/api/v1"
    if (
        sent["transport"] != "tcp"
        or sent["agent"] != 1
        or not sent["path"].startswith(prefix)
        or any(word in exchange["slug"] for word in NOT_RESENT)
    ):
        return None
    sent = json.loads(
        json.dumps(copy.deepcopy(sent))
        .replace(f"{port:05d}", f"{agent.port:05d}")
        .replace(f'"port": {port}', f'"port": {agent.port}')
    )
    path = sent["path"][len(prefix) :]
    path += f"?{sent['query']}" if sent["query"] else ""
    tries = 30 if "poll" in exchange["slug"] else 1
    for _try in range(tries):
        answer = normal(_send(asker, sent, path, exchange["note"]), agent.port)
        if answer == wanted or tries == 1:
            break
        sim.clock.advance(0.2)
    return answer


def _send(asker: Asker, sent: dict[str, Any], path: str, note: str) -> Any:
    language = note.partition("Accept-Language: ")[2]
    headers = {"Accept-Language": language} if language else {}
    auth = sent["auth"]
    if auth is None:
        return asker.plain(sent["method"], path, **headers)[1]
    replaced = {"auth": auth.get("password") or ""}
    if auth.get("uri") not in (None, "as sent"):
        replaced["uri"] = auth["uri"]
    ts = str(auth.get("ts", "now+60"))
    if ts.startswith("now"):
        replaced["ts"] = str(int(asker.agent.wall()) + int(ts[3:] or 0))
    else:
        replaced["ts"] = ts
    return asker(
        sent["method"],
        path,
        sent["body"],
        name=auth["header"],
        headers=headers,
        **replaced,
    )[1]


# Signatures


@pytest.mark.parametrize(("version", "bits"), [("4.3.0.0", 512), ("4.5.0.0", 1024)])
def test_any_chunk_length_and_spelling_of_keys_is_accepted(
    sim: Simulator, version: str, bits: int
) -> None:
    agent = sim.single(version=version)
    assert agent.key.bits == bits
    target = "/api/v1/task/dag/unfinish"
    plain = json.dumps({"Auth": "", "Ts": "1", "Uri": target, "Keys": None}).encode()
    for chunk in (5, 53, bits // 8 - 11):
        headers = {"X-OCS-Header": seal(agent.key, plain, chunk=chunk)}
        assert Asker(agent).plain("GET", target[7:], **headers)[0] == 200


def test_a_public_route_with_a_stale_header_is_refused(cluster: Cluster) -> None:
    agent = cluster.agents[0]
    stale = seal(agent.key, b"{}")
    agent.rotate_key()
    status, answer = Asker(agent).plain("GET", "/info", **{"X-OCS-Header": stale})
    assert (status, answer["error"]["code"]) == (401, 1)
    assert answer["traceId"] == ""


def test_time_is_checked_by_the_agents_own_clock(cluster: Cluster) -> None:
    agent, asker = cluster.agents[0], ask(cluster)
    agent.skew = 300.0
    now = str(int(agent.wall()) - 300)
    status, answer = asker("GET", "/task/dag/unfinish", ts=now)
    assert (status, answer["error"]["errCode"]) == (
        401,
        "Security.Authentication.Expired",
    )
    assert asker("GET", "/task/dag/unfinish")[0] == 200


def test_wrong_passwords_are_counted(cluster: Cluster) -> None:
    asker = ask(cluster)
    for wrong in ("nope", ""):
        assert error(asker("GET", "/task/dag/unfinish", auth=wrong)) == (
            401,
            "Security.Authentication.IncorrectOceanbasePassword",
        )
    assert cluster.agents[0].failed_logins == 2
    assert [s.login_failed for s in cluster.agents[0].server.requests] == [True, True]


def test_a_password_changed_by_sql_is_learnt_by_each_agent_alone(
    cluster: Cluster,
) -> None:
    cluster.set_password("new")
    first, second = ask(cluster, 0), ask(cluster, 1)
    path = "/task/dag/agent/unfinish"
    assert first("GET", path)[0] == 200
    assert first("GET", path, auth="new")[0] == 200
    assert first("GET", path)[0] == 401
    assert second("GET", path)[0] == 200


def test_an_agent_password_takes_the_other_header(sim: Simulator) -> None:
    agent = sim.single()
    asker = Asker(agent)
    assert asker("POST", "/agent/password", {"password": "a"})[0] == 200
    path = "/task/dag/unfinish"
    assert error(asker("GET", path))[1].endswith("WithAgentPassword")
    assert asker("GET", path, name="X-OCS-Agent-Header", auth="a")[0] == 200
    status, answer = asker("GET", path, name="X-OCS-Agent-Header", auth="b")
    assert answer["error"]["errCode"].endswith("IncorrectAgentPassword")
    assert asker.plain("GET", "/info")[1]["data"]["security"] is True


def test_sessions_open_task_routes_until_logout(cluster: Cluster) -> None:
    asker = ask(cluster)
    keys = b"k" * 32
    status, answer = asker("POST", "/login", keys=base64.b64encode(keys).decode())
    session = obshell_crypto.aes_decrypt(keys, answer["data"].encode()).decode()
    path = "/task/dag/unfinish"
    assert asker("GET", path, session_id=session, auth="")[0] == 200
    assert asker("POST", "/logout", {"session_id": session}, session_id=session)[0]
    assert error(asker("GET", path, session_id=session, auth=""))[1].endswith(
        "SessionInvalid"
    )


def test_the_unix_socket_needs_no_header(
    sim: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.mktemp("s") / "o.sock")
    agent = sim.single(unix_path=path)
    asker = Asker(agent)
    asker.connection.sock = socket.socket(socket.AF_UNIX)
    asker.connection.sock.connect(path)
    assert asker.plain("GET", "/task/dag/unfinish")[0] == 200


def test_version_1_headers_of_the_oldest_agents(sim: Simulator) -> None:
    cluster = sim.cluster(version="4.2.2.0", password=PASSWORD, auth_v1=True)
    agent = cluster.agents[0]
    asker = Asker(agent)

    def signed(password: str, ts: int) -> int:
        plain = json.dumps({"password": password, "ts": ts}).encode()
        headers = {"X-OCS-Auth": seal(agent.key, plain)}
        return asker.plain("GET", "/task/dag/unfinish", **headers)[0]

    now = int(agent.wall())
    assert signed(PASSWORD, now + 60) == 200
    assert signed(PASSWORD, now - 1) == 401
    assert signed("wrong", now + 60) == 401
    assert asker("GET", "/task/dag/unfinish")[0] == 401


# Tasks


def submit_scale_out(cluster: Cluster, target: Agent, zone: str = "zone9") -> Any:
    body = {
        "agentInfo": {"ip": target.ip, "port": target.port},
        "zone": zone,
        "obConfigs": {"mysql_port": "2981", "rpc_port": "2982"},
    }
    return ask(cluster)("POST", "/ob/scale_out", body)


def test_scale_out_makes_a_member_of_an_agent(sim: Simulator, cluster: Cluster) -> None:
    target = sim.single()
    status, answer = submit_scale_out(cluster, target)
    created = answer["data"]
    assert (status, created["start_time"]) == (200, "0001-01-01T00:00:00Z")
    assert (created["nodes"], created["additional_data"]) == (None, None)
    seen = follow(sim, ask(cluster), created["id"], 45)
    assert seen[0] == "READY+RUN 1/11"
    assert seen[-1] == "SUCCEED+RUN 11/11"
    assert target.identity == "CLUSTER AGENT"
    assert Asker(target, PASSWORD).data("/ob/info")["agent_info"][-1]["zone"] == "zone9"
    assert verdict(Asker(target, PASSWORD).data("/task/dag/maintain/agent")) == (
        "SUCCEED+RUN 7/7"
    )


def test_the_target_changes_to_the_clusters_password(
    sim: Simulator, cluster: Cluster
) -> None:
    target = sim.single()
    submit_scale_out(cluster, target)
    asker = Asker(target)
    statuses = []
    for _tick in range(10):
        statuses.append(asker("GET", "/task/dag/maintain/agent")[0])
        sim.clock.advance(0.5)
    assert [s for at, s in enumerate(statuses) if s not in statuses[:at]] == [
        404,
        200,
        401,
    ]
    assert target.identity == "SCALING OUT"
    asker.password = PASSWORD
    assert error(asker("GET", "/task/dag/unfinish")) == (500, "Agent.Identify.Unknown")
    assert asker("GET", "/task/dag/11")[0] == 200


def test_a_failed_scale_out_holds_the_lock_until_it_is_rolled_back(
    sim: Simulator, cluster: Cluster
) -> None:
    target, asker = sim.single(), ask(cluster)
    target.start_fails = obshell_scenario.ALWAYS
    task_id = submit_scale_out(cluster, target, "zone2")[1]["data"]["id"]
    sim.clock.advance(30)
    failed = asker.dag(task_id, details=True)
    assert verdict(failed) == "FAILED+RUN 5/9"
    lines = failed["nodes"][4]["sub_tasks"][0]["task_logs"]
    assert lines[-1].startswith("ERROR: [Common.Unexpected]: Unexpected error: dag 2")
    other = sim.single()
    assert error(submit_scale_out(cluster, other)) == (
        500,
        "OB.Cluster.UnderMaintenanceWithDag",
    )
    for operator in ("cancel", "pass"):
        assert asker("POST", f"/task/dag/{task_id}", {"operator": operator})[0] == 400
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "retry"})[0] == 200
    seen = follow(sim, asker, task_id, 10)
    assert seen == ["READY+RUN 5/9", "RUNNING+RUN 5/9", "FAILED+RUN 5/9"]
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "ROLLBACK"})[0] == 200
    seen = follow(sim, asker, task_id, 14)
    assert seen[0] == "READY+ROLLBACK 5/9"
    assert seen[-1] == "SUCCEED+ROLLBACK 1/9"
    assert target.identity == "SINGLE"
    assert submit_scale_out(cluster, other)[0] == 200


def test_the_targets_own_task_fails_twice_on_the_way_to_success(
    sim: Simulator, cluster: Cluster
) -> None:
    target = sim.single()
    cluster.start("scale_out", target=target)
    local = target.local_id(1)
    sim.clock.advance(3.6)
    seen = follow(sim, Asker(target, PASSWORD), local, 35)
    assert "FAILED+RUN 2/7" in seen
    assert "FAILED+RUN 4/7" in seen
    assert seen[-1] == "SUCCEED+RUN 7/7"


def test_a_retry_after_the_cause_is_gone_succeeds(
    sim: Simulator, cluster: Cluster
) -> None:
    task_id = cluster.start("scale_out_fails_once", target=sim.single())
    sim.clock.advance(30)
    asker = ask(cluster)
    assert verdict(asker.dag(task_id)).startswith("FAILED+RUN 5/")
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "retry"})[0] == 200
    sim.clock.advance(1)
    node = asker.dag(task_id, details=True)["nodes"][4]
    assert (node["operator"], node["sub_tasks"][0]["operator"]) == ("RETRY", "ROLLBACK")
    sim.clock.advance(30)
    assert verdict(asker.dag(task_id)).startswith("SUCCEED+RUN")


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("succeeded", "SUCCEED+RUN 3/3"),
        ("failed", "FAILED+RUN 2/3"),
        ("failed_silently", "FAILED+RUN 2/3"),
        ("retried", "SUCCEED+RUN 3/3"),
        ("rolled_back", "SUCCEED+ROLLBACK 1/3"),
        ("cancelled", "FAILED+CANCEL 1/3"),
        ("passed", "SUCCEED+PASS 2/3"),
        ("long", "RUNNING+RUN 1/3"),
    ],
)
def test_ready_made_tasks_end_as_they_are_called(
    sim: Simulator, cluster: Cluster, name: str, end: str
) -> None:
    task_id = cluster.start(name)
    sim.clock.advance(30)
    assert verdict(ask(cluster).dag(task_id)) == end


def test_a_cancelled_task_may_have_no_failed_sub_task(
    sim: Simulator, cluster: Cluster
) -> None:
    task_id = cluster.start("long", seconds=0.1)
    asker = ask(cluster)
    sim.clock.advance(2)
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "cancel"})[0] == 200
    assert follow(sim, asker, task_id, 4) == [
        "READY+CANCEL 2/3",
        "RUNNING+CANCEL 2/3",
        "FAILED+CANCEL 2/3",
    ]
    nodes = asker.dag(task_id, details=True)["nodes"]
    assert [t["state"] for n in nodes for t in n["sub_tasks"]] == [
        "SUCCEED",
        "PENDING",
        "PENDING",
    ]


def test_locks_are_per_tenant(sim: Simulator, cluster: Cluster) -> None:
    asker = ask(cluster)

    def create(name: str) -> tuple[int, Any]:
        body = {"name": name, "zone_list": [{"name": "zone1"}]}
        return asker("POST", "/tenant", body)

    cluster.tenant_fails = (1,)
    first = create("t1")[1]["data"]
    assert (first["maintenance_type"], first["maintenance_key"]) == (3, "t1")
    assert create("t2")[0] == 200
    assert error(create("t1")) == (500, "OB.Tenant.UnderMaintenance")
    sim.clock.advance(10)
    assert verdict(asker.dag(first["id"])) == "FAILED+RUN 1/3"
    # The failure released the lock; a second task makes the first one hopeless.
    assert create("t1")[0] == 200
    again = asker("POST", f"/task/dag/{first['id']}", {"operator": "retry"})
    assert error(again) == (500, "OB.Tenant.UnderMaintenance")
    assert len(asker.data("/task/dag/ob/unfinish")["contents"]) == 3


def test_scale_in_leaves_an_agent_that_is_no_member(sim: Simulator) -> None:
    cluster = sim.cluster(agents=2, password=PASSWORD)
    asker, gone = ask(cluster), cluster.agents[1]
    body = {"agent_info": {"ip": gone.ip, "port": 1}}
    assert asker("POST", "/ob/scale_in", body) == (204, None)
    body["agent_info"]["port"] = gone.port
    task_id = asker("POST", "/ob/scale_in", body)[1]["data"]["id"]
    sim.clock.advance(20)
    assert verdict(asker.dag(task_id)) == "SUCCEED+RUN 5/5"
    assert gone.identity == "SCALING IN"
    assert len(asker.data("/ob/agents")["contents"]) == 1
    other = Asker(gone, PASSWORD)
    assert error(other("GET", "/task/dag/unfinish")) == (500, "Agent.Identify.Unknown")
    assert verdict(other.data("/task/dag/maintain/agent")) == "RUNNING+RUN 1/1"


@pytest.mark.parametrize("fails", [False, True])
def test_starting_an_observer_has_a_main_task_and_sub_tasks(
    sim: Simulator, cluster: Cluster, fails: bool
) -> None:
    asker, second = ask(cluster), cluster.agents[1]
    scope = {"scope": {"type": "SERVER", "target": [second.address]}}
    stop = asker("POST", "/ob/stop", {**scope, "force": True})[1]["data"]["id"]
    sim.clock.advance(25)
    assert verdict(asker.dag(stop)) == "SUCCEED+RUN 5/5"
    assert second.ob_state == 0
    second.start_fails = (1,) if fails else ()
    start = asker("POST", "/ob/start", scope)[1]["data"]["id"]
    sim.clock.advance(5)
    assert [d["id"] for d in asker.data("/task/dag/agent/main_dags")["contents"]] == [
        start
    ]
    sim.clock.advance(20)
    main = asker.dag(start, details=True)
    assert verdict(main) == ("FAILED+RUN 5/5" if fails else "SUCCEED+RUN 5/5")
    subs = main["additional_data"]["sub_dags"]
    sub = asker.dag(subs[second.address], details=True)
    assert (sub["state"], sub["operator"]) == ("SUCCEED", "PASS")
    assert sub["additional_data"] == {"main_dag_id": start}
    assert second.ob_state == (0 if fails else 3)
    # A main task locks nothing, and nothing can be done with it (12.3.12).
    assert asker.data("/task/dag/unfinish") == {"contents": None}
    if fails:
        for operator in ("retry", "rollback", "pass"):
            answer = asker("POST", f"/task/dag/{start}", {"operator": operator})
            assert answer[0] == 400


def test_ob_init_founds_a_cluster(sim: Simulator) -> None:
    master = sim.group(followers=1)
    asker = Asker(master)
    config = {"clusterId": 1, "clusterName": "c", "rootPwd": PASSWORD}
    assert asker("POST", "/obcluster/config", config)[0] == 200
    sim.clock.advance(1)
    assert asker("GET", "/task/dag/unfinish")[0] == 401
    asker.password = PASSWORD
    sim.clock.advance(2)
    task_id = asker("POST", "/ob/init", {})[1]["data"]["id"]
    assert error(asker("GET", "/task/dag/maintain/ob"))[1] == "Agent.OceanBase.NotHold"
    sim.clock.advance(28)
    assert verdict(asker.dag(task_id)) == "SUCCEED+RUN 11/11"
    assert master.identity == "CLUSTER AGENT"
    assert asker("GET", "/task/dag/maintain/ob")[0] == 404


# When things go down


def test_a_get_while_every_observer_is_down_is_a_storm(cluster: Cluster) -> None:
    asker, task_id = ask(cluster), cluster.start("long")
    cluster.agents[0].observer_down()
    assert asker("GET", f"/task/dag/{task_id}")[0] == 200
    assert cluster.storms == 0
    cluster.agents[1].observer_down()
    assert asker("GET", f"/task/dag/{task_id}")[0] == 500
    assert cluster.storms == 1
    assert asker("GET", "/task/node/11")[0] == 500
    assert cluster.storms == 1
    assert asker.plain("GET", "/status")[1]["data"]["obState"] == 0
    assert asker.data("/task/dag/unfinish") == {"contents": None}
    status, answer = asker("GET", "/task/dag/ob/unfinish")
    assert (status, answer["data"]) == (500, {"contents": None})


def test_errors_while_an_observer_is_down(sim: Simulator, cluster: Cluster) -> None:
    asker, agent = ask(cluster), cluster.agents[0]
    agent.observer_down()
    path = "/task/dag/maintain/ob"
    assert error(asker("GET", path))[1] == "OB.Server.Process.CheckFailed"
    sim.clock.advance(1)
    assert error(asker("GET", path))[1] == "OB.Server.Process.NotExist"
    agent.restart(down=1)
    sim.clock.advance(1)
    asker = ask(cluster)
    assert error(asker("GET", path))[1] == "Agent.OceanBase.NotHold"
    assert asker("GET", "/task/dag/agent/unfinish", auth="nope")[0] == 401
    agent.observer_up()
    sim.clock.advance(1)
    assert asker("GET", path)[0] == 404


def test_another_agent_goes_on_with_the_work(sim: Simulator, cluster: Cluster) -> None:
    task_id = cluster.start("long", seconds=3.0, stages=2)
    sim.clock.advance(1)
    first, second = cluster.agents
    first.stop()
    with pytest.raises(ConnectionRefusedError):
        Asker(first, PASSWORD).dag(task_id)
    asker = ask(cluster, 1)
    sim.clock.advance(3)
    running = asker.dag(task_id, details=True)["nodes"][0]["sub_tasks"][0]
    assert running["execute_agent"]["port"] == second.port
    second.observer_down()
    sim.clock.advance(100)
    second.observer_up()
    assert asker.dag(task_id)["state"] == "RUNNING"
    sim.clock.advance(15)
    assert verdict(asker.dag(task_id)) == "SUCCEED+RUN 2/2"
    first.start()
    assert ask(cluster).dag(task_id)["state"] == "SUCCEED"


def test_a_restart_keeps_key_and_tasks_and_changes_the_pid(sim: Simulator) -> None:
    agent = sim.single()
    asker = Asker(agent)
    body = {"agentInfo": {"ip": agent.ip, "port": agent.port}, "zoneName": "z"}
    task_id = asker("POST", "/agent/join", body)[1]["data"]["id"]
    before = asker.plain("GET", "/info")[1]["data"], agent.key
    agent.restart(down=5)
    sim.clock.advance(5)
    after = Asker(agent).plain("GET", "/info")[1]["data"], agent.key
    assert after[1] == before[1]
    assert after[0]["pid"] != before[0]["pid"]
    sim.clock.advance(3)
    assert verdict(Asker(agent).dag(task_id)) == "SUCCEED+RUN 1/1"


@pytest.mark.parametrize(("version", "status"), [("4.2.3.0", 401), ("4.5.0.0", 200)])
def test_a_follower_passes_requests_to_its_master(
    sim: Simulator, version: str, status: int
) -> None:
    master = sim.group(followers=1, version=version)
    follower = sim.agents[1]
    body = {"clusterId": 1, "clusterName": "c"}
    task_id = Asker(master)("POST", "/obcluster/config", body)[1]["data"]["id"]
    assert Asker(follower)("GET", f"/task/dag/{task_id}")[0] == status
    assert Asker(master)("GET", "/task/dag/maintain/agent")[0] == 200


def test_local_ids_of_others_are_asked_of_their_agent(
    sim: Simulator, cluster: Cluster
) -> None:
    second = cluster.agents[1]
    dag = ask(cluster).dag(second.local_id(1), details=True)
    assert dag["name"] == "Local scale out"
    second.stop()
    assert error(ask(cluster)("GET", f"/task/dag/{second.local_id(1)}")) == (
        500,
        "Common.Unexpected",
    )


def test_long_answers_are_chunked(sim: Simulator, cluster: Cluster) -> None:
    task_id = cluster.start("many", sub_tasks=50)
    sim.clock.advance(5)
    dag = ask(cluster).dag(task_id, details=True)
    assert len(dag["nodes"][0]["sub_tasks"]) == 50


# seekdb


def test_answers_are_those_of_the_recorded_seekdb(sim: Simulator) -> None:
    """Errors and a restart."""
    agent = sim.seekdb(password=PASSWORD)
    asker = Asker(agent, PASSWORD)
    differences = []
    for exchange in recordings.load("obshell-seekdb-4.5.0.0")[:96]:
        wanted = normal(exchange["response"]["body"], 2990)
        answer = resend(sim, asker, exchange, wanted, port=2990)
        if answer is not None and answer != wanted:
            differences.append((exchange["n"], exchange["note"]))
    assert differences == []


def test_a_failed_start_of_seekdb_stays_unfinished_without_lock(sim: Simulator) -> None:
    agent = sim.seekdb(password=PASSWORD)
    asker = Asker(agent, PASSWORD)
    agent.observer_down()
    agent.start_fails = obshell_scenario.ALWAYS
    task_id = asker("POST", "/seekdb/start", {})[1]["data"]["id"]
    sim.clock.advance(4)
    assert verdict(asker.dag(task_id)) == "FAILED+RUN 1/1"
    assert asker.plain("GET", "/status")[1]["data"]["underMaintenance"] is False
    listed = asker.data("/task/dag/unfinish")["contents"]
    assert [dag["id"] for dag in listed] == [task_id, task_id]
    for operator, end in (
        ("retry", "FAILED+RUN 1/1"),
        ("rollback", "FAILED+ROLLBACK 1/1"),
        ("pass", "SUCCEED+PASS 1/1"),
    ):
        assert asker("POST", f"/task/dag/{task_id}", {"operator": operator})[0] == 200
        sim.clock.advance(4)
        assert verdict(asker.dag(task_id)) == end

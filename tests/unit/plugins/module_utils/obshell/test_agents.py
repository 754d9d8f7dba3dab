# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    auth as obshell_auth,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    login as obshell_login,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    agent_of,
    seen,
)

ALL = "/task/dag/agent/unfinish"
PUBLIC = ("/api/v1/info", "/api/v1/secret", "/api/v1/status")


def member(sim, **options):
    """Return one agent of a cluster with a password."""
    return sim.cluster(password="right", **options).agents[0]


def refused(agent, target=ALL):
    with pytest.raises(errors.AuthRefused) as caught:
        agent.call("GET", target)
    return caught.value


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0", "4.3.1.0", "4.5.0.0"])
def test_a_member_is_asked_with_the_root_password(sim, version):
    server = member(sim, version=version)
    assert agent_of(server, password="right").call("GET", ALL).status == 200
    assert server.failed_logins == 0


def test_only_task_routes_get_a_header(sim):
    server = member(sim)
    agent = agent_of(server, password="right")
    agent.call("GET", ALL)
    agent.status()
    assert seen(server, signed=True) == [f"GET /api/v1{ALL}"]
    assert {target.split()[1] for target in seen(server, signed=False)} == set(PUBLIC)


def test_who_an_agent_is_is_asked_without_a_password(sim):
    server = member(sim)
    agent = agent_of(server, password="right")
    assert agent.call("GET", "/info").data["identity"] == "CLUSTER AGENT"
    assert agent.call("GET", "/status?ob_query_timeout=1000000").status == 200
    assert seen(server, signed=True) == []


def test_a_mute_follower_says_who_it_is(sim):
    agent = agent_of(follower(sim, "4.2.3.0"), password="")
    assert agent.call("GET", "/info").data["identity"] == "FOLLOWER"


def test_key_and_identity_are_asked_for_once(sim):
    server = member(sim)
    agent = agent_of(server, password="right")
    for _time in range(3):
        agent.call("GET", ALL)
    assert len(seen(server, signed=False)) == 2


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0", "4.5.0.0"])
def test_a_rotated_key_is_fetched_again(sim, version):
    server = member(sim, version=version)
    agent = agent_of(server, password="right")
    agent.call("GET", ALL)
    server.rotate_key()
    assert agent.call("GET", ALL).status == 200
    assert seen(server).count(f"GET /api/v1{ALL}") == 3


def test_a_key_that_never_fits_is_no_loop(sim):
    server = member(sim)
    agent = agent_of(server, password="right")
    agent.call("GET", ALL)
    server.server.faults.add(
        "status",
        path="unfinish",
        status=401,
        code=1,
        err_code="Security.Authentication.Header.DecryptFailed",
    )
    assert "cannot decrypt" in refused(agent).message
    assert seen(server).count(f"GET /api/v1{ALL}") == 2


@pytest.mark.parametrize("skew", [-4000, -31, 31, 3600, 86000])
@pytest.mark.parametrize("version", ["4.2.3.0", "4.5.0.0"])
def test_the_agents_clock_counts(sim, skew, version):
    server = member(sim, version=version)
    server.skew = skew
    agent = agent_of(server, password="right")
    assert agent.call("GET", ALL).status == 200
    assert agent.memory["clock_offset"] == pytest.approx(skew, abs=1)
    assert seen(server).count(f"GET /api/v1{ALL}") == 1


@pytest.mark.parametrize("version", ["4.2.3.0", "4.5.0.0"])
def test_a_clock_that_jumps_is_measured_anew(sim, version):
    server = member(sim, version=version)
    agent = agent_of(server, password="right")
    agent.call("GET", ALL)
    server.skew = 600
    assert agent.call("GET", ALL).status == 200
    assert server.failed_logins == 0


def test_a_wrong_password_is_tried_once_though_the_clock_moved(sim):
    server = member(sim)
    agent = agent_of(server, password="wrong")
    refused(agent)
    server.skew = 20
    refused(agent)
    assert server.failed_logins == 2


def test_a_master_whose_clock_is_ahead_of_its_follower(sim):
    master = sim.group(followers=1, version="4.5.0.0")
    follower = next(one for one in sim.agents if one is not master)
    master.password, master.skew = "right", 600
    agent = agent_of(follower, password="right")
    # What the master refuses is handed on as it is, with the master's time.
    expired = {"errCode": "Security.Authentication.Expired", "code": 10008}
    answer = {"successful": False, "traceId": "1", "error": expired}
    answer["timestamp"] = "2026-01-01T12:10:00Z"
    follower.server.faults.add(
        "status", 1, path="unfinish", status=401, body=json.dumps(answer)
    )
    assert agent.call("GET", ALL).status == 200


@pytest.mark.parametrize(
    "version", ["4.2.3.0", "4.2.5.0", "4.3.0.0", "4.3.1.0", "4.4.2.0", "4.5.0.0"]
)
def test_a_wrong_password_is_tried_once_and_named(sim, version):
    server = member(sim, version=version)
    error = refused(agent_of(server, password="wrong"))
    assert "did not accept the password of root@sys (obshell.password)" in error.message
    assert server.failed_logins == 1
    assert "wrong" not in error.message


def test_a_missing_password_is_named(sim):
    error = refused(agent_of(member(sim)))
    assert "wants the password of root@sys; none was given (obshell.password)" in (
        error.message
    )


def test_a_single_agent_gets_no_password(sim):
    server = sim.single()
    assert agent_of(server, password="secret").call("GET", ALL).status == 200
    assert server.failed_logins == 0


def test_a_single_agent_with_a_password_of_its_own(sim):
    server = sim.single()
    server.agent_password = "mine"
    good = agent_of(server, password="root", agent_password="mine")
    assert good.call("GET", ALL).status == 200
    bad = refused(agent_of(server, password="root", agent_password="other"))
    assert "the agent's password (obshell.agent_password" in bad.message
    none = refused(agent_of(server, password="root"))
    assert "none was given (obshell.agent_password)" in none.message
    assert server.failed_logins <= 2


def test_an_agent_password_set_meanwhile_is_used(sim):
    server = sim.single()
    agent = agent_of(server, password="root", agent_password="mine")
    agent.call("GET", ALL)
    server.agent_password = "mine"
    assert agent.call("GET", ALL).status == 200
    assert server.failed_logins == 0


def test_a_master_that_only_knows_its_own_password(sim):
    master = sim.group()
    master.agent_password = "mine"
    agent = agent_of(master, password="root", agent_password="mine")
    assert agent.call("GET", ALL).status == 200
    assert agent.memory["header"] == obshell_auth.AGENT_PASSWORD_HEADER
    again = agent_of(
        master, memory=agent.memory, password="root", agent_password="mine"
    )
    again.call("GET", ALL)
    assert seen(master).count(f"GET /api/v1{ALL}") == 3
    assert master.failed_logins == 0


def test_a_master_whose_cluster_has_no_password_yet_says_so(sim):
    error = refused(agent_of(sim.group(), password="to come"))
    assert "as long as /obcluster/config has set none" in error.message


def test_a_member_may_be_asked_with_the_agent_password_alone(sim):
    server = member(sim)
    server.agent_password = "mine"
    assert agent_of(server, agent_password="mine").call("GET", ALL).status == 200


def test_the_agent_password_alone_where_none_is_set(sim):
    error = refused(agent_of(member(sim), agent_password="mine"))
    assert "wants the password of root@sys; none was given" in error.message


def test_the_target_of_a_scale_out_wants_the_clusters_password(sim):
    cluster = sim.cluster(password="right")
    target = sim.single()
    agent = agent_of(target, password="right")
    agent.call("GET", ALL)
    cluster.start("scale_out", target=target)
    for _second in range(8):
        sim.clock.advance(1)
        target.world.catch_up()
    assert target.identity == "SCALING OUT"
    assert agent.call("GET", "/task/dag/maintain/agent").status == 200
    assert agent.identity == "SCALING OUT"


def test_the_next_password_is_tried_once_and_kept(sim):
    server = member(sim)
    agent = agent_of(server, password="right", next_password="new")
    agent.call("GET", ALL)
    server.cluster.set_password("new")
    server.password = "new"
    assert agent.call("GET", ALL).status == 200
    assert agent.call("GET", ALL).status == 200
    assert server.failed_logins == 1
    later = agent_of(server, memory=agent.memory, password="right", next_password="new")
    later.call("GET", ALL)
    assert server.failed_logins == 1


def test_neither_password(sim):
    error = refused(agent_of(member(sim), password="a", next_password="b"))
    assert "(obshell.password nor next_password)" in error.message


def test_memory_spares_key_and_identity_and_holds_no_secret(sim):
    server = member(sim)
    first = agent_of(server, password="right", agent_password="s3cret")
    first.call("GET", ALL)
    before = len(seen(server))
    agent_of(server, password="right", memory=first.memory).call("GET", ALL)
    assert len(seen(server)) == before + 1
    assert "right" not in str(first.memory)
    assert "s3cret" not in str(first.memory)


def sha256(server):
    return hashlib.sha256(server.key.der).hexdigest()


def test_a_pinned_key_is_believed(sim):
    server = member(sim)
    pins = ("0" * 64, sha256(server))
    agent = agent_of(server, password="right", public_key_sha256=pins)
    assert agent.call("GET", ALL).status == 200


def test_nothing_is_sent_to_a_key_that_is_not_pinned(sim):
    server = member(sim)
    agent = agent_of(server, password="right", public_key_sha256=("0" * 64,))
    error = refused(agent)
    assert sha256(server) in error.message
    assert seen(server, signed=True) == []


def test_a_pinned_key_may_not_change(sim):
    server = member(sim)
    agent = agent_of(server, password="right", public_key_sha256=(sha256(server),))
    agent.call("GET", ALL)
    server.rotate_key()
    assert "none of obshell.public_key_sha256" in refused(agent).message


def follower(sim, version):
    master = sim.group(followers=1, version=version)
    master.password = "right"
    return next(one for one in sim.agents if one is not master)


def test_a_follower_passes_on_since_4_3(sim):
    agent = agent_of(follower(sim, "4.3.0.0"), password="right")
    assert agent.call("GET", ALL).status == 200


def test_a_follower_of_4_2_is_not_even_tried(sim):
    server = follower(sim, "4.2.3.0")
    error = refused(agent_of(server, password="right"))
    assert "name its master's address" in error.message
    assert seen(server, signed=True) == []


def test_a_follower_that_became_a_member_is_asked(sim):
    server = follower(sim, "4.2.3.0")
    agent = agent_of(server, password="right")
    refused(agent)
    server.identity, server.password = "CLUSTER AGENT", "right"
    assert agent.call("GET", ALL).status == 200


OBPROXY = "/task/dag/42130706433028867"


def test_obproxys_tasks_want_the_agents_password(sim):
    server = member(sim)
    server.agent_password = "mine"
    agent = agent_of(server, password="right", agent_password="mine")
    assert agent.call("GET", OBPROXY).status == 404
    error = refused(agent_of(server, password="right"), OBPROXY)
    assert "wants the agent's password; none was given" in error.message


def test_obproxys_tasks_where_no_agent_password_is_set(sim):
    agent = agent_of(member(sim), password="right", agent_password="mine")
    assert "none was set at this agent" in refused(agent, OBPROXY).message


@pytest.mark.parametrize(
    "target,wanted",
    [
        ("/obproxy", True),
        ("/obproxy/start", True),
        ("/api/v1/obproxy", True),
        ("/task/dag/42130706433028867", True),
        ("/task/sub_task/5" + "1" * 45 + "/logs", True),
        ("/task/dag/42130706433028867?show_details=false", True),
        ("/task/dag/22130706433028867", False),
        ("/task/dag/agent/unfinish", False),
        ("/task/dag", False),
        ("/ob/info", False),
        ("/obproxyx", False),
    ],
)
def test_routes_that_want_the_agent_password(target, wanted):
    assert obshell_login.wants_agent_password(target) is wanted


def test_version_1_is_spoken_with_4_2_2(sim):
    server = member(sim, version="4.2.2.0", auth_v1=True)
    agent = agent_of(server, password="right")
    assert agent.call("GET", ALL).status == 200
    error = refused(agent_of(server, password="wrong"))
    assert "did not accept the password of root@sys" in error.message
    assert server.failed_logins == 1


def test_bodies_of_version_1_are_plain(sim):
    server = member(sim, version="4.2.2.0", auth_v1=True)
    agent = agent_of(server, password="right")
    reply = agent.call("POST", "/task/dag/19", {"operator": "retry"})
    assert reply.said.startswith("HTTP 404 2300: Task not found")


def test_what_info_names_decides_the_version(sim):
    server = member(sim)
    agent = agent_of(server, password="right")
    agent.info["supportedAuth"] = ["v1"]
    assert agent.call("GET", ALL).code == "Request.Header.NotFound"
    agent.info["supportedAuth"] = ["v9"]
    with pytest.raises(errors.InvalidAnswer, match="ways to sign"):
        agent.call("GET", ALL)


def test_a_socket_wants_no_header(sim, tmp_path):
    path = str(tmp_path / "obshell.sock")
    server = sim.single(unix_path=path)
    agent = agent_of(server, url=f"unix://{path}")
    assert agent.call("GET", ALL).status == 200
    reply = agent.call("POST", "/agent/join", {"agentInfo": {}, "zoneName": "zone1"})
    assert reply.code == "Common.BindJsonFailed"
    assert seen(server, signed=True) == []


def test_a_socket_that_is_gone_is_a_refused_connection(sim, tmp_path):
    path = str(tmp_path / "obshell.sock")
    server = sim.single(unix_path=path)
    agent = agent_of(server, url=f"unix://{path}")
    agent.call("GET", ALL)
    server.stop()
    with pytest.raises(errors.Unreachable) as caught:
        agent.call("GET", ALL)
    assert caught.value.reason == "refused"
    server.start()
    assert agent.call("GET", ALL).status == 200


def test_a_panic_tells_nothing_of_the_clock(sim):
    server = member(sim)
    agent = agent_of(server, password="right")
    agent.call("GET", ALL)
    sim.clock.advance(5000)
    reply = agent.call("GET", f"{ALL}?show_details=garbage")
    assert (reply.status, reply.trace_id) == (500, "")
    assert agent.memory["clock_offset"] == pytest.approx(0, abs=1)


BIG = {"obConfigs": {f"key{n}": "v" * 1000 for n in range(8 * 1024)}}


@pytest.mark.parametrize("version", ["4.3.0.0", "4.5.0.0"])
def test_a_body_of_8_mib_arrives(sim, version):
    agent = agent_of(member(sim, version=version), password="right")
    reply = agent.call("POST", "/ob/scale_out", BIG)
    assert reply.status == 400
    assert "AgentInfo" in str(reply.error["message"])


def test_seekdb_has_no_obproxy(sim):
    server = sim.single(seekdb=True)
    agent = agent_of(server)
    agent.info["type"] = "seekdb"
    with pytest.raises(errors.Refused, match="no obproxy"):
        agent.call("GET", OBPROXY)
    assert seen(server, signed=True) == []


def test_seekdbs_wrong_password(sim):
    server = sim.single(seekdb=True)
    server.password = "right"
    assert agent_of(server, password="right").call("GET", ALL).status == 200
    error = refused(agent_of(server, password="wrong"))
    assert "did not accept the password" in error.message
    assert server.failed_logins == 1

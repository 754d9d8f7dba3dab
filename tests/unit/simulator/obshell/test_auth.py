# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import socket

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import Cluster, Simulator
from ansible_collections.oceanbase.ops.tests.simulator.obshell import crypto
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    ask,
    error,
    seal,
)


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
    session = crypto.aes_decrypt(keys, answer["data"].encode()).decode()
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

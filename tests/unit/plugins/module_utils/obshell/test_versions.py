# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every version by every identity by every state of the passwords."""

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    seen,
    turn,
)

VERSIONS = (
    "4.2.2.0",
    "4.2.3.0",
    "4.2.5.0",
    "4.3.0.0",
    "4.3.1.0",
    "4.4.2.0",
    "4.5.0.0",
    "seekdb",
)
IDENTITIES = (
    "SINGLE",
    "MASTER",
    "FOLLOWER",
    "CLUSTER AGENT",
    "SCALING OUT",
    "SCALING IN",
    "TAKE OVER MASTER",
    "UNIDENTIFIED",
)
OF_SEEKDB = ("SINGLE", "MASTER", "CLUSTER AGENT", "TAKE OVER MASTER", "UNIDENTIFIED")
ROOT, AGENT = "r00t pä$$", "ag€nt"
# What is given, by what is set; `agent` where the agent has a password of its own.
GIVEN = {
    "right": {"password": ROOT},
    "wrong": {"password": "wrong"},
    "missing": {},
    "empty": {"password": ""},
    "next": {"password": "old", "next_password": ROOT},
    "agent right": {"agent_password": AGENT},
    "agent wrong": {"agent_password": "wrong"},
    "agent missing": {"password": ROOT},
    "agent both": {"password": ROOT, "agent_password": AGENT},
}
MUTE = "a FOLLOWER of obshell 4.2 cannot be asked over the network"
NOT_ROOT = "did not accept the password of root@sys (obshell.password)"
NEITHER = "did not accept the password of root@sys (obshell.password nor next_password)"
NO_ROOT = "wants the password of root@sys; none was given (obshell.password)"
NOT_AGENT = "did not accept the agent's password (obshell.agent_password)"
NO_AGENT = "wants the agent's password; none was given (obshell.agent_password)"


def numbers(version):
    return tuple(int(part) for part in version.split(".")) if version[0] == "4" else ()


def exists(version, identity, state):
    if version == "seekdb":
        # One agent and one database, and no password of the agent's (7).
        return identity in OF_SEEKDB and not state.startswith("agent")
    if state.startswith("agent"):
        # A FOLLOWER passes on only what is sealed with the root password (2.7).
        return numbers(version) >= (4, 2, 6) and identity != "FOLLOWER"
    return True


def expected(version, identity, state):
    """Return the words of the refusal, None where the answer is 200 (2.7)."""
    if identity == "FOLLOWER" and numbers(version) < (4, 3):
        return MUTE
    if state.startswith("agent"):
        if identity == "SINGLE":
            return {"agent wrong": NOT_AGENT, "agent missing": NO_AGENT}.get(state)
        return {"agent wrong": NOT_AGENT}.get(state)
    if identity == "SINGLE":
        return None
    return {"wrong": NOT_ROOT, "missing": NO_ROOT, "empty": NOT_ROOT}.get(state)


CELLS = [
    (version, identity, state)
    for version in VERSIONS
    for identity in IDENTITIES
    for state in GIVEN
    if exists(version, identity, state)
]


def made(sim, version, identity):
    """Return an agent of this version that has come to this identity."""
    if version == "seekdb":
        server = sim.seekdb(password=ROOT)
        server.identity = identity
        return server
    options = {"version": version, "auth_v1": version == "4.2.2.0"}
    if identity == "SINGLE":
        return sim.single(**options)
    if identity in ("MASTER", "FOLLOWER"):
        master = sim.group(followers=1, **options)
        for agent in sim.agents:
            agent.password = ROOT
        return master if identity == "MASTER" else sim.agents[1]
    cluster = sim.cluster(agents=2, password=ROOT, **options)
    server = cluster.agents[1]
    if identity == "SCALING OUT":
        server = sim.single(**options)
        cluster.start("scale_out", target=server)
        turn(sim, 8)
    elif identity == "SCALING IN":
        cluster.start("scale_in", target=server)
        turn(sim, 6)
    elif identity in ("TAKE OVER MASTER", "UNIDENTIFIED"):
        server.identity = identity
    assert server.identity == identity
    return server


@pytest.mark.parametrize("version,identity,state", CELLS)
def test_a_cell(sim, version, identity, state):
    server = made(sim, version, identity)
    if state.startswith("agent"):
        server.agent_password = AGENT
    client = client_of(server, **GIVEN[state])
    words = expected(version, identity, state)
    if words is None:
        reply, _agent = client.cluster.ask(
            "/task/dag/agent/unfinish", client.cluster.named
        )
        assert reply.status == 200
    else:
        with pytest.raises(errors.AuthRefused) as caught:
            client.cluster.ask("/task/dag/agent/unfinish", client.cluster.named)
        assert words in caught.value.message
        secrets = [value for value in GIVEN[state].values() if len(value) > 5]
        assert not any(secret in caught.value.message for secret in secrets)
    # Who gives a wrong password must not come near to a locked account.
    assert sum(one.failed_logins for one in sim.agents) <= 1
    if words == MUTE:
        assert seen(server, signed=True) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_two_passwords_that_are_wrong_are_tried_once_each(sim, version):
    server = made(sim, version, "CLUSTER AGENT")
    client = client_of(server, password="wrong", next_password="wrong too")
    with pytest.raises(errors.AuthRefused) as caught:
        client.cluster.ask("/task/dag/agent/unfinish", client.cluster.named)
    assert NEITHER in caught.value.message
    assert sum(one.failed_logins for one in sim.agents) == 2


def test_the_table_is_large():
    assert len(CELLS) > 300

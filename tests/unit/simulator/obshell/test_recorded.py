# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated obshell held against recordings."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import Simulator
from ansible_collections.oceanbase.ops.tests.simulator.obshell.scenario import ALWAYS
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    normal,
)

RECORDED_PORT = 2886

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
    agent.start_fails = ALWAYS
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

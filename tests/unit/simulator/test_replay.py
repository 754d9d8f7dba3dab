# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.client
import json

import pytest
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import replay
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    Asker,
    verdict,
)

CLUSTER = "obshell-cluster-4.5.0.0"


class Replayed(Asker):
    """An asker takes a replay for an agent: it needs key, port and time."""

    def __init__(self, served: replay.Replay, password: str) -> None:
        super().__init__(served, password)  # type: ignore[arg-type]


def part(name: str, first: int, last: int) -> list[dict]:
    return [e for e in recordings.load(name) if first <= e["n"] <= last]


def test_a_scale_out_is_followed_as_it_was() -> None:
    with replay.Replay(part(CLUSTER, 95, 203), agent=1) as served:
        asker = Replayed(served, "Root.pw-1")
        body = part(CLUSTER, 95, 95)[0]["request"]["body"]
        assert asker("POST", "/ob/scale_out", body)[1]["data"]["id"] == "11"
        seen = []
        while not seen or not seen[-1].startswith("SUCCEED"):
            seen.append(verdict(asker.data("/task/dag/11")))
        assert seen[0] == "READY+RUN 1/11"
        assert len(seen) > 20
        assert asker.data("/task/dag/11")["state"] == "SUCCEED"
        assert served.unknown == []


def test_the_password_that_is_sent_decides() -> None:
    with replay.Replay(part(CLUSTER, 101, 116), agent=2) as served:
        path = "/task/dag/maintain/agent"
        empty, right = Replayed(served, ""), Replayed(served, "Root.pw-1")
        assert [empty("GET", path)[0] for _poll in range(4)] == [404, 200, 401, 401]
        assert [right("GET", path)[0] for _poll in range(3)] == [404, 200, 200]


@pytest.mark.parametrize(("version", "bits"), [("4.3.0.0", 512), ("4.5.0.0", 1024)])
def test_the_key_is_its_own_and_of_the_recorded_size(version: str, bits: int) -> None:
    exchanges = part(f"obshell-{version}", 1, 30)
    with replay.Replay(exchanges, agent=1) as served:
        asker = Replayed(served, "")
        shown = asker.plain("GET", "/secret")[1]["data"]
        assert served.key.bits == bits
        assert shown["public_key"] == served.key.public
        assert shown["ip"] == "127.0.0.1"
        assert asker("GET", "/task/dag/unfinish")[0] == 200


def test_signatures_are_checked() -> None:
    with replay.Replay(part(CLUSTER, 100, 110), agent=1) as served:
        asker = Replayed(served, "Root.pw-1")
        assert asker("GET", "/task/dag/11", uri="/other")[0] == 401
        wrong = {"X-OCS-Header": "AAAA"}
        assert asker.plain("GET", "/task/dag/11", **wrong)[0] == 401
        # A recording without /secret has one all the same.
        assert asker.plain("GET", "/secret")[0] == 200


def test_strict_replay_keeps_the_order() -> None:
    exchanges = part("obshell-4.5.0.0", 1, 3)
    with replay.Replay(exchanges, strict=True) as served:
        asker = Replayed(served, "")
        assert asker.plain("GET", "/status")[0] == 404
        for path in ("/info", "/secret", "/status"):
            assert asker.plain("GET", path)[0] == 200
        assert served.unknown == ["GET /api/v1/status"]
        assert served.served == [1, 2, 3]


def test_every_recorded_answer_is_served_as_it_was() -> None:
    """Status, body and framing of a whole recording, keys apart."""
    exchanges = part(CLUSTER, 200, 420)
    with replay.Replay(exchanges, strict=True) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port)
        for exchange in exchanges:
            sent, recorded = exchange["request"], exchange["response"]
            target = sent["path"] + (f"?{sent['query']}" if sent["query"] else "")
            connection.request(sent["method"], target)
            response = connection.getresponse()
            body = response.read()
            assert response.status == recorded["status"]
            assert (json.loads(body) if body else None) == recorded["body"]
            chunked = response.getheader("Transfer-Encoding")
            assert chunked == recorded["headers"].get("transfer-encoding")


def test_ocp_express_is_replayed_too() -> None:
    with replay.Replay(recordings.load("ocp-express-4.2.2")) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port)
        connection.request("GET", "/api/v1/info", headers={"Authorization": "Basic x"})
        response = connection.getresponse()
        assert json.loads(response.read())["name"] == "ocp-express-server"
        assert response.getheader("Set-Cookie").startswith("XSRF-TOKEN=")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from ansible_collections.oceanbase.ops.tests.simulator import wire
from ansible_collections.oceanbase.ops.tests.simulator.ocp import server as ocp
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    PASSWORD,
    TASKS,
    make,
    turn,
)


@pytest.fixture(name="served")
def _served() -> Iterator[ocp.Ocp]:
    server = make()
    server.server = wire.Server(
        server.handle, server.clock, error_body=server.error_body
    )
    yield server
    assert server.server.errors == []
    server.server.stop()


def test_a_client_over_loopback(served: ocp.Ocp) -> None:
    session = requests.Session()
    session.trust_env = False
    session.auth = ("admin", PASSWORD)
    task_id = served.start("wide_diamond")
    got = session.get(f"{served.url}{TASKS}/{task_id}", timeout=5)
    assert got.json()["data"]["name"] == "Install on all hosts"
    assert got.headers["Content-Encoding"] == "gzip"
    session.get(f"{served.url}{TASKS}", timeout=5)
    assert served.sessions_made == 1
    twice = session.get(f"{served.url}//api/v2/x", timeout=5, allow_redirects=False)
    assert twice.status_code == 302
    assert served.server is not None
    assert [seen.status for seen in served.server.requests] == [200, 200, 302]


def test_a_restart_refuses_connections_for_a_while(served: ocp.Ocp) -> None:
    url = f"{served.url}/api/v2/time"
    served.restart(down=5)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    turn(served, 6)
    assert requests.get(url, timeout=5).status_code == 200


def test_an_injected_error_has_the_servers_envelope(served: ocp.Ocp) -> None:
    assert served.server is not None
    served.server.faults.add("status", status=503, count=1, message="starting")
    body = requests.get(f"{served.url}{TASKS}", timeout=5).json()
    assert (body["status"], body["successful"]) == (503, False)
    assert body["error"]["message"] == "starting"

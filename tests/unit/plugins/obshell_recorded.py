# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real agents answered, made ready to be played back to a client."""

from __future__ import annotations

from ansible_collections.oceanbase.ops.plugins.module_utils import arguments, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    agents as obshell_agents,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    client as obshell,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    login as obshell_login,
)
from ansible_collections.oceanbase.ops.tests import recordings

NAMES = [name for name in recordings.NAMES if name.startswith("obshell")]
AGENTS = (1, 2, 3)
PREFIX = "/api/v1"
PUBLIC = ("/info", "/secret", "/status", "/time", "/git-info")
FAST = arguments.Connection(request_timeout=5)


def public(path, data):
    """Return an exchange that gives an agent's own word, whenever it is asked."""
    body = {"successful": True, "status": 200, "traceId": "1", "data": data}
    return {
        "request": {"method": "GET", "path": PREFIX + path, "query": ""},
        "response": {"status": 200, "headers": {}, "body": body},
    }


def agent_facts(name, identity="CLUSTER AGENT"):
    """Return /info and /status of an agent whose observer is up."""
    version = name.rpartition("-")[2]
    kind = {"type": "seekdb"} if "seekdb" in name else {}
    info = {"identity": identity, "version": f"{version}-0", **kind}
    status = {"obState": 3, "agent": {"identity": identity}}
    return [public("/info", info), public("/status", status)]


def bare(exchange):
    """Return the exchange for any password."""
    return {**exchange, "request": {**exchange["request"], "auth": None}}


def client_of(*served, **credentials):
    """Return a client of these replays, in this order."""
    return obshell.ObshellClient(
        [
            obshell_agents.Agent(
                transport.Transport(one.url, FAST),
                obshell_login.Credentials(**credentials),
            )
            for one in served
        ]
    )


def over_tcp(name, agent):
    """Return what one agent was asked over the network and answered, in order."""
    return [
        bare(exchange)
        for exchange in recordings.load(name)
        if exchange["request"].get("agent", 1) == agent
        and exchange["request"].get("transport", "tcp") == "tcp"
        and exchange["response"]["status"]
    ]


def route_of(exchange):
    """Return the path below /api/v1, None where it is not below it."""
    path = exchange["request"]["path"]
    return path[len(PREFIX) :] if path.startswith(f"{PREFIX}/") else None


def data_of(exchange):
    """Return the inside of a good answer's envelope, None where there is none."""
    body = exchange["response"]["body"]
    good = exchange["response"]["status"] < 300 and isinstance(body, dict)
    return body.get("data") if good else None


def error_of(exchange):
    """Return what the server said is wrong; empty where nothing is."""
    body = exchange["response"]["body"]
    return (body.get("error") if isinstance(body, dict) else None) or {}


def code_of(exchange):
    """Return the error's name, or its number before 4.3.1, or an empty string."""
    error = error_of(exchange)
    return str(error.get("errCode") or error.get("code") or "")

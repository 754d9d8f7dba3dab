# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the simulator's agents, and what the agents saw of them."""

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

FAST = arguments.Connection(request_timeout=5)


def agent_of(server, *, url=None, memory=None, connection=FAST, **credentials):
    """Return our view of one simulated agent; its clock is the simulation's."""
    return obshell_agents.Agent(
        transport.Transport(url or server.url, connection),
        obshell_login.Credentials(**credentials),
        memory=memory,
        wall_clock=server.world.clock.wall,
    )


def client_of(*servers, **credentials):
    """Return a client of these simulated agents, in this order."""
    return obshell.ObshellClient([agent_of(one, **credentials) for one in servers])


def seen(server, *, signed=None):
    """Return what an agent was asked, as `GET /api/v1/info`; signed or not."""
    return [
        f"{request.method} {request.target}"
        for request in server.server.requests
        if signed is None or request.signed == signed
    ]


def posts(*servers):
    """Return the requests that could change something."""
    return [one for server in servers for one in seen(server) if one[:3] != "GET"]


def turn(sim, seconds):
    """Let so many seconds pass, and do what is due in each."""
    for _second in range(seconds):
        sim.clock.advance(1)
        sim.world.catch_up()

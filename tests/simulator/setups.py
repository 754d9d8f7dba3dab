# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ready-made worlds for `python -m tests.simulator` and for integration tests."""

from __future__ import annotations

from typing import Any, Callable

from . import Simulator

INSTALLED = "4.3.5.3-103000092025080818"
ROOT_PASSWORD = "Root.pw-1"
OCP_PASSWORD = "Ocp.pw-1"
ACCESS_KEY = "Test1AccessKey01"
SECRET_KEY = "0123456789abcdef0123456789abcdef"


class World:
    """Named servers of one simulator, and what tasks can be started on."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.clock = sim.clock
        self.servers: dict[str, Any] = {}
        self.starters: dict[str, Any] = {}
        self.facts: dict[str, dict[str, Any]] = {}

    def describe(self) -> dict[str, Any]:
        """What a playbook needs: URLs and credentials by name."""
        servers = {
            name: {
                "url": server.url,
                "port": server.server.port,
                **self.facts.get(name, {}),
            }
            for name, server in self.servers.items()
        }
        return {"servers": servers, **self.facts.get("", {})}

    def ports(self) -> dict[str, int]:
        return {name: server.server.port for name, server in self.servers.items()}


def demo(sim: Simulator, ports: dict[str, int]) -> World:
    """A cluster of two agents, two agents to add to it, and an OCP."""
    world = World(sim)
    names = ("agent1", "agent2")
    cluster = sim.cluster(
        agents=2,
        password=ROOT_PASSWORD,
        ports=[ports.get(name, 0) for name in names],
    )
    for name, agent in zip(names, cluster.agents):
        world.servers[name] = agent
        world.facts[name] = {"password": ROOT_PASSWORD}
    world.starters["cluster"] = cluster
    for name in ("single", "single2"):
        world.servers[name] = agent = sim.single(port=ports.get(name, 0))
        agent.installed = INSTALLED
        world.facts[name] = {"password": ""}
    _add_ocp(world, "ocp", ports)
    urls = [agent.url for agent in cluster.agents]
    world.facts[""] = {
        "obshell": {"url": urls, "password": ROOT_PASSWORD},
        "ocp": {
            "url": world.servers["ocp"].url,
            "username": "admin",
            "password": OCP_PASSWORD,
        },
    }
    return world


def full(sim: Simulator, ports: dict[str, int]) -> World:
    """The demo, a cluster of the oldest public obshell, and OCP Express."""
    world = demo(sim, ports)
    old = sim.cluster(
        version="4.2.3.0", password=ROOT_PASSWORD, ports=[ports.get("old", 0)]
    )
    world.servers["old"] = old.agents[0]
    world.facts["old"] = {"password": ROOT_PASSWORD}
    world.starters["old_cluster"] = old
    _add_ocp(world, "express", ports, base_path="/api/v1", express=True)
    return world


def _add_ocp(world: World, name: str, ports: dict[str, int], **options: Any) -> None:
    facts = {"username": "admin", "password": OCP_PASSWORD}
    if not options.get("express"):
        options.update(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        facts.update(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    server = world.sim.ocp("admin", OCP_PASSWORD, port=ports.get(name, 0), **options)
    world.servers[name] = world.starters[name] = server
    world.facts[name] = facts
    if "base_path" in options:
        world.facts[name]["base_path"] = options["base_path"]


WORLDS: dict[str, Callable[[Simulator, dict[str, int]], World]] = {
    "demo": demo,
    "full": full,
}

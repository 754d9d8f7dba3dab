# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from ansible_collections.oceanbase.ops.tests.runner import jobs
from ansible_collections.oceanbase.ops.tests.simulator import (
    Simulator,
    TurnedClock,
    setups,
)


@pytest.fixture(name="world")
def _world():
    """The demo's servers on a clock that only the test turns."""
    with Simulator(clock=TurnedClock(time.time())) as sim:
        yield setups.demo(sim, {})


@pytest.fixture(name="obshell")
def _obshell(world):
    """The fields of a credential for the cluster, no more than needed."""
    urls = [agent.url for agent in world.sim.clusters[0].agents]
    return {"url": ",".join(urls), "password": setups.ROOT_PASSWORD}


@pytest.fixture(name="ocp")
def _ocp(world):
    return {
        "url": world.servers["ocp"].url,
        "username": "admin",
        "password": setups.OCP_PASSWORD,
    }


@pytest.fixture(name="launch")
def _launch(tmp_path):
    """Launch a playbook with credentials; all that is left of it ends with the test."""
    launched = []

    def launch(
        playbook, variables=None, *, environment=None, sources=(), **credentials
    ):
        folder = tmp_path / f"job{len(launched) + 1}"
        env = dict(environment or {})
        for name, fields in credentials.items():
            env.update(jobs.inject(name, fields, folder)[0])
        launched.append(jobs.Job(folder, playbook, env, variables or {}, sources))
        return launched[-1]

    yield launch
    for job in launched:
        job.kill()

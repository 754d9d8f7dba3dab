# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    connect,
    errands,
    errors,
)


@pytest.fixture
def params(sim):
    url = [agent.url for agent in sim.cluster(agents=2, password="").agents]
    return {"obshell": {"url": url, "password": ""}, "wait_options": {}}


def asking(params, sim, **shared):
    return errands.asking(connect.obshell_client, params, sim.clock.advance, shared)


def test_who_asks_and_who_waits_have_one_deadline_and_one_tally(params, sim):
    client, waits = asking(params, sim)
    client.call("GET", "/info")
    asked = [seen for agent in sim.agents for seen in agent.server.requests]
    assert waits.tally.requests == len(asked) > 0
    waits.deadline.at = waits.deadline.clock() - 1
    with pytest.raises(errors.Unreachable, match="no time left"):
        client.call("GET", "/info")
    client.close()


@pytest.mark.parametrize("progress, logs", [("logs", True), ("changes", False)])
def test_a_wait_has_its_options_and_what_the_worker_gives(params, sim, progress, logs):
    params["wait_options"] = {"progress": progress, "timeout": 5}
    told = []
    _client, waits = asking(params, sim, show=told.append)
    assert (waits.logs, waits.rules.timeout) == (logs, 5)
    waits.show("a change")
    assert told == ["a change"]


def test_an_option_of_the_wait_that_is_none_is_refused(params, sim):
    params["wait_options"] = {"timeot": 5}
    with pytest.raises(errors.InvalidOption, match="timeout"):
        asking(params, sim)


@pytest.mark.parametrize("said, seconds", [({}, 90.0), ({"request_timeout": 5}, 5.0)])
def test_who_submits_is_patient_where_the_option_says_nothing(params, said, seconds):
    params["obshell"].update(said)
    client = errands.submitting(params)({})
    limits = {one.carrier.connection.request_timeout for one in client.cluster.named}
    assert limits == {seconds}

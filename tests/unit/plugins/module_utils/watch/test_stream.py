# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source as ansible-rulebook runs it, on the simulator in real time."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.watch import stream
from ansible_collections.oceanbase.ops.tests.simulator import Simulator
from ansible_collections.oceanbase.ops.tests.simulator.obshell import scenarios

PASSWORD = "right"
QUICK = scenarios.long_task(name="Quick task", stages=1, seconds=0.1)


@pytest.fixture
def sim():
    with Simulator() as running:
        yield running


def given(cluster, **more):
    at = {"url": cluster.agents[0].url, "password": PASSWORD}
    return {"clusters": [{"name": "prod", "obshell": at}], "interval": 1, **more}


def threads():
    return [one for one in threading.enumerate() if one.name.startswith("oceanbase ")]


async def _until(what):
    while not what():
        await asyncio.sleep(0.05)


async def _looked(cluster):
    """Return after the first look, whose last question is of the agent's last task."""
    last = "/maintain/agent"
    await _until(
        lambda: any(last in r.target for r in cluster.agents[0].server.requests)
    )


async def _watched(args):
    """Watch into a queue that nobody reads."""
    await asyncio.wait_for(stream.watch(asyncio.Queue(), args), 60)


async def _ended(source):
    source.cancel()
    with pytest.raises(asyncio.CancelledError):
        await source
    await _until(lambda: not threads())


def test_an_event_comes_through_the_queue_and_the_end_leaves_no_thread(sim):
    cluster = sim.cluster(password=PASSWORD)

    async def play():
        queue = asyncio.Queue()
        source = asyncio.ensure_future(stream.watch(queue, given(cluster)))
        await _looked(cluster)
        cluster.start(QUICK)
        event = await asyncio.wait_for(queue.get(), 60)
        await asyncio.wait_for(_ended(source), 60)
        return event

    event = asyncio.run(play())["oceanbase"]
    assert (event["what"], event["task"]["name"]) == ("task_done", "Quick task")


def test_a_full_queue_holds_events_back_and_loses_none(sim):
    cluster = sim.cluster(password=PASSWORD)

    async def play():
        queue = asyncio.Queue(maxsize=1)
        args = given(cluster, since="all")
        source = asyncio.ensure_future(stream.watch(queue, args))
        await _until(queue.full)
        found = []
        while "Quick task" not in found:
            found.append((await queue.get())["oceanbase"]["task"]["name"])
            if len(found) == 1:
                cluster.start(QUICK)
        await asyncio.wait_for(_ended(source), 60)
        return found

    found = asyncio.run(asyncio.wait_for(play(), 120))
    assert len(found) > 1 and found.count("Quick task") == 1


def test_an_end_cuts_a_request_that_gets_no_answer():
    async def play():
        asked, over = asyncio.Event(), asyncio.Event()

        async def silent(_reader, writer):
            asked.set()
            await over.wait()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        at = {"url": f"http://127.0.0.1:{port}", "request_timeout": 600}
        source = asyncio.ensure_future(stream.watch(asyncio.Queue(), {"obshell": at}))
        await asked.wait()
        source.cancel()
        with pytest.raises(asyncio.CancelledError):
            await source
        await _until(lambda: not threads())
        over.set()
        server.close()

    asyncio.run(asyncio.wait_for(play(), 60))


@pytest.mark.parametrize("kind", ["hang", "trickle", "trickle_body"])
def test_a_server_that_takes_too_long_is_an_outage_and_no_end(sim, kind):
    cluster = sim.cluster(password=PASSWORD)
    server = cluster.agents[0].server
    server.faults.add(kind, count=1, interval=0.2)

    async def play():
        queue = asyncio.Queue()
        args = given(cluster, changes=["outage", "outage_over"])
        args["clusters"][0]["obshell"]["request_timeout"] = 1
        source = asyncio.ensure_future(stream.watch(queue, args))
        found = [(await queue.get())["oceanbase"] for _two in range(2)]
        await asyncio.wait_for(_ended(source), 60)
        return found

    out, over = asyncio.run(asyncio.wait_for(play(), 60))
    assert (out["what"], over["what"]) == ("outage", "outage_over")
    # Where nothing comes at all, the connection's own limit may be the first to see it.
    said = "no complete answer within 1 s|no answer in time"
    assert re.search(said, out["outage"]["reason"])


def test_a_wrong_option_ends_the_source_with_its_reason():
    with pytest.raises(errors.InvalidOption, match="give either clusters"):
        asyncio.run(_watched({}))


def test_a_state_file_that_cannot_be_written_ends_the_source(sim, tmp_path):
    cluster = sim.cluster(password=PASSWORD)
    path = tmp_path / "state.json"
    (tmp_path / "state.json.new").mkdir()
    args = given(cluster, state_file=str(path))
    with pytest.raises(errors.InvalidOption, match="it cannot be written"):
        asyncio.run(_watched(args))

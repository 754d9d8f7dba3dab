# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each recorded sequence of OCP Express, played back poll by poll to a wait."""

from __future__ import annotations

import re

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    arguments,
    errors,
    transport,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import auth as ocp_auth
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import client as ocp
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    target,
    waiter,
)
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import replay
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served, scripted

RECORDED = recordings.load("ocp-express-4.2.2")
REFUSED = "install cannot reach 198.51.100.7:2881"
# How each sequence ends, and what its message says of the cause.
ENDS = {
    "chain-ok": ("succeeded", ""),
    "fail-once": ("failed", f"at 'Demo install' on 192.0.2.2.*{REFUSED}"),
    "fail-once-after-retry": ("succeeded", ""),
    "fail-always": ("failed", "at 'Demo install'"),
    "fail-always-after-retry": ("failed", "'Demo install' on 192.0.2.2, attempt 2"),
    "fail-always-rollback": ("rolled_back", "its work was undone"),
    "fail-skip": ("failed", "at 'Demo install'"),
    "fail-skip-after": ("passed", ""),
    "subtask-retry-before": ("failed", "at 'Demo install'"),
    "subtask-retry-after": ("succeeded", ""),
    "slow-after-cancel": ("cancelled", "'Demo install'.*install: cancel asked"),
    "slow-rollback-after": ("rolled_back", "its work was undone"),
    "rollback-fails-run": ("failed", "at 'Demo install'"),
    "rollback-fails-after": (
        "rollback_failed",
        "'Demo prepare'.*undo of prepare refused",
    ),
    "rollback-fails-second": ("rollback_failed", "at 'Demo prepare'"),
    "rollback-fails-skipped": ("rolled_back", "its work was undone"),
    "parallel": ("succeeded", ""),
    "unknown-tenant": ("succeeded", ""),
    "diamond": ("failed", "at 'Demo check'"),
    "diamond-after-retry": ("succeeded", ""),
    "auto-retry-ok": ("succeeded", ""),
    "auto-retry-exhausted": ("failed", "'Demo flaky' on 192.0.2.2, attempt 3"),
    "auto-retry-race": ("failed", "'Demo flaky' on 192.0.2.2, attempt 3"),
    "irreversible": ("failed", "at 'Demo install'"),
    "prohibit-rollback": ("failed", "at 'Demo install'"),
    "timeout": ("failed", "'Demo short-timeout'.*elapsed=3, timeout=3"),
    "product-restart-agent": ("failed", "Agent username not specified"),
    "product-restart-agent-rollback": ("rolled_back", "its work was undone"),
    "big-id": ("succeeded", ""),
    "late-success": ("failed", "'Demo flaky'"),
    "late-success-after-retry": ("succeeded", ""),
    "start-delay": ("succeeded", ""),
    "crash-recovery": ("failed", "executedSeconds=290, timeout=120"),
    "crash-after-cancel": ("cancelled", "at 'Demo prepare'"),
}
# The last poll shows a task that runs: killed servers, and tasks that go on elsewhere.
RUNNING = ("slow", "crash-before", "crash-after", "crash-after-retry")


def sequences():
    found = {}
    for exchange in RECORDED:
        named = re.match(r"(.+)-\d+$", exchange["slug"])
        path = exchange["request"]["path"]
        if named and re.match(r"/api/v1/tasks/instances/\d+$", path):
            found.setdefault(named[1], []).append(exchange)
    return found


def with_logs(exchanges):
    """Return a sequence with the logs that were read when it was over."""
    path, last = exchanges[0]["request"]["path"], exchanges[-1]["n"]
    chosen = list(exchanges)
    seen = set()
    for exchange in RECORDED:
        log = exchange["request"]["path"]
        if exchange["n"] > last and re.match(path + r"/subtasks/\d+/log$", log):
            if log not in seen:
                chosen.append(exchange)
            seen.add(log)
    return chosen


def wait_on(server, task_id, **rules):
    clock, tally = scripted.Clock(), transport.Tally()
    carrier = transport.Transport(
        server.url, arguments.Connection(request_timeout=5), tally=tally
    )
    credentials = ocp_auth.Credentials(**ocp_served.BASIC)
    client = ocp.OcpClient(carrier, credentials, "/api/v1")
    targets = [target.Target(task_id=task_id)]
    given = {"timeout": 3600, **rules}
    return waiter.Wait(
        client,
        targets,
        wait_rules.Rules(**given),
        tally=tally,
        clock=clock,
        sleep=clock.sleep,
    )


def test_every_sequence_is_in_the_table():
    assert set(sequences()) == {*ENDS, *RUNNING}


@pytest.mark.parametrize("name", ENDS)
def test_a_wait_ends_as_the_last_state_demands_and_names_the_cause(name):
    outcome, said = ENDS[name]
    exchanges = sequences()[name]
    with replay.Replay(with_logs(exchanges)) as server:
        wait = wait_on(server, exchanges[0]["request"]["path"].rpartition("/")[2])
        if outcome in ("succeeded", "passed"):
            wait.run()
        else:
            with pytest.raises(errors.TaskFailed) as caught:
                wait.run()
            assert re.search(said, caught.value.message), caught.value.message
        assert wait.targets[0].snapshot.outcome == outcome
        polled = [n for n in server.served if n in {e["n"] for e in exchanges}]
        # The last two polls of this one show the same end.
        assert polled[-1] == exchanges[-1]["n"] or name == "late-success"


@pytest.mark.parametrize("name", RUNNING)
def test_a_task_that_runs_is_waited_for_until_the_time_is_up(name):
    exchanges = sequences()[name]
    with replay.Replay(exchanges) as server:
        id = exchanges[0]["request"]["path"].rpartition("/")[2]
        with pytest.raises(errors.WaitTimeout, match="it goes on at the server"):
            wait_on(server, id, timeout=60).run()

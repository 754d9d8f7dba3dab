# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A day of events on a turned clock: outages, restarts, kills; nothing is lost."""

from __future__ import annotations

import collections
import json
import random

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    recent as obshell_recent,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.watch import (
    memory,
    options,
    teller,
    watcher,
)
from ansible_collections.oceanbase.ops.tests.simulator import Simulator, TurnedClock
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
)

PASSWORD = "right"
DAY = 24 * 3600
TASKS, OUTAGES, RESTARTS, KILLS = 50, 20, 5, 5
KINDS = ["succeeded", "rolled_back", "retried", "passed"]
RULES = options.Rules(interval=30.0, changes=("task_done", "outage", "outage_over"))


class Killed(Exception):
    """Ends a watcher in the middle."""


class Day:
    """One cluster, its watcher, and what is told."""

    def __init__(self, sim, file):
        self.sim = sim
        self.file = file
        self.cluster = sim.cluster(agents=2, password=PASSWORD)
        self.told = []
        self.kill = False
        self.down = 0.0  # until when
        self.sizes = []
        self.kept = None
        self.begin()

    def begin(self):
        """Start the watcher anew, as a rulebook that is started again."""
        if self.kept is not None:
            self.kept.close()
        self.kept = memory.Memory(self.file)
        source = teller.Source("prod", "obshell", "http://prod", frozenset())
        telling = teller.Teller(
            source, RULES, self.kept, give=self.take, now=lambda: str(self.now)
        )
        client = client_of(*self.cluster.agents, password=PASSWORD)
        self.watch = watcher.Watcher(client, obshell_recent, RULES, telling)

    @property
    def now(self):
        return self.sim.clock.now()

    def take(self, event):
        self.told.append(json.loads(json.dumps(event["oceanbase"])))
        if self.kill:
            self.kill = False
            raise Killed()

    def look(self):
        """Look once; a kill between an event and its note starts the watcher anew."""
        try:
            self.watch.look()
        except Killed:
            self.begin()
        with open(self.file, encoding="utf-8") as f:
            self.sizes.append(len(f.read()))

    def pass_by(self, seconds):
        """Let time pass as the world does, in its own ticks."""
        left = seconds
        while left > 0:
            step = min(left, 1.0 if self.at_work() else 30.0)
            self.sim.clock.advance(step)
            self.sim.world.catch_up()
            left -= step

    def at_work(self):
        return any(one.state in ("READY", "RUNNING") for one in self.cluster.store.dags)

    def stop(self):
        for agent in self.cluster.agents:
            agent.stop()

    def start(self):
        for agent in self.cluster.agents:
            agent.start()


@pytest.mark.slow
def test_a_day_loses_nothing_and_tells_little_twice(tmp_path):
    dice = random.Random(7)
    happens = [
        (dice.uniform(60, DAY - 3600), what)
        for what, times in (
            ("task", TASKS),
            ("outage", OUTAGES),
            ("restart", RESTARTS),
            ("kill", KILLS),
        )
        for _time in range(times)
    ]
    happens.sort()
    with Simulator(clock=TurnedClock()) as sim:
        day = Day(sim, str(tmp_path / "state.json"))
        day.look()
        ids, up_at, began = [], None, day.now
        while day.now - began < DAY:
            day.pass_by(day.watch.pause())
            if up_at is not None and day.now >= up_at:
                day.start()
                up_at = None
            while happens and happens[0][0] <= day.now - began:
                if happens[0][1] == "task" and day.cluster.store.unfinished():
                    break  # the cluster is locked: it comes later
                _at, what = happens.pop(0)
                if what == "task":
                    ids.append(day.cluster.start(dice.choice(KINDS)))
                elif what == "outage" and up_at is None:
                    day.stop()
                    up_at = day.now + dice.uniform(30, 900)
                elif what == "restart":
                    day.begin()
                elif what == "kill":
                    day.kill = True
            day.look()
        outcomes = {
            id: client_of(*day.cluster.agents, password=PASSWORD).fetch(id).outcome
            for id in ids
        }
        day.kept.close()
    assert len(ids) == TASKS and not happens and not day.kill
    ends = {
        (one["task"]["id"], one["task"]["outcome"]) for one in day.told if one["task"]
    }
    assert ends >= set(outcomes.items())
    again = collections.Counter(one["id"] for one in day.told)
    assert sum(again.values()) - len(again) <= KILLS
    by_end = collections.Counter(
        (one["task"]["id"], one["task"]["outcome"], one["id"])
        for one in day.told
        if one["task"]
    )
    last = {
        id: [key for key in by_end if key[:2] == (id, outcome)]
        for id, outcome in outcomes.items()
    }
    assert all(len(keys) == 1 for keys in last.values())
    told = collections.Counter(one["what"] for one in day.told)
    assert told["outage"] >= told["outage_over"] >= 1
    assert max(day.sizes) < 1500 * (TASKS + 20)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    order as ocp_order,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import (
    task,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import calm
from hypothesis import given
from hypothesis import strategies as st


def node(id, upstreams=(), **more):
    return task.Node(
        id=id, name=id, state="PENDING", operator="RUN", upstreams=upstreams, **more
    )


def test_ties_are_broken_by_start_and_then_by_id_as_a_number():
    late = dict(start_time="2026-11-21T17:00:02+08:00")
    soon = dict(start_time="2026-11-21T17:00:01Z")  # 01:00:01 at +08:00 the next day
    nodes = [node("10"), node("9"), node("1", **soon), node("2", **late)]
    assert [one.id for one in ocp_order.ordered(nodes)] == ["2", "1", "9", "10"]


def test_unknown_upstreams_and_cycles_lose_nothing():
    nodes = [
        node("3", ("2",)),
        node("2", ("3",)),
        node("1", ("99",)),
        node("4", ("4",)),
    ]
    assert [one.id for one in ocp_order.ordered(nodes)] == ["1", "4", "2", "3"]


IDS = st.integers(0, 9).map(str)


@calm.CALM
@given(st.lists(st.tuples(IDS, st.lists(IDS, max_size=4)), max_size=12), st.integers())
def test_any_graph_is_ordered_whole_and_always_alike(pairs, seed):
    nodes = [node(id, tuple(upstreams)) for id, upstreams in pairs]
    found = ocp_order.ordered(nodes)
    assert sorted(found, key=repr) == sorted(nodes, key=repr)
    ids = [id for id, _upstreams in pairs]
    if len(ids) == len(set(ids)):
        random.Random(seed).shuffle(nodes)
        assert ocp_order.ordered(nodes) == found
    before = {}
    for place, one in enumerate(found):
        before.setdefault(one.id, place)
    acyclic = all(int(up) < int(id) for id, ups in pairs for up in ups)
    if acyclic and len(ids) == len(set(ids)):
        for one in found:
            for up in one.upstreams:
                assert before.get(up, -1) < before[one.id]

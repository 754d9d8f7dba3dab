# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re

import pytest
from ansible_collections.oceanbase.ops.tests.nox import plan, pythons, trees

REST = (*plan.REST, *plan.REST_LAST)
PLANS = {
    "test": plan.TEST,
    "rest": REST,
    "matrix": plan.MATRIX,
    "docs": plan.DOCS,
    "dist": plan.DIST,
}


def kind(stage: str) -> str:
    """What a stage is, whatever the version."""
    return stage.partition("(")[0]


def sessions() -> set[str]:
    """What noxfile.py says nox's sessions are."""
    text = (trees.ROOT / "noxfile.py").read_text(encoding="utf-8")
    names = {node.name for node in ast.parse(text).body if hasattr(node, "name")}
    return names | set(re.findall(r'@nox\.session\(name="(\w+)"\)', text))


@pytest.mark.parametrize("names", PLANS.values(), ids=PLANS)
def test_each_stage_is_a_session_and_planned_once(names: tuple[str, ...]) -> None:
    assert {kind(name) for name in names} <= sessions()
    assert len(set(names)) == len(names)


def test_ci_runs_each_stage_once() -> None:
    assert not set(plan.TEST) & set(REST)


def test_ci_drops_no_kind_of_stage() -> None:
    planned = [*plan.MATRIX, *plan.DOCS, *plan.DIST]
    left_out = {kind(name) for name in planned} - {
        kind(name) for name in (*plan.TEST, *REST)
    }
    # edge_units and quick_forked_units have a part of these.
    assert left_out == {"target_units", "forked_units"}
    assert {"edge_units(2.16)", "edge_units(2.21)"} <= set(REST)


def test_the_matrix_has_every_version_that_ci_leaves_out() -> None:
    assert {f"sanity({core})" for core in pythons.testable()} <= set(plan.MATRIX)
    versions = [name for name in plan.REST if re.search(r"\(2\.\d+\)", name)]
    edges = {f"edge_units({core})" for core in (plan.OLDEST, plan.NEWEST)}
    parts = {name for name in versions if name.startswith("quick_")}
    assert set(versions) - edges - parts <= set(plan.MATRIX)
    assert {name.replace("quick_", "") for name in parts} <= set(plan.MATRIX)
    assert {name.replace("edge", "target") for name in edges} <= set(plan.MATRIX)

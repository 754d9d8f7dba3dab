# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.tests.nox import pythons


def test_every_ansible_core_has_its_pythons() -> None:
    assert pythons.CONTROLLERS.keys() == pythons.TARGETS.keys()


@pytest.mark.parametrize("core", pythons.CONTROLLERS)
def test_a_controller_python_is_one_that_the_core_runs_on(core: str) -> None:
    oldest, newest = pythons.CONTROLLERS[core]
    allowed = [f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)]
    assert pythons.controller(core) in allowed


def test_the_upcoming_core_is_not_the_one_that_other_stages_use() -> None:
    assert pythons.newest_core() != pythons.UPCOMING


@pytest.mark.parametrize("core", pythons.CONTROLLERS)
def test_each_controller_python_is_a_target_too(core: str) -> None:
    targets = pythons.targets(core)
    controllers = [each for each in targets if pythons.is_controller(core, each)]
    assert controllers == targets[-len(controllers) :]
    assert pythons.controller(core) in controllers


@pytest.mark.parametrize(
    ("core", "here", "expected"),
    [
        ("2.16", ["3.8", "3.12"], ["3.8"]),
        ("2.16", ["3.10", "3.12"], ["3.8", "3.9", "3.10"]),
        ("2.21", ["3.9", "3.14"], ["3.14"]),
        ("2.21", ["3.9", "3.13"], ["3.14", "3.13"]),
        ("2.21", ["3.8"], ["3.14", "3.13", "3.12", "3.11", "3.10", "3.9"]),
    ],
)
def test_an_edge_goes_as_far_as_the_first_python_that_is_here(
    core: str, here: list[str], expected: list[str]
) -> None:
    assert pythons.edge(core, here.__contains__) == expected


@pytest.mark.parametrize("core", pythons.CONTROLLERS)
def test_only_the_upcoming_core_may_be_a_candidate(core: str) -> None:
    assert ("rc" in pythons.requirement(core)) is (core == pythons.UPCOMING)

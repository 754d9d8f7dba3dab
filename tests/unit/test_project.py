# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be kept in step with the modules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.nox import pythons

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))


@pytest.mark.parametrize("server", ["obshell", "ocp"])
def test_action_group_holds_the_modules_of_its_server(server: str) -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))
    own = [name for name in MODULES if name.startswith(f"{server}_")]
    assert runtime["action_groups"][server] == [*own, "wait_for_task"]


@pytest.mark.parametrize("module", MODULES)
def test_smoke_playbook_calls_each_module(module: str) -> None:
    playbook = (ROOT / "tests" / "smoke" / "smoke.yml").read_text("utf-8")
    assert f" oceanbase.ops.{module}:" in playbook


@pytest.mark.parametrize("module", MODULES)
def test_readme_lists_each_module(module: str) -> None:
    assert f"| `{module}` |" in (ROOT / "README.md").read_text("utf-8")


def test_nothing_was_added_before_the_first_release_or_after_this_version() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
    pattern = re.compile(r"^\s*version_added: (\d+)\.(\d+)\.(\d+)$", re.MULTILINE)
    files = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").rglob("*.yml")]
    said = [
        tuple(int(number) for number in version)
        for path in files
        for version in pattern.findall(path.read_text("utf-8"))
    ]
    now = tuple(int(number) for number in galaxy["version"].split("."))
    assert len(said) > len(MODULES)
    assert min(said) >= (1, 0, 0) and max(said) <= now


def test_the_event_source_finds_the_collection_that_is_linked_to_it(tmp_path) -> None:
    linked = tmp_path / "ansible_collections" / "oceanbase" / "ops"
    linked.parent.mkdir(parents=True)
    linked.symlink_to(ROOT.resolve())
    source = linked / "extensions" / "eda" / "plugins" / "event_source" / "tasks.py"
    # As ansible-rulebook runs it, without a loader of collections.
    played = (
        "import asyncio, runpy, sys; main = runpy.run_path(sys.argv[1])['main']; "
        "asyncio.run(main(asyncio.Queue(), {}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", played, str(source)],
        cwd=tmp_path,
        env={key: text for key, text in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "InvalidOption" in run.stderr and "give either clusters" in run.stderr


def test_the_readme_says_which_pythons_each_ansible_core_is_tested_with() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(
        r"^\| ([\d., ]+) \| ([\d.]+) to ([\d.]+) \| ([\d.]+) to ([\d.]+) \|$",
        readme,
        re.MULTILINE,
    )
    said = {core: row[1:] for row in rows for core in row[0].split(", ")}
    ranges = {
        core: (*pythons.CONTROLLERS[core], *pythons.TARGETS[core])
        for core in pythons.released()
    }
    assert said == {
        core: tuple(f"{major}.{minor}" for major, minor in known)
        for core, known in ranges.items()
    }


def test_floors_of_the_libraries_are_one_in_all_places() -> None:
    wanted = (ROOT / "requirements.txt").read_text("utf-8")
    floors = dict(re.findall(r"^(\w+)>=([\d.]+)$", wanted, re.MULTILINE))
    assert set(floors) == {"cryptography", "requests"}
    pins = (ROOT / "tests" / "unit" / "floors.txt").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    for library, floor in floors.items():
        assert re.search(rf"^{library}=={re.escape(floor)}\.\d+$", pins, re.MULTILINE)
        assert f"'{library}>={floor}'" in readme

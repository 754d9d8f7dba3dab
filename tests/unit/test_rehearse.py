# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of the page "Rehearse a failure" is in tests/rehearse, and runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "docsite" / "rst" / "guide_rehearse.rst"
FOLDER = ROOT / "tests" / "rehearse"
BLOCK = re.compile(r"^\.\. code-block:: (\w+)\n\n((?:    .*\n|\n)+)", re.MULTILINE)


def examples(language: str) -> list[str]:
    found = BLOCK.findall(PAGE.read_text("utf-8"))
    return [textwrap.dedent(text).strip() for kind, text in found if kind == language]


@pytest.mark.parametrize(
    "name,example",
    [
        ("rehearsal.yml", examples("yaml")[0]),
        ("scale_out.yml", examples("yaml")[1]),
        ("test_scale_out.py", examples("python")[0]),
    ],
)
def test_the_page_shows_what_runs(name: str, example: str) -> None:
    assert (FOLDER / name).read_text("utf-8").strip().endswith(f"\n{example}")


@pytest.mark.slow
def test_the_example_runs(tmp_path: Path) -> None:
    beside = Path(sys.executable).parent
    collections = tmp_path / "ansible_collections" / "oceanbase"
    collections.mkdir(parents=True)
    (collections / "ops").symlink_to(ROOT.resolve())
    env = {
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(beside), os.environ["PATH"]]),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
        "OCEANBASE_OPS_CHECKOUT": str(ROOT),
    }
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(FOLDER)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = os.environ["OCEANBASE_OPS_CHECKOUT"]


@pytest.fixture
def ready(tmp_path):
    path = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tests.simulator"]
    command += ["--rehearsal", HERE / "rehearsal.yml", "--ready-file", path]
    with subprocess.Popen(command, cwd=CHECKOUT) as simulator:
        while not path.exists():
            assert simulator.poll() is None, "it did not start"
            time.sleep(0.1)
        yield path
        simulator.terminate()


def play(ready, *options):
    command = ["ansible-playbook", HERE / "scale_out.yml", "-e", f"@{ready}"]
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False
    )


def test_a_failed_scale_out_says_why_and_is_mended(ready):
    failed = play(ready)
    assert failed.returncode != 0
    assert "observer: cannot start" in failed.stdout + failed.stderr
    mended = play(ready, "-e", "on_failure=retry")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    again = play(ready)
    assert "changed=0 " in again.stdout

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that sets AWX up, with the true modules of awx.awx."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.runner import jobs
from ansible_collections.oceanbase.ops.tests.runner.awx import Awx

VARIABLES = {
    "awx_setup_image": "registry.example.com/oceanbase/ops-ee:1",
    "awx_setup_scm_url": "https://git.example.com/dba/oceanbase.git",
}


@pytest.fixture(name="awx")
def _awx():
    awx = Awx()
    yield awx
    awx.close()


def play(awx, *options, **variables):
    """Run the playbook; return its exit code and output."""
    command = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [command, "oceanbase.ops.awx_setup", *options]
        + ["--extra-vars", json.dumps(variables)],
        env={**os.environ, "CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": "t"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=jobs.PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def test_everything_is_created_and_a_second_run_changes_nothing(awx):
    code, output = play(awx, **VARIABLES)
    assert code == 0, output
    for name in ("obshell", "ocp"):
        given = jobs.credential_type(name)
        # The templates are for AWX: they must not be rendered on the way.
        assert awx.named("credential_types", given["name"]) == {
            **given,
            "managed": False,
        }
    localhost = json.loads(awx.named("hosts", "localhost")["variables"])
    assert localhost == jobs.LOCALHOST
    template = awx.named("job_templates", "OceanBase scale out")
    assert template["playbook"] == "scale_out.yml"
    assert template["ask_credential_on_launch"] is True
    survey = yaml.safe_load((jobs.TYPES / "survey.yml").read_text(encoding="utf-8"))
    assert list(awx.surveys.values()) == [survey]

    before = list(awx.changes)
    for options in [], ["--check"]:
        code, output = play(awx, *options, **VARIABLES)
        assert code == 0, output
        assert "changed=0" in output
        assert awx.changes == before


def test_credentials_of_the_template_are_attached(awx):
    awx.things["credentials"] = {7: {"id": 7, "name": "Cluster 1"}}
    code, output = play(awx, **VARIABLES, awx_setup_credentials=["Cluster 1"])
    assert code == 0, output
    assert list(awx.attached.values()) == [[7]]
    template = awx.named("job_templates", "OceanBase scale out")
    assert template["ask_credential_on_launch"] is False


def test_what_is_missing_is_said_before_anything_is_created(awx):
    code, output = play(awx, awx_setup_image="x")
    assert code == 2
    assert "missing required arguments: awx_setup_scm_url" in output
    assert awx.changes == []

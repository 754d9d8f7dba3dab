# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that sets AWX up, with the true modules of awx.awx."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.nox import guides
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


def play(awx, *options, environment=None, **variables):
    """Run the playbook; return its exit code and output."""
    command = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [command, "oceanbase.ops.awx_setup", *options]
        + ["--extra-vars", json.dumps(variables)],
        env={
            **os.environ,
            "CONTROLLER_HOST": awx.url,
            **(environment or {"CONTROLLER_OAUTH_TOKEN": "t"}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=jobs.PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def loaded(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


TEMPLATES = loaded(jobs.TYPES / "templates.yml")


def test_everything_is_created_and_a_second_run_changes_nothing(awx):
    awx.things["credentials"] = {
        number: {"id": number, "name": name}
        for number, name in ((7, "Cluster 1"), (8, "OCP 1"))
    }
    given = {
        **VARIABLES,
        "awx_setup_credentials": ["Cluster 1"],
        "awx_setup_ocp_credentials": ["OCP 1"],
        "awx_setup_folder": "oceanbase",
        "awx_setup_gate_rrule": "DTSTART:20270101T060000Z RRULE:FREQ=DAILY;INTERVAL=1",
    }
    code, output = play(awx, **given)
    assert code == 0, output
    check_things(awx)
    check_templates(awx)
    check_workflow(awx)
    assert awx.named("schedules", "OceanBase gate")["unified_job_template"] == next(
        key
        for key, one in awx.things["job_templates"].items()
        if one["name"] == "OceanBase gate"
    )

    before = list(awx.changes)
    for options in [], ["--check"]:
        code, output = play(awx, *options, **given)
        assert code == 0, output
        assert "changed=0" in output
        assert awx.changes == before


def check_things(awx):
    for name in ("obshell", "ocp"):
        given = jobs.credential_type(name)
        # The templates are for AWX: they must not be rendered on the way.
        assert awx.named("credential_types", given["name"]) == {
            **given,
            "managed": False,
        }
    localhost = json.loads(awx.named("hosts", "localhost")["variables"])
    assert localhost == jobs.LOCALHOST


def check_templates(awx):
    wanted = {"obshell": [7], "ocp": [8], "any": [7, 8]}
    for key, said in TEMPLATES.items():
        name = f"OceanBase {said['name']}"
        template = awx.named("job_templates", name)
        assert template["playbook"] == f"oceanbase/{key}.yml"
        assert (jobs.TYPES / "project" / f"{key}.yml.txt").is_file()
        assert template["ask_credential_on_launch"] is False
        assert template["allow_simultaneous"] is False
        assert template["job_slice_count"] == 1
        number = number_of(awx, "job_templates", name=name)
        attached = awx.attached[f"job_templates/{number}/credentials"]
        assert sorted(attached) == wanted[said["server"]]
        assert template["survey_enabled"] is said["survey"]
        survey = jobs.TYPES / "surveys" / f"{key}.yml"
        assert survey.is_file() is said["survey"]
        if said["survey"]:
            assert awx.surveys[number] == loaded(survey)


def number_of(awx, kind, **wanted):
    (number,) = (
        number
        for number, one in awx.things[kind].items()
        if all(one[key] == value for key, value in wanted.items())
    )
    return number


def check_workflow(awx):
    workflow = number_of(
        awx, "workflow_job_templates", name="OceanBase scale out with approval"
    )
    assert awx.surveys[workflow] == loaded(jobs.TYPES / "surveys" / "scale_out.yml")
    nodes = awx.things["workflow_job_template_nodes"]
    numbers = {one["identifier"]: number for number, one in nodes.items()}
    behind = {
        (name, way): awx.attached.get(
            f"workflow_job_template_nodes/{number}/{way}_nodes"
        )
        for name, number in numbers.items()
        for way in ("success", "failure")
    }
    assert {way: found for way, found in behind.items() if found} == {
        ("gate", "success"): [numbers["may_begin"]],
        ("may_begin", "success"): [numbers["scale_out"]],
        ("scale_out", "failure"): [numbers["may_retry"]],
        ("may_retry", "success"): [numbers["retry"]],
    }
    assert nodes[numbers["retry"]]["extra_data"] == {"operation": "retry"}
    asked = [one["name"] for one in awx.things["workflow_approval_templates"].values()]
    assert sorted(asked) == ["Add the servers", "Retry it"]


def test_without_credentials_each_launch_asks_and_there_is_no_workflow(awx):
    code, output = play(awx, **VARIABLES, awx_setup_credential_types=False)
    assert code == 0, output
    assert "credential_types" not in awx.things
    assert "workflow_job_templates" not in awx.things
    assert "schedules" not in awx.things
    for said in TEMPLATES.values():
        template = awx.named("job_templates", f"OceanBase {said['name']}")
        assert template["ask_credential_on_launch"] is True
    code, output = play(awx, **VARIABLES, awx_setup_gate_rrule="DTSTART")
    assert "awx_setup_gate_rrule wants awx_setup_credentials" in output


def test_user_password_and_the_other_collection_serve_as_well(tmp_path):
    # Both collections have one source: awx.awx under the name of the other.
    (source,) = (
        path
        for root in os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)
        if (path := Path(root) / "ansible_collections" / "awx" / "awx").is_dir()
    )
    target = tmp_path / "ansible_collections" / "ansible" / "controller"
    shutil.copytree(source, target)
    path = [str(tmp_path), os.environ["ANSIBLE_COLLECTIONS_PATH"]]
    awx = Awx(prefix="/api/controller")
    try:
        code, output = play(
            awx,
            **VARIABLES,
            awx_setup_collection="ansible.controller",
            environment={
                "CONTROLLER_USERNAME": "admin",
                "CONTROLLER_PASSWORD": "s3cr3t",
                "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": "/api/controller/",
                "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(path),
            },
        )
    finally:
        awx.close()
    assert code == 0, output
    assert "s3cr3t" not in output
    assert len(awx.things["job_templates"]) == len(TEMPLATES)
    # Each task takes back the token that it was given.
    assert awx.tokens == []


def test_what_is_missing_is_said_before_anything_is_created(awx):
    code, output = play(awx, awx_setup_image="x")
    assert code == 2
    assert "missing required arguments: awx_setup_scm_url" in output
    assert awx.changes == []


def test_the_guide_shows_a_playbook_as_it_is_given():
    guide = jobs.ROOT / "docs" / "docsite" / "rst" / "guide_awx.rst"
    given = (jobs.TYPES / "project" / "scale_out.yml.txt").read_text(encoding="utf-8")
    assert given.endswith(guides.blocks(guide)[1])

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.runner import jobs
from ansible_collections.oceanbase.ops.tests.simulator import setups, tls

STAGES = 4
SECONDS = 60.0


def stages(lines):
    """The stages that lines about the task name, in the order of the events."""
    found = [
        re.search(r"Long task \d+ \| (?:\d+ % \| )?(\d)/4 Step (\d) ", line)
        for line in lines
    ]
    return [int(match[1]) for match in found if match]


def start_long_task(world):
    cluster = world.starters["cluster"]
    return cluster.start("long", stages=STAGES, seconds=SECONDS, maintenance=1)


def test_each_stage_is_an_event_before_the_server_begins_the_next(
    world, launch, obshell
):
    task_id = start_long_task(world)
    job = launch("wait.yml", {"task_id": task_id}, obshell=obshell)
    for stage in range(1, STAGES + 1):
        # Nothing moves at the server until the clock is turned below.
        job.until(lambda lines, at=stage: at in stages(lines), f"stage {stage}")
        assert max(stages(job.lines())) == stage
        # A second more: the server looks once a second.
        world.clock.advance(SECONDS + 1)
    job.until(lambda lines: "SUCCEED" in lines[-1], "end")
    assert job.finish() == "successful"
    assert stages(job.lines()) == sorted(stages(job.lines()))
    assert all(line.startswith("localhost | Long task") for line in job.lines())
    assert "stopping the play does not stop the task" in job.lines()[0]
    assert job.results("Wait")[-1]["task"]["outcome"] == "succeeded"


def test_a_wait_for_ocp_shows_its_lines(world, launch, ocp):
    task_id = world.starters["ocp"].start("chain")
    job = launch("wait.yml", {"task_id": task_id}, ocp=ocp)
    job.until(lambda lines: lines and " % | " in lines[0], "first line")
    world.clock.advance(600)
    assert job.finish() == "successful"
    assert "SUCCEED" in job.lines()[-1]
    assert job.results("Wait")[-1]["task"]["server"] == "ocp"


def test_with_both_credentials_the_option_server_says_which(
    world, launch, obshell, ocp
):
    task_id = world.starters["cluster"].start("succeeded")
    world.clock.advance(60)
    given = {"obshell": obshell, "ocp": ocp}
    unsaid = launch("wait.yml", {"task_id": task_id}, **given)
    said = launch("wait.yml", {"task_id": task_id, "server": "obshell"}, **given)
    assert said.finish() == "successful"
    assert unsaid.finish() == "failed"
    assert "say which with server" in unsaid.stdout()


@pytest.mark.parametrize("password", [setups.ROOT_PASSWORD, "007"])
def test_a_password_arrives_as_it_is_and_empty_fields_do_not(world, launch, password):
    cluster = world.sim.cluster(password=password)
    task_id = cluster.start("succeeded")
    world.clock.advance(60)
    fields = jobs.credential_type("obshell")["inputs"]["fields"]
    empty = {field["id"]: "" for field in fields if field["type"] == "string"}
    given = {**empty, "url": cluster.agents[0].url, "password": password}
    job = launch("wait.yml", {"task_id": task_id}, obshell=given)
    assert job.finish() == "successful"
    assert cluster.agents[0].failed_logins == 0


def test_the_minimal_credential_reaches_an_agent_that_wants_no_password(world, launch):
    given = {"url": world.servers["single"].url}
    job = launch("ask.yml", {"scope": "agent"}, obshell=given)
    assert job.finish() == "successful"
    assert job.results("Ask obshell")[-1]["task"] is None


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("", "PLAY RECAP"),
        ("ca_certificates", "TLS failed"),
        ("client_certificate", "client_key: it needs client_cert"),
    ],
)
def test_certificates_that_are_pasted_in_are_used(
    world, launch, tmp_path, left_out, told
):
    made = tls.make(tmp_path)
    agent = world.sim.single(ssl_context=tls.server_context(made, client_auth=True))
    pem = {name: Path(path).read_text() for name, path in asdict(made).items()}
    given = {
        "url": agent.url.replace("http:", "https:"),
        "ca_certificates": pem["ca"],
        "client_certificate": pem["client"],
        "client_private_key": pem["client_key"],
    }
    job = launch("ask.yml", {"scope": "agent"}, obshell={**given, left_out: ""})
    assert job.finish() == ("failed" if left_out else "successful")
    assert told in job.stdout()


def test_without_a_task_the_wait_of_a_project_waits_for_all(world, launch, obshell):
    task_id = start_long_task(world)
    answers = {"task_server": "obshell", "awaited_tasks": "", "wait_seconds": 900}
    job = launch("given/wait.yml", answers, obshell=obshell)
    # Not before: a task that is over would not be waited for.
    job.until(len, "first line")
    assert job.finish(lambda: world.clock.advance(10)) == "successful"
    assert f"Long task {task_id} | 4/4" in job.stdout()
    # By their ids, several as a survey gives them; a done one needs no time.
    said = launch("given/wait.yml", {"awaited_tasks": f"{task_id},"}, obshell=obshell)
    assert said.finish() == "successful"
    gate = launch("given/gate.yml", obshell=obshell)
    assert gate.finish() == "successful"


def test_answers_of_the_survey_reach_the_server(world, launch, obshell):
    new = world.servers["single"]
    answers = {
        "new_server": "127.0.0.1,",
        "new_port": new.server.port,
        "new_zone": "zone3",
        "new_config": "memory_limit: 16G\ncpu_count: 8\n",
        "new_agent_password": "",
        "on_failure": "rollback",
    }
    job = launch("given/scale_out.yml", answers, obshell=obshell)
    assert job.finish(lambda: world.clock.advance(1)) == "successful"
    assert new.config == {"memory_limit": "16G", "cpu_count": "8"}
    asked = {"zones": "zone3,", "restarted_since": "", "kill_at_once": "yes"}
    restart = launch("given/rolling_restart.yml", asked, obshell=obshell)
    assert restart.finish(lambda: world.clock.advance(1)) == "successful"
    assert restart.stdout().count("SUCCEED | took") == 2
    asked["restarted_since"] = "2020-01-01T00:00:00Z"
    again = launch("given/rolling_restart.yml", asked, obshell=obshell)
    assert again.finish(lambda: world.clock.advance(1)) == "successful"
    assert "SUCCEED | took" not in again.stdout()
    packages = {"obshell_package": " 4.5.1.0-12026102010.el7", "oceanbase_package": ""}
    upgrade = launch("given/cluster_upgrade.yml", packages, obshell=obshell)
    assert upgrade.finish(lambda: world.clock.advance(1)) == "successful"
    assert {agent.version for agent in world.sim.clusters[0].agents} == {"4.5.1.0"}
    out = launch(
        "given/scale_in.yml",
        {"old_server": "127.0.0.1", "old_port": new.server.port},
        obshell=obshell,
    )
    assert out.finish(lambda: world.clock.advance(1)) == "successful"
    look = launch("given/demo.yml", obshell=obshell)
    assert look.finish() == "successful"

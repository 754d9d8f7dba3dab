# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a job tells the nodes behind it: its artifacts, as ansible-runner keeps them."""

from __future__ import annotations

import json

from ansible_collections.oceanbase.ops.tests.simulator import setups

NAME = "oceanbase_ops"


def told(job):
    """Return what the job set, which AWX keeps as its artifacts."""
    (data,) = (
        event["event_data"]["artifact_data"]
        for event in job.events()
        if event.get("event_data", {}).get("artifact_data")
    )
    assert set(data) == {NAME}
    assert set(data[NAME]) == {"task_id", "outcome", "cause", "url"}
    return data[NAME]


def finish(job, world):
    return job.finish(lambda: world.clock.advance(1))


def answers(world, *, port=None):
    port = port or world.servers["single"].server.port
    return {"new_server": "127.0.0.1", "new_port": port, "new_zone": "zone3"}


def scale_outs(world, *, done=False):
    """The ids of the scale-outs of the cluster, which begin with a digit for it."""
    return [
        f"1{dag.number}"
        for dag in world.starters["cluster"].store.dags
        if dag.scenario.name == "Cluster scale out" and (dag.finished or not done)
    ]


def largest(job):
    """The size of the largest event."""
    return max(len(json.dumps(event)) for event in job.events())


def check_sizes(job, cause):
    """No event is large, and a line that failed says early why."""
    assert largest(job) < 16_000
    failed = [line for line in job.stdout().splitlines() if "FAILED! =>" in line]
    assert failed
    assert all(cause in line[:1000] for line in failed)


def test_an_operation_tells_its_task_and_one_that_had_none_says_so(
    world, launch, obshell
):
    first = obshell["url"].split(",")[0]
    for number in range(2):
        job = launch("given/scale_out.yml", answers(world), obshell=obshell)
        assert finish(job, world) == "successful"
        assert largest(job) < 16_000
        (task_id,) = scale_outs(world)
        assert told(job) == {
            "task_id": "" if number else task_id,
            "outcome": "succeeded",
            "cause": "",
            "url": first,
        }
    gone = launch(
        "given/scale_in.yml",
        {"old_server": "127.0.0.1", "old_port": answers(world)["new_port"]},
        obshell=obshell,
    )
    assert finish(gone, world) == "successful"
    assert told(gone)["outcome"] == "succeeded"
    assert told(gone)["task_id"] not in ("", task_id)


def test_a_failure_is_told_before_the_job_fails_and_the_next_node_takes_it_up(
    world, launch, obshell
):
    task_id = world.starters["cluster"].start("failed")
    world.clock.advance(60)
    variables = {"awaited_tasks": task_id, "wait_seconds": 60}
    job = launch("given/wait.yml", variables, obshell=obshell)
    assert job.finish() == "failed"
    known = told(job)
    assert known["task_id"] == str(task_id)
    assert known["outcome"] == "failed"
    assert known["cause"] and known["cause"] in job.stdout()
    # The password is nowhere, and no log either: the cause is one line.
    assert setups.ROOT_PASSWORD not in str(known)
    assert len(str(known)) < 900
    check_sizes(job, known["cause"])

    variables = {NAME: known, "operation": "report"}
    job = launch("given/recover.yml", variables, obshell=obshell)
    assert job.finish() == "failed"
    assert told(job) == known


def test_what_failed_without_a_task_tells_no_task_and_is_not_recovered(
    world, launch, obshell
):
    wrong = {**obshell, "password": "wrong"}
    job = launch("given/scale_out.yml", answers(world), obshell=wrong)
    assert job.finish() == "failed"
    known = told(job)
    assert (known["task_id"], known["outcome"]) == ("", "error")
    assert "password" in known["cause"]
    variables = {NAME: known, "operation": "retry"}
    job = launch("given/recover.yml", variables, obshell=obshell)
    assert job.finish() == "failed"
    assert "there is none to recover" in job.stdout()


def test_a_task_that_did_its_work_is_not_told_when_a_later_submit_is_refused(
    world, launch, obshell
):
    ports = [world.servers[name].server.port for name in ("single", "single2")]
    servers = [{"ip": "127.0.0.1", "port": port, "zone": "zone3"} for port in ports]
    variables = {**answers(world), "scale_out_servers": servers}
    job = launch("given/scale_out.yml", variables, obshell=obshell)
    others = []

    def lock_it():
        # Somebody else comes in between.
        if scale_outs(world, done=True) and not others:
            cluster = world.starters["cluster"]
            others.append(cluster.start("long", seconds=9000.0, maintenance=2))
        world.clock.advance(1)

    assert job.finish(lock_it) == "failed"
    assert len(others) == len(scale_outs(world)) == 1
    known = told(job)
    assert (known["task_id"], known["outcome"]) == ("", "error")
    assert f"The cluster is locked by task {others[0]} " in known["cause"]


def test_a_switch_keeps_it_silent(world, launch, obshell):
    variables = {"oceanbase_ops_tell": False}
    job = launch("given/gate.yml", variables, obshell=obshell)
    assert job.finish() == "successful"
    data = [event.get("event_data", {}) for event in job.events()]
    assert not any(one.get("artifact_data") for one in data)


def test_a_scale_in_through_ocp_tells_its_task(world, launch, ocp):
    server = world.starters["ocp"]
    server.submits.servers.add(0, 1, {"zoneName": "zone2", "servers": [7, 8]})
    given = {"ocp_cluster": 1, "old_hosts": "198.51.100.7, 198.51.100.8", "hours": 1}
    job = launch("given/scale_in_ocp.yml", given, ocp=ocp)
    assert finish(job, world) == "successful"
    (submit,) = job.results("Submit the scale-in")
    assert told(job) == {
        "task_id": submit["task_ids"][0],
        "outcome": "succeeded",
        "cause": "",
        "url": ocp["url"],
    }


def test_a_scale_out_through_ocp_tells_its_task(world, launch, ocp):
    hosts = "7=198.51.100.7, 8=198.51.100.8"
    given = {"ocp_cluster": 1, "new_zone": "zone2", "new_hosts": hosts}
    job = launch("given/scale_out_ocp.yml", given, ocp=ocp)
    assert finish(job, world) == "successful"
    (submit,) = job.results("Submit the scale-out")
    assert told(job) == {
        "task_id": submit["task_ids"][0],
        "outcome": "succeeded",
        "cause": "",
        "url": ocp["url"],
    }

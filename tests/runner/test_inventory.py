# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as a source of AWX: a file of a project, and a credential."""

from __future__ import annotations

import json
import os
import subprocess

from ansible_collections.oceanbase.ops.tests.runner import jobs

SOURCE = jobs.PROJECT / "prod.oceanbase.yml"


def updated(obshell, tmp_path):
    """What an update of the source gives to AWX, and its output."""
    env, _shown = jobs.inject("obshell", obshell, tmp_path)
    # As AWX runs it, with the plugins that it enables for a file of a project.
    command = ["ansible-inventory", "--list", "--export", "-vvvvv", "-i", str(SOURCE)]
    command += ["--output", str(tmp_path / "output.json")]
    wanted = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
    wanted["ANSIBLE_INVENTORY_ENABLED"] = "auto"
    return subprocess.run(
        command,
        env={**os.environ, **env, **wanted},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_source_lists_the_servers_and_no_secret(obshell, tmp_path):
    ran = updated(obshell, tmp_path)
    assert ran.returncode == 0, ran.stderr
    written = (tmp_path / "output.json").read_text(encoding="utf-8")
    found = json.loads(written)
    assert len(found["prod"]["hosts"]) == 2
    assert set(found["_meta"]["hostvars"]) == set(found["prod"]["hosts"])
    assert obshell["password"] not in ran.stdout + ran.stderr + written


def test_a_source_whose_credential_is_wrong_says_so(obshell, tmp_path):
    wrong = "not the Passw0rd"
    ran = updated({**obshell, "password": wrong}, tmp_path)
    assert ran.returncode != 0
    said = " ".join((ran.stdout + ran.stderr).split())
    assert "cluster prod: " in said and "did not accept the password" in said
    assert wrong not in said


def test_a_job_asks_each_server_from_the_controller(launch, obshell):
    job = launch("hosts.yml", sources=[SOURCE], obshell=obshell)
    assert job.finish() == "successful", job.stdout()
    assert len(job.results("Ask its agent for its last task")) == 2

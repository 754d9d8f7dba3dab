# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret of a credential is in an event, in the output or in an artifact."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.runner import jobs

OF_OBSHELL = "Zw3i&9/+h'%$\"x"
OF_OCP = "q0 Vu;8|<~>#!4m"
OF_NOBODY = "k7=Hb^2,?y"
ALL_OF_IT = {"ANSIBLE_VERBOSITY": "4"}


def forms(secret):
    """A secret as it may be written: plain, in JSON, in a URL, with a user's name."""
    once = json.dumps(secret)[1:-1]
    coded = [
        base64.b64encode(text.encode()).decode() for text in user_and_plain(secret)
    ]
    return {secret, once, json.dumps(once)[1:-1], quote(secret), *coded}


def user_and_plain(secret):
    return f"admin:{secret}", secret


def leaks(job, *secrets):
    written = job.written()
    return [form for secret in secrets for form in forms(secret) if form in written]


def tasks_of(playbook):
    play = yaml.safe_load((jobs.PROJECT / playbook).read_text(encoding="utf-8"))[0]
    return [task["name"] for task in play["tasks"]]


@pytest.fixture(name="wrong")
def _wrong(obshell, ocp):
    """Credentials that are refused."""
    of_obshell = dict.fromkeys(("password", "next_password"), OF_OBSHELL)
    return {
        "obshell": {**obshell, **of_obshell},
        "ocp": {**ocp, "password": OF_OCP},
    }


def test_a_leak_would_be_found(launch):
    job = launch("leak.yml", environment={"ONLY_HERE": OF_NOBODY})
    assert job.finish() == "successful"
    assert leaks(job, OF_NOBODY)


def test_asked_with_all_that_ansible_can_show(launch, obshell, ocp):
    job = launch("ask.yml", environment=ALL_OF_IT, obshell=obshell, ocp=ocp)
    assert job.finish() == "successful"
    assert "ansible-playbook [core" in job.stdout()
    assert not leaks(job, obshell["password"], ocp["password"])


@pytest.mark.parametrize(
    "variable", ["OBSHELL_PASSWORD", "OCEANBASE_OCP_PASSWORD", "ONLY_HERE"]
)
def test_refused_and_mistyped(launch, wrong, variable):
    environment = {**ALL_OF_IT, "ONLY_HERE": OF_NOBODY}
    job = launch("fail.yml", {"variable": variable}, environment=environment, **wrong)
    assert job.finish() == "successful"
    for name in tasks_of("fail.yml"):
        result = job.results(name)[-1]
        assert ("pasword" if "mistyped" in name else "password") in result["msg"], name
    assert not leaks(job, OF_OBSHELL, OF_OCP, OF_NOBODY)

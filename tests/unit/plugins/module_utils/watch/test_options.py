# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.watch import options

PROD = {"name": "prod", "obshell": {"url": "http://10.0.0.1:2886", "password": "x"}}
OCP = {"name": "central", "ocp": {"url": "http://10.0.0.9:8080"}}


def test_what_nobody_says():
    given = options.checked({"clusters": [PROD, OCP]})
    assert [one["name"] for one in given.clusters] == ["prod", "central"]
    assert given.rules == options.Rules()
    assert given.state_file is None


@pytest.mark.parametrize(
    "args, words",
    [
        ({}, "give either clusters, or obshell or ocp"),
        ({"clusters": [PROD], "obshell": {"url": "http://h"}}, "give either clusters"),
        ({"clusters": []}, "give at least one"),
        ({"clusters": "prod"}, "a list is expected"),
        ({"clusters": [PROD, PROD]}, "two are named prod"),
        ({"clusters": [{"name": "prod"}]}, "give obshell, or ocp"),
        ({"clusters": [{**PROD, "name": "a/b"}]}, "a letter, then letters"),
        ({"clusters": [{**PROD, "passwd": "s3cret"}]}, "passwd"),
        ({"clusters": [PROD], "intervall": 5}, "interval"),
        ({"clusters": [PROD], "interval": 0.5}, "interval"),
        ({"clusters": [PROD], "interval": "soon"}, "interval"),
        ({"clusters": [PROD], "since": "yesterday"}, "since"),
        ({"clusters": [PROD], "changes": ["task_failed"]}, "changes"),
        ({"clusters": [PROD], "changes": []}, "changes: give at least one"),
        ({"clusters": [PROD], "outcome": ["running"]}, "outcome"),
        ({"clusters": [OCP], "scope": "agent"}, "OCP has no scopes"),
    ],
)
def test_what_is_refused_before_anything_is_asked(args, words):
    with pytest.raises(errors.InvalidOption) as refused:
        options.checked(args)
    assert words in refused.value.message
    assert "s3cret" not in refused.value.message


def test_the_environment_is_read_for_one_cluster_alone(monkeypatch):
    monkeypatch.setenv("OBSHELL_URL", "http://10.0.0.1:2886")
    monkeypatch.setenv("OBSHELL_PASSWORD", "of the environment")
    (alone,) = options.checked({"obshell": {}}).clusters
    assert alone["name"] == options.ALONE
    assert alone["obshell"]["password"] == "of the environment"
    other = {"name": "test", "obshell": {"url": "http://10.0.0.2:2886"}}
    _prod, test = options.checked({"clusters": [PROD, other]}).clusters
    assert test["obshell"]["password"] is None

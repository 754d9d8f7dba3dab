# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors, hints
from ansible_collections.oceanbase.ops.plugins.modules import (
    obshell_tenant,
    wait_for_task,
)

SPEC = wait_for_task.spec()["argument_spec"]
UNKNOWN = "Unsupported parameters for (m) module: x."
OF_A_TYPE = "argument 'x' is of type str and we were unable to convert to float: odd"


def meant(text, **given):
    return hints.refused(text, given, SPEC)


NAMES = {
    "taskid": "taskid is no option: did you mean task_id?",
    "Task_ID": "Task_ID is no option: did you mean task_id?",
    "time_out": "time_out is no option: did you mean timeout?",
}


@pytest.mark.parametrize("name, said", NAMES.items())
def test_a_mistyped_name_is_answered_with_the_closest(name, said):
    assert meant(UNKNOWN, **{name: "11"}) == f"{said} {UNKNOWN}"


def test_a_mistyped_key_of_a_server_is_answered_too_without_its_value():
    said = meant(UNKNOWN, obshell={"url": "x", "pasword": "Secret-1"})
    assert said.startswith(
        "obshell.pasword is no option: did you mean obshell.password?"
    )
    assert "Secret" not in said


@pytest.mark.parametrize(
    "given", [{"task_ids": "1"}, {"zzz": "1"}, {"_ansible_x": 1}], ids=str
)
def test_where_nothing_is_close_it_is_as_ansible_says(given):
    assert meant(UNKNOWN, **given) == UNKNOWN


SPANS = {
    "5m": "timeout: '5m' is not a number of seconds; 5 minutes are 300",
    "2 hours": "timeout: '2 hours' is not a number of seconds; 2 hours are 7200",
    "1 hour": "timeout: '1 hour' is not a number of seconds; 1 hour is 3600",
    "30s": "timeout: '30s' is not a number of seconds; write 30",
    "soon": "timeout: a number of seconds is expected",
}


@pytest.mark.parametrize("value, said", SPANS.items())
def test_a_span_of_time_is_answered_with_its_seconds(value, said):
    assert meant(OF_A_TYPE, timeout=value, task_id="11") == said


@pytest.mark.parametrize("value", ["5", "5.5", 5])
def test_a_number_is_none_to_speak_of(value):
    assert meant(OF_A_TYPE, timeout=value) == OF_A_TYPE


def test_an_address_where_a_dictionary_belongs_is_answered_with_one():
    said = meant("dictionary requested, could not parse", ocp="http://u:Secret-1@h:1")
    assert said.startswith("ocp: a dictionary is expected, such as ocp: {url: http://")
    assert "Secret" not in said


@pytest.mark.parametrize(
    "value", ["Secret-1", ["Secret-1"], [1], [], {"a": 1}], ids=str
)
def test_a_list_of_dictionaries_is_asked_for_by_its_name_and_keys(value):
    spec = obshell_tenant.spec()["argument_spec"]
    text = "dictionary requested, could not parse"
    said = hints.refused(text, {"zones": value}, spec)
    assert said.startswith("zones: a list of dictionaries is expected, each with name")
    assert "Secret" not in said
    assert hints.refused(text, {"zones": [{"name": "z"}]}, spec) == text


def test_an_overridden_default_is_explained():
    plain = hints.without_url({}, "ocp")
    assert isinstance(plain, errors.InvalidOption)
    assert plain.message == "ocp.url: give its address, or set OCEANBASE_OCP_URL"
    other = hints.without_url({"password": "x"}, "obshell").message
    assert "a task's dictionary replaces theirs whole" in other

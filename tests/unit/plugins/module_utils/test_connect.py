# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    arguments,
    connect,
    errors,
    masking,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    client as obshell,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import client as ocp
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    connection as ocp_connection,
)
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task

SPECS = {"obshell": arguments.obshell_options, "ocp": arguments.ocp_options}
URLS = {"obshell": "http://10.0.0.1:2886", "ocp": "http://ocp.example.com:8080"}
OBSHELL = {"url": ["http://127.0.0.1:1"]}
OCP = {"url": "http://127.0.0.1:1", "username": "admin", "password": "pw"}


def test_a_wait_does_not_invent_a_server_from_defaults():
    result = ArgumentSpecValidator(wait_for_task.spec()["argument_spec"]).validate({})
    assert result.validated_parameters["obshell"] is None
    assert result.validated_parameters["ocp"] is None


# Which server


CHOICES = {
    "one given": ({"obshell": OBSHELL}, (), "obshell"),
    "the other given": ({"ocp": OCP}, (), "ocp"),
    "given beside the other's environment": ({"obshell": OBSHELL}, ("ocp",), "obshell"),
    "given beside both": ({"ocp": OCP}, ("obshell", "ocp"), "ocp"),
    "one in the environment": ({}, ("ocp",), "ocp"),
    "both given": ({"obshell": OBSHELL, "ocp": OCP, "server": "ocp"}, (), "ocp"),
    "both in the environment": (
        {"server": "obshell"},
        ("obshell", "ocp"),
        "obshell",
    ),
    "server chooses the environment over what is given": (
        {"obshell": OBSHELL, "server": "ocp"},
        ("ocp",),
        "ocp",
    ),
}


@pytest.mark.parametrize(
    "params, inherited, expected", CHOICES.values(), ids=list(CHOICES)
)
def test_the_server_is_chosen(params, inherited, expected, environment):
    for name in inherited:
        environment.setenv(arguments.variable(name, "url"), URLS[name])
    name, connection = connect.chosen_server(params)
    assert name == expected
    if params.get(name):
        assert connection == params[name]
    else:
        assert URLS[name] in connection["url"]


REFUSALS = {
    "nothing": ({}, (), "obshell or ocp"),
    "both given": ({"obshell": OBSHELL, "ocp": OCP}, (), "server"),
    "both in the environment": ({}, ("obshell", "ocp"), "server"),
    "one that is not there": ({"obshell": OBSHELL, "server": "ocp"}, (), "server"),
}


@pytest.mark.parametrize(
    "params, inherited, option", REFUSALS.values(), ids=list(REFUSALS)
)
def test_an_open_question_about_the_server_names_the_option(
    params, inherited, option, environment
):
    for name in inherited:
        environment.setenv(arguments.variable(name, "url"), URLS[name])
    with pytest.raises(errors.InvalidOption) as refused:
        connect.chosen_server(params)
    assert refused.value.details["option"] == option


def test_an_empty_address_in_the_environment_is_no_server(environment):
    environment.setenv("OBSHELL_URL", URLS["obshell"])
    environment.setenv("OCEANBASE_OCP_URL", "")
    assert connect.chosen_server({})[0] == "obshell"


def test_what_openshift_calls_ocp_is_not_read(environment):
    for name in ("URL", "USERNAME", "PASSWORD", "ACCESS_KEY", "SECRET_KEY"):
        environment.setenv(f"OCP_{name}", URLS["ocp"])
    assert masking.inherited_secrets() == []
    with pytest.raises(errors.InvalidOption, match="OCEANBASE_OCP_URL"):
        connect.chosen_server({})


def test_a_bad_value_in_the_environment_names_its_server(environment):
    environment.setenv("OCEANBASE_OCP_URL", URLS["ocp"])
    environment.setenv("OCEANBASE_OCP_REQUEST_TIMEOUT", "soon")
    with pytest.raises(errors.InvalidOption, match="ocp.*request_timeout"):
        connect.chosen_server({})


# Clients


def test_clients_are_made_of_what_is_given():
    client = obshell_connection.client({"url": [" http://h:1/ ", "https://h:2"]})
    assert isinstance(client, obshell.ObshellClient)
    assert list(client.memory) == ["http://h:1", "https://h:2"]
    assert isinstance(ocp_connection.client(OCP), ocp.OcpClient)


def test_memory_goes_to_the_agent_it_is_of():
    memory = {"http://h:2": {"clock_offset": 7.0}}
    client = obshell_connection.client(
        {"url": ["http://h:1", "http://h:2"]}, memory=memory
    )
    offsets = [one["clock_offset"] for one in client.memory.values()]
    assert offsets == [0.0, 7.0]


def test_libraries_that_are_there_are_not_missed():
    connect.need_libraries("obshell")
    connect.need_libraries("ocp")


# The one answer of main and worker


def module():
    """Return what Ansible gives: options, check mode, and where warnings go."""
    said = []
    return types.SimpleNamespace(
        params={}, check_mode=False, warn=said.append, warnings=said
    )


class Work:
    """What a module works with; it knows where things stood, and that it was closed."""

    notes = ("its clock is wrong",)

    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


def answered(run, *, known=None):
    work = Work()
    call = connect.Call(dict, lambda params: work, run, known or (lambda work: {}))
    return call.answer(module()), work


def test_a_result_says_whether_anything_has_changed():
    assert answered(lambda module, work: {"task": None})[0] == {
        "changed": False,
        "task": None,
    }
    assert answered(lambda module, work: {"changed": True})[0] == {"changed": True}


def test_what_is_opened_is_closed_however_it_ends():
    def refuse(module, work):
        raise errors.InvalidOption("task_id", "it is odd")

    def fail(module, work):
        raise ZeroDivisionError("by nought")

    for run in (lambda module, work: {}, refuse, fail):
        assert answered(run)[1].closed == 1


def test_our_errors_are_told_with_their_data():
    def refuse(module, work):
        raise errors.InvalidOption("task_id", "it is odd")

    result, _work = answered(refuse)
    assert result == {
        "failed": True,
        "msg": "task_id: it is odd",
        "error": {"kind": "invalid_option", "option": "task_id"},
    }


def test_an_unexpected_error_is_one_line_with_the_last_state_and_its_traceback():
    def fail(module, work):
        raise ZeroDivisionError("by\nnought")

    result, _work = answered(fail, known=lambda work: {"outcome": "running"})
    assert result["failed"] is True and result["outcome"] == "running"
    assert "unexpected ZeroDivisionError: by\\nnought" in result["msg"]
    assert "what runs at the server goes on" in result["msg"]
    assert result["error"] == {"kind": "unexpected"}
    assert "in fail" in result["exception"]


def test_an_unexpected_error_is_told_although_nothing_is_known():
    def fail(module, work):
        raise ZeroDivisionError

    def lost(work):
        raise KeyError("lost, too")

    result, _work = answered(fail, known=lost)
    assert result["error"] == {"kind": "unexpected"}


class Timeout(BaseException):
    """As the keyword `timeout` ends a task."""


def test_what_ends_the_task_from_outside_is_not_caught():
    def run(module, work):
        raise Timeout

    with pytest.raises(Timeout):
        answered(run)


def test_ids_that_ansible_hides_are_warned_of():
    result = {"tasks": [{"id": "112"}], "task_ids": ["112"]}
    assert "password" in connect.hidden_ids(result, {"1"})
    assert connect.hidden_ids(result, {"a long one"}) is None
    assert connect.hidden_ids({"failed": True, "msg": "1"}, {"1"}) is None

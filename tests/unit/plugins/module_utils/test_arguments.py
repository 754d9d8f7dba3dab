# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    arguments,
    errors,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    connection as ocp_connection,
)

SPECS = {"obshell": arguments.obshell_options, "ocp": arguments.ocp_options}
URLS = {"obshell": "http://10.0.0.1:2886", "ocp": "http://ocp.example.com:8080"}
OBSHELL = {"url": ["http://127.0.0.1:1"]}
OCP = {"url": "http://127.0.0.1:1", "username": "admin", "password": "pw"}


def validated(name, given, **options):
    result = ArgumentSpecValidator(SPECS[name](**options)).validate(given)
    assert not result.error_messages
    return result.validated_parameters[name]


# The specs


VARIABLES = {"obshell": "OBSHELL", "ocp": "OCEANBASE_OCP"}


@pytest.mark.parametrize("name", SPECS)
def test_every_key_can_come_from_the_environment(name, environment):
    options = SPECS[name]()[name]["options"]
    for key, option in options.items():
        given = {"bool": "yes", "float": "7.5"}.get(option["type"], "/x")
        environment.setenv(f"{VARIABLES[name]}_{key.upper()}", given)
    found = validated(name, {})
    expected = {"bool": True, "float": 7.5, "list": ["/x"], "str": "/x", "path": "/x"}
    assert found == {key: expected[o["type"]] for key, o in options.items()}


@pytest.mark.parametrize("name", SPECS)
def test_an_empty_environment_value_counts_as_not_given(name, environment):
    for key in SPECS[name]()[name]["options"]:
        environment.setenv(f"{VARIABLES[name]}_{key.upper()}", "")
    found = validated(name, {})
    assert (found["url"], found["password"]) == (None, None)
    assert (found["validate_certs"], found["request_timeout"]) == (True, None)
    assert arguments.connection(found, name).request_timeout == 30
    assert found.get("base_path", "/api/v2") == "/api/v2"


def test_what_is_given_wins_over_the_environment(environment):
    environment.setenv("OBSHELL_URL", "http://10.0.0.9:2886")
    environment.setenv("OBSHELL_PASSWORD", "from outside")
    found = validated("obshell", {"obshell": {"url": "http://10.0.0.1:2886"}})
    assert found["url"] == ["http://10.0.0.1:2886"]
    assert found["password"] == "from outside"


def test_addresses_in_the_environment_are_separated_by_commas(environment):
    environment.setenv("OBSHELL_URL", "http://10.0.0.1:2886, http://10.0.0.2:2886")
    client = obshell_connection.client(validated("obshell", {}))
    assert list(client.memory) == ["http://10.0.0.1:2886", "http://10.0.0.2:2886"]


def test_a_password_of_digits_stays_text(environment):
    environment.setenv("OBSHELL_PASSWORD", "007")
    assert validated("obshell", {})["password"] == "007"


@pytest.mark.parametrize("name", SPECS)
def test_secrets_and_only_they_are_masked(name):
    options = SPECS[name]()[name]["options"]
    masked = {key for key, option in options.items() if option["no_log"]}
    assert masked == set(arguments.SECRETS) & set(options)


def test_files_that_can_be_read_are_accepted(tmp_path):
    file = tmp_path / "file.pem"
    file.write_text("x")
    files = {"ca_path": str(file), "client_cert": str(file), "client_key": str(file)}
    obshell_connection.client({**OBSHELL, **files})
    ocp_connection.client({**OCP, **files})


CLIENTS = {
    "obshell": (obshell_connection.client, OBSHELL),
    "ocp": (ocp_connection.client, OCP),
}
BAD = {
    "url": ["", "h:1", "ftp://h", "http://", "http://u:p@h", "http://h/?a=1", "//h"],
    "request_timeout": [0, -1, float("inf"), float("nan")],
    "ca_path": ["/nonexistent/ca.pem"],
    "client_cert": ["/nonexistent/client.pem"],
    "client_key": ["/nonexistent/key.pem", __file__],
}


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("key, value", [(k, v) for k, vs in BAD.items() for v in vs])
def test_what_cannot_work_is_refused_and_named(name, key, value):
    make, good = CLIENTS[name]
    given = [value] if (name, key) == ("obshell", "url") else value
    with pytest.raises(errors.InvalidOption) as refused:
        make({**good, key: given})
    assert refused.value.details["option"] == f"{name}.{key}"
    assert refused.value.message.startswith(f"{name}.{key}: ")


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("given", [None, {}, {"url": None}])
def test_no_address_is_refused_and_the_variable_named(name, given):
    with pytest.raises(errors.InvalidOption, match=f"{name.upper()}_URL"):
        CLIENTS[name][0](given)


@pytest.mark.parametrize("url", ["http://u:hidden@h:1", "u:hidden@h"])
def test_credentials_in_an_address_are_refused_and_not_shown(url):
    with pytest.raises(errors.InvalidOption) as refused:
        obshell_connection.client({"url": [url]})
    assert "hidden" not in refused.value.message


@pytest.mark.parametrize("pin", ["", "abc", "z" * 64, "a" * 65])
def test_a_pin_that_is_none_is_refused(pin):
    with pytest.raises(errors.InvalidOption, match="obshell.public_key_sha256"):
        obshell_connection.client({**OBSHELL, "public_key_sha256": [pin]})


BAD_CREDENTIALS = {
    "none": ({}, "ocp.username"),
    "no password": ({"username": "admin"}, "ocp.password"),
    "no user": ({"password": "pw"}, "ocp.username"),
    "no secret": ({"access_key": "ak"}, "ocp.secret_key"),
    "no key": ({"secret_key": "sk"}, "ocp.access_key"),
    "both": (
        {"username": "u", "password": "p", "access_key": "a", "secret_key": "s"},
        "ocp.access_key",
    ),
    "a colon": ({"username": "a:b", "password": "pw"}, "ocp.username"),
}


@pytest.mark.parametrize(
    "given, option", BAD_CREDENTIALS.values(), ids=list(BAD_CREDENTIALS)
)
def test_credentials_of_ocp_are_one_whole_pair(given, option):
    with pytest.raises(errors.InvalidOption, match=option):
        ocp_connection.client({"url": OCP["url"], **given})


# Ids


def test_ids_become_text_each_once_and_stripped():
    given = ["11", 12, " 11 ", "9223372036854775808"]
    assert arguments.task_ids(given) == ["11", "12", "9223372036854775808"]
    assert arguments.task_ids([]) == []
    assert arguments.task_ids(None) == []


BAD_IDS = ["0", "01", "-1", "+1", "1.0", "1e3", "x", "1 2", "1\n2", "1/2", "\u0661"]


@pytest.mark.parametrize("given", BAD_IDS)
def test_what_is_no_id_is_refused_and_shown_on_one_line(given):
    with pytest.raises(errors.InvalidOption) as refused:
        arguments.task_ids(["11", given], "newer_than")
    assert refused.value.message.startswith("newer_than: ")
    assert "\n" not in refused.value.message


def test_an_empty_element_is_refused():
    with pytest.raises(errors.InvalidOption, match="task_id: an element is empty"):
        arguments.task_ids(["11", ""])


def test_a_call_may_have_more_patience_where_the_option_says_nothing():
    patient = arguments.connection({}, "obshell", patience=90)
    told = arguments.connection({"request_timeout": 5}, "obshell", patience=90)
    assert (patient.request_timeout, told.request_timeout) == (90, 5)


ADDRESSES = {
    "http://10.0.0.1": ("obshell.url", None),
    "10.0.0.1:2886": ("obshell.url", "such as http://10.0.0.1:2886"),
    "ocp:8080": ("ocp.url", "such as http://ocp.example.com:8080"),
    "http://ocp.example.com:8080/api/v2": ("ocp.url", "leave out /api"),
    "http://ocp.example.com:8080/api/": ("ocp.url", "leave out /api"),
    "http://gateway/ocp": ("ocp.url", None),
    "http://h:2886/api/v1": ("obshell.url", "leave out /api"),
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_is_wrong_is_told_how_it_is_right(url):
    option, words = ADDRESSES[url]
    if words is None:
        assert arguments.base_url(url, option) == url
        return
    with pytest.raises(errors.InvalidOption, match=words) as refused:
        arguments.base_url(url, option)
    assert refused.value.details["option"] == option


def test_a_path_that_begins_too_early_is_shown_as_it_should_be():
    with pytest.raises(errors.InvalidOption, match="leave /api/v1 out: '/ob/info'"):
        arguments.path("/api/v1/ob/info", "/api/v1")

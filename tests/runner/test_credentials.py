# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types: what AWX accepts, what it injects, what of it arrives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils import arguments
from ansible_collections.oceanbase.ops.tests.runner import jobs
from awx_plugins.interfaces import _temporary_private_inject_api as injecting

SPECS = {"obshell": arguments.obshell_options, "ocp": arguments.ocp_options}
URLS = {"obshell": "http://10.0.0.1:2886", "ocp": "http://ocp.example.com:8080"}
PEM = "-----BEGIN CERTIFICATE-----\nTm90IG9uZQ==\n-----END CERTIFICATE-----\n"
FILES = {
    "ca_certificates": "ca_path",
    "client_certificate": "client_cert",
    "client_private_key": "client_key",
}
# Field, what is typed into it, the key of the option, what arrives there.
BOTH = [
    ("password", "007", "password", "007"),
    ("password", " two  blanks ", "password", " two  blanks "),
    (
        "password",
        "{{ 7 * 7 }} $HOME 'a' \"b\"",
        "password",
        "{{ 7 * 7 }} $HOME 'a' \"b\"",
    ),
    ("insecure", True, "validate_certs", False),
    ("insecure", False, "validate_certs", True),
    ("use_proxy", True, "use_proxy", True),
    ("use_proxy", False, "use_proxy", False),
    ("request_timeout", "7.5", "request_timeout", 7.5),
    *((field, PEM, option, PEM) for field, option in FILES.items()),
]
TABLE = [
    *(("obshell", *row) for row in BOTH),
    *(("ocp", *row) for row in BOTH),
    ("obshell", "url", "http://a:1,http://b:2", "url", ["http://a:1", "http://b:2"]),
    ("obshell", "next_password", "0x1F", "next_password", "0x1F"),
    ("obshell", "agent_password", "yes", "agent_password", "yes"),
    ("obshell", "public_key_sha256", "aa,bb", "public_key_sha256", ["aa", "bb"]),
    ("ocp", "url", "http://ocp.example.com:8080", "url", "http://ocp.example.com:8080"),
    ("ocp", "username", "admin", "username", "admin"),
    ("ocp", "access_key", "null", "access_key", "null"),
    ("ocp", "secret_key", "1e3", "secret_key", "1e3"),
    ("ocp", "base_path", "/api/v1", "base_path", "/api/v1"),
]


def arrived(name, fields, folder, monkeypatch):
    """Return the option as a module gets it in a job with such a credential."""
    env, _shown = jobs.inject(name, fields, folder)
    for key, value in env.items():
        monkeypatch.setenv(key, value)
    result = ArgumentSpecValidator(SPECS[name]()).validate({})
    assert not result.error_messages
    return result.validated_parameters[name]


def fields_of(name):
    return {
        field["id"]: field for field in jobs.credential_type(name)["inputs"]["fields"]
    }


def templates_of(name):
    injectors = jobs.credential_type(name)["injectors"]
    return {**injectors["env"], **injectors["file"]}


@pytest.mark.parametrize(
    "row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]!r:.12}"
)
def test_each_field_reaches_the_module(row, tmp_path, monkeypatch):
    name, field, typed, key, expected = row
    given = {"url": URLS[name], field: typed}
    found = arrived(name, given, tmp_path, monkeypatch)[key]
    if key in FILES.values():
        found = Path(found).read_text(encoding="utf-8")
    assert found == expected


@pytest.mark.parametrize("name", SPECS)
def test_the_table_has_every_field(name):
    assert {row[1] for row in TABLE if row[0] == name} == set(fields_of(name))


@pytest.mark.parametrize("name", SPECS)
def test_every_key_of_the_option_has_its_variable(name):
    keys = {arguments.variable(name, key) for key in SPECS[name]()[name]["options"]}
    assert set(jobs.credential_type(name)["injectors"]["env"]) == keys


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("empty", [False, True])
def test_what_was_not_filled_in_counts_as_not_given(name, empty, tmp_path, monkeypatch):
    kinds = {id: field["type"] for id, field in fields_of(name).items()}
    blank = {id: "" for id, kind in kinds.items() if kind == "string"} if empty else {}
    found = arrived(name, {**blank, "url": URLS[name]}, tmp_path, monkeypatch)
    assert found == ArgumentSpecValidator(SPECS[name]()).validate(
        {name: {"url": URLS[name]}}
    ).validated_parameters.get(name)


@pytest.mark.parametrize("name", SPECS)
def test_awx_shows_no_secret_of_a_job(name, tmp_path):
    secrets = {id for id, field in fields_of(name).items() if field.get("secret")}
    given = {id: f"hidden {id}" for id in secrets} | {"url": URLS[name]}
    _env, shown = jobs.inject(name, given, tmp_path)
    assert "hidden" not in str(shown)
    assert {
        f for f in fields_of(name) if re.search("password|secret|key$", f)
    } == secrets


# What AWX's API refuses


@pytest.mark.parametrize("name", SPECS)
def test_the_inputs_are_what_awx_accepts(name):
    given = jobs.credential_type(name)
    assert given["kind"] in ("cloud", "net")
    assert set(given) == {"name", "description", "kind", "inputs", "injectors"}
    assert set(given["inputs"]) == {"fields", "required"}
    assert set(given["inputs"]["required"]) <= set(fields_of(name))
    for field in given["inputs"]["fields"]:
        allowed = {"id", "label", "type", "help_text"}
        if field["type"] == "string":
            allowed |= {"secret", "multiline", "format"}
        # A default would be the form's only; a client of the API gets none.
        assert set(field) <= allowed
        assert {"id", "label", "type"} <= set(field)
        assert field["type"] in ("string", "boolean")
        assert field.get("format", "url") == "url"


@pytest.mark.parametrize("name", SPECS)
def test_the_injectors_are_what_awx_accepts(name):
    injectors = jobs.credential_type(name)["injectors"]
    assert set(injectors) == {"env", "file"}
    for variable, template in injectors["env"].items():
        assert not variable.startswith("ANSIBLE_")
        assert variable not in injecting.ENV_BLOCKLIST
        assert isinstance(template, str) and template.isascii()
    for label in injectors["file"]:
        assert re.fullmatch(r"template(\.[a-z_]+)?", label)


@pytest.mark.parametrize("name", SPECS)
def test_templates_name_fields_and_every_field_is_in_one(name):
    known = {"tower", "filename", "not", "if", "endif", "ca", "certificate", "key"}
    found = set()
    for template in templates_of(name).values():
        for code in re.findall(r"\{[{%](.+?)[%}]\}", template):
            found |= set(re.findall(r"\w+", code))
    assert found - known == set(fields_of(name))

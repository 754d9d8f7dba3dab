# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import masking

SECRET = "Zw3i &9/q"


def test_secrets_of_the_environment_are_known(monkeypatch):
    monkeypatch.setenv("OBSHELL_PASSWORD", "one")
    monkeypatch.setenv("OCEANBASE_OCP_SECRET_KEY", "two")
    monkeypatch.setenv("OCEANBASE_OCP_PASSWORD", "")
    monkeypatch.setenv("OCEANBASE_OCP_USERNAME", "admin")
    assert sorted(masking.inherited_secrets()) == ["one", "two"]
    assert masking.secrets({"obshell": None}) == {"one"}


def coded(text):
    return base64.b64encode(text.encode()).decode()


FORMS = {
    "as it is": SECRET,
    "in an address": "Zw3i%20%269%2Fq",
    "in a form": "Zw3i+%269%2Fq",
    "in base64": coded(SECRET),
    "as HTTP Basic": coded(f"admin:{SECRET}"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_known_in_the_forms_that_servers_echo(form):
    given = {
        "username": "admin",
        "password": SECRET,
        "url": "http://ocp.example.com:8080",
    }
    assert form in masking.secrets({"ocp": given})


@pytest.mark.parametrize("password", ["0", ".", "1", "30", "Step"])
def test_a_short_secret_is_looked_for_as_it_is_and_no_other_way(password):
    assert masking.secrets({"obshell": {"password": password}}) == {password}


ADDRESSES = ["http://root:UrlPw7788@h:1", ["http://h:1", "https://root:UrlPw7788@h:1"]]


@pytest.mark.parametrize("url", ADDRESSES, ids=str)
def test_a_password_in_an_address_is_a_secret(url):
    assert "UrlPw7788" in masking.secrets({"obshell": {"url": url}})


@pytest.mark.parametrize(
    "option", [None, "not a dictionary", {}, {"url": None}], ids=str
)
def test_what_holds_no_secret_has_none(option, monkeypatch):
    monkeypatch.delenv("OBSHELL_PASSWORD", raising=False)
    assert masking.secrets({"obshell": option}) == set()


BODIES = {
    "at the top": {"rootPwd": SECRET},
    "written in another way": {"agent-password": SECRET},
    "deep in a list": {"zones": [{"resource": {"secret_key": SECRET}}]},
    "a list": [{"rootPassword": SECRET}],
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_secret_in_a_body_is_known_by_its_key(body):
    known = masking.secrets({"ocp": None, "body": body, "query": None})
    assert {SECRET, FORMS["in base64"]} <= known


def test_a_secret_in_a_query_is_known_by_its_key():
    known = masking.secrets({"ocp": None, "query": {"token": SECRET}, "body": None})
    assert SECRET in known


NONE = [
    {"passwordType": "MYSQL"},
    {"password": ""},
    {"hasPassword": True},
    {"password": {"name": "x"}},
    "password",
    None,
]


@pytest.mark.parametrize("body", NONE, ids=str)
def test_what_is_no_secret_of_a_body_is_shown(body):
    assert masking.secrets({"ocp": None, "body": body}) == set()

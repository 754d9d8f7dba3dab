# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

import pytest
import requests
from ansible_collections.oceanbase.ops.plugins.module_utils import errors, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import auth as ocp_auth
from ansible_collections.oceanbase.ops.tests.unit.plugins import calm, ocp_served
from hypothesis import given
from hypothesis import strategies as st

HOST = "ocp.alibaba.net:8080"
DATE = "Tue, 17 Jan 2023 04:14:02 GMT"
PLAIN = dict(
    method="GET",
    body=None,
    content_type="application/json",
    date=DATE,
    host=HOST,
    headers={},
    target="/api/v2/tasks/instances/100",
)
LISTED = "/api/v2/tasks/instances?page=1&size=10&status=FAILED%2CRUNNING"
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


def credentials(**given):
    return ocp_auth.Credentials(**given)


# Vectors: the first two are published, the others computed (protocol/ocp.md 2.3).
@pytest.mark.parametrize(
    ("parts", "signature"),
    [
        (
            dict(
                method="POST",
                body=b'{"name":"test01","description":"test","regionId":1}',
                date="Tue, 17 Jan 2023 09:13:57 GMT",
                headers={"X-OCP-Data": "A,1", "Accept": "*/*"},
                target="/api/v2/compute/idcs",
            ),
            "XN8P+O+v3vUabB16ZCooq5wMJoY=",
        ),
        (
            dict(
                content_type="application/json;charset=utf-8",
                target="/api/v2/compute/idcs?size=100",
            ),
            "TsQD6HDOuZuJ409m0wdnZPmijlc=",
        ),
        ({}, "DvVDmeL/O4JUbva1hydGn1yHmEk="),
        ({"content_type": ""}, "/E8ryx1JuLiJscGY5KWo384sb6E="),
        ({"target": LISTED}, "rwuf1GChhbKlxPAdQzfv7iDrD4w="),
        (
            dict(method="post", target="/api/v2/tasks/instances/100/retry", body=b""),
            "vorNRWYAsgATXgbIjXXqBWyicic=",
        ),
    ],
)
def test_a_vector_is_reproduced(parts, signature):
    assert ocp_auth.sign(ocp_served.SECRET, **{**PLAIN, **parts}) == signature


@pytest.mark.parametrize(
    ("given_target", "expected"),
    [
        ("/tasks", "/tasks"),
        ("/tasks?", "/tasks"),
        ("/tasks?b=2&a=1", "/tasks?a=1&b=2"),
        ("/tasks?s=RUNNING&s=FAILED", "/tasks?s=FAILED%2CRUNNING"),
        ("/tasks?s=FAILED,RUNNING", "/tasks?s=FAILED%2CRUNNING"),
        ("/tasks?a=&b=1&c", "/tasks?b=1"),
        ("/tasks?n=a+b&m=a%20b&o=a%2Bb", "/tasks?m=a%20b&n=a%20b&o=a%2Bb"),
        ("/tasks?q=a*b~c-d._", "/tasks?q=a%2Ab~c-d._"),
        ("/tasks?z=%e6%89%a9", "/tasks?z=%E6%89%A9"),
        ("/tasks?r=%FF", "/tasks?r=%FF"),
        # By code unit, a character beyond U+FFFF comes before U+FF5E.
        ("/t?%EF%BD%9E=1&%F0%9F%98%80=2", "/t?%F0%9F%98%80=2&%EF%BD%9E=1"),
        ("/a%2Fb;x=1?b=1", "/a%2Fb;x=1?b=1"),
    ],
)
def test_a_query_has_one_canonical_form(given_target, expected):
    assert ocp_auth.canonical(given_target) == expected
    assert ocp_auth.canonical(expected) == expected


@calm.CALM
@given(st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT, max_size=3)), max_size=5))
def test_any_query_is_signed_as_the_bytes_that_are_sent(query):
    sent = ocp_auth.canonical(transport.target("/api/v2/tasks", query))
    signed = []
    auth = ocp_auth.Signed(credentials(**ocp_served.KEYS), now=0)

    def sign_and_note(request):
        signed.append(request.path_url)
        return auth(request)

    prepared = requests.Request(
        "GET", "http://ocp:8080" + sent, auth=sign_and_note
    ).prepare()
    assert signed == [sent] == [prepared.path_url]
    values = {}
    for key, value in query.items():
        items = value if isinstance(value, list) else [value]
        joined = ",".join(sorted((i for i in items if i), key=ocp_auth._units))
        if joined:
            values[key] = joined
    said = parse_qsl(sent.partition("?")[2], keep_blank_values=True)
    assert dict(said) == values and len(said) == len(values)


def test_a_signed_request_carries_what_was_signed():
    auth = ocp_auth.Signed(credentials(**ocp_served.KEYS), now=1673928842)
    request = requests.Request(
        "GET",
        f"http://{HOST}/api/v2/tasks/instances/100",
        headers={"Content-Type": "application/json"},
        auth=auth,
    ).prepare()
    assert request.headers["Date"] == DATE
    assert request.headers["Host"] == HOST
    assert request.headers["Authorization"] == (
        f"OCP-ACCESS-KEY-HMACSHA1 {ocp_served.KEY}:DvVDmeL/O4JUbva1hydGn1yHmEk="
    )


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://ocp:8080/api", "ocp:8080"),
        ("http://ocp:80/api", "ocp"),
        ("https://ocp:443", "ocp"),
        ("https://ocp:80", "ocp:80"),
        ("http://[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        ("https://OCP.example", "ocp.example"),
    ],
)
def test_the_host_is_named_as_clients_name_it(url, host):
    assert ocp_auth.host_of(url) == host


def test_basic_sends_utf_8():
    request = requests.Request("GET", "http://ocp").prepare()
    given_password = "p\u00e4ss:w\u00f6rd"
    ocp_auth.Basic(credentials(username="admin", password=given_password))(request)
    scheme, _blank, pair = request.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(pair).decode("utf-8") == f"admin:{given_password}"


@pytest.mark.parametrize(
    ("given_credentials", "option"),
    [
        ({}, "ocp.username"),
        ({"username": "", "password": ""}, "ocp.username"),
        ({"username": "admin"}, "ocp.password"),
        ({"password": "x"}, "ocp.username"),
        ({"access_key": "a"}, "ocp.secret_key"),
        ({"secret_key": "s"}, "ocp.access_key"),
        ({"username": "a", "secret_key": "s"}, "ocp.username, ocp.access_key"),
        ({**ocp_served.BASIC, **ocp_served.KEYS}, "ocp.username, ocp.access_key"),
        ({"username": "a:b", "password": "x"}, "ocp.username"),
        ({"access_key": "a b", "secret_key": "s3cret"}, "ocp.access_key"),
        ({"access_key": "a\r\nX: y", "secret_key": "s3cret"}, "ocp.access_key"),
    ],
)
def test_half_a_pair_and_two_pairs_are_refused(given_credentials, option):
    with pytest.raises(errors.InvalidOption) as caught:
        ocp_auth.check(credentials(**given_credentials))
    assert caught.value.details["option"] == option
    assert "s3cret" not in caught.value.message and "X: y" not in caught.value.message


def test_no_secret_shows_in_the_credentials():
    both = credentials(**ocp_served.BASIC, **ocp_served.KEYS)
    for secret in (ocp_served.PASSWORD, ocp_served.KEY, ocp_served.SECRET):
        assert secret not in repr(both)


def test_a_whole_pair_is_accepted():
    for pair in (ocp_served.BASIC, ocp_served.KEYS):
        assert ocp_auth.check(credentials(**pair)) == credentials(**pair)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    arguments,
    errors,
    exchange,
    transport,
)
from ansible_collections.oceanbase.ops.tests.simulator import clock, message, wire

FAST = arguments.Connection(request_timeout=0.5)
PATIENT = arguments.Connection()


def echo(request):
    """Answer with what arrived: the target byte for byte, headers, and the body."""
    return message.json_response(
        {
            "target": request.target,
            "headers": request.headers,
            "body": request.body.decode(),
        }
    )


@pytest.fixture
def server():
    with wire.Server(echo, clock.RealClock()) as running:
        yield running


def to(server, connection=PATIENT, **more):
    return transport.Transport(server.url, connection, **more)


def test_json_goes_there_and_back_over_one_connection(server):
    tally = transport.Tally()
    carrier = to(server, tally=tally)
    first = carrier.send("POST", "/x", json_body={"a": 1})
    second = carrier.send("GET", "/x")
    assert (first.status, first.body["body"]) == (200, '{"a": 1}')
    assert second.body["headers"].get("connection") != "close"
    assert tally.requests == 2
    assert tally.bytes == first.size + second.size


NASTY = [
    "/plain",
    "/with space",
    "/unicode/ü/中",
    "/%7Euser/%2f",
    "/per%cent",
    "/a;b=c,d@e:f",
    "/q?x=1&y=a b",
    "/q?x=%20&y=+",
    "/brackets[1]{2}|3",
    "/quote\"'<>^`",
    "/a/../b/./c",
]


@pytest.mark.parametrize("path", NASTY)
def test_what_is_signed_is_what_stands_on_the_request_line(server, path):
    signed = []

    def sign(request):
        signed.append(request.path_url)
        return request

    answer = to(server).send(
        "GET", transport.target(path, {"k e": "v&=ü", "n": [1, True]}), auth=sign
    )
    assert answer.body["target"] == signed[0]


def test_cookies_are_kept_until_the_server_or_we_forget_them():
    said = {"/in": "a=1; Path=/", "/more": "b=2; Path=/", "/out": "a=; Max-Age=0"}

    def cookies(request):
        answer = echo(request)
        if request.target in said:
            answer.headers.append(("Set-Cookie", said[request.target]))
        return answer

    with wire.Server(cookies, clock.RealClock()) as running:
        carrier = to(running)
        paths = ["/", "/in", "/more", "/", "/out", "/"]
        sent = [_sent(carrier, path) for path in paths]
        carrier.forget_cookies()
        assert sent == [[], [], ["a=1"], ["a=1", "b=2"], ["a=1", "b=2"], ["b=2"]]
        assert _sent(carrier, "/") == []


def _sent(carrier, path):
    headers = carrier.send("GET", path).body["headers"]
    return sorted(one for one in headers.get("cookie", "").split("; ") if one)


def test_query_values_are_encoded_once_and_lists_repeat_their_key():
    target = transport.target("/a", {"x": ["1", "a b"], "y": False, "z": "%"})
    assert target == "/a?x=1&x=a%20b&y=false&z=%25"
    assert transport.target("/a?b=1", {"c": 2}) == "/a?b=1&c=2"


def test_nothing_of_the_environment_is_sent(server, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    headers = to(server).send("GET", "/x").body["headers"]
    assert "authorization" not in headers


def test_the_proxy_of_the_environment_is_used_where_asked_for(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    connection = arguments.Connection(use_proxy=True)
    carrier = transport.Transport("http://elsewhere.invalid", connection)
    answer = carrier.send("GET", "/x")
    assert answer.body["target"] == "http://elsewhere.invalid/x"


def test_what_a_proxy_says_is_told_with_the_way_it_came(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    server.faults.add("html", count=1)
    connection = arguments.Connection(use_proxy=True)
    carrier = transport.Transport("http://elsewhere.invalid", connection)
    told = r"GET http://elsewhere.invalid/x \(use_proxy is on\): HTTP 200: .* not JSON"
    with pytest.raises(errors.InvalidAnswer, match=told):
        carrier.send("GET", "/x")


@pytest.mark.parametrize("name, port", [("obshell", 2886), ("ocp", 8080)])
def test_a_first_connection_that_is_refused_is_told_with_the_usual_port(
    server, name, port
):
    carrier = transport.Transport(server.url, arguments.Connection(server=name))
    server.faults.add("refuse", count=1)
    with pytest.raises(errors.Unreachable, match=f"refused; is .* {port}$"):
        carrier.send("GET", "/x")
    server.faults.clear()
    carrier.send("GET", "/x")
    server.faults.add("refuse", count=1)
    with pytest.raises(errors.Unreachable, match="refused$"):
        carrier.send("GET", "/x")


def test_a_redirect_is_not_followed(server):
    server.faults.add("redirect", count=1)
    answer = to(server).send("GET", "/x")
    assert answer.status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("refuse", "refused"),
        ("reset", "reset"),
        ("close", "reset"),
        ("hang", "timeout"),
        ("trickle", "timeout"),
        ("trickle_body", "timeout"),
    ],
)
def test_no_answer_is_told_with_address_and_reason(server, fault, reason):
    server.faults.add(fault)
    connection = FAST if reason == "timeout" else PATIENT
    with pytest.raises(errors.Unreachable, match=server.url) as caught:
        to(server, connection).send("GET", "/x")
    assert caught.value.reason == reason
    assert caught.value.details["url"] == server.url


@pytest.mark.parametrize("fault", ["hang", "trickle", "trickle_body"])
def test_no_request_outlives_the_deadline(server, fault):
    server.faults.add(fault)
    deadline = transport.Deadline(at=time.monotonic() + 0.2)
    slow = arguments.Connection(request_timeout=60)
    with pytest.raises(errors.Unreachable) as caught:
        to(server, slow, deadline=deadline).send("GET", "/x")
    assert caught.value.reason == "timeout"
    with pytest.raises(errors.Unreachable, match="no time left"):
        to(server, slow, deadline=deadline).send("GET", "/x")
    assert len(server.requests) <= 1


def test_after_an_outage_the_same_transport_works_again(server):
    carrier = to(server, arguments.Connection(request_timeout=1))
    for fault in ("reset", "hang", "trickle_body", "close"):
        server.faults.add(fault, count=1)
        with pytest.raises(errors.Unreachable):
            carrier.send("GET", "/x")
        server.faults.clear()
        assert carrier.send("GET", "/x").status == 200


def test_an_unknown_name_is_told_as_such():
    with pytest.raises(errors.Unreachable) as caught:
        transport.Transport("http://no-such-host.invalid", FAST).send("GET", "/x")
    assert caught.value.reason == "name"


def test_a_body_without_end_is_refused_in_time(server, monkeypatch):
    monkeypatch.setattr(exchange, "MAX_BYTES", 1024 * 1024)
    server.faults.add("huge")
    slow = arguments.Connection(request_timeout=30)
    with pytest.raises(errors.InvalidAnswer, match="larger than 1 MiB") as caught:
        to(server, slow).send("GET", "/x")
    assert caught.value.details["fatal"]


def test_a_web_page_shows_its_first_characters_escaped(server):
    server.faults.add("html", body="<html>\x1b[31m" + "x" * 500)
    with pytest.raises(errors.InvalidAnswer, match="not JSON") as caught:
        to(server).send("GET", "/x")
    assert "<html>" in caught.value.message
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 400


def test_a_web_page_with_an_error_status_keeps_the_status(server):
    server.faults.add("html", status=502)
    answer = to(server).send("GET", "/x")
    assert (answer.status, answer.body) == (502, None)
    assert "<" in answer.text


@pytest.mark.parametrize(
    "form, error", [("cut", errors.InvalidAnswer), ("short", errors.OpsError)]
)
def test_truncated_json_is_an_error(server, form, error):
    server.faults.add("truncated", form=form)
    with pytest.raises(error):
        to(server).send("GET", "/x")


@pytest.mark.parametrize(
    "url",
    [
        "10.0.0.1:2886",
        "ftp://h",
        "http://",
        "http://h:port",
        "",
        "http://[::1",
        "http://user:secret@h",
        "http://h/?x=1",
        "http://h/#f",
    ],
)
def test_a_url_that_cannot_be_one_is_refused_without_showing_a_secret(url):
    with pytest.raises(errors.InvalidOption, match="obshell.url") as caught:
        arguments.base_url(url, "obshell.url")
    assert "secret" not in caught.value.message


def test_a_trailing_slash_is_dropped_and_a_path_only_where_allowed():
    assert arguments.base_url(" http://h:1/ ", "x") == "http://h:1"
    assert arguments.base_url("http://h/ocp/", "x") == "http://h/ocp"
    with pytest.raises(errors.InvalidOption, match="path"):
        arguments.base_url("http://h/ocp", "x", path=False)


def test_a_plain_server_asked_for_tls_is_a_clear_failure(server):
    carrier = transport.Transport(server.url.replace("http", "https"), FAST)
    with pytest.raises(errors.TlsFailure, match="does it speak http"):
        carrier.send("GET", "/x")


def test_a_missing_authority_file_is_told(server, tmp_path):
    missing = str(tmp_path / "none.pem")
    with pytest.raises(errors.InvalidOption, match="obshell.ca_path"):
        arguments.readable(missing, "obshell.ca_path")
    connection = arguments.Connection(ca_path=missing, request_timeout=0.5)
    carrier = transport.Transport(server.url.replace("http", "https"), connection)
    with pytest.raises(errors.TlsFailure, match="ca_path"):
        carrier.send("GET", "/x")


@pytest.mark.parametrize(
    "at, shared, seconds",
    [(None, 3, 30.0), (110.0, 1, 10.0), (110.0, 4, 2.5), (400.0, 3, 30.0)],
)
def test_who_shares_a_deadline_has_a_part_of_what_is_left(at, shared, seconds):
    deadline = transport.Deadline(at=at, clock=lambda: 100.0)
    assert deadline.limit(30.0, shared=shared) == seconds


def test_a_server_that_never_answers_leaves_their_share_to_the_others(server):
    server.faults.add("hang")
    deadline = transport.Deadline(at=time.monotonic() + 10)
    slow = arguments.Connection(request_timeout=60)
    carrier = to(server, slow, deadline=deadline)
    carrier.share(40)
    with pytest.raises(errors.Unreachable) as caught:
        carrier.send("GET", "/x")
    assert caught.value.reason == "timeout"
    assert deadline.limit(60.0) > 1


def lines():
    alive = [one for one in threading.enumerate() if one.is_alive()]
    return [one for one in alive if one.daemon and "exchange" in one.name]


def test_what_is_closed_leaves_no_thread_and_no_connection(server):
    before = lines()
    carrier = transport.Transport(server.url, arguments.Connection(request_timeout=5))
    carrier.send("GET", "/x")
    [line] = [one for one in lines() if one not in before]
    carrier.close()
    line.join(timeout=5)
    assert not line.is_alive()
    assert carrier.send("GET", "/x").status == 200
    carrier.close()


def test_many_requests_use_one_thread_and_one_connection(server):
    carrier = transport.Transport(server.url, arguments.Connection(request_timeout=5))
    carrier.send("GET", "/x")
    before = threading.active_count()
    for number in range(100):
        carrier.send("GET", f"/x?n={number}")
        assert threading.active_count() <= before
    carrier.close()


@pytest.mark.parametrize("kind", ["hang", "trickle"])
def test_an_exchange_that_was_given_up_ends_its_thread(server, kind):
    carrier = transport.Transport(server.url, arguments.Connection(request_timeout=0.2))
    before = lines()
    server.faults.add(kind, count=1, interval=0.15)
    with pytest.raises(errors.Unreachable):
        carrier.send("GET", "/x")
    given_up = [one for one in lines() if one not in before]
    assert carrier.send("GET", "/x").status == 200
    carrier.close()
    for one in given_up:
        one.join(timeout=5)
        assert not one.is_alive()

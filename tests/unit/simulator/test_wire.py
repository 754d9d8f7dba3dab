# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import clock, message, tls, wire

NO_ANSWER = (http.client.RemoteDisconnected, ConnectionResetError)


def echo(request: message.Request) -> message.Response:
    body = {"target": request.target, "body": request.body.decode()}
    return message.json_response(body, status=200)


@pytest.fixture(name="turned")
def _turned() -> clock.TurnedClock:
    return clock.TurnedClock()


@pytest.fixture(name="server")
def _server(turned: clock.TurnedClock) -> Iterator[wire.Server]:
    with wire.Server(echo, turned) as server:
        yield server
    assert server.errors == []


def connect(server: wire.Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)


def get(server: wire.Server, target: str = "/x") -> tuple[int, bytes]:
    connection = connect(server)
    connection.request("GET", target)
    response = connection.getresponse()
    return response.status, response.read()


def test_requests_arrive_as_sent_and_are_recorded(server: wire.Server) -> None:
    connection = connect(server)
    for body in ("one", "two"):
        connection.request("POST", "/a%20b?c=1&c=2", body, {"Authorization": "x"})
        answer = json.loads(connection.getresponse().read())
    assert answer == {"target": "/a%20b?c=1&c=2", "body": "two"}
    assert server.counts() == {"POST": 2}
    assert [s.signed for s in server.requests] == [True, True]
    assert "two" not in repr(server.requests)


def test_chunked_bodies_are_read_and_written(turned: clock.TurnedClock) -> None:
    def big(request: message.Request) -> message.Response:
        return message.Response(200, [], request.body * 3000, chunked=True)

    with wire.Server(big, turned) as server:
        connection = connect(server)
        connection.request("POST", "/", iter([b"a", b"bc"]), encode_chunked=True)
        response = connection.getresponse()
        assert response.getheader("Transfer-Encoding") == "chunked"
        assert response.read() == b"abc" * 3000


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_lost_answers_are_counted_down(server: wire.Server, kind: str) -> None:
    server.faults.add(kind, count=2, skip=1, path="^/lost")
    assert get(server, "/lost")[0] == 200
    for _time in range(2):
        with pytest.raises(NO_ANSWER):
            get(server, "/lost")
        assert get(server, "/other")[0] == 200
    assert get(server, "/lost")[0] == 200
    assert [s.status for s in server.requests].count(0) == 2


def test_refusal_ends_when_the_turned_clock_says_so(
    server: wire.Server, turned: clock.TurnedClock
) -> None:
    kept = connect(server)
    kept.request("GET", "/")
    kept.getresponse().read()
    server.faults.add("refuse", seconds=5)
    with pytest.raises(OSError):
        kept.request("GET", "/")
        kept.getresponse()
    turned.advance(4.9)
    with pytest.raises(ConnectionRefusedError):
        get(server)
    turned.advance(0.1)
    assert get(server)[0] == 200


def test_a_hanging_request_is_answered_when_the_fault_is_over(
    server: wire.Server, turned: clock.TurnedClock
) -> None:
    server.faults.add("hang", seconds=3)
    answers: list[tuple[int, bytes]] = []
    thread = threading.Thread(target=lambda: answers.append(get(server)))
    thread.start()
    thread.join(0.05)
    assert answers == []
    turned.advance(3)
    thread.join(5)
    assert answers[0][0] == 200


def test_stop_ends_hanging_requests_and_open_connections(
    turned: clock.TurnedClock,
) -> None:
    server = wire.Server(echo, turned)
    server.faults.add("hang")
    raw = socket.create_connection(("127.0.0.1", server.port))
    raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
    server.stop()
    raw.settimeout(5)
    with contextlib.suppress(ConnectionResetError):
        assert raw.recv(10) == b""


def test_errors_carry_what_they_are_given(server: wire.Server) -> None:
    server.faults.add("status", count=1, status=429, headers={"Retry-After": "7"})
    connection = connect(server)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, response.getheader("Retry-After")) == (429, "7")


@pytest.mark.parametrize(
    ("kind", "options", "status", "start"),
    [
        ("html", {}, 200, b"<!DOCTYPE"),
        ("foreign", {}, 200, b'{"hello": 1}'),
        ("foreign", {"payload": []}, 200, b"[]"),
        ("redirect", {}, 302, b""),
        ("truncated", {}, 200, b'{"target":'),
        ("huge", {"limit": 200_000}, 200, b'{"data":"aaa'),
        ("trickle", {"interval": 0}, 200, b'{"target":"/x"'),
        ("trickle_body", {"interval": 0}, 200, b'{"target":"/x"'),
    ],
)
def test_strange_answers(
    server: wire.Server, kind: str, options: dict, status: int, start: bytes
) -> None:
    server.faults.add(kind, count=1, **options)
    answer = get(server)
    assert answer[0] == status
    assert answer[1].startswith(start)


def test_a_short_answer_promises_more_than_it_sends(server: wire.Server) -> None:
    server.faults.add("truncated", form="short")
    with pytest.raises(http.client.IncompleteRead):
        get(server)


def test_a_lost_answer_may_have_been_carried_out(turned: clock.TurnedClock) -> None:
    done: list[str] = []

    def handler(request: message.Request) -> message.Response:
        done.append(request.target)
        return message.Response(200)

    with wire.Server(handler, turned) as server:
        server.faults.add("close", count=1, handled=True)
        with pytest.raises(NO_ANSWER):
            get(server, "/submit")
    assert done == ["/submit"]


def test_unknown_faults_are_refused(server: wire.Server) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        server.faults.add("explode")


def test_a_bug_of_a_handler_is_kept_for_the_test(turned: clock.TurnedClock) -> None:
    def broken(request: message.Request) -> message.Response:
        raise KeyError("bug")

    with wire.Server(broken, turned) as server:
        assert get(server)[0] == 500
    assert "KeyError" in server.errors[0]


def test_a_unix_socket_knows_its_peer(
    turned: clock.TurnedClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seen: list[message.Request] = []

    def handler(request: message.Request) -> message.Response:
        seen.append(request)
        return message.Response(204)

    path = str(tmp_path_factory.mktemp("s") / "o.sock")
    with wire.Server(handler, turned, unix_path=path):
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        client.sendall(b"GET /y HTTP/1.1\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 204")
    assert seen[0].over_unix
    assert seen[0].peer_uid in (os.getuid(), None)
    assert not os.path.exists(path)


def test_a_running_clock_is_as_fast_as_told() -> None:
    fast = clock.RealClock(speed=1000.0, start=100.0)
    assert fast.now() >= 100.0
    assert abs(fast.wall() - clock.RealClock().wall()) < 5


@pytest.mark.parametrize("client_auth", [False, True])
def test_https_with_and_without_client_certificates(
    turned: clock.TurnedClock,
    tmp_path_factory: pytest.TempPathFactory,
    client_auth: bool,
) -> None:
    made = tls.make(tmp_path_factory.mktemp("tls"))
    context = tls.server_context(made, client_auth=client_auth)
    with wire.Server(echo, turned, ssl_context=context) as server:
        trusting = ssl.create_default_context(cafile=made.ca)

        def ask() -> int:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", server.port, context=trusting, timeout=5
            )
            connection.request("GET", "/")
            return connection.getresponse().status

        if client_auth:
            with pytest.raises(OSError):
                ask()
            trusting.load_cert_chain(made.client, made.client_key)
        assert ask() == 200
        assert get(server)[0] == 400

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in: https with an own authority, client certificates, the unix socket."""

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import arguments, errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.tests.simulator import (
    tls,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import seen

ALL = "/task/dag/agent/unfinish"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return tls.make(tmp_path_factory.mktemp("ca"))


def client(**options):
    return obshell_connection.client({"password": "right", **options})


def served(sim, authority, *, asks_clients=False):
    context = tls.server_context(authority, client_auth=asks_clients)
    server = sim.single(ssl_context=context)
    assert server.url.startswith("https://")
    return server


def test_https_with_an_authority_of_ones_own(sim, authority):
    server = served(sim, authority)
    found = client(url=[server.url], ca_path=authority.ca)
    assert found.call("GET", ALL).status == 200


def test_tls_replaces_no_header(sim, authority):
    server = served(sim, authority)
    client(url=[server.url], ca_path=authority.ca).call("GET", ALL)
    assert seen(server, signed=True) == [f"GET /api/v1{ALL}"]


def test_an_unknown_authority_is_a_tls_failure(sim, authority):
    server = served(sim, authority)
    with pytest.raises(errors.TlsFailure, match="ca_path") as caught:
        client(url=[server.url]).call("GET", ALL)
    assert not caught.value.transient
    assert seen(server) == []


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_authorities_that_the_environment_names_are_trusted(
    sim, authority, name, monkeypatch
):
    server = served(sim, authority)
    for one in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, str(authority.ca))
    assert client(url=[server.url]).call("GET", ALL).status == 200


def test_the_option_goes_before_the_environment(sim, authority, monkeypatch, tmp_path):
    server = served(sim, authority)
    (tmp_path / "none.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    found = client(url=[server.url], ca_path=authority.ca)
    assert found.call("GET", ALL).status == 200


def test_certificates_need_not_be_checked_and_that_is_told_once(sim, authority):
    server = served(sim, authority)
    found = client(url=[server.url], validate_certs=False)
    assert found.call("GET", ALL).status == 200
    found.call("GET", ALL)
    told = [text for text in found.notes if "clock" not in text]
    assert [text.split(":")[0] for text in told] == ["obshell.validate_certs is false"]


def test_addresses_that_mix_https_with_http_are_told(sim, authority):
    secure, plain = served(sim, authority), sim.single()
    found = client(url=[secure.url, plain.url], ca_path=authority.ca)
    assert [text.split(":")[0] for text in found.notes] == [
        "obshell.url mixes https with http"
    ]
    assert client(url=[plain.url]).notes == []


def test_a_client_certificate(sim, authority):
    server = served(sim, authority, asks_clients=True)
    crt, key = authority.client, authority.client_key
    options = {"url": [server.url], "ca_path": authority.ca}
    found = client(**options, client_cert=crt, client_key=key)
    assert found.call("GET", ALL).status == 200
    with pytest.raises((errors.TlsFailure, errors.Unreachable)) as caught:
        client(**options).call("GET", ALL)
    # Whether the alert or the end comes first is the system's.
    reset = "ConnectionResetError" in repr(caught.value.__cause__)
    assert reset or "see client_cert" in caught.value.message.replace(
        "validate_certs, ca_path and ", ""
    )


def test_http_asked_where_https_is_served(sim, authority):
    server = served(sim, authority)
    with pytest.raises(errors.InvalidAnswer, match="HTTP request to an HTTPS server"):
        client(url=[server.url.replace("https", "http")]).call("GET", ALL)
    assert seen(server) == []


def test_a_socket_is_named_with_its_path(sim, tmp_path):
    path = str(tmp_path / "obshell.sock")
    server = sim.single(unix_path=path)
    found = client(url=[f"unix://{path}"])
    assert found.call("GET", ALL).status == 200
    assert found.answered == [f"unix://{path}"]
    assert list(found.memory) == [f"unix://{path}"]
    assert all(not request.signed for one in server.sockets for request in one.requests)


def test_a_local_task_is_asked_over_the_socket_of_its_agent(sim, tmp_path):
    path = str(tmp_path / "obshell.sock")
    other, server = sim.single(), sim.single(unix_path=path)
    found = client(url=[other.url, f"unix://{path}"])
    for agent in found.cluster.named:
        agent.prepare()
        assert agent.info
    with pytest.raises(errors.TaskNotFound):
        found.fetch(server.local_id(99))
    assert found.answered == [f"unix://{path}"]


def test_proxies_of_the_environment_are_not_for_sockets(sim, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    path = str(tmp_path / "obshell.sock")
    sim.single(unix_path=path)
    found = client(url=[f"unix://{path}"], use_proxy=True)
    assert found.call("GET", ALL).status == 200


@pytest.mark.parametrize("url", ["unix://", "unix://run/obshell.sock", "unix:/x"])
def test_sockets_that_are_named_wrongly(url):
    with pytest.raises(errors.InvalidOption, match="^obshell.url: "):
        client(url=[url])


def test_ocp_has_no_socket():
    with pytest.raises(errors.InvalidOption):
        arguments.base_url("unix:///x", "ocp.url")

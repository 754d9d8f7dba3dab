# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
from types import SimpleNamespace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    auth as obshell_auth,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import crypto

BITS = [512, 1024]


def key_pair(bits, seed=7):
    """Return the simulator's private key and our reading of its public one."""
    private = crypto.make_key(bits, seed)
    return private, obshell_auth.load_key(private.public)


def sealed(bits, *, password="secret", uri="/api/v1/x", body=None):
    """Return what the agent reads: the header's JSON and the plain body."""
    private, public = key_pair(bits)
    header, wire = obshell_auth.seal(
        public, password=password, expires=1767268830, uri=uri, body=body
    )
    plain = json.loads(private.decrypt(header))
    keys = base64.b64decode(plain.get("keys", ""))
    return plain, wire, crypto.aes_decrypt(keys, wire) if wire else None


@pytest.mark.parametrize("bits", BITS)
def test_the_agent_reads_who_asks_what_until_when(bits):
    plain, wire, _body = sealed(bits, uri="/api/v1/task/dag/11?show_details=false")
    assert plain == {
        "auth": "secret",
        "ts": "1767268830",
        "uri": "/api/v1/task/dag/11?show_details=false",
    }
    assert wire is None


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("size", [1, 15, 16, 17, 4096, 8 * 2**20])
def test_a_body_of_any_size_is_read(bits, size):
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    _plain, wire, read = sealed(bits, body=body)
    assert read == body
    assert base64.b64decode(wire, validate=True) != body


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize(
    "password", ["", "007", "pässwörd", "密码 \u00a0 \U0001f511", 'a"b\\c\n', "x" * 500]
)
def test_any_password_arrives(bits, password):
    plain, _wire, _body = sealed(bits, password=password, body=b"{}")
    assert plain["auth"] == password


@pytest.mark.parametrize("bits,room", [(512, 53), (1024, 117)])
@pytest.mark.parametrize("blocks,more", [(1, 0), (1, 1), (2, 0), (3, 1)])
def test_a_header_has_as_many_blocks_as_it_needs(bits, room, blocks, more):
    private, public = key_pair(bits)
    plain = bytes(range(256)) * 2
    text = public.encrypt(plain[: blocks * room + more])
    assert len(base64.b64decode(text)) == (blocks + bool(more)) * private.size
    assert private.decrypt(text) == plain[: blocks * room + more]


def test_each_request_has_keys_of_its_own():
    first, one, _body = sealed(1024, body=b"same")
    second, other, _body = sealed(1024, body=b"same")
    assert first["keys"] != second["keys"]
    assert one != other
    assert len(base64.b64decode(first["keys"])) == 32


def test_a_key_is_known_by_the_sum_of_its_der_bytes():
    private, public = key_pair(512)
    assert public.sha256 == hashlib.sha256(private.der).hexdigest()
    assert public.text == private.public


# SubjectPublicKeyInfo of an elliptic curve: a key, but not RSA.
CURVE = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP"
    "40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q=="
)


@pytest.mark.parametrize("text", [None, "", "rubbish!", "aGVsbG8=", 17, [], CURVE])
def test_what_is_no_rsa_key_is_refused(text):
    with pytest.raises(errors.InvalidAnswer, match="public key"):
        obshell_auth.load_key(text)


def test_the_request_is_sealed_over_its_final_target():
    private, public = key_pair(1024)
    request = SimpleNamespace(path_url="/api/v1/a%20b?c=%2F", body=b"{}", headers={})
    seal = obshell_auth.Sealed(public, header="X-OCS-Header", password="p", expires=9)
    assert seal(request) is request
    plain = json.loads(private.decrypt(request.headers["X-OCS-Header"]))
    assert (plain["uri"], plain["ts"]) == ("/api/v1/a%20b?c=%2F", "9")
    assert crypto.aes_decrypt(base64.b64decode(plain["keys"]), request.body) == b"{}"


def test_no_secret_is_in_the_repr():
    _private, public = key_pair(1024)
    seal = obshell_auth.Sealed(
        public, header="X-OCS-Header", password="s3cret", expires=9
    )
    assert "s3cret" not in repr(seal) + str(vars(seal).keys())


VERSIONS = {"2.9": True, "3.2.1": True, "3.3": False, "3.3.2": False, "50.0.2": False}


@pytest.mark.parametrize("version, old", VERSIONS.items())
def test_a_cryptography_that_is_too_old_is_told_with_what_mends_it(version, old):
    text = obshell_auth.too_old(version)
    assert bool(text) is old
    if text:
        assert f"cryptography {version} is too old" in text
        assert "pip install 'cryptography>=3.3'" in text


def test_a_version_that_cannot_be_read_is_none_that_is_too_old():
    assert obshell_auth.too_old("") is None

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a request to OCP says who asks: HTTP Basic, or the signature of an access key.

The signature is HMAC-SHA1 over seven parts of the request (protocol/ocp.md 2.3). The
query is put into its canonical form before the request is made, so that the bytes that
are signed are the bytes that are sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Mapping
from urllib.parse import quote, unquote_to_bytes, urlsplit

from .. import errors

SCHEME = "OCP-ACCESS-KEY-HMACSHA1"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Credentials:
    """A user's name and password, or the access key and its secret."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)

    @property
    def signs(self) -> bool:
        """True for an access key."""
        return bool(self.access_key)

    @property
    def options(self) -> str:
        """The options that they came from, for messages."""
        if self.signs:
            return "ocp.access_key and ocp.secret_key"
        return "ocp.username and ocp.password"


def check(given: Credentials) -> Credentials:
    """Return the credentials; raise InvalidOption unless they are one whole pair."""
    pairs = (("username", "password"), ("access_key", "secret_key"))
    named = [pair for pair in pairs if any(getattr(given, key) for key in pair)]
    if not named:
        raise errors.InvalidOption(
            "ocp.username",
            "give ocp.username and ocp.password, or ocp.access_key and ocp.secret_key",
        )
    if len(named) > 1:
        raise errors.InvalidOption(
            "ocp.username, ocp.access_key",
            "give a user with a password or an access key with its secret, not both "
            "(the environment counts where an option is not given)",
        )
    for key, other in (named[0], named[0][::-1]):
        if not getattr(given, key):
            raise errors.InvalidOption(f"ocp.{key}", f"it is needed beside ocp.{other}")
    _sendable(given)
    return given


def _sendable(given: Credentials) -> None:
    """Refuse what no header can carry, before an error text could quote it."""
    if ":" in (given.username or ""):
        raise errors.InvalidOption("ocp.username", "it must not have a colon")
    key = given.access_key or ""
    if not key.isascii() or not key.isprintable() or " " in key or ":" in key:
        raise errors.InvalidOption(
            "ocp.access_key", "letters, digits and signs without spaces are expected"
        )


class Basic:
    """Sends name and password as they are; OCP wants the word exactly so (8.11)."""

    def __init__(self, given: Credentials) -> None:
        pair = f"{given.username}:{given.password}"
        self._value = "Basic " + base64.b64encode(_bytes(pair)).decode("ascii")

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = self._value
        return request


class Signed:
    """Signs a request that requests has prepared: its target and bytes are final."""

    def __init__(self, given: Credentials, *, now: float) -> None:
        self._access_key = str(given.access_key)
        self._secret_key = str(given.secret_key)
        self._date = formatdate(now, usegmt=True)

    def __call__(self, request: Any) -> Any:
        host = host_of(request.url)
        request.headers["Date"] = self._date
        request.headers["Host"] = host
        signature = sign(
            self._secret_key,
            method=request.method,
            body=request.body,
            content_type=request.headers.get("Content-Type", ""),
            date=self._date,
            host=host,
            headers=request.headers,
            target=request.path_url,
        )
        value = f"{SCHEME} {self._access_key}:{signature}"
        request.headers["Authorization"] = value
        return request


def sign(
    secret_key: str,
    *,
    method: str,
    body: None | str | bytes,
    content_type: str,
    date: str,
    host: str,
    headers: Mapping[str, str],
    target: str,
) -> str:
    """Return the signature, base64; every part is what stands in the request."""
    content = _bytes(body) if isinstance(body, str) else body
    digest = hashlib.md5(content).hexdigest().upper() if content else ""
    own = {
        name.lower(): value
        for name, value in headers.items()
        if name.lower().startswith("x-ocp")
    }
    lines = "\n".join(f"{name}:{own[name]}" for name in sorted(own))
    parts = (method.upper(), digest, content_type, date, host, lines, target)
    message = _bytes("\n".join(parts))
    mac = hmac.new(_bytes(secret_key), message, hashlib.sha1)
    return base64.b64encode(mac.digest()).decode("ascii")


def host_of(url: str) -> str:
    """Return the value of the Host header: without the scheme's own port."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    if parts.port is None or parts.port == _PORTS.get(parts.scheme):
        return name
    return f"{name}:{parts.port}"


def canonical(target: str) -> str:
    """Return the request target with its query as it is signed and sent.

    One pair for each key, keys sorted; values sorted and joined by commas; empty
    values dropped; all encoded as RFC 3986 has it. The path stays as it is.
    """
    path, _mark, query = target.partition("?")
    values: dict[str, list[str]] = {}
    for pair in query.split("&"):
        key, _mark, value = pair.partition("=")
        if value:
            values.setdefault(_plain(key), []).append(_plain(value))
    pairs = [
        f"{_encoded(key)}={_encoded(','.join(sorted(values[key], key=_units)))}"
        for key in sorted(values, key=_units)
    ]
    return path + ("?" + "&".join(pairs) if pairs else "")


def _plain(text: str) -> str:
    """Return what a part of a query says; bytes that are no UTF-8 survive."""
    return _text(unquote_to_bytes(text.replace("+", " ")))


def _encoded(text: str) -> str:
    return quote(_bytes(text), safe="-._~")


def _units(text: str) -> bytes:
    """Return what sorts as the UTF-16 code units that OCP compares."""
    return text.encode("utf-16-be", "surrogatepass")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")

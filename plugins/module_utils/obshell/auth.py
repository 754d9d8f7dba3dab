# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a request to obshell is sealed, in both versions.

Version 2 is hybrid: a header of RSA PKCS#1 v1.5 blocks over JSON says who asks what
until when; a body is AES-128-CBC under the key that the header carries
(protocol/obshell.md 2.3 to 2.6). Version 1, of obshell 4.2.2 alone, has a header that
says who asks until when, and bodies as they are (2.2).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import traceback
from dataclasses import dataclass
from typing import Any

from .. import errors

FLOOR = (3, 3)  # of cryptography; older ones want a backend, and read no key here
CRYPTOGRAPHY_MISSING: str | None = None
CRYPTOGRAPHY_VERSION = ""
try:
    import cryptography
    from cryptography import exceptions
    from cryptography.hazmat.primitives import padding as block_padding
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    CRYPTOGRAPHY_VERSION = cryptography.__version__
except ImportError:
    CRYPTOGRAPHY_MISSING = traceback.format_exc()

PASSWORD_HEADER = "X-OCS-Header"
AGENT_PASSWORD_HEADER = "X-OCS-Agent-Header"
VERSION_1_HEADER = "X-OCS-Auth"
_PKCS1_OVERHEAD = 11
_BITS = (512, 16384)  # of an RSA key; the vendor's have 512


@dataclass(frozen=True)
class PublicKey:
    """An agent's RSA key: `text` as served by /secret, `sha256` of its PKCS#1 DER."""

    text: str
    key: Any
    sha256: str

    def encrypt(self, plain: bytes) -> str:
        """Return base64 of one block for each piece that the key has room for."""
        room = self.key.key_size // 8 - _PKCS1_OVERHEAD
        pieces = (slice(at, at + room) for at in range(0, len(plain), room))
        blocks = [
            self.key.encrypt(plain[piece], padding.PKCS1v15()) for piece in pieces
        ]
        return base64.b64encode(b"".join(blocks)).decode("ascii")


def too_old(version: str) -> str | None:
    """Return what is to be said of a version of cryptography below FLOOR, or None."""
    numbers = re.findall(r"[0-9]{1,9}", version)[:2]
    if not numbers or tuple(int(number) for number in numbers) >= FLOOR:
        return None
    floor = ".".join(str(number) for number in FLOOR)
    return (
        f"cryptography {version} is too old for obshell: {floor} or newer is needed, "
        f"as of python -m pip install 'cryptography>={floor}' with the Python that "
        "runs the module"
    )


def load_key(text: Any) -> PublicKey:
    """Return the key of base64 PKCS#1 DER; raise InvalidAnswer for anything else."""
    try:
        der = base64.b64decode(text, validate=True)
        key = serialization.load_der_public_key(der)
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm) as e:
        raise errors.InvalidAnswer(
            f"the agent's public key cannot be read: {errors.printable(e, 120)}"
        ) from e
    if not isinstance(key, rsa.RSAPublicKey):
        raise errors.InvalidAnswer("the agent's public key is not an RSA key")
    if not _BITS[0] <= key.key_size <= _BITS[1] or not key.public_numbers().n % 2:
        raise errors.InvalidAnswer(
            f"the agent's public key is none that can seal: {key.key_size} bits; "
            f"{_BITS[0]} to {_BITS[1]} are expected, of an odd modulus"
        )
    return PublicKey(text, key, hashlib.sha256(der).hexdigest())


def seal(
    key: PublicKey, *, password: str, expires: int, uri: str, body: bytes | None
) -> tuple[str, bytes | None]:
    """Return the header's value and the sealed body of one request.

    `expires` is in unix seconds of the agent's clock; `uri` is the request target
    byte for byte as it stands on the request line.
    """
    secret = os.urandom(32)
    plain = {"auth": password, "ts": str(expires), "uri": uri}
    if body:
        plain["keys"] = base64.b64encode(secret).decode("ascii")
    header = key.encrypt(json.dumps(plain).encode("ascii"))
    return header, _encrypt(secret, body) if body else None


def _encrypt(secret: bytes, body: bytes) -> bytes:
    pad = block_padding.PKCS7(128).padder()
    padded = pad.update(body) + pad.finalize()
    cipher = Cipher(algorithms.AES(secret[:16]), modes.CBC(secret[16:])).encryptor()
    return base64.b64encode(cipher.update(padded) + cipher.finalize())


class Sealed:
    """Seals a request that requests has prepared: its target and bytes are final.

    Called as an AuthBase is; requests asks for no more than that.
    """

    def __init__(
        self, key: PublicKey, *, header: str, password: str, expires: int
    ) -> None:
        self._key = key
        self._header = header
        self._password = password
        self._expires = expires

    def __call__(self, request: Any) -> Any:
        value, body = seal(
            self._key,
            password=self._password,
            expires=self._expires,
            uri=request.path_url,
            body=request.body,
        )
        request.headers[self._header] = value
        if body:
            request.body = body
        return request


class SealedV1:
    """Seals the password alone: known from the vendor's clients, never recorded."""

    def __init__(self, key: PublicKey, *, password: str, expires: int) -> None:
        self._key = key
        self._password = password
        self._expires = expires

    def __call__(self, request: Any) -> Any:
        plain = {"password": self._password, "ts": self._expires}
        value = self._key.encrypt(json.dumps(plain).encode("ascii"))
        request.headers[VERSION_1_HEADER] = value
        return request

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agent's half of obshell's encryption (protocol section 2), in plain integers.

Libraries refuse to make keys of 512 bits, and some to use them, so the keys and the
RSA operations are written out here.
"""

from __future__ import annotations

import base64
import binascii
import functools
import random
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

E = 65537
_SMALL_PRIMES = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, p, 2))]
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]")


class DecryptError(Exception):
    """What the server's crypto library says."""


@dataclass(frozen=True, repr=False)
class Key:
    """An RSA key pair of the agent."""

    p: int
    q: int

    @property
    def n(self) -> int:
        return self.p * self.q

    @property
    def size(self) -> int:
        """Bytes of one block."""
        return (self.n.bit_length() + 7) // 8

    @property
    def bits(self) -> int:
        return self.n.bit_length()

    @property
    def der(self) -> bytes:
        """The PKCS#1 RSAPublicKey, not SubjectPublicKeyInfo (2.4)."""
        return _tlv(0x30, _integer(self.n) + _integer(E))

    @property
    def public(self) -> str:
        """What /secret shows as public_key."""
        return base64.b64encode(self.der).decode()

    def decrypt(self, header: str) -> bytes:
        """The plain text of a header: base64 of blocks of the key's size."""
        data = decode_base64(header)
        size = self.size
        if not data or len(data) % size:
            raise DecryptError("crypto/rsa: decryption error")
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        return b"".join(self._block(block) for block in blocks)

    def _power(self, number: int) -> int:
        """number ** d modulo n, by its two primes: three times as fast."""
        of_p = pow(number, pow(E, -1, self.p - 1), self.p)
        of_q = pow(number, pow(E, -1, self.q - 1), self.q)
        return of_q + self.q * ((of_p - of_q) * pow(self.q, -1, self.p) % self.p)

    def _block(self, block: bytes) -> bytes:
        number = int.from_bytes(block, "big")
        if number >= self.n:
            raise DecryptError("crypto/rsa: decryption error")
        plain = self._power(number).to_bytes(self.size, "big")
        end = plain.find(b"\x00", 2)
        if plain[:2] != b"\x00\x02" or end < 10:
            raise DecryptError("crypto/rsa: decryption error")
        return plain[end + 1 :]


def decode_base64(text: str) -> bytes:
    """Standard base64, with the message of Go's decoder for rubbish."""
    raw = text.encode("latin-1", "replace")
    for at, byte in enumerate(raw.rstrip(b"=")):
        if not _BASE64.match(bytes([byte])):
            raise DecryptError(f"illegal base64 data at input byte {at}")
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise DecryptError(f"illegal base64 data at input byte {len(raw)}") from None


@functools.lru_cache(maxsize=None)
def make_key(bits: int, seed: int) -> Key:
    """A key of exactly `bits`; the same for the same seed, so that tests are fast."""
    source = random.Random(f"{bits}-{seed}")
    while True:
        p, q = _prime(bits // 2, source), _prime(bits // 2, source)
        fits = (p - 1) % E and (q - 1) % E and (p * q).bit_length() == bits
        if p != q and fits:
            return Key(p, q)


def _prime(bits: int, source: random.Random) -> int:
    while True:
        # The two top bits make the product of two primes as long as it has to be.
        number = source.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(number % p for p in _SMALL_PRIMES) and _probably_prime(number, source):
            return number


def _probably_prime(number: int, source: random.Random, rounds: int = 20) -> bool:
    """Miller and Rabin's test."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _round in range(rounds):
        x = pow(source.randrange(2, number - 1), odd, number)
        if x in (1, number - 1):
            continue
        for _square in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


def _integer(number: int) -> bytes:
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, value: bytes) -> bytes:
    length = len(value)
    if length < 0x80:
        return bytes([tag, length]) + value
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + value


def aes_decrypt(keys: bytes, body: bytes) -> bytes:
    """The plain text of a body (2.6); ValueError where the real server panics."""
    key, iv = keys[:16], keys[16:]
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error:
        # Go ignores the error, and its unpadding panics over nothing.
        data = b""
    if not data or len(iv) != 16:
        raise ValueError("panic")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    pad = plain[-1]
    if pad > len(plain):
        raise ValueError("panic")
    return plain[: len(plain) - pad]


def aes_encrypt(keys: bytes, plain: bytes) -> str:
    """Base64 of AES-CBC with PKCS#7 padding, as login returns its session id (2.8)."""
    pad = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(keys[:16]), modes.CBC(keys[16:])).encryptor()
    data = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(data).decode()

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes over the wire, unpacked and decoded within bounds. Pure."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any, Callable, Iterator

PIECE = 1024 * 1024
DEPTH = 100  # levels of nested JSON
MOST = 1_000_000  # lists and objects of one answer, which take memory however small
_OPENING = b"[{"
_NO_SIGNS = bytes(set(range(256)) - set(b'[]{}"'))
_TEXT = re.compile(rb'"[^"]*"')
# Halves of a surrogate pair can only come escaped; Ansible gives up results with one.
_HALF = re.compile("[\ud800-\udfff]")
_MAY_HOLD_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_TAGS = b"__ansible_"


class Odd(ValueError):
    """What cannot be unpacked, or must not be decoded; says why."""


def unpacker(encoding: str | None) -> Callable[[bytes], Iterator[bytes]]:
    """Return what unpacks a body piece by piece, each of at most PIECE bytes.

    One layer of gzip or deflate; raises Odd for any other encoding.
    """
    word = (encoding or "identity").strip().lower()
    if word == "identity":
        return lambda piece: iter((piece,))
    if word in ("gzip", "x-gzip"):
        return _Gzip(16 + zlib.MAX_WBITS)
    if word == "deflate":
        return _Gzip(zlib.MAX_WBITS)
    raise Odd(f"the answer is packed as {word[:60]!r}; gzip or deflate was asked for")


class _Gzip:
    """Unpacks one layer; gzip may be of several members, one behind the other."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._member = zlib.decompressobj(bits)
        self._head = b""  # until it is sure that deflate has its header

    def __call__(self, piece: bytes) -> Iterator[bytes]:
        rest = piece
        while rest:
            if self._member.eof:
                self._member = zlib.decompressobj(self._bits)
            yield self._some(rest)
            rest = self._member.unconsumed_tail or self._member.unused_data

    def _some(self, packed: bytes) -> bytes:
        sure = len(self._head) >= 2 or self._bits != zlib.MAX_WBITS
        try:
            found = self._member.decompress(packed, PIECE)
        except zlib.error as e:
            if sure:
                raise Odd("the answer cannot be unpacked") from e
            # Some servers send deflate without its header.
            self._bits = -zlib.MAX_WBITS
            self._member = zlib.decompressobj(self._bits)
            return self._some(self._head + packed)
        self._head += b"" if sure else packed[:2]
        return found


def decoded(content: bytes | bytearray) -> Any:
    """Return what a JSON text holds; raises Odd for one that is too much to hold.

    Raises ValueError for what is no JSON. Halves of surrogate pairs are replaced, and
    keys that mean something to Ansible itself.
    """
    if sum(content.count(sign) for sign in (b"[", b"{")) > DEPTH:
        _check(content)
    found = json.loads(content.decode("utf-8"))
    if _TAGS in content or _MAY_HOLD_HALF.search(content):
        return _tame(found)
    return found


def _check(content: bytes | bytearray) -> None:
    """Count the brackets outside of texts, first dropping what cannot matter: fast."""
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes with nothing between them change nothing for what is around them.
    signs = content.translate(None, _NO_SIGNS).replace(b'""', b"")
    brackets = _TEXT.sub(b"", signs)
    if len(brackets) > 2 * MOST:
        raise Odd(f"the answer holds more than {MOST} lists and objects")
    depth = 0
    for sign in brackets:
        depth += 1 if sign in _OPENING else -1
        if depth > DEPTH:
            raise Odd(f"the answer is nested more than {DEPTH} deep")


def _tame(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_tame(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _tame(item) for key, item in value.items()}
    return value


def _key(key: str) -> str:
    """Return a key that Ansible does not take for one of its own."""
    known = _HALF.sub("\ufffd", key)
    return known.replace("__ansible_", "ansible_") if "__ansible_" in known else known

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key and the clock with which the requests to one agent are sealed."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from .. import errors
from . import auth, replies

MOST = 86400.0  # seconds by which an agent's clock is believed to differ
NOTED = 300.0  # seconds above which it is told
EXPIRES = 30  # seconds ahead of the agent's clock: captured headers are soon worthless


class Sealing:
    """Seals for one agent; `memory` is what a later one may reuse.

    `fetch` asks the agent for its key; the clock's offset is in seconds.
    """

    def __init__(
        self,
        url: str,
        fetch: Callable[[], Any],
        *,
        pins: Sequence[str],
        memory: Mapping[str, Any],
        wall_clock: Callable[[], float],
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._pins = pins
        self._wall_clock = wall_clock
        self._key: auth.PublicKey | None = None
        if memory.get("key"):
            self._key = self._accept(memory["key"])
        offset = float(memory.get("clock_offset") or 0.0)
        self._offset = offset if abs(offset) <= MOST else 0.0
        self._sealed_at = self._offset
        self.notes: list[str] = []

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret."""
        return {
            "key": self._key.text if self._key else None,
            "clock_offset": round(self._offset, 3),
        }

    def key(self) -> auth.PublicKey:
        """Return the agent's key; it is fetched once."""
        return self._key or self._fetch_key()

    def encrypted(self, body: Any, names: Sequence[str]) -> Any:
        """Return a body whose values of these names only this agent can read (2.6)."""
        key = self.key() if names else None
        hidden = {name: key.encrypt(str(body[name]).encode()) for name in names if key}
        return {**body, **hidden} if hidden else body

    def measure(self, at: float) -> None:
        """Learn the agent's clock from a time that it has just said, unix seconds."""
        offset = at - self._wall_clock()
        if abs(offset) > NOTED:
            self._note(offset)
        # Who writes the answers must not get a header that is good for years.
        if abs(offset) <= MOST:
            self._offset = offset

    def _note(self, offset: float) -> None:
        if self.notes:
            return
        way = "ahead of" if offset > 0 else "behind"
        text = f"the clock of {self._url} is {abs(offset):.0f} s {way} this one"
        if abs(offset) > MOST:
            text += "; more than a day is not believed, and requests may be refused"
        self.notes.append(text)

    def seal(self, scheme: str, header: str, password: str) -> Any:
        """Return what seals a request made now."""
        key = self.key()
        self._sealed_at = self._offset
        expires = int(self._wall_clock() + self._offset) + EXPIRES
        if scheme == "v1":
            return auth.SealedV1(key, password=password, expires=expires)
        return auth.Sealed(key, header=header, password=password, expires=expires)

    def mend(self, _target: str, reply: replies.Reply) -> bool:
        """Fetch the key and measure the clock; True when either explains the 401."""
        before, measured = self._key and self._key.text, self._offset
        changed = self._fetch_key().text != before
        # Who refused may be the master of a FOLLOWER: the clock that is ahead counts.
        self._offset = max(self._offset, measured)
        if reply.name.startswith("Incorrect"):
            return changed
        return changed or self._offset - self._sealed_at > EXPIRES / 2

    def _fetch_key(self) -> auth.PublicKey:
        self._key = self._accept(self._fetch())
        return self._key

    def _accept(self, text: Any) -> auth.PublicKey:
        key = auth.load_key(text)
        if self._pins and key.sha256 not in self._pins:
            raise errors.AuthRefused(
                f"{self._url}: its public key (SHA-256 {key.sha256}) is none of "
                "obshell.public_key_sha256; nothing was sent to it",
                url=self._url,
            )
        return key


def scheme(supported: Any, version: tuple[int, ...]) -> str | None:
    """Return v1 or v2 as /info says, None for what is not known here.

    Before 4.2.4 it says nothing, and the version tells (protocol/obshell.md 4.1).
    """
    if not supported:
        return "v1" if () < version < (4, 2, 3) else "v2"
    return next((known for known in ("v2", "v1") if known in supported), None)

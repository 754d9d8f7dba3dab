# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchanges with a server through requests: their time, their size, what broke them."""

from __future__ import annotations

import http.client
import queue
import threading
import traceback
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping

from . import adapters, alarms, arguments, errors, unpacking

REQUESTS_MISSING: str | None = None
_BELOW: tuple[Any, ...] = ()  # what the library below requests raises while it reads
try:
    import requests
    from urllib3.exceptions import HTTPError

    # And ValueError for a chunk of a negative size.
    _BELOW = (HTTPError, http.client.HTTPException, ValueError)
except ImportError:
    REQUESTS_MISSING = traceback.format_exc()

MAX_BYTES = 64 * 1024 * 1024
PIECE = 64 * 1024
KNOWN = 50  # requests that are kept prepared
SIGNED = ("Authorization", "X-OCS-Header", "X-OCS-Agent-Header", "X-OCS-Auth")
STRUCK = b"********"


@dataclass
class _Request:
    """One request on its way; seconds are all it may take."""

    prepared: Any
    connection: arguments.Connection
    seconds: float
    given_up: bool = False


class Line:
    """The way to one server, and a thread for it, so that no server holds the caller.

    One request at a time. The thread lives as long as the line: to make one for each
    request would cost as much as a request does, and a session of requests takes a
    tenth of one. With an alarm the caller's thread does it all. After an error, and at
    the end, the line is closed.
    """

    def __init__(self, url: str, alarm: alarms.Alarm | None = None) -> None:
        self._connection: Any = None  # the last one that was opened
        self._cut = False
        self._alarm = alarm
        self._at: _Request | None = None
        self._adapter = adapters.to(url, self._opened)
        self._cookies = requests.cookies.RequestsCookieJar()
        self._known: dict[tuple[str, str], Any] = {}
        if alarm is not None:
            return
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._work, name="oceanbase.ops exchange", daemon=True
        )
        self._thread.start()

    def send(
        self,
        what: str,
        request: Mapping[str, Any],
        auth: Callable[[Any], Any] | None,
        connection: arguments.Connection,
        seconds: float,
    ) -> tuple[int, Mapping[str, str], bytearray]:
        """Return status, headers and body of the answer to one request.

        `request` has method, url, headers and data. Raises Unreachable, TlsFailure,
        and InvalidAnswer for a body that is too large.
        """
        try:
            prepared = self._prepared(request)
            if auth:
                prepared.prepare_auth(auth)
        except Exception as e:
            raise _translated(what, e) from e
        one = _Request(prepared, connection, seconds)
        found = self._here(one, self._alarm) if self._alarm else self._there(one)
        if one.given_up:
            raise errors.Unreachable(
                f"{what}: no complete answer within {seconds:.0f} s",
                reason="timeout",
            )
        if isinstance(found, BaseException):
            raise _translated(what, found) from found
        status, headers, content = found
        return status, headers, content

    def forget_cookies(self) -> None:
        """Empty the cookie jar."""
        self._cookies.clear()

    def cut(self) -> None:
        """End what the connection is at, or will be: nothing is sent any more."""
        self._cut = True
        adapters.cut(self._connection)

    def close(self) -> None:
        """End the thread, after the request that it may still be at."""
        if self._alarm is None:
            self._requests.put(None)
        else:
            self._adapter.close()

    def _there(self, one: _Request) -> Any:
        """Return what the line's thread got, or the error, unless it takes too long."""
        self._requests.put(one)
        try:
            return self._results.get(timeout=one.seconds)
        except queue.Empty:
            self._give_up(one)
            return None

    def _here(self, one: _Request, alarm: alarms.Alarm) -> Any:
        """Return what this thread gets, or the error; the alarm ends what is late."""
        self._at = one
        alarm.set(one.seconds, lambda: self._give_up(one))
        try:
            return self._exchange(one)
        except Exception as e:
            return e
        finally:
            alarm.unset()

    def _give_up(self, one: _Request) -> None:
        one.given_up = True
        adapters.cut(self._connection)

    def _opened(self, connection: Any) -> None:
        self._connection = connection
        if self._cut or (self._at is not None and self._at.given_up):
            adapters.cut(connection)

    def _prepared(self, request: Mapping[str, Any]) -> Any:
        """Return the request with the cookies of now; the same one is prepared once."""
        key = (request["method"], request["url"])
        if request["data"] is not None or key not in self._known:
            made = requests.PreparedRequest()
            made.prepare(**request)
            if request["data"] is None:
                if len(self._known) >= KNOWN:
                    self._known.clear()
                self._known[key] = made
        else:
            made = self._known[key]
        prepared = made.copy()
        if self._cookies:
            prepared.prepare_cookies(self._cookies)
        return prepared

    def _work(self) -> None:
        while True:
            one = self._requests.get()
            if one is None:
                self._adapter.close()
                return
            try:
                found: Any = self._exchange(one)
            except BaseException as error:  # for the caller's thread, none is lost
                found = error
            self._results.put(found)

    def _exchange(self, one: _Request) -> tuple[int, Mapping[str, str], bytearray]:
        proxies = (
            requests.utils.get_environ_proxies(one.prepared.url)
            if one.connection.use_proxy
            else {}
        )
        response = self._adapter.send(
            one.prepared,
            timeout=one.seconds,
            verify=one.connection.verify,
            cert=one.connection.cert,
            proxies=proxies,
            stream=True,
        )
        if "Set-Cookie" in response.headers:
            keep: Any = requests.cookies.extract_cookies_to_jar
            keep(self._cookies, one.prepared, response.raw)
        unpack = unpacking.unpacker(response.headers.get("content-encoding"))
        content, packed = bytearray(), 0
        for piece in _pieces(response.raw):
            packed += len(piece)
            for part in unpack(piece):
                content += part
                if len(content) > MAX_BYTES or one.given_up:
                    break
            if len(content) > MAX_BYTES or packed > MAX_BYTES:
                response.close()
                raise _TooLarge()
            if one.given_up:
                response.close()
                break
        return response.status_code, response.headers, _unsaid(content, one.prepared)


def _pieces(raw: Any) -> Iterator[bytes]:
    """Return a body as it came; an adapter may give a plain file, as for requests."""
    if hasattr(raw, "stream"):
        yield from raw.stream(PIECE, decode_content=False)
    else:
        yield from iter(lambda: raw.read(PIECE), b"")


def _unsaid(content: bytearray, request: Any) -> bytearray:
    """Return the body without what the request was signed with, should it be echoed."""
    for name in SIGNED:
        value = str(request.headers.get(name) or "").encode()
        if value and value in content:
            content = content.replace(value, STRUCK)
        # Without its scheme too, as `Basic` stands before it.
        value = value.rpartition(b" ")[2]
        if len(value) > len(STRUCK) and value in content:
            content = content.replace(value, STRUCK)
    return content


class _TooLarge(Exception):
    """An answer above MAX_BYTES."""


def _translated(what: str, error: BaseException) -> errors.OpsError:
    """Return our error for one of requests or the system; never its repr."""
    if isinstance(error, _TooLarge):
        return errors.InvalidAnswer(
            f"{what}: the answer is larger than {MAX_BYTES // 2**20} MiB", fatal=True
        )
    if isinstance(error, unpacking.Odd):
        return errors.InvalidAnswer(f"{what}: {error}")
    reason, said = _reason(error)
    if reason == "tls":
        hint = "see validate_certs, ca_path and client_cert"
        if "WRONG_VERSION_NUMBER" in said:
            hint = "does it speak http instead of https?"
        return errors.TlsFailure(f"{what}: TLS failed: {said}; {hint}")
    ours = isinstance(error, (requests.exceptions.RequestException, *_BELOW))
    if isinstance(error, OSError) and not ours:
        return errors.TlsFailure(f"{what}: {said}; see ca_path and client_cert")
    if not ours:
        raise error
    return errors.Unreachable(f"{what}: {said}", reason=reason)


def _reason(error: BaseException) -> tuple[str, str]:
    """Return the reason word and the system's text, from the end of the chain."""
    chain: list[BaseException] = []
    at: Any = error
    while isinstance(at, BaseException) and at not in chain:
        chain.append(at)
        inner = [arg for arg in at.args if isinstance(arg, BaseException)]
        at = getattr(at, "reason", None) or (inner[0] if inner else None)
        if not isinstance(at, BaseException):
            at = chain[-1].__cause__ or chain[-1].__context__
    names = [type(item).__name__ for item in chain]
    system = [item for item in chain if isinstance(item, OSError) and item.strerror]
    said = system[-1].strerror if system else str(chain[-1])
    if any("NameResolution" in name or name == "gaierror" for name in names):
        return "name", f"the host name is not known ({said})"
    if any(isinstance(item, ConnectionRefusedError) for item in chain):
        return "refused", "connection refused"
    # A server that goes down in the middle of a handshake is an outage.
    broke = {"SSLEOFError", "ConnectionResetError"}.intersection(names)
    if any("SSL" in name or "Certificate" in name for name in names) and not broke:
        return "tls", errors.printable(said)
    if any("Timeout" in name or name == "timeout" for name in names):
        return "timeout", "no answer in time"
    text = f"the connection broke ({errors.printable(said)})"
    if "SSLEOFError" in names:
        # So it looks too where a server hangs up on who shows no certificate.
        text += "; see client_cert if the server wants one"
    return "reset", text

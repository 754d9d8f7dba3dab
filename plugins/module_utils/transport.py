# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One server's HTTP: TLS, proxies, time limits, sizes, JSON in and out."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping
from urllib.parse import quote, urlsplit

from . import errors

REQUESTS_MISSING: str | None = None
try:
    import requests
except ImportError:
    REQUESTS_MISSING = traceback.format_exc()

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "en-US",
    "Content-Type": "application/json",
    "User-Agent": "oceanbase.ops",
}
UNIX = "unix://"
MAX_BYTES = 64 * 1024 * 1024
PIECE = 64 * 1024
_LOCAL = "http://localhost"  # what a request over a socket says as its host
# What a path or a query may hold as it is; all else is percent-encoded by us, so that
# the bytes that are signed are the bytes on the request line (protocol/obshell.md 2.5).
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_QUERY_SAFE = "/?%:@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class Connection:
    """How to reach servers: TLS as in ansible.builtin.uri; times in seconds."""

    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    use_proxy: bool = False
    request_timeout: float = 30.0

    @property
    def verify(self) -> bool | str:
        return (self.ca_path or True) if self.validate_certs else False

    @property
    def cert(self) -> None | str | tuple[str, str]:
        if self.client_cert and self.client_key:
            return (self.client_cert, self.client_key)
        return self.client_cert


@dataclass(frozen=True)
class Answer:
    """What a server said: `body` is decoded JSON; `text` the start of what is not."""

    status: int
    headers: Mapping[str, str]
    body: Any = None
    text: str = ""
    size: int = 0


@dataclass
class Deadline:
    """Seconds on a monotonic clock that no request outlives; None is no limit."""

    at: float | None = None
    clock: Callable[[], float] = time.monotonic

    def limit(self, seconds: float) -> float:
        """Return the seconds that a request may still take."""
        return seconds if self.at is None else min(seconds, self.at - self.clock())


@dataclass
class Tally:
    """What was sent and received."""

    requests: int = 0
    bytes: int = 0


def base_url(text: str, option: str, *, path: bool = True, unix: bool = False) -> str:
    """Return the URL without its trailing slash; refuse what is not http or https.

    `path` says whether it may have one, as behind a reverse proxy; `unix` whether it
    may name a socket, as unix:///home/ob/run/obshell.sock.
    """
    url = text.strip().rstrip("/")
    if unix and url.startswith(UNIX):
        if not url.startswith(f"{UNIX}/"):
            raise errors.InvalidOption(
                option, "a socket is named as unix:///home/ob/run/obshell.sock"
            )
        return url
    try:
        parts = urlsplit(url)
        # Reading a port that is none raises ValueError.
        valid = parts.port != 0 and bool(parts.hostname)
        valid = valid and parts.scheme in ("http", "https")
    except ValueError:
        valid = False
    if not valid:
        shown = errors.printable(url.rpartition("@")[2])
        raise errors.InvalidOption(
            option, f"'{shown}' is not a URL such as http://10.0.0.1:2886"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise errors.InvalidOption(
            option, "only scheme, host, port and path belong into it; no credentials"
        )
    if parts.path and not path:
        raise errors.InvalidOption(option, f"'{url}' must not have a path")
    return url


def target(path: str, query: Mapping[str, Any] | None = None) -> str:
    """Return the request target, encoded once, of a path and query values.

    The path may hold a query of its own.
    """
    path, mark, given = path.partition("?")
    encoded = quote(path, safe=_PATH_SAFE) + mark + quote(given, safe=_QUERY_SAFE)
    pairs: list[str] = []
    for key, value in (query or {}).items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            text = str(item).lower() if isinstance(item, bool) else str(item)
            pairs.append(f"{quote(str(key), safe='')}={quote(text, safe='')}")
    joint = "&" if mark else "?"
    return encoded + (joint + "&".join(pairs) if pairs else "")


class Transport:
    """Requests to one base URL over one kept-alive session."""

    def __init__(
        self,
        url: str,
        connection: Connection,
        *,
        deadline: Deadline | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.url = url
        self.connection = connection
        self.deadline = deadline or Deadline()
        self.tally = tally or Tally()
        self._session: Any = None

    @property
    def over_unix(self) -> bool:
        """Whether the server is reached over a socket of this host."""
        return self.url.startswith(UNIX)

    def send(
        self,
        method: str,
        target: str,
        *,
        json_body: Any = None,
        auth: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to one request, whatever its status.

        `target` is the request target below the base URL. Raises Unreachable,
        TlsFailure, and InvalidAnswer for a body that is too large, or that is not
        JSON though the status says that all is well.
        """
        seconds = self.deadline.limit(self.connection.request_timeout)
        what = f"{method} {self.url}{target.partition('?')[0]}"
        if seconds <= 0:
            raise errors.Unreachable(
                f"{what}: no time left", reason="timeout", server=self.url
            )
        self.tally.requests += 1
        exchange = _Exchange(self._open(), self.connection, seconds)
        request = {
            "method": method,
            "url": (_LOCAL if self.over_unix else self.url) + target,
            "data": None if json_body is None else json.dumps(json_body).encode(),
            "auth": auth or _no_auth,
            "headers": {**_HEADERS, **(headers or {})},
        }
        try:
            status, got, content = exchange.run(what, request)
        except errors.OpsError as e:
            self._session = None  # a given up exchange may still hold its connection
            e.details.setdefault("server", self.url)
            raise
        self.tally.bytes += len(content)
        return _answer(what, status, got, content)

    def forget_cookies(self) -> None:
        """Empty the cookie jar: a valid cookie would hide a wrong password."""
        if self._session is not None:
            self._session.cookies.clear()

    def _open(self) -> Any:
        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = False
            if self.over_unix:
                _scheme, _separator, path = self.url.partition(UNIX)
                adapter = _unix_adapter(path)
                self._session.mount(_LOCAL, adapter)
        return self._session


def _unix_adapter(path: str) -> Any:
    """Return an adapter of requests that connects to the socket, whatever the host.

    Its classes are made here, since requests may not be there at all.
    """
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool

    class Connection(HTTPConnection):
        def _new_conn(self) -> Any:
            return _connected(path, self.timeout)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    pool = Pool("localhost", maxsize=1)

    class Adapter(HTTPAdapter):
        # The first is asked since requests 2.32, the other before.
        def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
            return pool

        def get_connection(self, *args: Any, **options: Any) -> Any:
            return pool

        def request_url(self, request: Any, proxies: Any) -> Any:
            return request.path_url

        def close(self) -> None:
            pool.close()

    return Adapter(max_retries=0)


def _connected(path: str, seconds: Any) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(path)
    except FileNotFoundError as e:
        connection.close()
        # The agent removes its socket when it stops.
        raise ConnectionRefusedError(errno.ECONNREFUSED, "no such socket") from e
    except OSError:
        connection.close()
        raise
    return connection


def _no_auth(request: Any) -> Any:
    return request


@dataclass
class _Exchange:
    """One request in a thread, so that no server can hold the caller by trickling."""

    session: Any
    connection: Connection
    seconds: float
    done: Any = field(default_factory=threading.Event)
    given_up: bool = False
    result: tuple[int, Mapping[str, str], bytes] | None = None
    error: BaseException | None = None

    def run(
        self, what: str, request: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        threading.Thread(target=self._work, args=(request,), daemon=True).start()
        if not self.done.wait(self.seconds):
            self.given_up = True
            raise errors.Unreachable(
                f"{what}: no complete answer within {self.seconds:.0f} s",
                reason="timeout",
            )
        if self.error is not None:
            raise _translated(what, self.error) from self.error
        if self.result is None:
            raise AssertionError("an exchange ends with a result or an error")
        return self.result

    def _work(self, request: dict[str, Any]) -> None:
        try:
            self.result = self._exchange(request)
        except BaseException as error:  # handed to the caller's thread, none is lost
            self.error = error
        finally:
            self.done.set()

    def _exchange(
        self, request: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        proxies = (
            requests.utils.get_environ_proxies(request["url"])
            if self.connection.use_proxy
            else {}
        )
        # Prepared without the session: merging its settings would cost as much CPU
        # time as sending does.
        prepared = requests.PreparedRequest()
        prepared.prepare(**request, cookies=self.session.cookies)
        response = self.session.send(
            prepared,
            timeout=self.seconds,
            verify=self.connection.verify,
            cert=self.connection.cert,
            proxies=proxies,
            allow_redirects=False,
            stream=True,
        )
        pieces, size = [], 0
        for piece in response.iter_content(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BYTES:
                response.close()
                raise _TooLarge()
            if self.given_up:
                response.close()
                break
        return response.status_code, response.headers, b"".join(pieces)


class _TooLarge(Exception):
    """An answer above MAX_BYTES."""


def _translated(what: str, error: BaseException) -> errors.OpsError:
    """Return our error for one of requests or the system; never its repr."""
    if isinstance(error, _TooLarge):
        return errors.InvalidAnswer(
            f"{what}: the answer is larger than {MAX_BYTES // 2**20} MiB", fatal=True
        )
    reason, said = _reason(error)
    if reason == "tls":
        hint = "see validate_certs, ca_path and client_cert"
        if "WRONG_VERSION_NUMBER" in said:
            hint = "does it speak http instead of https?"
        return errors.TlsFailure(f"{what}: TLS failed: {said}; {hint}")
    if isinstance(error, OSError) and not isinstance(
        error, requests.exceptions.RequestException
    ):
        return errors.TlsFailure(f"{what}: {said}; see ca_path and client_cert")
    if not isinstance(error, requests.exceptions.RequestException):
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


def _answer(
    what: str, status: int, headers: Mapping[str, str], content: bytes
) -> Answer:
    size = len(content)
    if not content:
        return Answer(status, headers)
    try:
        return Answer(status, headers, json.loads(content.decode("utf-8")), size=size)
    except (ValueError, RecursionError):
        start = errors.printable(content[:120].decode("utf-8", "replace"), 120)
    kind = errors.printable(headers.get("content-type", "no type"), 60)
    if status < 300:
        raise errors.InvalidAnswer(
            f"{what}: HTTP {status}: the answer is not JSON ({kind}): {start}",
            status=status,
        )
    return Answer(status, headers, text=f"({kind}) {start}", size=size)


def readable(path: str | None, option: str) -> None:
    """Refuse a file option that names no readable file or folder."""
    if path and not os.access(path, os.R_OK):
        raise errors.InvalidOption(option, f"'{path}' cannot be read")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exchange over a session of requests: its time, its size, what broke it."""

from __future__ import annotations

import errno
import socket
import threading
import traceback
from dataclasses import dataclass, field
from typing import Any, Mapping

from . import arguments, errors

REQUESTS_MISSING: str | None = None
try:
    import requests
except ImportError:
    REQUESTS_MISSING = traceback.format_exc()

MAX_BYTES = 64 * 1024 * 1024
PIECE = 64 * 1024
LOCAL = "http://localhost"  # what a request over a socket says as its host


def session(url: str) -> Any:
    """Return a session that takes nothing from the environment; of a socket too."""
    opened = requests.Session()
    opened.trust_env = False
    if url.startswith(arguments.UNIX):
        _scheme, _separator, path = url.partition(arguments.UNIX)
        opened.mount(LOCAL, _unix_adapter(path))
    return opened


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


@dataclass
class Exchange:
    """One request in a thread, so that no server can hold the caller by trickling."""

    session: Any
    connection: arguments.Connection
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

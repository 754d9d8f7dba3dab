# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests connects to a server: over TCP or a socket, and so that it can be cut.

Classes are made in functions, since requests may not be there at all.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import Any, Callable

from . import arguments

LOCAL = "http://localhost"  # what a request over a socket says as its host
Opened = Callable[[Any], None]


def to(url: str, opened: Opened) -> Any:
    """Return an adapter of requests to the server at this URL, and to no other.

    It tells of each connection that it opens.
    """
    if url.startswith(arguments.UNIX):
        _scheme, _separator, path = url.partition(arguments.UNIX)
        return _over_socket(path, opened)
    return _over_tcp(opened)


def cut(connection: Any) -> None:
    """End whatever a connection is at, also in another thread, which then fails."""
    carrier = getattr(connection, "sock", None)
    if carrier is not None:
        with contextlib.suppress(OSError):
            carrier.shutdown(socket.SHUT_RDWR)


def _over_tcp(opened: Opened) -> Any:
    """Return an adapter that finds the pool of its one server once, not each time.

    To find it, and to tell that there is no proxy, would take a tenth of an exchange.
    """
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        _found: tuple[Any, ...] = ()

        # Asked since requests 2.32; before, each request finds its pool anew.
        def get_connection_with_tls_context(
            self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
        ) -> Any:
            if not proxies and self._found[1:] == (verify, cert):
                return self._found[0]
            pool = super().get_connection_with_tls_context(
                request, verify, proxies, cert
            )
            if not proxies:
                self._found = (pool, verify, cert)
            return pool

        def request_url(self, request: Any, proxies: Any) -> Any:
            return (
                super().request_url(request, proxies) if proxies else request.path_url
            )

    adapter = Adapter()
    adapter.poolmanager.pool_classes_by_scheme = _pools(opened)
    return adapter


def _pools(opened: Opened) -> dict[str, Any]:
    from urllib3 import connection, connectionpool

    class Plain(connection.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            opened(self)

    class Secure(connection.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            opened(self)

    class PlainPool(connectionpool.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(connectionpool.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _over_socket(path: str, opened: Opened) -> Any:
    """Return an adapter of requests that connects to the socket, whatever the host.

    Its classes are made here, since requests may not be there at all.
    """
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool

    class Connection(HTTPConnection):
        def _new_conn(self) -> Any:
            return _connected(path, self.timeout)

        def connect(self) -> None:
            super().connect()
            opened(self)

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

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A listening socket that can refuse, and the connections that it accepts."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import ssl
import threading
from typing import Any, Callable

TLS_HANDSHAKE = b"\x16"
NOT_TLS = (
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS "
    b"server.\n"
)


class Listener:
    """Listens on 127.0.0.1 (or on a unix socket) unless `refuses()`.

    `serve` gets each connection, in a daemon thread of its own; with `ssl_context`
    one that has shaken hands. After `stopping` nothing is accepted any more.
    """

    def __init__(
        self,
        serve: Callable[[socket.socket], None],
        *,
        refuses: Callable[[], bool],
        stopping: threading.Event,
        port: int = 0,
        unix_path: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._serve = serve
        self._refuses = refuses
        self._stopping = stopping
        self._ssl = ssl_context
        self._unix_path = unix_path
        self._lock = threading.RLock()
        self._connections: dict[socket.socket, None] = {}
        self._listener: socket.socket | None = None
        self._waker, self._wakee = socket.socketpair()
        self._wakee.setblocking(False)
        # Bound but not listening: keeps the port for this server while it refuses.
        self._holder = None if unix_path else _bound(port)
        self.port = self._holder.getsockname()[1] if self._holder else 0
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._open()

    def start(self) -> None:
        """Begin to accept."""
        self._acceptor.start()

    def stop(self) -> None:
        """Close everything, once `stopping` is set; returns when the port is free."""
        self.wake()
        self._acceptor.join(2)
        self._close()
        if self._holder:
            self._holder.close()
        self._waker.close()
        self._wakee.close()

    def follow(self) -> None:
        """Close or reopen the listening socket as `refuses` says at this moment."""
        with self._lock:
            refused = self._refuses() or self._stopping.is_set()
            if refused and self._listener:
                self._close()
                self.wake()
            elif not refused and not self._listener:
                self._open()
                self.wake()

    def wake(self) -> None:
        """Let the thread that accepts look at what has changed."""
        _quietly(self._waker.send, b"w")
        if threading.current_thread() is not self._acceptor:
            self.follow()

    def _open(self) -> None:
        if self._unix_path:
            _quietly(os.unlink, self._unix_path)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(self._unix_path)
        else:
            listener = _bound(self.port)
        listener.listen(128)
        listener.setblocking(False)
        self._listener = listener

    def _close(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
            if self._unix_path:
                _quietly(os.unlink, self._unix_path)
        self._cut()

    def _cut(self) -> None:
        """Close the connections that are open."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            # A shutdown wakes the thread that reads from it; close alone does not.
            _quietly(connection.shutdown, socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            listener = self._listener
            self._select(listener)
            self.follow()
            if listener and listener is self._listener:
                self._accept_one(listener)

    def _select(self, listener: socket.socket | None) -> None:
        """Return when somebody connects or something changes."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakee, selectors.EVENT_READ)
            # Another thread may close the listener at any moment (a refusal begins).
            with contextlib.suppress(OSError, ValueError, KeyError):
                if listener:
                    selector.register(listener, selectors.EVENT_READ)
                # A running clock tells nobody when a refusal is over.
                selector.select(None if listener else 0.02)
        _quietly(self._wakee.recv, 4096)

    def _accept_one(self, listener: socket.socket) -> None:
        try:
            connection, _peer = listener.accept()
        except OSError:
            return
        connection.setblocking(True)
        if not self._unix_path:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._connections[connection] = None
        thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
        thread.start()

    def _run(self, raw: socket.socket) -> None:
        connection: socket.socket = raw
        try:
            if self._ssl:
                if raw.recv(1, socket.MSG_PEEK) != TLS_HANDSHAKE:
                    # What is left unread would turn the close into a reset.
                    raw.recv(65536)
                    raw.sendall(NOT_TLS)
                    return
                connection = self._ssl.wrap_socket(raw, server_side=True)
                with self._lock:
                    del self._connections[raw]
                    self._connections[connection] = None
            self._serve(connection)
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.pop(connection, None)
                self._connections.pop(raw, None)
            _quietly(connection.close)


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _quietly(function: Callable[..., Any], *args: Any) -> None:
    with contextlib.suppress(OSError):
        function(*args)

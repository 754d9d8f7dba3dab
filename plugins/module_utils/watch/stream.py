# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the threads that watch clusters to the queue of a rulebook.

Each cluster has a daemon thread of its own: requests block, and the loop that runs the
rules must not.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime
import threading
import traceback
from typing import Any, Mapping

from .. import alarms, connect, errors, masking, transport
from ..obshell import recent as obshell_recent
from ..ocp import recent as ocp_recent
from . import memory, options, teller, watcher

_RECENT: dict[str, Any] = {"obshell": obshell_recent, "ocp": ocp_recent}
# Seconds after which a giver looks whether somebody still takes, and the loop whether
# a request is late.
CHECKED = 1.0
AFTER_A_FAULT = 60.0  # seconds


class Stopped(Exception):
    """Nobody takes events any more."""


async def watch(queue: Any, args: Mapping[str, Any]) -> None:
    """Put events into an asyncio queue until cancelled; an event is one dictionary.

    Raises InvalidOption and MissingLibrary before anything is asked.
    """
    given = options.checked(args)
    kept = memory.Memory(given.state_file)
    stop = threading.Event()
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()
    stream = _Stream(queue, loop, stop, failed)
    threads: list[_Thread] = []
    try:
        threads += [_Thread(one, given.rules, kept, stream) for one in given.clusters]
        for thread in threads:
            thread.start()
        while not failed.done():
            await asyncio.wait([failed], timeout=CHECKED)
            for thread in threads:
                thread.alarm.ring()
        failed.result()
    finally:
        stop.set()
        for thread in threads:
            thread.cut()
        kept.close()


class _Stream:
    """Gives events from any thread to the queue, which may let them wait."""

    def __init__(
        self, queue: Any, loop: Any, stop: threading.Event, failed: Any
    ) -> None:
        self._queue = queue
        self._loop = loop
        self._failed = failed
        self.stop = stop

    def give(self, event: dict[str, Any]) -> None:
        """Return when the event is in the queue; raise Stopped when it never will."""
        if self.stop.is_set():
            raise Stopped()
        giving = asyncio.run_coroutine_threadsafe(self._queue.put(event), self._loop)
        while True:
            try:
                giving.result(CHECKED)
                return
            except concurrent.futures.TimeoutError:
                if self.stop.is_set() and not giving.done():
                    giving.cancel()
                    raise Stopped() from None
            except concurrent.futures.CancelledError:
                raise Stopped() from None

    def fail(self, e: BaseException) -> None:
        """End the source: its file cannot be written, so nothing is safe any more."""

        def end() -> None:
            if not self._failed.done():
                self._failed.set_exception(e)

        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(end)


class _Thread(threading.Thread):
    """Watches one cluster."""

    def __init__(
        self,
        given: Mapping[str, Any],
        rules: options.Rules,
        kept: memory.Memory,
        stream: _Stream,
    ) -> None:
        super().__init__(name=f"oceanbase {given['name']}", daemon=True)
        api = "ocp" if "ocp" in given else "obshell"
        self._stream = stream
        self.alarm = alarms.Alarm()
        self._deadline = transport.Deadline(alarm=self.alarm)
        self._client = connect.chosen_client(
            {api: given[api], "server": api}, deadline=self._deadline
        )
        urls = given[api]["url"]
        source = teller.Source(
            given["name"],
            api,
            urls if isinstance(urls, str) else urls[0],
            frozenset(masking.secrets({api: given[api]})),
        )
        telling = teller.Teller(source, rules, kept, give=stream.give, now=_now)
        self._watcher = watcher.Watcher(self._client, _RECENT[api], rules, telling)

    def run(self) -> None:
        """Look until nobody takes events any more."""
        with contextlib.closing(self._client):
            while not self._stream.stop.is_set():
                try:
                    self._watcher.look()
                    pause = self._watcher.pause()
                except Stopped:
                    return
                except OSError as e:
                    self._stream.fail(_unwritten(e))
                    return
                except Exception:  # a fault of ours must not end the others
                    traceback.print_exc()
                    pause = AFTER_A_FAULT
                self._stream.stop.wait(pause)

    def cut(self) -> None:
        """End what it is at: a request in flight has no time left."""
        self._deadline.at = self._deadline.clock()
        self._client.cut()


def _unwritten(e: OSError) -> errors.OpsError:
    return errors.InvalidOption("state_file", f"it cannot be written: {e.strerror}")


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of a module that brings a thing to a state to what it works with."""

from __future__ import annotations

from typing import Any, Callable, Mapping, TypeVar

from . import connect, transport
from .obshell import client as obshell
from .wait import within

PATIENCE = 90.0  # seconds for the request that changes something
Client = TypeVar("Client")


def asking(
    make: Callable[..., Client],
    params: Mapping[str, Any],
    sleep: Callable[[float], None],
    shared: Mapping[str, Any],
) -> tuple[Client, within.Waits]:
    """Return the client that asks, which `make` makes, and the waits of an errand.

    Both have one deadline and one tally; `shared` is what the worker adds. Raises
    InvalidOption for `wait_options`; nothing is sent.
    """
    name = "wait_options"
    given = connect.checked_option(name, within.options(), params[name])
    rules = within.checked(given)
    deadline, tally = transport.Deadline(), transport.Tally()
    client: Any = make(params, deadline=deadline, tally=tally)
    more = {**shared, "logs": given["progress"] == "logs"}
    more.update(deadline=deadline, tally=tally)
    return client, within.Waits(client, rules, sleep=sleep, **more)


def submitting(
    params: Mapping[str, Any],
) -> Callable[[Mapping[str, Any]], obshell.ObshellClient]:
    """Return what makes obshell's client of the one request that changes something.

    It is given the memory of the client that asks.
    """

    def submit(memory: Mapping[str, Any]) -> obshell.ObshellClient:
        return connect.obshell_client(params, patience=PATIENCE, memory=memory)

    return submit

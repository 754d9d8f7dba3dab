# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one face that both servers show: what waiting needs of a server's client."""

from __future__ import annotations

from typing import Any, Mapping, Protocol, Sequence

from ..task import task


class Server(Protocol):
    """A server as the wait sees it; the clients of both wings are one, whole.

    Any method may raise the errors of the tree in errors.py; those that are transient
    say that the same question may be answered in a while.
    """

    @property
    def server(self) -> str:
        """The name of its kind, as in the facts of its tasks: obshell or ocp."""

    @property
    def answered(self) -> list[str]:
        """The addresses that gave what was asked for, in that order.

        Empty where there is only one to ask.
        """

    @property
    def memory(self) -> dict[str, Any]:
        """What a later client of the same wait should know: plain data, no secret."""

    @property
    def notes(self) -> list[str]:
        """What its user is to be warned of about the server itself, each once."""

    def close(self) -> None:
        """Leave no connection and no thread behind."""

    def cut(self) -> None:
        """End, from another thread, what a request in flight is at: it fails."""

    def checked(self, id: str, option: str, *, scope: str | None = None) -> str:
        """Return an id; refuse one that the server cannot have given.

        With a scope it must be one of a task there. Nothing is sent. Raises
        InvalidOption with the option's name.
        """

    def check_scope(self, option: str, scope: str) -> None:
        """Refuse a scope of `last` or `unfinished` that the server does not have.

        Nothing is sent. Raises InvalidOption with the option's name.
        """

    def check_narrow(self, narrow: Mapping[str, str]) -> None:
        """Refuse what cannot say of this server's tasks whether they count for quiet.

        Keys are name, tenant, cluster_id and tenant_id. Nothing is sent. Raises
        InvalidOption with the option's name.
        """

    def fetch(self, id: str, *, details: bool = True) -> task.Task:
        """Return a task; without details in short form, where the server has one.

        Raises TaskNotFound only where the server proves that there is none.
        """

    def last(self, scope: str, *, details: bool = True) -> task.Task | None:
        """Return the last task of a scope, None where there was none yet.

        Raises InvalidOption where the server has no such scope.
        """

    def known(self, ids: Sequence[str]) -> Sequence[task.Task]:
        """Return those of these tasks that a list tells of, in short form, at one go.

        There may be others among them; that one is missing proves nothing.
        """

    def busy(self, scope: str, **narrow: str) -> Sequence[task.Task]:
        """Return the tasks that keep a scope from being quiet, in short form.

        What is at work, and what has failed and still holds a lock; `narrow` is as
        check_narrow accepts it. Raises Unavailable while it cannot be told.
        """

    def running_logs(
        self, of: task.Task, which: Sequence[task.SubTask]
    ) -> Mapping[str, Sequence[str]]:
        """Return the whole lines that these sub-tasks have logged so far, by their ids.

        One whose log is not to be had is left out.
        """

    def cancel(self, late: task.Task) -> tuple[bool, Sequence[str]]:
        """Cancel a task, once, as it is now; tell whether anything was sent.

        Nothing is where it is being cancelled already. Also returned is what is to be
        said of what goes on all the same. Raises Refused where it cannot be cancelled.
        """

    def advice(self, of: task.Task) -> dict[str, str]:
        """Return what to do about a task that did not end as it should; nothing sent.

        `next` is a command, or words where there is none; `log` shows its whole log.
        """

    def explained(
        self, failed: task.Task, log_lines: int
    ) -> tuple[task.Task, list[str]]:
        """Return a failed task with what the server tells of the causes elsewhere.

        At most `log_lines` lines for each cause; the list is warnings.
        """

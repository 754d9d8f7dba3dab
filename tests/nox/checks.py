# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of one session: all of them run, whether or not one fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import nox
from nox.command import CommandFailed

from . import counts, programs


class Checks:
    """What a session checks; `finish` ends it."""

    def __init__(self, session: nox.Session) -> None:
        self.session = session
        self.failed: list[str] = []

    def run(
        self,
        title: str,
        *command: str,
        env: dict[str, str] | None = None,
        needs: Sequence[str] = (),
        silent: bool = False,
    ) -> None:
        """Run one command; its exit code is the verdict; silent ones tell failures.

        Without the programs that it needs of the machine it is skipped.
        """
        if reason := programs.missing(*needs):
            self.skip(title, reason)
            return
        with self.told(title):
            self.session.run(*command, env=env, silent=silent, external=bool(needs))

    @contextmanager
    def told(self, title: str) -> Iterator[None]:
        """Count what happens inside as one check."""
        verdict = "ok"
        try:
            yield
        except CommandFailed:
            verdict = "failed"
            self.failed.append(title)
        self.session.log(counts.CHECK.format(title=title, verdict=verdict))

    def refuse(self, problems: Sequence[str]) -> None:
        """Fail the check that this is called in, where there are problems."""
        for line in problems:
            self.session.warn(line)
        if problems:
            raise CommandFailed(problems[0])

    def skip(self, title: str, reason: str) -> None:
        """Say that one check could not be done."""
        told = f"{title} ({reason})"
        self.session.log(counts.CHECK.format(title=told, verdict="skipped"))

    def finish(self) -> None:
        """Fail the session where a check failed."""
        if self.failed:
            self.session.error(f"failed: {', '.join(self.failed)}")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at what a cluster's tasks did lately, as both wings return it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import errors
from . import task


@dataclass
class Looked:
    """Tasks by id, in short form; `error` says why something could not be looked at.

    `unlisted` are ids that no list has shown, with store and number: there may be such
    tasks. A store is where tasks are numbered, one after another: the cluster's
    database, an agent, OCP. `stores` could be looked at whole; in a `reset` one numbers
    began anew.
    """

    tasks: dict[str, task.Task] = field(default_factory=dict)
    unlisted: dict[str, tuple[str, int]] = field(default_factory=dict)
    stores: list[str] = field(default_factory=list)
    reset: list[str] = field(default_factory=list)
    error: errors.OpsError | None = None

    def fail(self, e: errors.OpsError) -> None:
        """Keep the first error, but for refused credentials, which say more."""
        if self.error is None or (
            isinstance(e, errors.AuthRefused) and not self.refused
        ):
            self.error = e

    @property
    def refused(self) -> bool:
        """Whether the credentials are: then nothing more is asked with them."""
        return isinstance(self.error, errors.AuthRefused)

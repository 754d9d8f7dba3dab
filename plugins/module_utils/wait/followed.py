# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logs of what runs in a task, as far as nobody has been shown them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import errors
from ..task import task
from . import server as face

AT_ONCE = 5  # sub-tasks whose logs are asked for in one look
LINES = 5  # new lines of one sub-task in one look, the last ones
LINE = 2048  # characters of one line, the first ones


@dataclass
class Logs:
    """How many lines of each sub-task's log are known, by the ids of task and sub-task.

    What was logged before the first look at a task is not shown; a log that has become
    shorter is that of a new run.
    """

    known: dict[tuple[str, str], int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def news(self, of: task.Task, server: face.Server) -> list[task.Facts]:
        """Return the new lines of sub-tasks that run, or have run at the last look.

        A log that cannot be had now is shown at a later look.
        """
        running = [
            sub
            for node in of.nodes or ()
            for sub in node.sub_tasks
            if sub.state in ("RUNNING", "CANCELING") or (of.id, sub.id) in self.known
        ]
        try:
            logs = server.running_logs(of, running[:AT_ONCE])
        except errors.OpsError:
            return []
        found: list[task.Facts] = []
        for sub in running[:AT_ONCE]:
            if sub.id not in logs:
                continue
            lines, key = logs[sub.id], (of.id, sub.id)
            first = len(lines) if of.id not in self.begun else 0
            seen = self.known.get(key, first)
            start = seen if seen <= len(lines) else 0
            fresh = list(lines)[start:]
            self.known[key] = len(lines)
            if sub.state not in ("RUNNING", "CANCELING"):
                del self.known[key]
            head = {"task_id": of.id, "name": of.name, "what": "log"}
            where = {"sub_task": sub.name, "agent": sub.followed or sub.agent}
            if len(fresh) > LINES:
                left = {"line": None, "number": len(fresh) - LINES}
                found.append({**head, **where, **left})
            found += [{**head, **where, "line": line[:LINE]} for line in fresh[-LINES:]]
        if of.nodes is not None:
            self.begun.add(of.id)
        return found

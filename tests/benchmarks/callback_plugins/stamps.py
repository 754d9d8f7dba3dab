# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write down when each task of a play began and ended, and what a wait has counted."""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: stamps
type: aggregate
short_description: Write down when each task began and ended
description:
  - For the benchmarks alone. Writes one line of JSON for each task and host into
    the file that E(BENCH_STAMPS) names.
"""
COUNTED = ("polls", "requests", "bytes", "elapsed", "outcome")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stamps"

    def __init__(self):
        super().__init__()
        self._began = {}

    def v2_runner_on_start(self, host, task):
        self._began[host.name, task._uuid] = time.time()

    def v2_runner_on_ok(self, result):
        self._write(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result)

    def _write(self, result):
        host, task, facts = result._host.name, result._task, result._result
        known = {**facts, **facts.get("stats", {})}
        event = {
            "host": host,
            "task": task.get_name().strip(),
            "began": self._began.get((host, task._uuid)),
            "ended": time.time(),
            "end_time": (facts.get("task") or {}).get("end_time"),
            **{name: known[name] for name in COUNTED if name in known},
        }
        with open(os.environ["BENCH_STAMPS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

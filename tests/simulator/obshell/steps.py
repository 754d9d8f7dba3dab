# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stages that several of obshell's tasks share, with the lines of recordings/."""

from __future__ import annotations

from typing import Any, Iterator

from .job import Job
from .scenario import Failed, Stage, Step

CANNOT_START = (
    "[Common.Unexpected]: Unexpected error: observer: cannot start\n: exit status 1"
)


def simple(name: str, *lines: str, seconds: float = 0.02, **options: Any) -> Stage:
    """A stage with one sub-task that just works."""
    step_options = {
        key: options.pop(key)
        for key in list(options)
        if key in Step.__dataclass_fields__
    }
    step = Step(lines=lines, seconds=seconds, **step_options)
    return Stage(name, (step,), **options)


def workdir_lines(home: str) -> tuple[str, ...]:
    store = f"{home}/store"
    return (
        f"mkdir data_dir: {store}",
        f"mkdir redo_dir: {store}",
        f"mkdir clog_dir: {store}/clog",
        f"mkdir slog_dir: {store}/slog",
        f"symlink {store}: {store}",
        f"symlink {store}: {store}",
        f"symlink {store}/clog: {store}/clog",
        f"symlink {store}/slog: {store}/slog",
        f"mkdir {home}/etc",
        f"mkdir {home}/log",
        f"mkdir {store}/sstable",
    )


def clear_lines(home: str) -> tuple[str, ...]:
    names = ("store", "store", "store/clog", "store/slog", "etc", "log")
    return tuple(f"clear dir {home}/{name}" for name in names)


def preparations() -> Stage:
    """Stops the DAG as FAILED until the main DAG retries it."""

    def work(job: Job) -> Iterator[float]:
        if job.sub_task.runs == 1:
            job.log("wait for notification to start task")
            yield 0.001
            job.log("wait operator to advance")
            raise Failed
        yield 0.02
        job.log("start to execute the task")

    return simple("Start preparations", work=work, can_pass=True)

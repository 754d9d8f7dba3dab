# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lives of recorded tasks.

Names (Demo ...) and the message of their failure are those of
recordings/ocp-express-4.2.2; the numbers in brackets are its.
"""

from __future__ import annotations

from typing import Any

from .scenario import ALWAYS, Scenario, Subtask, Tenant, in_a_row


def chain(seconds: float = 2.0, **install: Any) -> Scenario:
    """Prepare, install, finish (recordings 5 to 13); options are those of install."""
    return Scenario(
        "Demo chain",
        in_a_row(
            Subtask("Demo prepare", seconds=seconds),
            Subtask("Demo install", **{"seconds": seconds, **install}),
            Subtask("Demo finish", seconds=seconds),
        ),
    )


def fail_once(seconds: float = 1.0) -> Scenario:
    """Install fails at its first run; a retry mends it (17 to 36)."""
    return chain(seconds, failures=1)


def fail_always(seconds: float = 1.0) -> Scenario:
    """Install fails at every run; a rollback is possible (37 to 58)."""
    return chain(seconds, failures=ALWAYS)


def slow(seconds: float = 20.0, cancel_seconds: float = 0.9) -> Scenario:
    """One subtask, long enough to be cancelled (83 to 96)."""
    subtask = Subtask("Demo install", seconds=seconds, cancel_seconds=cancel_seconds)
    return Scenario("Demo one", (subtask,))


def rollback_fails(seconds: float = 0.0) -> Scenario:
    """Install fails, then the undo of prepare (97 to 118)."""
    cause = "java.lang.IllegalStateException: demo failure: undo of prepare refused"
    return Scenario(
        "Demo chain",
        in_a_row(
            Subtask(
                "Demo prepare",
                seconds=seconds,
                rollback_failures=ALWAYS,
                rollback_cause=cause,
            ),
            Subtask("Demo install", seconds=seconds, failures=ALWAYS),
            Subtask("Demo finish", seconds=seconds),
        ),
    )


def parallel(hosts: int = 3, seconds: float = 1.0) -> Scenario:
    """Prepare, one install for each host, finish; of tenant 1002 (119 to 128)."""
    installs = tuple(
        Subtask(
            "Demo install",
            ("Demo prepare",),
            key=f"Demo install {i}",
            seconds=seconds,
            parallel_index=i,
        )
        for i in range(hosts)
    )
    ends = tuple(install.handle for install in installs)
    return Scenario(
        "Demo parallel",
        (Subtask("Demo prepare", seconds=seconds),)
        + installs
        + (Subtask("Demo finish", ends, seconds=seconds),),
        tenant=Tenant(),
    )


def diamond(failures: int = 1, install_seconds: float = 6.0) -> Scenario:
    """Check fails at once while its sibling runs on (135 to 146)."""
    return Scenario(
        "Demo diamond",
        (
            Subtask("Demo prepare", seconds=0.0),
            Subtask("Demo install", ("Demo prepare",), seconds=install_seconds),
            Subtask("Demo check", ("Demo prepare",), seconds=0.0, failures=failures),
            Subtask("Demo finish", ("Demo install", "Demo check"), seconds=0.0),
        ),
    )


def wide_diamond(
    subtasks: int = 30, seconds: float = 2.0, failed: tuple[int, ...] = (7, 2)
) -> Scenario:
    """Fan out, fan in; two of the first ten fail, 0.2 s apart, `failed` in order.

    The others go on, so the task is RUNNING until the last of them is done (8.18).
    """
    work = tuple(
        Subtask(
            f"Install on 198.51.100.{i}",
            ("Prepare",),
            seconds=seconds / 2 + 0.2 * failed.index(i) if i in failed else seconds,
            parallel_index=i,
            failures=ALWAYS if i in failed else 0,
            cause=f"java.io.IOException: host 198.51.100.{i}: no space left on device",
        )
        for i in range(subtasks - 2)
    )
    ends = tuple(subtask.handle for subtask in work)
    return Scenario(
        "Install on all hosts",
        (Subtask("Prepare"),) + work + (Subtask("Finish", ends),),
    )


def flaky(
    failures: int = 1,
    retries: int = 2,
    seconds: float = 0.0,
    overtaken: bool = False,
) -> Scenario:
    """A subtask that the engine itself retries (147 to 167)."""
    return Scenario(
        "Demo flaky",
        in_a_row(
            Subtask("Demo prepare", seconds=0.0),
            Subtask(
                "Demo flaky",
                seconds=seconds,
                failures=failures,
                automatic_retries=retries,
            ),
        ),
        overtaken=overtaken,
    )


def late_success() -> Scenario:
    """The last automatic retry succeeds, the task stays FAILED (324 to 334)."""
    return flaky(failures=2, overtaken=True)


def retry_race() -> Scenario:
    """FAILED before the last automatic retry, which fails too (304 to 310)."""
    return flaky(failures=ALWAYS, overtaken=True)


def irreversible() -> Scenario:
    """Rollback becomes forbidden when the first subtask runs (168 to 175)."""
    return Scenario(
        "Demo irreversible",
        in_a_row(
            Subtask("Demo irreversible", seconds=2.0, prohibit_rollback=True),
            Subtask("Demo install", seconds=0.0, failures=ALWAYS),
        ),
    )


def no_rollback() -> Scenario:
    """A task that was submitted without rollback (176 to 182)."""
    return Scenario(
        "Demo norollback",
        in_a_row(
            Subtask("Demo prepare", seconds=0.0),
            Subtask("Demo install", seconds=0.0, failures=ALWAYS),
        ),
        prohibit_rollback=True,
    )


def timed_out() -> Scenario:
    """A subtask with more work than its timeout allows (183 to 189)."""
    return Scenario(
        "Demo short",
        in_a_row(
            Subtask("Demo prepare", seconds=0.0),
            Subtask("Demo short-timeout", seconds=8.0, timeout=3),
        ),
    )


def sys_scheduled() -> Scenario:
    """A built-in scheduled task, whose log holds nothing (200, 201)."""
    name = "Collect all tenants mini compactions"
    return Scenario(
        "Collect all tenants major compactions",
        (Subtask(name, seconds=0.0, timeout=600),),
        type="SYS_SCHEDULED",
    )


def many(subtasks: int = 1000, seconds: float = 0.0) -> Scenario:
    """Fan out to many subtasks; ten of them run at a time."""
    work = tuple(
        Subtask(f"Step {i}", ("Prepare",), seconds=seconds, parallel_index=i)
        for i in range(subtasks - 2)
    )
    ends = tuple(subtask.handle for subtask in work)
    return Scenario(
        "Many steps", (Subtask("Prepare"),) + work + (Subtask("Finish", ends),)
    )

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run nox sessions side by side and tell in one table how they ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import counts, table, trees

if TYPE_CHECKING:
    import nox

LANES = 3  # of two cores: a stage waits as long as it computes
LOG_LINES = 400
LOGS = trees.ROOT / ".nox" / "logs"


# Where several commands are one run, this file of theirs has the table so far.
TABLE = os.environ.get("STAGES_TABLE")


@dataclass(frozen=True)
class Result:
    """How one stage ended, and where its log is."""

    row: table.Row
    log: Path


def run(
    session: nox.Session, names: Sequence[str], *, last: Sequence[str] = ()
) -> None:
    """Run nox sessions, the first named first; fail where one of them does.

    Those in `last` begin when all others have ended.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    # Stopped is stopped: what runs is ended too.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit("stopped"))
    begin = time.monotonic()
    results = _run_all(names) + _run_all(last)
    for result in results:
        if result.row.counts.failed:
            _print_log(result)
    for result in results:
        _print_skipped(result)
    _print_table([result.row for result in results], time.monotonic() - begin)
    if any(result.row.counts.failed for result in results):
        session.error("something failed; see above")


def _print_table(rows: list[table.Row], seconds: float) -> None:
    if TABLE:
        earlier, spent = table.read(Path(TABLE))
        rows, seconds = earlier + rows, spent + seconds
        table.write(Path(TABLE), rows, seconds=seconds)
    print(f"\n{table.text(rows, seconds=seconds)}", flush=True)


def _run_all(names: Sequence[str]) -> list[Result]:
    running: list[subprocess.Popen[bytes]] = []
    with ThreadPoolExecutor(LANES) as pool:
        try:
            return list(pool.map(lambda name: _run_stage(name, running), names))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _stop(running)
            raise


def _run_stage(name: str, running: list[subprocess.Popen[bytes]]) -> Result:
    log = LOGS / f"{re.sub(r'[^a-zA-Z0-9_.]+', '-', name).strip('-')}.log"
    begin = time.monotonic()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "nox", "-r", "--error-on-missing-interpreters"]
            + ["-s", name],
            cwd=trees.ROOT,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            # A group of its own, so that a stop reaches what the session started.
            start_new_session=True,
        )
        running.append(process)
        code = process.wait()
    text = log.read_text(encoding="utf-8", errors="replace")
    row = table.Row(name, time.monotonic() - begin, counts.read(text, code))
    print(row, flush=True)
    return Result(row, log)


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)


def _print_skipped(result: Result) -> None:
    text = result.log.read_text(encoding="utf-8", errors="replace")
    for title in counts.not_tested(text):
        print(f"not tested: {result.row.name}: {title}")


def _print_log(result: Result) -> None:
    lines = result.log.read_text(encoding="utf-8", errors="replace").splitlines()
    left_out = max(0, len(lines) - LOG_LINES)
    print(f"\n{result.row.name} failed; its log:")
    if left_out:
        print(f"    ({left_out} more lines in .nox/logs/{result.log.name})")
    # Indented, so that no inner runner's closing line is taken for ours.
    print("\n".join(f"    {line}" for line in lines[left_out:]))

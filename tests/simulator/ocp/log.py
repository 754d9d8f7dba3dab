# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subtask logs as OCP keeps them (protocol/ocp.md, 3.12 and 8.7)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

PIECE = 2048
SERVER = "192.0.2.2"

_JAR = "~[ocp-express-task-service-4.2.2-20240108.jar!/:4.2.2-20240108]"
_ENGINE = "com.oceanbase.ocp.task.engine"
_FRAMES = (
    f"{_ENGINE}.runner.JavaSubtaskRunner.execute(JavaSubtaskRunner.java:63) {_JAR}",
    f"{_ENGINE}.runner.JavaSubtaskRunner.doRun(JavaSubtaskRunner.java:35) {_JAR}",
    f"{_ENGINE}.runner.JavaSubtaskRunner.run(JavaSubtaskRunner.java:29) {_JAR}",
    f"{_ENGINE}.runner.RunnerFactory.doRun(RunnerFactory.java:114) {_JAR}",
    f"{_ENGINE}.runner.RunnerFactory.redirectOutputIfNotSysSchedule"
    f"(RunnerFactory.java:185) {_JAR}",
    f"{_ENGINE}.runner.RunnerFactory.run(RunnerFactory.java:104) {_JAR}",
    f"{_ENGINE}.coordinator.worker.subtask.ReadySubtaskWorker.lambda$submitTask$1"
    f"(ReadySubtaskWorker.java:112) {_JAR}",
    "java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264) ~[na:na]",
    "java.base/java.util.concurrent.ThreadPoolExecutor.runWorker"
    "(ThreadPoolExecutor.java:1136) ~[na:na]",
    "java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run"
    "(ThreadPoolExecutor.java:635) ~[na:na]",
    "java.base/java.lang.Thread.run(Thread.java:840) ~[na:na]",
)


@dataclass
class Log:
    """What a subtask has written: pieces with the time from which they can be read."""

    zone: datetime.timezone
    thread: str
    pieces: list[tuple[float, bytes]] = field(default_factory=list)

    def text(self, now: float) -> str:
        """The log so far; pieces are joined by newlines, also in the midst of words."""
        written = [piece for time, piece in self.pieces if time <= now]
        # A character that a piece's end has cut in two is lost, as on the server.
        return "\n".join(piece.decode("utf-8", "replace") for piece in written)

    def cut(self, now: float) -> None:
        """Forget what was to be written after `now`."""
        self.pieces = [piece for piece in self.pieces if piece[0] <= now]

    def add(self, time: float, text: str) -> None:
        data = text.encode("utf-8")
        for start in range(0, max(len(data), 1), PIECE):
            self.pieces.append((time, data[start : start + PIECE]))

    def separator(self, time: float, operation: str) -> None:
        stamp = iso(time, self.zone, digits=9)
        self.add(time, f"############{{{operation}}}{{{stamp}}}############")

    def state(self, time: float, subtask_id: int, operation: str, state: str) -> None:
        self.add(
            time,
            f"Set state for subtask: {subtask_id}, operation:{operation},"
            f" state: {state}",
        )

    def record(
        self, time: float, logger: str, text: str, *, level: str = "INFO"
    ) -> None:
        self.add(time, self._line(time, level, self.thread, logger, text) + "\n")

    def trouble(self, time: float, text: str, cause: str, class_name: str) -> None:
        """A WARN record with the stack trace of `cause`."""
        line = self._line(
            time, "WARN", self.thread, "c.o.o.task.engine.runner.RunnerFactory", text
        )
        source = class_name.rpartition(".")[2]
        own = f"{class_name}.work({source}.java:28) ~[classes!/:4.2.2-20240108]"
        frames = "".join(f"\tat {frame}\n" for frame in (own,) + _FRAMES)
        self.add(time, f"{line}\n\n{cause}\n{frames}\n")

    def worker(self, time: float, text: str) -> None:
        """A record of the worker that looks for timeouts."""
        logger = "c.o.o.t.e.c.w.s.TimeoutSubtaskWorker"
        thread = "pool-subtask-executor1,,"
        self.add(time, self._line(time, "WARN", thread, logger, text) + "\n")

    def _line(
        self, time: float, level: str, thread: str, logger: str, text: str
    ) -> str:
        when = _moment(time, self.zone)
        stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}"
        return f"{stamp} {level:>5} 15017 --- [{thread}] {logger:<40} : {text}"


def iso(time: float, zone: datetime.timezone, *, digits: int) -> str:
    """A date as OCP writes it: trailing zeros dropped, `Z` for UTC.

    With 9 digits the last three are made up: a float knows microseconds.
    """
    when = _moment(time, zone)
    nanos = f"{when.microsecond:06d}" + f"{when.microsecond % 997:03d}"
    fraction = nanos[:digits].rstrip("0")
    offset = when.strftime("%z")
    name = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
    dot = "." if fraction else ""
    return f"{when:%Y-%m-%dT%H:%M:%S}{dot}{fraction}{name}"


def _moment(time: float, zone: datetime.timezone) -> datetime.datetime:
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    micros = round(time * 1_000_000)
    return (epoch + datetime.timedelta(microseconds=micros)).astimezone(zone)

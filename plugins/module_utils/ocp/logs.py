# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of an OCP subtask: whole lines, its runs, and the line that tells. Pure.

A log is one text for all runs; each begins with a separator line. OCP stores a record
in pieces of 2 KiB and joins all pieces with newlines (protocol/ocp.md 3.12 and 8.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Mapping, Sequence

from ..task import task
from . import mapping

PIECE = 2048
LOST = "\ufffd"  # what is left of a character that was cut in two

_SEPARATOR = re.compile(r"#{12}\{(\w+)\}\{([^}]*)\}#{12}\s*$")
_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+ +([A-Z]+) ")
_STATE = re.compile(r"Set state for subtask: \d+, operation:")
_ANNOUNCED = re.compile(r".* : (Run|Retry|Rollback|Cancel) subtask, id=\d+, context=")
_OUT_OF_TIME = re.compile(r".* : Receive timeout callback, id=")
_FRAME = re.compile(r"\s+(at |\.\.\. \d+ (common frames omitted|more))")
_CAUSED = re.compile(r"\s*Caused by: ")
_TROUBLE = ("WARN", "ERROR", "FATAL")


@dataclass(frozen=True)
class Run:
    """One run of a subtask: its operation, its time as logged, and its lines."""

    operation: str | None
    time: str | None
    lines: tuple[str, ...]


def lines_of(text: str) -> list[str]:
    """Return the lines of a log, glued, without blank ones; separators included.

    A character that a cut broke is one U+FFFD: the server has lost its halves.
    """
    whole = (_sound(line).rstrip() for line in _glued(text.split("\n")))
    return [line for line in whole if line]


def runs(lines: Sequence[str]) -> list[Run]:
    """Return the runs of a log, the earliest first."""
    found: list[Run] = []
    operation: str | None = None
    time: str | None = None
    inside: list[str] = []
    for line in lines:
        separator = _SEPARATOR.match(line)
        if not separator:
            inside.append(line)
            continue
        if inside or operation:
            found.append(Run(operation, time, tuple(inside)))
        operation, time, inside = separator[1], separator[2], []
    if inside or operation:
        found.append(Run(operation, time, tuple(inside)))
    return found


def telling(lines: Sequence[str]) -> int | None:
    """Return the index of the line that explains a failed run, None where none does.

    It is of the last record of trouble (a warning, an error, or a stack trace): its
    last `Caused by:`, else its exception, else its last line. A run without trouble
    tells with its last line; lines that say that it began or ended never tell. That it
    ran out of time tells in any case: what follows is of the interruption (8.19).
    """
    for at, line in enumerate(lines):
        if _OUT_OF_TIME.match(line):
            return at
    fallback = None
    for record in reversed(_records(lines)):
        useful = [at for at in record if not _is_noise(lines[at])]
        if not useful:
            continue
        fallback = useful[-1] if fallback is None else fallback
        level = _RECORD.match(lines[record[0]])
        traced = [at for at in record if _FRAME.match(lines[at])]
        if traced:
            caused = [at for at in useful if _CAUSED.match(lines[at])]
            before = [at for at in useful if at < traced[0]]
            return (caused or before or useful)[-1]
        if level and level[1] in _TROUBLE:
            return useful[-1]
    return fallback


def explanation(text: str, limit: int, operation: str | None = None) -> list[str]:
    """Return at most `limit` lines of the last run that lead to the one that tells.

    That one is the last of them. Stack frames and the lines that say that the run
    began (with its whole context) or ended are left out. Where runs of `operation`
    are there, it is the last of those: the task may have gone on since it was read.
    """
    found = runs(lines_of(text))
    found = [run for run in found if run.operation == operation] or found
    if not found or limit < 1:
        return []
    lines = found[-1].lines
    end = telling(lines)
    if end is None:
        return []
    return [line for line in lines[: end + 1] if not _is_noise(line)][-limit:]


def capped(text: str, limit: int) -> list[str]:
    """Return the last `limit` lines of a log of all runs, saying what is left out.

    Where lines are left out, the first line says how many, and the separator of the
    run that was cut follows it.
    """
    lines = lines_of(text)
    cut = len(lines) - limit
    if cut <= 0:
        return lines
    kept = lines[cut:]
    heads = [line for line in lines[:cut] if _SEPARATOR.match(line)]
    head = [] if _SEPARATOR.match(kept[0]) else heads[-1:]
    left = cut - len(head)
    return ([f"[{left} earlier lines are left out]"] if left else []) + head + kept


def with_logs(of: task.Task, logs: Mapping[str, Sequence[str]]) -> task.Task:
    """Return the task with these lines as the logs of the sub-tasks with these ids."""
    nodes = tuple(
        replace(
            node,
            sub_tasks=tuple(
                replace(sub, task_logs=list(logs[sub.id])) if sub.id in logs else sub
                for sub in node.sub_tasks
            ),
        )
        for node in of.nodes or ()
    )
    return replace(of, nodes=nodes if of.nodes is not None else None)


def with_a_log(of: task.Task, which: str) -> list[str]:
    """Return the ids of sub-tasks whose log is wanted: none, failed or all."""
    nodes = of.nodes or ()
    if which == "failed":
        return [node.id for node in nodes if node.state == "FAILED"]
    if which == "none":
        return []
    unbegun = ("PENDING", "READY")
    # A subtask that was rolled back is PENDING again, and has a log.
    return [
        node.id
        for node in nodes
        if node.state not in unbegun or node.operator not in ("RUN", "EXECUTE")
    ]


def told(of: task.Task, texts: Mapping[str, str], log_lines: int) -> task.Task:
    """Return the task with the lines of these logs that explain its failure."""
    words = {word: operation for operation, word in mapping.OPERATORS.items()}
    found = {}
    for node in of.nodes or ():
        if node.id in texts:
            operation = words.get(node.operator, node.operator)
            text = texts[node.id]
            found[node.id] = explanation(text, log_lines, operation)
    return with_logs(of, found)


def _is_noise(line: str) -> bool:
    return any(known.match(line) for known in (_FRAME, _STATE, _ANNOUNCED))


def _records(lines: Sequence[str]) -> list[list[int]]:
    """Return the indexes of the lines of each record, in order."""
    found: list[list[int]] = []
    for at, line in enumerate(lines):
        if not found or _RECORD.match(line) or _STATE.match(line):
            found.append([])
        found[-1].append(at)
    return found


def _glued(lines: Sequence[str]) -> list[str]:
    """Undo the newline that stands exactly PIECE bytes after the start of a piece.

    Pieces start where records do, and where the piece before was full.
    """
    found: list[str] = []
    starts: list[int] = [0]
    at, joined = 0, False
    for number, line in enumerate(lines):
        size = len(line.encode("utf-8", "surrogatepass"))
        if joined:
            # Each byte of the rest of a broken character became a U+FFFD of its own.
            size -= 2 * _leading(line)
            starts = [at]
            found[-1] = _joined(found[-1], line)
        else:
            if _starts_piece(line):
                starts.append(at)
            found.append(line)
        following = lines[number + 1] if number + 1 < len(lines) else None
        joined = following is not None and _is_cut(
            line, following, [at + size - start for start in starts]
        )
        at += size + 1
        starts = [start for start in starts if at - start <= PIECE]
    return found


def _is_cut(line: str, following: str, sizes: Sequence[int]) -> bool:
    """Tell whether the newline between two lines joins two pieces."""
    if _starts_piece(following) or (line and _FRAME.match(following)):
        return False
    # The U+FFFD at the end stand for 1 to 3 bytes, but count as 3 each.
    lost = len(line) - len(line.rstrip(LOST))
    most = max(lost, 3) - 3 * lost if lost else 0
    return any(size - 2 * lost <= PIECE <= size + most for size in sizes)


def _starts_piece(line: str) -> bool:
    return any(known.match(line) for known in (_RECORD, _SEPARATOR, _STATE))


def _leading(line: str) -> int:
    return len(line) - len(line.lstrip(LOST))


def _joined(first: str, second: str) -> str:
    if first.endswith(LOST) and second.startswith(LOST):
        return first.rstrip(LOST) + LOST + second.lstrip(LOST)
    return first + second


def _sound(line: str) -> str:
    """Return the line with halves of a surrogate pair united, lone ones replaced."""
    if line.isascii():
        return line
    return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

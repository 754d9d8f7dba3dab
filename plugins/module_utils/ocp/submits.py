# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tasks an answer of OCP has started, and which of its parts failed. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from .. import errors
from ..task import task
from . import mapping, values

_BATCH = "backupObjectOpsResultList"
ADVICE = "if it has started any, say with task_id_pointer where their ids are"
_IDS = ("taskInstanceId", "taskInstanceIds", "taskId", "taskIds")


def started(data: Any, pointer: str | None = None) -> list[str]:
    """Return the ids of the tasks that an answer names (protocol/ocp.md 5), each once.

    A pointer of the user's wins; else what is named as a task's id, the answer itself
    where it is a task, those in it or among its contents, and the lists of a batch.
    Raises InvalidAnswer when the pointer leads to something that is no id.
    """
    if pointer is not None:
        return list(dict.fromkeys(_pointed(data, pointer)))
    found = [values.to_id(id) for id in _named(data)]
    found = found or [values.to_id(item.get("id")) for item in _objects(data)]
    found = found or [values.to_id(id) for id in _batch_ids(data)]
    return list(dict.fromkeys(id for id in found if id is not None))


def speaks_of_tasks(data: Any) -> bool:
    """Tell whether any key in an answer has to do with tasks."""
    if isinstance(data, list):
        return any(speaks_of_tasks(item) for item in data)
    if not isinstance(data, dict):
        return False
    return any(
        value and ("task" in str(key).lower() or speaks_of_tasks(value))
        for key, value in data.items()
    )


def tasks_in(data: Any) -> tuple[list[task.Task], list[str]]:
    """Return the facts of the tasks in an answer, and what could not be read.

    Work has been started by then: an odd task must not hide that.
    """
    found, odd = [], []
    for item in _objects(data):
        try:
            found.append(mapping.to_task(item))
        except errors.InvalidAnswer as e:
            odd.append(e.message)
    return found, odd


def failed_parts(data: Any) -> list[dict[str, Any]]:
    """Return the parts of a batch that failed inside an answer that says success."""
    return [dict(part) for part in _parts(data) if part.get("beSuccessful") is False]


def check_parts(what: str, url: str, data: Any, ids: list[str]) -> None:
    """Raise Refused where parts of a batch failed inside a success.

    `ids` are those of the tasks that were started all the same.
    """
    failed = failed_parts(data)
    if not failed:
        return
    said = "; ".join(_said(part) for part in failed[:3])
    raise errors.Refused(
        f"{what.split('?')[0]}: {url}: {len(failed)} parts of the batch failed, "
        f"though the answer says success: {said}; {len(ids)} tasks were started",
        url=url,
        failed_parts=failed,
        task_ids=ids,
    )


def _said(part: dict[str, Any]) -> str:
    words = [part.get(key) for key in ("objectName", "errorCode", "hint")]
    return errors.printable(" ".join(str(word) for word in words if word) or part)


def _named(data: Any) -> Iterator[Any]:
    for key in _IDS if isinstance(data, dict) else ():
        found = data.get(key)
        yield from found if isinstance(found, list) else [found] if found else []


def _objects(data: Any) -> list[Mapping[str, Any]]:
    items: list[Any] = data if isinstance(data, list) else []
    if isinstance(data, dict):
        contents = data.get("contents")
        inside: list[Any] = contents if isinstance(contents, list) else []
        items = [data, data.get("task"), data.get("taskInstance"), *inside]
    return [item for item in items if mapping.is_task(item)]


def _parts(data: Any) -> list[Mapping[str, Any]]:
    found = data.get(_BATCH) if isinstance(data, dict) else None
    items = found if isinstance(found, list) else []
    return [item for item in items if isinstance(item, dict)]


def _batch_ids(data: Any) -> Iterator[Any]:
    for part in _parts(data):
        found = part.get("taskIdList")
        yield from found if isinstance(found, list) else []


def _pointed(data: Any, pointer: str) -> Iterator[str]:
    for value in _at(data, _steps(pointer)):
        for item in value if isinstance(value, list) else [value]:
            id = values.to_id(item)
            if id is None:
                raise errors.InvalidAnswer(
                    f"task_id_pointer {pointer}: a task id was expected in the "
                    f"answer, not {errors.printable(item, 120)}"
                )
            yield id


def _steps(pointer: str) -> list[str]:
    if not pointer.startswith("/"):
        raise errors.InvalidOption(
            "task_id_pointer", "it begins with a slash, as /contents/*/taskId"
        )
    parts = pointer[1:].split("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _at(data: Any, steps: list[str]) -> Iterable[Any]:
    """Return the values that a pointer leads to; `*` is each element; null is none."""
    if data is None:
        return []
    if not steps:
        return [data]
    step, rest = steps[0], steps[1:]
    if step == "*":
        inside: list[Any] = list(data) if isinstance(data, list) else []
        if isinstance(data, dict):
            inside = list(data.values())
        return [value for item in inside for value in _at(item, rest)]
    if isinstance(data, list) and step.isdigit() and int(step) < len(data):
        return _at(data[int(step)], rest)
    return _at(data.get(step), rest) if isinstance(data, dict) else []

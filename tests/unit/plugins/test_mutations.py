# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever JSON an answer holds, the gate opens only if that very answer shows it.

Recorded answers are broken at random, by a fixed seed. What the mapping makes of each
is held against a reading of the raw JSON that shares nothing with it.
"""

from __future__ import annotations

import json
import random

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.tests import recordings

SEED = 14
KEPT = 12  # answers of one kind and state
LARGEST = 40_000  # bytes of an answer that is broken; larger ones have no other shape
WORDS = (
    *("SUCCEED", "SUCCESSFUL", "FAILED", "RUNNING", "READY", "PENDING", "CANCELING"),
    *("RUN", "EXECUTE", "RETRY", "ROLLBACK", "CANCEL", "PASS", "SKIP", "MERGE"),
    *("succeed", "Running", " FAILED", "", " ", "null", "0", "None"),
)
THINGS = (None, True, False, 0, 1, -1, 1.5, "", "x", [], {}, [None], {"x": None})


def answers(belongs):
    """Return the data of recorded answers as JSON, some of each key of `belongs`."""
    found = {}
    for name in recordings.NAMES:
        for exchange in recordings.load(name):
            body = exchange["response"]["body"]
            good = exchange["response"]["status"] == 200 and isinstance(body, dict)
            data = body.get("data") if good else None
            key = belongs(exchange["request"]["path"], data)
            text = json.dumps(data) if key else ""
            if key and len(text) <= LARGEST:
                found.setdefault((name, key), {})[text] = None
    kept = [list(texts)[:: max(1, len(texts) // KEPT)] for texts in found.values()]
    return [text for texts in kept for text in texts]


def of_an_obshell_task(path, data):
    whole = "/task/dag/" in path and isinstance(data, dict) and "operator" in data
    return (data["state"], data["operator"]) if whole else None


def of_an_obshell_list(path, data):
    listed = "unfinish" in path or "/task/dags/" in path
    if not listed or not isinstance(data, dict) or "contents" not in data:
        return None
    return ("list", *sorted({one["state"] for one in data["contents"] or []}))


def of_an_ocp_task(path, data):
    whole = (
        "/tasks/instances/" in path and isinstance(data, dict) and "subtasks" in data
    )
    return (data["status"], data["operation"]) if whole else None


def of_an_ocp_list(path, data):
    listed = path.endswith("/tasks/instances") and isinstance(data, dict)
    if not listed or "contents" not in data:
        return None
    return ("list", *sorted({one["status"] for one in data["contents"] or []}))


def all_ocp_lists():
    """Return the recorded lists, and one for each task, at work or not."""
    single = [f'{{"contents": [{text}]}}' for text in answers(of_an_ocp_task)]
    return answers(of_an_ocp_list) + single


# Breaking


def broken(text, chance):
    """Return an answer with one to three things in it changed."""
    data = json.loads(text)
    for _change in range(chance.choice((1, 1, 2, 3))):
        if not isinstance(data, (dict, list)) or chance.random() < 0.02:
            return other_than(data, chance)
        inside = chosen(data, chance)
        if inside:
            chance.choice(CHANGES)(inside, chance)
    return data


def chosen(data, chance):
    """Return a container in the answer; those further up more often than others."""
    children = data.values() if isinstance(data, dict) else data
    deeper = [child for child in children if child and isinstance(child, (dict, list))]
    if not deeper or chance.random() < 0.4:
        return data
    return chosen(chance.choice(deeper), chance)


def place_in(inside, chance):
    """Return a key or an index; what a verdict is made of more often than others."""
    if isinstance(inside, list):
        return chance.randrange(len(inside))
    names = ("state", "status", "operator", "operation", "contents", "id", "nodes")
    telling = [name for name in names if name in inside]
    return chance.choice(telling if telling and chance.random() < 0.5 else list(inside))


def other_than(value, chance):
    """Return a value of another type, or in another wrapping."""
    more = [[value], {"contents": value}, {"list": value}, json.dumps(value)]
    if isinstance(value, list):
        more.append({str(at): one for at, one in enumerate(value)})
    if isinstance(value, dict):
        more += [list(value), list(value.values())]
    return chance.choice([*THINGS, *more])


def drop(inside, chance):
    del inside[place_in(inside, chance)]


def empty(inside, chance):
    inside[place_in(inside, chance)] = None


def retype(inside, chance):
    at = place_in(inside, chance)
    inside[at] = other_than(inside[at], chance)


def reword(inside, chance):
    inside[place_in(inside, chance)] = chance.choice(WORDS)


def duplicate(inside, chance):
    at = place_in(inside, chance)
    again = json.loads(json.dumps(inside[at]))
    if isinstance(inside, list):
        inside.insert(chance.randrange(len(inside) + 1), again)
    else:
        inside[place_in(inside, chance)] = again


def truncate(inside, chance):
    at = place_in(inside, chance)
    if isinstance(inside[at], (list, str)):
        inside[at] = inside[at][: chance.randrange(len(inside[at]) + 1)]
    elif isinstance(inside[at], dict):
        kept = chance.randrange(len(inside[at]) + 1)
        inside[at] = dict(list(inside[at].items())[:kept])


CHANGES = (drop, empty, retype, reword, duplicate, truncate)


# What the gate makes of an answer


def obshell_task_opens(data):
    return obshell_mapping.to_task(data).outcome in ("succeeded", "passed")


def ocp_task_opens(data):
    return ocp_mapping.to_task(data).outcome in ("succeeded", "passed")


def obshell_list_opens(data):
    """Tell it where no lock is held, so that what has FAILED does not count."""
    tasks, odd = obshell_mapping.listed("GET /x", data)
    return not odd and all(one.state == "FAILED" for one in tasks)


def ocp_list_opens(data):
    page = ocp_mapping.to_page(data)
    return not page.odd and not any(
        one.state not in ("SUCCEED", "FAILED") for one in page.tasks
    )


# What the answer itself shows


def shows_an_obshell_success(data):
    if not isinstance(data, dict):
        return False
    more = data.get("additional_data")
    is_part = isinstance(more, dict) and more.get("main_dag_id")
    good = ("RUN", "RETRY", "EXECUTE", "PASS")
    return (
        data.get("state") == "SUCCEED" and data.get("operator") in good and not is_part
    )


def shows_an_ocp_success(data):
    if not isinstance(data, dict) or shouted(data.get("status")) not in SUCCESSES:
        return False
    if shouted(data.get("operation")):
        return shouted(data["operation"]) in ("RUN", "RETRY", "EXECUTE", "PASS")
    # An entry of a list has no operation (protocol/ocp.md 3.3): the parts tell it.
    parts = data.get("subtasks", data.get("tasks")) or []
    words = {
        shouted(part.get(key)) for part in parts for key in ("status", "operation")
    }
    return not words & {"PENDING", "ROLLBACK", "ROLLBACK_SKIP"}


SUCCESSES = ("SUCCESSFUL", "SUCCEED")


def shouted(word):
    return word.strip().upper() if isinstance(word, str) else ""


def shows_nothing_at_work(data):
    """Tell whether contents are there, and each entry is one that has FAILED."""
    if not isinstance(data, dict) or "contents" not in data:
        return False
    entries = data["contents"]
    if entries is None:
        return True
    return isinstance(entries, list) and all(
        isinstance(one, dict)
        and {"id", "dag_id", "operator"} <= set(one)
        and one.get("state") == "FAILED"
        for one in entries
    )


def shows_nothing_running(data):
    if not isinstance(data, dict):
        return False
    entries = data.get("contents")
    return isinstance(entries, list) and all(
        isinstance(one, dict)
        and one.get("id") is not None
        and shouted(one.get("status")) in (*SUCCESSES, "FAILED")
        for one in entries
    )


KINDS = {
    "tasks of obshell": (
        lambda: answers(of_an_obshell_task),
        obshell_task_opens,
        shows_an_obshell_success,
    ),
    "lists of obshell": (
        lambda: answers(of_an_obshell_list),
        obshell_list_opens,
        shows_nothing_at_work,
    ),
    "tasks of OCP": (
        lambda: answers(of_an_ocp_task),
        ocp_task_opens,
        shows_an_ocp_success,
    ),
    "lists of OCP": (all_ocp_lists, ocp_list_opens, shows_nothing_running),
}


def opens(gate, data):
    try:
        return gate(data)
    except errors.InvalidAnswer:
        return False


@pytest.mark.parametrize("kind", KINDS)
def test_of_recorded_answers_the_gate_and_the_reading_say_the_same(kind):
    recorded, gate, shows = KINDS[kind]
    told = [json.loads(text) for text in recorded()]
    verdicts = [opens(gate, data) for data in told]
    assert verdicts == [shows(data) for data in told]
    assert {True, False} == set(verdicts)


@pytest.mark.parametrize(
    "number", [500, pytest.param(25_000, marks=pytest.mark.slow)], ids=str
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_gate_opens_only_on_what_the_very_answer_shows(kind, number):
    recorded, gate, shows = KINDS[kind]
    chance, texts, opened = random.Random(SEED), recorded(), 0
    for _mutation in range(number):
        data = broken(chance.choice(texts), chance)
        if opens(gate, data):
            opened += 1
            assert shows(data), json.dumps(data)[:2000]
    assert 0 < opened < number

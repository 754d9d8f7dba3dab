# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import attempt, target
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

OLD = scripted.at("SUCCEED", end_time="2026-01-01T00:00:00Z")
NEW = scripted.at("RUNNING", id="12")


def last(script, **options):
    one = target.Target(scope="cluster", **options)
    wait = scripted.wait_for(
        {"cluster": script, "12": [NEW], "11": [OLD]}, targets=[one]
    )
    return one, wait


def test_an_old_finished_task_is_never_taken_for_the_new_one():
    one, wait = last([OLD])
    with pytest.raises(errors.StaleTask, match="newer_than"):
        wait.run()
    assert not one.done
    assert wait.result()["outcome"] is None


def test_a_running_last_task_is_pinned_and_followed_by_its_id():
    done = scripted.at("SUCCEED")
    one = target.Target(scope="cluster")
    script = {"cluster": [scripted.RUNNING, NEW], "11": [scripted.RUNNING, done]}
    wait = scripted.wait_for(script, targets=[one])
    wait.run()
    asked = [key for key, _details in wait.server.asked]
    assert asked == ["cluster", "11", "11"]
    assert one.task_id == "11"


@pytest.mark.parametrize("newer_than, first", [("11", OLD), ("", None), ("9", None)])
def test_with_a_guard_the_wait_goes_on_until_a_newer_task_is_there(newer_than, first):
    one, wait = last([first, first, NEW], newer_than=newer_than)
    wait.server.script["12"] = [scripted.at("SUCCEED", id="12")]
    wait.run()
    assert (one.task_id, one.snapshot.outcome) == ("12", "succeeded")


def test_a_newer_task_that_is_already_over_counts():
    over = scripted.at("SUCCEED", id="12")
    one, wait = last([OLD, over], newer_than="11")
    wait.run()
    assert one.snapshot is over


def test_ids_are_compared_as_numbers_not_as_text():
    one, wait = last([scripted.at("SUCCEED", id="110")], newer_than="19")
    wait.run()
    assert one.task_id == "110"


def test_without_a_guard_no_task_at_all_is_told_with_the_way_out():
    with pytest.raises(errors.StaleTask, match="newer_than: '0'"):
        last([None])[1].run()


def test_a_name_only_narrows():
    other = scripted.at("SUCCEED", id="12", name="Create tenant")
    mine = scripted.at("SUCCEED", id="13")
    one, wait = last(
        [OLD, other, mine], newer_than="11", name="Cluster scale out", task_id=None
    )
    wait.run()
    assert one.task_id == "13"
    with pytest.raises(errors.StaleTask, match="Create tenant"):
        last([other], name="Cluster scale out")[1].run()


def test_a_part_is_no_verdict_its_main_task_is_followed():
    part = scripted.at("FAILED", id="25", main_task="11")
    script = {"25": [part], "11": [scripted.RUNNING, scripted.SUCCEEDED]}
    one = target.Target(task_id="25")
    wait = scripted.wait_for(script, targets=[one])
    wait.run()
    assert one.snapshot.id == "11"
    assert [change["what"] for change in wait.history.changes] == [
        "follows",
        "seen",
        "state",
    ]


def test_a_part_of_a_main_task_that_was_over_is_as_old_as_that():
    part = scripted.at("SUCCEED", "PASS", main_task="7")
    over = scripted.at("SUCCEED", id="7")
    one = target.Target(scope="agent")
    wait = scripted.wait_for({"agent": [part], "7": [over]}, targets=[one])
    with pytest.raises(errors.StaleTask, match="task 7"):
        wait.run()


def test_two_tasks_that_name_each_other_as_main_end_with_the_time():
    script = {
        "25": [scripted.at("FAILED", id="25", main_task="26")],
        "26": [scripted.at("FAILED", id="26", main_task="25")],
    }
    wait = scripted.wait_for(script, targets=[target.Target(task_id="25")], timeout=60)
    with pytest.raises(errors.WaitTimeout):
        wait.run()


def test_ocp_failed_is_looked_at_again_until_it_is_at_rest():
    active = (scripted.replace(scripted.NODE, state="RUNNING"),)
    over = (scripted.replace(scripted.NODE, state="FAILED"),)
    restless = scripted.at("FAILED", server="ocp", nodes=active)
    good = scripted.at("SUCCEED", server="ocp", nodes=over)
    wait = scripted.wait_for({"11": [restless, restless, good]})
    wait.run()
    assert wait.targets[0].snapshot is good


def test_ocp_failed_that_never_rests_is_believed_after_a_minute():
    active = (scripted.replace(scripted.NODE, state="RUNNING"),)
    restless = scripted.at("FAILED", server="ocp", nodes=active)
    wait = scripted.wait_for({"11": [restless]})
    with pytest.raises(errors.TaskFailed):
        wait.run()
    assert target.SETTLE <= wait.elapsed <= target.SETTLE + 10


def test_large_answers_are_asked_for_in_short_form_until_something_changes():
    moved = scripted.at("RUNNING", stage=2)
    script = {"11": [scripted.RUNNING] * 4 + [moved] * 4 + [scripted.SUCCEEDED]}
    wait = scripted.wait_for(script)
    wait.source.big = True
    client, tally = wait.server, wait.tally
    plain = client.fetch

    def large(task_id, *, details=True):
        tally.bytes += target.SMALL if details else 0
        return plain(task_id, details=details)

    client.fetch = large
    wait.run()
    full = [details for _key, details in client.asked]
    assert full == [True, False, False, False, False, True, False, False, False, True]


def test_the_failure_from_before_an_operation_is_not_taken_for_the_new_one():
    sub = scripted.replace(scripted.SUB, state="FAILED", execute_times=1)
    node = scripted.replace(scripted.NODE, state="FAILED", sub_tasks=(sub,))
    old = scripted.at("FAILED", nodes=(node,))
    known = attempt.of(old)
    script = {"11": [old, 3, scripted.RUNNING, 10, scripted.SUCCEEDED]}
    one = target.Target(task_id="11", attempt=known)
    wait = scripted.wait_for(script, targets=[one])
    wait.run()
    assert wait.result()["outcome"] == "succeeded"
    with pytest.raises(errors.TaskFailed):
        scripted.wait_for({"11": [old]}).run()


def test_a_failure_that_stays_as_it_was_is_one_all_the_same():
    sub = scripted.replace(scripted.SUB, state="FAILED", execute_times=1)
    node = scripted.replace(scripted.NODE, state="FAILED", sub_tasks=(sub,))
    old = scripted.at("FAILED", nodes=(node,))
    one = target.Target(task_id="11", attempt=attempt.of(old))
    wait = scripted.wait_for({"11": [old]}, targets=[one])
    with pytest.raises(errors.TaskFailed):
        wait.run()
    assert 60 <= wait.elapsed < 70

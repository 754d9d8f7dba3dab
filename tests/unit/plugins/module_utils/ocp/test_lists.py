# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    connection as ocp_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    lists as ocp_lists,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.tests.simulator.ocp import (
    scenario as ocp_scenario,
)
from ansible_collections.oceanbase.ops.tests.simulator.ocp import (
    scenarios as ocp_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import hostile, ocp_served

TRADE = ocp_scenario.Cluster(id=7, name="trade")
TPCC = ocp_scenario.Tenant(id=21, name="tpcc", ob_tenant_id=1002)


def fill(server):
    """Start one task of each kind; return their ids."""
    chain = ocp_scenarios.chain()
    given = {
        "plain": chain,
        "trade": replace(chain, name="Restart", cluster=TRADE, tenant=TPCC),
        "host": replace(chain, host_id=3),
        "failing": ocp_scenarios.fail_always(),
    }
    ids = {key: server.start(one) for key, one in given.items()}
    server.clock.advance(60)
    ids["running"] = server.start(chain)
    return ids


def listed(server, limit=100, **filters):
    client = ocp_served.client(server)
    found, _total = ocp_lists.collect(client, ocp_lists.Filters(**filters), limit)
    return {one.id for one in found}


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({}, "plain trade host failing running"),
        ({"name": "restart"}, "trade"),
        ({"states": ("RUNNING",)}, "running"),
        ({"states": ("FAILED", "RUNNING")}, "failing running"),
        ({"states": ("SUCCEED",)}, "plain trade host"),
        ({"type": "MANUAL"}, "plain trade host failing running"),
        ({"type": "SCHEDULED"}, ""),
        ({"cluster": "TRA"}, "trade"),
        ({"cluster_id": "7"}, "trade"),
        ({"cluster_id": "8"}, ""),
        ({"tenant": "tp"}, "trade"),
        ({"tenant": "tp", "cluster_id": "7"}, "trade"),
        ({"tenant_id": "21"}, "trade"),
        ({"host_id": "3"}, "host"),
    ],
)
def test_a_filter_narrows_ocps_list(filters, keys):
    with ocp_served.serving() as server:
        ids = fill(server)
        assert listed(server, **filters) == {ids[key] for key in keys.split()}


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({"name": "restart"}, "trade"),
        ({"states": ("FAILED",)}, "failing"),
        ({"tenant": "tp"}, "trade"),
        ({"tenant_id": "1002"}, "trade"),
        ({"tenant_id": "21"}, ""),
        # It has one cluster and does not name it: nothing can be left out.
        ({"cluster_id": "7"}, "plain trade host failing running"),
    ],
)
def test_a_filter_that_express_ignores_is_applied_by_us(filters, keys):
    with ocp_served.serving(express=True) as server:
        ids = fill(server)
        assert listed(server, **filters) == {ids[key] for key in keys.split()}


def test_what_express_cannot_tell_is_named():
    filters = ocp_lists.Filters(cluster="a", cluster_id="7", host_id="3", name="x")
    assert filters.unknown(express=True) == ["cluster", "cluster_id", "host_id"]
    assert filters.unknown(express=False) == []


def test_both_spellings_of_the_cluster_are_sent_and_no_empty_status():
    query = ocp_lists.Filters(cluster="trade").query(express=False)
    assert query == {"clusterName": "trade", "cluterName": "trade"}


def test_all_pages_up_to_the_limit_are_read():
    with ocp_served.serving() as server:
        ids = [server.start(ocp_scenarios.chain()) for _task in range(23)]
        client = ocp_served.client(server)
        found, total = ocp_lists.collect(client, ocp_lists.Filters(), 5)
        assert [one.id for one in found] == ids[:-6:-1] and total == 23
        assert len(server.server.requests) == 1
        ocp_lists.PAGE, size = 10, ocp_lists.PAGE
        try:
            found, total = ocp_lists.collect(client, ocp_lists.Filters(), 100)
        finally:
            ocp_lists.PAGE = size
        assert [one.id for one in found] == ids[::-1]
        assert len(server.server.requests) == 4


def test_a_query_is_signed_as_it_is_sent():
    with ocp_served.serving() as server:
        ids = fill(server)
        client = ocp_served.client(server, **ocp_served.KEYS)
        filters = ocp_lists.Filters(states=("RUNNING", "FAILED"), name="Demo chain")
        found, _total = ocp_lists.collect(client, filters, 10)
        assert {one.id for one in found} == {ids["failing"], ids["running"]}
        assert "status=RUNNING%2CFAILED" in server.server.requests[0].target


class Repeating:
    """A server that does not know pages."""

    express = False

    def __init__(self, page):
        self._page = page
        self.asked = 0

    def page(self, query, number, size):
        self.asked += 1
        return self._page


@pytest.mark.parametrize("pages", [None, 9])
def test_a_server_that_repeats_its_page_is_asked_no_more(pages):

    one = ocp_mapping.to_task(ocp_served.recorded(23))
    client = Repeating(ocp_mapping.Page((one,), None, pages))
    found, total = ocp_lists.collect(client, ocp_lists.Filters(), 100)
    assert found == [one] and total is None and client.asked <= 2


GOOD = {"id": 7, "name": "Add host", "status": "RUNNING", "subtasks": []}
ODD_ENTRIES = {
    "null": None,
    "a text": "7",
    "no id": {"name": "a", "status": "RUNNING"},
    "an id that is none": {**GOOD, "id": "x"},
    "no status": {"id": 8, "name": "a"},
    "a status that is null": {**GOOD, "status": None},
    "subtasks that are a text": {**GOOD, "subtasks": "?"},
    "a subtask without an id": {**GOOD, "subtasks": [{"name": "a"}]},
    "upstreams that are none": {**GOOD, "subtasks": [{"id": 1, "upstreams": "2"}]},
}


@pytest.mark.parametrize("odd", ODD_ENTRIES.values(), ids=ODD_ENTRIES)
def test_an_odd_entry_is_told_and_hides_no_other(odd):
    page = ocp_mapping.to_page({"contents": [odd, GOOD, odd]})
    assert [one.id for one in page.tasks] == ["7"]
    assert len(page.odd) == 2
    assert all("an entry of the list cannot be read" in text for text in page.odd)


def test_odd_entries_are_warned_of_and_the_others_returned():
    page = ocp_mapping.to_page({"contents": [None, GOOD], "page": {"totalPages": 1}})
    told = []
    client = Repeating(page)
    found, _total = ocp_lists.collect(client, ocp_lists.Filters(), 100, told.append)
    assert [one.id for one in found] == ["7"]
    assert told == list(page.odd) and len(told) == 1


@pytest.mark.parametrize(
    "data", [None, [], [GOOD], "text", 5, {"contents": {}}, {"contents": "x"}], ids=str
)
def test_what_is_no_list_is_refused(data):
    with pytest.raises(errors.InvalidAnswer, match="a list of tasks was expected"):
        ocp_mapping.to_page(data)


# What is at work


def page_of(*entries, pages=1, total=None, number=1):
    page = {"totalElements": len(entries) if total is None else total}
    page = {**page, "totalPages": pages, "number": number, "size": 2000}
    return hostile.said({"contents": list(entries), "page": page})


def entry(id, status="RUNNING", *, subtasks=(), **more):
    known = {"id": id, "name": "Add OBServer", "status": status}
    return {**known, "subtasks": list(subtasks), **more}


def at_work(running, failed=None, **narrow):
    """Return the ids of what is at work where OCP lists this."""

    def script(server, connection, method, path):
        query = server.targets[-1]
        connection.sendall(failed if "status=FAILED" in query else running)

    with hostile.serving(script) as (server,):
        client = ocp_connection.client(hostile.ocp(server)["ocp"])
        return [one.id for one in ocp_lists.busy(client, **narrow)]


NOTHING = page_of()
STILL = {"id": 5, "name": "s", "status": "RUNNING", "operation": "EXECUTE"}


def test_what_runs_is_at_work_and_what_has_failed_is_not():
    assert at_work(page_of(entry(7)), NOTHING) == ["7"]
    assert at_work(NOTHING, page_of(entry(7, "FAILED"))) == []


def test_what_has_failed_counts_while_a_subtask_is_at_work():
    restless = entry(7, "FAILED", subtasks=[STILL])
    assert at_work(NOTHING, page_of(restless)) == ["7"]


OF = {"clusterId": 1, "clusterName": "c", "tenantId": 2, "tenantName": "t"}
NARROWED = {
    "its cluster": ({"cluster_id": "1"}, OF, ["7"]),
    "another cluster": ({"cluster_id": "3"}, OF, []),
    "its tenant": ({"tenant_id": "2"}, OF, ["7"]),
    "another tenant": ({"tenant_id": "3"}, OF, []),
    "a cluster that is not told": ({"cluster_id": "3"}, {}, ["7"]),
    "its name": ({"name": "Add OBServer"}, OF, ["7"]),
    "a part of its name": ({"name": "Add"}, OF, []),
}


@pytest.mark.parametrize("narrow, more, found", NARROWED.values(), ids=NARROWED)
def test_a_task_counts_where_it_may_be_meant(narrow, more, found):
    assert at_work(page_of(entry(7, **more)), NOTHING, **narrow) == found


def test_what_is_unfinished_of_a_cluster_is_what_runs_and_what_has_failed():
    running = page_of(
        entry(9, **OF), entry(7, **OF), entry(5, **{**OF, "clusterId": 3})
    )
    failed = page_of(entry(8, "FAILED", **OF))

    def script(server, connection, method, path):
        is_failed = "status=FAILED" in server.targets[-1]
        connection.sendall(failed if is_failed else running)

    with hostile.serving(script) as (server,):
        client = ocp_connection.client(hostile.ocp(server)["ocp"])
        found = ocp_lists.unfinished(client, cluster_id="1")
    assert [(one.id, one.state) for one in found] == [
        ("9", "RUNNING"),
        ("8", "FAILED"),
        ("7", "RUNNING"),
    ]


UNREADABLE = {
    "an entry without a status": page_of({"id": 7, "name": "x"}),
    "fewer than it counts": page_of(entry(7), total=2),
    "pages without end": page_of(entry(7), total=9, pages=10**30),
    "no contents": hostile.said({"page": {}}),
    "nothing": hostile.said(None),
    "a refusal": hostile.said(None, 500, error={"code": 2, "message": "no"}),
}


@pytest.mark.parametrize("where", ["running", "failed"])
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_a_list_that_is_not_whole_proves_nothing(answer, where):
    told = (answer, NOTHING) if where == "running" else (NOTHING, answer)
    with pytest.raises((errors.Unavailable, errors.InvalidAnswer)):
        at_work(*told)

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    asked,
    connection,
)

IPV6 = {"ip": "2001:0db8::4", "port": 2886}


def asker(url, of_target=None, **wish):
    def reach(address):
        return connection.client({"url": [address]})

    wanted = asked.Wish(state="present", **{**IPV6, **wish}, url=of_target)
    return asked.Asker(connection.client({"url": [url]}), lambda s: None, wanted, reach)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://10.0.0.1:2886", "https://10.0.0.4:2886"),
        ("http://10.0.0.1:2886", "http://10.0.0.4:2886"),
        ("unix:///home/ob/run/obshell.sock", "http://10.0.0.4:2886"),
    ],
)
def test_a_member_is_asked_the_way_the_cluster_is(url, expected):
    asking = asker(url, ip="10.0.0.4")
    assert asking.agent().cluster.named[0].url == expected
    assert len(asking.clients) == 2


def test_no_password_goes_to_a_member_in_the_clear_where_the_cluster_is_https():
    asking = asker("https://10.0.0.1:2886", "http://10.0.0.4:2886")
    with pytest.raises(errors.InvalidOption, match="is not https, as the cluster is"):
        asking.agent()


def test_settings_are_sent_as_texts():
    params = {
        **IPV6,
        **dict.fromkeys(("zone", "url", "agent_password")),
        **{"state": "present", "force_kill": False, "wait_for_others": False},
        "config": {"cpu_count": 4, "enable_syslog": True, "memory_limit": "6G"},
    }
    wish = asked.Wish.of(params)
    assert wish.address == "[2001:db8::4]:2886"
    assert wish.config == {
        "cpu_count": "4",
        "enable_syslog": "true",
        "memory_limit": "6G",
    }
    assert "agent_password" not in repr(wish)


def test_an_outage_is_outlived_and_a_refusal_is_not():
    asking = asker("http://10.0.0.1:2886")
    answers = iter([errors.Unreachable("gone", reason="refused"), 1, 2])

    def look():
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    assert asking.until(look, lambda seen: seen == 2, submitted=True) == (2, True)
    answers = iter([1, errors.Unreachable("gone", reason="refused"), 2])
    assert asking.until(look, lambda seen: seen == 2) == (2, True)
    answers = iter([errors.Unreachable("gone", reason="refused"), 2])
    with pytest.raises(errors.Unreachable):
        asking.until(look, lambda seen: seen == 2)
    answers = iter([errors.Refused("no"), 1])
    with pytest.raises(errors.Refused):
        asking.until(look, lambda seen: True)
    answers = iter([1, 2, 3])
    assert asking.until(look, lambda seen: False, looks=3) == (3, False)
    answers = iter([1, errors.Unreachable("gone", reason="refused")])
    with pytest.raises(errors.Unreachable):
        asking.until(look, lambda seen: False, looks=2)

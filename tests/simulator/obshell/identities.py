# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an agent is to the others (protocol 2.7)."""

from __future__ import annotations

SINGLE, MASTER, FOLLOWER = "SINGLE", "MASTER", "FOLLOWER"
CLUSTER_AGENT, SCALING_OUT, SCALING_IN = "CLUSTER AGENT", "SCALING OUT", "SCALING IN"
UNIDENTIFIED = "UNIDENTIFIED"

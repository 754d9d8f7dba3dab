# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Found first on PYTHONPATH: as if the library were not there."""

from __future__ import annotations

raise ImportError("No module named 'cryptography'")

# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read by every Python that has this folder on PYTHONPATH: puts a bug into requests."""

from __future__ import annotations

import contextlib
import os

with contextlib.suppress(ImportError):  # not every Python has it
    from requests import adapters

    def send(self, request, **given):
        raise RuntimeError(f"forced, with {os.environ.get('A_SECRET')} in it")

    adapters.HTTPAdapter.send = send

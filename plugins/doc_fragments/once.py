# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What becomes of a request that changes something."""

    DOCUMENTATION = r"""
attributes:
  sent_once:
    description:
      - A request that changes something is sent once. Where its answer is lost it is not sent again. The message says that it may have
        been carried out, and RV(ignore:error.sent) is true, unless the task could be read and shows that it was.
      - Only where the server itself says that nothing was done, for the state had changed meanwhile, the task is read and it is decided
        anew, once.
    support: full
"""

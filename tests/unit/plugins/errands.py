# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that submits work and waits for it, run while the clock is turned."""

from __future__ import annotations

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator


def advance(sim, seconds):
    """Turn the clock second by second, so that nothing is missed on the way."""
    for _tick in range(max(1, int(seconds))):
        sim.clock.advance(1)
        sim.world.catch_up()


def bring(
    sim, of, module, given, *, meanwhile=None, submits=lambda work: work, **options
):
    """Return what run() of a module returns, and its warnings as `warned`.

    `module` makes a fake one of options; `of` is ours. What `meanwhile` does is done
    between the look of what `submits` and its request.
    """
    checked = ArgumentSpecValidator(**of.spec()).validate(given)
    assert not checked.error_messages
    fake = module(checked.validated_parameters, **options)
    work = of.build(fake.params, lambda seconds: advance(sim, seconds))
    work.waits.clock = work.waits.deadline.clock = sim.clock.now
    if meanwhile:
        errand = submits(work)
        submit = errand.submit
        errand.submit = lambda memory: (meanwhile(), submit(memory))[1]
    try:
        result = of.run(fake, work)
    finally:
        work.close()
    return {**result, "warned": [str(call) for call in fake.warn.mock_calls]}

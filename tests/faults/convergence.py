"""How long everybody takes to see everything again, once a fault has ended."""

import asyncio
from typing import Final

from tests.faults.load import Load

LIMIT_S: Final = 2.0
"""The promise: this long after a fault has ended, all observers have seen all that was there at its end."""

GIVE_UP_AFTER_S: Final = 20.0
RESOLUTION_S: Final = 0.01


async def converge(load: Load, fault: str, *, limit_s: float = LIMIT_S) -> float:
    """Wait until every observer has seen what the log holds now, count how long each took, return the longest.

    And until every process accepts commands again, for which there is no promise but that it happens.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    versions = await load.inspector.versions(list(load.matches))
    waiting = {
        (game, session): version
        for game, version in versions.items()
        if game in load.matches
        for session in load.matches[game].watchers
    }
    took: list[float] = []
    idle = {app for app in load.apps if versions}
    while (waiting or idle) and clock() < began + GIVE_UP_AFTER_S:
        if at_work := {app for app in idle if app.acknowledged_at > began}:
            idle -= at_work
            load.tally.working_again(fault, clock() - began)
        for (game, session), version in list(waiting.items()):
            if game not in load.matches or session.seen(game) >= version:
                del waiting[game, session]
                took.append(clock() - began)
        load.progress.clear()
        if waiting or idle:
            await load.progress.wait()
            await asyncio.sleep(RESOLUTION_S)
    load.tally.converged(fault, took)
    slowest = max(took, default=0.0)
    for app in idle:
        load.tally.violation("all processes work again after a fault", "", f"process {app.number} after {fault}")
    if waiting or slowest > limit_s:
        left = {f"{session.name} of {game}" for game, session in list(waiting)[:3]}
        what = f"after {fault}: {slowest:.1f} s instead of {limit_s:.1f} s; never: {len(waiting)} {left or ''}"
        load.tally.violation("all observers converge after a fault", "", what)
    return slowest

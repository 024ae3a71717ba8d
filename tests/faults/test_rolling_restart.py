"""Two processes are restarted one after the other, as when a new version is rolled out."""

import signal

from tests.faults.conftest import PACE, SLACK_S, Playing
from tests.faults.convergence import LIMIT_S, converge
from tests.faults.stage import open_stage

COME_BACK = 1012


async def test_nobody_loses_anything_in_a_rolling_restart(playing: Playing) -> None:
    """SIGTERM finishes what was accepted and ends with 0; clients come back to the other process meanwhile."""
    async with open_stage(2, pace=PACE) as stage, playing(on=stage) as load:
        for app in stage.apps:
            app.ended.clear()
            app.signal(signal.SIGTERM)
            await app.ended.wait()
            await load.moves(20)
            await app.is_ready.wait()
            await converge(load, "rolling restart", limit_s=LIMIT_S + SLACK_S)
    assert [app.ends for app in stage.apps] == [[0], [0]]
    assert all(session.close_codes[COME_BACK] for session in load.sessions)

"""Whatever is broken, the promises hold: one test for each fault, all with games going on."""

import random

import pytest

from tests.faults.catalogue import FAULTS, Fault
from tests.faults.conftest import GAMES, SLACK_S, Playing
from tests.faults.convergence import LIMIT_S, converge
from tests.faults.postgres import ACCEPT_INSERTS, DISK_FULL, MISCHIEF
from tests.faults.stage import Stage


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_the_promises_hold_under(fault: Fault, stage: Stage, playing: Playing, chance: random.Random) -> None:
    async with playing() as load:
        await fault.inject(stage, chance)
        await converge(load, fault.name, limit_s=LIMIT_S + SLACK_S + fault.noticed_after_s)


async def test_nothing_is_accepted_while_nothing_can_be_stored(stage: Stage, playing: Playing) -> None:
    """Without room on the disk the server says so, by no acceptance; once there is room again, all goes on."""
    async with playing() as load:
        await stage.postgres.execute(DISK_FULL)
        try:
            before = load.tally.acknowledged
            await load.doubts(GAMES)
            assert load.tally.acknowledged - before <= 3 * GAMES, "more than was under way when the disk was full"
            before = load.tally.acknowledged
            await load.doubts(GAMES)
            assert load.tally.acknowledged == before
        finally:
            await stage.postgres.execute(ACCEPT_INSERTS)
        await load.moves(50)


async def test_without_any_notification_everybody_still_sees_everything(stage: Stage, playing: Playing) -> None:
    """They are a hint: the look at the log every other second finds what they did not tell."""
    async with playing() as load:
        await stage.postgres.execute(MISCHIEF["lost"])
        try:
            for _ in range(2):
                await converge(load, "notifications off", limit_s=LIMIT_S + SLACK_S)
        finally:
            await stage.postgres.execute(stage.notify)

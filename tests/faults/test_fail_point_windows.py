"""A process that dies, or loses Postgres, exactly between two effects: nothing is lost, doubled or forged."""

from typing import get_args

import pytest

from server.instrumentation.fail_points import Point
from tests.faults.conftest import PACE, SLACK_S, Playing
from tests.faults.convergence import LIMIT_S, converge
from tests.faults.stage import open_stage

SPEAKING_WITH_POSTGRES: tuple[Point, ...] = (
    "append.sending",
    "append.committed",
    "feed.notified",
    "projection.applied",
)


@pytest.mark.parametrize("point", get_args(Point))
async def test_a_process_may_end_at(point: Point, playing: Playing) -> None:
    """It goes off once in the first process: the one that follows it is whole."""
    faults = iter([f"{point}=exit@0.5"])
    async with (
        open_stage(2, lambda: next(faults, ""), pace=PACE) as stage,
        playing(on=stage) as load,
    ):
        victim = stage.apps[0]
        await victim.ended.wait()  # perhaps it has already
        await victim.is_ready.wait()
        await converge(load, point, limit_s=LIMIT_S + SLACK_S)


@pytest.mark.parametrize("point", SPEAKING_WITH_POSTGRES)
async def test_postgres_may_go_away_at(point: Point, playing: Playing) -> None:
    """A lost answer to a commit, most of all: it is asked for again, and found to be a duplicate."""
    async with (
        open_stage(2, lambda: f"{point}=fail@0.2", pace=PACE) as stage,
        playing(on=stage) as load,
    ):
        await load.moves(100)

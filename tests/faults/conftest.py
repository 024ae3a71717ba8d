"""A stage for the tests of a run, and loads to play on it."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tests.faults.load import Load
from tests.faults.stage import Stage, open_stage

GAMES = 12
PACE = 0.3
SLACK_S = 2.0
"""How much later than promised observers may converge here, because the machine may be busy with other things."""

Playing = Callable[..., AbstractAsyncContextManager[Load]]


@pytest.fixture(scope="session")
async def stage_of_the_run() -> AsyncIterator[Stage]:
    """A PostgreSQL and three servers, shared by the tests of a run."""
    async with open_stage(3, pace=PACE) as stage:
        yield stage


@pytest.fixture
async def stage(stage_of_the_run: Stage) -> Stage:
    """The shared stage, once everything on it works."""
    await stage_of_the_run.ready()
    return stage_of_the_run


@pytest.fixture
def chance() -> random.Random:
    """Chance for one test; the seed is printed when it fails, and can be put in here."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def playing(stage: Stage, chance: random.Random) -> Playing:
    """Games that go on during a block, and are checked at its end: no promise was broken."""

    @asynccontextmanager
    async def play(
        games: int = GAMES, *, spectators: int = 3, spectators_per_game: int = 1, on: Stage = stage
    ) -> AsyncIterator[Load]:
        load = Load(on.apps, on.postgres, chance, games)
        load.spectators, load.spectators_per_game = spectators, spectators_per_game
        async with load.running():
            await load.at_full_speed()
            yield load
            await load.moves(50)
        assert not load.tally.violations, "\n".join(map(str, load.tally.violations))
        assert load.tally.acknowledged > 50
        assert load.tally.games_checked

    return play

"""Many who watch, and one who does not read."""

import asyncio
import random

from tests.checking import messages
from tests.faults.catalogue import kill_app
from tests.faults.conftest import SLACK_S, Playing
from tests.faults.convergence import LIMIT_S, converge
from tests.faults.load import Load
from tests.faults.stage import Stage
from tests.faults.wire import Wire, connect

DEAF = 20
ASKED_FOR = 50
MOVES = 1000
MAX_GROWTH_KB = 40_000
MAX_DELAY = 4.0


async def test_a_hundred_observers_of_one_game_over_three_processes(
    stage: Stage, playing: Playing, chance: random.Random
) -> None:
    """All of them see the same, also those whose process is killed meanwhile."""
    async with playing(games=2, spectators=100, spectators_per_game=100) as load:
        await kill_app(stage, chance)
        await converge(load, "kill -9 server", limit_s=LIMIT_S + SLACK_S)


async def test_watchers_that_never_read_cost_little_memory_and_delay_nobody(stage: Stage, playing: Playing) -> None:
    """They ask for complete games again and again; what they are owed is not kept for them."""
    app = stage.apps[0]
    async with playing() as load:
        alone_s = await _time_of(load, MOVES)
        before_kb = app.rss_kb
        deaf = [Wire(None, lambda _text: None, lambda: None) for _ in range(DEAF)]
        try:
            for wire in deaf:
                await connect(wire, app.to_app.port)
            asking = asyncio.create_task(_ask_for_everything(deaf, load))
            in_company_s = await _time_of(load, MOVES)
            asking.cancel()
            grown_kb = app.rss_kb - before_kb
        finally:
            for wire in deaf:
                wire.abort()
    assert grown_kb < MAX_GROWTH_KB
    assert in_company_s < MAX_DELAY * alone_s + 1


async def _time_of(load: Load, moves: int) -> float:
    clock = asyncio.get_running_loop().time
    began = clock()
    await load.moves(moves)
    return clock() - began


async def _ask_for_everything(deaf: list[Wire], load: Load) -> None:
    for _ in range(ASKED_FOR):
        for wire in deaf:
            for game in list(load.matches):
                wire.send(messages.watch(game, 0))
            wire.stop_reading()
        await load.moves(1)

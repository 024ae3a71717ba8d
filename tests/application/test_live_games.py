"""Live games follow the log, serve everybody from memory, and leave memory when nobody needs them."""

import asyncio

from server.application.live_games import LiveGames
from server.database.pool import Pool
from server.domain.vocabulary import GameId
from server.eventstore.store import read_log
from tests.application.conftest import ANN, BOB, Process
from tests.application.watching import Spy


async def test_a_watcher_is_notified_of_a_move_on_another_process(process: Process, other_process: Process) -> None:
    game = await process.started_game()
    spy = Spy()
    live = await other_process.games.newest(game)
    live.subscribe(spy)
    await process.move(game, ANN, "D", 2)
    async with asyncio.timeout(10):
        await spy.changed.wait()
    assert live.version == 3


async def test_a_gap_is_read_from_the_log(process: Process, deaf_process: Process, pool: Pool) -> None:
    """An event from the future is not folded in: what is before it is read first."""
    game = await process.started_game()
    spy = Spy()
    live = await deaf_process.games.get(game)
    live.subscribe(spy)
    for version, player in enumerate([ANN, BOB, ANN], start=2):
        await process.move(game, player, "D", version)
    async with pool.acquire() as connection:
        last = (await read_log(connection, 0))[-1]
    deaf_process.games.handle_events([last])
    async with asyncio.timeout(10):
        await spy.changed.wait()
    assert [recorded.version for recorded in live.history] == [1, 2, 3, 4, 5]


async def test_a_thousand_callers_at_once_share_a_read(process: Process, deaf_process: Process) -> None:
    game = await process.started_game()
    before = deaf_process.store.game_reads
    await asyncio.gather(*(deaf_process.games.newest(game) for _ in range(1000)))
    assert deaf_process.store.game_reads - before <= 2


async def test_games_that_nobody_watches_leave_memory(process: Process) -> None:
    games = LiveGames(process.store, max_idle=3)
    ids = [await process.started_game() for _ in range(6)]
    watched = await games.get(ids[0])
    watched.subscribe(Spy())
    for game in ids[1:]:
        await games.get(game)
    assert games.count <= 5
    assert games.in_memory(ids[0]) is watched, "a watched game stays"


async def test_who_subscribes_to_a_discarded_game_asks_again(process: Process) -> None:
    """Nobody may wait for ever for what no event will reach."""
    spy = Spy()
    live = await process.games.get(await process.started_game())
    process.games.resynchronize()
    live.subscribe(spy)
    assert spy.resynchronized.is_set()
    spy = Spy()
    (await process.games.get(GameId("nothing"))).subscribe(spy)
    assert spy.resynchronized.is_set()


async def test_a_game_that_was_discarded_during_its_read_is_read_again(
    process: Process, deaf_process: Process
) -> None:
    """Every caller gets the game that the feed keeps up to date, not one that was forgotten meanwhile."""
    game = await process.started_game()
    asked = [asyncio.create_task(deaf_process.games.newest(game)) for _ in range(3)]
    await asyncio.sleep(0)
    assert deaf_process.games.count == 1, "it is being read"
    deaf_process.games.resynchronize()
    for live in await asyncio.gather(*asked):
        assert live is deaf_process.games.in_memory(game)
        assert live.version == 2


async def test_asking_for_games_that_do_not_exist_fills_no_memory(process: Process) -> None:
    for number in range(20):
        assert (await process.games.get(GameId(f"nothing-{number}"))).version == 0
    assert process.games.count == 0


async def test_a_game_that_is_being_read_stays_in_memory(process: Process) -> None:
    """More cold games at once than memory holds idle: each is watched for real, and receives what comes."""
    games = LiveGames(process.store, max_idle=2)
    ids = [await process.started_game() for _ in range(12)]

    async def watch(game: GameId) -> None:
        (await games.get(game)).subscribe(Spy())

    await asyncio.gather(*(watch(game) for game in ids))
    for game in ids:
        live = games.in_memory(game)
        assert live is not None
        assert live.is_watched

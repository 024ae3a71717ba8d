"""The lobby follows the log exactly, whoever folds it, and can be built anew while it is in use."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import asyncpg
import pytest

from server.database.pool import Pool
from server.database.sessions import Connection, connect
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.vocabulary import Color, Column, EndReason, GameId, GameResult, PlayerId, Version
from server.eventstore.places import StreamHead
from server.eventstore.store import EventStore
from server.projections.lobby import Lobby, LobbyGame, LobbyProjection
from server.projections.rebuild import rebuild_lobby
from server.projections.runner import PoisonEventError, ProjectionRunner
from tests.foreign_events import append_foreign

ANN, BOB = PlayerId("ann"), PlayerId("bob")

OPENED = GameOpened(ANN, Color.RED, public=True)
STARTED = GameStarted(ANN, BOB)
RESIGNED = GameFinished(GameResult.PLAYER_TWO_WON, EndReason.RESIGNATION)


@asynccontextmanager
async def following(url: str, count: int = 1) -> AsyncIterator[list[ProjectionRunner]]:
    runners = [ProjectionRunner(partial(connect, url), LobbyProjection()) for _ in range(count)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield runners
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def happen(store: EventStore, game: str, *events: GameEvent) -> None:
    for version, event in enumerate(events):
        await store.append(GameId(game), StreamHead(Version(version), None), uuid4(), [event])


async def caught_up(pool: Pool, runners: list[ProjectionRunner]) -> None:
    head = (await pool.fetch("SELECT max(position) FROM fourfold.events"))[0][0]
    async with asyncio.timeout(20):
        while [row[0] for row in await pool.fetch("SELECT position FROM projections WHERE name = 'lobby'")] != [
            head
        ]:
            for runner in runners:
                runner.wake()
            await asyncio.sleep(0.01)


async def rows(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch("SELECT * FROM fourfold.lobby ORDER BY game")


async def test_each_status_lists_its_games_newest_first(store: EventStore, pool: Pool, database_url: str) -> None:
    await happen(store, "first", OPENED)
    await happen(store, "second", OPENED)
    await happen(store, "running", OPENED, STARTED, MoveMade(ANN, Column.D))
    await happen(store, "over", OPENED, STARTED, RESIGNED)
    await happen(store, "hidden", GameOpened(ANN, Color.RED, public=False))
    async with following(database_url) as runners:
        await caught_up(pool, runners)
    lobby = Lobby(pool)
    assert [game.game for game in await lobby.page(["open"], limit=10)] == ["second", "first"]
    (running,) = await lobby.page(["live"], limit=10)
    assert (running.game, running.version, running.player_one, running.player_two) == ("running", 3, ANN, BOB)
    (over,) = await lobby.page(["finished"], limit=10)
    assert (over.result, over.reason) == ("PLAYER_TWO_WON", "RESIGNATION")
    assert "hidden" not in [game.game for game in await lobby.page(limit=10)]


async def test_pages_follow_one_another_without_a_gap(store: EventStore, pool: Pool, database_url: str) -> None:
    for number in range(7):
        await happen(store, f"game-{number}", OPENED)
    async with following(database_url) as runners:
        await caught_up(pool, runners)
    found: list[LobbyGame] = []
    before = None
    while page := await Lobby(pool).page(["open"], limit=3, before=before):
        found += page
        before = page[-1].opened_position
    assert [game.game for game in found] == [f"game-{number}" for number in reversed(range(7))]


async def test_many_processes_fold_each_event_once(store: EventStore, pool: Pool, database_url: str) -> None:
    """They compete for the lead, batch by batch; an event folded twice would break the key of the table."""
    async with following(database_url, 4) as runners:
        for number in range(30):
            await happen(store, f"game-{number}", OPENED, STARTED)
            for runner in runners:
                runner.wake()
        await caught_up(pool, runners)
    assert (await pool.fetch("SELECT count(*) FROM lobby WHERE status = 'live'"))[0][0] == 30
    assert not any(runner.is_stuck for runner in runners)


async def test_an_event_that_can_not_be_folded_in_is_reported_and_never_skipped(
    store: EventStore, pool: Pool, database_url: str, owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await happen(store, "before", OPENED)
    async with following(database_url) as (runner,):
        await caught_up(pool, [runner])
        await append_foreign(owner, "x", 0, "BoardFlipped")
        await happen(store, "after", OPENED)
        async with asyncio.timeout(20):
            while not runner.is_stuck:
                runner.wake()
                await asyncio.sleep(0.01)
    assert "BoardFlipped" in caplog.text
    assert [game.game for game in await Lobby(pool).page(limit=10)] == ["before"]


async def test_a_rebuild_gives_the_same_lobby(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    rest: list[GameEvent] = [STARTED, RESIGNED]
    for number in range(20):
        await happen(store, f"game-{number}", OPENED, *rest[: number % 3])
    async with following(database_url) as runners:
        await caught_up(pool, runners)
        followed = await rows(owner)
        position = await rebuild_lobby(database_url)
        assert await rows(owner) == followed
        assert position == (await pool.fetch("SELECT max(position) FROM fourfold.events"))[0][0]
        await happen(store, "later", OPENED)
        await caught_up(pool, runners)
    assert len(await rows(owner)) == len(followed) + 1


async def test_servers_go_on_during_a_rebuild(
    store: EventStore, pool: Pool, database_url: str, owner: Connection
) -> None:
    async with following(database_url, 2) as runners:
        rebuilding = asyncio.create_task(_rebuild_often(database_url))
        for number in range(60):
            await happen(store, f"game-{number}", OPENED, STARTED)
            for runner in runners:
                runner.wake()
            await Lobby(pool).page(limit=10)
        await rebuilding
        await caught_up(pool, runners)
    assert {row["status"] for row in await rows(owner)} == {"live"}
    assert len(await rows(owner)) == 60


async def _rebuild_often(url: str) -> None:
    for _ in range(5):
        await rebuild_lobby(url)


async def test_a_rebuild_that_meets_poison_leaves_the_old_lobby(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    await happen(store, "before", OPENED)
    async with following(database_url) as runners:
        await caught_up(pool, runners)
    before = json.dumps([dict(row) for row in await rows(owner)], default=str)
    await append_foreign(owner, "x", 0, "BoardFlipped")
    with pytest.raises(PoisonEventError):
        await rebuild_lobby(database_url)
    assert json.dumps([dict(row) for row in await rows(owner)], default=str) == before

"""The lobby follows the log exactly, whichever processes fold it."""

import asyncio

import pytest

from server.database.pool import Connection, Pool
from server.domain.events import GameOpened, MoveMade
from server.domain.vocabulary import Color, Column
from server.eventstore.store import EventStore
from server.projections.lobby import Lobby
from tests.foreign_events import append_foreign
from tests.projections.log import ANN, BOB, EXPIRED, OPENED, RESIGNED, STARTED, caught_up, following, happen


async def test_each_status_lists_its_games_newest_first(store: EventStore, pool: Pool, database_url: str) -> None:
    await happen(store, "first", OPENED)
    await happen(store, "second", OPENED)
    await happen(store, "running", OPENED, STARTED, MoveMade(ANN, Column.D))
    await happen(store, "over", OPENED, STARTED, RESIGNED)
    await happen(store, "unjoined", OPENED, EXPIRED)
    await happen(store, "hidden", GameOpened(ANN, Color.RED, public=False))
    async with following(database_url) as runners:
        await caught_up(pool, runners)
    lobby = Lobby(pool)
    assert [game.game for game in await lobby.page(["open"], limit=10)] == ["second", "first"]
    (running,) = await lobby.page(["live"], limit=10)
    assert (running.game, running.version, running.player_one, running.player_two) == ("running", 3, ANN, BOB)
    unjoined, over = await lobby.page(["finished"], limit=10)
    assert (over.game, over.result, over.reason) == ("over", "PLAYER_TWO_WON", "RESIGNATION")
    assert (unjoined.game, unjoined.result, unjoined.reason) == ("unjoined", "ABORTED", "EXPIRED")
    assert (unjoined.opener, unjoined.player_one, unjoined.player_two) == (ANN, None, None)
    assert "hidden" not in [game.game for game in await lobby.page(limit=10)]


async def test_many_processes_fold_each_event_once(store: EventStore, pool: Pool, database_url: str) -> None:
    """They compete for the lead, batch by batch; an event folded twice would break the key of the table."""
    async with following(database_url, 4) as runners:
        for number in range(30):
            await happen(store, f"game-{number}", OPENED, STARTED)
            for runner in runners:
                runner.wake(2 * number + 2)
        await caught_up(pool, runners)
    assert await pool.fetchval("SELECT count(*) FROM lobby WHERE status = 'live'") == 30
    assert not any(runner.is_stuck for runner in runners)


async def test_a_process_that_does_not_lead_learns_how_far_the_lobby_is(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    """Woken once, while another leads and is not yet as far: it looks again, until it is."""
    changed = asyncio.Event()
    async with following(database_url, changed=changed.set) as (runner,):
        await caught_up(pool, [])
        async with owner.transaction():
            await owner.execute("SELECT pg_advisory_xact_lock(4446, hashtext('lobby'))")
            await happen(store, "game", OPENED)
            changed.clear()
            runner.wake(1)
            await owner.execute("INSERT INTO fourfold.projections (name, position) VALUES ('lobby', 1)")
        async with asyncio.timeout(1.5):  # less than it waits when it has no reason to look
            await changed.wait()
    assert runner.position == 1


async def test_an_event_that_can_not_be_folded_in_is_reported_and_never_skipped(
    store: EventStore, pool: Pool, owner: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await happen(store, "before", OPENED)
    async with following(database_url) as (runner,):
        await caught_up(pool, [runner])
        await append_foreign(owner, "x", 0, "BoardFlipped")
        await happen(store, "after", OPENED)
        async with asyncio.timeout(20):
            while not runner.is_stuck:
                runner.wake(3)
                await asyncio.sleep(0.01)
    assert "BoardFlipped" in caplog.text
    assert [game.game for game in await Lobby(pool).page(limit=10)] == ["before"]


async def test_the_lobby_follows_again_after_its_connection_was_lost(
    store: EventStore, pool: Pool, owner: Connection, database_url: str
) -> None:
    """The connection is its own, so its loss is no one else's, and neither is the repair."""
    async with following(database_url) as runners:
        await happen(store, "before", OPENED)
        await caught_up(pool, runners)
        await owner.execute("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%fourfold.projections%' AND pid <> pg_backend_pid()
        """)
        await happen(store, "after", OPENED)
        await caught_up(pool, runners)
    assert len(await Lobby(pool).page(limit=10)) == 2

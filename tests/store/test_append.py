"""What an append promises: exact versions, all or nothing, once, durable, in one order."""

import asyncio
from uuid import uuid4

import pytest

from server.database.pool import Pool
from server.database.sessions import Connection
from server.domain.vocabulary import Column, GameId, Version
from server.eventstore.batch import Appended
from server.eventstore.errors import (
    StoreBusyError,
    WrongExpectedVersionError,
)
from server.eventstore.places import StreamHead
from server.eventstore.store import EventStore
from tests.store.conftest import append, end_other_connections, move
from tests.stores import open_store

LOG = "SELECT position, stream, version FROM fourfold.events ORDER BY position"


async def test_an_append_is_read_back_as_it_was(store: EventStore) -> None:
    command = uuid4()
    appended = await append(store, "g", 0, move(Column.A), move(Column.B), command=command)
    assert appended == Appended(Version(2), duplicate=False)
    first, second = await store.read_stream(GameId("g"))
    assert (first.version, second.version) == (1, 2)
    assert (first.event, second.event) == (move(Column.A), move(Column.B))
    assert first.command_id == second.command_id == command
    rest = await store.read_stream(GameId("g"), StreamHead(first.version, command))
    assert [recorded.version for recorded in rest] == [2]


@pytest.mark.parametrize("expected", [0, 1, 3, 100])
async def test_only_the_exact_version_is_taken(store: EventStore, pool: Pool, expected: int) -> None:
    """Too low, too high, and "must not exist" are all refused, and the refusal says where the stream is."""
    await append(store, "g", 0, move(), move())
    with pytest.raises(WrongExpectedVersionError) as refusal:
        await append(store, "g", expected)
    assert (refusal.value.expected, refusal.value.actual) == (expected, 2)
    assert len(await pool.fetch(LOG)) == 2


async def test_a_stream_that_does_not_exist_is_at_version_zero(store: EventStore) -> None:
    with pytest.raises(WrongExpectedVersionError) as refusal:
        await append(store, "g", 1)
    assert refusal.value.actual == 0


async def test_a_command_is_carried_out_once(store: EventStore, pool: Pool) -> None:
    """The duplicate is seen before the version is looked at, so a retry never turns into a conflict."""
    command = uuid4()
    first = await append(store, "g", 0, move(), move(), command=command)
    await append(store, "g", 2)
    again = await append(store, "g", 0, move(), move(), command=command)
    late = await append(store, "g", 77, move(), command=command)
    assert (first.version, again.version, late.version) == (2, 2, 2)
    assert (first.duplicate, again.duplicate, late.duplicate) == (False, True, True)
    assert len(await pool.fetch(LOG)) == 3


async def test_the_same_command_id_in_another_stream_is_another_command(store: EventStore) -> None:
    command = uuid4()
    await append(store, "g", 0, command=command)
    assert not (await append(store, "h", 0, command=command)).duplicate


async def test_one_of_many_racing_appends_wins(store: EventStore, pool: Pool) -> None:
    outcomes = await asyncio.gather(*(append(store, "g", 0) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(outcome, Appended) for outcome in outcomes) == 1
    refusals = [outcome for outcome in outcomes if isinstance(outcome, WrongExpectedVersionError)]
    assert len(refusals) == 49
    assert {refusal.actual for refusal in refusals} == {1}
    assert len(await pool.fetch(LOG)) == 1


async def test_a_refused_append_leaves_its_neighbours_alone(store: EventStore, pool: Pool) -> None:
    """Appends that travel in one transaction are answered one by one."""
    command = uuid4()
    await append(store, "seen", 0, command=command)
    outcomes = await asyncio.gather(
        append(store, "a", 0),
        append(store, "b", 5),
        append(store, "seen", 0, command=command),
        append(store, "c", 0, move(), move()),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Appended, WrongExpectedVersionError, Appended, Appended]
    rows = [(row["stream"], row["version"]) for row in await pool.fetch(LOG)]
    assert sorted(rows) == [("a", 1), ("c", 1), ("c", 2), ("seen", 1)]


async def test_positions_are_dense_and_follow_the_commits(database_url: str, pool: Pool) -> None:
    """Several processes write at once; a reader that asks for "position > last" must never miss an event."""
    seen: list[int] = []

    async def write(number: int) -> None:
        async with open_store(database_url) as opened:
            games = (f"{number}-{game}" for game in range(40))
            await asyncio.gather(*(append(opened.store, game, 0, move(), move()) for game in games))

    async def read() -> None:
        while len(seen) < 240:
            last = seen[-1] if seen else 0
            rows = await pool.fetch(
                "SELECT position FROM fourfold.events WHERE position > $1 ORDER BY position", last
            )
            seen.extend(row["position"] for row in rows)

    async with asyncio.timeout(30):
        await asyncio.gather(read(), *(write(number) for number in range(3)))
    assert seen == list(range(1, 241))


async def test_a_full_queue_says_busy_at_once(database_url: str) -> None:
    async with open_store(database_url, max_pending=2) as opened:
        queued = [asyncio.create_task(append(opened.store, f"g{number}", 0)) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(StoreBusyError):
            await append(opened.store, "late", 0)
        assert all(isinstance(outcome, Appended) for outcome in await asyncio.gather(*queued))


async def test_a_lost_connection_is_survived_by_asking_again(store: EventStore, owner: Connection) -> None:
    """Whatever the commit's fate was, the command id settles it: one event, and an answer that it is there."""
    for version in range(10):
        appending = asyncio.create_task(append(store, "g", version))
        await end_other_connections(owner)
        assert (await appending).version == version + 1
    assert len(await store.read_stream(GameId("g"))) == 10


async def test_plans_look_events_up_also_when_made_on_an_empty_table(store: EventStore, pool: Pool) -> None:
    """A plan cached while the table was empty would scan it for ever."""
    for batch in range(12):
        await asyncio.gather(*(append(store, f"{batch}-{game}", 0) for game in range(50)))
    # Statistics of a session reach the views a moment later; scans of the table are what must not be there.
    await pool.execute("SELECT pg_stat_force_next_flush()")
    [(scans,)] = await pool.fetch("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'events'")
    assert scans < 600, f"{scans} rows were read by scanning the table"

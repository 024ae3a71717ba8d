"""What an append promises: exact versions, all or nothing, once, durable, in one order."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from server.database.pool import Connection, Pool, open_pool
from server.domain.vocabulary import Column, GameId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError, WrongExpectedVersionError
from server.eventstore.store import EventStore
from server.eventstore.writer import Appended, Writer
from tests.conftest import running
from tests.store.conftest import append, end_other_connections, move

LOG = "SELECT position, stream, version FROM fourfold.events ORDER BY position"


async def test_an_append_is_read_back_as_it_was(store: EventStore) -> None:
    command = uuid4()
    appended = await append(store, "g", 0, move(Column.A), move(Column.B), command=command)
    assert appended == Appended(Version(2), duplicate=False)
    first, second = await store.read_stream(GameId("g"))
    assert (first.version, second.version) == (1, 2)
    assert (first.event, second.event) == (move(Column.A), move(Column.B))
    assert first.command_id == second.command_id == command
    assert [recorded.version for recorded in await store.read_stream(GameId("g"), first.version)] == [2]


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


async def test_what_the_database_can_not_store_fails_alone(store: EventStore, pool: Pool) -> None:
    """A poisoned append in a batch (Postgres takes no NUL in text) is found out, and the others are stored."""
    outcomes = await asyncio.gather(
        append(store, "a", 0), append(store, "poi\0son", 0), append(store, "b", 0), return_exceptions=True
    )
    assert isinstance(outcomes[0], Appended)
    assert isinstance(outcomes[1], asyncpg.PostgresError)
    assert isinstance(outcomes[2], Appended)
    assert {row["stream"] for row in await pool.fetch(LOG)} == {"a", "b"}


async def test_positions_are_dense_and_follow_the_commits(database_url: str, pool: Pool) -> None:
    """Several processes write at once; a reader that asks for "position > last" must never miss an event."""
    pools = [await open_pool(database_url) for _ in range(3)]
    seen: list[int] = []

    async def write(number: int, other: Pool) -> None:
        async with running(Writer(other)) as writer:
            store = EventStore(other, writer)
            await asyncio.gather(*(append(store, f"{number}-{game}", 0, move(), move()) for game in range(40)))

    async def read() -> None:
        while len(seen) < 240:
            last = seen[-1] if seen else 0
            rows = await pool.fetch(
                "SELECT position FROM fourfold.events WHERE position > $1 ORDER BY position", last
            )
            seen.extend(row["position"] for row in rows)

    async with asyncio.timeout(30):
        await asyncio.gather(read(), *(write(number, other) for number, other in enumerate(pools)))
    assert seen == list(range(1, 241))
    for other in pools:
        await other.close()


async def test_a_full_queue_says_busy_at_once(pool: Pool) -> None:
    writer = Writer(pool, max_waiting=2)
    store = EventStore(pool, writer)
    waiting = [asyncio.create_task(append(store, f"g{number}", 0)) for number in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusyError):
        await append(store, "late", 0)
    async with running(writer):
        assert all(isinstance(outcome, Appended) for outcome in await asyncio.gather(*waiting))


async def test_a_lost_connection_is_survived_by_asking_again(store: EventStore, owner: Connection) -> None:
    """Whatever the commit's fate was, the command id settles it: one event, and an answer that it is there."""
    for version in range(10):
        appending = asyncio.create_task(append(store, "g", version))
        await end_other_connections(owner)
        assert (await appending).version == version + 1
    assert len(await store.read_stream(GameId("g"))) == 10


async def test_an_unreachable_database_is_told_and_nothing_is_claimed(database_url: str) -> None:
    pool = await open_pool(database_url)
    async with running(Writer(pool, time_limit_s=0.2)) as writer:
        store = EventStore(pool, writer)
        await append(store, "g", 0)
        await pool.close()
        with pytest.raises(StoreUnavailableError):
            await append(store, "g", 1)
        with pytest.raises(StoreUnavailableError):
            await store.read_stream(GameId("g"))
        assert not await store.is_reachable()


async def test_plans_look_events_up_also_when_made_on_an_empty_table(store: EventStore, pool: Pool) -> None:
    """A plan cached while the table was empty would scan it for ever."""
    for batch in range(12):
        await asyncio.gather(*(append(store, f"{batch}-{game}", 0) for game in range(50)))
    # Statistics of a session reach the views a moment later; scans of the table are what must not be there.
    await pool.execute("SELECT pg_stat_force_next_flush()")
    scans = await pool.fetchval("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'events'")
    assert scans < 600, f"{scans} rows were read by scanning the table"

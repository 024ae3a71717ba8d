"""What becomes of appends when Postgres is slow, full, silent or away: an answer in time, and nothing lost."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from server.database.migrations import migrate
from server.database.sessions import Connection
from server.domain.events import MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.eventstore.batch import Appended
from server.eventstore.errors import AppendRefusedError, StoreUnavailableError
from server.eventstore.places import NO_EVENTS, StreamHead
from server.eventstore.store import EventStore
from tests.faults.proxy import Mode
from tests.proxied import proxied
from tests.store.conftest import append, move
from tests.store.own_postgres import own_postgres
from tests.stores import OpenStore, open_store

GAME = GameId("g")

TEN_MS_AN_EVENT = """
    CREATE FUNCTION fourfold.wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_sleep(0.01);
      RETURN NEW;
    END $$;
    CREATE TRIGGER wait BEFORE INSERT ON fourfold.events FOR EACH ROW EXECUTE FUNCTION fourfold.wait();
"""


def in_s(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[OpenStore]:
    async with open_store(database_url) as opened:
        yield opened


async def test_reads_do_not_hold_an_append_up(opened: OpenStore) -> None:
    """They had one pool, first come, first served: behind thousands of reads a move took half a second."""
    reads = [asyncio.create_task(opened.reads.fetch("SELECT pg_sleep(1.9)")) for _ in range(30)]
    await asyncio.sleep(0)
    await append(opened.store, GAME, 0)
    assert not any(read.done() for read in reads)
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)


async def test_a_batch_that_is_too_slow_is_tried_in_halves(store: EventStore, owner: Connection) -> None:
    """Tried whole again, it would be too slow again, until everybody in it has waited for nothing."""
    await owner.execute(TEN_MS_AN_EVENT)  # 2.5 s in all, and a statement may take 2
    appended = await asyncio.gather(*(append_by(in_s(30), store, game) for game in games(250)))
    assert set(appended) == {Appended(Version(1), duplicate=False)}


async def test_a_full_queue_of_notifications_is_waited_for_and_nothing_is_divided(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It fails every transaction that notifies, whatever is in it: hundreds of smaller ones would fail as well."""
    with own_postgres() as postgres:
        postgres.restart_with("max_notify_queue_pages = 64")
        await migrate(postgres.url)
        async with open_store(postgres.url) as opened:
            holder = await asyncpg.connect(postgres.url)
            await holder.execute("LISTEN something")
            await holder.execute("BEGIN; SELECT 1")
            await fill_the_queue(postgres.url)
            with caplog.at_level(logging.WARNING, "server.eventstore.writer"):
                refused = await asyncio.gather(
                    *(append_by(in_s(1), opened.store, game) for game in games(20)), return_exceptions=True
                )
            assert {type(outcome) for outcome in refused} == {StoreUnavailableError}
            logged = [record.message for record in caplog.records if record.name == "server.eventstore.writer"]
            assert 1 <= len(logged) <= 10
            assert all("append of 20 " in message for message in logged)
            await until(lambda: opened.feed.notification_queue_usage > 0.9)
            await holder.close()
            assert (await append(opened.store, GAME, 0)).version == 1


async def append_by(deadline: float, store: EventStore, game: GameId) -> Appended:
    return await store.append(game, NO_EVENTS, uuid4(), [move()], deadline=deadline)


def games(count: int) -> list[GameId]:
    return [GameId(f"game-{number}") for number in range(count)]


async def fill_the_queue(url: str) -> None:
    """Notify until nothing goes in any more, at last a byte at a time."""
    filling = await asyncpg.connect(url)
    for length in (7000, 1):
        with contextlib.suppress(asyncpg.ProgramLimitExceededError):
            while True:
                await filling.execute("SELECT pg_notify('nobody', repeat('x', $1))", length)
    await filling.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the feed looks once in a while
            await asyncio.sleep(0.01)


Request = Callable[[EventStore, float], Awaitable[object]]

REQUESTS: dict[str, Request] = {
    "append": lambda store, by: store.append(GAME, NO_EVENTS, uuid4(), [move()], deadline=by),
    "confirm": lambda store, by: store.confirm(GAME, StreamHead(Version(1), uuid4()), deadline=by),
    "read": lambda store, by: store.read_stream(GAME, deadline=by),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_no_call_takes_longer_than_to_its_deadline(database_url: str, request_: Request) -> None:
    """One deadline covers all that a command needs, so each step has to keep what is left of it."""
    async with proxied(database_url) as behind, open_store(behind.url) as opened:
        await append(opened.store, "other", 0)
        behind.proxy.set(Mode.STALL)
        begin = in_s(0)
        with pytest.raises(StoreUnavailableError):
            await request_(opened.store, in_s(0.4))
        assert in_s(0) - begin < 1.4  # by themselves they would take 2.5 s or 3


@pytest.mark.parametrize(
    "poisoned",
    [
        (GameId("poi\0son"), NO_EVENTS),  # Postgres takes no NUL in text
        (GameId("".join(uuid4().hex for _ in range(1000))), NO_EVENTS),  # longer than an entry of an index
        (GameId("poi\ud800son"), NO_EVENTS),  # not Unicode
        (GameId("poison"), StreamHead(Version(2**40), None)),  # not an integer of Postgres
    ],
    ids=["NUL", "too long", "surrogate", "too large"],
)
async def test_what_the_database_can_not_store_fails_alone(
    store: EventStore, owner: Connection, poisoned: tuple[GameId, StreamHead]
) -> None:
    """A poisoned append in a batch is found out, and its neighbours are stored."""
    game, head = poisoned
    outcomes = await asyncio.gather(
        *(append(store, neighbour, 0) for neighbour in games(5)),
        store.append(game, head, uuid4(), [move()]),
        *(append(store, f"other-{neighbour}", 0) for neighbour in games(5)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Appended] * 5 + [AppendRefusedError] + [Appended] * 5
    assert await owner.fetchval("SELECT count(*) FROM fourfold.events") == 10


async def test_an_event_that_can_not_be_encoded_is_the_callers_error_alone(store: EventStore) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        await append(store, GAME, 0, MoveMade(PlayerId("\ud800"), Column.A))
    assert (await append(store, GAME, 0)).version == 1


async def test_what_the_database_denies_is_told_in_the_words_of_the_store(
    store: EventStore, owner: Connection
) -> None:
    """Whoever calls the store knows nothing of Postgres and could only fail."""
    await owner.execute("REVOKE SELECT ON fourfold.events FROM fourfold_app")
    await owner.execute("REVOKE EXECUTE ON FUNCTION fourfold.append_events FROM fourfold_app")
    with pytest.raises(StoreUnavailableError):
        await store.append(GAME, NO_EVENTS, uuid4(), [move()], deadline=in_s(0.5))
    with pytest.raises(StoreUnavailableError):
        await store.read_stream(GAME)
    with pytest.raises(StoreUnavailableError):
        await store.read_stream(GameId("poi\0son"))


async def test_whoever_gave_up_is_not_written_for_later(database_url: str, owner: Connection) -> None:
    """An append that waited for its turn until its deadline was never sent, so it is not carried out behind it."""
    async with proxied(database_url) as behind, open_store(behind.url) as opened:
        await append(opened.store, GAME, 0)
        behind.proxy.set(Mode.CUT)
        with pytest.raises(StoreUnavailableError):
            await opened.store.append(GameId("late"), NO_EVENTS, uuid4(), [move()], deadline=in_s(0.4))
        behind.proxy.set(Mode.PASS)
        assert (await append(opened.store, GAME, 1)).version == 2
    assert await owner.fetchval("SELECT count(*) FROM fourfold.events WHERE stream = 'late'") == 0

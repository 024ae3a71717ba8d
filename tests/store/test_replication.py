"""An answer is given only once what it says is replicated, as far as the operator asks for that."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.database.migrations import migrate
from server.domain.vocabulary import GameId, Version
from server.eventstore.batch import Appended
from server.eventstore.errors import ForkedHistoryError, StoreUnavailableError
from server.eventstore.places import NO_EVENTS, StreamHead
from server.eventstore.store import EventStore
from tests.store.conftest import append, move
from tests.store.own_postgres import OwnPostgres, commits_wait, own_postgres
from tests.stores import open_store


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as postgres:
        yield postgres


@pytest.fixture
async def store(postgres: OwnPostgres) -> AsyncIterator[EventStore]:
    await migrate(postgres.url)
    async with open_store(postgres.url) as opened:
        yield opened.store


@asynccontextmanager
async def no_standby(postgres: OwnPostgres) -> AsyncIterator[None]:
    """Within the block commits wait for a standby that is not there."""
    postgres.reload_with("synchronous_standby_names = 'nobody'")
    await commits_wait(postgres.url, wait=True)
    try:
        yield
    finally:
        postgres.reload_with("synchronous_standby_names = ''")
        await commits_wait(postgres.url, wait=False)


Request = Callable[[EventStore, GameId, StreamHead, float], Awaitable[object]]

REQUESTS: dict[str, Request] = {
    "append": lambda store, game, head, by: store.append(game, head, uuid4(), [move()], deadline=by),
    "duplicate": lambda store, game, head, by: store.append(game, NO_EVENTS, known(head), [move()], deadline=by),
    "refusal": lambda store, game, _head, by: store.append(game, NO_EVENTS, uuid4(), [move()], deadline=by),
    "confirmation": lambda store, game, head, by: store.confirm(game, head, deadline=by),
}


def known(head: StreamHead) -> UUID:
    assert head.command_id is not None
    return head.command_id


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_nothing_is_answered_before_it_is_replicated(
    postgres: OwnPostgres, store: EventStore, request_: Request
) -> None:
    """Each answer rests on commits that may be lost with the primary, so each of them has to wait."""
    game, command = GameId(uuid4().hex), uuid4()
    head = StreamHead((await append(store, game, 0, command=command)).version, command)
    async with no_standby(postgres):
        with pytest.raises(StoreUnavailableError):
            await request_(store, game, head, asyncio.get_running_loop().time() + 0.7)


async def test_a_commit_whose_wait_was_cut_is_not_acknowledged_as_a_duplicate(
    postgres: OwnPostgres, store: EventStore
) -> None:
    """The case that lost a move: the wait is cut, the commit stays, and asking again finds it."""
    game, command = GameId(uuid4().hex), uuid4()
    async with no_standby(postgres):
        appending = asyncio.create_task(append(store, game, 0, command=command))
        await cut_the_wait(postgres)
        done, _ = await asyncio.wait([appending], timeout=1.0)
        assert not done
    assert await appending == Appended(Version(1), duplicate=True)


async def cut_the_wait(postgres: OwnPostgres) -> None:
    """End the backends that wait for a standby, as an operator or a restart would."""
    owner = await asyncpg.connect(postgres.url)
    try:
        async with asyncio.timeout(10):
            while not await owner.fetch(_CUT):
                pass
    finally:
        await owner.close()


_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event = 'SyncRep' AND application_name = 'fourfold'
"""


async def test_what_the_log_does_not_hold_is_not_confirmed(store: EventStore) -> None:
    game, command = GameId(uuid4().hex), uuid4()
    await append(store, game, 0, move(), move(), command=command)
    await append(store, game, 2)
    await store.confirm(game, StreamHead(Version(2), command))
    for head in (StreamHead(Version(2), uuid4()), StreamHead(Version(1), command), StreamHead(Version(9), uuid4())):
        with pytest.raises(ForkedHistoryError):
            await store.confirm(game, head)

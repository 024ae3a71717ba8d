"""Pages of the lobby: the right games, at a cost that does not grow with the number of games or of callers."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from server.database.pool import Connection, Pool
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.store import EventStore
from server.projections.lobby import FIRST_PAGE, STATUSES, Lobby, LobbyGame, Status
from tests.projections.log import OPENED, caught_up, following, happen

MANY = 50_000


async def generate(owner: Connection, count: int) -> None:
    """Put games into the lobby, of all three statuses by turns, and most of them overdue if open."""
    await owner.execute(
        """
        INSERT INTO fourfold.lobby (
          game, opened_position, status, version, public, color, opener, opened_at, updated_at
        )
        SELECT
          'game-' || n, n, (ARRAY['open', 'live', 'finished'])[1 + n % 3], 1, true, 'red', 'ann',
          clock_timestamp() - interval '90 days' + n * interval '1 minute', clock_timestamp()
        FROM generate_series(1, $1::integer) AS n
        """,
        count,
    )


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


@pytest.mark.parametrize("statuses", [STATUSES, ["open"], ["live", "finished"]])
async def test_pages_from_memory_and_from_the_database_are_one_list(
    pool: Pool, owner: Connection, statuses: list[Status]
) -> None:
    """The first page is answered from memory, the others are read; no game may be lost where they meet."""
    await generate(owner, 1_000)
    lobby = Lobby(pool)
    expected = [n for n in range(1_000, 0, -1) if STATUSES[n % 3] in statuses]
    for limit in (1, FIRST_PAGE, FIRST_PAGE + 1, 2_000):
        assert [game.opened_position for game in await lobby.page(statuses, limit=limit)] == expected[:limit]
    first = await lobby.page(statuses, limit=FIRST_PAGE)
    rest = await lobby.page(statuses, limit=2_000, before=first[-1].opened_position)
    assert [game.opened_position for game in (*first, *rest)] == expected


@pytest.mark.parametrize("analyzed", [True, False])
@pytest.mark.parametrize("before", [None, 2 * MANY, MANY // 2, 10])
async def test_a_page_reads_no_more_than_it_shows(owner: Connection, analyzed: bool, before: int | None) -> None:
    """Among fifty thousand games, also by a plan that was made for none, and before statistics were gathered."""
    lobby = Lobby(_OneConnection(owner))  # type: ignore[arg-type]
    for _ in range(10):  # so often that Postgres keeps the plan
        await lobby.page(limit=21, before=2 * MANY)
    await generate(owner, MANY)
    if analyzed:
        await owner.execute("ANALYZE fourfold.lobby")
    for statuses in (STATUSES, *([status] for status in STATUSES)):
        async with owner.transaction():
            before_it = await rows_read(owner)
            page = await lobby.page(statuses, limit=21, before=before)
            most = len(statuses) * (FIRST_PAGE if before is None else 21)
            assert await rows_read(owner) - before_it <= most
        assert page


@pytest.mark.parametrize("analyzed", [True, False])
async def test_overdue_games_are_found_without_reading_others(owner: Connection, analyzed: bool) -> None:
    lobby = Lobby(_OneConnection(owner))  # type: ignore[arg-type]
    for _ in range(10):
        assert [games async for games in lobby.overdue(timedelta(days=1), 100)] == []
    await generate(owner, MANY)
    if analyzed:
        await owner.execute("ANALYZE fourfold.lobby")
    found: list[str] = []
    async with owner.transaction():
        read_before = await rows_read(owner)
        async for games in lobby.overdue(timedelta(days=85), 100):
            assert await rows_read(owner) - read_before <= 100
            found += [game for game, _ in games]
            read_before = await rows_read(owner)
    overdue = 5 * 24 * 60
    assert found == [f"game-{n}" for n in range(1, overdue + 1) if n % 3 == 0]


async def test_games_that_were_opened_at_the_same_moment_are_all_found(pool: Pool, owner: Connection) -> None:
    """A batch of commands is recorded at one time, and may be larger than a round."""
    await generate(owner, 300)
    await owner.execute("UPDATE fourfold.lobby SET opened_at = now() - interval '2 days', status = 'open'")
    rounds = [games async for games in Lobby(pool).overdue(timedelta(days=1), 40)]
    assert [len(games) for games in rounds] == [40] * 7 + [20]
    assert len({game for games in rounds for game, _ in games}) == 300


async def test_however_many_ask_for_the_first_page_it_is_read_once_a_change(pool: Pool, owner: Connection) -> None:
    """Each change of the read model costs one read, not one for each of those who look at it."""
    await generate(owner, 100)
    counting = _Counting(pool)
    lobby = Lobby(counting)  # type: ignore[arg-type]
    for change in range(1, 4):
        pages = await asyncio.gather(*(lobby.page(limit=1 + number % 20) for number in range(500)))
        assert counting.reads == change
        assert [len(page) for page in pages[:3]] == [1, 2, 3]
        lobby.changed()


async def test_a_page_holds_what_was_there_when_the_lobby_changed(pool: Pool, owner: Connection) -> None:
    """Also for those who ask while an older page is still being read."""
    lobby = Lobby(pool)
    assert await lobby.page(limit=10) == []
    for count in range(1, 20):
        reading = asyncio.create_task(lobby.page(limit=100))
        await asyncio.sleep(0)
        await owner.execute(
            "INSERT INTO fourfold.lobby (game, opened_position, status, version, public, color, opener, opened_at, "
            "updated_at) VALUES ($1, $2, 'open', 1, true, 'red', 'ann', now(), now())",
            f"game-{count}",
            count,
        )
        lobby.changed()
        assert len(await lobby.page(limit=100)) == count
        await reading


async def test_a_lobby_that_can_not_be_read_says_so(pool: Pool, owner: Connection) -> None:
    lobby = Lobby(pool)
    loop = asyncio.get_running_loop()
    async with owner.transaction():
        await owner.execute("LOCK TABLE fourfold.lobby IN ACCESS EXCLUSIVE MODE")
        for before in (None, 5):
            begin = loop.time()
            with pytest.raises(StoreUnavailableError):
                await lobby.page(limit=5, before=before, deadline=begin + 0.2)
            assert loop.time() - begin < 2
    assert await lobby.page(limit=5) == []


async def rows_read(connection: Connection) -> int:
    """How many rows of the lobby this connection has read so far, by whatever plan."""
    count: int = await connection.fetchval("""
        SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables
        WHERE schemaname = 'fourfold' AND relname = 'lobby'
    """)
    return count


class _OneConnection:
    """A pool that is one connection, whose own statistics tell what it read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def acquire(self, timeout: float) -> "_OneConnection":
        return self

    async def __aenter__(self) -> Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        pass


class _Counting:
    """A pool that counts how often it is used."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.reads = 0

    def acquire(self, timeout: float) -> asyncpg.pool.PoolAcquireContext:
        self.reads += 1
        return self._pool.acquire(timeout=timeout)

"""The event store, measured beside what it could be compared with, on the same server in the same run."""

import asyncio
import itertools
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg

from server.database.migrations import migrate
from server.database.sessions import AnyConnection
from server.domain.events import MoveMade
from server.domain.game import UNOPENED, Game, evolve
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.embedded import EmbeddedPostgres
from server.eventstore.codec import decode
from server.eventstore.places import StreamHead
from server.eventstore.reading import read_log
from server.eventstore.store import EventStore
from server.projections.rebuild import rebuild_lobby
from tests.bench.measuring import Figure, machine, measure, median
from tests.bench.plot import draw
from tests.bench.references import TABLE, AsyncpgPool, BareBatches, BareRows, SingleTransactions
from tests.stores import open_store

CONCURRENCY: Final = (1, 10, 50, 256, 1000)
CONNECTIONS: Final = 32
"""How many connections the single transactions may use at once; the writer uses one."""

ROWS: Final = (
    "group commit",
    "one transaction each, NOTIFY",
    "one transaction each",
    "bare batched INSERT",
    "bare INSERT, no clients",
)

GROW_BY: Final = 400_000

_runs = itertools.count()


@contextmanager
def database(url: str | None, data_dir: Path | None) -> Iterator[str]:
    """A durable database to measure on (fsync is on): the given one, else a new one that is deleted afterwards."""
    if url:
        yield url
        return
    directory = data_dir or Path(tempfile.mkdtemp(prefix="fourfold-bench-", dir="/var/tmp"))
    try:
        with EmbeddedPostgres(directory / "database") as embedded:
            yield embedded
    finally:
        if data_dir is None:
            shutil.rmtree(directory, ignore_errors=True)


async def run(url: str, rounds: int, seconds: float, grown: list[float], svg: Path | None) -> None:
    """Measure appends on the empty log, appends on grown logs, and reading; print tables."""
    await migrate(url)
    await _as_owner(url, TABLE)
    print(f"{machine()}; medians of {rounds} rounds of {seconds:g} s\n")
    table = await appends(url, rounds, seconds)
    _print_appends(table)
    for number, millions in enumerate(grown):
        await grow(url, millions)
        _print_growth(millions, await _row(url, ROWS[0], rounds, seconds), table[ROWS[0]])
        if number == 0:
            await _print_reading(url)
    if svg:
        svg.write_text(draw(table, CONCURRENCY, ROWS), encoding="utf-8")
        print(f"\ndrawn: {svg}")


Table = dict[str, dict[int, Figure]]


async def appends(url: str, rounds: int, seconds: float) -> Table:
    """Return the figures by row and concurrency. Rows take turns, so that a noisy minute hits all of them."""
    taken: dict[str, dict[int, list[Figure]]] = {row: {clients: [] for clients in CONCURRENCY} for row in ROWS}
    for _ in range(rounds):
        for row in ROWS:
            for clients in CONCURRENCY:
                taken[row][clients].append(await _figure(url, row, clients, seconds))
    return {row: {clients: median(figures) for clients, figures in cells.items()} for row, cells in taken.items()}


async def _row(url: str, row: str, rounds: int, seconds: float) -> dict[int, Figure]:
    return {
        clients: median([await _figure(url, row, clients, seconds) for _ in range(rounds)])
        for clients in CONCURRENCY
    }


async def _figure(url: str, row: str, clients: int, seconds: float) -> Figure:
    if row == ROWS[0]:
        async with _store(url) as store:
            return await measure(_Appending(store).append, clients, seconds)
    if row == ROWS[3]:
        async with _pool(url, 1) as pool:
            bare = BareBatches(pool)
            async with _at_work(bare.run()):
                return await measure(bare.append, clients, seconds)
    if row == ROWS[4]:
        async with _pool(url, 1) as pool:
            return await measure(BareRows(pool, clients).insert, 1, seconds)
    async with _pool(url, min(clients, CONNECTIONS)) as pool:
        single = SingleTransactions(pool, next(_runs), notify=row == ROWS[1])
        return await measure(single.append, clients, seconds)


class _Appending:
    """Clients that append moves, each to a stream of its own."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._run = uuid4().hex[:8]

    async def append(self, number: int, turn: int) -> int:
        event = MoveMade(PlayerId("0123456789abcdef"), Column.D)
        head = StreamHead(Version(turn), None)
        await self._store.append(GameId(f"{self._run}-{number}"), head, uuid4(), (event,))
        return 1


@asynccontextmanager
async def _pool(url: str, size: int) -> AsyncIterator[AsyncpgPool]:
    """Connect `size` times, without the server's time limits: a reference is to be slow rather than to fail."""
    pool = await asyncpg.create_pool(url, min_size=size, max_size=size)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def _store(url: str) -> AsyncIterator[EventStore]:
    async with open_store(url) as opened:
        yield opened.store


@asynccontextmanager
async def _at_work(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def grow(url: str, millions: float) -> None:
    """Fill the log up to so many million events: whole games of 40 moves, put in by the owner in one go."""
    print(f"\ngrowing the log to {millions:g} million events …", flush=True)
    connection = await asyncpg.connect(url)
    try:
        head = await connection.fetchval("SELECT coalesce(max(position), 0) + 1 FROM fourfold.events")
        for first in range(head, int(millions * 1e6), GROW_BY):
            await connection.execute(_GROW, first, GROW_BY, timeout=600)
        await connection.execute("CHECKPOINT" if await _may_checkpoint(connection) else "SELECT 1", timeout=600)
    finally:
        await connection.close()


_GROW: Final = """
    INSERT INTO fourfold.events (
      position, stream, version, type, schema_version, data, command_id, command_step, recorded_at
    )
    SELECT
      $1::bigint + n,
      'grown-' || md5($1::bigint::text || '-' || (n / 40)::text),
      n % 40 + 1,
      CASE n % 40 WHEN 0 THEN 'GameOpened' WHEN 1 THEN 'GameStarted' ELSE 'MoveMade' END,
      1,
      CASE n % 40
        WHEN 0 THEN '{"opener": "0123456789abcdef", "color": "red", "public": true}'
        WHEN 1 THEN '{"player_one": "0123456789abcdef", "player_two": "fedcba9876543210"}'
        ELSE jsonb_build_object(
          'player', CASE n % 2 WHEN 0 THEN '0123456789abcdef' ELSE 'fedcba9876543210' END,
          'column', substr('ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGG', n % 40 - 1, 1)
        )
      END::jsonb,
      gen_random_uuid(),
      1,
      clock_timestamp()
    FROM generate_series(0, $2::integer - 1) AS n
"""


async def _may_checkpoint(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT pg_has_role(current_user, 'pg_checkpoint', 'MEMBER')"))


async def _as_owner(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


def _print_appends(table: Table) -> None:
    print("Appends from an empty log: durable appends/s (p50 / p99 ms)\n")
    print("| at once | " + " | ".join(str(clients) for clients in CONCURRENCY) + " |")
    print("|---|" + "---|" * len(CONCURRENCY))
    for row in ROWS:
        cells = (table[row][clients] for clients in CONCURRENCY)
        print(f"| {row} | " + " | ".join(f"{c.per_s:,.0f} ({c.p50_ms:.1f} / {c.p99_ms:.1f})" for c in cells) + " |")
    for row, what in (
        (ROWS[3], "share of the bare batched INSERT"),
        (ROWS[1], "times the transaction with NOTIFY"),
    ):
        ratios = (table[ROWS[0]][clients].per_s / table[row][clients].per_s for clients in CONCURRENCY)
        print(f"| {what} | " + " | ".join(f"**{ratio:.2f}**" for ratio in ratios) + " |")
    alone = table[ROWS[0]][1].p50_ms / table[ROWS[1]][1].p50_ms
    print(f"\nA lone append takes {alone:.2f} times as long as a lone transaction with NOTIFY.")


def _print_growth(millions: float, grown: dict[int, Figure], empty: dict[int, Figure]) -> None:
    print(
        f"Appends/s with {millions:g} million events in the log, and how much longer an append takes than at first:"
    )
    for clients, figure in grown.items():
        print(f"  {clients:>5} at once: {figure.per_s:>8,.0f}  × {empty[clients].per_s / figure.per_s:.2f}")


async def _print_reading(url: str) -> None:
    async with _pool(url, 1) as pool, pool.acquire() as connection:
        events, seconds = await _replay(connection)
        print(f"\nReplaying the whole log, every game folded: {events / seconds:,.0f} events/s ({events:,} events)")
        begin = time.perf_counter()
        async for _ in _pages(connection):
            pass
        print(f"Reading the whole log alone: {events / (time.perf_counter() - begin):,.0f} events/s")
    begin = time.perf_counter()
    head = await rebuild_lobby(url)
    print(f"Rebuilding the lobby: {head / (time.perf_counter() - begin):,.0f} events/s")


async def _pages(connection: AnyConnection) -> AsyncIterator[list[object]]:
    after = 0
    while page := await read_log(connection, after, 5000):
        yield list(page)
        after = page[-1].position


async def _replay(connection: AnyConnection) -> tuple[int, float]:
    games: dict[str, Game] = {}
    count, begin, after = 0, time.perf_counter(), 0
    while page := await read_log(connection, after, 5000):
        for stored in page:
            if stored.stream.startswith("grown-"):
                games[stored.stream] = evolve(games.get(stored.stream, UNOPENED), decode(stored).event)
        count += len(page)
        after = page[-1].position
    return count, time.perf_counter() - begin

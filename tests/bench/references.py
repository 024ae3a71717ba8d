"""What the store is compared with: the same work on the same server with fewer promises, or one by one."""

import asyncio
from typing import Final, TypeAlias
from uuid import UUID, uuid4

import asyncpg

from server.eventstore.writer import MAX_BATCH

DATA: Final = '{"player": "0123456789abcdef", "column": "D"}'

AsyncpgPool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

TABLE: Final = """
    CREATE SCHEMA IF NOT EXISTS reference;
    DROP TABLE IF EXISTS reference.single, reference.bare;
    CREATE TABLE reference.single (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      stream text COLLATE "C" NOT NULL,
      version integer NOT NULL,
      type text NOT NULL,
      schema_version smallint NOT NULL,
      data jsonb NOT NULL,
      command_id uuid NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      UNIQUE (stream, version)
    );
    CREATE TABLE reference.bare (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      stream text COLLATE "C" NOT NULL,
      version integer NOT NULL,
      type text NOT NULL,
      schema_version smallint NOT NULL,
      data jsonb NOT NULL,
      command_id uuid NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
"""

_SINGLE: Final = """
    INSERT INTO reference.single (stream, version, type, schema_version, data, command_id)
    VALUES ($1, $2, 'MoveMade', 1, $3, $4)
"""
_SINGLE_NOTIFIED: Final = f"""
    WITH appended AS ({_SINGLE} RETURNING position)
    SELECT pg_notify('reference', $3::jsonb::text) FROM appended
"""
_BARE: Final = """
    INSERT INTO reference.bare (stream, version, type, schema_version, data, command_id)
    SELECT stream, version, 'MoveMade', 1, data, command_id
    FROM unnest($1::text[], $2::integer[], $3::jsonb[], $4::uuid[]) AS a (stream, version, data, command_id)
"""


class SingleTransactions:
    """One transaction for each append, versions kept apart by a constraint; with or without NOTIFY."""

    def __init__(self, pool: AsyncpgPool, run: int, *, notify: bool) -> None:
        self._pool = pool
        self._run = run
        self._statement = _SINGLE_NOTIFIED if notify else _SINGLE

    async def append(self, number: int, turn: int) -> int:
        """Append one event to the client's own stream."""
        stream = f"{self._run}-{number}"
        await self._pool.execute(self._statement, stream, turn + 1, DATA, uuid4())
        return 1


class BareBatches:
    """What is queued goes into one INSERT, without any promise: no version, no idempotence, no order, no notice.

    The clients are those of the store, each waiting for its own row to be committed; so what differs is the
    promises, and not the cost of having clients.
    """

    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self._waiting: list[tuple[str, int, UUID, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()

    async def append(self, number: int, turn: int) -> int:
        """Insert one row, with whatever else is queued."""
        inserted = asyncio.get_running_loop().create_future()
        self._waiting.append((f"game-{number}", turn + 1, uuid4(), inserted))
        self._arrived.set()
        await inserted
        return 1

    async def run(self) -> None:
        """Insert until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._waiting[:MAX_BATCH]:
                del self._waiting[:MAX_BATCH]
                streams, versions, commands, inserted = zip(*batch, strict=True)
                await self._pool.execute(_BARE, streams, versions, [DATA] * len(batch), commands)
                for future in inserted:
                    future.set_result(None)


class BareRows:
    """One caller that inserts ready-made batches of rows as fast as it can: what the machine could do at most."""

    def __init__(self, pool: AsyncpgPool, size: int) -> None:
        self._pool = pool
        self._size = size

    async def insert(self, _number: int, turn: int) -> int:
        """Insert one batch."""
        streams = [f"game-{row}" for row in range(self._size)]
        commands = [uuid4() for _ in range(self._size)]
        await self._pool.execute(_BARE, streams, [turn + 1] * self._size, [DATA] * self._size, commands)
        return self._size

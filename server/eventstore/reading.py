"""The queries that read the log. What they return is in the order of the stream, or of the commits."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from server.database.pool import Pool
from server.database.sessions import AnyConnection
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import RecordedEvent, StoredEvent, decode
from server.eventstore.errors import ForkedHistoryError
from server.eventstore.places import NO_EVENTS, START, LogPosition, StreamHead

PAGE: Final = 1000
"""How many events of the log one read returns at most."""

_COLUMNS: Final = """
    position, stream, version, type, schema_version, data, command_id,
    (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_at_us
"""
_STREAM: Final = f"""
    SELECT {_COLUMNS}
    FROM fourfold.events
    WHERE stream = $1 AND version >= $2
    ORDER BY version
"""  # noqa: S608 — a constant of this module
_LOG: Final = f"""
    SELECT {_COLUMNS}
    FROM fourfold.events
    WHERE position > $1
    ORDER BY position
    LIMIT $2
"""  # noqa: S608 — a constant of this module
_NEWEST: Final = """
    SELECT position, command_id
    FROM fourfold.events
    ORDER BY position DESC
    LIMIT 1
"""
_HOLDS: Final = """
    SELECT EXISTS (
      SELECT FROM fourfold.events
      WHERE position = $1 AND command_id = $2
    )
"""


async def read_stream(
    pool: Pool, game: GameId, after: StreamHead = NO_EVENTS, *, deadline: float | None = None
) -> list[RecordedEvent]:
    """Return a game's events after a place that the caller knows; empty when there are none.

    Raises:
        ForkedHistoryError: the stream does not hold what the caller knows.
        UnknownEventTypeError, msgspec.ValidationError: an event can't be understood.
        One of `CONNECTION_LOST`: Postgres is away, or did not answer in time.
    """
    rows = await pool.fetch(_STREAM, game, after.version, deadline=deadline)  # the place itself is read with it
    if after.command_id is not None:
        _require_same_history(game, after, rows)
    return [decode(_stored(tuple(row))) for row in rows if row["version"] > after.version]


async def read_log(connection: AnyConnection, after: int, limit: int = PAGE) -> list[StoredEvent]:
    """Return up to `limit` events of the whole log after a position, in the order of their commits."""
    return [_stored(tuple(row)) for row in await connection.fetch(_LOG, after, limit)]


async def notification_queue_usage(connection: AnyConnection) -> float:
    """Return how full the cluster's queue of notifications is, from 0 to 1; at 1 nobody can append."""
    return float(await connection.fetchval("SELECT pg_notification_queue_usage()"))


async def read_newest_position(connection: AnyConnection) -> LogPosition:
    """Return the place of the newest event, `START` for an empty log."""
    row = await connection.fetchrow(_NEWEST)
    return START if row is None else LogPosition(row["position"], row["command_id"])


async def is_in_log(connection: AnyConnection, position: LogPosition) -> bool:
    """Whether the log holds, at this position, an event of this command."""
    return position == START or bool(await connection.fetchval(_HOLDS, position.position, position.command_id))


def _require_same_history(game: GameId, known: StreamHead, rows: Sequence[asyncpg.Record]) -> None:
    if not rows or rows[0]["version"] != known.version or rows[0]["command_id"] != known.command_id:
        raise ForkedHistoryError(game, known.version, Version(rows[-1]["version"] if rows else 0))


def _stored(row: tuple[int, str, int, str, int, str, UUID, int]) -> StoredEvent:
    position, stream, version, type_, schema_version, data, command_id, recorded_at_us = row
    return StoredEvent(
        position,
        GameId(stream),
        Version(version),
        type_,
        schema_version,
        msgspec.Raw(data.encode()),
        command_id,
        recorded_at_us,
    )

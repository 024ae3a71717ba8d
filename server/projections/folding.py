"""Fold the log into a read model, exactly once.

The checkpoint moves in the same transaction as the read model, under a lock that ends with that transaction. So a
leader that dies or loses its connection leaves nothing half done, and can't go on writing after another took over.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import asyncpg
import msgspec

from server.database.pool import CONNECTION_LOST, AnyConnection
from server.eventstore.codec import RecordedEvent, decode
from server.eventstore.errors import UnknownEventTypeError
from server.eventstore.store import read_log
from server.instrumentation.fail_points import fail_point

BATCH: Final = 1000
"""How many events one transaction folds in at most."""

_LOCK_CLASS: Final = 4446


class Projection(Protocol):
    """A read model that is a fold over the log."""

    name: str

    async def apply(self, connection: AnyConnection, events: Sequence[RecordedEvent]) -> None:
        """Fold events, in the order of the log, into the read model, within the caller's transaction."""


class PoisonEventError(Exception):
    """An event can't be folded in. The read model stands still before it: nothing is ever skipped."""

    def __init__(self, name: str, after: int, cause: Exception) -> None:
        super().__init__(
            f"projection {name} stands still: an event after position {after} can't be folded in: {cause}"
        )


async def try_to_lead(connection: AnyConnection, name: str) -> bool:
    """Become the only one who writes a read model until the end of the transaction; return False if another is."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock($1, hashtext($2))", _LOCK_CLASS, name))


async def lead(connection: AnyConnection, name: str) -> None:
    """Wait to be the only one who writes a read model until the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK_CLASS, name)


async def checkpoint(connection: AnyConnection, name: str) -> int:
    """Return the position of the last event that a read model holds."""
    position: int | None = await connection.fetchval(
        "SELECT position FROM fourfold.projections WHERE name = $1", name
    )
    return position or 0


async def fold_in(connection: AnyConnection, projection: Projection, name: str) -> int:
    """Fold the next batch into the read model whose checkpoint is `name`; return how many events there were.

    Raises:
        PoisonEventError: one of them can't be folded in; the caller's transaction must be rolled back.
    """
    position = await checkpoint(connection, name)
    events = await read_log(connection, position, BATCH)
    if not events:
        return 0
    try:
        await projection.apply(connection, [decode(stored) for stored in events])
        fail_point("projection.applied")
    except CONNECTION_LOST:
        raise
    except (UnknownEventTypeError, msgspec.ValidationError, asyncpg.PostgresError) as error:
        raise PoisonEventError(name, position, error) from error
    await connection.execute(
        """
        INSERT INTO fourfold.projections (name, position)
        VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET position = excluded.position
        """,
        name,
        events[-1].position,
    )
    return len(events)

"""Read the log, and append to it. The one door to what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from server.database.pool import CONNECTION_LOST, AnyConnection, Pool, read
from server.domain.events import GameEvent
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import RecordedEvent, StoredEvent, decode
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.writer import Append, Appended, Writer

PAGE: Final = 1000
"""How many events of the log one read returns at most."""

NOTHING: Final = Version(0)
"""The version of a stream before its first event."""

_COLUMNS: Final = """
    position, stream, version, type, schema_version, data, command_id,
    (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_at_us
"""
_STREAM: Final = f"""
    SELECT {_COLUMNS}
    FROM fourfold.events
    WHERE stream = $1 AND version > $2
    ORDER BY version
"""  # noqa: S608 — a constant of this module
_LOG: Final = f"""
    SELECT {_COLUMNS}
    FROM fourfold.events
    WHERE position > $1
    ORDER BY position
    LIMIT $2
"""  # noqa: S608 — a constant of this module
_HEAD: Final = """
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


class EventStore:
    """The log of events in one database."""

    def __init__(self, pool: Pool, writer: Writer) -> None:
        self._pool = pool
        self._writer = writer
        self.game_reads = 0
        """How often a game was read."""

    async def append(
        self, game: GameId, expected_version: Version, command_id: UUID, events: Sequence[GameEvent]
    ) -> Appended:
        """Append all of `events` to the game's stream, or none, and return the version they lead to.

        Returns only after the commit. A command that was carried out before is answered as before, marked as a
        duplicate, whatever version is expected now. `expected_version` 0 means that the stream must not exist.

        Raises:
            WrongExpectedVersionError: the stream is at another version; nothing was appended.
            StoreBusyError: too many appends wait; nothing was appended.
            StoreUnavailableError: the outcome is unknown; appending again with the same command id settles it.
            ValueError: there are no events.
        """
        if not events:
            raise ValueError("an append has at least one event")
        return await self._writer.append(Append(game, expected_version, command_id, tuple(events)))

    async def read_stream(self, game: GameId, after: Version = NOTHING) -> list[RecordedEvent]:
        """Return the game's events after a version, in their order; empty when there are none.

        Raises:
            StoreUnavailableError: Postgres did not answer in time.
        """
        self.game_reads += 1
        try:
            rows = await read(self._pool, _STREAM, game, after)
        except CONNECTION_LOST as error:
            raise StoreUnavailableError from error
        return [decode(_stored(tuple(row))) for row in rows]

    async def is_reachable(self) -> bool:
        """Whether Postgres answers."""
        try:
            await read(self._pool, "SELECT 1")
        except CONNECTION_LOST:
            return False
        return True


async def read_log(connection: AnyConnection, after: int, limit: int = PAGE) -> list[StoredEvent]:
    """Return up to `limit` events of the whole log after a position, in the order of their commits."""
    return [_stored(tuple(row)) for row in await connection.fetch(_LOG, after, limit)]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the log that can be missed: its position alone could be another event's by now."""

    position: int
    command_id: UUID


START: Final = Mark(0, UUID(int=0))
"""The place before the first event: every log holds it."""


async def read_head(connection: AnyConnection) -> Mark:
    """Return the place of the newest event, `START` for an empty log."""
    row = await connection.fetchrow(_HEAD)
    return START if row is None else Mark(row["position"], row["command_id"])


async def is_in_log(connection: AnyConnection, mark: Mark) -> bool:
    """Whether the log still holds what lay at `mark`."""
    return mark == START or bool(await connection.fetchval(_HOLDS, mark.position, mark.command_id))


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

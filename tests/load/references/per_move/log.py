"""The log of the textbook server: each command is one transaction that reads, folds, decides, inserts, notifies.

Two transactions that decide on the same version both insert it, and a constraint lets only one of them commit.
"""

import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from server.database.pool import AnyConnection, Pool
from server.domain.commands import Command, OpenGame
from server.domain.decide import decide
from server.domain.errors import UnknownGameError
from server.domain.game import fold
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import EVENT_TYPES, RecordedEvent, encode
from server.transport.encoding import encode_event, encode_events

CHANNEL: Final = "reference_events"

CONNECTIONS: Final = 10

_SCHEMA: Final = """
    CREATE SCHEMA IF NOT EXISTS reference;
    CREATE TABLE IF NOT EXISTS reference.events (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      stream text COLLATE "C" NOT NULL,
      version integer NOT NULL,
      type text NOT NULL,
      data jsonb NOT NULL,
      command_id uuid NOT NULL,
      recorded_at timestamptz NOT NULL,
      CONSTRAINT one_event_per_version UNIQUE (stream, version)
    )
"""
_READ: Final = """
    SELECT position, version, type, data, command_id, recorded_at
    FROM reference.events
    WHERE stream = $1 AND version > $2
    ORDER BY version
"""
_INSERT: Final = """
    INSERT INTO reference.events (stream, version, type, data, command_id, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""

_DECODERS: Final = {name: msgspec.json.Decoder(event_type) for name, event_type in EVENT_TYPES.items()}


class StaleVersionError(Exception):
    """The game has moved on since the version that a command was meant for."""

    code: Final = "wrong_expected_version"

    def __init__(self) -> None:
        super().__init__("The game is at another version.")


@dataclass(frozen=True, slots=True)
class Log:
    """The events of all games."""

    pool: Pool

    async def act(
        self, game: GameId, command: Command, command_id: UUID, expected_version: Version | None = None
    ) -> tuple[Version, bool]:
        """Carry a command out; return the version it led to, and whether it was carried out before.

        Raises:
            ConnectFourError: the rules refuse it.
            StaleVersionError: the game is at another version, or another command was faster.
        """
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                history = await _read(connection, game)
                if before := [recorded for recorded in history if recorded.command_id == command_id]:
                    return before[-1].version, True
                if not history and not isinstance(command, OpenGame):
                    raise UnknownGameError
                if expected_version is not None and expected_version != len(history):
                    raise StaleVersionError
                return await _append(connection, game, history, command, command_id), False
        except asyncpg.UniqueViolationError as error:
            raise StaleVersionError from error

    async def read(self, game: GameId, after: int = 0) -> list[RecordedEvent]:
        """Return the events of a game after a version, none if there is no such game."""
        async with self.pool.acquire() as connection:
            return await _read(connection, game, after)


async def open_log(database_url: str) -> Log:
    """Connect and make the tables; who opens a log closes its pool."""
    pool = await asyncpg.create_pool(
        database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=_nothing_to_reset
    )
    await pool.execute(_SCHEMA)
    return Log(pool)


def events_frame(game: GameId, events: list[RecordedEvent]) -> str:
    """Return the frame that tells events. Names are left out: no load generator looks at them."""
    return encode_events(game, [encode_event(recorded) for recorded in events]).decode()


async def _read(connection: AnyConnection, game: GameId, after: int = 0) -> list[RecordedEvent]:
    return [_recorded(game, row) for row in await connection.fetch(_READ, game, after)]


def _recorded(game: GameId, row: asyncpg.Record) -> RecordedEvent:
    position, version, name, data, command_id, recorded_at = row
    recorded_at_us = int(recorded_at.timestamp() * 1e6)
    return RecordedEvent(position, game, version, _DECODERS[name].decode(data), command_id, recorded_at_us)


async def _append(
    connection: AnyConnection, game: GameId, history: list[RecordedEvent], command: Command, command_id: UUID
) -> Version:
    """Decide, insert and notify, within the caller's transaction; the notification is the frame for watchers."""
    happened = decide(command, fold(recorded.event for recorded in history))
    now = time.time_ns() // 1000
    appended = [
        RecordedEvent(0, game, Version(version), event, command_id, now)
        for version, event in enumerate(happened, len(history) + 1)
    ]
    if appended:
        await connection.executemany(_INSERT, [_row(recorded) for recorded in appended])
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, events_frame(game, appended))
    return Version(len(history) + len(appended))


def _row(recorded: RecordedEvent) -> tuple[object, ...]:
    name, _, data = encode(recorded.event)
    return (recorded.game, recorded.version, name, data, recorded.command_id, recorded.recorded_at)


async def _nothing_to_reset(_connection: Any) -> None:
    """Spare the textbook server the round trip with which asyncpg cleans a session that it never used."""

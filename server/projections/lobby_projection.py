"""How the log makes the lobby: one row for each game, which its events change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from server.database.pool import AnyConnection
from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TimeCredited,
)
from server.domain.vocabulary import GameId
from server.eventstore.codec import RecordedEvent

_OPEN: Final = """
    INSERT INTO {table} (
      game, opened_position, status, version, public, color, opener, opened_at, updated_at
    )
    VALUES ($1, $2, 'open', 1, $3, $4, $5, $6, $6)
"""
_CHANGE: Final = """
    UPDATE {table} AS lobby
    SET
      version = change.version,
      updated_at = change.updated_at,
      status = coalesce(change.status, lobby.status),
      player_one = coalesce(change.player_one, lobby.player_one),
      player_two = coalesce(change.player_two, lobby.player_two),
      result = coalesce(change.result, lobby.result),
      reason = coalesce(change.reason, lobby.reason)
    FROM unnest(
      $1::text[], $2::integer[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]
    ) AS change (game, version, updated_at, status, player_one, player_two, result, reason)
    WHERE lobby.game = change.game
"""


@dataclass(slots=True)
class _Change:
    """What a batch of events changes in one game; None is "as it was"."""

    last: RecordedEvent
    status: str | None = None
    player_one: str | None = None
    player_two: str | None = None
    result: str | None = None
    reason: str | None = None


class LobbyProjection:
    """Folds the log into the table `lobby`, or into another of the same shape."""

    name = "lobby"

    def __init__(self, table: str = "lobby") -> None:
        self._open = _OPEN.format(table=table)
        self._change = _CHANGE.format(table=table)

    async def apply(self, connection: AnyConnection, events: Sequence[RecordedEvent]) -> None:
        """Fold events into the lobby: one statement for all games opened, one for all that went on."""
        opened: list[tuple[object, ...]] = []
        changes: dict[GameId, _Change] = {}
        for recorded in events:
            change = changes.setdefault(recorded.game, _Change(recorded))
            change.last = recorded
            match recorded.event:
                case GameOpened(opener, color, public):
                    row = (recorded.game, recorded.position, public, color.value, opener, recorded.recorded_at)
                    opened.append(row)
                case GameStarted(player_one, player_two):
                    change.status, change.player_one, change.player_two = "live", player_one, player_two
                case GameFinished(result, reason):
                    change.status, change.result, change.reason = "finished", result.value, reason.value
                case MoveMade() | DrawOffered() | DrawDeclined() | TimeCredited():
                    pass
                case RematchOffered() | RematchDeclined() | RematchAccepted():
                    pass
                case _:
                    assert_never(recorded.event)
        if opened:
            await connection.executemany(self._open, opened)
        await connection.execute(self._change, *_columns(changes))


def _columns(changes: dict[GameId, _Change]) -> tuple[list[Any], ...]:
    rows = [
        (game, c.last.version, c.last.recorded_at, c.status, c.player_one, c.player_two, c.result, c.reason)
        for game, c in changes.items()
    ]
    return tuple([row[column] for row in rows] for column in range(8))

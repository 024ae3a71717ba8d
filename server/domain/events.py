"""What can have happened in a game: the only thing that is ever stored.

Events are past tense and public. They hold no secret and no personal data beyond a player's id.
A stored event is never changed: a new shape is a new schema version (see `server.eventstore.codec`). An optional
field is None here when it does not apply, and then absent wherever the event is stored or sent.
"""

from dataclasses import dataclass
from typing import assert_never

from server.domain.clocks import Clock
from server.domain.terms import Origin
from server.domain.vocabulary import Color, Column, CreditReason, EndReason, GameId, GameResult, PlayerId


@dataclass(frozen=True, slots=True)
class GameOpened:
    """A player opened a game and waits for an opponent. `public` games are listed in the lobby.

    `clock` is absent in a game in which everybody may think as long as they like. A rematch names the `previous`
    game of its series, and starts at once. A game that is played on from a position names that as its `origin`.
    """

    opener: PlayerId
    color: Color
    public: bool
    clock: Clock | None = None
    previous: GameId | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class GameStarted:
    """The second seat was taken. Player one holds RED and moves first; chance, if asked for, has spoken.

    In a game with an origin, `replayed` says how many moves are taken over from there. They follow at once, in the
    same append; absent is none. See `server.domain.play_on`.
    """

    player_one: PlayerId
    player_two: PlayerId
    replayed: int | None = None


@dataclass(frozen=True, slots=True)
class MoveMade:
    """A player dropped a token into a column.

    In a game with a clock `took_ms` is what the move cost: the time on the server's clock, less `credited_ms` for
    the lag of the network. The first move of each side is free and takes 0.
    """

    player: PlayerId
    column: Column
    took_ms: int | None = None
    credited_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DrawOffered:
    """A player offered a draw. A move of the opponent declines it, without an event of its own."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class DrawDeclined:
    """A player declined the opponent's offer of a draw."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class TimeCredited:
    """Time was given back that no player had used, as after an outage of the server."""

    player_one_ms: int
    player_two_ms: int
    reason: CreditReason


@dataclass(frozen=True, slots=True)
class GameFinished:
    """The game is over. Appended together with the move that ended it, if a move did."""

    result: GameResult
    reason: EndReason


@dataclass(frozen=True, slots=True)
class RematchOffered:
    """A player of a game that is over offered another one."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class RematchDeclined:
    """A player declined the opponent's offer of a rematch."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class RematchAccepted:
    """Both players want another game, and this is its id. See `server.domain.rematch` for how it comes about."""

    game: GameId


RematchEvent = RematchOffered | RematchDeclined | RematchAccepted

GameEvent = (
    GameOpened | GameStarted | MoveMade | DrawOffered | DrawDeclined | TimeCredited | GameFinished | RematchEvent
)


def players_in(event: GameEvent) -> set[PlayerId]:
    """Return the players that an event seats; a move names only who sits already."""
    match event:
        case GameOpened(opener):
            return {opener}
        case GameStarted(player_one, player_two):
            return {player_one, player_two}
        case MoveMade() | DrawOffered() | DrawDeclined() | TimeCredited() | GameFinished():
            return set()
        case RematchOffered() | RematchDeclined() | RematchAccepted():
            return set()
        case _:
            assert_never(event)

"""How a game ends otherwise than by a move."""

from typing import assert_never

from server.domain.commands import Abort, Resign
from server.domain.errors import (
    GameFinishedError,
    GameGoesOnError,
    NotAPlayerError,
    TooLateToAbortError,
    UnknownGameError,
)
from server.domain.events import GameEvent, GameFinished
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened
from server.domain.rules.standing import running
from server.domain.vocabulary import EndReason, GameResult


def resign(command: Resign, game: Game) -> tuple[GameEvent, ...]:
    """Give the game to the opponent, at any time."""
    played = running(game, command.player)
    winner = played.opponent_of(command.player)
    return (GameFinished(played.victory_of(winner), EndReason.RESIGNATION),)


def abort(command: Abort, game: Game) -> tuple[GameEvent, ...]:
    """Call the game off while it does not count yet; the opener may do so before anybody joins."""
    if isinstance(game, Open):
        if command.player != game.opener:
            raise NotAPlayerError(command.player)
    elif running(game, command.player).each_side_has_moved:
        raise TooLateToAbortError
    return (GameFinished(GameResult.ABORTED, EndReason.ABORTED),)


def expire(game: Game) -> tuple[GameEvent, ...]:
    """End a game that nobody joined."""
    match game:
        case Open():
            return (GameFinished(GameResult.ABORTED, EndReason.EXPIRED),)
        case InProgress():
            raise GameGoesOnError
        case Finished() | NeverStarted():
            raise GameFinishedError
        case Unopened():
            raise UnknownGameError
        case _:
            assert_never(game)

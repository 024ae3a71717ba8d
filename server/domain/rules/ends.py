"""How a game ends otherwise than by a move."""

from typing import assert_never

from server.domain.commands import Abort, ClaimDraw, ClaimWin, Resign
from server.domain.errors import (
    ClockRunsError,
    GameFinishedError,
    NotAPlayerError,
    NotGoneError,
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


def claim_win(command: ClaimWin, game: Game) -> tuple[GameEvent, ...]:
    """Win because the opponent has left."""
    played = _abandoned(command, game)
    return (GameFinished(played.victory_of(command.player), EndReason.ABANDONMENT),)


def claim_draw(command: ClaimDraw, game: Game) -> tuple[GameEvent, ...]:
    """Call it a draw because the opponent has left."""
    _abandoned(command, game)
    return (GameFinished(GameResult.TIED, EndReason.ABANDONMENT),)


def expire(game: Game) -> tuple[GameEvent, ...]:
    """End a game that nobody joined, or that nobody goes on with."""
    match game:
        case InProgress() if game.clock_runs:
            raise ClockRunsError
        case Open() | InProgress():
            return (GameFinished(GameResult.ABORTED, EndReason.EXPIRED),)
        case Finished() | NeverStarted():
            raise GameFinishedError
        case Unopened():
            raise UnknownGameError
        case _:
            assert_never(game)


def _abandoned(command: ClaimWin | ClaimDraw, game: Game) -> InProgress:
    played = running(game, command.player)
    if not command.opponent_gone:
        raise NotGoneError
    return played

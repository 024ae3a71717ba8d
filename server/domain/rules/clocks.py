"""What a move costs on the clock, whose flag falls, and what time is given back."""

from server.domain.commands import CallFlag, CreditTime, MakeMove
from server.domain.errors import (
    GameFinishedError,
    GameNotStartedError,
    TimeIsUpError,
    TimeNotUpError,
    UnknownGameError,
)
from server.domain.events import GameEvent, GameFinished, TimeCredited
from server.domain.game import Game, InProgress, Open, Unopened
from server.domain.vocabulary import EndReason, Token


def times_of(command: MakeMove, game: InProgress) -> tuple[int | None, int | None]:
    """Return what a move takes and what is credited for it; None and None in a game without a clock."""
    if game.clocks is None:
        return None, None
    if not game.each_side_has_moved:
        return 0, 0  # the first move of each side is free
    timing = command.timing
    if timing is None:
        raise ValueError("a clock runs in this game: the command must say how long the move took")
    if timing.took_ms >= game.clocks.left_to(player_one=game.board.next_token is Token.RED):
        raise TimeIsUpError
    return timing.took_ms, timing.credited_ms


def call_flag(command: CallFlag, game: Game) -> tuple[GameEvent, ...]:
    """End the game for the player whose time has run out."""
    played = _going_on(game)
    limit_ms = played.flag_falls_after_ms
    if limit_ms is None or command.elapsed_ms < limit_ms:
        raise TimeNotUpError
    winner = played.opponent_of(played.next_player)
    return (GameFinished(played.victory_of(winner), EndReason.TIMEOUT),)


def credit_time(command: CreditTime, game: Game) -> tuple[GameEvent, ...]:
    """Give time back, if a clock runs at all."""
    amounts = (command.player_one_ms, command.player_two_ms)
    if min(amounts) < 0:
        raise ValueError(f"time is given back, never taken: {command}")
    if not _going_on(game).clock_runs or not any(amounts):
        return ()
    return (TimeCredited(*amounts, command.reason),)


def _going_on(game: Game) -> InProgress:
    match game:
        case InProgress():
            return game
        case Unopened():
            raise UnknownGameError
        case Open():
            raise GameNotStartedError
        case _:
            raise GameFinishedError

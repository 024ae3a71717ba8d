"""Which result and reason can end a game in which position: what a log may say of an end."""

from server.domain.states import InProgress
from server.domain.vocabulary import EndReason, GameResult

_WON = (GameResult.PLAYER_ONE_WON, GameResult.PLAYER_TWO_WON)


def can_end_unjoined(result: GameResult, reason: EndReason) -> bool:
    """Whether a game can end so that nobody has joined: without an opponent nobody wins or loses."""
    return result is GameResult.ABORTED and reason in (EndReason.ABORTED, EndReason.EXPIRED)


def can_end_so(game: InProgress, result: GameResult, reason: EndReason) -> bool:
    """Whether a game can end with `result` for `reason` in the position that it is in.

    A line or a full board ends a game by itself, so no other reason can end it then.
    """
    board = game.board
    if reason is EndReason.FOUR_IN_A_ROW:
        return board.has_line() and result is game.victory_of(game.opponent_of(game.next_player))
    if reason is EndReason.BOARD_FULL:
        return board.is_full and result is GameResult.TIED and not board.has_line()
    return game.is_at_rest and _can_be_called(game, result, reason)


def _can_be_called(game: InProgress, result: GameResult, reason: EndReason) -> bool:  # noqa: PLR0911
    match reason:
        case EndReason.RESIGNATION:
            return result in _WON
        case EndReason.AGREEMENT:
            return result is GameResult.TIED and game.draws.open_by is not None
        case EndReason.TIMEOUT:
            return game.clock_runs and result is game.victory_of(game.opponent_of(game.next_player))
        case EndReason.ABANDONMENT:
            return result is not GameResult.ABORTED
        case EndReason.ABORTED:
            return result is GameResult.ABORTED and not game.each_side_has_moved
        case EndReason.EXPIRED:
            return result is GameResult.ABORTED and not game.clock_runs
        case _:
            return False

"""How a token is dropped, and how that ends a game."""

from server.domain.commands import MakeMove
from server.domain.errors import ColumnFullError, NotYourTurnError
from server.domain.events import GameEvent, GameFinished, MoveMade
from server.domain.game import Game
from server.domain.rules.clocks import times_of
from server.domain.rules.standing import running
from server.domain.vocabulary import EndReason, GameResult


def make_move(command: MakeMove, game: Game) -> tuple[GameEvent, ...]:
    """Drop a token. The end and the move that brings it are one append: nobody sees a won game go on."""
    player, column = command.player, command.column
    played = running(game, player)
    if player != played.next_player:
        raise NotYourTurnError(player)
    if not played.board.has_room_in_column(column):
        raise ColumnFullError(column)
    moved = MoveMade(player, column, *times_of(command, played))
    board = played.board.drop(column)
    if board.has_line():
        return (moved, GameFinished(played.victory_of(player), EndReason.FOUR_IN_A_ROW))
    if board.is_full:
        return (moved, GameFinished(GameResult.TIED, EndReason.BOARD_FULL))
    return (moved,)

"""The rules of the game: what a command makes happen, or why it is refused."""

from typing import assert_never

from server.domain.commands import Command, ExpireGame, JoinGame, MakeMove, OpenGame, Resign
from server.domain.errors import (
    ColumnFullError,
    GameAlreadyOpenedError,
    GameFinishedError,
    GameFullError,
    GameGoesOnError,
    GameNotStartedError,
    NotAPlayerError,
    NotYourTurnError,
    OwnGameError,
    UnknownGameError,
)
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened
from server.domain.vocabulary import Color, EndReason, GameResult, PlayerId


def decide(command: Command, game: Game) -> tuple[GameEvent, ...]:
    """Return what happens when `command` meets `game`; the rules live here and nowhere else.

    An empty tuple means that what was asked for is so already.

    Raises:
        ConnectFourError: the rules refuse the command, and nothing happens.
    """
    match command:
        case OpenGame(player, color, public):
            if not isinstance(game, Unopened):
                raise GameAlreadyOpenedError
            return (GameOpened(player, color, public),)
        case JoinGame():
            return _join(command, game)
        case MakeMove():
            return _move(command, game)
        case Resign(player):
            running = _running(game, player)
            winner = running.player_two if player == running.player_one else running.player_one
            return (GameFinished(_victory_of(running, winner), EndReason.RESIGNATION),)
        case ExpireGame():
            return _expiry(game)
        case _:
            assert_never(command)


def _join(command: JoinGame, game: Game) -> tuple[GameEvent, ...]:
    match game:
        case Open(opener, color):
            if command.player == opener:
                raise OwnGameError
            opener_first = command.coin if color is Color.RANDOM else color is Color.RED
            seats = (opener, command.player) if opener_first else (command.player, opener)
            return (GameStarted(*seats),)
        case InProgress() | Finished():
            if command.player not in game.seats:
                raise GameFullError
            return ()
        case NeverStarted():
            raise GameFinishedError
        case Unopened():
            raise UnknownGameError
        case _:
            assert_never(game)


def _move(command: MakeMove, game: Game) -> tuple[GameEvent, ...]:
    running = _running(game, command.player)
    if command.player != running.next_player:
        raise NotYourTurnError(command.player)
    if not running.board.has_room_in_column(command.column):
        raise ColumnFullError(command.column)
    moved = MoveMade(command.player, command.column)
    board = running.board.drop(command.column)
    if board.has_line():
        return (moved, GameFinished(_victory_of(running, command.player), EndReason.FOUR_IN_A_ROW))
    if board.is_full:
        return (moved, GameFinished(GameResult.TIED, EndReason.BOARD_FULL))
    return (moved,)  # the end and the move that brings it are one append: nobody sees a won game go on


def _expiry(game: Game) -> tuple[GameEvent, ...]:
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


def _running(game: Game, player: PlayerId) -> InProgress:
    """Return the game if it goes on and `player` has a seat in it."""
    match game:
        case Unopened():
            raise UnknownGameError
        case Open():
            raise GameNotStartedError
        case InProgress() | Finished() | NeverStarted():
            if player not in game.seats:
                raise NotAPlayerError(player)
            if not isinstance(game, InProgress):
                raise GameFinishedError
            return game
        case _:
            assert_never(game)


def _victory_of(game: InProgress, winner: PlayerId) -> GameResult:
    return GameResult.PLAYER_ONE_WON if winner == game.player_one else GameResult.PLAYER_TWO_WON

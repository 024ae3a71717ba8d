"""How a game is opened, and how its second seat is taken."""

from typing import assert_never

from server.domain.commands import JoinGame, OpenGame
from server.domain.errors import (
    GameAlreadyOpenedError,
    GameFinishedError,
    GameFullError,
    OwnGameError,
    UnknownGameError,
)
from server.domain.events import GameEvent, GameOpened, GameStarted
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened
from server.domain.vocabulary import Color


def open_game(command: OpenGame, game: Game) -> tuple[GameEvent, ...]:
    """Open a game that is not there yet."""
    if not isinstance(game, Unopened):
        raise GameAlreadyOpenedError
    return (GameOpened(command.player, command.color, command.public, command.clock),)


def join_game(command: JoinGame, game: Game) -> tuple[GameEvent, ...]:
    """Seat the second player and start the game; who sits already may join again, to no effect."""
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

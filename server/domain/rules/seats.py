"""How a game is opened, and how its second seat is taken."""

from typing import assert_never

from server.domain.commands import JoinGame, OpenGame
from server.domain.errors import (
    GameAlreadyOpenedError,
    GameFinishedError,
    GameFullError,
    OwnGameError,
    PositionDecidedError,
    UnknownGameError,
)
from server.domain.events import GameEvent, GameOpened, GameStarted
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened
from server.domain.play_on import can_be_played_on, replayed_by
from server.domain.vocabulary import Color, Column, PlayerId


def open_game(command: OpenGame, game: Game) -> tuple[GameEvent, ...]:
    """Open a game that is not there yet, from the beginning or from a position that can be played on."""
    if not isinstance(game, Unopened):
        raise GameAlreadyOpenedError
    if command.origin is not None and not can_be_played_on(command.opening):
        raise PositionDecidedError
    return (GameOpened(command.player, command.color, command.public, command.clock, origin=command.origin),)


def join_game(command: JoinGame, game: Game) -> tuple[GameEvent, ...]:
    """Seat the second player and start the game; a player who has a seat may join again, to no effect."""
    match game:
        case Open(opener, color):
            if command.player == opener:
                raise OwnGameError
            opener_first = command.coin if color is Color.RANDOM else color is Color.RED
            seats = (opener, command.player) if opener_first else (command.player, opener)
            return _start(game, seats, command.opening)
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


def _start(
    game: Open, seats: tuple[PlayerId, PlayerId], opening: tuple[Column, ...] | None
) -> tuple[GameEvent, ...]:
    if game.terms.origin is None:
        return (GameStarted(*seats),)
    if opening is None:
        raise ValueError("this game is played on from another one: the command must say which moves are replayed")
    if not can_be_played_on(opening):
        raise PositionDecidedError
    return (GameStarted(*seats, replayed=len(opening) or None), *replayed_by(seats, opening))

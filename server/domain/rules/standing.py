"""Who may act in a game at all: what must hold before any other rule is looked at."""

from typing import assert_never

from server.domain.errors import GameFinishedError, GameNotStartedError, NotAPlayerError, UnknownGameError
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened
from server.domain.vocabulary import PlayerId


def running(game: Game, player: PlayerId) -> InProgress:
    """Return the game if it goes on and `player` has a seat in it.

    Raises:
        UnknownGameError, GameNotStartedError, NotAPlayerError, GameFinishedError: it is not so.
    """
    match game:
        case InProgress():
            if player not in (game.player_one, game.player_two):
                raise NotAPlayerError(player)
            return game
        case Finished() | NeverStarted():
            if player not in game.seats:
                raise NotAPlayerError(player)
            raise GameFinishedError
        case Open():
            raise GameNotStartedError
        case Unopened():
            raise UnknownGameError
        case _:
            assert_never(game)

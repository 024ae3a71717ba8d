"""A game as the fold of its events: one state for each status, so that nonsense cannot be written down."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Final, assert_never

from server.domain.board import Board
from server.domain.errors import BrokenLogError
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.vocabulary import Color, EndReason, GameResult, PlayerId, Token


@dataclass(frozen=True, slots=True)
class Unopened:
    """No event yet."""


@dataclass(frozen=True, slots=True)
class Open:
    """One seat is taken, the other free."""

    opener: PlayerId
    color: Color
    public: bool


@dataclass(frozen=True, slots=True)
class InProgress:
    """Two players and a board on which nobody has won."""

    player_one: PlayerId
    player_two: PlayerId
    board: Board

    @property
    def next_player(self) -> PlayerId:
        """The player whose turn it is."""
        return self.player_one if self.board.next_token is Token.RED else self.player_two

    @property
    def seats(self) -> tuple[PlayerId, PlayerId]:
        """Player one and player two."""
        return (self.player_one, self.player_two)


@dataclass(frozen=True, slots=True)
class Finished:
    """A game that is over, with its last position."""

    player_one: PlayerId
    player_two: PlayerId
    board: Board
    result: GameResult
    reason: EndReason

    @property
    def seats(self) -> tuple[PlayerId, PlayerId]:
        """Player one and player two."""
        return (self.player_one, self.player_two)


@dataclass(frozen=True, slots=True)
class NeverStarted:
    """A game that is over before anybody took its other seat: there is an opener, and no opponent and no move."""

    opener: PlayerId
    reason: EndReason

    @property
    def seats(self) -> tuple[PlayerId]:
        """The opener, who plays no colour."""
        return (self.opener,)


Over = Finished | NeverStarted
"""A game that has ended, with or without having begun."""

Game = Unopened | Open | InProgress | Over

UNOPENED: Final = Unopened()


def evolve(game: Game, event: GameEvent) -> Game:
    """Return the game one event later.

    It never refuses: what is in the log has happened.

    Raises:
        BrokenLogError: the event cannot follow, so the log is not one that `decide` wrote.
    """
    match event, game:
        case GameOpened(opener, color, public), Unopened():
            return Open(opener, color, public)
        case GameStarted(player_one, player_two), Open(opener) if opener in (player_one, player_two):
            return InProgress(player_one, player_two, Board())
        case MoveMade(player, column), InProgress(player_one, player_two, board) as running:
            if player == running.next_player and board.has_room_in_column(column) and not board.has_line():
                return InProgress(player_one, player_two, board.drop(column))
        case GameFinished(result, reason), InProgress(player_one, player_two, board):
            return Finished(player_one, player_two, board, result, reason)
        case GameFinished(GameResult.ABORTED, EndReason.EXPIRED as reason), Open(opener):
            return NeverStarted(opener, reason)
        case ((GameOpened() | GameStarted() | MoveMade() | GameFinished()), _):
            pass
        case _:
            assert_never(event)
    raise BrokenLogError(f"{event} cannot follow {game}")


def leaves_the_position(event: GameEvent) -> bool:
    """Whether board and turn after `event` are what the players saw before it.

    A command that crossed only such events means what it meant, so it may be decided again without asking. So far
    every event changes what a player would want to see first.
    """
    match event:
        case GameOpened() | GameStarted() | MoveMade() | GameFinished():
            return False
        case _:
            assert_never(event)


def fold(events: Iterable[GameEvent], game: Game = UNOPENED) -> Game:
    """Return what `events`, in their order, make of `game`."""
    return reduce(evolve, events, game)

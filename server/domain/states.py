"""The statuses of a game, one class for each, so that nonsense cannot be written down."""

from dataclasses import dataclass
from typing import Final

from server.domain.board import Board
from server.domain.clocks import MAX_LAG_CREDIT_MS, Clocks
from server.domain.draws import NO_DRAW_OFFERS, DrawOffers
from server.domain.rematch import NO_REMATCH, Rematch
from server.domain.terms import Terms
from server.domain.vocabulary import Color, EndReason, GameResult, PlayerId, Token


@dataclass(frozen=True, slots=True)
class Unopened:
    """No event yet."""


@dataclass(frozen=True, slots=True)
class Open:
    """One seat is taken, the other free."""

    opener: PlayerId
    color: Color
    terms: Terms


@dataclass(frozen=True, slots=True)
class InProgress:
    """Two players and a board on which nobody has won."""

    player_one: PlayerId
    player_two: PlayerId
    board: Board
    terms: Terms
    draws: DrawOffers = NO_DRAW_OFFERS
    clocks: Clocks | None = None
    """Not None in a game with a clock."""

    @property
    def seats(self) -> tuple[PlayerId, PlayerId]:
        """Player one and player two."""
        return (self.player_one, self.player_two)

    @property
    def is_at_rest(self) -> bool:
        """Whether the append that led here is complete: no move is left to replay, and no end to follow a move."""
        board = self.board
        return board.moves_made >= self.terms.replayed and not board.is_full and not board.has_line()

    @property
    def each_side_has_moved(self) -> bool:
        """Whether each side has made a move here: from then on the game counts, and can't be aborted."""
        return self.board.moves_made >= self.terms.replayed + 2

    @property
    def next_player(self) -> PlayerId:
        """The player whose turn it is."""
        return self.player_one if self.board.next_token is Token.RED else self.player_two

    @property
    def clock_runs(self) -> bool:
        """Whether time runs for the next player: in a game with a clock, once each side has moved."""
        return self.clocks is not None and self.each_side_has_moved

    @property
    def flag_falls_after_ms(self) -> int | None:
        """How long the turn may last before the flag is called; None while no clock runs.

        It is a little more than the next player has left: a move that was made in time may still be on its way.
        """
        if self.clocks is None or not self.each_side_has_moved:
            return None
        return self.clocks.left_to(player_one=self.board.next_token is Token.RED) + MAX_LAG_CREDIT_MS

    def opponent_of(self, player: PlayerId) -> PlayerId:
        """Return the other player; `player` has one of the seats."""
        return self.player_two if player == self.player_one else self.player_one

    def victory_of(self, player: PlayerId) -> GameResult:
        """Return the result with which `player`, who has one of the seats, wins."""
        return GameResult.PLAYER_ONE_WON if player == self.player_one else GameResult.PLAYER_TWO_WON


@dataclass(frozen=True, slots=True)
class Finished:
    """A game that is over, with its last position."""

    player_one: PlayerId
    player_two: PlayerId
    board: Board
    result: GameResult
    reason: EndReason
    terms: Terms
    clocks: Clocks | None = None
    """What was left to each side when the last turn began, and nothing to one whose time ran out."""
    rematch: Rematch = NO_REMATCH

    @property
    def seats(self) -> tuple[PlayerId, PlayerId]:
        """Player one and player two."""
        return (self.player_one, self.player_two)

    def opponent_of(self, player: PlayerId) -> PlayerId:
        """Return the other player; `player` has one of the seats."""
        return self.player_two if player == self.player_one else self.player_one


@dataclass(frozen=True, slots=True)
class NeverStarted:
    """A game that is over before anybody took its other seat: there is an opener, and no opponent and no move."""

    opener: PlayerId
    reason: EndReason
    terms: Terms

    @property
    def seats(self) -> tuple[PlayerId]:
        """The opener, who plays no colour."""
        return (self.opener,)


Over = Finished | NeverStarted
"""A game that has ended, with or without having begun."""

Game = Unopened | Open | InProgress | Over

UNOPENED: Final = Unopened()

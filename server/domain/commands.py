"""What somebody may ask for: imperative, and possibly refused."""

from dataclasses import dataclass

from server.domain.clocks import Clock, Timing
from server.domain.terms import Origin
from server.domain.vocabulary import Color, Column, CreditReason, GameId, PlayerId


@dataclass(frozen=True, slots=True)
class OpenGame:
    """Open a game and take one of its seats.

    With an `origin`, `opening` is the columns of all moves up to there (see `server.domain.play_on`).
    """

    player: PlayerId
    color: Color
    public: bool
    clock: Clock | None = None
    origin: Origin | None = None
    opening: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinGame:
    """Take the other seat.

    `coin` is the toss for a game whose opener asked for a random colour: true gives the opener RED.
    The domain knows no chance, so the caller tosses it. Nor does it read other games: for a game with an origin,
    `opening` is the columns of all moves up to there.
    """

    player: PlayerId
    coin: bool
    opening: tuple[Column, ...] | None = None


@dataclass(frozen=True, slots=True)
class MakeMove:
    """Drop a token into a column.

    In a game whose clock runs, `timing` is what the server measured; elsewhere it is not looked at.
    """

    player: PlayerId
    column: Column
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class Resign:
    """Give the game to the opponent."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class Abort:
    """Call a game off before each side has moved, or close one that nobody has joined; nobody wins or loses."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class OfferDraw:
    """Offer the opponent a draw, or agree to the one that the opponent has offered."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class AcceptDraw:
    """Agree to the draw that the opponent has offered."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class DeclineDraw:
    """Say no to the draw that the opponent has offered."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class ClaimWin:
    """Claim the game because the opponent has left it.

    Presence is no event, so whether the opponent has been gone for long enough is a fact that the caller knows.
    """

    player: PlayerId
    opponent_gone: bool


@dataclass(frozen=True, slots=True)
class ClaimDraw:
    """Claim a draw because the opponent has left, under the same condition as `ClaimWin`."""

    player: PlayerId
    opponent_gone: bool


@dataclass(frozen=True, slots=True)
class OfferRematch:
    """Offer the opponent of a game that is over another one, or agree to the one that the opponent has offered.

    `new_game` is an id that is not taken: that of the new game, should this agree.
    """

    player: PlayerId
    new_game: GameId


@dataclass(frozen=True, slots=True)
class AcceptRematch:
    """Agree to the rematch that the opponent has offered; `new_game` is the id that the new game is to have."""

    player: PlayerId
    new_game: GameId


@dataclass(frozen=True, slots=True)
class DeclineRematch:
    """Say no to the rematch that the opponent has offered."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class OpenRematch:
    """Open and start the game that a rematch was promised to be. The server's own command.

    `server.domain.rules.rematches.rematch_of` makes it of the old game, and nothing else should.
    """

    previous: GameId
    opener: PlayerId
    player_one: PlayerId
    player_two: PlayerId
    public: bool
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class ExpireGame:
    """End a game that nobody goes on with. While a clock runs it is the clock that ends the game.

    The server's own command: no player can ask for it. The caller has seen that nothing happens any more and
    names the version at which it saw that: if somebody acts at the same moment, the game goes on.
    """


@dataclass(frozen=True, slots=True)
class CallFlag:
    """End a game because the time of the next player has run out. The server's own command.

    `elapsed_ms` is how long the turn has lasted, since the last move was recorded. What was lost to an outage of
    the server is not taken out of it, but credited.
    """

    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class CreditTime:
    """Give time back that no player has used. The server's own command; neither amount is negative."""

    player_one_ms: int
    player_two_ms: int
    reason: CreditReason


PlayerCommand = (
    MakeMove
    | Resign
    | Abort
    | OfferDraw
    | AcceptDraw
    | DeclineDraw
    | ClaimWin
    | ClaimDraw
    | OfferRematch
    | AcceptRematch
    | DeclineRematch
)
"""All that a player asks for in a game that they saw at a version."""

ServerCommand = ExpireGame | CallFlag | CreditTime | OpenRematch
"""What the server does by itself."""

Command = OpenGame | JoinGame | PlayerCommand | ServerCommand

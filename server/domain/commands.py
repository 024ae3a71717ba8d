"""What somebody may ask for: imperative, and possibly refused."""

from dataclasses import dataclass

from server.domain.vocabulary import Color, Column, PlayerId


@dataclass(frozen=True, slots=True)
class OpenGame:
    """Open a game and take one of its seats."""

    player: PlayerId
    color: Color
    public: bool


@dataclass(frozen=True, slots=True)
class JoinGame:
    """Take the other seat.

    `coin` is the toss for a game whose opener asked for a random colour: true gives the opener RED.
    The domain knows no chance, so the caller tosses it.
    """

    player: PlayerId
    coin: bool


@dataclass(frozen=True, slots=True)
class MakeMove:
    """Drop a token into a column."""

    player: PlayerId
    column: Column


@dataclass(frozen=True, slots=True)
class Resign:
    """Give the game to the opponent."""

    player: PlayerId


@dataclass(frozen=True, slots=True)
class ExpireGame:
    """End a game that nobody goes on with.

    The server's own command: no player can ask for it. The caller has seen that nothing happens any more and
    names the version at which it saw that: if somebody acts at the same moment, the game goes on.
    """


PlayerCommand = MakeMove | Resign
"""All that a player asks for in a game that they saw at a version."""

Command = OpenGame | JoinGame | PlayerCommand | ExpireGame

"""The words of the game: ids, columns, tokens, results.

One word per thing, the same here, in SQL, in JSON, in JavaScript and in CSS.
"""

from enum import StrEnum
from typing import NewType

PlayerId = NewType("PlayerId", str)
"""A player's public id. It proves nothing: whoever acts proves who they are with a token."""

GameId = NewType("GameId", str)
"""A game's id, which is also the name of its stream of events."""

Version = NewType("Version", int)
"""A place in one game's stream: the first event has version 1, and a game that does not exist has 0."""


class Column(StrEnum):
    """One of the seven columns, from the left."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"
    G = "G"

    @property
    def offset(self) -> int:
        """The place of the column from the left, 0 to 6."""
        return ord(self) - ord("A")


class Token(StrEnum):
    """What a player drops into a column."""

    RED = "RED"
    YELLOW = "YELLOW"


class Color(StrEnum):
    """The colour the opener of a game asks for. RED moves first."""

    RANDOM = "random"
    RED = "red"
    YELLOW = "yellow"


class GameResult(StrEnum):
    """How a game ended."""

    PLAYER_ONE_WON = "PLAYER_ONE_WON"
    PLAYER_TWO_WON = "PLAYER_TWO_WON"
    TIED = "TIED"
    ABORTED = "ABORTED"


class CreditReason(StrEnum):
    """Why time was given back."""

    OUTAGE = "OUTAGE"


class EndReason(StrEnum):
    """Why a game ended."""

    FOUR_IN_A_ROW = "FOUR_IN_A_ROW"
    BOARD_FULL = "BOARD_FULL"
    RESIGNATION = "RESIGNATION"
    AGREEMENT = "AGREEMENT"
    TIMEOUT = "TIMEOUT"
    ABANDONMENT = "ABANDONMENT"
    ABORTED = "ABORTED"
    EXPIRED = "EXPIRED"
    """Nobody joined, or nobody went on."""

"""What a game was opened with, and keeps to its end."""

from dataclasses import dataclass

from server.domain.clocks import Clock
from server.domain.vocabulary import GameId, Version


@dataclass(frozen=True, slots=True)
class Origin:
    """A position of another game: what that one was like at a version."""

    game: GameId
    version: Version


@dataclass(frozen=True, slots=True)
class Terms:
    """What was settled when the game was opened."""

    public: bool
    clock: Clock | None = None
    """What time each side is given; None for a game without a clock."""
    previous: GameId | None = None
    """The game that this one is the rematch of."""
    origin: Origin | None = None
    """The position that this game was played on from."""
    replayed: int = 0
    """How many moves were taken over from there, 0 to 41; they follow as the game starts, in the same append."""

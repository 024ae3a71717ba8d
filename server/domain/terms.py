"""What a game was opened with, and keeps to its end."""

from dataclasses import dataclass

from server.domain.clocks import Clock
from server.domain.vocabulary import GameId


@dataclass(frozen=True, slots=True)
class Terms:
    """What was settled when the game was opened."""

    public: bool
    clock: Clock | None = None
    """What time each side is given; None for a game without a clock."""
    previous: GameId | None = None
    """The game that this one is the rematch of."""

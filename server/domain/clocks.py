"""Thinking time: what a clock gives, what a move takes, and when a flag falls. Pure arithmetic in milliseconds.

The clock is a Fischer clock: each side begins with the initial time, and each of its moves adds the increment.
The first move of each side is free: nobody's clock runs until each side has moved, which is also how long a game
can be aborted. A free move takes 0 ms, and adds the increment like every other.

Nothing here knows what time it is. The caller measures, on the server's clock, how long a turn has lasted, and how
far away the player is. Some of that distance, never more than `MAX_LAG_CREDIT_MS` a move, is given back.
"""

from dataclasses import dataclass
from typing import Final

MAX_INITIAL_S: Final = 3 * 60 * 60
MAX_INCREMENT_S: Final = 180

MAX_LAG_CREDIT_MS: Final = 500
"""How much network lag one move can have credited: enough for any continent, and little to gain by pretending."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What each side is given: `initial_s` from 1 to `MAX_INITIAL_S`, `increment_s` from 0 to `MAX_INCREMENT_S`."""

    initial_s: int
    increment_s: int

    def __post_init__(self) -> None:
        if not 1 <= self.initial_s <= MAX_INITIAL_S:
            raise ValueError(f"the initial time is 1 to {MAX_INITIAL_S} seconds, not {self.initial_s}")
        if not 0 <= self.increment_s <= MAX_INCREMENT_S:
            raise ValueError(f"the increment is 0 to {MAX_INCREMENT_S} seconds, not {self.increment_s}")


@dataclass(frozen=True, slots=True)
class Timing:
    """What was measured of a move: how long its turn lasted on the server's clock, and the lag to its player."""

    elapsed_ms: int
    """From the recording of the move before to the arrival of this one; below 0, if clocks disagree, is 0."""
    lag_ms: int = 0
    """How long a message travels to the player and back."""

    @property
    def credited_ms(self) -> int:
        """How much of the lag is given back."""
        return max(0, min(self.lag_ms, MAX_LAG_CREDIT_MS, self.elapsed_ms))

    @property
    def took_ms(self) -> int:
        """What the move costs."""
        return max(0, self.elapsed_ms) - self.credited_ms


@dataclass(frozen=True, slots=True)
class Clocks:
    """What is left to each side at the beginning of a turn. The turn that goes on is not counted yet."""

    player_one_ms: int
    player_two_ms: int

    @classmethod
    def full(cls, clock: Clock) -> "Clocks":
        """Return what is left to each side at the beginning of a game."""
        return cls(clock.initial_s * 1000, clock.initial_s * 1000)

    def left_to(self, *, player_one: bool) -> int:
        """Return what is left to player one, or to player two."""
        return self.player_one_ms if player_one else self.player_two_ms

    def plus(self, player_one_ms: int, player_two_ms: int) -> "Clocks":
        """Return the clocks with so much more, or less, for each side."""
        return Clocks(self.player_one_ms + player_one_ms, self.player_two_ms + player_two_ms)

    def after_move(self, clock: Clock, took_ms: int, *, player_one: bool) -> "Clocks":
        """Return what is left after a move of player one, or of player two, that took so long."""
        change = clock.increment_s * 1000 - took_ms
        return self.plus(change, 0) if player_one else self.plus(0, change)

    def after_flag(self, *, player_one: bool) -> "Clocks":
        """Return the clocks with nothing left to player one, or to player two."""
        return Clocks(0, self.player_two_ms) if player_one else Clocks(self.player_one_ms, 0)

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

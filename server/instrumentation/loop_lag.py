"""How late the event loop runs what is due: the first thing to look at when answers come late."""

import asyncio
from typing import Final

LOOK_EVERY_S: Final = 0.02
WINDOW_S: Final = 1.0


class LoopLag:
    """Measures the lag of the loop that runs `run`."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        """The longest lag of the last whole second."""

    async def run(self) -> None:
        """Measure until cancelled."""
        now = asyncio.get_running_loop().time
        worst, window_ends = 0.0, now() + WINDOW_S
        while True:
            due = now() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            worst = max(worst, now() - due)
            if now() >= window_ends:
                self.worst_s = worst
                worst, window_ends = 0.0, now() + WINDOW_S

"""Break one thing after another, in random order, and see after each how fast everybody recovers."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final

from server.instrumentation.fail_points import Point
from tests.faults.catalogue import FAULTS, Fault
from tests.faults.convergence import LIMIT_S, converge
from tests.faults.load import Load
from tests.faults.stage import Stage

PAUSE_S: Final = (0.2, 3.0)

_EXIT_SHARES: Final[dict[Point, float]] = {
    "append.sending": 0.0005,
    "append.committed": 0.0005,
    "command.appended": 0.0001,
    "feed.notified": 0.0005,
    "projection.applied": 0.005,
    "socket.accepting": 0.0001,
}
_FAIL_SHARES: Final[dict[Point, float]] = {
    "append.sending": 0.005,
    "append.committed": 0.005,
    "feed.notified": 0.002,
    "projection.applied": 0.05,
}


def fail_points_from(chance: random.Random) -> Callable[[], str]:
    """Return what says at each start of a server what goes off in it: every third one has a fail point."""

    def choose() -> str:
        if chance.random() > 1 / 3:
            return ""
        action, shares = chance.choice((("exit", _EXIT_SHARES), ("fail", _FAIL_SHARES)))
        point = chance.choice(sorted(shares))
        return f"{point}={action}@{shares[point]},seed={chance.getrandbits(32)}"

    return choose


class Nemesis:
    """Injects `faults` until cancelled."""

    def __init__(self, stage: Stage, load: Load, chance: random.Random, faults: Sequence[Fault] = FAULTS) -> None:
        self._stage = stage
        self._load = load
        self._chance = chance
        self._faults = faults
        self.now = "nothing"
        """What is going on."""

    async def run(self) -> None:
        """Break things until cancelled; whatever is broken then is mended."""
        weights = [fault.weight for fault in self._faults]
        while True:
            fault = self._chance.choices(self._faults, weights)[0]
            await self.strike(fault)
            self.now = "nothing"
            await asyncio.sleep(self._chance.uniform(*PAUSE_S))

    async def strike(self, fault: Fault) -> float:
        """Inject one fault, and return how long the slowest observer took afterwards."""
        self.now = fault.name
        self._load.tally.faults[fault.name] += 1
        injection = asyncio.create_task(self._inject(fault))
        try:
            await asyncio.shield(injection)
        finally:
            await injection  # also when cancelled: what is broken is mended first
        self.now = f"after {fault.name}"
        return await converge(self._load, fault.name, limit_s=LIMIT_S + fault.noticed_after_s)

    async def _inject(self, fault: Fault) -> None:
        await fault.inject(self._stage, self._chance)
        if fault.kills:
            self._load.tally.kills[fault.kills] += 1

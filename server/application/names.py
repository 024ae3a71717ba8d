"""The names of players, remembered for a moment so that showing a game does not ask for them each time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from server.domain.vocabulary import PlayerId
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Players

FRESH_FOR_S: Final = 10.0
"""How long a name is shown without looking it up again: so long may one be visible that was changed or erased."""

MAX_REMEMBERED: Final = 10_000

_READ_TIME_LIMIT_S: Final = 2.5


@dataclass(slots=True, eq=False)
class _Batch:
    """Names to look up together; `names` is None until that is done."""

    players: set[PlayerId] = field(default_factory=set)
    names: dict[PlayerId, str] | None = None


class Names:
    """Looks up names, and remembers those asked for most recently. `now` is a monotonic clock in seconds."""

    def __init__(
        self, players: Players, *, max_remembered: int = MAX_REMEMBERED, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._players = players
        self._max_remembered = max_remembered
        self._now = now
        self._remembered: OrderedDict[PlayerId, tuple[float, str | None]] = OrderedDict()
        self._reading = asyncio.Lock()
        self._next = _Batch()

    def known(self, players: Collection[PlayerId]) -> dict[PlayerId, str] | None:
        """Return the names of those of `players` that still have one, or None if one has to be looked up."""
        if self._lacking(players):
            return None
        return self._of_remembered(players)

    async def of(self, players: Collection[PlayerId]) -> dict[PlayerId, str]:
        """Return the names of those of `players` that still have one.

        There is one read at a time: what is asked for meanwhile is looked up together in the next.

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        lacking = self._lacking(players)
        names = self._of_remembered([player for player in players if player not in lacking])
        if lacking:
            looked_up = await self._look_up(lacking)
            names.update((player, looked_up[player]) for player in lacking if player in looked_up)
        return names

    def _lacking(self, players: Collection[PlayerId]) -> set[PlayerId]:
        now = self._now()
        return {player for player in players if self._remembered.get(player, (0.0, None))[0] <= now}

    def _of_remembered(self, players: Collection[PlayerId]) -> dict[PlayerId, str]:
        """Return the names that there are; these players are the last to be forgotten."""
        for player in players:
            self._remembered.move_to_end(player)
        return {player: name for player in players if (name := self._remembered[player][1]) is not None}

    async def _look_up(self, players: set[PlayerId]) -> dict[PlayerId, str]:
        """Join the next batch, and read it if no other caller did before; a read that failed is run again."""
        batch = self._next
        batch.players |= players
        try:
            async with asyncio.timeout(_READ_TIME_LIMIT_S), self._reading:
                if batch.names is None:
                    if self._next is batch:
                        self._next = _Batch()
                    fresh_until = self._now() + FRESH_FOR_S
                    batch.names = await self._players.names(batch.players)
                    self._remember(batch.players, batch.names, fresh_until)
        except TimeoutError as error:
            raise PlayersUnavailableError("the names were not read in time") from error
        return batch.names

    def _remember(self, players: set[PlayerId], names: dict[PlayerId, str], fresh_until: float) -> None:
        for player in players:
            self._remembered[player] = (fresh_until, names.get(player))
            self._remembered.move_to_end(player)
        while len(self._remembered) > self._max_remembered:
            self._remembered.popitem(last=False)

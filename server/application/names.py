"""The names of players, remembered so that showing a game does not ask for them each time."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Final

from server.domain.vocabulary import PlayerId
from server.identity.players import Players

MAX_REMEMBERED: Final = 10_000


class Names:
    """Looks up names, and remembers those asked for most recently."""

    def __init__(self, players: Players, *, max_remembered: int = MAX_REMEMBERED) -> None:
        self._players = players
        self._max_remembered = max_remembered
        self._remembered: OrderedDict[PlayerId, str | None] = OrderedDict()

    def known(self, players: Collection[PlayerId]) -> dict[PlayerId, str] | None:
        """Return the names of those of `players` that still have one, or None if one has to be looked up."""
        if any(player not in self._remembered for player in players):
            return None
        return self._named(self._remembered, players)

    async def of(self, players: Collection[PlayerId]) -> dict[PlayerId, str]:
        """Return the names of those of `players` that still have one.

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        known = {player: self._remembered[player] for player in players if player in self._remembered}
        unknown = [player for player in players if player not in known]
        if unknown:
            names = await self._players.names(unknown)
            # Not read back from what is remembered: others may have looked up so many that it was forgotten again.
            known.update((player, names.get(player)) for player in unknown)
        self._remembered.update(known)
        found = self._named(known, players)
        while len(self._remembered) > self._max_remembered:
            self._remembered.popitem(last=False)
        return found

    def _named(self, names: Mapping[PlayerId, str | None], players: Collection[PlayerId]) -> dict[PlayerId, str]:
        """Return the names that there are; these players are the last to be forgotten."""
        for player in players:
            self._remembered.move_to_end(player)
        return {player: name for player in players if (name := names[player]) is not None}

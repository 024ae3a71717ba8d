"""The players and their names: not event-sourced, because a name is personal and can be changed or erased."""

from collections.abc import Collection
from dataclasses import dataclass

from server.database.errors import CONNECTION_LOST
from server.database.pool import Pool
from server.domain.vocabulary import PlayerId
from server.identity.errors import PlayersUnavailableError


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody with a name."""

    id: PlayerId
    name: str


class Players:
    """The table of players."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, player: Player) -> None:
        """Store a new player.

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        try:
            await self._pool.execute(
                "INSERT INTO fourfold.players (id, name) VALUES ($1, $2)", player.id, player.name
            )
        except CONNECTION_LOST as error:
            raise PlayersUnavailableError from error

    async def find(self, player: PlayerId) -> Player | None:
        """Return a player, or None if there is none of that id (or no longer).

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        names = await self.names([player])
        return Player(player, names[player]) if player in names else None

    async def names(self, players: Collection[PlayerId]) -> dict[PlayerId, str]:
        """Return the names of those of `players` that exist.

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        if not players:
            return {}
        try:
            rows = await self._pool.fetch(
                "SELECT id, name FROM fourfold.players WHERE id = ANY($1::text[])", list(players)
            )
        except CONNECTION_LOST as error:
            raise PlayersUnavailableError from error
        return {PlayerId(row["id"]): row["name"] for row in rows}

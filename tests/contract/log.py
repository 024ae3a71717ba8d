"""The log as the database holds it, read behind the server's back."""

from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True)
class Log:
    """Counts what is in the log."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def size(self) -> int:
        """How many events all games have together."""
        return int(await self.connection.fetchval("SELECT count(*) FROM fourfold.events"))

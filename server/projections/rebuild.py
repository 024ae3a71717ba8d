"""Build a read model anew from the log, beside the old one, and put it in its place in one transaction.

Servers go on meanwhile: they serve and feed the old one until the switch, and the new one from then on.
"""

from collections.abc import Callable

import asyncpg

from server.database.sessions import APPLICATION_ROLE, Connection
from server.projections.lobby import LobbyProjection
from server.projections.runner import BATCH, checkpoint, fold_in, lead

_LIVE, _NEW = "lobby", "lobby_rebuilt"


async def rebuild_lobby(url: str, progress: Callable[[int], None] = lambda _position: None) -> int:
    """Rebuild the lobby and return the position of the last event it holds.

    `url` is the owner's: making a table is not for the application. `progress` is told each position reached.
    Interrupted, it leaves the old lobby in use; starting it again begins anew.

    Raises:
        PoisonEventError: the log holds an event that can't be folded in; the old lobby stays.
        OSError, asyncpg.PostgresError: the database can't be reached or refuses.
    """
    connection = await asyncpg.connect(url, server_settings={"search_path": "fourfold", "jit": "off"})
    try:
        await _begin(connection)
        projection = LobbyProjection(_NEW)
        while await _fold_in_a_batch(connection, projection) == BATCH:
            progress(await checkpoint(connection, _NEW))
        async with connection.transaction():
            await lead(connection, _LIVE)  # from here to the commit nobody feeds the old one
            while await fold_in(connection, projection, _NEW):
                pass
            return await _switch(connection)
    finally:
        await connection.close()


async def _begin(connection: Connection) -> None:
    async with connection.transaction():
        await connection.execute(f"""
            DROP TABLE IF EXISTS {_NEW};
            CREATE TABLE {_NEW} (LIKE {_LIVE} INCLUDING ALL);
            GRANT SELECT, INSERT, UPDATE, DELETE ON {_NEW} TO {APPLICATION_ROLE};
        """)
        await connection.execute("DELETE FROM projections WHERE name = $1", _NEW)


async def _fold_in_a_batch(connection: Connection, projection: LobbyProjection) -> int:
    async with connection.transaction():
        return await fold_in(connection, projection, _NEW)


async def _switch(connection: Connection) -> int:
    position = await checkpoint(connection, _NEW)
    await connection.execute(f"DROP TABLE {_LIVE}; ALTER TABLE {_NEW} RENAME TO {_LIVE}")
    await connection.execute("DELETE FROM projections WHERE name IN ($1, $2)", _LIVE, _NEW)
    await connection.execute("INSERT INTO projections (name, position) VALUES ($1, $2)", _LIVE, position)
    return position

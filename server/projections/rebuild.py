"""Build a read model again from the log, beside the one in use, and put its content in place in one transaction.

Servers go on meanwhile: they serve and feed the one in use until the switch, and the new content from then on. Only
rows change places, and only those that differ. The table stays, so whatever belongs to it stays too: the names of
its keys and indexes, on which later migrations rely, and the rights to it.
"""

from collections.abc import Callable
from typing import Final

from server.database.sessions import Connection, connect_as_owner
from server.projections.folding import BATCH, checkpoint, fold_in, lead
from server.projections.lobby_projection import LobbyProjection

_IN_USE: Final = "lobby"
_REBUILT: Final = "lobby_rebuilt"
_REPLACE: Final = f"""
    DELETE FROM {_IN_USE} AS before
    WHERE NOT EXISTS (
      SELECT FROM {_REBUILT} AS rebuilt
      WHERE rebuilt.game = before.game AND ROW(rebuilt.*) IS NOT DISTINCT FROM ROW(before.*)
    );
    INSERT INTO {_IN_USE}
    SELECT rebuilt.*
    FROM {_REBUILT} AS rebuilt
    WHERE NOT EXISTS (SELECT FROM {_IN_USE} AS before WHERE before.game = rebuilt.game);
    DROP TABLE {_REBUILT};
"""  # noqa: S608 — constants of this module


async def rebuild_lobby(url: str, progress: Callable[[int], None] = lambda _position: None) -> int:
    """Rebuild the lobby and return the position of the last event it holds.

    `url` is the owner's: making a table is not for the application. `progress` is given each position reached.
    Interrupted, it leaves the lobby as it was; starting it again begins from the start.

    Raises:
        PoisonEventError: the log holds an event that can't be folded in; the lobby stays as it was.
        OSError, asyncpg.PostgresError: the database can't be reached or refuses.
    """
    connection = await connect_as_owner(
        url, name="fourfold rebuild", settings={"search_path": "fourfold", "jit": "off"}
    )
    try:
        await _begin(connection)
        projection = LobbyProjection(_REBUILT)
        while await _fold_in_a_batch(connection, projection) == BATCH:
            progress(await checkpoint(connection, _REBUILT))
        async with connection.transaction():
            await lead(connection, _IN_USE)  # from here to the commit nobody feeds the one in use
            while await fold_in(connection, projection, _REBUILT):
                pass
            return await _switch(connection)
    finally:
        await connection.close()


async def _begin(connection: Connection) -> None:
    """Make the table to build in. It need not survive a crash, so it is not written to the WAL."""
    async with connection.transaction():
        await connection.execute(f"""
            DROP TABLE IF EXISTS {_REBUILT};
            CREATE UNLOGGED TABLE {_REBUILT} (LIKE {_IN_USE} INCLUDING ALL);
        """)
        await connection.execute("DELETE FROM projections WHERE name = $1", _REBUILT)


async def _fold_in_a_batch(connection: Connection, projection: LobbyProjection) -> int:
    async with connection.transaction():
        return await fold_in(connection, projection, _REBUILT)


async def _switch(connection: Connection) -> int:
    """Replace the rows that differ. Readers see the ones before until the commit, and wait for nothing."""
    position = await checkpoint(connection, _REBUILT)
    await connection.execute(_REPLACE)
    await connection.execute("DELETE FROM projections WHERE name = $1", _REBUILT)
    await connection.execute(
        """
        INSERT INTO projections (name, position)
        VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET position = excluded.position
        """,
        _IN_USE,
        position,
    )
    return position

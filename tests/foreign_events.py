"""Events that other code appended: what a newer version of Fourfold, or somebody at a SQL prompt, leaves."""

from server.database.sessions import Connection


async def append_foreign(owner: Connection, game: str, expected_version: int, type_: str) -> None:
    """Append one event of any type, with empty data, past all of our code."""
    await owner.execute(
        """
        SELECT fourfold.append_events(
          ARRAY[$1::text], ARRAY[$2::integer], ARRAY[gen_random_uuid()],
          ARRAY[1], ARRAY[$3::text], ARRAY[1::smallint], ARRAY['{}'::jsonb]
        )
        """,
        game,
        expected_version,
        type_,
    )

"""Whether the database still refuses what it promises to refuse: somebody who tampers has to lift that first."""

from typing import Final

from server.database.sessions import Connection

_CONSTRAINTS: Final = (
    "a position is taken once",
    "a version of a stream is taken once",
    "a command is carried out once",
)
_TRIGGER: Final = "events are immutable"

_HELD: Final = """
    SELECT c.conname AS name
    FROM pg_constraint AS c
    WHERE c.conrelid = 'fourfold.events'::regclass AND c.convalidated
    UNION ALL
    SELECT t.tgname
    FROM pg_trigger AS t
    WHERE t.tgrelid = 'fourfold.events'::regclass AND t.tgenabled IN ('O', 'A')
"""


async def missing_guards(connection: Connection) -> list[str]:
    """Return the promises, as sentences, that the table of events does not keep any more."""
    held = {row["name"] for row in await connection.fetch(_HELD)}
    return [guard for guard in (*_CONSTRAINTS, _TRIGGER) if guard not in held]

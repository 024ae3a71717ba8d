"""What somebody with the rights of the database's owner can do to a log."""

from server.database.sessions import Connection


def update(what: str, position: int) -> str:
    return f"UPDATE fourfold.events SET {what} WHERE position = {position}"


def delete(position: int) -> str:
    return f"DELETE FROM fourfold.events WHERE position = {position}"


def swap(one: int, other: int) -> tuple[str, ...]:
    return (update("position = 1000", one), update(f"position = {one}", other), update(f"position = {other}", 1000))


def insert(game: str, version: int, type_: str, data: str, position: int = 18) -> str:
    return f"""
        INSERT INTO fourfold.events
        SELECT {position}, '{game}', {version}, '{type_}', 1, '{data}', gen_random_uuid(), 1, clock_timestamp()
    """


async def tamper(owner: Connection, *changes: str | tuple[str, ...]) -> None:
    """Change the log as only the owner of the database can, and cover it up."""
    async with owner.transaction():
        await owner.execute("ALTER TABLE fourfold.events DISABLE TRIGGER ALL")
        for change in changes:
            for statement in (change,) if isinstance(change, str) else change:
                await owner.execute(statement)
        await owner.execute("ALTER TABLE fourfold.events ENABLE TRIGGER ALL")

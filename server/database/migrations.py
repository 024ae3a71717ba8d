"""Bring the schema up to date: numbered files of plain SQL, applied in order and each only once.

All pending ones are one transaction under a lock, so several processes may start at once. They run as the owner
of the database; the application's role comes with them.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

import asyncpg

from server.database.sessions import APPLICATION_ROLE, Connection, connect_as_owner

_LOCK: Final = 4445


class MigrationError(Exception):
    """The schema can't be brought up to date; the message says what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, to notice a file changed after it was applied."""
        return sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Which migrations a database has and which the code knows."""

    applied: tuple[int, ...]
    pending: tuple[int, ...]


def known_migrations() -> tuple[Migration, ...]:
    """Return the migrations that come with this code, in their order."""
    found = sorted((files("server.database") / "sql").iterdir(), key=lambda file: file.name)
    return tuple(
        Migration(int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in found
        if file.name.endswith(".sql")
    )


async def migrate(url: str) -> list[int]:
    """Apply what is pending and return the numbers applied, in order; an empty list when all was done before.

    Raises:
        MigrationError: the database is newer than this code, an applied file was changed, or the role is missing.
        OSError, asyncpg.PostgresError: the database can't be reached or refuses.
    """
    if not (await status(url)).pending:
        return []  # not even the rights to change anything are needed then
    connection = await connect_as_owner(url, name="fourfold migrate")
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await _prepare(connection)
            applied = await _applied(connection)
            pending = _pending(applied)
            for migration in pending:
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO fourfold.migrations (number, name, checksum) VALUES ($1, $2, $3)",
                    migration.number,
                    migration.name,
                    migration.checksum,
                )
            return [migration.number for migration in pending]
    finally:
        await connection.close()


async def status(url: str) -> SchemaStatus:
    """Return what is applied and what is pending, without changing anything.

    Raises:
        MigrationError: as in `migrate`.
    """
    connection = await connect_as_owner(url, name="fourfold status")
    try:
        exists = await connection.fetchval("SELECT to_regclass('fourfold.migrations') IS NOT NULL")
        applied = await _applied(connection) if exists else {}
        return SchemaStatus(tuple(applied), tuple(migration.number for migration in _pending(applied)))
    finally:
        await connection.close()


async def _prepare(connection: Connection) -> None:
    """Make what the migrations stand on: the schema, their own table, and the application's role."""
    await connection.execute("""
        CREATE SCHEMA IF NOT EXISTS fourfold;
        CREATE TABLE IF NOT EXISTS fourfold.migrations (
          number integer CONSTRAINT "a migration is applied once" PRIMARY KEY,
          name text NOT NULL,
          checksum text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
    """)
    try:
        # Roles belong to the whole cluster, so another database's migration may make it at the same moment.
        await connection.execute(f"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
                CREATE ROLE {APPLICATION_ROLE} NOLOGIN;
              END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$;
            DO $$ BEGIN
              IF NOT pg_has_role(current_user, '{APPLICATION_ROLE}', 'SET') THEN
                GRANT {APPLICATION_ROLE} TO CURRENT_USER;
              END IF;
            EXCEPTION WHEN unique_violation THEN NULL;
            END $$;
            GRANT USAGE ON SCHEMA fourfold TO {APPLICATION_ROLE};
            GRANT SELECT ON fourfold.migrations TO {APPLICATION_ROLE};
        """)
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            f"The application's role is missing and can't be made here ({error}). Let an administrator run: "
            f"CREATE ROLE {APPLICATION_ROLE} NOLOGIN; GRANT {APPLICATION_ROLE} TO your_user;"
        ) from error


async def _applied(connection: Connection) -> dict[int, str]:
    rows = await connection.fetch("SELECT number, checksum FROM fourfold.migrations ORDER BY number")
    return {row["number"]: row["checksum"] for row in rows}


def _pending(applied: dict[int, str]) -> list[Migration]:
    known = {migration.number: migration for migration in known_migrations()}
    newer = sorted(applied.keys() - known.keys())
    if newer:
        raise MigrationError(
            f"The database is newer than this code: it has migration {newer[-1]}, the code knows up to "
            f"{max(known)}. Run the newer version of Fourfold, or restore a backup for this one."
        )
    for number, checksum in applied.items():
        if known[number].checksum != checksum:
            raise MigrationError(
                f"Migration {known[number].name} was changed after it was applied: restore the original file "
                "and put the change into a new migration."
            )
    return [migration for number, migration in known.items() if number not in applied]

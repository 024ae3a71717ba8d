"""Is the database fit: its programs or its address, its version, schema and role, and its notifications."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import asyncpg

from server.cli.doctor.findings import Finding
from server.database import migrations
from server.database.sessions import APPLICATION_ROLE, Connection, connect
from server.embedded import OLDEST_VERSION, DataDir, EmbeddedPostgres, EmbeddedPostgresError, find_postgres
from server.settings.settings import Settings, masked

PROBE_CHANNEL: Final = "fourfold_doctor"


def database_findings(settings: Settings) -> Iterator[Finding]:
    """Examine the database that `serve` would use. If it is our own and not running, it is started for a moment."""
    if settings.ephemeral:
        return
    if settings.database_url is not None:
        yield from asyncio.run(_examine_database(settings.database_url))
        return
    try:
        yield Finding("ok", f"PostgreSQL's programs: {find_postgres(settings.data_dir)}")
        running = DataDir(settings.data_dir).running()
        if running is not None:
            yield from asyncio.run(_examine_database(running.url))
        elif DataDir(settings.data_dir).cluster.exists():
            with EmbeddedPostgres(settings.data_dir) as url:
                yield from asyncio.run(_examine_database(url))
        else:
            yield Finding("ok", "no database yet; it is made at the first start")
    except (EmbeddedPostgresError, OSError) as error:
        yield Finding("fail", "the server's own PostgreSQL", str(error))


async def _examine_database(url: str) -> list[Finding]:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        remedy = f"{error or type(error).__name__}; check DATABASE_URL, the network, and pg_hba.conf"
        return [Finding("fail", f"database {masked(url)} cannot be reached", remedy)]
    try:
        release = await connection.fetchval("SHOW server_version")
        found = [Finding("ok", f"database {masked(url)}, PostgreSQL {release}")]
        if connection.get_server_version().major < OLDEST_VERSION:
            found.append(Finding("fail", f"PostgreSQL {release} is too old", f"use {OLDEST_VERSION} or later"))
        if await connection.fetchval("SELECT pg_is_in_recovery()"):
            remedy = "add target_session_attrs=read-write and all hosts to DATABASE_URL"
            found.append(Finding("fail", "the database is a standby, which cannot be written", remedy))
        found.append(await _schema(url))
        found.append(await _role(url))
        found.append(await _listening(connection))
    finally:
        await connection.close()
    return found


async def _schema(url: str) -> Finding:
    try:
        status = await migrations.status(url)
    except migrations.MigrationError as error:
        return Finding("fail", "schema", str(error))
    except asyncpg.PostgresError as error:
        return Finding("fail", f"schema: {error}", "fourfold migrate")
    if status.pending:
        pending = ", ".join(map(str, status.pending))
        return Finding("warn", f"schema: migrations {pending} are pending", "fourfold migrate, or start a server")
    return Finding("ok", f"schema at migration {max(status.applied, default=0)}")


async def _role(url: str) -> Finding:
    what = f"role {APPLICATION_ROLE}"
    try:
        connection = await connect(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return Finding("warn", f"{what}: {error}", "fourfold migrate as the database's owner makes and grants it")
    await connection.close()
    return Finding("ok", what)


async def _listening(connection: Connection) -> Finding:
    """Send ourselves a notification.

    Behind a pooler one may arrive by luck; but the process that a pooler names is not the one that answers.
    """
    remedy = "give the database's own address: LISTEN does not work through a pooler"
    if await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid():
        return Finding("fail", "a connection pooler stands before the database", remedy)
    heard = asyncio.Event()
    hear: Callable[..., None] = lambda *_: heard.set()  # noqa: E731
    await connection.add_listener(PROBE_CHANNEL, hear)
    try:
        await connection.execute(f"SELECT pg_notify('{PROBE_CHANNEL}', '')")
        async with asyncio.timeout(2):
            await heard.wait()
    except TimeoutError:
        return Finding("fail", "notifications do not arrive", remedy)
    finally:
        await connection.remove_listener(PROBE_CHANNEL, hear)
    return Finding("ok", "notifications arrive")

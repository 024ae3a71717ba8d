"""A durable PostgreSQL of a stage's own, that can be killed, restarted and made to misbehave."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg

from server.database.migrations import migrate
from server.database.sessions import Connection
from server.embedded import EmbeddedPostgres

_SWEEP: Final = Path(__file__).with_name("sweep.py")

T = TypeVar("T")


class Postgres:
    """The database under test. What was committed survives all that is done to it here.

    PostgreSQL lives as long as the thread that started it, hence a thread that lives as long as this object.
    """

    def __init__(self) -> None:
        self._path = Path(tempfile.mkdtemp(prefix="fourfold-faults-"))
        self._path.chmod(0o711)
        self._sweeper = subprocess.Popen(
            [sys.executable, "-IS", str(_SWEEP), str(self._path)], stdin=subprocess.PIPE, start_new_session=True
        )
        self._postgres = EmbeddedPostgres(self._path / "data")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="postgres")
        self._url = ""

    async def start(self) -> None:
        """Start it, crash recovery included, and bring the schema up to date."""
        self._url = await self._in_thread(self._postgres.start)
        await migrate(self._url)

    async def stop(self) -> None:
        """Stop it as its operator would: open transactions are rolled back, everybody is disconnected."""
        await self._in_thread(self._postgres.stop)

    async def kill(self) -> None:
        """End its main process with SIGKILL; what that one started ends by itself, and nobody tidies up."""
        os.kill(self._postgres.pid, signal.SIGKILL)
        await self._in_thread(self._postgres.stop)

    async def close(self) -> None:
        """Stop it for good and delete everything. May be called at any time."""
        await self._in_thread(self._postgres.stop)
        self._thread.shutdown()
        self._sweeper.communicate()

    @property
    def socket(self) -> Path | None:
        """Where it listens, None while it does not run."""
        if not self._postgres.is_alive or not self._url:
            return None
        directory = parse_qs(urlsplit(self._url).query)["host"][0]
        return Path(directory) / ".s.PGSQL.5432"

    def url_through(self, port: int) -> str:
        """Return the address of the database behind a proxy that listens on `port`."""
        parts = urlsplit(self._url)
        user = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}", query="sslmode=disable"))

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Return a connection of the owner, past all proxies; the caller closes it."""
        return await asyncpg.connect(self._url, timeout=10, server_settings={"application_name": "observer"})

    async def execute(self, *statements: str) -> None:
        """Carry out statements as the owner, in one transaction.

        A backend whose client was cut off in the middle of a message keeps its locks until it learns of that, which
        may be never; whoever is in the way for a second is ended, as an operator would do.
        """
        connection = await self.connect()
        try:
            while True:
                try:
                    await _in_one_transaction(connection, statements)
                except asyncpg.LockNotAvailableError:
                    await connection.execute(_END_LONG_TRANSACTIONS)
                else:
                    return
        finally:
            await connection.close()

    async def newest_games(self, count: int) -> list[str]:
        """Return the ids of the games in which something happened most recently."""
        connection = await self.connect()
        try:
            rows = await connection.fetch(
                """
                SELECT DISTINCT stream
                FROM (SELECT stream FROM fourfold.events ORDER BY position DESC LIMIT $1) AS newest
                """,
                count * 10,
            )
        finally:
            await connection.close()
        return [row["stream"] for row in rows[:count]]

    async def backends(self, *, listening: bool) -> list[int]:
        """Return the process ids of the backends that serve feeds, or of those that serve all else."""
        connection = await self.connect()
        try:
            rows = await connection.fetch(
                """
                SELECT pid, application_name = 'fourfold feed' AS listens
                FROM pg_stat_activity
                WHERE application_name LIKE 'fourfold%' AND datname = current_database()
                """
            )
        finally:
            await connection.close()
        return [row["pid"] for row in rows if bool(row["listens"]) == listening]

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


_NOTIFY: Final = """
CREATE OR REPLACE FUNCTION fourfold.notify_of_events_after(head bigint) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_notify('fourfold_events', '[' || payload || ']')
  FROM (
    SELECT
      e.position,
      again,
      json_build_array(
        e.position, e.stream, e.version, e.type, e.schema_version, e.data, e.command_id,
        (extract(epoch FROM e.recorded_at) * 1000000)::bigint
      )::text || repeat(' ', again) AS payload
    FROM fourfold.events AS e, generate_series(1, {times}) AS again
    WHERE {which}
  ) AS payloads
  ORDER BY {order}
$$
"""

MISCHIEF: Final[dict[str, str]] = {
    "lost": _NOTIFY.format(times=1, which="false", order="position"),
    "doubled": _NOTIFY.format(times=2, which="e.position > head", order="position, again"),
    "delayed": _NOTIFY.format(times=1, which="e.position > head - 20 AND e.position <= head", order="position"),
    "reordered": _NOTIFY.format(times=1, which="e.position > head", order="md5(payload)"),
}
"""What can happen to notifications; `delayed` ones come with the next batch, together with some older ones."""

REFUSE_INSERTS: Final = """
CREATE OR REPLACE FUNCTION fourfold.mischief() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  {body};
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER mischief
BEFORE INSERT ON fourfold.events
FOR EACH STATEMENT EXECUTE FUNCTION fourfold.mischief();
"""
_END_LONG_TRANSACTIONS: Final = """
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database()
    AND pid <> pg_backend_pid()
    AND xact_start < clock_timestamp() - interval '1 second'
"""
DISK_FULL: Final = REFUSE_INSERTS.format(body="RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'")
TOO_SLOW: Final = REFUSE_INSERTS.format(body="PERFORM pg_sleep(60)")
ACCEPT_INSERTS: Final = "DROP FUNCTION IF EXISTS fourfold.mischief CASCADE"


async def _in_one_transaction(connection: Connection, statements: Sequence[str]) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '1s'")
        for statement in statements:
            await connection.execute(statement)


async def definition_of_notify(postgres: Postgres) -> str:
    """Return the statement that brings back the function that notifies."""
    connection = await postgres.connect()
    try:
        text: Any = await connection.fetchval(
            "SELECT pg_get_functiondef('fourfold.notify_of_events_after'::regproc)"
        )
    finally:
        await connection.close()
    return str(text)

"""A PostgreSQL of a test's own, whose configuration it may change."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from server.embedded import DataDir, EmbeddedPostgres


class OwnPostgres:
    """A PostgreSQL with an empty database. Not durable: what it is about is waiting, not power cuts."""

    def __init__(self, data_dir: Path) -> None:
        self._postgres = EmbeddedPostgres(data_dir, durable=False)
        self._configuration = DataDir(data_dir).cluster / "postgresql.conf"
        self.url = self._postgres.start()

    def restart_with(self, setting: str) -> None:
        """Add a line to the configuration, and restart."""
        self._postgres.stop()
        self._add(setting)
        self.url = self._postgres.start()

    def reload_with(self, setting: str) -> None:
        """Add a line to the configuration, and have the server read it; see `commits_wait`."""
        self._add(setting)
        os.kill(self._postgres.pid, signal.SIGHUP)

    def stop(self) -> None:
        self._postgres.stop()

    def _add(self, setting: str) -> None:
        with self._configuration.open("a", encoding="utf-8") as file:
            file.write(setting + "\n")


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    with TemporaryDirectory(prefix="fourfold-test-") as directory:
        Path(directory).chmod(0o711)
        postgres = OwnPostgres(Path(directory) / "data")
        try:
            yield postgres
        finally:
            postgres.stop()


async def commits_wait(url: str, *, wait: bool) -> None:
    """Return once commits wait for a standby, or no longer do: processes take a new configuration in their time."""
    async with asyncio.timeout(20):
        while await _commit_waits(url) != wait:
            pass


async def _commit_waits(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = on")
        await connection.execute("SELECT pg_logical_emit_message(true, 'test', '')", timeout=0.2)
    except TimeoutError:
        return True
    finally:
        connection.terminate()
    return False

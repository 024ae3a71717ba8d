"""The database that a command works on: the configured one, a running server's, or one started for the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from server.embedded import DataDir, EmbeddedPostgres
from server.settings.database_url import masked
from server.settings.settings import Settings

_UNUSABLE: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class NoDatabaseError(Exception):
    """There is no database, or it cannot be used; the message says which, why, and what to do."""

    @classmethod
    def because(cls, url: str, error: BaseException) -> "NoDatabaseError":
        """Return the error for a database that refused, or did not answer."""
        return cls(
            f"The database {masked(url)} cannot be used: {reason(error)}. Check that it runs, and its address; "
            f"fourfold doctor examines both."
        )


def reason(error: BaseException) -> str:
    """Return what an error of the driver or of the system says, in one line without a full stop."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()).rstrip(".") or type(error).__name__


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what the driver raises in the block into a `NoDatabaseError`.

    Raises:
        NoDatabaseError: the database cannot be used.
    """
    try:
        yield
    except _UNUSABLE as error:
        raise NoDatabaseError.because(url, error) from error


@contextmanager
def reachable_database(settings: Settings, *, make: bool = False) -> Iterator[str]:
    """Give the address of the database that `serve` with these settings uses, reachable until the block ends.

    When no server runs, its PostgreSQL is started until then. With `make` it may also be made.

    Raises:
        NoDatabaseError: there is none yet.
        EmbeddedPostgresError: it cannot be started, or its data directory cannot be read.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if settings.ephemeral:
        raise NoDatabaseError("A temporary database is reached with the --data-dir that its server printed.")
    data_dir = DataDir(settings.data_dir)
    running = data_dir.running()
    if running is not None:
        yield running.url
    elif make or data_dir.has_cluster():
        with EmbeddedPostgres(settings.data_dir) as url:
            yield url
    else:
        raise NoDatabaseError(
            f"There is no database in {settings.data_dir} yet. Start a server first (fourfold serve), or say where "
            f"the games are: --data-dir or --database-url."
        )

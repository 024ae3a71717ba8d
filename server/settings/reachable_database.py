"""How a command finds what it is about: the game by its link, the database by the settings.

The database is the configured one, that of a server which runs here, or one started for the moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from server.domain.vocabulary import GameId
from server.embedded import DataDir, EmbeddedPostgres
from server.settings.settings import Settings, masked


class NoDatabaseError(Exception):
    """There is no database to ask, or it cannot be used; the message says which and why."""

    @classmethod
    def because(cls, url: str, error: BaseException) -> "NoDatabaseError":
        """Return it for a database that refused, or did not answer."""
        reason = str(error).strip() or type(error).__name__
        return cls(f"The database {masked(url)} cannot be used: {reason}.")


def game_of(link: str) -> GameId:
    """Return the id of a game, given as its link or as the last part of it."""
    return GameId(link.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[2])


@contextmanager
def reachable_database(settings: Settings, *, make: bool = False) -> Iterator[str]:
    """Give the address of the database that `serve` with these settings uses, reachable until the block ends.

    When no server runs, its PostgreSQL is started until then. With `make` it may also be made.

    Raises:
        NoDatabaseError: there is none yet.
        EmbeddedPostgresError: it cannot be started.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    data_dir = DataDir(settings.data_dir)
    if settings.ephemeral:
        raise NoDatabaseError("An ephemeral database is reached with the --data-dir that its server printed.")
    try:
        running, exists = data_dir.running(), data_dir.cluster.exists()
    except OSError as error:
        raise NoDatabaseError(
            f"The data directory {settings.data_dir} cannot be read: {error.strerror}."
        ) from error
    if running is not None:
        yield running.url
    elif exists or make:
        with EmbeddedPostgres(settings.data_dir) as url:
            yield url
    else:
        raise NoDatabaseError(
            f"There is no database in {settings.data_dir} yet. Start a server first (fourfold serve), or say where "
            f"the games are: --data-dir or --database-url."
        )

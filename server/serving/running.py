"""The order of a server's life: port, database, schema, processes; and back."""

import asyncio
import os
import resource
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import asyncpg

from server.database import migrations
from server.embedded import EmbeddedPostgres, EmbeddedPostgresError
from server.instrumentation.fail_points import VARIABLE, FailPointsError, switch_on_fail_points
from server.serving.errors import ServingError
from server.serving.greeting import address_of, greeting
from server.serving.listening import listening
from server.serving.logs import set_up_logs
from server.serving.single import serve_alone
from server.serving.stopping import StopRequested, StopSignals
from server.serving.workers import Workers
from server.settings.settings import Settings, masked

_OTHER_FILES = 256


def serve(settings: Settings) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP, leave nothing running, and return the exit code (0 if all went well).

    Raises:
        ServingError: the server cannot start.
    """
    set_up_logs(settings.log_format)
    _allow_open_files(settings.max_connections)
    try:
        switch_on_fail_points(os.environ.get(VARIABLE, ""))
    except FailPointsError as error:
        raise ServingError(str(error)) from error
    with StopSignals() as signals:
        try:
            with (
                listening(settings.host, settings.port) as listener,
                _database(settings, signals) as (complete, own),
            ):
                _bring_up_to_date(complete)
                address = address_of(listener)
                if settings.port not in {0, listener.getsockname()[1]}:
                    _say(f"Port {settings.port} is taken; this server uses {listener.getsockname()[1]}.\n")

                def on_ready() -> None:
                    _say(greeting(complete, address, has_own_database=own is not None))
                    if settings.open_browser:
                        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

                if settings.workers > 1:
                    return Workers(complete, listener, signals, own).run(on_ready)
                return serve_alone(complete, listener, signals, on_ready)
        except StopRequested:
            return 0


@contextmanager
def _database(settings: Settings, signals: StopSignals) -> Iterator[tuple[Settings, EmbeddedPostgres | None]]:
    """Give settings with the address of a database that runs until the end of the block; our own, if no other."""
    if settings.database_url is not None:
        yield settings, None
        return
    postgres = EmbeddedPostgres.ephemeral() if settings.ephemeral else EmbeddedPostgres(settings.data_dir)
    try:
        url = postgres.start()
    except EmbeddedPostgresError as error:
        raise ServingError(str(error)) from error
    try:
        yield replace(settings, database_url=url, data_dir=postgres.data_dir), postgres
    finally:
        signals.react(lambda _: postgres.hurry())
        postgres.stop()


def _allow_open_files(sockets: int) -> None:
    """Each socket is an open file, and most systems allow a process only 1,024 until it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets + _OTHER_FILES if hard == resource.RLIM_INFINITY else min(hard, sockets + _OTHER_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _bring_up_to_date(settings: Settings) -> None:
    """Apply pending migrations, in this process alone, before any other begins."""
    url = settings.database_url or ""
    try:
        asyncio.run(migrations.migrate(settings.owner_database_url or url))
    except migrations.MigrationError as error:
        raise ServingError(str(error)) from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ServingError(
            f"The database {masked(url)} cannot be used: {error or type(error).__name__}."
        ) from error


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()

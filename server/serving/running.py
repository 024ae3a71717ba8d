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

from server.database.migrations import migrate
from server.database.sessions import connect
from server.embedded import EmbeddedPostgres
from server.instrumentation.fail_points import VARIABLE, FailPointsError, switch_on_fail_points
from server.serving.errors import ServingError
from server.serving.greeting import address_of, greeting
from server.serving.listening import listening
from server.serving.logs import set_up_logs
from server.serving.single import serve_alone
from server.serving.stopping import StopRequested, StopSignals
from server.serving.uvicorn_adapter.config import MAX_OTHER_CONNECTIONS
from server.serving.workers import Workers
from server.settings.reachable_database import explained
from server.settings.secret_key import existing_key, signing_key
from server.settings.settings import Settings

_OTHER_FILES = 256


def serve(settings: Settings) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP, leave nothing running, and return the exit code (0 if all went well).

    Raises:
        SettingsError, ServingError, EmbeddedPostgresError, NoDatabaseError: the server cannot start.
    """
    set_up_logs(settings.log_format)
    _allow_open_files(settings.max_connections)
    try:
        switch_on_fail_points(os.environ.get(VARIABLE, ""))
    except FailPointsError as error:
        raise ServingError(str(error)) from error
    if not settings.ephemeral:
        existing_key(settings)  # refused before anything is made
    with StopSignals() as signals:
        try:
            with (
                listening(settings.host, settings.port) as listener,
                _database(settings, signals) as (complete, own),
            ):
                asyncio.run(_prepare(complete))
                signing_key(complete)
                address = address_of(listener)
                if settings.port not in {0, listener.getsockname()[1]}:
                    _print(f"Port {settings.port} is taken; this server uses {listener.getsockname()[1]}.\n")

                def on_ready() -> None:
                    _print(greeting(complete, address, has_own_database=own is not None))
                    if settings.open_browser:
                        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

                if settings.workers > 1:
                    return Workers(complete, listener, signals, own).run(on_ready)
                return serve_alone(complete, listener, signals, on_ready)
        except StopRequested:
            return 0


@contextmanager
def _database(settings: Settings, signals: StopSignals) -> Iterator[tuple[Settings, EmbeddedPostgres | None]]:
    """Give settings with the address of a database that runs until the end of the block; also it, if it is ours."""
    if settings.database_url is not None:
        yield settings, None
        return
    postgres = EmbeddedPostgres.ephemeral() if settings.ephemeral else EmbeddedPostgres(settings.data_dir)
    url = postgres.start()
    try:
        yield replace(settings, database_url=url, data_dir=postgres.data_dir), postgres
    finally:
        signals.react(lambda _: postgres.hurry())
        postgres.stop()


def _allow_open_files(websockets: int) -> None:
    """Raise the limit of open files, 1,024 on most systems: each socket is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = websockets + MAX_OTHER_CONNECTIONS + _OTHER_FILES
    wanted = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _prepare(settings: Settings) -> None:
    """Apply pending migrations before any process serves, and check that the database lets the application in."""
    url = settings.database_url or ""
    owner_url = settings.owner_database_url or url
    with explained(owner_url):
        await migrate(owner_url)
    with explained(url):
        connection = await connect(url)
        await connection.close()


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()

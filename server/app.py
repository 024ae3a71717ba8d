"""The application: it brings the schema up to date and connects when it starts, and serves until it is stopped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware

from server.database.migrations import migrate
from server.database.pool import Pool
from server.eventstore.history import History
from server.settings.settings import Settings
from server.system import GAME_READS, OTHER_READS, System
from server.transport.http.exception_handlers import EXCEPTION_HANDLERS
from server.transport.http.security_headers import SecurityHeaders


def create_app(settings: Settings) -> Starlette:
    """Return the application. It brings the database's schema up to date and connects when it starts.

    `app.state.begin_shutdown` is a callable: it has the application turn requests away and end its endless
    responses, so that a server can then wait for all connections to close. `app.state.has_failed` is another: it
    returns whether a part of the application ended by itself, which stops the process (SIGTERM). Websockets need a
    server that offers `server.transport.websocket.message_transport.EXTENSION`, as `server.serving` does.

    Raises:
        ValueError: `settings` names no database.
    """
    if settings.database_url is None:
        raise ValueError("the application needs a database: settings.database_url is None")
    app = Starlette(
        lifespan=partial(_lifespan, settings, settings.database_url),
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    app.router.redirect_slashes = False  # a redirect would repeat whatever Host the client made up
    app.state.begin_shutdown = lambda: None
    app.state.has_failed = lambda: False
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, url: str, app: Starlette) -> AsyncIterator[None]:
    await migrate(settings.owner_database_url or url)
    history = History()
    async with (
        Pool(url, max_size=GAME_READS, accepts=history.follows) as game_reads,
        Pool(url, max_size=OTHER_READS, accepts=history.follows) as other_reads,
    ):
        system = System(
            settings,
            url,
            history=history,
            game_reads=game_reads,
            other_reads=other_reads,
            static_directory=static_directory(),
        )
        app.router.routes.extend(system.routes())
        app.state.begin_shutdown = system.begin_shutdown
        app.state.has_failed = lambda: system.background.has_failed
        async with system.running():
            yield


def static_directory() -> Path:
    """Return where the page's files are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    inside = package / "static"
    return inside if inside.is_dir() else package.parent / "static"

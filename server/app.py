"""The composition root: everything is put together here, for the server and for tests alike."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.names import Names
from server.config import Settings, signing_key
from server.database.migrations import migrate
from server.database.pool import connect, open_pool
from server.eventstore.codec import StoredEvent
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.eventstore.feed import Feed
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Players
from server.identity.tokens import Tokens
from server.projections.lobby import Lobby, LobbyProjection
from server.projections.runner import ProjectionRunner
from server.transport.event_streams import EventStreams
from server.transport.http import Resources
from server.transport.identification import Identification
from server.transport.problems import ProblemError, problem_response
from server.transport.protocol import encode_event
from server.transport.security import AddressLimit, Origins, SecurityHeaders
from server.transport.site import Site
from server.transport.sockets import Sockets

NEW_THINGS_PER_S: Final = 1.0
NEW_THINGS_BURST: Final = 60.0

_SUBSCRIBE_TIME_LIMIT_S: Final = 10.0

_log = logging.getLogger(__name__)


def create_app(settings: Settings) -> Starlette:
    """Return the application. It brings the database's schema up to date and connects when it starts.

    `app.state.begin_shutdown` is a callable: it has the application turn requests away and end its endless
    responses, so that a server can then wait for all connections to close.

    Raises:
        ValueError: `settings` names no database.
    """
    if settings.database_url is None:
        raise ValueError("the application needs a database: settings.database_url is None")
    app = Starlette(
        lifespan=partial(_lifespan, settings, settings.database_url),
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            ProblemError: _on_problem,
            HTTPException: _on_http_exception,
            StoreUnavailableError: _on_unavailable,
            PlayersUnavailableError: _on_unavailable,
            StoreBusyError: _on_busy,
            Exception: _on_defect,
        },
    )
    app.state.begin_shutdown = lambda: None
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, url: str, app: Starlette) -> AsyncIterator[None]:
    await migrate(settings.owner_database_url or url)
    pool = await open_pool(url)
    try:
        writer = Writer(pool)
        store = EventStore(pool, writer)
        games = LiveGames(store, encode_event)
        commands = CommandPath(store, games)
        lobby = ProjectionRunner(pool, LobbyProjection())

        def tell(events: Sequence[StoredEvent]) -> None:
            games.hear(events)
            lobby.wake()

        feed = Feed(partial(connect, url), tell, games.start_over)
        players = Players(pool)
        names = Names(players)
        identification = Identification(Tokens(signing_key(settings)), players)
        origins = Origins(settings.origins)
        event_streams = EventStreams(games)
        sockets = Sockets(games, commands, names, identification, origins, settings.max_connections)
        new_things = AddressLimit(NEW_THINGS_PER_S, NEW_THINGS_BURST)
        resources = Resources(
            games, commands, Lobby(pool), players, names, identification, origins, new_things, event_streams
        )
        stopping = asyncio.Event()

        async def is_ready() -> bool:
            return not stopping.is_set() and feed.subscribed.is_set() and await store.is_reachable()

        def begin_shutdown() -> None:
            stopping.set()
            event_streams.end()

        def metrics() -> dict[str, tuple[str, float]]:
            return {
                "fourfold_sockets": ("Open websockets.", sockets.count),
                "fourfold_live_games": ("Games in memory.", games.count),
                "fourfold_position": ("The position of the last event heard of.", feed.position),
                "fourfold_appends_waiting": ("Appends that wait for a commit.", writer.waiting),
            }

        site = Site(static_directory(), is_ready, metrics)
        app.state.begin_shutdown = begin_shutdown
        app.router.routes.extend([*resources.routes(), WebSocketRoute("/ws", sockets.endpoint), *site.routes()])
        background = [asyncio.create_task(work) for work in (writer.run(), games.run(), feed.run(), lobby.run())]
        try:
            async with asyncio.timeout(_SUBSCRIBE_TIME_LIMIT_S):
                await feed.subscribed.wait()
            yield
            begin_shutdown()
            await commands.finish()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
    finally:
        await pool.close()


def static_directory() -> Path:
    """Return where the page's files are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    inside = package / "static"
    return inside if inside.is_dir() else package.parent / "static"


async def _on_problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return problem_response(error)


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    """Tell what routing refuses the way everything else is told."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:  # noqa: PLR2004 — Method Not Allowed
        return problem_response(
            ProblemError("method_not_allowed", "This can't be done here.", headers=dict(error.headers or {}))
        )
    return problem_response(ProblemError("not_found", "There is nothing here: check the address."))


async def _on_unavailable(_request: Request, _error: Exception) -> Response:
    detail = "The database did not answer in time. Whether it was done is unknown: ask again with the same key."
    return problem_response(ProblemError("unavailable", detail))


async def _on_busy(_request: Request, _error: Exception) -> Response:
    return problem_response(ProblemError("too_many_requests", "The server is busy: try again in a moment."))


async def _on_defect(_request: Request, _error: Exception) -> Response:
    # Starlette raises it again behind this answer, and the server logs it, once.
    return problem_response(ProblemError("internal_error", "The server failed; nothing more is known to you."))

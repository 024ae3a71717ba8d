"""The composition root: everything is put together here, for the server and for tests alike."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute

from server.application.command_path import CommandPath
from server.application.expiry import Expiry
from server.application.live_games import LiveGames
from server.application.names import Names
from server.database.migrations import migrate
from server.database.pool import Pool, connect, open_pool
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import FEED_CONNECT_TIMEOUT_S, Feed
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from server.identity.players import Players
from server.identity.tokens import Tokens
from server.instrumentation.loop_lag import LoopLag
from server.projections.lobby import Lobby
from server.projections.lobby_projection import LobbyProjection
from server.projections.runner import ProjectionRunner
from server.settings.settings import Settings, signing_key
from server.transport.encoding import EncodedGames
from server.transport.http.errors import EXCEPTION_HANDLERS
from server.transport.http.event_streams import EventStreams
from server.transport.http.resources import Resources
from server.transport.http.security_headers import SecurityHeaders
from server.transport.http.site import Site
from server.transport.identification import Identification
from server.transport.limits import AddressLimit, KeyedLimit
from server.transport.origins import Origins
from server.transport.websocket.admission import Admission
from server.transport.websocket.connection import Services
from server.transport.websocket.endpoint import WebSocketEndpoint
from server.transport.websocket.flush_scheduler import FlushScheduler

NEW_THINGS_PER_S: Final = 1.0
NEW_THINGS_BURST: Final = 60.0
MOVES_PER_S: Final = 100.0
MOVES_BURST: Final = 500.0

_SUBSCRIBE_TIME_LIMIT_S: Final = 10.0

_log = logging.getLogger(__name__)


def create_app(settings: Settings) -> Starlette:
    """Return the application. It brings the database's schema up to date and connects when it starts.

    `app.state.begin_shutdown` is a callable: it has the application turn requests away and end its endless
    responses, so that a server can then wait for all connections to close. Websockets need a server that offers
    `server.transport.websocket.wire.EXTENSION`, as `server.serving` does.

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
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, url: str, app: Starlette) -> AsyncIterator[None]:
    await migrate(settings.owner_database_url or url)
    pool = await open_pool(url)
    try:
        system = System(settings, url, pool)
        app.router.routes.extend(system.routes())
        app.state.begin_shutdown = system.begin_shutdown
        async with system.running():
            yield
    finally:
        await pool.close()


class System:
    """All parts of one process, wired; `running` keeps them at work."""

    def __init__(self, settings: Settings, url: str, pool: Pool) -> None:
        self._stopping = asyncio.Event()
        # The way down and the way up meet in the log.
        self._writer = Writer(pool)
        self._store = EventStore(pool, self._writer)
        self._games = LiveGames(self._store)
        self._feed = Feed(
            partial(connect, url, timeout_s=FEED_CONNECT_TIMEOUT_S), self._tell, self._games.resynchronize
        )
        self._commands = CommandPath(self._store, self._games, self._feed.subscribed)
        lobby = Lobby(pool)
        self._lobby = ProjectionRunner(partial(connect, url), LobbyProjection(), lobby.changed)
        self._expiry = Expiry(lobby.overdue, self._commands)
        self._lag = LoopLag()
        # The edges.
        players = Players(pool)
        names = Names(players)
        identification = Identification(Tokens(signing_key(settings)), players)
        origins = Origins(settings.origins)
        self._event_streams = EventStreams(self._games)
        self._websockets = WebSocketEndpoint(
            Admission(identification, origins, settings.max_connections),
            identification,
            EncodedGames(),
            Services(self._games, self._commands, names, FlushScheduler()),
        )
        self._resources = Resources(
            self._games,
            self._commands,
            lobby,
            players,
            names,
            identification,
            origins,
            AddressLimit(NEW_THINGS_PER_S, NEW_THINGS_BURST),
            KeyedLimit(MOVES_PER_S, MOVES_BURST),
            self._event_streams,
        )
        self._site = Site(static_directory(), self._is_ready, self._metrics)

    def routes(self) -> list[BaseRoute]:
        """Return everything that can be asked for."""
        return [*self._resources.routes(), WebSocketRoute("/ws", self._websockets), *self._site.routes()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work until the end of the block; then finish the commands that were taken, and stop.

        Raises:
            TimeoutError: the feed could not subscribe at the start.
        """
        work = (
            self._writer.run(),
            self._games.run(),
            self._feed.run(),
            self._lobby.run(),
            self._expiry.run(),
            self._websockets.run(),
            self._lag.run(),
        )
        tasks = [asyncio.create_task(part) for part in work]
        for task in tasks:
            task.add_done_callback(self._on_end)
        try:
            async with asyncio.timeout(_SUBSCRIBE_TIME_LIMIT_S):
                await self._feed.subscribed.wait()
            yield
            self.begin_shutdown()
            await self._commands.finish()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def begin_shutdown(self) -> None:
        """Say "not ready" from now on, and end the responses that would never end."""
        self._stopping.set()
        self._event_streams.end()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        """A part of the process has stopped. Without it the rest would look well and be useless, so all stops."""
        if not task.cancelled():
            _log.critical("a part of the server failed, so all of it stops", exc_info=task.exception())
            signal.raise_signal(signal.SIGTERM)

    def _tell(self, events: Sequence[StoredEvent]) -> None:
        self._games.handle_events(events)
        self._lobby.wake(events[-1].position)

    async def _is_ready(self) -> bool:
        is_listening = self._feed.subscribed.is_set() and not self._stopping.is_set()
        return is_listening and await self._store.is_reachable()

    def _metrics(self) -> dict[str, tuple[str, float]]:
        return {
            "fourfold_sockets": ("Open websockets.", self._websockets.admission.count),
            "fourfold_live_games": ("Games in memory.", self._games.count),
            "fourfold_position": ("The position of the last event heard of.", self._feed.position),
            "fourfold_lobby_lag": (
                "How many events the lobby is behind the log.",
                max(0, self._feed.position - self._lobby.position),
            ),
            "fourfold_lobby_stuck": ("1 if an event can't be folded into the lobby.", self._lobby.is_stuck),
            "fourfold_game_reads_total": ("How often a game was read from the log.", self._store.game_reads),
            "fourfold_event_loop_lag_seconds": (
                "How late the event loop ran at most, in the last second.",
                self._lag.worst_s,
            ),
            "fourfold_appends_waiting": ("Appends that wait for a commit.", self._writer.waiting),
        }


def static_directory() -> Path:
    """Return where the page's files are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    inside = package / "static"
    return inside if inside.is_dir() else package.parent / "static"

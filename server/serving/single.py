"""One process that serves: uvicorn with our limits, and with an orderly end."""

import asyncio
import gc
import logging
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from server.app import create_app
from server.serving.stopping import StopSignals
from server.serving.uvicorn_adapter import AdapterConfig, HttpAdapter, WebSocketAdapter, connection_limit
from server.settings.settings import Settings

CLOSE_CONNECTIONS_S = 5
"""How long open requests may take to finish once the end has begun."""

END_S = 20.0
"""How long the whole end may take: closing connections, finishing accepted commands, closing the database."""

FORCED_END_S = 0.5

GARBAGE_THRESHOLD = 20_000
"""How many more objects are made than freed before the garbage collector looks at the youngest."""

_log = logging.getLogger(__name__)


class OrderlyServer(uvicorn.Server):
    """uvicorn's server, which tells when it is ready, and ends in the right order and in bounded time.

    The end: readiness off and live streams closed (`app.state.begin_shutdown`), no new connections, websockets told
    to come back (1012), then the application's own end, which finishes what was accepted. A second
    SIGINT cuts it short.
    """

    def __init__(self, config: uvicorn.Config, app: Starlette, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._on_ready = on_ready
        self._time_limit: asyncio.Timeout | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        _calm_the_collector()
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, however long the application would like to take."""
        self._loop = asyncio.get_running_loop()
        self._app.state.begin_shutdown()
        try:
            async with asyncio.timeout(FORCED_END_S if self.force_exit else END_S) as self._time_limit:
                await super().shutdown(sockets)
        except TimeoutError:
            _log.warning("the end was cut short")
        finally:
            self._time_limit = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the end; the second time (SIGINT) hurry. Called by signal handlers."""
        super().handle_exit(sig, frame)
        if self.force_exit and self._time_limit is not None:
            self._loop.call_soon_threadsafe(self._hurry)

    def _hurry(self) -> None:
        if self._time_limit is not None and not self._time_limit.expired():
            self._time_limit.reschedule(self._loop.time() + FORCED_END_S)


def serve_alone(
    settings: Settings, listener: socket.socket, signals: StopSignals, on_ready: Callable[[], None]
) -> int:
    """Serve in this process until it is told to end, and return the exit code. `on_ready` is called once."""
    app = create_app(settings)
    config = uvicorn_config(app, settings)
    server = OrderlyServer(config, app, on_ready)
    signals.react(lambda signum: server.handle_exit(signum, None))
    server.run([listener])
    return 0


def _calm_the_collector() -> None:
    """Look for garbage less often: games and sockets are long-lived, and little here ever forms a cycle.

    With 500 games under way, looking for cycles took a third of the CPU; now it takes a fiftieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 50)


def uvicorn_config(
    app: Starlette, settings: Settings, ws: type[asyncio.Protocol] = WebSocketAdapter
) -> AdapterConfig:
    """Return how uvicorn serves this application."""
    return AdapterConfig(
        app,
        http=HttpAdapter,
        ws=ws,
        connections=connection_limit(settings.max_connections, settings.trusted_proxies),
        trusted_proxies=settings.trusted_proxies,
        close_connections_s=CLOSE_CONNECTIONS_S,
    )

"""One process that serves: uvicorn with our limits, and with an orderly end."""

import asyncio
import gc
import logging
import socket
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from server.app import create_app
from server.background import Background
from server.serving.heartbeat import STANDSTILL_S
from server.serving.last_resort import call_off, end_within
from server.serving.stopping import StopSignals
from server.serving.uvicorn_adapter import AdapterConfig, HttpAdapter, WebSocketAdapter, connection_limit
from server.settings.settings import Settings

CLOSE_CONNECTIONS_S = 5
"""How long open requests may take to finish once the end has begun."""

END_S = 20.0
"""How long the whole end may take: closing connections, finishing accepted commands, closing the database."""

FORCED_END_S = 0.5

LAST_RESORT_S = 5.0
"""How much longer it may take until the process is ended without its event loop."""

GARBAGE_THRESHOLD = 20_000
"""How many more objects are made than freed before the garbage collector examines the youngest."""

_log = logging.getLogger(__name__)


class OrderlyServer(uvicorn.Server):
    """uvicorn's server, which says when it is ready, and ends in the right order and in bounded time.

    The end: readiness off and live streams closed (`app.state.begin_shutdown`), no new connections, websockets told
    to come back (1012), then the application's own end, which finishes what was accepted. A second
    SIGINT cuts it short. Whoever handles signals with `handle_exit` calls `call_off` once `run` has returned.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        app: Starlette,
        on_ready: Callable[[], None],
        beat: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        super().__init__(config)
        self._app = app
        self._on_ready = on_ready
        self._beat = beat
        self._is_told_to_end = False
        self._time_limit: asyncio.Timeout | None = None

    @override
    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, with a heartbeat from the start to the end."""
        async with Background().running({"heartbeat": self._beat()} if self._beat else {}):
            await super().serve(sockets)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        _calm_the_collector()
        if self.started:
            self._on_ready()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, however long the application would like to take."""
        self._loop = asyncio.get_running_loop()
        if self._is_told_to_end:
            end_within(END_S + LAST_RESORT_S)
        self._app.state.begin_shutdown()
        try:
            async with asyncio.timeout(FORCED_END_S if self.force_exit else END_S) as self._time_limit:
                await super().shutdown(sockets)
        except TimeoutError:
            _log.warning("the end was cut short")
        finally:
            self._time_limit = None

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the end; the second time (SIGINT) hurry. Called by signal handlers.

        A process whose event loop stands still ends too, though not in an orderly way.
        """
        if not self._is_told_to_end:
            self._is_told_to_end = True
            end_within(STANDSTILL_S)
        super().handle_exit(sig, frame)
        if self.force_exit:
            end_within(LAST_RESORT_S)
            if self._time_limit is not None:
                self._loop.call_soon_threadsafe(self._hurry)

    def _hurry(self) -> None:
        if self._time_limit is not None and not self._time_limit.expired():
            self._time_limit.reschedule(self._loop.time() + FORCED_END_S)


def serve_alone(
    settings: Settings,
    listener: socket.socket,
    signals: StopSignals,
    on_ready: Callable[[], None],
    beat: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> int:
    """Serve in this process until it is told to end, and return the exit code: 1 if a part of it failed, else 0.

    `on_ready` is called once; `beat` runs as long as the event loop does.
    """
    app = create_app(settings)
    config = uvicorn_config(app, settings)
    server = OrderlyServer(config, app, on_ready, beat)
    signals.react(lambda signum: server.handle_exit(signum, None))
    try:
        server.run([listener])
    finally:
        call_off()
    return int(app.state.has_failed())


def _calm_the_collector() -> None:
    """Collect garbage less often: games and sockets are long-lived, and few objects here ever form a cycle.

    With 500 games in progress, looking for cycles took a third of the CPU; now it takes a fiftieth.
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

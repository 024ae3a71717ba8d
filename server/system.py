"""The composition root: all parts of one process are put together here, for the server and for tests alike."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from server.application.command_path import CommandPath
from server.application.expiry import Expiry
from server.application.live_games import LiveGames
from server.application.names import Names
from server.background import Background
from server.database.pool import Pool
from server.database.read_limit import ReadShare
from server.database.sessions import Connect, connect
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import Feed
from server.eventstore.history import History
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from server.identity.players import Players
from server.identity.tokens import Tokens
from server.instrumentation.loop_lag import LoopLag
from server.projections.lobby import Lobby
from server.projections.lobby_projection import LobbyProjection
from server.projections.runner import ProjectionRunner
from server.settings.secret_key import signing_key
from server.settings.settings import Settings
from server.transport.encoding import EncodedGames
from server.transport.http.event_streams import EventStreams
from server.transport.http.games import GamesResource
from server.transport.http.guards import Guards
from server.transport.http.lobby import LobbyResource
from server.transport.http.moves import MovesResource
from server.transport.http.players import PlayersResource
from server.transport.http.routes import api_routes
from server.transport.http.site import Site
from server.transport.identification import Identification
from server.transport.limits import AddressLimit, KeyedLimit
from server.transport.origins import Origins
from server.transport.websocket.admission import Admission
from server.transport.websocket.connection import Services
from server.transport.websocket.endpoint import ExactRoute, WebSocketEndpoint
from server.transport.websocket.flush_scheduler import FlushScheduler

CREATIONS_PER_S: Final = 1.0
CREATIONS_BURST: Final = 60.0
MOVES_PER_S: Final = 100.0
MOVES_BURST: Final = 500.0

READS_PER_S: Final = 200.0
"""For one network. A page that shows the lobby asks 0.7 times a second: enough for a school behind one address."""

READS_BURST: Final = 1000.0

GAME_READS: Final = 6
OTHER_READS: Final = 4
"""How many reads of games, and of all else, are carried out at once; neither keeps the other waiting."""

READS_AT_ONCE: Final = 3
"""How many of the database's connections serve what anybody may ask for; the others are for those who play."""

READS_QUEUED: Final = 100
"""How many more may wait: some 50 ms at the rate of a healthy database."""

OWN_SESSION_TIME_LIMIT_S: Final = 1.0
"""How long one host may take to open a session: an attempt that hangs must not delay one that may succeed."""

_SUBSCRIBE_TIME_LIMIT_S: Final = 10.0


class System:
    """All parts of one process, wired; `running` keeps them at work."""

    def __init__(
        self,
        settings: Settings,
        url: str,
        *,
        history: History,
        game_reads: Pool,
        other_reads: Pool,
        static_directory: Path,
    ) -> None:
        self.background = Background()
        # The way down and the way up meet in the log.
        self._writer = Writer(_session(url, "writer"), history)
        self._store = EventStore(game_reads, self._writer, history)
        self._games = LiveGames(self._store)
        self._feed = Feed(_session(url, "feed"), self._publish, self._games.resynchronize, history=history)
        self._commands = CommandPath(self._store, self._games, history.subscribed)
        lobby = Lobby(other_reads)
        self._lobby = ProjectionRunner(_session(url, "lobby"), LobbyProjection(), lobby.changed)
        self._expiry = Expiry(lobby.overdue, self._commands)
        self._lag = LoopLag()
        # The edges.
        players = Players(other_reads)
        names = Names(players)
        identification = Identification(Tokens(signing_key(settings)), players)
        origins = Origins(settings.origins)
        encoded = EncodedGames()
        share = ReadShare(READS_AT_ONCE, READS_QUEUED)
        self._event_streams = EventStreams(self._games, encoded)
        self._websockets = WebSocketEndpoint(
            Admission(identification, origins, settings.max_connections),
            identification,
            encoded,
            Services(self._games, self._commands, names, FlushScheduler(), share),
        )
        guards = Guards(
            identification,
            origins,
            reads=AddressLimit(READS_PER_S, READS_BURST),
            creations=AddressLimit(CREATIONS_PER_S, CREATIONS_BURST),
            share=share,
        )
        self._api = api_routes(
            guards,
            PlayersResource(guards, players),
            LobbyResource(lobby, names),
            GamesResource(guards, self._games, self._commands, encoded, self._event_streams),
            MovesResource(guards, self._games, self._commands, KeyedLimit(MOVES_PER_S, MOVES_BURST)),
        )
        self._site = Site(guards, static_directory, self._is_ready, self._metrics)

    def routes(self) -> list[BaseRoute]:
        """Return everything that can be asked for."""
        return [*self._api, ExactRoute("/ws", self._websockets), *self._site.routes()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work until the end of the block; then finish the commands that were taken, and stop.

        Raises:
            TimeoutError: the feed could not subscribe at the start.
        """
        parts = {
            "the writer": self._writer.run(),
            "the live games": self._games.run(),
            "the feed": self._feed.run(),
            "the lobby's projection": self._lobby.run(),
            "the games' expiry": self._expiry.run(),
            "the websockets": self._websockets.run(),
            "the event loop's measurement": self._lag.run(),
        }
        async with self.background.running(parts):
            async with asyncio.timeout(_SUBSCRIBE_TIME_LIMIT_S):
                await self._feed.subscribed.wait()
            yield
            self.begin_shutdown()
            await self._commands.finish()

    def begin_shutdown(self) -> None:
        """Say "not ready" from now on, and end the responses that would never end."""
        self.background.expect_end()
        self._event_streams.end()

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        self._games.handle_events(events)
        self._lobby.wake(events[-1].position)

    async def _is_ready(self) -> bool:
        is_listening = self._feed.subscribed.is_set() and not self.background.is_stopping
        return is_listening and await self._store.is_reachable()

    def _metrics(self) -> dict[str, tuple[str, float]]:
        return {
            "fourfold_sockets": ("Open websockets.", self._websockets.admission.count),
            "fourfold_event_streams": ("Open event streams.", self._event_streams.count),
            "fourfold_live_games": ("Games in memory.", self._games.count),
            "fourfold_position": ("The position of the last event received.", self._feed.position),
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
            "fourfold_appends_waiting": ("Appends that wait for a commit.", self._writer.pending),
            "fourfold_notification_queue_usage": (
                "How full the cluster's queue of notifications is, from 0 to 1; at 1 appends fail.",
                self._feed.notification_queue_usage,
            ),
        }


def _session(url: str, purpose: str) -> Connect:
    """Return how a part of the server opens the one session that it has to itself."""
    return partial(connect, url, name=f"fourfold {purpose}", host_time_limit_s=OWN_SESSION_TIME_LIMIT_S)

"""Events of a game as they happen, over plain HTTP: server-sent events (the HTML standard, §9.2)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.domain.vocabulary import GameId, Version
from server.transport.encoding import EncodedGame, EncodedGames
from server.transport.limits import NetworkShare
from server.transport.networks import networks_of
from server.transport.problems import ProblemError

HEARTBEAT_S: Final = 15.0
"""How often a quiet stream sends a comment, so that proxies keep it open."""

MAX_STREAMS: Final = 1000
"""How many streams one process serves at once."""

MAX_STREAMS_OF_ONE_NETWORK: Final = 100

_COME_BACK_MS: Final = 1000


class EventStreams:
    """The live streams of this process; `end` ends them all, so that the server can stop.

    The server cuts off a client that doesn't read, as it does with every response, and that ends its stream.
    """

    def __init__(
        self,
        games: LiveGames,
        encoded: EncodedGames,
        *,
        max_streams: int = MAX_STREAMS,
        max_of_one_network: int = MAX_STREAMS_OF_ONE_NETWORK,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self.games = games
        self.encoded = encoded
        self.heartbeat_s = heartbeat_s
        self._max_streams = max_streams
        self._shares = NetworkShare(max_of_one_network)
        self._streams: set[_EventStream] = set()
        self._has_ended = False

    @property
    def count(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def live(self, request: Request, game: LiveGame, after: Version) -> Response:
        """Return a response that does not end by itself: the events after a version, then each new one.

        A browser that reconnects says by `Last-Event-ID` what it has, and gets what it missed. A client that has
        seen more than there is (the database was restored to an earlier moment) gets everything from the start.
        It raises a `ProblemError` instead of beginning if this process or the network has too many already.
        """
        last_seen = request.headers.get("last-event-id", "")
        if last_seen.isascii() and last_seen.isdecimal() and len(last_seen) < 10:  # noqa: PLR2004 — fits a version
            after = Version(int(last_seen))
        return _EventStream(self, game.id, after if after <= game.version else Version(0))

    @contextmanager
    def admitted(self, stream: "_EventStream", networks: tuple[str, ...]) -> Iterator[None]:
        """Count a stream until the end of the block.

        Raises:
            ProblemError: there are too many.
        """
        if len(self._streams) >= self._max_streams:
            raise ProblemError("unavailable", "The server has as many streams as it serves: try again later.")
        if not self._shares.enter(networks):
            raise ProblemError("too_many_requests", "Too many streams from your network: close one of them.")
        self._streams.add(stream)
        try:
            if self._has_ended:
                stream.end()
            yield
        finally:
            self._streams.discard(stream)
            self._shares.leave(networks)

    def end(self) -> None:
        """End all streams, these and those to come; browsers come back by themselves."""
        self._has_ended = True
        for stream in list(self._streams):
            stream.end()


class _EventStream(Response):
    """A response that follows one game, as its watcher, until the client leaves or has to."""

    media_type = "text/event-stream"

    def __init__(self, streams: EventStreams, game: GameId, after: Version) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"X-Accel-Buffering": "no"})
        self._streams = streams
        self._game = game
        self._after = after
        self._has_news = asyncio.Event()
        self._has_ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request.

        Raises:
            ProblemError: there are too many streams; nothing was sent.
            StoreUnavailableError: Postgres did not answer in time; nothing was sent.
        """
        if scope["method"] == "HEAD":
            await send(self._start)
            await send({"type": "http.response.body"})
            return
        with self._streams.admitted(self, networks_of(HTTPConnection(scope))):
            game = await self._streams.games.get(self._game, at_least=self._after)
            game.subscribe(self)
            try:
                async with asyncio.TaskGroup() as tasks:
                    listener = tasks.create_task(self._end_with_connection(receive))
                    async for message in self._messages(self._streams.encoded.of(game)):
                        await send(message)
                    listener.cancel()
            finally:
                game.unsubscribe(self)

    def end(self) -> None:
        """End the response."""
        self._has_ended = True
        self._has_news.set()

    def game_changed(self, game: GameId) -> None:  # noqa: ARG002 — it follows only one
        """Send what is new."""
        self._has_news.set()

    def resynchronize(self) -> None:
        """End, because what was sent may no longer be true: the client comes back, and begins again."""
        self.end()

    async def _end_with_connection(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end()

    async def _messages(self, game: EncodedGame) -> AsyncIterator[Message]:
        yield self._start
        yield _chunk(f"retry: {_COME_BACK_MS}\n\n")
        sent = self._after
        while not self._has_ended:
            self._has_news.clear()
            if events := game.events_after(sent):
                numbered = enumerate(events, start=sent + 1)
                yield _chunk("".join(f"id: {version}\ndata: {event}\n\n" for version, event in numbered))
                sent = Version(sent + len(events))
            try:
                async with asyncio.timeout(self._streams.heartbeat_s):
                    await self._has_news.wait()
            except TimeoutError:
                yield _chunk(": still here\n\n")
        yield {"type": "http.response.body"}

    @property
    def _start(self) -> Message:
        return {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}


def _chunk(text: str) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}

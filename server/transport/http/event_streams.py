"""Events of a game as they happen, over plain HTTP: server-sent events (the HTML standard, §9.2)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.domain.vocabulary import GameId, Version
from server.transport.encoding import EncodedGame
from server.transport.problems import ProblemError

HEARTBEAT_S: Final = 15.0
"""How often a quiet stream says that it lives, so that proxies keep it."""

MAX_STREAMS: Final = 1000
"""How many streams one process serves at once."""

_COME_BACK_MS: Final = 1000


class EventStreams:
    """The live streams of this process; `end` ends them all, so that the server can stop."""

    def __init__(self, games: LiveGames, *, max_streams: int = MAX_STREAMS) -> None:
        self._games = games
        self._max_streams = max_streams
        self._followers: set[_Follower] = set()
        self._ended = False

    def live(self, request: Request, game: LiveGame, after: Version) -> Response:
        """Return a response that never ends: the events after a version, then each new one.

        A browser that reconnects says by `Last-Event-ID` what it has, and gets what it missed. Who has seen more
        than there is (the database was restored to an earlier moment) gets everything from the start.

        Raises:
            ProblemError: there are as many streams as one process serves.
        """
        if len(self._followers) >= self._max_streams:
            raise ProblemError("unavailable", "The server has as many streams as it serves: try again later.")
        last_seen = request.headers.get("last-event-id", "")
        if last_seen.isascii() and last_seen.isdecimal() and len(last_seen) < 10:  # noqa: PLR2004 — fits a version
            after = Version(int(last_seen))
        if after > game.version:
            after = Version(0)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._follow(game.id, after), headers=headers, media_type="text/event-stream")

    def end(self) -> None:
        """End all streams, these and those to come; browsers come back by themselves."""
        self._ended = True
        for follower in list(self._followers):
            follower.resynchronize()

    async def _follow(self, game_id: GameId, after: Version) -> AsyncIterator[str]:
        follower = _Follower()
        self._followers.add(follower)
        game: LiveGame | None = None
        try:
            game = await self._games.get(game_id, at_least=after)
            encoded = EncodedGame(game)
            game.subscribe(follower)
            yield f"retry: {_COME_BACK_MS}\n\n"
            sent = after
            while not (follower.ended or self._ended):
                follower.wanted.clear()
                for version, event in enumerate(encoded.events_after(sent), start=sent + 1):
                    yield f"id: {version}\ndata: {event}\n\n"
                    sent = Version(version)
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await follower.wanted.wait()
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._followers.discard(follower)
            if game is not None:
                game.unsubscribe(follower)


class _Follower:
    """A watcher that follows one game over HTTP."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        self.ended = False

    def game_changed(self, game: GameId) -> None:  # noqa: ARG002 — it follows only one
        """See `Watcher`."""
        self.wanted.set()

    def resynchronize(self) -> None:
        """See `Watcher`."""
        self.ended = True
        self.wanted.set()

"""The games as commands may be decided on: kept up to date by the feed, and of the history that the player saw."""

import asyncio
from typing import Final

from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.application.submitted import Submitted
from server.domain.vocabulary import GameId
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.places import NO_EVENTS, StreamHead

_WENT_BACK: Final = "the log no longer holds what was seen of it: look at the game again, then repeat the command"


class CurrentGames:
    """Hands out games to decide on.

    While the feed is not subscribed there are none: a game in memory may then be out of date, or of a history that
    is gone, without anybody knowing.
    """

    def __init__(self, games: LiveGames, subscribed: asyncio.Event) -> None:
        self._games = games
        self._subscribed = subscribed

    def in_memory(self, game: GameId) -> LiveGame | None:
        """Return a game if it is here and the feed is subscribed."""
        return self._games.in_memory(game) if self._subscribed.is_set() else None

    async def get(self, asked: Submitted) -> LiveGame:
        """Return the game of a command as this process holds it.

        Raises:
            StoreUnavailableError: not before the deadline; or what the player saw may be gone from the log.
        """
        return await self._once_subscribed(asked, newest=False)

    async def newest(self, asked: Submitted, *, seen: StreamHead = NO_EVENTS) -> LiveGame:
        """Return the game of a command as the log holds it: one that goes on from what was `seen` of it before.

        Raises:
            StoreUnavailableError: as for `get`.
        """
        live = await self._once_subscribed(asked, newest=True)
        if not live.continues(seen):
            raise StoreUnavailableError(_WENT_BACK)
        return live

    async def expect(self, asked: Submitted) -> LiveGame:
        """Return the game that a command is about to open; raises what `get` does."""
        await self._until_subscribed(asked.deadline)
        return self._games.expect(asked.game)

    def went_back(self, live: LiveGame) -> StoreUnavailableError:
        """Discard a game that is not what the log holds; return the error that has the player look again."""
        self._games.discard(live)
        return StoreUnavailableError(_WENT_BACK)

    async def _once_subscribed(self, asked: Submitted, *, newest: bool) -> LiveGame:
        read = self._games.newest if newest else self._games.get
        while True:
            await self._until_subscribed(asked.deadline)
            live = await read(asked.game, deadline=asked.deadline)
            if self._games.generation != asked.generation:
                raise StoreUnavailableError(_WENT_BACK)
            if self._subscribed.is_set():
                return live

    async def _until_subscribed(self, deadline: float) -> None:
        if self._subscribed.is_set():
            return
        try:
            async with asyncio.timeout_at(deadline):
                await self._subscribed.wait()
        except TimeoutError as error:
            raise StoreUnavailableError("the feed is not subscribed to the log") from error

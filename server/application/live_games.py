"""The way up: the games that somebody here watches or plays, told of every event by the feed.

Past events are dropped, the next one is folded in, and where one is missing the log is read. Games that nobody
needs leave memory again.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from server.application.live_game import LiveGame, UnreadableGameError, Watcher
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import RecordedEvent, StoredEvent
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.store import EventStore

MAX_IDLE: Final = 1000
"""How many games stay in memory although nobody watches them."""

_READ_AGAIN_AFTER_S: Final = 0.5

_log = logging.getLogger(__name__)


class LiveGames:
    """The live games of this process."""

    def __init__(
        self, store: EventStore, encode: Callable[[RecordedEvent], str], *, max_idle: int = MAX_IDLE
    ) -> None:
        self._store = store
        self._encode = encode
        self._max_idle = max_idle
        self._games: OrderedDict[GameId, LiveGame] = OrderedDict()
        self._evict_at = max_idle
        self._behind: set[GameId] = set()
        self._gap = asyncio.Event()

    @property
    def count(self) -> int:
        """How many games are in memory."""
        return len(self._games)

    def in_memory(self, game_id: GameId) -> LiveGame | None:
        """Return a game if it is here: perhaps a moment older than the log."""
        live = self._games.get(game_id)
        if live is None or live.version == 0:
            return None
        self._games.move_to_end(game_id)
        return live

    def new(self, game_id: GameId) -> LiveGame:
        """Return a game that is not in the log yet: there is nothing to read."""
        self._evict()
        live = self._games[game_id] = LiveGame(game_id, self._store, self._encode)
        return live

    async def get(self, game_id: GameId) -> LiveGame:
        """Return a game, read from the log if it is not in memory; at version 0 if there is none of that id.

        Raises:
            StoreUnavailableError: Postgres did not answer in time.
            UnreadableGameError: the history can't be understood.
        """
        live = self._games.get(game_id)
        if live is None:
            # Subscribe first, then read: an event in between is heard, and the read is repeated until it is there.
            live = self.new(game_id)
        self._games.move_to_end(game_id)
        if live.version == 0:
            try:
                await live.catch_up()
            finally:
                if live.version == 0 and not live.is_in_use and self._games.get(game_id) is live:
                    del self._games[game_id]
        return live

    async def watch(self, game_id: GameId, after: Version, watcher: Watcher) -> LiveGame:
        """Have `watcher` woken when a game goes on, and return the game: at `after` at least, if the log has it.

        Nothing is missed: what the game holds and what the watcher will be woken for belong together. A game at
        version 0 does not exist, and is not watched.

        Raises:
            StoreUnavailableError: Postgres did not answer in time.
            UnreadableGameError: the history can't be understood.
        """
        while True:
            live = await self.get(game_id)
            if after > live.version:
                await live.catch_up()
            if live.version == 0:
                return live
            if self._games.get(game_id) is live:  # else everybody starts over, and so do we
                live.watchers.add(watcher)
                return live

    def hear(self, events: Sequence[StoredEvent]) -> None:
        """Take what the feed tells. Games that nobody here has in memory are passed over undecoded."""
        by_game: dict[GameId, list[StoredEvent]] = {}
        for stored in events:
            if stored.stream in self._games:
                by_game.setdefault(stored.stream, []).append(stored)
        for game_id, heard in by_game.items():
            live = self._games[game_id]
            try:
                live.hear(heard)
            except UnreadableGameError:
                self._give_up(live)
            if live.is_behind:
                self._behind.add(game_id)
                self._gap.set()

    def start_over(self) -> None:
        """Forget all games: the log ends earlier than what was told of it. Their watchers must come again."""
        games = list(self._games.values())
        self._games.clear()
        for live in games:
            for watcher in list(live.watchers):
                watcher.start_over()

    async def run(self) -> None:
        """Read what was missed, until cancelled."""
        while True:
            await self._gap.wait()
            self._gap.clear()
            while self._behind:
                live = self._games.get(self._behind.pop())
                if live is not None and live.is_behind:
                    await self._mend(live)

    async def _mend(self, live: LiveGame) -> None:
        try:
            await live.catch_up()
        except StoreUnavailableError:
            await asyncio.sleep(_READ_AGAIN_AFTER_S)
            self._behind.add(live.id)
        except UnreadableGameError:
            self._give_up(live)

    def _give_up(self, live: LiveGame) -> None:
        """A history that can't be understood is not shown; who asks for the game again learns of the error."""
        _log.exception("game %s can't be folded after version %d", live.id, live.version)
        self._games.pop(live.id, None)
        for watcher in list(live.watchers):
            watcher.start_over()

    def _evict(self) -> None:
        """Let the games go that nobody watches and nobody asked for recently."""
        if len(self._games) < self._evict_at:
            return
        idle = [game_id for game_id, live in self._games.items() if not live.is_in_use]
        for game_id in idle[: max(0, len(idle) + 1 - self._max_idle)]:
            del self._games[game_id]
        # Looking through all games for each new one would cost more the more there are.
        self._evict_at = max(self._max_idle, len(self._games) + self._max_idle // 8)

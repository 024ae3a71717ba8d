"""The way up: the games that somebody here watches or plays, brought up to date by every event of the feed.

Past events are dropped, the next one is folded in, and where one is missing the log is read. Games that nobody
needs leave memory again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from server.application.game_cache import MAX_IDLE, GameCache
from server.application.live_game import LiveGame, UnreadableGameError
from server.application.missing_games import REMEMBERED_FOR_S, MissingGames
from server.domain.errors import BrokenLogError
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import StoredEvent, decode
from server.eventstore.errors import StoreUnavailableError, UnknownEventTypeError
from server.eventstore.store import NOTHING, EventStore

READ_TIME_LIMIT_S: Final = 2.5
"""How long a read may take in all, if the caller names no deadline."""

_READ_AGAIN_AFTER_S: Final = 0.5

_UNREADABLE: Final = (BrokenLogError, UnknownEventTypeError, msgspec.ValidationError)
"""All that can be wrong with stored events."""

_log = logging.getLogger(__name__)


class LiveGames:
    """The live games of this process.

    A game that is returned is the one that the feed keeps up to date, until the caller waits for anything else:
    meanwhile it may have been discarded, so it must be asked for again. Deadlines are times of the event loop.
    """

    def __init__(
        self, store: EventStore, *, max_idle: int = MAX_IDLE, missing_for_s: float = REMEMBERED_FOR_S
    ) -> None:
        self._store = store
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._games = GameCache(self._read, max_idle=max_idle)
        self._missing = MissingGames(self._now, remembered_for_s=missing_for_s)
        self._behind: set[GameId] = set()
        self._gap = asyncio.Event()
        self.generation = 0
        """How often all games were discarded: what was seen in an earlier generation may be gone from the log."""

    @property
    def count(self) -> int:
        """How many games are in memory."""
        return len(self._games)

    def in_memory(self, game_id: GameId) -> LiveGame | None:
        """Return a game if it is here: perhaps a moment older than the log."""
        cached = self._games.find(game_id)
        return cached.live if cached is not None and cached.live.version else None

    async def get(self, game_id: GameId, *, at_least: Version = NOTHING, deadline: float | None = None) -> LiveGame:
        """Return a game, at `at_least` or beyond if the log is; it is read only if what is in memory is older.

        A game at version 0 does not exist, and nobody can watch it.

        Raises:
            StoreUnavailableError: Postgres did not answer before the deadline.
            UnreadableGameError: the history can't be understood.
        """
        live = self.in_memory(game_id)
        if live is not None and live.version >= at_least:
            return live
        return await self.newest(game_id, deadline=deadline)

    async def newest(self, game_id: GameId, *, deadline: float | None = None) -> LiveGame:
        """Return a game with everything that was committed before this call; for the rest, see `get`.

        Games that are missing are remembered for a second: one that is opened under an id that was asked for before
        may be found a moment late.
        """
        deadline = self._now() + READ_TIME_LIMIT_S if deadline is None else deadline
        while not self._missing.is_unknown(game_id):
            # Into memory first, then read: an event in between is received, and the read is repeated if need be.
            cached = self._games.find(game_id) or self._games.add(game_id)
            try:
                await cached.catch_up(deadline)
                if self._games.holds(cached.live):  # else it was discarded during the read
                    return cached.live
            except TimeoutError as error:
                raise StoreUnavailableError("the game was not read in time") from error
            finally:
                if cached.live.version == 0 and not cached.is_in_use:
                    self._games.discard(cached.live)
        unknown = LiveGame(game_id)
        unknown.discard()  # no event will reach it
        return unknown

    def expect(self, game_id: GameId) -> LiveGame:
        """Return a game that is about to be opened: its first event will find it here, so nobody has to read it."""
        return self._games.add(game_id).live

    def discard(self, live: LiveGame) -> None:
        """Discard a game that turned out not to be what the log holds; its watchers must ask again."""
        self._games.discard(live)

    def handle_events(self, events: Sequence[StoredEvent]) -> None:
        """Receive events from the feed. Games that nobody here has in memory are passed over undecoded."""
        by_game: dict[GameId, list[StoredEvent]] = {}
        for stored in events:
            self._missing.forget(stored.stream)
            if stored.stream in self._games:
                by_game.setdefault(stored.stream, []).append(stored)
        for game_id, received in by_game.items():
            if (cached := self._games.find(game_id)) is not None:
                self._receive(cached.live, received)

    def resynchronize(self) -> None:
        """Discard all games: the log no longer holds all that was received. Their watchers must ask again."""
        self.generation += 1
        self._missing.clear()
        for cached in self._games:
            self._games.discard(cached.live)

    async def run(self) -> None:
        """Read what was missed, until cancelled."""
        while True:
            await self._gap.wait()
            self._gap.clear()
            while self._behind:
                game_id = self._behind.pop()
                cached = self._games.find(game_id)
                if cached is not None and cached.live.is_behind:
                    await self._repair(game_id)

    def _receive(self, live: LiveGame, received: Sequence[StoredEvent]) -> None:
        try:
            live.receive([decode(stored) for stored in received if stored.version > live.version])
        except _UNREADABLE as error:
            self._give_up(live, error)
        if live.is_behind:
            self._behind.add(live.id)
            self._gap.set()

    async def _repair(self, game_id: GameId) -> None:
        try:
            await self.newest(game_id)
        except StoreUnavailableError:
            await asyncio.sleep(_READ_AGAIN_AFTER_S)
            self._behind.add(game_id)
        except UnreadableGameError:
            pass  # logged, and discarded

    async def _read(self, live: LiveGame, _deadline: float) -> None:
        """Fold in what the log holds beyond the game's version, until nothing is known to be missing."""
        while self._games.holds(live):
            before = live.version
            try:
                live.receive(await self._store.read_stream(live.id, before))
                if live.is_behind and live.version == before:
                    raise BrokenLogError(f"version {before + 1} is missing")
            except _UNREADABLE as error:
                raise self._give_up(live, error) from error
            if live.version == 0:
                self._missing.add(live.id)
            if not live.is_behind:
                return

    def _give_up(self, live: LiveGame, cause: Exception) -> UnreadableGameError:
        """Show nobody a game that can't be understood, not even a part of it; return the error that says so."""
        error = UnreadableGameError(f"game {live.id} can't be read beyond version {live.version}: {cause}")
        _log.error("%s", error)
        if self._games.holds(live):
            self._missing.add(live.id, error)
        self._games.discard(live)
        return error

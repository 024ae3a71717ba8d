"""The way up: games that somebody here watches or plays, folded in memory and kept at their newest version.

A live game holds its whole history, which is short: at most 42 moves and a handful of other events. So whoever
comes late or returns is served from memory, exactly from the version they name, and nobody keeps a queue of events:
a watcher has a cursor into the history, and being slow only means that more events come at once.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol, assert_never
from uuid import UUID

import msgspec

from server.domain.errors import BrokenLogError
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import UNOPENED, Game, evolve
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent, StoredEvent, decode
from server.eventstore.errors import StoreUnavailableError, UnknownEventTypeError
from server.eventstore.store import EventStore

MAX_IDLE: Final = 1000
"""How many games stay in memory although nobody watches them."""

_READ_AGAIN_AFTER_S: Final = 0.5

_READ_TIME_LIMIT_S: Final = 3.0

_log = logging.getLogger(__name__)


class UnreadableGameError(Exception):
    """The game's events can't be understood: they are damaged, or written by a newer version. Others are well."""


class Watcher(Protocol):
    """Somebody who wants to know when a game goes on. Neither call may block or raise."""

    def wake(self, game: GameId) -> None:
        """The game has events beyond what the watcher has seen."""

    def start_over(self) -> None:
        """What the watcher has seen is no longer true: the database was restored to an earlier moment."""


class LiveGame:
    """One game at the newest version that this process has heard of, with all that led to it."""

    def __init__(self, game_id: GameId, store: EventStore, encode: Callable[[RecordedEvent], str]) -> None:
        self.id = game_id
        self.game: Game = UNOPENED
        self.history: list[RecordedEvent] = []
        self.encoded: list[str] = []
        """The events of `history` as they are sent: each is encoded once, not once for each watcher."""
        self.players: set[PlayerId] = set()
        self.watchers: set[Watcher] = set()
        self._store = store
        self._encode = encode
        self._heard = Version(0)
        self._reading = asyncio.Lock()
        self._readers = 0
        self._reads_begun = 0
        self._last_read = 0

    @property
    def version(self) -> Version:
        """The version of the newest event that is folded in."""
        return Version(len(self.history))

    def carried_out(self, command_id: UUID) -> list[RecordedEvent]:
        """Return what a command made happen; nothing if it is not in the history."""
        return [recorded for recorded in self.history if recorded.command_id == command_id]

    @property
    def is_in_use(self) -> bool:
        """Whether somebody watches the game or waits for it to be read, so that it must stay in memory."""
        return bool(self.watchers) or self._readers > 0

    def hear(self, events: Iterable[StoredEvent]) -> None:
        """Fold in what follows; drop what is past; remember that something is missing.

        Raises:
            UnreadableGameError: the history can't be understood.
        """
        with _unreadable(self.id):
            self._take([decode(stored) for stored in events if stored.version > self.version])

    async def catch_up(self) -> None:
        """Read what the log holds beyond this version: what was committed before the call is in after it.

        Single-flight: many callers at once share one read that began after they called. A read that failed is
        nobody's: each caller learns of an error of its own, or of a later read.

        Raises:
            StoreUnavailableError: Postgres did not answer in time.
            UnreadableGameError: the history can't be understood.
        """
        self._readers += 1
        try:
            async with asyncio.timeout(_READ_TIME_LIMIT_S):
                await self._read_together()
        except TimeoutError as error:
            raise StoreUnavailableError("the game was not read in time") from error
        finally:
            self._readers -= 1

    async def _read_together(self) -> None:
        wanted = self._reads_begun + 1
        async with self._reading:
            while self._last_read < wanted or self.is_behind:
                self._reads_begun += 1
                this_read, before = self._reads_begun, self.version
                with _unreadable(self.id):
                    self._take(await self._store.read_stream(self.id, before))
                    if self.is_behind and self.version == before:
                        raise BrokenLogError(f"version {before + 1} is missing before version {self._heard}")
                self._last_read = this_read

    @property
    def is_behind(self) -> bool:
        """Whether an event was heard of that can't be folded in, because one before it is missing."""
        return self._heard > self.version

    def _take(self, events: Iterable[RecordedEvent]) -> None:
        before = self.version
        for recorded in events:
            self._heard = max(self._heard, recorded.version)
            if recorded.version == self.version + 1:
                self.game = evolve(self.game, recorded.event)
                self.players |= _players_in(recorded.event)
                self.encoded.append(self._encode(recorded))
                self.history.append(recorded)
        if self.version > before:
            for watcher in self.watchers:
                watcher.wake(self.id)


class LiveGames:
    """The live games of this process."""

    def __init__(
        self, store: EventStore, encode: Callable[[RecordedEvent], str], *, max_idle: int = MAX_IDLE
    ) -> None:
        self._store = store
        self._encode = encode
        self._max_idle = max_idle
        self._games: OrderedDict[GameId, LiveGame] = OrderedDict()
        self._behind: set[GameId] = set()
        self._gap = asyncio.Event()

    @property
    def count(self) -> int:
        """How many games are in memory."""
        return len(self._games)

    async def get(self, game_id: GameId) -> LiveGame:
        """Return a game, read from the log if it is not in memory; at version 0 if there is none of that id.

        Raises:
            StoreUnavailableError: Postgres did not answer in time.
            UnreadableGameError: the history can't be understood.
        """
        live = self._games.get(game_id)
        if live is None:
            # Subscribe first, then read: an event in between is heard, and the read is repeated until it is there.
            self._evict()
            live = self._games[game_id] = LiveGame(game_id, self._store, self._encode)
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
        if len(self._games) < self._max_idle:
            return
        idle = [game_id for game_id, live in self._games.items() if not live.is_in_use]
        for game_id in idle[: max(0, len(idle) + 1 - self._max_idle)]:
            del self._games[game_id]


@contextmanager
def _unreadable(game: GameId) -> Iterator[None]:
    """Tell in one way all that can be wrong with stored events."""
    try:
        yield
    except (BrokenLogError, UnknownEventTypeError, msgspec.ValidationError) as error:
        raise UnreadableGameError(f"game {game} can't be read: {error}") from error


def _players_in(event: GameEvent) -> set[PlayerId]:
    match event:
        case GameOpened(opener):
            return {opener}
        case GameStarted(player_one, player_two):
            return {player_one, player_two}
        case MoveMade() | GameFinished():
            return set()
        case _:
            assert_never(event)

"""One game, folded in memory and kept at its newest version, with all that led to it.

The history of a game is short: at most 42 moves and a handful of other events. So whoever comes late or returns is
served from memory, exactly from the version they name, and nobody keeps a queue of events: a watcher has a cursor
into the history, and being slow only means that more events come at once.
"""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice, takewhile
from typing import Final, Protocol
from uuid import UUID

import msgspec

from server.domain.errors import BrokenLogError
from server.domain.events import players_in
from server.domain.game import UNOPENED, Game, evolve
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent, StoredEvent, decode
from server.eventstore.errors import StoreUnavailableError, UnknownEventTypeError
from server.eventstore.places import NO_EVENTS, StreamHead
from server.eventstore.store import EventStore

_READ_TIME_LIMIT_S: Final = 3.0

_UNREADABLE: Final = (BrokenLogError, UnknownEventTypeError, msgspec.ValidationError)
"""All that can be wrong with stored events."""


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
        self.version = Version(0)
        """The version of the newest event that is folded in."""
        self.history: list[RecordedEvent] = []
        self.encoded: list[str] = []
        """The events of `history` as they are sent: each is encoded once, not once for each watcher."""
        self.players: set[PlayerId] = set()
        self.watchers: set[Watcher] = set()
        self._by_command: dict[UUID, int] = {}
        """Where in `history` what each command made happen begins."""
        self._store = store
        self._encode = encode
        self._packed = b""
        self._packed_from: tuple[Version, Version] | None = None
        self._heard = Version(0)
        self._reading = asyncio.Lock()
        self._readers = 0
        self._reads_begun = 0
        self._last_read = 0

    @property
    def head(self) -> StreamHead:
        """The newest event that is folded in: what an append builds on, and a read continues."""
        return StreamHead(self.version, self.history[-1].command_id) if self.history else NO_EVENTS

    def carried_out(self, command_id: UUID) -> list[RecordedEvent]:
        """Return what a command made happen; nothing if it is not in the history."""
        begin = self._by_command.get(command_id)
        if begin is None:
            return []
        return list(takewhile(lambda past: past.command_id == command_id, islice(self.history, begin, None)))

    @property
    def is_in_use(self) -> bool:
        """Whether somebody watches the game or waits for it to be read, so that it must stay in memory."""
        return bool(self.watchers) or self._readers > 0

    def hear(self, events: Iterable[StoredEvent]) -> None:
        """Fold in what follows; drop what is past; remember that something is missing.

        Raises:
            UnreadableGameError: the history can't be understood.
        """
        try:
            self._take([decode(stored) for stored in events if stored.version > self.version])
        except _UNREADABLE as error:
            raise _unreadable(self.id, error) from error

    def packed_after(self, after: Version, pack: Callable[[GameId, list[str]], bytes]) -> bytes:
        """Return what follows a version as one message: made once for all watchers who have seen the same."""
        if self._packed_from != (after, self.version):
            self._packed = pack(self.id, self.encoded[after:])
            self._packed_from = (after, self.version)
        return self._packed

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
                try:
                    self._take(await self._store.read_stream(self.id, self.head))
                    if self.is_behind and self.version == before:
                        raise BrokenLogError(f"version {before + 1} is missing before version {self._heard}")
                except _UNREADABLE as error:
                    raise _unreadable(self.id, error) from error
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
                self.players |= players_in(recorded.event)
                self.encoded.append(self._encode(recorded))
                self._by_command.setdefault(recorded.command_id, len(self.history))
                self.history.append(recorded)
                self.version = recorded.version
        if self.version > before:
            for watcher in self.watchers:
                watcher.wake(self.id)


def _unreadable(game: GameId, error: Exception) -> UnreadableGameError:
    return UnreadableGameError(f"game {game} can't be read: {error}")

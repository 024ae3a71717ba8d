"""One game in memory: the fold of its events, the events themselves, and who wants to know when there are more.

No I/O here: `live_games` brings the events.
"""

from collections.abc import Iterable
from itertools import islice, takewhile
from typing import Protocol
from uuid import UUID

from server.domain.events import players_in
from server.domain.game import UNOPENED, Game, evolve
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent


class UnreadableGameError(Exception):
    """The game's events are damaged, or a newer version wrote them. Other games are healthy."""


class Watcher(Protocol):
    """Somebody who wants to know when a game goes on. Neither call may block or raise."""

    def game_changed(self, game: GameId) -> None:
        """The game has events beyond what the watcher has seen. Must not subscribe or unsubscribe anybody."""

    def resynchronize(self) -> None:
        """What the watcher has seen may no longer be true: forget it, and ask for the game again.

        The game that the watcher was subscribed to is discarded, and notifies nobody any more.
        """


class LiveGame:
    """One game at the newest version that this process has received, with all that led to it."""

    def __init__(self, game_id: GameId) -> None:
        self.id = game_id
        self.game: Game = UNOPENED
        self.version = Version(0)
        """The version of the newest event that is folded in."""
        self.history: list[RecordedEvent] = []
        """The events 1 to `version`. It only ever grows, so what was derived from a part of it stays true."""
        self.players: set[PlayerId] = set()
        """The players who have a seat."""
        self._watchers: set[Watcher] = set()
        self._starts: dict[UUID, int] = {}
        """Where in `history` the events of each command start."""
        self._newest_received = Version(0)
        self._is_discarded = False

    @property
    def is_watched(self) -> bool:
        """Whether anybody is subscribed."""
        return bool(self._watchers)

    @property
    def is_behind(self) -> bool:
        """Whether an event was received that can't be folded in yet, because one before it is missing."""
        return self._newest_received > self.version

    def subscribe(self, watcher: Watcher) -> None:
        """Notify `watcher` of each change from now on; subscribing twice is subscribing once.

        What the game holds now and what the watcher will be notified of belong together: nothing is missed between.
        A game that has been discarded has the watcher resynchronize at once instead.
        """
        if self._is_discarded:
            watcher.resynchronize()
        else:
            self._watchers.add(watcher)

    def unsubscribe(self, watcher: Watcher) -> None:
        """Notify `watcher` no more; it need not be subscribed."""
        self._watchers.discard(watcher)

    def receive(self, events: Iterable[RecordedEvent]) -> None:
        """Fold in what follows, drop what is past, and remember if something is missing; then notify the watchers.

        All of it, or nothing: a fold that fails changes nothing.

        Raises:
            BrokenLogError: an event can't follow the ones before it.
        """
        game, version = self.game, self.version
        following: list[RecordedEvent] = []
        for recorded in events:
            self._newest_received = max(self._newest_received, recorded.version)
            if recorded.version == version + 1:
                game, version = evolve(game, recorded.event), recorded.version
                following.append(recorded)
        if following:
            for place, recorded in enumerate(following, start=len(self.history)):
                self.players |= players_in(recorded.event)
                self._starts.setdefault(recorded.command_id, place)
            self.history += following
            self.game, self.version = game, version
            for watcher in self._watchers:
                watcher.game_changed(self.id)

    def events_of(self, command_id: UUID) -> list[RecordedEvent]:
        """Return what a command led to; nothing if it is not in the history."""
        start = self._starts.get(command_id)
        if start is None:
            return []
        return list(takewhile(lambda past: past.command_id == command_id, islice(self.history, start, None)))

    def discard(self) -> None:
        """Have all watchers resynchronize: this object is not what the log says any more."""
        self._is_discarded = True
        watchers, self._watchers = self._watchers, set()
        for watcher in watchers:
            watcher.resynchronize()

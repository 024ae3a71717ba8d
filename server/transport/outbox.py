"""What is owed to one peer: replies to its messages, and the events beyond its cursor into each game it watches.

Events are never queued. The cursor says what was sent, the game's history is the rest, and a frame is made of it
when the peer has room: a slow peer gets more events in fewer frames, and costs no more memory.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from server.application.live_game import LiveGame
from server.application.names import Names
from server.domain.vocabulary import GameId, PlayerId, Version
from server.transport import protocol
from server.transport.protocol import Events, ServerMessage

MAX_REPLIES_WAITING: Final = 64


@dataclass(slots=True)
class _Watch:
    """What lies beyond `sent` is owed; `asked` owes an answer even if that is nothing."""

    live: LiveGame
    sent: Version
    asked: bool


class Outbox:
    """Makes the messages for one peer, one at a time. Whoever fills it does not wait."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._replies: deque[ServerMessage] = deque()
        self._watches: dict[GameId, _Watch] = {}
        self._owed: dict[GameId, None] = {}
        self._met: set[PlayerId] = set()
        self._room = asyncio.Event()
        self.wanted = asyncio.Event()
        """Set when there may be something to send."""

    @property
    def watched(self) -> Collection[GameId]:
        """The games the peer watches, now and as that changes."""
        return self._watches.keys()

    def reply(self, message: ServerMessage) -> None:
        """Owe a reply."""
        self._replies.append(message)
        self.wanted.set()

    def watch(self, live: LiveGame, after: Version) -> None:
        """Owe the events of a game after a version, those to come too; and an answer now, even an empty one."""
        self._watches[live.id] = _Watch(live, after, asked=True)
        self.wake(live.id)

    def unwatch(self, game: GameId) -> LiveGame | None:
        """Owe no more events of a game; return it, if it was watched."""
        watch = self._watches.pop(game, None)
        return watch.live if watch is not None else None

    def wake(self, game: GameId) -> None:
        """The game has gone on."""
        self._owed[game] = None
        self.wanted.set()

    async def room(self) -> None:
        """Wait until few replies are waiting: a peer that sends but does not read has to wait itself."""
        while len(self._replies) > MAX_REPLIES_WAITING:
            self._room.clear()
            await self._room.wait()

    async def next_message(self, *, replies_only: bool = False) -> ServerMessage | None:
        """Return what to send next, or None when nothing is owed.

        Raises:
            PlayersUnavailableError: Postgres did not tell the players' names in time.
        """
        if self._replies:
            reply = self._replies.popleft()
            if len(self._replies) <= MAX_REPLIES_WAITING:
                self._room.set()
            return reply
        while self._owed and not replies_only:
            game = next(iter(self._owed))
            del self._owed[game]
            watch = self._watches.get(game)
            if watch is not None and (watch.asked or watch.live.version > watch.sent):
                return await self._events(watch)
        return None

    async def _events(self, watch: _Watch) -> Events:
        names = await self._names.of(watch.live.players - self._met)
        self._met |= names.keys()
        encoded = watch.live.encoded[watch.sent :]
        watch.sent = watch.live.version
        watch.asked = False
        return Events(watch.live.id, protocol.as_raw(encoded), names)

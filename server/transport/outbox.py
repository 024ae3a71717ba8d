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
from server.identity.errors import PlayersUnavailableError
from server.transport.protocol import ServerMessage, encode_events, encode_message

MAX_REPLIES_WAITING: Final = 64
MAX_AT_ONCE: Final = 32
"""How many messages are made before the peer must have room for them."""


@dataclass(slots=True)
class _Watch:
    """What lies beyond `sent` is owed; `asked` owes an answer even if that is nothing."""

    live: LiveGame
    sent: Version
    asked: bool


class Outbox:
    """Makes the messages for one peer, a few at a time. Whoever fills it does not wait."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._replies: deque[ServerMessage] = deque()
        self._watches: dict[GameId, _Watch] = {}
        self._owed: dict[GameId, None] = {}
        self._met: set[PlayerId] = set()
        self._room = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._is_wanted = False
        self._wanted: asyncio.Future[None] | None = None

    @property
    def watched(self) -> Collection[GameId]:
        """The games the peer watches, now and as that changes."""
        return self._watches.keys()

    def reply(self, message: ServerMessage) -> None:
        """Owe a reply."""
        self._replies.append(message)
        self.wake_up()

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
        self.wake_up()

    def wake_up(self) -> None:
        """Have `wait` return: there may be something to send, or to do."""
        self._is_wanted = True
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    async def wait(self) -> None:
        """Wait until there may be something to send. For one task: an `asyncio.Event` serves many, at a price."""
        if not self._is_wanted:
            self._wanted = self._loop.create_future()
            await self._wanted
        self._is_wanted = False

    async def room(self) -> None:
        """Wait until few replies are waiting: a peer that sends but does not read has to wait itself."""
        while len(self._replies) > MAX_REPLIES_WAITING:
            self._room.clear()
            await self._room.wait()

    async def next_messages(self, *, replies_only: bool = False) -> list[bytes]:
        """Return what to send next; nothing when nothing is owed.

        Raises:
            PlayersUnavailableError: Postgres did not tell the players' names in time.
        """
        messages: list[bytes] = []
        while self._replies and len(messages) < MAX_AT_ONCE:
            messages.append(encode_message(self._replies.popleft()))
        if len(self._replies) <= MAX_REPLIES_WAITING:
            self._room.set()
        while self._owed and not replies_only and len(messages) < MAX_AT_ONCE:
            game = next(iter(self._owed))
            del self._owed[game]
            watch = self._watches.get(game)
            if watch is not None and (watch.asked or watch.live.version > watch.sent):
                try:
                    messages.append(await self._events(watch))
                except PlayersUnavailableError:
                    self._owed[game] = None
                    if not messages:
                        raise
                    break  # what was made is sent first; the error comes again
        return messages

    async def _events(self, watch: _Watch) -> bytes:
        live = watch.live
        names: dict[PlayerId, str] = {}
        if not live.players <= self._met:
            names = await self._names.of(live.players - self._met)
            self._met |= names.keys()
        after, watch.sent = watch.sent, live.version
        watch.asked = False
        if names:
            return encode_events(live.id, live.encoded[after:], names)
        return live.packed_after(after, encode_events)

"""What is owed to one peer: replies to its messages, and the events beyond its cursor into each game it watches.

Events are never queued. The cursor says what was sent, the game's history is the rest, and a message is made of it
when the peer has room: a slow peer gets more events in fewer messages, and costs no more memory.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from server.application.live_game import LiveGame
from server.application.names import Names
from server.domain.vocabulary import GameId, PlayerId, Version
from server.transport.encodings import encoded, packed_after
from server.transport.websocket.framing import text_frame
from server.transport.websocket.messages import NOBODY, ServerMessage, encode_events, encode_message

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
    """Makes the frames for one peer, a few at a time. Whoever fills it does not wait."""

    __slots__ = ("_met", "_nameless", "_names", "_owed", "_replies", "_watches")

    def __init__(self, names: Names) -> None:
        self._names = names
        self._replies: list[ServerMessage] = []  # short, and most of the time empty: a deque would take 600 bytes
        self._watches: dict[GameId, _Watch] = {}
        self._owed: dict[GameId, None] = {}
        self._nameless: dict[GameId, None] = {}
        self._met: set[PlayerId] = set()

    @property
    def watched(self) -> Collection[GameId]:
        """The games the peer watches, now and as that changes."""
        return self._watches.keys()

    @property
    def has_room(self) -> bool:
        """Whether few replies are waiting: a peer that sends but does not read has to wait itself."""
        return len(self._replies) <= MAX_REPLIES_WAITING

    @property
    def is_all_said(self) -> bool:
        """Whether no reply is owed."""
        return not self._replies

    @property
    def lacks_names(self) -> bool:
        """Whether events are owed that can't be told yet: `learn_names` has to be called."""
        return bool(self._nameless)

    def plays(self, player: PlayerId, game: GameId) -> bool:
        """Whether a player has a seat in a game that is watched here."""
        watch = self._watches.get(game)
        return watch is not None and player in watch.live.players

    def reply(self, message: ServerMessage) -> None:
        """Owe a reply."""
        self._replies.append(message)

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

    def next_frames(self, *, replies_only: bool = False) -> bytes:
        """Return what to send next, as frames; nothing when nothing is owed, or all that is owed lacks names."""
        frames: list[bytes] = []
        if self._replies:
            frames = [text_frame(encode_message(reply)) for reply in self._replies[:MAX_AT_ONCE]]
            del self._replies[:MAX_AT_ONCE]
        while self._owed and not replies_only and len(frames) < MAX_AT_ONCE:
            game = next(iter(self._owed))
            del self._owed[game]
            watch = self._watches.get(game)
            if watch is not None and (events := self._events(watch)):
                frames.append(events)
        return b"".join(frames)

    async def learn_names(self) -> None:
        """Look up the names that are lacking.

        Raises:
            PlayersUnavailableError: Postgres did not tell them in time.
        """
        games, self._nameless = self._nameless, {}
        watches = [self._watches[game] for game in games if game in self._watches]
        await self._names.of({player for watch in watches for player in watch.live.players})
        self._owed |= games

    def _events(self, watch: _Watch) -> bytes:
        """Return the frame of what lies beyond the cursor; nothing if nothing does, or if it lacks names."""
        live = watch.live
        if not watch.asked and live.version <= watch.sent:
            return b""
        new_names: Mapping[PlayerId, str] | None = None
        if not live.players <= self._met:
            new_names = self._names.known(live.players - self._met)
            if new_names is None:
                self._nameless[live.id] = None
                return b""
            self._met |= new_names.keys()
        after, watch.sent = watch.sent, live.version
        watch.asked = False
        return _frame(live.id, encoded(live)[after:], new_names) if new_names else packed_after(live, after, _frame)


def _frame(game: GameId, events: list[str], names: Mapping[PlayerId, str] = NOBODY) -> bytes:
    return text_frame(encode_events(game, events, names))

"""How far one peer has seen each game it watches.

Events are never queued for a peer. A cursor says what was sent, the game's history is the rest, and a message is
made of it when the peer has room: a slow peer gets more events in fewer messages, and costs no more memory.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from server.application.live_game import LiveGame
from server.domain.vocabulary import GameId, PlayerId, Version
from server.transport.encoding import EncodedGame

KnownNames = Callable[[Collection[PlayerId]], Mapping[PlayerId, str] | None]
"""Returns the names of players from memory, or None if one of them has to be looked up first."""


@dataclass(slots=True, eq=False)
class _Cursor:
    """Events beyond `sent` are pending; a new cursor has to be answered even if there are none."""

    game: EncodedGame
    sent: Version
    must_answer: bool = True
    introduced: frozenset[PlayerId] = frozenset()


class Cursors:
    """The games one peer watches, and which of them have events that it has not been sent."""

    __slots__ = ("_changed", "_cursors", "_introduced", "_known_names", "_nameless")

    def __init__(self, known_names: KnownNames) -> None:
        self._known_names = known_names
        self._cursors: dict[GameId, _Cursor] = {}
        self._changed: dict[GameId, None] = {}
        self._nameless: dict[GameId, None] = {}
        # How many watched games introduced each player to this peer; whoever is in none of them is forgotten.
        self._introduced: Counter[PlayerId] = Counter()

    def __len__(self) -> int:
        return len(self._cursors)

    def __contains__(self, game: GameId) -> bool:
        return game in self._cursors

    def __iter__(self) -> Iterator[LiveGame]:
        return iter([cursor.game.live for cursor in self._cursors.values()])

    def is_seat_of(self, player: PlayerId, game: GameId) -> bool:
        """Whether `player` has a seat in a game that is watched here."""
        cursor = self._cursors.get(game)
        return cursor is not None and player in cursor.game.live.players

    def place(self, game: EncodedGame, after: Version) -> None:
        """Watch a game from a version on; watching it again moves the cursor."""
        cursor = self._cursors.get(game.live.id)
        if cursor is None:
            self._cursors[game.live.id] = _Cursor(game, after)
        else:
            cursor.sent, cursor.must_answer = after, True
        self._changed[game.live.id] = None

    def remove(self, game: GameId) -> LiveGame | None:
        """Watch a game no more; return it if it was watched."""
        cursor = self._cursors.pop(game, None)
        if cursor is None:
            return None
        self._introduced.subtract(cursor.introduced)
        for player in cursor.introduced:
            if not self._introduced[player]:
                del self._introduced[player]
        return cursor.game.live

    def game_changed(self, game: GameId) -> None:
        """Note that a game has events beyond the cursor."""
        self._changed[game] = None

    @property
    def lack_names(self) -> bool:
        """Whether events wait for a name to be looked up."""
        return bool(self._nameless)

    @property
    def nameless_players(self) -> frozenset[PlayerId]:
        """The players in the games whose events wait for a name."""
        games = (self._cursors[game].game.live for game in self._nameless if game in self._cursors)
        return frozenset(player for live in games for player in live.players)

    def names_known(self) -> None:
        """Try again to send what lacked names."""
        self._changed |= self._nameless
        self._nameless = {}

    def next_messages(self, at_most: int) -> list[bytes]:
        """Return messages with pending events, in the order in which the games changed; advance their cursors."""
        messages: list[bytes] = []
        while self._changed and len(messages) < at_most:
            game = next(iter(self._changed))
            del self._changed[game]
            cursor = self._cursors.get(game)
            if cursor is not None and (message := self._message(cursor)):
                messages.append(message)
        return messages

    def _message(self, cursor: _Cursor) -> bytes:
        """Return what lies beyond a cursor; nothing if nothing does, or if a name is lacking."""
        live = cursor.game.live
        if not cursor.must_answer and live.version <= cursor.sent:
            return b""
        names: Mapping[PlayerId, str] = {}
        if not live.players <= cursor.introduced:
            strangers = live.players - self._introduced.keys()
            known = self._known_names(strangers)
            if known is None:
                self._nameless[live.id] = None
                return b""
            names = known
            self._introduce(cursor, live)
        after, cursor.sent, cursor.must_answer = cursor.sent, live.version, False
        return cursor.game.message_after(after, names)

    def _introduce(self, cursor: _Cursor, live: LiveGame) -> None:
        newcomers = live.players - cursor.introduced
        self._introduced.update(newcomers)
        cursor.introduced = frozenset(live.players)

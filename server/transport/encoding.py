"""Events as JSON, the way they stand in frames and responses; each is encoded once, however many watch.

The encodings belong to whoever sends them, not to the application: a game that nobody is shown is never encoded.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from server.application.live_game import LiveGame
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent, data_of, name_of

_NO_NAMES: Final[Mapping[PlayerId, str]] = {}

_encode: Final = msgspec.json.Encoder().encode


class EncodedGame:
    """The events of one live game, encoded when they are first asked for and kept as long as this is in use."""

    __slots__ = ("__weakref__", "_events", "_message", "_message_between", "live")

    def __init__(self, live: LiveGame) -> None:
        self.live = live
        self._events: list[str] = []
        self._message = b""
        self._message_between: tuple[Version, Version] | None = None

    def events_after(self, version: Version) -> list[str]:
        """Return the events beyond `version`, each a JSON object, up to the newest that the live game holds."""
        self._events.extend(map(encode_event, self.live.history[len(self._events) :]))
        return self._events[version:]

    def message_after(self, version: Version, names: Mapping[PlayerId, str] = _NO_NAMES) -> bytes:
        """Return the `events` message with what lies beyond `version`; `names` are those to introduce with it.

        Watchers who have seen the same get the same bytes: without names it is made once for all of them.
        """
        if names:
            return encode_events(self.live.id, self.events_after(version), names)
        between = (version, self.live.version)
        if self._message_between != between:
            self._message = encode_events(self.live.id, self.events_after(version))
            self._message_between = between
        return self._message


class EncodedGames:
    """The encoded games that are in use: watched by somebody, or part of an answer being made."""

    def __init__(self) -> None:
        self._games: WeakValueDictionary[GameId, EncodedGame] = WeakValueDictionary()

    def of(self, live: LiveGame) -> EncodedGame:
        """Return the encoded form of `live`; all who ask while one of them holds it share it."""
        found = self._games.get(live.id)
        if found is None or found.live is not live:  # an older one may belong to a game that was discarded
            found = self._games[live.id] = EncodedGame(live)
        return found


def encode_event(recorded: RecordedEvent) -> str:
    """Return an event as the JSON object that stands in frames and responses."""
    seconds, microseconds = divmod(recorded.recorded_at_us, 1_000_000)
    at = f"{_second(seconds)}.{microseconds // 1000:03}Z"
    data = data_of(recorded.event).decode()
    return f'{{"version":{recorded.version},"type":"{name_of(recorded.event)}","data":{data},"at":"{at}"}}'


def encode_events(game: GameId, events: list[str], names: Mapping[PlayerId, str] = _NO_NAMES) -> bytes:
    """Return an `events` message whose events are encoded already."""
    players = _encode(names).decode() if names else "{}"
    return f'{{"type":"events","game":"{game}","events":[{",".join(events)}],"players":{players}}}'.encode()


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """Return the date and time of a second since 1970, UTC: most of what is encoded happened in the same one."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")

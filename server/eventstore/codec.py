"""The only place that knows how events are named and shaped where they are stored.

Each stored event carries its type and a schema version. Code knows only the newest shape of each type; an older
one is brought up by its upcasters, one schema version at a time, when it is read. What is stored stays as it is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
)
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import UnknownEventTypeError

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

EVENT_TYPES: Final[dict[str, type[GameEvent]]] = {
    "GameOpened": GameOpened,
    "GameStarted": GameStarted,
    "MoveMade": MoveMade,
    "DrawOffered": DrawOffered,
    "DrawDeclined": DrawDeclined,
    "GameFinished": GameFinished,
}
"""The stored name of each type. A class may be renamed; its name here stays."""

SCHEMA_VERSIONS: Final = {
    "GameOpened": 1,
    "GameStarted": 1,
    "MoveMade": 1,
    "DrawOffered": 1,
    "DrawDeclined": 1,
    "GameFinished": 1,
}
"""The newest schema version of each type."""

UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""By type and schema version: what turns the data of that schema version into that of the next."""

_NAMES: Final = {event_type: name for name, event_type in EVENT_TYPES.items()}
_DECODERS: Final = {name: msgspec.json.Decoder(event_type) for name, event_type in EVENT_TYPES.items()}


class StoredEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event as it lies in the log and travels in a notification; its data is not decoded yet."""

    position: int
    stream: GameId
    version: Version
    type: str
    schema_version: int
    data: msgspec.Raw
    command_id: UUID
    recorded_at_us: int
    """Microseconds since 1970, UTC."""


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event that happened, with its place in its game and in the log."""

    position: int
    game: GameId
    version: Version
    event: GameEvent
    command_id: UUID
    recorded_at_us: int

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded, UTC. Made when asked for: of most events nobody asks."""
        return _EPOCH + timedelta(microseconds=self.recorded_at_us)


def name_of(event: GameEvent) -> str:
    """Return the name under which events of this type are stored and sent."""
    return _NAMES[type(event)]


def encode(event: GameEvent) -> tuple[str, int, str]:
    """Return the type, the schema version and the JSON data under which `event` is stored."""
    name = _NAMES[type(event)]
    return name, SCHEMA_VERSIONS[name], msgspec.json.encode(event).decode()


def decode(stored: StoredEvent) -> RecordedEvent:
    """Return the event in its newest shape.

    Raises:
        UnknownEventTypeError: the type, or the schema version of it, is not known to this code.
        msgspec.ValidationError: the data does not have the shape of its type.
    """
    newest = SCHEMA_VERSIONS.get(stored.type)
    if newest is None or not 1 <= stored.schema_version <= newest:
        raise UnknownEventTypeError(stored.type, stored.schema_version)
    if stored.schema_version == newest:
        event: GameEvent = _DECODERS[stored.type].decode(stored.data)
    else:
        data = msgspec.json.decode(stored.data)
        for schema_version in range(stored.schema_version, newest):
            data = UPCASTERS[stored.type, schema_version](data)
        event = msgspec.convert(data, EVENT_TYPES[stored.type])
    return RecordedEvent(
        stored.position,
        stored.stream,
        stored.version,
        event,
        stored.command_id,
        stored.recorded_at_us,
    )

"""The only place that knows how events are named and shaped where they are stored and sent.

Each stored event carries its type and a schema version. Code knows only the newest shape of each type; an older
one is brought up when it is read, one schema version at a time. What is stored stays as it is.

A schema version that only adds optional fields needs no upcaster, since absent is what such a field was before. And
an event that uses none of them is stored under the version before, in just its shape: during a rolling upgrade a
server of that version goes on reading it, and refuses, loudly, only what it would misunderstand.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
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
    TimeCredited,
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
    "TimeCredited": TimeCredited,
    "GameFinished": GameFinished,
}
"""The stored name of each type. A class may be renamed; its name here stays."""

SCHEMA_VERSIONS: Final = dict.fromkeys(EVENT_TYPES, 1) | {"GameOpened": 2, "MoveMade": 2}
"""The newest schema version of each type."""

ADDED_FIELDS: Final[dict[tuple[str, int], tuple[str, ...]]] = {
    ("GameOpened", 2): ("clock",),
    ("MoveMade", 2): ("took_ms", "credited_ms"),
}
"""By type and schema version: the optional fields that this version added, and nothing else was changed by it."""

UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""By type and schema version: what turns the data of that schema version into that of the next."""


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
    return _SHAPES[type(event)].name


def data_of(event: GameEvent) -> bytes:
    """Return the JSON data of an event, as it is stored and sent: what does not apply is absent, not null."""
    return _SHAPES[type(event)].data_of(event)


def encode(event: GameEvent) -> tuple[str, int, str]:
    """Return the type, the schema version and the JSON data under which `event` is stored."""
    shape = _SHAPES[type(event)]
    return shape.name, shape.schema_version_of(event), shape.data_of(event).decode()


def is_exact(stored: StoredEvent, event: GameEvent) -> bool:
    """Whether `stored`, which was decoded as `event`, holds just that: nothing more, nothing null.

    Its schema version is the one it would be stored under. What an upcaster changed can't be compared, and passes.
    """
    newest = SCHEMA_VERSIONS[stored.type]
    if any((stored.type, version) in UPCASTERS for version in range(stored.schema_version, newest)):
        return True
    _, schema_version, data = encode(event)
    is_same = msgspec.json.decode(stored.data) == msgspec.json.decode(data)
    return is_same and schema_version == stored.schema_version


def decode(stored: StoredEvent) -> RecordedEvent:
    """Return the event in its newest shape.

    Raises:
        UnknownEventTypeError: the type, or the schema version of it, is not known to this code.
        msgspec.ValidationError: the data does not have the shape of its type.
    """
    newest = SCHEMA_VERSIONS.get(stored.type)
    if newest is None or not 1 <= stored.schema_version <= newest:
        raise UnknownEventTypeError(stored.type, stored.schema_version)
    return RecordedEvent(
        stored.position,
        stored.stream,
        stored.version,
        _DECODERS[stored.type].decode(_brought_up(stored, newest)),
        stored.command_id,
        stored.recorded_at_us,
    )


def _brought_up(stored: StoredEvent, newest: int) -> bytes | msgspec.Raw:
    """Return the data in its newest shape; nearly always it has that already."""
    data: bytes | msgspec.Raw = stored.data
    for schema_version in range(stored.schema_version, newest):
        upcaster = UPCASTERS.get((stored.type, schema_version))
        if upcaster is not None:
            data = msgspec.json.encode(upcaster(msgspec.json.decode(data)))
    return data


class _Shape:
    """How one type of event is written."""

    def __init__(self, name: str, event_type: type[GameEvent]) -> None:
        self.name = name
        self.data_of = _writer_of(name, event_type)
        newest = SCHEMA_VERSIONS[name]
        added = [(version, ADDED_FIELDS.get((name, version))) for version in range(newest, 1, -1)]
        self._additions = [(version, names) for version, names in added if names]
        self._first = newest - len(self._additions)

    def schema_version_of(self, event: GameEvent) -> int:
        """Return the lowest schema version that can hold the event."""
        for version, names in self._additions:
            for name in names:
                if getattr(event, name) is not None:
                    return version
        return self._first


def _writer_of(name: str, event_type: type[GameEvent]) -> Callable[[GameEvent], bytes]:
    """Return what writes an event; through a struct of the same fields if some of them can be absent."""
    shape = [
        (field.name, Any) if field.default is MISSING else (field.name, Any, None) for field in fields(event_type)
    ]
    if len({len(field) for field in shape}) == 1:
        return _encode
    struct: Callable[..., msgspec.Struct] = msgspec.defstruct(name, shape, omit_defaults=True, gc=False)
    values_of = attrgetter(*(field[0] for field in shape))
    return lambda event: _encode(struct(*values_of(event)))


_encode: Final = msgspec.json.Encoder().encode
_DECODERS: Final = {name: msgspec.json.Decoder(event_type) for name, event_type in EVENT_TYPES.items()}
_SHAPES: Final = {event_type: _Shape(name, event_type) for name, event_type in EVENT_TYPES.items()}

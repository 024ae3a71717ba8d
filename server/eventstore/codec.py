"""The only place that knows how events are named and shaped where they are stored and sent.

Each stored event carries its type and a schema version. Code knows only the newest shape of each type; an older
one is brought up when it is read, one schema version at a time. What is stored stays as it is.

A schema version that only adds optional fields needs no upcaster, since absent is what such a field was before. And
an event that uses none of them is stored under the version before, in just its shape: during a rolling upgrade a
server of that version goes on reading it, and refuses, loudly, only what it would misunderstand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import reduce
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
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TimeCredited,
)
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import UnknownEventTypeError

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Reader = Callable[[bytes | msgspec.Raw], GameEvent]

EncodedEvent = tuple[str, int, str]
"""The type, the schema version and the JSON data under which an event is stored."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

EVENT_TYPES: Final[dict[str, type[GameEvent]]] = {
    "GameOpened": GameOpened,
    "GameStarted": GameStarted,
    "MoveMade": MoveMade,
    "DrawOffered": DrawOffered,
    "DrawDeclined": DrawDeclined,
    "TimeCredited": TimeCredited,
    "GameFinished": GameFinished,
    "RematchOffered": RematchOffered,
    "RematchDeclined": RematchDeclined,
    "RematchAccepted": RematchAccepted,
}
"""The stored name of each type. A class may be renamed; its name here stays."""

SCHEMA_VERSIONS: Final = dict.fromkeys(EVENT_TYPES, 1) | {"GameOpened": 2, "GameStarted": 2, "MoveMade": 2}
"""The newest schema version of each type."""

ADDED_FIELDS: Final[dict[tuple[str, int], tuple[str, ...]]] = {
    ("GameOpened", 2): ("clock", "previous", "origin"),
    ("GameStarted", 2): ("replayed",),
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
    return _NAMES[type(event)]


def data_of(event: GameEvent) -> bytes:
    """Return the JSON data of an event, as it is stored and sent: what does not apply is absent, not null."""
    return _written(event)[1]


def encode(event: GameEvent) -> EncodedEvent:
    """Return the form in which `event` is stored.

    Raises:
        UnicodeEncodeError: a text of it is not Unicode.
    """
    schema_version, data = _written(event)
    return _NAMES[type(event)], schema_version, data.decode()


def decode(stored: StoredEvent) -> RecordedEvent:
    """Return the event in its newest shape.

    Raises:
        UnknownEventTypeError: the type, or the schema version of it, is not known to this code.
        msgspec.ValidationError: the data does not have the shape of its type.
    """
    reader = _READERS.get((stored.type, stored.schema_version))
    if reader is None:
        raise UnknownEventTypeError(stored.type, stored.schema_version)
    return RecordedEvent(
        stored.position,
        stored.stream,
        stored.version,
        reader(stored.data),
        stored.command_id,
        stored.recorded_at_us,
    )


def is_exact(stored: StoredEvent, event: GameEvent) -> bool:
    """Whether `stored`, which was decoded as `event`, holds just that: nothing more, nothing null.

    Its schema version is the one it would be stored under. What an upcaster changed can't be compared, and passes.
    """
    if (stored.type, stored.schema_version) in _UPCAST:
        return True
    schema_version, data = _written(event)
    return schema_version == stored.schema_version and msgspec.json.decode(stored.data) == msgspec.json.decode(data)


def reader_of(name: str, schema_version: int, newest: int, upcasters: Mapping[tuple[str, int], Upcaster]) -> Reader:
    """Return what reads data of a type that was stored under a schema version."""
    decoder: msgspec.json.Decoder[GameEvent] = msgspec.json.Decoder(EVENT_TYPES[name])
    steps = [upcasters[name, n] for n in range(schema_version, newest) if (name, n) in upcasters]
    if not steps:
        return decoder.decode

    def read(data: bytes | msgspec.Raw) -> GameEvent:
        brought_up = reduce(lambda fields, step: step(fields), steps, msgspec.json.decode(data))
        return decoder.decode(msgspec.json.encode(brought_up))

    return read


class _Writer:
    """How one type of event is written: under the lowest schema version that has all of its fields."""

    def __init__(self, name: str, event_type: type[GameEvent]) -> None:
        names = [field.name for field in fields(event_type)]
        self._newer: list[tuple[Callable[[GameEvent], Any], Any, int, Callable[[GameEvent], bytes]]] = []
        version = SCHEMA_VERSIONS[name]
        while added := ADDED_FIELDS.get((name, version)):
            unset = None if len(added) == 1 else (None,) * len(added)
            self._newer.append((attrgetter(*added), unset, version, _json_of(name, names)))
            names = [each for each in names if each not in added]
            version -= 1
        self._oldest = version
        self._oldest_json_of = _json_of(name, names)

    def write(self, event: GameEvent) -> tuple[int, bytes]:
        """Return the schema version and the data."""
        for added, unset, version, json_of in self._newer:
            if added(event) != unset:
                return version, json_of(event)
        return self._oldest, self._oldest_json_of(event)


def _json_of(name: str, names: Sequence[str]) -> Callable[[GameEvent], bytes]:
    """Return what makes JSON of these fields of an event, leaving out those that are None."""
    if len(names) == 1:
        return _encode
    struct: Callable[..., msgspec.Struct] = msgspec.defstruct(
        name, [(each, Any, None) for each in names], omit_defaults=True, gc=False
    )
    values_of = attrgetter(*names)
    return lambda event: _encode(struct(*values_of(event)))


def _written(event: GameEvent) -> tuple[int, bytes]:
    return _WRITERS[type(event)].write(event)


_encode: Final = msgspec.json.Encoder().encode
_NAMES: Final = {event_type: name for name, event_type in EVENT_TYPES.items()}
_WRITERS: Final = {event_type: _Writer(name, event_type) for name, event_type in EVENT_TYPES.items()}
_UPCAST: Final = {(name, below) for name, schema_version in UPCASTERS for below in range(1, schema_version + 1)}
"""The schema versions that some upcaster changes on the way to the newest."""
_READERS: Final = {
    (name, schema_version): reader_of(name, schema_version, newest, UPCASTERS)
    for name, newest in SCHEMA_VERSIONS.items()
    for schema_version in range(1, newest + 1)
}

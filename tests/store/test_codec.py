"""Stored events outlive the code that wrote them."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.domain.events import GameEvent
from server.domain.vocabulary import GameId, Version
from server.eventstore import codec
from server.eventstore.codec import EVENT_TYPES, SCHEMA_VERSIONS, StoredEvent, decode, encode
from server.eventstore.errors import UnknownEventTypeError

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "golden" / "events.json").read_text(encoding="utf-8")
)


def stored(type_: str, schema_version: int, data: object) -> StoredEvent:
    raw = msgspec.Raw(msgspec.json.encode(data))
    return StoredEvent(7, GameId("g"), Version(3), type_, schema_version, raw, UUID(int=1), 1_000_000)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden['type']}.{golden['schema_version']}")
def test_every_event_ever_stored_can_still_be_read(golden: dict[str, Any]) -> None:
    event = decode(stored(golden["type"], golden["schema_version"], golden["data"])).event
    assert json.loads(encode(event)[2]) == golden["newest"]


def test_every_type_and_schema_version_has_a_golden_event() -> None:
    held = {(golden["type"], golden["schema_version"]) for golden in GOLDEN}
    assert held == {(name, n) for name, newest in SCHEMA_VERSIONS.items() for n in range(1, newest + 1)}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_an_event_does_not_change_its_shape_without_a_new_schema_version(name: str) -> None:
    """The newest golden event is stored today exactly as it was written down."""
    golden = next(g for g in GOLDEN if (g["type"], g["schema_version"]) == (name, SCHEMA_VERSIONS[name]))
    event: GameEvent = msgspec.convert(golden["data"], EVENT_TYPES[name])
    type_, schema_version, data = encode(event)
    assert (type_, schema_version, json.loads(data)) == (name, golden["schema_version"], golden["data"])


@pytest.mark.parametrize(("type_", "schema_version"), [("GameExploded", 1), ("MoveMade", 99), ("MoveMade", 0)])
def test_an_unknown_event_fails_loudly(type_: str, schema_version: int) -> None:
    with pytest.raises(UnknownEventTypeError):
        decode(stored(type_, schema_version, {}))


def test_an_older_event_is_brought_up_one_schema_version_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(codec.SCHEMA_VERSIONS, "MoveMade", 3)
    monkeypatch.setitem(codec.UPCASTERS, ("MoveMade", 1), lambda data: {"who": data["who"], "column": "D"})
    monkeypatch.setitem(
        codec.UPCASTERS, ("MoveMade", 2), lambda data: {"player": data["who"], "column": data["column"]}
    )
    event = decode(stored("MoveMade", 1, {"who": "ann"})).event
    assert json.loads(encode(event)[2]) == {"player": "ann", "column": "D"}

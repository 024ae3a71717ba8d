"""Stored events outlive the code that wrote them."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.domain.events import GameEvent
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import (
    EVENT_TYPES,
    SCHEMA_VERSIONS,
    StoredEvent,
    Upcaster,
    data_of,
    decode,
    encode,
    is_exact,
    reader_of,
)
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


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden['type']}.{golden['schema_version']}")
def test_an_event_does_not_change_its_shape_without_a_new_schema_version(golden: dict[str, Any]) -> None:
    """Unless it was brought up, a golden event is stored today exactly as it was written down.

    So an event that uses nothing new is stored as a server of the version before expects it.
    """
    event: GameEvent = msgspec.convert(golden["data"], EVENT_TYPES[golden["type"]])
    type_, schema_version, data = encode(event)
    as_stored = (golden["type"], golden["schema_version"], golden["data"])
    assert (type_, schema_version, json.loads(data)) == as_stored
    assert is_exact(stored(*as_stored), event)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_what_is_not_set_is_absent_and_never_null(name: str) -> None:
    """A reader in any language asks whether a field is there, and need not tell null from absent."""
    required = {f.name for f in fields(EVENT_TYPES[name]) if f.default is MISSING}
    bare = next(g for g in GOLDEN if (g["type"], g["schema_version"]) == (name, 1))
    assert set(bare["data"]) == required
    assert b"null" not in data_of(msgspec.convert(bare["data"], EVENT_TYPES[name]))


@pytest.mark.parametrize(
    ("type_", "schema_version", "data"),
    [
        ("GameOpened", 2, {"opener": "a1", "color": "red", "public": True}),
        ("GameOpened", 1, {"opener": "a1", "color": "red", "public": True, "clock": None}),
        ("GameOpened", 1, {"opener": "a1", "color": "red", "public": True, "wish": "luck"}),
        ("GameOpened", 1, {**GOLDEN[1]["data"]}),
    ],
    ids=["nothing new in it", "null", "a field too many", "a field of a later version"],
)
def test_data_of_another_shape_is_told_from_that_of_its_schema_version(
    type_: str, schema_version: int, data: dict[str, Any]
) -> None:
    """It can be read, but no server wrote it so: the verification of a log must see that."""
    odd = stored(type_, schema_version, data)
    assert not is_exact(odd, decode(odd).event)


@pytest.mark.parametrize(("initial_s", "increment_s"), [(0, 0), (-5, 0), (10_801, 0), (60, -1), (60, 181)])
def test_a_clock_that_no_game_can_have_is_not_read(initial_s: int, increment_s: int) -> None:
    clock = {"initial_s": initial_s, "increment_s": increment_s}
    with pytest.raises(msgspec.ValidationError, match="seconds"):
        decode(stored("GameOpened", 2, {**GOLDEN[1]["data"], "clock": clock}))


@pytest.mark.parametrize(("type_", "schema_version"), [("GameExploded", 1), ("MoveMade", 99), ("MoveMade", 0)])
def test_an_unknown_event_fails_loudly(type_: str, schema_version: int) -> None:
    with pytest.raises(UnknownEventTypeError):
        decode(stored(type_, schema_version, {}))


def test_an_older_event_is_brought_up_one_schema_version_at_a_time() -> None:
    """A schema version that only adds optional fields, as the second one here, has no step of its own."""
    upcasters: dict[tuple[str, int], Upcaster] = {
        ("MoveMade", 1): lambda data: {"who": data["who"], "column": "D"},
        ("MoveMade", 3): lambda data: {"player": data["who"], "column": data["column"]},
    }
    event = reader_of("MoveMade", 1, 4, upcasters)(b'{"who": "ann"}')
    assert json.loads(data_of(event)) == {"player": "ann", "column": "D"}

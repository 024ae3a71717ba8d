"""How a golden log would lie in the database: what one command made happen stands together in one append."""

from collections.abc import Sequence
from typing import Any

LATER_FIELDS = {"clock", "previous", "origin", "replayed", "took_ms", "credited_ms"}


def steps_of(events: Sequence[dict[str, Any]]) -> list[int]:
    """Return the place of each event in its append, counted from 1."""
    steps: list[int] = []
    before: dict[str, Any] = {}
    replayed = 0
    for event in events:
        is_replayed = event["type"] == "MoveMade" and replayed > 0
        steps.append(steps[-1] + 1 if steps and (is_replayed or _goes_on(before, event)) else 1)
        replayed = event["data"].get("replayed", replayed - is_replayed)
        before = event
    return steps


def schema_version_of(event: dict[str, Any]) -> int:
    """Return the schema version under which an event is stored: the first that knows all its fields."""
    return 2 if LATER_FIELDS & event["data"].keys() else 1


def _goes_on(before: dict[str, Any], event: dict[str, Any]) -> bool:
    if event["type"] == "GameStarted":
        return "previous" in before["data"]
    return event["type"] == "GameFinished" and event["data"].get("reason") in ("FOUR_IN_A_ROW", "BOARD_FULL")

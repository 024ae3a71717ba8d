"""Which events of a golden log one append brought: what a command made happen stands together."""

from collections.abc import Sequence
from typing import Any


def steps_of(events: Sequence[dict[str, Any]]) -> list[int]:
    """Return the place of each event in its append, counted from 1."""
    steps: list[int] = []
    for event in events:
        steps.append(steps[-1] + 1 if steps and _comes_with_a_move(event) else 1)
    return steps


def _comes_with_a_move(event: dict[str, Any]) -> bool:
    return event["type"] == "GameFinished" and event["data"].get("reason") in ("FOUR_IN_A_ROW", "BOARD_FULL")

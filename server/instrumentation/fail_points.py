"""Named places in the code where tests make a process end, or an operation fail: the windows between two effects.

Off unless the environment variable FOURFOLD_FAIL_POINTS names some. It is a comma-separated list, where a point
goes off with the probability after the `@` (always, if there is none), and `seed` makes chance repeatable:

    FOURFOLD_FAIL_POINTS=append.committed=exit@0.01,feed.notified=fail@0.1,seed=7

`exit` ends the process on the spot, as `kill -9` would; `fail` raises `ConnectionResetError`, as if Postgres had
gone, so it belongs to the points that speak with Postgres.
This module knows nothing of the others, and costs one look at an empty dictionary where nothing is switched on.
"""

import logging
import os
import random
import signal
from dataclasses import dataclass
from typing import Final, Literal, get_args

VARIABLE: Final = "FOURFOLD_FAIL_POINTS"

Point = Literal[
    "append.sending",  # a batch is about to be sent to Postgres
    "append.committed",  # a batch is committed, and nobody was answered
    "command.appended",  # a command is in the log, and its reply is not under way
    "feed.notified",  # a notification came, and nobody was told
    "projection.applied",  # events are folded in, and the checkpoint has not moved
    "socket.accepting",  # an acceptance is about to be sent
]
Action = Literal["exit", "fail"]

_log = logging.getLogger(__name__)


class FailPointsError(ValueError):
    """FOURFOLD_FAIL_POINTS can't be understood; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class _Fault:
    action: Action
    probability: float
    chance: random.Random


_switched_on: dict[Point, _Fault] = {}


def fail_point(point: Point) -> None:
    """Do what was asked for at this point; normally nothing.

    Raises:
        ConnectionResetError: that is what was asked for.
    """
    if _switched_on and (fault := _switched_on.get(point)) and fault.chance.random() < fault.probability:
        if fault.action == "exit":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ConnectionResetError(f"fail point {point}")


def switch_on_fail_points(text: str) -> None:
    """Switch on exactly the fail points that `text` names; none if it is empty.

    Raises:
        FailPointsError: it is malformed; nothing was changed.
    """
    entries = dict(_entry(part) for part in text.split(",")) if text.strip() else {}
    chance = random.Random(_seed(entries.pop("seed", "0")))  # noqa: S311 - repeatable on purpose
    found = {_point(name): _fault(fault, chance) for name, fault in entries.items()}
    _switched_on.clear()
    _switched_on.update(found)
    if found:
        _log.warning("fail points are on, so this process will fail on purpose: %s=%s", VARIABLE, text)


def _entry(part: str) -> tuple[str, str]:
    name, equals, value = part.strip().partition("=")
    if not equals:
        raise FailPointsError(f"{VARIABLE}: POINT=ACTION@PROBABILITY is expected, but {part!r} came.")
    return name, value


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise FailPointsError(f"{VARIABLE}: the seed is a whole number, but {text!r} came.") from None


def _point(name: str) -> Point:
    for point in get_args(Point):
        if name == point:
            known: Point = point
            return known
    raise FailPointsError(f"{VARIABLE}: {name!r} is not one of {', '.join(get_args(Point))}.")


def _fault(text: str, chance: random.Random) -> _Fault:
    action, at, probability = text.partition("@")
    if action not in get_args(Action):
        raise FailPointsError(f"{VARIABLE}: an action is exit or fail, but {action!r} came.")
    try:
        share = float(probability) if at else 1.0
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise FailPointsError(f"{VARIABLE}: a probability from 0 to 1 is expected, but {probability!r} came.")
    return _Fault("exit" if action == "exit" else "fail", share, chance)

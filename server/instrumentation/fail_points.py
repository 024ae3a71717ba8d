"""Named places in the code, between two effects, where tests make a process end, stand still, or an operation fail.

Off unless the environment variable FOURFOLD_FAIL_POINTS names some. It is a comma-separated list, where a point
goes off with the probability after the `@` (always, if there is none), and `seed` makes chance repeatable:

    FOURFOLD_FAIL_POINTS=append.committed=exit@0.01,feed.notified=fail@0.1,seed=7

`exit` ends the process at once, as `kill -9` would. `spin` never returns, so that the event loop stands still.
`fail` raises `ConnectionResetError`, as if Postgres had gone, so it belongs to the points that speak with Postgres.
This module knows nothing of the others, and costs one look at an empty dictionary where nothing is switched on.
"""

import logging
import os
import random
import signal
from dataclasses import dataclass
from typing import Final, Literal, assert_never, get_args

VARIABLE: Final = "FOURFOLD_FAIL_POINTS"

Point = Literal[
    "append.sending",  # a batch is about to be sent to Postgres
    "append.committed",  # a batch is committed, and nothing was answered
    "command.appended",  # a command is in the log, and its reply is not yet sent
    "feed.notified",  # a notification was received, and nothing delivered
    "projection.applied",  # events are folded in, and the checkpoint has not moved
    "socket.accepting",  # an acceptance is about to be sent
]
Action = Literal["exit", "spin", "fail"]

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
    """Carry out the fault that is switched on at this point; normally there is none.

    Raises:
        ConnectionResetError: the fault is `fail`.
    """
    if _switched_on and (fault := _switched_on.get(point)) and fault.chance.random() < fault.probability:
        match fault.action:
            case "exit":
                os.kill(os.getpid(), signal.SIGKILL)
            case "spin":
                while True:
                    pass
            case "fail":
                raise ConnectionResetError(f"fail point {point}")
            case _:
                assert_never(fault.action)


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
    name, at, probability = text.partition("@")
    action = _action(name)
    try:
        share = float(probability) if at else 1.0
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise FailPointsError(f"{VARIABLE}: a probability from 0 to 1 is expected, but {probability!r} came.")
    return _Fault(action, share, chance)


def _action(name: str) -> Action:
    for action in get_args(Action):
        if name == action:
            known: Action = action
            return known
    raise FailPointsError(f"{VARIABLE}: an action is one of {', '.join(get_args(Action))}, but {name!r} came.")

"""Whether an append is what the rules make of some command: the events are led back to it, and decided again."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import assert_never

from server.cli.audit.causes import command_behind
from server.domain.decide import decide
from server.domain.errors import ConnectFourError
from server.domain.events import GameEvent
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened, fold
from server.eventstore.codec import encode


class IllegalAppendError(Exception):
    """No command makes these events happen; `step` (1, 2, …) is the first that is wrong."""

    def __init__(self, step: int, what: str) -> None:
        super().__init__(what)
        self.step = step


def after_append(game: Game, events: Sequence[GameEvent]) -> Game:
    """Return what an append, of at least one event, makes of the game.

    Raises:
        IllegalAppendError: `decide` would not have made it of any command.
    """
    command = command_behind(events, game)
    if command is None:
        raise IllegalAppendError(1, f"{_shown(events[0])} cannot follow in a game that is {_status(game)}")
    try:
        right = decide(command, game)
    except ConnectFourError as refusal:
        raise IllegalAppendError(1, f"{_shown(events[0])} is against the rules: {refusal.code}") from None
    if tuple(events) != right:
        raise difference(events, right)
    return fold(events, game)


def difference(events: Sequence[GameEvent], right: Sequence[GameEvent]) -> IllegalAppendError:
    """Say where an append departs from the right one."""
    for step, (event, expected) in enumerate(zip_longest(events, right), start=1):
        if event is None and expected is not None:
            what = f"{_shown(expected)} belongs to the same append, and is not there"
            return IllegalAppendError(step - 1, what)
        if event is not None and expected is None:
            return IllegalAppendError(step, f"{_shown(event)} does not belong to this append")
        if event is not None and expected is not None and event != expected:
            return IllegalAppendError(step, f"{_shown(event)} stands where {_shown(expected)} is right")
    return IllegalAppendError(len(events), "it is not what the rules make of its command")


def _shown(event: GameEvent) -> str:
    name, _, data = encode(event)
    return f"{name} {data}"


def _status(game: Game) -> str:
    match game:
        case Open():
            return "open"
        case InProgress():
            return "in progress"
        case Finished() | NeverStarted():
            return "over"
        case Unopened():
            return "not open"
        case _:
            assert_never(game)

"""Whether an append is what the rules make of some command: the events are led back to it, and decided anew."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import assert_never

from server.domain.commands import Command, ExpireGame, JoinGame, MakeMove, OpenGame, Resign
from server.domain.decide import decide
from server.domain.errors import ConnectFourError
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import Game, InProgress, Open, fold
from server.domain.vocabulary import EndReason, GameResult
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
    command = _command_behind(events[0], game)
    if command is None:
        raise IllegalAppendError(1, f"{_told(events[0])} cannot follow in a game that is {_status(game)}")
    try:
        right = decide(command, game)
    except ConnectFourError as refusal:
        raise IllegalAppendError(1, f"{_told(events[0])} is against the rules: {refusal.code}") from None
    if tuple(events) != right:
        raise _difference(events, right)
    return fold(events, game)


def _command_behind(event: GameEvent, game: Game) -> Command | None:
    """Return the one command that can have begun an append with `event`, or None."""
    match event, game:
        case GameOpened(opener, color, public), _:
            return OpenGame(opener, color, public)
        case GameStarted(player_one, player_two), Open(opener):
            opener_first = player_one == opener
            return JoinGame(player_two if opener_first else player_one, coin=opener_first)
        case MoveMade(player, column), _:
            return MakeMove(player, column)
        case GameFinished(), _:
            return _command_that_ended(event, game)
        case GameStarted(), _:
            return None
        case _:
            assert_never(event)


def _command_that_ended(end: GameFinished, game: Game) -> Command | None:
    """Return the one command, other than a move, that can have ended a game so, or None."""
    match end, game:
        case GameFinished(GameResult.PLAYER_ONE_WON, EndReason.RESIGNATION), InProgress(_, player_two):
            return Resign(player_two)
        case GameFinished(GameResult.PLAYER_TWO_WON, EndReason.RESIGNATION), InProgress(player_one):
            return Resign(player_one)
        case GameFinished(GameResult.ABORTED, EndReason.EXPIRED), _:
            return ExpireGame()
        case _:
            return None


def _difference(events: Sequence[GameEvent], right: Sequence[GameEvent]) -> IllegalAppendError:
    """Say where an append departs from the right one."""
    for step, (event, expected) in enumerate(zip_longest(events, right), start=1):
        if event is None and expected is not None:
            return IllegalAppendError(step - 1, f"{_told(expected)} belongs to the same append, and is not there")
        if event is not None and expected is None:
            return IllegalAppendError(step, f"{_told(event)} does not belong to this append")
        if event is not None and expected is not None and event != expected:
            return IllegalAppendError(step, f"{_told(event)} stands where {_told(expected)} is right")
    return IllegalAppendError(len(events), "it is not what the rules make of its command")


def _told(event: GameEvent) -> str:
    name, _, data = encode(event)
    return f"{name} {data}"


def _status(game: Game) -> str:
    match game:
        case Open():
            return "open"
        case InProgress():
            return "in progress"
        case _:
            return "not open"

"""The checks notice each kind of defect in the log and in the state that is served, though all observers agree."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.checking.journal import Event, GameJournal, LoggedEvent
from tests.checking.messages import Accepted
from tests.load.checks import Checks
from tests.load.client import Client
from tests.load.figures import Figures
from tests.load.host import Host
from tests.load.match import Match
from tests.load.report import Breach
from tests.model import Model

GAME = "g"
WON_BY_RED = "ABABABA"
AT = "2026-11-23T08:30:00.123Z"
TRACED = 12

Log = list[LoggedEvent]


def lose_the_last_acknowledged_move(log: Log) -> None:
    del log[-2:]


def lose_a_move_in_between(log: Log) -> None:
    del log[4]


def double_an_event(log: Log) -> None:
    log.insert(5, msgspec.structs.replace(log[4], position=6))


def swap_two_events(log: Log) -> None:
    log[4], log[5] = log[5], log[4]


def forge_a_column(log: Log) -> None:
    log[4] = msgspec.structs.replace(log[4], data={**log[4].data, "column": "G"})


def append_what_nobody_asked_for(log: Log) -> None:
    log[4] = msgspec.structs.replace(log[4], command_id=uuid4())


def end_otherwise(log: Log) -> None:
    log[-1] = msgspec.structs.replace(log[-1], data={"result": "DRAW", "reason": "BOARD_FULL"})


PLANTED: dict[Callable[[Log], None], tuple[str, int]] = {
    lose_the_last_acknowledged_move: ("an acknowledged command is in the log once", 9),
    lose_a_move_in_between: ("versions 1 to n, one winner each", 5),
    double_an_event: ("versions 1 to n, one winner each", 6),
    swap_two_events: ("versions 1 to n, one winner each", 5),
    forge_a_column: ("what happens is what was asked for", 5),
    append_what_nobody_asked_for: ("nothing happens that nobody asked for", 10),
    end_otherwise: ("the log is a legal game", 10),
}
"""The promise that is broken, and the version that the trace has to show; the end, if all events are as seen."""


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
async def test_a_defect_in_the_log_is_a_breach_with_a_short_trace(plant: Callable[[Log], None]) -> None:
    """A server may tell everybody the same, and keep something else."""
    table = Table().played()
    plant(table.log)
    promise, version = PLANTED[plant]
    breaches = {breach.promise: breach for breach in await breaches_of(table)}
    assert promise in breaches
    assert 0 < len(breaches[promise].trace) <= TRACED
    shown = (f"log: {version} ", f" at {version - 1} by ")
    assert any(part in line for line in breaches[promise].trace for part in shown)


async def test_a_game_that_lies_in_the_log_as_it_was_played_is_no_breach() -> None:
    assert await breaches_of(Table().played()) == []


@pytest.mark.parametrize("lie", [{}, {"next_player": "ann"}, {"board": ["......."] * 6}])
async def test_a_served_state_that_is_not_what_was_played_is_a_breach(lie: dict[str, Any]) -> None:
    """Also the one that agrees with the log, and not with what the clients' events fold to."""
    model = Model("ann", "bob")
    for number, column in enumerate(WON_BY_RED):
        model.move(("ann", "bob")[number % 2], column)
    breaches = await breaches_of(Table().played(), {"id": GAME, **model.state(10), **lie})
    assert bool(breaches) == bool(lie)
    assert ("each client's fold is the server's state" in {breach.promise for breach in breaches}) == (
        "board" in lie
    )


@dataclass(eq=False)
class Table:
    """Where one real match is played by players who are told of events here, not by a server."""

    figures: Figures = field(default_factory=Figures)
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    mischief: float = 0.0
    has_rules: bool = True
    in_lockstep: bool = False
    log: Log = field(default_factory=list)
    due: list[Match] = field(default_factory=list)
    ended: list[Match] = field(default_factory=list)

    def played(self) -> "Table":
        """Have the match played to its end."""
        players = (Client("red", "", self, player="ann"), Client("yellow", "", self, player="bob"))
        match = Match(GAME, players, WON_BY_RED, self)
        match.begin([Client("watcher", "", self)])
        self._tell(match, "GameOpened", {"opener": "ann", "color": "red", "public": False})
        self._tell(match, "GameStarted", {"player_one": "ann", "player_two": "bob"})
        while self.due:
            self._answer(self.due.pop())
        assert self.ended == [match]
        return self

    def is_due(self, match: Match) -> None:
        self.due.append(match)

    def over(self, match: Match) -> None:
        self.ended.append(match)

    def stranger(self, match: Match) -> Client | None:
        raise AssertionError("nobody is up to mischief")

    def breach(self, promise: str, game: str, what: str, trace: list[str]) -> None:
        raise AssertionError(f"{promise}: {what}")

    def lost(self, client: Client) -> None:
        raise AssertionError("nobody is connected")

    def complain(self, promise: str, game: str, what: str) -> None:
        raise AssertionError(f"{promise}: {what}")

    def _answer(self, match: Match) -> None:
        """Carry out the next move, tell who asked for it, then tell everybody."""
        match.move(0.0)
        command = list(match.commands.values())[-1]
        is_last = len(match.commands) == len(WON_BY_RED)
        answer = Accepted(command.id, GAME, command.expected_version + 1 + is_last, duplicate=False)
        match.answered(match.mover, command, answer)
        self._tell(match, "MoveMade", {"player": command.player, "column": command.column})
        if is_last:
            self._tell(match, "GameFinished", {"result": "PLAYER_ONE_WON", "reason": "FOUR_IN_A_ROW"})

    def _tell(self, match: Match, kind: str, data: dict[str, Any]) -> None:
        by = list(match.commands)[-1] if match.commands else uuid4()
        version = len(self.log) + 1
        self.log.append(LoggedEvent(version, GAME, version, kind, data, by))
        for view in match.views:
            match.saw(view, [Event(version, kind, data, AT)])


@dataclass(frozen=True, slots=True)
class Kept:
    """The log of one game."""

    events: Log

    async def of(self, journals: Sequence[GameJournal]) -> dict[str, list[LoggedEvent]]:
        return {journal.game: self.events for journal in journals}


class Serving(Host):
    """Tells the same state of every game."""

    def __init__(self, state: dict[str, Any] | None) -> None:
        super().__init__([], random.Random(1))
        self._state = state

    async def state(self, game: str) -> dict[str, Any]:
        assert self._state is not None
        return self._state


async def breaches_of(table: Table, served: dict[str, Any] | None = None) -> Sequence[Breach]:
    checks = Checks(Kept(table.log), Serving(served), states=1 if served else 0)
    for match in table.ended:
        checks.ended(match)
    await checks.check()
    return checks.findings().breaches

"""Many sockets fire at one version of a game at the same instant, over and over: exactly one command may win.

Each seat has several sockets, spread over all servers. In each round the sockets of the player to move send the
same move: the first two under one id (which must be carried out once), the others each under an id of their own.
Those of the opponent move out of turn, and one goes for a full column if there is one.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tests.checking.journal import Command, Event, GameJournal, Outcome
from tests.checking.messages import Accepted, Rejected
from tests.checking.scripts import Script
from tests.load.client import Client, View
from tests.load.figures import Figures, clock
from tests.load.match import ASK_AGAIN_AFTER_S, FIRST_MOVE, new_id
from tests.load.observation import Breach, Observation

ROWS: Final = 6

_LATE: Final = "wrong_expected_version"


@dataclass(slots=True, eq=False)
class Shot:
    """A command as one socket sent it, what it may be refused with, and how it was answered."""

    client: Client
    command: Command
    codes: frozenset[str]
    answer: Accepted | Rejected | None = None

    def __str__(self) -> str:
        command = self.command
        return f"{self.client.name} sent {command.column} by {command.player} as {command.id}: {self.answer}"


@dataclass(slots=True, eq=False)
class RacedGame:
    """A game in which every move is a race. `seats` are the sockets of RED and of YELLOW."""

    id: str
    seats: tuple[Sequence[Client], Sequence[Client]]
    script: Script
    figures: Figures
    chance: random.Random
    breach: Breach
    on_end: Callable[["RacedGame"], None]
    observation: Observation = field(init=False)
    commands: dict[UUID, Command] = field(default_factory=dict)
    is_stopping: bool = False
    _shots: list[Shot] = field(default_factory=list)
    _unanswered: int = 0
    _fired_at_version: int = 0
    _fired_at: float = 0.0
    _is_over: bool = False

    def __post_init__(self) -> None:
        self.observation = Observation(self.id, self.breach)

    def begin(self, watchers: Sequence[Client]) -> None:
        """Have everybody watch."""
        self.observation.views += [client.watch(self) for client in (*self.seats[0], *self.seats[1], *watchers)]

    def stop(self) -> None:
        """Fire no more."""
        self.is_stopping = True
        self._look()

    def journal(self) -> GameJournal:
        """Return what was written down, for the checker."""
        one, two = (sockets[0].player or "" for sockets in self.seats)
        return GameJournal(self.id, one, two, self.commands)

    # What clients tell: see `Observed`.

    def saw(self, view: View, events: list[Event]) -> None:
        """See `Observed`."""
        self.figures.count("events", self.observation.take(view, events))
        self._look()

    def answered(self, client: Client, command: Command, answer: Accepted | Rejected) -> None:
        """See `Observed`."""
        if isinstance(answer, Rejected) and answer.code == "too_many_requests":
            self.figures.count("busy")
            asyncio.get_running_loop().call_later(ASK_AGAIN_AFTER_S, client.send, command, self)
            return
        shot = next(shot for shot in self._shots if shot.client is client and shot.command is command)
        shot.answer = answer
        self._unanswered -= 1
        if isinstance(answer, Accepted):
            self.figures.took("accepted", clock() - self._fired_at)
        if not self._unanswered:
            self._judge()
            self._look()

    def complain(self, promise: str, what: str, trace: list[str]) -> None:
        """See `Observed`."""
        self.breach(promise, self.id, what, trace)

    def _look(self) -> None:
        """Fire when everybody has seen the last winner; end when there is nothing left to win."""
        observation = self.observation
        if (
            self._unanswered
            or observation.behind
            or observation.version < max(FIRST_MOVE, self._fired_at_version + 1)
        ):
            return
        step = observation.version - FIRST_MOVE
        if self.is_stopping or step >= len(self.script) or (column := self.script[step]) is None:
            if not self._is_over:
                self._is_over = True
                self.on_end(self)
        elif observation.events[-1].type != "GameFinished":
            self._fire(step, column)

    def _fire(self, step: int, column: str) -> None:
        movers, others = self.seats[step % 2], self.seats[1 - step % 2]
        version = self._fired_at_version = self.observation.version
        twice = self._command(movers[0], version, column)
        self._shots = [Shot(client, twice, frozenset({_LATE})) for client in movers[:2]]
        self._shots += [
            Shot(client, self._command(client, version, column), frozenset({_LATE})) for client in movers[2:]
        ]
        self._shots += [
            Shot(client, self._command(client, version, column), frozenset({_LATE, "not_your_turn"}))
            for client in others
        ]
        if (full := self._full_column()) is not None:
            greedy = Shot(movers[-1], self._command(movers[-1], version, full), frozenset({_LATE, "column_full"}))
            self._shots.append(greedy)
        self.chance.shuffle(self._shots)
        self._unanswered = len(self._shots)
        self._fired_at = clock()
        for shot in self._shots:
            shot.client.send(shot.command, self)

    def _judge(self) -> None:
        """Hold the answers of a round against each other."""
        winners = {shot.command.id for shot in self._shots if isinstance(shot.answer, Accepted)}
        firsts = [shot for shot in self._shots if isinstance(shot.answer, Accepted) and not shot.answer.duplicate]
        wrong = [shot for shot in self._shots if not self._is_right(shot, winners)]
        doubted = any(shot.command.doubts for shot in self._shots)
        if len(winners) != 1 or wrong or (len(firsts) != 1 and not doubted):
            what = f"{len(winners)} commands won at version {self._fired_at_version}, {len(firsts)} of them anew"
            self.complain("one winner for each version", what, [str(shot) for shot in (*wrong, *self._shots)[:12]])
        for shot in self._shots:
            if isinstance(shot.answer, Accepted):
                shot.command.outcome, shot.command.version = Outcome.OK, shot.answer.version
            elif isinstance(shot.answer, Rejected):
                shot.command.outcome, shot.command.code = Outcome.REFUSED, shot.answer.code
                self.figures.count(f"refused {shot.answer.code}")
        self.figures.count("moves", len(firsts))
        self.figures.count("races")

    def _is_right(self, shot: Shot, winners: set[UUID]) -> bool:
        """Whether an answer fits: the winner's twin is accepted too, all others are refused with a fitting code."""
        if isinstance(shot.answer, Accepted):
            return shot.answer.version > self._fired_at_version
        is_refused = isinstance(shot.answer, Rejected) and shot.answer.code in shot.codes
        return is_refused and shot.command.id not in winners

    def _command(self, client: Client, version: int, column: str) -> Command:
        command = Command(new_id(self.chance), self.id, client.player or "", version, column)
        self.commands[command.id] = command
        return command

    def _full_column(self) -> str | None:
        made = [event.data["column"] for event in self.observation.events if event.type == "MoveMade"]
        return next((column for column in "ABCDEFG" if made.count(column) == ROWS), None)

"""One game of a run: whose turn it is, what is asked for, what everybody saw, and what can't be right in it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from tests.checking.journal import Command, Event, GameJournal, Outcome
from tests.checking.messages import Accepted, Rejected
from tests.checking.scripts import Script
from tests.load.client import Client, View
from tests.load.figures import Figures, clock
from tests.load.observation import Observation
from tests.load.probes import Probe, after_the_end, answer_breaks, probe_for

FIRST_MOVE: Final = 2
"""The version at which red moves first: the game was opened at 1 and started at 2."""

ASK_AGAIN_AFTER_S: Final = 0.3


class Table(Protocol):
    """Where matches are played."""

    figures: Figures
    chance: random.Random
    mischief: float
    """The share of moves beside which something is asked for that must be refused, or was asked for before."""
    has_rules: bool
    """Whether the last move of a game is followed by its end."""
    in_lockstep: bool
    """Whether a move waits until everybody has seen the one before."""

    def is_due(self, match: "Match") -> None:
        """The next move can be made; have `move` called when it is time."""

    def over(self, match: "Match") -> None:
        """The game has ended, all answers came, and everybody who watches has seen the end."""

    def stranger(self, match: "Match") -> Client | None:
        """Return a player who has no seat in this match."""

    def breach(self, promise: str, game: str, what: str, trace: list[str]) -> None:
        """Take a broken promise."""


@dataclass(slots=True, eq=False)
class Match:
    """A game that is played by its script. `seats` are who holds RED and who YELLOW."""

    id: str
    seats: tuple[Client, Client]
    script: Script
    table: Table
    observation: Observation = field(init=False)
    commands: dict[UUID, Command] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    is_stopping: bool = False
    _intended_at: dict[int, float] = field(default_factory=dict)
    """By the version that a move leads to: when it was meant to be made. Only moves that are timed are here."""
    _unanswered: int = 0
    _told_of: int = FIRST_MOVE
    _probe: tuple[Probe, Command] | None = None
    _asked_at_version: int = 0
    _is_over: bool = False
    _may_ask_after_the_end: bool = True
    _end: int = field(init=False)

    def __post_init__(self) -> None:
        self.observation = Observation(self.id, self.table.breach)
        told = self.table.has_rules and self.script[-1] is not None  # a resignation tells nothing more
        self._end = FIRST_MOVE + len(self.script) + told

    def begin(self, watchers: Sequence[Client]) -> None:
        """Have the players and everybody else watch from the beginning."""
        for client in (*self.seats, *watchers):
            self.views.append(client.watch(self))

    @property
    def version(self) -> int:
        """The newest version that anybody has seen."""
        return self.observation.version

    @property
    def events(self) -> list[Event]:
        """The game as everybody sees it."""
        return self.observation.events

    @property
    def views(self) -> list[View]:
        """What each client has seen: the players first."""
        return self.observation.views

    @property
    def is_settled(self) -> bool:
        """Whether all answers came, and everybody has seen all that anybody has seen or was told of."""
        return not self._unanswered and not self.observation.behind and self.version >= self._told_of

    @property
    def mover(self) -> Client:
        """The player who is to move next."""
        return self.seats[(self._asked_at_version - FIRST_MOVE) % 2]

    def stop(self) -> None:
        """Make no more moves; the match is over once everything is settled."""
        self.is_stopping = True
        self._look()

    def move(self, intended_at: float) -> None:
        """Have the player whose turn it is move, or ask for something else first."""
        probe = None
        if self.table.mischief and self.table.chance.random() < self.table.mischief:
            probe = probe_for(self)
        if probe is None:
            self._move(intended_at)
        else:
            self._send_probe(probe)

    # What clients tell: see `Observed`.

    def saw(self, view: View, events: list[Event]) -> None:
        """Compare what a client was told with what others were told, and go on with the game."""
        now, seen = clock(), self.observation.take(view, events)
        self.table.figures.count("events", seen)
        for version in range(view.version - seen + 1, view.version + 1):
            self._time(view, version, now)
        if seen and not self.observation.behind:
            intended_at = self._intended_at.get(self.version)
            if intended_at is not None:
                self.table.figures.fanned_out(len(self.views), now - intended_at)
        self._look()

    def answered(self, client: Client, command: Command, answer: Accepted | Rejected) -> None:
        """Take the answer to a move or to a probe."""
        if isinstance(answer, Rejected) and answer.code == "too_many_requests":
            self.table.figures.count("busy")
            asyncio.get_running_loop().call_later(ASK_AGAIN_AFTER_S, client.send, command, self)
            return
        self._unanswered -= 1
        if self._probe is not None and self._probe[1] is command:
            probe, _ = self._probe
            self._probe = None
            self._probed(probe, command, answer)
            if self.version < self._end and not self.is_stopping:
                self._move(None)  # it had to wait for the probe: its latency would say nothing
        elif isinstance(answer, Accepted):
            self._accepted(command, answer)
        else:
            command.outcome, command.code = Outcome.REFUSED, answer.code
            self.complain("a legal move is accepted", f"{client.name}: {command} was answered by {answer}", [])
            self.is_stopping = True
        self._look()

    def complain(self, promise: str, what: str, trace: list[str]) -> None:
        """Take what no honest server says."""
        self.table.breach(promise, self.id, what, trace)

    def journal(self) -> GameJournal:
        """Return what was written down, for the checker."""
        one, two = (client.player or "" for client in self.seats)
        return GameJournal(self.id, one, two, self.commands, complaints=self.complaints)

    def _move(self, intended_at: float | None) -> None:
        column = self.script[self._asked_at_version - FIRST_MOVE]
        command = self._ask(self.mover, self.mover.player or "", self._asked_at_version, column)
        if intended_at is not None:
            self._intended_at[command.expected_version + 1] = intended_at

    def _send_probe(self, probe: Probe) -> None:
        command = self._ask(probe.client, probe.player, probe.expected_version, probe.column, probe.repeats)
        self._probe = (probe, command)

    def _ask(
        self, client: Client, player: str, expected_version: int, column: str | None, again: Command | None = None
    ) -> Command:
        command = again or Command(new_id(self.table.chance), self.id, player, expected_version, column)
        if player:  # a guest's command has no place in a journal of players
            self.commands[command.id] = command
        self._unanswered += 1
        client.send(command, self)
        return command

    def _accepted(self, command: Command, answer: Accepted) -> None:
        if answer.duplicate and not command.doubts:
            self.complain("a command is carried out once", f"{command} was new, but answered by {answer}", [])
        command.outcome, command.version = Outcome.OK, answer.version
        self._told_of = max(self._told_of, answer.version)
        self.table.figures.count("moves")
        intended_at = self._intended_at.get(command.expected_version + 1)
        if intended_at is not None:
            self.table.figures.took("accepted", clock() - intended_at)

    def _probed(self, probe: Probe, command: Command, answer: Accepted | Rejected) -> None:
        if isinstance(answer, Rejected):
            command.outcome, command.code = Outcome.REFUSED, answer.code
        broken = answer_breaks(probe, answer, self.events)
        if broken is not None:
            self.complain("a refusal is typed and right", f"{probe.kind}: {command} was {broken}", [repr(answer)])
        self.table.figures.count(f"probe {probe.kind}")

    def _time(self, view: View, version: int, now: float) -> None:
        intended_at = self._intended_at.get(version)
        if intended_at is None:
            return
        mover = self.seats[(version - 1 - FIRST_MOVE) % 2]
        if view.client.player is None:
            self.table.figures.took("watcher", now - intended_at)
            if view.client.url != mover.url:
                self.table.figures.took("elsewhere", now - intended_at)
        elif view.client is not mover:
            self.table.figures.took("opponent", now - intended_at)

    def _look(self) -> None:
        """See whether it is time for the next move, or for the end."""
        version = self.version
        if self.is_stopping or version >= self._end:
            self._look_at_the_end()
        elif version > self._asked_at_version and 0 <= version - FIRST_MOVE < len(self.script):
            has_seen = self.views[(version - FIRST_MOVE) % 2].version == version
            if has_seen and not (self.table.in_lockstep and self.observation.behind):
                self._asked_at_version = version
                self.table.is_due(self)

    def _look_at_the_end(self) -> None:
        if self._is_over or self._probe is not None or not self.is_settled:
            return
        if (
            self._may_ask_after_the_end
            and not self.is_stopping
            and self.table.chance.random() < self.table.mischief
        ):
            self._may_ask_after_the_end = False
            self._send_probe(after_the_end(self))
            return
        self._is_over = True
        self.table.over(self)


def new_id(chance: random.Random) -> UUID:
    """Return a command id, the same ones for the same seed."""
    return UUID(int=chance.getrandbits(128), version=4)

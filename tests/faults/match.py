"""One game under way: who plays what next, and what is written down about it."""

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol
from uuid import UUID

from tests.checking.journal import Command, GameJournal, Outcome, Stream
from tests.checking.messages import Accepted, Rejected
from tests.checking.scripts import Script
from tests.faults.session import Session

FIRST_MOVE: Final = 2
"""The version at which red moves first: the game was opened at 1 and started at 2."""


class Extra(Enum):
    """What is asked for besides a move, now and then: none of it may change anything."""

    RACE = "the same move under another id, through another process"
    OUT_OF_TURN = "a move of the opponent"
    TOO_EARLY = "a move at the version after it"
    STRANGER = "a move of somebody who does not play"
    AGAIN = "the move again, under its id, through another process, once it is accepted"


SHARES: Final = {
    Extra.RACE: 0.02,
    Extra.OUT_OF_TURN: 0.01,
    Extra.TOO_EARLY: 0.005,
    Extra.STRANGER: 0.005,
    Extra.AGAIN: 0.02,
}


class Table(Protocol):
    """Who carries a match's commands to a server."""

    chance: random.Random

    def send(self, command: Command, player: str, preferred: Session | None) -> None:
        """Send a command through a session of `player`, the preferred one if it is open."""

    def elsewhere(self, player: str, session: Session) -> Session:
        """Return another session of the same player."""

    def stranger(self, players: tuple[str, str]) -> str:
        """Return a player who is none of these."""


@dataclass(eq=False)
class Match:
    """A game that plays itself: each player moves once their own session has seen the other's move."""

    journal: GameJournal
    script: Script
    homes: tuple[Session, Session]
    spectators: list[Session]
    table: Table
    began_at: float
    changed_at: float = 0.0
    unsettled: int = 0
    ended_at_version: int | None = None
    stopped: bool = False
    _asked_at: int = 1
    _told_of: int = FIRST_MOVE
    _ids: random.Random = field(init=False)
    _primary: dict[UUID, bool] = field(default_factory=dict)
    """By id of an ordinary move: whether it may be refused because it has a rival."""
    _to_repeat: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._ids = random.Random(self.table.chance.random())
        self.changed_at = self.began_at

    @property
    def id(self) -> str:
        return self.journal.game

    @property
    def watchers(self) -> list[Session]:
        return [*self.homes, *self.spectators]

    @property
    def version(self) -> int:
        """The newest version that anybody has seen or was told of."""
        return max(self._told_of, *(session.seen(self.id) for session in self.watchers))

    @property
    def is_over(self) -> bool:
        """Whether it has ended, all answers came, and everybody who watches has seen the last event."""
        version = self.version if self.stopped else self.ended_at_version
        return (
            version is not None
            and self.unsettled == 0
            and all(session.has_all(self.id, version) for session in self.watchers)
        )

    def begin(self) -> None:
        for session in self.watchers:
            session.watch(self)

    def streams_to(self, session: Session, after: int) -> Stream:
        """See `Watched`."""
        stream = Stream(session.name, after)
        self.journal.streams.append(stream)
        return stream

    def moved(self, session: Session, version: int) -> None:
        """See `Watched`. The player whose turn it is moves when they see that it is."""
        step = version - FIRST_MOVE
        if 0 <= step < len(self.script) and version > self._asked_at and not self.stopped:
            if session is self.homes[step % 2]:
                self._move(session, version, self.script[step])
        elif step >= len(self.script) and self.ended_at_version is None:
            self.ended_at_version = FIRST_MOVE + len(self.script) + (self.script[-1] is not None)

    def answered(self, command: Command, answer: Accepted | Rejected, now: float) -> None:
        """Write down an answer, and complain if it can't be right."""
        self.changed_at = now
        self._told_of = max(self._told_of, answer.version if isinstance(answer, Accepted) else 0)
        if isinstance(answer, Rejected):
            self.journal.streams.append(Stream("a refusal", command.expected_version, answer.events, is_open=False))
        outcome = Outcome.OK if isinstance(answer, Accepted) else Outcome.REFUSED
        if command.outcome is not Outcome.UNKNOWN:
            self._compare(command, answer, outcome)
        self.unsettled -= 1
        command.outcome = outcome
        if isinstance(answer, Accepted):
            command.version = answer.version
        else:
            command.code = answer.code
            if self._primary.get(command.id) is False:
                self.journal.complaints.append(f"a legal move was refused: {command} by {answer}")
        if command.id in self._to_repeat:
            self._to_repeat.discard(command.id)
            self._send(command, self.table.elsewhere(command.player, self._home(command.player)))

    def _compare(self, command: Command, answer: Accepted | Rejected, outcome: Outcome) -> None:
        is_same = outcome is command.outcome and (
            isinstance(answer, Rejected) or (answer.version == command.version and answer.duplicate)
        )
        if not is_same:
            self.journal.complaints.append(f"{command} was asked for again and answered by {answer}")

    def _move(self, home: Session, version: int, column: str | None) -> None:
        self._asked_at = version
        players = (self.journal.player_one, self.journal.player_two)
        step = version - FIRST_MOVE
        mover, other = players[step % 2], players[1 - step % 2]
        extra = self._extra() if column else None
        chance = self.table.chance
        session = home if chance.random() < 0.9 else self.table.elsewhere(mover, home)
        command = self._command(mover, version, column)
        self._primary[command.id] = extra is Extra.RACE
        self._send(command, session)
        match extra:
            case Extra.RACE:
                rival = self._command(mover, version, column)
                self._send(rival, self.table.elsewhere(mover, session))
            case Extra.OUT_OF_TURN:
                self._send(self._command(other, version, column), self._home(other))
            case Extra.TOO_EARLY:
                self._send(self._command(mover, version + 1, column), home)
            case Extra.STRANGER:
                self._send(self._command(self.table.stranger(players), version, column), None)
            case Extra.AGAIN:
                self._to_repeat.add(command.id)

    def _extra(self) -> Extra | None:
        drawn = self.table.chance.random()
        for extra, share in SHARES.items():
            drawn -= share
            if drawn < 0:
                return extra
        return None

    def _command(self, player: str, version: int, column: str | None) -> Command:
        command = Command(UUID(int=self._ids.getrandbits(128), version=4), self.id, player, version, column)
        self.journal.commands[command.id] = command
        return command

    def _send(self, command: Command, session: Session | None) -> None:
        self.unsettled += 1
        self.table.send(command, command.player, session)

    def _home(self, player: str) -> Session:
        return self.homes[0 if player == self.journal.player_one else 1]

"""What clients and observers write down: what they asked for, what they were told, what they saw.

A command has one of three outcomes. `UNKNOWN` is what remains when the connection was lost before the answer;
asking again under the same id turns it into one of the others.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec


class Outcome(Enum):
    """How a command ended, as far as who sent it was told."""

    UNKNOWN = "unknown"
    OK = "ok"
    REFUSED = "refused"


class Event(msgspec.Struct, frozen=True, gc=False):
    """An event as an observer received it."""

    version: int
    type: str
    data: dict[str, Any]
    at: str


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as it lies in the database."""

    position: int
    game: str
    version: int
    type: str
    data: dict[str, Any]
    command_id: UUID


@dataclass(slots=True, eq=False)
class Command:
    """Something a player asked for; `column` is None for a resignation. Sent as often as it took to be answered."""

    id: UUID
    game: str
    player: str
    expected_version: int
    column: str | None
    outcome: Outcome = Outcome.UNKNOWN
    version: int | None = None
    """Where an accepted command led to."""
    code: str | None = None
    """Why it was refused."""
    doubts: int = 0
    """How often the connection was lost before the answer."""


@dataclass(slots=True, eq=False)
class Stream:
    """What one observer received of one game over one connection, since it asked for what lies after `after`."""

    observer: str
    after: int
    events: list[Event] = field(default_factory=list)
    is_open: bool = True
    """Whether the connection held until the end: only then must the last event have arrived."""

    @property
    def version(self) -> int:
        return self.events[-1].version if self.events else self.after


@dataclass(slots=True, eq=False)
class GameJournal:
    """Everything that was written down about one game."""

    game: str
    player_one: str
    player_two: str
    commands: dict[UUID, Command] = field(default_factory=dict)
    streams: list[Stream] = field(default_factory=list)
    served: dict[str, Any] | None = None
    """What GET /api/games/{id} told at the end, None if nobody asked."""
    complaints: list[str] = field(default_factory=list)
    """What no honest server says, noticed when it was said (two different answers to one command, say)."""

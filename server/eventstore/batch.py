"""What is queued to be written, and how a batch of it travels to `append_events` and back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, assert_never
from uuid import UUID

from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import EncodedEvent
from server.eventstore.errors import ForkedHistoryError, WrongExpectedVersionError
from server.eventstore.places import LogPosition, StreamHead

APPEND: Final = """
    SELECT outcome, version, log_position
    FROM fourfold.append_events(
      $1::text[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::smallint[], $7::jsonb[], $8::uuid[]
    )
"""

Outcome = Literal["appended", "duplicate", "conflict", "forked"]

Answer = tuple[Outcome, int, int]
"""What became of an append, at which version, and where the log ended with its batch."""


@dataclass(frozen=True, slots=True)
class Append:
    """Events to append to one stream, in one piece.

    Without any events it asks whether `command_id` was carried out, and is answered as a duplicate if so.
    """

    game: GameId
    expected: StreamHead
    command_id: UUID
    events: tuple[EncodedEvent, ...]


@dataclass(frozen=True, slots=True)
class Appended:
    """An append that is in the log, by now or since before."""

    version: Version
    duplicate: bool


@dataclass(slots=True, eq=False)
class Pending:
    """An append whose caller waits for the answer."""

    append: Append
    deadline: float
    """When the caller stops waiting, on the clock of the event loop."""
    epoch: int
    """The epoch of the feed in which the append was decided."""
    answer: asyncio.Future[Appended] = field(repr=False)

    def refuse(self, error: Exception) -> None:
        """Answer with an error, unless the caller was answered before."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def resolve(self, outcome: Outcome, version: int) -> None:
        """Answer with what the database said, unless the caller was answered before."""
        append, expected = self.append, self.append.expected.version
        match outcome:
            case "appended":
                self._accept(expected + len(append.events), duplicate=False)
            case "duplicate":
                self._accept(version, duplicate=True)
            case "conflict":
                self.refuse(WrongExpectedVersionError(append.game, expected, Version(version)))
            case "forked":
                self.refuse(ForkedHistoryError(append.game, expected, Version(version)))
            case _:
                assert_never(outcome)

    def _accept(self, version: int, *, duplicate: bool) -> None:
        if not self.answer.done():
            self.answer.set_result(Appended(Version(version), duplicate))


def newest_of(appends: Sequence[Append], answers: Sequence[Answer]) -> LogPosition | None:
    """Return the last event that a batch has appended, None if it has appended nothing."""
    for append, (outcome, _, log_position) in zip(reversed(appends), reversed(answers), strict=True):
        if outcome == "appended" and append.events:
            return LogPosition(log_position, append.command_id)
    return None


def columns(appends: Sequence[Append]) -> tuple[Sequence[object], ...]:
    """Return appends as the arguments of `APPEND`: arrays with an element for each append, or for each event."""
    events = [(number, *event) for number, append in enumerate(appends, start=1) for event in append.events]
    event_columns = zip(*events, strict=True) if events else ((), (), (), ())
    return (
        [append.game for append in appends],
        [append.expected.version for append in appends],
        [append.command_id for append in appends],
        *event_columns,
        [append.expected.command_id for append in appends],
    )

"""The log of events as the application uses it: append with an expected version, confirm, read a game."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from server.database.errors import CONNECTION_LOST
from server.database.pool import Pool
from server.domain.events import GameEvent
from server.domain.vocabulary import GameId
from server.eventstore.batch import Append, Appended
from server.eventstore.codec import RecordedEvent, encode
from server.eventstore.errors import ForkedHistoryError, StoreUnavailableError, WrongExpectedVersionError
from server.eventstore.history import History
from server.eventstore.places import NO_EVENTS, LogPosition, StreamHead
from server.eventstore.reading import read_stream
from server.eventstore.writer import Writer


class EventStore:
    """The log of events in one database.

    Deadlines are moments on the clock of the event loop; no call takes longer than to its deadline, give or take
    0.1 s. Without one an append has 3 s, and a read 2.5 s.
    """

    def __init__(self, reads: Pool, writer: Writer, history: History) -> None:
        self._reads = reads
        self._writer = writer
        self._history = history
        self.game_reads = 0
        """How often a game was read."""

    async def append(
        self,
        game: GameId,
        expected: StreamHead,
        command_id: UUID,
        events: Sequence[GameEvent],
        *,
        deadline: float | None = None,
    ) -> Appended:
        """Append all of `events` to the game's stream, or none, and return the version they lead to.

        Returns only after the commit, replicated as `synchronous_commit` demands. A command that was carried out
        before is answered as before, marked as a duplicate, whatever is expected now; that answer is as durable.
        `expected` is `NO_EVENTS` for a stream that must not exist. Cancelling the caller takes nothing back.

        Raises:
            WrongExpectedVersionError: the stream is at another version; nothing was appended.
            ForkedHistoryError: the stream does not hold the expected event; nothing was appended.
            StoreBusyError: too many appends are queued; nothing was appended.
            StoreUnavailableError: the outcome is unknown; appending again with the same command id settles it.
            AppendRefusedError: the database does not take these events, now or ever.
            ValueError: there are no events, or one can't be encoded.
        """
        if not events:
            raise ValueError("an append has at least one event")
        encoded = tuple(encode(event) for event in events)
        return await self._writer.append(Append(game, expected, command_id, encoded), deadline)

    async def confirm(self, game: GameId, head: StreamHead, *, deadline: float | None = None) -> None:
        """Return once it is certain that the log holds what the command of `head` led to, and will go on to.

        What was read or published may be committed without being replicated yet. Whoever acknowledges a command
        for a second time, from memory, waits for this first.

        Raises:
            ForkedHistoryError: the log does not hold it; the command was not carried out.
            StoreBusyError, StoreUnavailableError: it is not known.
            ValueError: `head` names no command.
        """
        if head.command_id is None:
            raise ValueError("what is confirmed is a command: head.command_id is None")
        try:
            found = await self._writer.append(Append(game, head, head.command_id, ()), deadline)
        except WrongExpectedVersionError as error:
            raise ForkedHistoryError(game, head.version, error.actual) from error
        if not found.duplicate or found.version != head.version:
            raise ForkedHistoryError(game, head.version, found.version)

    async def read_stream(
        self, game: GameId, after: StreamHead = NO_EVENTS, *, deadline: float | None = None
    ) -> list[RecordedEvent]:
        """Return the game's events after a place that the caller knows, in their order; empty when there are none.

        Raises:
            ForkedHistoryError: the stream does not hold the event at `after`.
            UnknownEventTypeError, msgspec.ValidationError: an event can't be understood.
            StoreUnavailableError: Postgres did not answer in time.
        """
        self.game_reads += 1
        try:
            events = await read_stream(self._reads, game, after, deadline=deadline)
        except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
            raise StoreUnavailableError("Postgres did not answer in time") from error
        if events:
            self._history.know(LogPosition(events[-1].position, events[-1].command_id))
        return events

    async def is_reachable(self) -> bool:
        """Whether Postgres answers."""
        try:
            await self._reads.fetch("SELECT 1")
        except (*CONNECTION_LOST, asyncpg.PostgresError):
            return False
        return True

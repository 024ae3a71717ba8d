"""The log to check against: read from the database, or, where only an address is known, as the server tells it."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Protocol
from uuid import uuid4

import asyncpg
import msgspec

from tests.checking.journal import Command, Event, GameJournal, LoggedEvent, Outcome
from tests.load.host import Host

_GAMES: Final = """
    SELECT position, stream, version, type, data, command_id
    FROM fourfold.events
    WHERE stream = ANY($1::text[])
    ORDER BY position
"""
_READS: Final = 500
_TIME_LIMIT_S: Final = 60.0


class Log(Protocol):
    """Where logged events come from."""

    async def of(self, journals: Sequence[GameJournal]) -> dict[str, list[LoggedEvent]]:
        """Return the events of each game, in the order of the log."""


class DatabaseLog:
    """The truth."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def of(self, journals: Sequence[GameJournal]) -> dict[str, list[LoggedEvent]]:
        """See `Log`."""
        logs: dict[str, list[LoggedEvent]] = {journal.game: [] for journal in journals}
        games = list(logs)
        connection = await asyncpg.connect(self._url, timeout=_TIME_LIMIT_S, command_timeout=_TIME_LIMIT_S)
        try:
            for first in range(0, len(games), _READS):
                for row in await connection.fetch(_GAMES, games[first : first + _READS]):
                    position, game, version, type_, data, command_id = row
                    logged = LoggedEvent(position, game, version, type_, msgspec.json.decode(data), command_id)
                    logs[game].append(logged)
        finally:
            await connection.close()
        return logs


class ServedLog:
    """What the server tells over HTTP.

    It tells no command ids: each event is taken for that of the command that asked for just it, so what is not seen
    is which of two equal commands it was.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    async def of(self, journals: Sequence[GameJournal]) -> dict[str, list[LoggedEvent]]:
        """See `Log`."""
        logs = await asyncio.gather(*(self._host.events(journal.game) for journal in journals))
        return {
            journal.game: list(attributed(journal, events)) for journal, events in zip(journals, logs, strict=True)
        }


def attributed(journal: GameJournal, events: Iterable[Event]) -> Iterable[LoggedEvent]:
    """Return events with the ids of the commands that they are the outcome of; unknown ones get a new id."""
    candidates = {_claim(command): command.id for command in journal.commands.values() if _may_be_in(command)}
    command_id = uuid4()
    for event in events:
        if event.type == "GameFinished" and event.data.get("reason") != "RESIGNATION":
            pass  # appended with the move before it, by the same command
        else:
            claim = (event.version, str(event.data.get("player", "")), event.data.get("column"))
            if event.type == "GameFinished":
                claim = (event.version, "", None)
            command_id = candidates.get(claim, uuid4())
        yield LoggedEvent(event.version, journal.game, event.version, event.type, event.data, command_id)


def _claim(command: Command) -> tuple[int, str, str | None]:
    return (command.expected_version + 1, command.player if command.column else "", command.column)


def _may_be_in(command: Command) -> bool:
    return command.outcome is not Outcome.REFUSED

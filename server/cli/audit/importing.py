"""`fourfold import`: games of another log brought into this one, all of them or none.

The lines are checked and staged in a temporary table while servers go on appending, however long the file takes to
arrive. Only then is the lock of the appends taken, and held for one INSERT and the commit: an instant for a game,
some ten seconds for a million events. Listeners get a pointer to the new end of the log, as for an event too long
to travel, and read from there.
"""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final, TextIO

import asyncpg

from server.cli.audit.errors import AuditError, ImportRefusedError
from server.cli.audit.lines import MAX_LINE_BYTES, LoggedEvent, NotAnEventError, read_header, read_line
from server.cli.audit.progress import Progress
from server.cli.audit.reading import connected
from server.cli.audit.streams import Finding, StreamChecks
from server.database.pool import CONNECTION_LOST, Connection
from server.eventstore.feed import CHANNEL
from server.settings.settings import masked

_BATCH: Final = 2000
_APPEND_LOCK: Final = 4444  # the one of fourfold.append_events: positions follow the commits

_MAY_IMPORT: Final = """
    SELECT
      to_regclass('fourfold.events') IS NOT NULL AS has_log,
      coalesce(has_table_privilege(to_regclass('fourfold.events'), 'INSERT'), false)
        AND has_database_privilege(current_database(), 'TEMPORARY') AS may_insert
"""
_COLUMNS: Final = "stream, version, type, schema_version, data, command_id, command_step, recorded_at"
_STAGE: Final = f"""
    CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
    SELECT position AS line, {_COLUMNS}
    FROM fourfold.events
    WITH NO DATA
"""  # noqa: S608 — a constant of this module
_FIRST_PRESENT: Final = """
    SELECT s.line, s.stream
    FROM staged AS s
    WHERE s.version = 1
      AND EXISTS (SELECT FROM fourfold.events AS e WHERE e.stream = s.stream)
    ORDER BY s.line
    LIMIT 1
"""
_HEAD: Final = "SELECT coalesce(max(position), 0) FROM fourfold.events"
# The first event stands on line 2 of the file, under the header.
_INSERT: Final = f"""
    INSERT INTO fourfold.events (position, {_COLUMNS})
    SELECT $1 + line - 1, {_COLUMNS}
    FROM staged
"""  # noqa: S608 — a constant of this module


async def import_log(url: str, file: BinaryIO, out: TextIO, screen: TextIO = sys.stderr) -> None:
    """Append the events of a file, in its order, to the log, and print where they are now.

    Versions, times and ids stay as they are; positions are assigned again. `url` must have the rights of the owner.

    Raises:
        ImportRefusedError: a line is not understood, or a game of it is broken or in the log already.
        AuditError: these rights do not suffice, or the database can't store a line.
        NoDatabaseError: the database cannot be used, or was lost on the way.
    """
    async with connected(url, "import") as connection, connection.transaction():
        await _require_rights(connection, url)
        summary = await _import(connection, file, screen)
    out.write(summary + "\n")


async def _import(connection: Connection, file: BinaryIO, screen: TextIO) -> str:
    checked = CheckedFile(file)
    try:
        with Progress("imported", checked.promised, screen) as progress:
            await connection.execute(_STAGE)
            while batch := list(islice(checked.rows, _BATCH)):
                await connection.copy_records_to_table("staged", records=batch)
                progress.add(len(batch))
            head = await _append(connection, checked.promised)
    except asyncpg.PostgresError as error:
        if isinstance(error, CONNECTION_LOST):
            raise
        raise AuditError(f"The database refuses this file: {error}. Nothing was imported.") from error
    where = f"positions {head + 1:,} to {head + checked.promised:,}" if checked.promised else "nothing to import"
    return f"{progress.rate()}, {checked.games:,} games: {where}"


async def _append(connection: Connection, events: int) -> int:
    """Move what is staged into the log, and return the position before it."""
    await connection.execute("ANALYZE staged")
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _APPEND_LOCK)
    present = await connection.fetchrow(_FIRST_PRESENT)
    if present is not None:
        raise ImportRefusedError(present["line"], f"game {present['stream']} is in this log already")
    head: int = await connection.fetchval(_HEAD)
    await connection.execute(_INSERT, head)
    if events:
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"[{head + events}]")
    return head


async def _require_rights(connection: Connection, url: str) -> None:
    found = await connection.fetchrow(_MAY_IMPORT)
    if found is None or not found["has_log"]:
        raise AuditError(f"The database {masked(url)} has no log yet: run fourfold migrate first.")
    if not found["may_insert"]:
        raise AuditError(
            f"The database {masked(url)} lets this user append moves, but not import: that needs the rights of the "
            "owner, with FOURFOLD_OWNER_DATABASE_URL or DATABASE_URL."
        )


class CheckedFile:
    """The events of a file as rows for `staged`, each checked before it is given out.

    Raises, here and while `rows` is read:
        ImportRefusedError: a line is not understood, or breaks a game.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._checks = StreamChecks()
        try:
            self.promised = read_header(self._read(1)).events
        except NotAnEventError as error:
            raise ImportRefusedError(1, str(error)) from None
        self.rows = self._rows()

    @property
    def games(self) -> int:
        """How many games were given out."""
        return self._checks.games

    def _rows(self) -> Iterator[tuple[object, ...]]:
        number = 1
        while line := self._read(number + 1):
            number += 1
            if number > self.promised + 1:
                raise ImportRefusedError(number, f"the header promises {self.promised:,} events, but more came")
            try:
                logged = read_line(line)
            except NotAnEventError as error:
                raise ImportRefusedError(number, str(error)) from None
            _refuse(self._checks.check(number, logged))
            yield _row(number, logged)
        _refuse(self._checks.finish())
        if number < self.promised + 1:
            what = f"the header promises {self.promised:,} events, but the file ends here"
            raise ImportRefusedError(number, what)

    def _read(self, number: int) -> bytes:
        line = self._file.readline(MAX_LINE_BYTES)
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            raise ImportRefusedError(number, f"it is longer than {MAX_LINE_BYTES:,} bytes")
        return line


def _refuse(findings: Iterator[Finding]) -> None:
    for finding in findings:
        raise ImportRefusedError(finding.place, f"game {finding.game}, version {finding.version}: {finding.what}")


def _row(number: int, logged: LoggedEvent) -> tuple[object, ...]:
    return (
        number,
        logged.game,
        logged.version,
        logged.type,
        logged.schema_version,
        bytes(logged.data).decode(),
        logged.command_id,
        logged.command_step,
        logged.recorded_at,
    )

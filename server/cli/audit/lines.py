"""An event outside the database: one line of JSON.

The first line of a file is its header; each further line is one event, in the order of the log:

    {"format":"fourfold events","format_version":1,"events":2}
    {"game":"g1","version":1,"type":"GameOpened","schema_version":1,"data":{"color": "red", "opener": "p1",
    "public": true},"command_id":"6f1c1f62-0d4b-4f7e-9a1d-3a7c0a5f7c11","command_step":1,
    "recorded_at":"2026-11-23T08:30:00.123456+00:00"}

(here broken for reading). A line is what PostgreSQL's `row_to_json` gives for these columns, in this order, with
the time zone UTC: no space between its members; `data` exactly as jsonb prints it (a space after each comma and
colon, keys by length and then by bytes), whatever its schema version; the time with as many decimals as it needs,
six at most, and none for a whole second. So a line holds all that is stored but the position, which its place in
the file tells, and the same event is always the same bytes.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from server.domain.events import GameEvent
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import StoredEvent, decode, is_exact
from server.eventstore.errors import UnknownEventTypeError

FORMAT: Final = "fourfold events"
FORMAT_VERSION: Final = 1

MAX_LINE_BYTES: Final = 1 << 20
"""How long a line of a file may be: far more than any event, and little enough to hold in memory."""

LINE: Final = "row_to_json(line)::text"
"""The SQL of a line, for a query that reads `FROM fourfold.events AS e` and joins `AS_LINE`."""

AS_LINE: Final = """
    CROSS JOIN LATERAL (
      SELECT
        e.stream AS game, e.version, e.type, e.schema_version, e.data, e.command_id, e.command_step, e.recorded_at
    ) AS line
"""

# Postgres stores every character but NUL, which is an escape with an odd number of backslashes before it.
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a file: what it is, and how many lines follow, so that a file cut short is noticed."""

    format: str
    format_version: int
    events: int


class LoggedEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: an event with all its columns but the position."""

    game: GameId
    version: Version
    type: str
    schema_version: int
    data: msgspec.Raw
    command_id: UUID
    command_step: int
    recorded_at: Annotated[datetime, msgspec.Meta(tz=True)]


class NotAnEventError(Exception):
    """A line, or the data in it, is not an event that this code knows; the message says why."""


_header: Final = msgspec.json.Decoder(Header)
_line: Final = msgspec.json.Decoder(LoggedEvent)


def header_of(events: int) -> bytes:
    """Return the first line of a file with that many events, without a newline."""
    return msgspec.json.encode(Header(FORMAT, FORMAT_VERSION, events))


def read_header(line: bytes) -> Header:
    """Return what the first line of a file says.

    Raises:
        NotAnEventError: the file is not one that `fourfold export` wrote, or a newer one did.
    """
    try:
        header = _header.decode(line)
    except msgspec.DecodeError:
        raise NotAnEventError(f"the header of a file of {FORMAT} is expected, but {line[:60]!r} came") from None
    if header.format != FORMAT:
        raise NotAnEventError(f"the format {FORMAT!r} is expected, but {header.format!r} came")
    if header.format_version != FORMAT_VERSION:
        raise NotAnEventError(
            f"version {FORMAT_VERSION} of the format is expected, but {header.format_version} came: "
            "run the version of Fourfold that wrote it"
        )
    return header


def read_line(line: bytes) -> LoggedEvent:
    """Return the event of a line.

    Raises:
        NotAnEventError: the line has not the shape of one, or holds what Postgres can't store.
    """
    try:
        event = _line.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAnEventError(f"not a line of an event: {error}") from None
    if b"\\u0000" in line and _NUL.search(line):
        raise NotAnEventError("not a line of an event: it holds the character NUL, which cannot be stored")
    return event


def read_event(logged: LoggedEvent) -> GameEvent:
    """Return what happened, in its newest shape.

    Raises:
        NotAnEventError: its type or schema version is unknown, or its data does not have that shape.
    """
    stored = StoredEvent(
        position=0,
        stream=logged.game,
        version=logged.version,
        type=logged.type,
        schema_version=logged.schema_version,
        data=logged.data,
        command_id=logged.command_id,
        recorded_at_us=0,
    )
    try:
        event = decode(stored).event
    except (UnknownEventTypeError, msgspec.DecodeError) as error:
        raise NotAnEventError(f"{logged.type} cannot be read: {error}") from None
    if not is_exact(stored, event):
        what = f"its data is not what belongs there in schema version {logged.schema_version}"
        raise NotAnEventError(f"{logged.type} cannot be read: {what}")
    return event


def place_in(line: bytes) -> tuple[str | None, int | None]:
    """Return the game and the version that a line names although it is no event, as far as it does."""
    try:
        fields: Any = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None, None
    if not isinstance(fields, dict):
        return None, None
    return fields.get("game"), fields.get("version")

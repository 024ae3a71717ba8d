"""What would break a promise of the log is not imported, and nothing else of its file either."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from server.cli.audit.errors import AuditError, ImportRefusedError
from server.database.pool import Connection
from tests.audit.conftest import Export, fresh_database, import_lines, verify

HEADER = b'{"format":"fourfold events","format_version":1,"events":%d}\n'

Lines = list[bytes]


def changed(number: int, before: bytes, after: bytes) -> Callable[[Lines], Lines]:
    """Change something in the line of that number."""

    def change(lines: Lines) -> Lines:
        assert before in lines[number - 1]
        return [*lines[: number - 1], lines[number - 1].replace(before, after), *lines[number:]]

    return change


def without(number: int) -> Callable[[Lines], Lines]:
    return lambda lines: [HEADER % (len(lines) - 2), *lines[1 : number - 1], *lines[number:]]


# Lines 2 to 11 are the won game, 12 to 17 the resigned one, 18 the open one.
REFUSALS: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "no header": (lambda lines: lines[1:], 1),
    "nothing at all": (lambda _: [], 1),
    "another format": (changed(1, b"fourfold events", b"fourmould events"), 1),
    "a newer format": (changed(1, b'version":1', b'version":2'), 1),
    "a line that is no JSON": (changed(5, b'"version":', b'"version"'), 5),
    "a line that is not UTF-8": (changed(5, b"MoveMade", b"Move\xff"), 5),
    "a line cut short": (lambda lines: [*lines[:6], lines[6][:40]], 7),
    "an empty line": (lambda lines: [*lines[:4], b"\n", *lines[4:]], 5),
    "a field is missing": (changed(5, b'"schema_version":1,', b""), 5),
    "a field is too much": (changed(5, b'"schema_version":1,', b'"schema_version":1,"x":1,'), 5),
    "a version with a hole": (without(5), 5),
    "a game from its middle": (without(12), 12),
    "a type that is unknown": (changed(5, b"MoveMade", b"MoveUndone"), 5),
    "a schema version that is unknown": (changed(5, b'schema_version":1', b'schema_version":7'), 5),
    "a move against the rules": (changed(4, b'"player": "ann"', b'"player": "bob"'), 4),
    "an end that does not match the board": (changed(11, b"PLAYER_ONE_WON", b"PLAYER_TWO_WON"), 11),
    "an end that is missing": (without(11), 10),
    "a step without the one before": (changed(14, b'"command_step":1', b'"command_step":2'), 14),
    "a time without a zone": (changed(5, b"+00:00", b""), 5),
    "a time that is none": (changed(5, b'"recorded_at":"2', b'"recorded_at":"x'), 5),
    "an id that is none": (changed(5, b'"command_id":"', b'"command_id":"x'), 5),
    "a character that cannot be stored": (changed(18, b'"game":"open"', b'"game":"\\u0000"'), 18),
    "fewer lines than promised": (lambda lines: lines[:17], 17),
    "more lines than promised": (lambda lines: [*lines, lines[-1].replace(b"open", b"more")], 19),
    "a line without an end": (lambda lines: [*lines[:17], b" " * (2 << 20)], 18),
    "a game that is in the log already": (
        lambda lines: [lines[0], *lines[1:17], lines[17].replace(b"open", b"here")],
        18,
    ),
}


@pytest.fixture(scope="module")
async def crowded_url(postgres: str, template: str, three_games: bytes) -> AsyncIterator[str]:
    """The address of a database with one game in it, "here"; nothing may ever be added."""
    async with fresh_database(postgres, template) as url:
        await import_lines(url, HEADER % 1 + three_games.splitlines()[17].replace(b'"open"', b'"here"'))
        yield url


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_would_break_a_promise_is_refused_and_nothing_is_imported(
    crowded_url: str, three_games: bytes, export: Export, name: str
) -> None:
    """Most lines are fine each time, and still none of them may stay."""
    before = await export(crowded_url)
    change, line = REFUSALS[name]
    with pytest.raises(ImportRefusedError) as refusal:
        await import_lines(crowded_url, b"".join(change(three_games.splitlines(keepends=True))))
    assert refusal.value.line == line, refusal.value
    assert await export(crowded_url) == before


async def test_a_name_too_long_for_the_index_is_refused_without_a_trace(played: str, export: Export) -> None:
    """What only the database itself can know is reported too, and nothing stays."""
    name = b"".join(str(uuid4()).encode() for _ in range(1000))
    before = await export(played)
    line = before.splitlines(keepends=True)[17].replace(b'"open"', b'"%b"' % name)
    with pytest.raises(AuditError):
        await import_lines(played, HEADER % 1 + line)
    assert await export(played) == before


async def test_importing_twice_is_refused(played: str, export: Export) -> None:
    exported = await export(played)
    with pytest.raises(ImportRefusedError, match="in this log already"):
        await import_lines(played, exported)
    assert await export(played) == exported


async def test_importing_needs_the_rights_of_the_owner(
    played: str, target_url: str, export: Export, owner: Connection
) -> None:
    name = f"fourfold_mover_{uuid4().hex}"
    target = await asyncpg.connect(target_url)
    await target.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x' IN ROLE fourfold_app")
    parts = urlsplit(target_url)
    limited = urlunsplit(parts._replace(netloc=f"{name}:x@{parts.netloc.rpartition('@')[2]}"))
    try:
        with pytest.raises(AuditError, match="FOURFOLD_OWNER_DATABASE_URL"):
            await import_lines(limited, await export(played))
        assert (await verify(limited)).head.position == 0
    finally:
        await target.execute(f"DROP ROLE {name}")
        await target.close()


async def test_a_database_without_a_log_says_what_to_do(empty_database_url: str) -> None:
    with pytest.raises(AuditError, match="fourfold migrate"):
        await import_lines(empty_database_url, HEADER % 0)

"""A sound log is found sound, and what is against the rules is found out and named."""

import pytest

from server.cli.audit.chain import Head
from server.database.pool import Connection
from server.eventstore.store import EventStore
from tests.audit.conftest import BOB, Play, play_three_games, verify
from tests.audit.tampering import delete, insert, swap, tamper, update

ILLEGAL: dict[str, tuple[str | tuple[str, ...], str, int]] = {
    "a player moves twice": (update("""data = '{"player": "bob", "column": "A"}'""", 3), "won", 3),
    "a stranger moves": (update("""data = '{"player": "eve", "column": "A"}'""", 14), "resigned", 14),
    "the winning column is another": (update("""data = '{"player": "ann", "column": "C"}'""", 9), "won", 10),
    "an early column is another": (update("""data = '{"player": "ann", "column": "C"}'""", 3), "won", 10),
    "there is no such column": (update("""data = '{"player": "ann", "column": "H"}'""", 5), "won", 5),
    "the result is another": (update('data = data || \'{"result": "TIED"}\'', 10), "won", 10),
    "the reason is another": (update('data = data || \'{"reason": "RESIGNATION"}\'', 10), "won", 10),
    "a seat is another": (update('data = data || \'{"player_one": "eve"}\'', 2), "won", 2),
    "the seats are swapped": (
        update("""data = '{"player_one": "bob", "player_two": "ann"}'""", 12),
        "resigned",
        12,
    ),
    "a type is unknown": (update("type = 'MoveUndone'", 5), "won", 5),
    "a schema version is unknown": (update("schema_version = 9", 5), "won", 5),
    "a field is missing": (update("data = data - 'column'", 5), "won", 5),
    "a field is too much": (update("data = data || '{\"note\": 1}'", 5), "won", 5),
    "a field is null": (update("data = data || '{\"clock\": null}'", 1), "won", 1),
    "a clock is for nobody": (
        update('schema_version = 2, data = data || \'{"clock": {"initial_s": 0, "increment_s": 0}}\'', 1),
        "won",
        1,
    ),
    "a version is another": (update("version = 99", 5), "won", 5),
    "a game is another": (update("stream = 'else'", 5), "else", 5),
    "a step is another": (update("command_step = 2", 5), "won", 5),
    "a time is impossible": (update("recorded_at = 'infinity'", 5), "won", 5),
    "a time is before Christ": (update("recorded_at = '0044-03-15 BC'", 5), "won", 5),
    "the end is no more with its move": (
        update("command_id = gen_random_uuid(), command_step = 1", 10),
        "won",
        9,
    ),
    "a move is gone": (delete(5), "won", 6),
    "the beginning is gone": (delete(1), "won", 2),
    "the end is gone": (delete(10), "won", 9),
    "two moves are swapped": (swap(4, 5), "won", 4),
    "a move comes after the end": (
        insert("won", 11, "MoveMade", '{"player": "bob", "column": "B"}'),
        "won",
        18,
    ),
    "a game is resigned that nobody joined": (
        insert("open", 2, "GameFinished", '{"result": "PLAYER_ONE_WON", "reason": "RESIGNATION"}'),
        "open",
        18,
    ),
    "a game is opened twice": (
        insert("open", 2, "GameOpened", '{"opener": "bob", "color": "red", "public": true}'),
        "open",
        18,
    ),
    "a player plays against themselves": (
        insert("open", 2, "GameStarted", '{"player_one": "bob", "player_two": "bob"}'),
        "open",
        18,
    ),
    "a command is carried out twice": (
        (
            'ALTER TABLE fourfold.events DROP CONSTRAINT "a command is carried out once"',
            update("command_id = (SELECT command_id FROM fourfold.events WHERE position = 3)", 5),
        ),
        "won",
        5,
    ),
    "a hole is before the last event": (update("position = 40", 17), "open", 40),
}


async def test_a_log_that_servers_wrote_is_sound(store: EventStore, database_url: str) -> None:
    await play_three_games(store)
    verified = await verify(database_url)
    assert verified.is_sound
    assert verified.head.position == 17
    assert "17 events" in verified.lines[0]
    assert "3 games" in verified.lines[0]


async def test_an_empty_log_is_sound(database_url: str) -> None:
    assert (await verify(database_url)).head == Head(0, bytes(32))


@pytest.mark.parametrize("name", ILLEGAL)
async def test_the_first_event_against_the_rules_is_named(played: str, owner: Connection, name: str) -> None:
    change, game, position = ILLEGAL[name]
    await tamper(owner, change)
    verified = await verify(played)
    assert not verified.is_sound
    assert verified.lines[0].startswith(f"position {position}, game {game}, version "), verified.lines


async def test_a_clock_that_ran_backwards_is_a_warning_only(played: str, owner: Connection) -> None:
    await tamper(owner, update("recorded_at = recorded_at - interval '1 hour'", 14))
    verified = await verify(played)
    assert verified.is_sound
    assert verified.lines[0].startswith("warning: ")
    assert "position 14" in verified.lines[0]


@pytest.mark.parametrize(
    "lifted",
    [
        "DISABLE TRIGGER ALL",
        'DROP CONSTRAINT "a position is taken once"',
        'DROP CONSTRAINT "a version of a stream is taken once"',
    ],
)
async def test_a_table_that_no_longer_keeps_its_promises_is_a_finding(
    played: str, owner: Connection, lifted: str
) -> None:
    await owner.execute(f"ALTER TABLE fourfold.events {lifted}")
    verified = await verify(played)
    assert not verified.is_sound
    assert "no longer" in verified.lines[0]


async def test_the_games_beside_a_broken_one_are_still_looked_at(played: str, owner: Connection) -> None:
    await tamper(owner, update("type = 'x'", 5), update("type = 'x'", 14))
    lines = (await verify(played)).lines
    assert [line.partition(",")[0] for line in lines[:2]] == ["position 5", "position 14"]
    assert len(lines) == 3, "one finding a game, then the summary"


async def test_many_findings_are_counted_and_not_all_listed(
    store: EventStore, owner: Connection, database_url: str
) -> None:
    for number in range(30):
        await Play(store, f"g{number}").begin()
    await tamper(owner, "UPDATE fourfold.events SET type = 'x' WHERE version = 2")
    lines = (await verify(database_url)).lines
    assert len([line for line in lines if line.startswith("position")]) == 20
    assert "10 findings more" in lines[20]


async def test_a_game_with_every_kind_of_end_is_sound(store: EventStore, database_url: str) -> None:
    """A full board, a resignation on an empty board, and a line with the last token."""
    for name, letters in {
        "tied": "ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGGGGGG",
        "resigned at once": "",
        "won by player two": "GAABBCCD",
    }.items():
        play = Play(store, name)
        await play.begin()
        for letter in letters:
            await play.move(letter)
        await play.resign(BOB)
    assert (await verify(database_url)).is_sound

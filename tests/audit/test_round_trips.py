"""What is exported can be imported as it was, is published, and can be played on."""

import asyncio
import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.cli.audit.errors import AuditError
from server.database.pool import Connection, connect
from server.domain.events import GameStarted
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import StoredEvent
from server.eventstore.feed import Feed
from server.eventstore.store import EventStore
from tests.audit.conftest import ANN, BOB, Export, Play, import_lines, verify
from tests.audit.tampering import tamper
from tests.golden import make
from tests.golden.appends import schema_version_of, steps_of

GAMES: list[dict[str, Any]] = json.loads(make.FILE.read_text(encoding="utf-8"))

HEADER = b'{"format":"fourfold events","format_version":1,"events":%d}\n'

PlayedAtOnce = tuple[list[tuple[int, str]], set[int]]
"""The moves, each with the number of its game, and the games that are resigned after them."""


async def test_the_whole_log_is_the_same_after_a_journey(played: str, target_url: str, export: Export) -> None:
    exported = await export(played)
    await import_lines(target_url, exported)
    assert await export(target_url) == exported
    assert (await verify(target_url)).head == (await verify(played)).head


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    played_at_once=st.tuples(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ABCDEFG")), max_size=80), st.sets(st.integers(0, 3))
    )
)
async def test_games_played_at_once_are_the_same_after_a_journey(
    database_url: str, target_url: str, store: EventStore, export: Export, played_at_once: PlayedAtOnce
) -> None:
    """Any legal games in any order, finished or not."""
    for url in (database_url, target_url):
        owner = await asyncpg.connect(url)
        await tamper(owner, "TRUNCATE fourfold.events")
        await owner.close()
    plays = [Play(store, f"g{number}") for number in range(4)]
    await asyncio.gather(*(play.begin() for play in plays))
    moves, resigning = played_at_once
    for number, letter in moves:
        await plays[number].move(letter)
    for number in resigning:
        await plays[number].resign(ANN if number % 2 else BOB)
    exported = await export(database_url)
    await import_lines(target_url, exported)
    assert await export(target_url) == exported
    assert (await verify(target_url)).head == (await verify(database_url)).head


def golden_lines() -> bytes:
    """The golden games as a file, written here by hand and not by the exporter."""
    lines = []
    for number, game in enumerate(GAMES):
        command = uuid4()
        for event, step in zip(game["events"], steps_of(game["events"]), strict=True):
            command = uuid4() if step == 1 else command
            line = {"game": f"golden-{number}"} | {key: event[key] for key in ("version", "type", "data")}
            at = event["at"].replace(".000Z", "+00:00")
            line |= {
                "schema_version": schema_version_of(event),
                "command_id": str(command),
                "command_step": step,
                "recorded_at": at,
            }
            lines.append(json.dumps(line).encode() + b"\n")
    return HEADER % len(lines) + b"".join(lines)


async def test_the_golden_games_make_the_journey(database_url: str, target_url: str, export: Export) -> None:
    await import_lines(database_url, golden_lines())
    exported = await export(database_url)
    await import_lines(target_url, exported)
    assert await export(target_url) == exported
    assert (await verify(target_url)).is_sound
    first = json.loads(exported.splitlines()[1])
    assert datetime.fromisoformat(first["recorded_at"]) == datetime.fromisoformat(GAMES[0]["events"][0]["at"])
    assert [json.loads(line)["data"] for line in exported.splitlines()[1:]] == [
        event["data"] for game in GAMES for event in game["events"]
    ]


async def test_one_game_goes_into_any_log_without_it(
    played: str, target_url: str, store: EventStore, export: Export
) -> None:
    await import_lines(target_url, golden_lines())
    game = await export(played, "https://play.example.org/game/resigned?x#y")
    assert len(game.splitlines()) == 7
    before = (await verify(target_url)).head
    printed = await import_lines(target_url, game)
    assert f"positions {before.position + 1:,} to {before.position + 6:,}" in printed
    assert await export(target_url, "resigned") == game
    assert (await verify(target_url, before)).is_sound


async def test_an_imported_game_can_be_played_on(
    played: str, store: EventStore, owner: Connection, export: Export
) -> None:
    """What follows an import is appended behind it, with versions and positions that fit."""
    game = await export(played, "open")
    await tamper(owner, "TRUNCATE fourfold.events")
    await import_lines(played, game)
    started = GameStarted(ANN, BOB)
    assert (await store.append(GameId("open"), Version(1), uuid4(), [started])).version == 2
    assert (await verify(played)).head.position == 2


async def test_old_data_is_not_brought_up_on_the_way(played: str, owner: Connection, export: Export) -> None:
    """Numbers and names come out as they are stored, also where the code would say them in another way."""
    data = '{"a": 1.50, "bb": "\\\\u0000 \\" \\n é 😀", "ccc": 12345678901234567890123}'
    await tamper(owner, f"UPDATE fourfold.events SET data = '{data}' WHERE position = 3")
    assert data.encode() in await export(played)


async def test_an_empty_log_makes_the_journey(database_url: str, target_url: str, export: Export) -> None:
    exported = await export(database_url)
    assert exported == HEADER % 0
    await import_lines(target_url, exported)
    assert await export(target_url) == exported


async def test_an_unknown_game_is_not_exported(played: str, export: Export) -> None:
    with pytest.raises(AuditError):
        await export(played, "unknown")


async def test_a_running_feed_hears_of_imported_events(played: str, target_url: str, export: Export) -> None:
    """Servers need no restart; the position check of the feed, which would find them too, is an hour away."""
    received: list[StoredEvent] = []
    complete = asyncio.Event()

    def publish(events: Any) -> None:
        received.extend(events)
        if len(received) >= 17:
            complete.set()

    feed = Feed(lambda: connect(target_url), publish, lambda: None, check_every_s=3600)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(feed.run())
        await feed.subscribed.wait()
        await import_lines(target_url, await export(played))
        await complete.wait()
        running.cancel()
    assert [event.position for event in received] == list(range(1, 18))


async def test_appends_and_imports_at_once_leave_a_sound_log(
    played: str, store: EventStore, export: Export
) -> None:
    """They take the same lock, so positions stay dense and in the order of the commits."""
    game = await export(played, "resigned")

    async def play(number: int) -> None:
        play = Play(store, f"live-{number}")
        await play.begin()
        for letter in "ABCDABCDAB":
            await play.move(letter)

    copies = [game.replace(b'"resigned"', b'"copy-%d"' % number) for number in range(5)]
    await asyncio.gather(*map(play, range(10)), *(import_lines(played, copy) for copy in copies))
    assert (await verify(played)).head.position == 17 + 10 * 12 + 5 * 6

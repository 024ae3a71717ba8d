"""`GET /api/games/{id}/events` as JSON, as lines, and as a live stream that resumes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.contract.client import TIMEOUT_S, Api, Json, versions

NDJSON = {"Accept": "application/x-ndjson"}
LIVE = {"Accept": "text/event-stream"}


@pytest.mark.parametrize("after", range(6))
async def test_the_events_after_a_version_are_the_rest_of_the_game(api: Api, after: int) -> None:
    match = await api.match("DDE")
    assert versions(await api.events(match.game, after)) == list(range(after + 1, 6))


async def test_without_after_the_whole_game_comes(api: Api) -> None:
    match = await api.match("DDE")
    answer = await api.http.get(f"/api/games/{match.game}/events")
    assert answer.headers["content-type"] == "application/json"
    assert versions(answer.json()["events"]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("after", [0, 2, 5])
async def test_ndjson_is_the_same_events_one_a_line(api: Api, after: int) -> None:
    match = await api.match("DDE")
    answer = await api.http.get(f"/api/games/{match.game}/events?after={after}", headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    lines = answer.text.splitlines()
    assert [json.loads(line) for line in lines] == await api.events(match.game, after)
    assert not answer.text or answer.text.endswith("\n")


@pytest.mark.parametrize("headers", [{}, NDJSON, LIVE], ids=["JSON", "NDJSON", "SSE"])
async def test_an_unknown_game_has_no_events(api: Api, headers: dict[str, str]) -> None:
    answer = await api.http.get("/api/games/no-such-game/events", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_game")


async def test_a_live_stream_brings_the_past_and_then_each_event(api: Api) -> None:
    match = await api.match("D")
    async with _live(api, match.game) as stream:
        assert [await anext(stream) for _ in range(3)] == await api.events(match.game)
        await api.play(match, "DE", version=3)
        assert [await anext(stream) for _ in range(2)] == await api.events(match.game, after=3)


async def test_a_live_stream_begins_after_the_version_asked_for(api: Api) -> None:
    match = await api.match("DDE")
    async with _live(api, match.game, query="?after=3") as stream:
        assert versions([await anext(stream), await anext(stream)]) == [4, 5]


async def test_a_live_stream_resumes_after_the_last_event_seen(api: Api) -> None:
    match = await api.match("DD")
    async with _live(api, match.game) as stream:
        seen = [await anext(stream) for _ in range(3)]
    await api.play(match, "EE", version=4)
    async with _live(api, match.game, last_event_id="3") as stream:
        seen += [await anext(stream) for _ in range(3)]
    assert seen == await api.events(match.game)


async def test_the_last_event_seen_counts_more_than_the_address(api: Api) -> None:
    """A browser that reconnects asks for the same address again, with the header added."""
    match = await api.match("DDE")
    async with _live(api, match.game, query="?after=0", last_event_id="4") as stream:
        assert versions([await anext(stream)]) == [5]


async def test_the_end_of_a_game_reaches_a_live_stream(api: Api) -> None:
    match = await api.match("ABABAB")
    async with _live(api, match.game, query="?after=8") as stream:
        await api.play(match, "A", version=8)
        assert [(await anext(stream))["type"] for _ in range(2)] == ["MoveMade", "GameFinished"]


async def test_a_live_stream_brings_moves_made_in_another_process(api: Api, other_api: Api) -> None:
    match = await api.match()
    async with _live(other_api, match.game) as stream:
        assert versions([await anext(stream) for _ in range(2)]) == [1, 2]
        await api.play(match, "DDE")
        assert versions([await anext(stream) for _ in range(3)]) == [3, 4, 5]


async def test_many_live_streams_of_one_game_bring_the_same(api: Api) -> None:
    match = await api.match()

    async def follow() -> list[Json]:
        async with _live(api, match.game) as stream:
            return [await anext(stream) for _ in range(9)]

    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(follow()) for _ in range(8)]
        await api.play(match, "ABCDEFG")
    log = await api.events(match.game)
    assert all(reader.result() == log for reader in readers)


@pytest.mark.parametrize("last_event_id", ["-1", "two", "1.5", "99999999999999999999", "1,2", "\u0661"])
async def test_a_last_event_id_that_is_no_version_costs_nobody_an_event(api: Api, last_event_id: str) -> None:
    """Refused, or as if it were absent; but never a stream that begins somewhere in the middle."""
    match = await api.match("DD")
    headers = [(b"accept", b"text/event-stream"), (b"last-event-id", last_event_id.encode())]
    async with api.http.stream("GET", f"/api/games/{match.game}/events", headers=headers) as answer:
        if answer.status_code == 200:
            async with asyncio.timeout(TIMEOUT_S):
                assert (await anext(_events(answer.aiter_lines())))["version"] == 1
        else:
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@asynccontextmanager
async def _live(
    api: Api, game: str, *, query: str = "", last_event_id: str | None = None
) -> AsyncIterator[AsyncIterator[Json]]:
    """The events of a live stream, read as a browser reads it: each one's id is its version."""
    headers = LIVE | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    async with (
        asyncio.timeout(TIMEOUT_S),
        api.http.stream("GET", f"/api/games/{game}/events{query}", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Json]:
    fields: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            event = json.loads(fields["data"])
            assert fields["id"] == str(event["version"])
            yield event
            fields = {}
        else:
            fields = {}

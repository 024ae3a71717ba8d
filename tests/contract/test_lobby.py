"""`GET /api/games`: the read model of the lobby, by status and page by page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest

from tests.contract.client import TIMEOUT_S, Api, Json

PROBLEM = "application/problem+json"


async def test_an_open_game_is_listed_as_open(api: Api) -> None:
    ann = await api.player("Ann")
    game = await api.open_game(ann, color="red")
    await _until(lambda: _is_listed(api, game, "open"))
    page = (await api.http.get("/api/games", params={"status": "open", "limit": 100})).json()
    [entry] = [entry for entry in page["games"] if entry["id"] == game]
    assert (entry["status"], entry["version"]) == ("open", 1)
    assert page["players"][ann.id] == "Ann"


async def test_a_game_moves_from_open_to_live_to_finished(api: Api) -> None:
    ann, bob = await api.player("Ann"), await api.player("Bob")
    game = await api.open_game(ann, color="red")
    await _until(lambda: _is_listed(api, game, "open"))
    await api.join(game, bob)
    await _until(lambda: _is_listed(api, game, "live"))
    assert not await _is_listed(api, game, "open")
    for version, column in enumerate("ABABABA", start=2):
        await api.move(game, ann if version % 2 == 0 else bob, version, column)
    await _until(lambda: _is_listed(api, game, "finished"))
    assert not await _is_listed(api, game, "live")


async def test_the_lobby_without_a_status_lists_all_of_them(api: Api) -> None:
    ann, match = await api.player(), await api.match("ABABABA")
    live, game = (await api.match()).game, await api.open_game(ann)
    for listed in (match.game, live, game):
        await _until(lambda listed=listed: _is_listed(api, listed))  # type: ignore[misc]


async def test_a_private_game_is_never_listed(api: Api) -> None:
    ann = await api.player()
    private = await api.open_game(ann, public=False)
    later = await api.open_game(ann)
    await _until(lambda: _is_listed(api, later, "open"))
    assert not await _is_listed(api, private, "open")
    assert not await _is_listed(api, private)


async def test_another_process_lists_the_game_too(api: Api, other_api: Api) -> None:
    game = await api.open_game(await api.player())
    await _until(lambda: _is_listed(other_api, game, "open"))


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_by_cursor_show_each_game_once(api: Api, limit: int) -> None:
    """Games opened while somebody pages push nothing out of the pages to come, and nothing in twice."""
    ann = await api.player()
    games = [await api.open_game(ann) for _ in range(7)]
    await _until(lambda: _is_listed(api, games[-1], "open"))
    seen: list[str] = []
    cursor: str | None = None
    while not set(games) <= set(seen):
        asked: dict[str, str | int] = {"status": "open", "limit": limit}
        page = await _page(api, asked | ({"cursor": cursor} if cursor else {}))
        assert 0 < len(page["games"]) <= limit
        seen += [entry["id"] for entry in page["games"]]
        cursor = page["next_cursor"]
        assert cursor or set(games) <= set(seen)
        await api.open_game(ann)
    assert len(seen) == len(set(seen))


async def test_the_last_page_has_no_cursor(api: Api) -> None:
    await api.match("ABABABA")
    cursor: str | None = ""
    for _ in range(1_000):
        page = await _page(api, {"limit": 100} | ({"cursor": cursor} if cursor else {}))
        cursor = page["next_cursor"]
        if cursor is None:
            return
    raise AssertionError("the pages do not end")


async def test_every_player_of_a_page_is_named_in_it(api: Api) -> None:
    match = await api.match()
    await _until(lambda: _is_listed(api, match.game, "live"))
    page = await _page(api, {"status": "live", "limit": 100})
    for entry in page["games"]:
        assert {entry["player_one"], entry["player_two"]} <= set(page["players"])


@pytest.mark.parametrize(
    "query",
    [
        "status=all",
        "status=",
        "status=OPEN",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "limit=",
        "limit=1000000",
        "cursor=%00",
        "cursor=nonsense",
        "page=2",
        "status=open&status=live",
        "limit=0",
    ],
)
async def test_a_question_the_lobby_does_not_know_is_refused(api: Api, query: str) -> None:
    answer = await api.http.get(f"/api/games?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)


async def _page(api: Api, params: Mapping[str, str | int]) -> Json:
    answer = await api.http.get("/api/games", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _is_listed(api: Api, game: str, status: str | None = None) -> bool:
    """Whether the first page has a game; it was the last to change, so that is where it belongs."""
    page = await _page(api, {"limit": 100} | ({"status": status} if status else {}))
    return any(entry["id"] == game for entry in page["games"])


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """A read model follows the log at a small distance: ask again until it has come so far."""
    async with asyncio.timeout(TIMEOUT_S):
        while not await holds():  # noqa: ASYNC110 - the read model lives in another process
            await asyncio.sleep(0.01)

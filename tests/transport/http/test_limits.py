"""What a network may ask of the API in a time, and what it is answered beyond that."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from server import system as composition
from server.database.read_limit import ReadShare
from server.transport.http.exception_handlers import EXCEPTION_HANDLERS
from server.transport.http.guards import Guards
from server.transport.http.routing import resource
from server.transport.limits import AddressLimit
from server.transport.origins import Origins
from tests.transport.http.application import application, asking

STRANGER = "203.0.113.9"


@pytest.fixture
def few_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reads for a network, and no more to come."""
    monkeypatch.setattr(composition, "READS_PER_S", 0)
    monkeypatch.setattr(composition, "READS_BURST", 2)


@pytest.mark.usefixtures("few_reads")
@pytest.mark.parametrize(
    "path",
    ["/api/games", "/api/games?cursor=1", "/api/games/unknown", "/api/games/unknown/events", "/api/me", "/readyz"],
)
async def test_whatever_is_read_from_the_database_for_anybody_is_limited(database_url: str, path: str) -> None:
    """Reads that cost nothing to ask for would otherwise starve the moves of those who play."""
    async with application(database_url, client=STRANGER) as http:
        allowed = [(await http.get(path)).status_code for _ in range(2)]
        refused = await http.get(path)
    assert 429 not in allowed
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("few_reads")
async def test_moves_in_games_that_have_to_be_read_first_count_as_reads(database_url: str) -> None:
    """Everybody can be a player and make up ids of games; a game that is played is in memory."""
    async with application(database_url, client=STRANGER) as http:
        player = (await http.post("/api/players")).json()
        headers = {"Authorization": f"Bearer {player['token']}", "If-Match": '"1"'}
        game = (await http.post("/api/games", headers=headers)).json()["id"]
        moves = [await _move(http, f"unknown-{number}", headers) for number in range(3)]
        assert moves == ["unknown_game", "unknown_game", "too_many_requests"]
        assert [await _move(http, game, headers) for _ in range(5)] == ["game_not_started"] * 5


async def test_every_network_has_a_limit_of_its_own() -> None:
    limits = {"reads": AddressLimit(0, burst=1), "creations": AddressLimit(0, burst=1)}
    for method, path in (("GET", "/"), ("POST", "/")):
        assert await _status(limits, "203.0.113.9", method, path) == 200
        assert await _status(limits, "203.0.113.9", method, path) == 429
        assert await _status(limits, "203.0.113.8", method, path) == 200
        assert await _status(limits, "127.0.0.1", method, path) == 200
        assert await _status(limits, "127.0.0.1", method, path) == 200


async def test_what_makes_nothing_is_not_counted_as_made() -> None:
    limits = {"reads": AddressLimit(0, burst=1), "creations": AddressLimit(0, burst=0)}
    assert await _status(limits, STRANGER, "POST", "/change") == 200
    assert await _status(limits, STRANGER, "POST", "/") == 429


async def test_reads_beyond_the_share_of_all_networks_are_refused_at_once() -> None:
    """Whoever waited longer than a client does would be answered for nobody; and players need the database too."""
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def answer(_request: Request) -> Response:
        is_asked.set()
        await may_answer.wait()
        return PlainTextResponse("answer")

    guards = _guards(share=ReadShare(at_once=1, max_queued=0))
    app = _app(resource("/", get=guards.reading(answer)), resource("/ready", get=guards.counted(_nothing)))
    async with asking(app) as http, asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        first = tasks.create_task(http.get("/"))
        await is_asked.wait()
        busy, ready = await http.get("/"), await http.get("/ready")
        may_answer.set()
    assert (busy.status_code, busy.json()["code"]) == (503, "unavailable")
    assert int(busy.headers["retry-after"]) >= 1
    assert ready.status_code == 200
    assert first.result().status_code == 200


async def _move(http: httpx.AsyncClient, game: str, headers: dict[str, str]) -> str:
    answer = await http.post(f"/api/games/{game}/moves", json={"column": "D"}, headers=headers)
    return str(answer.json()["code"])


async def _status(limits: dict[str, AddressLimit], client: str, method: str, path: str) -> int:
    """The status that a client at an address gets from resources that are guarded and do nothing."""
    guards = _guards(**limits)
    app = _app(
        resource("/", get=guards.reading(_nothing), post=guards.creating(_nothing)),
        resource("/change", post=guards.changing(_nothing)),
    )
    async with asking(app, client) as http:
        return (await http.request(method, path)).status_code


def _guards(**parts: Any) -> Guards:
    unlimited: dict[str, Any] = {"reads": AddressLimit(0, 1000), "creations": AddressLimit(0, 1000)}
    everything = {"identification": None, "origins": Origins(), "share": ReadShare(1, 0)} | unlimited | parts
    return Guards(**everything)


def _app(*routes: BaseRoute) -> Starlette:
    return Starlette(routes=routes, exception_handlers=EXCEPTION_HANDLERS)


async def _nothing(_request: Request) -> Response:
    return PlainTextResponse("nothing")

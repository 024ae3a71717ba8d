"""What a network may ask of the API in a time, and what it is answered beyond that."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from server import app as composition
from server.transport.http.exception_handlers import EXCEPTION_HANDLERS
from server.transport.http.guards import Guards
from server.transport.http.routing import resource
from server.transport.identification import Identification
from server.transport.limits import AddressLimit
from server.transport.origins import Origins
from tests.transport.http.application import application

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


async def _move(http: httpx.AsyncClient, game: str, headers: dict[str, str]) -> str:
    answer = await http.post(f"/api/games/{game}/moves", json={"column": "D"}, headers=headers)
    return str(answer.json()["code"])


async def _status(limits: dict[str, AddressLimit], client: str, method: str, path: str) -> int:
    """The status that a client at an address gets from resources that are guarded and do nothing."""

    async def nothing(_request: Request) -> Response:
        return PlainTextResponse("nothing")

    guards = Guards(Identification(None, None), Origins(), **limits)  # type: ignore[arg-type]
    routes = [
        resource("/", get=guards.reading(nothing), post=guards.creating(nothing)),
        resource("/change", post=guards.changing(nothing)),
    ]
    app = Starlette(routes=routes, exception_handlers=EXCEPTION_HANDLERS)
    transport = httpx.ASGITransport(app, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://here.example") as http:
        return (await http.request(method, path)).status_code

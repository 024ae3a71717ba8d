"""Hundreds of bad requests: each gets a problem document with a 4xx status, none reaches the log."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.bad_bodies import bad_bodies
from tests.contract.bad_requests import bad_addresses, bad_headers
from tests.contract.client import TIMEOUT_S, Api, Match
from tests.contract.log import Log
from tests.contract.request import VERSION, Request

REQUESTS = [*bad_bodies(), *bad_headers(), *bad_addresses()]

NO_HTTP = [
    b"nonsense\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /api/games HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET /api/games\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"FETCH /api/games HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /api/games HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/games HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"POST /api/games HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /api/games HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /api/games HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def _parameter(request: Request) -> object:
    return pytest.param(request, id=request.name)


@pytest.fixture(scope="module")
async def matches(api: Api) -> AsyncIterator[list[Match]]:
    """The games of these tests; the last one goes on when all is over."""
    matches = [await api.match("AB")]
    yield matches
    head = (await api.events(matches[-1].game))[-1]["version"]
    assert (await api.move(matches[-1].game, matches[-1].mover_at(head), head, "D")).status_code == 201


@pytest.fixture
async def match(api: Api, matches: list[Match]) -> Match:
    """A game in which red is to move at `VERSION`: that of the test before, if it is unharmed."""
    if len(await api.events(matches[-1].game)) > VERSION:
        matches.append(await api.match("AB"))
    return matches[-1]


def test_the_corpus_is_large_and_without_repetition() -> None:
    assert len(REQUESTS) >= 200
    assert len({request.name for request in REQUESTS}) == len(REQUESTS)
    contents = {(r.method, r.path, repr(sorted(r.headers.items())), r.body) for r in REQUESTS}
    assert len(contents) == len(REQUESTS)


@pytest.mark.parametrize("request_", [_parameter(request) for request in REQUESTS])
async def test_a_bad_request_gets_a_problem_and_changes_nothing(
    api: Api, log: Log, match: Match, request_: Request
) -> None:
    before = await log.size()
    answer = await _send(api, match, request_)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = json.loads(answer.text)
    assert problem["status"] == answer.status_code
    assert problem["code"]
    assert problem["detail"]
    assert await log.size() == before


@pytest.mark.parametrize("head", NO_HTTP)
async def test_what_is_no_http_is_refused(api: Api, log: Log, head: bytes) -> None:
    before = await log.size()
    address = urlsplit(api.url)
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(head)
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert status.startswith(b"HTTP/1.1 4")
    assert await log.size() == before


async def _send(api: Api, match: Match, request: Request) -> httpx.Response:
    headers = match.players[0].bearer | request.headers
    encoded = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
    url = httpx.URL(api.url).copy_with(raw_path=request.path.replace("{game}", match.game).encode())
    return await api.http.request(request.method, url, headers=encoded, content=request.body)

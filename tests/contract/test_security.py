"""Who may connect, who may act, and what nobody may learn: origins, tokens, cookies, headers, leaks."""

import asyncio
import json
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.contract.client import Api, Player, make_move
from tests.processes import ServerProcess

PROBLEM = "application/problem+json"

# Each makes, of the address of the server, an origin that is not it.
FOREIGN: dict[str, Callable[[str], str]] = {
    "another site": lambda _: "https://evil.example",
    "another site on our port": lambda url: f"http://evil.example:{urlsplit(url).port}",
    "our name as a prefix": lambda url: f"{url}.evil.example",
    "our name as a user": lambda url: f"{url}@evil.example",
    "our name as a subdomain's tail": lambda url: url.replace("://", "://evil."),
    "another port": lambda url: f"http://{urlsplit(url).hostname}:1",
    "no port": lambda url: f"http://{urlsplit(url).hostname}",
    "another scheme": lambda url: url.replace("http", "https", 1),
    "a path": lambda url: f"{url}/",
    "a sandboxed frame": lambda _: "null",
    "a file": lambda _: "file://",
    "nothing": lambda _: "",
    "two of them": lambda url: f"{url} {url}",
}


@pytest.mark.parametrize("origin", FOREIGN.values(), ids=list(FOREIGN))
@pytest.mark.parametrize("proof", ["none", "cookie", "token"])
async def test_a_page_of_another_origin_can_not_connect(api: Api, proof: str, origin: Callable[[str], str]) -> None:
    """A browser sends the cookie with any page's websocket: only the Origin tells them apart."""
    headers = _proof(await api.player(), proof) | {"Origin": origin(api.url)}
    assert await _refusal(api, headers) == 403


@pytest.mark.parametrize("path", ["/", "/ws/", "/ws%0A", "/ws/games", "/api/games", "/nothing"])
async def test_no_other_address_is_a_websocket(api: Api, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(api.ws_url.removesuffix("/ws") + path, open_timeout=10):
            pass
    assert refused.value.response.status_code in (307, 403, 404)


async def test_a_page_of_our_own_origin_connects(api: Api) -> None:
    async with api.socket(headers={"Origin": api.url}) as socket:
        assert socket.welcome["player"] is None


async def test_a_program_connects_by_token_without_an_origin(api: Api) -> None:
    ann = await api.player()
    async with api.socket(ann) as socket:
        assert socket.welcome["player"]["id"] == ann.id


async def test_a_cookie_without_an_origin_is_refused(api: Api) -> None:
    """Every browser says where its page came from; a client that has a cookie and does not is no browser."""
    assert await _refusal(api, {"Cookie": (await api.player()).cookie}) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/players", "/api/games", "/api/games/{}/join", "/api/games/{}/moves"])
async def test_a_page_of_another_site_can_not_post(api: Api, path: str, headers: dict[str, str]) -> None:
    match = await api.match()
    cookie = {"Cookie": match.players[0].cookie, "If-Match": '"2"'}
    body = {"column": "D"} if path.endswith("moves") else {}
    answer = await api.http.post(path.format(match.game), json=body, headers=cookie | headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)
    assert len(await api.events(match.game)) == 2


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
)
async def test_a_form_can_not_post(api: Api, kind: str) -> None:
    """These are the kinds of body that any page may send anywhere without asking."""
    headers = {"Content-Type": kind, "Cookie": (await api.player()).cookie}
    answer = await api.http.post("/api/games", content=b'{"color":"red"}', headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (415, PROBLEM)


@pytest.mark.parametrize("place", [0, 5, -20, -2, -1])
async def test_a_token_with_one_letter_changed_is_nobodys(api: Api, place: int) -> None:
    """The last letter of base64 holds spare bits: a lax decoder would take four tokens for one."""
    ann = await api.player()
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        forged = list(ann.token)
        forged[place] = letter
        if (token := "".join(forged)) != ann.token:
            assert await _me(api, token) == 401


async def test_a_token_made_of_two_players_is_nobodys(api: Api) -> None:
    """Whatever a token is made of, the parts of one player's prove nothing for another."""
    ann, bob = await api.player("Ann"), await api.player("Bob")
    assert len(ann.token) == len(bob.token)
    for cut in range(1, len(ann.token)):
        mixed = ann.token[:cut] + bob.token[cut:]
        if mixed not in (ann.token, bob.token):
            assert await _me(api, mixed) == 401


@pytest.mark.parametrize(
    "forge", ["{id}", "{id}.", "{token}=", "{token}A", "{token}.", ".{token}", "{id}.{id}", "."]
)
async def test_what_anybody_can_write_down_is_no_token(api: Api, forge: str) -> None:
    ann = await api.player()
    token = forge.format(id=ann.id, token=ann.token)
    assert await _me(api, token) == 401
    answer = await api.http.get("/api/me", headers={"Cookie": f"{ann.cookie.partition('=')[0]}={token}"})
    assert answer.status_code == 401


async def test_a_forged_token_gives_no_seat_on_a_socket(api: Api) -> None:
    match = await api.match()
    token = match.players[0].id + match.players[1].token[len(match.players[1].id) :]
    try:
        async with api.socket(headers={"Authorization": f"Bearer {token}"}) as socket:
            assert socket.welcome["player"] is None
            assert (await socket.ask(make_move(match.game, 2, "D")))["code"] == "not_authenticated"
    except InvalidStatus as refused:
        assert refused.response.status_code in (401, 403)  # noqa: PT017 - as good an answer
    assert len(await api.events(match.game)) == 2


async def test_a_token_proves_at_least_128_bits(api: Api) -> None:
    ann, bob = await api.player(), await api.player()
    secret = [letter for letter, other in zip(ann.token, bob.token, strict=True) if letter != other]
    assert len(secret) * 4 >= 128
    assert len(ann.token) - len(ann.id) > 128 / 6


async def test_a_player_can_not_name_another_as_the_mover(api: Api) -> None:
    """The player comes from the connection, never from the message."""
    match = await api.match()
    async with api.socket(match.players[1]) as socket:
        await socket.send_raw(json.dumps(make_move(match.game, 2, "D") | {"player": match.players[0].id}))
        assert (await socket.next())["type"] == "error"
    assert len(await api.events(match.game)) == 2


async def test_nothing_a_spectator_receives_proves_a_seat(api: Api, server: ServerProcess) -> None:
    """Every byte of a whole game, by every way there is to watch, searched for both secrets."""
    match = await api.match("ABABAB")
    async with api.socket() as guest, api.socket(match.players[0]) as socket:
        await guest.watch(match.game)
        await socket.ask(make_move(match.game, 8, "A"))
        await guest.until_version(match.game, 10)
        received = json.dumps(guest.frames)
    for path in ("", "?version=2", "/events"):
        received += _whole(await api.http.get(f"/api/games/{match.game}{path}"))
    for path in ("/api/games?limit=100", "/metrics", "/healthz", "/readyz", f"/games/{match.game}"):
        received += _whole(await api.http.get(path))
    received += server.output
    for player in match.players:
        assert player.token not in received
        assert player.token.replace(player.id, "").strip(".") not in received
        assert player.cookie not in received


@pytest.mark.parametrize("path", ["/", "/api/games", "/api/me", "/nothing", "/healthz", "/openapi.json"])
async def test_every_answer_carries_the_headers_that_protect_a_page(api: Api, path: str) -> None:
    headers = (await api.http.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin", "strict-origin")


async def test_no_other_site_may_read_what_we_answer(api: Api) -> None:
    for path in ("/api/games", "/api/me"):
        answer = await api.http.get(path, headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/games/no-such-game",
        "/api/me",
        "/api/games",
        "/api/games/{game}",
        "/api/games/{game}?version=1",
        "/api/games/{game}/events",
        "/api/games/no-such-game",
        "/api/nothing",
        "/static/nothing.js",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    ],
)
async def test_no_cache_answers_in_our_place(api: Api, path: str) -> None:
    """What is private must not be kept, and what is live must not be taken for what is so now."""
    match = await api.match("D")
    for headers in ({}, match.players[0].bearer):
        answer = await api.http.get(path.format(game=match.game), headers=headers)
        assert answer.headers["cache-control"] in ("no-store", "no-cache")


async def test_what_names_a_token_or_a_player_is_not_kept_by_any_cache(api: Api) -> None:
    match = await api.match()
    answers = [
        await api.http.post("/api/players", json={"name": "Ann"}),
        await api.http.get("/api/me", headers=match.players[0].bearer),
        await api.http.post("/api/games", headers=match.players[0].bearer),
        await api.join(match.game, match.players[1]),
        await api.move(match.game, match.players[0], 2, "D"),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 201, 200, 201]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize("address", ["garbage", "unknown", "", "127.0.0.1"])
async def test_a_forged_address_gives_nobody_the_freedom_of_this_machine(api: Api, address: str) -> None:
    """Behind a proxy that repeats what clients say, each could otherwise make as many players as it likes."""
    for _ in range(200):
        answer = await api.http.post("/api/players", headers={"X-Forwarded-For": address})
        if answer.status_code == 429:
            break
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0


async def _refusal(api: Api, headers: dict[str, str]) -> int:
    """The HTTP status by which a websocket is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with asyncio.timeout(10), api.socket(headers=headers):
            pass
    return refused.value.response.status_code


async def _me(api: Api, token: str) -> int:
    return (await api.http.get("/api/me", headers={"Authorization": f"Bearer {token}"})).status_code


def _proof(player: Player, by: str) -> dict[str, str]:
    return {"none": {}, "cookie": {"Cookie": player.cookie}, "token": player.bearer}[by]


def _whole(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return f"{answer.headers} {answer.text}"

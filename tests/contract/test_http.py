"""The HTTP resources: players, me, games, joining, the state at each version, and what surrounds them."""

import pytest

from tests.contract.board import WINS, board_after
from tests.contract.client import Api, Player

PROBLEM = "application/problem+json"


async def test_a_player_is_made_in_one_request(api: Api) -> None:
    answer = await api.http.post("/api/players", json={"name": "Ann"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "name", "token"}
    assert answer.json()["name"] == "Ann"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Api) -> None:
    answer = await api.http.post("/api/players", json={"name": "Ann"})
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags


async def test_two_players_of_one_name_are_two_players(api: Api) -> None:
    first, second = await api.player("Ann"), await api.player("Ann")
    assert first.id != second.id
    assert first.token != second.token


@pytest.mark.parametrize("by", ["token", "cookie"])
async def test_me_is_the_player_of_the_token_or_of_the_cookie(api: Api, by: str) -> None:
    ann = await api.player("Ann")
    answer = await api.http.get("/api/me", headers=_proof(ann, by))
    assert (answer.status_code, answer.json()) == (200, {"id": ann.id, "name": "Ann"})


async def test_nobody_is_not_me(api: Api) -> None:
    answer = await api.http.get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ann", "Ann"),
        ("Jose\u0301", "Jos\u00e9"),
        ("\u00c5ngstro\u0308m", "\u00c5ngstr\u00f6m"),
        ("\u674e\u5c0f\u9f99", "\u674e\u5c0f\u9f99"),
        ("\u0645\u0631\u064a\u0645", "\u0645\u0631\u064a\u0645"),
        ("Ann \U0001f98a", "Ann \U0001f98a"),
        ("x" * 40, "x" * 40),
        ("a\u0301" * 40, "\u00e1" * 40),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Robert'); DROP TABLE players;--", "Robert'); DROP TABLE players;--"),
        ("  Ann  ", "Ann"),
    ],
)
async def test_a_name_is_kept_in_its_composed_form(api: Api, given: str, kept: str) -> None:
    """NFC: two names that look the same are the same. Nothing is escaped before it meets a page."""
    assert (await api.player(given)).name == kept


@pytest.mark.parametrize("body", [None, {}], ids=["absent", "{}"])
async def test_a_game_opens_without_any_wish(api: Api, body: object) -> None:
    ann = await api.player()
    answer = await api.http.post("/api/games", json=body, headers=ann.bearer)
    assert answer.status_code == 201
    opened = answer.json()
    assert (set(opened), opened["version"]) == ({"id", "url", "version"}, 1)
    assert (await api.events(opened["id"]))[0]["data"] == {
        "opener": ann.id,
        "color": "random",
        "public": True,
    }


async def test_the_location_of_a_new_game_is_its_state_and_the_url_its_page(api: Api) -> None:
    ann = await api.player()
    answer = await api.http.post("/api/games", headers=ann.bearer)
    game = answer.json()["id"]
    state, page = await api.http.get(answer.headers["location"]), await api.http.get(answer.json()["url"])
    assert (state.status_code, state.json()["id"], state.json()["status"]) == (200, game, "open")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")


@pytest.mark.parametrize("by", ["token", "cookie"])
async def test_a_whole_game_start_takes_a_token_or_a_cookie(api: Api, by: str) -> None:
    ann, bob = await api.player("Ann"), await api.player("Bob")
    opened = await api.http.post("/api/games", json={"color": "red"}, headers=_proof(ann, by, api.url))
    game = opened.json()["id"]
    joined = await api.http.post(f"/api/games/{game}/join", headers=_proof(bob, by, api.url))
    assert joined.status_code == 200
    assert joined.json() == {"version": 2, "player_one": ann.id, "player_two": bob.id}
    headers = _proof(ann, by, api.url) | {"If-Match": '"2"'}
    moved = await api.http.post(f"/api/games/{game}/moves", json={"column": "D"}, headers=headers)
    assert (moved.status_code, moved.json()) == (201, {"version": 3})


@pytest.mark.parametrize("moves", ["", "DDE"])
async def test_joining_twice_is_the_same_join(api: Api, moves: str) -> None:
    """A double click, or a reload of the invitation in mid-game, is no second seat."""
    match = await api.match(moves)
    before = await api.events(match.game)
    again = await api.join(match.game, match.players[1])
    assert again.status_code == 200
    assert (again.json()["player_one"], again.json()["player_two"]) == tuple(p.id for p in match.players)
    assert await api.events(match.game) == before


async def test_a_third_player_finds_the_game_full(api: Api) -> None:
    match, cid = await api.match(), await api.player("Cid")
    answer = await api.join(match.game, cid)
    assert (answer.status_code, answer.json()["code"]) == (409, "game_full")


async def test_nobody_plays_against_themselves(api: Api) -> None:
    ann = await api.player()
    game = await api.open_game(ann)
    answer = await api.join(game, ann)
    assert (answer.status_code, answer.headers["content-type"]) == (409, PROBLEM)
    assert len(await api.events(game)) == 1


async def test_an_unknown_game_can_not_be_joined(api: Api) -> None:
    answer = await api.join("no-such-game", await api.player())
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_game")


@pytest.mark.parametrize("name", WINS)
async def test_the_state_at_each_version_is_the_game_as_it_stood_then(api: Api, name: str) -> None:
    """Checked against a second, childishly simple model of the board."""
    columns, line = WINS[name]
    match = await api.match(columns)
    red, yellow = (player.id for player in match.players)
    for version in range(2, 2 + len(columns)):
        state = await api.state(match.game, version)
        assert state["board"] == board_after(columns[: version - 2])
        assert (state["status"], state["version"]) == ("live", version)
        assert (state["player_one"], state["player_two"]) == (red, yellow)
        assert state["next_player"] == match.mover_at(version).id
        assert (state["result"], state["reason"], state["winning_cells"]) == (None, None, [])
    won = await api.state(match.game)
    assert won == await api.state(match.game, 3 + len(columns))
    assert (won["status"], won["next_player"], won["reason"]) == ("finished", None, "FOUR_IN_A_ROW")
    assert won["board"] == board_after(columns)
    assert set(won["winning_cells"]) == line


async def test_an_open_game_has_no_players_and_nobody_to_move(api: Api) -> None:
    game = await api.open_game(await api.player(), color="red")
    assert await api.state(game) == {
        "id": game,
        "version": 1,
        "status": "open",
        "board": ["......."] * 6,
        "player_one": None,
        "player_two": None,
        "next_player": None,
        "result": None,
        "reason": None,
        "winning_cells": [],
    }


@pytest.mark.parametrize("version", [0, 4, 1000])
async def test_a_version_that_never_was_is_not_found(api: Api, version: int) -> None:
    match = await api.match("D")
    answer = await api.http.get(f"/api/games/{match.game}", params={"version": version})
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


async def test_the_etag_is_the_version_and_spares_the_body(api: Api) -> None:
    match = await api.match("D")
    first = await api.http.get(f"/api/games/{match.game}")
    assert first.headers["etag"] == '"3"'
    again = await api.http.get(f"/api/games/{match.game}", headers={"If-None-Match": '"3"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"3"')
    await api.play(match, "D", version=3)
    changed = await api.http.get(f"/api/games/{match.game}", headers={"If-None-Match": '"3"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"4"')


@pytest.mark.parametrize("tags", ['W/"3"', '"1", "3"', "*"])
async def test_if_none_match_compares_weakly_and_takes_lists(api: Api, tags: str) -> None:
    """A proxy that compresses makes tags weak: behind it no page would ever be spared a body."""
    match = await api.match("D")
    answer = await api.http.get(f"/api/games/{match.game}", headers={"If-None-Match": tags})
    assert answer.status_code == 304


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/games/no-such-game", 404),
        ("GET", "/api/games?status=all", 400),
        ("PUT", "/api/players", 405),
        ("GET", "/api/me", 401),
    ],
)
async def test_every_refusal_is_a_problem_document(api: Api, method: str, path: str, status: int) -> None:
    answer = await api.http.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["code"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_running_server_is_healthy_and_ready(api: Api, path: str) -> None:
    assert (await api.http.get(path)).status_code == 200


async def test_metrics_are_lines_that_prometheus_can_read(api: Api) -> None:
    answer = await api.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert samples
    assert all(float(sample.rpartition(" ")[2]) >= 0 for sample in samples)


def _proof(player: Player, by: str, origin: str | None = None) -> dict[str, str]:
    if by == "token":
        return player.bearer
    return {"Cookie": player.cookie} | ({"Origin": origin} if origin else {})

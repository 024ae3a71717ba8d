"""`POST /api/games/{id}/moves`: If-Match as the expected version, Idempotency-Key as the id of the command."""

import uuid

import pytest

from tests.contract.client import Api, Match, make_move, versions

PROBLEM = "application/problem+json"


async def test_a_move_on_the_version_seen_is_made(api: Api) -> None:
    match = await api.match()
    answer = await api.move(match.game, match.players[0], 2, "D")
    assert (answer.status_code, answer.json()) == (201, {"version": 3})
    assert (await api.events(match.game))[-1]["data"] == {"player": match.players[0].id, "column": "D"}


async def test_a_watcher_sees_the_move_of_a_program(api: Api) -> None:
    match = await api.match()
    async with api.socket() as guest:
        await guest.watch(match.game)
        await api.move(match.game, match.players[0], 2, "D")
        assert versions(await guest.until_version(match.game, 3)) == [1, 2, 3]


async def test_the_etag_of_the_state_is_what_if_match_wants(api: Api) -> None:
    match = await api.match("D")
    tag = (await api.http.get(f"/api/games/{match.game}")).headers["etag"]
    headers = match.players[1].bearer | {"If-Match": tag}
    answer = await api.http.post(f"/api/games/{match.game}/moves", json={"column": "D"}, headers=headers)
    assert answer.status_code == 201


async def test_a_move_that_names_no_version_is_refused(api: Api) -> None:
    """Nobody moves on a board they may not have seen."""
    match = await api.match()
    answer = await api.http.post(
        f"/api/games/{match.game}/moves", json={"column": "D"}, headers=match.players[0].bearer
    )
    assert (answer.status_code, answer.headers["content-type"]) == (428, PROBLEM)
    assert await _head(api, match) == 2


@pytest.mark.parametrize("version", [0, 1, 3, 1000], ids=["nothing", "too low", "too high", "far too high"])
async def test_a_move_on_another_version_is_refused(api: Api, version: int) -> None:
    match = await api.match()
    answer = await api.move(match.game, match.players[0], version, "D")
    assert (answer.status_code, answer.json()["code"]) == (412, "wrong_expected_version")
    assert await _head(api, match) == 2


@pytest.mark.parametrize(
    "tag",
    [
        'W/"2"',
        "*",
        '"1", "2"',
        "2",
        '""',
        '"two"',
        '"-2"',
        '"+2"',
        '"2.0"',
        '"0x2"',
        '" 2"',
        "'2'",
        '"2',
        '"2";',
        '"99999999999999999999"',
        '"02"',
    ],
)
async def test_a_tag_that_is_not_exactly_one_version_is_refused(api: Api, tag: str) -> None:
    """If-Match compares strongly, byte for byte: what is not an ETag of ours names no version."""
    match = await api.match()
    headers = match.players[0].bearer | {"If-Match": tag}
    answer = await api.http.post(f"/api/games/{match.game}/moves", json={"column": "D"}, headers=headers)
    assert answer.status_code in (400, 412)
    assert answer.headers["content-type"] == PROBLEM
    assert await _head(api, match) == 2


@pytest.mark.parametrize("key", ["8f14e45f-ceea-467f-a8e5-0d5f7f3b1c11", "move-1", "k", "x" * 64, '"quoted"'])
async def test_a_move_sent_again_under_its_key_is_answered_as_before(api: Api, key: str) -> None:
    match = await api.match()
    first = await api.move(match.game, match.players[0], 2, "D", key)
    await api.play(match, "D", version=3)
    again = await api.move(match.game, match.players[0], 2, "D", key)
    assert (first.status_code, first.json()) == (201, {"version": 3})
    assert (again.status_code, again.json()) == (201, {"version": 3})
    assert await _head(api, match) == 4


async def test_a_move_without_a_key_is_a_new_move_each_time(api: Api) -> None:
    match = await api.match()
    assert (await api.move(match.game, match.players[0], 2, "D")).status_code == 201
    assert (await api.move(match.game, match.players[0], 2, "D")).status_code == 412


async def test_two_players_who_choose_the_same_key_both_move(api: Api) -> None:
    """Keys like 'move-1' are common: one player's must not swallow the other's move."""
    match = await api.match()
    assert (await api.move(match.game, match.players[0], 2, "D", "1")).json() == {"version": 3}
    assert (await api.move(match.game, match.players[1], 3, "D", "1")).json() == {"version": 4}
    assert await _head(api, match) == 4


async def test_a_key_that_is_a_uuid_is_the_id_of_the_command_everywhere(api: Api, other_api: Api) -> None:
    match = await api.match()
    key = str(uuid.uuid4())
    await api.move(match.game, match.players[0], 2, "D", key)
    async with other_api.socket(match.players[0]) as socket:
        answer = await socket.ask(make_move(match.game, 2, "D", key=key))
    assert (answer["type"], answer["version"], answer["duplicate"]) == ("accepted", 3, True)


async def test_a_refused_move_may_be_sent_again_under_its_key(api: Api) -> None:
    match = await api.match()
    assert (await api.move(match.game, match.players[0], 1, "D", "again")).status_code == 412
    assert (await api.move(match.game, match.players[0], 2, "D", "again")).status_code == 201


@pytest.mark.parametrize(
    ("columns", "seat", "status", "code"),
    [
        ("", 1, 409, "not_your_turn"),
        ("DDDDDD", 0, 409, "column_full"),
        ("ABABABA", 1, 409, "game_finished"),
    ],
)
async def test_the_rules_refuse_with_the_code_of_the_socket(
    api: Api, columns: str, seat: int, status: int, code: str
) -> None:
    match = await api.match(columns)
    head = await _head(api, match)
    answer = await api.move(match.game, match.players[seat], head, "D")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await _head(api, match) == head


async def test_a_player_without_a_seat_can_not_move(api: Api) -> None:
    match, cid = await api.match(), await api.player("Cid")
    answer = await api.move(match.game, cid, 2, "D")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_player")


async def test_a_game_without_an_opponent_has_not_started(api: Api) -> None:
    ann = await api.player()
    answer = await api.move(await api.open_game(ann, color="red"), ann, 1, "D")
    assert (answer.status_code, answer.json()["code"]) == (409, "game_not_started")


async def test_nobody_moves_without_a_token(api: Api) -> None:
    match = await api.match()
    answer = await api.http.post(
        f"/api/games/{match.game}/moves", json={"column": "D"}, headers={"If-Match": '"2"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


async def test_no_move_can_be_made_in_an_unknown_game(api: Api) -> None:
    answer = await api.move("no-such-game", await api.player(), 0, "D")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_game")


async def _head(api: Api, match: Match) -> int:
    return int((await api.events(match.game))[-1]["version"])

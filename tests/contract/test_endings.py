"""How games end: four in a row, a full board, the 42nd token, resignation; and what everybody receives of it."""

import pytest

from tests.contract.board import TIE, WIN_ON_THE_LAST_TOKEN, WINS
from tests.contract.client import Api, Json, make_move, resign, versions


@pytest.mark.parametrize("columns", [pytest.param(columns, id=name) for name, (columns, _) in WINS.items()])
async def test_four_in_a_row_wins(api: Api, columns: str) -> None:
    match = await api.match(columns)
    winner = "PLAYER_ONE_WON" if len(columns) % 2 else "PLAYER_TWO_WON"
    move, end = (await api.events(match.game))[-2:]
    assert (move["type"], move["data"]["column"]) == ("MoveMade", columns[-1])
    assert end["type"] == "GameFinished"
    assert end["data"] == {"result": winner, "reason": "FOUR_IN_A_ROW"}


async def test_a_full_board_without_a_line_is_tied(api: Api) -> None:
    match = await api.match(TIE)
    events = await api.events(match.game)
    assert versions(events) == list(range(1, 46))
    assert events[-1]["data"] == {"result": "TIED", "reason": "BOARD_FULL"}


async def test_a_line_on_the_42nd_token_wins_and_does_not_tie(api: Api) -> None:
    match = await api.match(WIN_ON_THE_LAST_TOKEN)
    assert (await api.events(match.game))[-1]["data"] == {
        "result": "PLAYER_TWO_WON",
        "reason": "FOUR_IN_A_ROW",
    }


async def test_the_winning_move_and_the_end_come_in_one_frame(api: Api) -> None:
    """They are one append: no spectator sees a won game go on."""
    match = await api.match("ABABAB")
    async with api.socket() as guest, api.socket(match.players[0]) as socket:
        await guest.watch(match.game)
        await guest.until_version(match.game, 8)
        answer = await socket.ask(make_move(match.game, 8, "A"))
        await guest.until_version(match.game, 10)
        assert versions(guest.frames[-1]["events"]) == [9, 10]
    assert (answer["type"], answer["version"]) == ("accepted", 10)


@pytest.mark.parametrize("columns", ["", "D"], ids=["red to move", "yellow to move"])
@pytest.mark.parametrize("seat", [0, 1], ids=["red resigns", "yellow resigns"])
async def test_either_player_may_resign_at_any_time(api: Api, columns: str, seat: int) -> None:
    match = await api.match(columns)
    head = 2 + len(columns)
    async with api.socket(match.players[seat]) as socket, api.socket() as guest:
        await guest.watch(match.game)
        answer = await socket.ask(resign(match.game, head))
        end = (await guest.until_version(match.game, head + 1))[-1]
    assert (answer["type"], answer["version"], answer["duplicate"]) == ("accepted", head + 1, False)
    assert end["type"] == "GameFinished"
    assert end["data"] == {"result": ["PLAYER_TWO_WON", "PLAYER_ONE_WON"][seat], "reason": "RESIGNATION"}


async def test_a_finished_game_can_not_be_resigned(api: Api) -> None:
    match = await api.match("ABABABA")
    async with api.socket(match.players[1]) as socket:
        assert (await socket.ask(resign(match.game, 10)))["code"] == "game_finished"


async def test_a_resignation_sent_again_is_answered_as_before(api: Api) -> None:
    match = await api.match()
    command = resign(match.game, 2)
    async with api.socket(match.players[0]) as socket:
        first = await socket.ask(command)
        assert await socket.ask(command) == first | {"duplicate": True}
    assert versions(await api.events(match.game)) == [1, 2, 3]


async def test_a_finished_game_can_still_be_watched(api: Api) -> None:
    match = await api.match("ABABABA")
    async with api.socket() as guest:
        await guest.watch(match.game)
        assert await guest.until_version(match.game, 10) == await api.events(match.game)


@pytest.mark.parametrize(
    ("color", "opener_is"), [("red", "player_one"), ("yellow", "player_two")], ids=["red", "yellow"]
)
async def test_the_opener_gets_the_colour_asked_for(api: Api, color: str, opener_is: str) -> None:
    ann, bob = await api.player("Ann"), await api.player("Bob")
    game = await api.open_game(ann, color=color)
    joined: Json = (await api.join(game, bob)).json()
    assert joined[opener_is] == ann.id
    assert {joined["player_one"], joined["player_two"]} == {ann.id, bob.id}


async def test_chance_gives_both_colours(api: Api) -> None:
    """Forty fair tosses agree once in 500 billion runs."""
    ann, bob = await api.player("Ann"), await api.player("Bob")
    first = set()
    for _ in range(40):
        game = await api.open_game(ann, color="random")
        first.add((await api.join(game, bob)).json()["player_one"])
    assert first == {ann.id, bob.id}

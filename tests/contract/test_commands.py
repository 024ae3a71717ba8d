"""Commands that are sent again, and commands that are refused: each code, and what comes with it."""

import asyncio
import json
import uuid

import pytest

from tests.contract.client import Api, Json, Socket, make_move, resign, versions
from tests.contract.log import Log
from tests.processes import ServerProcess

BURST = 2_000


async def test_a_command_sent_again_is_answered_as_before(api: Api) -> None:
    """A client that lost the answer asks again with the same id; the game has moved on meanwhile."""
    match = await api.match()
    command = make_move(match.game, 2, "D")
    async with api.socket(match.players[0]) as socket:
        first = await socket.ask(command)
        await api.play(match, "D", version=3)
        assert await socket.ask(command) == first | {"duplicate": True}
    assert versions(await api.events(match.game)) == [1, 2, 3, 4]


async def test_a_command_sent_again_on_another_socket_is_the_same_command(api: Api, other_api: Api) -> None:
    match = await api.match()
    command = make_move(match.game, 2, "D")
    async with api.socket(match.players[0]) as socket:
        first = await socket.ask(command)
    async with other_api.socket(match.players[0]) as socket:
        assert await socket.ask(command) == first | {"duplicate": True}
    assert versions(await api.events(match.game)) == [1, 2, 3]


async def test_a_duplicate_is_one_whatever_version_it_names(api: Api) -> None:
    """It is looked up before the version check and before the rules."""
    match = await api.match()
    key = str(uuid.uuid4())
    async with api.socket(match.players[0]) as socket:
        await socket.ask(make_move(match.game, 2, "D", key=key))
        again = await socket.ask(make_move(match.game, 99, "D", key=key))
    assert (again["type"], again["version"], again["duplicate"]) == ("accepted", 3, True)


async def test_an_id_that_was_used_for_another_move_is_taken(api: Api) -> None:
    """To be told that a move was made that was not would be a lie about the board."""
    match = await api.match()
    key = str(uuid.uuid4())
    async with api.socket(match.players[0]) as socket:
        await socket.ask(make_move(match.game, 2, "D", key=key))
        other = await socket.ask(make_move(match.game, 2, "A", key=key))
    assert (other["type"], other["code"]) == ("rejected", "command_id_taken")
    assert versions(await api.events(match.game)) == [1, 2, 3]


async def test_one_id_in_two_games_is_two_commands(api: Api) -> None:
    ann, bob = await api.player("Ann"), await api.player("Bob")
    key = str(uuid.uuid4())
    async with api.socket(ann) as socket:
        for _ in range(2):
            game = await api.open_game(ann, color="red")
            await api.join(game, bob)
            answer = await socket.ask(make_move(game, 2, "D", key=key))
            assert (answer["type"], answer["duplicate"]) == ("accepted", False)


async def test_the_move_that_ended_a_game_is_a_duplicate_too(api: Api) -> None:
    match = await api.match("ABABAB")
    command = make_move(match.game, 8, "A")
    async with api.socket(match.players[0]) as socket:
        first = await socket.ask(command)
        assert await socket.ask(command) == first | {"duplicate": True}


async def test_the_id_of_the_opponents_command_appends_nothing(api: Api) -> None:
    match = await api.match()
    key = str(uuid.uuid4())
    async with api.socket(match.players[0]) as red, api.socket(match.players[1]) as yellow:
        await red.ask(make_move(match.game, 2, "D", key=key))
        await yellow.ask(make_move(match.game, 3, "E", key=key))
    assert versions(await api.events(match.game)) == [1, 2, 3]


async def test_a_refused_command_may_be_sent_again_under_its_id(api: Api) -> None:
    """A refusal leaves nothing behind, not even the id."""
    match = await api.match()
    key = str(uuid.uuid4())
    async with api.socket(match.players[0]) as socket:
        refused = await socket.ask(make_move(match.game, 1, "D", key=key))
        answer = await socket.ask(make_move(match.game, 2, "D", key=key))
    assert refused["code"] == "wrong_expected_version"
    assert (answer["type"], answer["duplicate"]) == ("accepted", False)


@pytest.mark.parametrize("expected", range(6))
async def test_a_version_too_low_is_refused_with_what_was_missed(api: Api, log: Log, expected: int) -> None:
    match = await api.match("DDEE")
    before = await log.size()
    async with api.socket(match.players[0]) as socket:
        refusal = await socket.ask(make_move(match.game, expected, "D"))
    assert (refusal["code"], refusal["version"]) == ("wrong_expected_version", 6)
    assert refusal["events"] == await api.events(match.game, after=expected)
    assert await log.size() == before


@pytest.mark.parametrize("expected", [4, 5, 1000, 2**31 - 1])
async def test_a_version_too_high_is_refused_with_the_real_one(api: Api, log: Log, expected: int) -> None:
    """The store says yes to exactly one version: a client from the future is as wrong as one from the past."""
    match = await api.match("D")
    before = await log.size()
    async with api.socket(match.players[1]) as socket:
        refusal = await socket.ask(make_move(match.game, expected, "D"))
    assert (refusal["code"], refusal["version"]) == ("wrong_expected_version", 3)
    assert refusal["events"] == []
    assert await log.size() == before


async def test_a_stale_resignation_is_refused_with_what_was_missed(api: Api) -> None:
    match = await api.match("D")
    async with api.socket(match.players[0]) as socket:
        refusal = await socket.ask(resign(match.game, 2))
    assert (refusal["code"], versions(refusal["events"])) == ("wrong_expected_version", [3])


@pytest.mark.parametrize(
    ("code", "columns", "seat"),
    [
        ("not_your_turn", "", 1),
        ("not_your_turn", "D", 0),
        ("column_full", "DDDDDD", 0),
        ("column_full", "ADDDDDD", 1),
        ("game_finished", "ABABABA", 1),
        ("game_finished", "ABABABA", 0),
    ],
)
async def test_the_rules_refuse_by_a_code(api: Api, log: Log, code: str, columns: str, seat: int) -> None:
    match = await api.match(columns)
    head = (await api.state(match.game))["version"]
    before = await log.size()
    async with api.socket(match.players[seat]) as socket:
        refusal = await socket.ask(make_move(match.game, head, "D"))
    assert (refusal["type"], refusal["code"], refusal["version"]) == ("rejected", code, head)
    assert refusal["events"] == []
    assert refusal["message"]
    assert await log.size() == before


@pytest.mark.parametrize("command", [make_move("", 1, "D"), resign("", 1)], ids=["make_move", "resign"])
async def test_a_game_without_an_opponent_has_not_started(api: Api, command: Json) -> None:
    ann = await api.player("Ann")
    game = await api.open_game(ann, color="red")
    async with api.socket(ann) as socket:
        assert (await socket.ask(command | {"game": game}))["code"] == "game_not_started"


@pytest.mark.parametrize("command", [make_move("", 2, "D"), resign("", 2)], ids=["make_move", "resign"])
async def test_who_has_no_seat_can_not_act(api: Api, log: Log, command: Json) -> None:
    match, cid = await api.match(), await api.player("Cid")
    before = await log.size()
    async with api.socket(cid) as socket:
        assert (await socket.ask(command | {"game": match.game}))["code"] == "not_a_player"
    assert await log.size() == before


@pytest.mark.parametrize("command", [make_move("", 2, "D"), resign("", 2)], ids=["make_move", "resign"])
async def test_a_guest_can_not_act(api: Api, log: Log, command: Json) -> None:
    match = await api.match()
    before = await log.size()
    async with api.socket() as guest:
        assert (await guest.ask(command | {"game": match.game}))["code"] == "not_authenticated"
        assert (await guest.watch(match.game))["type"] == "events"
    assert await log.size() == before


@pytest.mark.parametrize("command", [make_move("", 0, "D"), resign("", 0)], ids=["make_move", "resign"])
async def test_a_game_that_does_not_exist_is_unknown(api: Api, log: Log, command: Json) -> None:
    """Version 0 means 'must not exist' to the store; a move must never begin a stream."""
    ann, before = await api.player("Ann"), await log.size()
    async with api.socket(ann) as socket:
        assert (await socket.ask(command | {"game": "no-such-game"}))["code"] == "unknown_game"
    assert await log.size() == before


async def test_commands_sent_at_once_are_each_answered_and_in_order_of_the_log(api: Api) -> None:
    """A client may send without waiting: each command is judged by the version it names, not by its haste."""
    match = await api.match()
    commands = [make_move(match.game, 2, column) for column in "ABC"]
    async with api.socket(match.players[0]) as socket:
        for command in commands:
            await socket.send(command)
        answers = {}
        for _ in commands:
            answer = await socket.until(lambda frame: "id" in frame)
            answers[answer["id"]] = answer
    kinds = sorted(answers[command["id"]]["type"] for command in commands)
    assert kinds == ["accepted", "rejected", "rejected"]
    assert versions(await api.events(match.game)) == [1, 2, 3]


async def test_too_many_commands_are_refused_and_the_socket_lives_on(database_url: str, api: Api) -> None:
    """Who floods is told so command by command, and heard again later. A server of its own: limits are shared."""
    with ServerProcess(database_url=database_url) as server:
        flooded = Api(server, api.documents)
        async with flooded.http, asyncio.timeout(30):
            match = await flooded.match()
            async with flooded.socket(match.players[0]) as socket:
                refusal = await _flood(socket, match.game)
                assert refusal["type"] == "rejected"
                while (await socket.ask(make_move(match.game, 2, "D"))).get("code") == refusal["code"]:
                    pass
            assert versions(await flooded.events(match.game)) == [1, 2, 3]


async def _flood(socket: Socket, game: str) -> Json:
    """Send stale commands, as fast as the connection takes them, until one is refused as one too many."""
    refusals: list[Json] = []
    while not refusals:
        for _ in range(BURST):
            await socket.send_raw(json.dumps(make_move(game, 0, "D")))
        answers = [await socket.connection.recv(decode=True) for _ in range(BURST)]
        refusals = [json.loads(answer) for answer in answers if "too_many_requests" in answer]
    socket.documents.check_received(refusals[0])
    return refusals[0]

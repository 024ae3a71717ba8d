"""Many clients at once on two processes with one database: one winner a version, and one log for everybody."""

import asyncio
import uuid
from collections import Counter
from contextlib import AsyncExitStack

from tests.contract.board import TIE
from tests.contract.client import Api, Json, Match, Player, Socket, make_move, resign, versions

CLIENTS = 50
CONVERGENCE_S = 2.0


async def test_fifty_clients_race_for_one_version_and_one_wins(api: Api, other_api: Api) -> None:
    """Everybody else gets the typed refusal, and with it exactly the event they missed."""
    match = await api.match("DDE")
    async with AsyncExitStack() as stack:
        sockets = await _sockets(stack, [api, other_api], match.players[1], CLIENTS)
        answers = await _all_ask(sockets, [make_move(match.game, 5, "ABCDEFG"[i % 7]) for i in range(CLIENTS)])
    log = await api.events(match.game)
    assert versions(log) == [1, 2, 3, 4, 5, 6]
    assert log == await other_api.events(match.game)
    assert Counter(answer["type"] for answer in answers) == {"accepted": 1, "rejected": CLIENTS - 1}
    for answer in answers:
        assert answer["version"] == 6
        if answer["type"] == "accepted":
            assert answer["duplicate"] is False
        else:
            assert answer["code"] == "wrong_expected_version"
            assert answer["events"] == log[5:]


async def test_the_winner_of_a_race_is_the_move_in_the_log(api: Api, other_api: Api) -> None:
    match = await api.match()
    async with AsyncExitStack() as stack:
        sockets = await _sockets(stack, [api, other_api], match.players[0], 7)
        answers = await _all_ask(sockets, [make_move(match.game, 2, column) for column in "ABCDEFG"])
    [winner] = [column for column, answer in zip("ABCDEFG", answers, strict=True) if answer["type"] == "accepted"]
    assert (await api.events(match.game))[-1]["data"]["column"] == winner


async def test_every_version_of_a_game_is_won_once(api: Api, other_api: Api) -> None:
    """Each move of a whole game is raced for by clients of both players on both processes."""
    match = await api.match()
    async with AsyncExitStack() as stack:
        sockets = [
            socket for player in match.players for socket in await _sockets(stack, [api, other_api], player, 4)
        ]
        for version, column in enumerate("ABABABA", start=2):
            answers = await _all_ask(sockets, [make_move(match.game, version, column) for _ in sockets])
            assert Counter(answer["type"] for answer in answers) == {"accepted": 1, "rejected": 7}
            codes = {answer["code"] for answer in answers if answer["type"] == "rejected"}
            assert codes <= {"wrong_expected_version", "not_your_turn"}
    assert versions(await api.events(match.game)) == list(range(1, 11))


async def test_one_command_sent_ten_times_to_two_processes_is_one_event(api: Api, other_api: Api) -> None:
    match = await api.match()
    command = make_move(match.game, 2, "D")
    async with AsyncExitStack() as stack:
        sockets = await _sockets(stack, [api, other_api], match.players[0], 10)
        answers = await _all_ask(sockets, [command] * 10)
    assert versions(await api.events(match.game)) == [1, 2, 3]
    assert {(answer["type"], answer["version"]) for answer in answers} == {("accepted", 3)}
    assert Counter(answer["duplicate"] for answer in answers) == {False: 1, True: 9}


async def test_one_request_sent_ten_times_to_two_processes_is_one_event(api: Api, other_api: Api) -> None:
    match, key = await api.match(), str(uuid.uuid4())
    answers = await asyncio.gather(
        *([api, other_api][number % 2].move(match.game, match.players[0], 2, "D", key) for number in range(10))
    )
    assert versions(await api.events(match.game)) == [1, 2, 3]
    assert {(answer.status_code, answer.json()["version"]) for answer in answers} == {(201, 3)}


async def test_one_seat_goes_to_one_of_many(api: Api, other_api: Api) -> None:
    ann = await api.player("Ann")
    game = await api.open_game(ann, color="red")
    guests = [await api.player(f"Guest {number}") for number in range(20)]
    answers = await asyncio.gather(
        *([api, other_api][number % 2].join(game, guest) for number, guest in enumerate(guests))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"game_full"}
    [seated] = [answer.json() for answer in answers if answer.status_code == 200]
    log = await api.events(game)
    assert versions(log) == [1, 2]
    assert log[1]["data"] == {"player_one": ann.id, "player_two": seated["player_two"]}


async def test_a_game_that_is_won_and_resigned_at_once_ends_once(api: Api, other_api: Api) -> None:
    for _ in range(5):
        match = await api.match("ABABAB")
        async with api.socket(match.players[0]) as red, other_api.socket(match.players[1]) as yellow:
            answers = await _all_ask([red, yellow], [make_move(match.game, 8, "A"), resign(match.game, 8)])
        assert Counter(answer["type"] for answer in answers) == {"accepted": 1, "rejected": 1}
        ends = [event for event in await api.events(match.game) if event["type"] == "GameFinished"]
        assert len(ends) == 1


async def test_players_on_different_processes_play_a_whole_game(api: Api, other_api: Api) -> None:
    """With a spectator on each process; each mover waits to see the other's move, as people do."""
    match = await api.match()
    async with (
        api.socket(match.players[0]) as red,
        other_api.socket(match.players[1]) as yellow,
        api.socket() as here,
        other_api.socket() as there,
    ):
        everybody = (red, yellow, here, there)
        for socket in everybody:
            await socket.watch(match.game)
        for version, column in enumerate(TIE, start=2):
            mover = (red, yellow)[version % 2]
            await mover.until_version(match.game, version)
            assert (await mover.ask(make_move(match.game, version, column)))["type"] == "accepted"
        log = await api.events(match.game)
        assert versions(log) == list(range(1, 46))
        for socket in everybody:
            assert await socket.until_version(match.game, 45) == log
    assert await other_api.events(match.game) == log


async def test_a_watcher_who_comes_in_mid_game_sees_what_everybody_sees(api: Api, other_api: Api) -> None:
    """Watchers arrive at every moment of a running game, on both processes: no hole, no repeat."""
    match = await api.match()

    async def follow(home: Api, version: int) -> list[Json]:
        async with home.socket() as first:
            await first.watch(match.game)
            await first.until_version(match.game, version)
            async with home.socket() as socket:
                await socket.watch(match.game, after=version // 2)
                return await socket.until_version(match.game, 45)

    async with asyncio.TaskGroup() as group:
        followers = {
            (version, home): group.create_task(follow(home, version))
            for version in range(2, 40, 4)
            for home in (api, other_api)
        }
        await _play_by_socket(api, match, TIE)
    log = await api.events(match.game)
    for (version, _), follower in followers.items():
        assert follower.result() == log[version // 2 :]


async def test_a_move_reaches_the_other_process_in_time(api: Api, other_api: Api) -> None:
    match = await api.match()
    async with other_api.socket() as there:
        await there.watch(match.game)
        await api.play(match, "D")
        async with asyncio.timeout(CONVERGENCE_S):
            await there.until_version(match.game, 3)


async def test_both_processes_serve_the_same_state_after_each_move(api: Api, other_api: Api) -> None:
    """Whoever received 'accepted' finds the move wherever they ask next."""
    match = await api.match()
    for version, column in enumerate("ABABABA", start=2):
        await [api, other_api][version % 2].move(match.game, match.mover_at(version), version, column)
        here, there = await api.state(match.game), await other_api.state(match.game)
        assert here == there
        assert here["version"] > version


async def test_a_client_that_hangs_up_at_once_may_ask_again(api: Api, other_api: Api) -> None:
    """A connection lost before the answer loses no move and doubles none: the same id finds out, anywhere."""
    match = await api.match()
    for version, column in enumerate(TIE[:20], start=2):
        command = make_move(match.game, version, column)
        async with api.socket(match.mover_at(version)) as doomed:
            await doomed.send(command)
            doomed.connection.transport.abort()
        async with other_api.socket(match.mover_at(version)) as socket:
            answer = await socket.ask(command)
        assert (answer["type"], answer["version"]) == ("accepted", version + 1)
    assert versions(await api.events(match.game)) == list(range(1, 23))


async def _sockets(stack: AsyncExitStack, homes: list[Api], player: Player, count: int) -> list[Socket]:
    """Sockets of one player, dealt out over the processes in turn."""
    return [await stack.enter_async_context(homes[number % len(homes)].socket(player)) for number in range(count)]


async def _all_ask(sockets: list[Socket], commands: list[Json]) -> list[Json]:
    """Send one command on each socket, all at once, and wait for every answer."""
    return await asyncio.gather(*(socket.ask(command) for socket, command in zip(sockets, commands, strict=True)))


async def _play_by_socket(api: Api, match: Match, columns: str) -> None:
    async with api.socket(match.players[0]) as red, api.socket(match.players[1]) as yellow:
        for version, column in enumerate(columns, start=2):
            answer = await (red, yellow)[version % 2].ask(make_move(match.game, version, column))
            assert answer["type"] == "accepted"

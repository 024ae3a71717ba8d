"""The references answer the load generator as our server does: else a comparison with them would say nothing."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from server.transport.http.documents import asyncapi_document, openapi_document
from tests.checking import messages
from tests.checking.journal import Command
from tests.contract.client import Socket, make_move, versions
from tests.contract.documents import Documents
from tests.processes import ServerProcess

DOCUMENTS = Documents(asyncapi_document(), openapi_document())
"""Those of our server: every frame of a reference is held against them."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """A game that has begun, the ids of its players, and where it is played."""

    game: str
    players: tuple[str, str]
    server: ServerProcess

    @asynccontextmanager
    async def socket(self, player: str | None = None) -> AsyncIterator[Socket]:
        """A websocket of a player, whose token is the id, or of a guest."""
        headers = {"Authorization": f"Bearer {player}"} if player else {}
        async with connect(self.server.ws_url, additional_headers=headers) as connection:
            yield await Socket(connection, DOCUMENTS).welcomed()

    async def get(self, path: str) -> Json:
        async with httpx.AsyncClient(base_url=self.server.url) as http:
            return dict((await http.get(f"/api/games/{self.game}{path}")).json())


@pytest.fixture
def per_move(database_url: str) -> Iterator[ServerProcess]:
    with _reference("per_move", database_url) as process:
        yield process


@pytest.fixture
def ceiling() -> Iterator[ServerProcess]:
    with _reference("ceiling") as process:
        yield process


async def test_per_move_tells_everybody_a_game_to_its_end(per_move: ServerProcess) -> None:
    """Watching from the start, or from in between while moves are made, ends with the same events."""
    begun = await _begin(per_move)
    red, yellow = begun.players
    async with begun.socket(red) as ann, begun.socket(yellow) as bob, begun.socket() as guest:
        assert versions((await ann.watch(begun.game))["events"]) == [1, 2]
        for number, column in enumerate("ABABABA"):
            if number == 4:
                await guest.watch(begun.game, after=3)
            answer = await (ann, bob)[number % 2].ask(make_move(begun.game, number + 2, column))
            assert answer["type"] == "accepted"
            assert answer["version"] == (10 if number == 6 else number + 3)
        told = await ann.until_version(begun.game, 10)
        assert versions(told) == list(range(1, 11))
        assert told[-1]["data"] == {"result": "PLAYER_ONE_WON", "reason": "FOUR_IN_A_ROW"}
        assert await guest.until_version(begun.game, 10) == told[3:]
    assert (await begun.get("/events"))["events"] == told
    state = await begun.get("")
    assert (state["status"], state["version"], state["board"][5]) == ("finished", 10, "RY.....")


async def test_per_move_refuses_by_the_rules_and_by_the_version(per_move: ServerProcess) -> None:
    """A load generator tells refusals apart by their codes."""
    begun = await _begin(per_move)
    red, yellow = begun.players
    async with begun.socket(red) as ann, begun.socket(yellow) as bob, begun.socket() as guest:
        first = make_move(begun.game, 2, "D")
        assert (await ann.ask(first))["duplicate"] is False
        assert (await ann.ask(make_move(begun.game, 3, "D")))["code"] == "not_your_turn"
        assert (await guest.ask(make_move(begun.game, 3, "D")))["code"] == "not_authenticated"
        stale = await bob.ask(make_move(begun.game, 2, "D"))
        assert (stale["code"], stale["version"], versions(stale["events"])) == ("wrong_expected_version", 3, [3])
        await ann.send(first)
        again = await ann.until(lambda frame: frame.get("id") == first["id"])
        assert (again["type"], again["version"], again["duplicate"]) == ("accepted", 3, True)
        unknown = await bob.watch("nosuchgame22")
        assert unknown["code"] == "unknown_game"
    assert versions((await begun.get("/events"))["events"]) == [1, 2, 3]


async def test_per_move_has_one_winner_of_a_race(per_move: ServerProcess) -> None:
    """Its transactions decide on the same version; the constraint lets one of them commit."""
    begun = await _begin(per_move)
    async with begun.socket(begun.players[0]) as one, begun.socket(begun.players[0]) as other:
        answers = await asyncio.gather(
            one.ask(make_move(begun.game, 2, "A")), other.ask(make_move(begun.game, 2, "G"))
        )
    [accepted] = [answer for answer in answers if answer["type"] == "accepted"]
    [rejected] = [answer for answer in answers if answer["type"] == "rejected"]
    assert accepted["version"] == rejected["version"] == 3
    assert (rejected["code"], versions(rejected["events"])) == ("wrong_expected_version", [3])
    assert versions((await begun.get("/events"))["events"]) == [1, 2, 3]


async def test_the_ceiling_answers_each_move_and_tells_who_watches(ceiling: ServerProcess) -> None:
    """It cuts moves out of the very frames that the load generator sends."""
    begun = await _begin(ceiling)
    red, yellow = begun.players
    async with begun.socket(red) as ann, begun.socket(yellow) as bob:
        for socket in (ann, bob):
            watching = messages.watch(begun.game, 0).decode()
            await socket.send_raw(watching)
            assert versions(await socket.until_version(begun.game, 2)) == [1, 2]
        first = await _move(ann, begun.game, red, 2, "D")
        [told] = (await bob.until_version(begun.game, 3))[2:]
        assert (first["version"], told["data"]) == (3, {"player": red, "column": "D"})
        await ann.send_raw(messages.unwatch(begun.game).decode())
        assert (await _move(ann, begun.game, red, 3, "E"))["version"] == 4
        assert (await _move(bob, begun.game, yellow, 4, "F"))["version"] == 5
        assert versions(await bob.until_version(begun.game, 5)) == [1, 2, 3, 4, 5]
        assert versions(ann.events(begun.game)) == [1, 2, 3]


async def test_per_move_ends_on_sigterm(per_move: ServerProcess) -> None:
    """Also while somebody is connected: a measurement that is over leaves nothing running."""
    await _assert_ends(per_move)


async def test_the_ceiling_ends_on_sigterm(ceiling: ServerProcess) -> None:
    """Likewise."""
    await _assert_ends(ceiling)


def test_per_move_without_a_database_says_what_is_missing() -> None:
    process = _reference("per_move").launch()
    with process:
        assert process.wait() == 2
        assert "DATABASE_URL" in process.output


async def _begin(server: ServerProcess) -> Begun:
    """Have two players begin a game; the opener is red."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        players = [(await http.post("/api/players", json={"name": name})).json() for name in ("Ann", "Bob")]
        red, yellow = ({"Authorization": f"Bearer {player['token']}"} for player in players)
        game = (await http.post("/api/games", json={"color": "red"}, headers=red)).json()["id"]
        joined = (await http.post(f"/api/games/{game}/join", headers=yellow)).json()
    assert joined == {"version": 2, "player_one": players[0]["id"], "player_two": players[1]["id"]}
    return Begun(game, (joined["player_one"], joined["player_two"]), server)


async def _assert_ends(server: ServerProcess) -> None:
    begun = await _begin(server)
    async with begun.socket(begun.players[0]) as socket:
        ending = asyncio.get_running_loop().run_in_executor(None, server.terminate)
        assert await socket.closing() == 1012
        assert await ending == 0


async def _move(socket: Socket, game: str, player: str, version: int, column: str) -> Json:
    """Send a move in the bytes of the load generator, and return its answer."""
    command = Command(uuid.uuid4(), game, player, version, column)
    await socket.send_raw(messages.frame_of(command).decode())
    return await socket.until(lambda frame: frame.get("id") == str(command.id))


def _reference(name: str, database_url: str | None = None) -> ServerProcess:
    process = ServerProcess(database_url=database_url)
    process.command = [sys.executable, "-m", "tests.load.references", name, "--port", "0"]
    return process

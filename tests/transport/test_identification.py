"""Who somebody is, how long that is believed, and who has been erased meanwhile; by a clock that the test holds."""

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from starlette.requests import HTTPConnection

from server.database.pool import Pool
from server.database.sessions import Connection
from server.domain.vocabulary import PlayerId
from server.identity.players import Player, Players
from server.identity.tokens import Tokens
from server.transport.identification import KNOWN_FOR_S, Identification

ANN, BOB, CID = (Player(PlayerId(name.lower()), name) for name in ("Ann", "Bob", "Cid"))


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class CountedPlayers(Players):
    """The table of players, and how often it was read."""

    reads = 0

    async def names(self, players: Collection[PlayerId]) -> dict[PlayerId, str]:
        self.reads += 1
        return await super().names(players)


@dataclass
class Stage:
    players: CountedPlayers
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.identification = Identification(Tokens(b"key"), self.players, self.clock)

    async def who(self, player: Player) -> Player | None:
        """Who somebody is that has the token of a player."""
        proof = f"Bearer {Tokens(b'key').issue(player.id)}".encode()
        return await self.identification.player(
            HTTPConnection({"type": "http", "headers": [(b"authorization", proof)]})
        )


@pytest.fixture
async def stage(pool: Pool) -> Stage:
    players = CountedPlayers(pool)
    for player in (ANN, BOB, CID):
        await players.add(player)
    return Stage(players)


async def erase(owner: Connection, *players: Player) -> None:
    await owner.execute("DELETE FROM fourfold.players WHERE id = ANY($1)", [player.id for player in players])


async def test_a_player_is_looked_up_once_in_a_while(stage: Stage) -> None:
    assert [await stage.who(ANN) for _ in range(5)] == [ANN] * 5
    assert stage.players.reads == 1


async def test_an_erased_player_is_nobody_after_ten_seconds(stage: Stage, owner: Connection) -> None:
    assert await stage.who(ANN) == ANN
    await erase(owner, ANN)
    stage.clock.now += KNOWN_FOR_S - 0.1
    assert await stage.who(ANN) == ANN
    stage.clock.now += 0.1
    assert await stage.who(ANN) is None


async def test_an_erased_player_who_asks_again_and_again_is_looked_up_once_in_a_while(
    stage: Stage, owner: Connection
) -> None:
    """Their token still proves who they were, so each request would otherwise cost a read."""
    await erase(owner, ANN)
    assert [await stage.who(ANN) for _ in range(5)] == [None] * 5
    assert stage.players.reads == 1
    stage.clock.now += KNOWN_FOR_S
    await stage.who(ANN)
    assert stage.players.reads == 2


async def test_those_who_stay_are_asked_about_together(stage: Stage, owner: Connection) -> None:
    """A socket identifies its player once, so somebody has to find out who was erased since."""
    await erase(owner, ANN, CID)
    assert await stage.identification.erased_among([ANN.id, BOB.id, CID.id]) == {ANN.id, CID.id}
    assert stage.players.reads == 1


async def test_who_was_found_to_be_erased_is_nobody_to_requests_too(stage: Stage, owner: Connection) -> None:
    assert await stage.who(ANN) == ANN
    await erase(owner, ANN)
    await stage.identification.erased_among({ANN.id})
    assert await stage.who(ANN) is None

"""Play many games at once against boardgame.io, each player moving as soon as it is their turn, and count.

Every finished match is compared with the independent model of the game: what is counted was right.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import aiohttp
import msgspec
import psutil
import uvloop

from tests.checking.scripts import RESIGN, make_scripts
from tests.load.references.boardgame.node import DIRECTORY, NodeServer, install, node_server
from tests.load.references.boardgame.wire import GAME, State, Wire
from tests.model import LETTERS, Model

SCRIPTS: Final = 100

MATCH_TIME_LIMIT_S: Final = 60.0

_TOKENS: Final = {"R": "0", "Y": "1", ".": None}
_GAMEOVERS: Final[dict[str, dict[str, object]]] = {
    "PLAYER_ONE_WON": {"winner": "0"},
    "PLAYER_TWO_WON": {"winner": "1"},
    "TIED": {"draw": True},
}


class PlayError(Exception):
    """The server did something that it should not do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A game to be played, as columns from 0, and the end that the model says it has."""

    columns: list[int]
    board: list[list[str | None]]
    gameover: dict[str, object]


@dataclass(slots=True)
class Tally:
    """What was counted so far."""

    moves: int = 0
    matches: int = 0


@dataclass(slots=True, eq=False)
class Seat:
    """A player of one table: their connection, and what they have seen of the match."""

    player: str
    table: "Table"
    wire: Wire = field(init=False)
    credentials: str = ""
    seen: int | None = None
    """The id of the state that was seen last."""
    is_waiting: bool = False
    """Whether a move was sent and not yet seen in a state."""

    def __post_init__(self) -> None:
        self.wire = Wire(self._on_state, lambda: self.table.fail("a connection was lost"))

    def sit_down(self, match: str, credentials: str) -> None:
        """Begin a match."""
        self.credentials, self.seen, self.is_waiting = credentials, None, False
        self.wire.sync(match, self.player, credentials)

    def _on_state(self, match: str, state: State) -> None:
        if match != self.table.match:
            return
        if self.seen is not None and state.id != self.seen + 1:
            self.table.fail(f"state {state.id} followed {self.seen}")
            return
        if self.is_waiting:
            self.table.tally.moves += 1
            self.is_waiting = False
        self.seen = state.id
        if state.context.gameover is not None:
            self.table.saw_end(state)
        elif state.context.current_player == self.player:
            self.is_waiting = True
            self.wire.drop(self.table.plan.columns[state.id], match, self.player, self.credentials, state.id)


@dataclass(slots=True, eq=False)
class Table:
    """Two players and their matches, one after the other."""

    plans: Sequence[Plan]
    chance: random.Random
    tally: Tally
    match: str = ""
    plan: Plan = field(init=False)
    seats: tuple[Seat, Seat] = field(init=False)
    _ends_seen: int = 0
    _over: "asyncio.Future[None]" = field(init=False)

    def __post_init__(self) -> None:
        self.seats = (Seat("0", self), Seat("1", self))
        self._over = asyncio.get_running_loop().create_future()

    async def play(self, http: aiohttp.ClientSession) -> None:
        """Play match after match until cancelled.

        Raises:
            PlayError: the server did something wrong.
        """
        while True:
            match = await _create(http)
            credentials = [await _join(http, match, seat.player) for seat in self.seats]
            if self._over.done():
                await self._over
                self._over = asyncio.get_running_loop().create_future()
            self.match, self.plan, self._ends_seen = match, self.chance.choice(self.plans), 0
            for seat, credential in zip(self.seats, credentials, strict=True):
                seat.sit_down(match, credential)
            async with asyncio.timeout(MATCH_TIME_LIMIT_S):
                await self._over
            self.tally.matches += 1

    def saw_end(self, state: State) -> None:
        """Take the last state, as each of the two players saw it."""
        if (state.board.board, state.context.gameover) != (self.plan.board, self.plan.gameover):
            self.fail(f"the match ended with {state}, not {self.plan}")
        self._ends_seen += 1
        if self._ends_seen == len(self.seats) and not self._over.done():
            self._over.set_result(None)

    def fail(self, what: str) -> None:
        """Have `play` raise."""
        if not self._over.done():
            self._over.set_exception(PlayError(f"match {self.match}: {what}"))


def measure(games: int, seconds: float, warm_up_s: float) -> str:
    """Install boardgame.io if need be, play against it, and return the figures as one line of JSON.

    `moves` are those that came back in a state, `games` those that ended, `server_cpu` the share of a core it took.

    Raises:
        NodeError: it cannot be run here.
        PlayError: it did something wrong.
    """
    install(DIRECTORY)
    plans = [_plan(script) for script in make_scripts(SCRIPTS) if script[-1] is not RESIGN]
    try:
        with node_server(DIRECTORY) as server:
            figures = uvloop.run(_play(server, plans, games, seconds, warm_up_s))
    except ExceptionGroup as errors:
        raise PlayError("; ".join({repr(error) for error in errors.exceptions})) from errors
    return msgspec.json.encode(figures).decode()


async def _play(
    server: NodeServer, plans: Sequence[Plan], games: int, seconds: float, warm_up_s: float
) -> dict[str, float]:
    tally = Tally()
    tables = [Table(plans, random.Random(number), tally) for number in range(games)]
    async with aiohttp.ClientSession(server.url) as http, asyncio.TaskGroup() as tasks:
        await asyncio.gather(*(seat.wire.connect(server.url) for table in tables for seat in table.seats))
        playing = [tasks.create_task(table.play(http)) for table in tables]
        await asyncio.sleep(warm_up_s)
        figures = await _count(tally, psutil.Process(server.pid), seconds)
        for task in playing:
            task.cancel()
    for table in tables:
        for seat in table.seats:
            seat.wire.disconnect()
    return figures


async def _count(tally: Tally, process: psutil.Process, seconds: float) -> dict[str, float]:
    before, cpu_before, began = replace(tally), process.cpu_times(), time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed_s, cpu = time.perf_counter() - began, process.cpu_times()
    moves = tally.moves - before.moves
    return {
        "moves_per_s": round(moves / elapsed_s, 1),
        "games": tally.matches - before.matches,
        "moves": moves,
        "server_cpu": round((cpu.user + cpu.system - cpu_before.user - cpu_before.system) / elapsed_s, 2),
    }


async def _create(http: aiohttp.ClientSession) -> str:
    async with http.post(f"/games/{GAME}/create", json={"numPlayers": 2}, raise_for_status=True) as answer:
        return str((await answer.json())["matchID"])


async def _join(http: aiohttp.ClientSession, match: str, player: str) -> str:
    seat = {"playerID": player, "playerName": f"Player {player}"}
    async with http.post(f"/games/{GAME}/{match}/join", json=seat, raise_for_status=True) as answer:
        return str((await answer.json())["playerCredentials"])


def _plan(script: Sequence[str | None]) -> Plan:
    model, columns = Model(), [LETTERS.index(letter) for letter in script if letter is not None]
    for column in columns:
        model.move(model.next_player or "", LETTERS[column])
    board = [[_TOKENS[cell] for cell in row] for row in model.rows()]
    return Plan(columns, board, _GAMEOVERS[model.result or ""])

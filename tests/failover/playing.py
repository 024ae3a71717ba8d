"""Players and watchers who come back after each loss, and a check of what they were told against the log."""

import asyncio
import itertools
import json
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from server.database.sessions import Connection
from tests.processes import ServerProcess

Json = dict[str, Any]

TIE: Final = "EGBCFCCBFFDCEGEAGFADGBDBGCDEFGFCDABEABAEAD"
"""The columns of a whole game that nobody wins."""

FIRST_MOVE: Final = 2
"""The version at which red moves first."""

UNAVAILABLE: Final = 503
HTTP_TIMEOUT_S: Final = 10.0
RETRY_AFTER_S: Final = 0.1

_BACK_OFF_S: Final = (0.02, 0.1)
_OPEN_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A move that the server said is carried out."""

    id: str
    version: int
    column: str
    duplicate: bool
    at: float
    """By the clock of the event loop."""


@dataclass(eq=False)
class Watcher:
    """Follows one game, over as many connections as it takes, through one server after the other."""

    game: str
    urls: Sequence[str]
    token: str | None = None
    events: list[Json] = field(default_factory=list)
    lost_histories: int = 0
    """How often it was told that what it had seen no longer exists."""
    complaints: list[str] = field(default_factory=list)
    progress: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: ClientConnection | None = None

    @property
    def version(self) -> int:
        """How far it has seen the game."""
        return len(self.events)

    async def run(self) -> None:
        """Come back after each loss, until cancelled."""
        headers = bearer(self) if self.token else {}
        for url in itertools.cycle(self.urls):
            try:
                async with connect(url, additional_headers=headers, open_timeout=_OPEN_TIMEOUT_S) as socket:
                    self._socket = socket
                    async for frame in socket:
                        await self._receive(json.loads(frame))
            except (OSError, TimeoutError, WebSocketException):
                pass
            self._socket = None
            await asyncio.sleep(random.uniform(*_BACK_OFF_S))

    async def until_version(self, version: int) -> None:
        """Wait until the game was seen so far."""
        while self.version < version:
            self.progress.clear()
            await self.progress.wait()

    def has_seen(self, log: Sequence[Json]) -> None:
        """Assert that it saw exactly this log."""
        assert not self.complaints, self.complaints
        seen, held = [in_short(event) for event in self.events], [in_short(event) for event in log]
        strange = [event for event in seen if event not in held]
        assert seen == held, f"{self.lost_histories} lost histories; seen but not in the log: {strange}"

    async def _receive(self, frame: Json) -> None:
        match frame:
            case {"type": "welcome"}:
                await self._watch()
            case {"type": "events", "events": events}:
                self._see(events)
            case {"type": "rejected", "code": "wrong_expected_version"} if "id" not in frame:
                self.lost_histories += 1
                self.events.clear()
                await self._watch()
            case {"type": "presence"}:
                pass
            case _:
                self.complaints.append(f"an unexpected frame: {frame}")
        self.progress.set()

    def _see(self, events: Sequence[Json]) -> None:
        for event in events:
            if event["version"] <= self.version:  # asking again overlaps with what was on its way
                if event != self.events[event["version"] - 1]:
                    self.complaints.append(f"another version {event['version']} came: {event}")
            elif event["version"] == self.version + 1:
                self.events.append(event)
            else:
                self.complaints.append(f"version {event['version']} came after {self.version}")

    async def _watch(self) -> None:
        seen = {"after": self.version, "at": self.events[-1]["at"]} if self.events else {}
        await self._send({"type": "watch", "game": self.game, **seen})

    async def _send(self, message: Json) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(message))


@dataclass(eq=False)
class Player(Watcher):
    """Makes every other move of a script, and asks again under the same id for what was not answered."""

    seat: int = 0
    script: str = TIE
    pace_s: float = 0.0
    accepted: list[Acceptance] = field(default_factory=list)
    refused: list[Json] = field(default_factory=list)
    pending: Json | None = None
    _is_sent: bool = False
    """Whether what is pending was sent over the connection of now."""

    async def _receive(self, frame: Json) -> None:
        match frame:
            case {"type": "accepted", "id": id_, "version": version, "duplicate": duplicate}:
                self._accept(id_, version, duplicate=duplicate)
            case {"type": "rejected", "id": _}:
                self.refused.append(frame)
                self.pending = None
                await self._watch()  # the answer shows where the game is
            case _:
                if frame["type"] == "welcome":
                    self._is_sent = False
                elif frame["type"] == "rejected":
                    self.pending = None  # it built on what no longer exists
                await super()._receive(frame)
                if frame["type"] != "events":
                    return
        await self._go_on()

    def _accept(self, id_: str, version: int, *, duplicate: bool) -> None:
        if self.pending is None or id_ != self.pending["id"]:
            return  # it was sent twice, or given up since
        now = asyncio.get_running_loop().time()
        self.accepted.append(Acceptance(id_, version, self.pending["column"], duplicate, now))
        self.pending = None
        self.progress.set()

    async def _go_on(self) -> None:
        """Send what has no answer, else make the next move if it is our turn."""
        step = self.version - FIRST_MOVE
        if self.pending is None and 0 <= step < len(self.script) and step % 2 == self.seat:
            await asyncio.sleep(self.pace_s)
            self.pending = make_move(self.game, self.version, self.script[step])
            self._is_sent = False
        if self.pending is not None and not self._is_sent:
            self._is_sent = True
            await self._send(self.pending)


@dataclass(frozen=True, slots=True)
class Game:
    """A game with two players, and somebody who watches through each server."""

    id: str
    players: tuple[Player, Player]
    spectators: tuple[Watcher, ...]

    @property
    def watchers(self) -> tuple[Watcher, ...]:
        """All who follow it."""
        return (*self.players, *self.spectators)

    @property
    def accepted(self) -> list[Acceptance]:
        """The moves of both players that were accepted."""
        return [*self.players[0].accepted, *self.players[1].accepted]

    async def until_version(self, version: int) -> None:
        """Wait until everybody has seen the game so far."""
        await asyncio.gather(*(watcher.until_version(version) for watcher in self.watchers))

    def was_seen_as_in(self, log: Sequence[Json]) -> None:
        """Assert that everybody saw exactly this log."""
        for watcher in self.watchers:
            watcher.has_seen(log)

    def was_kept_in(self, log: Sequence[Json]) -> None:
        """Assert that every accepted move is in this log once."""
        for move in self.accepted:
            made = [event for event in log if event["type"] == "MoveMade" and event["command_id"] == move.id]
            assert [event["data"]["column"] for event in made] == [move.column], f"{move} is in the log as {made}"


@asynccontextmanager
async def playing(
    servers: Sequence[ServerProcess], count: int, *, script: str = TIE, pace_s: float = 0.02
) -> AsyncIterator[list[Game]]:
    """Have so many games played until the end of the block."""
    games = [await open_game(servers, script, pace_s) for _ in range(count)]
    async with watching(*(watcher for game in games for watcher in game.watchers)):
        yield games


@asynccontextmanager
async def watching(*watchers: Watcher) -> AsyncIterator[None]:
    """Have watchers connected until the end of the block."""
    tasks = [asyncio.create_task(watcher.run()) for watcher in watchers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def within(limit_s: float, games: Sequence[Game]) -> AsyncIterator[None]:
    """Fail, and say how far the games are, if the block takes longer."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        versions = [[watcher.version for watcher in game.watchers] for game in games]
        raise AssertionError(f"after {limit_s} s the games have been seen up to {versions}") from None


def connected(player: Player, server: ServerProcess) -> connect:
    """A websocket of a player, to be entered."""
    return connect(server.ws_url, additional_headers=bearer(player))


async def outcome_of(command: Json, socket: ClientConnection) -> Json | int:
    """Send a command and return its answer, or the code with which the server closed instead."""
    try:
        await socket.send(json.dumps(command))
        async for frame in socket:
            answer = json.loads(frame)
            if answer.get("id") == command["id"]:
                return dict(answer)
    except ConnectionClosed:
        pass
    return int(socket.close_code or 0)


async def move_by_http(move: Json, player: Player, server: ServerProcess) -> httpx.Response:
    """Ask for a move by the other way in, under the same id."""
    headers = bearer(player) | {"If-Match": f'"{move["expected_version"]}"', "Idempotency-Key": move["id"]}
    async with http_client(server) as http:
        return await http.post(f"/api/games/{move['game']}/moves", json={"column": move["column"]}, headers=headers)


async def play(game: Game, columns: str, server: ServerProcess, *, after: str = "") -> None:
    """Make moves one after the other, each asked for until it is carried out; so many were made before."""
    for step, column in enumerate(columns, start=len(after)):
        move = make_move(game.id, FIRST_MOVE + step, column)
        while True:
            answer = await move_by_http(move, game.players[step % 2], server)
            if answer.status_code != UNAVAILABLE:
                break
            await asyncio.sleep(RETRY_AFTER_S)
        assert answer.is_success, answer.text


def http_client(server: ServerProcess) -> httpx.AsyncClient:
    """A client of one server; without certificates, which would take longer to read than most answers."""
    return httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=HTTP_TIMEOUT_S)


def bearer(player: Watcher) -> dict[str, str]:
    """The headers that prove who a player is."""
    return {"Authorization": f"Bearer {player.token}"}


async def open_game(servers: Sequence[ServerProcess], script: str = "", pace_s: float = 0.0) -> Game:
    """Open a game, join it, and return it with those who will follow it, each through another server first."""
    urls = [server.ws_url for server in servers]
    async with http_client(servers[0]) as http:
        red, yellow = [await ask(http, "/api/players", None, name=name) for name in ("Ann", "Bob")]
        game = (await ask(http, "/api/games", red["token"], color="red"))["id"]
        await ask(http, f"/api/games/{game}/join", yellow["token"])
    players = [
        Player(game, urls[seat:] + urls[:seat], token["token"], seat=seat, script=script, pace_s=pace_s)
        for seat, token in enumerate((red, yellow))
    ]
    return Game(game, (players[0], players[1]), tuple(Watcher(game, [url]) for url in urls))


async def ask(http: httpx.AsyncClient, path: str, token: str | None, **body: str) -> Json:
    """Ask for something that changes something, and return the answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await http.post(path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return dict(answer.json())


def make_move(game: str, version: int, column: str) -> Json:
    """A move with an id of its own."""
    return {
        "type": "make_move",
        "id": str(uuid.uuid4()),
        "game": game,
        "expected_version": version,
        "column": column,
    }


async def log_of(game: str, connection: Connection) -> list[Json]:
    """The events of a game as the database holds them."""
    rows = await connection.fetch(
        """
        SELECT version, type, data, command_id::text, recorded_at AS at
        FROM fourfold.events
        WHERE stream = $1
        ORDER BY version
        """,
        game,
    )
    return [dict(row) | {"data": json.loads(row["data"]), "at": _as_on_the_wire(row["at"])} for row in rows]


def in_short(event: Json) -> tuple[object, ...]:
    """What the log and the wire have in common; the time tells an event from another one in its place."""
    return event["version"], event["type"], event["at"], event["data"].get("column")


def _as_on_the_wire(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

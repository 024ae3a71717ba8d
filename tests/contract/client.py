"""An independent client of the wire protocol: players, games and websockets, and nothing taken from the server.

Every message that crosses a `Socket` is held against the AsyncAPI document, every answer of `Api` against the
OpenAPI document, so each test is a test of those documents too.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from tests.contract.documents import Documents
from tests.processes import ServerProcess

TIMEOUT_S = 10.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Player:
    """Who may act, and the proof of it."""

    id: str
    name: str
    token: str
    cookie: str

    @property
    def bearer(self) -> dict[str, str]:
        """The headers of a program that acts for this player."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Match:
    """A game that has begun, and its two seats: `players[0]` is red and moves first."""

    game: str
    players: tuple[Player, Player]

    def mover_at(self, version: int) -> Player:
        """Whose turn it is at a version of this game: it was opened at 1, and red moves at 2."""
        return self.players[version % 2]


class Api:
    """The HTTP side of one server. Each method plays by the rules; `http` is there for those that do not."""

    def __init__(self, server: ServerProcess, documents: Documents) -> None:
        self.url = server.url
        self.ws_url = server.ws_url
        self.documents = documents
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
        self.http = httpx.AsyncClient(
            base_url=self.url,
            timeout=TIMEOUT_S,
            limits=limits,
            event_hooks={"response": [self._check]},
        )
        # A test that acts by cookie says so; nobody is somebody else because of an answer they got.
        self.http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    async def _check(self, answer: httpx.Response) -> None:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return
        await answer.aread()
        self.documents.check_answer(answer)

    async def player(self, name: str = "Ann") -> Player:
        answer = await self.http.post("/api/players", json={"name": name})
        assert answer.status_code == 201, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return Player(**answer.json(), cookie=cookie)

    async def open_game(self, opener: Player, **options: object) -> str:
        answer = await self.http.post("/api/games", json=options, headers=opener.bearer)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def join(self, game: str, player: Player) -> httpx.Response:
        return await self.http.post(f"/api/games/{game}/join", headers=player.bearer)

    async def match(self, columns: str = "") -> Match:
        """A game that two new players have begun, and the first moves of it; its version is `2 + len(columns)`."""
        red, yellow = await self.player("Ann"), await self.player("Bob")
        game = await self.open_game(red, color="red")
        assert (await self.join(game, yellow)).status_code == 200
        match = Match(game, (red, yellow))
        await self.play(match, columns)
        return match

    async def play(self, match: Match, columns: str, version: int = 2) -> None:
        """Make one move after the other, from a version on."""
        for number, column in enumerate(columns, start=version):
            answer = await self.move(match.game, match.mover_at(number), number, column)
            assert answer.status_code == 201, answer.text

    async def move(
        self, game: str, player: Player, version: int, column: str, key: str | None = None
    ) -> httpx.Response:
        headers = player.bearer | {"If-Match": f'"{version}"'} | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(f"/api/games/{game}/moves", json={"column": column}, headers=headers)

    async def state(self, game: str, version: int | None = None) -> Json:
        answer = await self.http.get(f"/api/games/{game}", params={} if version is None else {"version": version})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def events(self, game: str, after: int = 0) -> list[Json]:
        answer = await self.http.get(f"/api/games/{game}/events", params={"after": after})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["events"])

    @asynccontextmanager
    async def socket(
        self, player: Player | None = None, *, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator["Socket"]:
        """A websocket that has been welcomed: a player's, or a guest's.

        Raises:
            InvalidStatus: the server refused the connection.
        """
        sent = (player.bearer if player else {}) | dict(headers or {})
        async with connect(
            self.ws_url, additional_headers=sent, max_size=None, max_queue=None, open_timeout=TIMEOUT_S
        ) as connection:
            yield await Socket(connection, self.documents).welcomed()


@dataclass(slots=True)
class Socket:
    """One websocket: what it received so far, and how to wait for more."""

    connection: ClientConnection
    documents: Documents
    frames: list[Json] = field(default_factory=list)
    _read: int = 0

    async def welcomed(self) -> Self:
        assert (await self.next())["type"] == "welcome"
        return self

    @property
    def welcome(self) -> Json:
        return self.frames[0]

    async def send(self, message: Json) -> None:
        """Send a message that the contract knows."""
        self.documents.check_sent(message)
        await self.connection.send(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def next(self, timeout_s: float = TIMEOUT_S) -> Json:
        """The next frame, whatever it is.

        Raises:
            ConnectionClosedError: there is none.
            TimeoutError: none came in time.
        """
        frame = await asyncio.wait_for(self.connection.recv(decode=True), timeout_s)
        message = json.loads(frame, parse_constant=_refuse)
        self.documents.check_received(message)
        self.frames.append(message)
        return dict(message)

    async def until(self, wanted: Callable[[Json], bool], timeout_s: float = TIMEOUT_S) -> Json:
        """The first frame, of those not yet waited for, that is wanted; frames before it stay in `frames`."""
        async with asyncio.timeout(timeout_s):
            while True:
                while self._read < len(self.frames):
                    self._read += 1
                    if wanted(self.frames[self._read - 1]):
                        return self.frames[self._read - 1]
                await self.next(timeout_s)

    async def ask(self, message: Json) -> Json:
        """Send a command and wait for its answer, accepted or rejected."""
        await self.send(message)
        return await self.until(lambda frame: frame.get("id") == message["id"])

    async def watch(self, game: str, after: int = 0) -> Json:
        """Watch, and return the first frame about it."""
        self._read = len(self.frames)
        await self.send({"type": "watch", "game": game, "after": after})
        return await self.until(lambda f: f["type"] in ("events", "rejected") and f["game"] == game)

    async def until_version(self, game: str, version: int) -> list[Json]:
        """All events of a game received so far, once that version is among them."""
        async with asyncio.timeout(TIMEOUT_S):
            while not any(event["version"] == version for event in self.events(game)):
                await self.next()
        return self.events(game)

    def events(self, game: str) -> list[Json]:
        """The events that came in `events` frames of a game, in the order of their arrival."""
        watched = (frame for frame in self.frames if frame["type"] == "events" and frame["game"] == game)
        return [event for frame in watched for event in frame["events"]]

    async def closing(self) -> int:
        """Read on until the server has closed the socket, and return the close code."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    await self.next()
                except ConnectionClosedError as end:
                    assert end.rcvd is not None, "the connection was cut, not closed"  # noqa: PT017
                    return end.rcvd.code


def make_move(game: str, version: int, column: str, *, key: str | None = None) -> Json:
    return {
        "type": "make_move",
        "id": key or str(uuid.uuid4()),
        "game": game,
        "expected_version": version,
        "column": column,
    }


def resign(game: str, version: int) -> Json:
    return {"type": "resign", "id": str(uuid.uuid4()), "game": game, "expected_version": version}


def versions(events: Sequence[Json]) -> list[int]:
    return [event["version"] for event in events]


def _refuse(constant: str) -> None:
    raise ValueError(f"not JSON: {constant}")

"""The HTTP side of a run: players and games are made here, logs and states asked for."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec

from tests.checking.journal import Event
from tests.load.client import Client

TIME_LIMIT_S: Final = 10.0
ATTEMPTS: Final = 60
PAUSE_S: Final = 0.25
AT_ONCE: Final = 32

_BUSY: Final = (429, 500, 502, 503)


class HostError(Exception):
    """The server did not do what every server does; the message says what came instead."""


class _Log(msgspec.Struct):
    events: list[Event]


@dataclass(eq=False)
class Host:
    """Asks the servers at `urls`; who is busy, or being restarted, is asked again for a while."""

    urls: Sequence[str]
    chance: random.Random
    _http: aiohttp.ClientSession = field(init=False)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def make_player(self, name: str) -> tuple[str, str]:
        """Return the id and the token of a new player."""
        answer = await self._ask("POST", "/api/players", json={"name": name})
        return answer["id"], answer["token"]

    async def open_game(self, red: Client, yellow: Client) -> str:
        """Open a game and have it joined; return its id."""
        opened = await self._ask("POST", "/api/games", red.token, json={"color": "red", "public": False})
        game: str = opened["id"]
        joined = await self._ask("POST", f"/api/games/{game}/join", yellow.token, json={})
        if (joined["player_one"], joined["player_two"]) != (red.player, yellow.player):
            raise HostError(f"game {game} was opened by {red.player} as red, but the seats are {joined}")
        return game

    async def state(self, game: str) -> dict[str, Any]:
        """Return the state of a game as the server tells it."""
        return await self._ask("GET", f"/api/games/{game}")

    async def events(self, game: str) -> list[Event]:
        """Return the log of a game as the server tells it."""
        return msgspec.convert(await self._ask("GET", f"/api/games/{game}/events"), _Log).events

    async def _ask(self, method: str, path: str, token: str | None = None, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        said = "nothing"
        for _ in range(ATTEMPTS):
            try:
                async with (
                    self._places,
                    self._http.request(
                        method, self.chance.choice(self.urls) + path, headers=headers, **request
                    ) as answer,
                ):
                    content = await answer.read()
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                said = repr(error)
            else:
                if answer.ok:
                    return msgspec.json.decode(content, type=dict[str, Any])
                said = f"{answer.status} {content.decode(errors='replace')[:200]}"
                if answer.status not in _BUSY:
                    break
            await asyncio.sleep(PAUSE_S)
        raise HostError(f"{method} {path} was answered by {said}")

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIME_LIMIT_S))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

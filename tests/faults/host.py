"""The HTTP side of the load: players and games are made here, and states asked for."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from tests.checking.journal import GameJournal
from tests.faults.app_process import AppProcess
from tests.faults.tally import Tally

TIMEOUT_S: Final = 4.0
PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Seats:
    """A game that has begun."""

    game: str
    player_one: str
    player_two: str


@dataclass(eq=False)
class Host:
    """Asks any of the processes, and goes on asking until one answers."""

    apps: Sequence[AppProcess]
    chance: random.Random
    _http: httpx.AsyncClient = field(init=False)

    async def make_player(self, name: str) -> tuple[str, str]:
        """Return the id and the token of a new player."""
        answer = await _answer_of(lambda: self._post("/api/players", {"name": name}))
        return answer["id"], answer["token"]

    async def open_game(self, opener: str, joiner: str, tally: Tally) -> Seats:
        """Have one player open a game and another one join it."""
        body = {"color": self.chance.choice(("red", "yellow", "random")), "public": self.chance.random() < 0.5}
        while (opened := await self._post("/api/games", body, opener)) is None:
            tally.games_without_answer += 1
            await asyncio.sleep(PAUSE_S)
        game = opened["id"]
        joined = await _answer_of(lambda: self._post(f"/api/games/{game}/join", {}, joiner))
        return Seats(game, joined["player_one"], joined["player_two"])

    async def ask_for_states(self, journals: Sequence[GameJournal]) -> None:
        """Write down what the server tells as the state of each game."""
        await asyncio.gather(*(self._ask_for_state(journal) for journal in journals))

    async def _ask_for_state(self, journal: GameJournal) -> None:
        journal.served = await _answer_of(lambda: self._ask("GET", f"/api/games/{journal.game}"))

    async def _post(self, path: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any] | None:
        return await self._ask(
            "POST", path, json=body, headers={"Authorization": f"Bearer {token}"} if token else {}
        )

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any] | None:
        """Return the answer of one process, or None when it has none to give now."""
        app = self.chance.choice([app for app in self.apps if app.is_ready.is_set()] or list(self.apps))
        try:
            answer = await self._http.request(method, app.url + path, **request)
        except (httpx.TransportError, httpx.RemoteProtocolError):
            return None
        if answer.status_code in (429, 500, 503):
            return None
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        content: dict[str, Any] = msgspec.json.decode(answer.content)
        return content

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, verify=False, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()


async def _answer_of(ask: Callable[[], Awaitable[dict[str, Any] | None]]) -> dict[str, Any]:
    """Ask until there is an answer; only for what may be asked for twice."""
    while True:
        answer = await ask()
        if answer is not None:
            return answer
        await asyncio.sleep(PAUSE_S)

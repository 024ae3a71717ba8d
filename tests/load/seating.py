"""Who takes part in a run: players and guests, their connections, and what becomes of lost ones."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from typing import Final

from tests.load.checks import Checks
from tests.load.client import CONNECTION_FAILED, Client
from tests.load.figures import Figures
from tests.load.host import Host
from tests.load.options import Assignment

CONNECTS_AT_ONCE: Final = 50
BACK_OFF_S: Final = (0.05, 0.5)


class Seating:
    """Makes clients of the servers of an assignment, and keeps them connected. It is their `Owner`."""

    def __init__(
        self,
        assignment: Assignment,
        tasks: asyncio.TaskGroup,
        *,
        host: Host,
        checks: Checks,
        figures: Figures,
        chance: random.Random,
    ) -> None:
        self.options = assignment.options
        self.tasks = tasks
        self.host = host
        self.checks = checks
        self.figures = figures
        self.chance = chance
        self.clients: list[Client] = []
        """Everybody who reads."""
        self.mutes: list[Client] = []
        """Those who never do."""
        self.comes_back = True
        """Whether a client whose connection is lost connects again at once."""
        self._urls = assignment.urls
        self._places = asyncio.Semaphore(CONNECTS_AT_ONCE)

    async def player(self, name: str, numbers: Iterable[int]) -> list[Client]:
        """Make a player, and for each number a client of theirs; the number says at which server."""
        player, token = await self.host.make_player(name)
        made = [
            Client(f"{name} #{number}", self._url(number), self, player=player, token=token) for number in numbers
        ]
        self.clients += made
        return made

    def guests(self, name: str, numbers: Iterable[int]) -> list[Client]:
        """Make guests, who only watch."""
        made = [Client(f"{name}.{number}", self._url(number), self) for number in numbers]
        self.clients += made
        return made

    def make_mutes(self) -> None:
        """Make the guests who never read."""
        self.mutes = [
            Client(f"mute {number}", self._url(number), self, is_mute=True) for number in range(self.options.mute)
        ]

    async def connect_all(self) -> None:
        """Connect everybody."""
        await asyncio.gather(*(self.connect(client) for client in (*self.clients, *self.mutes)))

    async def connect(self, client: Client) -> None:
        """Connect a client, however often it takes."""
        pause = BACK_OFF_S[0]
        while self.comes_back:
            try:
                async with self._places:
                    await client.connect()
            except CONNECTION_FAILED:
                self.figures.count("failed connects")
                await asyncio.sleep(pause * self.chance.uniform(0.5, 1.0))
                pause = min(2 * pause, BACK_OFF_S[1])
            else:
                return

    def leave(self) -> None:
        """Have everybody go."""
        self.comes_back = False
        for client in (*self.clients, *self.mutes):
            client.drop()

    def breach(self, promise: str, game: str, what: str, trace: Sequence[str] = ()) -> None:
        """Take a broken promise."""
        self.checks.breach(promise, game, what, trace)

    # What clients tell: see `Owner`.

    def lost(self, client: Client) -> None:
        """See `Owner`."""
        self.figures.count("lost connections")
        if self.comes_back:
            self.tasks.create_task(self.connect(client))

    def complain(self, promise: str, game: str, what: str) -> None:
        """See `Owner`."""
        self.breach(promise, game, what)

    def _url(self, number: int) -> str:
        return self._urls[number % len(self._urls)].replace("http", "ws", 1) + "/ws"

"""Where games are played: seats are taken, games follow one another, connections come back."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.checking.scripts import Script, make_scripts
from tests.load.checks import Checks
from tests.load.client import CONNECTION_FAILED, Client
from tests.load.figures import Figures
from tests.load.host import Host, HostError
from tests.load.match import Match
from tests.load.options import Assignment
from tests.load.pace import Closed, Open, Pace

SCRIPTS: Final = 400
CONNECTS_AT_ONCE: Final = 50
BACK_OFF_S: Final = (0.05, 0.5)
SETTLE_LIMIT_S: Final = 30.0


@dataclass(slots=True, eq=False)
class Pairing:
    """Two players who play one game after the other, and who watches them."""

    red: Client
    yellow: Client
    watchers: list[Client]
    match: Match | None = None


class Table:
    """The games of one generator process."""

    def __init__(
        self,
        assignment: Assignment,
        *,
        host: Host,
        checks: Checks,
        figures: Figures,
        chance: random.Random,
    ) -> None:
        options = assignment.options
        self.figures = figures
        self.chance = chance
        self.mischief = options.mischief
        self.has_rules = options.has_rules
        self.in_lockstep = options.scenario == "hot"
        self.pairings: list[Pairing] = []
        self.mutes: list[Client] = []
        self._options = options
        self._urls = assignment.urls
        self._host = host
        self._checks = checks
        self._pace: Pace = (
            Open(options.rate, options.arrivals, chance, figures) if options.rate is not None else Closed()
        )
        self._scripts: list[Script] = [
            script for script in make_scripts(SCRIPTS) if options.has_rules or script[-1] is not None
        ]
        self._tasks: asyncio.TaskGroup
        self._connects = asyncio.Semaphore(CONNECTS_AT_ONCE)
        self._changed = asyncio.Event()
        self.comes_back = True
        """Whether a client whose connection is lost connects again at once."""
        self.is_stopping = False

    @property
    def clients(self) -> list[Client]:
        """Everybody who reads."""
        return [client for pairing in self.pairings for client in (pairing.red, pairing.yellow, *pairing.watchers)]

    @property
    def matches(self) -> list[Match]:
        """The games under way."""
        return [pairing.match for pairing in self.pairings if pairing.match is not None]

    async def seat(self, tasks: asyncio.TaskGroup) -> None:
        """Make the players, connect everybody, begin all games."""
        self._tasks = tasks
        options = self._options
        self.pairings = await asyncio.gather(*(self._pair(number) for number in range(options.games)))
        self.mutes = [
            Client(f"mute {number}", self._ws(number), self, is_mute=True) for number in range(options.mute)
        ]
        await asyncio.gather(*(self.connect(client) for client in (*self.clients, *self.mutes)))
        await asyncio.gather(*(self._begin(pairing) for pairing in self.pairings))

    async def run(self) -> None:
        """Have moves made until cancelled."""
        await self._pace.run()

    async def stop(self) -> None:
        """Have no more moves made, and wait until all answers came and everybody has seen everything."""
        self.is_stopping = True
        for match in self.matches:
            match.stop()
        try:
            await self._until(lambda: not self.matches, SETTLE_LIMIT_S)
        except TimeoutError:
            for match in self.matches:
                self._complain_of(match)

    async def caught_up(self, limit_s: float) -> None:
        """Wait until every connection holds and has all it missed.

        Raises:
            TimeoutError: not within `limit_s`.
        """
        async with asyncio.timeout(limit_s):
            while not all(client.is_caught_up for client in self.clients):  # noqa: ASYNC110 - nobody counts them
                await asyncio.sleep(0.01)

    async def connect(self, client: Client) -> None:
        """Connect a client, however often it takes."""
        pause = BACK_OFF_S[0]
        while True:
            try:
                async with self._connects:
                    await client.connect()
            except CONNECTION_FAILED:
                self.figures.count("failed connects")
                await asyncio.sleep(pause * self.chance.uniform(0.5, 1.0))
                pause = min(2 * pause, BACK_OFF_S[1])
            else:
                return

    # What matches and clients tell: see `match.Table` and `client.Owner`.

    def is_due(self, match: Match) -> None:
        """See `match.Table`."""
        self._pace.is_due(match)

    def over(self, match: Match) -> None:
        """See `match.Table`."""
        if self.has_rules:
            self._checks.ended(match)
        self.figures.count("games")
        pairing = next(pairing for pairing in self.pairings if pairing.match is match)
        pairing.match = None
        for client in (pairing.red, pairing.yellow, *pairing.watchers, *self.mutes):
            client.unwatch(match.id)
        if not self.is_stopping:
            self._tasks.create_task(self._begin(pairing))
        self._changed.set()

    def stranger(self, match: Match) -> Client | None:
        """See `match.Table`."""
        stranger = self.chance.choice(self.pairings).red
        return None if stranger in match.seats else stranger

    def breach(self, promise: str, game: str, what: str, trace: Sequence[str] = ()) -> None:
        """See `match.Table`."""
        self._checks.breach(promise, game, what, trace)

    complain = breach

    def lost(self, client: Client) -> None:
        """See `client.Owner`."""
        self.figures.count("lost connections")
        if self.comes_back:
            self._tasks.create_task(self.connect(client))

    async def _pair(self, number: int) -> Pairing:
        red, yellow = await asyncio.gather(*(self._player(number, name) for name in ("red", "yellow")))
        watchers = [
            Client(f"watcher {number}.{index}", self._ws(number + 1 + index), self)
            for index in range(self._options.watchers)
        ]
        return Pairing(red, yellow, watchers)

    async def _player(self, number: int, color: str) -> Client:
        player, token = await self._host.make_player(f"{color} {number}")
        return Client(f"{color} {number}", self._ws(number + (color == "yellow")), self, player, token)

    async def _begin(self, pairing: Pairing) -> None:
        try:
            game = await self._host.open_game(pairing.red, pairing.yellow)
        except HostError as error:
            self._checks.breach("games can be opened", "", str(error))
            return
        match = Match(game, (pairing.red, pairing.yellow), self.chance.choice(self._scripts), self)
        pairing.match = match
        for mute in self.mutes:
            mute.watch(match)
        match.begin(pairing.watchers)
        if self.is_stopping:
            match.stop()

    async def _until(self, condition: Callable[[], bool], limit_s: float) -> None:
        async with asyncio.timeout(limit_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _complain_of(self, match: Match) -> None:
        behind = [
            f"{view.client.name} has seen {view.version}" for view in match.views if view.version < match.version
        ]
        what = f"after {SETTLE_LIMIT_S:g} s some answers or events are missing: {match}"
        self._checks.breach("every command is answered, every observer converges", match.id, what[:400], behind[:6])
        self._checks.ended(match)

    def _ws(self, number: int) -> str:
        return self._urls[number % len(self._urls)].replace("http", "ws", 1) + "/ws"

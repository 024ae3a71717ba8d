"""Where games are played: each pair of players plays one game after the other, and their watchers watch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tests.checking.scripts import Script, make_scripts
from tests.load.client import Client
from tests.load.host import HostError
from tests.load.match import Match
from tests.load.pace import Closed, Open, Pace
from tests.load.race import RacedGame
from tests.load.seating import Seating

SCRIPTS: Final = 400
SETTLE_LIMIT_S: Final = 30.0


class Played(Protocol):
    """A game under way."""

    id: str

    def begin(self, watchers: Sequence[Client]) -> None:
        """Have everybody watch."""

    def stop(self) -> None:
        """Make no more moves."""


@dataclass(slots=True, eq=False)
class Pairing:
    """Two players, each with their sockets, who play one game after the other, and who watches them."""

    red: list[Client]
    yellow: list[Client]
    watchers: list[Client]
    game: Match | RacedGame | None = None

    @property
    def everybody(self) -> list[Client]:
        """Everybody who is in the game."""
        return [*self.red, *self.yellow, *self.watchers]


class Table:
    """The games of one generator process."""

    def __init__(self, seating: Seating) -> None:
        options = seating.options
        self.figures = seating.figures
        self.chance = seating.chance
        self.mischief = options.mischief
        self.has_rules = options.has_rules
        self.in_lockstep = options.scenario == "hot"
        self._is_race = options.scenario == "race"
        self._seating = seating
        self._options = options
        self._pairings: list[Pairing] = []
        self._pace: Pace = Closed()
        if options.rate is not None:
            self._pace = Open(options.rate, options.arrivals, self.chance, self.figures)
        self._scripts: list[Script] = [
            script for script in make_scripts(SCRIPTS) if options.has_rules or script[-1] is not None
        ]
        self._changed = asyncio.Event()
        self._is_stopping = False

    async def seat(self) -> None:
        """Make the players, connect everybody, begin all games."""
        self._pairings = await asyncio.gather(*(self._pair(number) for number in range(self._options.games)))
        self._seating.make_mutes()
        await self._seating.connect_all()
        await asyncio.gather(*(self._begin(pairing) for pairing in self._pairings))

    async def run(self) -> None:
        """Have moves made until cancelled."""
        await self._pace.run()

    async def stop(self) -> None:
        """Have no more moves made, and wait until all answers came and everybody has seen everything."""
        self._is_stopping = True
        for game in self._under_way:
            game.stop()
        try:
            async with asyncio.timeout(SETTLE_LIMIT_S):
                while self._under_way:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            for game in self._under_way:
                self._complain_of(game)

    # What a game tells: see `match.Table`.

    def is_due(self, match: Match) -> None:
        """See `match.Table`."""
        self._pace.is_due(match)

    def over(self, game: Match | RacedGame) -> None:
        """See `match.Table`."""
        if self.has_rules:
            self._seating.checks.ended(game)
        self.figures.count("games")
        pairing = next(pairing for pairing in self._pairings if pairing.game is game)
        pairing.game = None
        for client in (*pairing.everybody, *self._seating.mutes):
            client.unwatch(game.id)
        if not self._is_stopping:
            self._seating.tasks.create_task(self._begin(pairing))
        self._changed.set()

    def stranger(self, match: Match) -> Client | None:
        """See `match.Table`."""
        stranger = self.chance.choice(self._pairings).red[0]
        return None if stranger in match.seats else stranger

    def breach(self, promise: str, game: str, what: str, trace: Sequence[str] = ()) -> None:
        """See `match.Table`."""
        self._seating.breach(promise, game, what, trace)

    @property
    def _under_way(self) -> list[Match | RacedGame]:
        return [pairing.game for pairing in self._pairings if pairing.game is not None]

    async def _pair(self, number: int) -> Pairing:
        """Seat two players: at neighbouring servers, where there are several, and watchers at all of them."""
        sockets = self._options.sockets if self._is_race else 1
        red, yellow = await asyncio.gather(
            self._seating.player(f"red {number}", range(number, number + sockets)),
            self._seating.player(f"yellow {number}", range(number + 1, number + 1 + sockets)),
        )
        first = number + 1
        guests = self._seating.guests(f"watcher {number}", range(first, first + self._options.watchers))
        return Pairing(red, yellow, guests)

    async def _begin(self, pairing: Pairing) -> None:
        try:
            game_id = await self._seating.host.open_game(pairing.red[0], pairing.yellow[0])
        except HostError as error:
            self.breach("games can be opened", "", str(error))
            return
        pairing.game = game = self._game(game_id, pairing)
        for mute in self._seating.mutes:
            mute.watch(game)
        game.begin(pairing.watchers)
        if self._is_stopping:
            game.stop()

    def _game(self, game_id: str, pairing: Pairing) -> Match | RacedGame:
        script = self.chance.choice(self._scripts)
        if not self._is_race:
            return Match(game_id, (pairing.red[0], pairing.yellow[0]), script, self)
        seats = (pairing.red, pairing.yellow)
        return RacedGame(
            game_id, seats, script, figures=self.figures, chance=self.chance, breach=self.breach, on_end=self.over
        )

    def _complain_of(self, game: Match | RacedGame) -> None:
        observation = game.observation
        behind = [
            f"{view.client.name} has seen {view.version} of {observation.version}"
            for view in observation.views
            if view.version < observation.version
        ]
        waiting = [
            f"{client.name} waits for {client.unanswered} answers"
            for client in dict.fromkeys(view.client for view in observation.views)
            if client.unanswered
        ]
        what = f"after {SETTLE_LIMIT_S:g} s some answers or events are still missing"
        self.breach("every command is answered, every observer converges", game.id, what, [*behind, *waiting][:6])
        self._seating.checks.ended(game)

"""Many games at once, over few sockets: players and spectators on all processes, and a check of each at its end.

What is in memory is what is under way. A game that has ended, whose answers have all come and whose observers have
all seen the last event, is held against the log and forgotten.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.checking.journal import Command, GameJournal, Outcome
from tests.checking.messages import Accepted, Rejected
from tests.checking.scripts import Script, make_scripts
from tests.faults.app_process import AppProcess
from tests.faults.host import Host
from tests.faults.inspector import Inspector
from tests.faults.match import Match
from tests.faults.postgres import Postgres
from tests.faults.session import Session
from tests.faults.tally import Tally

PLAYERS: Final = 8
SCRIPTS: Final = 40
OPENERS: Final = 6
ASK_AGAIN_AFTER_S: Final = 0.3
STUCK_AFTER_S: Final = 45.0
"""A game in which nothing happens for so long, although all faults end sooner, has lost something."""


@dataclass(eq=False)
class Load:
    """Plays `games` games at a time until it is told to stop. `running` sets it up and takes it down."""

    apps: Sequence[AppProcess]
    postgres: Postgres
    chance: random.Random
    games: int
    tally: Tally = field(default_factory=Tally)
    matches: dict[str, Match] = field(default_factory=dict)
    progress: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever anything was answered or seen."""
    players: dict[str, list[Session]] = field(default_factory=dict)
    spectators: int = 3
    spectators_per_game: int = 1
    is_stopping: bool = False
    _scripts: list[Script] = field(init=False, default_factory=list)
    _backlog: dict[str, deque[Command]] = field(init=False, default_factory=dict)
    _watching: list[Session] = field(init=False, default_factory=list)
    inspector: Inspector = field(init=False)
    _host: Host = field(init=False)
    _ended: asyncio.Queue[Match] = field(init=False, default_factory=asyncio.Queue)
    _wanted: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Load"]:
        """Play within the block. At its end the games under way are left where they are, settled and checked."""
        self._scripts = make_scripts(SCRIPTS)
        self.inspector = Inspector(self.postgres, self.tally)
        async with Host(self.apps, self.chance) as self._host, asyncio.TaskGroup() as tasks:
            await self._seat_everybody()
            helpers = [tasks.create_task(self._open_games()) for _ in range(OPENERS)]
            helpers += [tasks.create_task(work) for work in (self._check_ended(), self._sweep())]
            helpers += [tasks.create_task(self.inspector.follow_the_log())]
            helpers += [tasks.create_task(session.run()) for session in self.sessions]
            try:
                yield self
                await self.finish()
            finally:
                for helper in helpers:
                    helper.cancel()

    @property
    def sessions(self) -> list[Session]:
        return [*(session for sessions in self.players.values() for session in sessions), *self._watching]

    async def finish(self, timeout_s: float = 60.0) -> None:
        """Open and move no more, wait until all answers came and all observers have seen all, and check."""
        self.is_stopping = True
        for match in self.matches.values():
            match.stopped = True
        try:
            async with asyncio.timeout(timeout_s):
                while self.matches:
                    for match in list(self.matches.values()):
                        self._look_at(match)
                    self.progress.clear()
                    await self.progress.wait()
        except TimeoutError:
            for match in list(self.matches.values()):
                self._give_up(match)
        await self._ended.join()
        await self.inspector.check_the_whole_log()

    async def moves(self, count: int, timeout_s: float = 60.0) -> None:
        """Wait for that many more acknowledged moves."""
        goal = self.tally.acknowledged + count
        await self._until(lambda: self.tally.acknowledged >= goal, timeout_s)

    async def doubts(self, count: int, timeout_s: float = 60.0) -> None:
        """Wait until that many more connections were lost before the answer to a command."""
        goal = self.tally.unknown + count
        await self._until(lambda: self.tally.unknown >= goal, timeout_s)

    async def at_full_speed(self, timeout_s: float = 60.0) -> None:
        """Wait until everybody is connected and as many games as wanted are under way."""
        await self._until(
            lambda: len(self.matches) >= self.games and all(session.is_open for session in self.sessions),
            timeout_s,
        )

    async def _until(self, condition: Callable[[], bool], timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                self.progress.clear()
                await self.progress.wait()

    # What matches and sessions ask for: see `Table` and `Owner`.

    def send(self, command: Command, player: str, preferred: Session | None) -> None:
        open_ones = [session for session in self.players[player] if session.is_open]
        if preferred is not None and preferred.is_open:
            preferred.send(command)
        elif open_ones:
            self.chance.choice(open_ones).send(command)
        else:
            self._backlog[player].append(command)

    def elsewhere(self, player: str, session: Session) -> Session:
        return self.chance.choice([other for other in self.players[player] if other is not session] or [session])

    def stranger(self, players: tuple[str, str]) -> str:
        return self.chance.choice([player for player in self.players if player not in players])

    def answered(self, command: Command, message: Accepted | Rejected) -> None:
        if isinstance(message, Rejected) and message.code == "too_many_requests":
            self.tally.busy += 1
            loop = asyncio.get_running_loop()
            loop.call_later(ASK_AGAIN_AFTER_S, self.send, command, command.player, None)
            return
        self.tally.count(command, message)
        match = self.matches.get(command.game)
        if match is not None:
            match.answered(command, message, asyncio.get_running_loop().time())
            self._look_at(match)
        self.progress.set()

    def doubted(self, command: Command) -> None:
        command.doubts += 1
        self.tally.unknown += command.outcome is Outcome.UNKNOWN
        self.send(command, command.player, None)

    def opened(self, session: Session) -> None:
        player = next((player for player, sessions in self.players.items() if session in sessions), None)
        backlog = self._backlog.get(player or "", deque())
        while backlog and session.is_open:
            session.send(backlog.popleft())

    def seen(self, game: str, count: int) -> None:
        self.tally.events_seen += count
        self.progress.set()
        match = self.matches.get(game)
        if match is not None:
            match.changed_at = asyncio.get_running_loop().time()
            self._look_at(match)

    def complain(self, game: str, what: str) -> None:
        self.tally.violation("honest answers", game, what)

    # The life of a game.

    async def _seat_everybody(self) -> None:
        for number in range(PLAYERS):
            player, token = await self._host.make_player(f"Player {number}")
            self._backlog[player] = deque()
            self.players[player] = [
                Session(f"{player} at {app.number}", app, token, self, self.chance) for app in self.apps
            ]
        self._watching = [
            Session(f"spectator {number}", self.apps[number % len(self.apps)], None, self, self.chance)
            for number in range(self.spectators)
        ]

    async def _open_games(self) -> None:
        while True:
            self._wanted.clear()
            while len(self.matches) < self.games and not self.is_stopping:
                await self._open_game()
            await self._wanted.wait()

    async def _open_game(self) -> None:
        opener, joiner = self.chance.sample(sorted(self.players), 2)
        tokens = [self.players[player][0].token or "" for player in (opener, joiner)]
        seats = await self._host.open_game(tokens[0], tokens[1], self.tally)
        if self.is_stopping:
            return
        journal = GameJournal(seats.game, seats.player_one, seats.player_two)
        homes = (self._seat(seats.player_one), self._seat(seats.player_two))
        spectators = self.chance.sample(self._watching, self.spectators_per_game)
        script = self.chance.choice(self._scripts)
        now = asyncio.get_running_loop().time()
        self.matches[seats.game] = match = Match(journal, script, homes, spectators, self, now)
        match.begin()

    def _seat(self, player: str) -> Session:
        return self.chance.choice(self.players[player])

    def _look_at(self, match: Match) -> None:
        if match.is_over and self.matches.pop(match.id, None) is not None:
            self._ended.put_nowait(match)
            self._wanted.set()

    def _give_up(self, match: Match) -> None:
        seen = {session.name: (session.seen(match.id), session.is_open) for session in match.watchers}
        last = list(match.journal.commands.values())[-4:]
        what = f"stuck at {match.version} ({match.unsettled} answers missing): {seen}, {last}"
        self.tally.violation("a game goes on", match.id, what)
        if self.matches.pop(match.id, None) is not None:
            self._ended.put_nowait(match)
            self._wanted.set()

    async def _sweep(self) -> None:
        """Now and then look for connections without answers and games without progress."""
        while True:
            await asyncio.sleep(0.5)
            for session in self.sessions:
                session.check_answers()
            now = asyncio.get_running_loop().time()
            for match in list(self.matches.values()):
                self._look_at(match)
                if match.changed_at + STUCK_AFTER_S < now:
                    self._give_up(match)
            self.progress.set()

    async def _check_ended(self) -> None:
        while True:
            ended = [await self._ended.get()]
            while not self._ended.empty() and len(ended) < 50:
                ended.append(self._ended.get_nowait())
            for match in ended:
                for session in match.watchers:
                    session.unwatch(match.id)
            await self._host.ask_for_states([match.journal for match in ended])
            await self.inspector.check([match.journal for match in ended])
            for _ in ended:
                self._ended.task_done()

"""The verdict: what everybody was told against the log, the log against the rules, the fold against the state."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

import msgspec

from tests.checking.checker import check_game
from tests.checking.journal import GameJournal, LoggedEvent, Stream
from tests.load.host import Host, HostError
from tests.load.log import Log
from tests.load.match import Match
from tests.load.observation import Observation
from tests.load.race import RacedGame
from tests.load.report import Breach
from tests.model import Model

MAX_BREACHES: Final = 20
CHECK_AT_ONCE: Final = 500
TRACED: Final = 6


class Findings(msgspec.Struct):
    """What was checked, and what was found wrong; the first breaches in full."""

    checked: dict[str, int]
    breaches: list[Breach]
    breach_count: int


def merged_findings(parts: Iterable[Findings]) -> Findings:
    """Return what several processes found as what one found."""
    checked: Counter[str] = Counter()
    breaches: list[Breach] = []
    breach_count = 0
    for part in parts:
        checked.update(part.checked)
        breaches += part.breaches
        breach_count += part.breach_count
    return Findings(dict(checked), breaches[:MAX_BREACHES], breach_count)


class Checks:
    """Collects what is found wrong while a scenario runs, and looks for more in the games that have ended."""

    def __init__(self, log: Log, host: Host, states: int) -> None:
        self._log = log
        self._host = host
        self._states_left = states
        self._ended: list[Match | RacedGame] = []
        self._checked: Counter[str] = Counter()
        self._breaches: list[Breach] = []
        self._breach_count = 0

    @property
    def breach_count(self) -> int:
        """How many promises were seen broken so far."""
        return self._breach_count

    @property
    def waiting(self) -> int:
        """How many games have ended and are not yet checked."""
        return len(self._ended)

    def breach(self, promise: str, game: str, what: str, trace: Sequence[str] = ()) -> None:
        """Write down a broken promise."""
        self._breach_count += 1
        if len(self._breaches) < MAX_BREACHES:
            self._breaches.append(Breach(promise, game, what, list(trace)))

    def ended(self, game: Match | RacedGame) -> None:
        """Take a game that is to be checked."""
        self._ended.append(game)

    async def check(self) -> None:
        """Check all games that have ended; everything about them is forgotten then."""
        while self._ended:
            games, self._ended = self._ended[:CHECK_AT_ONCE], self._ended[CHECK_AT_ONCE:]
            journals = [game.journal() for game in games]
            for journal, game in zip(journals, games, strict=True):
                journal.streams += _streams(game.observation)
            logs = await self._log.of(journals)
            await self._ask_for_states([journal for journal in journals if not journal.complaints])
            for journal in journals:
                self._check(journal, logs[journal.game])
                await asyncio.sleep(0)  # a run may still be going on

    def findings(self) -> Findings:
        """Return everything so far."""
        return Findings(dict(self._checked), self._breaches, self._breach_count)

    def _check(self, journal: GameJournal, log: Sequence[LoggedEvent]) -> None:
        self._checked["games"] += 1
        self._checked["events in the log"] += len(log)
        self._checked["commands"] += len(journal.commands)
        self._checked["observers"] += len(journal.streams)
        for violation in check_game(journal, log):
            self.breach(violation.promise, journal.game, violation.what, _trace(journal, log, violation.version))

    async def _ask_for_states(self, journals: Sequence[GameJournal]) -> None:
        asked, self._states_left = journals[: self._states_left], max(0, self._states_left - len(journals))
        await asyncio.gather(*(self._ask_for_state(journal) for journal in asked))

    async def _ask_for_state(self, journal: GameJournal) -> None:
        """Have the state served, and compare it with what the observers' events fold to."""
        try:
            journal.served = await self._host.state(journal.game)
        except HostError as error:
            self.breach("the state is served", journal.game, str(error))
            return
        self._checked["states"] += 1
        seen = max((stream.events for stream in journal.streams), key=len, default=[])
        model = Model(journal.player_one, journal.player_two)
        for event in seen:
            if event.type == "MoveMade":
                model.move(event.data["player"], event.data["column"])
        folded = model.rows()
        if journal.served["board"] != folded:
            what = f"the clients see {folded}, the server tells {journal.served['board']}"
            self.breach("each client's fold is the server's state", journal.game, what)


def _streams(observation: Observation) -> list[Stream]:
    """Return what each observer saw. Who was told something wrong was reported already."""
    return [
        Stream(view.client.name, 0, observation.events[: view.version])
        for view in observation.views
        if not view.is_broken
    ]


def _first_difference(journal: GameJournal, log: Sequence[LoggedEvent]) -> int | None:
    """Return the first version at which the log is not what was seen most of, None if they are the same."""
    seen = max((stream.events for stream in journal.streams), key=len, default=[])
    for version, (told, logged) in enumerate(zip_longest(seen, log), 1):
        if told is None or logged is None:
            return version
        if (told.version, told.type, told.data) != (logged.version, logged.type, logged.data):
            return version
    return None


def _trace(journal: GameJournal, log: Sequence[LoggedEvent], version: int | None) -> list[str]:
    """Return the few lines of log and commands that lead up to a version, or to where a defect shows first."""
    last = version or _first_difference(journal, log) or len(log)
    near = range(last - TRACED // 2, last + 1)
    lines = [
        f"log: {event.version} {event.type} {event.data} by {event.command_id}"
        for event in log
        if event.version in near
    ]
    lines += [
        f"asked: {command.column or 'resign'} at {command.expected_version} by {command.player}, {command.id}: "
        f"{command.outcome.value} {command.version or command.code or ''}"
        for command in journal.commands.values()
        if command.expected_version + 1 in near
    ]
    return lines[: 2 * TRACED]

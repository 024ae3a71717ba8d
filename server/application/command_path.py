"""The way down: a command is decided on the live game and appended with the version it was decided on.

A refusal is only told after a look at the log, because what this process holds may be a moment old; a command
whose outcome is unknown is never called refused.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.domain.commands import Command, JoinGame, MakeMove, OpenGame, Resign
from server.domain.decide import decide
from server.domain.errors import CommandIdTakenError, ConnectFourError, UnknownGameError
from server.domain.events import GameEvent, MoveMade
from server.domain.game import Finished, InProgress, fold, leaves_the_position
from server.domain.vocabulary import Color, GameId, PlayerId, Version
from server.eventstore.errors import StoreUnavailableError, WrongExpectedVersionError
from server.eventstore.store import EventStore
from server.instrumentation.fail_points import fail_point

_GAME_ID_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_GAME_ID_LENGTH: Final = 12
_JOIN_ATTEMPTS: Final = 5
_TIME_LIMIT_S: Final = 3.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command is carried out, durably; `duplicate` if it was so before."""

    game: GameId
    version: Version
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """Both seats are taken, by these."""

    version: Version
    player_one: PlayerId
    player_two: PlayerId


class RefusedError(Exception):
    """A command was refused, by the rules or because the game has moved on; nothing happened.

    `reason` is a `ConnectFourError` or a `WrongExpectedVersionError`, and `live` the game as it is.
    """

    def __init__(self, reason: ConnectFourError | WrongExpectedVersionError, live: LiveGame) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.live = live


def new_game_id() -> GameId:
    """Return an id that nobody guesses: 12 characters that are hard to confuse, 59 bits of chance."""
    letters = len(_GAME_ID_ALPHABET)
    number = secrets.randbelow(letters**_GAME_ID_LENGTH)
    return GameId(
        "".join(_GAME_ID_ALPHABET[number // letters**place % letters] for place in range(_GAME_ID_LENGTH))
    )


class CommandPath:
    """Carries commands out, in tasks that the server owns: who asked may vanish, the command goes on.

    Every call may raise, besides what it says, `StoreBusyError` (nothing happened) and `StoreUnavailableError`
    (the outcome is unknown; asking again with the same command id settles it).
    """

    def __init__(
        self,
        store: EventStore,
        games: LiveGames,
        *,
        new_id: Callable[[], GameId] = new_game_id,
        toss: Callable[[], bool] = lambda: secrets.randbits(1) == 1,
        commutes: Callable[[GameEvent], bool] = leaves_the_position,
    ) -> None:
        self._store = store
        self._games = games
        self._new_id = new_id
        self._toss = toss
        self._commutes = commutes
        self._loop = asyncio.get_running_loop()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def open_game(self, player: PlayerId, color: Color, *, public: bool) -> Accepted:
        """Open a new game."""
        return await asyncio.shield(self._in_time(self._open(OpenGame(player, color, public))))

    async def join_game(self, player: PlayerId, game: GameId) -> Joined:
        """Take the free seat of a game; taking it twice is taking it once.

        Raises:
            RefusedError: both seats are taken, it is the player's own game, or there is no such game.
        """
        return await asyncio.shield(self._in_time(self._join(JoinGame(player, self._toss()), game)))

    async def act(
        self, command: MakeMove | Resign, game: GameId, expected_version: Version, command_id: UUID
    ) -> Accepted:
        """Carry out what a player does in a game that they saw at `expected_version`.

        Raises:
            RefusedError: the rules say no, or the game is at another version.
        """
        return await asyncio.shield(self.begin(command, game, expected_version, command_id))

    def begin(
        self, command: MakeMove | Resign, game: GameId, expected_version: Version, command_id: UUID
    ) -> asyncio.Task[Accepted]:
        """Begin what `act` waits for, in a task that is not the caller's to cancel."""
        return self._own(self._act(command, game, expected_version, command_id))

    async def finish(self) -> None:
        """Wait for the commands under way; each ends within its time limit."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _own(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` in a task that is kept until it ends, whatever becomes of who asked."""
        task = self._loop.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _in_time(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return self._own(_until(self._loop.time() + _TIME_LIMIT_S, work))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen: its caller may be gone

    async def _open(self, command: OpenGame) -> Accepted:
        return await self._append(command, self._games.new(self._new_id()), Version(0), uuid4())

    async def _join(self, command: JoinGame, game: GameId) -> Joined:
        live = self._games.in_memory(game) or await self._games.get(game)
        command_id = uuid4()
        for _ in range(_JOIN_ATTEMPTS):
            try:
                return await self._seat(command, live, command_id)
            except (ConnectFourError, WrongExpectedVersionError) as error:
                refusal, refused_at = error, live.version
            await live.catch_up()
            if live.version == refused_at and isinstance(refusal, ConnectFourError):
                break  # the log says so too
        raise RefusedError(refusal, live)

    async def _seat(self, command: JoinGame, live: LiveGame, command_id: UUID) -> Joined:
        game = fold(decide(command, live.game), live.game)
        accepted = await self._append(command, live, live.version, command_id)
        if not isinstance(game, InProgress | Finished):
            raise TypeError(f"{game} after a join")
        return Joined(accepted.version, *game.seats)

    async def _act(
        self, command: MakeMove | Resign, game: GameId, expected_version: Version, command_id: UUID
    ) -> Accepted:
        """Carry out a command. An append keeps the time limit by itself; only what goes beyond it needs a clock."""
        deadline = self._loop.time() + _TIME_LIMIT_S
        live = self._games.in_memory(game)
        if live is None:
            return await _until(deadline, self._act_anew(command, game, expected_version, command_id))
        try:
            return await self._append(command, live, expected_version, command_id)
        except (ConnectFourError, WrongExpectedVersionError):
            return await _until(deadline, self._reconsider(command, live, expected_version, command_id))

    async def _act_anew(
        self, command: MakeMove | Resign, game: GameId, expected_version: Version, command_id: UUID
    ) -> Accepted:
        live = await self._games.get(game)
        try:
            return await self._append(command, live, expected_version, command_id)
        except (ConnectFourError, WrongExpectedVersionError):
            return await self._reconsider(command, live, expected_version, command_id)

    async def _reconsider(
        self, command: MakeMove | Resign, live: LiveGame, expected_version: Version, command_id: UUID
    ) -> Accepted:
        """Look at the log before a refusal is told: what this process holds may be a moment old."""
        await live.catch_up()
        missed = live.history[expected_version:]
        if all(self._commutes(recorded.event) for recorded in missed):
            expected_version = max(expected_version, live.version)
        try:
            return await self._append(command, live, expected_version, command_id)
        except WrongExpectedVersionError as error:
            if error.actual > live.version:
                await live.catch_up()
            raise RefusedError(error, live) from error
        except ConnectFourError as error:
            raise RefusedError(error, live) from error

    async def _append(
        self, command: Command, live: LiveGame, expected_version: Version, command_id: UUID
    ) -> Accepted:
        """Decide on the live game and append. The order matters: a duplicate is one whatever else is wrong."""
        if live.carried_out(command_id):
            return _again(command, live, command_id)
        if live.version == 0 and not isinstance(command, OpenGame):
            raise UnknownGameError
        if expected_version != live.version:
            raise WrongExpectedVersionError(live.id, expected_version, live.version)
        events = decide(command, live.game)
        if not events:
            return Accepted(live.id, live.version, duplicate=True)
        appended = await self._store.append(live.id, live.head, command_id, events)
        fail_point("command.appended")
        if appended.duplicate:
            await live.catch_up()
            return _again(command, live, command_id)
        return Accepted(live.id, appended.version, duplicate=False)


def _again(command: Command, live: LiveGame, command_id: UUID) -> Accepted:
    """Answer a command that was carried out before, if it was this player's: an id proves nobody.

    Raises:
        CommandIdTakenError: it was not.
    """
    before = live.carried_out(command_id)
    if any(isinstance(past.event, MoveMade) and past.event.player != command.player for past in before):
        raise CommandIdTakenError
    return Accepted(live.id, before[-1].version, duplicate=True)


async def _until(deadline: float, work: Coroutine[Any, Any, T]) -> T:
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError as error:
        raise StoreUnavailableError("the command was not answered in time") from error

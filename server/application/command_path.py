"""The way down: what players ask for, each in a task that the server owns, and each with one deadline."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid4

from server.application.command_handler import CommandHandler, Submitted
from server.application.game_ids import new_game_id
from server.application.live_games import LiveGames
from server.application.outcomes import Accepted, Joined
from server.application.owned_tasks import OwnedTasks
from server.domain.commands import Command, ExpireGame, JoinGame, OpenGame, PlayerCommand
from server.domain.crossing import may_cross
from server.domain.events import GameEvent
from server.domain.vocabulary import Color, GameId, PlayerId, Version
from server.eventstore.store import EventStore

TIME_LIMIT_S: Final = 3.0
"""How long a command may take in all: reading, appending, and waiting for either."""


class CommandPath:
    """Carries commands out in tasks of its own: a caller may vanish, the command goes on.

    Every call may raise, besides what it says, `StoreBusyError` (nothing happened), `StoreUnavailableError` (the
    outcome is unknown; asking again with the same command id settles it) and `UnreadableGameError`.
    """

    def __init__(
        self,
        store: EventStore,
        games: LiveGames,
        subscribed: asyncio.Event,
        *,
        new_id: Callable[[], GameId] = new_game_id,
        toss: Callable[[], bool] = lambda: secrets.randbits(1) == 1,
        may_cross: Callable[[Command, GameEvent], bool] = may_cross,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        """`subscribed` is the feed's: while it is not set, what is in memory may be out of date unnoticed."""
        self._handler = CommandHandler(store, games, subscribed, may_cross)
        self._games = games
        self._new_id = new_id
        self._toss = toss
        self._time_limit_s = time_limit_s
        self._tasks = OwnedTasks()
        self._now = asyncio.get_running_loop().time

    async def open_game(self, player: PlayerId, color: Color, *, public: bool) -> Accepted:
        """Open a new game."""
        asked = self._submitted(OpenGame(player, color, public), self._new_id(), uuid4())
        return await asyncio.shield(self._tasks.start(self._handler.open(asked)))

    async def join_game(self, player: PlayerId, game: GameId) -> Joined:
        """Take the free seat of a game; taking it twice is taking it once.

        Raises:
            RefusedError: both seats are taken, it is the player's own game, or there is no such game.
        """
        command = JoinGame(player, self._toss())
        asked = self._submitted(command, game, uuid4())
        return await asyncio.shield(self._tasks.start(self._handler.join(asked, command)))

    async def act(
        self, command: PlayerCommand, game: GameId, expected_version: Version, command_id: UUID
    ) -> Accepted:
        """Carry out what a player does in a game that they saw at `expected_version`.

        Raises:
            RefusedError: the rules say no, the game is at another version, or the id is another command's.
        """
        return await asyncio.shield(self.submit(command, game, expected_version, command_id))

    def submit(
        self, command: PlayerCommand, game: GameId, expected_version: Version, command_id: UUID
    ) -> asyncio.Task[Accepted]:
        """Start what `act` waits for, in a task that is not the caller's to cancel."""
        asked = self._submitted(command, game, command_id)
        return self._tasks.start(self._handler.act(asked, expected_version))

    async def expire(self, game: GameId, version: Version) -> Accepted:
        """End a game that was open at a version, because nobody joins it.

        Raises:
            RefusedError: the game has moved on.
        """
        asked = self._submitted(ExpireGame(), game, uuid4())
        return await asyncio.shield(self._tasks.start(self._handler.act(asked, version)))

    async def finish(self) -> None:
        """Wait for the commands in progress; each ends within its time limit."""
        await self._tasks.finish()

    def _submitted(self, command: Command, game: GameId, command_id: UUID) -> Submitted:
        return Submitted(command, game, command_id, self._now() + self._time_limit_s, self._games.generation)

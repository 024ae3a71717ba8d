"""How a command is handled: decided on what is in memory first, and on what the log holds before it is refused.

What this process holds may be a moment old, so a refusal is not sent before a look at the log. A command whose
outcome is unknown is never called refused.
"""

from collections.abc import Callable
from typing import Final

from server.application.current_games import CurrentGames
from server.application.deciding import Deciding
from server.application.outcomes import Accepted, Joined, RefusedError
from server.application.submitted import Submitted
from server.domain.commands import Command, JoinGame
from server.domain.decide import decide
from server.domain.errors import ConnectFourError
from server.domain.events import GameEvent
from server.domain.game import Finished, InProgress, fold
from server.domain.vocabulary import Version
from server.eventstore.errors import WrongExpectedVersionError
from server.eventstore.places import StreamHead

_JOIN_ATTEMPTS: Final = 5


class CommandHandler:
    """Handles commands; `CommandPath` says what each call may raise."""

    def __init__(
        self, games: CurrentGames, deciding: Deciding, may_cross: Callable[[Command, GameEvent], bool]
    ) -> None:
        """`may_cross` says which events a command may be decided beyond although its player has not seen them."""
        self._games = games
        self._deciding = deciding
        self._may_cross = may_cross

    async def open(self, asked: Submitted) -> Accepted:
        """Open a game under an id that is new, so there is nothing to read."""
        return await self._deciding.attempt(asked, await self._games.expect(asked), Version(0))

    async def join(self, asked: Submitted, command: JoinGame) -> Joined:
        """Take the free seat at whichever version the game is: the player asks for no other."""
        live = await self._games.get(asked)
        for _ in range(_JOIN_ATTEMPTS):
            before = live.version
            try:
                seated = fold(decide(command, live.game), live.game)
                accepted = await self._deciding.attempt(asked, live, before)
            except (ConnectFourError, WrongExpectedVersionError) as error:
                refusal = error
            else:
                if not isinstance(seated, InProgress | Finished):
                    raise TypeError(f"{seated} after a join")
                return Joined(accepted.version, *seated.seats)
            live = await self._games.newest(asked)
            if live.version == before and isinstance(refusal, ConnectFourError):
                break  # the log says so too
        raise RefusedError(refusal, live)

    async def act(self, asked: Submitted, expected_version: Version) -> Accepted:
        """Carry out what a player does in a game that they saw at `expected_version`."""
        live = self._games.in_memory(asked.game) or await self._games.get(asked)
        seen = live.head
        try:
            return await self._deciding.attempt(asked, live, expected_version)
        except (ConnectFourError, WrongExpectedVersionError):
            return await self._reconsider(asked, expected_version, seen)

    async def _reconsider(self, asked: Submitted, expected_version: Version, seen: StreamHead) -> Accepted:
        """Look at the log before a refusal is sent, and decide again on what it holds.

        Events that its player has not seen don't matter to a command if they all commute with it.
        """
        live = await self._games.newest(asked, seen=seen)
        missed = live.history[expected_version:]
        if all(self._may_cross(asked.command, recorded.event) for recorded in missed):
            expected_version = max(expected_version, live.version)
        try:
            return await self._deciding.attempt(asked, live, expected_version)
        except WrongExpectedVersionError as error:
            if error.actual > live.version:
                live = await self._games.newest(asked, seen=seen)
            raise RefusedError(error, live) from error
        except ConnectFourError as error:
            raise RefusedError(error, live) from error

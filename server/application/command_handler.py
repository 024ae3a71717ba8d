"""How a command is decided: on the live game, appended with the version it was decided on.

A command is refused only after a look at the log, because what this process holds may be a moment old; one whose
outcome is unknown is never called refused. Nothing is decided while the feed is not subscribed, nor on a game that
has been discarded: a history that is gone must not go on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from server.application.idempotency import ensure_same_command
from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.application.outcomes import Accepted, Joined, RefusedError
from server.domain.commands import Command, JoinGame, OpenGame, OpenRematch
from server.domain.decide import decide
from server.domain.errors import ConnectFourError, UnknownGameError
from server.domain.events import GameEvent
from server.domain.game import Finished, InProgress, fold
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import StoreUnavailableError, WrongExpectedVersionError
from server.eventstore.store import EventStore
from server.instrumentation.fail_points import fail_point

_JOIN_ATTEMPTS: Final = 5
_WENT_BACK: Final = "the log no longer holds what was seen of it: look at the game again, then repeat the command"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command on its way, with the one deadline of all that is done for it (a time of the event loop)."""

    command: Command
    game: GameId
    command_id: UUID
    deadline: float
    generation: int
    """The generation of the live games when the command arrived: the caller saw a game of that one."""


class CommandHandler:
    """Decides commands and appends what they lead to; `CommandPath` says what each call may raise."""

    def __init__(
        self,
        store: EventStore,
        games: LiveGames,
        subscribed: asyncio.Event,
        may_cross: Callable[[Command, GameEvent], bool],
    ) -> None:
        """`may_cross` says which events a command may be decided beyond although its player has not seen them."""
        self._store = store
        self._games = games
        self._subscribed = subscribed
        self._may_cross = may_cross

    async def open(self, asked: Submitted) -> Accepted:
        """Open a game under an id that is new, so there is nothing to read."""
        await self._until_subscribed(asked.deadline)
        return await self._attempt(asked, self._games.expect(asked.game), Version(0))

    async def join(self, asked: Submitted, command: JoinGame) -> Joined:
        """Take the free seat at whichever version the game is: the player asks for no other."""
        live = await self._current(asked)
        for _ in range(_JOIN_ATTEMPTS):
            before = live.version
            try:
                seated = fold(decide(command, live.game), live.game)
                accepted = await self._attempt(asked, live, before)
            except (ConnectFourError, WrongExpectedVersionError) as error:
                refusal = error
            else:
                if not isinstance(seated, InProgress | Finished):
                    raise TypeError(f"{seated} after a join")
                return Joined(accepted.version, *seated.seats)
            live = await self._current(asked, newest=True)
            if live.version == before and isinstance(refusal, ConnectFourError):
                break  # the log says so too
        raise RefusedError(refusal, live)

    async def act(self, asked: Submitted, expected_version: Version) -> Accepted:
        """Carry out what a player does in a game that they saw at `expected_version`."""
        live = self._games.in_memory(asked.game) if self._subscribed.is_set() else None
        if live is None:
            live = await self._current(asked)
        try:
            return await self._attempt(asked, live, expected_version)
        except (ConnectFourError, WrongExpectedVersionError):
            return await self._reconsider(asked, expected_version)

    async def _reconsider(self, asked: Submitted, expected_version: Version) -> Accepted:
        """Look at the log before a refusal is sent: what this process holds may be a moment old."""
        live = await self._current(asked, newest=True)
        missed = live.history[expected_version:]
        if all(self._may_cross(asked.command, recorded.event) for recorded in missed):
            expected_version = max(expected_version, live.version)
        try:
            return await self._attempt(asked, live, expected_version)
        except WrongExpectedVersionError as error:
            if error.actual > live.version:
                live = await self._current(asked, newest=True)
            raise RefusedError(error, live) from error
        except ConnectFourError as error:
            raise RefusedError(error, live) from error

    async def _attempt(self, asked: Submitted, live: LiveGame, expected_version: Version) -> Accepted:
        """Decide on the live game and append. The order matters: a duplicate is one whatever else is wrong."""
        if live.events_of(asked.command_id):
            return _as_before(asked, live)
        if live.version == 0 and not isinstance(asked.command, OpenGame | OpenRematch):
            raise UnknownGameError
        if expected_version != live.version:
            raise WrongExpectedVersionError(live.id, expected_version, live.version)
        events = decide(asked.command, live.game)
        if not events:
            return Accepted(live.id, live.version, duplicate=True)
        try:
            appended = await self._store.append(live.id, expected_version, asked.command_id, events)
        except WrongExpectedVersionError as error:
            if error.actual <= expected_version:  # the log holds another history than what was decided on
                self._games.discard(live)
                raise StoreUnavailableError(_WENT_BACK) from error
            raise
        fail_point("command.appended")
        if appended.duplicate:
            return _as_before(asked, await self._current(asked, newest=True))
        return Accepted(live.id, appended.version, duplicate=False)

    async def _current(self, asked: Submitted, *, newest: bool = False) -> LiveGame:
        """Return the game as this process holds it, or as the log does, if the feed keeps it up to date.

        Raises:
            StoreUnavailableError: not before the deadline; or what the caller saw may be gone from the log.
        """
        read = self._games.newest if newest else self._games.get
        while True:
            await self._until_subscribed(asked.deadline)
            live = await read(asked.game, deadline=asked.deadline)
            if self._games.generation != asked.generation:
                raise StoreUnavailableError(_WENT_BACK)
            if self._subscribed.is_set():
                return live

    async def _until_subscribed(self, deadline: float) -> None:
        if self._subscribed.is_set():
            return
        try:
            async with asyncio.timeout_at(deadline):
                await self._subscribed.wait()
        except TimeoutError as error:
            raise StoreUnavailableError("the feed is not subscribed to the log") from error


def _as_before(asked: Submitted, live: LiveGame) -> Accepted:
    """Answer a command that was carried out before as it was then.

    Raises:
        CommandIdTakenError: it was another command.
        StoreUnavailableError: the log does not hold it any more.
    """
    past = live.events_of(asked.command_id)
    if not past:
        raise StoreUnavailableError(_WENT_BACK)
    ensure_same_command(asked.command, live, past)
    return Accepted(live.id, past[-1].version, duplicate=True)

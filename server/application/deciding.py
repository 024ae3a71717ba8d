"""One attempt at a command: decided on the live game, and appended to what it was decided on."""

from collections.abc import Sequence

from server.application.current_games import CurrentGames
from server.application.idempotency import ensure_same_command
from server.application.live_game import LiveGame
from server.application.outcomes import Accepted
from server.application.submitted import Submitted
from server.domain.commands import OpenGame, OpenRematch
from server.domain.decide import decide
from server.domain.errors import UnknownGameError
from server.domain.events import GameEvent
from server.domain.vocabulary import Version
from server.eventstore.codec import RecordedEvent
from server.eventstore.errors import ForkedHistoryError, WrongExpectedVersionError
from server.eventstore.places import StreamHead
from server.eventstore.store import EventStore
from server.instrumentation.fail_points import fail_point


class Deciding:
    """Decides commands and appends what they lead to."""

    def __init__(self, store: EventStore, games: CurrentGames) -> None:
        self._store = store
        self._games = games

    async def attempt(self, asked: Submitted, live: LiveGame, expected_version: Version) -> Accepted:
        """Carry a command out on a game that must be at a version; one that was carried out is answered as before.

        The order matters: a duplicate is one whatever else is wrong.

        Raises:
            ConnectFourError: the rules refuse it, or the id belongs to another command.
            WrongExpectedVersionError: the game is at another version, here or in the log.
            StoreBusyError, StoreUnavailableError: as for `EventStore.append`; the latter also if the log does not
                hold the game as it is here, which is discarded then.
        """
        try:
            past = live.events_of(asked.command_id)
            if past:
                return await self._repeated(asked, live, past)
            if live.version == 0 and not isinstance(asked.command, OpenGame | OpenRematch):
                raise UnknownGameError
            if expected_version != live.version:
                raise WrongExpectedVersionError(live.id, expected_version, live.version)
            events = decide(asked.command, live.game)
            if not events:
                return await self._confirmed(asked, live, live.head)
            return await self._appended(asked, live, events)
        except ForkedHistoryError as error:
            raise self._games.went_back(live) from error

    async def _appended(self, asked: Submitted, live: LiveGame, events: Sequence[GameEvent]) -> Accepted:
        appended = await self._store.append(live.id, live.head, asked.command_id, events, deadline=asked.deadline)
        fail_point("command.appended")
        if not appended.duplicate:
            return Accepted(live.id, appended.version, duplicate=False)
        newest = await self._games.newest(asked)
        past = newest.events_of(asked.command_id)
        if not past:
            raise self._games.went_back(newest)
        ensure_same_command(asked.command, newest, past)
        return Accepted(live.id, appended.version, duplicate=True)

    async def _repeated(self, asked: Submitted, live: LiveGame, past: Sequence[RecordedEvent]) -> Accepted:
        """Answer from memory. What is in memory was committed, but perhaps not replicated yet."""
        ensure_same_command(asked.command, live, past)
        return await self._confirmed(asked, live, StreamHead(past[-1].version, asked.command_id))

    async def _confirmed(self, asked: Submitted, live: LiveGame, head: StreamHead) -> Accepted:
        await self._store.confirm(live.id, head, deadline=asked.deadline)
        return Accepted(live.id, head.version, duplicate=True)

"""Runs a session on a websocket: its task, its backpressure, its closing and its deadlines.

Frames are handled where they arrive and messages are written once a turn of the event loop. What takes time (a game
or a name that has to be read) is done by one task for each connection, one thing after the other.
"""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Final, assert_never

from server.application.command_path import CommandPath
from server.application.live_game import UnreadableGameError
from server.application.live_games import LiveGames
from server.application.names import Names
from server.application.outcomes import Accepted, RefusedError
from server.domain.commands import MakeMove, PlayerCommand, Resign
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.identity.errors import PlayersUnavailableError
from server.instrumentation.fail_points import fail_point
from server.transport.websocket import messages
from server.transport.websocket.flush_scheduler import FlushScheduler
from server.transport.websocket.message_transport import MessageTransport
from server.transport.websocket.messages import ClientCommand
from server.transport.websocket.session import COME_BACK, Session
from server.transport.websocket.work import LookUpNames, ReadGame, SubmitCommand, Subscribe, Unsubscribe

UNREAD_LIMIT_S: Final = 30.0
"""How long a peer may leave no room for the next message before it is cut off."""

CLOSE_LIMIT_S: Final = 10.0
"""How long a peer may take to read its last replies and to answer the close frame."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What connections need of the rest of the process."""

    games: LiveGames
    commands: CommandPath
    names: Names
    flushes: FlushScheduler


class Connection:
    """One websocket and its session, from `run` to the end of the connection."""

    # Thousands of these are idle, so none has a dictionary of its own.
    __slots__ = (
        "_closing_since", "_is_lost", "_loop", "_services", "_session", "_slow_work", "_stalled_since",
        "_transport", "_wake_up",
    )  # fmt: skip

    def __init__(self, transport: MessageTransport, session: Session, services: Services) -> None:
        self._transport = transport
        self._session = session
        self._services = services
        self._loop = asyncio.get_running_loop()
        self._slow_work: list[ReadGame | LookUpNames] = []
        # A future made when it is awaited: an `asyncio.Event` would take 700 bytes of each idle connection.
        self._wake_up: asyncio.Future[None] | None = None
        self._is_lost = False
        self._stalled_since: float | None = None
        self._closing_since: float | None = None

    @property
    def player(self) -> PlayerId | None:
        """Whose connection it is; None for a guest's."""
        return self._session.player.id if self._session.player else None

    async def run(self) -> None:
        """Serve the peer until the connection is over."""
        self._transport.set_protocol(self)
        self._services.flushes.schedule(self, is_urgent=True)
        try:
            # Each round does one piece of work or suspends, so no state of a session can make this spin.
            while not self._is_lost:
                if self._slow_work:
                    await self._do_slowly(self._slow_work.pop(0))
                elif self._session.close_code is not None and not self._session.pending_replies:
                    await self._transport.close(self._session.close_code)
                    return
                else:
                    self._wake_up = self._loop.create_future()
                    await self._wake_up
        finally:
            for live in self._session.end():
                live.unsubscribe(self)

    def close(self, code: int) -> None:
        """Send the replies that are pending, then close with `code`."""
        self._session.close(code)
        self._advance()

    def flush(self) -> None:
        """Write what is pending, as far as there is room."""
        while self._transport.is_writable and (ready := self._session.next_messages()):
            self._transport.write_messages(ready)
        if self._session.is_waiting_for_output:
            self._advance()

    def abort_if_stalled(self, now: float) -> None:
        """Cut the connection if, at `now`, the peer has made no room or has not let it close for too long."""
        is_stalled = self._stalled_since is not None and now - self._stalled_since > UNREAD_LIMIT_S
        if is_stalled or (self._closing_since is not None and now - self._closing_since > CLOSE_LIMIT_S):
            self._transport.abort()

    # MessageProtocol: what the transport says.

    def message_received(self, message: str | bytes) -> None:
        """Handle a frame, or defer it until there is capacity."""
        self._session.receive(message)
        self._advance()

    def pause_writing(self) -> None:
        """Note since when there is no room."""
        self._stalled_since = self._stalled_since or self._loop.time()

    def resume_writing(self) -> None:
        """Write on."""
        self._stalled_since = None
        self.flush()

    def connection_lost(self) -> None:
        """End `run`."""
        self._is_lost = True
        self._stalled_since = None
        self._wake()

    # Watcher: what a live game says.

    def game_changed(self, game: GameId) -> None:
        """Schedule a flush; players are sent their game's events before those who only watch."""
        self._session.game_changed(game)
        self._services.flushes.schedule(self, is_urgent=self._session.plays(game))

    def resynchronize(self) -> None:
        """Have the peer come back, because what it was sent is no longer true."""
        self.close(COME_BACK)

    def _advance(self) -> None:
        """Do the work there is, schedule a flush for its replies, and read from the peer or not."""
        while (work := self._session.next_work()) is not None:
            match work:
                case SubmitCommand(message, player):
                    self._submit(message, player)
                case ReadGame(message, at_least):
                    live = self._services.games.in_memory(GameId(message.game))
                    if live is None or at_least > live.version:
                        self._slow_work.append(work)
                    else:
                        self._session.game_read(work, live)
                case LookUpNames():
                    self._slow_work.append(work)
                case Subscribe(live):
                    live.subscribe(self)
                    self._services.flushes.schedule(self, is_urgent=True)
                case Unsubscribe(live):
                    live.unsubscribe(self)
                case _:
                    assert_never(work)
        self._settle()

    def _settle(self) -> None:
        """Bring reading, writing and the task in line with what the session wants now."""
        if self._session.pending_replies and self._transport.is_writable:
            self._services.flushes.schedule(self, is_urgent=True)
        if self._session.close_code is not None:
            self._closing_since = self._closing_since or self._loop.time()
            self._slow_work.clear()
            if not self._session.pending_replies:
                self._wake()
        elif self._slow_work:
            self._wake()
        if self._session.wants_frames:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    async def _do_slowly(self, work: ReadGame | LookUpNames) -> None:
        try:
            match work:
                case ReadGame(message, at_least):
                    live = await self._services.games.get(GameId(message.game), at_least=at_least)
                    self._session.game_read(work, live)
                case LookUpNames(players):
                    await self._services.names.of(players)
                    self._session.names_known()
                    self._services.flushes.schedule(self, is_urgent=False)
                case _:
                    assert_never(work)
        except Exception as error:  # noqa: BLE001 - whatever it is, this one peer is told, and others are unaffected
            _log_failure(error)
            self._session.work_failed(work, error)
        self._advance()

    def _submit(self, message: ClientCommand, player: PlayerId) -> None:
        task = self._services.commands.submit(
            _command(message, player), GameId(message.game), Version(message.expected_version), message.id
        )
        task.add_done_callback(partial(self._submitted, message))

    def _submitted(self, message: ClientCommand, task: "asyncio.Task[Accepted]") -> None:
        try:
            outcome: Accepted | Exception = task.result()
            fail_point("socket.accepting")
        except Exception as error:  # noqa: BLE001 - nobody else awaits this task, so the error would go unseen
            _log_failure(error)
            outcome = error
        self._session.command_finished(message, outcome)
        if not self._is_lost:
            self._advance()

    def _wake(self) -> None:
        if self._wake_up is not None and not self._wake_up.done():
            self._wake_up.set_result(None)


def _log_failure(error: Exception) -> None:
    """Log what is a failure of ours; a refusal is an answer."""
    match error:
        case RefusedError() | StoreBusyError():
            pass
        case UnreadableGameError():
            _log.error("%s", error)
        case StoreUnavailableError() | PlayersUnavailableError():
            _log.warning("the database did not answer a websocket in time: %r", error)
        case _:
            _log.error("a message of a websocket could not be handled", exc_info=error)


def _command(message: ClientCommand, player: PlayerId) -> PlayerCommand:
    match message:
        case messages.MakeMove():
            return MakeMove(player, message.column)
        case messages.Resign():
            return Resign(player)
        case _:
            assert_never(message)

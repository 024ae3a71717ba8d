"""One websocket: messages in, commands carried out, events out.

Most of it never waits: a message is handled where it arrives, and what is owed is written once in each turn of the
event loop. What has to wait (a game or a name that must be read, a peer that asks for too much at once) is done in
one task for each socket, in order, and meanwhile nothing more is read from the peer.
"""

import asyncio
import logging
from collections import deque
from functools import partial
from typing import Final, assert_never

from server.application.command_path import Accepted, CommandPath, RefusedError
from server.application.live_game import LiveGame, UnreadableGameError
from server.application.live_games import LiveGames
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.fail_points import fail_point
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport import protocol, refusals
from server.transport.courier import Courier
from server.transport.framing import text_frame
from server.transport.outbox import Outbox
from server.transport.problems import code_and_message
from server.transport.protocol import AcceptedMessage, ErrorMessage, ServerMessage, Welcome
from server.transport.security import TokenBucket
from server.transport.strict_json import BadMessageError
from server.transport.wire import Wire

MAX_WATCHED: Final = 1000
MAX_BAD_FRAMES: Final = 10
MAX_COMMANDS_UNDER_WAY: Final = 32
FRAMES_PER_S: Final = 200.0
FRAMES_BURST: Final = 1000.0

COME_BACK, POLICY, TOO_LARGE, TRY_LATER = 1012, 1008, 1009, 1013

_UNAVAILABLE: Final = (StoreUnavailableError, PlayersUnavailableError)

_log = logging.getLogger(__name__)


class Socket:
    """One peer: a player in a browser, a spectator, a program."""

    def __init__(
        self,
        wire: Wire,
        player: Player | None,
        outbox: Outbox,
        *,
        games: LiveGames,
        commands: CommandPath,
        courier: Courier,
    ) -> None:
        self._wire = wire
        self._player = player
        self._games = games
        self._commands = commands
        self._outbox = outbox
        self._courier = courier
        self._frames = TokenBucket(FRAMES_PER_S, FRAMES_BURST)
        self._now = asyncio.get_running_loop().time
        self._put_off: deque[protocol.ClientMessage] = deque()
        self._has_work = asyncio.Event()
        self._under_way = 0
        self._bad_frames = 0
        self._close_code: int | None = None
        self._is_lost = False
        self._full_since: float | None = None

    async def serve(self) -> None:
        """Serve the peer until it leaves or must leave. What has to wait is done here."""
        player = protocol.PlayerMessage(self._player.id, self._player.name) if self._player else None
        self._reply(Welcome(protocol.PROTOCOL, player))
        self._wire.attach(self)
        try:
            while not self._is_lost:
                await self._has_work.wait()
                self._has_work.clear()
                await self._work_off()
                if self._close_code is not None:
                    self.flush()
                    await self._wire.close(self._close_code)
                    return
        finally:
            for game in list(self._outbox.watched):
                self._unwatch(game)

    def flush(self) -> None:
        """Write what is owed, as far as there is room."""
        is_closing = self._close_code is not None
        while self._wire.is_writable and (messages := self._outbox.next_messages(replies_only=is_closing)):
            self._wire.write(b"".join(map(text_frame, messages)))
        if not self._wire.is_writable:
            self._full_since = self._full_since or self._now()
        if self._put_off or self._outbox.lacks_names:
            self._has_work.set()

    def abort_if_stuck(self, after_s: float) -> None:
        """Cut the connection if the peer has made no room for so long."""
        if self._full_since is not None and self._now() - self._full_since > after_s:
            self._wire.abort()

    # What the wire tells: see `Peer`.

    def take(self, message: str | bytes) -> None:
        """See `Peer`. What comes while we close is passed over."""
        if self._close_code is not None:
            return
        try:
            asked = _decode(message)
        except BadMessageError as error:
            self._reject_frame(ErrorMessage("bad_message", str(error)))
        except _TooLargeError as error:
            self._reject_frame(ErrorMessage("too_large", str(error)))
            self._close(TOO_LARGE)
        else:
            if not isinstance(asked, protocol.Unwatch) and not self._frames.take():
                self._reply(refusals.too_fast(asked))
            elif self._put_off or not self._handle_now(asked):
                self._put_off.append(asked)
                self._wire.hold()
                self._has_work.set()

    def writable(self) -> None:
        """See `Peer`."""
        self._full_since = None
        self._courier.owe(self)

    def lost(self) -> None:
        """See `Peer`."""
        self._is_lost = True
        self._full_since = None
        self._has_work.set()

    # What a live game tells: see `Watcher`.

    def wake(self, game: GameId) -> None:
        """See `Watcher`."""
        self._outbox.wake(game)
        self._courier.owe(self)

    def start_over(self) -> None:
        """See `Watcher`."""
        self._close(COME_BACK)

    @property
    def _has_room(self) -> bool:
        return self._under_way < MAX_COMMANDS_UNDER_WAY and self._outbox.has_room

    def _handle_now(self, message: protocol.ClientMessage) -> bool:
        """Do what is asked for, unless it has to wait; return whether it is done."""
        if not self._has_room:
            return False
        match message:
            case protocol.Unwatch(game):
                self._unwatch(GameId(game))
            case protocol.Watch(game, after):
                live = self._games.in_memory(GameId(game))
                if live is None or after > live.version:
                    return False
                if self._may_watch(message):
                    live.watchers.add(self)
                    self._answer_watch(message, live)
            case _ if self._player is None:
                return False
            case _:
                self._carry_out(message, self._player.id)
        return True

    async def _work_off(self) -> None:
        """Do what was put off, in order, as far as there is room for it; learn the names that are lacking."""
        while self._put_off and self._has_room and self._close_code is None and not self._is_lost:
            message = self._put_off[0]
            if not self._handle_now(message):
                await self._handle(message)
            self._put_off.popleft()
        if not self._put_off:
            self._wire.go_on()
        if self._outbox.lacks_names:
            try:
                await self._outbox.learn_names()
            except PlayersUnavailableError:
                self._close(TRY_LATER)
        self._courier.owe(self)

    async def _handle(self, message: protocol.ClientMessage) -> None:
        """Do what can't be done without reading a game."""
        match message:
            case protocol.Watch():
                if self._may_watch(message) and (live := await self._read(message)) is not None:
                    self._answer_watch(message, live)
            case protocol.MakeMove() | protocol.Resign():
                if (live := await self._read(message)) is not None:
                    self._reply(refusals.guest(message, live))
            case protocol.Unwatch():
                pass  # needs no reading
            case _:
                assert_never(message)

    async def _read(self, message: protocol.Watch | protocol.ClientCommand) -> LiveGame | None:
        """Return the game of a message, watched if that was asked for; None if the peer was told why not."""
        game = GameId(message.game)
        try:
            if isinstance(message, protocol.Watch):
                return await self._games.watch(game, Version(message.after), self)
            return await self._games.get(game)
        except _UNAVAILABLE:
            self._close(TRY_LATER)
        except UnreadableGameError as error:
            _log.error("%s", error)
            self._reply(refusals.unreadable(message))
        return None

    def _may_watch(self, message: protocol.Watch) -> bool:
        if len(self._outbox.watched) < MAX_WATCHED or message.game in self._outbox.watched:
            return True
        self._reply(refusals.too_many_games(message, MAX_WATCHED))
        return False

    def _answer_watch(self, message: protocol.Watch, live: LiveGame) -> None:
        if live.version == 0:
            self._reply(refusals.unknown_game(message))
        elif message.after > live.version:
            self._unwatch(live.id)
            live.watchers.discard(self)
            self._reply(refusals.seen_too_much(live))
        else:
            self._outbox.watch(live, Version(message.after))
            self._courier.owe(self)

    def _unwatch(self, game: GameId) -> None:
        live = self._outbox.unwatch(game)
        if live is not None:
            live.watchers.discard(self)

    def _carry_out(self, message: protocol.ClientCommand, player: PlayerId) -> None:
        self._under_way += 1
        task = self._commands.begin(
            _command(message, player), GameId(message.game), Version(message.expected_version), message.id
        )
        task.add_done_callback(partial(self._answer, message))

    def _answer(self, message: protocol.ClientCommand, task: asyncio.Task[Accepted]) -> None:
        self._under_way -= 1
        try:
            accepted = task.result()
            fail_point("socket.accepting")
            self._reply(AcceptedMessage(message.id, accepted.game, accepted.version, accepted.duplicate))
        except RefusedError as refused:
            self._reply(refusals.refused(message, *code_and_message(refused.reason), refused.live))
        except StoreBusyError:
            self._reply(refusals.busy(message))
        except UnreadableGameError as error:
            _log.error("%s", error)
            self._reply(refusals.unreadable(message))
        except _UNAVAILABLE as error:
            # The outcome is unknown, and that is not a refusal: the peer comes back and asks again, same id.
            _log.warning("a command was not answered: %r", error)
            self._close(TRY_LATER)

    def _reject_frame(self, error: ErrorMessage) -> None:
        self._reply(error)
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            self._close(POLICY)

    def _reply(self, message: ServerMessage) -> None:
        self._outbox.reply(message)
        self._courier.owe(self)

    def _close(self, code: int) -> None:
        self._close_code = self._close_code or code
        self._has_work.set()


class _TooLargeError(Exception):
    pass


def _decode(frame: str | bytes) -> protocol.ClientMessage:
    if isinstance(frame, bytes):
        raise BadMessageError("Binary frames are not part of this protocol: send JSON as text.")
    if len(frame.encode()) > protocol.MAX_FRAME_BYTES:
        raise _TooLargeError(f"A frame has at most {protocol.MAX_FRAME_BYTES} bytes.")
    return protocol.decode_frame(frame)


def _command(message: protocol.ClientCommand, player: PlayerId) -> MakeMove | Resign:
    match message:
        case protocol.MakeMove():
            return MakeMove(player, message.column)
        case protocol.Resign():
            return Resign(player)
        case _:
            assert_never(message)

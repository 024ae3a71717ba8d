"""One websocket: frames in, commands carried out, events out.

Two tasks serve a socket. The reader takes frames; the writer alone sends what the outbox owes, so that frames never
mix and errors of sending end in one place.
"""

import asyncio
import logging
from functools import partial
from typing import Final, assert_never

from server.application.command_path import Accepted, CommandPath, RefusedError
from server.application.live_game import LiveGame, UnreadableGameError
from server.application.live_games import LiveGames
from server.application.names import Names
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.fail_points import fail_point
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport import protocol
from server.transport.channel import Channel, PeerGoneError
from server.transport.outbox import Outbox
from server.transport.problems import code_and_message
from server.transport.protocol import AcceptedMessage, ErrorMessage, Rejected, Welcome
from server.transport.security import TokenBucket
from server.transport.strict_json import BadMessageError

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
        self, channel: Channel, player: Player | None, games: LiveGames, commands: CommandPath, names: Names
    ) -> None:
        self._channel = channel
        self._player = player
        self._games = games
        self._commands = commands
        self._outbox = Outbox(names)
        self._close_code: int | None = None
        self._bad_frames = 0
        self._frames = TokenBucket(FRAMES_PER_S, FRAMES_BURST)
        self._under_way = 0
        self._room = asyncio.Event()

    async def serve(self) -> None:
        """Serve the peer until it leaves or must leave."""
        player = protocol.PlayerMessage(self._player.id, self._player.name) if self._player else None
        self._outbox.reply(Welcome(protocol.PROTOCOL, player))
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write())
                await self._read()
                writer.cancel()
        except* PeerGoneError:
            pass
        finally:
            for game in list(self._outbox.watched):
                self._unwatch(game)

    def wake(self, game: GameId) -> None:
        """See `Watcher`."""
        self._outbox.wake(game)

    def start_over(self) -> None:
        """See `Watcher`."""
        self._close(COME_BACK)

    async def _read(self) -> None:
        while (frame := await self._receive()) is not None:
            try:
                message = _decode(frame)
            except BadMessageError as error:
                self._reject_frame(ErrorMessage("bad_message", str(error)))
            except _TooLargeError as error:
                self._reject_frame(ErrorMessage("too_large", str(error)))
                self._close(TOO_LARGE)
            else:
                await self._take(message)
            await self._outbox.room()
            while self._under_way >= MAX_COMMANDS_UNDER_WAY:
                self._room.clear()
                await self._room.wait()

    async def _receive(self) -> str | bytes | None:
        """Return the next frame, or None when there will be none. What comes while we close is passed over."""
        while (frame := await self._channel.receive()) is not None:
            if self._close_code is None:
                return frame
        return None

    async def _take(self, message: protocol.ClientMessage) -> None:
        if isinstance(message, protocol.Unwatch):
            self._unwatch(GameId(message.game))
        elif not self._frames.take():
            self._refuse_for_now(message, "too_many_requests", "You send faster than this server takes: slow down.")
        elif isinstance(message, protocol.Watch):
            await self._watch(message)
        elif self._player is None:
            await self._refuse_guest(message)
        else:
            self._carry_out(message, self._player.id)

    async def _watch(self, message: protocol.Watch) -> None:
        game, after = GameId(message.game), Version(message.after)
        if len(self._outbox.watched) >= MAX_WATCHED and game not in self._outbox.watched:
            reason = f"A socket watches at most {MAX_WATCHED} games: unwatch one, or open another socket."
            self._refuse_for_now(message, "too_many_requests", reason)
            return
        try:
            live = await self._games.watch(game, after, self)
        except _UNAVAILABLE:
            self._close(TRY_LATER)
        except UnreadableGameError as error:
            self._refuse_unreadable(message, error)
        else:
            self._answer_watch(live, after)

    def _answer_watch(self, live: LiveGame, after: Version) -> None:
        if live.version == 0:
            reply = Rejected(live.id, "unknown_game", "There is no such game: check the link.", Version(0), [])
            self._outbox.reply(reply)
        elif after > live.version:
            self._unwatch(live.id)
            live.watchers.discard(self)
            reason = "You have seen more than the log holds: start again from the events in this message."
            everything = protocol.as_raw(live.encoded)
            self._outbox.reply(Rejected(live.id, "wrong_expected_version", reason, live.version, everything))
        else:
            self._outbox.watch(live, after)

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
        self._room.set()
        try:
            accepted = task.result()
            fail_point("socket.accepting")
            self._outbox.reply(AcceptedMessage(message.id, accepted.game, accepted.version, accepted.duplicate))
        except RefusedError as refused:
            self._outbox.reply(_rejected(message, *code_and_message(refused.reason), refused.live))
        except StoreBusyError:
            self._refuse_for_now(message, "too_many_requests", "The server is busy: try again in a moment.")
        except UnreadableGameError as error:
            self._refuse_unreadable(message, error)
        except _UNAVAILABLE as error:
            # The outcome is unknown, and that is not a refusal: the peer comes back and asks again, same id.
            _log.warning("a command was not answered: %r", error)
            self._close(TRY_LATER)

    async def _refuse_guest(self, message: protocol.ClientCommand) -> None:
        reason = "Only players can do that: get a token with POST /api/players, then connect again."
        try:
            game = await self._games.get(GameId(message.game))
        except UnreadableGameError as error:
            self._refuse_unreadable(message, error)
        except _UNAVAILABLE:
            self._close(TRY_LATER)
        else:
            self._outbox.reply(_rejected(message, "not_authenticated", reason, game))

    def _refuse_unreadable(
        self, message: protocol.Watch | protocol.ClientCommand, error: UnreadableGameError
    ) -> None:
        """The peer's other games are well, so only this one is refused."""
        _log.error("%s", error)
        self._refuse_for_now(message, "unavailable", "This game can't be read here; the server's log says why.")

    def _refuse_for_now(self, message: protocol.Watch | protocol.ClientCommand, code: str, reason: str) -> None:
        if isinstance(message, protocol.Watch):
            refusal = Rejected(message.game, code, reason, Version(message.after), [])
        else:
            refusal = Rejected(message.game, code, reason, Version(message.expected_version), [], message.id)
        self._outbox.reply(refusal)

    def _reject_frame(self, error: ErrorMessage) -> None:
        self._outbox.reply(error)
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            self._close(POLICY)

    def _close(self, code: int) -> None:
        self._close_code = self._close_code or code
        self._outbox.wake_up()

    async def _write(self) -> None:
        """Send what is owed, and then, if the socket is to be closed, close it."""
        while True:
            await self._outbox.wait()
            try:
                while messages := await self._outbox.next_messages(replies_only=self._close_code is not None):
                    await self._channel.send(messages)
            except PlayersUnavailableError:
                self._close(TRY_LATER)
            if self._close_code is not None:
                await self._channel.close(self._close_code)
                return


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


def _rejected(message: protocol.ClientCommand, code: str, reason: str, live: LiveGame) -> Rejected:
    missed = protocol.as_raw(live.encoded[message.expected_version :])
    return Rejected(live.id, code, reason, live.version, missed, message.id)

"""One websocket: what comes in is handled where it arrives, what is owed is written once in each turn of the loop.

What has to wait (a game or a name that must be read, a peer that asks for too much at once) is done in one task for
each socket, in order, and meanwhile nothing more is read from the peer.
"""

import asyncio
from typing import Final

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.domain.vocabulary import GameId
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport.limits import TokenBucket
from server.transport.strict_json import BadMessageError
from server.transport.websocket import messages, rejections
from server.transport.websocket.flush_scheduler import Courier
from server.transport.websocket.messages import ErrorMessage, ServerMessage, Welcome
from server.transport.websocket.outbox import Outbox
from server.transport.websocket.session import Conversation
from server.transport.websocket.wire import Wire

MAX_BAD_FRAMES: Final = 10
FRAMES_PER_S: Final = 200.0
FRAMES_BURST: Final = 1000.0

COME_BACK, POLICY, TOO_LARGE, TRY_LATER = 1012, 1008, 1009, 1013


class Socket:
    """One peer: a player in a browser, a spectator, a program. `player` is None for a guest."""

    # Thousands of these are idle, so none has a dictionary of its own.
    __slots__ = (
        "_bad_frames", "_close_code", "_conversation", "_courier", "_frames", "_full_since", "_has_work",
        "_is_lost", "_loop", "_outbox", "_player", "_put_off", "_wire", "_work",
    )  # fmt: skip

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
        self._outbox = outbox
        self._conversation = Conversation(self, player.id if player else None, outbox, games, commands)
        self._courier = courier
        self._loop = asyncio.get_running_loop()
        self._frames = TokenBucket(FRAMES_PER_S, FRAMES_BURST)
        self._put_off: list[messages.ClientMessage] = []
        self._work: asyncio.Future[None] | None = None
        self._has_work = False
        self._bad_frames = 0
        self._close_code: int | None = None
        self._is_lost = False
        self._full_since: float | None = None

    async def serve(self) -> None:
        """Serve the peer until it leaves or must leave. What has to wait is done here."""
        player = messages.PlayerMessage(self._player.id, self._player.name) if self._player else None
        self.reply(Welcome(messages.PROTOCOL, player))
        self._wire.attach(self)
        try:
            while not self._is_lost:
                await self._wait_for_work()
                await self._work_off()
                if self._close_code is not None:
                    await self._say_last_words()
                    await self._wire.close(self._close_code)
                    return
        finally:
            self._conversation.end()

    def flush(self) -> None:
        """Write what is owed, as far as there is room."""
        is_closing = self._close_code is not None
        while self._wire.is_writable and (frames := self._outbox.next_frames(replies_only=is_closing)):
            self._wire.write(frames)
        if self._outbox.lacks_names or (self._put_off and self._conversation.has_room):
            self._wake_up()

    def abort_if_stuck(self, after_s: float) -> None:
        """Cut the connection if the peer has made no room for so long: closing it would wait for the peer."""
        if self._full_since is not None and self._loop.time() - self._full_since > after_s:
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
            if not isinstance(asked, messages.Unwatch) and not self._frames.take():
                self.reply(rejections.too_fast(asked))
            elif self._put_off or not self._conversation.handle_now(asked):
                self._put_off.append(asked)
                self._wire.hold()
                self._wake_up()

    def full(self) -> None:
        """See `Peer`."""
        self._full_since = self._full_since or self._loop.time()

    def writable(self) -> None:
        """See `Peer`."""
        self._full_since = None
        self.flush()
        if self._close_code is not None:
            self._wake_up()

    def lost(self) -> None:
        """See `Peer`."""
        self._is_lost = True
        self._full_since = None
        self._wake_up()

    # What a live game tells: see `Watcher`.

    def game_changed(self, game: GameId) -> None:
        """See `Watcher`."""
        self._outbox.wake(game)
        self._courier.owe(self, is_urgent=self._player is not None and self._outbox.plays(self._player.id, game))

    def resynchronize(self) -> None:
        """See `Watcher`."""
        self._close(COME_BACK)

    # What the conversation asks for: see `Host`.

    def reply(self, message: ServerMessage) -> None:
        """See `Host`."""
        self._outbox.reply(message)
        self._courier.owe(self, is_urgent=True)

    def try_later(self) -> None:
        """See `Host`."""
        self._close(TRY_LATER)

    async def _say_last_words(self) -> None:
        """Write the replies that are owed, however long the peer takes to make room for them."""
        while not self._is_lost:
            self.flush()
            if self._outbox.is_all_said:
                return
            await self._wait_for_work()

    async def _wait_for_work(self) -> None:
        """Wait for `_wake_up`. An `asyncio.Event` would do, and take 700 bytes of each idle connection."""
        if not self._has_work:
            self._work = self._loop.create_future()
            await self._work
        self._has_work = False

    def _wake_up(self) -> None:
        self._has_work = True
        if self._work is not None and not self._work.done():
            self._work.set_result(None)

    async def _work_off(self) -> None:
        """Do what was put off, in order, as far as there is room for it; learn the names that are lacking."""
        while self._put_off and self._conversation.has_room and self._close_code is None and not self._is_lost:
            message = self._put_off[0]
            if not self._conversation.handle_now(message):
                await self._conversation.handle(message)
            del self._put_off[0]
        if not self._put_off:
            self._wire.go_on()
        if self._outbox.lacks_names:
            try:
                await self._outbox.learn_names()
            except PlayersUnavailableError:
                self.try_later()
        self._courier.owe(self, is_urgent=False)

    def _reject_frame(self, error: ErrorMessage) -> None:
        self.reply(error)
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            self._close(POLICY)

    def _close(self, code: int) -> None:
        self._close_code = self._close_code or code
        self._wake_up()


class _TooLargeError(Exception):
    pass


def _decode(frame: str | bytes) -> messages.ClientMessage:
    if isinstance(frame, bytes):
        raise BadMessageError("Binary frames are not part of this protocol: send JSON as text.")
    if len(frame.encode()) > messages.MAX_FRAME_BYTES:
        raise _TooLargeError(f"A frame has at most {messages.MAX_FRAME_BYTES} bytes.")
    return messages.decode_frame(frame)

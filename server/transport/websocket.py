"""One websocket: frames in, commands carried out, events out.

Two tasks serve a socket. The reader takes frames; the writer alone sends. What is to be sent is never queued as
events: the socket has a cursor into each game it watches, and the writer sends what lies beyond it when the peer
has room. So a peer that reads slowly gets more events in fewer frames, delays nobody, and costs no more memory.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import Final, assert_never

from starlette.websockets import WebSocket, WebSocketDisconnect

from server.application.command_path import CommandPath, RefusedError
from server.application.live_games import LiveGame, LiveGames
from server.application.names import Names
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.fail_points import fail_point
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport import protocol
from server.transport.problems import code_and_message
from server.transport.protocol import AcceptedMessage, ErrorMessage, Events, Rejected, ServerMessage, Welcome
from server.transport.security import TokenBucket
from server.transport.strict_json import BadMessageError

MAX_WATCHED: Final = 1000
MAX_BAD_FRAMES: Final = 10
MAX_COMMANDS_UNDER_WAY: Final = 32
MAX_REPLIES_WAITING: Final = 64
FRAMES_PER_S: Final = 200.0
FRAMES_BURST: Final = 1000.0
SEND_TIME_LIMIT_S: Final = 30.0

COME_BACK, POLICY, TOO_LARGE, TRY_LATER = 1012, 1008, 1009, 1013

_UNAVAILABLE: Final = (StoreUnavailableError, PlayersUnavailableError)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watch:
    """A game the peer watches: what lies beyond `sent` is owed; `asked` owes an answer even if that is nothing."""

    live: LiveGame
    sent: Version
    asked: bool


class Socket:
    """One peer: a player in a browser, a spectator, a program."""

    def __init__(
        self, websocket: WebSocket, player: Player | None, games: LiveGames, commands: CommandPath, names: Names
    ) -> None:
        self._websocket = websocket
        self._player = player
        self._games = games
        self._commands = commands
        self._names = names
        self._watches: dict[GameId, _Watch] = {}
        self._owed: dict[GameId, None] = {}
        self._replies: deque[ServerMessage] = deque()
        self._met: set[PlayerId] = set()
        self._wanted = asyncio.Event()
        self._drained = asyncio.Event()
        self._close_code: int | None = None
        self._bad_frames = 0
        self._frames = TokenBucket(FRAMES_PER_S, FRAMES_BURST)
        self._under_way = asyncio.Semaphore(MAX_COMMANDS_UNDER_WAY)

    async def serve(self) -> None:
        """Serve the peer until it leaves or must leave."""
        player = protocol.PlayerMessage(self._player.id, self._player.name) if self._player else None
        self._reply(Welcome(protocol.PROTOCOL, player))
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write())
                await self._read(tasks)
                writer.cancel()
        except* _PeerGoneError:
            pass
        finally:
            for watch in self._watches.values():
                watch.live.watchers.discard(self)

    def wake(self, game: GameId) -> None:
        """See `Watcher`."""
        self._owed[game] = None
        self._wanted.set()

    def start_over(self) -> None:
        """See `Watcher`."""
        self._close(COME_BACK)

    # The way down: frames from the peer.

    async def _read(self, tasks: asyncio.TaskGroup) -> None:
        while (frame := await self._receive()) is not None:
            try:
                message = _decode(frame)
            except BadMessageError as error:
                self._reject_frame(ErrorMessage("bad_message", str(error)))
            except _TooLargeError as error:
                self._reject_frame(ErrorMessage("too_large", str(error)))
                self._close(TOO_LARGE)
            else:
                await self._take(message, tasks)
            while len(self._replies) > MAX_REPLIES_WAITING:  # the peer sends but does not read: let it wait
                self._drained.clear()
                await self._drained.wait()

    async def _receive(self) -> str | bytes | None:
        """Return the next frame, or None when there will be none. What comes while we close is passed over."""
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            if self._close_code is None:
                frame: str | bytes = message.get("text") or message.get("bytes") or ""
                return frame
        return None

    async def _take(self, message: protocol.ClientMessage, tasks: asyncio.TaskGroup) -> None:
        if isinstance(message, protocol.Unwatch):
            self._unwatch(GameId(message.game))
        elif not self._frames.take():
            self._reject_for_now(message, "You send faster than this server takes: slow down.")
        elif isinstance(message, protocol.Watch):
            await self._watch(GameId(message.game), Version(message.after))
        else:
            await self._under_way.acquire()
            tasks.create_task(self._carry_out(message))

    async def _watch(self, game: GameId, after: Version) -> None:
        try:
            live = await self._games.get(game)
            if after > live.version:
                await live.catch_up()
        except _UNAVAILABLE:
            self._close(TRY_LATER)
            return
        if live.version == 0:
            self._reply(Rejected(game, "unknown_game", "There is no such game: check the link.", Version(0), []))
        elif after > live.version:
            message = "You have seen more than the log holds: start again from the events in this message."
            everything = protocol.as_raw(live.encoded)
            self._reply(Rejected(game, "wrong_expected_version", message, live.version, everything))
        elif game not in self._watches and len(self._watches) >= MAX_WATCHED:
            message = f"A socket watches at most {MAX_WATCHED} games: unwatch one, or open another socket."
            self._reply(Rejected(game, "too_many_requests", message, live.version, []))
        else:
            # No await from here on: what the cursor says and what will be woken for belong together.
            live = self._games.add_watcher(live, self)
            self._watches[game] = _Watch(live, after, asked=True)
            self.wake(game)

    def _unwatch(self, game: GameId) -> None:
        watch = self._watches.pop(game, None)
        if watch is not None:
            watch.live.watchers.discard(self)

    async def _carry_out(self, message: protocol.ClientCommand) -> None:
        game = GameId(message.game)
        try:
            if self._player is None:
                live = await self._games.get(game)
                reason = "Only players can do that: get a token with POST /api/players, then connect again."
                self._reply(_rejected(message, "not_authenticated", reason, live))
                return
            accepted = await self._commands.act(
                _command(message, self._player.id), game, Version(message.expected_version), message.id
            )
            fail_point("socket.accepting")
            self._reply(AcceptedMessage(message.id, game, accepted.version, accepted.duplicate))
        except RefusedError as refused:
            self._reply(_rejected(message, *code_and_message(refused.reason), refused.live))
        except StoreBusyError:
            self._reject_for_now(message, "The server is busy: try again in a moment.")
        except _UNAVAILABLE as error:
            # The outcome is unknown, and that is not a refusal: the peer comes back and asks again, same id.
            _log.warning("a command was not answered: %r", error)
            self._close(TRY_LATER)
        finally:
            self._under_way.release()

    def _reject_for_now(self, message: protocol.Watch | protocol.ClientCommand, reason: str) -> None:
        seen = Version(message.after if isinstance(message, protocol.Watch) else message.expected_version)
        if isinstance(message, protocol.Watch):
            self._reply(Rejected(message.game, "too_many_requests", reason, seen, []))
        else:
            self._reply(Rejected(message.game, "too_many_requests", reason, seen, [], message.id))

    def _reject_frame(self, error: ErrorMessage) -> None:
        self._reply(error)
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            self._close(POLICY)

    # The way up: frames to the peer.

    def _reply(self, message: ServerMessage) -> None:
        self._replies.append(message)
        self._wanted.set()

    def _close(self, code: int) -> None:
        self._close_code = self._close_code or code
        self._wanted.set()

    async def _write(self) -> None:
        """Send what is owed. The only one who sends, so that frames never mix and errors end in one place."""
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                while (message := await self._next_message()) is not None:
                    async with asyncio.timeout(SEND_TIME_LIMIT_S):
                        await self._websocket.send_text(protocol.encode_message(message))
                self._drained.set()
                if self._close_code is not None:
                    async with asyncio.timeout(SEND_TIME_LIMIT_S):
                        await self._websocket.close(self._close_code)
                    return
        except (WebSocketDisconnect, RuntimeError, TimeoutError) as error:
            # The peer is gone (Starlette says so in two ways), or did not read for very long.
            _log.debug("a socket ended: %r", error)
            self._close_code = self._close_code or POLICY
            raise _PeerGoneError from error

    async def _next_message(self) -> ServerMessage | None:
        if self._replies:
            return self._replies.popleft()
        while self._owed:
            game = next(iter(self._owed))
            del self._owed[game]
            watch = self._watches.get(game)
            if watch is None or (watch.live.version <= watch.sent and not watch.asked):
                continue
            try:
                return await self._events(watch)
            except _UNAVAILABLE:
                self._close(TRY_LATER)
        return None

    async def _events(self, watch: _Watch) -> Events:
        names = await self._names.of(watch.live.players - self._met)
        self._met |= names.keys()
        encoded = watch.live.encoded[watch.sent :]
        watch.sent = watch.live.version
        watch.asked = False
        return Events(watch.live.id, protocol.as_raw(encoded), names)


class _TooLargeError(Exception):
    pass


class _PeerGoneError(Exception):
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

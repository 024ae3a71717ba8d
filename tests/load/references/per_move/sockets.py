"""The websockets of the textbook server, and who of them watches what."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, assert_never

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.domain.commands import MakeMove, Resign
from server.domain.errors import ConnectFourError
from server.domain.vocabulary import GameId, PlayerId, Version
from server.transport.encoding import encode_event
from server.transport.strict_json import BadMessageError
from server.transport.websocket import messages
from server.transport.websocket.messages import (
    AcceptedMessage,
    ErrorMessage,
    PlayerMessage,
    Rejected,
    Unwatch,
    Watch,
    Welcome,
)
from tests.load.references.per_move.log import Log, StaleVersionError, events_frame

MAX_OWED: Final = 10_000
"""How much a socket may be owed; one that reads too slowly is closed."""

TRY_LATER: Final = 1013


class _Version(msgspec.Struct, gc=False):
    version: Version


class _EventsFrame(msgspec.Struct, gc=False):
    game: GameId
    events: list[_Version]


_decode_events: Final = msgspec.json.Decoder(_EventsFrame).decode


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame for everybody who watches a game, with the events from one version to another."""

    game: GameId
    first: Version
    last: Version
    frame: str


Owed = str | Watch | Unwatch | Heard
"""Frames to be sent, and what a peer asked for that leads to frames."""


@dataclass(slots=True)
class Watchers:
    """Which sockets watch which games."""

    _sockets: dict[GameId, set["Socket"]] = field(default_factory=dict)

    def add(self, game: GameId, socket: "Socket") -> None:
        """Have a socket hear of a game."""
        self._sockets.setdefault(game, set()).add(socket)

    def discard(self, game: GameId, socket: "Socket") -> None:
        """Have a socket hear no more of a game."""
        watching = self._sockets.get(game, set())
        watching.discard(socket)
        if not watching:
            self._sockets.pop(game, None)

    def hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        """Take a notification; asyncpg calls this."""
        frame = str(payload)
        decoded = _decode_events(frame)
        heard = Heard(decoded.game, decoded.events[0].version, decoded.events[-1].version, frame)
        for socket in self._sockets.get(decoded.game, ()):
            socket.offer(heard)


class Socket:
    """One peer. Everything that it is owed goes through one queue and one task, so that nothing overtakes."""

    def __init__(
        self, websocket: WebSocket, player: PlayerId | None, name: str, log: Log, watchers: Watchers
    ) -> None:
        self._websocket = websocket
        self._player = player
        self._log = log
        self._watchers = watchers
        self._owed: asyncio.Queue[Owed] = asyncio.Queue(MAX_OWED)
        self._is_too_slow = False
        self._seen: dict[GameId, Version] = {}
        self.offer(_text(Welcome(messages.PROTOCOL, PlayerMessage(player, name) if player else None)))

    async def serve(self) -> None:
        """Serve the peer until it leaves."""
        await self._websocket.accept()
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write())
                async for text in self._websocket.iter_text():
                    self._take(text, tasks)
                writer.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            for game in list(self._seen):
                self._unwatch(game)

    def offer(self, owed: Owed) -> None:
        """Owe the peer something more. What the queue can't take is lost, and the socket is closed for it."""
        try:
            self._owed.put_nowait(owed)
        except asyncio.QueueFull:
            self._is_too_slow = True

    def _take(self, text: str, tasks: asyncio.TaskGroup) -> None:
        try:
            message = messages.decode_frame(text)
        except BadMessageError as error:
            self.offer(_text(ErrorMessage("bad_message", str(error))))
            return
        if isinstance(message, Watch | Unwatch):
            self.offer(message)
        else:
            tasks.create_task(self._carry_out(message))

    async def _carry_out(self, message: messages.ClientCommand) -> None:
        if self._player is None:
            await self._reject(message, "not_authenticated", "Only players can do that.")
            return
        game, expected = GameId(message.game), Version(message.expected_version)
        command = (
            Resign(self._player) if isinstance(message, messages.Resign) else MakeMove(self._player, message.column)
        )
        try:
            version, duplicate = await self._log.act(game, command, message.id, expected)
        except (ConnectFourError, StaleVersionError) as error:
            await self._reject(message, error.code, str(error))
        else:
            self.offer(_text(AcceptedMessage(message.id, game, version, duplicate)))

    async def _reject(self, message: messages.ClientCommand, code: str, reason: str) -> None:
        events = [encode_event(recorded) for recorded in await self._log.read(GameId(message.game))]
        missed = messages.as_raw(events[message.expected_version :])
        rejected = Rejected(message.game, code, reason, Version(len(events)), missed, message.id)
        self.offer(_text(rejected))

    async def _write(self) -> None:
        while not self._is_too_slow:
            match await self._owed.get():
                case str() as frame:
                    await self._websocket.send_text(frame)
                case Heard() as heard:
                    await self._pass_on(heard)
                case Watch(game, after):
                    await self._watch(GameId(game), Version(after))
                case Unwatch(game):
                    self._unwatch(GameId(game))
                case unknown:
                    assert_never(unknown)
        await self._websocket.close(TRY_LATER)

    async def _pass_on(self, heard: Heard) -> None:
        """Send what is new: a watch may have read from the log what is notified only now."""
        if self._seen.get(heard.game, heard.first) < heard.first:
            self._seen[heard.game] = heard.last
            await self._websocket.send_text(heard.frame)

    async def _watch(self, game: GameId, after: Version) -> None:
        """Subscribe, then read: what is committed in between is heard too, and waits in the queue meanwhile."""
        self._seen[game] = after
        self._watchers.add(game, self)
        history = await self._log.read(game)
        if not history:
            self._unwatch(game)
            refusal = Rejected(game, "unknown_game", "There is no such game.", Version(0), [])
            await self._websocket.send_text(_text(refusal))
            return
        self._seen[game] = Version(max(after, len(history)))
        await self._websocket.send_text(events_frame(game, history[after:]))

    def _unwatch(self, game: GameId) -> None:
        self._seen.pop(game, None)
        self._watchers.discard(game, self)


def _text(message: messages.ServerMessage) -> str:
    return messages.encode_message(message).decode()

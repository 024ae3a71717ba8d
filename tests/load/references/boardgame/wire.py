"""socket.io over a websocket, as far as playing needs it, and boardgame.io's messages in it.

A frame begins with the digits of engine.io (protocol 4) and socket.io (protocol 5): `0` opens, `2` asks whether we
live, `40` connects to a namespace, `42` carries an event as a JSON array of its name and its arguments.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

GAME: Final = "connect-four"

CONNECT_TIME_LIMIT_S: Final = 30.0

_CONNECT: Final = f"40/{GAME},".encode()
_EVENT: Final = f"42/{GAME},".encode()
_SYNC: Final = _EVENT + b'["sync",'
_UPDATE: Final = _EVENT + b'["update",'


class Board(msgspec.Struct, gc=False):
    """What `server.js` calls G: six rows of seven, top row first, each cell a player's id or null."""

    board: list[list[str | None]]


class Context(msgspec.Struct, gc=False, rename="camel"):
    """What boardgame.io itself knows about a match."""

    current_player: str
    gameover: dict[str, Any] | None = None


class State(msgspec.Struct, gc=False):
    """A match after a number of actions."""

    board: Board = msgspec.field(name="G")
    context: Context = msgspec.field(name="ctx")
    id: int = msgspec.field(name="_stateID")


class _Synced(msgspec.Struct, gc=False):
    state: State


class _Sync(msgspec.Struct, array_like=True, gc=False):
    name: str
    match: str
    synced: _Synced


class _Update(msgspec.Struct, array_like=True, gc=False):
    name: str
    match: str
    state: State


_decode_sync: Final = msgspec.json.Decoder(_Sync).decode
_decode_update: Final = msgspec.json.Decoder(_Update).decode


class Wire(WSListener):
    """One connection. `on_state` gets each state of a match; `on_lost` is called once, when it is over."""

    def __init__(self, on_state: Callable[[str, State], None], on_lost: Callable[[], None]) -> None:
        self._on_state = on_state
        self._on_lost = on_lost
        self._transport: WSTransport | None = None
        self._is_connected = asyncio.Event()

    async def connect(self, url: str) -> None:
        """Connect to the game's namespace.

        Raises:
            OSError, TimeoutError, picows.WSError: there is nobody, or they refuse.
        """
        async with asyncio.timeout(CONNECT_TIME_LIMIT_S):
            await ws_connect(
                lambda: self,
                f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket",
                websocket_handshake_timeout=CONNECT_TIME_LIMIT_S,
            )
            await self._is_connected.wait()

    def disconnect(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.disconnect()

    def sync(self, match: str, player: str, credentials: str) -> None:
        """Take a seat, and ask for the state of the match; later states come by themselves."""
        self._send(msgspec.json.encode(["sync", match, player, credentials, 2]))

    def drop(self, column: int, match: str, player: str, credentials: str, state: int) -> None:
        """Make a move on the state that was seen last."""
        payload = {"type": "drop", "args": [column], "playerID": player, "credentials": credentials}
        action = {"type": "MAKE_MOVE", "payload": payload}
        self._send(msgspec.json.encode(["update", action, state, match, player]))

    def _send(self, event: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, _EVENT + event)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See `WSListener`."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See `WSListener`."""
        text = frame.get_payload_as_bytes()
        if text.startswith(_UPDATE):
            update = _decode_update(text[len(_EVENT) :])
            self._on_state(update.match, update.state)
        elif text.startswith(_SYNC):
            sync = _decode_sync(text[len(_EVENT) :])
            self._on_state(sync.match, sync.synced.state)
        elif text == b"2":
            transport.send(WSMsgType.TEXT, b"3")
        elif text.startswith(b"0"):
            transport.send(WSMsgType.TEXT, _CONNECT)
        elif text.startswith(_CONNECT):
            self._is_connected.set()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """See `WSListener`."""
        self._transport = None
        self._on_lost()

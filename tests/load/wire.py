"""A websocket of the load generator: each message is decoded and handed on where it is received, without a task.

The frames themselves are picows' (Cython): one costs a fraction of what it costs the protocol of `websockets`,
so that the generator is not what a run measures.
"""

import socket
from collections.abc import Callable
from typing import Final

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.checking.messages import Message, decode

HANDSHAKE_TIME_LIMIT_S: Final = 30.0
MUTE_BUFFER: Final = 4096

SHOWN: Final = 200
"""How much is shown of a message that is none, in bytes."""


class Wire(WSListener):
    """One connection.

    `on_message` gets each message, and `on_nonsense` what is none, with what is wrong with it; `on_lost` is called
    once, when the connection is over.
    """

    def __init__(
        self,
        on_message: Callable[[Message], None],
        on_nonsense: Callable[[str], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._on_message = on_message
        self._on_nonsense = on_nonsense
        self._on_lost = on_lost
        self._transport: WSTransport | None = None
        self.was_connected = False
        self.close_code: WSCloseCode | None = None
        """The code the server closed with; None if the connection was lost otherwise, or still is there."""

    def send(self, text: bytes) -> None:
        """Send a message; in vain if the connection is being lost."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, text)

    def stop_reading(self) -> None:
        """Take no byte from the connection any more; the system takes few, so that the server soon feels it."""
        if self._transport is not None:
            transport = self._transport.underlying_transport
            transport.pause_reading()
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MUTE_BUFFER)

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.underlying_transport.abort()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See `WSListener`."""
        self._transport = transport
        self.was_connected = True

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See `WSListener`."""
        if frame.msg_type == WSMsgType.TEXT:
            self._take(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self.close_code = frame.get_close_code()
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """See `WSListener`."""
        self._transport = None
        self._on_lost()

    def _take(self, payload: bytes) -> None:
        try:
            message = decode(payload)
        except msgspec.DecodeError as error:
            self._on_nonsense(f"{payload[:SHOWN]!r}: {error}")
        else:
            self._on_message(message)


async def connect(wire: Wire, url: str, token: str | None) -> None:
    """Connect a wire to `url` as a player, or as a guest without a token.

    Raises:
        OSError, TimeoutError, picows.WSError: there is nobody, or they refuse.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else None
    await ws_connect(
        lambda: wire,
        url,
        extra_headers=headers,
        websocket_handshake_timeout=HANDSHAKE_TIME_LIMIT_S,
        read_buffer_init_size=4096,
    )
    if not wire.was_connected:  # picows returns here as if all were well, and never tells of the loss
        raise ConnectionResetError("the connection was lost in the middle of its handshake")

"""A websocket for a load generator: no tasks, no queues; each message is handed on where it is received.

The protocol itself is that of the `websockets` library, without its I/O.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN
from websockets.uri import parse_uri

HEARTBEAT_S: Final = 1.0
GIVE_UP_AFTER_S: Final = 3.0
"""How long a connection may be silent, heartbeats included, before it counts as lost."""

_NO_LIMIT: Final = 2**24


class Wire(asyncio.Protocol):
    """One connection to `/ws`. `on_message` gets each text frame; `on_lost` is called once, when it is over.

    It gives up by itself when nothing is heard for `GIVE_UP_AFTER_S`, since a half-open connection says nothing.
    """

    def __init__(self, token: str | None, on_message: Callable[[bytes], None], on_lost: Callable[[], None]) -> None:
        self._protocol = ClientProtocol(parse_uri("ws://127.0.0.1/ws"), max_size=_NO_LIMIT)
        self._token = token
        self._on_message = on_message
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._is_lost = False
        self._heard_at = 0.0
        self._heartbeat: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent."""
        return self._protocol.state is OPEN and not self._is_lost

    @property
    def close_code(self) -> int | None:
        """The code the server closed with, None if the connection was lost otherwise."""
        return self._protocol.close_rcvd.code if self._protocol.close_rcvd else None

    def send(self, text: bytes) -> None:
        """Send a message; in vain if the connection is being lost."""
        if self.is_open:
            self._protocol.send_text(text)
            self._flush()

    def stop_reading(self) -> None:
        """Take no byte from the connection any more, and never give it up."""
        if self._transport is not None:
            self._transport.pause_reading()
        if self._heartbeat is not None:
            self._heartbeat.cancel()

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()
        self._lose()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._heard_at = asyncio.get_running_loop().time()
        request = self._protocol.connect()
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        self._protocol.send_request(request)
        self._flush()
        self._beat()

    def data_received(self, data: bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        self._protocol.receive_data(data)
        self._react()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._react()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lose()

    def _react(self) -> None:
        try:
            for event in self._protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._on_message(bytes(event.data))
                elif isinstance(event, Response) and event.status_code != 101:
                    self.abort()
        except WebSocketException:
            self.abort()
        self._flush()
        if self._protocol.handshake_exc is not None or self._protocol.close_rcvd is not None:
            self.abort()

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        for data in self._protocol.data_to_send():
            if data:
                transport.write(data)

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard_at > GIVE_UP_AFTER_S:
            self.abort()
            return
        if self.is_open:
            self._protocol.send_ping(b"")
            self._flush()
        self._heartbeat = loop.call_later(HEARTBEAT_S, self._beat)

    def _lose(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        if not self._is_lost:
            self._is_lost = True
            self._on_lost()


async def connect(wire: Wire, port: int, *, timeout_s: float = GIVE_UP_AFTER_S) -> None:
    """Connect to a port of this machine; whether a server answers there shows in what the wire calls.

    Raises:
        OSError, TimeoutError: nobody listens there.
    """
    async with asyncio.timeout(timeout_s):
        await asyncio.get_running_loop().create_connection(lambda: wire, "127.0.0.1", port)

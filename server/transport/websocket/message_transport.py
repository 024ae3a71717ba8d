"""A websocket as asyncio would offer it: whole messages instead of bytes, and calls instead of awaits.

The names and their meanings are those of `asyncio.Transport` and `asyncio.Protocol`. ASGI hands each message on
through a queue, a task and a handful of layers; a move is one message in and one for everybody who watches, so that
was where a third of the server's time went. Here a message is delivered where it is parsed and written where it is
made. The server offers the transport in the ASGI scope, and `server.serving.uvicorn_adapter` implements it.
"""

from collections.abc import Iterable
from typing import Final, Protocol

EXTENSION: Final = "fourfold.message_transport"
"""The key in `scope["extensions"]` of a websocket under which the server offers a `MessageTransport`."""


class MessageProtocol(Protocol):
    """Receives what happens on a websocket. No call may block or raise."""

    def message_received(self, message: str | bytes) -> None:
        """Receive a whole message: text as `str`, binary as `bytes`, in the order of their arrival."""

    def pause_writing(self) -> None:
        """The transport's buffer is above its high-water mark: write no more for now."""

    def resume_writing(self) -> None:
        """The buffer has drained below its low-water mark."""

    def connection_lost(self) -> None:
        """The connection is over; no other call follows. Called once."""


class MessageTransport(Protocol):
    """An accepted websocket."""

    is_writable: bool
    """False between `pause_writing` and `resume_writing` of the protocol."""

    def set_protocol(self, protocol: MessageProtocol) -> None:
        """Deliver messages to `protocol` from now on, beginning with those that arrived before."""

    def write_messages(self, messages: Iterable[bytes]) -> None:
        """Send text messages, each as one frame, all in one write; does nothing once the connection is closing."""

    def pause_reading(self) -> None:
        """Deliver no message until `resume_reading`; what has arrived stays unparsed, and no more is read."""

    def resume_reading(self) -> None:
        """Deliver messages again."""

    async def close(self, code: int) -> None:
        """Send a close frame once there is room for it, and begin the closing handshake (RFC 6455 §7.1.2)."""

    def abort(self) -> None:
        """Cut the connection at once and drop what is buffered; `close` waits for a client that doesn't read."""

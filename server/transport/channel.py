"""A websocket as messages: what comes in, what goes out, and the one place that learns that the peer is gone.

It speaks ASGI itself: Starlette's `WebSocket` would check the same states once more around each message. Where the
server offers `EXTENSION` (ours does, see `server.serving.websockets`), several messages leave in one write.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from starlette.types import Receive, Scope, Send

from server.transport.framing import text_frame

EXTENSION: Final = "fourfold.frames"


class PeerGoneError(Exception):
    """The peer has left, or was cut off."""


class FrameWriter(Protocol):
    """What a server offers as `EXTENSION` in the scope of a websocket."""

    async def write_frames(self, frames: bytes) -> None:
        """Send whole frames once there is room for them, after all that was sent before.

        Raises:
            OSError: the peer is gone.
        """


class Channel:
    """An accepted websocket. One task receives, another one sends.

    `abort` cuts the connection at once: closing it politely would wait for a peer that does not read.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, abort: Callable[[Scope], None]) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._abort = abort
        self._writer: FrameWriter | None = scope.get("extensions", {}).get(EXTENSION)
        self._now = asyncio.get_running_loop().time
        self._sending_since: float | None = None

    async def receive(self) -> str | bytes | None:
        """Return the next message, or None when there will be none."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text

    async def send(self, messages: Sequence[bytes]) -> None:
        """Send text messages, once there is room for them.

        Raises:
            PeerGoneError: there is nobody any more.
        """
        self._sending_since = self._now()
        try:
            if self._writer is not None:
                await self._writer.write_frames(b"".join(map(text_frame, messages)))
            else:
                for message in messages:
                    await self._send({"type": "websocket.send", "text": message.decode()})
        except (OSError, RuntimeError) as error:  # the peer has left, or we have closed
            raise PeerGoneError from error
        self._sending_since = None

    async def close(self, code: int) -> None:
        """Say that nothing more will come.

        Raises:
            PeerGoneError: there is nobody any more.
        """
        self._sending_since = self._now()
        try:
            await self._send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError) as error:
            raise PeerGoneError from error
        self._sending_since = None

    def abort_if_stuck(self, after_s: float) -> None:
        """Cut the connection if a message has waited so long for room. A time limit for each of them costs more."""
        if self._sending_since is not None and self._now() - self._sending_since > after_s:
            self._abort(self._scope)

"""uvicorn's websocket protocol, with a door for whoever sends much: whole frames, several in one write.

ASGI sends message by message, each through a handful of layers and with a system call of its own. A move is told to
everybody who watches, and to the mover twice (accepted, and as an event): with this door the server needs a fifth
less CPU for a move.
"""

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from server.transport.channel import EXTENSION


class FrameWritingProtocol(WebSocketsSansIOProtocol):
    """A websocket of uvicorn that offers `EXTENSION`."""

    def handle_connect(self, event: Request) -> None:
        """Begin; the application runs in a task that starts later, so it finds the extension in its scope."""
        super().handle_connect(event)
        if self.tasks and hasattr(self, "scope"):
            self.scope["extensions"][EXTENSION] = self  # type: ignore[typeddict-unknown-key]  # an extension of ours

    async def write_frames(self, frames: bytes) -> None:
        """See `FrameWriter`."""
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)

"""uvicorn's websocket protocol, which hands messages over where it parses them and writes whole frames."""

from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from server.transport.wire import EXTENSION, Peer


class WireProtocol(WebSocketsSansIOProtocol):
    """A websocket of uvicorn that offers itself as a `Wire`. Until somebody attaches, it is as uvicorn made it."""

    _peer: Peer | None = None

    def handle_connect(self, event: Request) -> None:
        """Begin. The application runs in a task that starts later, so it finds the extension in its scope."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[EXTENSION] = self

    # What a wire can do: see `Wire`.

    def attach(self, peer: Peer) -> None:
        """See `Wire`."""
        self._peer = peer
        while not self.queue.empty():
            event: dict[str, Any] = dict(self.queue.get_nowait())
            if event["type"] == "websocket.receive":
                peer.take(event["text"] if "text" in event else event["bytes"])
            elif event["type"] == "websocket.disconnect":
                peer.lost()
        self.go_on()

    @property
    def is_writable(self) -> bool:
        """See `Wire`."""
        return self.writable.is_set()

    def write(self, frames: bytes) -> None:
        """See `Wire`."""
        if not (self.disconnected or self.close_sent or self.transport.is_closing()):
            self.transport.write(frames)

    def hold(self) -> None:
        """See `Wire`."""
        if not self.read_paused and not self.disconnected:
            self.read_paused = True
            self.transport.pause_reading()

    def go_on(self) -> None:
        """See `Wire`."""
        if self.read_paused and not self.disconnected:
            self.read_paused = False
            self.transport.resume_reading()

    async def close(self, code: int) -> None:
        """See `Wire`."""
        if not self.disconnected and not self.close_sent:
            with suppress(ClientDisconnected):
                await self.send({"type": "websocket.close", "code": code, "reason": ""})

    def abort(self) -> None:
        """See `Wire`."""
        self.transport.abort()

    # What uvicorn hears.

    def send_receive_event_to_app(self) -> None:
        """Hand a message over, or queue it as uvicorn does until somebody is there."""
        if self._peer is None:
            super().send_receive_event_to_app()
            return
        data = b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "bytes":
            self._peer.take(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.conn.fail(1007)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()
        else:
            self._peer.take(text)

    def resume_writing(self) -> None:
        """Tell that there is room."""
        super().resume_writing()
        if self._peer is not None:
            self._peer.writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over."""
        super().connection_lost(exc)
        if self._peer is not None:
            self._peer.lost()

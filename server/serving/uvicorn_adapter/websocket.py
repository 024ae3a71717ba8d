"""uvicorn's websocket protocol, which hands messages over where it parses them and writes whole frames.

uvicorn keeps a peer in check by reading no more until the application has taken what came. Here the application
takes everything at once, so it is done in other ways: who sends a flood has to let others go first, and who does
not read is not read either. And every end is bounded: closing waits for the peer, so an abort stands behind it.
"""

from asyncio import TimerHandle
from contextlib import suppress
from typing import Any, Final, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from server.transport.websocket.wire import EXTENSION, Peer

FLOOD_BYTES: Final = 16_384
"""After so much in one piece, others have their turn. A player's frames have some 150 bytes."""

CLOSE_LIMIT_S: Final = 10.0
"""How long a peer may take to let a connection end."""


class WireProtocol(WebSocketsSansIOProtocol):
    """A websocket of uvicorn that offers itself as a `Wire`. Until somebody attaches, it is as uvicorn made it."""

    is_writable = True
    """See `Wire`."""

    _peer: Peer | None = None
    _is_held = False
    _is_resting = False
    _abort_timer: TimerHandle | None = None

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
                self._lose()
        self._read_on()

    def write(self, frames: bytes) -> None:
        """See `Wire`."""
        if not (self.disconnected or self.close_sent or self.transport.is_closing()):
            self.transport.write(frames)

    def hold(self) -> None:
        """See `Wire`."""
        self._is_held = True
        self._read_on()

    def go_on(self) -> None:
        """See `Wire`."""
        self._is_held = False
        self._read_on()

    async def close(self, code: int) -> None:
        """See `Wire`."""
        if not self.disconnected and not self.close_sent:
            with suppress(ClientDisconnected):
                await self.send({"type": "websocket.close", "code": code, "reason": ""})
            self._end_in_time()

    def abort(self) -> None:
        """See `Wire`."""
        self.transport.abort()

    # What uvicorn hears.

    def data_received(self, data: bytes) -> None:
        """Take what came; after a flood, rest for a turn of the event loop."""
        super().data_received(data)
        if len(data) > FLOOD_BYTES and self._peer is not None:
            self._is_resting = True
            self._read_on()
            self.loop.call_soon(self._rested)

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
            self._end_in_time()
        else:
            self._peer.take(text)

    def pause_writing(self) -> None:
        """Read nothing of a peer that does not read: not even its pings are answered any more."""
        super().pause_writing()
        self.is_writable = False
        self._read_on()
        if self._peer is not None:
            self._peer.full()

    def resume_writing(self) -> None:
        """Tell that there is room."""
        super().resume_writing()
        self.is_writable = True
        self._read_on()
        if self._peer is not None:
            self._peer.writable()

    def handle_close(self, event: Frame) -> None:
        """The peer says goodbye, and may never read our answer."""
        super().handle_close(event)
        self._lose()
        self._end_in_time()

    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping."""
        super().keepalive_timeout()
        self._end_in_time()

    def shutdown(self) -> None:
        """The server stops."""
        super().shutdown()
        self._end_in_time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over, and let go: a cycle would stay for the garbage collector, which is rare."""
        super().connection_lost(exc)
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
        self._lose()
        if self.handshake_initiated:
            self.scope["extensions"].pop(EXTENSION, None)

    def _read_on(self) -> None:
        """Read, or read not, as the peer, a flood and the room to write allow."""
        if self._peer is None or self.disconnected or self.transport.is_closing():
            return
        must_pause = self._is_held or self._is_resting or not self.is_writable
        if must_pause and not self.read_paused:
            self.transport.pause_reading()
        elif not must_pause and self.read_paused:
            self.transport.resume_reading()
        self.read_paused = must_pause

    def _rested(self) -> None:
        self._is_resting = False
        self._read_on()

    def _lose(self) -> None:
        if self._peer is not None:
            self._peer.lost()
            self._peer = None

    def _end_in_time(self) -> None:
        """Cut the connection unless it ends by itself: `close` waits until the peer has read everything."""
        if self._abort_timer is None and not self.disconnected:
            self._abort_timer = self.loop.call_later(CLOSE_LIMIT_S, self.transport.abort)

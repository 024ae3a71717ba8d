"""uvicorn's websocket protocol as a `MessageTransport`: whole messages, written and delivered without ASGI.

ASGI keeps a peer in check by making it wait for the application. Here the application receives at once, and other
checks take that place: what arrives is parsed in slices with everybody else's turns between; a peer that doesn't
read is not read either; frames that carry no message have a budget; and every end has a deadline.

uvicorn parses, handles the handshake and sends keepalive pings. All of it that is overridden or used here is
private:
`pyproject.toml` pins its version, and a test asserts each name.
"""

from asyncio import TimerHandle
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, cast

from typing_extensions import override
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from server.serving.uvicorn_adapter.framing import text_frame
from server.serving.uvicorn_adapter.refusal import refusal
from server.serving.uvicorn_adapter.slices import Slices
from server.transport.limits import TokenBucket
from server.transport.websocket.message_transport import EXTENSION, MessageProtocol

SLICE_BYTES: Final = 1024
"""How much of one connection is parsed in one turn of the event loop. A player's frames have some 150 bytes."""

CLOSE_LIMIT_S: Final = 10.0
"""How long a peer may take to let a connection end."""

MAX_FRAGMENTS: Final = 1000
"""How many frames one message may consist of."""

OVERHEAD_FRAMES_PER_S: Final = 100.0
OVERHEAD_FRAMES_BURST: Final = 2000.0
"""How many pings, pongs and continuation frames a peer may send."""

PROTOCOL_ERROR, INVALID_TEXT, POLICY_VIOLATION, MESSAGE_TOO_BIG = 1002, 1007, 1008, 1009


class WebSocketAdapter(WebSocketsSansIOProtocol):
    """A websocket of uvicorn. Until `set_protocol` is called it behaves as uvicorn made it."""

    is_writable = True
    """Whether the transport's buffer has room."""

    on_lost: Callable[[], None] | None = None
    """Called when the connection is over."""

    _protocol: MessageProtocol | None = None
    _unparsed: Slices | None = None
    _budget: TokenBucket | None = None
    _is_paused = False
    _is_parsing_soon = False
    _is_discarding = False
    _abort_timer: TimerHandle | None = None

    # MessageTransport.

    def set_protocol(self, protocol: MessageProtocol) -> None:
        """Deliver messages to `protocol`, beginning with those that uvicorn has queued."""
        self._protocol = protocol
        while not self.queue.empty():
            event: dict[str, Any] = dict(self.queue.get_nowait())
            if event["type"] == "websocket.receive":
                protocol.message_received(event["text"] if "text" in event else event["bytes"])
            elif event["type"] == "websocket.disconnect":
                self._lose()
        self._update_reading()

    def write_messages(self, messages: Iterable[bytes]) -> None:
        """Send text messages, all in one write."""
        if not (self.disconnected or self.close_sent or self.transport.is_closing()):
            self.transport.write(b"".join(map(text_frame, messages)))

    def pause_reading(self) -> None:
        """Deliver nothing until `resume_reading`."""
        self._is_paused = True
        self._update_reading()

    def resume_reading(self) -> None:
        """Deliver again what arrives; what has arrived already is parsed in the next turn of the event loop."""
        self._is_paused = False
        self._update_reading()

    async def close(self, code: int) -> None:
        """Send a close frame once there is room for it; the connection ends with the peer's answer, or in time."""
        if not self.disconnected and not self.close_sent:
            self._is_discarding = True
            with suppress(ClientDisconnected):
                await self.send({"type": "websocket.close", "code": code, "reason": ""})
            self._abort_in_time()

    def abort(self) -> None:
        """Cut the connection."""
        self.transport.abort()

    # What uvicorn and the event loop call.

    @override
    def handle_connect(self, event: Request) -> None:
        """Offer this object to the application, which runs in a task that starts later."""
        super().handle_connect(event)
        if self.close_sent:
            self._abort_in_time()
        else:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self

    @override
    def data_received(self, data: bytes) -> None:
        """Parse what arrived: at once if it is as little as honest peers send, else a slice in each turn."""
        if not self._unparsed and not self._must_pause and (len(data) <= SLICE_BYTES or self._protocol is None):
            super().data_received(data)
            if not self.handshake_initiated:
                self._refuse_handshake()
            return
        self._unparsed = self._unparsed or Slices(SLICE_BYTES)
        self._unparsed.add(data)
        self._update_reading()

    @override
    def handle_ping(self) -> None:
        """Answer a ping, within the budget."""
        if self._is_within_budget():
            super().handle_ping()

    @override
    def handle_pong(self, event: Frame) -> None:
        """Note a pong, within the budget."""
        if self._is_within_budget():
            super().handle_pong(event)

    @override
    def handle_cont(self, event: Frame) -> None:
        """Collect a fragment, within the budget; even empty ones take memory."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self._fail(MESSAGE_TOO_BIG)
        elif self._is_within_budget():
            super().handle_cont(event)

    @override
    def send_receive_event_to_app(self) -> None:
        """Deliver a message, or queue it as uvicorn does until there is a protocol."""
        if self._protocol is None:
            super().send_receive_event_to_app()
            return
        data = b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "bytes":
            self._protocol.message_received(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._fail(INVALID_TEXT)
        else:
            self._protocol.message_received(text)

    @override
    def pause_writing(self) -> None:
        """Read nothing from a peer that doesn't read: its pings are not answered either."""
        super().pause_writing()
        self.is_writable = False
        self._update_reading()
        if self._protocol is not None:
            self._protocol.pause_writing()

    @override
    def resume_writing(self) -> None:
        """Read and write again."""
        super().resume_writing()
        self.is_writable = True
        self._update_reading()
        if self._protocol is not None:
            self._protocol.resume_writing()

    @override
    def handle_close(self, event: Frame) -> None:
        """The peer closes; it may never read our answer."""
        super().handle_close(event)
        self._lose()
        self._abort_in_time()

    @override
    def handle_parser_exception(self) -> None:
        """The peer broke the rules of RFC 6455."""
        code = self.conn.close_sent.code if self.conn.close_sent is not None else PROTOCOL_ERROR
        self._end_after(code)

    @override
    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping."""
        super().keepalive_timeout()
        self._abort_in_time()

    @override
    def shutdown(self) -> None:
        """The server stops."""
        super().shutdown()
        self._abort_in_time()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the protocol, and let go: a cycle would stay until the garbage collector runs, which is rarely."""
        super().connection_lost(exc)
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
        self._unparsed = None
        self._lose()
        if self.on_lost is not None:
            self.on_lost()
            self.on_lost = None
        if hasattr(self, "scope"):  # not if the handshake was refused
            cast("dict[str, Any]", self.scope["extensions"]).pop(EXTENSION, None)

    # Reading.

    @property
    def _must_pause(self) -> bool:
        return (self._is_paused or not self.is_writable) and not self._is_discarding

    def _update_reading(self) -> None:
        """Read from the socket only when everything that arrived is parsed, and more may be."""
        if self._protocol is None or self.disconnected or self.transport.is_closing():
            return
        if self._unparsed and not self._must_pause and not self._is_parsing_soon:
            self._is_parsing_soon = True
            self.loop.call_soon(self._parse_slice)
        must_pause = self._must_pause or bool(self._unparsed)
        if must_pause and not self.read_paused:
            self.transport.pause_reading()
        elif not must_pause and self.read_paused:
            self.transport.resume_reading()
        self.read_paused = must_pause

    def _parse_slice(self) -> None:
        self._is_parsing_soon = False
        if self._unparsed and not self._must_pause and not self.disconnected:
            super().data_received(self._unparsed.next())
        self._update_reading()

    def _is_within_budget(self) -> bool:
        if self.close_sent:
            return False
        if self._budget is None:
            self._budget = TokenBucket(OVERHEAD_FRAMES_PER_S, OVERHEAD_FRAMES_BURST, self.loop.time)
        if self._budget.take():
            return True
        self._fail(POLICY_VIOLATION)
        return False

    # Ending.

    def _refuse_handshake(self) -> None:
        """Answer a head that `websockets` can't read: a line too long, too many headers, or a body."""
        self.close_sent = self.handshake_initiated = True
        self._is_discarding = True
        self.transport.write(refusal(HTTPStatus.BAD_REQUEST, "This is not a WebSocket handshake (RFC 6455 §4.1)."))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._abort_in_time()

    def _fail(self, code: int) -> None:
        """Close because of what the peer sent (RFC 6455 §7.1.7)."""
        if not self.close_sent:
            self.conn.fail(code)
            self._end_after(code)

    def _end_after(self, code: int) -> None:
        """Send what is left, then only wait for the peer's end.

        Closing the socket at once, with unread data in it, would send a reset that may overtake the close frame.
        """
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._is_discarding = True
        self.frames, self._unparsed = [], None
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._lose()
        self._abort_in_time()

    def _lose(self) -> None:
        if self._protocol is not None:
            self._protocol.connection_lost()
            self._protocol = None

    def _abort_in_time(self) -> None:
        """Cut the connection unless it ends by itself: `close` waits until the peer has read everything."""
        if self._abort_timer is None and not self.disconnected:
            self._abort_timer = self.loop.call_later(CLOSE_LIMIT_S, self.transport.abort)

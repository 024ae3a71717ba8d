"""uvicorn's HTTP protocol with the limits that it lacks: how large, how slow and how many requests may be.

uvicorn reads heads of any size, for any time, from any number of connections. Here the size of a head and of a
whole request and the time for it are bounded, and connections are counted from the moment they are accepted. What
exceeds a limit or can't be understood is answered, without a line in the log, and its connection is closed. What
arrives is parsed in slices with everybody else's turns between, and a client that doesn't read is cut off.

Like `websocket`, this overrides and uses private names of uvicorn, each of which a test asserts.
"""

from asyncio import TimerHandle, Transport
from functools import partial
from http import HTTPStatus
from typing import Final, NoReturn

import httptools
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.serving.uvicorn_adapter.config import AdapterConfig
from server.serving.uvicorn_adapter.refusal import refusal
from server.serving.uvicorn_adapter.slices import Slices
from server.serving.uvicorn_adapter.websocket import WebSocketAdapter

MAX_HEAD_BYTES: Final = 20_480
"""Counted in slices, so what arrives together with the end of a head may count too."""

MAX_HEADERS: Final = 100
MAX_REQUEST_BYTES: Final = 65_536
"""Head, body, chunk sizes and trailers together. The application itself refuses bodies over 4 KiB."""

REQUEST_LIMIT_S: Final = 10.0
"""How long a client may take for the head and the body of a request; for its first one, from the connection on."""

UNREAD_LIMIT_S: Final = 30.0
"""How long a client may leave no room for more of its response before it is cut off."""

CLOSE_LIMIT_S: Final = 5.0
"""How long a client may take to close after it was refused."""

SLICE_BYTES: Final = 4096
MAX_UNPARSED_BYTES: Final = 524_288
MAX_PIPELINED: Final = 8
"""With so many requests of one connection unanswered, no further one is parsed."""

_SENTENCES: Final = {
    HTTPStatus.BAD_REQUEST: "This is not an HTTP request that the server understands.",
    HTTPStatus.REQUEST_TIMEOUT: f"A request has to arrive within {REQUEST_LIMIT_S:.0f} s.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"A request has at most {MAX_REQUEST_BYTES} bytes.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"The head of a request has at most {MAX_HEAD_BYTES} bytes and {MAX_HEADERS} headers."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many connections: try again later.",
}


class HttpAdapter(HttpToolsProtocol):
    """One HTTP connection of uvicorn, within limits."""

    config: AdapterConfig

    _is_admitted = False
    _is_refused = False
    _is_in_body = False
    _is_parsing_soon = False
    _request_bytes = 0
    _refusal = HTTPStatus.BAD_REQUEST
    _unparsed: Slices | None = None
    _deadline: TimerHandle | None = None
    _unread: TimerHandle | None = None

    # What the event loop calls.

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Count the connection, or refuse it; a client that sends nothing has a deadline too."""
        super().connection_made(transport)
        self._is_admitted = self.config.connections.admit(self._host)
        if self._is_admitted:
            self._start_deadline()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection no more, and cancel its timers."""
        super().connection_lost(exc)
        self._release()
        self._cancel_timers()
        self._unparsed = None

    @override
    def data_received(self, data: bytes) -> None:
        """Parse what arrived, a slice at once and the rest in later turns of the event loop."""
        if self._is_refused:
            return
        if not self._unparsed and len(data) <= SLICE_BYTES and len(self.pipeline) < MAX_PIPELINED:
            self._parse(data)
            return
        self._unparsed = self._unparsed or Slices(SLICE_BYTES)
        self._unparsed.add(data)
        if len(self._unparsed) > MAX_UNPARSED_BYTES:
            self.transport.abort()
        else:
            self.flow.pause_reading()
            self._parse_soon()

    @override
    def pause_writing(self) -> None:
        """Cut the client off if it does not read for long."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_LIMIT_S, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # What the parser and uvicorn call.

    @override
    def on_message_begin(self) -> None:
        """Begin to count the bytes of a request."""
        super().on_message_begin()
        self._is_in_body = False

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header or a trailer, if there are not too many."""
        if len(self.headers) >= MAX_HEADERS:
            self._stop_parsing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        """From here on the whole request has to keep within its limit."""
        if self._request_bytes > MAX_HEAD_BYTES:
            self._stop_parsing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._is_in_body = True
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        """The request has arrived in time."""
        super().on_message_complete()
        self._is_in_body, self._request_bytes = False, 0
        self._cancel_deadline()

    @override
    def on_response_complete(self) -> None:
        """Parse on, if requests were left unparsed because too many were unanswered."""
        super().on_response_complete()
        if self._unparsed:
            self._parse_soon()

    @override
    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and what counts it."""
        self._cancel_timers()
        self._unparsed = None
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # it refers back here: a cycle, and garbage is rarely collected
        upgraded = self.transport.get_protocol()
        if isinstance(upgraded, WebSocketAdapter) and self._is_admitted:
            self._is_admitted = False
            upgraded.on_lost = partial(self.config.connections.release, self._host)

    # Parsing.

    @property
    def _host(self) -> str | None:
        return self.client[0] if self.client else None

    def _parse_soon(self) -> None:
        if not self._is_parsing_soon:
            self._is_parsing_soon = True
            self.loop.call_soon(self._parse_slice)

    def _parse_slice(self) -> None:
        self._is_parsing_soon = False
        if not self._unparsed or self._is_refused or self.transport.is_closing():
            return
        if len(self.pipeline) >= MAX_PIPELINED:
            return  # `on_response_complete` comes back to this
        self._parse(self._unparsed.next())
        if self._unparsed:
            self._parse_soon()
        elif not self.pipeline and not self._is_refused:
            self.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._request_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self._refuse(self._refusal)
        else:
            self._check_limits()

    def _stop_parsing(self, status: HTTPStatus) -> NoReturn:
        """Have the parser stop, whose caller then refuses the request."""
        self._refusal = status
        raise ValueError(status)

    def _check_limits(self) -> None:
        if self._is_in_body:
            if self._request_bytes > MAX_REQUEST_BYTES:
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
        elif self._request_bytes > MAX_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        if self._request_bytes and self._deadline is None:
            self._start_deadline()

    # Ending.

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_LIMIT_S, self._on_deadline)

    def _on_deadline(self) -> None:
        self._deadline = None
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what can't be served, unless an answer has begun, and close once the client has read that.

        Closing at once, with unread data in the socket, would send a reset that may overtake the answer.
        """
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._unparsed = None
        self._cancel_deadline()
        has_begun = self._tell_application()
        if has_begun or not self.transport.can_write_eof():
            self.transport.abort()
            return
        self.transport.write(refusal(status, _SENTENCES[status]))
        self.transport.write_eof()
        self.flow.resume_reading()
        self._deadline = self.loop.call_later(CLOSE_LIMIT_S, self.transport.abort)

    def _tell_application(self) -> bool:
        """Tell requests in progress that their client has gone; return whether a response is on its way."""
        cycle = self.cycle
        self.pipeline.clear()
        if cycle is None or cycle.response_complete:
            return False
        cycle.disconnected = True
        cycle.message_event.set()
        return cycle.response_started

    def _release(self) -> None:
        if self._is_admitted:
            self._is_admitted = False
            self.config.connections.release(self._host)

    def _cancel_timers(self) -> None:
        self._cancel_deadline()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

"""Every private name of uvicorn and websockets that the adapter overrides or uses: an upgrade fails here first."""

import inspect
import logging
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets import websockets_sansio_impl
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server, ServerState
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

from server.serving import logs, single
from server.serving.uvicorn_adapter import HttpAdapter, WebSocketAdapter

OVERRIDDEN = {
    (WebSocketAdapter, WebSocketsSansIOProtocol): {
        "connection_lost", "data_received", "handle_close", "handle_connect", "handle_cont",
        "handle_parser_exception", "handle_ping", "handle_pong", "keepalive_timeout", "pause_writing",
        "resume_writing", "send_receive_event_to_app", "shutdown",
    },
    (HttpAdapter, HttpToolsProtocol): {
        "connection_lost", "connection_made", "data_received", "handle_websocket_upgrade", "on_header",
        "on_headers_complete", "on_message_begin", "on_message_complete", "on_response_complete", "pause_writing",
        "resume_writing",
    },
    (single.OrderlyServer, Server): {"handle_exit", "shutdown", "startup"},
}  # fmt: skip
"""What our classes override, by class and base."""


@pytest.fixture
async def config() -> Config:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        raise AssertionError("not called")

    config = Config(app, ws="websockets-sansio", http="httptools", log_config=None)
    config.load()
    return config


@pytest.mark.parametrize(("ours", "base"), OVERRIDDEN)
def test_what_is_overridden_exists_and_is_listed(ours: type, base: type) -> None:
    """A method that uvicorn renames would be called no more, and nothing else would tell."""
    own = {name for name, value in vars(ours).items() if inspect.isfunction(value) and name in dir(base)}
    assert own - {"__init__"} == OVERRIDDEN[ours, base]
    for name in own - {"__init__"}:
        theirs, mine = inspect.signature(getattr(base, name)), inspect.signature(getattr(ours, name))
        assert list(theirs.parameters) == list(mine.parameters), name


async def test_the_websocket_has_the_attributes_that_are_used(config: Config) -> None:
    """And in the state that the adapter expects of a new connection."""
    protocol: Any = WebSocketsSansIOProtocol(config, ServerState(), {})
    assert (protocol.close_sent, protocol.disconnected, protocol.read_paused) == (False, False, False)
    assert (protocol.frames, protocol.curr_msg_data_type, protocol.transport) == ([], "bytes", None)
    assert protocol.queue.empty()
    assert isinstance(protocol.conn, ServerProtocol)
    assert not hasattr(protocol, "scope"), "it is made in the handshake, so a refused one has none"
    assert {"send", "loop"} <= set(dir(protocol))


async def test_the_http_protocol_has_the_attributes_that_are_used(config: Config) -> None:
    protocol: Any = HttpToolsProtocol(config, ServerState(), {})
    assert (protocol.transport, protocol.flow, protocol.client, protocol.cycle) == (None, None, None, None)
    assert len(protocol.pipeline) == 0
    assert {"feed_data", "should_upgrade"} <= set(dir(protocol.parser))
    assert {"_unset_keepalive_if_required", "_should_upgrade", "loop", "config"} <= set(dir(protocol))
    assert {"pause_reading", "resume_reading", "read_paused"} <= set(dir(FlowControl(protocol.transport)))
    cycle = set(inspect.getsource(RequestResponseCycle).split())
    assert {"self.disconnected", "self.response_started", "self.response_complete"} <= cycle
    assert "message_event" in inspect.signature(RequestResponseCycle).parameters


def test_the_parser_is_fed_and_the_connection_failed_as_the_adapter_does_it() -> None:
    assert list(inspect.signature(Protocol.fail).parameters) == ["self", "code", "reason"]
    assert {"close_sent", "data_to_send", "events_received", "receive_data"} <= set(dir(ServerProtocol()))


def test_the_upgrade_hands_over_in_the_order_that_the_adapter_relies_on() -> None:
    """The new protocol is set on the transport at the end, where the adapter picks it up."""
    source = inspect.getsource(HttpToolsProtocol.handle_websocket_upgrade)
    assert source.rstrip().endswith("self.transport.set_protocol(protocol)")


@pytest.mark.parametrize("module", [httptools_impl, websockets_sansio_impl])
def test_the_log_texts_that_are_filtered_are_the_ones_that_uvicorn_writes(module: object) -> None:
    """A refused websocket is no error, and anybody could fill the log with it."""
    filtered = "ASGI callable returned without completing handshake."
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, filtered, None, None)
    assert not logs._is_news(record)  # noqa: SLF001
    assert filtered in inspect.getsource(websockets_sansio_impl)
    assert 'logging.getLogger("uvicorn.error")' in inspect.getsource(module)  # type: ignore[arg-type]

"""Clients that go away in the middle of a request: nothing is done, nothing is answered, nothing is logged."""

import logging

import pytest
from starlette.types import Message

from server.app import create_app
from server.settings.settings import read_settings
from tests.processes import SECRET
from tests.transport.http.application import scope_of


@pytest.mark.parametrize("received", [[], [b""], [b'{"na'], [b'{"na', b'me":']])
async def test_a_client_that_goes_away_in_mid_body_leaves_no_trace(
    database_url: str, received: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """An error that leaves the application is logged with its traceback: 3 KB of log for 58 bytes sent."""
    app = create_app(read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET}))
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": True} for body in received]
    messages.append({"type": "http.disconnect"})
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = scope_of("POST", "/api/players", content_type="application/json", content_length="100")
    async with app.router.lifespan_context(app):
        with caplog.at_level(logging.INFO):
            await app(scope, receive, send)
    assert sent == []
    assert caplog.records == []

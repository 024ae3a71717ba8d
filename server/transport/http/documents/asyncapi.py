"""What the websocket says of itself: AsyncAPI 3."""

import inspect
from typing import Any, Final

from server import __version__
from server.transport.http.documents.schemas import ref, schemas_of
from server.transport.websocket import messages

_CLIENT_MESSAGES: Final = (messages.Watch, messages.Unwatch, messages.MakeMove, messages.Resign)
_SERVER_MESSAGES: Final = (
    messages.Welcome,
    messages.Events,
    messages.AcceptedMessage,
    messages.Rejected,
    messages.ErrorMessage,
)


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of the websocket."""
    described = {message.__name__: _message(message) for message in (*_CLIENT_MESSAGES, *_SERVER_MESSAGES)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fourfold",
            "version": __version__,
            "description": "One websocket for any number of games. Frames are JSON text of at most "
            f"{messages.MAX_FRAME_BYTES} bytes. Programs send `Authorization: Bearer TOKEN`, browsers their "
            "cookie; without either one may watch.",
        },
        "channels": {"socket": {"address": "/ws", "messages": described}},
        "operations": {
            "receive": _operation("receive", _CLIENT_MESSAGES),
            "send": _operation("send", _SERVER_MESSAGES),
        },
        "components": {"schemas": schemas_of((*_CLIENT_MESSAGES, *_SERVER_MESSAGES))},
    }


def _operation(action: str, exchanged: tuple[type, ...]) -> dict[str, Any]:
    """Return an operation as AsyncAPI says it: `action` is what the server does with these messages."""
    names = [message.__name__ for message in exchanged]
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "messages": [{"$ref": f"#/channels/socket/messages/{name}"} for name in names],
    }


def _message(message: type) -> dict[str, Any]:
    return {
        "name": message.__name__,
        "contentType": "application/json",
        "summary": inspect.getdoc(message),
        "payload": ref(message.__name__),
    }

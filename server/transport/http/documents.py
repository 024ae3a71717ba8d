"""What the interfaces say of themselves: AsyncAPI 3 for the websocket, OpenAPI 3.1 for HTTP.

Both are generated from the very types that decode and encode, so they can't say something else.
"""

import inspect
from typing import Any, Final

import msgspec

from server import __version__
from server.eventstore.codec import EVENT_TYPES
from server.transport.http import requests
from server.transport.http.state import GameState
from server.transport.problems import STATUS_OF
from server.transport.websocket import messages

_REF: Final = "#/components/schemas/{name}"
_CLIENT_MESSAGES: Final = (messages.Watch, messages.Unwatch, messages.MakeMove, messages.Resign)
_SERVER_MESSAGES: Final = (
    messages.Welcome,
    messages.Events,
    messages.AcceptedMessage,
    messages.Rejected,
    messages.ErrorMessage,
)
_CONTACT: Final = {"title": "Fourfold", "version": __version__}


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of the websocket."""
    described = {message.__name__: _message(message) for message in (*_CLIENT_MESSAGES, *_SERVER_MESSAGES)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            **_CONTACT,
            "description": "One websocket for any number of games. Frames are JSON text of at most "
            f"{messages.MAX_FRAME_BYTES} bytes. Programs send `Authorization: Bearer TOKEN`, browsers their "
            "cookie; without either one may watch.",
        },
        "channels": {"socket": {"address": "/ws", "messages": described}},
        "operations": {
            "take": {
                "action": "receive",
                "channel": {"$ref": "#/channels/socket"},
                "messages": [{"$ref": f"#/channels/socket/messages/{m.__name__}"} for m in _CLIENT_MESSAGES],
            },
            "tell": {
                "action": "send",
                "channel": {"$ref": "#/channels/socket"},
                "messages": [{"$ref": f"#/channels/socket/messages/{m.__name__}"} for m in _SERVER_MESSAGES],
            },
        },
        "components": {"schemas": _schemas((*_CLIENT_MESSAGES, *_SERVER_MESSAGES))},
    }


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the HTTP resources."""
    game = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    after = _query("after", "Only events after this version.", {"type": "integer", "minimum": 0})
    version = _query("version", "An earlier version instead of the newest.", {"type": "integer", "minimum": 1})
    if_match = _header("If-Match", 'The version you saw, in quotes: "12".', required=True)
    key = _header("Idempotency-Key", "Best a UUID: asking again with it makes the move at most once.")
    event_list = {
        "type": "object",
        "required": ["events"],
        "properties": {"events": _list_of(_ref("RecordedEvent"))},
    }
    event_formats = {
        "application/json": {"schema": event_list},
        "application/x-ndjson": {"schema": _ref("RecordedEvent")},
        "text/event-stream": {"schema": {"type": "string", "description": "Live; Last-Event-ID resumes."}},
    }
    return {
        "openapi": "3.1.0",
        "info": {**_CONTACT, "description": "Connect Four, event-sourced. The live interface is the websocket."},
        "paths": {
            "/api/players": {
                "post": _operation("Make a player", 201, _object("id", "name", "token"), body="NewPlayer")
            },
            "/api/me": {"get": _operation("Who am I?", 200, _ref("PlayerMessage"), secured=True)},
            "/api/games": {
                "post": _operation(
                    "Open a game", 201, _object("id", "url", version=True), body="NewGame", secured=True
                ),
                "get": _operation("List public games", 200, _lobby_page(), parameters=_lobby_parameters()),
            },
            "/api/games/{id}": {
                "parameters": [game],
                "get": _operation("The state of a game", 200, _ref("GameState"), parameters=[version]),
            },
            "/api/games/{id}/join": {
                "parameters": [game],
                "post": _operation(
                    "Take the free seat", 200, _object("player_one", "player_two", version=True), secured=True
                ),
            },
            "/api/games/{id}/events": {
                "parameters": [game],
                "get": {
                    **_operation("The events of a game", 200, event_list, parameters=[after]),
                    "responses": {"200": {"description": "The events.", "content": event_formats}, **_PROBLEM},
                },
            },
            "/api/games/{id}/moves": {
                "parameters": [game],
                "post": _operation(
                    "Make a move",
                    201,
                    _object(version=True),
                    body="NewMove",
                    parameters=[if_match, key],
                    secured=True,
                ),
            },
            "/healthz": {"get": _operation("Does the process live?", 200, {"type": "object"})},
            "/metrics": {
                "get": {
                    "summary": "Figures for Prometheus",
                    "responses": {"200": {"description": "Done.", "content": {"text/plain": {}}}},
                }
            },
            "/readyz": {"get": _operation("Should it be sent requests?", 200, {"type": "object"})},
        },
        "components": {
            "schemas": {
                **_schemas((requests.NewPlayer, requests.NewGame, requests.NewMove)),
                **_schemas((messages.PlayerMessage, GameState)),
                "Problem": _problem_schema(),
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "fourfold"},
            },
        },
    }


_PROBLEM: Final = {
    "default": {
        "description": "A problem (RFC 9457).",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
    }
}


def _schemas(types: tuple[type, ...]) -> dict[str, Any]:
    """Return the schemas of `types` and of what they hold; where encoded events are held, those of the events."""
    recorded = [_recorded_event(name) for name in EVENT_TYPES]
    _, schemas = msgspec.json.schema_components((*types, *recorded), ref_template=_REF)
    for message in ("Events", "Rejected"):
        if message in schemas:
            schemas[message]["properties"]["events"]["items"] = _ref("RecordedEvent")
    schemas["RecordedEvent"] = {"oneOf": [_ref(event.__name__) for event in recorded]}
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    return schemas


def _recorded_event(name: str) -> type:
    """Return the type of an event of this name as it is sent: its place, its data and its time."""
    fields = [("version", int), ("data", EVENT_TYPES[name]), ("at", str)]
    recorded: type = msgspec.defstruct(f"Recorded{name}", fields, tag=name)
    return recorded


def _message(message: type) -> dict[str, Any]:
    return {
        "name": message.__name__,
        "contentType": "application/json",
        "summary": inspect.getdoc(message),
        "payload": _ref(message.__name__),
    }


def _operation(
    summary: str,
    status: int,
    schema: dict[str, Any],
    *,
    body: str | None = None,
    parameters: list[dict[str, Any]] | None = None,
    secured: bool = False,
) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {str(status): {"description": "Done.", "content": content}, **_PROBLEM},
    }
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": _ref(body)}}}
    if parameters:
        operation["parameters"] = parameters
    if secured:
        operation["security"] = [{"token": []}, {"cookie": []}]
    return operation


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(name=name)}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(*texts: str, version: bool = False) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": "string"} for name in texts}
    if version:
        properties["version"] = {"type": "integer", "minimum": 1}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "required": required,
        "schema": {"type": "string"},
    }


def _lobby_parameters() -> list[dict[str, Any]]:
    return [
        _query("status", "Only games of this status.", {"enum": ["open", "live", "finished"]}),
        _query("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": 100}),
        _query("cursor", "The `next_cursor` of the page before.", {"type": "string"}),
    ]


def _lobby_page() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["games", "players", "next_cursor"],
        "properties": {
            "games": _list_of({"type": "object"}),
            "players": {"type": "object", "additionalProperties": {"type": "string"}},
            "next_cursor": {"type": ["string", "null"]},
        },
    }


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"enum": sorted(STATUS_OF)},
            "version": {"type": "integer", "description": "The game's version, where a command was refused."},
        },
    }

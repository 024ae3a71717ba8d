"""What the HTTP resources say of themselves: OpenAPI 3.1."""

from typing import Any, Final

from server import __version__
from server.projections.lobby import STATUSES
from server.transport.http import requests
from server.transport.http.documents.schemas import list_of, ref, schemas_of
from server.transport.http.lobby import MAX_PAGE
from server.transport.http.state import GameState
from server.transport.identification import COOKIE
from server.transport.problems import STATUS_OF
from server.transport.websocket import messages

_PROBLEM: Final = {
    "default": {
        "description": "A problem (RFC 9457).",
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
}
_GAME: Final = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the HTTP resources."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fourfold",
            "version": __version__,
            "description": "Connect Four, event-sourced. The live interface is the websocket.",
        },
        "paths": {**_players(), **_games(), **_one_game(), **_health()},
        "components": {
            "schemas": {
                **schemas_of((requests.NewPlayer, requests.NewGame, requests.NewMove)),
                **schemas_of((messages.PlayerMessage, GameState)),
                "Problem": _problem_schema(),
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _players() -> dict[str, Any]:
    created = _object("id", "name", "token")
    return {
        "/api/players": {"post": _operation("Make a player", 201, created, body="NewPlayer")},
        "/api/me": {"get": _operation("Who am I?", 200, ref("PlayerMessage"), secured=True)},
    }


def _games() -> dict[str, Any]:
    opened = _object("id", "url", version=True)
    return {
        "/api/games": {
            "post": _operation("Open a game", 201, opened, body="NewGame", secured=True),
            "get": _operation("List public games", 200, _lobby_page(), parameters=_lobby_parameters()),
        }
    }


def _one_game() -> dict[str, Any]:
    version = _query("version", "An earlier version instead of the newest.", {"type": "integer", "minimum": 1})
    state = _operation("The state of a game", 200, ref("GameState"), parameters=[version])
    joined = _object("player_one", "player_two", version=True)
    moved = _object(version=True)
    preconditions = [
        _header("If-Match", 'The version you saw, in quotes: "12".', required=True),
        _header("Idempotency-Key", "Best a UUID: a move sent again with it is made at most once."),
    ]
    move = _operation("Make a move", 201, moved, body="NewMove", parameters=preconditions, secured=True)
    return {
        "/api/games/{id}": {"parameters": [_GAME], "get": state},
        "/api/games/{id}/join": {
            "parameters": [_GAME],
            "post": _operation("Take the free seat", 200, joined, secured=True),
        },
        "/api/games/{id}/events": {"parameters": [_GAME], "get": _events()},
        "/api/games/{id}/moves": {"parameters": [_GAME], "post": move},
    }


def _events() -> dict[str, Any]:
    after = _query("after", "Only events after this version.", {"type": "integer", "minimum": 0})
    listed = {"type": "object", "required": ["events"], "properties": {"events": list_of(ref("RecordedEvent"))}}
    content = {
        "application/json": {"schema": listed},
        "application/x-ndjson": {"schema": ref("RecordedEvent")},
        "text/event-stream": {"schema": {"type": "string", "description": "Live; Last-Event-ID resumes."}},
    }
    return {
        **_operation("The events of a game", 200, listed, parameters=[after]),
        "responses": {"200": {"description": "The events.", "content": content}, **_PROBLEM},
    }


def _health() -> dict[str, Any]:
    figures = {"200": {"description": "Done.", "content": {"text/plain": {}}}}
    return {
        "/healthz": {"get": _operation("Does the process live?", 200, {"type": "object"})},
        "/readyz": {"get": _operation("Should it be sent requests?", 200, {"type": "object"})},
        "/metrics": {"get": {"summary": "Figures for Prometheus", "responses": figures}},
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
        operation["requestBody"] = {"content": {"application/json": {"schema": ref(body)}}}
    if parameters:
        operation["parameters"] = parameters
    if secured:
        operation["security"] = [{"token": []}, {"cookie": []}]
    return operation


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
        _query("status", "Only games of this status.", {"enum": list(STATUSES)}),
        _query("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}),
        _query("cursor", "The `next_cursor` of the page before.", {"type": "string"}),
    ]


def _lobby_page() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["games", "players", "next_cursor"],
        "properties": {
            "games": list_of({"type": "object"}),
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

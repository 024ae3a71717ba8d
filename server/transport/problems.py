"""Errors over HTTP: RFC 9457 problem details, with the same `code` as on the websocket."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from server.domain.errors import ConnectFourError
from server.eventstore.errors import WrongExpectedVersionError

STATUS_OF: Final = {
    "bad_message": 400,
    "not_authenticated": 401,
    "forbidden_origin": 403,
    "not_a_player": 403,
    "not_found": 404,
    "unknown_game": 404,
    "unknown_version": 404,
    "method_not_allowed": 405,
    "column_full": 409,
    "command_id_taken": 409,
    "game_finished": 409,
    "game_full": 409,
    "game_not_started": 409,
    "not_your_turn": 409,
    "own_game": 409,
    "wrong_expected_version": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid_name": 422,
    "clock_not_supported": 422,
    "version_required": 428,
    "too_many_requests": 429,
    "internal_error": 500,
    "unavailable": 503,
}

_TITLES: Final = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Refused by the rules",
    412: "The game has moved on",
    413: "Too large",
    415: "Unsupported media type",
    422: "Can't be done as asked",
    428: "The version is missing",
    429: "Too many requests",
    500: "Our fault",
    503: "Try again later",
}


class ProblemError(Exception):
    """A request that is answered with a problem; `extra` members join the standard ones."""

    def __init__(self, code: str, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra


def problem_response(problem: ProblemError) -> Response:
    """Return the response that tells a problem."""
    status = STATUS_OF[problem.code]
    headers = dict(problem.headers)
    if problem.code == "not_authenticated":
        headers["WWW-Authenticate"] = 'Bearer realm="fourfold"'
    if problem.code in ("too_many_requests", "unavailable"):
        headers.setdefault("Retry-After", "1")
    body = {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.extra,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def code_and_message(refusal: ConnectFourError | WrongExpectedVersionError) -> tuple[str, str]:
    """Return how a refusal is told: its stable code, and a sentence for people."""
    if isinstance(refusal, ConnectFourError):
        return refusal.code, str(refusal)
    if refusal.expected < refusal.actual:
        return "wrong_expected_version", "The game has moved on: look at what happened, then decide again."
    return "wrong_expected_version", f"The game is at version {refusal.actual}, which is before the one you expect."

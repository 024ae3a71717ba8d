"""Everything that is refused or goes wrong, in one place: its stable code, its HTTP status, its sentence.

Over HTTP it is answered as problem details (RFC 9457, `problem_response`), over the websocket with the same code
and sentence (`code_and_message`).
"""

from typing import Any, Final, TypeAlias, assert_never

from starlette.responses import JSONResponse, Response

from server.application.live_game import UnreadableGameError
from server.application.outcomes import RefusedError
from server.database.read_limit import ReadsBusyError
from server.domain.errors import ConnectFourError
from server.eventstore.errors import StoreBusyError, StoreUnavailableError, WrongExpectedVersionError
from server.identity.errors import PlayersUnavailableError
from server.identity.names import InvalidNameError
from server.transport.strict_json import BadMessageError

STATUS_OF: Final = {refusal.code: 409 for refusal in ConnectFourError.__subclasses__()} | {
    "bad_message": 400,
    "not_authenticated": 401,
    "forbidden_origin": 403,
    "not_a_player": 403,
    "not_found": 404,
    "unknown_game": 404,
    "unknown_version": 404,
    "method_not_allowed": 405,
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
"""What the rules refuse conflicts with the game as it is, unless the table says otherwise."""

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

_OUTCOME_UNKNOWN: Final = (
    "The database did not answer in time. Whether a change was made is unknown: a move may be sent again with the "
    "same Idempotency-Key, anything else after a look."
)


class ProblemError(Exception):
    """A request that is answered with a problem; `extra` members join the standard ones."""

    def __init__(self, code: str, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra


Failure: TypeAlias = (
    UnreadableGameError | ReadsBusyError | StoreBusyError | StoreUnavailableError | PlayersUnavailableError
)
"""What is our fault: no details are sent."""

ExpectedError: TypeAlias = (
    ProblemError
    | RefusedError
    | ConnectFourError
    | WrongExpectedVersionError
    | InvalidNameError
    | BadMessageError
    | Failure
)
"""All errors that a client may learn of; any other is a defect."""


def code_and_message(error: ExpectedError) -> tuple[str, str]:
    """Return the stable code of an error, and a sentence for people that says what to do."""
    match error:
        case RefusedError():
            return code_and_message(error.reason)
        case ProblemError() | ConnectFourError():
            return error.code, str(error)
        case WrongExpectedVersionError():
            return "wrong_expected_version", _wrong_version(error)
        case InvalidNameError():
            return "invalid_name", str(error)
        case BadMessageError():
            return "bad_message", str(error)
        case _:
            return _failure(error)


def problem_of(error: ExpectedError) -> ProblemError:
    """Return the problem that an error is over HTTP: a refused command comes with the game's version."""
    if isinstance(error, ProblemError):
        return error
    code, message = code_and_message(error)
    if isinstance(error, RefusedError):
        version = error.live.version
        return ProblemError(code, message, headers={"ETag": f'"{version}"'} if version else None, version=version)
    return ProblemError(code, message)


def problem_response(problem: ProblemError) -> Response:
    """Return the response for a problem."""
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


def _wrong_version(error: WrongExpectedVersionError) -> str:
    if error.expected < error.actual:
        return "The game has moved on: look at what happened, then decide again."
    return f"The game is at version {error.actual}, which is before the one you expect."


def _failure(error: Failure) -> tuple[str, str]:
    match error:
        case UnreadableGameError():
            return "unavailable", "This game can't be read here; the server's log says why."
        case ReadsBusyError():
            return "unavailable", "Too many others are asking at this moment: try again in a second."
        case StoreBusyError():
            return "too_many_requests", "The server is busy: try again in a moment."
        case StoreUnavailableError() | PlayersUnavailableError():
            return "unavailable", _OUTCOME_UNKNOWN
        case _:
            assert_never(error)

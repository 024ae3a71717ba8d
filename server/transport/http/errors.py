"""What an HTTP client is told when something goes wrong, by kind of error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.identity.errors import PlayersUnavailableError
from server.transport.problems import ProblemError, problem_response


async def _on_problem(_request: Request, problem: ProblemError) -> Response:
    return problem_response(problem)


async def _on_http_exception(_request: Request, error: HTTPException) -> Response:
    """Tell what routing refuses the way everything else is told."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = dict(error.headers or {})
        return problem_response(ProblemError("method_not_allowed", "This can't be done here.", headers=headers))
    return problem_response(ProblemError("not_found", "There is nothing here: check the address."))


async def _on_unavailable(_request: Request, _error: Exception) -> Response:
    detail = (
        "The database did not answer in time. Whether a change was made is unknown: a move may be asked for again "
    )
    detail += "with the same Idempotency-Key, anything else after a look."
    return problem_response(ProblemError("unavailable", detail))


async def _on_busy(_request: Request, _error: Exception) -> Response:
    return problem_response(ProblemError("too_many_requests", "The server is busy: try again in a moment."))


async def _on_defect(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again behind this answer, and the server logs it, once.
    return problem_response(ProblemError("internal_error", "The server failed; what happened is in its log."))


EXCEPTION_HANDLERS: Final[Mapping[Any, Any]] = {
    ProblemError: _on_problem,
    HTTPException: _on_http_exception,
    StoreUnavailableError: _on_unavailable,
    PlayersUnavailableError: _on_unavailable,
    StoreBusyError: _on_busy,
    Exception: _on_defect,
}

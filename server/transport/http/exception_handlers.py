"""What is answered instead of an error that nobody caught: a problem, and silence to those who are gone."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, get_args

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from server.transport.problems import ExpectedError, ProblemError, problem_of, problem_response


async def _on_expected_error(_request: Request, error: ExpectedError) -> Response:
    return problem_response(problem_of(error))


async def _on_http_exception(_request: Request, error: HTTPException) -> Response:
    """Answer what routing refuses in the way everything else is answered."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = dict(error.headers or {})
        return problem_response(ProblemError("method_not_allowed", "This can't be done here.", headers=headers))
    return problem_response(ProblemError("not_found", "There is nothing here: check the address."))


async def _on_disconnect(_request: Request, _error: ClientDisconnect) -> None:
    """Answer nothing: the client went away in the middle of its request, which is no news for the log either."""


async def _on_defect(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again behind this answer, and the server logs it, once.
    return problem_response(ProblemError("internal_error", "The server failed; what happened is in its log."))


EXCEPTION_HANDLERS: Final[Mapping[Any, Any]] = {
    **dict.fromkeys(get_args(ExpectedError), _on_expected_error),
    HTTPException: _on_http_exception,
    ClientDisconnect: _on_disconnect,
    Exception: _on_defect,
}

"""Every error has one code and one sentence, and every code one status."""

from typing import Any, cast, get_args

import pytest

from server.application.live_game import LiveGame
from server.application.outcomes import RefusedError
from server.domain import errors
from server.domain.errors import ConnectFourError
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError, WrongExpectedVersionError
from server.transport.problems import STATUS_OF, ExpectedError, ProblemError, code_and_message, problem_of
from server.transport.problems import problem_response as response_of
from server.transport.websocket.messages import REJECTION_CODES

ARGUMENTS: dict[type, tuple[object, ...]] = {
    errors.NotAPlayerError: (PlayerId("ann"),),
    errors.NotYourTurnError: (PlayerId("ann"),),
    errors.ColumnFullError: (Column.D,),
    WrongExpectedVersionError: (GameId("g"), Version(1), Version(2)),
    ProblemError: ("not_found", "There is nothing here."),
    RefusedError: (errors.GameFullError(), cast("LiveGame", None)),
}


def refusals() -> list[type[ConnectFourError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and _is_refusal(kind)]


def _is_refusal(kind: type) -> bool:
    return issubclass(kind, ConnectFourError) and kind is not ConnectFourError


def expected_errors() -> list[ExpectedError]:
    """One error of each kind that a client may learn of."""
    kinds = [kind for kind in get_args(ExpectedError) if kind is not ConnectFourError]
    return [kind(*ARGUMENTS.get(kind, ())) for kind in [*kinds, *refusals()]]


@pytest.mark.parametrize("error", expected_errors(), ids=lambda error: type(error).__name__)
def test_an_error_has_a_code_with_a_status_and_says_something(error: ExpectedError) -> None:
    """A new error without a status would be answered with another one, about the code that is missing."""
    code, message = code_and_message(error)
    assert 400 <= STATUS_OF[code] < 600
    assert response_of(ProblemError(code, message)).status_code == STATUS_OF[code]


@pytest.mark.parametrize("code", REJECTION_CODES)
def test_what_a_websocket_rejects_http_does_with_the_same_code(code: str) -> None:
    assert code in STATUS_OF


def test_what_the_rules_refuse_is_told_in_their_words() -> None:
    error = errors.ColumnFullError(Column.D)
    assert code_and_message(error) == ("column_full", str(error))


@pytest.mark.parametrize("error", [StoreUnavailableError("host 10.0.0.7"), StoreBusyError("at /var/lib")])
def test_what_is_our_fault_is_told_without_details(error: ExpectedError) -> None:
    _, message = code_and_message(error)
    assert str(error) not in message


@pytest.mark.parametrize("error", [StoreUnavailableError(), StoreBusyError()])
def test_what_may_be_over_soon_says_when_to_ask_again(error: ExpectedError) -> None:
    assert int(response_of(problem_of(error)).headers["retry-after"]) >= 1


def test_a_refused_command_names_the_version_it_met() -> None:
    """It is what the client has to look at before it decides again."""

    class At7:
        version = Version(7)

    problem = problem_of(RefusedError(errors.GameFullError(), cast("Any", At7)))
    assert (problem.code, problem.extra, problem.headers) == ("game_full", {"version": 7}, {"ETag": '"7"'})

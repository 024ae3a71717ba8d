"""Fail points are off by default, go off as asked for, and refuse what they can't understand."""

import logging
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from server.instrumentation.fail_points import FailPointsError, fail_point, switch_on_fail_points
from tests.processes import ServerProcess


@pytest.fixture(autouse=True)
def switched_off_again() -> Iterator[None]:
    yield
    switch_on_fail_points("")


def test_nothing_goes_off_by_default() -> None:
    fail_point("append.committed")


def test_only_the_point_that_was_named_goes_off() -> None:
    switch_on_fail_points("append.committed=fail")
    fail_point("append.sending")
    with pytest.raises(ConnectionResetError):
        fail_point("append.committed")


def test_an_exit_is_as_sudden_as_a_kill() -> None:
    code = (
        "from server.instrumentation.fail_points import *; "
        "switch_on_fail_points('feed.notified=exit'); fail_point('feed.notified')"
    )
    ended = subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False)
    assert ended.returncode == -signal.SIGKILL


def test_chance_is_repeatable() -> None:
    def outcomes(seed: int) -> list[bool]:
        switch_on_fail_points(f"append.sending=fail@0.3,seed={seed}")
        return [_goes_off() for _ in range(200)]

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert 30 < sum(outcomes(1)) < 90


def _goes_off() -> bool:
    try:
        fail_point("append.sending")
    except ConnectionResetError:
        return True
    return False


def test_a_process_that_will_fail_on_purpose_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        switch_on_fail_points("append.committed=exit@0")
    assert "append.committed=exit@0" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "append.committed",
        "append.committed=",
        "append.committed=explode",
        "append.committed=exit@often",
        "append.committed=exit@1.5",
        "append.committed=exit@-1",
        "append.committed=exit@nan",
        "nowhere=exit",
        "append.committed=exit,",
        "append.committed=exit,seed=x",
        ",",
    ],
)
def test_what_is_malformed_is_refused_and_changes_nothing(text: str) -> None:
    switch_on_fail_points("append.sending=fail")
    with pytest.raises(FailPointsError, match="FOURFOLD_FAIL_POINTS"):
        switch_on_fail_points(text)
    with pytest.raises(ConnectionResetError):
        fail_point("append.sending")


def test_a_server_refuses_to_start_with_a_malformed_one() -> None:
    server = ServerProcess(env={"FOURFOLD_FAIL_POINTS": "append.committed=explode"}).launch()
    assert server.wait() == 1
    assert "explode" in server.output
    assert "Traceback" not in server.output
    server.__exit__(None, None, None)

"""The verdict notices each way of telling an event wrongly: else "passed" would say nothing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.load.__main__ import BROKEN
from tests.load.calling import SHORT, Called, call
from tests.load.tampering import LIE_AT, PLANTS
from tests.processes import ServerProcess

TRACED = 12

TOLD = {
    "lost": "an observer sees a prefix of the log",
    "doubled": "an observer sees a prefix of the log",
    "reordered": "an observer sees a prefix of the log",
    "forged": "all observers see the same",
}


@pytest.mark.parametrize("plant", PLANTS)
def test_one_lie_to_one_guest_fails_the_run_with_a_short_trace(
    plant: str, database_url: str, tmp_path: Path
) -> None:
    """One event among thousands; and who reads the breach must see at once where to look."""
    with tampering(plant, database_url) as server:
        called = play(server, database_url, tmp_path)
    assert called.code == BROKEN, called.output + called.errors
    breaches = called.report.verdict.breaches
    assert TOLD[plant] in {breach.promise for breach in breaches}
    breach = next(breach for breach in breaches if breach.promise == TOLD[plant])
    assert len(breach.trace) <= TRACED
    assert any(f"version={LIE_AT}" in line for line in breach.trace)
    assert TOLD[plant] in called.output


def test_an_honest_server_passes(database_url: str, tmp_path: Path) -> None:
    """The same run as for the liars, so that it is the lie that is noticed, and nothing else."""
    with ServerProcess(database_url=database_url) as server:
        report = play(server, database_url, tmp_path).assert_kept()
    assert report.verdict.breach_count == 0
    assert report.verdict.checked["states"] > 0
    assert report.verdict.checked["events in the log"] > 20


def play(server: ServerProcess, database_url: str, directory: Path) -> Called:
    where = ("--url", server.url, "--database-url", database_url)
    return call(directory, "games", *where, "--games", "3", "--seconds", "2", *SHORT, "--rate", "100")


@contextmanager
def tampering(plant: str, database_url: str) -> Iterator[ServerProcess]:
    process = ServerProcess(database_url=database_url)
    process.command = [sys.executable, "-m", "tests.load.tampering", "--plant", plant, "--port", "0"]
    with process:
        yield process

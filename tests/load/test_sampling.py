"""What processes take, and what servers tell of themselves."""

import asyncio
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.load import sampling
from tests.load.sampling import LAG_METRIC, Sampler, family, memory_mb, metrics_of
from tests.process.play import call, play
from tests.processes import ServerProcess

READS = "fourfold_game_reads_total"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def child() -> Iterator[int]:
    """The id of a process that waits."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_a_server_tells_how_late_its_event_loop_ran(server: ServerProcess) -> None:
    assert metrics_of(server.url)[LAG_METRIC] >= 0


def test_a_server_counts_how_often_it_read_a_game(server: ServerProcess) -> None:
    """The claim that many watchers of a game are one read is measured by it."""
    game = play(server.url)
    before = metrics_of(server.url)[READS]
    call("GET", f"{server.url}/api/games/{game}")
    assert metrics_of(server.url)[READS] > before
    with urllib.request.urlopen(server.url + "/metrics") as answer:
        assert f"# TYPE {READS} counter" in answer.read().decode().splitlines()


def test_who_does_not_answer_tells_nothing() -> None:
    """A server that was just killed must not end the run that killed it."""
    assert metrics_of(NOBODY) == {}


def test_a_family_is_a_process_and_all_below_it(child: int, gone: int) -> None:
    assert {os.getpid(), child} <= set(family(os.getpid()))
    assert family(child) == [child]
    assert family(gone) == []


def test_a_process_that_has_ended_has_no_memory(gone: int) -> None:
    assert memory_mb(os.getpid()) > 1
    assert memory_mb(gone) == 0


async def test_what_is_sampled_is_cpu_and_memory_and_lag(
    monkeypatch: pytest.MonkeyPatch, server: ServerProcess, gone: int
) -> None:
    """A server that is being started again has no process for a moment; whom nobody saw is left out."""
    monkeypatch.setattr(sampling, "EVERY_S", 0.02)
    looked = asyncio.Event()
    looks = 0

    def busy() -> list[int]:
        nonlocal looks
        looks += 1
        sum(range(300_000))
        if looks == 6:
            looked.set()
        return [gone, os.getpid()]

    sampler = Sampler({"busy": busy}, [server.url])
    assert sampler.resources() == {}
    task = asyncio.create_task(sampler.run())
    async with asyncio.timeout(20):
        await looked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    used = sampler.resources()["busy"]
    assert 0 < used.cpu <= used.cpu_max
    assert 1 < used.rss_mb_first <= used.rss_mb_max
    assert used.rss_mb_last <= used.rss_mb_max
    assert sampler.lags_s
    assert min(sampler.lags_s) >= 0

"""Processes whose event loop stands still: they are replaced, and they end when they are told to."""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from server.serving.heartbeat import BEAT_EVERY_S, LOOK_EVERY_S, STANDSTILL_S, Heartbeat, Pulse
from tests.process.play import Seat, call, seat
from tests.process.workers import workers_of
from tests.processes import ServerProcess, is_healthy, wait_until, wait_until_gone

SPIN = {"FOURFOLD_FAIL_POINTS": "command.appended=spin"}
SLACK_S = 15.0


class Pipe:
    """Both ends of a heartbeat, with a clock that the test sets."""

    def __init__(self) -> None:
        receiving, sending = os.pipe()
        self.now_s = 1000.0
        self.sending = sending
        self.heartbeat = Heartbeat(sending)
        self.pulse = Pulse(receiving, self.now_s)

    def beat(self) -> None:
        os.write(self.sending, b".")

    def look_for(self, seconds: float, every_s: float = LOOK_EVERY_S) -> None:
        """Let time pass in which the parent looks as often as this."""
        for _ in range(round(seconds / every_s)):
            self.now_s += every_s
            self.pulse.look(self.now_s)

    def be_stopped_for(self, seconds: float) -> None:
        """Let time pass in which the parent doesn't run."""
        self.now_s += seconds
        self.pulse.look(self.now_s)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    os.close(made.sending)
    made.pulse.close()


@pytest.mark.parametrize("every_s", [LOOK_EVERY_S, 0.1])
def test_silence_is_counted_until_the_next_beat(pipe: Pipe, every_s: float) -> None:
    """However often the parent looks, since the beats of other workers make it look too."""
    pipe.look_for(STANDSTILL_S - 1, every_s)
    assert pipe.pulse.silent_s == pytest.approx(STANDSTILL_S - 1)
    pipe.beat()
    pipe.look_for(every_s, every_s)
    assert pipe.pulse.silent_s == 0
    pipe.look_for(STANDSTILL_S + 1, every_s)
    assert pipe.pulse.silent_s > STANDSTILL_S


def test_a_pause_of_the_whole_machine_is_not_taken_for_a_standstill(pipe: Pipe) -> None:
    """After a laptop was suspended, the parent may be the first that runs again."""
    pipe.beat()
    pipe.look_for(LOOK_EVERY_S)
    pipe.be_stopped_for(3600)
    pipe.look_for(BEAT_EVERY_S)
    assert pipe.pulse.silent_s <= LOOK_EVERY_S + BEAT_EVERY_S < STANDSTILL_S


def test_beats_that_nobody_reads_are_dropped(pipe: Pipe) -> None:
    """The parent is stopped for a day: the worker must not wait for it, and the pipe holds enough."""
    running = pipe.heartbeat.run()
    while True:
        try:
            os.write(pipe.sending, b"." * 1000)
        except BlockingIOError:
            break
    assert asyncio.run(first_steps(running)) == "beats"
    pipe.be_stopped_for(24 * 3600)
    assert pipe.pulse.silent_s == 0


def test_a_heartbeat_ends_with_the_parent() -> None:
    """Which ends the worker, wherever the system doesn't do so itself."""
    receiving, sending = os.pipe()
    os.close(receiving)
    assert asyncio.run(first_steps(Heartbeat(sending).run())) == "ended"
    os.close(sending)


def test_readiness_comes_with_the_beats(pipe: Pipe) -> None:
    pipe.beat()
    pipe.look_for(1)
    assert not pipe.pulse.is_ready
    pipe.heartbeat.ready()
    pipe.beat()
    pipe.look_for(2)
    assert pipe.pulse.is_ready


async def first_steps(running: Coroutine[None, None, None]) -> str:
    task = asyncio.create_task(running)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if task.done():
        return "ended"
    task.cancel()
    return "beats"


def test_a_worker_that_stands_still_is_replaced() -> None:
    """It can't be told anything any more: it is killed, after it wrote where it stood. The others go on."""
    with ServerProcess("--workers", "2", env=SPIN) as server:
        before = workers_of(server)
        with closing(asking_for_a_game(seat(server.url, "Ann"))):
            wait_until(lambda: "has stood still" in server.output, STANDSTILL_S + SLACK_S, "nobody noticed")
            wait_until(lambda: len(set(workers_of(server)) - set(before)) == 1, SLACK_S, "it was not replaced")
        (stuck,) = set(before) - set(workers_of(server))
        assert f"the event loop of worker {stuck} has stood still" in server.output
        assert 'fail_points.py", line' in server.output
        assert all(is_healthy(server.url) for _ in range(10))


def test_a_server_that_stands_still_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """Without workers nobody replaces it, but it must not ignore SIGTERM. What was committed is there again."""
    with ServerProcess(data_dir=tmp_path / "data", env=SPIN) as server:
        below = server.descendants()
        with closing(asking_for_a_game(seat(server.url, "Ann"))):
            wait_until(lambda: not is_healthy(server.url), SLACK_S, "the server does not spin")
            told_at = time.monotonic()
            server.signal(signal.SIGTERM)
            assert server.wait(STANDSTILL_S + SLACK_S) == 1
        assert time.monotonic() - told_at >= STANDSTILL_S
        assert 'fail_points.py", line' in server.output
        wait_until_gone(below)
        server.env.pop("FOURFOLD_FAIL_POINTS")
        server.start()
        wait_until(lambda: len(public_games(server)) == 1, SLACK_S, "the game is lost")


def public_games(server: ServerProcess) -> list[object]:
    games: list[object] = call("GET", f"{server.url}/api/games")["games"]
    return games


def asking_for_a_game(player: Seat) -> HTTPConnection:
    """A connection on which a game was asked for; nobody waits for the answer."""
    connection = HTTPConnection("127.0.0.1", int(player.url.rpartition(":")[2]))
    headers = {"Authorization": f"Bearer {player.token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/games", '{"public": true}', headers)
    return connection

"""The parts of a process: when one of them ends, in whatever way, the process stops."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType

import pytest

from server.app import create_app
from server.background import Background
from server.settings.settings import read_settings
from tests.processes import SECRET

Part = Callable[[], Coroutine[None, None, None]]

TIME_S = 20.0

PARTS = [
    "the writer",
    "the live games",
    "the feed",
    "the lobby's projection",
    "the games' expiry",
    "the websockets",
    "the event loop's measurement",
]


async def returns() -> None:
    pass


async def fails() -> None:
    raise ValueError("a defect")


async def is_cancelled() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def lives() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("part", "how"), [(returns, "returned"), (fails, "failed"), (is_cancelled, "was cancelled")]
)
async def test_a_part_that_ends_stops_the_process(part: Part, how: str, caplog: pytest.LogCaptureFixture) -> None:
    stopped = asyncio.Event()
    background = Background(stopped.set)
    async with asyncio.timeout(TIME_S), background.running({"the one": part(), "the other": lives()}):
        await stopped.wait()
    assert background.has_failed
    assert f"the one {how}, so this process stops" in caplog.text
    assert "the other" not in caplog.text


async def test_the_process_is_stopped_once() -> None:
    """However many parts end: a second signal would cut short the end that the first one began."""
    stops: list[int] = []
    background = Background(lambda: stops.append(1))
    async with background.running({"a": returns(), "b": fails(), "c": is_cancelled()}):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert stops == [1]


async def test_the_end_of_the_block_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    background = Background(lambda: pytest.fail("nothing ended too early"))
    async with background.running({"the one": lives(), "the other": lives()}):
        pass
    assert not background.has_failed
    assert caplog.text == ""


async def test_an_end_that_is_expected_is_no_failure() -> None:
    background = Background(lambda: pytest.fail("nothing ended too early"))
    async with background.running({"the one": lives()}):
        background.expect_end()
        task_of("the one").cancel()
        await asyncio.sleep(0)
    assert not background.has_failed


async def test_a_failure_while_the_process_stops_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    background = Background(lambda: pytest.fail("nothing ended too early"))
    async with background.running({"the one": fails()}):
        background.expect_end()
        await asyncio.sleep(0)
    assert "the one failed while the process stopped" in caplog.text
    assert "a defect" in caplog.text


@pytest.fixture
def stopped() -> Iterator[asyncio.Event]:
    """Set by SIGTERM, which a server would take as the beginning of its end."""
    event = asyncio.Event()

    def note(_signum: int, _frame: FrameType | None) -> None:
        event.set()

    before = signal.signal(signal.SIGTERM, note)
    yield event
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("part", PARTS)
async def test_the_application_stops_without_any_of_its_parts(
    part: str, stopped: asyncio.Event, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancelled by mistake, as by a library that cancels too much: it would live on and, say, be deaf."""
    app = create_app(read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET}))
    with caplog.at_level(logging.CRITICAL):
        async with asyncio.timeout(TIME_S), app.router.lifespan_context(app):
            assert not app.state.has_failed()
            task_of(part).cancel()
            await stopped.wait()
            assert app.state.has_failed()
    assert f"{part} was cancelled, so this process stops" in caplog.text


async def test_every_part_of_the_application_is_tried(database_url: str) -> None:
    app = create_app(read_settings({"database_url": database_url}, {"FOURFOLD_SECRET": SECRET}))
    async with app.router.lifespan_context(app):
        assert sorted(name for name in names_of_tasks() if name.startswith("the ")) == sorted(PARTS)


def task_of(name: str) -> "asyncio.Task[object]":
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == name]
    return task


def names_of_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks()]

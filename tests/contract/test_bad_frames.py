"""Hundreds of bad frames: each gets a clear error, none reaches the log."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.bad_frames import GAME, MOVE, VERSION, bad_frames
from tests.contract.client import Api, Match, versions
from tests.contract.log import Log

FRAMES = dict(bad_frames())


@pytest.fixture(scope="module")
async def match(api: Api) -> AsyncIterator[Match]:
    """A game in which red is to move at `VERSION`; it is still there, and goes on, when all is over."""
    match = await api.match("AB")
    yield match
    assert versions(await api.events(match.game)) == list(range(1, VERSION + 1))
    async with api.socket(match.players[0]) as socket:
        await socket.send_raw(MOVE.replace(GAME, match.game))
        assert (await socket.next())["type"] == "accepted"


def test_the_corpus_is_large_and_without_repetition() -> None:
    assert len(FRAMES) >= 200
    assert len(set(FRAMES.values())) == len(FRAMES) == len(list(bad_frames()))


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
async def test_a_bad_frame_gets_an_error_and_changes_nothing(
    api: Api, log: Log, match: Match, frame: str | bytes
) -> None:
    before = await log.size()
    sent = (
        frame.replace(GAME, match.game) if isinstance(frame, str) else frame.replace(b"@game@", match.game.encode())
    )
    async with api.socket(match.players[0]) as socket:
        await socket.send_raw(sent)
        error = await socket.next()
        assert (error["type"], error["code"]) == ("error", "bad_message")
        assert error["message"]
        assert (await socket.watch(match.game, after=VERSION))["events"] == []
    assert await log.size() == before

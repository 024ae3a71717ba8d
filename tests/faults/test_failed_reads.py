"""A read of the log that failed must not pass for one that found nothing: found by chaos, so kept as a test."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

from server.application.live_games import LiveGames
from server.domain.events import GameOpened
from server.domain.vocabulary import Color, GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.store import EventStore


@dataclass
class FailingStore:
    """A log with one game, of which the first reads fail, all of them slowly enough for others to come."""

    failures: int
    reads: int = 0
    _pause: asyncio.Event = field(default_factory=asyncio.Event)

    async def read_stream(self, game: GameId, after: Version) -> Sequence[RecordedEvent]:
        self.reads += 1
        number = self.reads
        await asyncio.sleep(0)
        if number <= self.failures:
            raise StoreUnavailableError
        opened = GameOpened(PlayerId("ann"), Color.RED, public=True)
        return [RecordedEvent(1, game, Version(1), opened, uuid4(), 0)][after:]


async def test_nobody_takes_a_failed_read_for_an_empty_one() -> None:
    """Of three who ask at once the third shared the second one's read, and was told "no such game" if it failed."""
    for failures in range(5):
        games = LiveGames(cast("EventStore", FailingStore(failures)))
        asked = [games.get(GameId("g")) for _ in range(4)]
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if not isinstance(answer, StoreUnavailableError):
                assert not isinstance(answer, BaseException)
                assert answer.version == 1

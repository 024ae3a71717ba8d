"""Events as they lie in the log, for tests that need no log."""

from uuid import UUID

import msgspec

from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import StoredEvent


def opened(game: GameId) -> StoredEvent:
    """The first event of a game."""
    data = msgspec.Raw(b'{"opener":"ann","color":"red","public":true}')
    return StoredEvent(1, game, Version(1), "GameOpened", 1, data, UUID(int=1), 0)

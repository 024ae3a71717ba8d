"""A watcher that notes what it was notified of."""

import asyncio
from dataclasses import dataclass, field

from server.domain.vocabulary import GameId


@dataclass(eq=False)
class Spy:
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    resynchronized: asyncio.Event = field(default_factory=asyncio.Event)

    def game_changed(self, game: GameId) -> None:
        self.changed.set()

    def resynchronize(self) -> None:
        self.resynchronized.set()

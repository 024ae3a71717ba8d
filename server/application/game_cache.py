"""Which games are in memory: those in use, and a number of those used last."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.application.live_game import LiveGame
from server.database.shared_read import SharedRead
from server.domain.vocabulary import GameId

MAX_IDLE: Final = 1000
"""How many games stay in memory although nobody watches them."""


@dataclass(frozen=True, slots=True)
class CachedGame:
    """A game in memory, and how to read what it lacks."""

    live: LiveGame
    catch_up: SharedRead

    @property
    def is_in_use(self) -> bool:
        """Whether somebody watches the game or waits for it to be read, so that it must stay."""
        return self.live.is_watched or self.catch_up.callers > 0


class GameCache:
    """The games in memory. Whatever leaves it is discarded, so that nobody waits for what won't reach it."""

    def __init__(self, read: Callable[[LiveGame, float], Awaitable[None]], *, max_idle: int = MAX_IDLE) -> None:
        """`read` brings a game up to date before a deadline."""
        self._read = read
        self._max_idle = max_idle
        self._evict_at = max_idle
        self._games: OrderedDict[GameId, CachedGame] = OrderedDict()

    def __len__(self) -> int:
        return len(self._games)

    def __iter__(self) -> Iterator[CachedGame]:
        return iter(list(self._games.values()))

    def __contains__(self, game_id: GameId) -> bool:
        return game_id in self._games

    def find(self, game_id: GameId) -> CachedGame | None:
        """Return a game if it is here, and count that as a use."""
        cached = self._games.get(game_id)
        if cached is not None:
            self._games.move_to_end(game_id)
        return cached

    def add(self, game_id: GameId) -> CachedGame:
        """Add a game without events, and let one go that nobody needs if there are too many."""
        self._evict()
        live = LiveGame(game_id)
        cached = self._games[game_id] = CachedGame(live, SharedRead(partial(self._read, live)))
        return cached

    def holds(self, live: LiveGame) -> bool:
        """Whether a game is here still, and not another of the same id."""
        cached = self._games.get(live.id)
        return cached is not None and cached.live is live

    def discard(self, live: LiveGame) -> None:
        """Let a game go, and have its watchers resynchronize."""
        if self.holds(live):
            del self._games[live.id]
        live.discard()

    def _evict(self) -> None:
        if len(self._games) < self._evict_at:
            return
        idle = [cached.live for cached in self._games.values() if not cached.is_in_use]
        for live in idle[: max(0, len(idle) + 1 - self._max_idle)]:
            self.discard(live)
        # Looking through all games for each new one would cost more the more there are.
        self._evict_at = max(self._max_idle, len(self._games) + self._max_idle // 8)

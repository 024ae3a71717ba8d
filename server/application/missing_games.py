"""What was asked for and could not be shown, remembered for a moment: asking again costs no read."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from server.application.live_game import UnreadableGameError
from server.domain.vocabulary import GameId

REMEMBERED_FOR_S: Final = 1.0
MAX_REMEMBERED: Final = 10_000


class MissingGames:
    """The games that were read in the last second and do not exist, or can't be understood.

    The feed has them forgotten as soon as it brings an event of theirs. `now` is a monotonic clock in seconds.
    """

    def __init__(
        self,
        now: Callable[[], float],
        *,
        remembered_for_s: float = REMEMBERED_FOR_S,
        max_remembered: int = MAX_REMEMBERED,
    ) -> None:
        self._now = now
        self._remembered_for_s = remembered_for_s
        self._max_remembered = max_remembered
        self._missing: OrderedDict[GameId, tuple[float, str | None]] = OrderedDict()

    def is_unknown(self, game: GameId) -> bool:
        """Whether there was no such game a moment ago.

        Raises:
            UnreadableGameError: there was one, and it can't be understood.
        """
        until, unreadable = self._missing.get(game, (0.0, None))
        if self._now() >= until:
            return False
        if unreadable is not None:
            raise UnreadableGameError(unreadable)
        return True

    def add(self, game: GameId, unreadable: UnreadableGameError | None = None) -> None:
        """Remember that a game does not exist, or why it can't be understood."""
        self._missing.pop(game, None)
        self._missing[game] = (self._now() + self._remembered_for_s, str(unreadable) if unreadable else None)
        if len(self._missing) > self._max_remembered:
            self._missing.popitem(last=False)

    def forget(self, game: GameId) -> None:
        """Have a game read when it is next asked for: something happened in it."""
        self._missing.pop(game, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._missing.clear()

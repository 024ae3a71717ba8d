"""Rematches held to what was agreed: the one thing in a log that leads from one game to another."""

from collections.abc import Callable, Sequence

from server.cli.audit.appends import IllegalAppendError, difference
from server.domain.decide import decide
from server.domain.events import GameEvent, GameOpened
from server.domain.game import UNOPENED, Finished
from server.domain.rules.rematches import rematch_of
from server.domain.vocabulary import GameId


class Rematches:
    """What each rematch that was agreed to, and has not begun yet, must begin with.

    One that never begins is no finding: a server that ended between the two appends left it, and the next one does
    the second. Nor is the rematch of a game that is not in this log, as after an import of a single game.
    """

    def __init__(self, knows: Callable[[GameId], bool]) -> None:
        self._knows = knows
        self._promised: dict[GameId, tuple[GameEvent, ...]] = {}

    def promise(self, previous: GameId, ended: Finished, new_game: GameId) -> None:
        """Remember that the players of a game have agreed to another one.

        Raises:
            IllegalAppendError: the other game is there already, or promised to somebody else.
        """
        if self._knows(new_game) or new_game in self._promised:
            raise IllegalAppendError(1, f"game {new_game} is none that could still be agreed to")
        self._promised[new_game] = decide(rematch_of(previous, ended), UNOPENED)

    def check(self, game: GameId, events: Sequence[GameEvent]) -> None:
        """Hold the beginning of a game to what was agreed.

        Raises:
            IllegalAppendError: it begins otherwise, or as a rematch that nobody agreed to.
        """
        opened = events[0]
        if not isinstance(opened, GameOpened):
            return
        promised, previous = self._promised.pop(game, None), opened.previous
        if promised is not None and tuple(events) != promised:
            raise difference(events, promised)
        if promised is None and previous is not None and self._knows(previous):
            raise IllegalAppendError(1, f"no such rematch of game {previous} was agreed to")

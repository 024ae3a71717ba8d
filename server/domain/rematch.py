"""A rematch: what was offered after the end of a game, and how one game leads to the next.

It takes two streams, and an append is atomic in its own stream only:

1. In the old game, `RematchOffered{player}`; then, as the other player agrees, `RematchAccepted{game}`. The
   expected version lets one of several racing answers win. The event records the id of the new game, drawn by
   whoever carried that answer out. From here on the new game is promised, and there is just one.
2. In the new game, `GameOpened{previous, …}` and `GameStarted`, in one append at version 0. Both follow from the
   old game and its id alone (`server.domain.rules.rematches.rematch_of`), so all who append them append the same.
   The command id is that of the `RematchAccepted`: done again, it is a duplicate.

A process that ends between the two leaves a promise: an old game that names a new one without events. Whoever
folds a `RematchAccepted` and finds no such game (at the next start, on watching, when asked for the new game) does
the second step. Several who do so at once do it once: the first wins, the others find it done, as a duplicate or
because version 0 is taken. In the order of the log the promise always comes before the new game.
"""

from dataclasses import dataclass
from typing import Final

from server.domain.vocabulary import GameId, PlayerId


@dataclass(frozen=True, slots=True)
class Rematch:
    """What was said about another game."""

    offered_by: PlayerId | None = None
    """Whose offer is open, or was accepted."""
    declined: tuple[PlayerId, ...] = ()
    """Whose offer was declined; each player may offer once."""
    game: GameId | None = None
    """The game that both agreed to."""

    @property
    def open_by(self) -> PlayerId | None:
        """Who waits for an answer."""
        return self.offered_by if self.game is None else None

    def may_offer(self, player: PlayerId) -> bool:
        """Whether `player` may offer a rematch: none is offered or agreed to, and theirs was not declined."""
        return self.offered_by is None and player not in self.declined

    def offered(self, player: PlayerId) -> "Rematch":
        """Return what stands after `player` has offered a rematch."""
        return Rematch(player, self.declined)

    def after_decline(self, offerer: PlayerId) -> "Rematch":
        """Return what stands after the open offer, which was made by `offerer`, was declined."""
        return Rematch(None, (*self.declined, offerer))

    def accepted(self, game: GameId) -> "Rematch":
        """Return what stands after the open offer was accepted."""
        return Rematch(self.offered_by, self.declined, game)


NO_REMATCH: Final = Rematch()

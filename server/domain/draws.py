"""Draw offers as they stand in a position: pure values, folded from the events.

An offer is for the opponent to answer: by accepting it, by declining it, or by a move, which declines it too. That
a move declines is part of the fold and no event of its own: the log says what was done, and what it means for an
offer is always the same. The offerer's own move leaves the offer standing, as over a board: one offers, then moves.

An offer that was declined can't be repeated until somebody has moved.
"""

from dataclasses import dataclass, replace
from typing import Final

from server.domain.vocabulary import PlayerId


@dataclass(frozen=True, slots=True)
class DrawOffers:
    """What was offered in a position."""

    open_by: PlayerId | None = None
    """Who offers a draw that the opponent has not answered yet."""
    declined: tuple[PlayerId, ...] = ()
    """Whose offer was declined in this very position."""

    def may_offer(self, player: PlayerId) -> bool:
        """Whether `player` may offer a draw: no offer is open, and none of theirs was declined in this position."""
        return self.open_by is None and player not in self.declined

    def offered(self, player: PlayerId) -> "DrawOffers":
        """Return what stands after `player` has offered a draw."""
        return replace(self, open_by=player)

    def after_decline(self, offerer: PlayerId) -> "DrawOffers":
        """Return what stands after the open offer, which was made by `offerer`, was declined."""
        return DrawOffers(None, (*self.declined, offerer))

    def after_move(self, player: PlayerId) -> "DrawOffers":
        """Return what stands after `player` has moved: a new position, in which everybody may offer again."""
        return DrawOffers(player) if self.open_by == player else NO_DRAW_OFFERS


NO_DRAW_OFFERS: Final = DrawOffers()

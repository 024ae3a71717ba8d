"""A fold's state as the golden games tell it."""

from typing import Any

import msgspec

from server.domain.game import Game, InProgress
from server.domain.vocabulary import GameId, Version
from server.transport.http.state import state_of


def told(game: Game, version: int) -> dict[str, Any]:
    """Return what is served of a game, without its id, and what else its fold holds."""
    served = msgspec.to_builtins(state_of(GameId("g"), Version(version), game))
    del served["id"]
    return {**served, "draw_offered_by": game.draws.open_by if isinstance(game, InProgress) else None}

"""A fold's state as the golden games have it."""

from dataclasses import asdict
from typing import Any

import msgspec

from server.domain.clocks import Clocks
from server.domain.game import Finished, Game, InProgress, Unopened
from server.domain.vocabulary import GameId, Version
from server.transport.http.state import state_of


def full_state(game: Game, version: int) -> dict[str, Any]:
    """Return what is served of a game, without its id, and what else its fold holds."""
    served = msgspec.to_builtins(state_of(GameId("g"), Version(version), game))
    del served["id"]
    return {
        **served,
        "clock": _clock_of(game),
        "draw_offered_by": game.draws.open_by if isinstance(game, InProgress) else None,
        "rematch_offered_by": game.rematch.open_by if isinstance(game, Finished) else None,
        "previous": None if isinstance(game, Unopened) else game.terms.previous,
        "origin": None if isinstance(game, Unopened) or not game.terms.origin else asdict(game.terms.origin),
        "next": game.rematch.game if isinstance(game, Finished) else None,
    }


def _clock_of(game: Game) -> dict[str, Any] | None:
    if isinstance(game, Unopened) or game.terms.clock is None:
        return None
    clock = game.terms.clock
    clocks = Clocks.full(clock)
    if isinstance(game, InProgress | Finished):
        assert game.clocks is not None
        clocks = game.clocks
    running = None
    if isinstance(game, InProgress) and game.clock_runs:
        running = "player_one" if game.next_player == game.player_one else "player_two"
    return {
        "initial_s": clock.initial_s,
        "increment_s": clock.increment_s,
        "player_one_ms": clocks.player_one_ms,
        "player_two_ms": clocks.player_two_ms,
        "running": running,
    }

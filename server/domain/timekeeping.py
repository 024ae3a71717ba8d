"""What the fold makes of the times that a log records, and whether they can be."""

from dataclasses import replace

from server.domain.clocks import MAX_LAG_CREDIT_MS, Clocks
from server.domain.events import MoveMade, TimeCredited
from server.domain.states import InProgress


def clocks_after(game: InProgress, moved: MoveMade) -> Clocks | None:
    """Return what is left to each side after a move; None if it has other times than a move here can have."""
    clock, clocks, took_ms, credited_ms = game.terms.clock, game.clocks, moved.took_ms, moved.credited_ms
    if clock is None or clocks is None or took_ms is None or credited_ms is None:
        return None
    player_one = moved.player == game.player_one
    if game.each_side_has_moved:
        can_be = 0 <= took_ms < clocks.left_to(player_one=player_one) and 0 <= credited_ms <= MAX_LAG_CREDIT_MS
    else:
        can_be = took_ms == credited_ms == 0
    return clocks.after_move(clock, took_ms, player_one=player_one) if can_be else None


def after_credit(game: InProgress, credited: TimeCredited) -> InProgress | None:
    """Return the game with the time that was given back; None if no clock runs, or it is no time to give back."""
    amounts = (credited.player_one_ms, credited.player_two_ms)
    if game.clocks is None or not game.clock_runs or min(amounts) < 0 or not any(amounts):
        return None
    return replace(game, clocks=game.clocks.plus(*amounts))

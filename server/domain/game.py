"""A game as the fold of its events: what each event makes of it, and which event can follow at all."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import assert_never

from server.domain.board import Board
from server.domain.clocks import Clocks
from server.domain.draws import NO_DRAW_OFFERS
from server.domain.endings import can_end_so, can_end_unjoined
from server.domain.errors import BrokenLogError
from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
    RematchAccepted,
    RematchDeclined,
    RematchEvent,
    RematchOffered,
    TimeCredited,
)
from server.domain.play_on import MAX_REPLAYED
from server.domain.states import UNOPENED, Finished, Game, InProgress, NeverStarted, Open, Over, Unopened
from server.domain.terms import Terms
from server.domain.timekeeping import after_credit, clocks_after
from server.domain.vocabulary import Color, EndReason, PlayerId

__all__ = [
    "UNOPENED",
    "Finished",
    "Game",
    "InProgress",
    "NeverStarted",
    "Open",
    "Over",
    "Unopened",
    "evolve",
    "fold",
]


def fold(events: Iterable[GameEvent], game: Game = UNOPENED) -> Game:
    """Return what `events`, in their order, make of `game`."""
    return reduce(evolve, events, game)


def evolve(game: Game, event: GameEvent) -> Game:
    """Return the game one event later.

    It never refuses: what is in the log has happened.

    Raises:
        BrokenLogError: the event cannot follow, so the log is not one that `decide` wrote.
    """
    after: Game | None = None
    match event:
        case MoveMade():
            after = _moved(game, event)
        case GameFinished():
            after = _finished(game, event)
        case GameStarted():
            after = _started(game, event)
        case GameOpened():
            after = _opened(game, event)
        case DrawOffered(player):
            after = _draw_offered(game, player)
        case DrawDeclined(player):
            after = _draw_declined(game, player)
        case RematchOffered() | RematchDeclined() | RematchAccepted():
            after = _about_a_rematch(game, event)
        case TimeCredited():
            after = _time_credited(game, event)
        case _:
            assert_never(event)
    if after is None:
        raise BrokenLogError(f"{event} cannot follow {game}")
    return after


def _moved(game: Game, event: MoveMade) -> Game | None:
    if not isinstance(game, InProgress) or event.player != game.next_player:
        return None
    board = game.board
    if not board.has_room_in_column(event.column) or board.has_line():
        return None
    if game.terms.replayed > board.moves_made:
        return _replayed(game, event)
    clocks = game.clocks
    if clocks is not None or event.took_ms is not None or event.credited_ms is not None:
        clocks = clocks_after(game, event)
        if clocks is None:
            return None
    draws = game.draws
    if draws is not NO_DRAW_OFFERS:
        draws = draws.after_move(event.player)
    return InProgress(game.player_one, game.player_two, board.drop(event.column), game.terms, draws, clocks)


def _replayed(game: InProgress, event: MoveMade) -> Game | None:
    """Return the game after a move that was taken over from its origin: it has no time, and decides nothing."""
    board = game.board.drop(event.column)
    if event.took_ms is not None or event.credited_ms is not None or board.has_line() or board.is_full:
        return None
    return replace(game, board=board)


def _opened(game: Game, event: GameOpened) -> Game | None:
    if not isinstance(game, Unopened):
        return None
    return Open(event.opener, event.color, Terms(event.public, event.clock, event.previous, event.origin))


def _started(game: Game, event: GameStarted) -> Game | None:
    one, two = event.player_one, event.player_two
    if not isinstance(game, Open) or one == two or game.opener not in (one, two):
        return None
    if game.color is not Color.RANDOM and (game.color is Color.RED) != (game.opener == one):
        return None
    terms = game.terms
    if event.replayed is not None:
        if terms.origin is None or not 1 <= event.replayed <= MAX_REPLAYED:
            return None
        terms = replace(terms, replayed=event.replayed)
    return InProgress(one, two, Board(), terms, clocks=Clocks.full(terms.clock) if terms.clock else None)


def _draw_offered(game: Game, player: PlayerId) -> Game | None:
    if not isinstance(game, InProgress) or player not in game.seats:
        return None
    if not game.is_at_rest or not game.draws.may_offer(player):
        return None
    return replace(game, draws=game.draws.offered(player))


def _draw_declined(game: Game, player: PlayerId) -> Game | None:
    if not isinstance(game, InProgress) or player not in game.seats:
        return None
    offerer = game.opponent_of(player)
    if not game.is_at_rest or game.draws.open_by != offerer:
        return None
    return replace(game, draws=game.draws.after_decline(offerer))


def _time_credited(game: Game, event: TimeCredited) -> Game | None:
    return after_credit(game, event) if isinstance(game, InProgress) and game.is_at_rest else None


def _about_a_rematch(game: Game, event: RematchEvent) -> Game | None:
    if not isinstance(game, Finished):
        return None
    rematch = game.rematch
    match event:
        case RematchOffered(player) if player in game.seats and rematch.may_offer(player):
            return replace(game, rematch=rematch.offered(player))
        case RematchDeclined(player) if player in game.seats and rematch.open_by == game.opponent_of(player):
            return replace(game, rematch=rematch.after_decline(game.opponent_of(player)))
        case RematchAccepted(new_game) if rematch.open_by is not None:
            return replace(game, rematch=rematch.accepted(new_game))
        case _:
            return None


def _finished(game: Game, event: GameFinished) -> Game | None:
    match game:
        case InProgress(one, two, board) if can_end_so(game, event.result, event.reason):
            clocks = game.clocks
            if clocks is not None and event.reason is EndReason.TIMEOUT:
                clocks = clocks.after_flag(player_one=game.next_player == one)
            return Finished(one, two, board, event.result, event.reason, game.terms, clocks)
        case Open(opener) if can_end_unjoined(event.result, event.reason):
            return NeverStarted(opener, event.reason, game.terms)
        case _:
            return None

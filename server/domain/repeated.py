"""Whether a command is the one that made events happen, which is asked when a command id comes a second time."""

from collections.abc import Sequence
from dataclasses import replace

from server.domain.clocks import Timing
from server.domain.commands import (
    AcceptRematch,
    CallFlag,
    ClaimDraw,
    ClaimWin,
    Command,
    JoinGame,
    MakeMove,
    OfferRematch,
)
from server.domain.decide import decide
from server.domain.errors import ConnectFourError
from server.domain.events import GameEvent, GameStarted, MoveMade, RematchAccepted
from server.domain.game import Game, InProgress, Open
from server.domain.play_on import columns_of


def led_to(command: Command, game: Game, events: Sequence[GameEvent]) -> bool:
    """Whether `events` are what `command` made happen in `game`, whatever chance and clocks said at the time.

    What a player asks for is compared: who, what, and its content. What the server adds to it (a toss, a
    measurement, whether somebody was gone, the id of a new game) is another one each time, so it is taken from the
    events. Two commands that lead to the same are one: accepting a draw and offering one against an offer; an
    abort, or a draw claimed, by either player of the game, for the event does not say by whom.
    """
    try:
        return decide(_with_facts_of(events, command, game), game) == tuple(events)
    except ConnectFourError:
        return False


def _with_facts_of(events: Sequence[GameEvent], command: Command, game: Game) -> Command:
    """Return the command with the server's facts as they must have been for it to lead to these events."""
    first = events[0]
    match command:
        case MakeMove():
            return replace(command, timing=timing_of(first) if isinstance(first, MoveMade) else Timing(0))
        case JoinGame():
            opener_first = (
                isinstance(game, Open) and isinstance(first, GameStarted) and first.player_one == game.opener
            )
            return replace(command, coin=opener_first, opening=columns_of(events))
        case OfferRematch() | AcceptRematch() if isinstance(first, RematchAccepted):
            return replace(command, new_game=first.game)
        case ClaimWin() | ClaimDraw():
            return replace(command, opponent_gone=True)
        case CallFlag() if isinstance(game, InProgress) and game.flag_falls_after_ms is not None:
            return CallFlag(game.flag_falls_after_ms)
        case _:
            return command


def timing_of(moved: MoveMade) -> Timing:
    """Return a measurement that leads to the times of a move, if any does."""
    took_ms, credited_ms = moved.took_ms or 0, moved.credited_ms or 0
    return Timing(elapsed_ms=took_ms + credited_ms, lag_ms=credited_ms)

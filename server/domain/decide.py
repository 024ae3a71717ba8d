"""What a command makes happen, or why it is refused: the one way into the rules."""

from typing import assert_never

from server.domain.commands import (
    Abort,
    AcceptDraw,
    AcceptRematch,
    CallFlag,
    ClaimDraw,
    ClaimWin,
    Command,
    CreditTime,
    DeclineDraw,
    DeclineRematch,
    ExpireGame,
    JoinGame,
    MakeMove,
    OfferDraw,
    OfferRematch,
    OpenGame,
    OpenRematch,
    Resign,
)
from server.domain.events import GameEvent
from server.domain.game import Game
from server.domain.rules import clocks, draws, ends, moves, rematches, seats


def decide(command: Command, game: Game) -> tuple[GameEvent, ...]:  # noqa: C901, PLR0911, PLR0912 — a line a command
    """Return what happens when `command` meets `game`.

    The rules themselves are in `server.domain.rules` and nowhere else. An empty tuple means that what was asked
    for is so already.

    Raises:
        ConnectFourError: the rules refuse the command, and nothing happens.
    """
    match command:
        case MakeMove():
            return moves.make_move(command, game)
        case OpenGame():
            return seats.open_game(command, game)
        case JoinGame():
            return seats.join_game(command, game)
        case Resign():
            return ends.resign(command, game)
        case Abort():
            return ends.abort(command, game)
        case OfferDraw():
            return draws.offer_draw(command, game)
        case AcceptDraw():
            return draws.accept_draw(command, game)
        case DeclineDraw():
            return draws.decline_draw(command, game)
        case ClaimWin():
            return ends.claim_win(command, game)
        case ClaimDraw():
            return ends.claim_draw(command, game)
        case ExpireGame():
            return ends.expire(game)
        case OfferRematch():
            return rematches.offer_rematch(command, game)
        case AcceptRematch():
            return rematches.accept_rematch(command, game)
        case DeclineRematch():
            return rematches.decline_rematch(command, game)
        case OpenRematch():
            return rematches.open_rematch(command, game)
        case CallFlag():
            return clocks.call_flag(command, game)
        case CreditTime():
            return clocks.credit_time(command, game)
        case _:
            assert_never(command)

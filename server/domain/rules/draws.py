"""How a draw is offered, agreed to and declined."""

from server.domain.commands import AcceptDraw, DeclineDraw, OfferDraw
from server.domain.errors import DrawDeclinedError, NoDrawOfferedError
from server.domain.events import DrawDeclined, DrawOffered, GameEvent, GameFinished
from server.domain.game import Game, InProgress
from server.domain.rules.standing import running
from server.domain.vocabulary import EndReason, GameResult, PlayerId


def offer_draw(command: OfferDraw, game: Game) -> tuple[GameEvent, ...]:
    """Offer a draw. Two offers that cross agree; an offer that is open still stands, to no further effect."""
    player = command.player
    draws = running(game, player).draws
    if draws.open_by == player:
        return ()
    if draws.open_by is not None:
        return _agreed()
    if not draws.may_offer(player):
        raise DrawDeclinedError
    return (DrawOffered(player),)


def accept_draw(command: AcceptDraw, game: Game) -> tuple[GameEvent, ...]:
    """End the game with the draw that the opponent offers."""
    _require_offer(running(game, command.player), command.player)
    return _agreed()


def decline_draw(command: DeclineDraw, game: Game) -> tuple[GameEvent, ...]:
    """Say no to the draw that the opponent offers."""
    _require_offer(running(game, command.player), command.player)
    return (DrawDeclined(command.player),)


def _agreed() -> tuple[GameEvent, ...]:
    return (GameFinished(GameResult.TIED, EndReason.AGREEMENT),)


def _require_offer(game: InProgress, player: PlayerId) -> None:
    if game.draws.open_by != game.opponent_of(player):
        raise NoDrawOfferedError

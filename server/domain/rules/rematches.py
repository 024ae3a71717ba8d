"""How a rematch is offered, agreed to and declined, and what the new game begins with."""

from typing import assert_never

from server.domain.commands import AcceptRematch, DeclineRematch, OfferRematch, OpenRematch
from server.domain.errors import (
    GameAlreadyOpenedError,
    GameNotFinishedError,
    GameNotStartedError,
    NoOpponentError,
    NoRematchOfferedError,
    NotAPlayerError,
    RematchDeclinedError,
    UnknownGameError,
)
from server.domain.events import (
    GameEvent,
    GameOpened,
    GameStarted,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
)
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened
from server.domain.vocabulary import Color, GameId, PlayerId


def rematch_of(previous: GameId, game: Finished) -> OpenRematch:
    """Return how the rematch of `game`, whose id is `previous`, begins: colours swap, clock and visibility stay.

    Whoever offered it is its opener. It begins with an empty board, whatever position the game before began with.

    Raises:
        ValueError: no rematch was agreed to.
    """
    if game.rematch.game is None or game.rematch.offered_by is None:
        raise ValueError(f"no rematch of {previous} was agreed to")
    return OpenRematch(
        previous=previous,
        opener=game.rematch.offered_by,
        player_one=game.player_two,
        player_two=game.player_one,
        public=game.terms.public,
        clock=game.terms.clock,
    )


def open_rematch(command: OpenRematch, game: Game) -> tuple[GameEvent, ...]:
    """Open and start the new game at once."""
    if not isinstance(game, Unopened):
        raise GameAlreadyOpenedError
    color = Color.RED if command.opener == command.player_one else Color.YELLOW
    opened = GameOpened(command.opener, color, command.public, command.clock, command.previous)
    return (opened, GameStarted(command.player_one, command.player_two))


def offer_rematch(command: OfferRematch, game: Game) -> tuple[GameEvent, ...]:
    """Offer a rematch. Two offers that cross agree; what is offered or agreed to already has no further effect."""
    ended, player = _over(game, command.player), command.player
    rematch = ended.rematch
    if rematch.game is not None or rematch.open_by == player:
        return ()
    if rematch.open_by is not None:
        return (RematchAccepted(command.new_game),)
    if not rematch.may_offer(player):
        raise RematchDeclinedError
    return (RematchOffered(player),)


def accept_rematch(command: AcceptRematch, game: Game) -> tuple[GameEvent, ...]:
    """Agree to the rematch that the opponent offers, if it is not agreed to already."""
    ended = _over(game, command.player)
    if ended.rematch.game is not None:
        return ()
    _require_offer(ended, command.player)
    return (RematchAccepted(command.new_game),)


def decline_rematch(command: DeclineRematch, game: Game) -> tuple[GameEvent, ...]:
    """Say no to the rematch that the opponent offers."""
    _require_offer(_over(game, command.player), command.player)
    return (RematchDeclined(command.player),)


def _require_offer(game: Finished, player: PlayerId) -> None:
    if game.rematch.open_by != game.opponent_of(player):
        raise NoRematchOfferedError


def _over(game: Game, player: PlayerId) -> Finished:
    """Return the game if it is over and `player` had a seat in it."""
    match game:
        case Finished() | NeverStarted() | InProgress():
            if player not in game.seats:
                raise NotAPlayerError(player)
            if isinstance(game, InProgress):
                raise GameNotFinishedError
            if isinstance(game, NeverStarted):
                raise NoOpponentError
            return game
        case Open():
            raise GameNotStartedError
        case Unopened():
            raise UnknownGameError
        case _:
            assert_never(game)

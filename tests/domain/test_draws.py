"""Draws by agreement: offered, agreed to, declined, and declined by a move."""

import pytest

from server.domain.commands import AcceptDraw, Command, DeclineDraw, MakeMove, OfferDraw
from server.domain.events import DrawDeclined, DrawOffered, GameFinished, MoveMade
from server.domain.vocabulary import Column, EndReason, GameResult
from tests.domain.given import ANN, BOB, EVE, EXPIRED, OPENED, RESIGNED, STARTED, given, moves

AGREED = GameFinished(GameResult.TIED, EndReason.AGREEMENT)


def test_a_draw_is_offered_and_agreed_to() -> None:
    """Out of turn as well as in turn."""
    given(*STARTED).when(OfferDraw(BOB)).then(DrawOffered(BOB))
    given(*STARTED, DrawOffered(BOB)).when(AcceptDraw(ANN)).then(AGREED)
    given(*STARTED, DrawOffered(ANN)).when(AcceptDraw(BOB)).then(AGREED)


def test_two_offers_that_cross_agree() -> None:
    """Both want a draw: nobody has to press a second time."""
    given(*STARTED, DrawOffered(BOB)).when(OfferDraw(ANN)).then(AGREED)


def test_a_draw_is_declined() -> None:
    given(*STARTED, DrawOffered(BOB)).when(DeclineDraw(ANN)).then(DrawDeclined(ANN))
    given(*STARTED, DrawOffered(BOB), DrawDeclined(ANN)).when(AcceptDraw(ANN)).then_refused("no_draw_offered")


@pytest.mark.parametrize("command", [AcceptDraw, DeclineDraw])
def test_only_the_other_players_offer_is_answered(command: type[AcceptDraw | DeclineDraw]) -> None:
    given(*STARTED).when(command(ANN)).then_refused("no_draw_offered")
    given(*STARTED, DrawOffered(ANN)).when(command(ANN)).then_refused("no_draw_offered")
    given(*STARTED, DrawOffered(ANN)).when(command(EVE)).then_refused("not_a_player")


def test_a_move_of_the_opponent_declines_without_a_word() -> None:
    """The move is all that happens; the fold knows what it means for the offer."""
    given(*STARTED, DrawOffered(BOB)).when(MakeMove(ANN, Column.D)).then(MoveMade(ANN, Column.D))
    given(*STARTED, DrawOffered(BOB), *moves("D")).when(AcceptDraw(ANN)).then_refused("no_draw_offered")


def test_the_offerers_own_move_leaves_the_offer_standing() -> None:
    """As over a board, where one moves and offers a draw, in either order."""
    given(*STARTED, DrawOffered(ANN), *moves("D")).when(AcceptDraw(BOB)).then(AGREED)
    given(*STARTED, DrawOffered(ANN), *moves("DD")).when(AcceptDraw(BOB)).then_refused("no_draw_offered")


def test_an_offer_that_was_declined_is_not_repeated_in_the_same_position() -> None:
    """Nobody is pestered: one offer from each player until somebody has moved."""
    declined = (*STARTED, DrawOffered(BOB), DrawDeclined(ANN))
    given(*declined).when(OfferDraw(BOB)).then_refused("draw_declined")
    given(*declined).when(OfferDraw(ANN)).then(DrawOffered(ANN))
    given(*declined, DrawOffered(ANN), DrawDeclined(BOB)).when(OfferDraw(BOB)).then_refused("draw_declined")
    given(*declined, *moves("D")).when(OfferDraw(BOB)).then(DrawOffered(BOB))


def test_an_offer_that_stands_is_not_made_twice() -> None:
    """A second click is no second event, and no error."""
    given(*STARTED, DrawOffered(BOB)).when(OfferDraw(BOB)).then()
    given(*STARTED, DrawOffered(ANN), *moves("D")).when(OfferDraw(ANN)).then()


@pytest.mark.parametrize("command", [OfferDraw(ANN), AcceptDraw(ANN), DeclineDraw(ANN)])
def test_draws_are_for_games_that_go_on(command: Command) -> None:
    given().when(command).then_refused("unknown_game")
    given(OPENED).when(command).then_refused("game_not_started")
    given(*STARTED, RESIGNED).when(command).then_refused("game_finished")
    given(OPENED, EXPIRED).when(command).then_refused("game_finished")


def test_a_stranger_offers_nothing() -> None:
    given(*STARTED).when(OfferDraw(EVE)).then_refused("not_a_player")

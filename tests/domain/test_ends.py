"""How games end otherwise than by a move or by agreement."""

import pytest

from server.domain.commands import Abort, ClaimDraw, ClaimWin, ExpireGame, JoinGame, MakeMove, OpenGame, Resign
from server.domain.events import DrawOffered, GameFinished
from server.domain.vocabulary import Color, Column, EndReason, GameResult, PlayerId
from tests.domain.given import ANN, BOB, EVE, EXPIRED, OPENED, RESIGNED, STARTED, given, moves

ABORTED = GameFinished(GameResult.ABORTED, EndReason.ABORTED)


@pytest.mark.parametrize("player", [ANN, BOB])
@pytest.mark.parametrize("columns", ["", "D"])
def test_a_game_is_aborted_before_each_side_has_moved(player: PlayerId, columns: str) -> None:
    """Whoever was seated by mistake leaves without a loss."""
    given(*STARTED, *moves(columns)).when(Abort(player)).then(ABORTED)


@pytest.mark.parametrize("columns", ["DD", "DDC"])
def test_once_each_side_has_moved_the_game_counts(columns: str) -> None:
    given(*STARTED, *moves(columns)).when(Abort(ANN)).then_refused("too_late_to_abort")
    given(*STARTED, *moves(columns)).when(Abort(BOB)).then_refused("too_late_to_abort")


def test_the_opener_closes_a_game_that_nobody_has_joined() -> None:
    given(OPENED).when(Abort(ANN)).then(ABORTED)
    given(OPENED).when(Abort(BOB)).then_refused("not_a_player")
    given(OPENED, ABORTED).when(JoinGame(BOB, coin=True)).then_refused("game_finished")


def test_only_its_players_abort_a_game() -> None:
    given().when(Abort(ANN)).then_refused("unknown_game")
    given(*STARTED).when(Abort(EVE)).then_refused("not_a_player")
    given(*STARTED, RESIGNED).when(Abort(ANN)).then_refused("game_finished")
    given(*STARTED, ABORTED).when(Abort(ANN)).then_refused("game_finished")


def test_an_offer_of_a_draw_is_no_move() -> None:
    given(*STARTED, *moves("D"), DrawOffered(BOB)).when(Abort(BOB)).then(ABORTED)


@pytest.mark.parametrize("columns", ["", "D", "DD"])
def test_who_stays_claims_the_game_or_a_draw(columns: str) -> None:
    """Whoever's turn it is: a player who has left must not keep the other one waiting."""
    given(*STARTED, *moves(columns)).when(ClaimWin(ANN, opponent_gone=True)).then(
        GameFinished(GameResult.PLAYER_ONE_WON, EndReason.ABANDONMENT)
    )
    given(*STARTED, *moves(columns)).when(ClaimWin(BOB, opponent_gone=True)).then(
        GameFinished(GameResult.PLAYER_TWO_WON, EndReason.ABANDONMENT)
    )
    given(*STARTED, *moves(columns)).when(ClaimDraw(BOB, opponent_gone=True)).then(
        GameFinished(GameResult.TIED, EndReason.ABANDONMENT)
    )


@pytest.mark.parametrize("claim", [ClaimWin, ClaimDraw])
def test_nothing_is_claimed_from_an_opponent_who_is_there(claim: type[ClaimWin | ClaimDraw]) -> None:
    given(*STARTED).when(claim(ANN, opponent_gone=False)).then_refused("not_gone")


@pytest.mark.parametrize("claim", [ClaimWin, ClaimDraw])
def test_only_a_player_of_a_game_that_goes_on_claims_it(claim: type[ClaimWin | ClaimDraw]) -> None:
    given().when(claim(ANN, opponent_gone=True)).then_refused("unknown_game")
    given(OPENED).when(claim(ANN, opponent_gone=True)).then_refused("game_not_started")
    given(*STARTED).when(claim(EVE, opponent_gone=True)).then_refused("not_a_player")
    given(*STARTED, RESIGNED).when(claim(ANN, opponent_gone=True)).then_refused("game_finished")


def test_a_game_that_nobody_joined_expires() -> None:
    given(OPENED).when(ExpireGame()).then(EXPIRED)


@pytest.mark.parametrize("columns", ["", "DDC"])
def test_a_game_that_nobody_goes_on_with_expires(columns: str) -> None:
    """Both have left, so nobody is there to claim it: nobody wins."""
    given(*STARTED, *moves(columns)).when(ExpireGame()).then(EXPIRED)
    given(*STARTED, *moves(columns), EXPIRED).when(MakeMove(ANN, Column.A)).then_refused("game_finished")


def test_a_game_that_is_over_does_not_expire() -> None:
    given().when(ExpireGame()).then_refused("unknown_game")
    given(OPENED, EXPIRED).when(ExpireGame()).then_refused("game_finished")
    given(*STARTED, RESIGNED).when(ExpireGame()).then_refused("game_finished")


def test_an_expired_game_is_over_for_everybody() -> None:
    """A link that was kept for too long: its seat is gone, and nobody can be seated by mistake."""
    given(OPENED, EXPIRED).when(JoinGame(BOB, coin=True)).then_refused("game_finished")
    given(OPENED, EXPIRED).when(JoinGame(ANN, coin=True)).then_refused("game_finished")
    given(OPENED, EXPIRED).when(MakeMove(ANN, Column.A)).then_refused("game_finished")
    given(OPENED, EXPIRED).when(Resign(ANN)).then_refused("game_finished")
    given(OPENED, EXPIRED).when(Resign(BOB)).then_refused("not_a_player")
    given(OPENED, EXPIRED).when(OpenGame(ANN, Color.RED, public=True)).then_refused("game_already_opened")

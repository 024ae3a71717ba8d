"""A rematch: offered after the end, agreed to, and begun in a stream of its own."""

import pytest

from server.domain.clocks import Clock
from server.domain.commands import AcceptRematch, Command, DeclineRematch, OfferRematch, OpenRematch
from server.domain.decide import decide
from server.domain.errors import GameAlreadyOpenedError
from server.domain.events import (
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
)
from server.domain.game import UNOPENED, Finished, InProgress, fold
from server.domain.rules.rematches import rematch_of
from server.domain.vocabulary import Color, EndReason, GameId, GameResult, PlayerId
from tests.domain.given import ANN, BOB, EVE, EXPIRED, OPENED, RESIGNED, STARTED, given, moves

OLD, NEW, OTHER = GameId("old"), GameId("new"), GameId("other")
OVER: tuple[GameEvent, ...] = (*STARTED, *moves("D"), RESIGNED)


def rematch_after(*events: GameEvent) -> OpenRematch:
    game = fold(events)
    assert isinstance(game, Finished)
    return rematch_of(OLD, game)


def test_a_rematch_is_offered_and_agreed_to() -> None:
    given(*OVER).when(OfferRematch(BOB, OTHER)).then(RematchOffered(BOB))
    given(*OVER, RematchOffered(BOB)).when(AcceptRematch(ANN, NEW)).then(RematchAccepted(NEW))


def test_two_offers_that_cross_agree() -> None:
    """Both press at the same moment: one game comes of it, and nobody has to press again."""
    given(*OVER, RematchOffered(BOB)).when(OfferRematch(ANN, NEW)).then(RematchAccepted(NEW))


@pytest.mark.parametrize("command", [OfferRematch(ANN, OTHER), OfferRematch(BOB, OTHER), AcceptRematch(BOB, OTHER)])
def test_what_is_agreed_to_stays_one_game(command: Command) -> None:
    """A second answer, or one that was late, leads to the same game."""
    given(*OVER, RematchOffered(BOB), RematchAccepted(NEW)).when(command).then()


def test_an_offer_that_stands_is_not_made_twice() -> None:
    given(*OVER, RematchOffered(BOB)).when(OfferRematch(BOB, OTHER)).then()


def test_a_rematch_is_declined_and_then_only_the_other_can_offer_one() -> None:
    declined = (*OVER, RematchOffered(BOB), RematchDeclined(ANN))
    given(*OVER, RematchOffered(BOB)).when(DeclineRematch(ANN)).then(RematchDeclined(ANN))
    given(*declined).when(AcceptRematch(ANN, NEW)).then_refused("no_rematch_offered")
    given(*declined).when(OfferRematch(BOB, NEW)).then_refused("rematch_declined")
    given(*declined).when(OfferRematch(ANN, NEW)).then(RematchOffered(ANN))
    given(*declined, RematchOffered(ANN), RematchDeclined(BOB)).when(OfferRematch(ANN, NEW)).then_refused(
        "rematch_declined"
    )


@pytest.mark.parametrize("command", [AcceptRematch(ANN, NEW), DeclineRematch(ANN)])
def test_only_the_other_players_offer_is_answered(command: Command) -> None:
    given(*OVER).when(command).then_refused("no_rematch_offered")
    given(*OVER, RematchOffered(ANN)).when(command).then_refused("no_rematch_offered")


def test_what_is_agreed_to_is_not_declined() -> None:
    given(*OVER, RematchOffered(BOB), RematchAccepted(NEW)).when(DeclineRematch(ANN)).then_refused(
        "no_rematch_offered"
    )


@pytest.mark.parametrize("act", [OfferRematch, AcceptRematch])
def test_only_the_players_of_a_game_that_is_over_play_again(act: type[OfferRematch | AcceptRematch]) -> None:
    given().when(act(ANN, NEW)).then_refused("unknown_game")
    given(OPENED).when(act(ANN, NEW)).then_refused("game_not_started")
    given(*STARTED).when(act(ANN, NEW)).then_refused("game_not_finished")
    given(*STARTED).when(act(EVE, NEW)).then_refused("not_a_player")
    given(*OVER, RematchOffered(BOB)).when(act(EVE, NEW)).then_refused("not_a_player")
    given(OPENED, EXPIRED).when(act(ANN, NEW)).then_refused("no_opponent")
    given(OPENED, EXPIRED).when(act(BOB, NEW)).then_refused("not_a_player")


@pytest.mark.parametrize(("offerer", "color"), [(ANN, Color.YELLOW), (BOB, Color.RED)])
def test_colours_swap_and_the_new_game_names_the_one_before(offerer: PlayerId, color: Color) -> None:
    """ANN played RED; whoever offered the rematch is its opener."""
    agreed = (*OVER, RematchOffered(offerer), RematchAccepted(NEW))
    given().when(rematch_after(*agreed)).then(
        GameOpened(offerer, color, public=True, previous=OLD), GameStarted(BOB, ANN)
    )


def test_clock_and_visibility_stay() -> None:
    clock = Clock(180, 2)
    opened = GameOpened(ANN, Color.RANDOM, public=False, clock=clock)
    lost = GameFinished(GameResult.ABORTED, EndReason.ABORTED)
    agreed = (opened, GameStarted(BOB, ANN), lost, RematchOffered(ANN), RematchAccepted(NEW))
    given().when(rematch_after(*agreed)).then(
        GameOpened(ANN, Color.RED, public=False, clock=clock, previous=OLD), GameStarted(ANN, BOB)
    )


def test_colours_swap_back_in_the_third_game() -> None:
    second = decide(rematch_after(*OVER, RematchOffered(BOB), RematchAccepted(NEW)), UNOPENED)
    third = decide(rematch_after(*second, RESIGNED, RematchOffered(BOB), RematchAccepted(OTHER)), UNOPENED)
    game = fold(third)
    assert isinstance(game, InProgress)
    assert game.seats == (ANN, BOB)
    assert game.terms.previous == OLD


def test_what_a_crash_left_undone_is_done_once() -> None:
    """Whoever repairs it appends the same events, and whoever comes later finds the game open."""
    promised = rematch_after(*OVER, RematchOffered(BOB), RematchAccepted(NEW))
    begun = decide(promised, UNOPENED)
    assert decide(promised, UNOPENED) == begun
    with pytest.raises(GameAlreadyOpenedError):
        decide(promised, fold(begun))


@pytest.mark.parametrize("said", [(), (RematchOffered(BOB),), (RematchOffered(BOB), RematchDeclined(ANN))])
def test_no_game_follows_from_what_was_not_agreed_to(said: tuple[GameEvent, ...]) -> None:
    with pytest.raises(ValueError, match="no rematch"):
        rematch_after(*OVER, *said)

"""Playing on: a new game that begins from a position of another one, and holds all of it."""

import pytest
from hypothesis import given as holds_for
from hypothesis import settings
from hypothesis import strategies as st

from server.domain.clocks import Clock, Clocks, Timing
from server.domain.commands import Abort, CallFlag, JoinGame, MakeMove, OpenGame, Resign
from server.domain.decide import decide
from server.domain.events import DrawOffered, GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import InProgress, fold
from server.domain.play_on import MAX_REPLAYED, can_be_played_on, columns_of
from server.domain.terms import Origin
from server.domain.vocabulary import Color, Column, EndReason, GameId, GameResult, Version
from tests.domain.given import ANN, BOB, EVE, OPENED, RESIGNED, STARTED, given, moves
from tests.model import Model

ORIGIN = Origin(GameId("elsewhere"), Version(5))
FROM_THERE = GameOpened(ANN, Color.RED, public=True, origin=ORIGIN)
OPENING = tuple(Column(letter) for letter in "ABC")
PLAYED_ON: tuple[GameEvent, ...] = (FROM_THERE, GameStarted(ANN, BOB, replayed=3), *moves("ABC"))


def test_a_game_names_the_position_it_is_played_on_from() -> None:
    given().when(OpenGame(ANN, Color.RED, public=True, origin=ORIGIN, opening=OPENING)).then(FROM_THERE)


def test_the_moves_are_replayed_as_the_game_starts() -> None:
    """In one append: each stream holds its whole game, and nobody sees half a position."""
    given(FROM_THERE).when(JoinGame(BOB, coin=True, opening=OPENING)).then(*PLAYED_ON[1:])


def test_the_seats_are_those_of_the_new_game() -> None:
    """Whoever made the moves before: here the opener plays yellow, and the second of them was yellow's."""
    opened = GameOpened(EVE, Color.YELLOW, public=True, origin=ORIGIN)
    given(opened).when(JoinGame(BOB, coin=True, opening=OPENING)).then(
        GameStarted(BOB, EVE, replayed=3),
        *(MoveMade(player, c) for player, c in zip((BOB, EVE, BOB), OPENING, strict=True)),
    )


def test_a_game_played_on_from_the_beginning_replays_nothing() -> None:
    given(FROM_THERE).when(JoinGame(BOB, coin=True, opening=())).then(GameStarted(ANN, BOB))


def test_the_game_goes_on_where_it_was() -> None:
    given(*PLAYED_ON).when(MakeMove(ANN, Column.D)).then_refused("not_your_turn")
    given(*PLAYED_ON).when(MakeMove(BOB, Column.D)).then(MoveMade(BOB, Column.D))
    given(*PLAYED_ON).when(Resign(BOB)).then(RESIGNED)


@pytest.mark.parametrize("letters", ["ABABABA", "AAAAAAA", "ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGGGGGG"])
def test_a_position_that_is_decided_or_impossible_is_not_played_on(letters: str) -> None:
    opening = tuple(Column(letter) for letter in letters)
    given().when(OpenGame(ANN, Color.RED, public=True, origin=ORIGIN, opening=opening)).then_refused(
        "position_decided"
    )
    given(FROM_THERE).when(JoinGame(BOB, coin=True, opening=opening)).then_refused("position_decided")


def test_moves_that_were_taken_over_are_nobodys_here() -> None:
    """Until each side has made a move of its own the game can be aborted, and no clock runs."""
    aborted = GameFinished(GameResult.ABORTED, EndReason.ABORTED)
    given(*PLAYED_ON).when(Abort(BOB)).then(aborted)
    given(*PLAYED_ON, MoveMade(BOB, Column.D)).when(Abort(BOB)).then(aborted)
    given(*PLAYED_ON, MoveMade(BOB, Column.D), MoveMade(ANN, Column.D)).when(Abort(BOB)).then_refused(
        "too_late_to_abort"
    )


def test_the_clock_is_full_when_the_game_is_played_on() -> None:
    opened = GameOpened(ANN, Color.RED, public=True, clock=Clock(10, 2), origin=ORIGIN)
    started: tuple[GameEvent, ...] = (opened, *PLAYED_ON[1:])
    free: tuple[GameEvent, ...] = (*started, MoveMade(BOB, Column.D, 0, 0), MoveMade(ANN, Column.D, 0, 0))
    game = fold(started)
    assert isinstance(game, InProgress)
    assert game.clocks == Clocks(10_000, 10_000)
    given(*started).when(MakeMove(BOB, Column.D)).then(free[-2])
    given(*started).when(CallFlag(10**9)).then_refused("time_not_up")
    given(*free).when(MakeMove(BOB, Column.E, Timing(1_500))).then(MoveMade(BOB, Column.E, 1_500, 0))


def test_what_is_replayed_is_read_off_the_events_up_to_the_version() -> None:
    told: list[GameEvent] = [*STARTED, *moves("AB"), DrawOffered(ANN), *moves("ABC")[2:]]
    assert columns_of(told[:5]) == (Column.A, Column.B)
    assert columns_of(told) == OPENING


def test_a_server_that_does_not_say_what_is_replayed_is_at_fault() -> None:
    """No player can cause it, so it is no refusal; and a game without an origin asks for nothing."""
    with pytest.raises(ValueError, match="which moves are replayed"):
        decide(JoinGame(BOB, coin=True), fold([FROM_THERE]))
    given(OPENED).when(JoinGame(BOB, coin=True)).then(STARTED[1])


@settings(deadline=None)
@holds_for(st.lists(st.sampled_from("ABCDEFG"), max_size=MAX_REPLAYED))
def test_what_can_be_played_on_is_what_the_naive_model_calls_undecided(letters: list[str]) -> None:
    """And then the new game leads to just the same board."""
    model = Model()
    undecided = all(model.move(model.next_player or "", letter) is None for letter in letters) and not model.result
    columns = tuple(Column(letter) for letter in letters)
    assert can_be_played_on(columns) is undecided
    if undecided:
        game = fold(decide(JoinGame(BOB, coin=True, opening=columns), fold([FROM_THERE])), fold([FROM_THERE]))
        assert isinstance(game, InProgress)
        assert list(game.board.rows()) == model.rows()
        assert game.is_at_rest

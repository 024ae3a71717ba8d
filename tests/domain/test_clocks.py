"""Thinking time: what moves cost, when a flag falls, and what is given back."""

import pytest
from hypothesis import given as holds_for
from hypothesis import settings
from hypothesis import strategies as st

from server.domain.clocks import MAX_LAG_CREDIT_MS, Clock, Clocks, Timing
from server.domain.commands import Abort, CallFlag, Command, CreditTime, ExpireGame, JoinGame, MakeMove, OpenGame
from server.domain.decide import decide
from server.domain.errors import TimeIsUpError
from server.domain.events import (
    DrawOffered,
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
    TimeCredited,
)
from server.domain.game import Finished, InProgress, fold
from server.domain.vocabulary import Color, Column, CreditReason, EndReason, GameResult, PlayerId
from tests.domain.given import ANN, BOB, EXPIRED, OPENED, STARTED, given, moves

CLOCK = Clock(initial_s=10, increment_s=2)
WITH_CLOCK = (GameOpened(ANN, Color.RED, public=True, clock=CLOCK), GameStarted(ANN, BOB))
FREE = (MoveMade(ANN, Column.D, 0, 0), MoveMade(BOB, Column.D, 0, 0))
RUNS = (*WITH_CLOCK, *FREE)  # 12 s for each
OUTAGE = CreditReason.OUTAGE


def move(player: PlayerId, elapsed_ms: int, lag_ms: int = 0, column: Column = Column.A) -> MakeMove:
    return MakeMove(player, column, Timing(elapsed_ms, lag_ms))


def clocks_after(*events: GameEvent) -> Clocks | None:
    game = fold(events)
    assert isinstance(game, InProgress | Finished)
    return game.clocks


def test_a_game_is_opened_with_a_clock() -> None:
    given().when(OpenGame(ANN, Color.RED, True, CLOCK)).then(GameOpened(ANN, Color.RED, True, CLOCK))
    given(WITH_CLOCK[0]).when(JoinGame(BOB, coin=True)).then(GameStarted(ANN, BOB))
    assert clocks_after(*WITH_CLOCK) == Clocks(10_000, 10_000)


@pytest.mark.parametrize("timing", [None, Timing(0), Timing(900_000, 300)])
def test_the_first_move_of_each_side_is_free(timing: Timing | None) -> None:
    """Whoever was just seated may look around: nobody's clock runs until each side has moved."""
    given(*WITH_CLOCK).when(MakeMove(ANN, Column.D, timing)).then(FREE[0])
    given(*WITH_CLOCK, FREE[0]).when(MakeMove(BOB, Column.D, timing)).then(FREE[1])
    assert clocks_after(*RUNS) == Clocks(12_000, 12_000)


def test_a_move_costs_what_it_took_and_adds_the_increment() -> None:
    given(*RUNS).when(move(ANN, 3_000)).then(MoveMade(ANN, Column.A, 3_000, 0))
    assert clocks_after(*RUNS, MoveMade(ANN, Column.A, 3_000, 0)) == Clocks(11_000, 12_000)


@pytest.mark.parametrize(
    ("elapsed_ms", "lag_ms", "took_ms", "credited_ms"),
    [
        (3_000, 80, 2_920, 80),
        (3_000, 9_000, 3_000 - MAX_LAG_CREDIT_MS, MAX_LAG_CREDIT_MS),
        (50, 80, 0, 50),
        (3_000, -5, 3_000, 0),
        (-20, 80, 0, 0),
    ],
)
def test_a_bounded_share_of_the_lag_is_credited(
    elapsed_ms: int, lag_ms: int, took_ms: int, credited_ms: int
) -> None:
    """The receipt that settles a dispute: what the move cost, and what was given for the way."""
    given(*RUNS).when(move(ANN, elapsed_ms, lag_ms)).then(MoveMade(ANN, Column.A, took_ms, credited_ms))


@holds_for(st.integers(-10_000, 10**9), st.integers(-10_000, 10**9))
def test_no_timing_costs_less_than_nothing_or_more_than_passed(elapsed_ms: int, lag_ms: int) -> None:
    timing = Timing(elapsed_ms, lag_ms)
    assert 0 <= timing.credited_ms <= MAX_LAG_CREDIT_MS
    assert timing.took_ms >= 0
    assert timing.took_ms + timing.credited_ms == max(0, elapsed_ms)


def test_a_move_comes_before_the_last_millisecond_or_not_at_all() -> None:
    given(*RUNS).when(move(ANN, 11_999)).then(MoveMade(ANN, Column.A, 11_999, 0))
    given(*RUNS).when(move(ANN, 12_000)).then_refused("time_is_up")
    given(*RUNS).when(move(ANN, 12_400, 401)).then(MoveMade(ANN, Column.A, 11_999, 401))
    given(*RUNS).when(move(BOB, 99_000)).then_refused("not_your_turn")


def test_the_flag_waits_for_a_move_that_may_still_be_on_its_way() -> None:
    """Else a player would lose for the lag that is credited to them."""
    fallen = GameFinished(GameResult.PLAYER_TWO_WON, EndReason.TIMEOUT)
    given(*RUNS).when(CallFlag(12_000)).then_refused("time_not_up")
    given(*RUNS).when(CallFlag(12_499)).then_refused("time_not_up")
    given(*RUNS).when(CallFlag(12_500)).then(fallen)
    game = fold(RUNS)
    assert isinstance(game, InProgress)
    assert game.flag_falls_after_ms == 12_500
    assert clocks_after(*RUNS, fallen) == Clocks(0, 12_000)


def test_the_flag_falls_for_whoever_has_to_move() -> None:
    given(*RUNS, MoveMade(ANN, Column.A, 1, 0)).when(CallFlag(60_000)).then(
        GameFinished(GameResult.PLAYER_ONE_WON, EndReason.TIMEOUT)
    )


def test_no_flag_falls_where_no_clock_runs() -> None:
    given().when(CallFlag(10**9)).then_refused("unknown_game")
    given(WITH_CLOCK[0]).when(CallFlag(10**9)).then_refused("game_not_started")
    given(*WITH_CLOCK, FREE[0]).when(CallFlag(10**9)).then_refused("time_not_up")
    given(*STARTED, *moves("DD")).when(CallFlag(10**9)).then_refused("time_not_up")
    given(*RUNS, GameFinished(GameResult.TIED, EndReason.ABANDONMENT)).when(CallFlag(10**9)).then_refused(
        "game_finished"
    )


def test_time_that_the_server_lost_is_given_back() -> None:
    """The turn goes on being counted from its last move; so the credit makes up for the outage in it."""
    credited = TimeCredited(60_000, 0, OUTAGE)
    given(*RUNS).when(CreditTime(60_000, 0, OUTAGE)).then(credited)
    given(*RUNS, credited).when(CallFlag(61_000)).then_refused("time_not_up")
    given(*RUNS, credited).when(move(ANN, 61_000)).then(MoveMade(ANN, Column.A, 61_000, 0))
    assert clocks_after(*RUNS, credited) == Clocks(72_000, 12_000)


def test_nothing_is_given_back_where_nothing_ran() -> None:
    given(*WITH_CLOCK).when(CreditTime(60_000, 0, OUTAGE)).then()
    given(*STARTED, *moves("DD")).when(CreditTime(60_000, 0, OUTAGE)).then()
    given(*RUNS).when(CreditTime(0, 0, OUTAGE)).then()
    given(OPENED).when(CreditTime(1, 0, OUTAGE)).then_refused("game_not_started")


@pytest.mark.parametrize("command", [MakeMove(ANN, Column.A), CreditTime(5, -1, OUTAGE)])
def test_a_server_that_measures_nothing_or_takes_time_is_at_fault(command: Command) -> None:
    """No player can cause it, so it is no refusal."""
    with pytest.raises(ValueError, match=r"clock runs|never taken"):
        decide(command, fold(RUNS))


def test_a_game_whose_clock_runs_ends_on_time_and_does_not_expire() -> None:
    given(*RUNS).when(ExpireGame()).then_refused("clock_runs")
    given(*WITH_CLOCK, FREE[0]).when(ExpireGame()).then(EXPIRED)
    given(*WITH_CLOCK, FREE[0]).when(Abort(BOB)).then(GameFinished(GameResult.ABORTED, EndReason.ABORTED))


def test_an_offer_of_a_draw_stops_no_clock() -> None:
    given(*RUNS, DrawOffered(BOB)).when(CallFlag(12_500)).then(
        GameFinished(GameResult.PLAYER_TWO_WON, EndReason.TIMEOUT)
    )


@settings(deadline=None)
@holds_for(st.lists(st.tuples(st.integers(0, 15_000), st.integers(0, 1_000)), max_size=40))
def test_no_clock_ever_shows_less_than_nothing(turns: list[tuple[int, int]]) -> None:
    """Whatever was measured: a move is in time, or refused."""
    game = fold(RUNS)
    for turn, (elapsed_ms, lag_ms) in enumerate(turns):
        assert isinstance(game, InProgress)
        assert game.clocks is not None
        column = [c for c in Column if game.board.has_room_in_column(c)][turn % 2]
        in_time = Timing(elapsed_ms, lag_ms).took_ms < game.clocks.left_to(player_one=game.next_player == ANN)
        if not in_time:
            with pytest.raises(TimeIsUpError):
                decide(move(game.next_player, elapsed_ms, lag_ms, column), game)
            return
        game = fold(decide(move(game.next_player, elapsed_ms, lag_ms, column), game), game)
        if isinstance(game, Finished):
            return
        assert isinstance(game, InProgress)
        assert game.clocks is not None
        assert min(game.clocks.player_one_ms, game.clocks.player_two_ms) > 0

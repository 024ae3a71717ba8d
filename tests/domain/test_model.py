"""The rules against a deliberately naive model of the game, over random commands."""

from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.clocks import Clock, Timing
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
    Resign,
)
from server.domain.decide import decide
from server.domain.errors import BrokenLogError, ConnectFourError
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
    RematchOffered,
    TimeCredited,
)
from server.domain.game import UNOPENED, Finished, Game, InProgress, Open, evolve, fold
from server.domain.terms import Origin
from server.domain.vocabulary import Color, Column, CreditReason, EndReason, GameId, GameResult, PlayerId, Version
from tests.domain.states import full_state
from tests.model import Model

ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")

OPENED: tuple[GameEvent, ...] = (GameOpened(ANN, Color.RED, public=True), GameStarted(ANN, BOB))

columns = st.sampled_from(Column)
anybody = st.sampled_from([ANN, BOB, EVE])
timings = st.builds(Timing, st.integers(-5, 20_000), st.integers(-5, 2_000))
wild_moves = st.one_of(
    st.builds(MakeMove, anybody, columns, timings),
    st.builds(MakeMove, st.sampled_from([ANN, BOB]), columns, timings),
    st.builds(MakeMove, st.sampled_from([ANN, BOB]), columns, timings),
)
amounts = st.integers(0, 60_000)
wild_words = st.one_of(
    st.builds(Resign, st.just(EVE)),
    st.builds(OfferDraw, anybody),
    st.builds(DeclineDraw, anybody),
    st.builds(OfferRematch, anybody, st.just(GameId("next"))),
    st.builds(CallFlag, st.integers(0, 40_000)),
    st.builds(CreditTime, amounts, amounts, st.just(CreditReason.OUTAGE)),
)
wild_commands = st.one_of(wild_moves, wild_moves, wild_moves, wild_words)
words_after_the_end = st.one_of(
    st.builds(OfferRematch, anybody, st.just(GameId("next"))),
    st.builds(AcceptRematch, anybody, st.just(GameId("next"))),
    st.builds(DeclineRematch, anybody),
)
last_words = st.one_of(
    st.builds(Resign, anybody),
    st.builds(Abort, anybody),
    st.builds(ClaimWin, anybody, st.booleans()),
    st.builds(ClaimDraw, anybody, st.booleans()),
    st.builds(ExpireGame),
    st.builds(AcceptDraw, anybody),
)


def attempt(command: Command, game: Game) -> tuple[Game, list[GameEvent], str | None]:
    """Carry a command out; return the game after it, what happened, and the code of a refusal."""
    try:
        events = decide(command, game)
    except ConnectFourError as refusal:
        return game, [], refusal.code
    return fold(events, game), list(events), None


def begun(clock: tuple[int, int] | None, opening: str | None) -> list[GameEvent]:
    """Return how a game begins, with a clock and from a position if these are given."""
    origin = None if opening is None else Origin(GameId("elsewhere"), Version(3))
    columns = None if opening is None else tuple(Column(letter) for letter in opening)
    given_time = Clock(*clock) if clock else None
    opened = decide(
        OpenGame(ANN, Color.RED, public=True, clock=given_time, origin=origin, opening=columns or ()), UNOPENED
    )
    return [*opened, *decide(JoinGame(BOB, coin=True, opening=columns), fold(opened))]


SAID = {
    Resign: Model.resign,
    Abort: Model.abort,
    OfferDraw: Model.offer_draw,
    AcceptDraw: Model.accept_draw,
    DeclineDraw: Model.decline_draw,
    DeclineRematch: Model.decline_rematch,
}


def asked_of(model: Model, command: Command) -> str | None:  # noqa: PLR0911
    match command:
        case MakeMove(player, column, timing):
            return model.move(player, column.value, *astuple(timing) if timing else ())
        case CallFlag(elapsed_ms):
            return model.call_flag(elapsed_ms)
        case CreditTime(player_one_ms, player_two_ms):
            return model.credit_time(player_one_ms, player_two_ms)
        case ExpireGame():
            return model.expire()
        case ClaimWin(player, opponent_gone):
            return model.claim_win(player, gone=opponent_gone)
        case ClaimDraw(player, opponent_gone):
            return model.claim_draw(player, gone=opponent_gone)
        case OfferRematch(player, new_game):
            return model.offer_rematch(player, new_game)
        case AcceptRematch(player, new_game):
            return model.accept_rematch(player, new_game)
        case Resign() | Abort() | OfferDraw() | AcceptDraw() | DeclineDraw() | DeclineRematch():
            return SAID[type(command)](model, command.player)
        case _:
            raise AssertionError(command)


@settings(deadline=None)
@given(
    st.lists(wild_commands, max_size=120),
    st.lists(last_words, max_size=3).flatmap(
        lambda last: st.lists(words_after_the_end, max_size=6).map(lambda after: [*last, *after])
    ),
    st.none() | st.tuples(st.sampled_from([1, 30, 180]), st.sampled_from([0, 2])),
    st.none() | st.sampled_from(["", "D", "ABABC", "AABBDDEEF"]),
)
def test_any_commands_lead_where_the_naive_model_goes(
    commands: list[Command], last: list[Command], clock: tuple[int, int] | None, opening: str | None
) -> None:
    """Two independent descriptions of the game agree on every refusal, every board and every end."""
    log = begun(clock, opening)
    game, model = fold(log), Model(ANN, BOB, clock=clock, replayed=len(opening or ""))
    if opening is not None:
        model.origin = ("elsewhere", 3)
        for letter in opening:
            model.replay(letter)
    for command in [*commands, *last]:
        game, happened, code = attempt(command, game)
        log += happened
        assert code == asked_of(model, command)
        assert full_state(game, len(log)) == {**model.state(len(log)), **model.more()}
    assert fold(log) == game, "replaying the log leads to the same game"


@settings(deadline=None)
@given(st.data())
def test_legal_games_end_as_the_naive_model_says(data: st.DataObject) -> None:
    """Only legal moves, so that most games go on to a line or a full board."""
    game, model = fold(OPENED), Model(ANN, BOB)
    while isinstance(game, InProgress):
        free = [column for column in Column if game.board.has_room_in_column(column)]
        column = data.draw(st.sampled_from(free))
        assert model.move(game.next_player, column.value) is None
        game, _, code = attempt(MakeMove(game.next_player, column), game)
        assert code is None
    assert isinstance(game, Finished)
    assert (game.result.value, game.reason.value) == (model.result, model.reason)
    assert list(game.board.winning_cells()) == sorted(model.winning)


any_event = st.one_of(
    st.just(GameOpened(ANN, Color.RED, public=True)),
    st.just(GameStarted(ANN, BOB)),
    st.just(GameStarted(BOB, EVE)),
    st.builds(MoveMade, st.sampled_from([ANN, BOB, EVE]), columns),
    st.builds(DrawOffered, st.sampled_from([ANN, BOB, EVE])),
    st.builds(DrawDeclined, st.sampled_from([ANN, BOB, EVE])),
    st.builds(RematchOffered, st.sampled_from([ANN, BOB, EVE])),
    st.builds(RematchDeclined, st.sampled_from([ANN, BOB, EVE])),
    st.builds(RematchAccepted, st.just(GameId("next"))),
    st.builds(TimeCredited, amounts, amounts, st.just(CreditReason.OUTAGE)),
    st.builds(GameFinished, st.sampled_from(GameResult), st.sampled_from(EndReason)),
)


@settings(deadline=None)
@given(st.lists(any_event, max_size=12))
def test_an_impossible_event_is_called_a_broken_log(events: list[GameEvent]) -> None:
    """A fold never guesses: it gives a game that the rules allow, or says that the log is broken."""
    game: Game = UNOPENED
    for event in events:
        try:
            game = evolve(game, event)
        except BrokenLogError:
            return
    match game:
        case InProgress(board=board) | Finished(board=board):
            assert 0 <= board.red.bit_count() - board.yellow.bit_count() <= 1
        case _:
            assert len(events) <= 2


@pytest.mark.parametrize("result", GameResult)
@pytest.mark.parametrize("reason", EndReason)
def test_a_game_without_an_opponent_is_closed_or_expires(result: GameResult, reason: EndReason) -> None:
    """Whoever waits alone can neither win nor lose: any other end of an open game is a broken log."""
    opened, end = fold(OPENED[:1]), GameFinished(result, reason)
    assert isinstance(opened, Open)
    if result is GameResult.ABORTED and reason in (EndReason.ABORTED, EndReason.EXPIRED):
        model = Model(ANN, BOB)
        model.end_alone(reason.value)
        assert full_state(evolve(opened, end), 2) == {**model.state(2), **model.more()}
        assert (end,) == decide(ExpireGame() if reason is EndReason.EXPIRED else Abort(ANN), opened)
    else:
        with pytest.raises(BrokenLogError):
            evolve(opened, end)


def test_moves_after_the_end_are_a_broken_log() -> None:
    over = GameFinished(GameResult.TIED, EndReason.BOARD_FULL)
    with pytest.raises(BrokenLogError):
        fold([*OPENED, over, MoveMade(ANN, Column.A)])

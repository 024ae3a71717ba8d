"""The rules against a deliberately naive model of the game, over random commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.commands import Command, ExpireGame, MakeMove, Resign
from server.domain.decide import decide
from server.domain.errors import BrokenLogError, ConnectFourError
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import UNOPENED, Finished, Game, InProgress, Open, evolve, fold
from server.domain.vocabulary import Color, Column, EndReason, GameId, GameResult, PlayerId, Version
from server.transport.http.state import state_of
from tests.model import Model

ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")

OPENED: tuple[GameEvent, ...] = (GameOpened(ANN, Color.RED, public=True), GameStarted(ANN, BOB))

columns = st.sampled_from(Column)
wild_commands = st.one_of(
    st.builds(MakeMove, st.sampled_from([ANN, BOB, EVE]), columns),
    st.builds(MakeMove, st.sampled_from([ANN, BOB]), columns),
    st.builds(MakeMove, st.sampled_from([ANN, BOB]), columns),
    st.builds(Resign, st.just(EVE)),
)


def attempt(command: Command, game: Game) -> tuple[Game, list[GameEvent], str | None]:
    """Carry a command out; return the game after it, what happened, and the code of a refusal."""
    try:
        events = decide(command, game)
    except ConnectFourError as refusal:
        return game, [], refusal.code
    return fold(events, game), list(events), None


def told_to(model: Model, command: Command) -> str | None:
    match command:
        case MakeMove(player, column):
            return model.move(player, column.value)
        case Resign(player):
            return model.resign(player)
        case _:
            raise AssertionError(command)


@given(st.lists(wild_commands, max_size=120), st.none() | st.sampled_from([ANN, BOB]))
def test_any_commands_lead_where_the_naive_model_goes(commands: list[Command], resigning: PlayerId | None) -> None:
    """Two independent descriptions of the game agree on every refusal, every board and every end."""
    game, model, log = fold(OPENED), Model(ANN, BOB), list(OPENED)
    for command in [*commands, *([Resign(resigning)] if resigning else [])]:
        game, happened, code = attempt(command, game)
        log += happened
        assert code == told_to(model, command)
        state = state_of(GameId("g"), Version(len(log)), game)
        expected = model.state(len(log))
        assert {name: getattr(state, name) for name in expected} == expected
    assert fold(log) == game, "replaying the log leads to the same game"


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
    st.just(GameFinished(GameResult.TIED, EndReason.BOARD_FULL)),
)


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
            assert len(events) <= 1


@pytest.mark.parametrize("result", GameResult)
@pytest.mark.parametrize("reason", EndReason)
def test_a_game_without_an_opponent_only_expires(result: GameResult, reason: EndReason) -> None:
    """Whoever waits alone can neither win nor lose: any other end of an open game is a broken log."""
    opened, end = fold(OPENED[:1]), GameFinished(result, reason)
    assert isinstance(opened, Open)
    if (result, reason) == (GameResult.ABORTED, EndReason.EXPIRED):
        model = Model(ANN, BOB)
        model.expire()
        state = state_of(GameId("g"), Version(2), evolve(opened, end))
        assert {name: getattr(state, name) for name in model.state(2)} == model.state(2)
        assert (end,) == decide(ExpireGame(), opened)
    else:
        with pytest.raises(BrokenLogError):
            evolve(opened, end)


def test_moves_after_the_end_are_a_broken_log() -> None:
    over = GameFinished(GameResult.TIED, EndReason.BOARD_FULL)
    with pytest.raises(BrokenLogError):
        fold([*OPENED, over, MoveMade(ANN, Column.A)])

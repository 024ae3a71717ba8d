"""The Python fold against the golden games; the JavaScript one is held against the same file in the browser."""

import json
from typing import Any

import msgspec
import pytest

from server.domain.game import UNOPENED, Game, evolve
from server.eventstore.codec import EVENT_TYPES
from tests.domain.states import full_state
from tests.golden import make

GAMES: list[dict[str, Any]] = json.loads(make.FILE.read_text(encoding="utf-8"))


def test_the_golden_games_are_what_the_naive_model_says() -> None:
    assert make.FILE.read_text(encoding="utf-8") == make.text(), "run: python -m tests.golden.make"


def test_the_golden_games_hold_the_hard_cases() -> None:
    """The random seeds still stand for what their games are called."""
    last = {game["name"]: game["states"][-1] for game in GAMES}
    assert len(last["two lines with one token"]["winning_cells"]) == 7
    assert "." not in "".join(last["won with the last token"]["board"])
    assert last["won with the last token"]["reason"] == "FOUR_IN_A_ROW"
    assert last["a full board without a line"]["result"] == "TIED"
    assert len(last["five in a row at once"]["winning_cells"]) == 5


@pytest.mark.parametrize("golden", GAMES, ids=lambda golden: golden["name"])
def test_the_fold_leads_to_the_golden_states(golden: dict[str, Any]) -> None:
    game: Game = UNOPENED
    for event, expected in zip(golden["events"], golden["states"], strict=True):
        game = evolve(game, msgspec.convert(event["data"], EVENT_TYPES[event["type"]]))
        assert full_state(game, event["version"]) == expected

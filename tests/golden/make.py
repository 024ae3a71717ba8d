"""Write `games.json`: whole games with the state after each event, as the naive model sees them.

The Python fold and the JavaScript one are both held against this file. Run `python -m tests.golden.make` after a
change of what a game is; a test fails when the file is not what this writes.
"""

import json
import random
from pathlib import Path
from typing import Any

from tests.model import LETTERS, Model

FILE = Path(__file__).with_name("games.json")

ANN, BOB = "a1", "b2"

# The first seeds whose random games end so.
TWO_LINES, WON_WITH_THE_LAST_TOKEN = 3, 1584

NAMED = {
    "a vertical line by player one": "ABABABA",
    "a horizontal line by player two": "GAABBCCD",
    "a rising diagonal": "ABBCCDCDDGD",
    "a falling diagonal": "GFFEEDEDDAD",
    "five in a row at once": "AABBDDEEC",
    "a full board without a line": "ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGGGGGG",
    "barely begun": "D",
}


def games() -> list[dict[str, Any]]:
    """The golden games, the same at every run."""
    found = [_game(name, moves) for name, moves in NAMED.items()]
    found.append(_game("resigned by player two", "DDC", resigns=BOB))
    found.append(_expired_game("nobody joined"))
    found += [_random_game(f"random game {seed}", seed) for seed in range(1, 26)]
    found.append(_random_game("two lines with one token", TWO_LINES))
    found.append(_random_game("won with the last token", WON_WITH_THE_LAST_TOKEN))
    return found


def _game(name: str, moves: str, resigns: str | None = None) -> dict[str, Any]:
    game = _Log(name)
    for letter in moves:
        game.move(letter)
    if resigns:
        game.model.resign(resigns)
        game.finish()
    return game.as_json()


def _expired_game(name: str) -> dict[str, Any]:
    game = _Log(name, is_joined=False)
    game.model.expire()
    game.finish()
    return game.as_json()


def _random_game(name: str, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    game = _Log(name)
    while not game.model.result:
        game.move(
            chance.choice([LETTERS[index] for index, column in enumerate(game.model.columns) if len(column) < 6])
        )
    return game.as_json()


class _Log:
    def __init__(self, name: str, *, is_joined: bool = True) -> None:
        self.name = name
        self.model = Model(ANN, BOB)
        self.events: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self._append("GameOpened", {"opener": ANN, "color": "red", "public": True})
        empty = self.model.state(1)
        self.states[0] = {**empty, "status": "open", "player_one": None, "player_two": None, "next_player": None}
        if is_joined:
            self._append("GameStarted", {"player_one": ANN, "player_two": BOB})

    def move(self, letter: str) -> None:
        player = self.model.next_player or ""
        assert self.model.move(player, letter) is None
        self._append("MoveMade", {"player": player, "column": letter})
        if self.model.result:
            # The move and the end are two events: between them the board is new and the game not yet over.
            between: dict[str, Any] = {"status": "live", "result": None, "reason": None, "winning_cells": []}
            next_player = BOB if self.model.moves % 2 else ANN
            self.states[-1] = {**self.states[-1], **between, "next_player": next_player}
            self.finish()

    def finish(self) -> None:
        self._append("GameFinished", {"result": self.model.result, "reason": self.model.reason})

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "events": self.events, "states": self.states}

    def _append(self, type_: str, data: dict[str, Any]) -> None:
        version = len(self.events) + 1
        at = f"2026-11-23T08:{version // 60:02}:{version % 60:02}.000Z"
        self.events.append({"version": version, "type": type_, "data": data, "at": at})
        self.states.append(self.model.state(version))


def text() -> str:
    """What the file holds: one game a line."""
    return "[\n" + ",\n".join(json.dumps(game) for game in games()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

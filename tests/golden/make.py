"""Write `games.json`: whole games with the state after each event, as the naive model sees them.

The Python fold and the JavaScript one are both held against this file. Run `python -m tests.golden.make` after a
change of what a game is; a test fails when the file is not what this writes.
"""

import json
import random
from dataclasses import replace
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


SCRIPTS = {
    "resigned by player two": "D D C b2:resign",
    "aborted before the first move": "b2:abort",
    "aborted after the first move": "D a1:offer_draw a1:abort",
    "nobody went on": "D C b2:offer_draw :expire",
    "claimed by player two": "D C b2:claim_win",
    "claimed by player one at once": "a1:claim_win",
    "a draw claimed in the opponent's turn": "D b2:offer_draw a1:claim_draw",
    "a draw offered out of turn and agreed to": "D a1:offer_draw b2:accept_draw",
    "a draw agreed to after the offerer's own move": "a1:offer_draw D b2:accept_draw",
    "a draw declined, then resigned": "D b2:offer_draw a1:decline_draw D a1:offer_draw b2:decline_draw a1:resign",
    "both decline a draw in one position": "D b2:offer_draw a1:decline_draw a1:offer_draw b2:decline_draw D",
    "a draw declined by a move and offered again": "b2:offer_draw D b2:offer_draw C a1:accept_draw",
    "a draw offered in a game that is won": "A B A B A B b2:offer_draw A",
    "a rematch": "D a1:resign b2:offer_rematch a1:accept_rematch",
    "a rematch that both offer": "D C a1:offer_draw b2:accept_draw a1:offer_rematch b2:offer_rematch",
    "a rematch declined": "A B A B A B A b2:offer_rematch a1:decline_rematch",
    "a rematch declined, and offered by the other": (
        "b2:abort a1:offer_rematch b2:decline_rematch b2:offer_rematch a1:accept_rematch"
    ),
    "a rematch declined by both": (
        "D :expire a1:offer_rematch b2:decline_rematch b2:offer_rematch a1:decline_rematch"
    ),
}
"""Columns, and what else players do, or what the server does by itself."""

CLOCKS: dict[str, tuple[tuple[int, int], str]] = {
    "a clock in a game that is won": ((180, 2), "A B/900 A/3100/80 B/2500/700 A/1000/1000 B/400/2000 A/61000"),
    "the time of player one runs out": ((10, 0), "D D C/4000 C/9999 :call_flag/6500"),
    "the time of player two runs out": ((5, 1), "D D C/3000 :call_flag/6600"),
    "the last moment": ((5, 0), "D D C/4999 C/5499/500 B/0 a1:resign"),
    "time is given back after an outage": ((5, 0), "D D C/4000 :credit_time/0/60000 C/64000/50 :call_flag/1500"),
    "a draw and a clock": ((60, 5), "D C b2:offer_draw D/5000 C/7000 a1:offer_draw b2:accept_draw"),
    "aborted before the clock runs": ((60, 5), "D b2:abort"),
    "nobody went on before the clock ran": ((60, 5), "D :expire"),
    "a rematch after the time ran out": ((1, 0), "D D :call_flag/1500 a1:offer_rematch b2:accept_rematch"),
}
"""What each side is given and what a move adds, in seconds; then moves with what elapsed, and the lag."""

PLAYED_ON: dict[str, tuple[str, tuple[int, int] | None, str]] = {
    "played on from the middle": ("ABABC", None, "D C D b2:resign"),
    "played on from the beginning": ("", None, "D"),
    "played on and won at once": ("ABABAB", None, "A"),
    "played on and aborted, for its own moves alone count": ("ABABC", None, "D a1:abort"),
    "played on with a clock": ("AABB", (60, 5), "C/9000 D/9000 E/7000 :call_flag/65500"),
    "played on to a full board": ("ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGGGGG", None, "G"),
}
"""The moves taken over, a clock, and what is played then."""

EVENTS = {
    "offer_draw": "DrawOffered",
    "decline_draw": "DrawDeclined",
    "credit_time": "TimeCredited",
    "offer_rematch": "RematchOffered",
    "decline_rematch": "RematchDeclined",
}
"""What comes of an act, unless it ends the game."""


def games() -> list[dict[str, Any]]:
    """The golden games, the same at every run."""
    found = [_game(name, " ".join(moves)) for name, moves in NAMED.items()]
    found += [_game(name, script) for name, script in SCRIPTS.items()]
    found += [_game(name, script, clock) for name, (clock, script) in CLOCKS.items()]
    found += [_unjoined_game("nobody joined"), _unjoined_game("nobody joined, with a clock", (300, 5))]
    found += [_random_game(f"random game {seed}", seed) for seed in range(1, 26)]
    found += [_rematch("the rematch", None), _rematch("the rematch, with a clock", (180, 2))]
    found += [_played_on(name, *way) for name, way in PLAYED_ON.items()]
    found.append(_random_game("two lines with one token", TWO_LINES))
    found.append(_random_game("won with the last token", WON_WITH_THE_LAST_TOKEN))
    return found


def _game(name: str, script: str, clock: tuple[int, int] | None = None) -> dict[str, Any]:
    return _play(_Log(name, clock), script)


def _play(game: "_Log", script: str) -> dict[str, Any]:
    for act in script.split():
        said, *numbers = act.split("/")
        player, is_said, what = said.partition(":")
        if is_said:
            game.say(player, what, *map(int, numbers))
        else:
            game.move(said, *map(int, numbers))
    return game.as_json()


def _played_on(name: str, opening: str, clock: tuple[int, int] | None, script: str) -> dict[str, Any]:
    return _play(_Log(name, clock, opening=opening), script)


def _unjoined_game(name: str, clock: tuple[int, int] | None = None) -> dict[str, Any]:
    game = _Log(name, clock, is_joined=False)
    game.model.end_alone("EXPIRED")
    game.finish()
    return game.as_json()


def _rematch(name: str, clock: tuple[int, int] | None) -> dict[str, Any]:
    """The game that follows one that ANN, who was player one, offered to play again."""
    game = _Log(name, clock, color="yellow", opener=ANN, seats=(BOB, ANN), previous="before")
    for letter in "DDC":
        game.move(letter)
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
    def __init__(
        self,
        name: str,
        clock: tuple[int, int] | None = None,
        *,
        color: str = "red",
        opener: str = ANN,
        seats: tuple[str, str] = (ANN, BOB),
        previous: str | None = None,
        opening: str | None = None,
        is_joined: bool = True,
    ) -> None:
        self.name = name
        origin = None if opening is None else ("elsewhere", 2 + len(opening))
        self.model = Model(
            *seats, clock=clock, previous=previous, origin=origin, replayed=len(opening) if opening else 0
        )
        self.events: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        more: dict[str, Any] = {"clock": {"initial_s": clock[0], "increment_s": clock[1]}} if clock else {}
        more |= {"previous": previous} if previous else {}
        more |= {"origin": {"game": origin[0], "version": origin[1]}} if origin else {}
        self._append("GameOpened", {"opener": opener, "color": color, "public": True, **more})
        unseated = dict.fromkeys(("player_one", "player_two", "next_player"))
        self.states[0] = {**self.states[0], "status": "open", **unseated}
        if is_joined:
            taken_over = {"replayed": len(opening)} if opening else {}
            self._append("GameStarted", {"player_one": seats[0], "player_two": seats[1], **taken_over})
        for letter in opening or "":
            data = {"player": self.model.next_player, "column": letter}
            self.model.replay(letter)
            self._append("MoveMade", data)

    def move(self, letter: str, elapsed: int = 0, lag: int = 0) -> None:
        player = self.model.next_player or ""
        times = {}
        if self.model.clock:
            times = {"took_ms": self.model.took(elapsed, lag), "credited_ms": self.model.credit(elapsed, lag)}
        assert self.model.move(player, letter, elapsed, lag) is None
        # A move that ends the game and the end are two events: between them the game is not yet over.
        before_the_end = replace(self.model, result=None, reason=None, winning=set())
        self._append("MoveMade", {"player": player, "column": letter, **times}, before_the_end)
        if self.model.result:
            self.finish()

    def say(self, player: str, what: str, *numbers: int) -> None:
        was_over = self.model.result is not None
        new_game = [f"after-{self.name.replace(' ', '-')}"] if what in ("offer_rematch", "accept_rematch") else []
        assert getattr(self.model, what)(*filter(None, [player]), *numbers, *new_game) is None
        if self.model.result and not was_over:
            self.finish()
        elif self.model.next:
            self._append("RematchAccepted", {"game": self.model.next})
        elif what == "credit_time":
            one, two = numbers
            self._append(EVENTS[what], {"player_one_ms": one, "player_two_ms": two, "reason": "OUTAGE"})
        else:
            self._append(EVENTS[what], {"player": player})

    def finish(self) -> None:
        self._append("GameFinished", {"result": self.model.result, "reason": self.model.reason})

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "events": self.events, "states": self.states}

    def _append(self, type_: str, data: dict[str, Any], model: Model | None = None) -> None:
        version = len(self.events) + 1
        at = f"2026-11-23T08:{version // 60:02}:{version % 60:02}.000Z"
        self.events.append({"version": version, "type": type_, "data": data, "at": at})
        model = model or self.model
        self.states.append({**model.state(version), **model.more()})


def text() -> str:
    """What the file holds: one game a line."""
    return "[\n" + ",\n".join(json.dumps(game) for game in games()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

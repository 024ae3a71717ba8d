"""Games to be played: columns in their order, most of them long, so that there is much to move."""

import random
from collections.abc import Sequence
from functools import lru_cache

from server.domain.commands import JoinGame, MakeMove, OpenGame
from server.domain.decide import decide
from server.domain.events import GameFinished
from server.domain.game import UNOPENED, Finished, fold
from server.domain.vocabulary import Color, Column, PlayerId

ONE, TWO = PlayerId("one"), PlayerId("two")
RESIGN = None

Script = Sequence[str | None]


@lru_cache
def make_scripts(count: int) -> list[Script]:
    """Return games that end in all the ways there are, always the same; the last act may be a resignation."""
    chance = random.Random(count)
    return [_script(chance) for _ in range(count)]


def _script(chance: random.Random) -> Script:
    events = [*decide(OpenGame(ONE, Color.RED, public=True), UNOPENED)]
    events += decide(JoinGame(TWO, coin=True), fold(events))
    columns: list[str | None] = []
    peaceful_moves = chance.choice((10, 20, 30, 42, 42))
    while not isinstance(game := fold(events), Finished):
        mover = (ONE, TWO)[len(columns) % 2]
        playable = [c for c in Column if game.board.has_room_in_column(c)]  # type: ignore[union-attr]
        chance.shuffle(playable)
        outcomes = [(column, decide(MakeMove(mover, column), game)) for column in playable]
        peaceful = [outcome for outcome in outcomes if not isinstance(outcome[1][-1], GameFinished)]
        wanted = peaceful if len(columns) < peaceful_moves and peaceful else outcomes
        column, happened = wanted[0]
        columns.append(column.value)
        events += happened
        if chance.random() < 0.002:
            return [*columns, RESIGN]
    return columns

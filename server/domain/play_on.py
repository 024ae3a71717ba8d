"""Playing on: a new game that begins from a position of another one.

Its `GameOpened` names the `Origin`, and while it is open that is all there is. As somebody joins, one append brings
`GameStarted`, which says how many moves are `replayed`, and these moves as `MoveMade` of the new players, in their
old order: player one made the first, third, … of them, player two the others. So each stream holds its whole game:
who folds it, in whatever language, gets the right board without a look at another stream, and the origin only tells
where it came from.

Moves that are replayed took no time and have none recorded. They are not moves of this game's players: the first
move that each side makes afterwards is free, and until then the game can be aborted.
"""

from collections.abc import Iterable, Sequence

from server.domain.board import COLUMNS, ROWS, Board
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, PlayerId

MAX_REPLAYED = COLUMNS * ROWS - 1


def columns_of(events: Iterable[GameEvent]) -> tuple[Column, ...]:
    """Return the columns of the moves among `events`: for all events up to a version, what is to be replayed."""
    return tuple(event.column for event in events if isinstance(event, MoveMade))


def can_be_played_on(columns: Sequence[Column]) -> bool:
    """Whether a game can go on after these moves: each found room, nobody has won, and the board is not full."""
    board = Board()
    for column in columns:
        if not board.has_room_in_column(column):
            return False
        board = board.drop(column)
        if board.has_line():
            return False
    return not board.is_full


def replayed_by(seats: tuple[PlayerId, PlayerId], columns: Sequence[Column]) -> tuple[MoveMade, ...]:
    """Return the moves in these columns, as those of player one and player two in turn."""
    return tuple(MoveMade(seats[turn % 2], column) for turn, column in enumerate(columns))

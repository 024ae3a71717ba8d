"""The board as two bitboards: where the tokens are, and whether four are in a line.

A bitboard is an integer with one bit for each cell. Bit `7 * column + row` is the cell in that column
(0 to 6 from the left) and row (0 to 5 from the bottom); the seventh bit of each column stays empty, so that
no line runs over the edge. Shifting a bitboard against itself finds lines in a handful of operations
(J. Tromp's "Fhourstones" made the layout well known).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from server.domain.vocabulary import Column, Token

COLUMNS: Final = 7
ROWS: Final = 6
LINE_LENGTH: Final = 4

_HEIGHT: Final = ROWS + 1
_UP, _RIGHT, _RISING, _FALLING = 1, _HEIGHT, _HEIGHT + 1, _HEIGHT - 1
_BOTTOMS: Final = tuple(1 << column * _HEIGHT for column in range(COLUMNS))
_TOPS: Final = tuple(bottom << ROWS - 1 for bottom in _BOTTOMS)
_FULL: Final = sum(bottom * ((1 << ROWS) - 1) for bottom in _BOTTOMS)
_FIRST_LETTER: Final = ord(
    Column.A
)  # the ordinal of a letter is found several times faster than an attribute of it


@dataclass(frozen=True, slots=True)
class Board:
    """A position. Red moves first, so the tokens tell whose turn it is."""

    red: int = 0
    yellow: int = 0

    @property
    def moves_made(self) -> int:
        """How many tokens lie on the board, 0 to 42."""
        return (self.red | self.yellow).bit_count()

    @property
    def next_token(self) -> Token:
        """The token of the side to move."""
        return Token.RED if self.red.bit_count() == self.yellow.bit_count() else Token.YELLOW

    @property
    def is_full(self) -> bool:
        """Whether no column has room."""
        return self.red | self.yellow == _FULL

    def has_room_in_column(self, column: Column) -> bool:
        """Whether one more token fits into `column`."""
        return not (self.red | self.yellow) & _TOPS[ord(column) - _FIRST_LETTER]

    def drop(self, column: Column) -> "Board":
        """Return the board with the next token in `column`. The caller has seen that there is room.

        Adding one at the bottom of a column carries through its tokens into the lowest empty cell.
        """
        red, yellow = self.red, self.yellow
        occupied = red | yellow
        cell = occupied + _BOTTOMS[ord(column) - _FIRST_LETTER] & ~occupied
        if red.bit_count() == yellow.bit_count():
            return Board(red | cell, yellow)
        return Board(red, yellow | cell)

    def winning_cells(self) -> tuple[str, ...]:
        """The cells of every line of four or more, as "A1" to "G6", sorted; empty when nobody has won."""
        return tuple(_names(_lines(self.red) | _lines(self.yellow)))

    def has_line(self) -> bool:
        """Whether who moved last has four in a line. Nobody else can: the game would have ended before."""
        red, yellow = self.red, self.yellow
        return _has_line(yellow if red.bit_count() == yellow.bit_count() else red)

    def rows(self) -> tuple[str, ...]:
        """Six strings of seven, top row first: "." for empty, "R" for red, "Y" for yellow."""
        return tuple("".join(self._cell(column, row) for column in range(COLUMNS)) for row in reversed(range(ROWS)))

    def _cell(self, column: int, row: int) -> str:
        cell = 1 << (column * _HEIGHT + row)
        return "R" if self.red & cell else "Y" if self.yellow & cell else "."


def _has_line(tokens: int) -> bool:
    """Whether four of `tokens` are in a line."""
    for step in (_UP, _RIGHT, _RISING, _FALLING):
        pairs = tokens & tokens >> step
        if pairs & pairs >> 2 * step:
            return True
    return False


def _lines(tokens: int) -> int:
    """Return the bits of all cells that are part of a line of four."""
    found = 0
    for step in (_UP, _RIGHT, _RISING, _FALLING):
        pairs = tokens & tokens >> step
        starts = pairs & pairs >> 2 * step
        for distance in range(LINE_LENGTH):
            found |= starts << distance * step
    return found


def _names(cells: int) -> Iterator[str]:
    for column in Column:
        for row in range(ROWS):
            if cells >> (column.offset * _HEIGHT + row) & 1:
                yield f"{column}{row + 1}"

"""Connect Four once more, in the plainest way there is: lists of cells and loops.

Deliberately naive and deliberately written without a look at `server.domain`, so that the two can disagree.
"""

from dataclasses import dataclass, field

LETTERS = "ABCDEFG"
DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


@dataclass
class Model:
    """A game that has started, unless it expires before: `one` holds R and moves first."""

    one: str = "one"
    two: str = "two"
    columns: list[list[str]] = field(default_factory=lambda: [[] for _ in LETTERS])
    moves: int = 0
    result: str | None = None
    reason: str | None = None
    winning: set[str] = field(default_factory=set)
    has_started: bool = True

    @property
    def next_player(self) -> str | None:
        if self.result:
            return None
        return self.one if self.moves % 2 == 0 else self.two

    def move(self, player: str, letter: str) -> str | None:
        """Make a move; return the code of the refusal, or None."""
        if player not in (self.one, self.two):
            return "not_a_player"
        if self.result:
            return "game_finished"
        if player != self.next_player:
            return "not_your_turn"
        column = self.columns[LETTERS.index(letter)]
        if len(column) == 6:
            return "column_full"
        column.append("R" if player == self.one else "Y")
        self.moves += 1
        self.winning = self._lines()
        if self.winning:
            self.result = "PLAYER_ONE_WON" if player == self.one else "PLAYER_TWO_WON"
            self.reason = "FOUR_IN_A_ROW"
        elif self.moves == 42:
            self.result, self.reason = "TIED", "BOARD_FULL"
        return None

    def resign(self, player: str) -> str | None:
        if player not in (self.one, self.two):
            return "not_a_player"
        if self.result:
            return "game_finished"
        self.result = "PLAYER_TWO_WON" if player == self.one else "PLAYER_ONE_WON"
        self.reason = "RESIGNATION"
        return None

    def expire(self) -> None:
        """Nobody joined: there never was a player two, and the opener plays no colour."""
        self.has_started = False
        self.result, self.reason = "ABORTED", "EXPIRED"

    def cell(self, column: int, row: int) -> str:
        if 0 <= column < 7 and 0 <= row < len(self.columns[column]):
            return self.columns[column][row]
        return "."

    def rows(self) -> list[str]:
        return ["".join(self.cell(column, row) for column in range(7)) for row in (5, 4, 3, 2, 1, 0)]

    def state(self, version: int) -> dict[str, object]:
        """What GET /api/games/{id} must say, without the id."""
        return {
            "version": version,
            "status": "finished" if self.result else "live",
            "board": self.rows(),
            "player_one": self.one if self.has_started else None,
            "player_two": self.two if self.has_started else None,
            "next_player": self.next_player,
            "result": self.result,
            "reason": self.reason,
            "winning_cells": sorted(self.winning),
        }

    def _lines(self) -> set[str]:
        found: set[str] = set()
        for column in range(7):
            for row in range(6):
                for right, up in DIRECTIONS:
                    line = [(column + step * right, row + step * up) for step in range(4)]
                    tokens = {self.cell(*place) for place in line}
                    if len(tokens) == 1 and tokens != {"."}:
                        found |= {f"{LETTERS[c]}{r + 1}" for c, r in line}
        return found

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
    draw_offered_by: str | None = None
    draws_declined: set[str] = field(default_factory=set)

    @property
    def next_player(self) -> str | None:
        if self.result:
            return None
        return self.one if self.moves % 2 == 0 else self.two

    def move(self, player: str, letter: str) -> str | None:
        """Make a move; return the code of the refusal, or None."""
        if refusal := self._refusal(player):
            return refusal
        if player != self.next_player:
            return "not_your_turn"
        column = self.columns[LETTERS.index(letter)]
        if len(column) == 6:
            return "column_full"
        column.append("R" if player == self.one else "Y")
        self.draws_declined = set()
        if self.draw_offered_by != player:
            self.draw_offered_by = None
        self.moves += 1
        self.winning = self._lines()
        if self.winning:
            self._end("PLAYER_ONE_WON" if player == self.one else "PLAYER_TWO_WON", "FOUR_IN_A_ROW")
            return None
        if self.moves == 42:
            self._end("TIED", "BOARD_FULL")
            return None
        return None

    def resign(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        self._end("PLAYER_TWO_WON" if player == self.one else "PLAYER_ONE_WON", "RESIGNATION")
        return None

    def abort(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.moves > 1:
            return "too_late_to_abort"
        self._end("ABORTED", "ABORTED")
        return None

    def claim_win(self, player: str, *, gone: bool = True) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if not gone:
            return "not_gone"
        self._end("PLAYER_ONE_WON" if player == self.one else "PLAYER_TWO_WON", "ABANDONMENT")
        return None

    def claim_draw(self, player: str, *, gone: bool = True) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if not gone:
            return "not_gone"
        self._end("TIED", "ABANDONMENT")
        return None

    def offer_draw(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.draw_offered_by not in (None, player):
            self._end("TIED", "AGREEMENT")
            return None
        if self.draw_offered_by is None and player in self.draws_declined:
            return "draw_declined"
        self.draw_offered_by = player
        return None

    def accept_draw(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.draw_offered_by in (None, player):
            return "no_draw_offered"
        self._end("TIED", "AGREEMENT")
        return None

    def decline_draw(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.draw_offered_by is None or self.draw_offered_by == player:
            return "no_draw_offered"
        self.draws_declined.add(self.draw_offered_by)
        self.draw_offered_by = None
        return None

    def expire(self) -> str | None:
        if self.result:
            return "game_finished"
        self._end("ABORTED", "EXPIRED")
        return None

    def end_alone(self, reason: str) -> None:
        """Nobody joined: there never was a player two, and the opener plays no colour."""
        self.has_started = False
        self._end("ABORTED", reason)

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

    def offers(self) -> dict[str, object]:
        """What else there is to say of a game: who waits for an answer."""
        return {"draw_offered_by": self.draw_offered_by}

    def _refusal(self, player: str) -> str | None:
        if player not in (self.one, self.two):
            return "not_a_player"
        return "game_finished" if self.result else None

    def _end(self, result: str, reason: str) -> None:
        self.result, self.reason = result, reason
        self.draw_offered_by = None

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
